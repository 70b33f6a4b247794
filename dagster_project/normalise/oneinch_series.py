"""1inch Portfolio's own figures: value by breakdown, chart, report, metrics. None becomes ours.

Contract: the OpenAPI file of 2025-07-26 and what clients saw, see docs/sources/oneinch_portfolio.md. A figure that is
null is no figure. The columns of the report and the shape of the address check are published nowhere.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Fault, Figure, Reading
from dagster_project.model import Pull
from dagster_project.normalise.csv_rows import csv_rows
from dagster_project.normalise.faults import faults_in
from dagster_project.normalise.oneinch_rows import Token
from dagster_project.normalise.reading import (
    Body,
    Finite,
    UnixSeconds,
    Whole,
    decode,
    decode_items,
    evm_asset,
    leaves,
    unix_time,
)

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")


class Meta(Body):
    """What stands beside a result; only the time of the vendor's cache counts."""

    cached_at: object = None
    system: object = None
    data_issues: object = None


class _ByAddress(Body):
    value_usd: Finite
    address: str


class _ByCategory(Body):
    value_usd: Finite
    category_id: str
    category_name: str | None = None


class _ByProtocol(Body):
    value_usd: Finite
    protocol_group_id: str | None = None
    protocol_group_name: str | None = None


class _ByChain(Body):
    value_usd: Finite
    chain_id: Whole
    chain_name: str | None = None


class _CurrentValue(Body):
    total: Finite
    by_address: list[_ByAddress | None] | None = None
    by_category: list[_ByCategory | None] | None = None
    by_protocol_group: list[_ByProtocol | None] | None = None
    by_chain: list[_ByChain | None] | None = None


class _CurrentValueAnswer(Body):
    result: _CurrentValue
    meta: Meta | None = None


class _Point(Body):
    timestamp: UnixSeconds
    value_usd: Finite


class _Chart(Body):
    result: list[_Point | None]
    meta: Meta | None = None


class _Metrics(Body):
    index: str | dict[str, object]
    profit_abs_usd: Finite | None = None
    roi: Finite | None = None
    weighted_apr: Finite | None = None
    holding_time_days: Whole | None = None
    rewards_tokens: list[Token] | None = None
    rewards_usd: Finite | None = None
    claimed_fees: list[Token] | None = None
    unclaimed_fees: list[Token] | None = None
    impermanent_loss: list[Token] | None = None
    claimed_fees_usd: Finite | None = None
    unclaimed_fees_usd: Finite | None = None
    impermanent_loss_usd: Finite | None = None


class _MetricsAnswer(Body):
    result: list[_Metrics | None]
    meta: Meta | None = None


class _Unpublished(Body):
    result: object
    meta: Meta | None = None


LIST = "$.result"
"""The path of the list in an answer."""

_IN_NUMBERS = (
    "profit_abs_usd", "roi", "weighted_apr", "holding_time_days", "rewards_usd", "claimed_fees_usd",
    "unclaimed_fees_usd", "impermanent_loss_usd",
)  # fmt: skip
_IN_TOKENS = ("rewards_tokens", "claimed_fees", "unclaimed_fees", "impermanent_loss")


def current_value(pull: Pull, body: bytes) -> Reading:
    """Read what an account is worth now, as a whole and by its four breakdowns.

    Raises:
        UnreadableError: also where another account than the one asked for is broken down.
    """
    decoded = decode_items(body, _CurrentValueAnswer)
    said = decoded.body.result
    asked = pull.account_id.rpartition(":")[2].lower()
    for index, one in enumerate(said.by_address or ()):
        if one is not None and one.address.lower() != asked:
            raise UnreadableError(f"$.result.by_address[{index}].address", "is another account than the one asked for")
    figures, faults = [Figure("", "total", said.total)], []
    for name, subject in _BREAKDOWNS.items():
        listed = getattr(said, name) or ()
        figures += [Figure(f"{name}/{subject(one)}", "value_usd", one.value_usd) for one in listed if one is not None]
        bad = [decoded.why(f"$.result.{name}[{index}]") for index, one in enumerate(listed) if one is None]
        faults += [Fault(one.where, one.why) for one in bad]
    return reading_of(figures, decoded.unknown, decoded.body.meta, faults)


