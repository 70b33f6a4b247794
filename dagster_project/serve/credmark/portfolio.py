"""What Credmark's portfolio endpoints answer from the history: wallets on one chain, at an instant and over time.

What counts only, as in the answers; how a question is read is question.py.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from dagster_project import chains, outside
from dagster_project.outside_words import left_out, not_covered
from dagster_project.serve.body import Coverage
from dagster_project.serve.credmark.question import STATUS, USD, Question, Row
from dagster_project.serve.credmark.shapes import (
    DataIssues,
    LeftOut,
    Meta,
    Position,
    Positions,
    PositionsHistory,
    PositionsPoint,
    Returns,
    TokenReturn,
    TokenValue,
    Value,
    ValueHistory,
    ValuePoint,
)
from dagster_project.serve.credmark.timeline import Span, Tick
from dagster_project.serve.refused import refused
from dagster_project.serve.whom import address_of, incomplete, unix

_NO_SNAPSHOT = "no_snapshot"


def value(question: Question, tick: Tick) -> Value:
    """Give what the wallets are worth at an instant, with their tokens.

    Raises:
        RefusedError: a wallet is missing, or none is watched on the chain.
    """
    rows, coverage = _at(question, tick)
    tokens = _tokens(question, rows)
    return Value(
        question.chain, tick.block_number, tick.timestamp, accounts=question.spelled, quote_address=USD,
        value=_sum(tokens), positions=tokens, meta=Meta(_issues((), tokens), coverage, *_outside(question, tick)),
    )  # fmt: skip


def positions(question: Question, tick: Tick) -> Positions:
    """Give the tokens of the wallets at an instant, without prices.

    Raises:
        RefusedError: a wallet is missing, or none is watched on the chain.
    """
    rows, coverage = _at(question, tick)
    listed = [Position(one.token_address, one.balance) for one in _tokens(question, rows)]
    return Positions(
        question.chain, tick.block_number, tick.timestamp,
        accounts=question.spelled, positions=listed, meta=Meta(None, coverage, *_outside(question, tick)),
    )  # fmt: skip


def _outside(question: Question, tick: Tick) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say which layers of the wallets nobody is asked for on the chain, and what the settings leave out there."""
    found = outside.at(question.asking, tick.as_of, {one.account_id for one in question.accounts})
    rows = [row for row in found if row["chain_id"] == question.chain_id]
    return tuple(not_covered(rows)), tuple(left_out(rows))


def value_history(question: Question, span: Span, *, with_positions: bool) -> ValueHistory:
    """Give the value at each point of a range; what is not complete is left out and named in `meta`."""
    points, left_out = _over_time(question, span)
    data = [
        ValuePoint(tick.block_number, tick.timestamp, _sum(tokens), tokens if with_positions else [])
        for tick, tokens in points
    ]
    unpriced = [token for _, tokens in points for token in tokens]
    return ValueHistory(
        question.chain, span.first.block_number, span.last.block_number, span.first.timestamp, span.last.timestamp,
        accounts=question.spelled, quote_address=USD, data=data, meta=Meta(_issues(left_out, unpriced)),
    )  # fmt: skip


def positions_history(question: Question, span: Span) -> PositionsHistory:
    """Give the tokens at each point of a range; what is not complete is left out and named in `meta`."""
    points, left_out = _over_time(question, span)
    data = [
        PositionsPoint(tick.block_number, tick.timestamp, [Position(one.token_address, one.balance) for one in tokens])
        for tick, tokens in points
    ]
    return PositionsHistory(
        question.chain, span.first.block_number, span.last.block_number, span.first.timestamp, span.last.timestamp,
        accounts=question.spelled, data=data, meta=Meta(_issues(left_out, ())),
    )  # fmt: skip


def returns(question: Question, tick: Tick) -> Returns:
    """Give what each token gained since the history began, sold ones too; `meta` names those without a price.

    Raises:
        RefusedError: the instant is not complete, or no wallet is watched on the chain.
    """
    _at(question, tick)
    found: dict[str, list[Row]] = {}
    for account in question.accounts:
        asked = {"until": tick.as_of, "account": account.account_id, "chain": question.chain_id}
        for row in question.asking.answer("tokens_metrics", **asked).dicts():
            if row["until_effective"] != tick.as_of and not question.gives_known:
                raise incomplete(STATUS, tick.as_of, [f"{account.label}: no complete instant"], "timestamp")
            found.setdefault(address_of(str(row["asset_id"])) or "", []).append(row)
    listed = [
        TokenReturn(
            address,
            _quantity(rows),
            sum((row["closing_usd"] for row in rows if row["closing_usd"] is not None), Decimal()),
            sum((row["profit_abs_usd"] for row in rows if row["profit_abs_usd"] is not None), Decimal()),
        )
        for address, rows in sorted(found.items(), key=lambda one: _order(one[0]))
        if address and (question.tokens is None or address in question.tokens)
    ]
    unpriced = sorted(one.token_address for one in listed if None in _closings(found[one.token_address]))
    return Returns(
        question.chain, tick.block_number, tick.timestamp, accounts=question.spelled, quote_address=USD,
        total_return=sum((one.return_ for one in listed), Decimal()), returns=listed,
        meta=Meta(DataIssues((), tuple(unpriced)) if unpriced else None),
    )  # fmt: skip


