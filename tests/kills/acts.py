"""What is killed at its system calls: every verb of the command line, with the history that it begins from.

Verbs come from the command line itself; further acts are verbs that do more than one thing.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import duckdb

from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.facts import facts_at
from dagster_project.warehouse.schema import prepare_older
from tests.injection.ground import ARGUMENTS, STAYING, Ground, verbs
from tests.portfolio import Portfolio

Prepare = Callable[[Ground, Portfolio], None]


@dataclass(frozen=True)
class Act:
    """A verb with its arguments; `prepare` brings a copy of the history at rest to where it begins."""

    name: str
    arguments: tuple[str, ...]
    prepare: Prepare


def acts() -> tuple[Act, ...]:
    """Give every verb, but those that stay and write nothing, and what else verbs do."""
    plain = tuple(Act(verb, (verb, *ARGUMENTS.get(verb, ())), _nothing) for verb in verbs() if verb not in STAYING)
    return (
        *(one for one in plain if one.name not in _OTHERS),
        Act("restore", ("restore",), _lost),
        Act("init", ("init", "0x00000000000000000000000000000000000000aa"), _without_settings),
        Act("import a history", ("import", "exported"), _exported),
        Act("migrate", ("migrate",), older),
        Act("first snapshot", ("snapshot", "--at", "2026-05-04"), _without_data),
        Act("snapshot that migrates", ("snapshot", "--at", "2026-05-04"), older),
    )


_OTHERS = frozenset({"init", "migrate", "restore"})
"""Verbs that do nothing on a history at rest."""


def _nothing(_: Ground, __: Portfolio) -> None:
    pass


def _without_settings(_: Ground, portfolio: Portfolio) -> None:
    portfolio.config.unlink()


def _lost(_: Ground, portfolio: Portfolio) -> None:
    portfolio.store.unlink()


def _without_data(_: Ground, portfolio: Portfolio) -> None:
    shutil.rmtree(portfolio.folder / "data")


def _exported(ground: Ground, portfolio: Portfolio) -> None:
    ended = ground.call(portfolio, ("export", "exported"))
    assert ended.code == 0, ended
    _without_data(ground, portfolio)


def older(_: Ground, portfolio: Portfolio) -> None:
    """Let the store be of the schema before this one, with the same facts, and nothing be published yet."""
    version = sqlfiles.migrations()[-2][0]
    old = portfolio.store.with_name("older.duckdb")
    with duckdb.connect(portfolio.store, read_only=True) as connection:
        ((portfolio_id, made_at),) = connection.execute("select portfolio_id, created_at from store").fetchall()
    with duckdb.connect(old) as connection:
        prepare_older(connection, "simulated", version, (portfolio_id, made_at.replace(tzinfo=UTC)))
        connection.execute(f"attach '{portfolio.store}' as newer (read_only)")
        for fact in facts_at(version):
            if fact.name != "store":
                names = ", ".join(fact.names)
                connection.execute(f"insert into {fact.name} ({names}) select {names} from newer.{fact.name}")
    old.replace(portfolio.store)
    portfolio.published.unlink()


def streams(root: Path) -> dict[str, bytes]:
    """Give every sealed stream below a folder, by its name."""
    return {path.name: path.read_bytes() for path in root.rglob("*.arrows")}
