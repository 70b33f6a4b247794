"""Promises seen through Dagster's own webserver and daemon: a schedule, and a backfill that is one run and resumes."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dagster_project.orchestration.home import make_home
from tests.portfolio import Portfolio, day

pytestmark = pytest.mark.every

ROOT = Path(__file__).parents[2]
PATIENCE = 300
"""Seconds for an answer, and for each process to end; a few where nobody shares the machine."""

LOCATION = """
{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus locationOrLoadError {
    ... on RepositoryLocation { repositories { name schedules { name cronSchedule scheduleState { status } } } }
    ... on PythonError { message } } } } } }
"""
LAUNCH = """
mutation ($backfill: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $backfill) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
BACKFILL = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { runs(limit: 50) { runId status } } ... on PythonError { message } } }
"""
GREEN = """
{ assetNodes(assetKeys: [{path: ["store"]}]) { partitionStats { numPartitions numMaterialized }
    assetPartitionStatuses { ... on TimePartitionStatuses { ranges { startKey endKey status } } } } }
"""


DAEMON = """
import sys
from dagster._daemon import controller
controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 2  # between two looks at a backfill: 30 where nobody waits for it
from dagster._daemon.cli import main
sys.argv[0] = "dagster-daemon"
main()
"""


@contextmanager
def dagster(portfolio: Portfolio) -> Iterator[Callable[..., Any]]:
    """Run webserver and daemon as `dagster dev` does, and give a way to ask GraphQL."""
    home = make_home(portfolio.folder / "dagster")
    taken = socket.socket()  # it never listens: nobody else is given its port, and ours may listen there
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    environment = portfolio.environment | {"DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"}
    workspace = str(ROOT / "workspace.yaml")
    commands = [
        ["-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-w", workspace],
        ["-c", DAEMON, "run", "-w", workspace],
    ]
    log = (portfolio.folder / "dagster.log").open("w")
    processes = [
        subprocess.Popen([sys.executable, *command], env=environment, cwd=portfolio.folder, stdout=log, stderr=log)
        for command in commands
    ]

    def ask(query: str, **variables: object) -> Any:  # noqa: ANN401 - whatever GraphQL answers
        answer = httpx.post(
            f"http://127.0.0.1:{port}/graphql",
            json={"query": query, "variables": variables},
            timeout=PATIENCE,
            trust_env=False,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    try:
        yield ask
    except AssertionError as error:
        error.add_note((portfolio.folder / "dagster.log").read_text()[-5000:])
        raise
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=PATIENCE)
        log.close()
        taken.close()


def until(ask: Callable[[], Any], is_good: Callable[[Any], bool], seconds: float = 600) -> Any:  # noqa: ANN401 - as asked
    """Ask until the answer is good."""
    deadline = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = ask()
        except httpx.TransportError:
            last = "no answer yet"
        else:
            if is_good(last):
                return last
        time.sleep(0.5)
    raise AssertionError(f"still not so after {seconds} s: {last}")


def keys(first: int, last: int) -> list[str]:
    """Give the partition keys of a range of days."""
    return [f"{day(number):%Y-%m-%dT%H:%M}" for number in range(first, last + 1)]


def backfill(ask: Callable[..., Any], partitions: list[str]) -> str:
    """Launch a backfill of all assets as the UI does, wait until its run has ended, and give its id."""
    selection = [{"path": [name]} for name in ("credmark", "store", "report")]
    launched = ask(LAUNCH, backfill={"assetSelection": selection, "partitionNames": partitions})
    identity = str(launched["launchPartitionBackfill"]["backfillId"])
    until(lambda: runs(ask, identity), lambda found: bool(found) and {"SUCCESS", "FAILURE"} >= set(found))
    return identity


def runs(ask: Callable[..., Any], identity: str) -> list[str]:
    """Give how each run of a backfill stands."""
    return [str(one["status"]) for one in ask(BACKFILL, id=identity)["partitionBackfillOrError"]["runs"]]


def materialised(ask: Callable[..., Any]) -> list[str]:
    """Give the ranges of the store's partitions that are materialised, as `first..last`."""
    (node,) = ask(GREEN)["assetNodes"]
    ranges = node["assetPartitionStatuses"]["ranges"]
    return [f"{one['startKey']}..{one['endKey']}" for one in ranges if one["status"] == "MATERIALIZED"]


def test_a_backfill_of_thirty_is_one_run_that_resumes(portfolio: Portfolio) -> None:
    """The schedule is listed; thirty partitions are one run; a failure at the twentieth keeps nineteen and resumes."""
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-05-13"'
    portfolio.write()
    month = portfolio.folder / "data" / "simulated" / "raw" / "credmark" / "2026-06"
    month.parent.mkdir(parents=True)
    month.write_text("in the way")
    with dagster(portfolio) as ask:
        entries = until(
            lambda: ask(LOCATION)["workspaceOrError"].get("locationEntries", []),
            lambda found: bool(found) and found[0]["loadStatus"] == "LOADED" and found[0]["locationOrLoadError"],
        )
        assert "repositories" in entries[0]["locationOrLoadError"], entries[0]
        (repository,) = entries[0]["locationOrLoadError"]["repositories"]
        assert entries[0]["name"] == "portfolio_snapshots"
        assert repository["schedules"] == [
            {"name": "every_tick", "cronSchedule": "0 0 * * *", "scheduleState": {"status": "RUNNING"}},
            {"name": "prune_runs_daily", "cronSchedule": "37 3 * * *", "scheduleState": {"status": "RUNNING"}},
        ]
        first = backfill(ask, keys(12, 41))
        assert runs(ask, first) == ["FAILURE"]
        assert materialised(ask) == ["2026-05-13T00:00..2026-05-31T00:00"]
        month.unlink()
        portfolio.forget_requests()
        second = backfill(ask, keys(12, 41))
        assert (runs(ask, first), runs(ask, second)) == (["FAILURE"], ["SUCCESS"])
        assert len(portfolio.requests()) == 11 * 5
        assert materialised(ask) == ["2026-05-13T00:00..2026-06-11T00:00"]
    assert portfolio.query("select count(*) from value_chart() where value_usd is null").rows == [(0,)]
