"""Promises about the file that holds a key's use: it tells nothing of the key, and nothing that befalls it is fatal."""

import fcntl
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.sources.access import Access
from dagster_project.sources.limits import KeyLimiter, KeyState, state_path
from tests.sources import other_processes
from tests.sources.asking import ONCE, ask, run
from tests.sources.misbehaviour import BODY
from tests.sources.scripted_server import reply, serving

KEY = "marked-key-0f7e"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def mode(path: Path) -> int:
    """Who may do what."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_lies_in_the_state_folder(state_home: Path) -> None:
    """The state lies under XDG_STATE_HOME, in a folder of this project."""
    assert state_path("host", KEY).parent == state_home / "portfolio-snapshots" / "limits"


def test_nothing_tells_the_key(state_home: Path) -> None:
    """Neither names nor contents of the files hold the key or the host, whole or as hexadecimal digits."""
    state = KeyState(state_path("gateway.example.com", KEY))
    state.spend(10, NOW)
    run(KeyLimiter(state, 100).wait())
    state.close()
    files = [path for path in state_home.rglob("*") if path.is_file()]
    assert len(files) == 1
    told = str(files[0].relative_to(state_home)).encode() + files[0].read_bytes()
    for secret in (KEY.encode(), KEY.encode().hex().encode(), b"gateway"):
        assert secret not in told


def test_keys_and_hosts_have_files_of_their_own() -> None:
    """Another key, another host, or a part of one moved into the other is another file; the same is the same."""
    paths = [state_path(*pair) for pair in (("host", "key"), ("host", "key2"), ("host2", "key"), ("hostk", "ey"))]
    assert len(set(paths)) == 4
    assert state_path("host", "key") == paths[0]


@pytest.mark.parametrize("key", ["../../../../tmp/escaped", "a/b", "\0", "é" * 500, ""])
def test_a_key_never_leads_elsewhere(state_home: Path, key: str) -> None:
    """Whatever the letters of a key, its file lies in the folder of limits."""
    state = KeyState(state_path("host", key))
    assert state.spend(None, NOW)
    state.close()
    assert [path.parent for path in state_home.rglob("*") if path.is_file()] == [
        state_home / "portfolio-snapshots" / "limits"
    ]


def test_only_the_owner_may_look() -> None:
    """The file is for its owner alone, and so is its folder, even where everything else is made for all."""
    path = state_path("host", KEY)
    before = os.umask(0)
    try:
        KeyState(path).close()
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"\xff" * 23, b"\0" * 24, b"\xff" * 24, b"\x80" + b"\0" * 23, b"{}" * 500],
    ids=["empty", "a byte", "torn", "zeros", "ones", "small", "something else"],
)
def test_a_spoiled_file_is_harmless(tmp_path: Path, content: bytes) -> None:
    """A file that is empty, torn or no state at all is begun anew: the key can be used, and counts again."""
    path = tmp_path / "key"
    path.write_bytes(content)
    state = KeyState(path)
    with serving(reply(200, BODY)) as server:
        access = Access(server.url, requests_per_second=50, monthly_quota=10, key_state=state, patience=ONCE)
        assert ask(access, seconds=20).answer.reason is None
    state = KeyState(path)
    assert state.spent(datetime.now(UTC)) == 1
    state.close()


def test_a_file_that_vanished_is_harmless(tmp_path: Path) -> None:
    """Somebody who clears the folder while a key is in use stops nobody."""
    state = KeyState(tmp_path / "key")
    (tmp_path / "key").unlink()
    assert state.spend(10, NOW)
    assert state.spent(NOW) == 1
    state.close()


def test_an_error_while_changing_leaves_all_as_it_was(tmp_path: Path) -> None:
    """Where a change fails half way nothing of it is written, and the lock is free again."""
    state, other = KeyState(tmp_path / "key"), KeyState(tmp_path / "key")
    state.spend(None, NOW)

    def fail() -> None:
        with state.change() as use:
            use.requests = 99
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert other.spent(NOW) == 1
    state.close()
    other.close()


def test_a_killed_holder_blocks_nobody(tmp_path: Path) -> None:
    """A process that is killed while it holds the lock holds up no other, and nothing of its change is seen."""
    path = tmp_path / "key"
    state = KeyState(path)
    state.spend(None, NOW)
    is_held = other_processes.SPAWN.Event()
    with other_processes.started(1, other_processes.hold, path, is_held) as (holder,):
        assert is_held.wait(60)
        with path.open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        holder.kill()
        began = time.monotonic()
        assert state.spend(2, NOW)
        assert time.monotonic() - began < 20
    assert state.spent(NOW) == 2
    state.close()
