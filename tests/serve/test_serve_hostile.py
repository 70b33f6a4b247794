"""Hostile input: whatever is sent, the answer is the family's error, and the next one is served."""

import contextlib
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.portfolio import Portfolio
from tests.serve.running_server import Server, served
from tests.serve.speaking import connect, everything
from tests.simulator.running_simulator import address

V5 = "/portfolio/portfolio/v5.0"
WORDS = (
    "' or 1=1 --",
    "'; copy (select 1) to 'written.csv'; --",
    "$$; attach 'written.duckdb' as x; --",
    "read_text('/etc/passwd')",
    "') union all from read_csv('/etc/passwd') --",
    "../../../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "\x00\x01\x7f",
    "\N{ROCKET}" * 50,
    "9" * 5_000,
    "-1e400",
    "NaN",
    "{{7*7}}",
    "<script>alert(1)</script>",
)


def is_error_of(family: str, response: httpx.Response) -> bool:
    """Tell whether a body is the error of a family, in its shape and with its status."""
    status = response.status_code
    if family == "answers":
        body = response.json()
        return bool(body["status"] == status and body["detail"] and body["code"])
    body = response.json()
    if family == "oneinch_portfolio":
        detail = body["detail"]
        return isinstance(detail, str) or all(set(one) == {"loc", "msg", "type"} for one in detail)
    if family == "onebalance":
        return set(body) == {"error", "message", "statusCode", "timestamp", "path"} and body["statusCode"] == status
    return set(body) == {"statusCode", "message", "error"} and body["statusCode"] == status


