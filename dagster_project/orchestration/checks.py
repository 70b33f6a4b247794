"""The checks under sql/checks as Dagster's asset checks, partitioned like the store they speak of.

What they claim stands in their files; they run over the instants of the run only.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from dagster_project.faces import text
from dagster_project.model import format_as_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.claims import Checked, check_claims

STORE = dg.AssetKey("store")

EACH_UP_TO = 100
"""Instants of a run up to which a check is logged for each; beyond it only where it fails, and once for all."""


def specs(partitions: dg.TimeWindowPartitionsDefinition) -> list[dg.AssetCheckSpec]:
    """Give one check a file, on the store."""
    return [
        dg.AssetCheckSpec(file.name, asset=STORE, description=file.sentence, partitions_def=partitions)
        for file in sqlfiles.checks()
    ]


def run(
    context: dg.AssetExecutionContext, published: Path, instants: Sequence[datetime]
) -> Iterator[dg.AssetCheckResult]:
    """Run the checks over the instants of a run; of many instants each is logged, then one result for all."""
    for one in check_claims(published, min(instants), max(instants)):
        if len(instants) > 1:
            _log_each(context, one, instants)
        yield _result(one)


def _log_each(context: dg.AssetExecutionContext, one: Checked, instants: Sequence[datetime]) -> None:
    broken = _broken_instants(one)
    for as_of in instants if len(instants) <= EACH_UP_TO else sorted(broken):
        context.log_event(
            dg.AssetCheckEvaluation(
                asset_key=STORE,
                check_name=one.name,
                passed=as_of not in broken,
                partition=format_as_of(as_of),
                metadata={"claim": one.claim},
            )
        )


def _result(one: Checked) -> dg.AssetCheckResult:
    """Give the result of a check for the run as a whole."""
    metadata = {"claim": dg.MetadataValue.text(one.claim)}
    if not one.holds:
        metadata["broken_by"] = dg.MetadataValue.text(text.table(one.broken.names, one.broken.rows))
    return dg.AssetCheckResult(asset_key=STORE, check_name=one.name, passed=one.holds, metadata=metadata)


def _broken_instants(one: Checked) -> set[datetime]:
    at = one.broken.names.index("as_of")
    return {value.replace(tzinfo=UTC) for row in one.broken.rows if isinstance(value := row[at], datetime)}
