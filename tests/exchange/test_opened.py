"""Promises of docs/export.md: what it shows for opening the files is run here, and gives what the history holds."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests.portfolio import Portfolio

DOCS = Path(__file__).parents[2] / "docs" / "export.md"
BLOCK = re.compile(r"```(python|sql)\n(.*?)```", re.DOTALL)


def shown(language: str) -> list[str]:
    """Give what the page shows in a language."""
    return [text for kind, text in BLOCK.findall(DOCS.read_text(encoding="utf-8")) if kind == language]


def test_duckdb_reads_each_format_as_shown(
    lived: Portfolio, exports: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's SQL over Parquet, CSV and JSON gives number of rows and total of the history, to the last digit."""
    wanted = lived.query("select count(*), sum(value_usd) from balance where is_counted").rows
    (text,) = shown("sql")
    statements = [part for part in text.split(";") if part.strip()]
    assert len(statements) == 3
    for form, statement in zip(("parquet", "csv", "json"), statements, strict=True):
        monkeypatch.chdir(exports[form])
        assert duckdb.connect().execute(statement).fetchall() == wanted


def test_pandas_reads_each_format_as_shown(
    lived: Portfolio, exports: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's Python reads the balances of Parquet, CSV and JSON with every row, exact amounts and empty texts."""
    rows = lived.query("select amount_raw, position_id, value_usd, price_usd from balance").rows
    blocks = shown("python")
    assert len(blocks) == 3
    for form, block in zip(("parquet", "csv", "json"), blocks, strict=True):
        monkeypatch.chdir(exports[form])
        names: dict[str, Any] = {}
        exec(block, names)  # noqa: S102 - the page's own words
        found: pd.DataFrame = names["balance"]
        plain = [tuple(None if pd.isna(value) else str(value) for value in row) for row in
                 found[["amount_raw", "position_id", "value_usd", "price_usd"]].itertuples(index=False)]  # fmt: skip
        assert sorted(map(repr, plain)) == sorted(
            repr(tuple(None if value is None else str(value) for value in row)) for row in rows
        )


def test_a_spreadsheet_finds_plain_csv(lived: Portfolio, exports: dict[str, Path]) -> None:
    """CSV is what every spreadsheet reads: commas, quotes doubled, one header; texts stand exactly as they were."""
    (text,) = (path.read_text(encoding="utf-8") for path in exports["csv"].glob("closing/closing.csv"))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["note"] == '=sent, "as is"'
    cells = csv.DictReader(io.StringIO((exports["csv"] / "cell/month=2026-05/cell-2026-05.csv").read_text("utf-8")))
    total = sum(Decimal(one["value_usd"]) for one in cells if one["value_usd"])
    assert lived.query("select sum(value_usd) from cell").rows == [(total,)]
