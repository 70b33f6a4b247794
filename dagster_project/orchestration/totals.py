"""Reports the store: an instant is materialised where the published file has its total, else a check fails there.

A total is known when the file is published, and may change with what later instants say: it is read again at the end.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import dagster as dg

from dagster_project import cadence
from dagster_project.model import format_as_of
from dagster_project.orchestration import checks, metadata
from dagster_project.settings.load import Settings
from dagster_project.snapshot.taken import Taken

NEIGHBOURS = timedelta(days=7)
"""How far around a run the instants lie whose total may become known by it."""

Point = Mapping[str, object]


class Totals:
    """Logs the store's part of the events of a run."""

    def __init__(self, context: dg.AssetExecutionContext, settings: Settings) -> None:
        """Report to `context` what the published file of these settings says."""
        self._context = context
        self._settings = settings
        self._check = checks.Evaluations(context, checks.STORE, checks.TOTAL)
        self._pending: dict[datetime, Taken] = {}
        self._evaluated: set[datetime] = set()
        self._publication = self._identity()

    def stored(self, taken: Taken) -> None:
        """Take note of an instant; what has been published meanwhile is reported, but for the newest."""
        self._pending[taken.plan.as_of] = taken
        if (found := self._identity()) != self._publication:
            self._publication = found
            self._report(sorted(self._pending)[:-1])

    def flush(self) -> None:
        """Report everything that is published."""
        self._report(sorted(self._pending))

    def finish(self, about: metadata.Metadata) -> None:
        """Report the rest, the newest with what is said `about` the history, then what later answers changed."""
        self._report(sorted(self._pending), about)
        if not self._evaluated:
            return
        around = self._neighbours(min(self._evaluated), max(self._evaluated))
        unknown = self._check.fails_still(around)
        looked_at = self._evaluated | unknown
        points = metadata.totals(self._settings, min(looked_at), max(looked_at))
        for as_of in sorted(looked_at & points.keys()):
            is_known = points[as_of]["value_usd"] is not None
            has_failed = as_of in unknown or as_of in self._check.failed
            if is_known and has_failed:
                self._materialised(as_of, metadata.of_total(points[as_of]))
                self._check.repair(as_of)
            elif not is_known and not has_failed:
                self._check.fail(as_of, metadata.of_total(points[as_of]))
        self._check.close(self._evaluated)

    def _report(self, instants: list[datetime], about: metadata.Metadata | None = None) -> None:
        """Report those of the instants that are published, the last of them with what is said `about` it."""
        if not instants:
            return
        points = metadata.totals(self._settings, instants[0], instants[-1])
        there = [as_of for as_of in instants if as_of in points]
        for as_of in there:
            told = metadata.of_instant(self._pending.pop(as_of)) | metadata.of_total(points[as_of])
            told |= about if about and as_of == there[-1] else {}
            self._evaluated.add(as_of)
            if points[as_of]["value_usd"] is None:
                self._check.fail(as_of, told)
            else:
                self._materialised(as_of, told)

    def _materialised(self, as_of: datetime, about: metadata.Metadata) -> None:
        self._context.log_event(
            dg.AssetMaterialization(checks.STORE, partition=format_as_of(as_of), metadata=dict(about))
        )

    def _neighbours(self, first: datetime, last: datetime) -> set[datetime]:
        """Give the ticks around a run; their totals may have waited for it."""
        since = max(first - NEIGHBOURS, self._settings.snapshots.start)
        until = min(last + NEIGHBOURS, datetime.now(UTC))
        cron = self._settings.snapshots.cron
        spans = (since, first), (last, until)
        return {tick for span in spans for tick in cadence.ticks(cron, *span)} - self._evaluated

    def _identity(self) -> tuple[int, int] | None:
        """Tell which publication there is: each is a file of its own."""
        try:
            found = self._settings.paths.published.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns
