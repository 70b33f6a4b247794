"""Promises of odd items, provider by provider: what one belongs to is lost and named, and everything else stays."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Reading
from dagster_project.model import Cell, Outcome, Pull, Reason
from dagster_project.normalise.judge import judge
from dagster_project.normalise.onchain_prices import LEAD_SECONDS, read_batch, read_points
from dagster_project.sources.registry import PROVIDERS
from tests.normalise import questions
from tests.normalise.asking import AS_OF, OBSERVED_AT, answer
from tests.normalise.payload_files import PAYLOADS, asked_by, expected_lines
from tests.normalise.test_normalise_bad_bodies_everywhere import changed

Where = tuple[str | int, ...]

LEGS = ("balanceByAggregatedAsset", 0, "individualAssetBalances")
FIRST, SECOND = ("0x295B61866dAA53a76CE4b3a927EFAF0059b4a90A", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")


def good(provider: str, case: str) -> tuple[Pull, Any]:
    """A question, and the body that answers it as plain JSON."""
    path = PAYLOADS / provider / f"{case}.json"
    return asked_by(provider, expected_lines(path)), json.loads(path.read_bytes())


def read(pull: Pull, plain: object) -> Reading:
    """What becomes of a body."""
    return PROVIDERS[pull.provider].normalise(pull, json.dumps(plain).encode())


def lost(pull: Pull, reading: Reading) -> list[str]:
    """The chains and the ends of the accounts of the cells that are not read."""
    return [f"{cell.chain_id[:11]} {cell.account_id[-4:]}" for cell in pull.cells if cell not in reading.rows]


def path_of(where: Where) -> str:
    """The path as it is shown to people."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)


@pytest.mark.parametrize(
    ("where", "value", "chain"),
    [
        ((*LEGS, 1, "balance"), "-1", "eip155:8453 a90a"),
        ((*LEGS, 1, "fiatValue"), "much", "eip155:8453 a90a"),
        ((*LEGS, 0, "balance"), None, "eip155:1 a90a"),
        (("balanceBySpecificAsset", 0, "balance"), "1.5", "solana:5eyk ick5"),
    ],
)
def test_an_odd_leg_of_onebalance_costs_its_chain(where: Where, value: object, chain: str) -> None:
    """OneBalance: a leg that cannot be read costs the cell of the chain in its type, and all other chains stay."""
    pull, plain = good("onebalance", "two_namespaces")
    whole, reading = read(pull, plain), read(pull, changed(plain, where, value))
    assert lost(pull, reading) == [chain]
    assert [fault.where for fault in reading.faults] == [path_of(where)]
    assert reading.rows == {cell: rows for cell, rows in whole.rows.items() if cell in reading.rows}


def test_a_leg_of_a_chain_that_nobody_asked_for_costs_nothing() -> None:
    """OneBalance: an odd leg of another chain is named among the unknown fields."""
    pull, plain = good("onebalance", "two_namespaces")
    reading = read(pull, changed(plain, (*LEGS, 2, "balance"), "odd"))
    assert (lost(pull, reading), reading.faults) == ([], ())
    assert reading.unknown_fields == ("$.balanceByAggregatedAsset[0].individualAssetBalances[2].balance",)


@pytest.mark.parametrize("member", ["totalBalance", "balanceBySpecificAsset"])
@pytest.mark.parametrize("is_there", [True, False])
def test_onebalance_is_read_without_what_is_not_needed(member: str, *, is_there: bool) -> None:
    """OneBalance: null or nothing in the place of a total, and null for an account that was not asked for, is read."""
    pull, plain = good("onebalance", "two_namespaces")
    plain = (
        changed(plain, (member,), None) if is_there else {name: one for name, one in plain.items() if name != member}
    )
    assert lost(pull, read(pull, plain)) == []
    alone, body = good("onebalance", "largest_amount")
    body["accounts"] = {"evm": FIRST, "solana": None}
    assert lost(alone, read(alone, body)) == []


