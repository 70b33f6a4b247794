"""1inch's snapshots: what an account holds in tokens and in protocols, one row a token or position.

The documents and the wire differ in names; both are written here. How a question is read stands in
`oneinch_question`.
"""

from collections.abc import Sequence
from dataclasses import replace

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL, keccak256
from dagster_project.simulator.book.blocks import CLOCKS
from dagster_project.simulator.book.chains import Chain
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.dialect import Call, Document
from dagster_project.simulator.dialects.fastapi_reader import Reader
from dagster_project.simulator.dialects.oneinch_question import Question, read
from dagster_project.simulator.seen import Eyes, Holding, SeenPosition, block_at
from dagster_project.simulator.sums import plain_sum

OBSERVED = "observed"
DOCUMENTED = "documented"
NOBODY = "0x" + "0" * 40
"""Whose address stands in a token's row, which is one for all accounts asked about."""

_ICONS = "https://app.1inch.io/assets/overview"


def index_of(address: str, chain: Chain, contract: str, token_id: int = 0) -> str:
    """The identifier that joins a snapshot's row to its metrics."""
    return "0x" + keccak256(f"{address}|{chain.number}|{contract}|{token_id}".encode())[:8].hex()


def tokens(call: Call) -> Document:
    """The body of `GET /tokens/snapshot`: one row a token and chain, the accounts added up."""
    reader = Reader(call)
    question = read(call, reader, has_timestamp=True)
    reader.done()
    rows = [
        _token_row(question, chain, holdings, call.form)
        for chain in question.chains
        for holdings in held_on(question, chain)
    ]
    return {"result": rows, "meta": question.meta()}


def held_on(question: Question, chain: Chain) -> list[list[Holding]]:
    """The holdings of all accounts on a chain, those of one token together."""
    by_asset: dict[str, list[Holding]] = {}
    for address in question.addresses:
        eyes = question.eyes(address, chain)
        for holding in eyes.wallet() if eyes else ():
            by_asset.setdefault(holding.asset.id, []).append(holding)
    return list(by_asset.values())


def protocols(call: Call) -> Document:
    """The body of `GET /protocols/snapshot`: one row a position, debts among them."""
    reader = Reader(call)
    question = read(call, reader, has_timestamp=True)
    reader.done()
    rows = [
        _position_row(question, eyes.chain, _as_listed(eyes, seen), call.form)
        for eyes in question.all_eyes()
        for seen in eyes.positions()
    ]
    return {"result": rows, "meta": question.meta()}


def _as_listed(eyes: Eyes, seen: SeenPosition) -> SeenPosition:
    """The position as this endpoint lists it; where debts are planted to be flipped, no other answer flips them."""
    return replace(seen, sign=1) if seen.position.is_debt and eyes.planted("flipped_debt") else seen


def token_balance(chain: Chain, held: Holding, form: str) -> Document:
    """A token with its amount in whole units; a price that is not known is null, or 0 for spam."""
    asset = held.asset
    unknown = 0 if asset.is_spam else None
    body: Document = {
        "chain" if form == DOCUMENTED else "chain_id": chain.number,
        "address": asset.address,
        "decimals": asset.decimals,
        "symbol": asset.symbol,
        "name": asset.name,
        "amount": held.amount,
        "price_usd": unknown if held.price is None else held.price,
    }
    return body if form == DOCUMENTED else body | {"value_usd": held.value_usd}


def _block(question: Question, chain: Chain) -> tuple[int, int] | tuple[None, None]:
    """Number and time of the block asked for; both null in an answer for now."""
    block = block_at(chain, question.at) if question.is_past else None
    return block or (None, None)


def _head(chain: Chain, form: str, place: tuple[str, str, int]) -> Document:
    """The members with which every row begins; `place` is holder, contract and NFT number."""
    holder, contract, token_id = place
    return {
        "index": index_of(holder, chain, contract, token_id),
        "chain_id" if form == DOCUMENTED else "chain": chain.number,
        "contract_address": contract,
        "token_id": token_id,
        "address": holder,
    }


def _token_row(question: Question, chain: Chain, holdings: Sequence[Holding], form: str) -> Document:
    asset = holdings[0].asset
    number, at = _block(question, chain)
    together = replace(holdings[0], raw=sum(holding.raw for holding in holdings))
    return _head(chain, form, (NOBODY, asset.address, 0)) | {
        "block_number_created": 0,
        "block_number": number,
        "timestamp": at,
        "protocol_type": "token",
        "protocol_handler_id": "native" if asset.is_native else "erc20",
        "protocol_group_id": "token",
        "protocol_group_name": "Token",
        "protocol_group_icon": f"{_ICONS}/tokens.svg",
        "protocol_sub_group_id": None,
        "protocol_sub_group_name": None,
        "contract_name": asset.name,
        "contract_symbol": asset.symbol,
        "asset_sign": 1,
        "status": 1,
        "underlying_tokens": [token_balance(chain, together, form)],
        "reward_tokens": [],
        "value_usd": plain_sum(holding.value_usd for holding in holdings),
        "locked": False,
    }


def _position_row(question: Question, chain: Chain, seen: SeenPosition, form: str) -> Document:
    position = seen.position
    number, at = _block(question, chain)
    holder = ACCOUNT_BY_LABEL[position.account].address
    created = CLOCKS[chain.id].at_or_before(whole_ledger().opened_at(position.id))
    return _head(chain, form, (holder, seen.contract, position.token_id)) | {
        "block_number_created": created,
        "block_number": number,
        "timestamp": at,
        "protocol_type": position.protocol.kind,
        "protocol_handler_id": position.handler,
        "protocol_group_id": position.protocol.id,
        "protocol_group_name": position.protocol.name,
        "protocol_group_icon": f"{_ICONS}/{position.protocol.id}.svg",
        "protocol_sub_group_id": "debt" if position.is_debt else None,
        "protocol_sub_group_name": "Debt" if position.is_debt else None,
        "contract_name": position.contract_name,
        "contract_symbol": position.contract_symbol,
        "asset_sign": seen.sign,
        "status": 1,
        "underlying_tokens": [token_balance(chain, leg, form) for leg in seen.legs],
        "reward_tokens": [token_balance(chain, reward, form) for reward in seen.rewards],
        "value_usd": seen.value_usd,
        "locked": position.is_locked,
    }
