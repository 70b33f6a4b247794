"""Promises of backfills by click, through Dagster's own webserver and daemon with all providers."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dagster_project.model import format_as_of
from dagster_project.orchestration.home import make_home
from dagster_project.simulator.book.assets import ASSET_BY_ID
from tests.orchestration.test_webserver import LAUNCH, LOCATION, dagster, until
from tests.portfolio import Portfolio, lasting
from tests.simulator.running_simulator import Simulator, address

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHIPPED = ("oneinch_portfolio", "credmark", "onebalance", "oneinch_balance", "ecb")
PROVIDERS = (*SHIPPED, "onchain")
EVERY = (*PROVIDERS, "store", "report")
CHAINS = ("eip155:1", "eip155:8453", "eip155:42161")
TOKENS = [one.id for one in ASSET_BY_ID.values() if "/erc20:" in one.id and one.chain in CHAINS]
DAYS = 45
"""Of history; a gap of more than a month is none that the daemon catches up by itself."""

LATEST = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

STATUS = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status runs(limit: 50) { runId status } } ... on PythonError { message } } }
"""
PREVIEW = """
query ($preview: AssetBackfillPreviewParams!) { assetBackfillPreview(params: $preview) { assetKey { path } } }
"""
NODES = """
{ assetNodes { assetKey { path } partitionStats { numPartitions numMaterialized numFailed numMaterializing }
    assetPartitionStatuses { ... on TimePartitionStatuses { ranges { startKey endKey status } } }
    assetMaterializations(limit: 1) { runId }
    assetChecksOrError { ... on AssetChecks { checks { name partitionStatuses {
        ... on AssetCheckTimePartitionStatuses { ranges { startKey endKey status } } } } } } } }
"""
FAILURES = """
query ($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events { ... on ExecutionStepFailureEvent {
    error { message causes { message } } } } } } }
"""
RUN = """
mutation ($run: ExecutionParams!) { launchRun(executionParams: $run) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
RUN_STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
ENDED = {"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}


def key(number: int) -> str:
    """Give the partition key of a day of the history, which began weeks ago."""
    return format_as_of(LATEST - timedelta(days=DAYS - number))


def at(number: int) -> int:
    """Give a day of the history as the simulator names it, in Unix seconds."""
    return int((LATEST - timedelta(days=DAYS - number)).timestamp())


def selection(*names: str) -> list[dict[str, list[str]]]:
    """Name assets as GraphQL does."""
    return [{"path": [name]} for name in names]


def by_asset(*names: str, first: int, last: int) -> list[dict[str, object]]:
    """Name a range of partitions for each asset, none for the report, as GraphQL does."""
    span = {"range": {"start": key(first), "end": key(last)}}
    return [{"assetKey": {"path": [name]}, "partitions": None if name == "report" else span} for name in names]


class AllProviders(Portfolio):
    """Three accounts on three chains and on Solana, asked of every provider that ships and of nodes."""

    def write(self) -> None:
        """Write the settings; the tokens to look for on chains stand in the section of that provider alone."""
        super().write()
        text = self.config.read_text(encoding="utf-8")
        text = text.replace("[providers.onchain]\n", f"[providers.onchain]\ntokens = {json.dumps(TOKENS)}\n")
        self.config.write_text(text, encoding="utf-8")


@dataclass
class Clicks:
    """A portfolio behind Dagster's webserver, and how what was launched there ended, by name."""

    portfolio: Portfolio
    ask: Callable[..., Any]
    launched: dict[str, str] = field(default_factory=dict)
    ended: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    ill: dict[str, Any] = field(default_factory=dict)

    def launch(self, name: str, **parameters: object) -> None:
        """Launch a backfill as the UI does."""
        answer = self.ask(LAUNCH, backfill=parameters)["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        self.launched[name] = str(answer["backfillId"])

    def wait(self) -> None:
        """Wait until everything that was launched has ended."""
        for name in self.launched.keys() - self.ended.keys():
            found = until(partial(self._status, name), lambda one: one.get("status") in ENDED)
            self.ended[name] = str(found["status"]), [str(one["status"]) for one in found["runs"]]

    def failure(self, name: str) -> str:
        """Give why the run of a backfill failed, as its page says."""
        (run,) = self._status(name)["runs"]
        events = self.ask(FAILURES, id=run["runId"])["logsForRun"]["events"]
        return " ".join(str(one["error"]) for one in events if one.get("error"))

    def nodes(self) -> dict[str, Any]:
        """Give what the UI knows of each asset."""
        return {one["assetKey"]["path"][0]: one for one in self.ask(NODES)["assetNodes"]}

    def _status(self, name: str) -> Any:  # noqa: ANN401 - whatever GraphQL answers
        return self.ask(STATUS, id=self.launched[name])["partitionBackfillOrError"]


def failing(node: dict[str, Any], check: str) -> set[str]:
    """Give the partitions at which a check of an asset fails, as the UI shows it."""
    checks = {one["name"]: one for one in node["assetChecksOrError"]["checks"]}
    return keys_of(checks[check]["partitionStatuses"]["ranges"], "FAILED")


def passing(node: dict[str, Any], check: str) -> set[str]:
    """Give the partitions at which a check of an asset passes, as the UI shows it."""
    checks = {one["name"]: one for one in node["assetChecksOrError"]["checks"]}
    return keys_of(checks[check]["partitionStatuses"]["ranges"], "SUCCEEDED")


def green(node: dict[str, Any]) -> set[str]:
    """Give the partitions of an asset that the UI shows as materialised."""
    return keys_of(node["assetPartitionStatuses"]["ranges"], "MATERIALIZED")


def recorded(portfolio: Portfolio, provider: str) -> set[str]:
    """Give the instants at which every pull of a provider that covers cells, or of one without cells, is answered."""
    rows = portfolio.query(
        "select as_of from pull left join (select distinct as_of, provider, pull_key, true as has_cells from cell) "
        f"using (as_of, provider, pull_key) where provider = '{provider}' and (has_cells or provider = 'ecb') "
        "group by as_of having bool_and(outcome in ('answered', 'empty'))"
    ).rows
    return {format_as_of(at.replace(tzinfo=UTC)) for (at,) in rows if isinstance(at, datetime)}


def complete(portfolio: Portfolio) -> set[str]:
    """Give the instants at which coverage() has no missing cell."""
    rows = portfolio.query("select as_of from coverage() group by as_of having bool_and(status <> 'missing')").rows
    return {format_as_of(at.replace(tzinfo=UTC)) for (at,) in rows if isinstance(at, datetime)}


def keys_of(ranges: list[dict[str, str]], status: str) -> set[str]:
    """Give the partition keys in ranges of a status."""
    days = [key(number) for number in range(DAYS + 1)]
    spans = [(one["startKey"], one["endKey"]) for one in ranges if one["status"] == status]
    return {day for day in days if any(first <= day <= last for first, last in spans)}


def loaded(ask: Callable[..., Any]) -> None:
    """Wait until the code location is loaded."""
    until(
        lambda: ask(LOCATION)["workspaceOrError"].get("locationEntries", []),
        lambda found: bool(found) and found[0]["loadStatus"] == "LOADED" and found[0]["locationOrLoadError"],
    )


@contextmanager
def all_providers(folder: Path, simulator: Simulator) -> Iterator[Portfolio]:
    """Give a portfolio of six weeks that every provider is asked about."""
    with lasting(folder, simulator) as made:
        start = LATEST - timedelta(days=DAYS)
        portfolio = AllProviders(made.folder, made.simulator)
        portfolio.accounts = ("treasury", "cold", "solana-desk")
        portfolio.account_keys = {"solana-desk": 'chains = ["solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"]'}
        portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{start:%Y-%m-%d}"\nchains = {json.dumps(CHAINS)}'
        portfolio.providers = PROVIDERS
        portfolio.write()
        yield portfolio


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Iterator[Clicks]:
    """Launch every kind of backfill in three waves, and give how each ended."""
    folder = tmp_path_factory.mktemp("clicks")
    with all_providers(folder, shared_simulator) as portfolio, dagster(portfolio) as ask:
        one = Clicks(portfolio, ask)
        loaded(ask)
        one.launch("names", assetSelection=selection(*EVERY), partitionNames=[key(0), key(1), key(2)])
        one.launch("by_asset", partitionsByAssets=by_asset(*EVERY, first=3, last=4))
        one.launch("alone", assetSelection=selection("credmark"), partitionNames=[key(5), key(6)])
        one.launch("down", assetSelection=selection("onchain", "store", "report"), partitionNames=[key(7)])
        one.launch("untaken", assetSelection=selection("store"), partitionNames=[key(8)])
        one.launch("rates", partitionsByAssets=by_asset("ecb", first=9, last=9))
        one.wait()
        portfolio.forget_requests()
        one.launch("store", assetSelection=selection("store"), partitionNames=[key(0), key(1)])
        one.launch("again", assetSelection=selection("onebalance", "store", "report"), partitionNames=[key(2), key(3)])
        one.wait()
        one.requests = portfolio.requests()
        faults = [
            {"dialect": "oneinch", "fault": "forbidden", "account": address("treasury"), "at": at(20)},
            {"dialect": "credmark", "fault": "forbidden", "account": address("treasury"), "at": at(21)},
            {"dialect": "ecb", "fault": "forbidden", "at": at(22)},
        ]
        portfolio.simulator.http.put(f"{portfolio.simulator.url}/_simulator/faults", json=faults).raise_for_status()
        one.launch("all", assetSelection=selection(*EVERY), allPartitions=True)
        one.wait()
        one.ill = one.nodes()
        one.ill["complete"] = complete(portfolio)
        one.ill["recorded"] = {name: recorded(portfolio, name) for name in PROVIDERS}
        portfolio.simulator.clear_faults()
        one.launch("repair", assetSelection=selection(*EVERY), partitionNames=[key(day) for day in range(19, 25)])
        one.wait()
        yield one


def test_every_asset_by_partition_names(clicks: Clicks) -> None:
    """All assets over some partitions, as "Materialize all" launches them, are one run that ends well."""
    assert clicks.ended["names"] == ("COMPLETED_SUCCESS", ["SUCCESS"])
    preview = {"assetSelection": selection(*EVERY), "partitionNames": [key(0), key(1)]}
    listed = clicks.ask(PREVIEW, preview=preview)["assetBackfillPreview"]
    assert {one["assetKey"]["path"][0] for one in listed} == set(EVERY)


def test_partitions_by_asset(clicks: Clicks) -> None:
    """Partitions that are named for each asset are one run too, whether for all assets or for one."""
    assert clicks.ended["by_asset"] == ("COMPLETED_SUCCESS", ["SUCCESS"])
    assert clicks.ended["rates"] == ("COMPLETED_SUCCESS", ["SUCCESS"])


def test_a_provider_alone(clicks: Clicks) -> None:
    """One provider without its downstream is one run that ends well; the total of the instant is not known by it."""
    assert clicks.ended["alone"] == ("COMPLETED_SUCCESS", ["SUCCESS"])
    assert clicks.ended["rates"] == ("COMPLETED_SUCCESS", ["SUCCESS"])


def test_a_provider_with_its_downstream(clicks: Clicks) -> None:
    """One provider with store and report ends well where others answered before, else the store is not green."""
    assert clicks.ended["again"] == ("COMPLETED_SUCCESS", ["SUCCESS"])
    assert clicks.ended["down"] == ("COMPLETED_FAILED", ["SUCCESS"])


def test_the_store_alone(clicks: Clicks) -> None:
    """The store alone asks nobody: it ends well where something is recorded, else its run says what to select."""
    assert clicks.ended["store"] == ("COMPLETED_SUCCESS", ["SUCCESS"])
    assert clicks.ended["untaken"] == ("COMPLETED_FAILED", ["FAILURE"])
    assert "select the providers too" in clicks.failure("untaken")


def test_what_is_recorded_is_not_asked_again(clicks: Clicks) -> None:
    """Runs over recorded instants, of a provider with its downstream or of the store, send no request."""
    assert clicks.requests == []


def test_all_partitions_complete_what_was_left_open(clicks: Clicks) -> None:
    """All partitions of all assets are one run, which asks what runs of some assets left open."""
    _, runs = clicks.ended["all"]
    assert runs == ["SUCCESS"]
    assert {key(number) for number in (5, 6, 7, 8, 9)} <= green(clicks.ill["store"])
    assert clicks.portfolio.query("select count(*) from pull where reason = 'not_asked'").rows == [(0,)]


def test_counts_are_those_of_coverage(clicks: Clicks) -> None:
    """What the UI counts as materialised, by provider and of the store, is what coverage() counts as recorded."""
    everything = {key(number) for number in range(DAYS + 1)}
    for name in PROVIDERS:
        assert green(clicks.ill[name]) == clicks.ill["recorded"][name], name
    assert green(clicks.ill["store"]) == clicks.ill["complete"] == everything - {key(20)}
    assert green(clicks.ill["oneinch_portfolio"]) == everything - {key(20)}
    assert green(clicks.ill["credmark"]) == everything - {key(21)}
    assert green(clicks.ill["ecb"]) < everything
    for name in (*PROVIDERS, "store"):
        stats = clicks.ill[name]["partitionStats"]
        assert (stats["numMaterialized"], stats["numFailed"]) == (len(green(clicks.ill[name])), 0)
        assert stats["numPartitions"] == len(everything)


def test_an_ill_instant_has_a_failing_check(clicks: Clicks) -> None:
    """A provider whose pulls failed has a failing check at that instant, the store where the total is not known."""
    everything = {key(number) for number in range(DAYS + 1)}
    for name in PROVIDERS:
        ill = everything - clicks.ill["recorded"][name]
        assert failing(clicks.ill[name], "every_pull_is_answered") == ill, name
        assert passing(clicks.ill[name], "every_pull_is_answered") == everything - ill, name
    assert failing(clicks.ill["store"], "total_is_known") == {key(20)}


def test_a_repaired_instant_has_a_passing_check(clicks: Clicks) -> None:
    """After a run that gets the answers every partition is materialised, and no check fails anywhere."""
    assert clicks.ended["repair"] == ("COMPLETED_SUCCESS", ["SUCCESS"])
    nodes = clicks.nodes()
    everything = {key(number) for number in range(DAYS + 1)}
    for name in (*PROVIDERS, "store"):
        assert green(nodes[name]) == everything, name
        for check in nodes[name]["assetChecksOrError"]["checks"]:
            assert failing(nodes[name], check["name"]) == set(), check
    assert key(20) in passing(nodes["oneinch_portfolio"], "every_pull_is_answered")
    assert key(21) in passing(nodes["credmark"], "every_pull_is_answered")
    assert passing(nodes["ecb"], "every_pull_is_answered") == everything
    assert passing(nodes["store"], "total_is_known") == everything


@pytest.mark.every
def test_the_report_has_no_partitions(clicks: Clicks) -> None:
    """The report is one thing that each snapshot run writes; launched alone it is a run that ends well."""
    before = clicks.nodes()["report"]
    assert before["partitionStats"] is None
    assert before["assetMaterializations"]
    job = {"repositoryLocationName": "portfolio_snapshots", "repositoryName": "__repository__"}
    selector = {**job, "jobName": "__ASSET_JOB", "assetSelection": selection("report")}
    launched = clicks.ask(RUN, run={"selector": selector, "runConfigData": {}, "mode": "default"})["launchRun"]
    run_id = launched["run"]["runId"]
    until(
        lambda: clicks.ask(RUN_STATUS, id=run_id)["runOrError"]["status"],
        lambda status: status in {"SUCCESS", "FAILURE"},
    )
    assert clicks.nodes()["report"]["assetMaterializations"] == [{"runId": run_id}]


@pytest.mark.every
@pytest.mark.parametrize("of", [("--partition", key(1)), ("--partition-range", f"{key(1)}...{key(3)}")])
def test_the_command_line_takes_every_asset(tmp_path: Path, shared_simulator: Simulator, of: tuple[str, str]) -> None:
    """`dagster asset materialize --select '*'` takes a partition or a range of all assets in one run."""
    with all_providers(tmp_path, shared_simulator) as portfolio:
        home = make_home(portfolio.folder / "dagster")
        done = subprocess.run(
            [sys.executable, "-m", "dagster", "asset", "materialize", "--select", "*", *of,
             "-m", "dagster_project.definitions"],
            env=portfolio.environment | {"DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"},
            cwd=portfolio.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        taken = 1 if of[0] == "--partition" else 3
        values = portfolio.query("select count(*), count(value_usd) from value_chart() where cells > 0").rows
        assert values == [(taken, taken)]
        assert (portfolio.folder / "data" / "simulated" / "report.html").exists()


@pytest.mark.every
def test_the_settings_that_ship_backfill_by_click(tmp_path: Path, shared_simulator: Simulator) -> None:
    """With the settings file that ships, all of its assets over some partitions are one run that ends well."""
    with lasting(tmp_path, shared_simulator) as portfolio:
        portfolio.config.write_text((ROOT / "portfolio.toml").read_text(encoding="utf-8"), encoding="utf-8")
        with dagster(portfolio) as ask:
            loaded(ask)
            one = Clicks(portfolio, ask)
            names = ["2026-03-01T00:00", "2026-03-02T00:00", "2026-03-04T00:00"]
            one.launch("names", assetSelection=selection(*SHIPPED, "store", "report"), partitionNames=names)
            one.wait()
            status, runs = one.ended["names"]
            assert (status, set(runs)) == ("COMPLETED_SUCCESS", {"SUCCESS"})
            assert one.nodes()["store"]["partitionStats"]["numMaterialized"] == len(names)
