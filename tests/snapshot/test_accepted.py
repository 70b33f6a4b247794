"""Promises of [[accept_missing]]: the rest has a total, what is left out is named and dated in every title."""

import re
from decimal import Decimal
from typing import cast

import pytest

from dagster_project.faces.page import write_report
from tests.portfolio import Portfolio

WHY = "its node was shut down"


def money(value: object) -> Decimal:
    """Take an amount of money out of an answer."""
    return cast("Decimal", value)


def accept(portfolio: Portfolio, *lines: str) -> None:
    """Write one [[accept_missing]] table with these lines and a reason."""
    portfolio.extra = "\n[[accept_missing]]\n" + "\n".join([*lines, f'reason = "{WHY}"']) + "\n"


@pytest.fixture
def dead(portfolio: Portfolio) -> Portfolio:
    """Give three days, on the last two of which one account is dead."""
    portfolio.have(0)
    portfolio.fail_for("cold")
    portfolio.have(1, 2)
    return portfolio


@pytest.mark.every
def test_what_is_accepted_is_left_out_of_the_total(dead: Portfolio) -> None:
    """From the day named on, the rest has a total that says what is missing in it; the days before it have none."""
    accept(dead, 'account = "cold"', 'since = "2026-05-03"')
    dead.take(2)
    first, second, third = dead.answer("value_chart")
    assert [row["value_usd"] is None for row in (first, second, third)] == [False, True, False]
    assert third["value_usd"] == third["known_value_usd"]
    assert third["left_out"] == [f"cold / eip155:1 / wallet: {WHY}"]
    assert (third["missing_cells"], third["missing"], first["left_out"], second["left_out"]) == (0, [], [], [])
    statuses = {str(row["as_of"])[:10]: row["status"] for row in dead.answer("coverage", account="cold")}
    assert statuses == {"2026-05-01": "recorded", "2026-05-02": "missing", "2026-05-03": "accepted"}
    assert [str(row["last_as_of"])[:10] for row in dead.answer("gaps")] == ["2026-05-02"]


@pytest.mark.slow
def test_leaving_out_is_scope_and_no_loss(dead: Portfolio) -> None:
    """What is left out leaves and comes back as a scope effect: neither profit nor flow."""
    accept(dead, 'account = "cold"', 'since = "2026-05-02"')
    dead.simulator.clear_faults()
    dead.take(3)
    opening, *_, closing = dead.answer("value_chart")
    assert [row["value_usd"] is None for row in dead.answer("value_chart")] == [False] * 4
    cold = {row["as_of"]: row["value_usd"] for row in dead.answer("value_chart", account="cold")}
    (change,) = dead.answer("value_change")
    left, back = money(cold[opening["as_of"]]), money(cold[closing["as_of"]])
    assert change["scope_usd"] == back - left
    parts = ("price_effect_usd", "income_usd", "fee_usd", "flow_usd", "scope_usd", "revaluation_usd")
    assert sum(money(change[part]) for part in parts) == money(closing["value_usd"]) - money(opening["value_usd"])


@pytest.mark.every
def test_a_recorded_cell_counts_though_it_is_accepted(dead: Portfolio) -> None:
    """Accepted is what is missing; as soon as it is answered it counts again."""
    accept(dead, 'account = "cold"', 'since = "2026-05-02"')
    dead.simulator.clear_faults()
    dead.take(1, 2)
    assert [row["left_out"] for row in dead.answer("value_chart")] == [[], [], []]
    assert {row["status"] for row in dead.answer("coverage")} == {"recorded"}


@pytest.mark.every
def test_titles_name_what_is_left_out(dead: Portfolio) -> None:
    """The page's heading and chart, the status and the served answers name what is left out, since when, and why."""
    accept(dead, 'account = "cold"', 'since = "2026-05-02"', 'chain = "eip155:1"', 'layer = "wallet"')
    dead.take(2)
    words = f"without cold / eip155:1 (wallet), 2026-05-02 to 2026-05-03: {WHY}"
    assert words in dead.command("status").stdout
    report = dead.folder / "report.html"
    write_report(dead.published, report, is_simulated=True)
    page = report.read_text(encoding="utf-8")
    assert f"<title>Portfolio (simulated), {words}</title>" in page
    assert re.search(rf"<h1>[^\n]*{re.escape(words)}", page)
    assert f"Value over time, {words}" in page
    assert words in dead.command("snapshot", "--at", "2026-05-03").stdout


@pytest.mark.every
def test_a_rebuild_leaves_out_the_same(dead: Portfolio) -> None:
    """The store made anew from raw answers has the same totals and the same names beside them."""
    accept(dead, 'account = "cold"', 'since = "2026-05-02"', 'until = "2026-05-03"')
    dead.take(2)
    before = dead.answer("value_chart")
    assert [bool(row["left_out"]) for row in before] == [False, True, False]
    done = dead.command("rebuild")
    assert done.returncode == 0, done.stdout + done.stderr
    assert dead.answer("value_chart") == before
    assert dead.command("verify").returncode == 0


@pytest.mark.every
def test_an_acceptance_that_is_taken_back_is_a_gap_again(dead: Portfolio) -> None:
    """Without the table in the settings the instants have no total again: it holds for the whole history at once."""
    accept(dead, 'account = "cold"', 'since = "2026-05-02"')
    dead.take(2)
    dead.extra = ""
    dead.take(2)
    assert [row["value_usd"] is None for row in dead.answer("value_chart")] == [False, True, True]
