"""Promises of Dagster's side: instants are partitions, what answered turns green, a backfill is one run and resumes."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy

from dagster_project.faces import text
from dagster_project.orchestration.build import JOB, QUIET, build
from dagster_project.orchestration.checks import ANSWERED, TOTAL
from dagster_project.orchestration.home import prepare_home
from dagster_project.settings.load import load
from dagster_project.warehouse import sqlfiles
from tests.portfolio import Portfolio, day
from tests.simulator.running_simulator import address
from tests.snapshot.test_four_providers import FOUR

ROOT = Path(__file__).parents[2]
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::dagster.PreviewWarning")


def key(number: int) -> str:
    """Give the partition key of the instant so many days after the first."""
    return f"{day(number):%Y-%m-%dT%H:%M}"


@contextmanager
def instance() -> Iterator[dg.DagsterInstance]:
    """Give a Dagster instance of its own."""
    with dg.DagsterInstance.ephemeral() as own:
        yield own


def run(portfolio: Portfolio, own: dg.DagsterInstance, first: int, last: int) -> dg.ExecuteInProcessResult:
    """Run the job over a range of days as a single-run backfill does."""
    job = build(portfolio.settings()).resolve_job_def(JOB)
    tags = {RANGE[0]: key(first), RANGE[1]: key(last)}
    return job.execute_in_process(QUIET, instance=own, tags=tags, raise_on_error=False)


def green(own: dg.DagsterInstance, asset: str) -> set[str]:
    """Give the partitions of an asset that are materialised."""
    return own.get_materialized_partitions(dg.AssetKey(asset))


def test_a_range_is_one_run_and_every_instant_is_green(portfolio: Portfolio) -> None:
    """A run over a range materialises provider and store for each instant, and the report once."""
    with instance() as own:
        assert run(portfolio, own, 0, 4).success
        keys = {key(number) for number in range(5)}
        assert green(own, "credmark") == green(own, "store") == keys
        page = own.get_latest_materialization_event(dg.AssetKey("report"))
        assert page is not None
        assert page.asset_materialization is not None
        assert page.asset_materialization.partition is None


@pytest.mark.slow
def test_only_what_answered_turns_green(portfolio: Portfolio) -> None:
    """A provider that answered in part, or not at all, is not green; the store is green where the total is known."""
    portfolio.simulator.order("forbidden", account=address("cold"), at=int(day(1).timestamp()))
    with instance() as own:
        assert run(portfolio, own, 0, 2).success
        assert green(own, "credmark") == green(own, "store") == {key(0), key(2)}
        portfolio.simulator.clear_faults()
        portfolio.forget_requests()
        assert run(portfolio, own, 0, 2).success
        assert len(portfolio.requests()) == 1
        assert green(own, "credmark") == green(own, "store") == {key(0), key(1), key(2)}


@pytest.mark.slow
def test_rates_are_green_only_where_they_were_told(portfolio: Portfolio) -> None:
    """A publisher of rates that fails turns nothing of its own green, and takes nothing from the store's green."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("credmark", "ecb")
    portfolio.simulator.order("forbidden", dialect="ecb", at=int(day(0).timestamp()))
    with instance() as own:
        assert run(portfolio, own, 0, 1).success
        assert green(own, "credmark") == green(own, "store") == {key(0), key(1)}
        assert green(own, "ecb") == {key(0)}