def _closings(rows: Sequence[Row]) -> list[object]:
    return [row["closing_usd"] for row in rows]


def _at(question: Question, tick: Tick) -> tuple[list[Row], Coverage | None]:
    rows = question.rows([tick.as_of])
    if not rows:
        words = f"none of the accounts is watched on chain {question.chain} at {tick.as_of.isoformat()}Z"
        raise refused(STATUS, "out_of_scope", words)
    missing = _missing(question, rows)
    if missing and not question.gives_known:
        raise incomplete(STATUS, tick.as_of, missing, "timestamp")
    cells = len({row["account_id"] for row in rows})
    return rows, Coverage(cells, len(missing), missing) if missing else None


def _over_time(
    question: Question, span: Span
) -> tuple[list[tuple[Tick, list[TokenValue]]], list[LeftOut]]:  # fmt: skip
    """Give the points that can be given with their tokens, and those that cannot with their reason."""
    ticks = [tick.as_of for _, tick in span.points if tick is not None]
    by_tick = {at: list(rows) for at, rows in groupby(question.rows(ticks), key=lambda row: row["as_of"])}
    points, left_out = [], []
    for place, tick in span.points:
        rows = [] if tick is None else by_tick.get(tick.as_of, [])
        if tick is None or not rows:
            left_out.append(LeftOut(place, _NO_SNAPSHOT if tick is None else "out_of_scope", [], None))
            continue
        missing = _missing(question, rows)
        tokens = _tokens(question, rows)
        if missing:
            is_known = len(missing) < len({row["account_id"] for row in rows})
            reason = next(row["reason"] for row in rows if row["reason"] is not None)
            left_out.append(LeftOut(unix(tick.as_of), reason, missing, _sum(tokens) if is_known else None))
        if not missing or (question.gives_known and tokens):
            points.append((tick, tokens))
    return points, left_out


def _missing(question: Question, rows: Sequence[Row]) -> list[str]:
    named = [
        f"{row['label']} / {question.chain_id} / wallet: {row['reason']}" for row in rows if row["reason"] is not None
    ]
    return list(dict.fromkeys(named))


def _tokens(question: Question, rows: Sequence[Row]) -> list[TokenValue]:
    """Add the wallets up by token, the chain's own coin first, then by address."""
    by_token: dict[str, list[Row]] = {}
    for row in rows:
        address = None if row["asset_id"] is None else address_of(row["asset_id"])
        if address is not None and (question.tokens is None or address in question.tokens):
            by_token.setdefault(address, []).append(row)
    return [_token(address, by_token[address]) for address in sorted(by_token, key=_order)]


def _token(address: str, rows: Sequence[Row]) -> TokenValue:
    """Make one token of its wallets; the vendor writes 0 for a price that it does not know, so its status is said."""
    amounts = [row["amount"] for row in rows]
    values = [row["value_usd"] for row in rows if row["value_usd"] is not None]
    priced = [row for row in rows if row["value_usd"] is not None]
    statuses = {row["price_status"] for row in rows}
    return TokenValue(
        address,
        None if None in amounts else sum(amounts),
        max(priced, key=lambda row: abs(row["value_usd"]))["price_usd"] if priced else 0.0,
        sum(values, Decimal()),
        statuses.pop() if len(statuses) == 1 else "unknown",
    )


def _quantity(rows: Sequence[Row]) -> float | None:
    """Add up quantities; a token that is worth nothing and has none at the end is not held any more."""
    known = [row["quantity"] for row in rows if row["quantity"] is not None]
    gone = [row for row in rows if row["quantity"] is None and row["closing_usd"] == 0]
    return sum(known) if len(known) + len(gone) == len(rows) else None


def _sum(tokens: Sequence[TokenValue]) -> Decimal:
    return sum((token.value for token in tokens), Decimal())


def _issues(left_out: Sequence[LeftOut], tokens: Sequence[TokenValue]) -> DataIssues | None:
    unpriced = sorted({token.token_address for token in tokens if token.price_status in ("unknown", "quarantined")})
    issues = DataIssues(tuple(left_out), tuple(unpriced))
    return issues if issues != DataIssues() else None


def _order(address: str) -> tuple[bool, str]:
    return address != chains.NATIVE_PSEUDO_ADDRESS, address
