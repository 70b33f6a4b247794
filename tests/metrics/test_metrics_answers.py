"""Promises of the answers about change and return: they give the hand-worked numbers, and those of the reference."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dagster_project.archive.journal import Heeded
from dagster_project.flows import Flow, Flows, Kind, Span
from dagster_project.warehouse.ask import query
from dagster_project.warehouse.sqlfiles import derived
from dagster_project.warehouse.store import Store
from tests.metrics.asked import PARTS, Asked, changes, not_nothing, rows, unpriced
from tests.metrics.conftest import Publish
from tests.metrics.histories import (
    ACCOUNTS,
    ASSETS,
    CHAINS,
    GROUPS_OF,
    Random,
    histories,
    make_empty,
    taken,
    turns,
    write,
)
from tests.metrics.recorded import read
from tests.metrics.reference import Cell, History, Key
from tests.metrics.reference_change import GROUPS, Change, Holds, change, ends, held_beside
from tests.metrics.reference_change import unpriced as without_price
from tests.metrics.reference_index import Gain, daily_logs, deepest, gains, held_since, index, volatility
from tests.metrics.test_metrics_reference import LEDGERS, money

NOT_OPENED = ("no_opening_value", "history_starts_later")


def same(value: float | None) -> object:
    """Take a fraction for the same that the answers reckon in doubles."""
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", LEDGERS)
def test_answers_give_what_was_worked_by_hand(publish: Publish, name: str) -> None:
    """Each part of the change, flow and return is the one that stands in the ledger, in total and of its groups."""
    ledger = LEDGERS[name]
    published = publish(name, ledger)
    for (by, group), expected in {("total", "all"): ledger.expected, **ledger.groups}.items():
        found_change = changes(published, Asked(), by)[group]
        assert replace(found_change, ambiguous=Decimal(0)) == money(expected), (by, group)
        assert expected.ambiguous is None or found_change.ambiguous == Decimal(expected.ambiguous)
        if by not in ("total", "account", "chain"):
            continue
        asked = Asked(account=group if by == "account" else None, chain=group if by == "chain" else None)
        (found,) = rows(published, "returns", asked)
        for wanted, column in ((expected.inflow, "inflow_usd"), (expected.outflow, "outflow_usd")):
            assert wanted is None or Decimal(wanted) == found[column]
        for wanted, column in ((expected.roi, "roi"), (expected.modified_dietz, "modified_dietz_return")):
            assert wanted is None or found[column] == pytest.approx(float(Fraction(wanted)), rel=1e-12)
    if ledger.expected.rewards is not None:
        (total,) = rows(published, "value_change", Asked())
        assert total["rewards_usd"] == Decimal(ledger.expected.rewards)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store without any history, to be copied."""
    return make_empty(tmp_path_factory.mktemp("empty") / "store.duckdb")


def asked_of(one: Random, drawn: st.DataObject) -> Asked:
    """Draw what is asked for: mostly all of it, else an account, a group of them or a chain, and some of the time."""
    instants = [told.as_of for told in one.told]
    listed = {account for told in one.told for account in told.listed}
    account = drawn.draw(st.sampled_from([None, None, *sorted(listed)]))
    chain = drawn.draw(st.sampled_from([None, None, *CHAINS]))
    since, until = (drawn.draw(st.sampled_from([None, None, *instants])) for _ in range(2))
    if since and until and since > until:
        since, until = until, since
    group = (
        None
        if account
        else drawn.draw(st.sampled_from([None, *sorted({one for of in listed for one in GROUPS_OF[of]})]))
    )
    return Asked(account, chain, since, until, group)


def check_change(published: Path, history: History, asked: Asked) -> None:
    """Hold `value_change` against the reference, and its parts and groups against each other, exactly."""
    whole = changes(published, asked)
    for per, group in GROUPS.items():
        found = changes(published, asked, per)
        expected = change(history, asked.holds, group(history), asked.since, asked.until)
        assert not_nothing(found) == not_nothing(expected), per
        assert sum_of(found) == sum_of(whole), per
        for one in found.values():
            assert one.opening + one.change == one.closing
        span = ends(history, asked.holds, asked.since, asked.until)
        if span and per in ("asset", "asset_group"):
            opening, closing = (without_price(history, asked.holds, group(history), at) for at in (span[0], span[-1]))
            assert unpriced(published, asked, per) == {
                name: (name in opening, name in closing) for name in opening | closing
            }, per


def sum_of(found: dict[str, Change]) -> Change:
    """Add up groups."""
    total = Change()
    for one in found.values():
        for name in PARTS:
            setattr(total, name, getattr(total, name) + getattr(one, name))
    return total