@pytest.mark.slow
def test_nothing_answered_fails_the_run(portfolio: Portfolio) -> None:
    """The step fails only when nothing could be stored, and says where the reasons are."""
    portfolio.simulator.order("forbidden")
    with instance() as own:
        result = run(portfolio, own, 0, 1)
        assert not result.success
        assert green(own, "store") == set()
        (failure,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
        assert "nothing was answered for 2 instants" in str(failure.step_failure_data.error)


@pytest.mark.slow
def test_a_failure_keeps_what_was_stored_and_resumes(portfolio: Portfolio) -> None:
    """When the disk refuses at the twentieth instant of thirty, nineteen stay green, and the next run starts there."""
    portfolio.snapshots = 'cron = "0 0 * * *"\nstart = "2026-05-13"'
    month = portfolio.folder / "data" / "simulated" / "raw" / "credmark" / "2026-06"
    month.parent.mkdir(parents=True)
    month.write_text("in the way")
    with instance() as own:
        result = run(portfolio, own, 12, 41)
        assert not result.success
        assert green(own, "store") == {key(number) for number in range(12, 31)}
        assert len(green(own, "store")) == 19
        month.unlink()
        portfolio.forget_requests()
        assert run(portfolio, own, 12, 41).success
        assert len(portfolio.requests()) == 11 * 5
        assert len(green(own, "store")) == 30


@pytest.mark.slow
def test_checks_are_logged_by_partition(portfolio: Portfolio) -> None:
    """Each check, of the store and of a provider, has a result for each instant of a run."""
    with instance() as own:
        result = run(portfolio, own, 0, 1)
    events = [event.event_specific_data for event in result.all_events]
    found = [data for data in events if isinstance(data, dg.AssetCheckEvaluation)]
    names = {one.check_name for one in found}
    assert names == {file.name for file in sqlfiles.checks()} | {ANSWERED, TOTAL}
    expected = {(name, key(number)) for name in names for number in (0, 1)}
    assert expected <= {(one.check_name, one.partition) for one in found}
    assert all(one.passed for one in found)


def metadata_of(own: dg.DagsterInstance, asset: str) -> dict[str, dg.MetadataValue]:
    """Give what the latest materialisation of an asset carries: what its page in the UI shows first."""
    event = own.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    return dict(event.asset_materialization.metadata)


def picture_in(value: dg.MetadataValue) -> bytes:
    """Give the picture that stands in Markdown."""
    head, _, rest = str(value.value).partition("](data:image/png;base64,")
    assert head.startswith("![")
    return base64.b64decode(rest.removesuffix(")"))


def rows_of(value: dg.MetadataValue) -> list[dict[str, object]]:
    """Give the rows of a table of Dagster's."""
    assert isinstance(value, dg.TableMetadataValue)
    return [dict(record.data) for record in value.records]


@pytest.mark.slow
def test_a_run_shows_coverage_and_the_chart(portfolio: Portfolio) -> None:
    """Store and report carry pictures of value and coverage, and tables that say what the answers say."""
    with instance() as own:
        run(portfolio, own, 0, 1)
        for asset in ("store", "report"):
            metadata = metadata_of(own, asset)
            assert "| cold | eip155:1 | wallet | recorded |" in str(metadata["coverage"].value)
            for name in ("value_chart", "coverage_calendar"):
                assert picture_in(metadata[name]).startswith(b"\x89PNG")
            told = {row["name"]: row["value_usd"] for row in rows_of(metadata["accounts"])}
            assert told == {
                row["name"]: text.cell(row["value_usd"])
                for row in portfolio.answer("current_value")
                if row["per"] == "account"
            }
            assert len(rows_of(metadata["allocation"])) == min(len(portfolio.answer("allocation")), 25)
            assert rows_of(metadata["months"])[0]["closing_usd"] == metadata["value_usd"].value
        report = portfolio.folder / "data" / "simulated" / "report.html"
        assert metadata_of(own, "report")["bytes"].value == report.stat().st_size
        assert (
            metadata_of(own, "store")["dagster/row_count"].value
            == metadata_of(own, "credmark")["dagster/row_count"].value
        )


def evaluations(own: dg.DagsterInstance, asset: str, check: str) -> dict[str | None, dg.AssetCheckEvaluation]:
    """Give the latest evaluation of a check by partition; that of a whole run has none."""
    found = own.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(dg.AssetKey(asset), check), 1000)
    return {
        one.partition: one.evaluation for one in reversed(found) if isinstance(one.evaluation, dg.AssetCheckEvaluation)
    }


@pytest.mark.slow
def test_an_unknown_value_is_no_number(portfolio: Portfolio) -> None:
    """Where the total is not known the failing check says so with what is missing, and nothing is drawn over time."""
    portfolio.simulator.order("forbidden", account=address("cold"), at=int(day(1).timestamp()))
    with instance() as own:
        run(portfolio, own, 0, 1)
        failed = evaluations(own, "store", TOTAL)[key(1)]
        assert not failed.passed
        metadata = dict(failed.metadata)
        assert metadata["value_usd"].value == "-"
        assert metadata["reason"].value == "missing_cell"
        assert metadata["missing_cells"].value == 1
        assert "cold / eip155:1 / wallet: failed:forbidden" in str(metadata["missing"].value)
        assert "value" not in metadata
        row = next(row for row in rows_of(metadata["accounts"]) if row["name"] == "cold")
        assert (row["value_usd"], row["missing_cells"]) == ("-", "1")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "severity"), [(0, "WARN"), (1, "WARN"), (2, "ERROR")])
def test_an_old_gap_is_a_warning(portfolio: Portfolio, number: int, severity: str) -> None:
    """The evaluation of a run as a whole is an error only where its newest instant is incomplete."""
    portfolio.simulator.order("forbidden", account=address("cold"), at=int(day(number).timestamp()))
    with instance() as own:
        run(portfolio, own, 0, 2)
        for asset, check in (("credmark", ANSWERED), ("store", TOTAL)):
            found = evaluations(own, asset, check)
            assert not found[None].passed
            assert found[None].severity.value == severity
            assert found[key(number)].severity.value == "ERROR"


