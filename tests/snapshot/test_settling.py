"""Promises of what several pulls mean together, with a real store behind a provider that answers over a socket."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from dagster_project.archive.layout import new_attempt_id, open_file
from dagster_project.archive.stream import Kind, Row, StreamWriter
from dagster_project.model import Answer, Outcome
from dagster_project.snapshot.plan import plan
from dagster_project.snapshot.take import StreamHead
from dagster_project.warehouse.claims import check_claims
from tests.normalise.asking import WALLET
from tests.portfolio import FIRST, use_folder
from tests.snapshot.answering import Provider, Watched, provider

__all__ = ["provider"]

USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
RECEIPT = "0x" + "5a" * 20
TOKENS, PROTOCOLS = "tokens/snapshot", "protocols/snapshot"
FORBIDDEN = 403
TOTAL = "select value_usd from current_value() where per = 'total'"


def row(contract: str, legs: list[dict[str, Any]], value: float, **members: object) -> dict[str, Any]:
    """One row of 1inch's snapshots at the first instant."""
    return {
        "index": contract[:18],
        "chain_id": 1,
        "contract_address": contract,
        "address": WALLET,
        "protocol_type": "token",
        "protocol_group_id": "token",
        "asset_sign": 1,
        "value_usd": value,
        "timestamp": int(FIRST.timestamp()),
        "underlying_tokens": legs,
    } | members


def leg(address: str, amount: float, price: float = 1.0) -> dict[str, Any]:
    """One token within a row."""
    return {"address": address, "decimals": 6, "amount": amount, "price_usd": price, "value_usd": amount * price}


def tokens(receipts: float = 100.0) -> dict[str, Any]:
    """A wallet that holds 7 USDC and the receipt of its position."""
    return {"result": [row(USDC, [leg(USDC, 7.0)], 7.0), row(RECEIPT, [leg(RECEIPT, receipts)], receipts)]}


