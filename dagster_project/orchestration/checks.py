"""Dagster's asset checks: which there are, and how their evaluations are logged, one a partition.

Each file under sql/checks is a check of the store. `every_pull_is_answered` is one of each provider, `total_is_known`
one of the store: both say at which instants the history is incomplete.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (  # likewise
    AssetCheckEvaluationTargetMaterializationData as Target,
)
from dagster._core.event_api import PartitionKeyFilter  # it has no public name
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status  # likewise

from dagster_project.faces import text
from dagster_project.model import format_as_of
from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.claims import Checked

STORE = dg.AssetKey("store")
ANSWERED = "every_pull_is_answered"
TOTAL = "total_is_known"

EACH_UP_TO = 60
"""Instants of a run up to which each has its own evaluation; beyond it only those that fail or failed before."""

MOST_FAILURES = 200
"""Of a check's earlier failures: how many are looked up."""

Targets = Mapping[str, Target]
"""By partition key, the event that materialised it last."""

_ANSWERED = "Every planned pull of the instant has an answer; those that have none are counted by how they ended."
_TOTAL = "The total of the instant is known: no cell is missing, and every material holding has a believed price."


def specs(providers: Iterable[str], partitions: dg.TimeWindowPartitionsDefinition) -> list[dg.AssetCheckSpec]:
    """Give the checks of the store and of each provider."""
    claims = [(file.name, STORE, file.sentence) for file in sqlfiles.checks()]
    claims += [(TOTAL, STORE, _TOTAL), *((ANSWERED, dg.AssetKey(name), _ANSWERED) for name in providers)]
    return [
        dg.AssetCheckSpec(name, asset=asset, description=claim, partitions_def=partitions)
        for name, asset, claim in claims
    ]


class Evaluations:
    """Logs how one check ended at the instants of a run: a failure at once, what passed at the end of the run."""

    def __init__(self, context: dg.AssetExecutionContext, asset: dg.AssetKey, name: str) -> None:
        self._context = context
        self._asset = asset
        self._name = name
        self.failed: set[datetime] = set()
        self._repaired: set[datetime] = set()
        self._logged = 0

    def fail(self, as_of: datetime, about: Mapping[str, dg.MetadataValue]) -> None:
        """Log that the check fails at an instant."""
        self.failed.add(as_of)
        self._log(as_of, passed=False, about=about, targets=self._materialised([as_of]))

    def repair(self, as_of: datetime) -> None:
        """Log that the check passes at an instant at which it failed before."""
        self.failed.discard(as_of)
        self._log(as_of, passed=True, about={}, targets=self._materialised([as_of]))
        self._repaired.add(as_of)

    def close(self, instants: Collection[datetime]) -> None:
        """Log where the check passes, then one evaluation for the run as a whole where it spoke of several instants.

        `instants` are those of the run at which there was something to evaluate. For the run as a whole an old gap is a
        warning: the asset's mark in the graph is red where the newest instant is incomplete, or a claim is broken.
        """
        passed = set(instants) - self.failed - self._repaired
        if len(instants) > EACH_UP_TO:
            passed = self.failed_before(passed)
        targets = self._materialised(passed)
        for as_of in sorted(passed):
            self._log(as_of, passed=True, about={}, targets=targets)
        if len(instants) > 1 or self._logged > 1:
            is_old = self._name in {ANSWERED, TOTAL} and max(instants, default=None) not in self.failed
            severity = dg.AssetCheckSeverity.WARN if is_old else dg.AssetCheckSeverity.ERROR
            self._log(None, passed=not self.failed, about=self._summary(len(instants)), severity=severity)

    def failed_before(self, instants: Collection[datetime]) -> set[datetime]:
        """Give the instants at which an earlier run logged a failure, whatever was logged since."""
        storage = self._context.instance.event_log_storage
        key = dg.AssetCheckKey(self._asset, self._name)
        found = storage.get_asset_check_execution_history(key, limit=MOST_FAILURES, status={Status.FAILED})
        failed = {one.partition for one in found}
        return {as_of for as_of in instants if format_as_of(as_of) in failed}

    def fails_still(self, instants: Collection[datetime]) -> set[datetime]:
        """Give the instants at which the latest evaluation is a failure."""
        storage = self._context.instance.event_log_storage
        key = dg.AssetCheckKey(self._asset, self._name)
        still = set()
        for as_of in self.failed_before(instants):
            latest = storage.get_latest_asset_check_execution_by_key([key], PartitionKeyFilter(key=format_as_of(as_of)))
            if key in latest and latest[key].status is Status.FAILED:
                still.add(as_of)
        return still

    def _summary(self, count: int) -> Mapping[str, dg.MetadataValue]:
        failed = sorted(self.failed)
        about = {"instants": dg.MetadataValue.int(count), "failing": dg.MetadataValue.int(len(failed))}
        return about | {"first_failing": dg.MetadataValue.text(format_as_of(failed[0]))} if failed else about

    def _materialised(self, instants: Collection[datetime]) -> Targets:
        """Give the materialisation of each of the instants, of several those of this run.

        Dagster takes an evaluation that names none for outdated where there is one.
        """
        keys = {format_as_of(as_of) for as_of in instants}
        if len(keys) == 1:
            among = dg.AssetRecordsFilter(asset_key=self._asset, asset_partitions=list(keys))
            found = self._context.instance.fetch_materializations(among, limit=1).records
            return {
                key: Target(storage_id=one.storage_id, run_id=one.run_id, timestamp=one.timestamp)
                for key, one in zip(keys, found, strict=False)
            }
        storage, kind = self._context.instance.event_log_storage, dg.DagsterEventType.ASSET_MATERIALIZATION
        ids = storage.get_latest_storage_id_by_partition(self._asset, kind, keys) if keys else {}
        run_id, now = self._context.run.run_id, time.time()
        return {key: Target(storage_id=one, run_id=run_id, timestamp=now) for key, one in ids.items()}

    def _log(
        self,
        as_of: datetime | None,
        *,
        passed: bool,
        about: Mapping[str, dg.MetadataValue],
        targets: Targets | None = None,
        severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    ) -> None:
        partition = None if as_of is None else format_as_of(as_of)
        self._logged += 1
        self._context.log_event(
            dg.AssetCheckEvaluation(
                asset_key=self._asset,
                check_name=self._name,
                passed=passed,
                partition=partition,
                severity=severity,
                metadata=dict(about),
                target_materialization_data=(targets or {}).get(partition or ""),
            )
        )


def log_claims(context: dg.AssetExecutionContext, claims: Iterable[Checked], instants: Collection[datetime]) -> None:
    """Log the claims of sql/checks over the instants of a run."""
    for one in claims:
        evaluations = Evaluations(context, STORE, one.name)
        about = {"broken_by": dg.MetadataValue.text(text.table(one.broken.names, one.broken.rows))}
        for as_of in sorted(_broken_instants(one) & set(instants)):
            evaluations.fail(as_of, about)
        evaluations.close(instants)


def _broken_instants(one: Checked) -> set[datetime]:
    if one.holds:
        return set()
    at = one.broken.names.index("as_of")
    return {value.replace(tzinfo=UTC) for row in one.broken.rows if isinstance(value := row[at], datetime)}
