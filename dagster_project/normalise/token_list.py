"""Token lists by the Uniswap standard: a file's bytes in, its tokens by chain out, held to the rules of the schema.

Contract: Uniswap/token-lists src/tokenlist.schema.json. Names and symbols are untrusted text, of bounded length.
"""

import re
from typing import Annotated, NamedTuple

import msgspec

from dagster_project.errors import UnreadableError
from dagster_project.normalise.nesting import bounded
from dagster_project.normalise.onchain_question import Token
from dagster_project.normalise.reading import Decimals

LARGEST_FILE = 16 * 1024 * 1024
MOST_TOKENS = 10_000
_EVM = re.compile(r"0x[a-fA-F0-9]{40}", re.ASCII)


class _Version(msgspec.Struct):
    major: Annotated[int, msgspec.Meta(ge=0)]
    minor: Annotated[int, msgspec.Meta(ge=0)]
    patch: Annotated[int, msgspec.Meta(ge=0)]


class _Token(msgspec.Struct, rename="camel"):
    chain_id: Annotated[int, msgspec.Meta(ge=1)]
    address: Annotated[str, msgspec.Meta(pattern=r"^(0x[a-fA-F0-9]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$")]
    decimals: Decimals
    name: Annotated[str, msgspec.Meta(max_length=60)]
    symbol: Annotated[str, msgspec.Meta(max_length=20, pattern=r"^\S*$")]


class _List(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=30, pattern=r"^[\w ]+$")]
    timestamp: str
    version: _Version
    tokens: Annotated[list[_Token], msgspec.Meta(min_length=1, max_length=MOST_TOKENS)]


class TokenList(NamedTuple):
    """A list: its name, its version, and (CAIP-2 chain, token) of every EVM token, each once."""

    name: str
    version: str
    tokens: tuple[tuple[str, Token], ...]


def read_list(content: bytes) -> TokenList:
    """Read a list.

    Raises:
        UnreadableError: it is no token list, with the path of the first member at fault; nothing of it is used then.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableError("$", f"is larger than {LARGEST_FILE:,} bytes")
    try:
        whole = msgspec.json.decode(bounded(content), type=_List)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        why, _, where = str(error).partition(" - at `")
        raise UnreadableError(where.rstrip("`") or "$", why) from error
    found: dict[tuple[str, str], Token] = {}
    for index, one in enumerate(whole.tokens):
        if _EVM.fullmatch(one.address) is None:
            continue
        key = (f"eip155:{one.chain_id}", one.address.lower())
        token = Token(key[1], one.decimals, one.symbol, one.name)
        if (first := found.setdefault(key, token)).decimals != one.decimals:
            raise UnreadableError(f"$.tokens[{index}].decimals", f"contradicts {first.symbol!r} of the same address")
    version = f"{whole.version.major}.{whole.version.minor}.{whole.version.patch}"
    return TokenList(whole.name, version, tuple((chain_id, token) for (chain_id, _), token in found.items()))
