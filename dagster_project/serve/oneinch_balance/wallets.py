"""1inch's balances and allowances: exact amounts in base units by token, as the history knows them at an instant.

Without a list of tokens those are given whose amount is known exactly, as the vendor gives those of its own list; who
asks for a token by name gets its exact amount or a refusal.
"""

from dataclasses import dataclass
from typing import Any

from dagster_project.serve.oneinch_balance.question import STATUS, Question
from dagster_project.serve.refused import refused
from dagster_project.serve.whom import Watched, address_of
from dagster_project.warehouse import sqlfiles

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What one wallet holds: exact amounts by token, and the tokens of which nobody gives one."""

    amounts: dict[str, str]
    inexact: frozenset[str]
    rows: dict[str, _Row]


def held_by(question: Question, wallet: Watched) -> Held:
    """Look up, once, what a wallet holds on the chain at the instant.

    Raises:
        RefusedError: it is not watched there, or has no record then.
    """
    if wallet.account_id not in question.held:
        question.held[wallet.account_id] = _look_up(question, wallet)
    held: Held = question.held[wallet.account_id]
    return held


def _look_up(question: Question, wallet: Watched) -> Held:
    asked = {"as_of": question.tick, "account": wallet.account_id, "chain": question.chain_id}
    cells = {"tick": question.tick, "account": wallet.account_id, "chain": question.chain_id}
    sql = "select reason from cells_at($tick, $account, null, $chain) where layer = 'wallet'"
    recorded = question.asking.query(sql, cells).rows
    where = f"{wallet.label} on {question.chain_id} at {question.tick.isoformat()}Z"
    if not recorded:
        raise refused(STATUS, "out_of_scope", f"nobody watches {where}", "wallets")
    if recorded != [(None,)]:
        words = f"the history has no record of {where}: {recorded[0][0]}; ask for another instant (timestamp)"
        raise refused(STATUS, "history_incomplete", words, "timestamp")
    rows = {address_of(str(row["asset_id"])): row for row in question.asking.answer("tokens_snapshot", **asked).dicts()}
    named = {address: row for address, row in rows.items() if address is not None}
    amounts = {address: str(row["amount_raw"]) for address, row in named.items() if row["amount_raw"] is not None}
    return Held(amounts, frozenset(named.keys() - amounts.keys()), named)


def balances(question: Question, wallet: Watched) -> dict[str, str]:
    """Give exact amounts by token; a token that is asked for, known, and not held is 0.

    Raises:
        RefusedError: the wallet has no record; of a token that is asked for nobody gives an exact amount, or the
            history has never heard of it.
    """
    held = held_by(question, wallet)
    if question.tokens is None:
        return held.amounts
    return {token: _amount(question, held, token) for token in question.tokens}


def _amount(question: Question, held: Held, token: str) -> str:
    if token in held.amounts:
        return held.amounts[token]
    if token in held.inexact:
        words = (
            f"nobody gives the exact amount of {token}, which is held; enable a provider that does (see docs/api.md)"
        )
        raise refused(STATUS, "no_raw_amount", words, "tokens")
    if token not in _known(question):
        words = f"the history has never heard of {token} on this chain, so it does not say that none is held"
        raise refused(STATUS, "unknown_token", words, "tokens")
    return "0"


def _known(question: Question) -> frozenset[str]:
    """Give every token of the chain that any provider ever named."""
    sql = "select distinct asset_id from asset where starts_with(asset_id, $chain || '/')"
    rows = question.asking.query(sql, {"chain": question.chain_id}).rows
    sql = "select distinct asset_id from balance where chain_id = $chain"
    rows += question.asking.query(sql, {"chain": question.chain_id}).rows
    return frozenset(address for (asset_id,) in rows if (address := address_of(str(asset_id))) is not None)


def allowances(question: Question, wallet: Watched) -> dict[str, str]:
    """Give what the spender may take, by token: of what is held, of what it may take, or of what is asked for.

    Raises:
        RefusedError: nobody asked a provider about the spender and this wallet then, or it did not answer.
    """
    allowed = _allowed(question, wallet)
    tokens = question.tokens
    if tokens is None:
        tokens = tuple(dict.fromkeys((*held_by(question, wallet).rows, *allowed)))
    return {token: allowed.get(token, "0") for token in tokens}


def _allowed(question: Question, wallet: Watched) -> dict[str, str]:
    asked = {"tick": question.tick, "chain": question.chain_id, "spender": question.spender}
    accounts = question.asking.query(sqlfiles.lookup("spender_asked"), asked).rows
    if (wallet.account_id,) not in accounts:
        words = (
            f"no provider was asked about this spender and {wallet.label} at {question.tick.isoformat()}Z; "
            "name it in the settings (spenders, see docs/settings.md), or ask for another instant (timestamp)"
        )
        raise refused(STATUS, "spender_not_asked", words, "spender")
    told = {"as_of": question.tick, "account": wallet.account_id, "chain": question.chain_id}
    rows = [
        row for row in question.asking.answer("allowances_at", **told).dicts() if row["spender"] == question.spender
    ]
    for row in rows:
        if row["asset_id"] is None:
            words = f"the question about this spender and {wallet.label} was not answered: {row['reason']}"
            raise refused(STATUS, "history_incomplete", words, "timestamp")
    named = {address_of(str(row["asset_id"])): str(row["allowance_raw"]) for row in rows}
    return {address: allowance for address, allowance in named.items() if address is not None}


def both(question: Question, wallet: Watched) -> dict[str, dict[str, str]]:
    """Give balance and allowance of the tokens of which both are known, or of those that are asked for.

    Raises:
        RefusedError: as of each of the two.
    """
    allowed, held = _allowed(question, wallet), held_by(question, wallet)
    tokens = question.tokens
    if tokens is None:
        tokens = tuple(token for token in dict.fromkeys((*held.amounts, *allowed)) if token not in held.inexact)
    return {
        token: {"balance": _amount(question, held, token), "allowance": allowed.get(token, "0")} for token in tokens
    }
