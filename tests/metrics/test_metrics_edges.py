"""Promises at the edges of the definitions, each with the smallest history that tells them apart."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.metrics.asked import Asked, rows
from tests.metrics.histories import ACCOUNTS, ASSETS, CHAINS, KEYS, PULLS, START, Key, Random, Told, make_empty, write

ETHER: Key = (ACCOUNTS[0], CHAINS[0], "wallet", "", ASSETS[0])
LATE: Key = (ACCOUNTS[1], CHAINS[0], "wallet", "", ASSETS[0])
DAILY, SIX_HOURLY = "0 0 * * *", "0 */6 * * *"

Tell = Callable[..., Path]


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    """Give what writes a history: for each instant what is held and at which price, and whether all of it failed."""

    def told(
        held: Mapping[datetime, Mapping[Key, float]],
        cron: str = DAILY,
        failed: tuple[datetime, ...] = (),
        since: datetime | None = None,
    ) -> Path:
        instants = tuple(
            Told(at, cron, amounts, ({ASSETS[0]: 1.0 + number}, {}), frozenset(PULLS if at in failed else ()),
                 ACCOUNTS if since else ACCOUNTS[:1], frozenset(KEYS))
            for number, (at, amounts) in enumerate(held.items())
        )  # fmt: skip
        return write(Random(instants, since, None, is_rebasing=False), tmp_path, make_empty(tmp_path / "empty.duckdb"))

    return told


def after(hours: int) -> datetime:
    """Give an instant so many hours after the first."""
    return START + timedelta(hours=hours)


def test_holding_time_counts_whole_days(tell: Tell) -> None:
    """What is held since noon has been held for no whole day at midnight, and for one at the next noon."""
    held = {after(hours): {ETHER: 1.0} if hours >= 12 else {} for hours in range(0, 42, 6)}
    published = tell(held, SIX_HOURLY)
    for hours, days in ((24, 0), (30, 0), (36, 1)):
        (row,) = rows(published, "tokens_metrics", Asked(until=after(hours)))
        assert (row["holding_time_days"], row["is_at_least"]) == (days, False), hours


def test_a_wallet_that_comes_with_a_holding_has_held_it_at_least_so_long(tell: Tell) -> None:
    """What a wallet holds at its first record was there before: the time is a least one, whenever the wallet came."""
    held = {after(hours): {LATE: 1.0} for hours in (0, 24, 48, 72)}
    published = tell(held, since=after(24))
    (row,) = rows(published, "tokens_metrics", Asked())
    assert (row["holding_time_days"], row["is_at_least"]) == (2, True)
    (alone,) = rows(published, "tokens_metrics", Asked(account=ACCOUNTS[1]))
    assert (alone["holding_time_days"], alone["is_at_least"]) == (2, True)


def test_a_gap_does_not_break_a_holding_and_an_answered_nothing_does(tell: Tell) -> None:
    """An instant without an answer leaves a holding as it was; an answer without the asset ends it."""
    held = {after(24 * day): {} if day == 2 else {ETHER: 1.0} for day in range(6)}
    published = tell(held, failed=(after(24 * 4),))
    (row,) = rows(published, "tokens_metrics", Asked())
    assert (row["holding_time_days"], row["is_at_least"]) == (2, False)
    (before,) = rows(published, "tokens_metrics", Asked(until=after(24)))
    assert (before["holding_time_days"], before["is_at_least"]) == (1, True)


def test_no_daily_return_across_a_gap(tell: Tell) -> None:
    """A day's return is left out where an instant between its two ends is not complete."""
    held = {after(hours): {ETHER: 1.0} for hours in range(0, 78, 6)}
    for failed, count in (((), 3), ((after(54),), 2)):
        (row,) = rows(tell(held, SIX_HOURLY, failed), "returns", Asked())
        assert row["daily_returns"] == count, failed
