"""Random histories, small and unkind: made with hypothesis and written straight into a store.

Two accounts, two chains, three assets on each, two positions and a debt, six instants; prices that come and go, wallets
that come late or leave, pulls that fail, ticks that nobody took. What is expected of them stands in the tests.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from dagster_project.holdings import Asset, Holding, Position, PriceStatus, Reading
from dagster_project.model import (
    Account,
    Answer,
    Attempt,
    Capability,
    Cell,
    Frame,
    Layer,
    Outcome,
    Plan,
    ProviderPlan,
    Pull,
    Reason,
    Request,
    Rule,
)
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.judge import Judged
from dagster_project.slices import Slice
from dagster_project.warehouse.store import Store

START = datetime(2026, 5, 1, tzinfo=UTC)
PROVIDERS = ("oneinch_portfolio", "credmark")
CHAINS = ("eip155:1", "eip155:10")
ASSETS = tuple(f"{chain}/{name}" for chain in CHAINS for name in ("slip44:60", "erc20:0xaa", "erc20:0xbb"))
ACCOUNTS = ("eip155:0:0x" + "1" * 40, "eip155:0:0x" + "2" * 40)
GROUPS_OF = {ACCOUNTS[0]: ("fund", "all of it"), ACCOUNTS[1]: ("all of it",)}
REBASING = ASSETS[2]
_ASKED: Mapping[str, tuple[str, ...]] = {"oneinch_portfolio": ("tokens", "protocols"), "credmark": ("tokens",)}
PULLS = tuple((provider, what, account) for provider in PROVIDERS for what in _ASKED[provider] for account in ACCOUNTS)
AMOUNTS = (None, None, 1.0, 1.0, 2.0, 2.5, 0.1, 33.333333, 1000.0)
PRICES = (None, 1.0, 1.0, 2.0, 0.5, 0.333333, 1999.99)

Key = tuple[str, str, str, str, str]
"""Account, chain, layer, position and asset."""

KEYS: tuple[Key, ...] = tuple(
    key
    for account in ACCOUNTS
    for key in (
        *((account, asset.partition("/")[0], "wallet", "", asset) for asset in ASSETS),
        (account, CHAINS[0], "position", "pool", ASSETS[0]),
        (account, CHAINS[0], "position", "pool", ASSETS[1]),
        (account, CHAINS[0], "position", "supply", ASSETS[1]),
        (account, CHAINS[0], "position", "supply", REBASING),
        (account, CHAINS[0], "debt", "loan", ASSETS[1]),
        (account, CHAINS[0], "reward", "pool", ASSETS[0]),
    )
)


@dataclass(frozen=True)
class Told:
    """What happens at one instant: amounts by row, prices by asset for each provider, pulls that fail, who is listed.

    `unseen` are rows that the second provider does not know of; `shares` are those behind a row, and their rate.
    """

    as_of: datetime
    cron: str
    amounts: Mapping[Key, float]
    prices: tuple[Mapping[str, float], Mapping[str, float]]
    failed: frozenset[tuple[str, str, str]]
    listed: tuple[str, ...]
    unseen: frozenset[Key]
    shares: Mapping[Key, tuple[str | None, str | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Random:
    """A whole history, with the bounds of the second account and whether one asset is rebasing."""

    told: tuple[Told, ...]
    since: datetime | None
    until: datetime | None
    is_rebasing: bool


@st.composite
def histories(draw: st.DrawFn, most: int = 6) -> Random:
    """Draw a history."""
    count = draw(st.integers(1, most))
    as_of, cron = START, "0 0 * * *"
    told: list[Told] = []
    steady = draw(st.booleans())
    before: dict[Key, float | None] = dict.fromkeys(KEYS)
    for _ in range(count):
        before = _amounts(draw, before)
        told.append(_told(draw, (as_of, cron), before))
        if not steady and draw(st.booleans()):
            cron = "0 */6 * * *"
        as_of += timedelta(hours=6 if "6" in cron else 24) * (1 if steady else draw(st.sampled_from((1, 1, 2))))
    instants = [None, None, *(one.as_of for one in told)]
    since, until = draw(st.sampled_from(instants)), draw(st.sampled_from(instants))
    return Random(tuple(told), since, until if not since or not until or since < until else None, draw(st.booleans()))


def _amounts(draw: st.DrawFn, before: Mapping[Key, float | None]) -> dict[Key, float | None]:
    """Change some of what is held: most of it stays as it was."""
    changed = draw(st.sets(st.sampled_from(KEYS), max_size=len(KEYS)))
    return {key: draw(st.sampled_from(AMOUNTS)) if key in changed else amount for key, amount in before.items()}


def _told(draw: st.DrawFn, at: tuple[datetime, str], amounts: Mapping[Key, float | None]) -> Told:
    first, second = (_known({asset: draw(st.sampled_from(PRICES)) for asset in ASSETS}) for _ in PROVIDERS)
    return Told(
        *at,
        _known(amounts),
        (first, second),
        draw(st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(PULLS), max_size=4))),
        draw(st.sampled_from((ACCOUNTS, ACCOUNTS, ACCOUNTS[:1]))),
        draw(st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(KEYS), max_size=3))),
    )


def _known(drawn: Mapping[Any, float | None]) -> dict[Any, float]:
    return {name: value for name, value in drawn.items() if value is not None}


_LAYERS = {"tokens": (Layer.WALLET,), "protocols": (Layer.POSITION, Layer.DEBT, Layer.REWARD)}


Attempted = tuple[int, frozenset[tuple[str, str, str]]]
"""Which instant is saved, and which of its pulls fail beyond those that fail for good."""

Turns = Sequence[Sequence[Attempted]]
"""What is saved in turn; each turn is published by itself."""


@st.composite
def turns(draw: st.DrawFn, history: Random) -> Turns:
    """Draw how the instants come in: some later than others, some a part at the first attempt and the rest later."""
    order = draw(st.permutations(range(len(history.told))))
    first = draw(st.lists(st.sampled_from(order), unique=True))
    whole: frozenset[tuple[str, str, str]] = frozenset()
    saved = [(number, draw(st.frozensets(st.sampled_from(PULLS))) if number in first else whole) for number in order]
    saved += [(number, whole) for number in draw(st.permutations(first))]
    ends = sorted(draw(st.sets(st.integers(1, len(saved) - 1)))) if len(saved) > 1 else []
    return [saved[since:until] for since, until in pairwise([0, *ends, len(saved)])]


def write(history: Random, folder: Path, empty: Path, by_turns: Turns | None = None) -> Path:
    """Write the history into a copy of an empty store and publish it, at once and in order unless told otherwise.

    In turns, the rule for the asset that may be rebasing is the other way round until the last one.
    """
    store, published = folder / "store.duckdb", folder / "portfolio.duckdb"
    shutil.copy(empty, store)
    opened = Store(store, published, "simulated")
    at_once = [[(number, frozenset[tuple[str, str, str]]()) for number in range(len(history.told))]]
    *earlier, last = by_turns or at_once
    otherwise = replace(history, is_rebasing=not history.is_rebasing)
    for ruled, turn in [*((otherwise, turn) for turn in earlier), (history, last)]:
        opened.save([taken(ruled, ruled.told[number], failed) for number, failed in turn])
        opened.publish()
    return published


def taken(
    history: Random, told: Told, failed: frozenset[tuple[str, str, str]], taken_at: datetime | None = None
) -> tuple[Plan, list[Slice]]:
    """Make what is saved of one instant, taken at the instant itself unless told otherwise."""
    plan = _plan(history, told)
    tried = replace(told, failed=told.failed | failed)
    begun = taken_at or told.as_of
    named = f"{told.as_of:%d%H}-{begun:%d%H}-{len(failed)}"
    attempts = [Attempt(part, f"{part.provider}-{named}", begun) for part in plan.providers]
    return plan, [assemble(one, 1, list(_judged(one.plan, tried))) for one in attempts]


def make_empty(path: Path) -> Path:
    """Make a store without any history."""
    Store(path, path.with_name("unpublished.duckdb"), "simulated").save([])
    return path


def _plan(history: Random, told: Told) -> Plan:
    ends: tuple[datetime | None, datetime | None]
    accounts = []
    for account_id in told.listed:
        ends = (history.since, history.until) if account_id == ACCOUNTS[1] else (None, None)
        address = account_id.rpartition(":")[2]
        accounts.append(Account(account_id, address, address[:4], CHAINS, GROUPS_OF[account_id], *ends))
    rules = [Rule(asset, group_id="ether") for asset in ASSETS if "slip44" in asset]
    rules += [Rule(REBASING, is_rebasing=True)] if history.is_rebasing else []
    frame = Frame(told.as_of, tuple(accounts), told.cron, START, 90, "ab" * 32, tuple(rules))
    watched = [one for one in accounts if one.is_watched_at(told.as_of)]
    return Plan(
        frame,
        tuple(
            ProviderPlan(frame, provider, rank, tuple(_pulls(provider, watched)))
            for rank, provider in enumerate(PROVIDERS)
        ),
    )


def _pulls(provider: str, watched: list[Account]) -> Iterator[Pull]:
    for account in watched:
        for what in _ASKED[provider]:
            cells = tuple(Cell(account.account_id, chain, layer) for chain in CHAINS for layer in _LAYERS[what])
            key = f"{what}/{account.account_id}"
            yield Pull(provider, what, Capability.TIMESTAMP, key, cells, Request("/", "/"), account.account_id)


def _judged(plan: ProviderPlan, told: Told) -> Iterator[Judged]:
    answer = Answer(told.as_of + timedelta(minutes=1), 1.0, 200)
    for pull in plan.pulls:
        if (plan.provider, pull.endpoint, pull.account_id) in told.failed:
            yield Judged(pull, answer, 1, Outcome.FAILED, Reason.SERVER_ERROR)
            continue
        rows = {cell: tuple(_holdings(plan, told, cell)) for cell in pull.cells}
        stated = {
            cell: tuple(_positions(held)) for cell, held in rows.items() if cell.layer in (Layer.POSITION, Layer.DEBT)
        }
        is_priced = plan.provider == PROVIDERS[0] and pull.endpoint == "tokens"
        assets = tuple(Asset(asset, asset[-4:], asset, 18) for asset in ASSETS) if is_priced else ()
        reading = Reading(told.as_of, rows, positions=stated, assets=assets)
        held = any(rows.values())
        yield Judged(pull, answer, 1, Outcome.ANSWERED if held else Outcome.EMPTY, reading=reading)


def _holdings(plan: ProviderPlan, told: Told, cell: Cell) -> Iterator[Holding]:
    prices = told.prices[plan.record_rank]
    for key, amount in told.amounts.items():
        account, chain, layer, position, asset = key
        if Cell(account, chain, Layer(layer)) != cell:
            continue
        if plan.record_rank and key in told.unseen:
            continue
        status = PriceStatus.PRICED if asset in prices else PriceStatus.UNKNOWN
        shares, rate = told.shares.get(key, (None, None))
        yield Holding(
            asset, amount, prices.get(asset), status, None, position_id=position, shares_raw=shares, rate_raw=rate
        )


def _positions(held: tuple[Holding, ...]) -> Iterator[Position]:
    for name in sorted({one.position_id for one in held}):
        yield Position(name, f"{CHAINS[0]}/erc20:{name}", "0", "lending", "lender", "Lender", name, None)