@pytest.mark.slow
@pytest.mark.parametrize(("account", "number"), [("cold", 1), ("treasury", 2)])
def test_a_repaired_instant_passes_its_checks(portfolio: Portfolio, account: str, number: int) -> None:
    """A provider that failed at an instant fails its check there, in longer runs too, until a run got the answer."""
    portfolio.simulator.order("forbidden", account=address(account), at=int(day(number).timestamp()))
    with instance() as own:
        run(portfolio, own, 0, 61)
        for asset, check in (("credmark", ANSWERED), ("store", TOTAL)):
            before = evaluations(own, asset, check)
            assert {at for at, one in before.items() if not one.passed} == {key(number), None}
        portfolio.simulator.clear_faults()
        run(portfolio, own, 0, 61)
        for asset, check in (("credmark", ANSWERED), ("store", TOTAL)):
            after = evaluations(own, asset, check)
            assert after[key(number)].passed
            assert all(one.passed for one in after.values())


@pytest.mark.slow
def test_a_total_that_a_later_instant_completes_turns_green(portfolio: Portfolio) -> None:
    """An instant of an earlier run turns green, and passes its check, in the run by which its total becomes known."""
    portfolio.have(2)
    portfolio.simulator.order("forbidden", account=address("cold"), at=int(day(3).timestamp()))
    with instance() as own:
        run(portfolio, own, 3, 3)
        assert green(own, "store") == set()
        portfolio.simulator.clear_faults()
        portfolio.take(3)  # somebody else gets the answer, as the command line does
        run(portfolio, own, 4, 4)
        assert green(own, "store") == {key(3), key(4)}
        assert evaluations(own, "store", TOTAL)[key(3)].passed


@pytest.mark.slow
@pytest.mark.parametrize("providers", [("credmark",), ("oneinch_portfolio", "ecb")])
def test_the_step_runs_for_some_of_its_assets(portfolio: Portfolio, providers: tuple[str, ...]) -> None:
    """Materialising some providers turns them green where they answered, and no other provider."""
    portfolio.providers = ("oneinch_portfolio", "credmark", "onebalance", "ecb")
    definitions = build(portfolio.settings())
    with instance() as own:
        some = definitions.resolve_implicit_global_asset_job_def()
        result = some.execute_in_process(
            instance=own,
            asset_selection=[dg.AssetKey(name) for name in providers],
            tags={RANGE[0]: key(0), RANGE[1]: key(1)},
            raise_on_error=False,
        )
        assert result.success
        for name in portfolio.providers:
            assert green(own, name) == ({key(0), key(1)} if name in providers else set())
            assert set(evaluations(own, name, ANSWERED)) >= ({key(0), key(1)} if name in providers else set())


@pytest.mark.parametrize(("cron", "hours"), [("0 0 * * *", 24), ("0 0 * * 1", 168), ("0 8,20 * * *", 12)])
def test_freshness_follows_the_cadence(portfolio: Portfolio, cron: str, hours: int) -> None:
    """Store and report are late once the longest time between two ticks and the grace have passed."""
    portfolio.snapshots = f'cron = "{cron}"\nstart = "2026-05-01"\ngrace_minutes = 60'
    graph = build(portfolio.settings()).get_repository_def().asset_graph
    for asset in ("store", "report"):
        policy = graph.get(dg.AssetKey(asset)).freshness_policy
        assert isinstance(policy, TimeWindowFreshnessPolicy)
        assert policy.fail_window.to_timedelta() == timedelta(hours=hours + 1)


@pytest.mark.slow
def test_a_provider_shows_what_it_says_alone(portfolio: Portfolio) -> None:
    """After a run each provider has its pulls by endpoint and reason, and a picture of the value by it alone."""
    portfolio.simulator.order("forbidden", account=address("cold"))
    with instance() as own:
        run(portfolio, own, 0, 0)
        (event,) = own.fetch_observations(dg.AssetRecordsFilter(asset_key=dg.AssetKey("credmark")), limit=1).records
        assert event.asset_observation is not None
        metadata = event.asset_observation.metadata
        assert picture_in(metadata["value_chart"]).startswith(b"\x89PNG")
        told = {(row["outcome"], row["reason"]): row["pulls"] for row in rows_of(metadata["pulls_by_endpoint"])}
        assert told == {("answered", "-"): "4", ("failed", "forbidden"): "1"}


