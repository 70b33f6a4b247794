"""Promises of the layout: whose a stream is can be told from its place, and exactly those asked for are found."""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.archive import layout
from dagster_project.archive.layout import OPEN, SEALED, StreamFile, find_streams, new_attempt_id, open_file
from dagster_project.errors import PortfolioError
from tests.archive.streams import AS_OF, ROOT

HOUR = timedelta(hours=1)
EDGES = [
    datetime(2025, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 1, 31, 23, 59, tzinfo=UTC),
    datetime(2026, 2, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 2, 28, 12, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
]
SHORT = "20230626T150030000007Z-abcdef"
"""A name as attempts had it when they were told apart by fewer digits."""

START = datetime(2025, 11, 1, tzinfo=UTC)
INSTANTS = st.sampled_from(EDGES) | st.integers(0, 657_000).map(lambda minutes: START + timedelta(minutes=minutes))
STREAMS = st.lists(st.tuples(INSTANTS, st.sampled_from(["credmark", "onebalance"]), st.booleans()), max_size=12)


def touch(
    raw: Path, as_of: datetime, provider: str = "credmark", attempt_id: str = "a1", *, is_open: bool = False
) -> StreamFile:
    """Lay an empty file where a stream lies."""
    stream = open_file(raw, provider, as_of, attempt_id)
    path = stream.path if is_open else stream.sealed_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return StreamFile(path, provider, as_of, attempt_id)


@pytest.mark.parametrize("hours", [-10, 0, 2, 13])
def test_stream_lies_under_its_provider_and_month(tmp_path: Path, hours: int) -> None:
    """A stream lies in the folder of its provider and UTC month and is named by its instant and attempt."""
    as_of = datetime(2026, 5, 1, 0, 0, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    stream = open_file(tmp_path, "credmark", as_of, "a1")
    assert stream.path == tmp_path / "credmark" / "2026-05" / "2026-05-01T0000__a1.arrows.part"
    assert stream.sealed_path == tmp_path / "credmark" / "2026-05" / "2026-05-01T0000__a1.arrows"
    assert (stream.as_of, stream.as_of.tzinfo, stream.is_open) == (as_of, UTC, True)
    assert (OPEN, SEALED) == (".arrows.part", ".arrows")
    assert not StreamFile(stream.sealed_path, "credmark", as_of, "a1").is_open


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    """Where no stream was ever written none is found, without an error."""
    assert find_streams(tmp_path / "raw", "credmark", EDGES[0], EDGES[-1]) == []
    (tmp_path / "credmark").mkdir()
    assert find_streams(tmp_path, "credmark", EDGES[0], EDGES[-1]) == []


@given(STREAMS, INSTANTS, INSTANTS, st.integers(-12, 14))
@settings(database=None, deadline=None, max_examples=60)
def test_exactly_the_streams_of_the_range_are_found(
    laid: list[tuple[datetime, str, bool]], since: datetime, until: datetime, hours: int
) -> None:
    """Of many streams those of the provider from one instant to the other are found, both included, oldest first."""
    zone = timezone(timedelta(hours=hours))
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder)
        all_of_them = [
            touch(raw, as_of, provider, f"a{index:02}", is_open=is_open)
            for index, (as_of, provider, is_open) in enumerate(laid)
        ]
        found = find_streams(raw, "credmark", since.astimezone(zone), until.astimezone(zone))
    wanted = [one for one in all_of_them if one.provider == "credmark" and since <= one.as_of <= until]
    assert found == sorted(wanted, key=lambda one: (one.as_of, one.attempt_id))


@pytest.mark.parametrize("border", EDGES, ids=str)
def test_both_ends_of_a_range_belong_to_it(tmp_path: Path, border: datetime) -> None:
    """A stream at the first or at the last instant of a range is found, at the borders of months and years too."""
    for as_of in EDGES:
        touch(tmp_path, as_of)
    stream = open_file(tmp_path, "credmark", border, "a1")
    for since, until in ((border, border), (border, border + HOUR), (border - HOUR, border)):
        assert stream.sealed_path in [one.path for one in find_streams(tmp_path, "credmark", since, until)]
    minute = timedelta(minutes=1)
    for since, until in ((border + minute, EDGES[-1] + HOUR), (EDGES[0] - HOUR, border - minute)):
        assert stream.sealed_path not in [one.path for one in find_streams(tmp_path, "credmark", since, until)]


def test_attempts_at_one_instant_are_found_in_their_order(tmp_path: Path) -> None:
    """Attempts at one instant come in the order of their names, sealed and open ones among each other."""
    names = [SHORT, *(new_attempt_id() for _ in range(5))]
    for index in (3, 0, 5, 1, 4, 2):
        touch(tmp_path, AS_OF, attempt_id=names[index], is_open=index % 2 == 0)
    found = find_streams(tmp_path, "credmark", AS_OF, AS_OF)
    assert [one.attempt_id for one in found] == sorted(names)
    assert [one.is_open for one in found] == [names.index(one.attempt_id) % 2 == 0 for one in found]


def test_provider_whose_name_begins_alike_is_another(tmp_path: Path) -> None:
    """A provider's streams are its own, although another's name begins like its."""
    touch(tmp_path, AS_OF, "credmark_v2")
    touch(tmp_path, AS_OF, "credmar")
    assert find_streams(tmp_path, "credmark", AS_OF, AS_OF) == []


STRAYS = [
    "2026-05/.DS_Store",
    "2026-05/notes.txt",
    "2026-05/2026-05-01T0000.arrows",
    "2026-05/2026-05-01T0000__a1 (1).arrows.bak",
    "2026-05/x__y.arrows",
    "2026-05/copy of 2026-05-01T0000__a1.arrows",
    "2026-05/2026-13-41T9999__a1.arrows",
    "2026-05/__.arrows.part",
    "README.md",
    "2026-05.tar",
    "2026-06",
    ".hidden/2026-05-01T0000__a1.arrows",
    "2026-05-backup/2026-05-01T0000__a1.arrows",
    "2026-05 (copy)/2026-05-01T0000__a1.arrows",
]


def test_what_does_not_belong_there_is_no_stream(tmp_path: Path) -> None:
    """Whatever else lies among the streams is passed over, or refused by its name; it stops nobody by surprise."""
    surprises = {}
    for index, stray in enumerate(STRAYS):
        raw = tmp_path / str(index)
        stream = touch(raw, AS_OF)
        path = raw / "credmark" / stray
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
        try:
            found = find_streams(raw, "credmark", AS_OF - HOUR, AS_OF + timedelta(days=40))
        except PortfolioError as error:
            found = [stream] if path.name in str(error) else []
        except (OSError, ValueError) as error:
            surprises[stray] = repr(error)
            continue
        if found != [stream]:
            surprises[stray] = str(found)
    assert surprises == {}


def test_attempt_ids_never_meet_and_sort_by_time() -> None:
    """A hundred thousand attempts in a row have as many names, and names sort by the time of the wall."""
    before = datetime.now(UTC)
    names = [new_attempt_id() for _ in range(100_000)]
    after = datetime.now(UTC)
    assert len(set(names)) == len(names)
    times = [name.partition("-")[0] for name in names]
    assert times == sorted(times)
    assert f"{before:%Y%m%dT%H%M%S%fZ}" <= times[0] <= times[-1] <= f"{after:%Y%m%dT%H%M%S%fZ}"
    assert {len(name) for name in names} == {len(names[0])}


def test_attempt_ids_of_one_microsecond_never_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand attempts of which the clock says that they are of one instant have as many names."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2026, 5, 1, tzinfo=tz)

    monkeypatch.setattr(layout, "datetime", Stopped)
    names = [new_attempt_id() for _ in range(100_000)]
    assert len({name.partition("-")[0] for name in names}) == 1
    assert len(set(names)) == len(names)


def test_attempt_ids_of_several_processes_never_meet() -> None:
    """Processes that start attempts at the same time give them different names."""
    code = "from dagster_project.archive.layout import new_attempt_id\nfor _ in range(20_000): print(new_attempt_id())"
    running = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    names = [name for process in running for name in process.communicate()[0].split()]
    assert len(set(names)) == len(names) == 40_000
