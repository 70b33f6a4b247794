"""One step takes a snapshot: an asset a provider, the store and the report, for one instant or for many.

Dagster is told what happened; what happens is snapshot/. A provider's failure is an outcome and turns nothing green.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import dagster as dg

from dagster_project import cadence
from dagster_project.errors import PortfolioError, TryAgainError
from dagster_project.faces.page import write_report
from dagster_project.model import format_as_of, parse_instant
from dagster_project.orchestration import checks, metadata
from dagster_project.settings.load import Settings
from dagster_project.snapshot.history import Job, Taken, Watch, take_history
from dagster_project.sources.registry import PROVIDERS
from dagster_project.tables import BALANCE

POOL = "snapshot"

SAY_EVERY = 50
"""Instants between two lines on the console; a partial one always gets its own."""


def snapshot_asset(
    settings: Settings, partitions: dg.TimeWindowPartitionsDefinition, said: Callable[[str], None] | None
) -> dg.AssetsDefinition:
    """Make the step for these settings; `said` hears how it goes on, beside Dagster's own log."""

    @dg.multi_asset(
        name="take_snapshot",
        specs=list(_specs(settings)),
        check_specs=checks.specs(partitions),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def snapshot(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult]:
        yield from _take(context, settings, said or context.log.info)

    return snapshot


def _specs(settings: Settings) -> Iterator[dg.AssetSpec]:
    owner = {"simulated": str(settings.is_simulated).lower()}
    for name in settings.providers:
        source = PROVIDERS[name].source
        about = "for every account " if source.covers_cells else ""
        description = f"What {source.title} answered {about}at an instant, kept byte for byte under raw/."
        yield dg.AssetSpec(name, description=description, group_name="pull", skippable=True, kinds={"http"}, tags=owner)
    yield dg.AssetSpec(
        checks.STORE,
        deps=list(settings.providers),
        description="The history in DuckDB: balances, cells and pulls of every instant, and the published file.",
        group_name="store",
        skippable=True,
        kinds={"duckdb"},
        tags=owner,
        metadata={"dagster/column_schema": metadata.columns_of(BALANCE)},
    )
    yield dg.AssetSpec(
        "report",
        deps=[checks.STORE],
        description="The report: one self-contained page of the history.",
        group_name="report",
        skippable=True,
        kinds={"html"},
        tags=owner,
    )


def _take(
    context: dg.AssetExecutionContext, settings: Settings, said: Callable[[str], None]
) -> Iterator[dg.AssetCheckResult]:
    """Take the instants of the run; the step fails only if none of them could be stored."""
    instants = tuple(parse_instant(key) for key in context.partition_keys)
    latest = cadence.latest_tick(settings.snapshots.cron, datetime.now(UTC))
    teller = _Teller(context, settings, said)
    try:
        take_history(settings, Job(instants, is_live=instants == (latest,)), Watch(stored=teller.stored))
    except PortfolioError as error:
        raise dg.Failure(str(error), allow_retries=isinstance(error, TryAgainError)) from error
    finally:
        teller.flush()
    if teller.last is None:
        words = f"nothing was answered for {len(instants)} instants; every pull and its reason is in coverage()"
        raise dg.Failure(words, allow_retries=False)
    teller.finish(teller.last)
    yield from checks.run(context, settings.paths.published, instants)


class _Teller:
    """Tells Dagster of each instant once it is in the store: what answered whole turns green, nothing else does."""

    def __init__(self, context: dg.AssetExecutionContext, settings: Settings, said: Callable[[str], None]) -> None:
        self._said = said
        self._context = context
        self._settings = settings
        self._count = 0
        self._untold: Taken | None = None
        self.last: Taken | None = None

    def stored(self, taken: Taken) -> None:
        """Tell of the providers at once, and of the store when the next instant is there or the run ends."""
        for provider in taken.outcomes:
            if taken.counts_of(provider):
                told = dg.AssetMaterialization if taken.is_answered_by(provider) else dg.AssetObservation
                about = metadata.of_provider(taken, provider)
                self._context.log_event(told(provider, partition=format_as_of(taken.plan.as_of), metadata=about))
        self._count += 1
        if self._count % SAY_EVERY == 0 or not taken.is_complete:
            self._said(f"{self._count}/{len(self._context.partition_keys)}  {taken.words()}")
        if taken.has_answer:
            self.flush()
            self._untold = self.last = taken

    def flush(self) -> None:
        """Tell of the store what is not told yet."""
        if self._untold is not None:
            self._tell(checks.STORE, self._untold, metadata.of_instant(self._untold))
            self._untold = None

    def finish(self, last: Taken) -> None:
        """Write the report, and tell of it with the table of coverage and the picture of the value."""
        paths = self._settings.paths
        write_report(paths.published, paths.report, is_simulated=self._settings.is_simulated)
        about = metadata.of_history(self._settings, last.plan.as_of)
        self._context.log_event(
            dg.AssetObservation(checks.STORE, partition=format_as_of(last.plan.as_of), metadata=about)
        )
        self._tell(dg.AssetKey("report"), last, {**about, "path": dg.MetadataValue.path(str(paths.report))})

    def _tell(self, key: dg.AssetKey, taken: Taken, about: metadata.Metadata) -> None:
        partition = format_as_of(taken.plan.as_of)
        self._context.log_event(dg.AssetMaterialization(key, partition=partition, metadata=about))
