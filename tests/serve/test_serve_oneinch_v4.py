"""1inch Portfolio v4 from the history: what the vendor's Go SDK asks for and reads, with the numbers of v5."""

import json
from decimal import Decimal
from typing import Any

import pytest

from dagster_project.serve.whom import address_of
from dagster_project.warehouse.ask import answer
from tests.portfolio import Portfolio, day
from tests.serve.conftest import MISSED
from tests.serve.go_sdk import CALLS, Call, reads
from tests.serve.running_server import Server, served
from tests.serve.speaking import reply_to
from tests.simulator.running_simulator import address

V4, V5 = "/portfolio/portfolio/v4", "/portfolio/portfolio/v5.0"
LABELS = ("treasury", "trading", "operations")
OF_ADDRESSES = [call.path for call in CALLS if call.has_addresses]
TOKEN = {
    "chain_id", "contract_address", "name", "symbol", "amount", "price_to_usd", "value_usd", "abs_profit_usd", "roi",
    "status",
}  # fmt: skip
POSITION = {
    "chain_id", "contract_address", "token_id", "addresses", "protocol", "name", "contract_type", "sub_contract_type",
    "is_whitelisted", "protocol_name", "protocol_icon", "status", "token_address", "underlying_tokens", "value_usd",
    "debt", "rewards_tokens", "profit_abs_usd", "roi", "weighted_apr", "holding_time_days", "info",
}  # fmt: skip
"""The members of details in the vendor's OpenAPI file of v4."""


def ask(server: Server, path: str, *labels: str, **params: object) -> dict[str, Any]:
    """Give the body of an answer about labels, decimals as such."""
    response = server.get(path, addresses=[address(label) for label in labels], **params)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = json.loads(response.text, parse_float=Decimal)
    return body


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.method)
def test_the_go_sdk_reads_what_it_asks_for(server: Server, call: Call) -> None:
    """Each request of the SDK, byte for byte, is answered with a body that its types read, and none is empty."""
    host = server.url.removeprefix("http://")
    said = reply_to(server, call.request(host, address("treasury"), address("trading")))
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), said[:500]
    result = json.loads(body)["result"]
    assert result
    assert reads(call.result, result) == []


def test_what_the_sdk_cannot_hold_is_seen() -> None:
    """The decoder of these tests refuses a fraction, a text or more than 64 bits where Go has an int."""
    for value in (1.5, "1", 2**63, True):
        assert reads([{"chain_id": int}], [{"chain_id": value}]) != []
    assert reads([{"chain_id": int}], [{"chain_id": None}, {}, {"chain_id": 1, "more": "x"}]) == []
    assert reads([str], {"a": 1}) != []
    assert reads({"a": str}, []) != []


@pytest.mark.parametrize("label", LABELS)
def test_values_are_those_of_v5(server: Server, label: str) -> None:
    """Address, protocols, tokens and chart are worth what v5 says, and each group's chains add up to its total."""
    worth = ask(server, f"{V5}/general/current_value", label)["result"]
    assert ask(server, f"{V4}/general/current_value", label)["result"] == worth["by_address"]
    chart = f"{V5}/general/chart"
    assert ask(server, f"{V4}/general/value_chart", label)["result"] == ask(server, chart, label)["result"]
    groups = {
        kind: {
            one["protocol_name"]: {row["chain_id"]: row["value_usd"] for row in one["result"]}
            for one in ask(server, f"{V4}/overview/{kind}/current_value", label)["result"]
        }
        for kind in ("erc20", "protocols")
    }
    categories = {one["category_id"]: one["value_usd"] for one in worth["by_category"]}
    assert groups["erc20"].get("erc20", {}).get(None) == categories.get("tokens")
    assert groups["erc20"].get("native", {}).get(None) == categories.get("native")
    assert {name: chains[None] for name, chains in groups["protocols"].items()} == {
        one["protocol_group_name"]: one["value_usd"] for one in worth["by_protocol_group"]
    }
    for chains in (*groups["erc20"].values(), *groups["protocols"].values()):
        assert sum(value for chain, value in chains.items() if chain is not None) == chains[None]


@pytest.mark.parametrize("label", LABELS)
def test_profits_are_those_of_the_answers(server: Server, history: Portfolio, label: str) -> None:
    """The general profit is that of `returns`, chains add up to it, and so do tokens and positions together."""
    (gained,) = answer(history.published, "returns", account=label).dicts()
    general = {one["chain_id"]: one for one in ask(server, f"{V4}/general/profit_and_loss", label)["result"]}
    assert general[None]["abs_profit_usd"] == gained["profit_abs_usd"]
    assert float(general[None]["roi"]) == gained["roi"]
    assert sum(one["abs_profit_usd"] for chain, one in general.items() if chain) == gained["profit_abs_usd"]
    parts = [ask(server, f"{V4}/overview/{kind}/profit_and_loss", label)["result"] for kind in ("erc20", "protocols")]
    totals = [one["abs_profit_usd"] for part in parts for one in part if one["chain_id"] is None]
    assert sum(totals) == gained["profit_abs_usd"]
    for part in parts:
        by_chain = [one["abs_profit_usd"] for one in part if one["chain_id"] is not None]
        assert sum(by_chain) == sum(one["abs_profit_usd"] for one in part if one["chain_id"] is None)


