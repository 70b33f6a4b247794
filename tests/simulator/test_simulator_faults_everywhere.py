"""Promises of the faults in the newer dialects: each one is seen there too, in that provider's own words."""

import http.client
import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from dagster_project.simulator.app import DIALECTS
from dagster_project.simulator.book.approvals import ROUTER_V6
from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.dialect import Dialect, Endpoint
from dagster_project.simulator.faults.catalogue import NAMES
from dagster_project.simulator.faults.distortions import CHANGING_ANSWERS, DISTORTIONS
from dagster_project.simulator.faults.times import TIMES
from dagster_project.simulator.faults.views import VIEWS
from tests.simulator.running_simulator import NOW, Simulator, address

WHO = address("treasury")
LINK = ASSET_BY_KEY["LINK"].address
PLACES: dict[str, tuple[str, str]] = {
    "oneinch tokens": ("oneinch", f"/oneinch/portfolio/portfolio/v5.0/tokens/snapshot?addresses={WHO}"),
    "oneinch protocols": ("oneinch", f"/oneinch/portfolio/portfolio/v5.0/protocols/snapshot?addresses={WHO}"),
    "oneinch balance": ("oneinch", f"/oneinch/balance/v1.2/1/balances/{WHO}"),
    "onebalance": (
        "onebalance",
        f"/onebalance/api/v3/balances/aggregated-balance?account=eip155:1:{WHO}&aggregatedAssetId=ob:eth,ob:usdc",
    ),
}
STATUSES = {
    "rate_limited": 429,
    "rate_limited_with_retry_after": 429,
    "reset_header": 429,
    "server_error": 500,
    "unavailable": 503,
    "not_found": 404,
    "unauthorised": 401,
    "echoed_key": 401,
    "forbidden": 403,
    "bad_request": 400,
    "redirect": 302,
}
NOT_JSON = {"rate_limited", "rate_limited_with_retry_after", "reset_header", "unavailable", "text_body", "html_page"}
HONEST = {"wrong_content_type", "slow_first_byte", "slow_body"}
LIMIT = "The limit of requests per second has been exceeded"


