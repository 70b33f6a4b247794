"""Promises of an import that cannot be: each fault is said with its file and remedy, and nothing at all is written."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagster_project.archive.journal import Begun, Journal
from dagster_project.errors import DoNotRetryError, ForeignStoreError, ImportedFileError, UsageError
from tests.exchange.moving import NOW, Elsewhere, forge, redescribe, resource

BALANCE = "balance/month=2026-05/balance-2026-05"


@pytest.fixture
def folder(exports: dict[str, Path], tmp_path: Path) -> Path:
    """Give a copy of an export as CSV, for one test to change."""
    return Path(shutil.copytree(exports["csv"], tmp_path / "csv"))


def refused(elsewhere: Elsewhere, folder: Path, kind: type[DoNotRetryError] = ImportedFileError) -> str:
    """Try to import the folder, which must be refused without a trace; gives what is said."""
    before = elsewhere.written
    with pytest.raises(kind) as error:
        elsewhere.bring(folder)
    assert elsewhere.written == before
    return str(error.value)


def cut(folder: Path) -> None:
    """Let the end of a file be missing."""
    path = folder / f"{BALANCE}.csv"
    path.write_bytes(path.read_bytes()[:-1])


def flip(folder: Path) -> None:
    """Change one bit of a file."""
    path = folder / f"{BALANCE}.csv"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def link(folder: Path) -> None:
    """Put a symbolic link in the place of a file, to the same bytes."""
    path = folder / "account" / "account.csv"
    path.rename(folder.parent / "account.csv")
    path.symlink_to(folder.parent / "account.csv")


def link_a_folder(folder: Path) -> None:
    """Put a symbolic link in the place of a folder."""
    (folder / "account").rename(folder.parent / "account")
    (folder / "account").symlink_to(folder.parent / "account")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, f"{BALANCE}.csv: "),
        (flip, f"{BALANCE}.csv: its sha256 is another: it is damaged; put it back from a backup"),
        (lambda folder: (folder / f"{BALANCE}.csv").unlink(), f"{BALANCE}.csv: missing; put it back from a backup"),
        (lambda folder: (folder / "balance" / "more.csv").touch(), "'balance/more.csv': not described; move it out"),
        (link, "'account/account.csv': neither file nor folder"),
        (link_a_folder, "'account': neither file nor folder"),
        (lambda folder: os.mkfifo(folder / "pipe"), "'pipe': neither file nor folder"),
        (lambda folder: next((folder / "closings").iterdir()).write_bytes(b"{}"), "closings/"),
    ],
)
def test_a_damaged_folder_is_refused(
    folder: Path, elsewhere: Elsewhere, damage: Callable[[Path], object], said: str
) -> None:
    """What is cut, changed, missing, one too many or a link is named with its remedy, and nothing is written."""
    damage(folder)
    words = refused(elsewhere, folder)
    assert said in words
    assert "nothing is imported" in words


def changed(table: str, /, **what: object) -> Callable[[dict[str, Any]], object]:
    """Change what a descriptor says of a table."""
    return lambda package: resource(package, table).update(what)


def column(**what: object) -> Callable[[dict[str, Any]], object]:
    """Change what a descriptor says of the first column of the accounts."""
    return lambda package: resource(package, "account")["schema"]["fields"][0].update(what)


def placed(path: str) -> Callable[[dict[str, Any]], object]:
    """Let a descriptor name another file for the accounts."""

    def change(package: dict[str, Any]) -> None:
        one = resource(package, "account")
        one["path"] = path
        one["portfolio:files"][0]["path"] = path

    return change


def said_as(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    """Change what a descriptor says of the whole."""
    return lambda package: package.update({name: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (placed("../../data.csv"), "'../../data.csv': no name of a file of 'account'"),
        (placed("/etc/passwd"), "'/etc/passwd': no name of a file of 'account'"),
        (placed("account/../account/account.csv"), "no name of a file of 'account'"),
        (placed("https://127.0.0.1/account.csv"), "no name of a file of 'account'"),
        (placed("account/account.csv\x00"), r"'account/account.csv\x00': no name of a file"),
        (placed("x" * 10_000), "'" + "x" * 80 + "...': no name of a file"),
        (changed("account", path="balance/balance.csv"), "its path and its portfolio:files name different files"),
        (changed("account", name="account; drop table balance"), "'account; drop table balance': no table of schema"),
        (changed("account", name='"; attach \x1b[2J'), r"'\"; attach \x1b[2J': no table of schema".replace('\\"', '"')),
        (changed("account", name="balance"), "'balance': described twice"),
        (changed("account", name="store"), "'store': no table of schema"),
        (lambda package: package["resources"].remove(resource(package, "balance")), "balance: this table is missing"),
        (column(name="x) from store --"), "account: has no column 'x) from store --' of type 'VARCHAR'"),
        (column(**{"portfolio:duckdbType": "BLOB"}), "account: has no column 'account_id' of type 'BLOB'"),
        (
            lambda package: resource(package, "account")["schema"]["fields"].pop(),
            "its column is_watched of type BOOLEAN",
        ),
        (lambda package: resource(package, "account")["schema"]["fields"].reverse(), "in another order"),
        (lambda package: resource(package, "account").pop("portfolio:rows"), "are not described"),
        (changed("account", format="exe"), "not all of one format out of parquet, csv, ndjson"),
    ],
)
def test_a_hostile_descriptor_is_refused(
    folder: Path, elsewhere: Elsewhere, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    """Paths that lead outside, unknown tables and columns, SQL in names: named, never followed, nothing is written."""
    redescribe(folder, change)
    assert said in refused(elsewhere, folder)


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (said_as("portfolio:schemaVersion", 999), ForeignStoreError, "of schema 999, this program knows"),
        (said_as("portfolio:formatVersion", 2), ForeignStoreError, "of format 2, this program knows 1; use a newer"),
        (said_as("portfolio:schemaVersion", 0), UsageError, "of schema 0, which no program ever wrote"),
        (said_as("portfolio:schemaVersion", "1"), UsageError, "Expected `int`, got `str`"),
        (said_as("portfolio:mode", "both"), UsageError, "Invalid enum value 'both'"),
        (said_as("portfolio:mode", "real"), ForeignStoreError, 'import it under settings with mode = "real"'),
        (said_as("id", "'; drop table store"), UsageError, "its id is none of a portfolio"),
        (said_as("resources", {}), UsageError, "Expected `array`, got `object`"),
        (lambda package: package.pop("portfolio:mode"), UsageError, "missing required field `portfolio:mode`"),
        (changed("account", **{"portfolio:files": [{"path": 7}]}), UsageError, "Expected `str`, got `int`"),
    ],
)
def test_what_is_not_for_this_program_is_refused(
    folder: Path,
    elsewhere: Elsewhere,
    change: Callable[[dict[str, Any]], object],
    kind: type[DoNotRetryError],
    said: str,
) -> None:
    """A newer schema or layout, another mode, odd types: said in words, and nothing is written."""
    redescribe(folder, change)
    assert said in refused(elsewhere, folder, kind)


@pytest.mark.parametrize("content", [b"", b"[]", b"{" * 100_000, b"\xff\xfe", b'{"resources": []}'])
def test_what_is_no_descriptor_is_refused(folder: Path, elsewhere: Elsewhere, content: bytes) -> None:
    """A datapackage.json that holds anything else is no export, and the remedy is the one that export wrote."""
    (folder / "datapackage.json").write_bytes(content)
    words = refused(elsewhere, folder, UsageError)
    assert "no descriptor of an exported history, nothing is imported; take the one that `portfolio export`" in words


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        ("account/account.csv", lambda text: text.replace("account_id", "id", 1), "its columns are id, address"),
        ("account/account.csv", lambda text: text.replace("true", "perhaps"), "Could not convert string 'perhaps'"),
        ("account/account.csv", lambda text: text + text.partition("\n")[2], "4 rows that are not those"),
        ("account/account.csv", lambda text: text.replace("treasury", "Treasury"), "2 rows that are not those"),
        ("account/account.csv", lambda text: text + '"open', "CSV parse error"),
        (f"{BALANCE}.csv", lambda text: text.replace("2026-05-01T00:00:00.000000Z", "", 1), "NOT NULL constraint"),
        (f"{BALANCE}.csv", lambda text: text.replace("2026-05-01T", "2026-99-01T", 1), "2026-99-01"),
    ],
)
def test_rows_that_a_descriptor_vouches_for_are_held_against_the_schema(
    folder: Path, elsewhere: Elsewhere, path: str, change: Callable[[str], str], said: str
) -> None:
    """Files whose digests fit and whose rows do not are refused with file and table, and nothing is written."""
    forge(folder, path, change((folder / path).read_text(encoding="utf-8")).encode())
    words = refused(elsewhere, folder).replace('"perhaps"', "'perhaps'")
    assert said in words
    assert path.partition("/")[0] in words
    assert "export anew" in words


@pytest.mark.every
@pytest.mark.parametrize("form", ["parquet", "json"])
def test_rows_of_other_formats_are_held_against_the_schema(
    exports: dict[str, Path], elsewhere: Elsewhere, tmp_path: Path, form: str
) -> None:
    """A file of Parquet or JSON that is another table's, or none at all, is refused with its name."""
    folder = Path(shutil.copytree(exports[form], tmp_path / "copy"))
    suffix = {"json": "ndjson"}.get(form, form)
    other = (folder / f"tick/month=2026-05/tick-2026-05.{suffix}").read_bytes()
    for content in (other, b"\x00" * 100, b'{"account_id": 7}\n'):
        forge(folder, f"account/account.{suffix}", content)
        words = refused(elsewhere, folder)
        assert f"account/account.{suffix}: not readable as account" in words
        assert "Traceback" not in words


