"""1inch's snapshots: one row a token and chain with the accounts added up, one row a position, debts apart.

What each gained is metrics.py.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from dagster_project.chains import CHAINS
from dagster_project.serve.oneinch_portfolio.question import STATUS, Question
from dagster_project.serve.oneinch_portfolio.shapes import (
    AdapterResult,
    DataIssues,
    SnapshotAnswer,
    TokenBalance,
)
from dagster_project.serve.refused import refused
from dagster_project.serve.whom import address_of, missing_of, unix

NOBODY = "0x" + "0" * 40
"""The holder of a token's row, which is one for all accounts that are asked about."""

_EVM_COIN_DECIMALS = 18
_EXCLUDED = ("spam", "ignored", "absurd")

_Row = dict[str, Any]
_Described = dict[str, tuple[int | None, str | None]]


def index_of(holder: str, chain_id: str, contract: str, part: str = "") -> str:
    """Give the identifier that joins a snapshot's row to its metrics: 8 bytes, hexadecimal."""
    return "0x" + hashlib.sha256(f"{holder}|{chain_id}|{contract}|{part}".encode()).hexdigest()[:16]


def tokens(question: Question) -> SnapshotAnswer:
    """Give what the wallets hold; receipts of positions too, as the vendor lists them, which are in no total.

    Raises:
        RefusedError: a wallet is missing, or the decimals of a token are not known.
    """
    rows = _rows(question, "tokens_snapshot")
    coverage = question.cover(*_missing(rows))
    held = [row for row in rows if row["asset_id"] is not None]
    excluded = sorted({row["asset_id"] for row in held if row["exclusion"] in _EXCLUDED})
    listed = sorted((row for row in held if row["exclusion"] not in _EXCLUDED), key=_by_asset)
    result, unpriced = [], []
    for (chain_id, asset_id), of_asset in groupby(listed, key=_by_asset):
        together = list(of_asset)
        contract = address_of(asset_id)
        if contract is None:
            continue  # a leg without a contract is no token of a wallet
        index = index_of(NOBODY, chain_id, contract)
        values = [row["value_usd"] for row in together]
        unpriced += [index] if None in values else []
        amounts = [row["amount"] for row in together]
        largest = max(together, key=lambda row: (row["amount"] is not None, row["amount"]))
        amount = None if None in amounts else sum(amounts)
        balance = _balance(question, largest, contract, amount, largest["decimals"], values)
        result.append(_token_row(index, balance, _at(question, together), asset_id, _added(values)))
    return SnapshotAnswer(
        result, question.meta(DataIssues(unpriced=tuple(unpriced), excluded=tuple(excluded)), coverage)
    )


def protocols(question: Question) -> SnapshotAnswer:
    """Give the positions; what is owed in one that also holds something is a row of its own, with an index of its own.

    Raises:
        RefusedError: a layer is missing, or the decimals of a token are not known.
    """
    rows = _rows(question, "protocols_snapshot")
    coverage = question.cover(*_missing(rows))
    held = sorted((row for row in rows if row["position_id"] is not None), key=_by_position)
    described = _describe(question, {row["asset_id"] for row in held if row["asset_id"] is not None})
    result, unpriced = [], []
    for _, legs in groupby(held, key=_by_position):
        for row in _position_rows(question, list(legs), described):
            result.append(row)
            unpriced += [row.index] if any(leg.value_usd is None for leg in row.underlying_tokens) else []
    return SnapshotAnswer(result, question.meta(DataIssues(unpriced=tuple(unpriced)), coverage))


def _rows(question: Question, name: str) -> list[_Row]:
    asked = [{"as_of": question.tick, **scope, **question.chain} for scope in question.scopes]
    rows: list[_Row] = [row for one in asked for row in question.asking.answer(name, **one).dicts()]
    if not rows:
        question.check_scope()
    return [row for row in rows if row["chain_id"].startswith("eip155:")]


def _missing(rows: Iterable[_Row]) -> tuple[int, list[str]]:
    """Count the cells that say anything, and name those that are missing, as the other answers do."""
    cells = {(row["account_id"], row["chain_id"], row.get("layer", "wallet")) for row in rows}
    return len(cells), missing_of(rows)


def _token_row(index: str, balance: TokenBalance, at: int, asset_id: str, value_usd: Decimal) -> AdapterResult:
    return AdapterResult(
        index=index,
        chain_id=balance.chain,
        contract_address=balance.address,
        token_id=0,
        address=NOBODY,
        block_number_created=0,
        block_number=None,
        timestamp=at,
        protocol_type="token",
        protocol_handler_id="native" if "/slip44:" in asset_id else "erc20",
        protocol_group_id="token",
        protocol_group_name="Token",
        protocol_group_icon=None,
        contract_name=balance.name or "",
        contract_symbol=balance.symbol or "",
        asset_sign=1,
        status=1,
        underlying_tokens=[balance],
        reward_tokens=[],
        value_usd=value_usd,
    )


