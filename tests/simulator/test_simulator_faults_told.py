"""Promises of the faults of time and of view: what a provider tells wrong, in every dialect that can tell it."""

import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from dagster_project.simulator.app import DIALECTS
from dagster_project.simulator.book.chains import ETHEREUM_CHAIN
from dagster_project.simulator.faults.distortions import CHANGING_ANSWERS
from dagster_project.simulator.faults.times import TIMES
from dagster_project.simulator.faults.views import VIEWS
from tests.simulator.running_simulator import NOW, Simulator, address

WHO = address("treasury")
DAY = 86_400
V5 = "/oneinch/portfolio/portfolio/v5.0"
PLACES = {
    "credmark": ("credmark", f"/credmark/v1/portfolio/1/{WHO}/value?includePositions=true&timestamp={NOW}"),
    "tokens": ("oneinch", f"{V5}/tokens/snapshot?addresses={WHO}&timestamp={NOW}"),
    "protocols": ("oneinch", f"{V5}/protocols/snapshot?addresses={WHO}&timestamp={NOW}"),
    "balance": ("oneinch", f"/oneinch/balance/v1.2/1/balances/{WHO}"),
    "onebalance": (
        "onebalance",
        f"/onebalance/api/v3/balances/aggregated-balance?account=eip155:1:{WHO}&aggregatedAssetId=ob:eth,ob:usdc",
    ),
}
TESTED = {"stale_cache", "stale_cached_at", "clock_skew", "ignored_timestamp", CHANGING_ANSWERS, *VIEWS}


def seen(simulator: Simulator, place: str, now: int = NOW) -> tuple[int, int, Any]:
    """Status, date in unix seconds, and body of the answer."""
    answer = simulator.ask(PLACES[place][1], now=now)
    date = int(parsedate_to_datetime(answer.headers["date"]).timestamp())
    return answer.status_code, date, json.loads(answer.content) if answer.status_code == 200 else None


def test_these_faults_are_all_there_are() -> None:
    """Each fault of time or view has its test here, the one that is asked for everywhere else aside."""
    assert TIMES | VIEWS | {CHANGING_ANSWERS} == TESTED


@pytest.mark.parametrize("place", PLACES)
def test_a_stale_cache_gives_the_answer_of_before(simulator: Simulator, place: str) -> None:
    """The answer and its date are those of a day before, whatever instant was asked for."""
    _, date, before = seen(simulator, place, NOW - DAY)
    assert date == NOW - DAY
    simulator.order("stale_cache", dialect=PLACES[place][0])
    assert seen(simulator, place) == (200, NOW - DAY, before)


@pytest.mark.parametrize("place", PLACES)
def test_a_skewed_clock_shifts_every_time(simulator: Simulator, place: str) -> None:
    """The date and each time in the answer lie two hours ahead, and nothing else differs."""
    _, date, honest = seen(simulator, place)
    assert date == NOW
    simulator.order("clock_skew", dialect=PLACES[place][0])
    _, skewed, told = seen(simulator, place)
    assert skewed == NOW + 7_200
    assert times(place, told) == [at + 7_200 for at in times(place, honest)]


def times(place: str, body: Any) -> list[int]:  # noqa: ANN401 - any JSON
    """The times that an answer tells."""
    if place == "credmark":
        return [body["blockTimestamp"]]
    return [row["timestamp"] for row in body["result"]] if place in ("tokens", "protocols") else []


def test_a_stale_cached_at_is_told_beside_honest_rows(simulator: Simulator) -> None:
    """The rows are honest, and the time of the cache lies a day back."""
    _, _, honest = seen(simulator, "tokens")
    simulator.order("stale_cached_at", dialect="oneinch")
    _, _, told = seen(simulator, "tokens")
    assert told["result"] == honest["result"]
    assert (honest["meta"]["cached_at"], told["meta"]["cached_at"]) != (told["meta"]["cached_at"], None)
    assert told["meta"]["cached_at"] == NOW - DAY


def held(place: str, body: Any) -> int:  # noqa: ANN401 - any JSON
    """How much of Ethereum an answer tells of."""
    if place == "credmark":
        return len(body["positions"])
    if place == "balance":
        return sum(amount != "0" for amount in body.values())
    if place == "onebalance":
        legs = [leg for one in body["balanceByAggregatedAsset"] for leg in one["individualAssetBalances"]]
        return sum(leg["balance"] != "0" and leg["assetType"].startswith(f"{ETHEREUM_CHAIN}/") for leg in legs)
    return sum(row["chain"] == 1 for row in body["result"])


@pytest.mark.parametrize("place", PLACES)
def test_a_chain_is_missing_from_a_healthy_answer(simulator: Simulator, place: str) -> None:
    """With a chain ordered away nothing of it is told, and all is told when another one is."""
    _, _, honest = seen(simulator, place)
    assert held(place, honest) > 0
    simulator.order("missing_chain", dialect=PLACES[place][0], chain=ETHEREUM_CHAIN)
    status, _, told = seen(simulator, place)
    assert (status, held(place, told)) == (200, 0)
    simulator.order("missing_chain", dialect=PLACES[place][0], chain="eip155:10")
    assert held(place, seen(simulator, place)[2]) == held(place, honest)


@pytest.mark.parametrize("place", PLACES)
def test_half_of_the_chains_are_down(simulator: Simulator, place: str) -> None:
    """Where one chain is asked about it is a 503, and in an answer about many, Ethereum is among the missing."""
    simulator.order("half_of_chains_down", dialect=PLACES[place][0])
    status, _, told = seen(simulator, place)
    assert (status, told is None) == ((503, True) if place in ("credmark", "balance") else (200, False))
    assert told is None or held(place, told) == 0


def test_debts_are_told_as_assets(simulator: Simulator) -> None:
    """The debts of the honest answer have sign 1 and a value above zero, all else is as it was."""
    _, _, honest = seen(simulator, "protocols")
    simulator.order("flipped_debt", dialect="oneinch")
    _, _, told = seen(simulator, "protocols")
    assert [row["asset_sign"] for row in honest["result"]].count(-1) > 0
    assert {row["asset_sign"] for row in told["result"]} == {1}
    assert [abs(row["value_usd"]) for row in honest["result"]] == [row["value_usd"] for row in told["result"]]


@pytest.mark.parametrize("dialect", [one.name for one in DIALECTS if one.name in {of for of, _ in PLACES.values()}])
def test_answers_change_with_each_request(simulator: Simulator, dialect: str) -> None:
    """The same question gets another answer each time, and the first again when the order is given anew."""
    place = next(name for name, (of, _) in PLACES.items() if of == dialect)
    told = []
    for _ in range(2):
        simulator.order(CHANGING_ANSWERS, dialect=dialect)
        told.append([seen(simulator, place)[2] for _ in range(3)])
    assert told[0] == told[1]
    assert len({json.dumps(body) for body in told[0]}) == 3


def test_an_order_can_name_a_part_of_a_path(simulator: Simulator) -> None:
    """A path between two stars meets every request whose path holds it, and no other of the dialect."""
    simulator.order("server_error", dialect="oneinch", path="*/balance/v1.2/*")
    assert simulator.ask(PLACES["balance"][1]).status_code == 500
    assert simulator.ask(PLACES["tokens"][1]).status_code == 200
