"""The files of an export: Parquet, CSV and lines of JSON, written and read row for row, and how each is named.

What stands in a line is warehouse/spelling.py; what the files are together is descriptor.py.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from dagster_project.errors import BadRawError
from dagster_project.exchange import parquet
from dagster_project.warehouse.facts import Column, Fact
from dagster_project.warehouse.outgoing import ROWS_AT_ONCE
from dagster_project.warehouse.spelling import NO_NUMBERS, csv_line, json_line, parsed

_CSV_BYTES = 16 * 2**20
_LINES_BYTES = 16 * 2**20
_HASH_BYTES = 2**20
LONGEST_RECORD = 64 * 2**20
"""Bytes of a row of CSV, and of a line of JSON."""


@dataclass(frozen=True, slots=True)
class Form:
    """A format: what the suffix of its files is, and what the standard calls it."""

    suffix: str
    mediatype: str
    is_csv: bool = False
    is_text: bool = True
    dialect: Mapping[str, bool | str] = field(default_factory=dict)


FORMS = {
    "parquet": Form("parquet", "application/vnd.apache.parquet", is_text=False),
    "csv": Form(
        "csv",
        "text/csv",
        is_csv=True,
        dialect={"header": True, "delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True},
    ),
    "json": Form("ndjson", "application/x-ndjson"),
}
"""The formats by the names that people give them."""


def path_of(fact: Fact, month: datetime | None, form: Form) -> str:
    """Name the file of a fact, one for each month where its rows belong to one."""
    if month is None:
        return f"{fact.name}/{fact.name}.{form.suffix}"
    return f"{fact.name}/month={month:%Y-%m}/{fact.name}-{month:%Y-%m}.{form.suffix}"


def digest_of(path: Path) -> tuple[int, str]:
    """Give a file's size in bytes, and `sha256:` with its digest."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_HASH_BYTES):
            digest.update(block)
            size += len(block)
    return size, f"sha256:{digest.hexdigest()}"


def selected(fact: Fact, form: Form) -> list[str]:
    """Give the expressions over a fact that a file of this form is written from."""
    if not form.is_text:
        return fact.names
    return [f"{csv_line(fact.columns) if form.is_csv else json_line(fact.columns)} as line"]


def read_by(fact: Fact, form: Form) -> list[str]:
    """Give the expressions that make the fact's columns of what is read from a file of this form."""
    return parsed(fact.columns, from_csv=form.is_csv) if form.is_text else fact.names


def write(path: Path, fact: Fact, form: Form, rows: pa.RecordBatchReader) -> tuple[int, str]:
    """Write a new file and bring it to the disk; gives its size in bytes, and `sha256:` with its digest.

    Raises:
        OSError: the disk refused.
    """
    with path.open("xb") as file:
        hashed = _Hashed(file)
        if form.is_text:
            if form.is_csv:
                hashed.write(_header(fact).encode())
            for batch in rows:
                hashed.write("".join(batch.column(0).to_pylist()).encode())
        else:
            with pq.ParquetWriter(hashed, rows.schema, compression="zstd") as writer:
                for batch in rows:
                    writer.write_batch(batch, row_group_size=ROWS_AT_ONCE)
        file.flush()
        os.fsync(file.fileno())
    return hashed.size, f"sha256:{hashed.digest.hexdigest()}"


