"""OneBalance: exact amounts of aggregated assets by chain, with a value that the price is implied by.

Contract: docs.onebalance.io API 1.6.2, see docs/sources/onebalance.md. Amounts of legs are in the token's own decimals,
which the asset list says; the sum over an aggregated asset is never taken, as the vendor's own examples do not add up.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from dagster_project import caip
from dagster_project.chains import CHAINS, canonical
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Asset, Fault, Figure, Holding, Normalise, PriceOrigin, PriceStatus, Reading
from dagster_project.model import Cell, Layer, Pull
from dagster_project.normalise.booking import contradicts
from dagster_project.normalise.faults import faults_in, without_lost
from dagster_project.normalise.fitting import BadItem
from dagster_project.normalise.one_coin import Listed, joined
from dagster_project.normalise.reading import (
    MOST_UNKNOWN_FIELDS,
    Body,
    Decimals,
    Decoded,
    NonNegative,
    RawAmount,
    base_units,
    decode_items,
)

VERSION = 3


class _Leg(Body, rename="camel"):
    asset_type: str
    balance: RawAmount
    fiat_value: NonNegative | None = None


class _Aggregate(Body, rename="camel"):
    individual_asset_balances: list[_Leg | None]
    aggregated_asset_id: str | None = None
    balance: RawAmount | None = None
    fiat_value: NonNegative | None = None


class _Total(Body, rename="camel"):
    fiat_value: NonNegative | None = None


class _Balances(Body, rename="camel"):
    balance_by_aggregated_asset: list[_Aggregate]
    total_balance: _Total | None = None
    balance_by_specific_asset: list[_Leg | None] | None = None
    accounts: dict[str, str | None] | None = None


class _Chain(Body):
    chain: str
    namespace: str
    reference: str


class _Supported(Body, rename="camel"):
    chain: _Chain
    is_testnet: bool


class _Entity(Body, rename="camel"):
    asset_type: str
    decimals: Decimals
    name: str | None = None
    symbol: str | None = None


class _Listed(Body, rename="camel"):
    aggregated_asset_id: str
    aggregated_entities: list[_Entity | None]
    symbol: str | None = None
    name: str | None = None
    decimals: object = None
    logo_url: object = None


def normalise(pull: Pull, body: bytes) -> Reading:
    """Read balances, the asset list or the list of chains.

    Raises:
        UnreadableError: with the path of the first field that is not as the contract says.
    """
    return _READERS[pull.endpoint](pull, body)


def _supported(_pull: Pull, body: bytes) -> Reading:
    """Read the list of chains; an entry that cannot be read costs itself."""
    decoded = decode_items(body, list[_Supported | None])
    words = {True: "testnet", False: "mainnet"}
    figures = tuple(Figure(one.chain.chain, "network", None, words[one.is_testnet]) for one in decoded.body if one)
    return Reading(None, {}, unknown_fields=decoded.unknown, figures=figures, faults=faults_in(decoded, decoded.body))


def _listed(_pull: Pull, body: bytes) -> Reading:
    """Read the asset list; an asset, or one chain's token of it, that cannot be read costs itself.

    Raises:
        UnreadableError: nothing of it can be read.
    """
    decoded = decode_items(body, list[_Listed | None])
    faults = faults_in(decoded, decoded.body)
    assets: list[Asset] = []
    for index, one in enumerate(decoded.body):
        if one is not None:
            faults += tuple(_faults_of(decoded, one, f"$[{index}].aggregatedEntities"))
            assets += _described(one)
    if faults and not assets:
        raise UnreadableError(faults[0].where, faults[0].why)
    return Reading(None, {}, unknown_fields=decoded.unknown, assets=tuple(assets), faults=faults)


def _faults_of(decoded: Decoded[list[_Listed | None]], listed: _Listed, where: str) -> Iterator[Fault]:
    for index, entity in enumerate(listed.aggregated_entities):
        if entity is None:
            bad = decoded.why(f"{where}[{index}]")
            yield Fault(bad.where, bad.why)


def _described(listed: _Listed) -> Iterator[Asset]:
    for entity in listed.aggregated_entities:
        asset_id = None if entity is None else _asset_id(entity.asset_type)
        if entity is not None and asset_id is not None and asset_id.partition("/")[0] in CHAINS:
            name, symbol = entity.name or "", entity.symbol or ""
            yield Asset(asset_id, symbol, name, entity.decimals, listed.aggregated_asset_id)


def _balances(pull: Pull, body: bytes) -> Reading:
    """Read what the accounts hold; a balance that cannot be read costs the cell of its chain.

    Raises:
        UnreadableError: the answer is of other accounts, or a balance that cannot be read names no chain.
    """
    decoded = decode_items(body, _Balances)
    answer, unknown = decoded.body, list(decoded.unknown)
    _check_accounts(answer, pull)
    by_name: dict[tuple[str, str], Holding] = {}
    faults: list[Fault] = []
    for where, leg in _legs(answer):
        asset_type = _type_named(decoded.why(where)) if leg is None else leg.asset_type
        asset_id = _asset_id(asset_type)
        if asset_id is None:
            unknown.append(f"{where}.assetType")  # a kind of asset that is not known
            continue
        try:
            _take(by_name, where, leg, decoded.why(where))
        except UnreadableError as error:
            chain_id = asset_id.partition("/")[0]
            if cells := tuple(cell for cell in pull.cells if cell.chain_id == chain_id):
                faults.append(Fault(error.where, error.why, cells))
            else:
                unknown.append(error.where)  # of a chain that nobody asked for
    rows, unwatched, figures = _cells(pull, by_name)
    unknown_fields = tuple(unknown[:MOST_UNKNOWN_FIELDS])
    figures += _totals(answer)
    reading = Reading(None, rows, unknown_fields=unknown_fields, figures=tuple(figures), unwatched=unwatched)
    return without_lost(pull, replace(reading, faults=tuple(faults)))


def _type_named(bad: BadItem) -> str:
    """Give the type of the asset that an unreadable balance names.

    Raises:
        UnreadableError: it names none: nobody knows which chain lacks it.
    """
    named = bad.item.get("assetType") if isinstance(bad.item, dict) else None
    if not isinstance(named, str):
        raise UnreadableError(bad.where, bad.why)
    return named


def _take(by_name: dict[tuple[str, str], Holding], where: str, leg: _Leg | None, bad: BadItem) -> None:
    """Take a balance in; the same asset may be listed in both lists.

    Raises:
        UnreadableError: it cannot be read, or the answer says another amount of the same asset elsewhere.
    """
    if leg is None:
        raise UnreadableError(bad.where, bad.why)
    amount = base_units(leg.balance, f"{where}.balance")
    asset_id = str(_asset_id(leg.asset_type))
    key = asset_id.partition("/")[0], _name(leg.asset_type)
    before = by_name.get(key)
    if before is None or before.amount_raw == "0":
        by_name[key] = _holding(asset_id, amount, leg.fiat_value)
    elif amount not in (before.amount_raw, "0"):
        raise UnreadableError(f"{where}.balance", "differs from what the same answer says of this asset elsewhere")


def _totals(answer: _Balances) -> Iterator[Figure]:
    """Give the vendor's total of the whole answer, and that of an aggregated asset where its legs contradict it."""
    if answer.total_balance and (total := answer.total_balance.fiat_value):
        yield Figure("totalBalance", "fiatValue", total)
    for one in answer.balance_by_aggregated_asset:
        legs = [leg.fiat_value for leg in one.individual_asset_balances if leg and leg.fiat_value is not None]
        is_whole = None not in one.individual_asset_balances and one.aggregated_asset_id is not None
        if is_whole and one.fiat_value and legs and contradicts(one.fiat_value, sum(legs)):
            yield Figure(str(one.aggregated_asset_id), "fiatValue", one.fiat_value)


