"""The descriptor of an exported history: `datapackage.json` as the Data Package standard, version 2, has it.

What the standard has no word for is under `portfolio:`. Whether the files beside it are what it says is checked.py.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from dagster_project.errors import UsageError
from dagster_project.exchange.files import Form
from dagster_project.warehouse.compare import Sums
from dagster_project.warehouse.facts import Column, Fact
from dagster_project.warehouse.outgoing import Version
from dagster_project.warehouse.spelling import KINDS

NAME = "datapackage.json"
CLOSINGS = "closings"
"""The resource of closed periods, one small JSON file each, and the folder that they lie in."""

FORMAT_VERSION = 1
"""Of what stands under `portfolio:` and of how the files are named."""

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
MOST_BYTES = 64 * 2**20
"""No descriptor is larger: a century of months in every table is a tenth of it."""

_DESCRIPTION = """Every fact of a portfolio's history: what outside providers were asked and answered, and when.

Made by portfolio snapshots, whose `portfolio import` makes the same history of it again. {mode} Instants are UTC. Texts
such as names of tokens come from outside and are not to be trusted: run none as a formula."""
_MODES = {"real": "The history is real.", "simulated": "The history is SIMULATED: made up, of no wallet that exists."}


class File(msgspec.Struct, frozen=True):
    """One file: its path below the descriptor's folder, size, `sha256:` and the digest in hexadecimal digits."""

    path: str
    bytes: int
    hash: str


class Rows(msgspec.Struct, frozen=True, rename="camel"):
    """What a table holds: number of rows, and two sums over them by DuckDB's hash, as decimal digits.

    The sums can only be compared by the version of DuckDB that made them.
    """

    count: int
    hash_sum: str
    hash_xor: str

    @property
    def sums(self) -> Sums:
        """Give them as numbers; raises ValueError where they are none."""
        return self.count, int(self.hash_sum), int(self.hash_xor)


