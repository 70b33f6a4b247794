"""Odd requests, byte by byte over a socket: each has an answer that says what is wrong, none a server's error."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.portfolio import PORTFOLIO, Portfolio
from tests.serve.running_server import Server, served
from tests.serve.speaking import reply_to

END = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
V5 = b"/portfolio/portfolio/v5.0/general/status"


@pytest.fixture(scope="module")
def watched(history: Portfolio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """Give a server of the history, and the file that its standard error goes to."""
    log = tmp_path_factory.mktemp("log") / "serve.log"
    command = [*PORTFOLIO, "serve", "--port", "0"]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, env=history.environment, cwd=history.folder, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
        httpx.Client(trust_env=False, timeout=60) as http,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield Server(line.split()[-1], http, process), log
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def status_of(said: bytes) -> int:
    """The status of the first answer; 0 where there is none."""
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", said)
    return int(found[1]) if found else 0


@pytest.mark.parametrize(
    "target",
    [
        b"http://127.0.0.1/answers",
        b"http://localhost:1/answers?x=1",
        b"HTTP://127.0.0.1:80/answers",
        b"https://127.0.0.1" + V5,
    ],
)
def test_an_absolute_target_is_served(server: Server, target: bytes) -> None:
    """A whole address in the request line, as proxies send it, is answered as its path is, query and all."""
    path = target.partition(b"://")[2].partition(b"/")[2]
    wanted = reply_to(server, b"GET /" + path + END)
    said = reply_to(server, b"GET " + target + END)
    assert (status_of(said), said.partition(b"\r\n\r\n")[2]) == (status_of(wanted), wanted.partition(b"\r\n\r\n")[2])
    etag = re.compile(rb"(?im)^etag: .*$")
    assert etag.findall(said) == etag.findall(wanted)


def test_an_absolute_target_without_a_path_is_the_page(server: Server) -> None:
    """An address that ends with its host asks for `/`."""
    page = reply_to(server, b"GET /" + END)
    assert status_of(reply_to(server, b"GET http://127.0.0.1" + END)) == status_of(page)
    assert status_of(reply_to(server, b"GET http://127.0.0.1?a=b" + END)) == status_of(page)


@pytest.mark.parametrize("target", [b"http://evil.example/answers", b"http://evil.example:8646/"])
def test_the_host_of_an_absolute_target_counts(server: Server, target: bytes) -> None:
    """The name in the request line takes the place of the header's: a foreign one is refused as in the header."""
    assert status_of(reply_to(server, b"GET " + target + END)) == 421
    own = b"GET http://127.0.0.1/answers HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert status_of(reply_to(server, own)) == 200


@pytest.mark.parametrize(
    "line",
    [
        b"GET *",
        b"OPTIONS *",
        b"POST *",
        b"CONNECT example.com:443",
        b"CONNECT http://127.0.0.1/answers",
        b"GET answers",
        b"GET 127.0.0.1:80",
        b"GET ftp://127.0.0.1/answers",
        b"GET http:///answers",
        b"GET http://user:word@127.0.0.1/answers",
        b"GET http://127.0.0.1/answers#part",
        b"GET ?since=2026-01-01",
    ],
)
def test_what_names_no_path_is_refused(watched: tuple[Server, Path], line: bytes) -> None:
    """`*`, CONNECT, other schemes and targets without a path are 400 with what to write, and nothing is logged."""
    said = reply_to(watched[0], line + END)
    assert status_of(said) == 400
    body = json.loads(said.partition(b"\r\n\r\n")[2])
    assert (body["code"], body["status"]) == ("bad_target", 400)
    assert watched[1].read_text() == ""


CHUNKS = b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"

ODD: dict[str, bytes] = {
    "percent without digits": b"GET /answers/%zz%" + END,
    "percent NUL": b"GET /answers/%00" + END,
    "percent of no UTF-8": b"GET /v1/portfolio/%ff%fe/%c3%28/value" + END,
    "percent slash": b"GET /answers%2fcoverage" + END,
    "dots": b"GET /answers/../../etc/passwd" + END,
    "two slashes": b"GET //answers//coverage" + END,
    "NUL": b"GET /answ\x00ers" + END,
    "high bytes": b"GET /answers/\xff\xfe" + END,
    "no version": b"GET /answers\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\n\r\n",
    "version 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version 1.0 without a host": b"GET /answers HTTP/1.0\r\n\r\n",
    "version 1.0 with star": b"GET * HTTP/1.0\r\n\r\n",
    "version 1.1 without a host": b"GET /answers HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /answers HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    "empty host": b"GET /answers HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n",
    "long target": b"GET /answers/" + b"a" * 900_000 + END,
    "too long target": b"GET /answers/" + b"a" * 1_200_000 + END,
    "many headers": b"GET /answers HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 300_000 + b"\r\n",
    "odd method": b"BREW /answers" + END,
    "trace": b"TRACE /answers" + END,
    "lower method": b"get /answers" + END,
    "TLS": bytes.fromhex("16030100f5010000f10303") + bytes(200),
    "zeros": bytes(100),
    "no colon": b"GET /answers HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
    "folded header": b"GET /answers HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n b\r\nConnection: close\r\n\r\n",
    "negative length": b"POST /balance/v1.2/1/balances/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": CHUNKS % b"/" + b"Content-Length: 1\r\n\r\n0\r\n\r\n",
    "odd encoding": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    "bad chunks": CHUNKS % b"/balance/v1.2/1/balances/0x0" + b"\r\nzz\r\n",
    "bad chunks of a family": CHUNKS % b"/api/x" + b"\r\n3\r\nabcde\r\n",
    "bad chunks behind a refusal": (CHUNKS % b"/").replace(b"127.0.0.1", b"evil.org") + b"\r\n1\r\na\r\n-9\r\n",
    "chunks in a GET": b"GET /answers HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
    "garbage behind a request": b"GET /answers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n\x00\x01\x02garbage\r\n\r\n",
    "upgrade": b"GET /answers HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "expectation": b"POST /api/x HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_the_clients_fault(watched: tuple[Server, Path], name: str) -> None:
    """Whatever bytes come, the answer is no server's error, the log has no traceback, and the next one is served."""
    server, log = watched
    statuses = [int(one) for one in re.findall(rb"(?m)^HTTP/1\.1 (\d{3}) ", reply_to(server, ODD[name]))]
    assert [one for one in statuses if one >= 500] == []
    assert "Traceback" not in log.read_text()
    assert "ERROR" not in log.read_text().upper().replace("SERVER ERROR", "")
    assert status_of(reply_to(server, b"GET " + V5 + END)) == 200


@pytest.mark.every
def test_a_refused_target_needs_the_key_too(portfolio: Portfolio) -> None:
    """Where a key is asked for, a target that names no path is answered 401 without it and 400 with it."""
    portfolio.extra = '[serve]\napi_key_env = "MY_SERVE_KEY"\n'
    portfolio.have(0)
    key = "correct-horse-battery-staple"
    with served(portfolio, MY_SERVE_KEY=key) as server:
        for target in (b"*", b"http://anything.example/answers"):
            assert status_of(reply_to(server, b"GET " + target + END)) == 401
        told = END.replace(b"\r\n\r\n", f"\r\nx-api-key: {key}\r\n\r\n".encode())
        assert status_of(reply_to(server, b"GET *" + told)) == 400
        assert status_of(reply_to(server, b"GET http://anything.example/answers" + told)) == 200
