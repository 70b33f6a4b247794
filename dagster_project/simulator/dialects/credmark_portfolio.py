"""What Credmark's portfolio endpoints answer: value and positions at a block, and at each point of a range.

How a question is read stands in `credmark_question` and `credmark_range`.
"""

from collections.abc import Callable

from dagster_project.simulator.book.assets import ASSET_BY_ID, NATIVE_ADDRESS, Asset
from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.chains import ETHEREUM_CHAIN
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.dialect import Call, Document
from dagster_project.simulator.dialects.credmark_question import (
    Portfolio,
    Quote,
    block_of,
    includes_positions,
    portfolio_of,
    quote_of,
)
from dagster_project.simulator.dialects.credmark_range import range_of
from dagster_project.simulator.ordered import is_ordered
from dagster_project.simulator.sums import plain_sum

At = Callable[[int], Document]
"""What is told of a portfolio at an instant (unix seconds)."""


def value(call: Call) -> Document:
    """The body of `GET …/value`."""
    portfolio, quote = portfolio_of(call), quote_of(call)
    return _at_block(call, _head(portfolio, quote), _worth(call, portfolio, quote))


def value_historical(call: Call) -> Document:
    """The body of `GET …/value/historical`."""
    portfolio, quote = portfolio_of(call), quote_of(call)
    return _over_time(call, _head(portfolio, quote), _worth(call, portfolio, quote))


def positions(call: Call) -> Document:
    """The body of `GET …/positions`."""
    portfolio = portfolio_of(call)
    return _at_block(call, _head(portfolio), _balances(portfolio))


def positions_historical(call: Call) -> Document:
    """The body of `GET …/positions/historical`."""
    portfolio = portfolio_of(call)
    return _over_time(call, _head(portfolio), _balances(portfolio))


def _head(portfolio: Portfolio, quote: Quote | None = None) -> Document:
    head: Document = {"accounts": portfolio.accounts}
    return head if quote is None else head | {"quoteAddress": quote.address}


def _at_block(call: Call, head: Document, told_at: At) -> Document:
    return {"chainId": 1} | _point(block_of(call), head, told_at)


def _over_time(call: Call, head: Document, told_at: At) -> Document:
    asked = range_of(call)
    document: Document = {
        "chainId": 1,
        "startBlockNumber": asked.first,
        "endBlockNumber": asked.last,
        "startTimestamp": ETHEREUM.time_of(asked.first),
        "endTimestamp": ETHEREUM.time_of(asked.last),
    }
    return document | head | {"data": [_point(block, {}, told_at) for block in asked.points]}


def _point(block: int, head: Document, told_at: At) -> Document:
    at = ETHEREUM.time_of(block)
    return {"blockNumber": block, "blockTimestamp": at, **head, **told_at(at)}


def _worth(call: Call, portfolio: Portfolio, quote: Quote) -> At:
    """The value, and the priced rows if they are wanted."""
    with_rows = includes_positions(call)

    def told_at(at: int) -> Document:
        rows = []
        for asset, balance in _held(portfolio, at):
            known = price_usd(asset.id, at)
            # this provider writes a price that it does not know as 0
            price = 0.0 if known is None else known * quote.per_usd
            rows.append((asset.address, balance, price, balance * price))
        told: Document = {"value": plain_sum(row[-1] for row in rows)}
        if with_rows:
            told["positions"] = [
                {"tokenAddress": address, "balance": balance, "tokenPrice": price, "value": worth}
                for address, balance, price, worth in rows
            ]
        return told

    return told_at


def _balances(portfolio: Portfolio) -> At:
    """The rows without prices."""
    return lambda at: {
        "positions": [{"tokenAddress": asset.address, "balance": balance} for asset, balance in _held(portfolio, at)]
    }


def _held(portfolio: Portfolio, at: int) -> list[tuple[Asset, float]]:
    """Assets and balances other than zero, the chain's own coin first, then by address; each account counts once."""
    if is_ordered("missing_chain", ETHEREUM_CHAIN):
        return []
    raws = ((ASSET_BY_ID[asset_id], raw) for asset_id, raw in ledger().combined(portfolio.labels, at).items())
    held = [
        (asset, raw / asset.unit)
        for asset, raw in raws
        if portfolio.tokens is None or asset.address in portfolio.tokens
    ]
    return sorted(held, key=lambda one: (one[0].address != NATIVE_ADDRESS, one[0].address))
