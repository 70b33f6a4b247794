"""Promises of what the bodies of 1inch and OneBalance mean together, through to the rows of the store."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dagster_project.model import Outcome
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.lend import lend
from dagster_project.slices import Slice
from tests.normalise import questions
from tests.normalise.asking import OBSERVED_AT, WALLET, attempt
from tests.normalise.payload_files import PAYLOADS, SHARED, expected_lines
from tests.normalise.test_normalise_lend import Known

UINT256 = 2**256 - 1
ENVELOPE = {"meta": {"cached_at": None, "system": None}}


def assembled(provider: str, asked: dict[str, Any], *bodies: object) -> Slice:
    """The rows of these bodies, as the answers to the first questions that a source asks."""
    pulls = questions.pulls(provider, asked)[: len(bodies)]
    judged = [
        questions.judged(pull, body if isinstance(body, bytes) else json.dumps(body).encode())
        for pull, body in zip(pulls, bodies, strict=True)
    ]
    one = attempt(*pulls)
    return assemble(replace(one, plan=replace(one.plan, provider=provider)), 1, judged)


def example(vendor: str, name: str) -> bytes:
    """The contract's own example, where the contracts lie beside the checkout."""
    path = SHARED / vendor / name
    if not path.is_file():
        pytest.skip(f"the contract's example {name} does not lie beside this checkout")
    return path.read_bytes()


def layers(rows: Slice) -> dict[str, Decimal | None]:
    """Booked value by layer."""
    return dict(zip(rows.cell["layer"].to_pylist(), rows.cell["value_usd"].to_pylist(), strict=True))


def wallet(*tokens: tuple[str, float]) -> dict[str, Any]:
    """A wallet's tokens with their values, of the form seen on the wire."""
    shown = json.loads((PAYLOADS / "oneinch_portfolio" / "tokens_as_seen_on_the_wire.json").read_bytes())
    (row, *_) = shown["result"]
    rows = []
    for address, value in tokens:
        leg = row["underlying_tokens"][0] | {"address": address, "amount": value, "price_usd": 1.0, "value_usd": value}
        rows.append(row | {"contract_address": address, "value_usd": value, "underlying_tokens": [leg]})
    return ENVELOPE | {"result": rows}


def test_supply_debt_and_reward() -> None:
    """Supply 100, debt 40 and reward 5 are 60, and rewards of 5 beside it."""
    positions = (PAYLOADS / "oneinch_portfolio" / "supply_debt_and_reward.json").read_bytes()
    rows = assembled("oneinch_portfolio", {}, wallet(("0x" + "77" * 20, 0.25)), positions)
    by_layer = layers(rows)
    assert by_layer == {"wallet": Decimal("0.25"), "position": Decimal(100), "debt": Decimal(-40), "reward": Decimal(5)}
    assert rows.position["position_id"].to_pylist() == ["0x01", "0x02"]


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        ("rest_unexplained", {"position": 75}),
        ("legs_worth_more_than_the_whole", {"position": 75}),
        ("debt_with_a_rest", {"debt": -40}),
        ("debt_smaller_than_its_legs", {"debt": -40}),
        ("whole_without_legs", {"position": 100}),
        ("whole_with_its_reward", {"position": 100, "reward": 5}),
        ("leg_below_zero_in_what_is_owned", {"position": 60}),
        ("leg_unpriced", {"position": 75}),
        ("leg_at_what_the_whole_leaves", {"position": 100}),
        ("debt_at_what_the_whole_leaves", {"debt": -100}),
        ("two_legs_unpriced", {"position": 100}),
        ("priced_legs_worth_more_than_the_whole", {"position": 75}),
        ("legs_without_a_value", {"position": 100}),
        ("debt_written_positive", {"debt": -40}),
    ],
)
def test_legs_add_up_to_their_position(payload: str, value: dict[str, int]) -> None:
    """The booked legs of a position are its value, also where its own value contradicts them; a debt is below zero."""
    body = (PAYLOADS / "oneinch_portfolio" / f"{payload}.json").read_bytes()
    rows = assembled("oneinch_portfolio", {}, wallet(), body)
    nothing = {"wallet": 0, "position": 0, "debt": 0, "reward": 0}
    assert layers(rows) == nothing | value
    unpriced = {row["layer"]: row["unpriced_count"] for row in rows.cell.to_pylist()}
    expected = {
        "leg_unpriced": {"position": 1, "reward": 1},
        "two_legs_unpriced": {"position": 2},
        "priced_legs_worth_more_than_the_whole": {"position": 1},
    }
    assert unpriced == nothing | expected.get(payload, {})


