"""1inch Balance v1.2 from the history: its eight paths, exact amounts as text, NestJS's errors.

What is answered is wallets.py; what is read is question.py.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dagster_project.chains import NATIVE_PSEUDO_ADDRESS
from dagster_project.serve.body import NestError, Shape, declare, reply, returns
from dagster_project.serve.family import Body, Family
from dagster_project.serve.oneinch_balance.question import (
    STATUS,
    CustomTokens,
    CustomTokensAndWallets,
    Question,
    read,
)
from dagster_project.serve.oneinch_balance.wallets import allowances, balances, both, held_by
from dagster_project.serve.refused import RefusedError, refused
from dagster_project.serve.service import Asked
from dagster_project.serve.whom import unix

_TOO_FAST = "The limit of requests per second has been exceeded"
_ROOT = "/v1.2/{chain}"
_MOST_LEFT_OUT = 50


def _write(refusal: RefusedError, _path: str, _now: datetime) -> Response:
    if refusal.status == 429:
        return PlainTextResponse(_TOO_FAST, 429)
    words = [f"{'.'.join(map(str, one.place))}: {one.words}" if one.place else one.words for one in refusal.reasons]
    message: object = words if refusal.status == STATUS else "; ".join(words)
    body = {"statusCode": refusal.status, "message": message, "error": refusal.phrase}
    return JSONResponse(body, refusal.status)


_BODIES = {None: Body("application/json", NestError), 429: Body("text/plain", str)}

ONEINCH_BALANCE = Family(
    "oneinch_balance", "/balance/", "1inch Balance v1.2, from the history", STATUS, _write, bodies=_BODIES
)

Timestamp = Annotated[int | None, Query(ge=0, lt=2**32, description="Unix seconds; default the last instant")]
Wallets = Annotated[list[str], Query(description="With commas between")]


class BalanceAndAllowance(Shape):
    """Exact amounts in base units, decimal digits."""

    balance: str
    allowance: str


class AggregatedToken(Shape, rename="camel"):
    """A token with balance and allowance of each wallet."""

    decimals: int
    symbol: str
    tags: list[str]
    address: str
    name: str
    logoURI: str  # noqa: N815 - the vendor's own spelling
    is_custom: bool
    wallets: dict[str, BalanceAndAllowance]
    type: str


def add_balances(app: FastAPI) -> None:
    """Put the endpoints of balances into the family's application."""
    declare(app, AggregatedToken, BalanceAndAllowance)

    @app.get(f"{_ROOT}/balances/{{wallet}}", responses=returns(dict[str, str]))
    def of_list(chain: int, wallet: str, asking: Asked, timestamp: Timestamp = None) -> Response:
        question = read(asking, chain, timestamp, [wallet])
        return _told(question, balances(question, question.wallets[wallet]))

    @app.post(f"{_ROOT}/balances/{{wallet}}", responses=returns(dict[str, str]))
    def of_tokens(chain: int, wallet: str, body: CustomTokens, asking: Asked, timestamp: Timestamp = None) -> Response:
        question = read(asking, chain, timestamp, [wallet], body.tokens)
        return _told(question, balances(question, question.wallets[wallet]))

    @app.post(f"{_ROOT}/balances/multiple/walletsAndTokens", responses=returns(dict[str, dict[str, str]]))
    def of_wallets(chain: int, body: CustomTokensAndWallets, asking: Asked, timestamp: Timestamp = None) -> Response:
        question = read(asking, chain, timestamp, body.wallets, body.tokens)
        return _told(question, {spelled: balances(question, one) for spelled, one in question.wallets.items()})


