"""Promises against the simulator's ledger: with a flows file the flows are the true ones, without it nearly so."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.ledger import Entry
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.whole import whole_ledger
from tests.portfolio import Portfolio, day

DAYS = 21
ETHEREUM = "eip155:1"
OUTSIDE = ("deposit", "withdrawal")


@dataclass(frozen=True)
class Moved:
    """What truly came into a wallet or left it."""

    entry: Entry
    kind: str

    @property
    def amount(self) -> Fraction:
        """Whole units, without a sign."""
        return Fraction(abs(self.entry.raw_delta), ASSET_BY_ID[self.entry.asset].unit)


def moved(label: str) -> Iterator[Moved]:
    """What the ledger knows of an account's wallet on Ethereum while it is watched, but for what is moved inside."""
    legs: dict[str, list[Entry]] = defaultdict(list)
    for entry in whole_ledger().entries:
        if entry.account == label and day(0).timestamp() < entry.at <= day(DAYS).timestamp():
            legs[entry.ref].append(entry)
    for entries in legs.values():
        is_inside = any(entry.layer in ("position", "debt") for entry in entries)
        for entry in entries:
            if entry.layer != "wallet" or not entry.asset.startswith(f"{ETHEREUM}/"):
                continue
            if entry.kind in ("fee", "yield") or (entry.kind in OUTSIDE and not is_inside):
                yield Moved(entry, entry.kind)


def true_flow(label: str) -> float:
    """Deposits less withdrawals in US dollars, each at the price of the snapshot that sees it first."""
    total = 0.0
    for one in moved(label):
        if one.kind in OUTSIDE:
            number = -int((day(0).timestamp() - one.entry.at) // 86_400)
            price = price_usd(one.entry.asset, int(day(number).timestamp()) - 1)
            assert price is not None
            total += float(one.amount) * price * (1 if one.entry.raw_delta > 0 else -1)
    return total


def write_flows(portfolio: Portfolio, label: str) -> None:
    """Write what the ledger knows as its owner would, from the first instant on."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["at", "account", "asset", "amount", "kind", "note"])
    writer.writerow([f"{day(0):%Y-%m-%d}", label, f"{ETHEREUM}/slip44:60", "0.000000000000000001", "fee", "begin"])
    for one in moved(label):
        at = datetime.fromtimestamp(one.entry.at, UTC).isoformat()
        whole, digits = divmod(one.amount.numerator * 10**40 // one.amount.denominator, 10**40)
        amount = f"{whole}.{digits:040d}".rstrip("0").rstrip(".")
        writer.writerow([at, label, one.entry.asset, amount, one.kind, one.entry.ref])
    (portfolio.folder / "flows.csv").write_text(text.getvalue(), encoding="utf-8")


@pytest.mark.every
@pytest.mark.parametrize("label", ["operations", "grants", "treasury"])
def test_flows_and_profit_are_those_of_the_ledger(portfolio: Portfolio, label: str) -> None:
    """A flows file turns implied flows into the true ones; profit is what the value changed by beyond them."""
    portfolio.accounts = (label,)
    portfolio.providers = ("oneinch_portfolio",)
    portfolio.take(*range(DAYS + 1))
    (implied,) = portfolio.answer("returns")
    write_flows(portfolio, label)
    portfolio.command("import", "flows", "flows.csv", "--complete-until", f"{day(DAYS):%Y-%m-%d}", check=True)
    (known,) = portfolio.answer("returns")
    assert (implied["method"], known["method"]) == ("implied_from_snapshots", "classified_flows")
    assert float(str(known["net_flow_usd"])) == pytest.approx(true_flow(label), rel=1e-6, abs=0.01)
    change = Decimal(str(known["closing_usd"])) - Decimal(str(known["opening_usd"]))
    parts = [Decimal(str(known[name])) for name in ("profit_abs_usd", "net_flow_usd", "scope_usd", "revaluation_usd")]
    assert sum(parts) == change
    off = abs(float(str(implied["net_flow_usd"])) - true_flow(label))
    assert off <= 0.002 * float(str(known["opening_usd"]))
