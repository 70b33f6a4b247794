"""An independent reckoning of the value chart: from the simulator's ledger and prices, in plain Python.

Imports nothing of the pipeline. Run it against any published simulated history:

    python -m tests.oracle data/simulated/portfolio.duckdb portfolio.toml
"""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL
from dagster_project.simulator.book.chains import CHAIN_BY_ID
from dagster_project.simulator.planted import DIFFERENCES, OUTAGES
from dagster_project.simulator.seen import Eyes, Holding, eyes_of

SIX = Decimal("0.000001")
AT_AN_INSTANT = ("oneinch_portfolio", "credmark")
WITH_POSITIONS = "oneinch_portfolio"
DAY = 86_400
LIVED_SECONDS_LATER = 60
"""The pipeline lives a simulated instant a minute after it; the planted outage is met by what is lived."""


@dataclass(frozen=True)
class Reckoned:
    """What the chart must say at an instant: the total, the known part (None where not known), who is missing."""

    value_usd: Decimal | None
    known_value_usd: Decimal | None
    missing: frozenset[str]


def counted_value(label: str, chain_id: str, providers: Sequence[str], at: int) -> Decimal:
    """Add up what an account has on a chain by the first provider that covers it, every row rounded by itself.

    A token that stands for a position is not counted beside it, whoever tells of either. A wallet's answer that lacks a
    token which it had before and another provider still has is not believed: the next provider's counts.
    """
    known = seen_by(providers, label, chain_id, at)
    if not known:
        return Decimal(0)
    positions = known[0].positions() if known[0].provider == WITH_POSITIONS else []
    receipts = {one.position.receipt for one in positions}
    wallet = next((eyes for eyes in known if not lacks_a_token(eyes)), known[0])
    rows = [(1, one, wallet) for one in wallet.wallet() if one.asset.key not in receipts]
    if not is_flipped(known):
        rows += [(one.sign, leg, known[0]) for one in positions for leg in one.legs]
    return sum((sign * booked(carried(holding, eyes), eyes.provider) for sign, holding, eyes in rows), Decimal(0))


def carried(holding: Holding, eyes: Eyes) -> Holding:
    """Give a holding whose price is gone the last price of at most three days before, from the same provider."""
    if holding.price is not None:
        return holding
    before = (replace(eyes, at=eyes.at - back * DAY, asked_at=eyes.asked_at - back * DAY) for back in range(1, 4))
    prices = (one.price(holding.asset) for one in before)
    return replace(holding, price=next((price for price in prices if price is not None), None))


def seen_by(providers: Sequence[str], label: str, chain_id: str, at: int) -> list[Eyes]:
    """Let every provider that covers a chain look at an account, in the order of record."""
    seen = [eyes_of_provider(name, label, chain_id, at) for name in providers if covers(name, chain_id)]
    return [eyes for eyes in seen if eyes is not None]


def is_flipped(known: Sequence[Eyes]) -> bool:
    """Tell whether debts are planted to come as assets in what is seen first."""
    return bool(known) and known[0].planted("flipped_debt") is not None


def eyes_of_provider(provider: str, label: str, chain_id: str, at: int) -> Eyes | None:
    """Let a provider look at an account as the pipeline asks it: for an instant, or a minute later for now."""
    asked_at = at if provider in AT_AN_INSTANT else at + LIVED_SECONDS_LATER
    return eyes_of(provider, ACCOUNT_BY_LABEL[label].address, CHAIN_BY_ID[chain_id], asked_at)


def lacks_a_token(eyes: Eyes) -> bool:
    """Tell whether a token is planted to be missing from what is seen."""
    return any(
        (one.provider, one.account, one.chain) == (eyes.provider, eyes.account, eyes.chain.id)
        for one in DIFFERENCES
        if one.kind == "missing_token" and eyes.asked_at in one.spell
    )


def booked(holding: Holding, provider: str) -> Decimal:
    """Book a row: what the provider states as a double, half to even at six decimals."""
    stated = round(holding.value_usd, 6) if provider == "onebalance" else holding.value_usd
    return Decimal(stated).quantize(SIX, ROUND_HALF_EVEN)


def covers(provider: str, chain_id: str) -> bool:
    """Tell whether a provider speaks of wallets on a chain."""
    if provider == "credmark":
        return chain_id == "eip155:1"
    return provider == "onebalance" or chain_id.startswith("eip155:")


def reckon(
    as_of: datetime, accounts: Mapping[str, Sequence[str]], providers: Sequence[str], *, taken: bool
) -> Reckoned:
    """Say what the chart must show at `as_of` for the accounts that are in scope then, each with its chains."""
    labels = frozenset(accounts)
    if not taken:
        return Reckoned(None, None, labels)
    at = int(as_of.timestamp())
    lived = at + LIVED_SECONDS_LATER
    out = frozenset.intersection(*(out_of(name, lived) for name in providers)) & labels
    flipped = {
        label for label in labels - out for chain in accounts[label] if is_flipped(seen_by(providers, label, chain, at))
    }
    values = [counted_value(label, chain, providers, at) for label in labels - out for chain in accounts[label]]
    known = sum(values, Decimal(0)) if values else None
    missing = out | flipped
    return Reckoned(None if missing else known, known, missing)


def out_of(provider: str, lived: int) -> frozenset[str]:
    """Name the accounts for which a provider is out at a lived instant."""
    dialect = provider.partition("_")[0]
    outages = (one for one in OUTAGES if one.dialect == dialect and lived in one.spell)
    return frozenset(label for outage in outages for label in outage.labels)


def expected_chart(config: Path, until: datetime) -> dict[datetime, Reckoned]:
    """Reckon every day from the settings' start to `until`, with the accounts and missed days that they name."""
    plain = tomllib.loads(config.read_text(encoding="utf-8"))
    assert plain["snapshots"]["cron"] == "0 0 * * *", "the reckoning counts days"
    missed = {datetime.fromisoformat(text).replace(tzinfo=UTC) for text in plain.get("simulated", {}).get("missed", [])}
    begins = {
        one["label"]: datetime.fromisoformat(one["from"]).astimezone(UTC) if "from" in one else None
        for one in plain["accounts"]
    }
    everywhere = plain["snapshots"].get("chains", ["eip155:1"])
    chains = {one["label"]: one.get("chains", everywhere) for one in plain["accounts"]}
    providers = plain.get("record", {}).get("order") or list(plain["providers"])
    day = datetime.fromisoformat(plain["snapshots"]["start"]).replace(tzinfo=UTC)
    chart = {}
    while day <= until:
        accounts = {label: chains[label] for label, begin in begins.items() if begin is None or begin <= day}
        chart[day] = reckon(day, accounts, providers, taken=day not in missed)
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
