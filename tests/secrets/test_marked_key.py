"""The promise about keys, end to end: whatever fails, a key is found in nothing that is kept, said or shown.

Real settings with marked keys in the environment, the command and a run of Dagster, every fault of the simulator.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.model import format_as_of
from dagster_project.orchestration.build import JOB, QUIET, build
from dagster_project.orchestration.home import prepare_home
from dagster_project.settings.load import load
from dagster_project.simulator.faults.catalogue import NAMES
from dagster_project.sources.registry import PROVIDERS
from dagster_project.warehouse.ask import query
from tests.portfolio import PORTFOLIO
from tests.secrets import searching
from tests.simulator.running_simulator import Simulator, address, started

MARK = "simulated-marked-key-5c1d9e"
"""The simulator takes what begins like this for a good key."""

CONTROL = "planted-control-77ab"
"""Planted on purpose wherever the key must not be: the same search must find it there."""

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
TOO_SLOW = {"too_large", "compressed_bomb", "deeply_nested"}
"""Big bodies, and no word of the key in any of them; tests of the door have them."""

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::dagster.PreviewWarning")


def tick(hours: int) -> datetime:
    """The hour that began so many hours before this one."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)


def write(config: Path, simulator: Simulator) -> None:
    """Write real settings in front of the simulator; the account is named by the control."""
    providers = "".join(
        f'[providers.{name}]\nbase_url = "{simulator.url}/{provider.source.vendor}"\n'
        "requests_per_second = 1000\nconcurrency = 64\n"
        for name, provider in PROVIDERS.items()
        if provider.source.api_key_env
    )
    config.write_text(
        f'mode = "real"\n[snapshots]\ncron = "0 * * * *"\nstart = "{tick(72):%Y-%m-%d}"\n'
        f'[[accounts]]\naddress = "{address("cold")}"\nlabel = "{CONTROL}"\n{providers}',
        encoding="utf-8",
    )


def orders() -> Iterator[dict[str, object]]:
    """Every fault at an hour of its own for those that can be asked about it, and echoes for all now."""
    for hours, fault in enumerate(sorted(NAMES - TOO_SLOW), 1):
        is_tried_again = fault in ("server_error", "unavailable", "reset_mid_body", "reset_header") or "limit" in fault
        more: dict[str, object] = {"seconds": 0.1}
        if is_tried_again:
            more["times"] = 1
        for dialect in ("credmark", "oneinch"):
            yield {"dialect": dialect, "fault": fault, "at": int(tick(hours).timestamp()), **more}
    for dialect in ("onebalance", "oneinch", "credmark"):
        yield {"dialect": dialect, "fault": "echoed_key", "times": 2}