def add_allowances(app: FastAPI) -> None:
    """Put the endpoints of allowances into the family's application."""

    @app.get(f"{_ROOT}/allowances/{{spender}}/{{wallet}}", responses=returns(dict[str, str]))
    def of_list(chain: int, spender: str, wallet: str, asking: Asked, timestamp: Timestamp = None) -> Response:
        question = read(asking, chain, timestamp, [wallet], None, spender)
        return _told(question, allowances(question, question.wallets[wallet]))

    @app.post(f"{_ROOT}/allowances/{{spender}}/{{wallet}}", responses=returns(dict[str, str]))
    def of_tokens(
        chain: int, spender: str, wallet: str, body: CustomTokens, asking: Asked, timestamp: Timestamp = None
    ) -> Response:
        question = read(asking, chain, timestamp, [wallet], body.tokens, spender)
        return _told(question, allowances(question, question.wallets[wallet]))

    @app.get(f"{_ROOT}/allowancesAndBalances/{{spender}}/{{wallet}}", responses=returns(dict[str, BalanceAndAllowance]))
    def both_of_list(chain: int, spender: str, wallet: str, asking: Asked, timestamp: Timestamp = None) -> Response:
        question = read(asking, chain, timestamp, [wallet], None, spender)
        return _told(question, both(question, question.wallets[wallet]))

    @app.post(
        f"{_ROOT}/allowancesAndBalances/{{spender}}/{{wallet}}", responses=returns(dict[str, BalanceAndAllowance])
    )
    def both_of_tokens(
        chain: int, spender: str, wallet: str, body: CustomTokens, asking: Asked, timestamp: Timestamp = None
    ) -> Response:
        question = read(asking, chain, timestamp, [wallet], body.tokens, spender)
        return _told(question, both(question, question.wallets[wallet]))

    @app.get(f"{_ROOT}/aggregatedBalancesAndAllowances/{{spender}}", responses=returns(list[AggregatedToken]))
    def aggregated(
        chain: int,
        spender: str,
        wallets: Wallets,
        asking: Asked,
        filter_empty: Annotated[bool, Query(alias="filterEmpty")] = False,  # noqa: FBT002 - a query has no position
        timestamp: Timestamp = None,
    ) -> Response:
        spelled = [one for given in wallets for one in given.split(",")]
        question = read(asking, chain, timestamp, spelled, None, spender)
        return _told(question, _aggregated(question, filter_empty=filter_empty))


def _aggregated(question: Question, *, filter_empty: bool) -> list[AggregatedToken]:
    held = {spelled: held_by(question, wallet) for spelled, wallet in question.wallets.items()}
    amounts = {spelled: both(question, wallet) for spelled, wallet in question.wallets.items()}
    rows = {token: row for one in held.values() for token, row in one.rows.items()}
    inexact = frozenset(token for one in held.values() for token in one.inexact)
    described = {row["asset_id"]: row for row in question.asking.answer("assets").dicts()}
    by_address = {token: described.get(row["asset_id"], row) for token, row in rows.items()}
    result = []
    for token in dict.fromkeys(token for one in amounts.values() for token in one if token not in inexact):
        row = by_address.get(token) or _described(question, token, described)
        nothing = {"balance": "0", "allowance": "0"}
        wallets = {spelled: BalanceAndAllowance(**one.get(token, nothing)) for spelled, one in amounts.items()}
        is_native = token == NATIVE_PSEUDO_ADDRESS
        is_empty = all(one.balance == "0" and (is_native or one.allowance == "0") for one in wallets.values())
        if not (is_empty and filter_empty):
            result.append(_token(token, row, wallets))
    return result


def _described(question: Question, token: str, described: Mapping[object, dict[str, object]]) -> dict[str, object]:
    return described.get(f"{question.chain_id}/erc20:{token}", {})


def _token(token: str, row: Mapping[str, object], wallets: dict[str, BalanceAndAllowance]) -> AggregatedToken:
    is_native = token == NATIVE_PSEUDO_ADDRESS
    decimals = row.get("decimals")
    if decimals is None and is_native:
        decimals = 18
    if not isinstance(decimals, int):
        raise refused(STATUS, "decimals_unknown", f"nobody has told the decimals of {token}", "wallets")
    return AggregatedToken(
        decimals=decimals,
        symbol=str(row.get("symbol") or ""),
        tags=["native" if is_native else "tokens"],
        address=token,
        name=str(row.get("name") or ""),
        logoURI="",
        is_custom=False,
        wallets=wallets,
        type="ethereum" if is_native else "token",
    )


def _told(question: Question, body: object) -> Response:
    """Write a body, and in headers what it has no place for: its instant, and held tokens without an exact amount."""
    response = reply(body)
    response.headers["X-As-Of"] = f"{question.tick.isoformat()}Z"
    response.headers["X-As-Of-Timestamp"] = str(unix(question.tick))
    if question.tokens is None:
        held = [held_by(question, wallet) for wallet in question.wallets.values()]
        inexact = sorted({token for one in held for token in one.inexact})
        if inexact:
            response.headers["X-Not-Exact"] = f"{len(inexact)}: {' '.join(inexact[:_MOST_LEFT_OUT])}"
    return response
