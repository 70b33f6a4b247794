"""1inch's general answers: whether it works, what it supports, and what accounts are worth now.

Values over time belong to `oneinch_history`, rows of tokens and positions to `oneinch_snapshot`.
"""

from typing import NamedTuple

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL
from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.chains import EVM_CHAIN_BY_NUMBER, EVM_CHAINS
from dagster_project.simulator.book.positions import POSITIONS, Protocol
from dagster_project.simulator.dialect import Call, Document
from dagster_project.simulator.dialects.fastapi_reader import Reader
from dagster_project.simulator.dialects.oneinch_question import Question, read
from dagster_project.simulator.dialects.oneinch_snapshot import DOCUMENTED
from dagster_project.simulator.sums import plain_sum

_LOGOS = "https://app.1inch.io/assets/images/network-logos"
_CATEGORIES = {"tokens": "Tokens", "protocols": "Protocols", "native": "Native"}


class Part(NamedTuple):
    """What one holding or position adds to a total, in US dollars."""

    address: str
    category: str
    protocol: Protocol | None
    chain: int
    value_usd: float


def parts(question: Question) -> list[Part]:
    """Everything that the accounts are worth: a receipt and its position count once, debt is below zero."""
    found = []
    for eyes in question.all_eyes():
        address, number = ACCOUNT_BY_LABEL[eyes.account].address, eyes.chain.number
        positions = eyes.positions()
        receipts = eyes.receipts(positions)
        found += [
            Part(address, "native" if held.asset.is_native else "tokens", None, number, held.value_usd)
            for held in eyes.wallet()
            if held.asset.key not in receipts
        ]
        found += [Part(address, "protocols", seen.position.protocol, number, seen.value_usd) for seen in positions]
    return found


def total(found: list[Part]) -> float:
    """The parts added up in their order."""
    return plain_sum(part.value_usd for part in found)


def current_value(call: Call) -> Document:
    """The body of `GET /general/current_value`."""
    reader = Reader(call)
    question = read(call, reader)
    reader.done()
    found = parts(question)

    def of(field: str, wanted: object) -> float:
        return total([part for part in found if getattr(part, field) == wanted])

    protocols = dict.fromkeys(part.protocol for part in found if part.protocol)
    numbers = dict.fromkeys(part.chain for part in found)
    result: Document = {
        "total": total(found),
        "by_address": [{"value_usd": of("address", one), "address": one} for one in question.addresses],
        "by_category": [
            {"value_usd": of("category", one), "category_id": one, "category_name": name}
            for one, name in _CATEGORIES.items()
        ],
        "by_protocol_group": [
            {"value_usd": of("protocol", one), "protocol_group_id": one.id, "protocol_group_name": one.name}
            for one in protocols
        ],
        "by_chain": [
            {"value_usd": of("chain", one), "chain_id": one, "chain_name": EVM_CHAIN_BY_NUMBER[one].name}
            for one in numbers
        ],
    }
    return {"result": result, "meta": question.meta()}


def status(_call: Call) -> Document:
    """The body of `GET /general/status`."""
    return {"result": {"is_available": True}, "meta": None}


def address_check(call: Call) -> Document:
    """The body of `GET /general/address_check`, whose shape nobody has published: every address is let through."""
    reader = Reader(call)
    question = read(call, reader)
    reader.done()
    return {"result": {address: {"is_allowed": True} for address in question.addresses}, "meta": None}


def supported_chains(call: Call) -> Document:
    """The body of `GET /general/supported_chains`."""
    natives = {asset.chain: asset for asset in ASSET_BY_ID.values() if asset.is_native}
    rows = []
    for chain in EVM_CHAINS:
        native = natives[chain.id]
        token = {
            "chain" if call.form == DOCUMENTED else "chain_id": chain.number,
            "address": native.address,
            "decimals": native.decimals,
            "symbol": native.symbol,
            "name": native.name,
        }
        icon = f"{_LOGOS}/{chain.name.lower().replace(' ', '-')}.svg"
        rows.append({"chain_id": chain.number, "chain_name": chain.name, "chain_icon": icon, "native_token": token})
    return {"result": rows}


def supported_protocols(_call: Call) -> Document:
    """The body of `GET /general/supported_protocols`: one row a protocol and chain on which the book has it."""
    known = dict.fromkeys((position.chain, position.protocol) for position in POSITIONS)
    rows = [
        {
            "chain_id": chain.number,
            "protocol_group_id": protocol.id,
            "protocol_group_name": protocol.name,
            "protocol_group_icon": f"https://app.1inch.io/assets/overview/{protocol.id}.svg",
        }
        for chain in EVM_CHAINS
        for id_, protocol in known
        if id_ == chain.id
    ]
    return {"result": rows, "meta": None}
