"""The history that damage and kills begin from, and every verb of the command line with what it is called with.

The history has what a history has after a while: three days, flows, a closed period, a page, alarms that were sent.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from dagster_project.faces.cli.main import VERBS
from tests.injection.server import Commands, Ended, Injected
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import Simulator, address
from tests.waiting import until

ACCOUNTS = ("treasury", "cold")
EXTRA = '[raw]\nkeep_days = 1\narchive_dir = "attic"\n[alerts]\nfile = "alerts.jsonl"\n'
FLOWS = "at,account,asset,amount,kind,note\n2026-05-01T06:00,{account},eip155:1/slip44:60,{amount},deposit,\n"
PERIOD = "2026-05-01..2026-05-02"
NEXT = "2026-05-04"

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "snapshot": ("--at", NEXT),
    "backfill": ("--until", NEXT),
    "plan": ("--since", "2026-05-01", "--until", NEXT),
    "import": ("flows", "more.csv"),
    "export": ("exported",),
    "close": ("2026-05-01..2026-05-03", "--partial", "days were left out"),
    "ask": ("value_chart", "--output", "asked.txt"),
    "serve": ("--port", "0"),
    "simulate": ("--port", "0"),
    "restore": (),
}
"""By verb; one that is not here is called without any, so that a new verb is tried by itself."""

STAYING = {"serve": "/api/value_chart", "simulate": "/_simulator/requests"}
"""Verbs that go on until Ctrl-C, and what is asked of them meanwhile."""

KNOWS_NO_HISTORY = frozenset({"init", "simulate", "tokens"})
"""Verbs that need nothing of a history; what is damaged in it does not concern them."""


@dataclass(frozen=True)
class Ground:
    """A portfolio at rest, of which each case gets a copy."""

    rest: Portfolio
    commands: Commands
    has_cache: bool = False

    def copy(self, folder: Path) -> Portfolio:
        """Give a copy of the portfolio in a folder that is not there."""
        shutil.copytree(self.rest.folder, folder, ignore=shutil.ignore_patterns("*.lock"))
        return self.at(folder)

    def at(self, folder: Path) -> Portfolio:
        """Give the portfolio whose files lie in a folder."""
        return Portfolio(
            folder, self.rest.simulator, accounts=ACCOUNTS, providers=self.rest.providers, extra=self.rest.extra,
            provider_keys=self.rest.provider_keys,
        )  # fmt: skip

    def run(self, portfolio: Portfolio, verb: str, injected: Injected | None = None) -> Ended:
        """Run a verb as a user does, with what it is called with here."""
        return self.call(portfolio, (verb, *ARGUMENTS.get(verb, ())), injected)

    def call(self, portfolio: Portfolio, arguments: tuple[str, ...], injected: Injected | None = None) -> Ended:
        """Run the command with these arguments."""
        meanwhile = None
        if arguments[0] in STAYING:
            meanwhile = _asking(STAYING[arguments[0]])
        environment = environment_of(portfolio)
        if self.has_cache:
            environment["XDG_CACHE_HOME"] = str(portfolio.folder / "cache")
        return self.commands.run(arguments, environment, portfolio.folder, injected, meanwhile)


def environment_of(portfolio: Portfolio) -> dict[str, str]:
    """Give an environment in which everything lies in the portfolio's folder."""
    own = {"PORTFOLIO_CONFIG": "portfolio.toml", "PORTFOLIO_DATA": "data", "XDG_STATE_HOME": "state"}
    folder = portfolio.folder
    homes = {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(folder / "cache")), "HOME": str(folder)}
    return {"PATH": os.environ["PATH"], "COLUMNS": "400", "LANG": "C.UTF-8", **homes} | {
        name: str(folder / value) for name, value in own.items()
    }


def made(
    folder: Path,
    simulator: Simulator,
    commands: Commands,
    providers: tuple[str, ...] = ("credmark",),
    *,
    provider_keys: str = "",
    has_cache: bool = False,
) -> Ground:
    """Make the history at rest; with `has_cache` the user's cache lies in its folder too."""
    folder.mkdir(parents=True)
    portfolio = Portfolio(
        folder, simulator, accounts=ACCOUNTS, providers=providers, extra=EXTRA, provider_keys=provider_keys
    )
    portfolio.write()
    for name, amount in (("flows.csv", 1), ("more.csv", 2)):
        text = FLOWS.format(account=address("treasury"), amount=amount)
        (folder / name).write_text(text, encoding="utf-8")
    ground = Ground(portfolio, commands, has_cache)
    (folder / "attic").mkdir()
    for arguments in (
        ("tokens",),
        ("backfill", "--until", "2026-05-03"),
        ("import", "flows", "flows.csv"),
        ("close", PERIOD),
        ("page",),
        ("alert",),
    ):
        ended = ground.call(portfolio, arguments)
        assert ended.code in (0, 3), ended
    return ground


def verbs() -> tuple[str, ...]:
    """Give every verb of the command line."""
    return tuple(VERBS)


def _asking(path: str) -> Callable[[Path], None]:
    """Ask whoever announces an address in its output; who says nothing and ends is asked nothing."""

    def ask(out: Path) -> None:
        found: list[str] = []

        def is_there() -> bool:
            words = out.read_text(encoding="utf-8") if out.exists() else ""
            found[:] = [word for word in words.split() if word.startswith("http://127.0.0.1:")]
            errors = out.with_name("err")
            return bool(found) or (errors.exists() and errors.stat().st_size > 0)

        try:
            until(is_there, seconds=30.0)
        except AssertionError:
            return
        if not found:
            return  # it has ended with a message
        with suppress(httpx.TransportError):  # it has ended meanwhile, which its exit code tells
            httpx.get(f"{found[0]}{path}", timeout=20)

    return ask
