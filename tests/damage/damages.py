"""Ways in which a file of a history is damaged, by name; each is seeded, and gives the file that it damaged.

What verbs make of it is stated in the tests; what a history at rest has is tests/injection/ground.py.
"""

import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tests.injection.calls import How
from tests.injection.ground import Ground
from tests.injection.server import Injected
from tests.portfolio import Portfolio

HEADER, BLOCK = 4096, 262_144
"""Sizes in a DuckDB file: three headers come first, then blocks, each behind a checksum of eight bytes."""

Change = Callable[[bytes, random.Random], bytes | None]


class Before(StrEnum):
    """What the history is that is damaged: at rest, with the log of a killed run, or with that log put back later.

    `KEPT` is one at rest that also keeps what a real one does: a fetched token list, a key's pace, the user's cache.
    """

    REST = "at rest"
    KEPT = "kept"
    KILLED = "killed"
    STALE = "stale"


@dataclass(frozen=True)
class Damage:
    """One class of damage: to which file of a portfolio, and what becomes of its bytes (None: it is gone).

    `told_as` stands for the file's name where only its consequence can be seen, as of lines that are gone.
    """

    name: str
    find: Callable[[Portfolio], Path]
    change: Change
    before: Before = Before.REST
    told_as: str = ""

    @property
    def kind(self) -> str:
        """The kind of file that is damaged."""
        return self.name.partition(":")[0]

    def do(self, portfolio: Portfolio, chance: random.Random) -> Path:
        """Damage the file, and give its path."""
        path = self.find(portfolio)
        changed = self.change(path.read_bytes() if path.exists() else b"", chance)
        if changed is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(changed)
        return path


def flipped(first: float = 0.0, last: float = 1.0) -> Change:
    """Flip one bit somewhere between two places: shares of the file up to 1, bytes above."""

    def change(content: bytes, chance: random.Random) -> bytes:
        low, high = (int(at * len(content)) if at <= 1 else int(at) for at in (first, last))
        return _flip(content, chance.randrange(low, max(high, low + 1)), chance)

    return change


def _flip(content: bytes, place: int, chance: random.Random) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _in_a_block(first: int, last: int) -> Change:
    def change(content: bytes, chance: random.Random) -> bytes:
        blocks = (len(content) - 3 * HEADER) // BLOCK
        begin = 3 * HEADER + chance.randrange(blocks) * BLOCK
        return _flip(content, begin + chance.randrange(first, last), chance)

    return change


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content))]


def _empty(_: bytes, __: random.Random) -> bytes:
    return b""


def _gone(_: bytes, __: random.Random) -> None:
    return None


