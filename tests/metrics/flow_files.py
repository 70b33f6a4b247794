"""Accounts that hold one coin at one dollar, asked every six hours, and a flows file that says what moved in them.

What is expected of the changes stands in the tests.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest

from tests.commands import run
from tests.portfolio import day, use_folder
from tests.snapshot.answering import Provider, Watched
from tests.snapshot.test_settling import USDC, leg, row

INSTANTS = [day(quarter / 4) for quarter in range(13)]
"""From 1 May 00:00 to 4 May 00:00: the steps of 2 May are those that end at the places 5 to 8."""

TOKEN = f"eip155:1/erc20:{USDC}".lower()

Parts = dict[str, dict[int, tuple[Decimal, Decimal]]]
"""Flow and income of each step that has any, by account and the step's place."""


class Case(NamedTuple):
    """What an account holds at the places where that changes, what the file says of it, and the flow of each step."""

    held: dict[int, float]
    lines: tuple[tuple[str, float, str], ...]
    flows: Mapping[int, float]
    income: Mapping[int, float] = MappingProxyType({})


Cases = Mapping[str, Case]


def wallet(number: int) -> str:
    """Give the address of an account."""
    return f"0x{0xDA7E00 + number:040x}"


def _answers(cases: Cases) -> Callable[[str], dict[str, Any]]:
    def answer(path: str) -> dict[str, Any]:
        """Answer tokens/snapshot of the accounts and the instant that a path names."""
        asked = unquote(path).lower()
        place, at = next(
            (number, int(one.timestamp())) for number, one in enumerate(INSTANTS) if str(int(one.timestamp())) in asked
        )
        rows = []
        for number, case in enumerate(cases.values()):
            if wallet(number) in asked:
                amount = case.held[max(one for one in case.held if one <= place)]
                rows.append(row(USDC, [leg(USDC, amount)], amount, timestamp=at, address=wallet(number)))
        return {"result": rows}

    return answer


def watched_in(folder: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider, cases: Cases) -> Watched:
    """Give the accounts of the cases, asked every six hours."""
    use_folder(monkeypatch, folder)
    provider.answers = {"tokens/snapshot": _answers(cases), "protocols/snapshot": {"result": []}}
    accounts = "".join(f'[[accounts]]\naddress = "{wallet(i)}"\nlabel = "{name}"\n' for i, name in enumerate(cases))
    return Watched(folder, {"oneinch_portfolio": ""}, provider, f'cron = "0 */6 * * *"\n{accounts}')


def import_flows(one: Watched, cases: Cases, until: str = "2026-05-02") -> None:
    """Import what the file says of each account, which is all that moved until the end of that day."""
    lines = [f"{at},{name},{TOKEN},{amount},{kind}" for name, case in cases.items() for at, amount, kind in case.lines]
    # what moved elsewhere says from when to when the file knows all
    lines += [f"2026-05-01,{name},{TOKEN},0.001,fee" for name in cases]
    file = one.folder / "flows.csv"
    file.write_text("\n".join(["at,account,asset,amount,kind", *lines, ""]), encoding="utf-8")
    one.settings()
    environment = {"PORTFOLIO_CONFIG": str(one.folder / "portfolio.toml"), "PATH": "/usr/bin:/bin"}
    done = run(("import", "flows", str(file), "--complete-until", until), environment, one.folder)
    assert done.returncode == 0, done.stdout + done.stderr


def parts(one: Watched, cases: Cases) -> Parts:
    """Give flow and income of each step that has any."""
    found: Parts = {name: {} for name in cases}
    for name, as_of, flow, income in one.rows(
        "select label, as_of, sum(flow_usd), sum(income_usd) from movement join account using (account_id) group by all"
    ):
        place = next(number for number, at in enumerate(INSTANTS) if at.replace(tzinfo=None) == as_of)
        if flow or income:
            found[name][place] = (flow, income)
    return found


def expected(cases: Cases) -> Parts:
    """Give the same as it is right."""
    return {
        name: {
            place: (Decimal(case.flows.get(place, 0)), Decimal(case.income.get(place, 0)))
            for place in case.flows.keys() | case.income.keys()
        }
        for name, case in cases.items()
    }
