"""Promises of the DataFrames that notebooks get: nothing is lost on the way, nobody is stopped, nothing changed."""

import math
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import cast

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from dagster_project.errors import BadStoreError, SettingsError, UsageError
from dagster_project.faces.frames import History
from dagster_project.warehouse import ask
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address

LARGEST = 2**256 - 1
DTYPES = {
    "varchar": "string[pyarrow]",
    "varchar[]": "list<l: string>[pyarrow]",
    "timestamp": "datetime64[us, UTC]",
    "date": "date32[day][pyarrow]",
    "decimal(18,6)": "decimal128(18, 6)[pyarrow]",
    "decimal(38,6)": "decimal128(38, 6)[pyarrow]",
    "double": "double[pyarrow]",
    "boolean": "bool[pyarrow]",
    "bigint": "int64[pyarrow]",
    "integer": "int32[pyarrow]",
    "smallint": "int16[pyarrow]",
}
"""What a column of an answer is in a DataFrame, by the type that the answer's header states."""


@pytest.fixture
def three_days(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio of three days with two providers, the second day partial, and a flow."""
    portfolio.providers = ("oneinch_portfolio", "credmark")
    portfolio.have(0)
    portfolio.simulator.order("forbidden", dialect="oneinch", account=address("cold"))
    portfolio.have(1)
    portfolio.simulator.clear_faults()
    portfolio.have(2)
    (portfolio.folder / "flows.csv").write_text(
        f"at,account,asset,amount,kind\n2026-05-02,cold,eip155:1/slip44:60,{'9' * 78}.1,fee\n", encoding="utf-8"
    )
    portfolio.command("import", "flows", "flows.csv", check=True)
    return portfolio


@pytest.fixture
def history(three_days: Portfolio) -> History:
    """Give the history of these three days."""
    return History(three_days.published)


def plain(value: object) -> object:
    """Give a value of a frame as plain Python has it."""
    if isinstance(value, list):
        return value
    if pd.isna(value):  # type: ignore[call-overload] # whatever a cell of a frame may hold
        return None
    return value.to_pydatetime().replace(tzinfo=None) if isinstance(value, pd.Timestamp) else value


def records(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Give the rows of a frame as plain Python has them."""
    columns = (frame.iloc[:, place] for place in range(frame.shape[1]))
    return [tuple(plain(value) for value in row) for row in zip(*columns, strict=True)]


def alike(one: object, other: object) -> bool:
    """Tell whether two values are the same; a sum of doubles differs in its last bits from one time to the next."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-14)
    return repr(one) == repr(other)


@pytest.mark.every
def test_every_answer_is_the_same_in_a_frame(history: History) -> None:
    """Each answer gives the same names, rows and values as the file, and each column has the type of its own."""
    for contract in ask.contracts():
        rows, frame = ask.answer(history.path, contract.name), history.answer(contract.name)
        assert tuple(frame.columns) == rows.names, contract.name
        for row, record in zip(rows.rows, records(frame), strict=True):
            assert all(map(alike, row, record)), (contract.name, row, record)
        made = {name: str(kind) for name, kind in frame.dtypes.items()}
        for name, (kind, _) in contract.columns.items():
            if kind.startswith("struct("):
                assert made[name].startswith("list<"), (contract.name, name)
            else:
                assert made[name] == DTYPES[kind], (contract.name, name)
    assert len(history.answer("balances_at")) > 50
    assert len(history.answer("reconciliation", matched=True)) > 50
    assert history.answer("flows")["amount_exact"].tolist() == [f"{'9' * 78}.1"]


@pytest.mark.slow
def test_null_stays_null(history: History) -> None:
    """A total with a missing part is NA and no NaN, and a sum that is told to heed it is NA too."""
    chart = history.answer("value_chart")
    assert chart["value_usd"].isna().tolist() == [False, True, False]
    assert chart["value_usd"].iloc[1] is pd.NA
    assert chart["reason"].iloc[0] is pd.NA
    assert chart["value_usd"].sum(skipna=False) is pd.NA
    exact = cast("Decimal", chart["known_value_usd"].sum(skipna=False))
    assert exact == sum(cast("list[Decimal]", chart["known_value_usd"].tolist()), Decimal(0))
    assert isinstance(exact, Decimal)


@pytest.mark.every
def test_what_no_float_can_hold_is_held(history: History) -> None:
    """Digits of 256 bits, decimals of 38 digits, 64-bit numbers beside a NULL, lists and microseconds stay."""
    frame = history.query(f"""
        select * from (values
            ('{LARGEST}', '{LARGEST}'::bignum, (2::uhugeint ** 127)::uhugeint, 9007199254740993::bigint,
                12345678901234567890123456789012.123456::decimal(38, 6), ['a', null], [{{'big': '{LARGEST}'::bignum}}],
                timestamp '2026-05-01 00:00:00.000001', true),
            (null, null, 340282366920938463463374607431768211455::uhugeint, null, null, [], null, null, null)
        ) as extremes(raw, big, wide, count, value_usd, list, nested, moved_at, is_so)
    """)
    moved_at = day(0).replace(tzinfo=None, microsecond=1)
    value = Decimal("12345678901234567890123456789012.123456")
    nested = [{"big": str(LARGEST)}]
    assert records(frame) == [
        (str(LARGEST), str(LARGEST), str(2**127), 9007199254740993, value, ["a", None], nested, moved_at, True),
        (None, None, str(2**128 - 1), None, None, [], None, None, None),
    ]
    assert str(frame["count"].dtype) == "int64[pyarrow]"


def test_parquet_holds_it_too(three_days: Portfolio) -> None:
    """Parquet keeps whole numbers beyond 128 bits as their digits, and writes nothing on standard error."""
    out = three_days.folder / "wide.parquet"
    sql = f"select '{LARGEST}'::bignum as big, 340282366920938463463374607431768211455::uhugeint as wide, 1 as one"
    done = three_days.command("ask", sql, "--format", "parquet", "--output", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert pq.read_table(out).to_pylist() == [{"big": str(LARGEST), "wide": str(2**128 - 1), "one": 1}]


@pytest.mark.slow
def test_instants_are_utc_everywhere(three_days: Portfolio) -> None:
    """An instant of a frame asks for itself again, in whatever zone it is told and the machine stands."""
    code = """
import sys, pandas as pd
from dagster_project.faces.frames import History
from dagster_project.warehouse.ask import answer
history = History(sys.argv[1])
chart = history.answer("value_chart")
for told in (chart["as_of"].iloc[1], chart["as_of"].iloc[1].tz_convert("America/New_York"), "2026-05-02"):
    first = answer(history.path, "value_chart", since=told).rows[0][0]
    print(history.answer("value_chart", since=told)["as_of"].min(), first)
print(history.query("select timestamptz '2026-05-02 02:00+02' as at")["at"].iloc[0])
"""
    environment = three_days.environment | {"TZ": "Asia/Tokyo"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(three_days.published)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        *(["2026-05-02 00:00:00+00:00 2026-05-02 00:00:00"] * 3),
        "2026-05-02 00:00:00+00:00",
    ]


@pytest.mark.slow
def test_a_frame_is_indexed_by_time(history: History) -> None:
    """Instants can be an index that is sliced by text and resampled."""
    chart = history.answer("value_chart").set_index("as_of")
    assert len(chart.loc["2026-05"]) == 3
    assert chart["cells"].resample("2D").max().index.tolist() == [pd.Timestamp(day(0)), pd.Timestamp(day(2))]


@pytest.mark.slow
def test_a_notebook_sees_new_data_and_stops_nobody(portfolio: Portfolio) -> None:
    """The same object answers with the newest snapshot, and what it gave before is as it was."""
    portfolio.have(0)
    history = History(portfolio.published)
    before = history.answer("value_chart")
    portfolio.take(1)
    assert (len(before), len(history.answer("value_chart"))) == (1, 2)


@pytest.mark.slow
def test_a_notebook_changes_nothing(history: History) -> None:
    """What writes, reaches elsewhere, is unknown or says nothing is refused in words, and the file stays as it is."""
    content = history.path.read_bytes()
    for sql in (
        "delete from cell",
        "create table t (a int)",
        "select * from read_text('/etc/hostname')",
        " -- nothing",
    ):
        with pytest.raises(UsageError):
            history.query(sql)
    with pytest.raises(UsageError, match=r"there are: .*value_chart"):
        history.answer("value_chrat")
    with pytest.raises(UsageError, match="it takes: since, until, every"):
        history.answer("value_chart", name="x")
    with pytest.raises(UsageError, match="no account is called"):
        history.answer("value_chart", account="'; drop table cell; --")
    assert history.path.read_bytes() == content


def test_the_settings_name_the_file(three_days: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a path it is the published file that the settings name, and a simulated history says that it is one."""
    monkeypatch.setenv("PORTFOLIO_CONFIG", str(three_days.config))
    history = History()
    assert history.path == three_days.published
    assert history.is_simulated
    assert repr(history) == f"<History {three_days.published} (SIMULATED)>"
    monkeypatch.setenv("PORTFOLIO_CONFIG", str(three_days.folder / "absent.toml"))
    with pytest.raises(SettingsError, match="portfolio init"):
        History()


def test_another_file_is_said_to_be_none(tmp_path: Path) -> None:
    """A file that is not there, no database, or no history of this program is refused in words."""
    with pytest.raises(UsageError, match="nothing is published yet"):
        History(tmp_path / "absent.duckdb")
    (tmp_path / "text.duckdb").write_bytes(b"text" * 5000)
    with pytest.raises(BadStoreError, match="damaged, or no DuckDB database"):
        History(tmp_path / "text.duckdb")
    with duckdb.connect(tmp_path / "other.duckdb") as other:
        other.execute("create table cell (a int)")
    with pytest.raises(BadStoreError, match="no history of this program"):
        History(str(tmp_path / "other.duckdb"))


def test_answers_are_listed_with_their_contracts(history: History) -> None:
    """Every answer stands in the list with its question, its parameters, and its columns with types and units."""
    listed = history.answers().set_index("answer")
    assert listed.index.tolist() == [one.name for one in ask.contracts()]
    chart = listed.loc["value_chart"]
    assert str(chart["question"]).endswith("what is missing where the total is not known?")
    assert any(one.startswith("every: Spacing") for one in cast("list[str]", chart["parameters"]))
    assert any(
        one.startswith("value_usd decimal(38,6): Booked value in US") for one in cast("list[str]", chart["columns"])
    )


def test_parquet_and_changes_in_percent_work_as_the_documentation_says(history: History, tmp_path: Path) -> None:
    """What docs/connect.md writes brings decimals, lists and instants back from Parquet, and a ratio as a double."""
    frame = history.answer("value_chart")
    frame.to_parquet(tmp_path / "chart.parquet")
    ways = {"dtype_backend": "pyarrow", "to_pandas_kwargs": {"ignore_metadata": True}}
    back = pd.read_parquet(tmp_path / "chart.parquet", **ways)  # type: ignore[call-overload]  # keywords of Arrow's
    for name in ("value_usd", "missing", "cells"):
        assert back[name].tolist() == frame[name].tolist() or back[name].equals(frame[name])
    assert [one.isoformat() for one in back["as_of"]] == [one.isoformat() for one in frame["as_of"]]
    change = frame["known_value_usd"].astype("double[pyarrow]").pct_change(fill_method=None)
    first, second = frame["known_value_usd"].tolist()[:2]
    assert math.isclose(change.tolist()[1], float(second) / float(first) - 1)
