"""Promises of 1inch's Balance dialect: eight endpoints of the captured contract, exact amounts from the ledger."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL, ACCOUNTS
from dagster_project.simulator.book.approvals import ROUTER_V6, UNLIMITED
from dagster_project.simulator.book.assets import ASSET_BY_ID, ASSET_BY_KEY, NATIVE_ADDRESS
from dagster_project.simulator.book.chains import EVM_CHAINS
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT, utc
from tests.simulator.oneinch_contract import FOLDER, contract, hold
from tests.simulator.running_simulator import NOW, Simulator, address

BASE = "/oneinch/balance/v1.2"
CONTRACT = "balance_v1.2_ethereum_openapi_2025-07-26.json"
USDC, WETH = ASSET_BY_KEY["USDC"].address, ASSET_BY_KEY["WETH"].address
MAXI = ASSET_BY_KEY["MAXI"].address
UNKNOWN = "0x" + "1" * 40


def ask(
    simulator: Simulator, path: str, body: object = None, *, chain: int = 1, now: int = NOW, **params: str
) -> httpx.Response:
    """Ask below a chain, with POST where there is a body."""
    return simulator.ask(f"{BASE}/{chain}/{path}", params, now=now, body=body)


QUESTIONS = [
    ("aggregatedBalancesAndAllowances/{spender}", None),
    ("balances/{walletAddress}", None),
    ("balances/{walletAddress}", {"tokens": [USDC, MAXI, UNKNOWN]}),
    ("balances/multiple/walletsAndTokens", {"tokens": [USDC], "wallets": [address("trading"), UNKNOWN]}),
    ("allowancesAndBalances/{spender}/{walletAddress}", None),
    ("allowancesAndBalances/{spender}/{walletAddress}", {"tokens": [USDC, WETH]}),
    ("allowances/{spender}/{walletAddress}", None),
    ("allowances/{spender}/{walletAddress}", {"tokens": [USDC, NATIVE_ADDRESS]}),
]


@pytest.mark.parametrize(("path", "body"), QUESTIONS)
def test_every_endpoint_is_in_the_captured_contract(simulator: Simulator, path: str, body: object) -> None:
    """Each of the eight answers 200 with a body that the OpenAPI file allows and no member beside."""
    method = "get" if body is None else "post"
    asked = path.replace("{spender}", ROUTER_V6).replace("{walletAddress}", address("trading"))
    params = {"wallets": f"{address('trading')},{UNKNOWN}"} if path.startswith("aggregated") else {}
    answer = simulator.ask(f"{BASE}/1/{asked}", params, body=body)
    assert answer.status_code == 200, answer.text
    hold(contract(CONTRACT), f"/v1.2/1/{path}", method, 200, answer.json())


def test_the_contract_has_no_other_endpoints() -> None:
    """The eight questions of this file are all that the captured file declares."""
    declared = {(path, method) for path, methods in contract(CONTRACT)["paths"].items() for method in methods}
    assert {(f"/v1.2/1/{path}", "get" if body is None else "post") for path, body in QUESTIONS} == declared


@pytest.mark.parametrize("case", ["GET_allowancesAndBalances", "POST_balances_wallet", "POST_allowances"])
def test_amounts_are_spelled_as_in_the_official_fixtures(simulator: Simulator, case: str) -> None:
    """Keys are lower-case addresses and amounts digits in text, as in the fixtures of the provider's own client."""
    path = Path(FOLDER.parent / f"balance_v1.2_{case}.gosdk.json")
    if not path.exists():
        pytest.skip(f"the published fixtures are kept beside the repository, and {path} is not there")
    published = json.loads(path.read_text())
    method, _, name = case.partition("_")
    asked = name.replace("balances_wallet", "balances")
    asked += f"/{address('treasury')}" if asked == "balances" else f"/{ROUTER_V6}/{address('treasury')}"
    body = {"tokens": list(published)} if method == "POST" else None
    answer = ask(simulator, asked, body).json()

    def kinds(value: Any) -> object:  # noqa: ANN401 - any JSON
        return sorted(value) if isinstance(value, dict) else (type(value).__name__, value.isdigit())

    assert {str(kinds(one)) for one in answer.values()} == {str(kinds(one)) for one in published.values()}
    assert all(token == token.lower() for token in answer)
    if method == "POST":
        assert set(answer) == set(published)


@pytest.mark.parametrize("chain", EVM_CHAINS, ids=lambda chain: chain.name)
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.label)
def test_balances_are_those_of_the_ledger(simulator: Simulator, chain: Any, account: Any) -> None:  # noqa: ANN401 - parameters
    """The list has every real token of the chain, zeros included, with the ledger's base units to the last digit."""
    found = ask(simulator, f"balances/{account.address}", chain=chain.number).json()
    expected = {
        asset.address: str(whole_ledger().holding(account.label, asset.id, NOW))
        for asset in ASSET_BY_ID.values()
        if asset.chain == chain.id and not asset.is_invented
    }
    assert found == expected


