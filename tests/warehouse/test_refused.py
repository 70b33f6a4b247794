"""The promise of every answer that what nobody can mean is an error, whatever else is there or not."""

import re
from collections.abc import Iterator

import pytest

from dagster_project.errors import UsageError
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.ask import answer
from tests.portfolio import Portfolio, lasting
from tests.simulator.running_simulator import Simulator

NAMES = {
    "account": "no account is called nobody; near it: [a-z]+, [a-z]+, [a-z]+",
    "account_group": "no account belongs to a group nobody; there are: (none|fund)",
    "chain": "no snapshot has a chain nobody; there are: eip155:1",
    "provider": "no snapshot asked a provider nobody; there are: credmark",
}
"""Each parameter by which a question names something, with what is said where nobody has the name."""

NOWHERE: tuple[dict[str, str], ...] = ({}, {"as_of": "1990-01-01"}, {"until": "1990-01-01"}, {"since": "2090-01-01"})
"""Where a question may look besides: in the history, before it and behind it."""

BACKWARDS = (("1990-01-02", "1990-01-01"), ("2026-05-03", "2026-05-01"), ("2090-01-02", "2090-01-01"))

INSTANTS = ("since", "until", "as_of", "known_at")
"""Each parameter by which a question names an instant."""

NO_INSTANTS = (
    "2026-05-01 00:00 Europe/Berlin",
    "2026-05-01 00:00 CET",
    "2026-05-01T00:00 02:00",  # an address in which the plus sign was not written as %2B
    "2026-05-01T00:00:00Z[Asia/Tokyo]",
    "2026-13-01",
    "2026-05-01 00:00+99",
    "tomorrow",
    "",
)
"""What DuckDB reads as UTC although it says something else, and what it cannot read."""

MEANT = tuple(file for file in sqlfiles.answers() if file.parameters.keys() & {*NAMES, *INSTANTS})
"""The answers that are asked about something of somebody."""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Portfolio:
    """Give a portfolio of one instant and tokens alone: no position, allowance, flow, series or rate."""
    with lasting(tmp_path_factory.mktemp("bare"), shared_simulator) as portfolio:
        portfolio.take(0)
    return portfolio


@pytest.fixture(params=["bare", "read_only"])
def history(request: pytest.FixtureRequest) -> Portfolio:
    """Give one history after the other: one that has next to nothing, and one that has everything."""
    chosen = request.getfixturevalue(request.param)
    assert isinstance(chosen, Portfolio)
    return chosen


def no_instant(text: str) -> str:
    """Give what is said of a text that names no instant, as an expression."""
    return rf"'{re.escape(text)}' is no date or instant; write .* or an offset, .*the name of a zone is not read"


def unmeant(file: sqlfiles.SqlFile) -> Iterator[tuple[dict[str, str], str]]:
    """Give every question that this answer can be asked and nobody can mean, with what is said of it."""
    for name in [name for name in NAMES if name in file.parameters]:
        for where in NOWHERE:
            if where.keys() <= file.parameters.keys():
                yield {name: "nobody", **where}, NAMES[name]
    for name in [name for name in INSTANTS if name in file.parameters]:
        yield {name: NO_INSTANTS[0]}, no_instant(NO_INSTANTS[0])
    if {"since", "until"} <= file.parameters.keys():
        for since, until in BACKWARDS:
            yield {"since": since, "until": until}, rf"since \({since}\) lies behind until \({until}\)"


@pytest.mark.slow
@pytest.mark.parametrize("file", MEANT, ids=lambda file: file.name)
def test_what_nobody_can_mean_is_refused(history: Portfolio, file: sqlfiles.SqlFile) -> None:
    """A name that nobody has and a span behind its end are errors with a remedy, also where nothing is there."""
    asked = list(unmeant(file))
    assert asked
    for parameters, words in asked:
        with pytest.raises(UsageError, match=words):
            answer(history.published, file.name, **parameters)


@pytest.mark.parametrize("file", MEANT, ids=lambda file: file.name)
def test_a_filter_hides_no_refusal(bare: Portfolio, file: sqlfiles.SqlFile) -> None:
    """Filtered by a column, counted or cut off behind the first row, what nobody can mean is an error."""
    parameters, words = next(unmeant(file))
    call = f"{file.name}({', '.join(f'{name} := {value!r}' for name, value in parameters.items())})"
    columns = list(file.columns)
    filters = [f"select 1 from {call} where {column} is not null" for column in (columns[0], columns[-1])]
    for sql in (*filters, f"select count(*) from {call}", f"select * from {call} limit 1"):
        with pytest.raises(UsageError, match=words):
            bare.query(sql)


@pytest.mark.parametrize("file", MEANT, ids=lambda file: file.name)
def test_a_place_without_history_is_no_error(bare: Portfolio, file: sqlfiles.SqlFile) -> None:
    """Names that there are and spans in order are answered, before the history and behind it too."""
    meant = {"account": "treasury", "chain": "eip155:1", "provider": "credmark"}
    for name in meant.keys() & file.parameters.keys():
        for where in NOWHERE:
            if where.keys() <= file.parameters.keys():
                rows = answer(bare.published, file.name, **{name: meant[name]}, **where).dicts()
                assert not any(row.get("value_usd") for row in rows if where)


@pytest.mark.parametrize("file", MEANT, ids=lambda file: file.name)
def test_a_parameter_may_be_a_question(bare: Portfolio, file: sqlfiles.SqlFile) -> None:
    """What is meant may be looked up or come from another row: it is judged as if it were written out."""
    parameters, words = next(unmeant(file))
    asked = ", ".join(f"{name} := (select {value!r} from store)" for name, value in parameters.items())
    of_rows = ", ".join(f"{name} := {name}_asked" for name in parameters)
    row = ", ".join(f"{value!r} as {name}_asked" for name, value in parameters.items())
    for sql in (
        f"select count(*) from {file.name}({asked})",
        f"select (select count(*) from {file.name}({of_rows})) from (select {row} from snapshot)",
    ):
        with pytest.raises(UsageError, match=words):
            bare.query(sql)
    meant = {"account": "treasury", "chain": "eip155:1", "provider": "credmark", "since": "2026-05-01"}
    name = next(name for name in meant if name in file.parameters)
    asked = f"(select {meant[name]!r} from store)"
    written = bare.query(f"from {file.name}({name} := {meant[name]!r})").rows
    assert bare.query(f"from {file.name}({name} := {asked})").rows == written


@pytest.mark.parametrize("text", NO_INSTANTS)
@pytest.mark.parametrize(
    ("name", "parameter"), [("value_chart", "until"), ("current_value", "as_of"), ("flows", "since")]
)
def test_what_is_no_instant_is_never_taken_for_one(bare: Portfolio, name: str, parameter: str, text: str) -> None:
    """A zone's name, an offset that lost its sign and a day that no calendar has are errors with what to write."""
    with pytest.raises(UsageError, match=no_instant(text)):
        answer(bare.published, name, **{parameter: text})
