"""Reports a run to Dagster while it goes on: what is materialised, what was only observed, which checks fail where.

A provider is materialised at an instant when all its pulls are answered. The store is totals.py.
"""

from collections.abc import Callable
from datetime import datetime

import dagster as dg

from dagster_project.faces.page import write_report
from dagster_project.model import TRUSTED, Outcome, format_as_of
from dagster_project.orchestration import checks, metadata, specs
from dagster_project.orchestration.totals import Totals
from dagster_project.settings.load import Settings
from dagster_project.snapshot.failures import lines_once
from dagster_project.snapshot.taken import Taken
from dagster_project.warehouse.claims import check_claims

PROGRESS_EVERY = 50
"""Instants between two lines on the console; a partial one always gets its own."""


class Reporter:
    """Logs the events of one run of the snapshot step."""

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        settings: Settings,
        selected: frozenset[str],
        said: Callable[[str], None],
    ) -> None:
        """Report to `context` for the providers that are `selected`; `said` gets progress lines."""
        self._context = context
        self._settings = settings
        self._selected = selected
        self._said = said
        self._instants = set[datetime]()
        self._named = set[tuple[str, str]]()
        self._evaluated = {name: set[datetime]() for name in sorted(selected)}
        self._answered = {name: checks.Evaluations(context, dg.AssetKey(name), checks.ANSWERED) for name in selected}
        self._totals = Totals(context, settings)
        self.last: Taken | None = None

    def stored(self, taken: Taken) -> None:
        """Report the providers at once, and the store as soon as the published file has the instant."""
        for provider in taken.outcomes:
            self._report(taken, provider)
        self._instants.add(taken.plan.as_of)
        count = len(self._instants)
        if count % PROGRESS_EVERY == 0 or not taken.is_complete:
            self._said(f"{count}/{max(count, len(self._context.partition_keys))}  {taken.words()}")
        for line in lines_once(self._settings, taken, self._named):
            self._said(line)
        if self._is_of_use(taken) and (self.last is None or self.last.plan.as_of < taken.plan.as_of):
            self.last = taken
        self._totals.stored(taken)

    def flush(self) -> None:
        """Report what is published of the store, at the end of a run that failed."""
        self._totals.flush()

    def finish(self, last: Taken) -> None:
        """Write the report, then report it, the store, the checks, and each provider with pictures and tables."""
        paths, as_of = self._settings.paths, last.plan.as_of
        try:
            write_report(paths.published, paths.report, is_simulated=self._settings.is_simulated)
            about = metadata.of_history(self._settings, as_of)
        except BaseException:
            self.flush()
            raise
        if paths.report.exists():  # there is no page while no provider has answered about a cell
            page = metadata.of_report(paths.report)
            self._context.log_event(dg.AssetMaterialization(specs.REPORT, metadata={**about, **page}))
        self._totals.finish(about)
        for provider, instants in self._evaluated.items():
            self._answered[provider].close(instants)
            pictures = metadata.of_provider_history(self._settings, last, provider)
            self._context.log_event(dg.AssetObservation(provider, partition=format_as_of(as_of), metadata=pictures))
        claims = check_claims(paths.published, min(self._instants), max(self._instants))
        checks.log_claims(self._context, claims, self._instants)

    def _report(self, taken: Taken, provider: str) -> None:
        """Report one provider at one instant; one that was not asked only with answers that a killed run kept."""
        as_of, counts = taken.plan.as_of, taken.counts_of(provider)
        is_selected = provider in self._selected
        if not counts or not (is_selected or any(one.attempt.plan.provider == provider for one in taken.slices)):
            return
        about = metadata.of_provider(taken, provider)
        if taken.is_answered_by(provider):
            self._context.log_event(dg.AssetMaterialization(provider, partition=format_as_of(as_of), metadata=about))
            if is_selected:
                self._evaluated[provider].add(as_of)
        elif is_selected and counts[Outcome.FAILED]:
            self._evaluated[provider].add(as_of)
            self._answered[provider].fail(as_of, about)
        elif is_selected:
            self._context.log_event(dg.AssetObservation(provider, partition=format_as_of(as_of), metadata=about))

    def _is_of_use(self, taken: Taken) -> bool:
        """Tell whether the instant has an answer about cells, or, where no provider of cells was asked, any answer."""
        if taken.has_answer or any(taken.outcomes[name] for name in self._selected):
            return taken.has_answer
        return any(taken.beside[name][outcome] for name in self._selected for outcome in TRUSTED)