def _position_rows(question: Question, legs: list[_Row], described: _Described) -> Iterator[AdapterResult]:
    rewards = [leg for leg in legs if leg["layer"] == "reward"]
    owned = [leg for leg in legs if leg["layer"] in ("position", None)]
    owed = [leg for leg in legs if leg["layer"] == "debt"]
    head = legs[0]
    if owned or rewards or not owed:
        yield _position_row(question, head, head["position_id"], 1, (owned, rewards), described)
    if owed:
        is_apart = bool(owned or rewards)
        apart = index_of(head["account_id"], head["chain_id"], head["position_id"], "debt")
        index = apart if is_apart else head["position_id"]
        yield _position_row(question, owed[0], index, -1, (owed, []), described)


def _position_row(
    question: Question, head: _Row, index: str, sign: int, legs: tuple[list[_Row], list[_Row]], described: _Described
) -> AdapterResult:  # fmt: skip
    held, rewards = legs
    symbols = {leg["symbol"] for leg in held if leg["symbol"]}
    return AdapterResult(
        index=index,
        chain_id=int(head["chain_id"].partition(":")[2]),
        contract_address=address_of(head["contract_id"]) or NOBODY,
        token_id=int(head["token_id"]),
        address=head["account_id"].rpartition(":")[2],
        block_number_created=0,
        block_number=None,
        timestamp=_at(question, [head]),
        protocol_type=head["kind"],
        protocol_handler_id=head["protocol_id"],
        protocol_group_id=head["protocol_id"],
        protocol_group_name=head["protocol_name"],
        protocol_group_icon=None,
        contract_name=head["name"],
        contract_symbol=symbols.pop() if len(symbols) == 1 else "",
        asset_sign=sign,
        status=1,
        underlying_tokens=_legs(question, held, described),
        reward_tokens=_legs(question, rewards, described),
        value_usd=_added([leg["value_usd"] for leg in held]),
    )


def _legs(question: Question, legs: list[_Row], described: _Described) -> list[TokenBalance]:
    """Give the tokens of a position; what it is worth beyond them has no contract, and stands in the row's value."""
    found = []
    for leg in legs:
        contract = None if leg["asset_id"] is None else address_of(leg["asset_id"])
        if contract is not None:
            decimals, name = described.get(leg["asset_id"], (None, None))
            value = None if leg["value_usd"] is None else abs(leg["value_usd"])
            found.append(_balance(question, leg | {"name": name}, contract, leg["amount"], decimals, [value]))
    return found


def _balance(
    question: Question,
    row: _Row,
    contract: str,
    amount: float | None,
    decimals: int | None,
    values: Sequence[Decimal | None],
) -> TokenBalance:
    if decimals is None and contract == address_of(CHAINS[row["chain_id"]].native_asset_id):
        decimals = _EVM_COIN_DECIMALS
    if (decimals is None or amount is None) and not question.gives_known:
        words = f"nobody has told the decimals of {row['asset_id']}; enable a provider that does (see docs/sources)"
        raise refused(STATUS, "decimals_unknown", words, "query", "addresses")
    number = int(row["chain_id"].partition(":")[2])
    return TokenBalance(
        chain=number,
        chain_id=number,
        address=contract,
        decimals=decimals,
        symbol=row["symbol"],
        name=row["name"],
        amount=amount,
        price_usd=row["price_usd"] if row["price_status"] in ("priced", "zero") else None,
        value_usd=None if None in values else _added(values),
    )


def _describe(question: Question, asset_ids: set[str]) -> _Described:
    """Give decimals and name of assets, as said last."""
    sql = "select asset_id, decimals, name from asset where list_contains($ids, asset_id) order by recorded_at"
    return {row[0]: (row[1], row[2]) for row in question.asking.query(sql, {"ids": sorted(asset_ids)}).rows}  # type: ignore[misc] # by the schema


def _added(values: Iterable[Decimal | None]) -> Decimal:
    """Add up the values that are known; a row of which one is not is named in `meta`, and its price is null."""
    return sum((value for value in values if value is not None), Decimal())


def _at(question: Question, rows: Iterable[_Row]) -> int:
    """Give the time that rows are true for; never behind the instant that they stand for."""
    times = [unix(row["effective_at"]) for row in rows if row["effective_at"] is not None]
    return min([*times, unix(question.tick)])


def _by_asset(row: _Row) -> tuple[str, str]:
    return row["chain_id"], row["asset_id"]


def _by_position(row: _Row) -> tuple[str, str, str]:
    return row["account_id"], row["chain_id"], row["position_id"]
