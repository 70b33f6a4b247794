"""Promises of the reference: from answers over HTTP it reckons what was worked by hand, ledger by ledger."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial

import pytest

from dagster_project.settings.schema import WatchedAsset
from tests.metrics.conftest import Publish
from tests.metrics.ledgers import WALLETS
from tests.metrics.ledgers_positions import POSITIONS
from tests.metrics.recorded import read
from tests.metrics.reference import Cell
from tests.metrics.reference_change import GROUPS, Change, change, held_beside
from tests.metrics.reference_index import gains
from tests.metrics.telling import Expected

LEDGERS = {
    name: ledger
    for name, ledger in (WALLETS | POSITIONS).items()
    if not ledger.needs or ledger.needs in WatchedAsset.model_fields
}


def money(expected: Expected) -> Change:
    """The parts that a ledger expects, as the reference gives them."""
    names = ("opening", "price", "accrual", "income", "fee", "flow", "scope", "revaluation", "closing")
    return Change(
        **{name: Decimal(getattr(expected, name)) for name in names}, exits_at_opening=expected.exits_at_opening
    )


def within(by: str, name: str, cell: Cell) -> bool:
    """Tell whether a cell belongs to a part of the whole."""
    return by == "total" or getattr(cell, by) == name


@pytest.mark.parametrize("name", LEDGERS)
def test_the_reference_gives_what_was_worked_by_hand(publish: Publish, name: str) -> None:
    """Each part, flow and return, in total and of the groups that are meant, is the one that stands in the ledger."""
    ledger = LEDGERS[name]
    history = read(publish(name, ledger))
    for (by, group), expected in {("total", "all"): ledger.expected, **ledger.groups}.items():
        reckoned = change(history, group=GROUPS[by](history)).get(group, Change())
        assert replace(reckoned, ambiguous=Decimal(0)) == money(expected), (by, group)
        assert expected.ambiguous is None or reckoned.ambiguous == Decimal(expected.ambiguous)
        assert reckoned.opening + reckoned.change == reckoned.closing
        if by == "asset":
            continue
        found = gains(history, partial(within, by, group))["all"]
        for wanted, got in ((expected.inflow, found.inflow), (expected.outflow, found.outflow)):
            assert wanted is None or Decimal(wanted) == got
        for wanted, share in ((expected.roi, found.roi), (expected.modified_dietz, found.modified_dietz)):
            assert wanted is None or share == pytest.approx(float(Fraction(wanted)), rel=1e-12)
    if ledger.expected.rewards is not None:
        assert held_beside(history) == Decimal(ledger.expected.rewards)


def test_the_ledgers_are_many() -> None:
    """At least fourteen ledgers can be told, and only what needs a setting that is not there yet is left out."""
    assert len(LEDGERS) >= 14
    assert {ledger.needs for name, ledger in (WALLETS | POSITIONS).items() if name not in LEDGERS} <= {"rebasing"}
