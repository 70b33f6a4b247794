"""Promises of a raw stream: what goes in comes out byte for byte and in order, and reaches the disk in time."""

import asyncio
import math
import random
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.archive.layout import OPEN, SEALED
from dagster_project.archive.stream import BATCH_BYTES, FORMAT_VERSION, SYNC_SECONDS, Kind, Row, StreamWriter
from dagster_project.errors import DiskError
from dagster_project.model import Answer, Reason
from tests.archive.streams import OBSERVED_AT, read, row, target, the_stream, write

MEGABYTE = 1024 * 1024
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
BODIES = st.binary(max_size=300) | st.builds(
    lambda seed, size: random.Random(seed).randbytes(size),  # noqa: S311 - bytes that look like none, no secret
    st.integers(0, 9),
    st.integers(0, MEGABYTE),
)
ANSWERS = st.builds(
    Answer,
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1), timezones=ZONES),  # noqa: DTZ001 - zones are drawn too
    st.floats(allow_nan=False),
    st.none() | st.integers(0, 999),
    st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=4),
    BODIES,
    st.none() | st.sampled_from(Reason),
    st.none() | st.text(max_size=200),
)
ROWS = st.lists(
    st.tuples(st.builds(Row, st.sampled_from(Kind), st.text(max_size=60), ANSWERS), st.booleans()), max_size=8
)


@pytest.mark.every
@given(ROWS)
@settings(database=None, deadline=None, max_examples=60)
def test_rows_come_out_as_they_went_in(rows: list[tuple[Row, bool]]) -> None:
    """Any rows come out as they went in, bodies byte for byte, in order, wherever they are cut into batches."""
    with tempfile.TemporaryDirectory() as folder:
        with StreamWriter(target(Path(folder))) as stream:
            for one, is_synced in rows:
                stream.append(one)
                if is_synced:
                    stream.sync()
        found = read(the_stream(Path(folder)))
    assert found == [one for one, _ in rows]
    assert [list(one.answer.headers.items()) for one in found] == [list(one.answer.headers.items()) for one, _ in rows]
    assert all(type(one.kind) is Kind and one.answer.observed_at.utcoffset() == timedelta() for one in found)


@pytest.mark.parametrize("reason", [None, *Reason])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_and_reason_comes_back(tmp_path: Path, kind: Kind, reason: Reason | None) -> None:
    """Every kind of row and every reason is kept as itself."""
    one = Row(kind, "value/1", Answer(OBSERVED_AT, math.inf, None, {}, b"", reason, None))
    assert read(write(tmp_path, [one])) == [one]


def test_absent_is_not_empty(tmp_path: Path) -> None:
    """No status, no reason and no detail stay apart from 0 and the empty text."""
    rows = [
        Row(Kind.ANSWER, "", Answer(OBSERVED_AT, 0.0, status, detail=detail))
        for status in (None, 0)
        for detail in (None, "")
    ]
    found = read(write(tmp_path, rows))
    assert [(one.answer.status, one.answer.detail, one.answer.reason) for one in found] == [
        (None, None, None), (None, "", None), (0, None, None), (0, "", None),
    ]  # fmt: skip


def test_stream_without_rows_is_read_as_none(tmp_path: Path) -> None:
    """A stream to which nothing was appended is whole and holds nothing."""
    assert read(write(tmp_path, [])) == []


def test_bodies_are_compressed_with_zstd(tmp_path: Path) -> None:
    """A megabyte that repeats itself takes a few kilobytes of the disk, in frames of zstd."""
    one = row(1, MEGABYTE)
    stream = write(tmp_path, [one])
    assert stream.path.stat().st_size < 10_000
    assert b"\x28\xb5\x2f\xfd" in stream.path.read_bytes()
    assert read(stream) == [one]


def test_stream_says_in_which_format_it_is(tmp_path: Path) -> None:
    """A stream begins with the version of its format, for those who read it years later."""
    with pa.ipc.open_stream(write(tmp_path, [row(1)]).path) as reader:
        assert reader.schema.metadata == {b"format_version": str(FORMAT_VERSION).encode()}


def test_any_arrow_reader_sees_the_rows_alone(tmp_path: Path) -> None:
    """A program that knows Arrow and nothing of this one reads every row, and nothing else."""
    rows = [row(index) for index in range(5)]
    with pa.ipc.open_stream(write(tmp_path, rows).path) as reader:
        table = reader.read_all()
    assert table["pull_key"].to_pylist() == [one.pull_key for one in rows]
    assert table["body"].to_pylist() == [one.answer.body for one in rows]


def test_synced_rows_are_on_the_disk(tmp_path: Path) -> None:
    """What was synced can be read while the writer goes on; what was only appended may not be."""
    stream = StreamWriter(target(tmp_path))
    rows = [row(index) for index in range(5)]
    for count, one in enumerate(rows, 1):
        stream.append(one)
        stream.sync()
        stream.sync()
        assert read(the_stream(tmp_path)) == rows[:count]
    stream.seal()


