"""Read a Parquet file of an export, in memory that is bounded whatever the file says of itself.

How large its pages are in truth is pages.py; other formats are files.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.errors import BadRawError
from dagster_project.exchange.pages import ColumnSize, size_of
from dagster_project.warehouse.outgoing import ROWS_AT_ONCE

MOST_GROUP_BYTES = 512 * 2**20
"""Of a group of rows, all its pages unpacked."""

MOST_BATCH_BYTES = 64 * 2**20
"""Of texts that are repeated from a dictionary, in what is handed on together."""

MOST_FILE_BYTES = 2**28
MOST_TIMES = 1000
"""How much a file may unpack to: so many bytes, or so many times its size where that is more."""

LONGEST_FIXED = 16
"""Bytes of a decimal."""


def read(path: Path, schema: pa.Schema, most_rows: int | None) -> pa.RecordBatchReader:
    """Open a file whose columns have these Arrow types; what it holds is read as it is asked for.

    Raises:
        BadRawError: it has other columns, more rows than `most_rows`, or unpacks to more than an export writes.
    """
    with path.open("rb") as opened:
        file = pq.ParquetFile(opened)
        _insist(file, schema, most_rows)
        batches = [*_batch_sizes(file, opened)]
    return pa.RecordBatchReader.from_batches(schema, _rows(path, schema, batches))


def _rows(path: Path, schema: pa.Schema, sizes: list[int]) -> Iterator[pa.RecordBatch]:
    left = max(MOST_FILE_BYTES, MOST_TIMES * path.stat().st_size)
    with pq.ParquetFile(path) as file:
        for group, size in enumerate(sizes):
            for batch in file.iter_batches(size, row_groups=[group]):
                left -= batch.nbytes
                if left < 0:
                    raise BadRawError(f"it unpacks to more than {MOST_TIMES:,} times its size")
                yield batch.cast(schema)


def _insist(file: pq.ParquetFile, schema: pa.Schema, most_rows: int | None) -> None:
    names = file.schema_arrow.names
    if names != schema.names:
        raise BadRawError(f"its columns are {', '.join(names)}")
    wrong = [
        f"{name} is {found}, has to be {wanted}"
        for name, found, wanted in zip(schema.names, file.schema_arrow.types, schema.types, strict=True)
        if found != wanted
    ]
    if wrong:
        raise BadRawError("; ".join(wrong))
    if most_rows is not None and file.metadata.num_rows > most_rows:
        raise BadRawError(f"it says that it has {file.metadata.num_rows:,} rows, the descriptor {most_rows:,}")


def _batch_sizes(file: pq.ParquetFile, opened: BinaryIO) -> Iterator[int]:
    """Give how many rows of each group are read together."""
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        if group.num_rows > ROWS_AT_ONCE:
            raise BadRawError(f"a group of {group.num_rows:,} rows, an export writes at most {ROWS_AT_ONCE:,}")
        total = repeated = 0
        for index in range(group.num_columns):
            column = file.schema.column(index)
            is_text = column.physical_type == "BYTE_ARRAY"
            size = size_of(opened, group.column(index), is_text=is_text)
            _insist_on_column(size, column, group.num_rows)
            total += size.bytes
            repeated += 0 if column.max_repetition_level else size.longest
        if total > MOST_GROUP_BYTES:
            raise BadRawError(f"a group of rows of {total:,} bytes, at most {MOST_GROUP_BYTES:,} are read")
        yield max(1, min(ROWS_AT_ONCE, MOST_BATCH_BYTES // max(1, repeated)))


def _insist_on_column(size: ColumnSize, column: pq.ColumnSchema, rows: int) -> None:
    if not column.max_repetition_level and size.values > rows:
        raise BadRawError(f"{column.path}: {size.values:,} values in {rows:,} rows")
    if column.max_repetition_level and size.values * size.longest > MOST_BATCH_BYTES:
        raise BadRawError(f"{column.path}: lists of more than {MOST_BATCH_BYTES:,} bytes in one group of rows")
    if column.physical_type == "FIXED_LEN_BYTE_ARRAY" and column.length > LONGEST_FIXED:
        raise BadRawError(f"{column.path}: numbers of {column.length:,} bytes, at most {LONGEST_FIXED} are read")