def test_invented_tokens_are_found_only_by_asking(simulator: Simulator) -> None:
    """What is on no list is not listed, and asked for by address comes with all of its 78 digits."""
    assert MAXI not in ask(simulator, f"balances/{address('operations')}").json()
    upper = "0x" + MAXI[2:].upper()
    found = ask(simulator, f"balances/{address('operations')}", {"tokens": [upper, UNKNOWN]}).json()
    assert found == {MAXI: str(2**256 - 190), UNKNOWN: "0"}


def test_only_now_is_known(simulator: Simulator) -> None:
    """The answer is for the lived instant, whatever timestamp is asked for, and is all zeros before the book."""
    then = utc(2025, 12, 1)
    lived = ask(simulator, f"balances/{address('treasury')}", now=then).json()
    asked = ask(simulator, f"balances/{address('treasury')}", now=NOW, timestamp=str(then)).json()
    assert asked == ask(simulator, f"balances/{address('treasury')}", now=NOW).json() != lived
    assert set(ask(simulator, f"balances/{address('treasury')}", now=BEGIN_AT - 1).json().values()) == {"0"}


def test_allowances_follow_the_approvals(simulator: Simulator) -> None:
    """The coin's allowance is 2**256 - 1, an approved token's what was approved, any other token's 0."""
    path = f"allowances/{ROUTER_V6}/{address('trading')}"
    found = ask(simulator, path).json()
    assert found[NATIVE_ADDRESS] == found[USDC] == str(UNLIMITED)
    assert found[WETH] == str(250 * 10**18)
    assert {raw for token, raw in found.items() if token not in {NATIVE_ADDRESS, USDC, WETH}} == {"0"}
    assert ask(simulator, path, {"tokens": [WETH]}, now=utc(2025, 9, 8)).json() == {WETH: "0"}
    both = ask(simulator, f"allowancesAndBalances/{ROUTER_V6}/{address('trading')}").json()
    assert {token: one["allowance"] for token, one in both.items()} == found
    balances = ask(simulator, f"balances/{address('trading')}").json()
    assert {token: one["balance"] for token, one in both.items()} == balances


def test_wallets_are_spelled_as_they_were_asked(simulator: Simulator) -> None:
    """Several wallets come back under the asker's own spelling, checksummed or not."""
    wallets = [address("treasury"), ACCOUNT_BY_LABEL["trading"].address]
    found = ask(simulator, "balances/multiple/walletsAndTokens", {"tokens": [USDC], "wallets": wallets}).json()
    assert list(found) == wallets
    for wallet in wallets:
        assert found[wallet] == ask(simulator, f"balances/{wallet}", {"tokens": [USDC]}).json()


def test_the_aggregated_list_says_what_each_token_is(simulator: Simulator) -> None:
    """Each token comes once with decimals and both wallets; empty ones only go when asked to."""
    wallets = f"{address('treasury')},{address('cold')}"
    path = f"aggregatedBalancesAndAllowances/{ROUTER_V6}"
    rows = ask(simulator, path, wallets=wallets).json()
    assert [row["address"] for row in rows] == list(ask(simulator, f"balances/{address('treasury')}").json())
    coin = rows[0]
    assert (coin["symbol"], coin["type"], coin["tags"]) == ("ETH", "ethereum", ["native", "PEG:ETH"])
    assert list(coin["wallets"]) == wallets.split(",")
    full = ask(simulator, path, wallets=wallets, filterEmpty="true").json()
    assert 0 < len(full) < len(rows)
    assert all(any(one["balance"] != "0" for one in row["wallets"].values()) for row in full)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("balances/treasury.eth", None, 400),
        ("balances/0x1", {"tokens": [USDC]}, 400),
        (f"balances/{UNKNOWN}", {"tokens": ["USDC"]}, 400),
        (f"balances/{UNKNOWN}", {"token": [USDC]}, 400),
        (f"balances/{UNKNOWN}", [USDC], 400),
        ("balances/multiple/walletsAndTokens", {"tokens": [USDC]}, 400),
        (f"allowances/me/{UNKNOWN}", None, 400),
        (f"aggregatedBalancesAndAllowances/{ROUTER_V6}", None, 400),
        (f"balance/{UNKNOWN}", None, 404),
    ],
)
def test_bad_questions_are_refused(simulator: Simulator, path: str, body: object, status: int) -> None:
    """What is no address, no list or not there is refused in the body of the provider's sibling service."""
    answer = ask(simulator, path, body)
    assert answer.status_code == status
    assert set(answer.json()) == {"statusCode", "message", "error"}


@pytest.mark.parametrize("chain", ["501", "137", "01", "base"])
def test_chains_that_are_not_spoken_are_not_found(simulator: Simulator, chain: str) -> None:
    """Any chain but the EVM chains of the book is a 404."""
    assert simulator.ask(f"{BASE}/{chain}/balances/{UNKNOWN}").status_code == 404
