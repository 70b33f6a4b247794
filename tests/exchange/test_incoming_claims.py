"""Promises of an import about rows: what breaks a claim is named by file, row and claim, and nothing is imported."""

import shutil
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import ImportedFileError
from dagster_project.exchange.write import export
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.claims import ABOUT_PROVIDERS
from tests.exchange.moving import NOW, Elsewhere
from tests.portfolio import Portfolio

MAY = "month=2026-05/"
ONE = "rowid = (select min(rowid) from balance where is_counted and value_usd > 1 and amount_raw is not null)"

BREAKS: dict[str, tuple[str, str, str]] = {
    "a balance twice": (
        "insert into balance from balance where rowid % 7 = 0",
        "balance_is_unique",
        f"balance/{MAY}balance-2026-05.parquet",
    ),
    "a list twice": ("insert into listed from listed", "row_is_unique", "listed/listed.parquet"),
    "an account twice": ("insert into account from account", "row_is_unique", "account/account.parquet"),
    "a pull twice": ("insert into pull from pull where rowid < 3", "cell_is_unique", f"pull/{MAY}pull-2026-05.parquet"),
    "negated amounts": (
        "update balance set amount = -amount",
        "amount_is_exact",
        f"balance/{MAY}balance-2026-05.parquet",
    ),
    "negated digits": (f"update balance set amount_raw = '-' || amount_raw where {ONE}", "amount_is_exact", "balance/"),
    "negated values": ("update balance set value_usd = -value_usd", "value_is_booked_once", "balance/"),
    "doubled values": (f"update balance set value_usd = 2 * value_usd where {ONE}", "cell_adds_up", f"cell/{MAY}cell"),
    "a row less": (f"delete from balance where {ONE}", "cell_adds_up", f"balance/{MAY}balance-2026-05.parquet"),
    "no number": (f"update balance set price_usd = 'nan' where {ONE}", "price_has_a_status", "balance/"),
    "no end": ("update figure set number = 'inf' where rowid = 0", "number_is_finite", "figure/"),
    "no number in the past": (
        "update balance_superseded set stated_value_usd = 'nan' where rowid = 0",
        "number_is_finite",
        "balance_superseded/",
    ),
    "NUL in an asset": (f"update balance set asset_id = asset_id || chr(0) where {ONE}", "id_is_readable", "balance/"),
    "NUL in an account": (
        "update cell set account_id = chr(0) || account_id where rowid = 0",
        "id_is_readable",
        f"cell/{MAY}cell-2026-05.parquet",
    ),
    "a line end in a key": (
        "update pull set pull_key = pull_key || chr(10) where rowid = 0",
        "id_is_readable",
        f"pull/{MAY}pull-2026-05.parquet",
    ),
    "no digits": (f"update balance set amount_raw = 'abc' where {ONE}", "amount_is_exact", "balance/"),
    "too many digits": (
        f"update balance set amount_raw = repeat('9', 79) where {ONE}",
        "amount_is_exact",
        "balance/",
    ),
    "a pull less": ("delete from pull where rowid = 0", "plan_is_complete", f"snapshot/{MAY}snapshot-2026-05.parquet"),
    "an answer of later": (
        "update pull set effective_at = effective_at + interval 3 day where rowid < 9 and outcome = 'answered'",
        "past_is_not_now",
        f"pull/{MAY}pull-2026-05.parquet",
    ),
    "a failure with a value": (
        "update cell set outcome = 'failed' where rowid = (select min(rowid) from cell where outcome = 'answered')",
        "absence_is_not_zero",
        f"cell/{MAY}cell-2026-05.parquet",
    ),
}
"""What somebody did to a history before it was exported, the claim that it breaks, and a file that is named."""


def export_of(lived: Portfolio, folder: Path, change: str) -> Path:
    """Export a changed copy of a history: every checksum and sum fits the rows."""
    folder.mkdir()
    copy = Path(shutil.copy(lived.published, folder / "portfolio.duckdb"))
    with duckdb.connect(copy) as connection:
        connection.execute(change)
    return export(copy, folder / "export", "parquet", NOW, lambda *_: None).folder


@pytest.mark.every
@pytest.mark.parametrize("name", BREAKS)
def test_rows_that_break_a_claim_are_not_imported(
    lived: Portfolio, elsewhere: Elsewhere, tmp_path: Path, name: str
) -> None:
    """Rows that no history of this program has are refused by file, row, claim and remedy, and nothing is written."""
    change, claim, file = BREAKS[name]
    folder = export_of(lived, tmp_path / "changed", change)
    before = elsewhere.written
    with pytest.raises(ImportedFileError) as error:
        elsewhere.bring(folder)
    words = str(error.value)
    (line,) = [one for one in words.splitlines() if f": {claim} is broken (" in one and file in one][:1]
    assert " by the row " in line
    assert f"import with --accept {claim}" in line
    assert "\x00" not in words
    assert elsewhere.written == before


@pytest.mark.every
def test_a_claim_that_is_accepted_is_imported(lived: Portfolio, elsewhere: Elsewhere, tmp_path: Path) -> None:
    """The remedy works: an import that accepts the named claims brings every row, and `check` goes on to name them."""
    folder = export_of(lived, tmp_path / "changed", BREAKS["doubled values"][0])
    refused = elsewhere.portfolio.command("import", str(folder))
    assert (refused.returncode, "nothing is imported" in refused.stderr) == (2, True)
    names = {word.rstrip(",") for line in refused.stderr.splitlines() for word in line.split("--accept ")[1:]}
    options = [part for name in names for part in ("--accept", name)]
    assert elsewhere.portfolio.command("import", *options, str(folder)).returncode == 0
    checked = elsewhere.portfolio.command("check")
    assert all(name in checked.stdout for name in names - {"row_is_unique"})


def test_a_claim_that_nobody_has_is_refused(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """A mistyped claim is named with those that there are."""
    done = elsewhere.portfolio.command("import", "--accept", "cell_add_up", str(tmp_path))
    assert done.returncode == 2
    assert "cell_add_up is no claim; there are" in done.stderr
    assert "cell_adds_up" in done.stderr


@pytest.mark.every
def test_what_providers_contradict_is_no_fault_of_the_history(
    lived: Portfolio, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """Claims about what providers state are findings, not faults: a history that breaks one can be imported."""
    assert {file.name for file in sqlfiles.checks()} > ABOUT_PROVIDERS
    change = "update figure set measure = 'listed_decimals', words = '7' where rowid = (select min(rowid) from figure)"
    folder = export_of(lived, tmp_path / "changed", change)
    assert elsewhere.bring(folder).package.snapshots == 8