def test_every_asset_says_what_it_is(portfolio: Portfolio) -> None:
    """Every asset has a description, an owner, kinds, its columns with a sentence each, and code that is there."""
    portfolio.providers = FOUR
    graph = build(portfolio.settings()).get_repository_def().asset_graph
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert (node.description or "").endswith(".")
        assert node.owners == ["team:portfolio"]
        assert node.kinds
        if key != dg.AssetKey("report"):
            schema = node.metadata["dagster/column_schema"]
            assert isinstance(schema, dg.TableSchema | dg.TableSchemaMetadataValue)
            columns = (schema if isinstance(schema, dg.TableSchema) else schema.schema).columns
            assert all(column.description and column.type for column in columns)
            assert {column.constraints.nullable for column in columns} == {True, False}
        references = node.metadata["dagster/code_references"]
        assert isinstance(references, dg.CodeReferencesMetadataValue)
        for one in references.code_references:
            assert isinstance(one, dg.LocalFileCodeReference)
            assert Path(one.file_path).exists()
            assert not Path(one.label or "/").is_absolute()


def test_definitions_are_as_written_down(portfolio: Portfolio) -> None:
    """Assets, groups, dependencies, checks, job and schedule are those of definitions.txt, so a change is a diff."""
    definitions = build(portfolio.settings())
    repository = definitions.get_repository_def()
    graph = repository.asset_graph
    lines = []
    for node in sorted((graph.get(one) for one in graph.get_all_asset_keys()), key=lambda node: node.key):
        deps = sorted(dep.to_user_string() for dep in node.parent_keys)
        per = "instant" if node.partitions_def else "history"
        lines.append(f"asset {node.key.to_user_string()} per={per} group={node.group_name} deps={deps}")
    lines += [f"check {one}" for one in sorted(one.to_user_string() for one in graph.asset_check_keys)]
    for one in sorted(repository.schedule_defs, key=lambda one: one.name):
        lines.append(f"schedule {one.name} cron={one.cron_schedule} job={one.job_name} {one.default_status.value}")
    lines += sorted(f"sensor {one.name} {one.default_status.value}" for one in repository.sensor_defs)
    lines += [f"job {one}" for one in sorted(repository.job_names) if not one.startswith("__")]
    expected = Path(__file__).with_name("definitions.txt").read_text(encoding="utf-8").splitlines()
    assert lines == expected


def test_the_schedule_asks_for_the_tick_that_is_due(portfolio: Portfolio) -> None:
    """At a tick, the schedule asks for the partition of that very tick."""
    definitions = build(portfolio.settings())
    schedule = definitions.get_repository_def().get_schedule_def("every_tick")
    at = datetime(2026, 5, 3, tzinfo=UTC)
    with dg.build_schedule_context(
        scheduled_execution_time=at, repository_def=definitions.get_repository_def()
    ) as context:
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.partition_key == "2026-05-03T00:00"


@pytest.mark.slow
def test_a_broken_settings_file_is_what_the_code_location_says(portfolio: Portfolio) -> None:
    """With a fault in the settings, loading the definitions says exactly what doctor says."""
    portfolio.write()
    portfolio.config.write_text(portfolio.config.read_text().replace("cron =", "corn ="))
    environment = portfolio.environment | {"PYTHONWARNINGS": "ignore", "DAGSTER_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "dagster_project.definitions"],
        env=environment, cwd=portfolio.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    doctor = portfolio.command("doctor")
    fault = doctor.stderr.splitlines()[1].strip()
    assert "snapshots.corn: unknown key; did you mean 'cron'?" in fault
    assert fault in done.stdout + done.stderr


def test_the_instance_configuration_loads(portfolio: Portfolio) -> None:
    """The dagster.yaml that ships is one that Dagster accepts; its files are made before two processes could do so."""
    before = os.environ.get("DAGSTER_HOME")
    try:
        home = prepare_home(load(datetime.now(UTC), portfolio.settings().config))
        assert {path.name for path in home.rglob("*.db")} == {"schedules.db", "runs.db", "index.db"}
        with dg.DagsterInstance.get() as own:
            assert own.run_monitoring_enabled
            assert own.run_retries_enabled
            assert own.root_directory == str(home)
            assert not own.telemetry_enabled
    finally:
        if before is None:
            os.environ.pop("DAGSTER_HOME", None)
        else:
            os.environ["DAGSTER_HOME"] = before


@pytest.mark.slow
def test_a_lost_store_fails_the_run(portfolio: Portfolio) -> None:
    """A run that finds no store where one was fails with what proves it, asks nobody, and publishes nothing."""
    portfolio.have(0, 1)
    portfolio.store.unlink()
    was = portfolio.published.read_bytes()
    portfolio.forget_requests()
    with instance() as own:
        done = run(portfolio, own, 2, 2)
    failures = [str(event.step_failure_data) for event in done.all_events if event.is_step_failure]
    assert any(f"{portfolio.store}: it is gone" in words for words in failures)
    assert portfolio.requests() == []
    assert (portfolio.store.exists(), portfolio.published.read_bytes()) == (False, was)
