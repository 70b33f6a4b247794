"""Promises of OneBalance's dialect: the documented shape, native decimals below aggregated ones, and only now."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL
from dagster_project.simulator.book.assets import ASSET_BY_ID, ASSET_BY_KEY
from dagster_project.simulator.book.chains import CHAINS, SOLANA
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT, utc
from tests.simulator.running_simulator import NOW, Simulator, address

BASE = "/onebalance/api"
V3 = f"{BASE}/v3/balances/aggregated-balance"
V2 = f"{BASE}/v2/balances/aggregated-balance"
PAYLOADS = Path(__file__).parents[3] / "shared" / "contracts" / "payloads" / "onebalance"

LEG = {
    "type": "object",
    "required": ["assetType", "balance"],
    "additionalProperties": False,
    "properties": {
        "assetType": {
            "type": "string",
            "pattern": "^(eip155:[0-9]+/(erc20:0x[0-9a-f]{40}|slip44:60|slip44:714)|solana:)",
        },
        "balance": {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"},
        "fiatValue": {"type": "number", "minimum": 0},
    },
}
AGGREGATED = {
    "type": "object",
    "required": ["aggregatedAssetId", "balance", "individualAssetBalances", "fiatValue"],
    "additionalProperties": False,
    "properties": {
        "aggregatedAssetId": {"type": "string", "pattern": r"^ob:[a-z0-9.+]+$"},
        "balance": {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"},
        "individualAssetBalances": {"type": "array", "items": LEG},
        "fiatValue": {"type": "number", "minimum": 0},
    },
}
BALANCES = {
    "type": "object",
    "required": ["balanceByAggregatedAsset", "balanceBySpecificAsset", "totalBalance"],
    "additionalProperties": False,
    "properties": {
        "accounts": {"type": "object", "additionalProperties": {"type": "string"}},
        "balanceByAggregatedAsset": {"type": "array", "items": AGGREGATED},
        "balanceBySpecificAsset": {"type": "array", "items": LEG},
        "totalBalance": {
            "type": "object",
            "required": ["fiatValue"],
            "additionalProperties": False,
            "properties": {"fiatValue": {"type": "number", "minimum": 0}},
        },
    },
}


def account(label: str) -> str:
    """An account as the API wants it."""
    found = ACCOUNT_BY_LABEL[label]
    return f"eip155:1:{found.checksummed}" if found.is_evm else f"{SOLANA}:{found.address}"


def v3(
    simulator: Simulator, *labels: str, ids: str = "ob:eth,ob:usdc", now: int = NOW, **params: str
) -> httpx.Response:
    """Ask version 3 about labels."""
    asked = {"account": ",".join(account(label) for label in labels), **({"aggregatedAssetId": ids} if ids else {})}
    return simulator.ask(V3, asked | params, now=now)


def published(case: str) -> Any:  # noqa: ANN401 - any JSON
    """A body from the provider's documents; the test is skipped where it is not there."""
    path = PAYLOADS / f"{case}.json"
    if not path.exists():
        pytest.skip(f"the published examples are kept beside the repository, and {path} is not there")
    return json.loads(path.read_text())