_BREAKDOWNS: Mapping[str, Callable[[Any], str]] = MappingProxyType({
    "by_address": lambda one: one.address.lower(),
    "by_category": lambda one: one.category_id,
    "by_protocol_group": lambda one: one.protocol_group_id or one.protocol_group_name or "",
    "by_chain": lambda one: f"eip155:{one.chain_id}",
})  # fmt: skip
"""The breakdowns of a value, and what each entry of one is about."""


def chart(_pull: Pull, body: bytes) -> Reading:
    """Read the vendor's own value chart: a point an instant, in the order of time, each once."""
    decoded = decode_items(body, _Chart)
    points = {one.timestamp: one.value_usd for one in decoded.body.result if one is not None}
    figures = [
        Figure("", "value_usd", value, point_at=datetime.fromtimestamp(at, UTC)) for at, value in sorted(points.items())
    ]
    return reading_of(figures, decoded.unknown, decoded.body.meta, faults_in(decoded, decoded.body.result, LIST))


def metrics(_pull: Pull, body: bytes) -> Reading:
    """Read the metrics of tokens or positions, each under the index that a snapshot's row has too."""
    decoded = decode_items(body, _MetricsAnswer)
    figures: list[Figure] = []
    faults = [*faults_in(decoded, decoded.body.result, LIST)]
    for place, one in enumerate(decoded.body.result):
        if one is None:
            continue
        try:
            figures += _metrics_of(one)
        except UnreadableError as error:
            faults.append(Fault(f"{LIST}[{place}].{error.where}", error.why))
    return reading_of(figures, decoded.unknown, decoded.body.meta, faults)


def _metrics_of(one: _Metrics) -> list[Figure]:
    index = one.index if isinstance(one.index, str) else json.dumps(one.index, sort_keys=True)
    said = ((name, getattr(one, name)) for name in _IN_NUMBERS)
    figures = [Figure(index, name, float(value)) for name, value in said if value is not None]
    for name in _IN_TOKENS:
        figures += [Figure(*_of_token(index, name, token)) for token in getattr(one, name) or ()]
    return figures


def _of_token(index: str, name: str, token: Token) -> tuple[str, str, float]:
    number = token.chain_id if token.chain is None else token.chain
    measure = f"{name}.amount"
    if number is None:
        return f"{index}/{token.address.lower()}", measure, token.held
    return f"{index}/{evm_asset(f'eip155:{number}', token.address, name)}", measure, token.held


def report(_pull: Pull, body: bytes) -> Reading:
    """Read the report: CSV whose first row names the columns; each row is a subject, by its number from 1.

    Raises:
        UnreadableError: it is no CSV, see csv_rows.py.
    """
    rows = list(csv_rows(body))
    figures = [
        Figure(row.place.removeprefix("row "), name, _number(text), text)
        for row in rows
        for name, text in row.texts.items()
        if text
    ]
    faults = [Fault(row.place, row.fault) for row in rows if row.fault]
    if faults and not figures:
        raise UnreadableError(faults[0].where, faults[0].why)
    return reading_of(figures, (), faults=faults)


def _number(text: str) -> float | None:
    """Give the number that a text is, None where it is none or too large for a double."""
    number = float(text) if _NUMBER.fullmatch(text) else None
    return None if number is None or number in (float("inf"), float("-inf")) else number


def unpublished(_pull: Pull, body: bytes) -> Reading:
    """Read an answer whose result nobody has published: every leaf under its path."""
    answer, unknown = decode(body, _Unpublished)
    said = leaves(answer.result, "$.result")
    return reading_of([Figure("", path, number, words) for path, number, words in said], unknown, answer.meta)


def reading_of(
    figures: Sequence[Figure],
    unknown: tuple[str, ...],
    meta: Meta | None = None,
    faults: Sequence[Fault] = (),
) -> Reading:
    """Make a reading of figures alone; true for the time of the vendor's cache where it says one."""
    cached_at = None if meta is None else unix_time(meta.cached_at)
    return Reading(cached_at, {}, unknown_fields=unknown, figures=tuple(figures), faults=tuple(faults))
