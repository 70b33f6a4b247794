"""How a question to 1inch's Balance API is read: chain, wallets, tokens, spender; and which ones are refused.

What is answered is written in `oneinch_balance`.
"""

import re
from collections.abc import Sequence

import msgspec

from dagster_project.simulator.book.chains import EVM_CHAIN_BY_NUMBER, Chain
from dagster_project.simulator.dialect import Call, Refusal

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_FLAGS = {"true": True, "false": False}


class Custom(msgspec.Struct):
    """The body of a question about tokens of the asker's own choice, and for one endpoint about wallets."""

    tokens: list[str]
    wallets: list[str] | None = None


def chain_of(call: Call) -> Chain:
    """The chain in the path.

    Raises:
        Refusal: 404, for a chain that is not spoken here.
    """
    told = str(call.request.path_params["chain_id"])
    chain = EVM_CHAIN_BY_NUMBER.get(int(told)) if told.isascii() and told.isdigit() and len(told) < 15 else None
    if chain is None or str(chain.number) != told:
        raise Refusal(404, f"Cannot {call.request.method} {call.request.url.path.removeprefix('/oneinch')}")
    return chain


def in_path(call: Call, name: str) -> str:
    """An address in the path, as it was given.

    Raises:
        Refusal: 400, for what is no address.
    """
    return checked([str(call.request.path_params[name])], name)[0]


def checked(addresses: Sequence[str], name: str) -> list[str]:
    """Addresses, as they were given.

    Raises:
        Refusal: 400, when one of them is no address.
    """
    if not all(_ADDRESS.fullmatch(address) for address in addresses):
        raise Refusal(400, [f"each value in {name} must be an Ethereum address"])
    return list(addresses)


def custom(call: Call) -> Custom:
    """The body of a POST, its addresses checked.

    Raises:
        Refusal: 400, when it is no JSON of this shape.
    """
    try:
        body = msgspec.json.decode(call.body, type=Custom)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Refusal(400, [str(error)]) from error
    checked(body.tokens, "tokens")
    checked(body.wallets or [], "wallets")
    return body


def in_query(call: Call) -> list[str]:
    """The wallets of the aggregated endpoint, with commas between as documented.

    Raises:
        Refusal: 400, when there is none or one is no address.
    """
    given = call.request.query_params.getlist("wallets")
    if not given:
        raise Refusal(400, ["wallets should not be empty"])
    return checked(",".join(given).split(","), "wallets")


def filters_empty(call: Call) -> bool:
    """Whether tokens without balance and allowance shall be left out.

    Raises:
        Refusal: 400, for anything but `true` and `false`.
    """
    told = call.request.query_params.get("filterEmpty", "false")
    if told not in _FLAGS:
        raise Refusal(400, ["filterEmpty must be a boolean value"])
    return _FLAGS[told]


def wallets_of(call: Call) -> tuple[str, ...]:
    """The wallets asked about, lower case, wherever they stand; what is no address may be among them."""
    path, query = call.request.path_params, call.request.query_params
    found = [str(path["wallet"])] if "wallet" in path else ",".join(query.getlist("wallets")).split(",")
    if call.request.url.path.endswith("/multiple/walletsAndTokens"):
        try:
            found = msgspec.json.decode(call.body, type=Custom).wallets or []
        except (msgspec.ValidationError, msgspec.DecodeError):
            found = []  # the answer will say what is wrong
    return tuple(wallet.lower() for wallet in found if wallet)
