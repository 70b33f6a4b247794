"""Promises of why a belief changed: a cell that left an answer or came back, a doubt, another place in the order."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dagster_project.warehouse.ask import answer
from tests.normalise.asking import WALLET
from tests.portfolio import FIRST, Portfolio, day
from tests.simulator.running_simulator import address
from tests.snapshot.answering import Watched

ETHEREUM, OPTIMISM = "eip155:1", "eip155:10"
LAYERS = {"wallet", "position", "debt", "reward"}


def watching(*chains: str) -> str:
    """The account in the settings, on these chains."""
    return f'[[accounts]]\naddress = "{WALLET}"\nlabel = "mine"\nchains = {list(chains)!r}\n'


def restated(watched: Watched) -> list[dict[str, Any]]:
    """What the answer says, in the order in which beliefs changed."""
    return answer(watched.settings().paths.published, "restatements").dicts()


@pytest.mark.every
def test_cells_that_left_the_settings_keep_their_answer(watched: Watched) -> None:
    """A chain that is asked for no more keeps what was answered of it at an instant, and nothing is restated."""
    watched.accounts = watching(ETHEREUM, OPTIMISM)
    watched.take(0)
    watched.accounts = watching(ETHEREUM)
    watched.take(0, again=True)
    assert restated(watched) == []
    cells = {(row["chain_id"], row["layer"]) for row in answer(watched.settings().paths.published, "coverage").dicts()}
    assert {(OPTIMISM, layer) for layer in LAYERS} <= cells


@pytest.mark.every
def test_an_answer_that_lacks_what_was_believed_is_doubted(portfolio: Portfolio) -> None:
    """A good answer that is asked for again and comes without its chain is restated as doubted, with what it took."""
    portfolio.accounts = ("cold",)
    portfolio.take(0, 1)
    worth = portfolio.answer("value_chart")[-1]["value_usd"]
    portfolio.simulator.order("missing_chain", chain=ETHEREUM, account=address("cold"))
    portfolio.take(1, again=True)
    (row,) = portfolio.answer("restatements")
    assert (row["why"], row["value_before_usd"], row["value_after_usd"]) == ("doubted", worth, Decimal(0))
    assert (row["is_of_record"], row["record_difference_usd"]) == (True, -Decimal(str(worth)))
    assert portfolio.answer("value_chart")[-1]["value_usd"] is None
    before = portfolio.answer("believed_chart", known_at=row["believed_from"], since=day(1))
    assert [point["value_usd"] for point in before] == [worth]


@pytest.mark.every
def test_an_answer_that_a_second_provider_denies_is_doubted(portfolio: Portfolio) -> None:
    """What was believed to be sold is restated as doubted, its rows the same, once a second provider still has it."""
    portfolio.accounts = ("treasury",)
    full, lacking = ((datetime(2026, *on, tzinfo=UTC) - FIRST).days for on in ((5, 31), (6, 1)))
    portfolio.providers = ("oneinch_portfolio", "credmark")
    portfolio.simulator.order("forbidden")
    portfolio.take(full, lacking)
    assert portfolio.answer("restatements") == []
    portfolio.simulator.clear_faults()
    portfolio.take(lacking)
    rows = [row for row in portfolio.answer("restatements") if row["as_of"] == day(lacking).replace(tzinfo=None)]
    denied, healed = sorted(rows, key=lambda row: str(row["why"]))
    assert (denied["provider"], denied["layer"], denied["why"]) == ("oneinch_portfolio", "wallet", "doubted")
    assert (denied["rows_changed"], denied["difference_usd"], denied["is_of_record"]) == (0, Decimal(0), False)
    assert (healed["provider"], healed["why"], healed["is_of_record"]) == ("credmark", "healed", True)
    assert Decimal(str(healed["record_difference_usd"])) > 1_000


@pytest.mark.every
def test_another_order_of_record_is_a_restatement(portfolio: Portfolio) -> None:
    """Where the same answers have other places in the order, both are said, and once what it did to the record."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("credmark", "onebalance")
    planted = (datetime(2026, 4, 6, tzinfo=UTC) - FIRST).days
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-04-06"'
    portfolio.extra = '[record]\norder = ["credmark", "onebalance"]\n'
    portfolio.take(planted)
    assert portfolio.answer("restatements") == []
    first = portfolio.answer("value_chart")[-1]["value_usd"]
    portfolio.extra = '[record]\norder = ["onebalance", "credmark"]\n'
    portfolio.take(planted, again=True)
    second = portfolio.answer("value_chart")[-1]["value_usd"]
    rows = portfolio.answer("restatements")
    assert {(row["provider"], row["why"], row["rows_changed"]) for row in rows} == {
        ("credmark", "order_changed", 0),
        ("onebalance", "order_changed", 0),
    }
    (told,) = (row for row in rows if row["is_of_record"])
    assert told["record_difference_usd"] == Decimal(str(second)) - Decimal(str(first)) != 0


@pytest.mark.every
def test_two_in_the_same_place_of_the_order_are_compared(portfolio: Portfolio) -> None:
    """Where the order changed before one of two was answered, both stand in one place, and are still compared."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("credmark", "onebalance")
    planted = (datetime(2026, 4, 6, tzinfo=UTC) - FIRST).days
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-04-06"'
    portfolio.extra = '[record]\norder = ["credmark", "onebalance"]\n'
    portfolio.simulator.order("forbidden")
    portfolio.take(planted)
    portfolio.simulator.clear_faults()
    portfolio.extra = '[record]\norder = ["onebalance", "credmark"]\n'
    portfolio.take(planted)
    assert portfolio.query("select distinct record_rank from cell").rows == [(1,)]
    explained = {row["provider"]: row["standing"] for row in portfolio.answer("explain")}
    assert explained == {"credmark": "record", "onebalance": "beside"}
    (pair,) = portfolio.answer("reconciliation")
    assert (pair["provider_a"], pair["provider_b"]) == ("credmark", "onebalance")