def kinds(value: object) -> object:
    """The members and kinds of a JSON value, in order; a list is what its first item is."""
    if isinstance(value, dict):
        return {member: kinds(item) for member, item in value.items()}
    if isinstance(value, list):
        return [kinds(item) for item in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def every_id(simulator: Simulator) -> str:
    """All aggregated ids, with commas between."""
    return ",".join(one["aggregatedAssetId"] for one in simulator.ask(f"{BASE}/assets/list").json())


@pytest.mark.parametrize("labels", [["treasury"], ["solana-desk"], ["trading", "solana-desk"], ["tiny"]])
@pytest.mark.parametrize("now", [BEGIN_AT - 1, utc(2025, 9, 9), NOW])
def test_answers_have_the_documented_shape(simulator: Simulator, labels: list[str], now: int) -> None:
    """For every kind of account the body has the documented members and no others."""
    answer = v3(simulator, *labels, ids=every_id(simulator), now=now)
    assert answer.status_code == 200
    jsonschema.validate(answer.json(), BALANCES)
    echoed = {
        ("evm" if ACCOUNT_BY_LABEL[label].is_evm else "solana"): ACCOUNT_BY_LABEL[label].checksummed for label in labels
    }
    assert answer.json()["accounts"] == echoed


def test_members_are_those_of_the_published_examples(simulator: Simulator) -> None:
    """Members, their order and their kinds are those of the documents, for balances, lists and a refusal."""
    balances = v3(simulator, "treasury").json()
    assert json.dumps(kinds(balances)) == json.dumps(kinds(published("v3_aggregated_balance")))
    listed = simulator.ask(f"{BASE}/assets/list").json()
    assert json.dumps(kinds(listed)) == json.dumps(kinds(published("assets_list_usdt")))
    (usdt,) = [one for one in listed if one["aggregatedAssetId"] == "ob:usdt"]
    (example,) = published("assets_list_usdt")
    assert all(entity in usdt["aggregatedEntities"] for entity in example["aggregatedEntities"])
    chains = simulator.ask(f"{BASE}/chains/supported-list").json()
    assert chains[:3] == published("chains_supported_list")[:3]
    assert {one["chain"]["chain"] for one in chains} == {chain.id for chain in CHAINS}
    refused = simulator.http.get(simulator.url + V3, headers={"X-Simulated-Now": str(NOW)})
    assert json.dumps(kinds(refused.json())) == json.dumps(kinds(published("error_401")))


@pytest.mark.parametrize("label", ["treasury", "trading", "operations", "grants", "cold", "solana-desk"])
def test_every_leg_follows_from_the_ledger(simulator: Simulator, label: str) -> None:
    """Legs are the wallet's holdings in their own decimals, with six digits of fiat, added up to assets and total."""
    body = v3(simulator, label, ids=every_id(simulator)).json()
    legs = {leg["assetType"]: leg for one in body["balanceByAggregatedAsset"] for leg in one["individualAssetBalances"]}
    held = whole_ledger().holdings(label, NOW)
    assert {asset_id: int(leg["balance"]) for asset_id, leg in legs.items()} == {
        asset_id: raw for asset_id, raw in held.items() if asset_id in legs
    }
    left = {ASSET_BY_ID[asset_id].price_key for asset_id in held.keys() - legs.keys()}
    assert not left & {"ETH", "USDC", "USDT", "WETH", "SOL", "BONK", "OP"}
    for one in body["balanceByAggregatedAsset"]:
        assert one["fiatValue"] == pytest.approx(sum(leg["fiatValue"] for leg in one["individualAssetBalances"]))
    total = sum(one["fiatValue"] for one in body["balanceByAggregatedAsset"])
    assert body["totalBalance"]["fiatValue"] == pytest.approx(total)
    for asset_id, leg in legs.items():
        price = price_usd(asset_id, NOW)
        assert price is not None
        assert leg["fiatValue"] == pytest.approx(held[asset_id] / ASSET_BY_ID[asset_id].unit * price, rel=1e-4)


def test_the_sum_is_in_other_decimals_than_a_leg(simulator: Simulator) -> None:
    """A leg of 18 decimals and legs of 6 add up to a balance of 6, cut off, so that the base units do not."""
    (usdc,) = v3(simulator, "operations", ids="ob:usdc").json()["balanceByAggregatedAsset"]
    decimals = {leg["assetType"]: ASSET_BY_ID[leg["assetType"]].decimals for leg in usdc["individualAssetBalances"]}
    assert set(decimals.values()) == {6, 18}
    whole = sum(
        Fraction(int(leg["balance"]), 10 ** decimals[leg["assetType"]]) for leg in usdc["individualAssetBalances"]
    )
    assert int(usdc["balance"]) == int(whole * 10**6)
    assert int(usdc["balance"]) != sum(int(leg["balance"]) for leg in usdc["individualAssetBalances"])


def test_what_has_no_price_has_no_fiat_value(simulator: Simulator) -> None:
    """An unpriced asset asked for by its type has no fiatValue; one that is not held has a balance and value of 0."""
    vest, young, gusd = (ASSET_BY_KEY[key] for key in ("VEST", "YOUNG", "TICKET"))
    asked = f"{vest.id},{young.id},{gusd.id},eip155:1/erc20:0x{'1' * 40}"
    rows = v3(simulator, "treasury", ids="", assetId=asked).json()["balanceBySpecificAsset"]
    assert rows == [
        {"assetType": vest.id, "balance": str(whole_ledger().holding("treasury", vest.id, NOW))},
        {"assetType": young.id, "balance": str(whole_ledger().holding("treasury", young.id, NOW))},
        {"assetType": gusd.id, "balance": "0", "fiatValue": 0},
        {"assetType": f"eip155:1/erc20:0x{'1' * 40}", "balance": "0", "fiatValue": 0},
    ]


def test_an_asset_asked_for_twice_counts_once(simulator: Simulator) -> None:
    """An asset that is part of an aggregate and asked for by its type stands in both lists and once in the total."""
    usdc = ASSET_BY_KEY["USDC"]
    alone = v3(simulator, "treasury", ids="ob:usdc").json()
    spelled = f"eip155:1/erc20:{usdc.address.upper().replace('0X', '0x')}"
    both = v3(simulator, "treasury", ids="ob:usdc", assetId=spelled).json()
    assert both["totalBalance"] == alone["totalBalance"]
    assert both["balanceBySpecificAsset"][0]["assetType"] == usdc.id


def test_nothing_held_is_listed_as_nought(simulator: Simulator) -> None:
    """An aggregate of which nothing is held is there with 0, 0 and no legs, under the new prefix even for the old."""
    (sol,) = v3(simulator, "treasury", ids="ds:sol").json()["balanceByAggregatedAsset"]
    assert sol == {"aggregatedAssetId": "ob:sol", "balance": "0", "individualAssetBalances": [], "fiatValue": 0}


def test_all_forms_of_an_account_mean_the_same(simulator: Simulator) -> None:
    """Whatever chain stands in an EVM account, all chains are answered; Solana's may stand without its chain."""
    mine = address("treasury")
    bodies = [
        simulator.ask(V3, {"account": f"eip155:{chain}:{mine}", "aggregatedAssetId": "ob:eth"}).content
        for chain in (1, 42161, 0)
    ]
    assert len(set(bodies)) == 1
    desk = ACCOUNT_BY_LABEL["solana-desk"].address
    short = simulator.ask(V3, {"account": f"solana:{desk}", "aggregatedAssetId": "ob:sol"})
    assert short.content == v3(simulator, "solana-desk", ids="ob:sol").content
    assert int(short.json()["balanceByAggregatedAsset"][0]["balance"]) > 10**12


def test_version_two_answers_for_every_asset(simulator: Simulator) -> None:
    """Version 2 takes one EVM address, names no accounts and has all aggregated assets with version 3's numbers."""
    body = simulator.ask(V2, {"address": address("trading")}).json()
    jsonschema.validate(body, BALANCES)
    third = v3(simulator, "trading", ids=every_id(simulator)).json()
    assert third.pop("accounts") == {"evm": address("trading")}
    assert body == third


def test_receipts_and_positions_are_not_known(simulator: Simulator) -> None:
    """Only wallets are answered for: the account that has lent everything holds nothing here."""
    assert v3(simulator, "tiny", ids=every_id(simulator)).json()["totalBalance"] == {"fiatValue": 0}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"aggregatedAssetId": "ob:eth"}, "account should not be empty"),
        ({"account": "TREASURY"}, "At least one of aggregatedAssetId or assetId must be provided."),
        ({"account": "TREASURY,TREASURY", "aggregatedAssetId": "ob:eth"}, "Only one evm account is supported"),
        ({"account": "0x" + "1" * 40, "aggregatedAssetId": "ob:eth"}, "Invalid account: 0x" + "1" * 40),
        ({"account": "TREASURY", "aggregatedAssetId": "USDC"}, "Invalid aggregatedAssetId: USDC"),
        ({"account": "TREASURY", "assetId": "USDC"}, "Invalid assetId: USDC"),
    ],
)
def test_bad_questions_are_refused(simulator: Simulator, params: dict[str, str], message: str) -> None:
    """A question outside the contract is a 400 in the documented error body, with the lived time and the path."""
    spelled = {name: value.replace("TREASURY", account("treasury")) for name, value in params.items()}
    answer = simulator.ask(V3, spelled)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "BadRequestException",
        "message": message,
        "statusCode": 400,
        "timestamp": "2026-05-28T20:26:40.000Z",
        "path": "/api/v3/balances/aggregated-balance",
    }
    assert simulator.ask(V2, {"address": "me"}).status_code == 400


