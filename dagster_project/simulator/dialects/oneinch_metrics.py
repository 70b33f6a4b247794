"""1inch's metrics: profit and loss of each token and position over a time range, worked out from the ledger.

Profit is end - start - inflow + outflow, each at the price of its instant; what a holding earns where it lies and
what it burns as gas is no flow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dagster_project.simulator.book.accounts import ACCOUNT_BY_ADDRESS, ACCOUNT_BY_LABEL
from dagster_project.simulator.book.assets import ASSET_BY_ID
from dagster_project.simulator.book.ledger import Entry
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT, DAY
from dagster_project.simulator.dialect import Call, Document
from dagster_project.simulator.dialects.fastapi_reader import Reader
from dagster_project.simulator.dialects.oneinch_question import RANGES, Question, read
from dagster_project.simulator.dialects.oneinch_snapshot import NOBODY, held_on, index_of, token_balance
from dagster_project.simulator.seen import Holding, SeenPosition
from dagster_project.simulator.sums import plain_sum

Price = Callable[[str, int], float | None]

_YEAR_DAYS = 365
_ADDRESS_LENGTH = 42


@dataclass(frozen=True, slots=True)
class Measured:
    """Profit in US dollars, roi and apr as fractions, days held; None where a price or a capital is missing."""

    profit: float | None
    roi: float | None
    apr: float | None
    days: int


def measure(entries: Sequence[Entry], since: int, until: int, sign: int = 1, price: Price = price_usd) -> Measured:
    """Measure the entries of one holding, which may be of several assets, from one instant to another.

    Args:
        entries: In the order of time; those after `until` are passed over.
        since: Unix seconds; what is held then is the opening value.
        until: Unix seconds of the closing value.
        sign: -1 for debt, whose growth is a loss.
        price: US dollars for one whole unit of an asset at an instant.
    """
    since = max(since, BEGIN_AT)
    held: dict[str, int] = {}
    start = inflow = outflow = 0.0
    is_priced, begun = True, until
    for entry in (entry for entry in entries if entry.at <= until):
        if not any(held.values()):
            begun = entry.at
        held[entry.asset] = held.get(entry.asset, 0) + entry.raw_delta
        instant = max(entry.at, since)
        worth = _worth(entry.asset, entry.raw_delta, price(entry.asset, instant))
        is_priced &= worth is not None
        if entry.at <= since:
            start += worth or 0.0
        elif entry.kind not in {"yield", "fee"}:
            inflow += max(worth or 0.0, 0.0)
            outflow -= min(worth or 0.0, 0.0)
    ends = [_worth(asset, raw, price(asset, until)) for asset, raw in held.items() if raw]
    days = (until - begun) // DAY if any(held.values()) else 0
    if not is_priced or None in ends:
        return Measured(None, None, None, days)
    profit = sign * (plain_sum(end or 0.0 for end in ends) - start - inflow + outflow)
    capital = start + inflow
    roi = profit / capital if sign > 0 and capital > 0 else None
    spent = (until - max(since, begun)) / DAY
    return Measured(profit, roi, roi * _YEAR_DAYS / spent if roi is not None and spent >= 1 else None, days)


def _worth(asset_id: str, raw: int, price: float | None) -> float | None:
    return None if price is None else raw / ASSET_BY_ID[asset_id].unit * price


def wallet_entries(question: Question, asset_id: str) -> list[Entry]:
    """What happened to one token in the wallets asked about."""
    accounts = [ACCOUNT_BY_ADDRESS[address] for address in question.addresses if address in ACCOUNT_BY_ADDRESS]
    entries = [entry for account in accounts for entry in whole_ledger().changes(account.label, asset_id)]
    return sorted(entries, key=lambda entry: entry.at)


def tokens(call: Call) -> Document:
    """The body of `GET /tokens/metrics`: one row for each token that is held now."""
    reader = Reader(call)
    question = read(call, reader)
    timerange = reader.choice("timerange", list(RANGES), "1year")
    reader.done()
    rows = []
    for chain in question.chains:
        for holdings in held_on(question, chain):
            asset = holdings[0].asset
            entries = wallet_entries(question, asset.id)
            measured = measure(entries, question.at - RANGES[timerange], question.at)
            rows.append(_row(index_of(NOBODY, chain, asset.address), measured))
    return {"result": rows, "meta": question.meta()}


def protocols(call: Call) -> Document:
    """The body of `GET /protocols/metrics`: one row for each position, since it was opened."""
    reader = Reader(call)
    question = read(call, reader)
    group = reader.text("protocol_group_id")
    contract = reader.text("contract_address", _ADDRESS_LENGTH)
    token_id = reader.whole("token_id")
    reader.done()
    rows = [
        _position_row(question, seen, call.form)
        for eyes in question.all_eyes()
        for seen in eyes.positions()
        if group in {None, seen.position.protocol.id}
        and (contract or seen.contract).lower() == seen.contract
        and token_id in {None, seen.position.token_id}
    ]
    return {"result": rows, "meta": question.meta()}


def position_entries(seen: SeenPosition) -> list[Entry]:
    """What happened to the legs of a position, its rewards left out."""
    return whole_ledger().leg_changes(seen.position.id, seen.position.layer)


def _row(index: str, measured: Measured) -> Document:
    return {
        "index": index,
        "profit_abs_usd": measured.profit,
        "roi": measured.roi,
        "weighted_apr": measured.apr,
        "holding_time_days": measured.days,
        "rewards_tokens": None,
        "rewards_usd": None,
        "claimed_fees": None,
        "unclaimed_fees": None,
        "impermanent_loss": None,
        "claimed_fees_usd": None,
        "unclaimed_fees_usd": None,
        "impermanent_loss_usd": None,
    }


def _position_row(question: Question, seen: SeenPosition, form: str) -> Document:
    position = seen.position
    chain = next(chain for chain in question.chains if chain.id == position.chain)
    holder = ACCOUNT_BY_LABEL[position.account].address
    measured = measure(position_entries(seen), BEGIN_AT, question.at, seen.sign)
    row = _row(index_of(holder, chain, seen.contract, position.token_id), measured)
    rewards = [token_balance(chain, reward, form) for reward in seen.rewards]
    rewards_usd = plain_sum(reward.value_usd for reward in seen.rewards)
    if position.protocol.kind != "dex":
        return row | {"rewards_tokens": rewards, "rewards_usd": rewards_usd}
    claimed = _claimed(question, seen)
    return row | {
        "claimed_fees": [token_balance(chain, fee, form) for fee in claimed],
        "unclaimed_fees": rewards,
        "claimed_fees_usd": plain_sum(fee.value_usd for fee in claimed),
        "unclaimed_fees_usd": rewards_usd,
        "impermanent_loss_usd": seen.value_usd - _had_it_lain_still(question, seen),
    }


def _claimed(question: Question, seen: SeenPosition) -> list[Holding]:
    """All fees ever claimed, at today's prices."""
    claimed: dict[str, int] = {}
    for entry in whole_ledger().leg_changes(seen.position.id, "reward"):
        if entry.raw_delta < 0 and entry.at <= question.at:
            claimed[entry.asset] = claimed.get(entry.asset, 0) - entry.raw_delta
    return [Holding(ASSET_BY_ID[key], raw, price_usd(key, question.at)) for key, raw in claimed.items()]


def _had_it_lain_still(question: Question, seen: SeenPosition) -> float:
    """What the money put into a pool would be worth now outside of it."""
    flows = [entry for entry in position_entries(seen) if entry.kind != "swap" and entry.at <= question.at]
    return plain_sum(
        _worth(entry.asset, entry.raw_delta, price_usd(entry.asset, question.at)) or 0.0 for entry in flows
    )
