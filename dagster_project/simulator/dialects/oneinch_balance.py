"""1inch's Balance API: base units and allowances of now, as text, in maps from token to amount.

It knows no prices, no past and no positions. How a question is read stands in `oneinch_balance_question`.
"""

from collections.abc import Iterable

from dagster_project.simulator.book.accounts import ACCOUNT_BY_ADDRESS
from dagster_project.simulator.book.approvals import allowance
from dagster_project.simulator.book.assets import ASSET_BY_ID, Asset
from dagster_project.simulator.book.chains import Chain
from dagster_project.simulator.dialect import Call, Document, Refusal
from dagster_project.simulator.dialects.oneinch_balance_question import (
    chain_of,
    custom,
    filters_empty,
    in_path,
    in_query,
)
from dagster_project.simulator.seen import eyes_of

PROVIDER = "oneinch_balance"

_LOGOS = "https://tokens.1inch.io"
_DOLLARS = frozenset({"USDC", "USDT", "DAI", "GUSD"})


def whitelist(chain: Chain) -> list[Asset]:
    """The tokens of the provider's own list on a chain: real ones, and the chain's coin."""
    return [asset for asset in ASSET_BY_ID.values() if asset.chain == chain.id and not asset.is_invented]


def _raws(call: Call, chain: Chain, wallet: str) -> dict[str, int]:
    """Base units by address of everything that a wallet holds on a chain now."""
    eyes = eyes_of(PROVIDER, wallet.lower(), chain, call.lived_at)
    return {holding.asset.address: holding.raw for holding in eyes.wallet()} if eyes else {}


def _balance_map(call: Call, chain: Chain, wallet: str, tokens: Iterable[str]) -> dict[str, str]:
    raws = _raws(call, chain, wallet)
    # a token that nobody knows is held by nobody: here 0 is the answer, not a gap
    return {token: str(raws[token]) if token in raws else "0" for token in dict.fromkeys(tokens)}


def _allowance(call: Call, chain: Chain, wallet: str, spender: str, token: str) -> str:
    account = ACCOUNT_BY_ADDRESS.get(wallet.lower())
    asset = next((one for one in ASSET_BY_ID.values() if (one.chain, one.address) == (chain.id, token)), None)
    return str(allowance(account.label if account else None, asset, spender.lower(), call.lived_at))


def _asked(call: Call, chain: Chain) -> list[str]:
    """The tokens of the question, lower case: those of its body, or the whole list of the chain."""
    if call.request.method == "POST":
        return [token.lower() for token in custom(call).tokens]
    return [asset.address for asset in whitelist(chain)]


def balances(call: Call) -> Document:
    """The body of `GET` and `POST /balances/{wallet}`: base units by token."""
    chain, wallet = chain_of(call), in_path(call, "wallet")
    return {"map": _balance_map(call, chain, wallet, _asked(call, chain))}


def many_balances(call: Call) -> Document:
    """The body of `POST /balances/multiple/walletsAndTokens`: base units by wallet, as it was spelled, and token."""
    chain, asked = chain_of(call), custom(call)
    if asked.wallets is None:
        raise Refusal(400, ["wallets should not be empty"])
    tokens = [token.lower() for token in asked.tokens]
    return {"map": {wallet: _balance_map(call, chain, wallet, tokens) for wallet in asked.wallets}}


def allowances(call: Call) -> Document:
    """The body of `GET` and `POST /allowances/{spender}/{wallet}`: base units by token."""
    chain, spender, wallet = chain_of(call), in_path(call, "spender"), in_path(call, "wallet")
    return {"map": {token: _allowance(call, chain, wallet, spender, token) for token in _asked(call, chain)}}


def both(call: Call) -> Document:
    """The body of `GET` and `POST /allowancesAndBalances/{spender}/{wallet}`."""
    chain, spender, wallet = chain_of(call), in_path(call, "spender"), in_path(call, "wallet")
    balance = _balance_map(call, chain, wallet, _asked(call, chain))
    found = {
        token: {"balance": raw, "allowance": _allowance(call, chain, wallet, spender, token)}
        for token, raw in balance.items()
    }
    return {"map": found}


def aggregated(call: Call) -> Document:
    """The rows of `GET /aggregatedBalancesAndAllowances/{spender}`: one for each token of the list."""
    chain, spender, wallets = chain_of(call), in_path(call, "spender"), in_query(call)
    assets = whitelist(chain)
    held = {wallet: _balance_map(call, chain, wallet, [asset.address for asset in assets]) for wallet in wallets}
    rows = []
    for asset in assets:
        sums = {
            wallet: {
                "balance": raws[asset.address],
                "allowance": _allowance(call, chain, wallet, spender, asset.address),
            }
            for wallet, raws in held.items()
        }
        is_empty = all(one["balance"] == "0" and (asset.is_native or one["allowance"] == "0") for one in sums.values())
        if not (is_empty and filters_empty(call)):
            rows.append(_described(asset) | {"wallets": sums, "type": "ethereum" if asset.is_native else "token"})
    return {"rows": rows}


def _described(asset: Asset) -> Document:
    peg = ["PEG:USD"] if asset.symbol in _DOLLARS else ["PEG:ETH"] if asset.price_key in {"ETH", "WETH"} else []
    return {
        "decimals": asset.decimals,
        "symbol": asset.symbol,
        "tags": ["native" if asset.is_native else "tokens", *peg],
        "address": asset.address,
        "name": asset.name,
        "logoURI": f"{_LOGOS}/{asset.address}.png",
        "isCustom": False,
    }
