"""Put the definitions together for given settings: the step, jobs, schedules, sensors, an executor without overhead.

Importing this does nothing; definitions.py calls it with the settings of the place.
"""

import warnings
from collections.abc import Callable

import dagster as dg

from dagster_project.orchestration.assets import report_asset, snapshot_asset
from dagster_project.orchestration.partitions import instants
from dagster_project.orchestration.prune import prune_job, prune_schedule
from dagster_project.orchestration.sensors import sensors
from dagster_project.settings.load import Settings

JOB = "snapshot"

QUIET = {"loggers": {"console": {"config": {"log_level": "INFO"}}}}
"""Dagster's own events are DEBUG on the console; they all stand in its event log."""


def build(settings: Settings, said: Callable[[str], None] | None = None, *, is_guest: bool = False) -> dg.Definitions:
    """Make everything that the code location holds; `said` hears how a run goes on, beside Dagster's own log.

    As a guest in another project's code location nothing of it drops or reports what is that project's own.
    """
    partitions = instants(settings)
    with warnings.catch_warnings():
        # Partitioned asset checks are marked as a preview, single-run backfills as beta; both are covered by tests.
        warnings.filterwarnings("ignore", category=dg.PreviewWarning)
        warnings.filterwarnings("ignore", category=dg.BetaWarning)
        asset = snapshot_asset(settings, partitions, said)
        report = report_asset(settings)
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(asset),
        description="Take the snapshot of a tick.",
        config=QUIET,
        executor_def=dg.in_process_executor,
    )
    schedule = dg.build_schedule_from_partitioned_job(
        job, name="every_tick", default_status=dg.DefaultScheduleStatus.RUNNING
    )
    pruning = [] if is_guest else [prune_job(settings)]
    return dg.Definitions(
        assets=[asset, report],
        jobs=[job, *pruning],
        schedules=[schedule, *map(prune_schedule, pruning)],
        sensors=sensors(settings, job, only_of_job=is_guest),
        executor=dg.in_process_executor,
    )
