"""Promises of how reference rates are asked for: one call an instant, of days that were published by then, no key."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError

from dagster_project.model import Capability, Pull
from dagster_project.sources.ecb import KNOWN, SOURCE, EcbOptions
from dagster_project.sources.source import Question


def asked(as_of: datetime, *currencies: str) -> Pull:
    """The one question of an instant; a source that asks more or less fails."""
    options = EcbOptions(currencies=currencies) if currencies else EcbOptions()
    (pull,) = SOURCE.pulls(Question((), as_of, {}, options))
    return pull


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        (datetime(2026, 5, 5, tzinfo=UTC), "2026-05-04"),
        (datetime(2026, 5, 5, 13, 59, tzinfo=UTC), "2026-05-04"),
        (datetime(2026, 5, 5, 14, tzinfo=UTC), "2026-05-05"),
        (datetime(2026, 1, 5, 14, 59, tzinfo=UTC), "2026-01-04"),
        (datetime(2026, 1, 5, 15, tzinfo=UTC), "2026-01-05"),
        (datetime(2026, 1, 4, 23, 30, tzinfo=UTC), "2026-01-04"),
    ],
)
def test_only_days_are_asked_for_that_were_published(as_of: datetime, last: str) -> None:
    """A question ends with the last day whose rates were published by the instant, and begins nine days before."""
    pull = asked(as_of)
    query = dict(pull.request.query)
    assert query["endPeriod"] == last
    first = datetime.fromisoformat(last) - timedelta(days=9)
    assert query["startPeriod"] == f"{first:%Y-%m-%d}"
    assert (pull.capability, pull.cells, pull.account_id) == (Capability.PUBLISHED, (), "")


def test_a_pull_is_named_by_its_series() -> None:
    """The same currencies in any order are the same pull, further ones are another; dollars are always among them."""
    as_of = datetime(2026, 5, 5, tzinfo=UTC)
    assert asked(as_of).pull_key == "data/EXR/D.USD.EUR.SP00.A"
    assert asked(as_of, "GBP", "EUR", "CHF") == asked(as_of, "chf", "GBP")
    pull = asked(as_of, "CHF", "GBP")
    assert pull.pull_key == "data/EXR/D.USD+CHF+GBP.EUR.SP00.A"
    assert pull.request.path == "/service/data/EXR/D.USD+CHF+GBP.EUR.SP00.A"
    assert dict(parse_qsl("&".join("=".join(pair) for pair in pull.request.query))).keys() == {
        "startPeriod", "endPeriod", "detail", "format",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("currencies", "said"),
    [
        (["USD"], "is what every value is in already; leave it out"),
        (["EURO"], "is no currency of the reference rates; known: AUD, "),
        (["BTC"], "is no currency of the reference rates"),
        ([], "names no currency; write at least one"),
    ],
)
def test_what_is_no_currency_is_refused(currencies: list[str], said: str) -> None:
    """Dollars, words and crypto assets are refused with what there is instead."""
    with pytest.raises(ValidationError, match=said):
        EcbOptions(currencies=tuple(currencies))


def test_currencies_are_codes() -> None:
    """Every known currency is a code of three capitals, and the dollar is none of them."""
    assert {name for name in KNOWN if len(name) == 3 and name.isupper() and name.isalpha()} == KNOWN
    assert "USD" not in KNOWN
    assert not SOURCE.covers_cells
    assert SOURCE.api_key_env is None
