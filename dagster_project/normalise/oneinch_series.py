"""1inch Portfolio's own figures: value by breakdown, chart, report, metrics, and what it supports. None becomes ours.

Contract: the OpenAPI file of 2025-07-26 and what clients saw, see docs/sources/oneinch_portfolio.md. A figure that is
null is no figure. The columns of the report and the shape of the address check are published nowhere.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Figure, Reading
from dagster_project.model import Pull
from dagster_project.normalise.csv_rows import read_csv
from dagster_project.normalise.oneinch_rows import Token
from dagster_project.normalise.reading import Body, Finite, UnixSeconds, Whole, decode, evm_asset, leaves

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")


class _System(Body):
    click_time: float = 0.0
    node_time: float = 0.0
    microservices_time: float = 0.0
    redis_time: float = 0.0
    total_time: float = 0.0


class _Meta(Body):
    cached_at: UnixSeconds | None = None
    system: _System | None = None
    data_issues: object = None


class _ByAddress(Body):
    value_usd: Finite
    address: str


class _ByCategory(Body):
    value_usd: Finite
    category_id: str
    category_name: str


class _ByProtocol(Body):
    value_usd: Finite
    protocol_group_id: str
    protocol_group_name: str


class _ByChain(Body):
    value_usd: Finite
    chain_id: Whole
    chain_name: str


class _CurrentValue(Body):
    total: Finite
    by_address: tuple[_ByAddress, ...] = ()
    by_category: tuple[_ByCategory, ...] = ()
    by_protocol_group: tuple[_ByProtocol, ...] = ()
    by_chain: tuple[_ByChain, ...] = ()


class _CurrentValueAnswer(Body):
    result: _CurrentValue
    meta: _Meta | None = None


class _Point(Body):
    timestamp: UnixSeconds
    value_usd: Finite


class _Chart(Body):
    result: list[_Point]
    meta: _Meta | None = None


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
    result: list[_Metrics]
    meta: _Meta | None = None


class _Available(Body):
    is_available: bool


class _Status(Body):
    result: _Available
    meta: _Meta | None = None


class _SupportedChain(Body):
    chain_id: Whole
    chain_name: str
    chain_icon: str
    native_token: object


class _SupportedChains(Body):
    result: list[_SupportedChain]
    meta: _Meta | None = None


class _SupportedProtocol(Body):
    chain_id: Whole
    protocol_group_id: str
    protocol_group_name: str
    protocol_group_icon: str | None = None


class _SupportedProtocols(Body):
    result: list[_SupportedProtocol]
    meta: _Meta | None = None


class _Unpublished(Body):
    result: object
    meta: _Meta | None = None


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
    answer, unknown = decode(body, _CurrentValueAnswer)
    said = answer.result
    asked = pull.account_id.rpartition(":")[2].lower()
    for index, one in enumerate(said.by_address):
        if one.address.lower() != asked:
            raise UnreadableError(f"$.result.by_address[{index}].address", "is another account than the one asked for")
    figures = [Figure("", "total", said.total)]
    figures += [Figure(f"by_address/{one.address.lower()}", "value_usd", one.value_usd) for one in said.by_address]
    figures += [Figure(f"by_category/{one.category_id}", "value_usd", one.value_usd) for one in said.by_category]
    figures += [
        Figure(f"by_protocol_group/{one.protocol_group_id}", "value_usd", one.value_usd)
        for one in said.by_protocol_group
    ]
    figures += [Figure(f"by_chain/eip155:{one.chain_id}", "value_usd", one.value_usd) for one in said.by_chain]
    return _reading(figures, unknown, answer.meta)


def chart(_pull: Pull, body: bytes) -> Reading:
    """Read the vendor's own value chart: a point an instant, in the order of time, each once."""
    answer, unknown = decode(body, _Chart)
    points = {one.timestamp: one.value_usd for one in answer.result}
    figures = [
        Figure("", "value_usd", value, point_at=datetime.fromtimestamp(at, UTC)) for at, value in sorted(points.items())
    ]
    return _reading(figures, unknown, answer.meta)


def metrics(_pull: Pull, body: bytes) -> Reading:
    """Read the metrics of tokens or positions, each under the index that a snapshot's row has too."""
    answer, unknown = decode(body, _MetricsAnswer)
    figures: list[Figure] = []
    for one in answer.result:
        index = one.index if isinstance(one.index, str) else json.dumps(one.index, sort_keys=True)
        said = ((name, getattr(one, name)) for name in _IN_NUMBERS)
        figures += [Figure(index, name, float(value)) for name, value in said if value is not None]
        for name in _IN_TOKENS:
            figures += [Figure(*_of_token(index, name, token)) for token in getattr(one, name) or ()]
    return _reading(figures, unknown, answer.meta)


def _of_token(index: str, name: str, token: Token) -> tuple[str, str, float]:
    number = token.chain_id if token.chain is None else token.chain
    measure = f"{name}.amount"
    if number is None:
        return f"{index}/{token.address.lower()}", measure, token.held
    return f"{index}/{evm_asset(f'eip155:{number}', token.address, f'$.result.{name}')}", measure, token.held


def status(_pull: Pull, body: bytes) -> Reading:
    """Read whether the vendor says that it is available."""
    answer, unknown = decode(body, _Status)
    is_available = answer.result.is_available
    return _reading([Figure("", "is_available", float(is_available), str(is_available).lower())], unknown, answer.meta)


def supported_chains(_pull: Pull, body: bytes) -> Reading:
    """Read which chains the vendor supports, enveloped or as a bare list."""
    if body.lstrip()[:1] == b"[":
        chains, unknown = decode(body, list[_SupportedChain])
    else:
        answer, unknown = decode(body, _SupportedChains)
        chains = answer.result
    return _reading([Figure(f"eip155:{one.chain_id}", "chain_name", None, one.chain_name) for one in chains], unknown)


def supported_protocols(_pull: Pull, body: bytes) -> Reading:
    """Read which protocols the vendor supports on which chain."""
    answer, unknown = decode(body, _SupportedProtocols)
    figures = [
        Figure(f"eip155:{one.chain_id}/{one.protocol_group_id}", "protocol_group_name", None, one.protocol_group_name)
        for one in answer.result
    ]
    return _reading(figures, unknown, answer.meta)


def report(_pull: Pull, body: bytes) -> Reading:
    """Read the report: CSV whose first row names the columns; each row is a subject, by its number from 1.

    Raises:
        UnreadableError: it is no CSV, see csv_rows.py.
    """
    figures = [
        Figure(place.removeprefix("row "), name, _number(text), text)
        for place, row in read_csv(body)
        for name, text in row.items()
        if text
    ]
    return _reading(figures, ())


def _number(text: str) -> float | None:
    """Give the number that a text is, None where it is none or too large for a double."""
    number = float(text) if _NUMBER.fullmatch(text) else None
    return None if number is None or number in (float("inf"), float("-inf")) else number


def unpublished(_pull: Pull, body: bytes) -> Reading:
    """Read an answer whose result nobody has published: every leaf under its path."""
    answer, unknown = decode(body, _Unpublished)
    said = leaves(answer.result, "$.result")
    return _reading([Figure("", path, number, words) for path, number, words in said], unknown, answer.meta)


def _reading(figures: Sequence[Figure], unknown: tuple[str, ...], meta: _Meta | None = None) -> Reading:
    """Make a reading of figures alone; true for the time of the vendor's cache where it says one."""
    cached_at = None if meta is None or meta.cached_at is None else datetime.fromtimestamp(meta.cached_at, UTC)
    return Reading(cached_at, {}, unknown_fields=unknown, figures=tuple(figures))