def test_one_bad_entry_of_a_list_costs_itself() -> None:
    """An entry of a list of assets, chains, points or positions that cannot be read costs itself and is named."""
    cases: list[tuple[str, str, Where, object]] = [
        ("onebalance", "asset_list", (0, "aggregatedEntities", 0, "decimals"), 300),
        ("onebalance", "chains_supported", (0, "isTestnet"), "no"),
        ("oneinch_portfolio", "chart", ("result", 1, "value_usd"), "odd"),
        ("oneinch_portfolio", "current_value", ("result", "by_chain", 1, "value_usd"), {}),
        ("oneinch_portfolio", "supported_chains", ("result", 0, "chain_id"), -1),
        ("credmark", "positions_listed", ("positions", 0, "balance"), None),
    ]
    for provider, case, where, value in cases:
        pull, plain = good(provider, case)
        whole, reading = read(pull, plain), read(pull, changed(plain, where, value))
        stated = [*reading.figures, *reading.assets]
        assert len(stated) == len([*whole.figures, *whole.assets]) - 1, case
        assert set(stated) <= {*whole.figures, *whole.assets}
        (fault,) = reading.faults
        assert (fault.where, fault.cells) == (path_of(where), ()), case


@pytest.mark.parametrize(
    ("where", "value", "accounts"),
    [
        ((0, "wallets", FIRST, "balance"), "-5", ["a90a"]),
        ((0, "wallets", FIRST, "allowance"), "1e5", ["a90a"]),
        ((0, "wallets", FIRST), None, ["a90a"]),
        ((1, "decimals"), 256, ["eaed"]),
    ],
)
def test_an_odd_token_of_the_aggregate_costs_the_wallets_it_names(
    where: Where, value: object, accounts: list[str]
) -> None:
    """1inch Balance: what cannot be read of a wallet, or of a token that names one, costs that wallet alone."""
    pull, plain = good("oneinch_balance", "aggregated")
    reading = read(pull, changed(plain, where, value))
    assert [account[-4:] for account in lost(pull, reading)] == accounts
    assert {cell.account_id[-4:] for cell in reading.allowances}.isdisjoint(accounts)


@pytest.mark.parametrize("value", [None, {}, {"0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1": "-1"}, "none"], ids=str)
def test_an_odd_wallet_costs_itself(value: object) -> None:
    """1inch Balance: a wallet that cannot be read, or lacks a token that was asked for, costs itself alone."""
    pull, plain = good("oneinch_balance", "multiple")
    (first, *_) = plain
    reading = read(pull, changed(plain, (first,), value))
    assert [account[-4:] for account in lost(pull, reading)] == [first[-4:].lower()]


def test_a_position_without_a_group_is_unnamed() -> None:
    """1inch Portfolio: null for group and kind is read, and the position is worth what it is worth."""
    pull, plain = good("oneinch_portfolio", "supply_debt_and_reward")
    whole = read(pull, plain)
    for name in ("protocol_group_id", "protocol_group_name", "protocol_type"):
        plain = changed(plain, ("result", 0, name), None)
    reading = read(pull, plain)
    assert reading.rows == whole.rows
    ((position, *_),) = reading.positions.values()
    assert (position.protocol_id, position.protocol_name, position.kind) == ("unnamed",) * 3


AT = int(AS_OF.timestamp())


@pytest.mark.parametrize(
    ("point", "path"),
    [
        ({"price": None}, "price"),
        ({"price": -1}, "price"),
        ({"timestamp": "soon"}, "timestamp"),
        ({"confidence": 1.01}, "confidence"),
        ({"symbol": None}, "symbol"),
    ],
    ids=str,
)
def test_one_bad_price_costs_its_coin(point: dict[str, Any], path: str) -> None:
    """A coin whose point cannot be read is named and has none; the others have theirs, also in quotes."""
    usual = {"price": 2.5, "symbol": "X", "timestamp": AT - 60, "confidence": 0.99}
    coins = {"a": usual, "B": usual | point, "c": usual | {"price": "2.5", "decimals": None, "confidence": None}}
    found = read_points(json.dumps({"coins": coins}))
    assert {name: one.price for name, one in found.points.items()} == {"a": 2.5, "c": 2.5}
    assert [fault.where for fault in found.faults.values()] == [f"$.coins.B.{path}"]


