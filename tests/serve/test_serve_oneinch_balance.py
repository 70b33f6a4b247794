"""1inch Balance's API from the history: the captured contract's shape, exact amounts, and no 0 that nobody said."""

import random
from datetime import timedelta
from typing import Any

import pytest

from dagster_project.serve.whom import address_of
from dagster_project.warehouse.ask import answer
from tests.portfolio import FIRST, Portfolio, day
from tests.serve.conftest import LAST, MISSED
from tests.serve.copying import Copy
from tests.serve.running_server import Server
from tests.simulator.oneinch_contract import contract, hold
from tests.simulator.running_simulator import address
from tests.warehouse.conftest import ROUTER_V5, ROUTER_V6

CONTRACT = "balance_v1.2_ethereum_openapi_2025-07-26.json"
USDC = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
NATIVE = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
RANDOM = random.Random(12)  # noqa: S311 - instants to ask about, always the same
INSTANTS = [FIRST + timedelta(seconds=RANDOM.randrange((LAST + 1) * 86_400)) for _ in range(20)]


def exact(history: Portfolio, label: str, chain: str, as_of: object = None) -> dict[str | None, Any]:
    """Give the exact amounts that tokens_snapshot has in SQL."""
    rows = answer(history.published, "tokens_snapshot", account=label, chain=chain, as_of=as_of).dicts()
    return {address_of(str(row["asset_id"])): row["amount_raw"] for row in rows if row["amount_raw"] is not None}


