"""Promises of accidents with Dagster's own processes: what is stored is there once, and no slot stays held."""

from collections.abc import Callable
from functools import partial
from typing import Any

import dagster as dg
import pytest

from dagster_project.orchestration.home import open_instance
from tests.orchestration.test_dagster import green, key
from tests.orchestration.test_slots import holders, launched, status
from tests.orchestration.test_webserver import LAUNCH, LOCATION, dagster, keys, runs, until
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address
from tests.snapshot.test_attempts_once import journalled, stored

pytestmark = pytest.mark.every

TERMINATE = """
mutation ($id: String!) { terminateRun(runId: $id) { __typename } }
"""
DELETE = """
mutation ($id: String!) { deletePipelineRun(runId: $id) { __typename } }
"""
RELOAD = """
mutation { reloadRepositoryLocation(repositoryLocationName: "portfolio_snapshots") { __typename } }
"""


def backfill(ask: Callable[..., Any], first: int, last: int) -> str:
    """Launch a backfill of one provider with its store, as the UI does; gives its id."""
    selection = [{"path": [name]} for name in ("credmark", "store")]
    launched = ask(LAUNCH, backfill={"assetSelection": selection, "partitionNames": keys(first, last)})
    return str(launched["launchPartitionBackfill"]["backfillId"])


def is_whole(portfolio: Portfolio) -> None:
    """Every attempt is stored once, the journal says so, and store, raw answers and published file are one."""
    assert sorted(set(stored(portfolio))) == sorted(stored(portfolio))
    assert sorted(journalled(portfolio)) == sorted(stored(portfolio))
    assert portfolio.command("check").returncode == 0
    done = portfolio.command("verify")
    assert done.returncode == 0, done.stdout


@pytest.mark.every
def test_overlapping_backfills_behind_a_terminated_run(portfolio: Portfolio) -> None:
    """A run terminated in mid-run, two overlapping backfills at once, a reload and a deleted run lose nothing."""
    portfolio.write()
    slow = {"account": address("cold"), "at": int(day(1).timestamp())}
    portfolio.simulator.order("slow_first_byte", **slow, seconds=3_600)
    with dagster(portfolio) as ask, open_instance(portfolio.folder / "dagster") as own:
        until(
            lambda: ask(LOCATION)["workspaceOrError"].get("locationEntries", []),
            lambda found: bool(found) and found[0]["loadStatus"] == "LOADED",
        )
        cancelled = launched(ask, 1)
        until(portfolio.answers_kept, lambda kept: kept == 4)
        assert ask(TERMINATE, id=cancelled)["terminateRun"]["__typename"] == "TerminateRunSuccess"
        until(lambda: status(own, cancelled), lambda found: found is dg.DagsterRunStatus.CANCELED)
        portfolio.simulator.clear_faults()
        portfolio.simulator.order("slow_first_byte", **slow, seconds=6)
        backfills = [backfill(ask, 0, 2), backfill(ask, 1, 3)]
        assert ask(RELOAD)["reloadRepositoryLocation"]["__typename"] == "WorkspaceLocationEntry"
        for one in backfills:
            ended = partial(runs, ask, one)
            assert until(ended, lambda found: bool(found) and {"SUCCESS", "FAILURE"} >= set(found)) == ["SUCCESS"]
        until(lambda: green(own, "store"), lambda found: found == {key(number) for number in range(4)})
        until(lambda: holders(own), lambda found: found == set())
        is_whole(portfolio)
        assert ask(DELETE, id=cancelled)["deletePipelineRun"]["__typename"] == "DeletePipelineRunSuccess"
        last = launched(ask, 4)
        until(lambda: status(own, last), lambda found: found is dg.DagsterRunStatus.SUCCESS)
        is_whole(portfolio)
    assert portfolio.query("select count(*), count(value_usd) from value_chart()").rows == [(5, 5)]
