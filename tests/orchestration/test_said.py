"""Promises of what a run of Dagster says of failed pulls: cause and remedy by host, each once a run."""

import pytest

from dagster_project.model import Reason
from dagster_project.orchestration.build import JOB, QUIET, build
from dagster_project.remedies import REMEDIES
from tests.orchestration.test_dagster import RANGE, instance, key
from tests.portfolio import Portfolio


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "reason"), [("unauthorised", Reason.UNAUTHORISED), ("not_found", Reason.NOT_FOUND)])
def test_a_run_names_cause_and_remedy_once(portfolio: Portfolio, fault: str, reason: Reason) -> None:
    """Three instants that fail for one reason get a line each with the cause, and the remedy by host once."""
    portfolio.accounts = ("treasury",)
    portfolio.simulator.order(fault)
    said: list[str] = []
    with instance() as own:
        job = build(portfolio.settings(), said=said.append).resolve_job_def(JOB)
        tags = {RANGE[0]: key(0), RANGE[1]: key(2)}
        job.execute_in_process(QUIET, instance=own, tags=tags, raise_on_error=False)
    assert sum(f"FAILED, nothing was answered: credmark {reason} x1" in line for line in said) == 3
    (remedy,) = [line for line in said if REMEDIES[reason] in line]
    host = portfolio.simulator.url.removeprefix("http://")
    assert remedy.startswith(f"credmark ({host}): 1 of 1 pulls failed: {reason}; ")
