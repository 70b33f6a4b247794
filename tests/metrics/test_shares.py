"""Tests of rows that state shares and a rate: their income follows exactly.

One account, one chain, one coin at a fixed price; what a vault or a lending pool says of it, and what the wallet does.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from dagster_project.warehouse.ask import query
from tests.metrics.histories import ACCOUNTS, ASSETS, CHAINS, START, Key, Random, Told, make_empty, write

pytestmark = pytest.mark.slow

COIN = ASSETS[1]
WALLET: Key = (ACCOUNTS[0], CHAINS[0], "wallet", "", COIN)
VAULT: Key = (ACCOUNTS[0], CHAINS[0], "position", "supply", COIN)
LOAN: Key = (ACCOUNTS[0], CHAINS[0], "debt", "loan", COIN)
LENT_ELSEWHERE: Key = (ACCOUNTS[1], CHAINS[0], "position", "supply", COIN)
LEG: Key = (ACCOUNTS[0], CHAINS[0], "position", "pool", COIN)
OTHER_LEG: Key = (ACCOUNTS[0], CHAINS[0], "position", "pool", ASSETS[0])
REWARD: Key = (ACCOUNTS[0], CHAINS[0], "reward", "pool", COIN)
RAY = 10**27

Side = tuple[Mapping[Key, float], Mapping[Key, tuple[object, object]]]
"""Amounts by row, and shares with their rate by row."""


class Case(NamedTuple):
    """Opening and closing of one step, and its right accrual, flow, ambiguous amount and claims in US dollars."""

    opening: Side
    closing: Side
    accrual: str
    flow: str
    ambiguous: str = "0"
    before: Side | None = None
    claims: str = "0"


def ray(rate: float) -> int:
    """Give a rate as lending pools state it."""
    return round(rate * 10**9) * 10**18


CASES = {
    "interest alone": Case(
        ({VAULT: 10_000.0}, {VAULT: (10**10, ray(1.0))}), ({VAULT: 10_050.0}, {VAULT: (10**10, ray(1.005))}), "50", "0"
    ),
    # of 350 more, a guess could as well take nothing or all of it for interest
    "interest and a deposit": Case(
        ({VAULT: 10_000.0, WALLET: 500.0}, {VAULT: (10**10, ray(1.0))}),
        ({VAULT: 10_350.0, WALLET: 0.0}, {VAULT: (10_298_507_463, ray(1.005))}),
        "50",
        "-200",
    ),
    "a withdrawal": Case(
        ({VAULT: 10_000.0}, {VAULT: (10**10, ray(1.0))}),
        ({VAULT: 5_050.0, WALLET: 5_050.0}, {VAULT: (5 * 10**9, ray(1.01))}),
        "100",
        "0",
    ),
    # a year's interest in a day: far beyond what a guess would believe
    "a rate that leaps": Case(
        ({VAULT: 100.0}, {VAULT: (10**8, ray(1.0))}), ({VAULT: 180.0}, {VAULT: (10**8, ray(1.8))}), "80", "0"
    ),
    "a penalty": Case(
        ({VAULT: 1_000.0}, {VAULT: (10**9, ray(1.0))}), ({VAULT: 900.0}, {VAULT: (10**9, ray(0.9))}), "-100", "0"
    ),
    "interest owed": Case(
        ({LOAN: 1_000.0, WALLET: 100.0}, {LOAN: (10**9, ray(1.0))}),
        ({LOAN: 1_510.0, WALLET: 600.0}, {LOAN: (1_495_049_504, ray(1.01))}),
        "-10",
        "0",
    ),
    "a token that rebases": Case(
        ({WALLET: 1_000.0}, {WALLET: (10**21, ray(1.0))}),
        ({WALLET: 1_200.1}, {WALLET: (12 * 10**20, ray(1.0001))}),
        "0.1",
        "200",
    ),
    "a rate in another fixed point": Case(
        ({VAULT: 2_000.0}, {VAULT: (10**21, 2 * 10**6)}), ({VAULT: 2_002.0}, {VAULT: (10**21, 2_002_000)}), "2", "0"
    ),
    # a second holding that can accrue, without shares, is still guessed: what the vault took is no part of that
    "beside one without shares": Case(
        ({VAULT: 10_000.0, LOAN: 1_000.0, WALLET: 500.0}, {VAULT: (10**10, ray(1.0))}),
        ({VAULT: 10_550.0, LOAN: 1_000.5, WALLET: 0.0}, {VAULT: (10_497_512_438, ray(1.005))}),
        "49.5",
        "0",
    ),
    # the contract states fewer digits than the amount has
    "a rate of few digits": Case(
        ({VAULT: 10_000.0}, {VAULT: (10**10, 1_000_000)}),
        ({VAULT: 10_123.456789}, {VAULT: (10**10, 1_012_345)}),
        "123.456789",
        "0",
    ),
    # alone, the two legs would look like a pool that traded
    "a leg of two": Case(
        ({LEG: 100.0, OTHER_LEG: 100.0}, {LEG: (10**8, ray(1.0))}),
        ({LEG: 110.0, OTHER_LEG: 90.0}, {LEG: (10**8, ray(1.1))}),
        "10",
        "-10",
        "0.190084",
    ),
    # what came from the vault of another own account is what went from there, its interest aside
    "beside another account": Case(
        ({VAULT: 10_000.0, LENT_ELSEWHERE: 10_000.0}, {VAULT: (10**10, ray(1.0))}),
        ({VAULT: 9_550.0, LENT_ELSEWHERE: 10_500.0}, {VAULT: (9_502_487_562, ray(1.005))}),
        "50",
        "0",
    ),
    # what the vault earned did not arrive from the claim
    "beside a claim": Case(
        ({VAULT: 10_000.0, REWARD: 40.0}, {VAULT: (10**10, ray(1.0))}),
        ({VAULT: 10_050.0, REWARD: 0.0, WALLET: 55.0}, {VAULT: (10**10, ray(1.005))}),
        "50",
        "0",
        "0",
        ({VAULT: 10_000.0, REWARD: 20.0}, {VAULT: (10**10, ray(1.0))}),
        claims="55",
    ),
}

NOT_STATED = {
    "at the begin alone": ((10**10, RAY), None),
    "at the end alone": (None, (10**10, ray(1.005))),
    "without a rate": ((10**10, None), (10**10, None)),
    "without shares": ((None, RAY), (None, ray(1.005))),
    "a rate of nothing": ((10**10, 0), (10**10, 0)),
}


def _digits(shares: object, rate: object) -> tuple[str | None, str | None]:
    return None if shares is None else str(shares), None if rate is None else str(rate)


def written(tmp_path: Path, *sides: Side) -> Path:
    """Write what is said at each instant, a day apart, and publish it."""
    instants = tuple(
        Told(
            START + timedelta(days=number),
            "0 0 * * *",
            held,
            ({COIN: 1.0, ASSETS[0]: 1.0}, {}),
            frozenset(),
            ACCOUNTS,
            frozenset(held),
            {key: _digits(*pair) for key, pair in shares.items()},
        )
        for number, (held, shares) in enumerate(sides)
    )
    return write(Random(instants, None, None, is_rebasing=False), tmp_path, make_empty(tmp_path / "empty.duckdb"))


def parts(published: Path) -> tuple[float, ...]:
    """Give accrual, flow, what is ambiguous and claims of the last step."""
    asked = (
        "select sum(accrual_usd), sum(flow_usd), sum(ambiguous_usd), sum(income_usd - accrual_usd) from movement "
        "where as_of = (select max(as_of) from movement)"
    )
    (row,) = query(published, asked).rows
    return tuple(float(str(part)) for part in row)


@pytest.mark.parametrize("name", CASES)
def test_what_shares_earned_is_exact(tmp_path: Path, name: str) -> None:
    """The rise of the rate on the shares at the begin is income, the rest was moved, and nothing of it is ambiguous."""
    case = CASES[name]
    found = parts(written(tmp_path, *([case.before] if case.before else []), case.opening, case.closing))
    expected = (case.accrual, case.flow, case.ambiguous, case.claims)
    assert found == pytest.approx([float(one) for one in expected], abs=0.000001)


@pytest.mark.parametrize("name", NOT_STATED)
def test_half_a_statement_is_none(tmp_path: Path, name: str) -> None:
    """Where shares and rate are not both stated at both ends, the step is decided as if neither were."""
    ends = ({VAULT: 10_000.0, WALLET: 500.0}, {VAULT: 10_350.0, WALLET: 0.0})
    said = [{} if one is None else {VAULT: one} for one in NOT_STATED[name]]
    stated = written(tmp_path, *zip(ends, said, strict=True))
    (tmp_path / "plain").mkdir()
    plain = written(tmp_path / "plain", *((one, {}) for one in ends))
    assert parts(stated) == parts(plain)
    assert parts(plain)[0] != pytest.approx(50)
