"""Promises of prices: a leap is believed by its neighbours alone, the last price stands in for one that is gone.

Every account holds 7 USDC and a token of its own, whose price of each day stands beside the total that is right.
"""

import os
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest

from tests.commands import run
from tests.portfolio import day, use_folder
from tests.snapshot.answering import Provider, Watched, provider_of_a_test
from tests.snapshot.test_settling import USDC, leg, row

Price = float | None
DAYS = 8
LEAPT, UNPRICED, NOTHING = "price_unconfirmed", "unpriced", "nothing_priced"


class Case(NamedTuple):
    """Prices of a token by day (None: nobody has one), and of each day the right total or why there is none."""

    prices: tuple[Price, ...]
    totals: tuple[float | str, ...]
    profit: float | None = None
    amount: float = 10.0
    address: str = ""
    cash: float = 7.0


def flat(*prices: Price) -> tuple[Price, ...]:
    """Let the last price hold until the last day."""
    return (*prices, *prices[-1:] * (DAYS - len(prices)))


def worth(*totals: float | str) -> tuple[float | str, ...]:
    """Let the last total hold until the last day."""
    return (*totals, *totals[-1:] * (DAYS - len(totals)))


CASES = {
    "tripled": Case(flat(100, 100, 300, 310), worth(1007, 1007, 3007, 3107), 2100),
    "hundredfold_stays": Case(flat(100, 100, 10_000), worth(1007, 1007, 100_007), 99_000),
    "hundredfold_for_a_day": Case(flat(100, 100, 10_000, 100), worth(1007, 1007, LEAPT, 1007), 0),
    "tenth_for_a_day": Case(flat(100, 100, 10, 101), worth(1007, 1007, LEAPT, 1017), 10),
    "crash": Case(flat(100, 100, 5), worth(1007, 1007, 57), -950),
    "crash_in_two_steps": Case(flat(100, 100, 40, 15), worth(1007, 1007, 407, 157), -850),
    "climbs_in_two_steps": Case(flat(100, 100, 250, 900), worth(1007, 1007, 2507, 9007), 8000),
    "leaps_on_the_last_day": Case((*(100,) * 7, 300), (*(1007,) * 7, LEAPT), 0),
    "zero_is_no_price_here": Case(flat(100, 100, 0), (*(1007,) * 5, *(UNPRICED,) * 3), 0),
    "doubles_at_most": Case(flat(100, 190, 370), worth(1007, 1907, 3707), 2700),
    "gone_for_three_days": Case(flat(100, 100, None, None, None, 150), worth(1007, 1007, 1007, 1007, 1007, 1507), 500),
    "gone_for_five_days": Case(
        (100, 100, None, None, None, None, None, 150), (*(1007,) * 5, UNPRICED, UNPRICED, 1507), 500
    ),
    "never_priced": Case(flat(None), worth(7), 0),
    "only_unpriced": Case(flat(None), worth(NOTHING), None, cash=0),
    "small_leap": Case(flat(1, 1, 9, 1), worth(17, 17, 17, 17), 0),
    "small_and_gone": Case(flat(1, 1, None), (*(17,) * 5, 7, 7, 7), 0),
    "dollar_slips": Case(
        flat(1, 1, 0.85, 0.86), worth(1000, 1000, 850, 860), -140, 1000, address="0x" + "da" * 20, cash=0
    ),
    "dollar_slips_for_a_day": Case(flat(1, 1, 0.85, 1), worth(1000, 1000, LEAPT, 1000), 0, 1000, "0x" + "db" * 20, 0),
    "dollar_wavers": Case(flat(1, 0.95, 1.03), worth(1000, 950, 1030), 30, 1000, address="0x" + "dc" * 20, cash=0),
}
STABLE = [f"eip155:1/erc20:{case.address}" for case in CASES.values() if case.address]


def wallet(number: int) -> str:
    """Give the address of an account."""
    return f"0x{0xAC0000 + number:040x}"


def held(case: Case, number: int, on: int) -> list[dict[str, Any]]:
    """Give what the provider lists of an account on a day; a token without a price is worth nothing to it."""
    at = {"timestamp": int(day(on).timestamp()), "address": wallet(number)}
    token, price = case.address or f"0x{0xC0FFEE00 + number:040x}", case.prices[on]
    rows = [row(USDC, [leg(USDC, case.cash)], case.cash, **at)] if case.cash else []
    one = leg(token, case.amount, price or 0.0) | {"price_usd": price}
    return [*rows, row(token, [one], case.amount * (price or 0.0), **at)]


def answers(path: str) -> dict[str, Any]:
    """Answer tokens/snapshot of the accounts and the instant that a path names."""
    asked = unquote(path).lower()
    on = next(one for one in range(DAYS) if str(int(day(one).timestamp())) in asked)
    named = enumerate(CASES.values())
    return {"result": [one for number, case in named if wallet(number) in asked for one in held(case, number, on)]}


