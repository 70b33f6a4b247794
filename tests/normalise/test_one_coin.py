"""Promises of one id for one coin: every name of it, in every provider's answer, in settings, flows and token lists."""

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project import caip, chains
from dagster_project.errors import UnreadableError
from dagster_project.holdings import Holding, PriceStatus, Reading
from dagster_project.model import Cell, Layer, Outcome
from dagster_project.normalise.one_coin import Listed, joined
from dagster_project.sources.onchain_lists import WELL_KNOWN, ListSource, read_beside
from dagster_project.sources.registry import PROVIDERS
from tests.normalise import questions
from tests.normalise.asking import AS_OF, WALLET

E, ZERO = "0x" + "E" * 40, "0x" + "0" * 40
POLYGON = "0x0000000000000000000000000000000000001010"
LEGACY = "0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000"
ALIASES = [
    ("eip155:137", POLYGON),
    ("eip155:42220", "0x471EcE3750Da237f93B8E339c536989b8978a438"),
    ("eip155:324", "0x000000000000000000000000000000000000800A"),
    ("eip155:1088", LEGACY),
    ("eip155:5000", LEGACY),
    ("eip155:10", LEGACY),
    ("eip155:1284", "0x0000000000000000000000000000000000000802"),
]
TOKEN = "0x" + "a1" * 20


def read(provider: str, asked: dict[str, Any], body: object) -> Reading:
    """What a provider's normaliser makes of a body."""
    pull = questions.question(provider, asked)
    return PROVIDERS[provider].normalise(pull, json.dumps(body).encode())


def row(address: str, amount: float = 1.0, chain: int = 137) -> dict[str, Any]:
    """A wallet's token as 1inch Portfolio lists it."""
    own = {"address": address, "chain_id": chain, "decimals": 18, "amount": amount, "price_usd": 2.0}
    return {
        "index": address, "chain": chain, "contract_address": address, "address": WALLET, "protocol_type": "token",
        "protocol_group_id": "token", "asset_sign": 1, "value_usd": amount * 2.0,
        "timestamp": int(AS_OF.timestamp()), "underlying_tokens": [own | {"value_usd": amount * 2.0}],
    }  # fmt: skip


def tokens(*rows: dict[str, Any], chain: str = "eip155:137") -> Reading:
    """The reading of a wallet's tokens on one chain."""
    return read("oneinch_portfolio", {"chains": [chain], "endpoint": "tokens/snapshot"}, {"result": list(rows)})


def held(reading: Reading) -> list[tuple[str, float | None, str | None]]:
    """Asset, amount and raw amount of every row."""
    return [(one.asset_id, one.amount, one.amount_raw) for rows in reading.rows.values() for one in rows]


@pytest.mark.parametrize(("chain", "alias"), ALIASES)
def test_every_name_of_a_native_coin_is_its_id(chain: str, alias: str) -> None:
    """The pseudo-addresses and the contract that shows the balance are the native coin, in any case."""
    native = chains.CHAINS[chain].native_asset_id
    for name in (E, ZERO, alias, alias.lower(), alias.upper().replace("X", "x")):
        assert chains.evm_asset(chain, name) == native
        assert chains.parse_asset(f"{chain}/erc20:{name}") == native
        assert chains.canonical(chain, "erc20", name) == native
    assert chains.parse_asset(f"{chain}/slip44:60") == native
    assert chains.evm_asset("eip155:1", alias) == f"eip155:1/erc20:{alias.lower()}", "elsewhere it is a token"


@pytest.mark.parametrize("mint", ["So11111111111111111111111111111111111111111", chains.WRAPPED_SOL])
def test_sol_has_one_id(mint: str) -> None:
    """SOL by its coin type, its pseudo-mint and its wrapped mint is one asset."""
    assert chains.parse_asset(f"{caip.SOLANA_MAINNET}/token:{mint}") == f"{caip.SOLANA_MAINNET}/slip44:501"


