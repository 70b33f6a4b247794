"""Promises of the planted differences: each is seen from its first instant to before its last, and nowhere else."""

import csv
import io
from typing import Any

import httpx
import pytest

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL
from dagster_project.simulator.book.assets import ASSET_BY_ID, ASSET_BY_KEY
from dagster_project.simulator.book.blocks import CLOCKS
from dagster_project.simulator.book.positions import POSITIONS
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT, DAY
from dagster_project.simulator.dialects.oneinch_metrics import measure
from dagster_project.simulator.planted import DIFFERENCES, PRICE_OFF, Difference
from tests.simulator.running_simulator import Simulator, address

PORTFOLIO = "/oneinch/portfolio/portfolio/v5.0"
Told = dict[str, tuple[str, float | None]]
"""By CAIP-19 type: the amount as far as the provider tells it, and the price or None."""


def honest(difference: Difference, at: int) -> Told:
    """What the ledger and the prices say of the account on the chain."""
    clock = CLOCKS[difference.chain]
    block_at = clock.time_of(clock.at_or_before(at))
    return {
        asset_id: (str(raw / ASSET_BY_ID[asset_id].unit), price_usd(asset_id, block_at))
        for asset_id, raw in whole_ledger().holdings(difference.account, block_at).items()
        if ASSET_BY_ID[asset_id].chain == difference.chain
    }


def portfolio(simulator: Simulator, path: str, difference: Difference, at: int) -> list[dict[str, Any]]:
    """The rows of 1inch's Portfolio for the account on the chain, at an instant asked for long after."""
    params: dict[str, str | list[str]] = {
        "addresses": address(difference.account),
        "chain_id": difference.chain.partition(":")[2],
        "timestamp": str(at),
    }
    rows: list[dict[str, Any]] = simulator.ask(f"{PORTFOLIO}/{path}", params, now=at + 60 * DAY).json()["result"]
    return rows


def lived(simulator: Simulator, path: str, difference: Difference, at: int) -> httpx.Response:
    """The answer of 1inch's Portfolio for the account on the chain at the instant being lived."""
    params: dict[str, str | list[str]] = {
        "addresses": address(difference.account),
        "chain_id": difference.chain.partition(":")[2],
    }
    return simulator.ask(f"{PORTFOLIO}/{path}", params, now=at)


def ids(chain: str) -> dict[str, str]:
    """The CAIP-19 types of a chain by contract address."""
    return {asset.address: asset.id for asset in ASSET_BY_ID.values() if asset.chain == chain}


def told(simulator: Simulator, difference: Difference, at: int) -> Told:
    """What the provider says of the account on the chain."""
    if difference.provider == "oneinch_portfolio":
        rows = portfolio(simulator, "tokens/snapshot", difference, at)
        tokens = [row["underlying_tokens"][0] for row in rows]
        return {
            ids(difference.chain)[token["address"]]: (str(float(token["amount"])), token["price_usd"] or None)
            for token in tokens
        }
    if difference.provider == "oneinch_balance":
        path = f"/oneinch/balance/v1.2/{difference.chain.partition(':')[2]}/balances/{address(difference.account)}"
        found = simulator.ask(path, now=at).json()
        named = {ids(difference.chain)[token]: int(raw) for token, raw in found.items() if raw != "0"}
        return {asset_id: (str(raw / ASSET_BY_ID[asset_id].unit), None) for asset_id, raw in named.items()}
    path = "/onebalance/api/v2/balances/aggregated-balance"
    body = simulator.ask(path, {"address": address(difference.account)}, now=at).json()
    legs = [leg for one in body["balanceByAggregatedAsset"] for leg in one["individualAssetBalances"]]
    amounts = {leg["assetType"]: (int(leg["balance"]) / ASSET_BY_ID[leg["assetType"]].unit, leg) for leg in legs}
    return {
        asset_id: (str(amount), float(f"{leg['fiatValue'] / amount:.7g}"))
        for asset_id, (amount, leg) in amounts.items()
        if ASSET_BY_ID[asset_id].chain == difference.chain
    }


def known(difference: Difference, at: int) -> Told:
    """The honest part that the provider can know: listed tokens only, and prices where it has any."""
    found = honest(difference, at)
    if difference.provider == "oneinch_portfolio":
        return found
    if difference.provider == "oneinch_balance":
        return {key: (amount, None) for key, (amount, _) in found.items() if not ASSET_BY_ID[key].is_invented}
    unlisted = {"aEthUSDC", "stETH", "GUSD", "EURC", "ENS", "ELON"}
    return {
        key: (amount, price and float(f"{price:.7g}"))
        for key, (amount, price) in found.items()
        if not ASSET_BY_ID[key].is_invented and ASSET_BY_ID[key].key not in unlisted
    }


def expected(difference: Difference, at: int) -> Told:
    """What the provider must say inside the spell, in the words of the documentation."""
    found = known(difference, at)
    asset = ASSET_BY_KEY[difference.asset].id if difference.asset else ""
    if difference.kind == "missing_chain":
        return {}
    if difference.kind == "missing_token":
        del found[asset]
    elif difference.kind == "price_off":
        amount, price = found[asset]
        found[asset] = (amount, float(f"{(price or 0) * PRICE_OFF:.7g}"))
    elif difference.kind == "stale_price":
        found[asset] = (found[asset][0], price_usd(asset, difference.spell.since))
    return found