def _garbage(content: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(max(len(content), 20_000))


def _zeroed(content: bytes, chance: random.Random) -> bytes:
    """Zero a page, as a disk does that lost it."""
    begin = chance.randrange(len(content)) // HEADER * HEADER
    page = content[begin : begin + HEADER]
    return content[:begin] + bytes(len(page)) + content[begin + len(page) :]


def _all_zero(content: bytes, _: random.Random) -> bytes:
    return bytes(len(content))


def _other_version(content: bytes, chance: random.Random) -> bytes:
    """Name a storage version that no DuckDB has yet, behind checksum and the word DUCK."""
    version = chance.randrange(100, 200).to_bytes(8, "little")
    return content[:12] + version + content[20:]


def _of_another_program(content: bytes, chance: random.Random) -> bytes:
    del content, chance
    return duckdb_file("create table mine as select 1 as one")


def duckdb_file(sql: str, suffix: str = "") -> bytes:
    """Give the bytes of a database that somebody else made, or of its log while it is open (`.wal`)."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "other.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute(sql)
            if suffix:
                return Path(f"{path}{suffix}").read_bytes()
        return path.read_bytes()


def foreign_log() -> bytes:
    """Give the write-ahead log of another database."""
    return duckdb_file("create table mine as select range as one from range(50)", ".wal")


def _sqlite(_: bytes, __: random.Random) -> bytes:
    return b"SQLite format 3\0" + bytes(4080)


def _line_lost(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def _format_version(content: bytes, _: random.Random) -> bytes:
    return content.replace(b"format_version", b"format_versioN")


def _store(portfolio: Portfolio) -> Path:
    return portfolio.store


def _log(portfolio: Portfolio) -> Path:
    return portfolio.store.with_name(f"{portfolio.store.name}.wal")


def _published(portfolio: Portfolio) -> Path:
    return portfolio.published


def _stream(portfolio: Portfolio) -> Path:
    return sorted((portfolio.store.parent / "raw" / "credmark").rglob("*.arrows"))[1]


def _kept_import(portfolio: Portfolio) -> Path:
    return next((portfolio.store.parent / "raw" / "imports").rglob("*.arrows"))


def _journal(portfolio: Portfolio) -> Path:
    return portfolio.store.parent / "raw" / "journal.txt"


def _closing(portfolio: Portfolio) -> Path:
    return next((portfolio.store.parent / "closings").glob("*.json"))


def _alarms(portfolio: Portfolio) -> Path:
    return portfolio.store.with_name("alerts.json")


def _lock(name: str) -> Callable[[Portfolio], Path]:
    return lambda portfolio: portfolio.store.with_name(name)


def _pace(portfolio: Portfolio) -> Path:
    return next((portfolio.folder / "state").rglob("limits/*"))


def _template(portfolio: Portfolio) -> Path:
    return next((portfolio.folder / "cache").rglob("store-*.duckdb"))


def _token_list(portfolio: Portfolio) -> Path:
    return next((portfolio.store.parent / "fetched").iterdir())


def _database(kind: str, find: Callable[[Portfolio], Path]) -> tuple[Damage, ...]:
    changes: dict[str, Change] = {
        "flipped in the main header": flipped(0, HEADER),
        "flipped in a database header": flipped(HEADER, 3 * HEADER),
        "flipped in a block's checksum": _in_a_block(0, 8),
        "flipped in a block's head": _in_a_block(8, 64),
        "flipped in a block": _in_a_block(64, BLOCK),
        "flipped in the last block": flipped(0.976, 1.0),
        "a page zeroed": _zeroed,
        "cut": _cut,
        "cut in the headers": lambda content, chance: content[: chance.randrange(1, 3 * HEADER)],
        "empty": _empty,
        "all zero": _all_zero,
        "garbage": _garbage,
        "of another storage version": _other_version,
        "of another program": _of_another_program,
        "an SQLite file": _sqlite,
    }
    return tuple(Damage(f"{kind}: {name}", find, change) for name, change in changes.items())


def _text(kind: str, find: Callable[[Portfolio], Path], **more: Change) -> tuple[Damage, ...]:
    changes: dict[str, Change] = {
        "flipped": flipped(),
        "cut": _cut,
        "empty": _empty,
        "all zero": _all_zero,
        "garbage": _garbage,
        **{name.replace("_", " "): change for name, change in more.items()},
    }
    return tuple(Damage(f"{kind}: {name}", find, change) for name, change in changes.items())


LOGS = (
    Damage("log: flipped", _log, flipped(), Before.KILLED, "the store does not know"),
    Damage("log: flipped in its head", _log, flipped(0, 64), Before.KILLED, "the store does not know"),
    Damage("log: cut", _log, _cut, Before.KILLED, "the store does not know"),
    Damage("log: a page zeroed", _log, _zeroed, Before.KILLED, "the store does not know"),
    Damage("log: all zero", _log, _all_zero, Before.KILLED, "the store does not know"),
    Damage("log: empty", _log, _empty, Before.KILLED, "the store does not know"),
    Damage("log: garbage", _log, _garbage),
    Damage("log: foreign", _log, lambda _, __: foreign_log()),
    Damage("log: stale", _log, lambda content, _: content, Before.STALE),
)
"""Damage to the write-ahead log that a killed run left, and logs that are not the store's."""

LOCKS = tuple(
    Damage(f"lock: {name}, {how}", _lock(name), change)
    for name in ("store.duckdb.lock", "live.lock", "rebuild.lock", "alerts.lock")
    for how, change in {
        "garbage": _garbage,
        "the name of another machine": lambda _, __: b"elsewhere 3c5d1a52-0000-0000-0000-000000000000\n",
    }.items()
)
"""What stands in a lock file of a local disk; that the file is there, or not, is no damage."""

DAMAGES = (
    *_database("store", _store),
    *LOGS,
    *_database("published", _published),
    *_text("raw", _stream, gone=_gone, of_another_version=_format_version),
    *_text("imported", _kept_import, gone=_gone),
    *(
        replace(one, told_as="only in the store")
        for one in _text("journal", _journal, gone=_gone, a_line_lost=_line_lost)
    ),
    *_text("closing", _closing, gone=_gone),
    *_text("alarms", _alarms, gone=_gone),
    *LOCKS,
    *(replace(one, before=Before.KEPT) for one in _text("pace", _pace, gone=_gone)),
    *(replace(one, before=Before.KEPT) for one in _text("template", _template, gone=_gone)),
    *(replace(one, before=Before.KEPT, told_as="tokens.json") for one in _text("token list", _token_list, gone=_gone)),
)


def killed(ground: Ground, folder: Path) -> Portfolio:
    """Give a copy in which a run was killed when it had committed and not yet closed: it left a log with that."""
    counted = ground.copy(folder.with_name(f"{folder.name}.counted"))
    calls = ground.run(counted, "snapshot", Injected(How.COUNT)).calls
    name = f"{counted.store.name}.wal"
    written = next(number for number, call in enumerate(calls, 1) if call.path.name == name and call.name == "fsync")
    portfolio = ground.copy(folder)
    ended = ground.run(portfolio, "snapshot", Injected(How.KILL_BEFORE, written + 1))
    assert ended.code == -signal.SIGKILL, ended
    assert _log(portfolio).exists()
    return portfolio


def stale(ground: Ground, left: Portfolio, folder: Path) -> Portfolio:
    """Give a copy of what a killed run left that was gone on with, and then got the log back."""
    shutil.copytree(left.folder, folder)
    portfolio = ground.at(folder)
    assert ground.run(portfolio, "snapshot").code in (0, 3)
    shutil.copyfile(_log(left), _log(portfolio))
    return portfolio