_Rows = dict[Cell, tuple[Holding, ...]]


def _cells(pull: Pull, by_name: Mapping[tuple[str, str], Holding]) -> tuple[_Rows, _Rows, list[Figure]]:
    """Give the rows of the cells that were asked for, those of other chains, and what was joined."""
    cells = {cell.chain_id: cell for cell in pull.cells}  # one account of a namespace, so one a chain
    owners = {caip.namespace_of(cell.chain_id): cell.account_id for cell in pull.cells}
    listed: dict[str, list[Listed]] = {}
    for (chain_id, name), holding in by_name.items():
        listed.setdefault(chain_id, []).append(Listed(name, holding))
    rows: _Rows = dict.fromkeys(pull.cells, ())
    unwatched: _Rows = {}
    figures: list[Figure] = []
    for chain_id, named in listed.items():
        holdings, notes = joined(chain_id, named)
        held = tuple(one for one in holdings if one.amount_raw != "0")
        if (cell := cells.get(chain_id)) is not None:
            rows[cell] = held
            figures += notes
        elif held and (owner := owners.get(caip.namespace_of(chain_id))) is not None:
            unwatched[Cell(owner, chain_id, Layer.WALLET)] = held
    return rows, unwatched, figures


def _legs(answer: _Balances) -> Iterator[tuple[str, _Leg | None]]:
    for index, aggregate in enumerate(answer.balance_by_aggregated_asset):
        where = f"$.balanceByAggregatedAsset[{index}]"
        whole = "0" if aggregate.balance is None else base_units(aggregate.balance, f"{where}.balance")
        if whole != "0" and not aggregate.individual_asset_balances:
            raise UnreadableError(f"{where}.individualAssetBalances", "is empty, but the balance beside it is not 0")
        for inner, leg in enumerate(aggregate.individual_asset_balances):
            yield f"{where}.individualAssetBalances[{inner}]", leg
    for index, leg in enumerate(answer.balance_by_specific_asset or []):
        yield f"$.balanceBySpecificAsset[{index}]", leg


