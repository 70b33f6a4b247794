"""Tests of Dagster's run storage with kept engines: same files as the default, nothing lost, few open files."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from operator import le
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from dagster_project.orchestration.home import make_home, open_instance
from dagster_project.orchestration.storage import MOST_ENGINES, KeptEventLogStorage, KeptRunStorage
from tests.orchestration.test_webserver import until

pytestmark = pytest.mark.slow

ASSET = dg.AssetKey("a")

WRITER = """
import sys, time
from pathlib import Path
import dagster as dg
from dagster_project.orchestration.home import open_instance
with open_instance(Path(sys.argv[1])) as instance:
    for number in range(int(sys.argv[2])):
        instance.report_runless_asset_event(dg.AssetMaterialization("a", partition=str(number)))
    print("written", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Open an instance as the shipped dagster.yaml configures it."""
    with open_instance(make_home(tmp_path / "home")) as opened:
        yield opened


def write(instance: dg.DagsterInstance, *partitions: int) -> None:
    """Report a materialisation of each partition."""
    for number in partitions:
        instance.report_runless_asset_event(dg.AssetMaterialization("a", partition=str(number)))


def written(instance: dg.DagsterInstance) -> set[str]:
    """Return the partitions that are materialised."""
    return set(instance.get_materialized_partitions(ASSET))


def run_in(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """Execute a job of one op."""

    @dg.op
    def only() -> None:
        pass

    @dg.job
    def nothing() -> None:
        only()

    return nothing.execute_in_process(instance=instance).dagster_run


def default_storage(home: Path) -> SqliteEventLogStorage:
    """Open the events as Dagster's own class does."""
    return SqliteEventLogStorage(str(home / "history" / "runs"))


def test_the_shipped_configuration_uses_it(instance: dg.DagsterInstance) -> None:
    """An instance of the shipped dagster.yaml keeps its engines."""
    assert isinstance(instance.event_log_storage, KeptEventLogStorage)
    assert isinstance(instance.run_storage, KeptRunStorage)


def test_files_are_those_of_the_default_storage(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """Either storage reads what the other wrote, while both are open."""
    write(instance, 1)
    default = default_storage(tmp_path / "home")
    default.register_instance(instance)
    assert default.get_materialized_partitions(ASSET) == {"1"}
    run = run_in(instance)
    names = [one.dagster_event_type for one in default.get_logs_for_run(run.run_id)]
    assert names == [one.dagster_event_type for one in instance.all_logs(run.run_id)]
    assert dg.DagsterEventType.RUN_SUCCESS in names
    default.store_event(instance.all_logs(run.run_id)[-1])
    assert len(instance.all_logs(run.run_id)) == len(names) + 1


def test_a_file_that_was_removed_is_begun_anew(instance: dg.DagsterInstance) -> None:
    """Where another process removed the file of a run, later events go into a new file and are read from it."""
    storage = instance.event_log_storage
    assert isinstance(storage, KeptEventLogStorage)
    run = run_in(instance)
    last = instance.all_logs(run.run_id)[-1]
    for suffix in ("", "-wal", "-shm"):
        Path(storage.path_for_shard(run.run_id) + suffix).unlink(missing_ok=True)
    assert instance.all_logs(run.run_id) == []
    storage.store_event(last)
    assert [one.timestamp for one in instance.all_logs(run.run_id)] == [last.timestamp]


def test_few_files_stay_open(instance: dg.DagsterInstance) -> None:
    """However many runs there are, only some of their files stay open."""
    for _ in range(MOST_ENGINES + 8):
        run_in(instance)
    held = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.exists()]
    runs = {one.removesuffix("-wal").removesuffix("-shm") for one in held if "/history/runs/" in one}
    assert 1 < len(runs) <= MOST_ENGINES


def test_a_watcher_sees_events_of_another_process(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    """Events that another process writes reach a watcher at once, though that process keeps its connection open."""
    run = run_in(instance)
    last = instance.all_logs(run.run_id)[-1]
    before = len(instance.all_logs(run.run_id))
    seen: list[str] = []
    with open_instance(tmp_path / "home") as other:
        other.watch_event_logs(run.run_id, None, lambda event, _: seen.append(event.run_id))
        for more in range(1, 4):
            instance.event_log_storage.store_event(last)
            until(lambda: len(seen), partial(le, before + more), 60)


def test_a_killed_process_loses_no_event(tmp_path: Path) -> None:
    """Each event that was written before a process was killed is read by the next one."""
    home = make_home(tmp_path / "home")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), "20"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    with open_instance(home) as instance:
        assert written(instance) == {str(number) for number in range(20)}


def test_threads_and_processes_write_at_once(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    """Events of four threads and of another process are all there."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "home"), "25"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        numbers = [range(100 * place, 100 * place + 25) for place in range(1, 5)]
        threads = [threading.Thread(target=write, args=(instance, *some)) for some in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.kill()
    assert written(instance) == {str(number) for some in (*numbers, range(25)) for number in some}