def test_sealing_gives_the_final_name(tmp_path: Path) -> None:
    """Sealing writes what is pending, ends the stream, and changes its open name for the final one."""
    stream = StreamWriter(target(tmp_path))
    stream.append(row(1))
    assert the_stream(tmp_path).is_open
    assert the_stream(tmp_path).path.name.endswith(OPEN)
    sealed = stream.seal()
    assert sealed == target(tmp_path).sealed_path == the_stream(tmp_path).path
    assert sealed.name.endswith(SEALED)
    assert not the_stream(tmp_path).is_open
    assert [path.name for path in sealed.parent.iterdir()] == [sealed.name]
    assert read(the_stream(tmp_path)) == [row(1)]


def test_error_keeps_what_was_answered(tmp_path: Path) -> None:
    """An error inside goes its way, and what was appended before it is kept and sealed."""

    def run() -> None:
        with StreamWriter(target(tmp_path)) as stream:
            stream.append(row(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    assert not the_stream(tmp_path).is_open
    assert read(the_stream(tmp_path)) == [row(1)]


PATIENCE_SECONDS = 5.0
"""How much later than promised it may be due; a busy machine may be later still."""


async def seconds_until_on_disk(raw: Path, wanted: int, started: float) -> float:
    """How long it takes from `started` until so many rows are on the disk; infinite where it is too long to wait."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SYNC_SECONDS + PATIENCE_SECONDS
    is_last = False
    while not is_last:
        is_last = loop.time() > end
        await asyncio.sleep(0.02)  # the loop does what is due in turn: before the last look all that was due by the end
        if len(read(the_stream(raw))) == wanted:
            return loop.time() - started
    return math.inf


def test_row_reaches_the_disk_within_a_second(tmp_path: Path) -> None:
    """Within a running loop a row is on the disk about a second later, without another word and not sooner."""

    async def run() -> float:
        with StreamWriter(target(tmp_path)) as stream:
            started = asyncio.get_running_loop().time()
            stream.append(row(1))
            assert len(read(the_stream(tmp_path))) == 0
            return await seconds_until_on_disk(tmp_path, 1, started)

    assert 0.5 < asyncio.run(run()) < math.inf
    assert SYNC_SECONDS <= 1


def test_rows_that_keep_coming_do_not_put_it_off(tmp_path: Path) -> None:
    """The first row reaches the disk within about a second although others follow it all the time, and so do they."""

    async def run() -> tuple[int, float]:
        with StreamWriter(target(tmp_path)) as stream:
            for index in range(15):
                stream.append(row(index))
                await asyncio.sleep(0.1)
            first = len(read(the_stream(tmp_path)))
            return first, await seconds_until_on_disk(tmp_path, 15, asyncio.get_running_loop().time())

    first, seconds = asyncio.run(run())
    assert first >= 5
    assert seconds < math.inf


def test_row_without_a_loop_is_there_once_sealed(tmp_path: Path) -> None:
    """Outside a loop nothing is lost either: sealing writes it."""
    assert read(write(tmp_path, [row(1)], a_batch=9)) == [row(1)]


def test_sealed_stream_is_left_alone_by_the_loop(tmp_path: Path) -> None:
    """A stream that was sealed before its second was over is not touched again."""
    complaints: list[object] = []

    async def run() -> bytes:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        with StreamWriter(target(tmp_path)) as stream:
            stream.append(row(1))
        content = the_stream(tmp_path).path.read_bytes()
        await asyncio.sleep(SYNC_SECONDS + 0.2)
        return content

    content = asyncio.run(run())
    assert the_stream(tmp_path).path.read_bytes() == content
    assert complaints == []


def test_big_bodies_are_written_at_once(tmp_path: Path) -> None:
    """What is pending is written as soon as it is worth a batch, so that memory stays small and little can be lost."""
    stream = StreamWriter(target(tmp_path))
    half = row(1, BATCH_BYTES // 2)
    stream.append(half)
    assert read(the_stream(tmp_path)) == []
    stream.append(half)
    assert read(the_stream(tmp_path)) == [half, half]
    stream.append(row(2, BATCH_BYTES + 1))
    assert len(read(the_stream(tmp_path))) == 3
    stream.append(row(3))
    assert len(read(the_stream(tmp_path))) == 3
    stream.seal()
    assert len(read(the_stream(tmp_path))) == 4


def test_second_writer_never_writes_into_a_stream(tmp_path: Path) -> None:
    """While a stream is open a second writer of the same attempt is refused, and the first loses nothing."""
    with StreamWriter(target(tmp_path)) as stream:
        stream.append(row(1))
        stream.sync()
        with pytest.raises(DiskError, match="2026-05-01T0000__a1"):
            StreamWriter(target(tmp_path))
        stream.append(row(2))
    assert read(the_stream(tmp_path)) == [row(1), row(2)]


def test_second_writer_never_replaces_a_sealed_stream(tmp_path: Path) -> None:
    """What was sealed is never replaced: a later writer of the same attempt is refused, at the latest when it seals."""
    sealed = write(tmp_path, [row(1)])

    def again() -> None:
        with StreamWriter(target(tmp_path)) as stream:
            stream.append(row(2))

    with pytest.raises(DiskError, match="2026-05-01T0000__a1"):
        again()
    assert read(sealed) == [row(1)]
