"""1inch's chart and report: values over a time range, and a table of everything for a spreadsheet.

Rows of one instant belong to `oneinch_snapshot`, profit to `oneinch_metrics`.
"""

import csv
import functools
import io
from dataclasses import replace

from dagster_project.simulator.book.accounts import ACCOUNT_BY_ADDRESS
from dagster_project.simulator.book.assets import ASSET_BY_ID, Asset
from dagster_project.simulator.book.chains import Chain
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT, DAY
from dagster_project.simulator.dialect import Call, Document
from dagster_project.simulator.dialects.fastapi_reader import Reader
from dagster_project.simulator.dialects.oneinch_general import parts, total
from dagster_project.simulator.dialects.oneinch_metrics import Measured, measure, position_entries, wallet_entries
from dagster_project.simulator.dialects.oneinch_question import RANGES, Question, read
from dagster_project.simulator.dialects.oneinch_snapshot import held_on
from dagster_project.simulator.seen import Holding

_SPACING = {"1day": 3_600, "1week": 6 * 3_600, "1month": DAY, "1year": DAY, "3years": 7 * DAY}
"""Seconds from one point of a chart to the next, by time range; the provider's own are not published."""

_COLUMNS = (
    *("chain_id", "category", "protocol", "contract_address", "symbol", "name", "status", "amount", "price_usd"),
    *("value_usd", "profit_abs_usd", "roi", "holding_time_days"),
)


def chart(call: Call) -> Document:
    """The body of `GET /general/chart`: points on full multiples of the spacing, and one for now."""
    reader = Reader(call)
    question = read(call, reader)
    timerange = reader.choice("timerange", list(RANGES), "1year")
    reader.done()
    spacing, since = _SPACING[timerange], max(question.at - RANGES[timerange], BEGIN_AT)
    first = -(-since // spacing) * spacing
    points = dict.fromkeys([*range(first, question.at, spacing), question.at] if question.at >= since else [])
    result = [{"timestamp": at, "value_usd": _worth(replace(question, at=at, cached_at=None))} for at in points]
    return {"result": result, "meta": question.meta() | {"data_issues": None}}


@functools.lru_cache(maxsize=16_384)
def _worth(question: Question) -> float:
    """What the accounts are worth at the question's instant; charts of neighbouring days share most of their points."""
    return total(parts(question))


def report(call: Call) -> Document:
    """The rows of `GET /general/report`; nobody has published the provider's own columns."""
    reader = Reader(call)
    question = read(call, reader)
    timerange = reader.choice("timerange", list(RANGES), "1year")
    with_closed = reader.flag("closed", otherwise=True)
    threshold = reader.number("closed_threshold", 1.0)
    reader.done()
    since = question.at - RANGES[timerange]
    moved = _moved(question, since) if with_closed else []
    rows = []
    for chain in question.chains:
        holdings = held_on(question, chain)
        for held in holdings:
            together = replace(held[0], raw=sum(one.raw for one in held))
            rows.append(_token(question, chain, together, since))
        if with_closed:
            shown = {held[0].asset.id for held in holdings}
            gone = [asset for asset in moved if asset.chain == chain.id and asset.id not in shown]
            closed = [_token(question, chain, Holding(asset, 0, None), since) for asset in gone]
            rows += [row for row in closed if abs(float(str(row["profit_abs_usd"] or 0))) >= threshold]
    return {"rows": [*rows, *_positions(question)]}


def write_csv(_call: Call, document: Document) -> bytes:
    """The rows as CSV with a header; a value that is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    rows = document["rows"]
    for row in rows if isinstance(rows, list) else []:
        writer.writerow(["" if row.get(column) is None else row.get(column) for column in _COLUMNS])
    return text.getvalue().encode()


def _measured(measured: Measured) -> Document:
    return {"profit_abs_usd": measured.profit, "roi": measured.roi, "holding_time_days": measured.days}


def _token(question: Question, chain: Chain, held: Holding, since: int) -> Document:
    asset = held.asset
    return {
        "chain_id": chain.number,
        "category": "native" if asset.is_native else "tokens",
        "contract_address": asset.address,
        "symbol": asset.symbol,
        "name": asset.name,
        "status": "open" if held.raw else "closed",
        "amount": held.amount,
        "price_usd": held.price,
        "value_usd": held.value_usd,
    } | _measured(measure(wallet_entries(question, asset.id), since, question.at))


def _moved(question: Question, since: int) -> list[Asset]:
    """What was moved in the range, held still or not, in the order of its first move there."""
    known = (ACCOUNT_BY_ADDRESS.get(address) for address in question.addresses)
    labels = [account.label for account in known if account]
    return [ASSET_BY_ID[asset_id] for asset_id in whole_ledger().moved(labels, since, question.at)]


def _positions(question: Question) -> list[Document]:
    return [
        {
            "chain_id": eyes.chain.number,
            "category": "protocols",
            "protocol": seen.position.protocol.id,
            "contract_address": seen.contract,
            "symbol": seen.position.contract_symbol,
            "name": seen.position.contract_name,
            "status": "open",
            "value_usd": seen.value_usd,
        }
        | _measured(measure(position_entries(seen), BEGIN_AT, question.at, seen.sign))
        for eyes in question.all_eyes()
        for seen in eyes.positions()
    ]
