"""Join what one answer lists of one coin under several names, so that no balance counts twice.

Pure. Which names are one coin is chains.py; why the native coin's own row decides is decision 31.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dagster_project import chains
from dagster_project.holdings import Figure, Holding, PriceStatus

ALSO_LISTED = "also_listed_as"
"""The figure that names a contract under which the answer lists the same balance again; its number is the amount."""

CONTRADICTED = "contradicted_by"
"""The figure that names a contract under which the answer lists another amount of the same coin; its number is that."""

_SAME = 1e-9
"""How far two doubles of one amount may lie apart, relatively: providers round them."""


class Listed(NamedTuple):
    """A row with the name that the answer gives its asset: an address, or the reference of a CAIP-19 type."""

    name: str
    holding: Holding


def joined(chain_id: str, rows: Iterable[Listed]) -> tuple[list[Holding], list[Figure]]:
    """Give the rows of one account and chain, each asset once, and figures that say what was joined.

    An alias shows the native balance itself: equal amounts are one balance, and where they differ the native coin's own
    row is right, never the sum. What is wrapped is another balance of the same coin, and is added.
    """
    by_asset: dict[str, list[Listed]] = {}
    for row in rows:
        by_asset.setdefault(row.holding.asset_id, []).append(row)
    holdings: list[Holding] = []
    figures: list[Figure] = []
    for named in by_asset.values():
        held, notes = (named[0].holding, ()) if len(named) == 1 else _one(chain_id, named)
        holdings.append(held)
        figures += notes
    return holdings, figures


def _one(chain_id: str, named: Sequence[Listed]) -> tuple[Holding, Iterator[Figure]]:
    """Join the rows of one asset."""
    ranked = sorted(named, key=lambda row: _rank(chain_id, row.name))
    first = ranked[0]
    held, notes = first.holding, []
    for row in ranked[1:]:
        is_same = _is_same(first.holding, row.holding)
        if not is_same and chains.is_wrapped(chain_id, row.name):
            held = _sum(held, row.holding)
            continue
        if is_same or _size(row.holding):
            notes.append(_note(row, ALSO_LISTED if is_same else CONTRADICTED))
        held = _valued(held, row.holding) if is_same else _priced(held, row.holding)
    return held, iter(notes)


def _rank(chain_id: str, name: str) -> tuple[bool, bool]:
    return chains.is_wrapped(chain_id, name), chains.is_alias(chain_id, name)


def _size(held: Holding) -> float | int | None:
    return held.amount if held.amount_raw is None else int(held.amount_raw)


def _is_same(one: Holding, other: Holding) -> bool:
    if one.amount_raw is not None and other.amount_raw is not None:
        return one.amount_raw == other.amount_raw
    if one.amount is None or other.amount is None:
        return one.amount is other.amount
    return math.isclose(one.amount, other.amount, rel_tol=_SAME)


def _sum(one: Holding, other: Holding) -> Holding:
    """Add a balance of the same coin; base units exactly, and no value where one of both has none."""
    raws = None if one.amount_raw is None or other.amount_raw is None else (one.amount_raw, other.amount_raw)
    amounts = None if one.amount is None or other.amount is None else one.amount + other.amount
    values = [value for value in (one.stated_value_usd, other.stated_value_usd) if value is not None]
    value = sum(values) if len(values) == len((one, other)) else None
    held = _priced(one, other)
    return held._replace(
        amount=amounts,
        amount_raw=str(sum(map(int, raws))) if raws else None,
        stated_value_usd=value,
        price_status=PriceStatus.UNKNOWN if value is None and held.price_usd is None else held.price_status,
    )


def _valued(held: Holding, other: Holding) -> Holding:
    """Take price and value of the other row of the same balance where this one has neither."""
    if held.price_status is not PriceStatus.UNKNOWN or other.price_status is PriceStatus.UNKNOWN:
        return held
    return _priced(held, other)._replace(price_status=other.price_status, stated_value_usd=other.stated_value_usd)


def _priced(held: Holding, other: Holding) -> Holding:
    """Take the price of the other row where this one has none: it is the same coin."""
    if held.price_usd is not None or other.price_usd is None:
        return held
    return held._replace(price_usd=other.price_usd, price_status=other.price_status, price_origin=other.price_origin)


def _note(row: Listed, measure: str) -> Figure:
    amount, raw = row.holding.amount, row.holding.amount_raw
    number = amount if amount is not None else None if raw is None else float(raw)
    return Figure(row.holding.asset_id, measure, number, f"{row.name}: {raw or amount}")
