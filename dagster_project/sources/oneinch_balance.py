"""1inch Balance v1.2: exact amounts and allowances of wallets on one chain, now.

How it is asked only; what its bodies mean is normalise/oneinch_balance.py, limits and quirks are
docs/sources/oneinch_balance.md.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from dagster_project.model import Account, Capability, Cell, Endpoint, Layer, Pull, Request
from dagster_project.sources import named
from dagster_project.sources.oneinch_portfolio import CHAINS
from dagster_project.sources.oneinch_portfolio import SOURCE as PORTFOLIO
from dagster_project.sources.source import Options, Question

T = TypeVar("T")
ROOT = "/balance/v1.2"
BALANCES = Endpoint("balances", Capability.NOW, (Layer.WALLET,), CHAINS)
MULTIPLE = Endpoint("balances/multiple/walletsAndTokens", Capability.NOW, (Layer.WALLET,), CHAINS)
AGGREGATED = Endpoint("aggregatedBalancesAndAllowances", Capability.NOW, (Layer.WALLET,), CHAINS)
ALLOWANCES = Endpoint("allowances", Capability.NOW, (), CHAINS)

TOKENS_A_CALL = 100
WALLETS_A_CALL = 20
"""The contract names no limit; these keep a request and its answer small."""


def _token(asset_id: str) -> str:
    return named.token(asset_id, CHAINS, "1inch")


def _each_once(listed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(listed))


Tokens = Annotated[tuple[Annotated[str, AfterValidator(_token)], ...], AfterValidator(_each_once)]
Spenders = Annotated[tuple[Annotated[str, AfterValidator(named.spender)], ...], AfterValidator(_each_once)]


class BalanceOptions(Options):
    """`tokens` (CAIP-19) are asked for on their chains instead of the vendor's own list; `spenders` brings allowances.

    A chain of which `tokens` names none keeps the vendor's list: what is watched is never left out in silence.
    """

    tokens: Tokens = Field(default=())
    spenders: Spenders = Field(default=())


def pulls(question: Question) -> Iterator[Pull]:
    """By default a call an account and chain; with `tokens` or `spenders` a call for many accounts."""
    options: BalanceOptions = question.options
    for chain_id in sorted({chain for account in question.accounts for chain in account.chains} & CHAINS):
        accounts = [account for account in question.accounts if chain_id in account.chains]
        tokens = [token.rpartition(":")[2] for token in options.tokens if token.startswith(f"{chain_id}/")]
        spenders = options.spenders
        if tokens:
            yield from _multiple(chain_id, accounts, tokens)
        elif spenders:
            yield from _aggregated(chain_id, accounts, spenders[0])
            spenders = spenders[1:]
        else:
            yield from (_of_one(BALANCES, chain_id, account, f"balances/{account.address}") for account in accounts)
        for spender in spenders:
            for account in accounts:
                yield _of_one(ALLOWANCES, chain_id, account, f"allowances/{spender}/{account.address}")


def _of_one(endpoint: Endpoint, chain_id: str, account: Account, rest: str) -> Pull:
    reference = chain_id.partition(":")[2]
    return _pull(endpoint, chain_id, [account], rest, Request(_template(rest), f"{ROOT}/{reference}/{rest}"))


def _multiple(chain_id: str, accounts: Sequence[Account], tokens: Sequence[str]) -> Iterator[Pull]:
    """Ask for exactly these tokens; every wallet's cell is covered by all batches of tokens together."""
    reference = chain_id.partition(":")[2]
    path = f"{ROOT}/{reference}/{MULTIPLE.name}"
    for wallets in _batches(accounts, WALLETS_A_CALL):
        for number, asked in enumerate(_batches(tokens, TOKENS_A_CALL)):
            content = json.dumps({"tokens": asked, "wallets": [account.address for account in wallets]})
            request = Request(f"{ROOT}/{{chain}}/{MULTIPLE.name}", path, method="POST", content=content)
            yield _pull(MULTIPLE, chain_id, wallets, f"{MULTIPLE.name}/{wallets[0].address}/{number}", request)


def _aggregated(chain_id: str, accounts: Sequence[Account], spender: str) -> Iterator[Pull]:
    reference = chain_id.partition(":")[2]
    for wallets in _batches(accounts, WALLETS_A_CALL):
        rest = f"{AGGREGATED.name}/{spender}"
        joined = ",".join(account.address for account in wallets)
        query = (("wallets", joined), ("filterEmpty", "true"))
        request = Request(f"{ROOT}/{{chain}}/{AGGREGATED.name}/{{spender}}", f"{ROOT}/{reference}/{rest}", query)
        yield _pull(AGGREGATED, chain_id, wallets, f"{rest}/{wallets[0].address}", request)


def _pull(endpoint: Endpoint, chain_id: str, accounts: Sequence[Account], rest: str, request: Request) -> Pull:
    return Pull(
        provider="oneinch_balance",
        endpoint=endpoint.name,
        capability=endpoint.capability,
        pull_key=f"{chain_id}/{rest}",
        cells=tuple(Cell(account.account_id, chain_id, layer) for account in accounts for layer in endpoint.layers),
        request=request,
    )


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _template(rest: str) -> str:
    name, _, variables = rest.partition("/")
    return f"{ROOT}/{{chain}}/{name}" + ("/{spender}/{wallet}" if "/" in variables else "/{wallet}")


ZERO = "0x0000000000000000000000000000000000000000"

SOURCE = replace(
    PORTFOLIO,
    name="oneinch_balance",
    title="1inch Balance",
    health=Request(f"{ROOT}/{{chain}}/balances/{{wallet}}", f"{ROOT}/1/balances/{ZERO}"),
    endpoints=(BALANCES, MULTIPLE, AGGREGATED, ALLOWANCES),
    pulls=pulls,
    options=BalanceOptions,
    series=(),
    is_unpriced=lambda _: True,
)
"""Of the same vendor: gateway, key and limits are those of 1inch Portfolio."""
