"""OneBalance's API from the history: the documents' shapes, exact sums, and no silent part."""

import json
import random
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.sources.onebalance import AGGREGATED_IDS
from dagster_project.warehouse.ask import answer
from tests.portfolio import FIRST, Portfolio, day
from tests.serve.conftest import LAST, MISSED
from tests.serve.copying import Copy
from tests.serve.running_server import Server, served
from tests.simulator.running_simulator import Simulator, address
from tests.snapshot.test_four_providers import SOLANA

PAYLOADS = Path(__file__).parents[3] / "shared" / "contracts" / "payloads" / "onebalance"
V3, V2 = "/api/v3/balances/aggregated-balance", "/api/v2/balances/aggregated-balance"
RANDOM = random.Random(3)  # noqa: S311 - instants to ask about, always the same
INSTANTS = [FIRST + timedelta(seconds=RANDOM.randrange((LAST + 1) * 86_400)) for _ in range(20)]
USDC = "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"


def ask(server: Server, path: str, **params: object) -> Any:  # noqa: ANN401 - a body
    """Give the body of an answer, decimals as such."""
    response = server.get(path, **params)
    assert response.status_code == 200, response.text
    return json.loads(response.text, parse_float=Decimal)


def account(label: str) -> str:
    """Name an account as the vendor's examples do."""
    return f"solana:{address(label)}" if label == "solana-desk" else f"eip155:42161:{address(label)}"


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_sums_are_those_of_the_answer(server: Server, history: Portfolio, instant: datetime) -> None:
    """At any instant every group's exact sum, its legs and its worth are those of aggregated_balance."""
    asked = {"account": account("treasury"), "timestamp": int(instant.timestamp())}
    wanted = ",".join(AGGREGATED_IDS)
    if day(MISSED) <= instant < day(MISSED + 1):
        response = server.get(V3, aggregatedAssetId=wanted, **asked)
        assert (response.status_code, response.json()["statusCode"]) == (402, 402)
        assert "missed_tick" in response.json()["message"]
        return
    body = ask(server, V3, aggregatedAssetId=wanted, **asked)
    rows: dict[str, dict[str, Any]] = {
        str(row["group_id"]): row
        for row in answer(history.published, "aggregated_balance", account="treasury", as_of=instant).dicts()
    }
    held = [one for one in body["balanceByAggregatedAsset"] if one["individualAssetBalances"]]
    assert len(held) > 3
    for one in held:
        row = rows[one["aggregatedAssetId"]]
        if row["amount_raw"] is not None:
            assert one["balance"] == row["amount_raw"]
        assert one.get("fiatValue") == (row["value_usd"] if not row["unpriced_count"] else None)
        assert {leg["assetType"]: leg["balance"] for leg in one["individualAssetBalances"]} == {
            leg["asset_id"]: leg["amount_raw"] for leg in row["legs"]
        }
    groups = {one["aggregatedAssetId"] for one in body["balanceByAggregatedAsset"]}
    assert body["totalBalance"]["fiatValue"] == sum(
        row["known_value_usd"] for name, row in rows.items() if name in groups and row["known_value_usd"] is not None
    )


def test_the_body_has_the_members_of_the_documents(server: Server) -> None:
    """Versions 3 and 2, the lists and the error have the members of the vendor's own examples, and no other."""
    if not PAYLOADS.exists():
        pytest.skip(f"the vendor's examples are kept beside the repository, and {PAYLOADS} is not there")
    documented = json.loads((PAYLOADS / "v3_aggregated_balance.json").read_text())
    both = f"{account('treasury')},{account('solana-desk')}"
    body = ask(server, V3, account=both, aggregatedAssetId="ob:eth,ob:usdc", assetId=USDC)
    assert set(body) == set(documented)
    assert body["accounts"] == {"evm": address("treasury"), "solana": address("solana-desk")}
    (eth, _), (mine, *_) = documented["balanceByAggregatedAsset"], body["balanceByAggregatedAsset"]
    assert set(mine) == set(eth)
    assert set(mine["individualAssetBalances"][0]) == set(eth["individualAssetBalances"][0])
    second = ask(server, V2, address=address("treasury"), assetId=USDC)
    assert set(second) - {"meta"} == set(documented) - {"accounts"}
    assert second["balanceBySpecificAsset"] == body["balanceBySpecificAsset"]
    assert {one["aggregatedAssetId"] for one in second["balanceByAggregatedAsset"]} >= {"ob:eth", "ob:usdc"}
    lists = {"assets/list": "assets_list_usdt.json", "chains/supported-list": "chains_supported_list.json"}
    for path, name in lists.items():
        example = json.loads((PAYLOADS / name).read_text())[0]
        for row in ask(server, f"/api/{path}"):
            assert set(row) == set(example)
    usdt = next(row for row in ask(server, "/api/assets/list") if row["aggregatedAssetId"] == "ob:usdt")
    assert usdt["aggregatedEntities"][0]["assetType"] == "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7"
    error = server.get(V3, account="0x12", aggregatedAssetId="ob:eth").json()
    assert set(error) == set(json.loads((PAYLOADS / "error_401.json").read_text()))
    assert error["path"] == V3