def taken(folder: Path, listening: Provider, order: Iterable[int]) -> Watched:
    """Take the days in some order, each in a run of its own."""
    accounts = "".join(f'[[accounts]]\naddress = "{wallet(i)}"\nlabel = "{name}"\n' for i, name in enumerate(CASES))
    prices = f"[prices]\nstablecoins = {STABLE}\n".replace("'", '"')
    watched = Watched(folder, {"oneinch_portfolio": ""}, listening, accounts, prices)
    listening.answers = {"tokens/snapshot": answers, "protocols/snapshot": {"result": []}}
    for on in order:
        watched.take(on)
    return watched


@pytest.fixture(scope="module")
def listening() -> Iterator[Provider]:
    """Give a provider that answers for every account."""
    with provider_of_a_test() as one:
        yield one


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, listening: Provider) -> Iterator[Watched]:
    """Give the history as it was taken day by day."""
    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patch:
        use_folder(patch, folder)
        yield taken(folder, listening, range(DAYS))


def chart(watched: Watched, name: str) -> tuple[float | str, ...]:
    """Give an account's total of each day, or why there is none."""
    points = watched.rows(f"select value_usd, reason from value_chart(account := '{name}')")
    return tuple(reason if value is None else float(value) for value, reason in points)


@pytest.mark.parametrize("name", CASES)
def test_each_day_has_the_right_total(live: Watched, name: str) -> None:
    """A total is right on every day, or it is unknown for the reason that a person would give."""
    assert chart(live, name) == CASES[name].totals


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.profit is not None])
def test_a_price_is_never_gained_or_lost_by_its_absence(live: Watched, name: str) -> None:
    """Profit is what the believed prices made, and its parts add up to the change from the first to the last total."""
    ((profit, price, end, start, flow, revaluation),) = live.rows(
        "select c.price_effect_usd + c.income_usd + c.fee_usd, c.price_effect_usd, c.closing_usd, c.opening_usd, "
        f"c.flow_usd, c.revaluation_usd from value_change(account := '{name}') as c"
    )
    assert float(profit) == CASES[name].profit
    assert (end - start, flow) == (price + revaluation, 0)


@pytest.mark.every
@pytest.mark.parametrize("order", [[7, 6, 5, 4, 3, 2, 1, 0], [0, 7, 2, 5, 4, 3, 6, 1]])
def test_the_order_of_taking_changes_nothing(
    live: Watched, listening: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: list[int]
) -> None:
    """Whichever day was taken first, totals and what changed between them are the same."""
    questions = [
        "from value_chart()",
        "select * exclude (previous_as_of) from change order by all",
        "from price_ruling order by all",
    ]
    expected = [live.rows(one) for one in questions]
    use_folder(monkeypatch, tmp_path)
    assert [taken(tmp_path, listening, order).rows(one) for one in questions] == expected


def test_what_stands_in_is_marked_and_counted(live: Watched) -> None:
    """A price that stands in says so in its row and beside the total, with what is worth it."""
    rows = live.rows(
        "select price_status, price_origin, price_usd, value_usd from balances_at(as_of := '2026-05-04', "
        "account := 'gone_for_three_days') where price_status <> 'priced'"
    )
    assert rows == [("stale", "carried", 100.0, Decimal(1000))]
    marked = "select stale_count, stale_priced_usd from value_chart(account := 'gone_for_three_days')"
    assert [row[0] for row in live.rows(marked)] == [0, 0, 1, 1, 1, 0, 0, 0]
    assert [row[1] for row in live.rows(marked)] == [None, None, 1000, 1000, 1000, None, None, None]


def test_what_was_stated_is_kept(live: Watched) -> None:
    """A price that is not believed stays in its row without a value, and the cell is named beside the total."""
    rows = live.rows(
        "select price_usd, price_status, value_usd, stated_value_usd, withheld from balances_at(as_of := '2026-05-03', "
        "account := 'hundredfold_for_a_day') where withheld is not null"
    )
    assert rows == [(10_000.0, "unconfirmed", None, 100_000.0, LEAPT)]
    points = live.rows(
        "select withheld_cells from value_chart(account := 'hundredfold_for_a_day') where value_usd is null"
    )
    assert points == [(["hundredfold_for_a_day / eip155:1 / wallet: price_unconfirmed"],)]


def test_an_unconfirmed_price_has_an_estimate(live: Watched) -> None:
    """Where a price withholds the total, the last believed one makes an estimate, as wide as what it stands for."""
    points = live.rows(
        "select estimated_value_usd, uncertainty_usd, known_value_usd "
        "from value_chart(account := 'leaps_on_the_last_day') where value_usd is null"
    )
    assert points == [(1007, 1000, 7)]