def test_an_id_that_the_list_lacks_is_left_out(simulator: Simulator) -> None:
    """The contract is silent about an unknown aggregated id; here it is left out, and the others are answered."""
    both = v3(simulator, "treasury", ids="ob:nothing,ob:eth").json()["balanceByAggregatedAsset"]
    assert [one["aggregatedAssetId"] for one in both] == ["ob:eth"]


def test_the_limit_stands_in_every_answer(simulator: Simulator) -> None:
    """Each answer tells limit, what is left and when it is whole again; over the limit comes a 429 in plain text."""
    minute = NOW - NOW % 60 + 18_000
    path, key = f"{BASE}/chains/supported-list", "simulated-discover"
    told = [simulator.ask(path, now=minute + second, key=key).headers for second in range(30)]
    assert [one["x-ratelimit-remaining"] for one in told] == [str(29 - count) for count in range(30)]
    assert {(one["x-ratelimit-limit"], one["x-ratelimit-reset"]) for one in told} == {("30", str(minute + 60))}
    limited = simulator.ask(path, now=minute + 31, key=key)
    assert (limited.status_code, limited.headers["x-ratelimit-remaining"]) == (429, "0")
    assert limited.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(("key", "status"), [("real-looking", 401), ("simulated-forbidden", 403), ("simulated-a", 200)])
def test_the_key_travels_in_its_own_header(simulator: Simulator, key: str, status: int) -> None:
    """Only `x-api-key` counts; a key in `Authorization` is none."""
    headers = {"X-Simulated-Now": str(NOW)}
    path = f"{simulator.url}{BASE}/assets/list"
    assert simulator.http.get(path, headers=headers | {"x-api-key": key}).status_code == status
    assert simulator.http.get(path, headers=headers | {"Authorization": f"Bearer {key}"}).status_code == 401
