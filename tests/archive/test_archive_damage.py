"""Promises about damage: a torn tail is dropped, a damaged stream says so by name, and no reader ever dies of one."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.archive.checked import END
from dagster_project.archive.layout import OPEN, SEALED, StreamFile
from dagster_project.archive.stream import Kind, Row, seal_file
from dagster_project.errors import BadRawError, ForeignStoreError, PortfolioError
from tests.archive.streams import (
    ROOT,
    copy_of,
    read,
    read_until_damage,
    row,
    target,
    the_stream,
    write,
)

FLIPS = 1_000
ROWS = [row(index, 40) for index in range(4)]
Flips = dict[str, Any]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StreamFile:
    """Give a small sealed stream of four rows in two batches."""
    return write(tmp_path_factory.mktemp("whole"), ROWS)


@pytest.fixture(scope="module")
def flips(whole: StreamFile) -> Flips:
    """Flip bits of the stream in a process of its own, and give how each reading ended."""
    command = [sys.executable, "-m", "tests.archive.flip_bits", str(whole.path), "20260501", str(FLIPS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    told: Flips = json.loads(done.stdout)
    assert all(sum(endings.values()) > FLIPS for endings in told["endings"].values())
    return told


def endings(flips: Flips, suffix: str) -> dict[str, int]:
    """How readings of a stream with this suffix ended."""
    return dict(flips["endings"][suffix])


@pytest.mark.slow
def test_flipped_bits_never_end_the_process(flips: Flips) -> None:
    """Whatever bit is flipped, the reader's process goes on to its end."""
    assert set(flips["endings"]) == {SEALED, OPEN}


@pytest.mark.parametrize("suffix", [SEALED, OPEN])
def test_flipped_bits_end_in_no_foreign_exception(flips: Flips, suffix: str) -> None:
    """Whatever bit is flipped, a stream gives what it can and is refused by its name where need be; no other error."""
    crashes = {how: flips["examples"][how] for how in endings(flips, suffix) if how.startswith(("crash", "refused w"))}
    assert crashes == {}


@pytest.mark.parametrize("suffix", [SEALED, OPEN])
def test_flipped_bits_never_change_an_answer(flips: Flips, suffix: str) -> None:
    """Whatever bit is flipped, no row comes out other than it went in: what cannot be trusted is not given."""
    assert endings(flips, suffix).get("other rows", 0) == 0, flips["examples"]["other rows"]


def test_flipped_bits_in_a_sealed_stream_lose_no_row_in_silence(flips: Flips) -> None:
    """A sealed stream gives all of its rows or says that it is damaged, whatever bit is flipped."""
    assert endings(flips, SEALED).get("prefix, whole", 0) == 0, flips["examples"]["prefix, whole"]


@pytest.mark.every
def test_open_stream_cut_anywhere_gives_its_first_rows(whole: StreamFile) -> None:
    """An open stream cut at any byte gives the rows in front of the cut, more the later it is, and never an error."""
    counts = []
    cut = copy_of(whole, whole.path.read_bytes(), OPEN)
    for length in range(cut.path.stat().st_size, -1, -1):
        os.truncate(cut.path, length)
        found = read(cut)
        assert found == ROWS[: len(found)], length
        counts.append(len(found))
    assert counts == sorted(counts, reverse=True)
    assert set(counts) == {0, 2, 4}


@pytest.mark.every
def test_sealed_stream_cut_anywhere_is_refused_by_name(whole: StreamFile) -> None:
    """A sealed stream cut at any byte is refused by its name, after the rows in front of the cut."""
    accepted = []
    cut = copy_of(whole, whole.path.read_bytes(), SEALED)
    for length in range(cut.path.stat().st_size - 1, -1, -1):
        os.truncate(cut.path, length)
        found, error = read_until_damage(cut)
        assert found == ROWS[: len(found)], length
        if error is None:
            accepted.append((length, len(found)))
        else:
            assert str(cut.path) in str(error)
    assert accepted == []


def test_refusal_names_the_remedy(whole: StreamFile) -> None:
    """What is said of a damaged stream names the file and what to do about it, and says that the rest is kept."""
    cut = copy_of(whole, whole.path.read_bytes()[:-100], SEALED)
    found, error = read_until_damage(cut)
    assert 0 < len(found) < len(ROWS)
    assert str(cut.path) in str(error)
    assert "kept" in str(error)
    assert "backup" in str(error)


@pytest.mark.every
def test_torn_stream_that_is_sealed_later_gives_the_same_rows(tmp_path: Path) -> None:
    """A killed run's stream gives the same rows before and after a later run has sealed it, wherever it was torn."""
    whole = write(tmp_path, ROWS)
    content = whole.path.read_bytes()
    worse = []
    for length in [*range(0, len(content), 7), len(content)]:
        torn = copy_of(whole, content[:length], OPEN)
        before = read(torn)
        sealed = seal_file(torn)
        assert sealed == torn.sealed_path
        after, error = read_until_damage(StreamFile(sealed, torn.provider, torn.as_of, torn.attempt_id))
        sealed.unlink()
        if (after, error) != (before, None):
            worse.append(length)
    assert worse == []


