"""What Dagster's daemon does beside the schedule: watch the history, tell of failed runs, catch up after it was down.

What is alarming is alerts/, what was missed is snapshot/missed.py; these bodies only ask.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition  # likewise

from dagster_project.alerts.alarm import Alarm
from dagster_project.alerts.watch import watch
from dagster_project.errors import PortfolioError
from dagster_project.model import format_as_of
from dagster_project.orchestration.tags import range_tags
from dagster_project.settings.load import Settings
from dagster_project.snapshot.missed import missed_instants

EVERY_SECONDS = 300

SETTLE = timedelta(minutes=15)
"""How long after its instant a snapshot is the schedule's alone; what is missing later was missed."""


def sensors(
    settings: Settings, job: UnresolvedAssetJobDefinition, *, only_of_job: bool = False
) -> list[dg.SensorDefinition]:
    """Make the sensors for these settings; all of them run as soon as the daemon does.

    Failed runs are those of the code location, or `only_of_job` those of the job.
    """
    return [_watching(settings), _failing(settings, [job] if only_of_job else None), _catching_up(settings, job)]


def _watching(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="watch_history",
        description="Tell the webhook and the file of [alerts] what is newly alarming: late, thin, broken, jumped.",
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def watch_history(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason(_watch(context, settings))

    return watch_history


def _failing(settings: Settings, jobs: list[UnresolvedAssetJobDefinition] | None) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="failed_run",
        description="Tell the webhook and the file of [alerts] of a run that failed.",
        monitored_jobs=jobs,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def failed_run(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        partition = run.tags.get("dagster/partition")
        about = f" over {partition}" if partition else ""
        words = f"the run {run.run_id} of the job {run.job_name}{about} failed; Dagster's page of the run says why"
        _watch(context, settings, Alarm(f"failed_run:{run.run_id}", words, is_event=True))

    return failed_run


def _catching_up(settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    @dg.sensor(
        name="catch_up",
        description="Ask once for the instants that were missed while the daemon was down, as far as anybody answers.",
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def catch_up(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        del context
        try:
            missed = missed_instants(settings, datetime.now(UTC) - SETTLE)
        except PortfolioError as error:
            return dg.SkipReason(str(error))
        if not missed:
            return dg.SkipReason("no instant was missed lately")
        first, last = format_as_of(missed[0]), format_as_of(missed[-1])
        return dg.RunRequest(run_key=f"{first}..{last}", tags=range_tags(first, last))

    return catch_up


def _watch(context: dg.SensorEvaluationContext | dg.RunFailureSensorContext, settings: Settings, *events: Alarm) -> str:
    """Watch, and give what to say of it; an alarm that cannot be told fails nothing."""
    if settings.alerts.file is None and settings.alerts.webhook_url_env is None:
        return "nobody is told: [alerts] names neither a webhook nor a file"
    try:
        watched = watch(settings, datetime.now(UTC), events)
    except PortfolioError as error:
        context.log.warning(str(error))
        return str(error)
    for words in watched.troubles:
        context.log.warning(words)
    counts = f"{len(watched.alarms)} alarms, {len(watched.news)} news"
    return "; ".join([counts, *watched.troubles])