class Field(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A column by the Table Schema, and its exact DuckDB type."""

    name: str
    type: str
    description: str = ""
    constraints: dict[str, bool] = {}
    missing_values: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    duckdb_type: str = msgspec.field(name="portfolio:duckdbType")


class TableSchema(msgspec.Struct, frozen=True, rename="camel"):
    """The columns of a table, in their order, and the text that stands for a missing value."""

    fields: tuple[Field, ...]
    missing_values: tuple[str, ...]


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A table with its files, or the files of closed periods, which are of no table."""

    name: str
    type: Literal["table"] | msgspec.UnsetType = msgspec.UNSET
    path: str | tuple[str, ...]
    description: str = ""
    format: str
    mediatype: str = ""
    encoding: str | msgspec.UnsetType = msgspec.UNSET
    bytes: int | msgspec.UnsetType = msgspec.UNSET
    hash: str | msgspec.UnsetType = msgspec.UNSET
    dialect: dict[str, bool | str] | msgspec.UnsetType = msgspec.UNSET
    schema: TableSchema | msgspec.UnsetType = msgspec.UNSET
    rows: Rows | msgspec.UnsetType = msgspec.field(name="portfolio:rows", default=msgspec.UNSET)
    files: tuple[File, ...] = msgspec.field(name="portfolio:files")


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """The whole: whose history, of which mode, schema and version, and its resources. Instants are UTC.

    `made_at` is when the store was made, `published_at` when the version was published that is exported.
    """

    schema: str = msgspec.field(name="$schema", default=PROFILE)
    name: str
    id: str
    title: str = ""
    description: str = ""
    created: datetime
    keywords: tuple[str, ...] = ()
    format_version: int = msgspec.field(name="portfolio:formatVersion")
    mode: Literal["real", "simulated"] = msgspec.field(name="portfolio:mode")
    schema_version: int = msgspec.field(name="portfolio:schemaVersion")
    program_version: str = msgspec.field(name="portfolio:programVersion")
    duckdb_version: str = msgspec.field(name="portfolio:duckdbVersion")
    made_at: datetime = msgspec.field(name="portfolio:madeAt")
    published_at: datetime = msgspec.field(name="portfolio:publishedAt")
    snapshots: int = msgspec.field(name="portfolio:snapshots")
    last_as_of: datetime | None = msgspec.field(name="portfolio:lastAsOf")
    resources: tuple[Resource, ...]

    @property
    def tables(self) -> dict[str, Resource]:
        """The resources that are tables, by name."""
        return {one.name: one for one in self.resources if one.name != CLOSINGS}

    @property
    def files(self) -> dict[str, File]:
        """Every file by its path."""
        return {file.path: file for one in self.resources for file in one.files}

    @property
    def row_count(self) -> int:
        """The number of rows of all tables."""
        return sum(one.rows.count for one in self.resources if one.rows is not msgspec.UNSET)

    @property
    def byte_count(self) -> int:
        """The size of all files in bytes, the descriptor's aside."""
        return sum(file.bytes for file in self.files.values())


def package_of(version: Version, resources: Sequence[Resource], now: datetime, versions: tuple[str, str]) -> Package:
    """Describe an export made at `now` by these versions of program and DuckDB."""
    mode: Literal["real", "simulated"] = "simulated" if version.mode == "simulated" else "real"
    return Package(
        name="portfolio-history-simulated" if mode == "simulated" else "portfolio-history",
        id=version.portfolio_id,
        title="History of a portfolio (SIMULATED)" if mode == "simulated" else "History of a portfolio",
        description=_DESCRIPTION.format(mode=_MODES[mode]),
        created=now,
        keywords=("portfolio", "balances", mode),
        format_version=FORMAT_VERSION,
        mode=mode,
        schema_version=version.schema_version,
        program_version=versions[0],
        duckdb_version=versions[1],
        made_at=version.made_at,
        published_at=version.published_at,
        snapshots=version.snapshots,
        last_as_of=version.last_as_of,
        resources=tuple(resources),
    )


def table_of(fact: Fact, form: Form, files: Sequence[File], sums: Sums) -> Resource:
    """Describe a table and its files."""
    located = _located(fact.name, files, form.suffix, form.mediatype)
    fields = tuple(_field(column, form) for column in fact.columns)
    return msgspec.structs.replace(
        located,
        type="table",
        description=fact.comment,
        encoding="utf-8" if form.is_text else msgspec.UNSET,
        schema=TableSchema(fields, ("",) if form.is_csv else ()),
        dialect=dict(form.dialect) or msgspec.UNSET,
        rows=Rows(sums[0], str(sums[1]), str(sums[2])),
    )


def closings_of(files: Sequence[File]) -> Resource:
    """Describe the files of closed periods."""
    words = "One file a closing of a period: its numbers as they were reported, which no later answer changes."
    located = _located(CLOSINGS, files, "json", "application/json")
    return msgspec.structs.replace(located, description=words, encoding="utf-8")


def _located(name: str, files: Sequence[File], suffix: str, mediatype: str) -> Resource:
    """Say where the files are; the standard has one size and one digest, which several files cannot share."""
    alone = files[0] if len(files) == 1 else None
    return Resource(
        name=name,
        path=alone.path if alone else tuple(file.path for file in files),
        format=suffix,
        mediatype=mediatype,
        bytes=alone.bytes if alone else msgspec.UNSET,
        hash=alone.hash if alone else msgspec.UNSET,
        files=tuple(files),
    )


def _field(column: Column, form: Form) -> Field:
    is_empty_a_text = form.is_csv and column.is_required and column.type == "VARCHAR"
    return Field(
        name=column.name,
        type=KINDS[column.type],
        description=column.comment,
        constraints={"required": column.is_required},
        missing_values=() if is_empty_a_text else msgspec.UNSET,
        duckdb_type=column.type,
    )


def encoded(package: Package) -> bytes:
    """Give the bytes of the descriptor."""
    return msgspec.json.format(msgspec.json.encode(package), indent=1) + b"\n"


def read(path: Path) -> Package:
    """Read a descriptor; nothing beside it is looked at.

    Raises:
        UsageError: it cannot be read, or is none of an exported history.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); name the folder of an exported history") from error
    if len(content) > MOST_BYTES:
        raise UsageError(f"{path}: larger than {MOST_BYTES:,} bytes, so no export of this program; nothing is imported")
    try:
        return msgspec.json.decode(content, type=Package)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        words = "no descriptor of an exported history, nothing is imported; take the one that `portfolio export` wrote"
        raise UsageError(f"{path}: {words} ({error})") from error