def test_sealing_destroys_no_byte(tmp_path: Path) -> None:
    """What cannot be trusted of an abandoned stream is laid aside when it is sealed, for answers may be behind it."""
    content = bytearray(write(tmp_path, ROWS, a_batch=1).path.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = copy_of(the_stream(tmp_path), bytes(content), OPEN)
    sealed = seal_file(damaged)
    aside = sealed.with_suffix(".torn").read_bytes()
    assert sealed.read_bytes().removesuffix(END) + aside == content
    found = read(StreamFile(sealed, damaged.provider, damaged.as_of, damaged.attempt_id))
    assert 0 < len(found) < len(ROWS)
    assert found == ROWS[: len(found)]


def test_newer_stream_is_not_sealed(whole: StreamFile) -> None:
    """An abandoned stream of a newer version is refused by name and left as it is, byte for byte."""
    newer = stream_of(whole, table_of(whole).replace_schema_metadata({"format_version": "2"}), OPEN)
    content = newer.path.read_bytes()
    with pytest.raises(ForeignStoreError, match=newer.path.name):
        seal_file(newer)
    assert newer.path.read_bytes() == content


@pytest.mark.slow
@given(st.binary(max_size=400))
@example(END)
@settings(database=None, deadline=None)
def test_file_that_is_no_stream(whole: StreamFile, content: bytes) -> None:
    """A file of any other content is refused by name when it is sealed, and holds nothing when it is open."""
    assert read(copy_of(whole, content, OPEN)) == []
    other = copy_of(whole, content, SEALED)
    with pytest.raises(BadRawError, match=other.path.name):
        read(other)


def test_bytes_behind_the_end_do_not_matter_to_the_rows(whole: StreamFile) -> None:
    """Whatever stands behind the end of a stream, its rows are what they were."""
    for junk in (b"\0", b"junk" * 100, whole.path.read_bytes()):
        for suffix in (OPEN, SEALED):
            found, _ = read_until_damage(copy_of(whole, whole.path.read_bytes() + junk, suffix))
            assert found == ROWS


def table_of(stream: StreamFile) -> pa.Table:
    """The stream as the Arrow table that it is."""
    with pa.ipc.open_stream(stream.path) as reader:
        return reader.read_all()


def stream_of(whole: StreamFile, table: pa.Table, suffix: str) -> StreamFile:
    """A stream of this table, as another program or version might have written it."""
    other = copy_of(whole, b"", suffix)
    with pa.OSFile(str(other.path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return other


@pytest.mark.parametrize("suffix", [SEALED, OPEN])
def test_stream_of_other_columns_is_refused_by_name(whole: StreamFile, suffix: str) -> None:
    """An Arrow stream that somebody else wrote is refused by its name, and not taken for an empty one of ours."""
    table = table_of(whole)
    for other in (pa.table({"a": [1]}), table.drop_columns(["reason"]), table.rename_columns([*"abcdefgh", "body"])):
        stream = stream_of(whole, other, suffix)
        with pytest.raises((BadRawError, ForeignStoreError), match=stream.path.name):
            read(stream)


@pytest.mark.parametrize("suffix", [SEALED, OPEN])
def test_stream_of_a_newer_format_is_refused_by_name(whole: StreamFile, suffix: str) -> None:
    """A stream in a newer format is refused by its name as foreign, for the newer program can read it."""
    newer = stream_of(whole, table_of(whole).replace_schema_metadata({"format_version": "2"}), suffix)
    with pytest.raises(ForeignStoreError, match=newer.path.name):
        read(newer)


@pytest.mark.parametrize("suffix", [SEALED, OPEN])
@pytest.mark.parametrize("word", ["kind", "reason"])
def test_word_of_a_newer_version_loses_no_row(tmp_path: Path, suffix: str, word: str) -> None:
    """A kind of row or a reason that only a newer version knows is refused by name; no row is dropped for it."""
    kind: Any = "rumour" if word == "kind" else Kind.ANSWER
    reason: Any = "sunspots" if word == "reason" else None
    newer = write(tmp_path, [ROWS[0], Row(kind, "value/1", replace(ROWS[1].answer, reason=reason)), ROWS[2]])
    found = copy_of(newer, newer.path.read_bytes(), suffix)
    with pytest.raises((BadRawError, ForeignStoreError), match=found.path.name):
        read(found)


def test_open_stream_that_cannot_be_opened_is_not_empty(tmp_path: Path) -> None:
    """An open stream that the disk will not give is an error by name, and is not taken for one that holds nothing."""
    circle = target(tmp_path)
    circle.path.parent.mkdir(parents=True)
    circle.path.symlink_to(circle.path)
    with pytest.raises(PortfolioError, match=circle.path.name):
        read(circle)