class _Hashed(io.RawIOBase):
    """Counts and digests what goes into a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: Any) -> int:  # noqa: ANN401 - whatever holds bytes
        view = memoryview(data).cast("B")
        self._file.write(view)
        self.digest.update(view)
        self.size += len(view)
        return len(view)


def _header(fact: Fact) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([column.name for column in fact.columns])
    return out.getvalue()


def read(path: Path, fact: Fact, form: Form, schema: pa.Schema, most_rows: int | None = None) -> pa.RecordBatchReader:
    """Open a file of a fact, whose columns have these Arrow types; what it holds is read as it is asked for.

    A packed file that says that it holds more than `most_rows` is not read.

    Raises:
        BadRawError: it is no such file, or has other columns; raised while it is read, too.
    """
    try:
        if not form.is_text:
            return parquet.read(path, schema, most_rows)
        return _read_csv(path, fact) if form.is_csv else _read_json(path, fact)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadRawError(str(error).splitlines()[0]) from error


def _read_csv(path: Path, fact: Fact) -> pa.RecordBatchReader:
    names = [column.name for column in fact.columns]
    with path.open("rb") as file:
        header = file.readline().decode()
    _insist(next(csv.reader([header]), []), fact)
    schema = pa.schema([(name, pa.string()) for name in names])
    return pa.RecordBatchReader.from_batches(schema, _csv_batches(path, names))


def _csv_batches(path: Path, names: list[str]) -> Iterator[pa.RecordBatch]:
    """Read whole records alone: where Arrow cuts a file into blocks itself, it drops a line end at the cut."""
    converted = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )
    with path.open("rb") as file:
        file.readline()
        for records in _whole_records(file):
            table = pyarrow.csv.read_csv(
                io.BytesIO(records),
                read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=len(records) + 1),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                convert_options=converted,
            )
            yield from table.to_batches()


def _whole_records(file: BinaryIO) -> Iterator[bytes]:
    """Give a file of CSV in parts that end where a record does: at a line end with an even number of quotes before."""
    rest = b""
    while block := file.read(_CSV_BYTES):
        rest += block
        if len(rest) > LONGEST_RECORD:
            raise BadRawError(f"a record of more than {LONGEST_RECORD:,} bytes; a quote is open")
        end, is_open = len(rest), rest.count(b'"') % 2 == 1
        while (line_end := rest.rfind(b"\n", 0, end)) >= 0:
            is_open ^= rest.count(b'"', line_end, end) % 2 == 1
            end = line_end
            if not is_open:
                yield rest[: end + 1]
                rest = rest[end + 1 :]
                break
    if rest:
        yield rest


def _insist(names: list[str], fact: Fact) -> None:
    if names != [column.name for column in fact.columns]:
        raise BadRawError(f"its columns are {', '.join(names)}")


def _read_json(path: Path, fact: Fact) -> pa.RecordBatchReader:
    schema = pa.schema([(column.name, _JSON[_kind(column)][1]) for column in fact.columns])
    return pa.RecordBatchReader.from_batches(schema, _json_batches(path, fact, schema))


_JSON: dict[str, tuple[Any, pa.DataType]] = {
    "VARCHAR[]": (list[str | None], pa.list_(pa.string())),
    "BOOLEAN": (bool, pa.bool_()),
    "DOUBLE": (float | str, pa.float64()),
    "INTEGER": (int, pa.int64()),
    "VARCHAR": (str, pa.string()),
}


def _kind(column: Column) -> str:
    if column.type in ("SMALLINT", "BIGINT"):
        return "INTEGER"
    return column.type if column.type in _JSON else "VARCHAR"


def _json_batches(path: Path, fact: Fact, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    members = [(column.name, _JSON[_kind(column)][0] | None) for column in fact.columns]
    decoder = msgspec.json.Decoder(msgspec.defstruct("Line", members, forbid_unknown_fields=True))
    number = 0
    with path.open("rb") as file:
        while lines := _lines(file):
            rows = []
            for line in lines:
                number += 1
                try:
                    rows.append(decoder.decode(line))
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    raise BadRawError(f"line {number}: {error}") from error
            yield pa.RecordBatch.from_arrays([_array(rows, one) for one in schema], schema=schema)


def _lines(file: BinaryIO) -> list[bytes]:
    """Give the next lines, none of them too long."""
    lines, size = [], 0
    while size < _LINES_BYTES and (line := file.readline(LONGEST_RECORD + 1)):
        size += len(line)
        if len(line) > LONGEST_RECORD:
            raise BadRawError(f"a line of more than {LONGEST_RECORD:,} bytes")
        lines.append(line)
    return lines


def _array(rows: list[Any], column: pa.Field) -> pa.Array:
    values = [getattr(row, column.name) for row in rows]
    if column.type == pa.float64():
        values = [_double(value) if isinstance(value, str) else value for value in values]
    try:
        return pa.array(values, column.type)
    except (pa.ArrowException, OverflowError) as error:
        raise BadRawError(f"{column.name}: {error}") from error


def _double(text: str) -> float:
    if text not in NO_NUMBERS:
        raise BadRawError(f"{json.dumps(text[:40])} is no number")
    return float(text)
