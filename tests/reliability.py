"""Every named fault against every provider, over real HTTP and through the whole pipeline, as a table.

`python -m tests.reliability` writes the table into docs/reliability.md; a test takes it anew and compares.
"""

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path

from dagster_project.archive.layout import find_streams
from dagster_project.archive.stream import Kind, read_rows
from dagster_project.simulator.faults.catalogue import NAMES
from dagster_project.snapshot.history import Job, take_history
from dagster_project.snapshot.lived import SIMULATED_DELAY
from dagster_project.sources.registry import PROVIDERS
from tests.page_table import replace_table
from tests.portfolio import FIRST, Portfolio
from tests.simulator.running_simulator import Simulator, started

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
HEAD = "| fault |"

MEMBERS: Mapping[str, Mapping[str, object]] = {
    "missing_chain": {"chain": "eip155:1"},
    "slow_first_byte": {"seconds": 0.2},
    "slow_body": {"seconds": 0.2},
}
"""What an order needs beside the fault's name."""

OF_BALANCES = tuple(
    name for name, provider in PROVIDERS.items() if provider.source.covers_cells and provider.source.converse is None
)
"""Providers of balances that answer with one body. Rates under faults are in tests/snapshot/test_rates.py, nodes in
tests/node: how many answers a conversation keeps depends on what other instants have taught it."""

BURSTS = ("rate_limited", "rate_limited_with_retry_after", "unavailable")
"""Faults that are also ordered for two requests only, behind which the provider answers."""

OF_LACK = ("empty_positions", "half_of_chains_down", "missing_chain", "null_positions")
"""Faults that leave out what was there: behind each a whole answer, as a second one that lacks the same is believed."""

CHAINS = 'chains = ["eip155:1", "eip155:8453"]'


@dataclass(frozen=True, slots=True)
class Case:
    """One order of a fault, at an instant of its own."""

    name: str
    fault: str
    at: datetime
    times: int | None = None


