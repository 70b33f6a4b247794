"""Token lists by the Uniswap standard: a file's bytes in, its tokens by chain out; a token with a fault costs itself.

Contract: Uniswap/token-lists src/tokenlist.schema.json. Names and symbols are untrusted text and are kept short.
"""

import re
from typing import Annotated, NamedTuple

import msgspec

from dagster_project.errors import UnreadableError
from dagster_project.normalise.onchain_question import Token
from dagster_project.normalise.reading import Decimals, Whole, decode_items

LARGEST_FILE = 16 * 1024 * 1024
MOST_TOKENS = 10_000
LONGEST_SYMBOL = 20
LONGEST_NAME = 60
_EVM = re.compile(r"0x[a-fA-F0-9]{40}", re.ASCII)
_OTHER = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}", re.ASCII)
_SYMBOL = re.compile(r"\S*")


class _Version(msgspec.Struct):
    major: Whole
    minor: Whole
    patch: Whole


class _Token(msgspec.Struct, rename="camel"):
    chain_id: Annotated[int, msgspec.Meta(ge=1)]
    address: str
    decimals: object = None
    name: object = None
    symbol: object = None


class _List(msgspec.Struct):
    tokens: Annotated[list[_Token | None], msgspec.Meta(min_length=1, max_length=MOST_TOKENS)]
    name: object = None
    version: object = None


class ListFault(NamedTuple):
    """What is wrong with a token of a list: its path, what is done instead, and its chain where it is known."""

    where: str
    why: str
    chain_id: str | None = None


class TokenList(NamedTuple):
    """A list: its name, its version, (CAIP-2 chain, token) of every EVM token, each once, and what is wrong with some.

    The version is empty where the list states none by the standard.
    """

    name: str
    version: str
    tokens: tuple[tuple[str, Token], ...]
    faults: tuple[ListFault, ...] = ()


def read_list(content: bytes) -> TokenList:
    """Read a list; a token that names no address is left out, and what else is wrong with one its contract says.

    Raises:
        UnreadableError: it is no token list, with the path of the first member at fault.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableError("$", f"is larger than {LARGEST_FILE:,} bytes")
    decoded = decode_items(content, _List)
    whole = decoded.body
    reader = _Reader()
    for index, one in enumerate(whole.tokens):
        if one is None:
            bad = decoded.why(f"$.tokens[{index}]")
            reader.faults.append(ListFault(bad.where, f"{bad.why}; the token is left out"))
        else:
            reader.take(f"$.tokens[{index}]", one)
    if len(reader.faults) >= len(whole.tokens) and not reader.found:
        raise UnreadableError(reader.faults[0].where, reader.faults[0].why)
    tokens = tuple((chain_id, token) for (chain_id, _), token in reader.found.items())
    name = whole.name[:LONGEST_NAME] if isinstance(whole.name, str) and whole.name else "a list without a name"
    return TokenList(name, _version(whole.version), tokens, tuple(reader.faults))


class _Reader:
    """The tokens of a list so far, by chain and address, and what is wrong with some."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Token] = {}
        self.faults: list[ListFault] = []

    def take(self, where: str, one: _Token) -> None:
        chain_id = f"eip155:{one.chain_id}"
        if _EVM.fullmatch(one.address) is None:
            if _OTHER.fullmatch(one.address) is None:
                self.faults.append(ListFault(f"{where}.address", "is no address; the token is left out", chain_id))
            return
        token = self._read(where, one, chain_id)
        key = chain_id, token.address
        first = self.found.setdefault(key, token)
        if None not in (first.decimals, token.decimals) and first.decimals != token.decimals:
            why = f"contradicts {first.symbol!r} of the same address; its contract is asked"
            self.faults.append(ListFault(f"{where}.decimals", why, chain_id))
            self.found[key] = Token(first.address, None, first.symbol, first.name)

    def _read(self, where: str, one: _Token, chain_id: str) -> Token:
        decimals = _decimals(one.decimals)
        symbol, name = (text if isinstance(text, str) else "" for text in (one.symbol, one.name))
        if decimals is None:
            why = "is not there; its contract is asked" if one.decimals is None else "is none; its contract is asked"
            self.faults.append(ListFault(f"{where}.decimals", why, chain_id))
        if _SYMBOL.fullmatch(symbol) is None or len(symbol) > LONGEST_SYMBOL:
            why = f"has a space or more than {LONGEST_SYMBOL} letters; it is shortened"
            self.faults.append(ListFault(f"{where}.symbol", why, chain_id))
            symbol = "".join(symbol.split())[:LONGEST_SYMBOL]
        if len(name) > LONGEST_NAME:
            why = f"has more than {LONGEST_NAME} letters; it is shortened"
            self.faults.append(ListFault(f"{where}.name", why, chain_id))
        return Token(one.address.lower(), decimals, symbol, name[:LONGEST_NAME])


def _decimals(stated: object) -> int | None:
    """Give decimals as a list states them, also in quotes; None where it states none that a token can have."""
    text = str(stated) if isinstance(stated, int | str) and not isinstance(stated, bool) else ""
    try:
        return msgspec.convert(int(text), Decimals) if text.isascii() and text.isdecimal() and len(text) <= 3 else None
    except msgspec.ValidationError:
        return None


def _version(stated: object) -> str:
    try:
        version = msgspec.convert(stated, _Version)
    except msgspec.ValidationError:
        return ""
    return f"{version.major}.{version.minor}.{version.patch}"