def test_details_are_rows_of_v5(server: Server) -> None:
    """Details have the members of the vendor's file; each is the row of v5's snapshot with its metrics."""
    tokens = ask(server, f"{V4}/overview/erc20/details", "treasury")["result"]
    assert all(set(one) == TOKEN for one in tokens)
    snapshot = ask(server, f"{V5}/tokens/snapshot", "treasury")["result"]
    gained = {one["index"]: one for one in ask(server, f"{V5}/tokens/metrics", "treasury")["result"]}
    listed = [
        (
            row["chain_id"], row["contract_address"], row["value_usd"], row["underlying_tokens"][0]["amount"],
            *(gained.get(row["index"], {}).get(name) for name in ("profit_abs_usd", "roi")),
        )
        for row in snapshot
    ]  # fmt: skip
    assert listed == [
        tuple(one[name] for name in ("chain_id", "contract_address", "value_usd", "amount", "abs_profit_usd", "roi"))
        for one in tokens
        if one["status"] == 1
    ]
    assert {one["abs_profit_usd"] for one in tokens if one["price_to_usd"] is None} == {None}  # unpriced is not 0
    positions = ask(server, f"{V4}/overview/protocols/details", "treasury")["result"]
    assert all(set(one) == POSITION for one in positions)
    rows = ask(server, f"{V5}/protocols/snapshot", "treasury")["result"]
    metrics = {one["index"]: one for one in ask(server, f"{V5}/protocols/metrics", "treasury")["result"]}
    assert [(one["value_usd"], one["profit_abs_usd"], one["debt"]) for one in positions] == [
        (row["value_usd"], metrics.get(row["index"], {}).get("profit_abs_usd"), row["asset_sign"] == -1) for row in rows
    ]
    assert any(one["debt"] and one["sub_contract_type"] == "debt" and one["value_usd"] < 0 for one in positions)
    first = positions[0]["info"]
    assert first["value_usd_end"] == positions[0]["value_usd"]


@pytest.mark.parametrize("path", [path for path in OF_ADDRESSES if path != "general/value_chart"])
def test_a_number_that_cannot_be_completed_is_refused(server: Server, path: str) -> None:
    """At the instant that nobody took v4 answers 422 with what is missing, as v5 does."""
    asked = {"addresses": address("treasury"), "timestamp": int(day(MISSED).timestamp())}
    response = server.get(f"{V4}/{path}", **asked)
    assert response.status_code == 422
    assert response.json()["detail"][0]["type"] == "history_incomplete"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "Field required"),
        ({"addresses": "0x" + "1" * 40}, "is not watched"),
        ({"addresses": "0x" + "g" * 40}, "40 hexadecimal digits"),
        ({"addresses": address("treasury"), "chain_id": 99}, "no snapshot has this chain"),
    ],
)
@pytest.mark.parametrize("path", OF_ADDRESSES)
def test_a_bad_question_is_422(server: Server, path: str, params: dict[str, object], words: str) -> None:
    """What v4 cannot answer is 422 in the vendor's shape, which the SDK's error reads as an object."""
    response = server.get(f"{V4}/{path}", **params)
    assert response.status_code == 422
    assert words in response.json()["detail"][0]["msg"]


@pytest.mark.every
def test_what_was_given_up_is_closed(portfolio: Portfolio) -> None:
    """A token that was sold is listed with status 0 and its profit, unless `closed` or the threshold leaves it out."""
    portfolio.accounts, portfolio.providers = ("cold",), ("oneinch_portfolio",)
    portfolio.take(64, 65, 70, 71)  # everything leaves it on day 66
    with served(portfolio) as server:
        path = f"{V4}/overview/erc20/details"
        closed = [one for one in ask(server, path, "cold", closed_threshold=0)["result"] if one["status"] == 0]
        assert closed
        gained = {
            address_of(str(one["asset_id"])): one["profit_abs_usd"]
            for one in answer(portfolio.published, "tokens_metrics", account="cold").dicts()
        }
        assert all(one["abs_profit_usd"] == gained[one["contract_address"]] for one in closed)
        assert {(one["amount"], one["value_usd"], one["price_to_usd"]) for one in closed} == {(0, 0, None)}
        assert all(one["status"] for one in ask(server, path, "cold", closed="false")["result"])
        largest = max(abs(one["abs_profit_usd"]) for one in closed)
        assert all(one["status"] for one in ask(server, path, "cold", closed_threshold=largest + 1)["result"])
