"""Look through the pages of a Parquet file before it is read: how large they are in truth, whatever its footer says.

A file of some kilobytes can stand for gigabytes. What is read of a good file is parquet.py.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.errors import BadRawError
from dagster_project.exchange.thrift import Compact, Struct, Value

MOST_PAGE_BYTES = 64 * 2**20
MOST_VALUES = 4 * 2**20
"""Of one page unpacked, and of a column in one group of rows; an export writes a megabyte, and 122,880 rows."""

_HEADER_BYTES = 2**18
_DATA, _DICTIONARY = 0, 2
_ENCODINGS = frozenset({0, 2, 3, 8})
"""Plain, by dictionary (two numbers) and run lengths: all that an export writes. Others repeat texts for nothing."""

_CODECS = {"ZSTD": "zstd", "SNAPPY": "snappy"}


@dataclass(frozen=True, slots=True)
class ColumnSize:
    """What a column of a group of rows unpacks to: bytes, values, and the longest text that its dictionary repeats."""

    bytes: int
    values: int
    longest: int


def size_of(file: BinaryIO, column: pq.ColumnChunkMetaData, *, is_text: bool) -> ColumnSize:
    """Walk through all pages of a column of a group of rows; only a dictionary of texts is unpacked.

    Raises:
        BadRawError: a page is larger than an export writes it, of another kind, or none at all.
    """
    total = values = longest = 0
    for header, packed in _pages(file, column):
        size = _number(header.get(2))
        if size > MOST_PAGE_BYTES:
            raise BadRawError(f"a page of {size:,} bytes, at most {MOST_PAGE_BYTES:,} are read")
        total += size
        is_data = header.get(1) == _DATA
        about = header.get(5 if is_data else 7)
        if not isinstance(about, dict) or about.get(2) not in _ENCODINGS:
            raise BadRawError("a page of a kind that no export writes")
        count = _number(about.get(1))
        values += count if is_data else 0
        if max(count, values) > MOST_VALUES:
            raise BadRawError(f"more than {MOST_VALUES:,} values in one column of a group of rows")
        if is_text and not is_data:
            longest = max(longest, _longest(_unpacked(file.read(packed), column.compression, size), count))
    return ColumnSize(total, values, longest)


def _pages(file: BinaryIO, column: pq.ColumnChunkMetaData) -> Iterator[tuple[Struct, int]]:
    """Give the header of each page and how many bytes follow it; the file stands behind the header then."""
    starts = [column.data_page_offset, column.dictionary_page_offset or column.data_page_offset]
    at, end = min(starts), min(starts) + column.total_compressed_size
    while at < end:
        file.seek(at)
        reader = Compact(file.read(_HEADER_BYTES))
        header = reader.struct()
        if header.get(1) not in (_DATA, _DICTIONARY):
            raise BadRawError("a page of a kind that no export writes")
        packed = _number(header.get(3))
        file.seek(at + reader.at)
        yield header, packed
        at += reader.at + packed


def _number(value: Value) -> int:
    if not isinstance(value, int) or value < 0:
        raise BadRawError("a page whose size is no number")
    return value


def _unpacked(packed: bytes, compression: str, size: int) -> bytes:
    if compression == "UNCOMPRESSED":
        return packed
    try:
        return bytes(pa.Codec(_CODECS[compression]).decompress(packed, size, asbytes=True))
    except (KeyError, pa.ArrowException, OSError) as error:
        raise BadRawError(f"a dictionary that cannot be unpacked ({compression})") from error


def _longest(plain: bytes, count: int) -> int:
    """Give how long the longest of so many texts is, each behind its length."""
    at = longest = 0
    for _ in range(count):
        if at + 4 > len(plain):
            raise BadRawError("a dictionary that lacks texts")
        (length,) = struct.unpack_from("<I", plain, at)
        longest = max(longest, length)
        at += 4 + length
    return longest
