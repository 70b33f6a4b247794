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
from dagster_project.orchestration import checks, metadata, specs
from dagster_project.settings.load import Settings
from dagster_project.snapshot.failures import lines_once
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.taken import Taken

POOL = "snapshot"

SAY_EVERY = 50
"""Instants between two lines on the console; a partial one always gets its own."""


def snapshot_asset(
    settings: Settings, partitions: dg.TimeWindowPartitionsDefinition, said: Callable[[str], None] | None
) -> dg.AssetsDefinition:
    """Make the step for these settings; `said` hears how it goes on, beside Dagster's own log."""

    @dg.multi_asset(
        name="take_snapshot",
        specs=list(specs.specs(settings)),
        check_specs=checks.specs(partitions),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def snapshot(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult]:
        yield from _take(context, settings, said or context.log.info)

    return snapshot


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
        teller.flush()
        raise dg.Failure(str(error), allow_retries=isinstance(error, TryAgainError)) from error
    except BaseException:
        teller.flush()
        raise
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
        self._named = set[tuple[str, str]]()
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
        for line in lines_once(self._settings, taken, self._named):
            self._said(line)
        if taken.has_answer:
            self.flush()
            self._untold = self.last = taken

    def flush(self, beside: metadata.Metadata | None = None) -> None:
        """Tell of the store what is not told yet, with what else is known of it."""
        if self._untold is not None:
            self._tell(checks.STORE, self._untold, {**metadata.of_instant(self._untold), **(beside or {})})
            self._untold = None

    def finish(self, last: Taken) -> None:
        """Write the report, and tell of it, of the store and of each provider with pictures and tables."""
        paths, as_of = self._settings.paths, last.plan.as_of
        try:
            write_report(paths.published, paths.report, is_simulated=self._settings.is_simulated)
            about = metadata.of_history(self._settings, as_of)
        except BaseException:
            self.flush()
            raise
        self.flush(about)
        self._tell(specs.REPORT, last, {**about, **metadata.of_report(paths.report)})
        for provider in last.outcomes:
            shown = metadata.of_provider_history(self._settings, last, provider)
            self._context.log_event(dg.AssetObservation(provider, partition=format_as_of(as_of), metadata=shown))

    def _tell(self, key: dg.AssetKey, taken: Taken, about: metadata.Metadata) -> None:
        partition = format_as_of(taken.plan.as_of)
        self._context.log_event(dg.AssetMaterialization(key, partition=partition, metadata=about))
