"""Promises of restatements: each change of a belief is listed once, with what it was, when, why, and what it did."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.warehouse.ask import answer
from tests.portfolio import FIRST, Portfolio, day
from tests.snapshot.answering import Provider, Watched
from tests.snapshot.test_settling import FORBIDDEN, PROTOCOLS, TOKENS, protocols, tokens


def restated(watched: Watched, **asked: object) -> list[dict[str, Any]]:
    """What the answer says, in rows."""
    return answer(watched.settings().paths.published, "restatements", **asked).dicts()


def change(store: Path, statement: str) -> None:
    """Change the writer's store by hand."""
    with duckdb.connect(store) as connection:
        connection.execute(statement)


def causes(watched: Watched) -> dict[str, tuple[Any, ...]]:
    """By layer: why, the value before and after, and what that did to the value of record."""
    return {
        row["layer"]: (row["why"], row["value_before_usd"], row["value_after_usd"], row["record_difference_usd"])
        for row in restated(watched)
    }


def total(watched: Watched, **known: object) -> object:
    """The value at the first instant as it was known at a time."""
    rows = answer(watched.settings().paths.published, "believed", as_of=FIRST, **known).dicts()
    return next((row["value_usd"] for row in rows if row["per"] == "total"), None)


@pytest.mark.every
def test_what_is_said_again_is_no_restatement(watched: Watched) -> None:
    """The same answers given twice restate nothing."""
    watched.take(0)
    watched.take(0, again=True)
    assert restated(watched) == []


@pytest.mark.every
def test_an_answer_that_changed_is_listed(watched: Watched, provider: Provider) -> None:
    """A cell whose provider says another thing later is listed with both values, their times and what differs."""
    watched.take(0)
    provider.answers[TOKENS] = {"result": [tokens()["result"][0] | {"value_usd": 9.0}, tokens()["result"][1]]}
    provider.answers[TOKENS]["result"][0]["underlying_tokens"][0].update(amount=9.0, value_usd=9.0)
    watched.take(0, again=True)
    (row,) = restated(watched)
    assert (row["layer"], row["why"], row["rows_changed"]) == ("wallet", "re_asked", 1)
    assert (row["value_before_usd"], row["value_after_usd"], row["difference_usd"], row["value_now_usd"]) == (
        7,
        9,
        2,
        9,
    )
    assert (row["is_of_record"], row["record_difference_usd"]) == (True, 2)
    assert row["believed_from"] < row["believed_until"]
    assert total(watched, known_at=row["believed_until"]) == total(watched) == 109
    assert total(watched, known_at=row["believed_from"]) == 107
    assert total(watched, known_at=FIRST) is None


@pytest.mark.every
def test_a_healed_failure_and_what_it_did_to_others_are_listed(watched: Watched, provider: Provider) -> None:
    """A pull that is answered at last heals its cells, and a receipt that no longer counts for it is restated too."""
    provider.answers[PROTOCOLS] = FORBIDDEN
    watched.take(0)
    provider.answers[PROTOCOLS] = protocols()
    watched.take(0)
    assert causes(watched) == {
        "wallet": ("recounted", 107, 7, -100),
        "position": ("healed", None, 100, 100),
        "debt": ("healed", None, 0, 0),
        "reward": ("healed", None, 0, 0),
    }
    before = restated(watched)[0]["believed_from"]
    rows = answer(watched.settings().paths.published, "believed", as_of=FIRST, known_at=before).dicts()
    (whole,) = (row for row in rows if row["per"] == "total")
    assert (whole["value_usd"], whole["known_value_usd"], whole["missing_cells"]) == (None, 107, 2)
    assert total(watched) == 107


@pytest.mark.every
def test_a_failure_in_other_words_is_listed(watched: Watched, provider: Provider) -> None:
    """A pull that fails for another reason is still missing, which is a belief too, and is of no record."""
    provider.answers[TOKENS] = FORBIDDEN
    watched.take(0)
    provider.answers[TOKENS] = 404
    watched.take(0)
    assert causes(watched) == {"wallet": ("still_missing", None, None, None)}


@pytest.mark.every
def test_another_reading_of_the_same_bytes_is_named(watched: Watched) -> None:
    """Where the same body is read otherwise by a newer program, that is the cause."""
    watched.take(0)
    store = watched.settings().paths.store
    change(store, "update pull set normaliser_version = 0 where endpoint = 'tokens/snapshot'")
    change(store, "update balance set value_usd = 5 where layer = 'wallet' and is_counted")
    change(store, "update cell set value_usd = 5 where layer = 'wallet'")
    watched.take(0, again=True)
    assert causes(watched) == {"wallet": ("normaliser_changed", 5, 7, 2)}


@pytest.mark.every
def test_only_what_is_asked_for_is_listed(watched: Watched, provider: Provider) -> None:
    """Instants, accounts and chains bound the list as they bound every answer."""
    provider.answers[PROTOCOLS] = FORBIDDEN
    watched.take(0)
    provider.answers[PROTOCOLS] = protocols()
    watched.take(0)
    whole = restated(watched)
    assert restated(watched, since=FIRST, until=FIRST, chain="eip155:1", account=whole[0]["label"]) == whole
    assert restated(watched, since="2026-05-02") == []
    assert restated(watched, until="2026-04-30") == []


@pytest.mark.every
def test_a_doubt_that_is_resolved_is_a_restatement(portfolio: Portfolio) -> None:
    """An answer in doubt that the next instant settles is listed, and what was known meanwhile is still not known."""
    portfolio.accounts = ("cold",)
    portfolio.have(0)
    orders = [
        {"dialect": "credmark", "fault": "empty_positions", "times": 1},
        {"dialect": "credmark", "fault": "forbidden"},
    ]
    portfolio.simulator.http.put(f"{portfolio.simulator.url}/_simulator/faults", json=orders).raise_for_status()
    portfolio.take(1)
    portfolio.simulator.order("empty_positions")
    portfolio.take(2)
    (row,) = portfolio.answer("restatements")
    assert (row["why"], row["is_of_record"], row["rows_changed"]) == ("doubt_resolved", True, 0)
    chart = portfolio.answer("believed_chart", known_at=row["believed_from"], since=day(1), until=day(1))
    assert [(point["value_usd"], point["missing"]) for point in chart] == [
        (None, ["cold / eip155:1 / wallet: suspect:vanished"])
    ]
    assert [point["value_usd"] for point in portfolio.answer("believed_chart", since=day(1))] == [0, 0]
    known = portfolio.query(
        "select * exclude (estimated_value_usd, uncertainty_usd, suspect_usd) from value_chart()"
    ).dicts()
    assert portfolio.answer("believed_chart") == known
