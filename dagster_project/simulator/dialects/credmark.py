"""Credmark's dialect: the point-in-time value of a portfolio on Ethereum, and its health.

How a question is read and what is refused is written in `credmark_question`.
"""

from http import HTTPStatus

from starlette.requests import Request

from dagster_project.simulator.book.accounts import ACCOUNT_BY_ADDRESS
from dagster_project.simulator.book.assets import ASSET_BY_ID, NATIVE_ADDRESS
from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.dialect import (
    Call,
    Dialect,
    Document,
    Endpoint,
    Limits,
    Message,
    Place,
    Shape,
    bearer_key,
)
from dagster_project.simulator.dialects.credmark_question import Question, accounts_of, asked_at, read


def _value(call: Call) -> Document:
    """The body of `GET /v1/portfolio/{chainId}/{accounts}/value`."""
    question = read(call)
    block_at = ETHEREUM.time_of(question.block)
    positions = _positions(question, block_at)
    value = 0.0
    for _, worth in positions:
        value += worth  # not sum(): since Python 3.12 it corrects rounding, and the provider's addition does not
    document: Document = {
        "chainId": 1,
        "blockNumber": question.block,
        "blockTimestamp": block_at,
        "accounts": question.accounts,
        "quoteAddress": question.quote,
        "value": value,
    }
    if question.includes_positions:
        document["positions"] = [row for row, _ in positions]
    return document


def _positions(question: Question, at: int) -> list[tuple[Document, float]]:
    """Rows and their values, the chain's own coin first, then by address; each account counts once."""
    asked = dict.fromkeys(address.lower() for address in question.accounts)
    labels = [ACCOUNT_BY_ADDRESS[address].label for address in asked if address in ACCOUNT_BY_ADDRESS]
    positions = []
    for asset_id, raw in ledger().combined(labels, at).items():
        asset = ASSET_BY_ID[asset_id]
        if question.tokens is not None and asset.address not in question.tokens:
            continue
        balance = raw / asset.unit
        known = price_usd(asset_id, at)
        # this provider writes a price that it does not know as 0
        price = 0.0 if known is None else known * question.per_usd
        worth = balance * price
        row: Document = {"tokenAddress": asset.address, "balance": balance, "tokenPrice": price, "value": worth}
        positions.append((asset.address, row, worth))
    positions.sort(key=lambda position: (position[0] != NATIVE_ADDRESS, position[0]))
    return [(row, worth) for _, row, worth in positions]


def _health(_call: Call) -> Document:
    return {"status": "ok"}


def _error(_request: Request, status: int, message: Message) -> Document:
    return {"statusCode": status, "message": message, "error": HTTPStatus(status).phrase}


def _lists(document: Document) -> list[Place]:
    return [(document, "positions")] if "positions" in document else []


_SHAPE = Shape(lists=_lists, totals=lambda document: [(document, "value")], amount="balance")

CREDMARK = Dialect(
    name="credmark",
    endpoints=(
        Endpoint("GET", "/health", _health, Shape(), needs_key=False),
        Endpoint("GET", "/v1/portfolio/{chain_id}/{accounts}/value", _value, _SHAPE),
    ),
    key_of=bearer_key,
    accounts_of=accounts_of,
    asked_at=asked_at,
    error=_error,
    limits=Limits("ThrottlerException: Too Many Requests"),
)