def post(server: Server, path: str, body: object) -> Any:  # noqa: ANN401 - a body
    """Post a question to a path of chain 1."""
    response = server.http.post(f"{server.url}/balance/v1.2/1/{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_balances_are_the_exact_amounts_of_the_answer(server: Server, history: Portfolio, instant: Any) -> None:  # noqa: ANN401 - an instant
    """At any instant every exact amount of the wallet is there, digit for digit, and nothing else."""
    for label in ("treasury", "trading"):
        response = server.get(f"/balance/v1.2/1/balances/{address(label)}", timestamp=int(instant.timestamp()))
        if day(MISSED) <= instant < day(MISSED + 1):
            assert (response.status_code, response.json()["statusCode"]) == (400, 400)
            assert "missed_tick" in response.json()["message"][0]
            continue
        assert response.json() == exact(history, label, "eip155:1", instant)
        assert response.headers["x-as-of"] == f"{instant:%Y-%m-%d}T00:00:00Z"


def test_every_body_is_what_the_captured_contract_declares(server: Server) -> None:
    """Each of the eight paths answers as the OpenAPI file declares it."""
    document = contract(CONTRACT)
    wallet, tokens = address("trading"), {"tokens": [USDC, NATIVE]}
    for path, declared in (
        (f"balances/{wallet}", "balances/{walletAddress}"),
        (f"allowances/{ROUTER_V6}/{wallet}", "allowances/{spender}/{walletAddress}"),
        (f"allowancesAndBalances/{ROUTER_V6}/{wallet}", "allowancesAndBalances/{spender}/{walletAddress}"),
    ):
        got = server.get(f"/balance/v1.2/1/{path}").json()
        posted = post(server, path, tokens)
        hold(document, f"/v1.2/1/{declared}", "get", 200, got)
        hold(document, f"/v1.2/1/{declared}", "post", 200, posted)
        assert list(posted) == [USDC, NATIVE]
        assert posted == {token: got[token] for token in posted}
    many = post(server, "balances/multiple/walletsAndTokens", tokens | {"wallets": [wallet, address("treasury")]})
    hold(document, "/v1.2/1/balances/multiple/walletsAndTokens", "post", 200, many)
    assert list(many) == [wallet, address("treasury")]
    path = f"/balance/v1.2/1/aggregatedBalancesAndAllowances/{ROUTER_V6}"
    rows = server.get(path, wallets=f"{wallet},{address('treasury')}", filterEmpty="true").json()
    hold(document, "/v1.2/1/aggregatedBalancesAndAllowances/{spender}", "get", 200, rows)
    assert {row["address"]: row["wallets"][wallet]["balance"] for row in rows}[USDC] == many[wallet][USDC]


def test_a_token_that_is_not_held_is_nought_and_one_that_is_unknown_is_refused(server: Server) -> None:
    """Of a known token that is not held there is 0; of one that the history never heard of it says nothing."""
    weth = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
    assert post(server, f"balances/{address('operations')}", {"tokens": [weth]}) == {weth: "0"}
    strange = {"tokens": ["0x" + "5" * 40]}
    response = server.http.post(f"{server.url}/balance/v1.2/1/balances/{address('operations')}", json=strange)
    assert response.status_code == 400
    assert "never heard of" in response.json()["message"][0]


def test_a_token_without_an_exact_amount_is_refused_by_name(server: Server, history: Portfolio) -> None:
    """Where only a float is known, the list leaves the token out and says so; asked for by name it is refused."""
    rows = answer(history.published, "tokens_snapshot", account="treasury", chain="eip155:1").dicts()
    inexact = [address_of(str(row["asset_id"])) for row in rows if row["amount_raw"] is None]
    response = server.get(f"/balance/v1.2/1/balances/{address('treasury')}")
    assert inexact
    assert not set(inexact) & set(response.json())
    assert response.headers["x-not-exact"] == f"{len(inexact)}: {' '.join(sorted(map(str, inexact)))}"
    asked = {"tokens": [inexact[0]]}
    refused = server.http.post(f"{server.url}/balance/v1.2/1/balances/{address('treasury')}", json=asked)
    assert (refused.status_code, refused.json()["error"]) == (400, "Bad Request")
    assert "exact amount" in refused.json()["message"][0]


def test_allowances_are_those_of_the_answer(server: Server, history: Portfolio) -> None:
    """What a spender may take is what allowances_at says, and 0 only where the question was answered."""
    for spender in (ROUTER_V5, ROUTER_V6):
        rows = answer(history.published, "allowances_at", account="trading", chain="eip155:1").dicts()
        told = {address_of(str(row["asset_id"])): row["allowance_raw"] for row in rows if row["spender"] == spender}
        got = server.get(f"/balance/v1.2/1/allowances/{spender}/{address('trading')}").json()
        assert {token: raw for token, raw in got.items() if raw != "0"} == told
    response = server.get(f"/balance/v1.2/1/allowances/0x{'7' * 40}/{address('trading')}")
    assert response.status_code == 400
    assert "no provider was asked about this spender" in response.json()["message"][0]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("1/balances/0x12", 400, "must be an Ethereum address"),
        ("1/balances/0x" + "1" * 40, 400, "is not watched"),
        ("999/balances/WALLET", 404, "no snapshot has chain 999"),
        ("one/balances/WALLET", 400, "valid integer"),
        ("1/balances/WALLET?timestamp=5", 400, "the history begins at"),
        ("1/allowances/spender/WALLET", 400, "must be an Ethereum address"),
        ("1/nothing", 404, "nothing at this path"),
    ],
)
def test_what_is_wrong_is_said_as_nestjs_says_it(server: Server, path: str, status: int, words: str) -> None:
    """Every fault has the family's body: status, message, error."""
    response = server.get(f"/balance/v1.2/{path.replace('WALLET', address('treasury'))}")
    assert response.status_code == status
    assert response.json()["statusCode"] == status
    assert words in str(response.json()["message"])


@pytest.mark.every
def test_a_copy_made_from_our_own_api_has_the_same_amounts(copy: Copy, history: Portfolio) -> None:
    """This project's own source asks our server as if it were 1inch Balance, and gets the same exact amounts."""
    copy.accounts, copy.providers = ("treasury", "trading", "operations", "tiny"), ("oneinch_balance",)
    copy.snapshots, copy.extra = history.snapshots, f'spenders = ["{ROUTER_V6}", "{ROUTER_V5}"]\n'
    copy.take(LAST)
    for label in copy.accounts:
        for chain in ("eip155:1", "eip155:10", "eip155:8453", "eip155:42161"):
            assert exact(copy, label, chain, day(LAST)) == exact(history, label, chain, day(LAST))
    columns = ("account_id", "chain_id", "spender", "asset_id", "allowance_raw")
    mine, theirs = (
        {
            tuple(row[name] for name in columns)
            for row in answer(one.published, "allowances_at", as_of=day(LAST)).dicts()
        }
        for one in (copy, history)
    )
    assert mine == theirs
