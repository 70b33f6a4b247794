"""1inch's answers about the service and addresses: whether it works, what is supported, what the vendor says of whom.

What is supported is what the history has, not what the vendor has.
"""

from datetime import datetime

from dagster_project import caip, chains
from dagster_project.serve.oneinch_portfolio.question import STATUS, Question
from dagster_project.serve.oneinch_portfolio.shapes import (
    Available,
    ChainsAnswer,
    CheckAnswer,
    Meta,
    ProtocolsAnswer,
    StatusAnswer,
    SupportedChain,
    SupportedProtocol,
    Token,
)
from dagster_project.serve.refused import refused
from dagster_project.serve.whom import chains_of, tick_of, unix
from dagster_project.warehouse.ask import Asking

_CHECK = "general/address_check"


def status(asking: Asking, timestamp: int | None) -> StatusAnswer:
    """Tell whether the history has an instant at or before the one asked for."""
    ((first,),) = asking.query("select first_as_of from extent").rows
    is_there = isinstance(first, datetime) and (timestamp is None or unix(first) <= timestamp)
    meta = Meta(unix(tick_of(asking, timestamp, STATUS, "query", "timestamp"))) if is_there else None
    return StatusAnswer(Available(is_there), meta)


def supported_chains(asking: Asking, timestamp: int | None) -> ChainsAnswer:
    """Give the EVM chains that a snapshot ever planned; no picture is kept of them."""
    tick = tick_of(asking, timestamp, STATUS, "query", "timestamp")
    rows = []
    for chain_id in chains_of(asking):
        chain = chains.CHAINS.get(chain_id)
        if chain is None or caip.namespace_of(chain_id) != caip.EVM:
            continue
        number = int(chain_id.partition(":")[2])
        symbol = chain.native_symbol
        coin = Token(number, chains.NATIVE_PSEUDO_ADDRESS, 18, symbol, symbol)
        rows.append(SupportedChain(number, chain.name, "", coin))
    return ChainsAnswer(rows, Meta(unix(tick)))


def supported_protocols(asking: Asking, timestamp: int | None) -> ProtocolsAnswer:
    """Give the protocols in which any account ever had a position, by chain."""
    tick = tick_of(asking, timestamp, STATUS, "query", "timestamp")
    sql = "select chain_id, protocol_id, arg_max(protocol_name, as_of) from position where as_of <= $tick group by all"
    rows = sorted(asking.query(sql, {"tick": tick}).rows, key=lambda row: (str(row[0]), str(row[1])))
    result = [SupportedProtocol(int(str(row[0]).partition(":")[2]), str(row[1]), str(row[2])) for row in rows]
    return ProtocolsAnswer(result, Meta(unix(tick)))


def address_check(question: Question) -> CheckAnswer:
    """Give what the vendor said last of each address by then, in its own words: the history itself judges nobody.

    Raises:
        RefusedError: it never said anything of one of them.
    """
    result: dict[str, dict[str, str]] = {}
    for place, account in enumerate(question.accounts):
        asked = {"series": _CHECK, "account": account.account_id, "until": question.tick}
        told = question.asking.answer("provider_series", **asked).dicts()
        if not told:
            words = "the vendor was not asked about this address by then; the history itself judges nobody"
            raise refused(STATUS, "never_said", words, "query", "addresses", place)
        last = max(row["as_of"] for row in told)  # type: ignore[type-var] # instants
        address = account.address.lower()
        prefix = f"$.result.{address}."
        result[address] = {
            str(row["measure"]).removeprefix(prefix): str(row["words"])
            for row in told
            if row["as_of"] == last and row["words"] is not None
        }
    return CheckAnswer(result, question.meta())
