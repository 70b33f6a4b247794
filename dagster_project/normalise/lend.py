"""Complete what a provider leaves open by what others say at the same instant: decimals, and prices, named.

Pure and deterministic. A borrowed price says whose it is; an amount without known decimals stays without a size.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.chains import decimals_of
from dagster_project.holdings import PriceOrigin, PriceStatus
from dagster_project.normalise.assemble import totals_of
from dagster_project.normalise.booking import book, checked, worth
from dagster_project.slices import Slice
from dagster_project.tables import BALANCE, CELL

Prices = Mapping[str, tuple[float, str]]
"""By asset: the price in US dollars and the provider that stated it."""


class Known(Protocol):
    """What the store knows already; asked only where a slice leaves something open."""

    def decimals(self) -> Mapping[str, int]:
        """Give decimals by asset, as described last."""

    def prices(self) -> Prices:
        """Give the prices stated at this instant."""


def lend(slices: Sequence[Slice], borrowers: Collection[str], known: Known) -> list[Slice]:
    """Give the slices of one instant, completed; those that leave nothing open are given as they are."""
    if not any(_is_open(one, borrowers) for one in slices):
        return list(slices)
    decimals = dict(known.decimals())
    for one in slices:
        decimals |= dict(zip(one.asset["asset_id"].to_pylist(), one.asset["decimals"].to_pylist(), strict=True))
    done = [_completed(one, decimals, {}) if one.balance["amount"].null_count else one for one in slices]
    lenders = [one for one in done if one.attempt.plan.provider not in borrowers]
    lenders.sort(key=lambda one: one.attempt.plan.record_rank, reverse=True)
    prices = dict(known.prices())
    for origin in (PriceOrigin.IMPLIED, PriceOrigin.STATED):  # a stated price goes before an implied one
        for one in lenders:
            prices |= _prices(one, origin)
    return [_completed(one, decimals, prices) if one.attempt.plan.provider in borrowers else one for one in done]


def _is_open(one: Slice, borrowers: Collection[str]) -> bool:
    return bool(one.attempt.plan.provider in borrowers or one.balance["amount"].null_count)


def _prices(one: Slice, origin: PriceOrigin) -> dict[str, tuple[float, str]]:
    """Give the prices of a slice that came about so, each with the provider's name."""
    is_meant = pc.and_(
        pc.equal(one.balance["price_status"], PriceStatus.PRICED),
        pc.fill_null(pc.equal(one.balance["price_origin"], origin), fill_value=False),
    )
    rows = one.balance.select(["asset_id", "price_usd"]).filter(is_meant)
    provider = one.attempt.plan.provider
    found = zip(rows["asset_id"].to_pylist(), rows["price_usd"].to_pylist(), strict=True)
    return {asset: (price, provider) for asset, price in found}


@dataclass(slots=True)
class _Row:
    """The columns of a balance that may be completed."""

    decimals: int | None
    amount: float | None
    price_usd: float | None
    price_status: str
    price_origin: str | None


def _completed(one: Slice, decimals: Mapping[str, int], prices: Prices) -> Slice:
    rows = []
    for plain in one.balance.to_pylist():
        row = _Row(*(plain[name] for name in _Row.__slots__))
        raw, asset_id, stated = plain["amount_raw"], plain["asset_id"], plain["stated_value_usd"]
        if row.decimals is None:
            row.decimals = decimals_of(asset_id, decimals.get(asset_id))
        if row.amount is None and raw is not None and row.decimals is not None:
            row.amount = int(raw) / 10**row.decimals
        if row.price_usd is None and stated is not None and row.amount and row.price_status == PriceStatus.PRICED:
            row.price_usd, row.price_origin = stated / row.amount, PriceOrigin.IMPLIED
        elif row.price_status == PriceStatus.UNKNOWN and row.amount and asset_id in prices:
            (row.price_usd, row.price_origin), row.price_status = prices[asset_id], PriceStatus.PRICED
        rows.append(row)
    made = {name: pa.array([getattr(row, name) for row in rows], _kind(name)) for name in _Row.__slots__}
    return booked_again(one, made)


def booked_again(one: Slice, made: Mapping[str, pa.Array]) -> Slice:
    """Give the slice with these columns of its balances, values booked anew and added up by cell."""
    value = worth(one.balance["stated_value_usd"], made["amount"], made["price_usd"])
    stated = one.balance["stated_value_usd"].combine_chunks()
    status = checked(made["price_status"], stated, made["amount"], made["price_usd"])
    value_usd, price_status = book(value, status, one.balance["layer"])
    balance = one.balance
    for name, column in {**made, "value_usd": value_usd, "price_status": price_status}.items():
        balance = balance.set_column(balance.schema.get_field_index(name), BALANCE.schema.field(name), column)
    cell = one.cell
    totals = iter(totals_of(balance, [count for count in cell["row_count"].to_pylist() if count]))
    names = ("value_usd", "row_count", "unpriced_count", "quarantined_count")
    old = zip(*(cell[name].to_pylist() for name in names), strict=True)
    columns = zip(*(next(totals) if row[1] else row for row in old), strict=True)
    for name, column in zip(names, columns, strict=True):
        array = pa.array(column, CELL.schema.field(name).type)
        cell = cell.set_column(cell.schema.get_field_index(name), CELL.schema.field(name), array)
    return replace(one, balance=balance, cell=cell)


def _kind(name: str) -> pa.DataType:
    return BALANCE.schema.field(name).type