def _holding(asset_id: str, amount_raw: str, value: float | None) -> Holding:
    status = PriceStatus.PRICED if value else PriceStatus.UNKNOWN
    return Holding(asset_id, None, None, status, value, amount_raw, price_origin=PriceOrigin.IMPLIED)


def _check_accounts(answer: _Balances, pull: Pull) -> None:
    """Hold the echoed accounts against those asked for: all of them, and no other; version 2 echoes none."""
    if answer.accounts is None:
        if pull.request.path.startswith("/api/v2/"):
            return
        raise UnreadableError("$.accounts", "is not there")
    asked = {cell.account_id.rpartition(":")[2] for cell in pull.cells}
    echoed = {one.lower() if one.startswith("0x") else one for one in answer.accounts.values() if one is not None}
    if echoed != asked:
        raise UnreadableError("$.accounts", "names other accounts than those asked for")


def _asset_id(asset_type: str) -> str | None:
    """Give the one id of what the vendor writes; None for a kind of asset that is not known.

    The vendor writes slip44:60 for the native coin of any EVM chain.
    """
    chain_id, _, asset = asset_type.partition("/")
    namespace, _, reference = asset.partition(":")
    is_chain = caip.is_chain_id(chain_id) and caip.namespace_of(chain_id) in (caip.EVM, caip.SOLANA)
    return canonical(chain_id, namespace, reference) if is_chain else None


def _name(asset_type: str) -> str:
    """Give the name that the vendor gives an asset on its chain: EVM addresses in lower case."""
    name = asset_type.partition("/")[2].partition(":")[2]
    return name.lower() if name.startswith("0x") else name


_READERS: Mapping[str, Normalise] = MappingProxyType(
    {"aggregated-balance": _balances, "assets/list": _listed, "chains/supported-list": _supported}
)
