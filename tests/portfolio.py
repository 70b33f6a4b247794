"""A portfolio of its own for a test: settings and data in a folder, a simulator behind it, runs in this process.

What is expected of it stands in the tests.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.archive.layout import find_all
from dagster_project.archive.stream import Kind, read_rows
from dagster_project.errors import DiskError
from dagster_project.settings.load import Settings, load
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.taken import Taken
from dagster_project.sources.registry import PROVIDERS
from dagster_project.warehouse.ask import Rows
from tests.commands import run
from tests.histories import Files, Histories, Step, files_of
from tests.published import asked
from tests.simulator.running_simulator import Simulator, address

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
"""The first instant of a test portfolio: nothing planted is going on, all five accounts are funded."""

PORTFOLIO = (sys.executable, "-m", "dagster_project.faces.cli.main")
FIVE = ("treasury", "operations", "trading", "cold", "grants")


def day(number: float) -> datetime:
    """Give the instant so many days after the first."""
    return FIRST + timedelta(days=number)


def named(label: str) -> str:
    """Give a simulated account as settings name it."""
    spelled = address(label)
    return spelled if spelled.startswith("0x") else f"solana:{spelled}"


@dataclass
class Portfolio:
    """A settings file and its data folder, with the simulator that answers for it."""

    folder: Path
    simulator: Simulator
    accounts: tuple[str, ...] = FIVE
    snapshots: str = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"'
    extra: str = ""
    account_keys: dict[str, str] = field(default_factory=dict)
    providers: tuple[str, ...] = ("credmark",)
    assets: str = ""
    series_every: str = "never"
    provider_keys: str = ""
    histories: Histories | None = None
    steps: tuple[Step, ...] = ()
    files: Files = frozenset()

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "portfolio.toml"

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which commands see this portfolio and nothing of the machine's user."""
        own = {"PORTFOLIO_CONFIG": str(self.config), "PORTFOLIO_DATA": str(self.folder / "data")}
        return os.environ | own | {"XDG_STATE_HOME": str(self.folder / "state"), "COLUMNS": "200"}

    def write(self) -> None:
        """Write the settings file as it stands."""
        accounts = "".join(
            f'[[accounts]]\naddress = "{named(label)}"\nlabel = "{label}"\n{self.account_keys.get(label, "")}\n'
            for label in self.accounts
        )
        providers = "".join(
            f'[providers.{name}]\nbase_url = "{self.simulator.url}/{PROVIDERS[name].source.vendor}"\n'
            f'series_every = "{self.series_every}"\n{self.provider_keys}'
            for name in self.providers
        )
        text = f'mode = "simulated"\n[snapshots]\n{self.snapshots}\n{accounts}{self.assets}{providers}{self.extra}'
        self.config.write_text(text, encoding="utf-8")

    def settings(self) -> Settings:
        """Write and read the settings."""
        self.write()
        return load(datetime.now(UTC), self.config)

    def take(self, *days: float, again: bool = False) -> list[Taken]:
        """Take the snapshots of some days in this process."""
        taken: list[Taken] = []
        job = Job(tuple(day(number) for number in days), again=again)
        take_history(self.settings(), job, Watch(stored=taken.append))
        return taken

    def have(self, *days: float, again: bool = False) -> list[Taken]:
        """Have the snapshots of some days, which an earlier test of this worker may have taken: then nobody is asked.

        For what a test starts from. What it promises of taking, it takes.
        """
        data = self.folder / "data"
        self.write()
        step = Step(self.config.read_text(encoding="utf-8"), tuple(map(day, days)), again, self.simulator.steering)
        is_known = self.histories is not None and step.can_be_repeated and files_of(data) == self.files
        if self.histories is None or not is_known:
            return self.take(*days, again=again)
        self.steps = (*self.steps, step)
        taken = self.histories.give(self.steps, data, lambda: self.take(*days, again=again))
        self.files = files_of(data)
        return taken

    @property
    def published(self) -> Path:
        """The file that users open."""
        return self.folder / "data" / "simulated" / "portfolio.duckdb"

    @property
    def store(self) -> Path:
        """The writer's own file."""
        return self.published.with_name("store.duckdb")

    def answers_kept(self) -> int:
        """Count the answers that reached the disk, in streams that are sealed or still written."""
        try:
            streams = find_all(self.published.with_name("raw"))
            return sum(row.kind is Kind.ANSWER for stream in streams for row in read_rows(stream))
        except DiskError:
            return 0  # one was sealed meanwhile, and is where it was not looked for

    def answer(self, name: str, **parameters: object) -> list[dict[str, object]]:
        """Ask an answer of the published file."""
        with asked(self.published) as asking:
            return asking.answer(name, **parameters).dicts()

    def query(self, sql: str) -> Rows:
        """Ask SQL of the published file."""
        with asked(self.published) as asking:
            return asking.query(sql)

    def change_store(self, *statements: str) -> None:
        """Change the writer's store by hand, as an operator with a DuckDB client would."""
        with duckdb.connect(self.store) as connection:
            for statement in statements:
                connection.execute(statement)

    def command(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the command `portfolio` in this process, and give its exit code and output."""
        done = run(arguments, self.environment, self.folder)
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def process(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the command `portfolio` as a process of its own."""
        return subprocess.run(
            [*PORTFOLIO, *arguments], env=self.environment, cwd=self.folder, text=True, capture_output=True,
            check=check, timeout=120,
        )  # fmt: skip

    def requests(self) -> list[str]:
        """Give path and query of each request that the simulator saw since they were last forgotten."""
        seen = self.simulator.http.get(f"{self.simulator.url}/_simulator/requests").json()
        return [f"{one['path']}?{one['query']}" for one in seen["last"]]

    def fail_for(self, *labels: str, dialect: str = "credmark") -> None:
        """Let a provider fail for these accounts, and for no other."""
        orders = [{"dialect": dialect, "fault": "forbidden", "account": address(label)} for label in labels]
        self.simulator.http.put(f"{self.simulator.url}/_simulator/faults", json=orders).raise_for_status()

    def forget_requests(self) -> None:
        """Let the simulator count from nought."""
        self.simulator.forget_requests()


def use_folder(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the program keep its data and its state below this folder, until the patch is undone."""
    patch.setenv("PORTFOLIO_DATA", str(folder / "data"))
    patch.setenv("XDG_STATE_HOME", str(folder / "state"))


@contextmanager
def lasting(folder: Path, simulator: Simulator) -> Iterator[Portfolio]:
    """Give a portfolio in a folder that outlives a test, while it is taken; the simulator starts over."""
    with pytest.MonkeyPatch.context() as patched:
        use_folder(patched, folder)
        simulator.start_over()
        yield Portfolio(folder, simulator)