@pytest.mark.parametrize(("names", "chain"), [((E, POLYGON), 137), ((POLYGON, ZERO), 137), ((E, ALIASES[2][1]), 324)])
def test_one_balance_under_two_names_counts_once(names: tuple[str, str], chain: int) -> None:
    """Native coin and alias with one amount are one row of a wallet, and a figure keeps the other name."""
    chain_id = f"eip155:{chain}"
    reading = tokens(*(row(name, 7.5, chain) for name in names), chain=chain_id)
    assert held(reading) == [(chains.CHAINS[chain_id].native_asset_id, 7.5, None)]
    assert [one.measure for one in reading.figures] == ["also_listed_as"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_where_two_names_differ_the_coins_own_row_counts(order: tuple[int, int]) -> None:
    """Different amounts are never added: the native coin's row counts, and a figure keeps what contradicts it."""
    rows = [row(E, 7.5), row(POLYGON, 9.0)]
    reading = tokens(*(rows[index] for index in order), row(TOKEN, 1.0))
    assert ("eip155:137/slip44:966", 7.5, None) in held(reading)
    assert len(held(reading)) == 2
    (figure,) = reading.figures
    assert (figure.measure, figure.number) == ("contradicted_by", 9.0)
    assert POLYGON in str(figure.words)


def test_an_alias_alone_is_the_native_coin() -> None:
    """A provider that lists only the alias has answered the native coin."""
    assert held(tokens(row(POLYGON, 3.0))) == [("eip155:137/slip44:966", 3.0, None)]


@pytest.mark.parametrize(
    ("amounts", "expected", "measure"),
    [
        ({E.lower(): "5", POLYGON: "5", TOKEN: "1"}, "5", "also_listed_as"),
        ({POLYGON: "9", E.lower(): "5", TOKEN: "1"}, "5", "contradicted_by"),
        ({E.lower(): "5", POLYGON: "0", TOKEN: "1"}, "5", None),
    ],
)
def test_base_units_count_once(amounts: dict[str, str], expected: str, measure: str | None) -> None:
    """1inch Balance: two names of one coin are one exact amount, the native coin's own."""
    reading = read("oneinch_balance", {"chains": ["eip155:137"]}, amounts)
    assert ("eip155:137/slip44:966", 5e-18, expected) in held(reading)
    assert len(held(reading)) == 2
    assert [one.measure for one in reading.figures] == ([] if measure is None else [measure])


def onebalance(*legs: tuple[str, str, float | None]) -> Reading:
    """The reading of OneBalance's legs (asset, base units, value) of a wallet on Polygon and Ethereum."""
    listed = [{"assetType": one, "balance": raw, "fiatValue": value} for one, raw, value in legs]
    body = {
        "accounts": {"evm": WALLET},
        "balanceByAggregatedAsset": [
            {"aggregatedAssetId": "ob:pol", "balance": "1", "individualAssetBalances": listed, "fiatValue": 1}
        ],
        "balanceBySpecificAsset": [],
        "totalBalance": {"fiatValue": 1},
    }
    asked = {"chains": ["eip155:1", "eip155:137"], "endpoint": "aggregated-balance"}
    return read("onebalance", asked, body)


@pytest.mark.parametrize(
    "legs",
    [
        [(f"eip155:137/erc20:{E}", "40", 20.0)],
        [("eip155:137/slip44:60", "40", 20.0)],
        [("eip155:137/slip44:60", "40", 20.0), (f"eip155:137/erc20:{POLYGON}", "40", 20.0)],
        [(f"eip155:137/erc20:{POLYGON}", "40", 20.0), (f"eip155:137/erc20:{ZERO}", "40", None)],
    ],
)
def test_onebalance_names_the_coin_as_everybody(legs: list[tuple[str, str, float | None]]) -> None:
    """OneBalance's loose coin types, pseudo-addresses and aliases are the native coin, once, with its value."""
    ((cell, rows),) = [(cell, rows) for cell, rows in onebalance(*legs).rows.items() if rows]
    assert cell.chain_id == "eip155:137"
    assert [(one.asset_id, one.amount_raw, one.stated_value_usd) for one in rows] == [
        ("eip155:137/slip44:966", "40", 20.0)
    ]


def test_wrapped_sol_is_added_to_sol() -> None:
    """Wrapped SOL is the same coin in a balance of its own: exact amounts are added, one amount told twice is not."""
    solana, native = caip.SOLANA_MAINNET, f"{caip.SOLANA_MAINNET}/slip44:501"
    listed = [
        Listed(name, Holding(native, None, None, PriceStatus.PRICED, value, raw))
        for name, raw, value in ((chains.WRAPPED_SOL, "5", 10.0), ("501", "3", 6.0))
    ]
    (added,), _ = joined(solana, listed)
    assert (added.amount_raw, added.stated_value_usd) == ("8", 16.0)
    same = [one._replace(holding=one.holding._replace(amount_raw="3", stated_value_usd=6.0)) for one in listed]
    (once,), notes = joined(solana, same)
    assert (once.amount_raw, once.stated_value_usd, len(notes)) == ("3", 6.0, 1)


def test_a_price_on_one_of_two_names_is_the_coins() -> None:
    """Where only the alias has a price, the coin has it too."""
    unpriced = Holding("eip155:137/slip44:966", 2.0, None, PriceStatus.UNKNOWN, None)
    priced = Holding("eip155:137/slip44:966", 2.0, 0.5, PriceStatus.PRICED, 1.0)
    (one,), _ = joined("eip155:137", [Listed(POLYGON, priced), Listed(E, unpriced)])
    assert (one.price_usd, one.price_status, one.stated_value_usd) == (0.5, PriceStatus.PRICED, 1.0)


def position(*legs: dict[str, Any], chain: int = 1, value: float = 10.0) -> dict[str, Any]:
    """A position of 1inch Portfolio with these legs."""
    own = {"protocol_type": "bridge", "value_usd": value, "underlying_tokens": list(legs)}
    return row("0x" + "b2" * 20, chain=chain) | own


def leg(address: str, amount: float, **chain: int) -> dict[str, Any]:
    """A leg with a price of 2."""
    return {"address": address, "decimals": 18, "amount": amount, "price_usd": 2.0, "value_usd": amount * 2.0} | chain


def positions(*rows: dict[str, Any]) -> Reading:
    """The reading of positions on Ethereum."""
    asked = {"chains": ["eip155:1"], "endpoint": "protocols/snapshot"}
    return read("oneinch_portfolio", asked, {"result": list(rows)})


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"chain_id": 8453}, f"eip155:8453/erc20:{TOKEN}"),
        ({"chain": 42161}, f"eip155:42161/erc20:{TOKEN}"),
        ({}, f"eip155:1/erc20:{TOKEN}"),
        ({"chain_id": 777_777}, f"eip155:777777/erc20:{TOKEN}"),
    ],
)
def test_a_leg_is_booked_on_its_own_chain(where: dict[str, int], expected: str) -> None:
    """A leg has an asset id of the chain that it lies on, and counts once, in the cell that was asked for."""
    reading = positions(position(leg(TOKEN, 5.0, **where)))
    cell = Cell(questions.account(WALLET, ()).account_id, "eip155:1", Layer.POSITION)
    assert [(one.asset_id, one.stated_value_usd) for one in reading.rows[cell]] == [(expected, 10.0)]
    assert sum(len(rows) for rows in reading.rows.values()) == 1
    assert {asset.asset_id for asset in reading.assets} == {expected}


