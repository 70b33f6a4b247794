"""How a question to Credmark's portfolio endpoints is read, and which ones are refused.

The answer to a question that stands is written in `credmark`.
"""

import re
from dataclasses import dataclass

from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.prices import EUR_PER_USD
from dagster_project.simulator.book.window import BEGIN_AT
from dagster_project.simulator.dialect import Call, Refusal

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_SHORT_ADDRESS = re.compile(r"0x[0-9a-fA-F]{1,40}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)
_FLAGS = {"true": True, "false": False}

_USD = 840
_PER_USD = {_USD: 1.0, 978: EUR_PER_USD}
"""What a dollar is worth in each fiat quote, by ISO 4217 number, which as an address is the quote's name."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be answered.

    `accounts` are as given (their case is echoed), `tokens` lower-case addresses or None for all, `quote` is
    the quote's full address and `per_usd` its units per dollar, `block` the resolved block.
    """

    accounts: tuple[str, ...]
    tokens: frozenset[str] | None
    quote: str
    per_usd: float
    includes_positions: bool
    block: int


def read(call: Call) -> Question:
    """The question in a request.

    Raises:
        Refusal: 400, with the sentence or the list of sentences that the provider would send.
    """
    if call.request.path_params["chain_id"] != "1":
        raise Refusal(400, ["chainId must be one of the following values: 1"])
    accounts = tuple(call.request.path_params["accounts"].split(","))
    if not all(_ADDRESS.fullmatch(account) for account in accounts):
        raise Refusal(400, ["Invalid account address"])
    code = _quote(call)
    flag = _single(call, "includePositions")
    if flag is not None and flag not in _FLAGS:
        raise Refusal(400, ["includePositions must be a boolean value"])
    return Question(
        accounts=accounts,
        tokens=_tokens(call),
        quote=f"0x{code:040x}",
        per_usd=_PER_USD[code],
        includes_positions=flag is not None and _FLAGS[flag],
        block=_block(call),
    )


def accounts_of(call: Call) -> tuple[str, ...]:
    """The accounts in the path, lower case, whether or not they are addresses."""
    return tuple(str(call.request.path_params["accounts"]).lower().split(","))


def asked_at(call: Call) -> int | None:
    """The timestamp asked for, or None where there is none that can be read."""
    told = call.request.query_params.get("timestamp")
    return int(told) if told is not None and _WHOLE.fullmatch(told) else None


def _single(call: Call, name: str) -> str | None:
    """The parameter's text; given twice it is no whole number, no flag and no address, and refused as such."""
    given = call.request.query_params.getlist(name)
    return ",".join(given) if given else None


def _tokens(call: Call) -> frozenset[str] | None:
    """Documents show commas, the official client repeats the parameter: both are read."""
    given = call.request.query_params.getlist("tokens")
    if not given:
        return None
    tokens = ",".join(given).split(",")
    if not all(_ADDRESS.fullmatch(token) for token in tokens):
        raise Refusal(400, ["Invalid token address"])
    return frozenset(token.lower() for token in tokens)


def _quote(call: Call) -> int:
    told = _single(call, "quoteAddress")
    if told is None:
        return _USD
    if not _SHORT_ADDRESS.fullmatch(told) or int(told, 16) not in _PER_USD:
        raise Refusal(400, ["Invalid quote address"])
    return int(told, 16)


def _whole(call: Call, name: str) -> int | None:
    told = _single(call, name)
    if told is None:
        return None
    if not _WHOLE.fullmatch(told):
        raise Refusal(400, [f"{name} must be an integer number"])
    return int(told)


def _block(call: Call) -> int:
    number, at = _whole(call, "blockNumber"), _whole(call, "timestamp")
    if number is not None and at is not None:
        raise Refusal(400, "Only one of {blockNumber} or {timestamp} can be set.")
    if call.ignores_time:
        number = at = None
    at = call.lived_at if at is None else min(at, call.lived_at)
    if at < BEGIN_AT or (number is not None and number < ETHEREUM.first):
        raise Refusal(400, f"No ledger data before block {ETHEREUM.first}.")
    latest = ETHEREUM.at_or_before(call.lived_at)
    if number is not None and number > latest:
        raise Refusal(400, f"Block {number} is later than the latest block {latest}.")
    return ETHEREUM.at_or_before(at) if number is None else number
