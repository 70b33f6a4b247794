"""Promises of lived time: what is the latest, what lies in the future, and when the planted outage happens."""

import time

import pytest

from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.window import utc
from tests.simulator.running_simulator import NOW, Simulator, address

OUTAGE = utc(2026, 3, 14)
NEXT_DAY = utc(2026, 3, 15)


def test_the_latest_block_is_that_of_the_lived_instant(simulator: Simulator) -> None:
    """Without a time in the question the answer is for the last block at or before the lived instant."""
    answer = simulator.value("treasury", now=NOW).json()
    assert answer["blockNumber"] == ETHEREUM.at_or_before(NOW)
    assert NOW - 12 < answer["blockTimestamp"] <= NOW


def test_an_instant_in_the_lived_future_is_the_latest(simulator: Simulator) -> None:
    """A timestamp after the lived instant resolves to the latest block, as a block at or before it does."""
    asked = simulator.value("treasury", now=NOW, params={"timestamp": str(NOW + 86_400)})
    assert asked.content == simulator.value("treasury", now=NOW).content


def test_the_past_is_the_same_from_every_later_instant(simulator: Simulator) -> None:
    """What is answered for a past instant does not depend on the instant from which it is asked."""
    params = {"timestamp": str(NOW - 86_400), "includePositions": "true"}
    early, late = (simulator.value("trading", now=now, params=params) for now in (NOW, utc(2028, 6, 1)))
    assert early.content == late.content


def test_without_the_header_the_wall_clock_counts(simulator: Simulator) -> None:
    """A request that does not say when it lives lives now."""
    before = int(time.time())
    stamp = simulator.value("treasury", now=None).json()["blockTimestamp"]
    assert before - 12 < stamp <= int(time.time())


@pytest.mark.parametrize("told", ["yesterday", "-5", "1e9", "1780000000.5", ""])
def test_a_lived_instant_that_is_no_number_is_refused(simulator: Simulator, told: str) -> None:
    """A malformed lived instant is a 400, never taken for the wall clock."""
    headers = simulator.headers() | {"X-Simulated-Now": told}
    path = f"/credmark/v1/portfolio/1/{address('treasury')}/value"
    answer = simulator.http.get(simulator.url + path, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["message"] == "x-simulated-now must be unix seconds, a whole number"


@pytest.mark.parametrize("now", [OUTAGE, OUTAGE + 43_200, NEXT_DAY - 1])
@pytest.mark.parametrize("labels", [["trading"], ["grants"], ["treasury", "trading"]])
def test_two_accounts_are_out_on_the_planted_day(simulator: Simulator, labels: list[str], now: int) -> None:
    """While the planted day is lived, questions that touch either account get a gateway's HTML page with 503."""
    for params in (None, {"timestamp": str(utc(2026, 3, 1))}):
        answer = simulator.value(*labels, now=now, params=params)
        assert answer.status_code == 503
        assert answer.headers["content-type"].startswith("text/html")
        assert "<html>" in answer.text


@pytest.mark.parametrize(
    ("label", "now"),
    [("treasury", OUTAGE), ("cold", OUTAGE + 43_200), ("trading", OUTAGE - 1), ("grants", NEXT_DAY)],
)
def test_nobody_else_is_out_and_no_longer(simulator: Simulator, label: str, now: int) -> None:
    """The other accounts are answered all day, and both accounts just before and right after the planted day."""
    assert simulator.value(label, now=now).status_code == 200


def test_the_planted_day_can_be_asked_for_later(simulator: Simulator) -> None:
    """The outage is one of the lived day: from any other day the instants of that day are answered."""
    answer = simulator.value("trading", now=NEXT_DAY, params={"timestamp": str(OUTAGE)})
    assert answer.status_code == 200
    assert answer.json()["value"] > 0
