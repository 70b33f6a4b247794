"""How a question to Credmark's portfolio endpoints is read, and which ones are refused.

Ranges of time are read in `credmark_range`; the answer to a question that stands is written in `credmark_portfolio`.
"""

import re
from dataclasses import dataclass

from dagster_project.simulator.book.accounts import ACCOUNT_BY_ADDRESS
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
class Portfolio:
    """What is asked about: `accounts` as given (their case is echoed), `tokens` lower-case addresses or None for all.

    `labels` are the accounts that the book knows, each once.
    """

    accounts: tuple[str, ...]
    labels: tuple[str, ...]
    tokens: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Quote:
    """In what prices are told: the quote's full address, and its units per dollar."""

    address: str
    per_usd: float


def portfolio_of(call: Call) -> Portfolio:
    """What a request asks about.

    Raises:
        Refusal: 400, with the list of sentences that the provider would send.
    """
    if call.request.path_params["chain_id"] != "1":
        raise Refusal(400, ["chainId must be one of the following values: 1"])
    accounts = tuple(call.request.path_params["accounts"].split(","))
    if not all(_ADDRESS.fullmatch(account) for account in accounts):
        raise Refusal(400, ["Invalid account address"])
    known = (ACCOUNT_BY_ADDRESS.get(address) for address in dict.fromkeys(accounts_of(call)))
    return Portfolio(accounts, tuple(account.label for account in known if account), _tokens(call))


def quote_of(call: Call) -> Quote:
    """The quote that a request wants, dollars unless it says otherwise.

    Raises:
        Refusal: 400, for a quote that is not spoken here.
    """
    told = _single(call, "quoteAddress")
    if told is not None and (not _SHORT_ADDRESS.fullmatch(told) or int(told, 16) not in _PER_USD):
        raise Refusal(400, ["Invalid quote address"])
    code = _USD if told is None else int(told, 16)
    return Quote(f"0x{code:040x}", _PER_USD[code])


def includes_positions(call: Call) -> bool:
    """Whether rows are wanted beside the value.

    Raises:
        Refusal: 400, for anything but `true` and `false`.
    """
    flag = _single(call, "includePositions")
    if flag is not None and flag not in _FLAGS:
        raise Refusal(400, ["includePositions must be a boolean value"])
    return flag is not None and _FLAGS[flag]


def block_of(call: Call) -> int:
    """The one block that a request asks for, the latest where it names none.

    Raises:
        Refusal: As `instant_of` does.
    """
    at = instant_of(call, "blockNumber", "timestamp")
    return ETHEREUM.at_or_before(call.lived_at if at is None else at)


def instant_of(call: Call, number_name: str, time_name: str) -> int | None:
    """Unix seconds of what one of two parameters names, none of them after the lived instant; None for neither.

    Raises:
        Refusal: 400, for both, and for what the book does not reach or no block has reached yet.
    """
    number, at = whole(call, number_name), whole(call, time_name)
    if number is not None and at is not None:
        raise Refusal(400, f"Only one of {{{number_name}}} or {{{time_name}}} can be set.")
    is_told = number is not None or at is not None
    if call.ignores_time:
        number = at = None
    wanted = call.lived_at if at is None else min(at, call.lived_at)
    if wanted < BEGIN_AT or (number is not None and number < ETHEREUM.first):
        raise Refusal(400, f"No ledger data before block {ETHEREUM.first}.")
    latest = ETHEREUM.at_or_before(call.lived_at)
    if number is not None and number > latest:
        raise Refusal(400, f"Block {number} is later than the latest block {latest}.")
    wanted = wanted if number is None else ETHEREUM.time_of(number)
    return wanted if is_told else None


def accounts_of(call: Call) -> tuple[str, ...]:
    """The accounts in the path, lower case, whether or not they are addresses."""
    return tuple(str(call.request.path_params["accounts"]).lower().split(","))


def whole(call: Call, name: str) -> int | None:
    """A parameter that is a whole number, None where it is not given.

    Raises:
        Refusal: 400, for anything else.
    """
    told = _single(call, name)
    if told is None:
        return None
    if not _WHOLE.fullmatch(told):
        raise Refusal(400, [f"{name} must be an integer number"])
    return int(told)


def readable(call: Call, name: str) -> int | None:
    """A parameter that is a whole number, None where it is not there or is something else."""
    told = call.request.query_params.get(name)
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
