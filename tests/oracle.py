"""An independent reckoning of the value chart: from the simulator's ledger and prices, in plain Python.

Imports nothing of the pipeline. Run it against any published simulated history:

    python -m tests.oracle data/simulated/portfolio.duckdb portfolio.toml
"""

import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

import duckdb

from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.planted import OUTAGES

SIX = Decimal("0.000001")
LIVED_SECONDS_LATER = 60
"""The pipeline lives a simulated instant a minute after it; the planted outage is met by what is lived."""


@dataclass(frozen=True)
class Reckoned:
    """What the chart must say at an instant: the total, the known part (None where not known), who is missing."""

    value_usd: Decimal | None
    known_value_usd: Decimal | None
    missing: frozenset[str]


def account_value(label: str, at: int) -> Decimal:
    """Add up an account from its ledger entries alone: every entry up to the block, nothing remembered."""
    block_at = ETHEREUM.time_of(ETHEREUM.at_or_before(at))
    held: dict[str, int] = {}
    for entry in ledger().entries:
        if entry.account == label and entry.layer == "wallet" and entry.at <= block_at:
            held[entry.asset] = held.get(entry.asset, 0) + entry.raw_delta
    total = Decimal(0)
    for asset_id, raw in held.items():
        price = price_usd(asset_id, block_at)
        if raw and price is not None:
            balance = float(Fraction(raw, 10 ** ASSET_BY_ID[asset_id].decimals))
            total += Decimal(balance * price).quantize(SIX, ROUND_HALF_EVEN)
    return total


def reckon(as_of: datetime, labels: frozenset[str], *, is_taken: bool) -> Reckoned:
    """Say what the chart must show at `as_of` for the accounts that are in scope then."""
    if not is_taken:
        return Reckoned(None, None, labels)
    at = int(as_of.timestamp())
    lived = at + LIVED_SECONDS_LATER
    out = frozenset(label for outage in OUTAGES if lived in outage.spell for label in outage.labels) & labels
    values = [account_value(label, at) for label in labels - out]
    known = sum(values, Decimal(0)) if values else None
    return Reckoned(None if out else known, known, out)


def expected_chart(config: Path, until: datetime) -> dict[datetime, Reckoned]:
    """Reckon every day from the settings' start to `until`, with the accounts and missed days that they name."""
    plain = tomllib.loads(config.read_text(encoding="utf-8"))
    assert plain["snapshots"]["cron"] == "0 0 * * *", "the reckoning counts days"
    missed = {datetime.fromisoformat(text).replace(tzinfo=UTC) for text in plain.get("simulated", {}).get("missed", [])}
    begins = {
        one["label"]: datetime.fromisoformat(one["from"]).astimezone(UTC) if "from" in one else None
        for one in plain["accounts"]
    }
    day = datetime.fromisoformat(plain["snapshots"]["start"]).replace(tzinfo=UTC)
    chart = {}
    while day <= until:
        labels = frozenset(label for label, begin in begins.items() if begin is None or begin <= day)
        chart[day] = reckon(day, labels, is_taken=day not in missed)
        day += timedelta(days=1)
    return chart


def compare(published: Path, config: Path) -> tuple[int, list[str]]:
    """Hold every point of the published chart against the reckoning; gives their number and what differs, in words."""
    with duckdb.connect(published, read_only=True) as connection:
        rows = connection.execute("select as_of, value_usd, known_value_usd, missing from value_chart()").fetchall()
    found = {
        as_of.replace(tzinfo=UTC): Reckoned(value, known, frozenset(name.split(" / ")[0] for name in missing))
        for as_of, value, known, missing in rows
    }
    expected = expected_chart(config, max(found))
    different = [
        f"{at:%Y-%m-%d}: the chart says {found.get(at)}, the ledger says {expected.get(at)}"
        for at in sorted(expected.keys() | found.keys())
        if found.get(at) != expected.get(at)
    ]
    return len(found), different


def main() -> None:
    """Compare one published history with the ledger and say how it went."""
    points, different = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write("\n".join([*different, f"{points} points, {len(different)} differ from the ledger\n"]))
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
