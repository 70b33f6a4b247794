"""Two steps: one takes snapshots (an asset a provider, and the store), one writes the report.

The snapshot step can be run for some of its assets. What it does is snapshot/, what it logs is reporter.py. The failure
of a provider is an outcome, never an exception.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import dagster as dg

from dagster_project import cadence
from dagster_project.errors import PortfolioError, TryAgainError
from dagster_project.faces.page import write_report
from dagster_project.model import parse_instant
from dagster_project.orchestration import checks, metadata, specs
from dagster_project.orchestration.reporter import Reporter
from dagster_project.settings.load import Settings
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.recent import ask_again

POOL = "snapshot"


def snapshot_asset(
    settings: Settings, partitions: dg.TimeWindowPartitionsDefinition, said: Callable[[str], None] | None
) -> dg.AssetsDefinition:
    """Make the snapshot step for these settings; `said` gets progress lines, beside Dagster's own log."""

    @dg.multi_asset(
        name="take_snapshot",
        specs=list(specs.snapshot_specs(settings)),
        check_specs=checks.specs(settings.providers, partitions),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        pool=POOL,
    )
    def snapshot(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult]:
        _take(context, settings, said or context.log.info)
        yield from ()  # every event is logged while the run goes on: an output would mark each partition of it as done

    return snapshot


def report_asset(settings: Settings) -> dg.AssetsDefinition:
    """Make the step that writes the report alone; a snapshot run writes it by itself."""

    @dg.multi_asset(
        name="write_report", specs=[specs.report_spec(settings)], backfill_policy=dg.BackfillPolicy.single_run()
    )
    def report() -> dg.MaterializeResult[None]:
        paths = settings.paths
        if not paths.published.exists():
            raise dg.Failure("nothing is recorded yet: materialise a provider first, its run writes the report too")
        try:
            write_report(paths.published, paths.report, is_simulated=settings.is_simulated)
            about = metadata.of_history(settings)
        except PortfolioError as error:
            raise dg.Failure(str(error), allow_retries=isinstance(error, TryAgainError)) from error
        if not paths.report.exists():
            raise dg.Failure(
                "no provider has answered about a balance yet: materialise one that does", allow_retries=False
            )
        return dg.MaterializeResult(asset_key=specs.REPORT, metadata={**about, **metadata.of_report(paths.report)})

    return report


def _take(context: dg.AssetExecutionContext, settings: Settings, said: Callable[[str], None]) -> None:
    """Take the instants of the run; the step fails only if nothing could be stored for any of them."""
    instants = tuple(parse_instant(key) for key in context.partition_keys)
    latest = cadence.latest_tick(settings.snapshots.cron, datetime.now(UTC))
    selected = frozenset(key.to_user_string() for key in context.selected_asset_keys) & set(settings.providers)
    reporter = Reporter(context, settings, selected, said)
    job = Job(instants, is_live=instants == (latest,), providers=selected)
    watch = Watch(stored=reporter.stored)
    try:
        take_history(settings, job, watch)
        if job.is_live and reporter.last is not None and selected == set(settings.providers):
            ask_again(settings, latest, watch)
    except PortfolioError as error:
        reporter.flush()
        raise dg.Failure(str(error), allow_retries=isinstance(error, TryAgainError)) from error
    except BaseException:
        reporter.flush()
        raise
    if reporter.last is None:
        raise dg.Failure(_nothing(len(instants), selected), allow_retries=False)
    reporter.finish(reporter.last)


def _nothing(count: int, selected: frozenset[str]) -> str:
    if not selected:
        return f"nothing is recorded for {count} instants and no provider was selected: select the providers too"
    return f"nothing was answered for {count} instants; every pull and its reason is in coverage()"