def same(one: Told, other: Told) -> bool:
    """Whether two say the same; a price found by dividing may differ in its last digits."""
    if {key: (amount, price is None) for key, (amount, price) in one.items()} != {
        key: (amount, price is None) for key, (amount, price) in other.items()
    }:
        return False
    return all(price is None or price == pytest.approx(other[key][1], rel=1e-6) for key, (_, price) in one.items())


each = pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda one: f"{one.provider}-{one.kind}")


@each
def test_tokens_differ_inside_the_spell_and_nowhere_else(simulator: Simulator, difference: Difference) -> None:
    """Before the spell and from its end on the provider says what the ledger says, inside what the document says."""
    since, until = difference.spell.since, difference.spell.until
    for at in (since - 1, until, until + DAY):
        assert same(told(simulator, difference, at), known(difference, at))
    for at in (since, since + DAY, until - 1):
        assert same(told(simulator, difference, at), expected(difference, at))
        if difference.kind not in {"receipt_twice", "flipped_debt"} and at > since:
            assert not same(told(simulator, difference, at), known(difference, at))


@each
def test_positions_differ_inside_the_spell_and_nowhere_else(simulator: Simulator, difference: Difference) -> None:
    """Contracts and signs of the positions are the book's, but where they are planted to be others."""
    if difference.provider != "oneinch_portfolio":
        return
    here = [one for one in POSITIONS if (one.account, one.chain) == (difference.account, difference.chain)]
    for at in (difference.spell.since - 1, difference.spell.since, difference.spell.until - 1, difference.spell.until):
        kind = difference.kind if at in difference.spell else ""
        found = {
            (row["contract_address"], row["asset_sign"], row["value_usd"] > 0)
            for row in portfolio(simulator, "protocols/snapshot", difference, at)
        }
        assert found == {
            (
                one.pool if kind == "receipt_twice" and one.receipt else one.contract,
                -1 if one.is_debt and kind != "flipped_debt" else 1,
                not one.is_debt or kind == "flipped_debt",
            )
            for one in here
            if kind != "missing_chain"
        }


def test_the_current_value_counts_a_receipt_twice(simulator: Simulator) -> None:
    """The current value counts a receipt and its position while they are planted to be listed as two things."""
    (difference,) = (one for one in DIFFERENCES if one.kind == "receipt_twice")
    at = difference.spell.since + DAY
    tokens = portfolio(simulator, "tokens/snapshot", difference, at)
    positions = portfolio(simulator, "protocols/snapshot", difference, at)
    total = lived(simulator, "general/current_value", difference, at).json()["result"]["total"]
    assert total == pytest.approx(sum(row["value_usd"] for row in (*tokens, *positions)))


def test_a_flipped_debt_is_a_fault_of_the_snapshot_alone(simulator: Simulator) -> None:
    """While the snapshot of positions has debts as assets, every other answer goes on taking them off."""
    (difference,) = (one for one in DIFFERENCES if one.kind == "flipped_debt")
    at = difference.spell.since + DAY
    (debt,) = (one for one in POSITIONS if one.is_debt and one.account == difference.account)
    listed = {row["contract_address"]: row for row in portfolio(simulator, "protocols/snapshot", difference, at)}
    flipped = listed.pop(debt.contract)
    assert (flipped["asset_sign"], flipped["value_usd"] > 0) == (1, True)
    receipts = {one.contract for one in POSITIONS if one.receipt}
    tokens = portfolio(simulator, "tokens/snapshot", difference, at)
    owned = [*(row for row in tokens if row["contract_address"] not in receipts), *listed.values()]
    worth = pytest.approx(sum(row["value_usd"] for row in owned) - flipped["value_usd"])
    assert lived(simulator, "general/current_value", difference, at).json()["result"]["total"] == worth
    assert lived(simulator, "general/chart", difference, at).json()["result"][-1]["value_usd"] == worth
    lines = csv.DictReader(io.StringIO(lived(simulator, "general/report", difference, at).text))
    (line,) = (line for line in lines if line["contract_address"] == debt.contract)
    assert float(line["value_usd"]) == -flipped["value_usd"]
    metrics = {row["index"]: row for row in lived(simulator, "protocols/metrics", difference, at).json()["result"]}
    measured = measure(whole_ledger().leg_changes(debt.id, "debt"), BEGIN_AT, at, -1)
    assert (metrics[flipped["index"]]["profit_abs_usd"], metrics[flipped["index"]]["roi"]) == (measured.profit, None)
    assert float(line["profit_abs_usd"]) == measured.profit


def test_credmark_is_never_among_them() -> None:
    """No difference is planted for Credmark, every kind is planted somewhere, and each names what the book has."""
    assert {one.provider for one in DIFFERENCES} == {"oneinch_portfolio", "oneinch_balance", "onebalance"}
    assert len({one.kind for one in DIFFERENCES}) == 6
    for one in DIFFERENCES:
        assert one.account in ACCOUNT_BY_LABEL
        assert one.chain in CLOCKS
        assert one.asset is None or ASSET_BY_KEY[one.asset].chain == one.chain


def test_they_can_be_read_over_http(simulator: Simulator) -> None:
    """The control route tells every difference with its address, asset and instants."""
    rows = simulator.http.get(f"{simulator.url}/_simulator/differences").json()
    assert [
        (row["provider"], row["kind"], row["account"], row["chain"], row["since"], row["until"]) for row in rows
    ] == [(one.provider, one.kind, one.account, one.chain, one.spell.since, one.spell.until) for one in DIFFERENCES]
    assert all(row["asset"] is None or row["asset"] in ASSET_BY_ID for row in rows)
