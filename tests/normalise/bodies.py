"""Bodies in the shape of Credmark's `value` answer, made of plain values, and a second reader to hold ours against.

The reader shares nothing with the project: it is the standard library's JSON and the contract, written down again.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from tests.normalise.asking import WALLET

USD = "0x0000000000000000000000000000000000000348"
NATIVE = "0x" + "e" * 40
NATIVES = (NATIVE, "0x" + "0" * 40)
"""Names of Ethereum's own coin."""
TOKEN = "0x" + "a1" * 20
HEADER = ("chainId", "blockNumber", "blockTimestamp", "accounts", "quoteAddress", "value", "positions")
OPTIONAL = ("blockNumber", "value")
NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?"
POSITION = ("tokenAddress", "balance", "tokenPrice", "value")

Row = tuple[str, str, str | None, str, str | None]
"""Asset id, amount, price or None, price status and stated value or None; numbers as hexadecimal doubles."""


class InvalidBodyError(Exception):
    """The contract does not allow this body."""


def position(address: str = TOKEN, balance: float = 2.0, price: float = 3.0, value: float = 6.0) -> dict[str, Any]:
    """One entry of `positions`."""
    return {"tokenAddress": address, "balance": balance, "tokenPrice": price, "value": value}


def answer(*positions: Mapping[str, Any], **members: object) -> dict[str, Any]:
    """A whole answer about the wallet, with members replaced where given."""
    return {
        "chainId": 1,
        "blockNumber": 17_564_213,
        "blockTimestamp": 1_687_789_943,
        "accounts": [WALLET],
        "quoteAddress": USD,
        "value": float(sum(one["value"] for one in positions)),
        "positions": list(positions),
    } | members


def body(*positions: Mapping[str, Any], **members: object) -> bytes:
    """The bytes of a whole answer."""
    return json.dumps(answer(*positions, **members), separators=(",", ":")).encode()


def spelled(where: Iterable[str | int], text: str, *, unknown: str = "") -> bytes:
    """The bytes of an answer with two positions in which the member at `where` is spelled `text`, letter by letter.

    `unknown` stands in front of all other members, such as `"note":1,`.
    """
    plain: Any = answer(position(NATIVE), position())
    *path, last = where
    holder = plain
    for step in path:
        holder = holder[step]
    holder[last] = "@here@"
    return json.dumps(plain).replace('"@here@"', text).replace("{", "{" + unknown, 1).encode()


def row(asset_id: str, amount: float | None, price: float | None, status: str, stated: float | None) -> Row:
    """One row with its doubles spelled so that every bit shows, but for the sign of zero."""
    assert amount is not None
    found = [None if one is None else bits(one) for one in (price, stated)]
    return asset_id, bits(amount), found[0], status, found[1]


def bits(double: float) -> str:
    """Every bit of a double, but for the sign of zero."""
    return (double + 0.0).hex()


def second_reading(content: bytes) -> tuple[str | None, list[Row]]:
    """Read by the contract: the stated total and the rows.

    Raises:
        InvalidBodyError: the contract does not allow the body.
    """
    plain = _plain(content)
    _need(isinstance(plain, dict) and all(name in plain for name in HEADER if name not in OPTIONAL))
    _need(_whole(plain["chainId"]) == 1)
    _need(plain.get("blockNumber") is None or 0 <= _whole(plain["blockNumber"]) < 1 << 62)
    _need(0 <= _whole(plain["blockTimestamp"]) < 1 << 32)
    accounts, quote, entries = plain["accounts"], plain["quoteAddress"], plain["positions"]
    _need(isinstance(accounts, list) and [str(one).lower() for one in accounts] == [WALLET.lower()])
    _need(isinstance(quote, str) and quote.lower() == USD)
    _need(isinstance(entries, list))
    rows: dict[str, Row | None] = {}
    for entry in entries:
        _need(isinstance(entry, dict) and all(name in entry for name in POSITION))
        address, amount, price = entry["tokenAddress"], _number(entry["balance"]), _known(entry["tokenPrice"])
        _need(isinstance(address, str) and amount <= 2.0**256)
        _need(address.lower() == NATIVE or re.fullmatch("0x[0-9a-fA-F]{40}", address) is not None)
        asset_id = "eip155:1/slip44:60" if address.lower() in NATIVES else f"eip155:1/erc20:{address.lower()}"
        _need(asset_id not in rows)
        shown, status = (price, "priced") if price else (None, "unknown")
        rows[asset_id] = row(asset_id, amount, shown, status, _known(entry["value"])) if amount > 0 else None
    held = [one for one in rows.values() if one is not None]
    total = _known(plain.get("value"))
    _need(bool(held) or not total)
    return None if total is None else bits(total), held


def _plain(content: bytes) -> Any:  # noqa: ANN401 - that is what JSON gives
    try:
        return json.loads(content.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidBodyError(str(error)) from error


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _known(value: object) -> float | None:
    return None if value is None else _number(value)


def _number(value: object) -> float:
    if isinstance(value, str) and re.fullmatch(NUMBER, value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidBodyError("no number")
    try:
        double = float(value)
    except OverflowError as error:
        raise InvalidBodyError(str(error)) from error
    _need(math.isfinite(double) and double >= 0)
    return double


def _whole(value: object) -> int:
    """A whole number, also in quotes or with a fraction of zero."""
    if isinstance(value, str) and re.fullmatch("-?(0|[1-9][0-9]{0,18})", value):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidBodyError("no whole number")
    return value


def _need(condition: bool) -> None:  # noqa: FBT001 - reads like an assertion
    if not condition:
        raise InvalidBodyError("the contract does not allow this")
