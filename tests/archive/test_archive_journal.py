"""Promises of the journal: what was told is there in order, a torn line is dropped, damage is seen and named."""

from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import pytest

from dagster_project.archive.journal import Begun, Heeded, Imported, Journal, Stored
from dagster_project.errors import DiskError, ForeignStoreError
from dagster_project.model import Account, Rule

AT = datetime(2026, 5, 1, 0, 0, 0, 1, tzinfo=UTC)
BEGUN = Begun("ab" * 16, "simulated", AT)
STORED = Stored(AT, "0 0 * * *", AT, 90, "cd" * 32, 5, 20, (("credmark", "a"), ("onebalance", "b")))
ACCOUNT = Account("eip155:1:0xab", "0xAB", "lab\nel", ("eip155:1",), since=AT)
RULE = Rule("eip155:1/slip44:60", price_usd=0.1)
EVERY = (BEGUN, Heeded((ACCOUNT,), (RULE,)), STORED, Imported("c"))


def test_what_is_told_is_read_again(tmp_path: Path) -> None:
    """Every kind of entry comes back as it was told, in order, whoever opened the journal in between."""
    assert not Journal(tmp_path / "raw").read().is_there
    for entry in EVERY:
        Journal(tmp_path / "raw").note(entry)
    told = Journal(tmp_path / "raw").read()
    assert (told.entries, told.faults, told.begun) == (EVERY, (), BEGUN)


@pytest.mark.every
def test_a_torn_line_is_as_if_never_told(tmp_path: Path) -> None:
    """Of a line that a kill tore nothing is read, and the next one takes its place."""
    journal = Journal(tmp_path)
    journal.note(BEGUN)
    whole = journal.path.read_bytes()
    journal.note(STORED)
    for length in range(len(whole), journal.path.stat().st_size):
        journal.path.write_bytes(journal.path.read_bytes()[:length] or b"")
        assert journal.read().entries == (BEGUN,)
        journal.note(Imported("next"))
        assert (journal.read().entries, journal.read().faults) == ((BEGUN, Imported("next")), ())
        journal.path.write_bytes(whole)
        journal.note(STORED)


def test_lines_of_any_length_keep_their_numbers(tmp_path: Path) -> None:
    """A line longer than what is read of the end at once does not confuse the count."""
    journal = Journal(tmp_path)
    long = Imported("x" * 300_000)
    for entry in (BEGUN, long, STORED, long, long, STORED):
        journal.note(entry)
    assert journal.read().faults == ()
    assert journal.read().entries == (BEGUN, long, STORED, long, long, STORED)


def test_damage_and_lines_that_are_gone_are_named(tmp_path: Path) -> None:
    """A flipped bit and a line that was taken out are named by their line, and the other lines are read."""
    journal = Journal(tmp_path)
    for entry in EVERY:
        journal.note(entry)
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join([lines[0], lines[1].replace(b"0xab", b"0xac", 1), *lines[2:]]))
    told = journal.read()
    assert told.faults == ((f"{journal.path}, line 2", "it is damaged"),)
    assert told.entries == (BEGUN, *EVERY[2:])
    journal.path.write_bytes(b"".join([lines[0], *lines[2:]]))
    told = journal.read()
    assert told.faults == ((f"{journal.path}, line 2", "lines in front of it are gone"),)
    assert told.entries == (BEGUN, *EVERY[2:])


def test_a_line_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """A line that is whole and not understood belongs to a newer program, and is no damage."""
    journal = Journal(tmp_path)
    journal.replace((), tmp_path / "aside")
    journal.note(BEGUN)
    text = b'1 {"type":"vanished"}'
    journal.path.write_bytes(blake2b(text, digest_size=16).hexdigest().encode() + b" " + text + b"\n")
    with pytest.raises(ForeignStoreError, match="another version"):
        journal.read()


def test_a_journal_is_replaced_whole(tmp_path: Path) -> None:
    """A journal that is written anew holds what it is given, and the one before is kept beside."""
    journal = Journal(tmp_path)
    journal.note(STORED)
    was = journal.path.read_bytes()
    journal.replace(EVERY, tmp_path / "aside")
    assert journal.read().entries == EVERY
    assert (tmp_path / "aside").read_bytes() == was
    journal.note(STORED)
    assert journal.read().entries == (*EVERY, STORED)


def test_a_disk_that_refuses_says_so(tmp_path: Path) -> None:
    """Where the folder cannot be written, nothing is told, and the error names the file."""
    (tmp_path / "raw").write_text("a file where a folder should be")
    with pytest.raises(DiskError, match=r"journal\.txt"):
        Journal(tmp_path / "raw").note(BEGUN)
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