def protocols() -> dict[str, Any]:
    """A position of 100 USDC that the receipt stands for."""
    return {"result": [row(RECEIPT, [leg(USDC, 100.0)], 100.0, protocol_type="lending")]}


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give a wallet watched through 1inch Portfolio, all of it answered."""
    use_folder(monkeypatch, tmp_path)
    provider.answers = {TOKENS: tokens(), PROTOCOLS: protocols(), "current_value": {"result": {"total": 107.0}}}
    return Watched(tmp_path, {"oneinch_portfolio": ""}, provider)


def endpoints(provider: Provider) -> list[str]:
    """What was asked, by endpoint."""
    return sorted(name for path in provider.asked for name in (TOKENS, PROTOCOLS) if name in path)


def values(watched: Watched) -> dict[str, float | None]:
    """The value of each layer in the store."""
    return {layer: value and float(value) for layer, value in watched.rows("select layer, value_usd from cell")}


@pytest.mark.slow
def test_a_receipt_counts_once(watched: Watched) -> None:
    """A receipt in the wallet and the position that it stands for, asked by two pulls, count once."""
    (taken,) = watched.take(0)
    assert taken.is_complete
    assert values(watched) == {"wallet": 7.0, "position": 100.0, "debt": 0.0, "reward": 0.0}
    assert watched.rows("select asset_id from balance where not is_counted") == [(f"eip155:1/erc20:{RECEIPT}",)]
    assert watched.rows(TOTAL) == [(107,)]
    watched.take(0)
    assert watched.provider.asked == []


@pytest.mark.every
def test_a_receipt_is_settled_when_its_position_comes(watched: Watched, provider: Provider) -> None:
    """After one of two pulls failed only that one is asked again, and the receipt stored before it no longer counts."""
    provider.answers[PROTOCOLS] = FORBIDDEN
    (taken,) = watched.take(0)
    assert taken.outcomes["oneinch_portfolio"] == {Outcome.ANSWERED: 1, Outcome.FAILED: 1}
    assert values(watched) == {"wallet": 107.0, "position": None, "debt": None, "reward": None}
    provider.answers[PROTOCOLS] = protocols()
    watched.take(0)
    assert endpoints(provider) == [PROTOCOLS]
    assert values(watched) == {"wallet": 7.0, "position": 100.0, "debt": 0.0, "reward": 0.0}
    counted = "select recorded_at < superseded_at, is_counted from balance_superseded where asset_id like ?"
    assert watched.rows(counted.replace("?", f"'%{RECEIPT}'")) == [(True, True)]
    assert watched.rows("select value_usd from cell_superseded where layer = 'wallet'") == [(107,)]
    watched.take(0)
    assert provider.asked == []


@pytest.mark.slow
def test_a_receipt_counts_again_without_its_position(watched: Watched, provider: Provider) -> None:
    """Where a later belief has no position any more, the token that stood for it counts as what it is."""
    watched.take(0)
    provider.answers = {TOKENS: FORBIDDEN, PROTOCOLS: {"result": []}}
    watched.take(0, again=True)
    assert values(watched) == {"wallet": 107.0, "position": 0.0, "debt": 0.0, "reward": 0.0}
    assert watched.rows(
        "select outcome from pull where endpoint in ('tokens/snapshot', 'protocols/snapshot') order by all"
    ) == [
        ("answered",),
        ("empty",),
    ]


@pytest.mark.slow
def test_what_is_no_receipt_counts(watched: Watched, provider: Provider) -> None:
    """A token whose position holds nothing any more counts, and so does the native coin of a position made of it."""
    native = "0x" + "e" * 40
    closed = row(RECEIPT, [leg(USDC, 0.0)], 0.0, protocol_type="lending")
    staked = row(native, [leg(native, 50.0)], 50.0, protocol_type="staking", index="0x02", protocol_group_id="stake")
    held = tokens()["result"]
    provider.answers = {
        TOKENS: {"result": [*held, row(native, [leg(native, 3.0)], 3.0)]},
        PROTOCOLS: {"result": [closed, staked]},
    }
    watched.take(0)
    assert values(watched) == {"wallet": 110.0, "position": 50.0, "debt": 0.0, "reward": 0.0}


@pytest.mark.slow
def test_what_a_killed_run_kept_is_settled_with_the_rest(watched: Watched, provider: Provider) -> None:
    """What a killed run was answered is stored, the rest is asked, and the receipt counts once over both."""
    watched.begin()
    settings = watched.settings()
    (part,) = plan(settings, FIRST).providers
    target = open_file(settings.paths.raw, part.provider, FIRST, new_attempt_id())
    answered = Answer(FIRST, 1.0, 200, {}, msgspec.json.encode(tokens()))
    with StreamWriter(target) as stream:
        stream.append(Row(Kind.PLAN, "", Answer(FIRST, 0.0, body=msgspec.json.encode(StreamHead(part, FIRST)))))
        stream.append(Row(Kind.ANSWER, part.pulls[0].pull_key, answered))
    watched.take(0)
    assert endpoints(provider) == [PROTOCOLS]
    assert watched.rows("select count(*) from pull") == [(3,)]
    assert values(watched) == {"wallet": 7.0, "position": 100.0, "debt": 0.0, "reward": 0.0}
    assert watched.rows("select count(*) from attempt") == [(2,)]
    assert watched.rows("from pull_superseded") == []


@pytest.mark.slow
def test_failures_that_a_killed_run_kept_are_replaced(watched: Watched, provider: Provider) -> None:
    """What a killed run kept as failed and the next one is answered stands in the store once, as answered."""
    provider.answers = {TOKENS: FORBIDDEN, PROTOCOLS: FORBIDDEN}
    watched.begin()
    watched.take(0)
    watched.forget()
    provider.answers = {TOKENS: tokens(), PROTOCOLS: protocols(), "current_value": {"result": {"total": 107.0}}}
    watched.take(0)
    assert watched.rows("select outcome from pull") == [("answered",)] * 3
    assert watched.rows("select outcome from pull_superseded") == [("failed",)] * 3
    assert values(watched) == {"wallet": 7.0, "position": 100.0, "debt": 0.0, "reward": 0.0}


def test_an_empty_answer_counts_within_the_grace(watched: Watched, provider: Provider) -> None:
    """A wallet without positions is complete: an empty answer of the instant itself is worth nothing, and known."""
    provider.answers = {TOKENS: tokens(), PROTOCOLS: {"result": []}}
    (taken,) = watched.take(0)
    assert taken.outcomes["oneinch_portfolio"] == {Outcome.ANSWERED: 1, Outcome.EMPTY: 1}
    assert watched.rows(TOTAL) == [(107,)]


def holding(provider: Provider, assets: list[str]) -> None:
    """Let OneBalance hold 1 ETH, and 2 units of the last further asset."""
    eth = {"assetType": "eip155:1/slip44:60", "balance": "1000000000000000000", "fiatValue": 1900.5}
    one = {"aggregatedAssetId": "ob:eth", "balance": "1", "individualAssetBalances": [eth], "fiatValue": 1900.5}
    body = {"accounts": {"evm": WALLET}, "balanceBySpecificAsset": [], "totalBalance": {"fiatValue": 0}}
    further = [{"assetType": assets[-1], "balance": "2", "fiatValue": 0.25}]
    listed = {"assetType": assets[-1], "decimals": 1, "name": "Last", "symbol": "LAST"}
    provider.answers = {
        "assets/list": [
            {"aggregatedAssetId": "x", "symbol": "", "name": "", "decimals": 1, "aggregatedEntities": [listed]}
        ],
        "aggregatedAssetId": body | {"balanceByAggregatedAsset": [one]},
        "aggregated-balance": body | {"balanceByAggregatedAsset": [], "balanceBySpecificAsset": further},
    }


@pytest.mark.every
def test_a_cell_that_several_pulls_cover_is_the_sum_of_them(watched: Watched, provider: Provider) -> None:
    """Pulls that cover a cell in parts add up; while one part is missing the cell is, and only that part is asked."""
    assets = [f"eip155:1/erc20:0x{number:040x}" for number in range(1, 21)]
    watched.sections = {"onebalance": f"assets = {assets}"}
    holding(provider, assets)
    whole = provider.answers["aggregated-balance"]
    provider.answers["aggregated-balance"] = FORBIDDEN
    (taken,) = watched.take(0)
    assert taken.outcomes["onebalance"] == {Outcome.ANSWERED: 1, Outcome.FAILED: 1}
    assert taken.beside["onebalance"] == {Outcome.ANSWERED: 1}
    assert watched.rows(TOTAL) == [(None,)]
    provider.answers["aggregated-balance"] = whole
    (taken,) = watched.take(0)
    assert taken.is_complete
    (path,) = provider.asked
    assert "aggregatedAssetId" not in path
    assert watched.rows(TOTAL) == [(1900.75,)]
    sized = watched.rows("select asset_id, amount from balance where amount is not null order by amount")
    assert sized == [(assets[-1], 0.2), ("eip155:1/slip44:60", 1.0)]
    assert [one.name for one in check_claims(watched.settings().paths.published) if not one.holds] == []
    watched.take(0)
    assert provider.asked == []


@pytest.mark.slow
def test_a_pull_without_cells_is_asked_once(watched: Watched, provider: Provider) -> None:
    """A pull that covers no cell, such as a list of assets, is asked again only while it failed."""
    assets = ["eip155:1/erc20:0x" + "1d" * 20]
    watched.sections = {"onebalance": f"assets = {assets}"}
    holding(provider, assets)
    listed, provider.answers["assets/list"] = provider.answers["assets/list"], FORBIDDEN
    watched.take(0)
    assert len(provider.asked) == 2
    provider.answers["assets/list"] = listed
    watched.take(0)
    assert provider.asked == ["/api/assets/list"]
    watched.take(0)
    assert provider.asked == []
