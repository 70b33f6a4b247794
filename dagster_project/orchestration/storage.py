"""Dagster's run history in SQLite, with engines kept open. Writing an event takes a quarter of the CPU time.

Dagster's default storage creates an engine and a connection for each event and checkpoints the file when it closes
them. Files and schema are Dagster's own, so either storage opens what the other wrote. dagster.yaml names this class.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from dagster._core.event_api import EventHandlerFn
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (  # no public names
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

MOST_ENGINES = 16
"""Per storage: each run has its own file. The least recently used engine is closed first."""

_Identity = tuple[int, int] | None


class Engines:
    """Engines by database file. An engine is replaced when another file takes the path."""

    def __init__(self, *, is_durable: bool) -> None:
        """Open nothing yet; `is_durable` syncs the write-ahead log at each commit, not only at checkpoints."""
        self._is_durable = is_durable
        self._kept: OrderedDict[Path, tuple[_Identity, Engine]] = OrderedDict()
        self._opened: set[Path] = set()
        self._lock = Lock()

    def get(self, path: Path, url: str) -> tuple[Engine, bool]:
        """Return the engine of a file, and whether its schema has to be checked.

        An empty file is created where none is. A schema is checked once a process, and whenever the file is empty.
        """
        with self._lock:
            kept = self._kept.pop(path, None)
            if kept is not None and kept[0] == _identity(path):
                self._kept[path] = kept
                return kept[1], False
            if kept is not None:
                kept[1].dispose()
            path.touch()
            is_new = path not in self._opened or not path.stat().st_size
            self._opened.add(path)
            engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
            if not self._is_durable:
                event.listen(engine, "connect", _sync_at_checkpoints)
            self._kept[path] = (_identity(path), engine)
            while len(self._kept) > MOST_ENGINES:
                self._kept.popitem(last=False)[1][1].dispose()
            return engine, is_new

    def dispose(self) -> None:
        """Close all connections."""
        with self._lock:
            while self._kept:
                self._kept.popitem()[1][1].dispose()


def _identity(path: Path) -> _Identity:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _sync_at_checkpoints(connection: Any, _: object) -> None:  # noqa: ANN401 - of the DBAPI
    connection.execute("pragma synchronous = normal")


class KeptEventLogStorage(SqliteEventLogStorage):
    """Events of runs. A power failure may lose the last of them; the portfolio's own history is not here."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Use the files below `base_dir`."""
        self._engines = Engines(is_durable=False)
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        path = Path(self.path_for_shard(shard))
        with self._db_lock:
            engine, is_new = self._engines.get(path, self.conn_string_for_shard(shard))
            if is_new:
                self._initdb(engine)
            with engine.begin() as connection:
                yield connection

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Report new events of a run to `callback`; a change of the write-ahead log counts as a change of the file."""
        observer: Any = self._obs
        if observer is None:
            observer = Observer()
            observer.start()
            self._obs = observer
        watchdog = _Watchdog(self, run_id, callback, cursor)
        self._watchers[run_id][callback] = (watchdog, observer.schedule(watchdog, self._base_dir, recursive=True))

    def dispose(self) -> None:
        """Stop watching and close all connections."""
        super().dispose()
        self._engines.dispose()


class _Watchdog(SqliteEventLogStorageWatchdog):
    """Reads new events when the file of the run or its write-ahead log changes."""

    @property
    def patterns(self) -> list[str]:
        """The files to watch."""
        return [self._log_path, f"{self._log_path}-wal"]

    def on_modified(self, event: FileSystemEvent) -> None:
        """Report the events that came since the last change."""
        del event
        self._process_log()


class KeptRunStorage(SqliteRunStorage):
    """Runs and their status, synced at each commit."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Use the file of this URL."""
        self._engines = Engines(is_durable=True)
        super().__init__(conn_string, inst_data)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection inside a transaction."""
        path = Path(self._conn_string.removeprefix("sqlite:///"))
        engine, _ = self._engines.get(path, self._conn_string)
        with engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close all connections."""
        super().dispose()
        self._engines.dispose()


class KeptStorage(DagsterSqliteStorage):
    """The storage of an instance: events and runs with kept engines, schedules and sensors as by default."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Use the same files below `base_dir` as the default storage, whose own `__init__` would open them twice."""
        self.base_dir = base_dir
        self._run_storage = KeptRunStorage.from_local(str(Path(base_dir) / "history"))
        self._event_log_storage = KeptEventLogStorage(str(Path(base_dir) / "history" / "runs"))
        self._schedule_storage = SqliteScheduleStorage.from_local(str(Path(base_dir) / "schedules"))
        self._inst_data = inst_data
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call] # Dagster's own

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "KeptStorage":
        """Create it as dagster.yaml configures it."""
        return cls.from_local(inst_data=inst_data, **config_value)
