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


@pytest.mark.slow
def test_holding_time_counts_whole_days(tell: Tell) -> None:
    """What is held since noon has been held for no whole day at midnight, and for one at the next noon."""
    held = {after(hours): {ETHER: 1.0} if hours >= 12 else {} for hours in range(0, 42, 6)}
    published = tell(held, SIX_HOURLY)
    for hours, days in ((24, 0), (30, 0), (36, 1)):
        (row,) = rows(published, "tokens_metrics", Asked(until=after(hours)))
        assert (row["holding_time_days"], row["is_at_least"]) == (days, False), hours


@pytest.mark.slow
def test_a_wallet_that_comes_with_a_holding_has_held_it_at_least_so_long(tell: Tell) -> None:
    """What a wallet holds at its first record was there before: the time is a least one, whenever the wallet came."""
    held = {after(hours): {LATE: 1.0} for hours in (0, 24, 48, 72)}
    published = tell(held, since=after(24))
    (row,) = rows(published, "tokens_metrics", Asked())
    assert (row["holding_time_days"], row["is_at_least"]) == (2, True)
    (alone,) = rows(published, "tokens_metrics", Asked(account=ACCOUNTS[1]))
    assert (alone["holding_time_days"], alone["is_at_least"]) == (2, True)


@pytest.mark.slow
def test_a_gap_does_not_break_a_holding_and_an_answered_nothing_does(tell: Tell) -> None:
    """An instant without an answer leaves a holding as it was; an answer without the asset ends it."""
    held = {after(24 * day): {} if day == 2 else {ETHER: 1.0} for day in range(6)}
    published = tell(held, failed=(after(24 * 4),))
    (row,) = rows(published, "tokens_metrics", Asked())
    assert (row["holding_time_days"], row["is_at_least"]) == (2, False)
    (before,) = rows(published, "tokens_metrics", Asked(until=after(24)))
    assert (before["holding_time_days"], before["is_at_least"]) == (1, True)


@pytest.mark.every
def test_no_daily_return_across_a_gap(tell: Tell) -> None:
    """A day's return is left out where an instant between its two ends is not complete."""
    held = {after(hours): {ETHER: 1.0} for hours in range(0, 78, 6)}
    for failed, count in (((), 3), ((after(54),), 2)):
        (row,) = rows(tell(held, SIX_HOURLY, failed), "returns", Asked())
        assert row["daily_returns"] == count, failed


HELD: Key = (ACCOUNTS[0], CHAINS[0], "wallet", "", ASSETS[1])
LENT: Key = (ACCOUNTS[0], CHAINS[0], "position", "supply", ASSETS[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "unknown"),
    [
        (({HELD: 5.0}, {HELD: 7.0}), {"opening_usd", "closing_usd"}),
        (({LENT: 3.0}, {LENT: 3.0}), {"opening_usd", "closing_usd"}),
        (({}, {HELD: 1000.0}), {"closing_usd"}),
        (({HELD: 0.1}, {}), {"opening_usd"}),
    ],
    ids=["held", "lent", "received", "sent"],
)
def test_what_is_held_without_a_price_is_not_worth_nothing(
    tell: Tell, days: tuple[Mapping[Key, float], ...], unknown: set[str]
) -> None:
    """An asset that nobody prices has no value where it is held, no part of a change, no ratio, and a reason."""
    published = tell({after(24 * number): {ETHER: 1.0, **held} for number, held in enumerate(days)})
    asked = [("value_change", {"per": per}) for per in ("asset", "asset_group")] + [
        ("holding_metrics", {"per": "position" if LENT in days[0] else "asset"})
    ]
    for name, further in asked:
        row = next(
            row
            for row in rows(published, name, Asked(), **further)
            if "erc20:0xaa" in row["id"] or "supply" in row["id"]
        )
        assert {column for column in ("opening_usd", "closing_usd") if row[column] is None} == unknown, name
        assert {row[column] for column in {"opening_usd", "closing_usd"} - unknown} <= {0}, name
        assert {row[column] for column in ("price_effect_usd", "accrual_usd", "revaluation_usd", "profit_abs_usd")} == {
            None
        }
        assert row["reason"] == "unpriced", name
        assert row.get("roi") is None
    (ether,) = (row for row in rows(published, "value_change", Asked(), per="asset") if "slip44" in row["id"])
    assert (ether["opening_usd"], ether["closing_usd"], ether["reason"], ether["unpriced_count"]) == (1, 2, None, 0)
    (total,) = rows(published, "value_change", Asked())
    assert (total["opening_usd"], total["closing_usd"], total["unpriced_count"]) == (
        1,
        2,
        int("closing_usd" in unknown),
    )


def test_a_price_that_goes_leaves_the_closing_unknown(tell: Tell) -> None:
    """An asset priced in one wallet and in none of another is worth its known part, and how much lacks is counted."""
    late: Key = (ACCOUNTS[1], CHAINS[0], "wallet", "", ASSETS[1])
    published = tell({after(0): {ETHER: 1.0, late: 4.0}, after(24): {ETHER: 1.0, late: 4.0}}, since=START)
    by_account = {row["id"]: row["unpriced_count"] for row in rows(published, "value_change", Asked(), per="account")}
    assert by_account == {ACCOUNTS[0]: 0, ACCOUNTS[1]: 1}
    by_layer = {row["id"]: row["unpriced_count"] for row in rows(published, "value_change", Asked(), per="layer")}
    assert by_layer["wallet"] == 1


def test_a_wallet_that_holds_nothing_has_no_assets(tell: Tell) -> None:
    """Where nothing is held the change is 0 as a whole, and no asset has a row, neither worth 0 nor unpriced."""
    published = tell({after(0): {}, after(24): {}})
    assert rows(published, "value_change", Asked(), per="asset") == []
    (total,) = rows(published, "value_change", Asked())
    assert (total["opening_usd"], total["change_usd"], total["reason"]) == (0, 0, None)


@pytest.mark.every
def test_rewards_that_nobody_was_asked_for_are_unknown(tell: Tell) -> None:
    """Unclaimed rewards are 0 where every one was asked for and answered, and NULL where none was."""
    published = tell({after(0): {ETHER: 1.0}, after(24): {ETHER: 1.0}})
    for name, further in (("value_change", {}), ("value_change", {"per": "asset"}), ("holding_metrics", {})):
        assert {row["rewards_usd"] for row in rows(published, name, Asked(), **further)} == {0}, name
    failed = tell({after(0): {ETHER: 1.0}, after(24): {ETHER: 1.0}}, failed=(after(24),))
    (row,) = rows(failed, "value_change", Asked(until=after(0)))
    assert row["rewards_usd"] == 0
