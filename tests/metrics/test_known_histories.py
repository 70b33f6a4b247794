"""Promises of the change, held against histories whose right answer is known for every part and every step.

The cases stand in known/: what is held follows from what really happened, so that the answer needs no opinion.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from dagster_project.warehouse.ask import answer, query
from tests.metrics.known import daily, hourly
from tests.metrics.known.book import Case
from tests.metrics.known.served import Book, take
from tests.portfolio import use_folder

pytestmark = pytest.mark.slow

DAILY = Book(daily.CASES, daily.STEPS, timedelta(days=1), "0 0 * * *")
HOURLY = Book(hourly.CASES, hourly.STEPS, timedelta(hours=1), "0 * * * *")

Parts = Mapping[int, Mapping[str, float]]
Taken = dict[str, tuple[Book, Path]]

PARTS = (
    "select total.as_of, value_usd, price_effect_usd, accrual_usd, income_usd, fee_usd, flow_usd, scope_usd, "
    "revaluation_usd, ambiguous_usd from total join account on account.account_id = total.scope_id "
    "where account.label = $label and total.chain_id = 'all' and total.is_instant order by total.as_of"
)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """Give the published file of each book."""
    found: Taken = {}
    for name, book in (("daily", DAILY), ("hourly", HOURLY)):
        folder = tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("ONEINCH_API_KEY", "a-key-for-loopback")
            use_folder(patched, folder)
            found[name] = book, take(book, folder)
    return found


def _near(got: object, right: float, of: float) -> bool:
    return got is not None and abs(float(str(got)) - right) <= 0.01 + 1e-6 * abs(of)


def _steps(book: Book, case: Case) -> Iterator[tuple[int, int]]:
    """Go from each step at which the provider answered to the next."""
    known = [step for step in range(book.steps) if case.held(step) is not None]
    yield from pairwise(known)


def _expected(case: Case, before: int, step: int, accrual: Mapping[int, float]) -> dict[str, float]:
    return {
        "price_effect_usd": case.price_part(before, step),
        "accrual_usd": accrual.get(step, 0.0),
        "income_usd": accrual.get(step, 0.0) + case.claims.get(step, 0.0),
        "fee_usd": case.fees.get(step, 0.0),
        "flow_usd": case.flows.get(step, 0.0),
        "scope_usd": 0.0,
        "revaluation_usd": 0.0,
    }


CASES = [("daily", case.name) for case in daily.CASES] + [("hourly", case.name) for case in hourly.CASES]


def _case(book: Book, name: str) -> Case:
    return next(one for one in book.cases if one.name == name)


@pytest.mark.parametrize(("length", "name"), CASES, ids=[name for _, name in CASES])
def test_every_part_of_every_step_is_known(taken: Taken, length: str, name: str) -> None:
    """Price, accrual, income, fees, flow, scope and revaluation of each step are what really happened."""
    book, published = taken[length]
    case = _case(book, name)
    rows = query(published, PARTS, {"label": name}).dicts()
    wrong = []
    for before, step in _steps(book, case):
        row = rows[step]
        assert (row["value_usd"] is None) == (step in case.unknown)
        if step in case.unknown or before in case.unknown:
            continue
        size = case.value(step)
        expected = _expected(case, before, step, case.accrual)
        found = {part: row[part] for part in expected}
        if case.other_accruals:
            truths = [case.accrual.get(step, 0.0), *(one.get(step, 0.0) for one in case.other_accruals)]
            assert any(_near(found["accrual_usd"], truth, size) for truth in truths)
            assert float(str(row["ambiguous_usd"])) >= max(truths) - min(truths) - 0.01
            continue
        wrong += [
            (step, part, found[part], right) for part, right in expected.items() if not _near(found[part], right, size)
        ]
    assert wrong == []


@pytest.mark.parametrize(("length", "name"), CASES, ids=[name for _, name in CASES])
def test_the_profit_of_the_whole_is_known(taken: Taken, length: str, name: str) -> None:
    """Profit from first to last is what was earned, gained and lost, over gaps too; so is the deepest fall."""
    book, published = taken[length]
    case = _case(book, name)
    (row,) = answer(published, "returns", account=name).dicts()
    last = book.steps - 1
    profit = case.value(last) - case.value(0) - sum(case.flows.values())
    spread = float(str(row["ambiguous_usd"])) if case.other_accruals else 0.0
    assert abs(float(str(row["profit_abs_usd"])) - profit) <= spread + 0.01 + 1e-6 * abs(case.value(last))
    if case.drawdown is not None:
        assert float(str(row["max_drawdown"])) == pytest.approx(case.drawdown, abs=1e-4)


def _parts(published: Path, name: str) -> list[dict[str, float | None]]:
    """Give each part at each instant, None where nothing was booked."""
    names = ("price_effect_usd", "accrual_usd", "income_usd", "fee_usd", "flow_usd")
    return [
        {part: None if row[part] is None else float(str(row[part])) for part in names}
        for row in query(published, PARTS, {"label": name}).dicts()
    ]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder in which a book is taken."""
    monkeypatch.setenv("ONEINCH_API_KEY", "a-key-for-loopback")
    use_folder(monkeypatch, tmp_path)
    return tmp_path


