"""OpenAPI documents: all that is sent is in them, with its shape, and they say what columns and keys are."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import jsonschema
import pytest
from starlette.types import ASGIApp

from dagster_project.errors import TryAgainError
from dagster_project.serve.app import create_app
from dagster_project.serve.columns import schema_of
from dagster_project.serve.service import Service
from dagster_project.settings.schema import Serve
from dagster_project.warehouse import ask
from dagster_project.warehouse.reader import Reader
from tests.portfolio import Portfolio
from tests.serve.documented import documents, hold, operation_of
from tests.serve.every_endpoint import DOCUMENTS, Request, requests
from tests.serve.running_server import Server, served
from tests.serve.speaking import connect, everything, reply_to

KEY = "correct-horse-battery-staple"
REQUESTS = list(requests())


def send(server: Server, one: Request, **headers: str) -> httpx.Response:
    """Send a request with further headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.http.request(
        one.method.upper(), server.url + one.path, params=one.params or None, json=one.body, headers=named
    )


def plain(document: object) -> object:
    """Give a document as JSON has it."""
    return json.loads(json.dumps(document))


@pytest.mark.slow
@pytest.mark.parametrize("family", DOCUMENTS)
def test_every_good_answer_is_as_documented(server: Server, family: str) -> None:
    """Each endpoint of each document answers with a status, media type, headers and body that stand in it."""
    for one in REQUESTS:
        if one.family == family:
            response = send(server, one)
            assert response.status_code == one.status, (one, response.text)
            hold(response)


@pytest.mark.parametrize("family", DOCUMENTS)
def test_there_is_a_request_for_each_endpoint(server: Server, family: str) -> None:
    """The document that is served lists just the endpoints that tests ask, and tests hold answers to the same one."""
    document = server.get(DOCUMENTS[family]).json()
    listed = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert listed == {(one.method, one.template) for one in REQUESTS if one.family == family}
    assert document == plain(documents()[DOCUMENTS[family].removesuffix("openapi.json")])
    assert document["servers"] == [{"url": DOCUMENTS[family].removesuffix("/openapi.json") or "/"}]


def test_an_answer_has_one_media_type_in_providers_shapes() -> None:
    """Only the history's own answers come in several forms: what a provider's shape documents is what is sent."""
    for prefix, document in documents().items():
        for path, methods in document["paths"].items():
            for operation in methods.values():
                kinds = list(operation["responses"]["200"]["content"])
                wanted = "text/csv" if path.endswith("/report") else "text/html" if path == "/" else "application/json"
                assert kinds[0] == wanted
                assert len(kinds) == (4 if prefix == "/" and path.count("/") == 2 else 1), path


def errors() -> Iterator[tuple[str, int, Request, dict[str, str]]]:
    """Give for each family requests that are refused, with the status that each has."""
    for family in DOCUMENTS:
        good = next(one for one in REQUESTS if one.family == family and one.method == "get" and one.template != "/")
        yield family, 304, good, {"If_None_Match": "*"}
        yield family, 206, good, {"Range": "bytes=0-1"}
        yield family, 416, good, {"Range": "bytes=99999999-"}
        yield family, 412, good, {"If_Match": '"other"'}
        yield family, 421, good, {"Host": "evil.example"}
        yield family, 404, replace(good, template="/nothing/here"), {}
        yield family, 405, replace(good, method="delete"), {}
        yield family, 413, replace(good, method="post", body={"tokens": ["x" * (1 << 20)]}), {}
    named = {one.template: one for one in REQUESTS}
    balance = named["/v1.2/{chain}/balances/{wallet}"]
    yield "answers", 406, named["/answers/value_chart"], {"Accept": "image/png"}
    yield "answers", 400, replace(named["/answers/value_chart"], params={"since": "yesterday"}), {}
    yield "oneinch_portfolio", 422, replace(named["/portfolio/v5.0/general/chart"], params={}), {}
    yield "oneinch_balance", 400, replace(balance, body={"tokens": ["x"]}), {}
    yield (
        "oneinch_balance",
        404,
        replace(balance, filled={**balance.filled, "chain": "9"}),
        {},
    )
    value = named["/portfolio/{chain_id}/{accounts}/value"]
    yield "credmark", 400, replace(value, params={"timestamp": "1"}), {}
    yield "onebalance", 400, replace(named["/v3/balances/aggregated-balance"], params={"account": "x"}), {}
    missed = {"address": named["/v2/balances/aggregated-balance"].params["address"], "timestamp": "1777690000"}
    yield "onebalance", 402, replace(named["/v2/balances/aggregated-balance"], params=missed), {}