def fetched(simulator: Simulator, path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body as they come over the wire, without any decoder; half a body where half comes."""
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=20)
    headers = simulator.headers()
    try:
        connection.request("GET", path, headers=headers | {"x-api-key": headers["Authorization"][7:]})
        answer = connection.getresponse()
        try:
            body = answer.read()
        except http.client.IncompleteRead as error:
            body = error.partial
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body
    finally:
        connection.close()


def first_amount(place: str, document: Any) -> Any:  # noqa: ANN401 - any JSON
    """The amount that the faults of content change."""
    if place == "onebalance":
        return document["balanceByAggregatedAsset"][0]["balance"]
    if place == "oneinch balance":
        return next(iter(document.values()))
    return document["result"][0]["underlying_tokens"][0]["amount"]


def rows(place: str, document: Any) -> Any:  # noqa: ANN401 - any JSON
    """The rows of an answer, or the map that stands in their place."""
    return document["balanceByAggregatedAsset"] if place == "onebalance" else document.get("result", document)


AMOUNTS: dict[str, Callable[[Any, Any], bool]] = {
    "wrong_types": lambda found, honest: type(found) is not type(honest),
    "nan_number": lambda found, _: math.isnan(found),
    "huge_number": lambda found, _: math.isinf(found),
    "negative_amount": lambda found, _: float(found) < 0,
    "impossible_amount": lambda found, _: len(str(found)) == 79,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", sorted(NAMES - TIMES - VIEWS - {CHANGING_ANSWERS} - AMOUNTS.keys()))
def test_each_fault_is_seen(simulator: Simulator, place: str, fault: str) -> None:
    """Status, kind of body and honest bytes are what the table of faults says, in every dialect."""
    dialect, path = PLACES[place]
    _, _, honest = fetched(simulator, path)
    slow = {"seconds": 0.02} if fault.startswith("slow") else {}
    simulator.order(fault, dialect=dialect, **slow)
    status, headers, body = fetched(simulator, path)
    assert status == STATUSES.get(fault, 200)
    assert headers["x-request-id"]
    if fault in NOT_JSON:
        assert not headers["content-type"].startswith("application/json")
        assert (body.decode() == LIMIT) == (status == 429 and dialect == "oneinch")
    elif status in {400, 401, 403, 404, 500}:
        assert json.loads(body).keys() & {"detail", "statusCode"}
    elif fault in HONEST:
        assert body == honest
    elif fault in {"truncated_json", "reset_mid_body"}:
        assert body == honest[: len(honest) // 2]
    elif fault == "too_large":
        assert (len(body), body[-len(honest) :]) == (50 * 2**20 + len(honest), honest)
    else:
        assert body != honest
    simulator.clear_faults()
    assert fetched(simulator, path)[2] == honest


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", AMOUNTS)
def test_amounts_are_impossible(simulator: Simulator, place: str, fault: str) -> None:
    """The first amount is what no honest answer would say, as a number or as text like the honest one."""
    dialect, path = PLACES[place]
    honest = first_amount(place, json.loads(fetched(simulator, path)[2]))
    simulator.order(fault, dialect=dialect)
    found = first_amount(place, json.loads(fetched(simulator, path)[2]))
    assert AMOUNTS[fault](found, honest)


@pytest.mark.parametrize("place", ["oneinch tokens", "oneinch protocols", "onebalance"])
def test_rows_are_lost_doubled_and_renamed(simulator: Simulator, place: str) -> None:
    """Rows come twice, not at all or as null, and an amount goes or changes its name."""
    dialect, path = PLACES[place]
    honest = json.loads(fetched(simulator, path)[2])

    def seen(fault: str) -> Any:  # noqa: ANN401 - any JSON
        simulator.order(fault, dialect=dialect)
        return json.loads(fetched(simulator, path)[2])

    assert rows(place, seen("duplicate_rows")) == [row for row in rows(place, honest) for _ in range(2)]
    assert rows(place, seen("empty_positions")) == []
    assert rows(place, seen("null_positions")) is None
    for fault in ("missing_field", "renamed_field"):
        with pytest.raises(KeyError):
            first_amount(place, seen(fault))


@pytest.mark.parametrize("path", ["tokens/snapshot", "protocols/snapshot"])
def test_an_ignored_timestamp_is_an_answer_of_now(simulator: Simulator, path: str) -> None:
    """The rows are those of now, without any time, whatever instant was asked for."""
    question = f"/oneinch/portfolio/portfolio/v5.0/{path}?addresses={WHO}"
    now = fetched(simulator, question)[2]
    past = f"{question}&timestamp={NOW - 86_400}"
    assert fetched(simulator, past)[2] != now
    simulator.order("ignored_timestamp", dialect="oneinch", at=NOW - 86_400)
    assert fetched(simulator, past)[2] == now
    assert {row["timestamp"] for row in json.loads(now)["result"]} == {None}


def test_an_order_can_name_a_path(simulator: Simulator) -> None:
    """An order with the end of a path meets requests there and no others of the dialect."""
    simulator.order("server_error", dialect="oneinch", path="tokens/snapshot")
    assert fetched(simulator, PLACES["oneinch tokens"][1])[0] == 500
    assert fetched(simulator, PLACES["oneinch protocols"][1])[0] == 200


@pytest.mark.parametrize("place", PLACES)
def test_an_order_can_name_an_account(simulator: Simulator, place: str) -> None:
    """Wherever the account stands in a request, an order for it meets the request and one for another does not."""
    dialect, path = PLACES[place]
    for label, status in (("treasury", 500), ("cold", 200)):
        simulator.order("server_error", dialect=dialect, account=address(label))
        assert fetched(simulator, path)[0] == status


def test_an_order_finds_accounts_in_bodies_and_on_solana(simulator: Simulator) -> None:
    """A wallet in the body of a POST and a Solana address, whose case counts, are found as well."""
    simulator.order("server_error", dialect="oneinch", account=WHO)
    body = {"tokens": [LINK], "wallets": [address("cold"), WHO]}
    path = "/oneinch/balance/v1.2/1/balances/multiple/walletsAndTokens"
    assert simulator.ask(path, body=body).status_code == 500
    assert simulator.ask(path, body=body | {"wallets": [address("cold")]}).status_code == 200
    simulator.order("server_error", dialect="onebalance", account=address("solana-desk"))
    params = {"account": f"solana:{address('solana-desk')}", "aggregatedAssetId": "ob:sol"}
    assert simulator.ask("/onebalance/api/v3/balances/aggregated-balance", params).status_code == 500


PATH_PARTS = {
    "{chain_id}": "1",
    "{accounts}": WHO,
    "{wallet}": WHO,
    "{spender}": ROUTER_V6,
    "{key}": "D.USD+GBP.EUR.SP00.A",
    "{chain}": "1",
    "{timestamp}": str(NOW),
    "{coins}": "coingecko:ethereum",
    "{form}": "archive",
}
QUERY: dict[str, str | list[str]] = {
    "addresses": WHO,
    "wallets": WHO,
    "address": WHO,
    "account": f"eip155:1:{WHO}",
    "aggregatedAssetId": "ob:eth",
    "includePositions": "true",
    "startTimestamp": str(NOW - 3 * 86_400),
    "format": "csvdata",
    "coins": json.dumps({"coingecko:ethereum": [NOW]}),
}


@pytest.mark.parametrize(
    ("dialect", "endpoint"),
    [(dialect, endpoint) for dialect in DIALECTS for endpoint in dialect.endpoints],
    ids=lambda one: getattr(one, "path", getattr(one, "name", "")),
)
def test_no_fault_of_content_breaks_an_endpoint(simulator: Simulator, dialect: Dialect, endpoint: Endpoint) -> None:
    """Whatever content is ordered to be wrong, and wherever, the answer is still a 200 of the endpoint's own kind."""
    path = endpoint.path
    for part, value in PATH_PARTS.items():
        path = path.replace(part, value)
    body = {"tokens": [LINK], "wallets": [WHO]} if endpoint.method == "POST" else None
    for fault in ("", *DISTORTIONS):
        if fault:
            simulator.order(fault, dialect=dialect.name)
        answer = simulator.ask(f"/{dialect.name}{path}", QUERY, body=body)
        assert answer.status_code == 200, (fault, answer.text)
        assert answer.headers["content-type"] == endpoint.media_type
