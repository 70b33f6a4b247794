"""Many wallets on many chains, day after day, some pulls failing: which days have a total, an estimate, or neither.

Held against the truth of every day, which the provider of this run knows. Run it with other numbers:

    python -m tests.many_wallets --wallets 60 --chains 11 --days 30 --rate 0.001 --seed 1 --lasting
"""

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dagster_project.snapshot.history import Job, take_history
from dagster_project.snapshot.recent import ask_again
from tests.portfolio import FIRST, day
from tests.snapshot.answering import Provider, Watched, provider_of_a_test

CHAINS = (1, 10, 56, 100, 130, 137, 146, 8453, 42161, 43114, 59144)
TOKEN = "0x" + "7a" * 20
UNAVAILABLE = 403


@dataclass(frozen=True)
class Run:
    """How many wallets, chains and days; which share of pulls fails, once or for ever (`lasting`)."""

    wallets: int
    chains: int
    days: int
    rate: float
    seed: int
    lasting: bool

    def address(self, wallet: int) -> str:
        """Give a made-up wallet."""
        return f"0x{wallet + 1:040x}"

    def price(self, number: int) -> float:
        """Give the token's price on a day, in whole cents."""
        return 1 + random.Random(f"{self.seed} price {number}").randrange(50) / 100  # noqa: S311 - made-up numbers

    def amount(self, wallet: int, chain: int, number: int) -> float:
        """Give what a wallet holds on a chain on a day: whole units that change by a tenth now and then."""
        base = random.Random(f"{self.seed} {wallet} {chain}").randrange(10, 1000) * 10  # noqa: S311 - likewise
        moved = random.Random(f"{self.seed} {wallet} {chain} {number // 3}").choice((0, 0, 0, 1))  # noqa: S311 - likewise
        return float(base + moved * base // 10)

    def truth(self, number: int) -> Decimal:
        """Give what all wallets are worth on a day."""
        cents = round(self.price(number) * 100)
        held = sum(self.amount(w, c, number) for w in range(self.wallets) for c in CHAINS[: self.chains])
        return Decimal(round(held) * cents) / 100

    def answer_to(self, path: str, asked: Counter[str]) -> Any:  # noqa: ANN401 - a status or a body
        """Answer one request of 1inch's snapshots, or fail it."""
        query = parse_qs(urlsplit(path).query)
        wallet, timestamp = int(query["addresses"][0], 16) - 1, int(query["timestamp"][0])
        number = (datetime.fromtimestamp(timestamp, UTC) - FIRST).days
        asked[path] += 1
        fails = random.Random(f"{self.seed} fails {path}").random() < self.rate  # noqa: S311 - likewise
        if fails and (self.lasting or asked[path] == 1):
            return UNAVAILABLE
        if "protocols/snapshot" in path:
            return {"result": []}
        price = self.price(number)
        return {"result": [self._row(wallet, chain, number, price, timestamp) for chain in CHAINS[: self.chains]]}

    def _row(self, wallet: int, chain: int, number: int, price: float, timestamp: int) -> dict[str, Any]:
        amount = self.amount(wallet, chain, number)
        value = round(amount * price, 2)
        leg = {"address": TOKEN, "decimals": 6, "amount": amount, "price_usd": price, "value_usd": value}
        return {
            "index": TOKEN[:18], "chain_id": chain, "contract_address": TOKEN, "address": self.address(wallet),
            "protocol_type": "token", "protocol_group_id": "token", "asset_sign": 1, "value_usd": value,
            "timestamp": timestamp, "underlying_tokens": [leg],
        }  # fmt: skip


@dataclass(frozen=True)
class Found:
    """How many days have a total, an estimate, or neither; what is wrong, in words."""

    totals: int
    estimates: int
    neither: int
    failed_pulls: int
    wrong: tuple[str, ...]


def go_through(run: Run, folder: Path, provider: Provider) -> Found:
    """Take every day as it comes, each with what failed in the week before it, and compare the chart with the truth."""
    asked: Counter[str] = Counter()
    provider.answers = {
        "snapshot": lambda path: run.answer_to(path, asked),
        "current_value": {"result": {"total": 0.0}},
    }
    accounts = "".join(f'[[accounts]]\naddress = "{run.address(n)}"\nlabel = "w{n}"\n' for n in range(run.wallets))
    chains = ", ".join(f'"eip155:{number}"' for number in CHAINS[: run.chains])
    watched = Watched(
        folder, {"oneinch_portfolio": "concurrency = 16"}, provider, accounts=f"chains = [{chains}]\n{accounts}"
    )
    settings = watched.settings()
    for number in range(run.days):
        take_history(settings, Job((day(number),), is_live=True))
        ask_again(settings, day(number))
    rows = watched.rows(
        "select as_of, value_usd, estimated_value_usd, uncertainty_usd from value_chart() order by as_of"
    )
    wrong = []
    kinds: Counter[str] = Counter()
    for number, (as_of, value, estimate, off) in enumerate(rows):
        truth = run.truth(number)
        kind = "total" if value is not None else "estimate" if estimate is not None else "neither"
        kinds[kind] += 1
        if value is not None and value != truth:
            wrong.append(f"{as_of:%Y-%m-%d}: the total is {value}, the truth {truth}")
        if kind == "estimate" and abs(truth - estimate) > off:
            wrong.append(f"{as_of:%Y-%m-%d}: {estimate} give or take {off} does not hold the truth {truth}")
    if len(rows) != run.days:
        wrong.append(f"the chart has {len(rows)} days of {run.days}")
    ((failed,),) = watched.rows(
        "select (select count(*) from pull where outcome = 'failed') "
        "+ (select count(*) from pull_superseded where outcome = 'failed')"
    )
    return Found(kinds["total"], kinds["estimate"], kinds["neither"], failed, tuple(wrong))


def main() -> None:
    """Run it once and say how it went."""
    options = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("wallets", 60), ("chains", 11), ("days", 30), ("seed", 1)):
        options.add_argument(f"--{name}", type=int, default=usual)
    options.add_argument("--rate", type=float, default=0.001)
    options.add_argument(
        "--lasting", action="store_true", help="What fails fails for ever, also when it is asked again."
    )
    run = Run(**vars(options.parse_args()))
    with tempfile.TemporaryDirectory() as folder, provider_of_a_test() as provider:
        os.environ |= {"PORTFOLIO_DATA": f"{folder}/data", "XDG_STATE_HOME": f"{folder}/state"}
        found = go_through(run, Path(folder), provider)
    sys.stdout.write(f"{run}\n{found}\n")
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