def check_value(published: Path, history: History, asked: Asked) -> None:
    """Hold opening and closing against the chart at these instants, and the ends against the reference."""
    (total,) = rows(published, "value_change", asked)
    span = ends(history, asked.holds, asked.since, asked.until)
    if not span:
        assert total["opening_usd"] is None
        assert total["reason"] in NOT_OPENED
        return
    assert (total["since_effective"], total["until_effective"]) == (span[0], span[-1])
    chart = {row["as_of"]: row["value_usd"] for row in rows(published, "value_chart", asked)}
    assert (chart[span[0]], chart[span[-1]]) == (total["opening_usd"], total["closing_usd"])
    assert total["change_usd"] == total["closing_usd"] - total["opening_usd"]
    assert total["profit_abs_usd"] == total["price_effect_usd"] + total["income_usd"] + total["fee_usd"]
    assert total["rewards_usd"] in (held_beside(history, asked.until, asked.holds), None)


def check_gain(row: dict[str, Any], gain: Gain, is_unpriced: tuple[bool, bool] = (False, False)) -> None:
    """Hold what `returns` or a metric says against the reference; `is_unpriced` at the opening or the closing."""
    assert (row["since_effective"], row["until_effective"]) == (gain.since, gain.until)
    whole = gain.change
    if any(is_unpriced):
        assert (row["opening_usd"] is None, row["closing_usd"] is None) == is_unpriced
        assert (row["roi"], row["modified_dietz_return"], row["weighted_apr"], row["reason"]) == (
            None, None, None, "unpriced",
        )  # fmt: skip
        assert row["profit_abs_usd"] in (whole.profit, None)
        return
    expected = (whole.opening, whole.closing, gain.inflow, gain.outflow, whole.scope, whole.revaluation, whole.profit)
    columns = ("opening", "closing", "inflow", "outflow", "scope", "revaluation", "profit_abs")
    assert tuple(row[f"{column}_usd"] for column in columns) == expected
    assert row["net_flow_usd"] == gain.inflow - gain.outflow
    fractions = {"roi": gain.roi, "modified_dietz_return": gain.modified_dietz, "weighted_apr": gain.weighted_apr}
    for name, fraction in fractions.items():
        assert row[name] == same(fraction), name
    assert row["is_short"] is (gain.days < 365)
    assert (row["reason"] is None) is (None not in fractions.values()), row["reason"]


def check_index(published: Path, history: History, asked: Asked) -> None:
    """Hold `index_chart` against the reference, point by point, and `returns` against both."""
    points = index(history, asked.holds, asked.since, asked.until)
    found = rows(published, "index_chart", asked)
    assert [row["as_of"] for row in found] == [point.at for point in points]
    for row, point in zip(found, points, strict=True):
        assert (row["previous_as_of"], row["segment"]) == (point.previous, point.segment)
        assert bool(row["spans_gap"]) is point.spans_gap
        for name in ("return_price", "return_total", "index_price", "index_total", "drawdown"):
            assert row[name] == same(getattr(point, name)), name
    (row,) = rows(published, "returns", asked)
    if not points:
        assert (row["opening_usd"], row["roi"], row["index_total"]) == (None, None, None)
        assert row["reason"] in NOT_OPENED
        return
    gain = gains(history, asked.holds, bounds=ends(history, asked.holds, asked.since, asked.until))["all"]
    fall = deepest(points)
    assert (row["days"], row["segments"]) == (pytest.approx(gain.days), points[-1].segment)
    assert row["max_drawdown"] == same(fall.depth)
    assert [row[f"drawdown_{name}"] for name in ("since", "as_of", "until")] == [fall.start, fall.trough, fall.recovery]
    assert row["daily_returns"] == len(daily_logs(points))
    assert row["volatility"] == volatility(daily_logs(points))
    assert row["index_total"] == same(points[-1].index_total)


@pytest.mark.every
@settings(max_examples=8, phases=(Phase.generate,))  # to shrink takes minutes; the history is printed as it is
@given(one=histories(), drawn=st.data())
def test_the_order_of_coming_in_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, empty: Path, one: Random, drawn: st.DataObject
) -> None:
    """A history that came in bit by bit, late or at the second attempt, under another rule first, is answered anew."""
    published = write(one, tmp_path_factory.mktemp("turns"), empty, drawn.draw(turns(one)))
    for file in derived():
        kept = query(published, f"from {file.name} order by all").rows
        assert kept == query(published, f"from ({file.statement}) order by all").rows, file.name
    history = read(published)
    check_change(published, history, Asked())
    check_index(published, history, Asked())