SOME = (
    "sells_at_a_gain", "earns", "loops", "earns_and_is_paid", "adds_from_the_wallet", "liquidated_in_part",
    "claims_as_dollars", "pool_rises", "a_pays_b", "b_earns_and_is_paid",
)  # fmt: skip


@pytest.mark.every
def test_more_of_everything_in_another_order_is_more_of_every_part(taken: Taken, environment: Path) -> None:
    """Ten times all quantities, with accounts in another order, make ten times each part of each step."""
    cases = [one.times(10.0) for one in reversed(daily.CASES) if one.name in SOME]
    published = take(Book(cases, daily.STEPS, timedelta(days=1), DAILY.cron), environment)
    for name in SOME:
        for one, ten in zip(_parts(taken["daily"][1], name), _parts(published, name), strict=True):
            for part, usd in one.items():
                assert ten[part] == pytest.approx(None if usd is None else 10 * usd, rel=1e-7, abs=0.001), (name, part)


@pytest.mark.every
def test_a_step_that_is_split_keeps_its_parts(taken: Taken, environment: Path) -> None:
    """Seen twice a day, what happens once a day has the same parts: the half step in between adds nothing."""
    some = [name for name in SOME if name != "claims_as_dollars"]  # the pace of a reward is that of one step
    cases = [one.seen(2) for one in daily.CASES if one.name in some]
    book = Book(cases, 2 * daily.STEPS - 1, timedelta(hours=12), "0 0,12 * * *")
    published = take(book, environment)
    for name in some:
        halves = _parts(published, name)
        for number, whole in enumerate(_parts(taken["daily"][1], name)):
            if number == 0:
                continue
            for part, usd in whole.items():
                known = [one[part] for one in halves[2 * number - 1 : 2 * number + 1] if one[part] is not None]
                assert sum(float(str(one)) for one in known) == pytest.approx(usd or 0.0, abs=0.001), (
                    name,
                    number,
                    part,
                )


def test_two_own_wallets_pay_each_other_nothing(taken: Taken) -> None:
    """What one own wallet pays into the position of the other is no flow of both, and hides no interest."""
    book, published = taken["daily"]
    (both,) = answer(published, "returns", account_group="pair").dicts()
    assert (both["inflow_usd"], both["outflow_usd"]) == (0, 0)
    earned = sum(_case(book, "b_earns_and_is_paid").accrual.values())
    assert float(str(both["profit_abs_usd"])) == pytest.approx(earned, abs=0.01)
    (payers,) = answer(published, "returns", account_group="payers").dicts()
    assert float(str(payers["outflow_usd"])) == pytest.approx(5000, abs=0.01)


def test_the_histories_are_many() -> None:
    """There are at least forty, half of them adversarial, and each is consistent: its parts are its change."""
    assert len(CASES) >= 40
    assert len(daily.ADVERSARIAL) + len(daily.AMBIGUOUS) + len(hourly.CASES) >= len(CASES) / 2
    for book in (DAILY, HOURLY):
        for case in book.cases:
            for before, step in _steps(book, case):
                if {before, step} & case.unknown or case.name in ("unpriced_for_five_days", "never_priced"):
                    continue
                expected = _expected(case, before, step, case.accrual)
                parts = sum(usd for part, usd in expected.items() if part != "accrual_usd")
                assert parts == pytest.approx(case.value(step) - case.value(before), abs=1e-4), (case.name, step)