def test_what_was_believed_then(live: Watched) -> None:
    """Before the next price came the leap was not confirmed, and a question about what was known then says so."""
    ((recorded_at,),) = live.rows("select taken_at from attempt where as_of = '2026-05-03'")
    then = live.rows(
        f"select value_usd, reason from believed_chart(known_at := '{recorded_at}', account := 'crash') "
        "where as_of = '2026-05-03'"
    )
    assert then == [(None, LEAPT)]
    now = live.rows("select value_usd from believed_chart(account := 'crash') where as_of = '2026-05-03'")
    assert now == [(57,)]


def test_parts_are_withheld_with_their_whole(live: Watched) -> None:
    """The account, the chain and the kind of holding that a withheld price is part of have no value either."""
    asked = "(as_of := '2026-05-08', account := 'leaps_on_the_last_day')"
    rows = live.rows(f"select per, id, value_usd, reason from current_value{asked} order by all")
    assert {(per, reason) for per, _, value, reason in rows if value is None} == {
        (per, LEAPT) for per in ("account", "category", "chain", "protocol", "total")
    }
    spread = live.rows(f"select value_usd, reason, is_complete from allocation{asked[:-1]}, per := 'asset') order by 1")
    assert spread == [(7, None, False), (None, LEAPT, False)]


@pytest.mark.parametrize(("name", "as_of", "before", "after"), [("crash", 3, 7, 57), ("tripled", 3, 7, 3007)])
def test_a_price_that_is_believed_later_is_a_restatement(
    live: Watched, name: str, as_of: int, before: int, after: int
) -> None:
    """What a later price confirms is told as a restatement of its cell, with what was known of it before."""
    rows = live.rows(
        "select as_of::date, why, value_before_usd, value_after_usd, difference_usd, is_of_record "
        f"from restatements(account := '{name}')"
    )
    assert [(at.day, *rest) for at, *rest in rows] == [(as_of, "price_confirmed", before, after, after - before, True)]


def test_a_spike_restates_nothing(live: Watched) -> None:
    """A leap that is never confirmed was never believed, so only the way back is a restatement."""
    rows = live.rows("select as_of::date, why from restatements(account := 'hundredfold_for_a_day')")
    assert [(at.day, why) for at, why in rows] == [(4, "price_confirmed")]


SOLD = "0x" + "50" * 20


@pytest.mark.every
@pytest.mark.parametrize(
    ("cash_after", "kept", "suspect"), [(5007, 0, None), (7, 0, 5000), (2007, 0, 3000), (7, 10, None)]
)
def test_a_single_asset_that_is_gone_is_booked_as_gone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    listening: Provider,
    cash_after: float,
    kept: float,
    suspect: float | None,
) -> None:
    """The total goes on without it, and what nothing came in for is told as suspect until a second answer is there."""
    use_folder(monkeypatch, tmp_path)
    watched = Watched(tmp_path, {"oneinch_portfolio": ""}, listening)
    asked = 0

    def tokens(cash: float, held: float, on: int) -> dict[str, Any]:
        at = {"timestamp": int(day(on).timestamp())}
        rows = [row(USDC, [leg(USDC, cash)], cash, **at)]
        return {"result": [*rows, row(SOLD, [leg(SOLD, held, 1.0)], held, **at)] if held else rows}

    def once(_path: str) -> Any:  # noqa: ANN401 - any JSON, or a status
        nonlocal asked
        asked += 1
        return tokens(cash_after, kept, 1) if asked == 1 else 403

    nothing: dict[str, Any] = {"protocols/snapshot": {"result": []}}
    listening.answers = nothing | {"tokens/snapshot": tokens(7, 5000, 0)}
    watched.take(0)
    listening.answers = nothing | {"tokens/snapshot": once}
    watched.take(1)
    told = "select value_usd, suspect_usd from value_chart() order by as_of desc limit 1"
    assert watched.rows(told) == [(cash_after + kept, suspect)]
    listening.answers = nothing | {"tokens/snapshot": tokens(cash_after, kept, 2)}
    watched.take(2)
    assert watched.rows(told) == [(cash_after + kept, None)]


def test_status_says_why_in_words(live: Watched) -> None:
    """The terminal says that a price leapt, what has its last believed price, and which cells wait for it."""
    environment = {"PORTFOLIO_CONFIG": str(live.folder / "portfolio.toml"), "PORTFOLIO_DATA": str(live.folder / "data")}
    said = run(["status"], os.environ | environment, live.folder).stdout
    assert "a price leapt and is not confirmed yet" in said
    assert "leaps_on_the_last_day / eip155:1 / wallet: price_unconfirmed" in said
    assert "only_unpriced" in said