@pytest.mark.every
def test_another_portfolio_is_refused(exports: dict[str, Path], elsewhere: Elsewhere) -> None:
    """Where the settings name no account of the export, or raw answers beside are another portfolio's, it is said."""
    elsewhere.portfolio.accounts = ("cold",)
    assert "the settings name none of its accounts" in refused(elsewhere, exports["csv"], ForeignStoreError)
    elsewhere.portfolio.accounts = ("treasury",)
    Journal(elsewhere.portfolio.store.with_name("raw")).note(Begun("ab" * 16, "simulated", NOW))
    words = refused(elsewhere, exports["csv"], ForeignStoreError)
    assert f"its answers are of portfolio {'ab' * 16}" in words
    assert "put the raw answers of that one there, or none" in words


@pytest.mark.parametrize("there", ["store.duckdb", "portfolio.duckdb"])
def test_a_history_that_is_there_stays(exports: dict[str, Path], elsewhere: Elsewhere, there: str) -> None:
    """Where a store or a published file is already, an import touches neither and says so."""
    path = elsewhere.portfolio.store.with_name(there)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"somebody's")
    words = refused(elsewhere, exports["parquet"], UsageError)
    assert f"{path}: there is a history already" in words
    assert path.read_bytes() == b"somebody's"


def test_another_closing_is_never_overwritten(exports: dict[str, Path], elsewhere: Elsewhere) -> None:
    """A closed period that is there under the same name with other numbers stays, and both files are named."""
    (theirs,) = (exports["csv"] / "closings").iterdir()
    ours = elsewhere.portfolio.published.with_name("closings") / theirs.name
    ours.parent.mkdir(parents=True)
    ours.write_bytes(b"other numbers")
    assert f"{ours}: another closing than {theirs}" in refused(elsewhere, exports["csv"], ForeignStoreError)
    assert ours.read_bytes() == b"other numbers"


def test_a_place_without_an_export_is_said(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """A folder that is not there, an empty one, and a word that is nothing are faults of usage with their remedy."""
    (tmp_path / "empty").mkdir()
    assert "is no folder; name one that `portfolio export` wrote" in refused(elsewhere, tmp_path / "absent", UsageError)
    assert "holds no datapackage.json" in refused(elsewhere, tmp_path / "empty", UsageError)
    done = elsewhere.portfolio.command("import", "everything")
    assert done.returncode == 2
    assert "or `flows` and a file of flows" in done.stderr