def check_metrics(published: Path, history: History, asked: Asked) -> None:
    """Hold the metrics of tokens and positions against the reference, row by row."""
    tokens = {row["asset_id"]: row for row in rows(published, "tokens_metrics", asked)}
    positions = {
        f"{row['account_id']} {row['chain_id']} {row['position_id']}": row
        for row in rows(published, "protocols_metrics", asked)
    }
    for found, layers, group in (
        (tokens, ("wallet",), by_asset),
        (positions, ("position", "debt", "reward"), by_position),
    ):
        holds = partial(within, asked.holds, layers)
        span = ends(history, asked.holds, asked.since, asked.until)
        expected = gains(history, holds, group, bounds=span)
        assert {name for name, one in expected.items() if one.change != Change()} <= found.keys()
        opening = without_price(history, holds, group, span[0]) if span else set()
        closing = without_price(history, holds, group, span[-1]) if span else set()
        for name in found.keys() & expected.keys():
            row = found[name]
            check_gain(row, expected[name], (name in opening, name in closing))
            began = held_since(history, holds, group, name, span[-1])
            days = None if began is None else (span[-1] - began[0]).days
            assert row["holding_time_days"] == days
            assert row["is_at_least"] is (None if began is None else began[1])


def within(holds: Holds, layers: tuple[str, ...], cell: Cell) -> bool:
    """Narrow what is asked for to some layers."""
    return cell.layer in layers and holds(cell)


def by_asset(_: Cell, key: Key) -> str:
    """Group by asset."""
    return key[1]


def by_position(cell: Cell, key: Key) -> str:
    """Group by position."""
    return f"{cell.account} {cell.chain} {key[0]}"


@pytest.mark.slow
@settings(max_examples=8, phases=(Phase.generate,))  # to shrink takes minutes; the history is printed as it is
@given(one=histories(), drawn=st.data())
def test_answers_equal_the_reference(
    tmp_path_factory: pytest.TempPathFactory, empty: Path, one: Random, drawn: st.DataObject
) -> None:
    """Over random histories the answers give the reference's numbers, and their parts add up to the last digit."""
    published = write(one, tmp_path_factory.mktemp("random"), empty)
    history = read(published)
    asked = asked_of(one, drawn)
    check_value(published, history, asked)
    check_change(published, history, asked)
    check_index(published, history, asked)
    check_metrics(published, history, asked)


@st.composite
def known_flows(draw: st.DrawFn, history: Random) -> Flows:
    """Draw movements of the first account, and the time over which it knows them all."""
    instants = [one.as_of for one in history.told]
    ends = [instants[0], draw(st.sampled_from(instants[-2:]))]
    moved = st.builds(
        Flow,
        account_id=st.just(ACCOUNTS[0]),
        moved_at=st.datetimes(ends[0].replace(tzinfo=None), ends[1].replace(tzinfo=None), timezones=st.just(UTC)),
        asset_id=st.sampled_from(ASSETS),
        amount_exact=st.sampled_from(("1", "0.5", "33.333333")),
        kind=st.sampled_from(Kind),
    )
    return Flows(tuple(draw(st.lists(moved, max_size=5))), (Span(ACCOUNTS[0], *ends),), history.told[-1].as_of)


@pytest.mark.every
@settings(max_examples=8, phases=(Phase.generate,))  # to shrink takes minutes; the history is printed as it is
@given(one=histories(), drawn=st.data())
def test_known_flows_move_between_flow_and_accrual_only(
    tmp_path_factory: pytest.TempPathFactory, empty: Path, one: Random, drawn: st.DataObject
) -> None:
    """Whatever a flows file says, flow and accrual keep their sum and all else stays, in total and of every group."""
    folder = tmp_path_factory.mktemp("known")
    published = write(one, folder, empty)
    asked = drawn.draw(st.sampled_from((Asked(), Asked(account=ACCOUNTS[0]))))
    before = {per: changes(published, asked, per) for per in GROUPS}
    frame = taken(one, one.told[-1], frozenset())[0].frame
    store = Store(folder / "store.duckdb", published, "simulated")
    store.replace_flows(drawn.draw(known_flows(one)), Heeded(frame.accounts, frame.rules), "import-flows")
    store.publish()
    whole = changes(published, asked)
    for per, groups in before.items():
        known = changes(published, asked, per)
        assert sum_of(known) == sum_of(whole), per
        if per in ("asset", "asset_group", "layer"):
            continue  # the row that moves it is one of its own there
        for name in groups.keys() | known.keys():
            earlier, now = groups.get(name, Change()), known.get(name, Change())
            assert earlier.flow + earlier.income == now.flow + now.income, name
            assert replace(earlier, flow=now.flow, accrual=now.accrual, income=now.income) == now, name