def cases() -> list[Case]:
    """Every fault of the catalogue, an hour each, and the bursts behind them; an hour without any behind some."""
    named: list[tuple[str, str, int | None]] = [(fault, fault, None) for fault in sorted(NAMES)]
    named += [(f"{fault}, twice", fault, 2) for fault in BURSTS]
    hours = accumulate((1 + (fault in OF_LACK) for _, fault, _ in sorted(named)), initial=1)
    return [
        Case(name, fault, FIRST + timedelta(hours=hour), times)
        for hour, (name, fault, times) in zip(hours, sorted(named), strict=False)
    ]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a portfolio holds of an instant: how its pulls ended, answers kept, whether the total is known, rows."""

    ended: str
    kept: int
    is_known: bool
    rows: tuple[object, ...]

    def told(self, honest: "Seen") -> str:
        """Tell whether the total is known, and right."""
        if not self.is_known:
            return "no total"
        return "honest" if self.rows == honest.rows else "**differs**"


def measure(folder: Path, simulator: Simulator) -> dict[tuple[str, str], str]:
    """Take every case of every provider in portfolios below `folder`; gives cells by case and provider."""
    return {
        (name, provider): words
        for provider in OF_BALANCES
        for name, words in _of_provider(provider, folder / provider, simulator)
    }


def _of_provider(provider: str, folder: Path, simulator: Simulator) -> Iterator[tuple[str, str]]:
    asked = cases()
    simulator.start_over()
    honest = _portfolio(provider, folder / "honest", simulator)
    _take(honest, asked)
    simulator.http.put(f"{simulator.url}/_simulator/faults", json=_orders(provider, asked)).raise_for_status()
    faulty = _portfolio(provider, folder / "faulty", simulator)
    _take(faulty, asked)
    true, first = _seen(honest, provider, asked), _seen(faulty, provider, asked)
    simulator.start_over()
    _take(faulty, asked)
    later = _seen(faulty, provider, asked)
    for case in asked:
        found, now = first[case.at], later[case.at].told(true[case.at])
        told = found.told(true[case.at])
        healed = [] if told == "honest" else ["healed" if now == "honest" else "stays"]
        yield case.name, ", ".join([found.ended, f"{found.kept} kept", told, *healed])


def _portfolio(provider: str, folder: Path, simulator: Simulator) -> Portfolio:
    folder.mkdir(parents=True)
    return Portfolio(
        folder,
        simulator,
        accounts=("treasury",),
        providers=(provider,),
        snapshots=f'cron = "0 * * * *"\nstart = "{FIRST:%Y-%m-%d}"\n{CHAINS}',
    )


def _take(portfolio: Portfolio, asked: list[Case]) -> None:
    os.environ["PORTFOLIO_DATA"] = str(portfolio.folder / "data")
    hours = (asked[-1].at - FIRST) // timedelta(hours=1)
    take_history(portfolio.settings(), Job(tuple(FIRST + timedelta(hours=hour) for hour in range(hours + 1))))


def _orders(provider: str, asked: list[Case]) -> list[dict[str, object]]:
    """Order each fault at its own instant: the timestamp that is asked for, the lived one where none is."""
    vendor = PROVIDERS[provider].source.vendor
    return [
        {"dialect": vendor, "fault": case.fault, "at": int(at.timestamp()), **MEMBERS.get(case.fault, {})}
        | ({"times": case.times} if case.times else {})
        for case in asked
        for at in (case.at, case.at + SIMULATED_DELAY)
    ]


def _seen(portfolio: Portfolio, provider: str, asked: list[Case]) -> dict[datetime, Seen]:
    known = {  # who prices nothing alone has no total; that every cell has a record is the same to it
        row["as_of"]: row["value_usd"] is not None or row["reason"] in ("nothing_priced", "receipt_uncovered")
        for row in portfolio.answer("value_chart")
    }
    ended, rows = _grouped(portfolio, ENDED), _grouped(portfolio, ROWS)
    raw = portfolio.folder / "data" / "simulated" / "raw"
    kept: Counter[datetime] = Counter()
    for stream in find_streams(raw, provider, FIRST, asked[-1].at):
        kept[stream.as_of] += sum(row.kind is Kind.ANSWER for row in read_rows(stream))
    return {
        case.at: Seen(" + ".join(str(way) for (way,) in ended[plain]), kept[case.at], known[plain], tuple(rows[plain]))
        for case in asked
        for plain in [case.at.replace(tzinfo=None)]
    }


def _grouped(portfolio: Portfolio, sql: str) -> dict[object, list[tuple[object, ...]]]:
    """Give the rows of a query by their first column, an instant."""
    found: dict[object, list[tuple[object, ...]]] = defaultdict(list)
    for at, *row in portfolio.query(sql).rows:
        found[at].append(tuple(row))
    return found


ENDED = """
    select distinct as_of, case when outcome in ('answered', 'empty') then 'answered' else reason end as way from cell
    union all
    select distinct as_of, 'suspect:' || doubt from cell where doubt is not null
    order by all
"""
"""How the pulls that cover cells ended, each way once, and what is in doubt."""

ROWS = """
    select as_of, account_id, chain_id, layer, asset_id, position_id, amount, amount_raw, value_usd, is_counted
    from balance order by all
"""


def table(found: Mapping[tuple[str, str], str]) -> str:
    """Write the table: a row a fault, a column a provider."""
    lines = [f"{HEAD} {' | '.join(OF_BALANCES)} |", "|---" * (len(OF_BALANCES) + 1) + "|"]
    lines += [
        f"| {case.name} | {' | '.join(found[case.name, provider] for provider in OF_BALANCES)} |" for case in cases()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table into the page."""
    with tempfile.TemporaryDirectory() as folder, started() as simulator:
        new = table(measure(Path(folder), simulator))
    replace_table(PAGE, HEAD, new)


if __name__ == "__main__":
    main()
