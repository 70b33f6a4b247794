"""Promises of value_parts: at each instant the parts add up to what is known, and what is missing is told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from dagster_project.errors import UsageError
from tests.portfolio import FIRST, Portfolio, day

Row = dict[str, object]
EACH = ("asset_group", "asset", "chain", "account", "layer", "protocol")
OUTAGE = (datetime(2026, 3, 14, tzinfo=UTC) - FIRST) // timedelta(days=1)


def known(rows: list[Row]) -> dict[object, Decimal | None]:
    """Add up what is known at each instant; nothing where nothing is."""
    sums: dict[object, Decimal | None] = {}
    for row in rows:
        sums.setdefault(row["as_of"], None)
        if row["known_value_usd"] is not None:
            sums[row["as_of"]] = (sums[row["as_of"]] or Decimal()) + cast("Decimal", row["known_value_usd"])
    return sums


@pytest.mark.parametrize("per", EACH)
@pytest.mark.parametrize("asked", [{}, {"split": "account"}, {"most": 2}, {"account_group": "fund"}])
def test_parts_of_an_instant_add_up(read_only: Portfolio, per: str, asked: dict[str, object]) -> None:
    """However it is parted, split and cut, the parts add up to the known value of each instant, missed ones too."""
    meant = {name: value for name, value in asked.items() if name == "account_group"}
    chart = {row["as_of"]: row["known_value_usd"] for row in read_only.answer("value_chart", **meant)}
    assert len(chart) == 3
    assert known(read_only.answer("value_parts", per=per, **asked)) == chart


@pytest.mark.parametrize("per", EACH)
def test_the_last_instant_is_its_allocation(read_only: Portfolio, per: str) -> None:
    """Parts of the last instant are worth what allocation says, named and ordered by their size in the whole answer."""
    allocated = {row["id"]: row["value_usd"] for row in read_only.answer("allocation", per=per)}
    rows = read_only.answer("value_parts", per=per, since=day(2), most=1000)
    assert {row["id"]: row["value_usd"] for row in rows} == allocated
    assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))


def test_the_largest_are_named_and_the_rest_is_one_row(read_only: Portfolio) -> None:
    """Two parts are named by their largest value, and all others stand in one row without an id."""
    rows = read_only.answer("value_parts", most=2, since=day(2))
    every = read_only.answer("value_parts", most=1000, since=day(2))
    assert [row["id"] for row in rows] == [every[0]["id"], every[1]["id"], None]
    assert [(row["name"], row["place"], row["is_rest"]) for row in rows][2] == ("other", 3, True)
    values = [cast("Decimal", row["value_usd"]) for row in every[2:] if row["value_usd"] is not None]
    assert rows[2]["value_usd"] == sum(values)


def test_an_accounts_rows_are_its_own(read_only: Portfolio) -> None:
    """Split by account, each account's parts are those that it has when it is asked for alone."""
    split = read_only.answer("value_parts", per="chain", split="account")
    accounts = {row["account_id"] for row in split}
    assert len(accounts) == 5
    for account in accounts:
        alone = read_only.answer("value_parts", per="chain", account=account)
        mine = {(row["as_of"], row["id"]): row["value_usd"] for row in split if row["account_id"] == account}
        assert mine == {(row["as_of"], row["id"]): row["value_usd"] for row in alone}
    assert {row["account_id"] for row in read_only.answer("value_parts")} == {None}


def test_what_is_missing_has_no_value(whole: Portfolio) -> None:
    """In an outage the account and its chains have no value, assets neither, and other accounts have theirs."""
    whole.snapshots = whole.snapshots.replace("2026-05-01", "2026-03-13")
    whole.have(OUTAGE - 1, OUTAGE)
    asked = {"since": day(OUTAGE)}
    accounts = {row["name"]: row for row in whole.answer("value_parts", per="account", **asked)}
    gone = accounts.pop("trading")
    assert (gone["value_usd"], gone["known_value_usd"], gone["reason"]) == (None, None, "missing_cell")
    assert None not in [row["value_usd"] for row in accounts.values()]
    assets = whole.answer("value_parts", **asked)
    assert {(row["value_usd"], row["reason"], row["is_complete"]) for row in assets} == {(None, "missing_cell", False)}
    assert None not in [row["known_value_usd"] for row in assets if row["unpriced_count"] == 0]
    split = whole.answer("value_parts", split="account", **asked)
    assert {row["account_id"] for row in split if not row["is_complete"]} == {gone["id"]}
    assert {row["reason"] for row in split if row["is_complete"]} <= {None, "unpriced"}
    (nothing,) = [row for row in split if row["account_id"] == gone["id"]]
    assert (nothing["id"], nothing["name"], nothing["place"], nothing["value_usd"]) == (None, None, None, None)


def test_spacing_takes_the_chart_s_instants(read_only: Portfolio) -> None:
    """With a spacing the instants are those of value_chart with the same one."""
    instants = [row["as_of"] for row in read_only.answer("value_chart", every="month")]
    assert (
        sorted({cast("datetime", row["as_of"]) for row in read_only.answer("value_parts", every="month")}) == instants
    )


@pytest.mark.parametrize(
    ("asked", "words"), [({"per": "colour"}, "per colour; there are"), ({"split": "chain"}, "by chain")]
)
def test_an_unknown_wish_is_an_error(read_only: Portfolio, asked: dict[str, object], words: str) -> None:
    """What cannot be parted or split by is said, with what can."""
    with pytest.raises(UsageError, match=words):
        read_only.answer("value_parts", **asked)