def test_what_is_unknown_is_named_and_what_is_not_held_is_nought(server: Server) -> None:
    """A known group that is not held has balance 0; one that the history never heard of is left out and named."""
    body = ask(server, V3, account=account("tiny"), aggregatedAssetId="ob:usdt,ob:nothing")
    assert [(one["aggregatedAssetId"], one["balance"]) for one in body["balanceByAggregatedAsset"]] == [
        ("ob:usdt", "0")
    ]
    assert body["meta"]["data_issues"]["unknown"] == ["ob:nothing"]


def test_an_amount_that_nobody_gives_exactly_is_refused(server: Server, history: Portfolio) -> None:
    """A held asset of which only a float is known is never written as base units: 402 names it."""
    rows = answer(history.published, "tokens_snapshot", account="treasury").dicts()
    inexact = next(str(row["asset_id"]) for row in rows if row["amount_raw"] is None)
    response = server.get(V3, account=account("treasury"), assetId=inexact)
    assert response.status_code == 402
    assert inexact in response.json()["message"]


@pytest.mark.every
def test_the_known_part_is_given_where_the_settings_say_so(portfolio: Portfolio, shared_simulator: Simulator) -> None:
    """With `incomplete = "known"` the wallets that have a record come, and `meta.coverage` names the others."""
    portfolio.accounts, portfolio.providers = ("treasury", "solana-desk"), ("onebalance", "credmark")
    portfolio.account_keys = {"solana-desk": SOLANA}
    portfolio.extra = '[serve]\nincomplete = "known"\n'
    portfolio.take(0)
    shared_simulator.http.put(
        f"{shared_simulator.url}/_simulator/faults", json=[{"dialect": "onebalance", "fault": "server_error"}]
    )
    portfolio.take(1)
    with served(portfolio) as server:
        both = f"{account('treasury')},{account('solana-desk')}"
        body = ask(server, V3, account=both, aggregatedAssetId="ob:eth,ob:sol")
    assert body["meta"]["coverage"]["missingCells"] == 1
    assert body["meta"]["coverage"]["missing"][0].startswith("solana-desk / solana:")
    assert body["meta"]["data_issues"]["notExact"] == ["eip155:1/slip44:60"], "Credmark gives no exact amount"


@pytest.mark.parametrize(
    ("path", "params", "status", "words"),
    [
        (V3, {"aggregatedAssetId": "ob:eth"}, 400, "Field required"),
        (V3, {"account": "WALLET"}, 400, "At least one of aggregatedAssetId or assetId must be provided."),
        (V3, {"account": "WALLET,eip155:1:0x" + "1" * 40, "aggregatedAssetId": "ob:eth"}, 400, "Only one evm account"),
        (V3, {"account": "eip155:1:0x" + "1" * 40, "aggregatedAssetId": "ob:eth"}, 400, "is not watched"),
        (V3, {"account": "somebody", "aggregatedAssetId": "ob:eth"}, 400, "Invalid account"),
        (V3, {"account": "WALLET", "assetId": "eip155:1/erc20:0x12"}, 400, "Invalid assetId"),
        (V3, {"account": "WALLET", "aggregatedAssetId": "ob:eth", "timestamp": "7"}, 400, "the history begins"),
        (V2, {"address": "0x12"}, 400, "at least 42 characters"),
        ("/api/nothing", {}, 404, "nothing at this path"),
    ],
)
def test_what_is_wrong_is_said_in_the_vendors_body(
    server: Server, path: str, params: dict[str, str], status: int, words: str
) -> None:
    """Every fault has error, message, statusCode, timestamp and path."""
    told = {name: value.replace("WALLET", account("treasury")) for name, value in params.items()}
    response = server.get(path, **told)
    body = response.json()
    assert (response.status_code, body["statusCode"], body["path"]) == (status, status, path)
    assert words in body["message"]
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None


@pytest.mark.every
def test_a_copy_made_from_our_own_api_has_the_same_amounts(copy: Copy, history: Portfolio) -> None:
    """This project's own source asks our server as if it were OneBalance, and gets the same sums of every group."""
    copy.accounts, copy.providers = ("treasury", "trading", "solana-desk"), ("onebalance",)
    copy.account_keys, copy.snapshots = {"solana-desk": SOLANA}, history.snapshots
    copy.take(LAST)
    for label in copy.accounts:
        mine, theirs = (
            {
                row["group_id"]: (row["amount_raw"], row["known_value_usd"], str(row["legs"]).count("asset_id"))
                for row in answer(one.published, "aggregated_balance", account=label, as_of=day(LAST)).dicts()
                if str(row["group_id"]).startswith("ob:")
            }
            for one in (copy, history)
        )
        assert mine
        assert mine == theirs