def questions(word: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Put a word into every parameter of some endpoint of each family, one at a time."""
    wallet = address("treasury")
    for parameter in ("as_of", "account", "account_group", "chain", "format", "unheard_of"):
        yield "answers", "/answers/current_value", {parameter: word}
    for parameter in ("every", "per", "since", "until"):
        yield "answers", "/answers/overview_report", {parameter: word}
    fine = {"addresses": wallet}
    for parameter in ("addresses", "chain_id", "timestamp", "use_cache"):
        yield "oneinch_portfolio", f"{V5}/tokens/snapshot", fine | {parameter: word}
    yield "oneinch_portfolio", f"{V5}/general/chart", fine | {"timerange": word}
    for parameter in ("contract_address", "token_id"):
        yield "oneinch_portfolio", f"{V5}/protocols/metrics", fine | {parameter: word}
    yield "oneinch_portfolio", f"{V5}/general/report", fine | {"closed_threshold": word, "closed": word}
    for parameter in ("tokens", "quoteAddress", "includePositions", "blockNumber", "timestamp"):
        yield "credmark", f"/v1/portfolio/1/{wallet}/value", {parameter: word}
    for parameter in ("startTimestamp", "endBlockNumber", "timeInterval", "blockInterval"):
        yield (
            "credmark",
            f"/v1/portfolio/1/{wallet}/value/historical",
            {"startTimestamp": 1_777_600_000, parameter: word},
        )
    for parameter in ("account", "assetId", "timestamp"):
        asked = {"account": f"eip155:1:{wallet}", "aggregatedAssetId": "ob:eth"}
        yield "onebalance", "/api/v3/balances/aggregated-balance", asked | {parameter: word}
    yield "onebalance", "/api/v2/balances/aggregated-balance", {"address": word}
    yield "oneinch_balance", f"/balance/v1.2/1/balances/{wallet}", {"timestamp": word}
    path = f"/balance/v1.2/1/aggregatedBalancesAndAllowances/{wallet}"
    yield "oneinch_balance", path, {"wallets": word, "filterEmpty": "true"}


@pytest.mark.parametrize("word", WORDS, ids=[f"word{number}" for number in range(len(WORDS))])
def test_no_word_in_any_parameter_is_more_than_a_word(server: Server, history: Portfolio, word: str) -> None:
    """SQL, paths, control characters and absurd numbers in any parameter are refused in the family's shape."""
    before = sorted(history.folder.rglob("*"))
    for family, path, params in questions(word):
        response = server.get(path, **params)
        assert 400 <= response.status_code < 500, (path, params, response.text[:200])
        assert is_error_of(family, response), (path, params, response.text)
        assert "root:" not in response.text
    assert sorted(history.folder.rglob("*")) == before


def test_words_that_name_nothing_give_nothing(server: Server) -> None:
    """A group of protocols, or an asset group, that nobody has is no error and no row."""
    for word in WORDS:
        response = server.get(f"{V5}/protocols/metrics", addresses=address("treasury"), protocol_group_id=word)
        assert response.json()["result"] == []
        asked = {"account": f"eip155:1:{address('treasury')}", "aggregatedAssetId": f"ob:{word}"}
        body = server.get("/api/v3/balances/aggregated-balance", **asked).json()
        assert body["balanceByAggregatedAsset"] == []


@pytest.mark.parametrize("word", WORDS, ids=[f"word{number}" for number in range(len(WORDS))])
def test_no_word_in_a_path_is_more_than_a_word(server: Server, word: str) -> None:
    """What stands in a path is an account, a chain, an answer's name, or it is refused in the family's shape."""
    spelled = "".join(f"%{byte:02x}" for byte in word.encode())
    for family, path in (
        ("answers", f"/answers/{spelled}"),
        ("answers", f"/{spelled}"),
        ("oneinch_portfolio", f"/portfolio/{spelled}"),
        ("credmark", f"/v1/portfolio/1/{spelled}/value"),
        ("credmark", f"/v1/portfolio/{spelled}/{address('treasury')}/value"),
        ("oneinch_balance", f"/balance/v1.2/1/balances/{spelled}"),
        ("oneinch_balance", f"/balance/v1.2/{spelled}/balances/{address('treasury')}"),
        ("onebalance", f"/api/{spelled}"),
    ):
        response = server.http.get(httpx.URL(server.url + path))
        assert 400 <= response.status_code < 500, (path, response.text[:200])
        assert is_error_of(family, response), (path, response.text)
        assert "root:" not in response.text


def test_ten_thousand_addresses_are_too_many(server: Server) -> None:
    """However many accounts are named, the family refuses them in its shape, and the next question is answered."""
    many = [f"0x{number:040x}" for number in range(10_000)]
    joined = ",".join(many)
    repeated = "&".join(f"addresses={one}" for one in many)
    for family, path in (
        ("oneinch_portfolio", f"{V5}/general/current_value?{repeated}"),
        ("credmark", f"/v1/portfolio/1/{joined}/value"),
        ("oneinch_balance", f"/balance/v1.2/1/aggregatedBalancesAndAllowances/{many[0]}?wallets={joined}"),
        ("onebalance", f"/api/v3/balances/aggregated-balance?account=eip155:1:{many[0]}&assetId={joined}"),
    ):
        status, content = get_long(server, path)
        assert 400 <= status < 500
        assert is_error_of(family, httpx.Response(status, content=content))
        assert len(content) < 20_000
    body = {"tokens": many, "wallets": [address("treasury")]}
    path = f"{server.url}/balance/v1.2/1/balances/multiple/walletsAndTokens"
    assert is_error_of("oneinch_balance", server.http.post(path, json=body))
    assert server.get(f"{V5}/general/status").json()["result"] == {"is_available": True}


def get_long(server: Server, path: str) -> tuple[int, bytes]:
    """Ask at a path that is longer than httpx lets through."""
    asked = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=60)
    with contextlib.closing(asked):
        asked.request("GET", path)
        response = asked.getresponse()
        return response.status, response.read()


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"tokens": [1]}', 400), (b"[" * 100_000, 400), (b" " * (1 << 20) + b"{}", 413)],
)
def test_a_bad_body_is_refused(server: Server, content: bytes, status: int) -> None:
    """A body that is no JSON, of another shape, nested without end or too large is refused in the family's shape."""
    path = f"{server.url}/balance/v1.2/1/balances/{address('treasury')}"
    response = server.http.post(path, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert is_error_of("oneinch_balance", response)


@pytest.fixture(scope="module")
def impatient(history: Portfolio) -> Iterator[Server]:
    """Give a server of the history that waits for a few seconds at most."""
    with served(history, (sys.executable, "-m", "tests.serve.impatient_server"), PYTHONPATH=os.getcwd()) as running:  # noqa: PTH109 - for the process
        yield running


def is_dropped(connection: socket.socket) -> bool:
    """Wait until the other side has let go of a connection from which nothing is read."""
    for _ in range(600):
        try:
            connection.sendall(b"x")
        except ConnectionError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.every
def test_a_head_that_does_not_arrive_is_not_waited_for(impatient: Server) -> None:
    """A client that sends its request's head by the letter is told so and closed, on a used connection too."""
    with connect(impatient) as used:
        used.sendall(b"GET /answers/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert used.recv(65_536).startswith(b"HTTP/1.1 404 ")
        used.sendall(b"GET /answ")
        with connect(impatient) as fresh:  # both are waited for at the same time
            fresh.sendall(b"GET /answers HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
            assert everything(fresh).startswith(b"HTTP/1.1 408 ")
        assert b"HTTP/1.1 408 " in everything(used)


def test_a_body_that_does_not_arrive_is_not_waited_for(impatient: Server) -> None:
    """A client that does not send the body it announced gets the family's error."""
    with connect(impatient) as connection:
        path = f"/balance/v1.2/1/balances/{address('treasury')}"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{{"
        )
        connection.sendall(head.encode())
        told = everything(connection)
    assert told.startswith(b"HTTP/1.1 408 ")
    assert json.loads(told.partition(b"\r\n\r\n")[2])["statusCode"] == 408


def test_an_answer_that_is_not_read_is_not_kept(impatient: Server) -> None:
    """A client that asks and never reads is dropped, and others are served meanwhile."""
    with connect(impatient) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        asked = b"GET /answers/coverage HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        connection.sendall(asked * 40)
        assert impatient.get(f"{V5}/general/status").status_code == 200
        assert is_dropped(connection)


@pytest.mark.every
def test_the_process_opens_no_file_but_the_published_one(history: Portfolio, tmp_path: Path) -> None:
    """While it answers every family, the server's process holds open no file of ours but the published one."""
    with served(history) as server:
        for _, path, params in questions("1"):
            server.get(path, **params)
        server.get("/answers/value_chart", format="parquet")
        descriptors = Path(f"/proc/{server.process.pid}/fd")
        if not descriptors.exists():
            pytest.skip("which files a process has open is read from /proc, which Linux alone has")
        held = {str(one.readlink()) for one in descriptors.iterdir()}
    files = {one for one in held if one.startswith((str(history.folder), str(tmp_path)))}
    assert files == {str(history.published)}
    assert [one.name for one in history.published.parent.glob("*.tmp")] == []