@pytest.mark.parametrize("kind", ["underlying_tokens", "reward_tokens"])
def test_the_native_coin_of_a_legs_chain(kind: str) -> None:
    """The pseudo-address in a leg is the coin of the leg's chain; of an unknown chain it keeps one id, and is named."""
    legs = {kind: [leg(E, 5.0, chain_id=137), leg(ZERO, 1.0, chain_id=777_777)]}
    reading = positions(position(leg(TOKEN, 5.0)) | legs)
    found = {one.asset_id for rows in reading.rows.values() for one in rows}
    assert {"eip155:137/slip44:966", f"eip155:777777/erc20:{E.lower()}"} <= found
    assert reading.unknown_fields == (f"$.result[0].{kind}[1].chain_id",)


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ({"chain_id": 0}, "$.result[0].underlying_tokens[0].chain_id"),
        ({"chain_id": -1}, "$.result[0].underlying_tokens[0].chain_id"),
        ({"chain_id": 1, "chain": 10}, "$.result[0].underlying_tokens[0].chain_id"),
        ({"chain": 0}, "$.result[0].underlying_tokens[0].chain"),
    ],
)
def test_a_leg_on_an_absurd_chain_is_refused(where: dict[str, int], place: str) -> None:
    """A leg that names no chain, or two, makes the pull unreadable at that place."""
    with pytest.raises(UnreadableError) as caught:
        positions(position(leg(TOKEN, 5.0, **where)))
    assert caught.value.where == place