@contextmanager
def a_process_that_tells() -> Iterator[None]:
    """Let a process run with the control among its arguments."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", CONTROL]) as process:
        yield
        process.kill()


def commanded(environment: dict[str, str], folder: Path, *arguments: str) -> dict[str, bytes]:
    """Run the command, watching the list of processes meanwhile."""
    seen = []
    with (
        a_process_that_tells(),
        subprocess.Popen(
            [*PORTFOLIO, *arguments], env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process,
    ):
        for _ in range(3):
            seen.append(searching.of_processes())
            time.sleep(0.1)
        out, error = process.communicate(timeout=240)
    name = " ".join(arguments)
    return {f"said by {name}": out, f"errors of {name}": error, f"processes during {name}": b"\n".join(seen)}


def run_in_dagster(config: Path) -> None:
    """Take some of the hours once more in a run of Dagster with a home of its own, in this process."""
    settings = load(datetime.now(UTC), config)
    prepare_home(settings)
    job = build(settings, lambda line: print(line, CONTROL, flush=True)).resolve_job_def(JOB)  # noqa: T201 - to be captured
    tags = {RANGE[0]: format_as_of(tick(2)), RANGE[1]: format_as_of(tick(0))}
    with dg.DagsterInstance.get() as instance:
        job.execute_in_process(QUIET, instance=instance, tags=tags, raise_on_error=False)


@pytest.mark.slow
def test_a_marked_key_is_found_nowhere_and_a_control_everywhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """No log, error, raw answer, table, report, Dagster storage or process shows a key; a planted word all do."""
    keys = {name: MARK for provider in PROVIDERS.values() if (name := provider.source.api_key_env)}
    own = {"PORTFOLIO_CONFIG": str(tmp_path / "portfolio.toml"), "PORTFOLIO_DATA": str(tmp_path / "data")}
    for name, value in (keys | own | {"XDG_STATE_HOME": str(tmp_path / "state"), "DAGSTER_HOME": ""}).items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.DEBUG)
    evidence: dict[str, bytes] = {}
    with started() as simulator:
        write(tmp_path / "portfolio.toml", simulator)
        simulator.http.put(f"{simulator.url}/_simulator/faults", json=list(orders())).raise_for_status()
        environment = dict(os.environ)
        since = format_as_of(tick(len(NAMES)))
        for arguments in (("-v", "backfill", "--since", since), ("doctor",), ("status",), ("ask", CONTROL)):
            evidence |= commanded(environment, tmp_path, *arguments)
        logging.getLogger("dagster_project").info("planted: %s", CONTROL)
        run_in_dagster(tmp_path / "portfolio.toml")
    evidence["logs"] = "\n".join(f"{one.getMessage()} {one.__dict__!r}" for one in caplog.records).encode()
    evidence["printed"] = "".join(capfd.readouterr()).encode()
    data = tmp_path / "data" / "real"
    evidence |= searching.of_folder(tmp_path, "any")
    evidence |= searching.of_raw(data / "raw")
    for name in ("store", "portfolio"):
        evidence |= searching.of_duckdb(data / f"{name}.duckdb", name)
    home = Path(os.environ["DAGSTER_HOME"])
    evidence |= searching.of_sqlite(home) | searching.of_folder(home, "dagster")
    assert searching.places(evidence, MARK) == set()
    assert b"failed:unauthorised" in evidence["any file data/real/report.html"]
    assert any(
        b"the key ***" in seen and b"'x-ratelimit-key': '***" in seen
        for where, seen in evidence.items()
        if where.startswith("raw rows")
    )
    found = searching.places(evidence, CONTROL)
    wanted = {
        "logs", "errors of", "said by", "processes during doctor", "raw rows of", "store table account",
        "portfolio table account", "any file data/real/report.html", "any file data/real/portfolio.duckdb",
        "dagster rows of", "dagster file storage",
    }  # fmt: skip
    assert {one for one in wanted if not any(where.startswith(one) for where in found)} == set()


@pytest.mark.slow
def test_no_log_tells_addresses_or_balances(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, shared_simulator: Simulator
) -> None:
    """Progress, logs and Dagster's record of a run name no address and no balance of a token, though a pull failed."""
    caplog.set_level(logging.DEBUG)
    shared_simulator.start_over()
    config = tmp_path / "portfolio.toml"
    for name, value in {"PORTFOLIO_CONFIG": str(config), "PORTFOLIO_DATA": str(tmp_path / "data")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    for variable in {provider.source.api_key_env for provider in PROVIDERS.values()} - {None}:
        monkeypatch.setenv(str(variable), MARK)
    write(config, shared_simulator)
    failing = [{"dialect": name, "fault": "forbidden", "times": 1} for name in ("credmark", "oneinch")]
    shared_simulator.http.put(f"{shared_simulator.url}/_simulator/faults", json=failing).raise_for_status()
    evidence = commanded(dict(os.environ), tmp_path, "-v", "backfill", "--since", format_as_of(tick(1)))
    run_in_dagster(config)
    home = Path(os.environ["DAGSTER_HOME"])
    evidence |= searching.of_sqlite(home) | searching.of_folder(home, "dagster")
    evidence["logs"] = "\n".join(f"{one.getMessage()} {one.args!r}" for one in caplog.records).encode()
    data = tmp_path / "data" / "real"
    with_balances = searching.of_raw(data / "raw") | searching.of_duckdb(data / "portfolio.duckdb", "portfolio")
    amounts = [repr(amount) for (amount,) in query(data / "portfolio.duckdb", "select amount from balance").rows]
    for private in (address("cold").removeprefix("0x"), max(amounts, key=len)):
        told = {where for where in searching.places(evidence, private) if not where.startswith("processes")}
        assert told == set()
        assert searching.places(with_balances, private)
    assert b"PARTIAL" in b"".join(seen for where, seen in evidence.items() if where.startswith("errors of"))


def test_the_search_finds_other_spellings() -> None:
    """A mark in capitals, in a URL's escapes or within base64 is found, half of one is not."""
    seen = {
        "url": "".join(f"%{byte:02X}" for byte in MARK.encode()).encode(),
        "upper": MARK.upper().encode(),
        "half": MARK[:-3].encode(),
        "b64": b"dXNlcjpzaW11bGF0ZWQtbWFya2VkLWtleS01YzFkOWU=",
    }
    assert searching.places(seen, MARK) == {"url", "upper", "b64"}