def test_one_bad_point_of_many_costs_itself() -> None:
    """Of many points of a coin one that cannot be read is passed over; where no other is near, the coin is named."""
    usual = {"price": 2.5, "timestamp": AT - LEAD_SECONDS}
    bad = {"price": None, "timestamp": AT - LEAD_SECONDS}
    coins = {
        "a": {"symbol": "A", "prices": [bad, usual]},
        "b": {"symbol": "B", "prices": [usual | {"timestamp": 5}, bad]},
        "c": {"prices": [usual]},
    }
    found = read_batch(json.dumps({"coins": coins}), AT)
    assert list(found.points) == ["a"]
    assert [fault.where for fault in found.faults.values()] == ["$.coins.b.prices[1].price", "$.coins.c.symbol"]


@pytest.mark.parametrize("coins", [1, 2])
def test_prices_in_another_form_are_no_absence_of_prices(coins: int) -> None:
    """Where no coin of several can be read the answer as a whole is refused, and is asked for again."""
    listed = {f"c{index}": {"value": 2.5, "symbol": "X", "timestamp": AT - 60} for index in range(coins)}
    series = {name: {"symbol": "X", "prices": [one]} for name, one in listed.items()}
    for plain, reader in (listed, read_points), (series, lambda body: read_batch(body, AT)):
        body = json.dumps({"coins": plain})
        if coins == 1:
            assert list(reader(body).faults) == ["c0"]
        else:
            with pytest.raises(UnreadableError, match=r"\$\.coins\.c0"):
                reader(body)


def of_now(rows: int, of_instant: int = 0) -> tuple[Pull, bytes]:
    """A wallet's tokens on two chains, of which the first so many rows have no time."""
    pull, plain = good("oneinch_portfolio", "blocks_of_two_chains")
    for index, row in enumerate(plain["result"]):
        row["timestamp"] = None if index < rows else AT + of_instant
    return pull, json.dumps(plain).encode()


@pytest.mark.parametrize(
    ("rows", "late", "outcome", "left"),
    [
        (2, timedelta(seconds=40), Outcome.ANSWERED, 2),
        (1, timedelta(seconds=40), Outcome.ANSWERED, 2),
        (2, timedelta(minutes=90), Outcome.ANSWERED, 2),
        (2, timedelta(minutes=91), Outcome.FAILED, 0),
        (1, timedelta(days=3), Outcome.ANSWERED, 1),
        (2, timedelta(days=3), Outcome.FAILED, 0),
        (0, timedelta(days=3), Outcome.ANSWERED, 2),
    ],
)
def test_rows_without_a_time_speak_of_now(rows: int, late: timedelta, outcome: Outcome, left: int) -> None:
    """Rows without a time count within the grace, as of now; of a past instant their chains fail alone."""
    pull, body = of_now(rows)
    plan = questions.plan_of(pull)
    one = judge(plan, pull, replace(answer(body), observed_at=AS_OF + late), 1, PROVIDERS[pull.provider].normalise)
    assert one.outcome is outcome
    if one.reading is None:
        assert one.reason is Reason.NOT_POINT_IN_TIME
        return
    assert len(one.reading.rows) == left
    assert len(one.reading.now) == (rows if left == 2 else 0)
    assert one.effective_at() == (AS_OF + late if one.reading.now else AS_OF)
    times: dict[Cell, Any] = {cell: one.effective_at(cell) for cell in one.reading.rows}
    assert all(at == (AS_OF + late if cell in one.reading.now else AS_OF) for cell, at in times.items())


def test_a_stale_cache_is_no_answer_of_now() -> None:
    """Rows without a time in an answer that a cache has kept are of nobody knows when."""
    pull, body = of_now(2)
    kept = replace(answer(body), headers={"date": "Mon, 26 Jun 2023 12:00:00 GMT"}, observed_at=OBSERVED_AT)
    one = judge(questions.plan_of(pull), pull, kept, 1, PROVIDERS[pull.provider].normalise)
    assert (one.outcome, one.reason) == (Outcome.FAILED, Reason.NOT_POINT_IN_TIME)