def test_a_wallets_token_on_another_chain_than_its_row_is_refused() -> None:
    """A wallet's token is made of itself, so it lies on the chain of its row."""
    own = row(TOKEN)
    own["underlying_tokens"][0]["chain_id"] = 10
    pull = questions.question("oneinch_portfolio", {"chains": ["eip155:137"], "endpoint": "tokens/snapshot"})
    judged = questions.judged(pull, json.dumps({"result": [own]}).encode())
    assert judged.outcome is Outcome.FAILED
    assert "underlying_tokens[0].chain_id: is another chain" in str(judged.detail)


@pytest.mark.parametrize("contract", [ZERO, E, POLYGON])
def test_no_position_is_known_by_a_native_coin(contract: str) -> None:
    """A position whose contract is a name of the coin keeps that name, so the coin in the wallet still counts."""
    reading = positions(position(leg(TOKEN, 5.0), chain=1) | {"contract_address": contract})
    ((stated,),) = reading.positions.values()
    assert stated.contract_id == f"eip155:1/erc20:{contract.lower()}"


@pytest.mark.parametrize(("amounts", "value"), [((2.0, 2.0), 4.0), ((2.0, 3.0), 10.0)])
def test_legs_of_one_position_add_up_to_it(amounts: tuple[float, float], value: float) -> None:
    """Legs of one coin by two names are worth what their position is worth: once where equal, else together."""
    one, other = (leg(name, amount, chain_id=1) for name, amount in zip((E, ZERO), amounts, strict=True))
    rows = [held for rows in positions(position(one, other, value=value)).rows.values() for held in rows]
    assert sum(held.stated_value_usd or 0.0 for held in rows) == value


def test_credmark_lists_the_coin_once() -> None:
    """Credmark: the pseudo-addresses of the coin are one asset, and one amount under both counts once."""
    listed = [
        {"tokenAddress": name, "balance": 2.0, "tokenPrice": 3.0, "value": 6.0} for name in (ZERO, E.lower(), TOKEN)
    ]
    body = {
        "chainId": 1, "blockNumber": 1, "blockTimestamp": int(AS_OF.timestamp()), "accounts": [WALLET],
        "quoteAddress": "0x0000000000000000000000000000000000000348", "value": 12.0, "positions": listed,
    }  # fmt: skip
    assert [one[0] for one in held(read("credmark", {"endpoint": "value"}, body))] == [
        "eip155:1/slip44:60", f"eip155:1/erc20:{TOKEN}",
    ]  # fmt: skip


@pytest.mark.parametrize(("chain", "alias"), [one for one in ALIASES if one[0] in ("eip155:137", "eip155:10")])
def test_a_node_is_not_asked_for_the_coin_as_a_token(chain: str, alias: str) -> None:
    """On-chain: an alias in settings or in what others hold is left out, as the native balance is asked for anyway."""
    options = {"tokens": [f"{chain}/erc20:{alias}", f"{chain}/erc20:{TOKEN}"]}
    (pull,) = questions.pulls("onchain", {"chains": [chain], "options": options})
    assert [one[0] for one in json.loads(pull.request.content)["tokens"]] == [TOKEN]


def test_the_vendor_is_asked_once_for_one_balance() -> None:
    """1inch Balance: two names of the coin in `tokens` are one token of the request."""
    tokens = [f"eip155:137/erc20:{name}" for name in (E, POLYGON, ZERO, TOKEN)]
    (pull,) = questions.pulls("oneinch_balance", {"chains": ["eip155:137"], "options": {"tokens": tokens}})
    assert json.loads(pull.request.content)["tokens"] == [E.lower(), TOKEN]


def test_the_list_that_ships_names_no_coin() -> None:
    """No token of the list that ships is a name of a native coin."""
    shipped = read_beside(ListSource(file=WELL_KNOWN), Path())
    assert not isinstance(shipped, str)
    assert len(shipped.tokens) > 50
    assert [one for one in shipped.tokens if chains.is_native(one[0], one[1].address)] == []
