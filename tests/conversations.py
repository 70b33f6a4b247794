"""Every fault against what a conversation speaks to: a chain's only node, the first of two, the source of prices.

`python -m tests.conversations` writes the table into docs/reliability.md; a test takes it anew and compares.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.settings.load import Settings
from dagster_project.simulator.dialects.onchain_node import FORMS
from dagster_project.simulator.faults.distortions import DISTORTIONS
from dagster_project.simulator.faults.replies import REPLIES
from dagster_project.simulator.faults.times import CLOCK_SKEW, STALE_CACHE
from dagster_project.simulator.faults.wires import WIRES
from dagster_project.slices import Slice
from dagster_project.snapshot.doors import open_doors
from dagster_project.snapshot.lived import clock_for
from dagster_project.snapshot.plan import plan
from dagster_project.snapshot.take import Lived, take
from tests.page_table import replace_table
from tests.portfolio import FIRST, Portfolio
from tests.reliability import PAGE
from tests.simulator.running_simulator import Simulator, started

HEAD = "| a conversation's fault |"
COLUMNS = ("the only node", "the first of two nodes", "the source of prices")
ON_THE_WAY = frozenset({*REPLIES, *WIRES, STALE_CACHE})
"""Faults that meet a body of any form; what else there is changes rows, which JSON-RPC has not."""

OF_PRICES = ON_THE_WAY | DISTORTIONS.keys() - {"empty_positions", "null_positions", "duplicate_rows"} | {CLOCK_SKEW}
OF_NODES = tuple(form for form in FORMS if form != "archive")
USUAL = "archive"
MEMBERS = {"slow_first_byte": {"seconds": 0.02}, "slow_body": {"seconds": 0.02}}
"""What an order needs beside the fault's name; a conversation takes half a dozen requests."""

TOKENS = """tokens = ["eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"]
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a conversation ended, its rows, and whether the second node was spoken to."""

    ended: str
    rows: tuple[tuple[str, ...], ...]
    needed_next: bool

    def told(self, honest: "Seen") -> str:
        """Say it in words; an answer that is good stands for itself."""
        if self.ended != "answered":
            return self.ended
        if self.rows == honest.rows:
            return "the next one answers" if self.needed_next else "honest"
        has_no_value = all(value == "None" for *_, value in set(self.rows) - set(honest.rows))
        return "amounts, no value" if has_no_value and self.amounts == honest.amounts else "**differs**"

    @property
    def amounts(self) -> list[tuple[str, ...]]:
        """Give what is held, whatever it is worth."""
        return [row[:2] for row in self.rows]


def measure(folder: Path, simulator: Simulator) -> dict[tuple[str, str], str]:
    """Hold one conversation after the other, late as a backfill does; gives cells by fault and column."""
    simulator.start_over()
    found: dict[tuple[str, str], str] = {}
    one, two = _settings(simulator, folder, USUAL), _settings(simulator, folder, "", USUAL)
    honest = asyncio.run(_converse(one, simulator))
    for fault in sorted(ON_THE_WAY | OF_PRICES):
        orders = {
            COLUMNS[0]: (one, "/rpc/1/archive"),
            COLUMNS[1]: (two, "/rpc/1"),
            COLUMNS[2]: (one, "/batchHistorical"),
        }
        for column, (settings, path) in orders.items():
            if column != COLUMNS[2] and fault not in ON_THE_WAY:
                continue
            at = {} if column != COLUMNS[2] else {"path": "*/prices/*"}
            simulator.order(fault, **{"dialect": "onchain", "path": path, **MEMBERS.get(fault, {}), **at})
            found[fault, column] = asyncio.run(_converse(settings, simulator)).told(honest)
    simulator.clear_faults()
    for form in OF_NODES:
        alone, first = _settings(simulator, folder, form), _settings(simulator, folder, form, USUAL)
        for column, settings in zip(COLUMNS, (alone, first), strict=False):
            found[form, column] = asyncio.run(_converse(settings, simulator)).told(honest)
    return found


def _settings(simulator: Simulator, folder: Path, *forms: str) -> Settings:
    """Give settings of one wallet that asks nodes of these forms in turn; no form is that of the whole simulator."""
    nodes = ", ".join(f'"{simulator.url}/onchain/rpc/1{"/" if form else ""}{form}"' for form in forms)
    keys = f'{TOKENS}endpoints = {{"eip155:1" = [{nodes}]}}\n'
    portfolio = Portfolio(folder, simulator, accounts=("treasury",), providers=("onchain",), provider_keys=keys)
    return portfolio.settings()


async def _converse(settings: Settings, simulator: Simulator) -> Seen:
    """Hold the conversation of one instant, and give what it says."""
    clock = clock_for(settings, FIRST, heals=True)
    simulator.forget_requests()
    (part,) = plan(settings, FIRST).providers
    async with open_doors(settings) as doors:
        lived = Lived(clock, datetime.now(UTC))
        taken = await take(part, part.pulls, doors[part.provider], settings.paths.raw, lived, lambda _: None)
    seen = simulator.http.get(f"{simulator.url}/_simulator/requests").json()["by_path"]
    nodes = [path for path in seen if "/rpc/" in path]
    return Seen(_ended(taken), _rows(taken), len(nodes) > 1)


def _ended(taken: Slice) -> str:
    outcome, reason = taken.pull["outcome"][0].as_py(), taken.pull["reason"][0].as_py()
    return "answered" if outcome == "answered" else str(reason)


def _rows(taken: Slice) -> tuple[tuple[str, ...], ...]:
    names = ("asset_id", "amount_raw", "price_usd", "value_usd")
    return tuple(sorted(zip(*(map(str, taken.balance[name].to_pylist()) for name in names), strict=True)))


def table(found: Mapping[tuple[str, str], str]) -> str:
    """Write the table: a row a fault, a column for what it meets."""
    lines = [f"{HEAD} {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 1) + "|"]
    lines += [
        f"| {fault} | {' | '.join(found.get((fault, column), '-') for column in COLUMNS)} |"
        for fault in dict.fromkeys(fault for fault, _ in found)
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table into the page."""
    with tempfile.TemporaryDirectory() as folder, started() as simulator:
        new = table(measure(Path(folder), simulator))
    replace_table(PAGE, HEAD, new)


if __name__ == "__main__":
    main()