def test_the_observed_item_is_read_bit_for_bit() -> None:
    """The item that a client saw, its elided token filled in, gives the very value; without a time it speaks of now."""
    item = json.loads(example("oneinch", "portfolio_v5.0_GET_tokens_snapshot_one_item.real.json"))
    leg = {"chain_id": 8453, "address": item["contract_address"], "decimals": 18, "symbol": "ETH", "name": "Ether"}
    item["underlying_tokens"] = [leg | {"amount": 0.0003, "price_usd": 3900.5, "value_usd": item["value_usd"]}]
    (pull, *_) = questions.pulls("oneinch_portfolio", {"chains": ["eip155:8453"]})
    one = questions.judged(pull, json.dumps({"result": [item]}).encode())
    assert (one.outcome, one.effective_at()) == (Outcome.ANSWERED, OBSERVED_AT)
    item["timestamp"] = int(dict(pull.request.query)["timestamp"])
    (row,) = assembled("oneinch_portfolio", {"chains": ["eip155:8453"]}, [item]).balance.to_pylist()
    assert (row["asset_id"], row["stated_value_usd"].hex()) == ("eip155:8453/slip44:60", (1.172562906833689).hex())
    assert row["value_usd"] == Decimal("1.172563")


def test_the_published_balances_of_onebalance() -> None:
    """OneBalance's published wallet is worth 47842.188572, each leg exact, though its aggregates are not their sums."""
    body = example("onebalance", "v3_aggregated_balance.json")
    asked = expected_lines(PAYLOADS / "onebalance" / "contract" / "v3_aggregated_balance.json")[0]["asked"]
    rows = assembled("onebalance", asked, b"[]", body)
    assert sum(rows.cell["value_usd"].to_pylist()) == Decimal("47842.188572")
    raw = dict(zip(rows.balance["asset_id"].to_pylist(), rows.balance["amount_raw"].to_pylist(), strict=True))
    assert raw["eip155:8453/slip44:60"] == "26488136306212020002"
    aggregate = int(json.loads(body)["balanceByAggregatedAsset"][0]["balance"])
    of_ether = [int(amount) for asset_id, amount in raw.items() if asset_id.endswith("slip44:60")]
    assert aggregate - sum(of_ether) == 188620219827771077
    assert set(rows.balance["price_status"].to_pylist()) == {"priced"}


def test_the_list_of_assets_sizes_the_balances() -> None:
    """Decimals of the asset list of the same instant turn base units into sizes, and values into prices."""
    listed = (PAYLOADS / "onebalance" / "asset_list.json").read_bytes()
    usdt = "eip155:56/erc20:0x55d398326f99059fF775485246999027B3197955"
    leg = {"assetType": usdt, "balance": "2500000000000000001", "fiatValue": 2.4999}
    one = {"aggregatedAssetId": "ob:usdt", "balance": "2500000", "individualAssetBalances": [leg], "fiatValue": 2.4999}
    total = {"balanceBySpecificAsset": [], "totalBalance": {"fiatValue": 2.4999}}
    body = {"accounts": {"evm": WALLET}, "balanceByAggregatedAsset": [one]} | total
    (lent,) = lend([assembled("onebalance", {"chains": ["eip155:56"]}, listed, body)], (), Known())
    (row,) = lent.balance.to_pylist()
    assert (row["decimals"], row["amount"], row["price_usd"]) == (18, 2.5, 2.4999 / 2.5)
    assert (row["amount_raw"], row["price_origin"]) == ("2500000000000000001", "implied")
    assert row["value_usd"] == Decimal("2.4999")


@pytest.mark.parametrize("name", ["aggregated", "allowances"])
def test_allowances_are_exact(name: str) -> None:
    """The largest allowance there is, 2^256 - 1, reaches its row digit by digit, under its account and chain."""
    payload = PAYLOADS / "oneinch_balance" / f"{name}.json"
    pull = questions.question("oneinch_balance", expected_lines(payload)[0]["asked"])
    one = questions.judged(pull, payload.read_bytes())
    rows = assemble(attempt(pull), 1, [one]).allowance.to_pylist()
    native = [row for row in rows if row["asset_id"] == "eip155:1/slip44:60"]
    assert {int(row["allowance_raw"]) for row in native} == {UINT256}
    assert {(row["account_id"], row["chain_id"]) for row in native} >= {(f"eip155:0:{WALLET.lower()}", "eip155:1")}


def test_a_wallet_that_is_not_answered_has_no_value() -> None:
    """Where the answer names one of two wallets the other's cell has no value and says why; it is not empty."""
    payload = PAYLOADS / "oneinch_balance" / "multiple_without_one_wallet.json"
    rows = assembled("oneinch_balance", expected_lines(payload)[0]["asked"], payload.read_bytes())
    ends = zip(*(rows.cell[name].to_pylist() for name in ("outcome", "reason", "value_usd")), strict=True)
    assert list(ends) == [("answered", None, Decimal(0)), ("failed", "unreadable", None)]
