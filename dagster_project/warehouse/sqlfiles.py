"""The files under sql/: a file is a unit, its path is its name, its header is its contract.

Reads and checks text only; applying it to a store is schema.py. A header that is broken is refused here; that each
says what DuckDB makes of its statement is held by the tests, since nobody but this project writes these files and
asking DuckDB took most of the time of making a store.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from dagster_project.errors import SqlFileError
from dagster_project.shipped import shipped

_LINE = re.compile(
    r"-- (?P<kind>question|view|table|claim|macro|alert|part|lookup|parameter|column) ?(?P<subject>[^:]*): (?P<text>.+)"
)

_WORD = re.compile(r"\w+")
_CALLED = re.compile(r"(\w+)\s*\(")
_PLACE = re.compile(r"\{(\w+)\}")
_MEANT = ("since", "until", "account", "account_group", "chain", "provider", "as_of", "known_at")
"""The parameters that `refused` (sql/macros) judges, in its order."""


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One statement with its contract: what it answers or claims, its parameters, its columns with their types."""

    path: Path
    sentence: str
    parameters: Mapping[str, str]
    columns: Mapping[str, tuple[str, str]]
    statement: str

    @property
    def name(self) -> str:
        """The name of the view, answer or check: the file's."""
        return self.path.stem


def root() -> Path:
    """Give the folder of the SQL files."""
    return shipped("sql")


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Give the schema's files as (number, text), in order."""
    files = sorted((root() / "schema").glob("*.sql"))
    return tuple((int(path.stem.partition("_")[0]), path.read_text(encoding="utf-8")) for path in files)


@cache
def macros() -> tuple[SqlFile, ...]:
    """Give what answers share, such as what a question means by an account, each behind those that it asks."""
    return _in_order(_read_all("macros", "macro"))


@cache
def derived() -> tuple[SqlFile, ...]:
    """Give the tables that follow from others as a whole, each behind those that it reads from."""
    folder = root() / "derived"
    return tuple(file for file in views() if file.path.parent == folder)


@cache
def views() -> tuple[SqlFile, ...]:
    """Give the views, and the derived tables that stand between them, each behind those that it reads from."""
    return _in_order((*_read_all("views", "view"), *_read_all("derived", "table")))


@cache
def reporting() -> tuple[SqlFile, ...]:
    """Give the views of the schema `reporting`, for tools that take no macros, each behind those that it reads."""
    return _in_order(tuple(_filled(file) for file in _read_all("reporting", "view")))


@cache
def answers() -> tuple[SqlFile, ...]:
    """Give the answers, one table macro each behind those that it asks, refusing what nobody can mean."""
    return _in_order(tuple(_refusing(_filled(file)) for file in _read_all("answers", "question")))


def _refusing(file: SqlFile) -> SqlFile:
    """Put `refused` before an answer's rows, in its columns: no row, or the error of a name that nobody has."""
    if not file.parameters.keys() & set(_MEANT):
        return file
    head, _, rows = file.statement.partition(") as table\n")
    names = ", ".join(name if name in file.parameters else "null" for name in _MEANT)
    columns = ", ".join(f"asked.nothing::{type_name} as {name}" for name, (type_name, _) in file.columns.items())
    refused = (f"select {columns}", f"from refused({names}) as asked")
    return replace(file, statement="\n".join((f"{head}) as table", *refused, "union all", "(", rows, ")")))


def _filled(file: SqlFile) -> SqlFile:
    """Put what `{name}` names in its place: a part that answers share, or what a view says."""
    return replace(file, statement=_PLACE.sub(lambda place: _filled(_places()[place[1]]).statement, file.statement))


@cache
def _places() -> Mapping[str, SqlFile]:
    """Give what may be put into an answer or a plain view, by name."""
    return {one.name: one for one in (*_read_all("parts", "part"), *views())}


def _in_order(files: tuple[SqlFile, ...]) -> tuple[SqlFile, ...]:
    waiting = {file.name: _named_in(file) for file in files}
    by_name = {file.name: file for file in files}
    ordered: list[SqlFile] = []
    while waiting:
        ready = [name for name, named in waiting.items() if not named & waiting.keys()]
        if not ready:
            raise SqlFileError(f"{files[0].path.parent}: {', '.join(sorted(waiting))} read from each other in a circle")
        for name in ready:
            ordered.append(by_name[name])
            del waiting[name]
    return tuple(ordered)


@cache
def checks() -> tuple[SqlFile, ...]:
    """Give the checks, each a query of the rows that break its claim."""
    return _read_all("checks", "claim")


@cache
def statement(name: str) -> str:
    """Give one of the statements that the writer runs, by the name of its file under sql/store."""
    return _read(root() / "store" / f"{name}.sql", "claim").statement


@cache
def alert(name: str) -> str:
    """Give one of the statements that look for what is alarming, by the name of its file under sql/alerts."""
    return _read(root() / "alerts" / f"{name}.sql", "alert").statement


@cache
def lookup(name: str) -> str:
    """Give one of the statements that the API asks beside the answers, by the name of its file under sql/serve."""
    return _read(root() / "serve" / f"{name}.sql", "lookup").statement


@cache
def fingerprint() -> str:
    """Give one SHA-256 over macros, views and answers: what a store must have applied."""
    text = "\0".join(
        f"{file.path.name}\0{file.statement}\0{file.sentence}"
        for file in (*macros(), *views(), *answers(), *reporting())
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _named_in(file: SqlFile) -> set[str]:
    """Give what a file may ask or read: every `name(` where it has parameters, every name where it is a view."""
    return set((_CALLED if file.parameters else _WORD).findall(file.statement)) - {file.name}


def _read_all(folder: str, kind: str) -> tuple[SqlFile, ...]:
    return tuple(_read(path, kind) for path in sorted((root() / folder).glob("*.sql")))


def _read(path: Path, kind: str) -> SqlFile:
    text = path.read_text(encoding="utf-8")
    header = [line for line in text.splitlines() if line.startswith("--")]
    sentence = ""
    parameters: dict[str, str] = {}
    columns: dict[str, tuple[str, str]] = {}
    for line in header:
        if (match := _LINE.fullmatch(line)) is None:
            continue
        subject, words = match["subject"].strip(), match["text"].strip()
        if match["kind"] == kind:
            sentence = words
        elif match["kind"] == "parameter":
            parameters[subject] = words
        elif match["kind"] == "column":
            name, _, type_name = subject.partition(" ")
            columns[name] = (type_name.strip(), words)
    if not sentence:
        raise SqlFileError(f"{path}: the header lacks its first line, -- {kind}: and a sentence")
    statement = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--")).strip()
    return SqlFile(path, sentence, parameters, columns, statement)
