"""How Dagster starts a run, and how its daemon learns that the process of a run is gone.

Dagster's own launcher starts runs in the code server, which reports the death of a run. Nobody reports its own: without
this, a run that ended together with its code server counts as running for a day, and holds its slot.
"""

import json

import dagster as dg
from dagster._core.errors import DagsterUserCodeUnreachableError  # Dagster has no public launcher to derive from
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus  # likewise
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher  # likewise
from dagster._core.storage.tags import GRPC_INFO_TAG  # likewise
from dagster._grpc.client import DagsterGrpcClient  # likewise
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult  # likewise
from dagster._serdes import deserialize_value  # likewise

SECONDS = 5
"""How long the code server may take to answer; one that is slow is asked again at the next look."""


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's own launcher, which also asks the code server whether it still has the run."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Let Dagster's run monitoring ask for each started run, every ten seconds."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Report a run as failed where its code server answers that it does not have it, or has gone for good.

        A server at a port is started again at that port, so where nobody answers there, it is asked again later. A
        socket belongs to one server, and is never listened at again.
        """
        if GRPC_INFO_TAG not in run.tags:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "it was not started by a code server")
        where = json.loads(run.tags[GRPC_INFO_TAG])
        client = DagsterGrpcClient(
            host=where.get("host"), port=where.get("port"), socket=where.get("socket"),
            use_ssl=bool(where.get("use_ssl", False)),
        )  # fmt: skip
        try:
            answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id), timeout=SECONDS)
        except DagsterUserCodeUnreachableError as error:
            if where.get("socket") and "UNAVAILABLE" in str(error):
                return CheckRunHealthResult(WorkerStatus.FAILED, "its code server has ended")
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"its code server does not answer: {error}")
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, "its code server was started anew and does not have it")
