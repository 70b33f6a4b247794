"""ECB euro foreign exchange reference rates: what a euro cost on working days, as last published by an instant.

How they are asked for only; what they mean is normalise/ecb.py, limits and quirks are docs/sources/ecb.md.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from dagster_project.model import Capability, Endpoint, Pull, Request
from dagster_project.normalise.ecb import DOLLAR, EURO, last_published
from dagster_project.sources.source import Options, Question, Source

PATH = "/service/data/EXR"
RATES = Endpoint("data/EXR", Capability.PUBLISHED, (), frozenset())

WINDOW = timedelta(days=9)
"""How far a question looks back: over the longest closing of the markets with a weekend at either end."""

PUBLISHED_TODAY = frozenset({
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY",
    "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "ZAR",
})  # fmt: skip
PUBLISHED_ONCE = frozenset({"BGN", "HRK", "RUB"})
"""Their history can still be asked for."""

KNOWN = frozenset({EURO, *PUBLISHED_TODAY, *PUBLISHED_ONCE})


def _currency(text: str) -> str:
    name = text.upper()
    if name == DOLLAR:
        raise ValueError("is what every value is in already; leave it out")
    if name not in KNOWN:
        raise ValueError(f"is no currency of the reference rates; known: {', '.join(sorted(KNOWN))}")
    return name


def _some(listed: tuple[str, ...]) -> tuple[str, ...]:
    if not listed:
        raise ValueError('names no currency; write at least one, as in ["EUR"], or set enabled = false')
    return tuple(dict.fromkeys(listed))


class EcbOptions(Options):
    """`currencies` are ISO 4217 codes; the euro comes with every answer, whatever is listed."""

    currencies: Annotated[tuple[Annotated[str, AfterValidator(_currency)], ...], AfterValidator(_some)] = Field(
        default=(EURO,)
    )


def pulls(question: Question) -> Iterator[Pull]:
    """One call an instant, for the days up to the last whose rates were published by then.

    A pull is named by its series: with further currencies it is another one, so that a backfill brings their past.
    """
    options: EcbOptions = question.options
    series = f"D.{'+'.join([DOLLAR, *sorted({*options.currencies} - {EURO})])}.EUR.SP00.A"
    until = last_published(question.as_of)
    days = (("startPeriod", f"{until - WINDOW}"), ("endPeriod", f"{until}"))
    yield Pull(
        provider="ecb",
        endpoint=RATES.name,
        capability=RATES.capability,
        pull_key=f"{RATES.name}/{series}",
        cells=(),
        request=Request(f"{PATH}/{{key}}", f"{PATH}/{series}", (*days, *_PLAIN)),
    )


_PLAIN = (("detail", "dataonly"), ("format", "csvdata"))
_HEALTH = f"{PATH}/D.USD.EUR.SP00.A"

SOURCE = Source(
    name="ecb",
    title="ECB reference rates",
    vendor="ecb",
    base_url="https://data-api.ecb.europa.eu",
    api_key_env=None,
    requests_per_second=5.0,
    monthly_quota=None,
    concurrency=2,
    health=Request(f"{PATH}/{{key}}", _HEALTH, (("lastNObservations", "1"), *_PLAIN)),
    endpoints=(RATES,),
    pulls=pulls,
    headers={"Accept": "text/csv"},
    options=EcbOptions,
)