@pytest.mark.parametrize(
    ("status", "one", "headers"),
    [(status, one, headers) for _, status, one, headers in errors()],
    ids=[f"{family}-{status}" for family, status, _, _ in errors()],
)
def test_every_error_is_as_documented(server: Server, status: int, one: Request, headers: dict[str, str]) -> None:
    """What is refused, or given in part, has the documented status, media type, headers and shape of body."""
    response = send(server, one, **headers)
    assert response.status_code == status, response.text[:300]
    hold(response)


@pytest.mark.every
@pytest.mark.parametrize("family", DOCUMENTS)
def test_keys_and_pace_are_as_documented(portfolio: Portfolio, family: str) -> None:
    """Where a key is asked for, 401 and 429 have each family's documented shape, and the document names the key."""
    portfolio.extra = '[serve]\napi_key_env = "MY_SERVE_KEY"\nrequests_per_minute = 2\n'
    portfolio.have(0)
    good = next(one for one in REQUESTS if one.family == family and one.method == "get")
    with served(portfolio, MY_SERVE_KEY=KEY) as server:
        refused = send(server, good)
        document = server.http.get(server.url + DOCUMENTS[family], headers={"x-api-key": KEY}).json()
        too_fast = send(server, good)
    assert (refused.status_code, too_fast.status_code) == (401, 429)
    hold(refused)
    hold(too_fast)
    assert document == plain(documents(KEY)[DOCUMENTS[family].removesuffix("openapi.json")])
    assert document["security"] == [{"bearer": []}, {"header": []}, {"password": []}]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "header", "password"}
    assert documents()[DOCUMENTS[family].removesuffix("openapi.json")]["security"] == []


def test_what_cannot_be_read_is_as_documented(server: Server) -> None:
    """What is no HTTP is 400 and a head without end 431, as plain text, as every operation documents them."""
    for sent, status in (
        (b"GET /answers\r\n\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 1_200_000 + b" HTTP/1.1\r\n", b"431"),
    ):
        said = reply_to(server, sent)
        assert said.startswith(b"HTTP/1.1 " + status)
        assert b"content-type: text/plain" in said.lower()
    for path in ("/answers", "/api/assets/list"):
        responses = operation_of("GET", path)["responses"]
        assert "text/plain" in responses["400"]["content"]
        assert "text/plain" in responses["431"]["content"]


def test_a_server_that_fails_says_so_as_documented(history: Portfolio) -> None:
    """A failure of the server's own is 500, and one that another try may mend 503, in the documented shape."""
    for error, status in ((RuntimeError("secret words"), 500), (TryAgainError("the question took too long"), 503)):
        response = asyncio.run(ask_of(create_app(failing(history, error))))
        assert (response.status_code, "secret" in response.text) == (status, False)
        hold(response)


def failing(history: Portfolio, error: Exception) -> Service:
    """Give a service whose page cannot be made."""

    def fail(_: object) -> str:
        raise error

    return Service(Reader(history.published), Serve(), None, fail, lambda: datetime.now(UTC))


async def ask_of(app: ASGIApp) -> httpx.Response:
    """Ask an application for its page, without a server."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get("/")


def test_columns_have_type_and_unit() -> None:
    """Every column of every answer is in the document with its exact type, its type in JSON, its words and its unit."""
    paths = documents()["/"]["paths"]
    for one in ask.contracts():
        rows = paths[f"/answers/{one.name}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        columns = rows["items"]["properties"]
        assert list(columns) == rows["items"]["required"] == list(one.columns)
        for name, (kind, words) in one.columns.items():
            assert (columns[name]["x-duckdb-type"], columns[name]["description"]) == (kind, words)
            assert columns[name]["type"][1] == "null"
            assert not name.endswith("_usd") or columns[name]["x-unit"] == "US dollars"
            assert kind != "timestamp" or columns[name]["x-unit"] == "UTC"
    listed = schema_of("legs", "struct(account_id varchar, amount_raw varchar, value_usd decimal(18,6))[]", "Legs.")
    assert list(listed["items"]["properties"]) == ["account_id", "amount_raw", "value_usd"]
    assert listed["items"]["properties"]["value_usd"]["type"] == ["number", "null"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{"account_id": 1}], listed)


@pytest.mark.every
def test_a_full_server_says_so_as_documented(portfolio: Portfolio) -> None:
    """A connection too many is 503 with Retry-After and no body, which every operation documents."""
    portfolio.extra = "[serve]\nconnections_per_client = 1\n"
    portfolio.have(0)
    with served(portfolio) as server, connect(server), connect(server) as further:
        said = everything(further)
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in said
    assert "Retry-After" in operation_of("GET", "/answers")["responses"]["503"]["headers"]
