"""Promises of one coin as the store has it: what providers name differently is one asset, and its value counts once."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.normalise.asking import WALLET
from tests.portfolio import use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.test_settling import PROTOCOLS, TOKENS, TOTAL, leg, row

__all__ = ["provider"]

E = "0x" + "e" * 40
POLYGON, ALIAS, NATIVE = "eip155:137", "0x0000000000000000000000000000000000001010", "eip155:137/slip44:966"
ZKSYNC, ZKSYNC_ALIAS = "eip155:324", "0x000000000000000000000000000000000000800a"


def watching(folder: Path, provider: Provider, *sections: str, chain: str = POLYGON) -> Watched:
    """A wallet on one chain, watched through these providers."""
    account = f'[[accounts]]\naddress = "{WALLET}"\nchains = ["{chain}"]\n'
    return Watched(folder, dict.fromkeys(sections, ""), provider, account)


def coin(address: str, amount: float, chain: str = POLYGON) -> dict[str, Any]:
    """A wallet's row of a coin at a price of 0.5."""
    number = int(chain.partition(":")[2])
    return row(address, [leg(address, amount, 0.5)], amount * 0.5, chain_id=number, index=address)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_folder(monkeypatch, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("chain", "alias"), [(POLYGON, ALIAS), (ZKSYNC, ZKSYNC_ALIAS)])
@pytest.mark.parametrize(("amounts", "is_claim_kept"), [((100.0, 100.0), True), ((100.0, 250.0), False)])
def test_a_coin_under_two_names_is_worth_its_own_row(
    tmp_path: Path, provider: Provider, chain: str, alias: str, amounts: tuple[float, float], *, is_claim_kept: bool
) -> None:
    """The total holds the native coin once; a contradiction is a row of the claim that names both."""
    own, other = amounts
    provider.answers = {
        TOKENS: {"result": [coin(alias, other, chain), coin(E, own, chain)]},
        PROTOCOLS: {"result": []},
        "current_value": {"result": {"total": own / 2}},
    }
    watched = watching(tmp_path, provider, "oneinch_portfolio", chain=chain)
    watched.take(0)
    assert watched.rows(TOTAL) == [(Decimal(50),)]
    measure = "also_listed_as" if is_claim_kept else "contradicted_by"
    found = watched.rows("select measure, number from figure where measure <> 'total'")
    assert found == [(measure, other)]


def test_two_names_of_two_providers_reconcile(tmp_path: Path, provider: Provider) -> None:
    """What one provider lists as a contract and another as a coin type is one asset on which both agree."""
    held = {"assetType": f"{POLYGON}/slip44:60", "balance": f"{10**20}", "fiatValue": 50.0}
    aggregate = {"aggregatedAssetId": "ob:pol", "balance": "1", "individualAssetBalances": [held], "fiatValue": 50.0}
    entity = {"assetType": f"{POLYGON}/erc20:{ALIAS}", "decimals": 18, "name": "Polygon", "symbol": "POL"}
    listed = {"aggregatedAssetId": "ob:pol", "symbol": "POL", "name": "Polygon", "decimals": 18}
    provider.answers = {
        TOKENS: {"result": [coin(ALIAS, 100.0)]},
        PROTOCOLS: {"result": []},
        "current_value": {"result": {"total": 50.0}},
        "assets/list": [listed | {"aggregatedEntities": [entity]}],
        "aggregated-balance": {
            "accounts": {"evm": WALLET},
            "balanceByAggregatedAsset": [aggregate],
            "balanceBySpecificAsset": [],
            "totalBalance": {"fiatValue": 50.0},
        },
    }
    watched = watching(tmp_path, provider, "oneinch_portfolio", "onebalance")
    watched.take(0)
    asked = "select distinct provider, asset_id from balance order by all"
    names = [asset_id for _, asset_id in watched.rows(asked)]
    assert set(names) == {NATIVE}
    assert watched.rows(TOTAL) == [(Decimal(50),)]
    compared = "select asset_id, verdict from reconciliation(matched := true) where layer = 'wallet'"
    assert watched.rows(compared) == [(NATIVE, "matched")]


@pytest.mark.slow
def test_a_leg_elsewhere_counts_once_in_the_cell_that_was_asked(tmp_path: Path, provider: Provider) -> None:
    """A position whose leg lies on another chain is worth its leg once, priced as the asset of the leg's chain."""
    elsewhere = leg("0x" + "c3" * 20, 40.0, 0.5) | {"chain_id": 8453}
    here = leg(E, 10.0, 0.5)
    provider.answers = {
        TOKENS: {"result": []},
        PROTOCOLS: {"result": [row("0x" + "d4" * 20, [here, elsewhere], 25.0, chain_id=137, protocol_type="bridge")]},
        "current_value": {"result": {"total": 25.0}},
    }
    watched = watching(tmp_path, provider, "oneinch_portfolio")
    watched.take(0)
    assert watched.rows(TOTAL) == [(Decimal(25),)]
    assert watched.rows("select chain_id, layer, asset_id, value_usd from balance order by value_usd") == [
        (POLYGON, "position", NATIVE, Decimal(5)),
        (POLYGON, "position", f"eip155:8453/erc20:0x{'c3' * 20}", Decimal(20)),
    ]


@pytest.mark.parametrize("numbers", [(250, 534_352), (8453,)])
def test_chains_that_nobody_knows_are_said_too(tmp_path: Path, provider: Provider, numbers: tuple[int, ...]) -> None:
    """Holdings on chains outside of settings or table are facts with their value, and in no total."""
    provider.answers = {
        TOKENS: {"result": [coin(E, 2.0), *(coin(E, 8.0, f"eip155:{number}") for number in numbers)]},
        PROTOCOLS: {"result": []},
        "current_value": {"result": {"total": 1.0}},
    }
    watched = watching(tmp_path, provider, "oneinch_portfolio")
    watched.take(0)
    assert watched.rows(TOTAL) == [(Decimal(1),)]
    sql = "select chain_id, value_usd, holdings from coverage() where status = 'not_watched' order by all"
    assert watched.rows(sql) == sorted((f"eip155:{number}", Decimal(4), 1) for number in numbers)
