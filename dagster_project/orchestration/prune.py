"""Drop Dagster's own record of old runs, which grows for ever: logs and steps, never what turned a partition green.

Dagster's own way of deleting a run takes its materialisations along, and every instant with them would look untaken.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage  # it has no public name

from dagster_project.settings.load import Settings

JOB = "prune_runs"
AT_ONCE = 200
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def prune_job(settings: Settings) -> dg.JobDefinition:
    """Make the job for these settings."""

    @dg.op(description="Drop the record of runs that ended more than so many days ago.")
    def drop_old_runs(context: dg.OpExecutionContext) -> None:
        until = datetime.now(UTC) - timedelta(days=settings.runs.keep_days)
        count = prune(context.instance, until)
        context.log.info("dropped the record of %s runs from before %s; no partition changed", count, until.date())

    @dg.job(
        name=JOB,
        description="Drop Dagster's own record of old runs; partitions stay green, the history is not touched.",
        executor_def=dg.in_process_executor,
    )
    def prune_runs() -> None:
        drop_old_runs()

    return prune_runs


def prune_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Run it once a day, at a time at which few snapshots are due."""
    return dg.ScheduleDefinition(
        name=f"{JOB}_daily",
        job=job,
        cron_schedule="37 3 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def prune(instance: dg.DagsterInstance, until: datetime) -> int:
    """Drop the record of every run that ended and was made before `until`; gives how many.

    Raises:
        dg.Failure: the instance keeps events in one database for all runs, where they cannot be told apart.
    """
    events = instance.event_log_storage
    if not isinstance(events, SqliteEventLogStorage):
        words = "runs can be pruned only where Dagster keeps them in SQLite, one file a run; leave the schedule off"
        raise dg.Failure(words, allow_retries=False)
    count = 0
    for run_id in _old(instance, until):
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        for suffix in ("", "-wal", "-shm"):
            Path(events.path_for_shard(run_id) + suffix).unlink(missing_ok=True)
        instance.run_storage.delete_run(run_id)
        count += 1
    return count


def _old(instance: dg.DagsterInstance, until: datetime) -> Iterator[str]:
    old = dg.RunsFilter(statuses=ENDED, created_before=until)
    while found := instance.get_run_records(old, limit=AT_ONCE):
        yield from (one.dagster_run.run_id for one in found)
