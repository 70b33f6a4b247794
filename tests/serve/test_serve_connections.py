"""Promises about clients that hold many connections: they hinder themselves, never the others."""

import contextlib
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.serve import clients
from dagster_project.serve.clients import Clients
from tests.portfolio import Portfolio
from tests.serve.running_server import Server, served
from tests.serve.speaking import connect, everything
from tests.waiting import comes_true

ROOT = Path(__file__).parents[2]
ASK = b"GET /portfolio/portfolio/v5.0/general/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
IMPATIENT = (sys.executable, "-m", "tests.serve.impatient_server")


@contextlib.contextmanager
def held(server: Server, count: int, source: str = "127.0.0.1", said: bytes = b"") -> Iterator[list[socket.socket]]:
    """Hold connections from an address of this machine, each with so much of a request."""
    port = int(server.url.rpartition(":")[2])
    with contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 20, (source, 0))) for _ in range(count)
        ]
        for connection in connections:
            with contextlib.suppress(ConnectionError):
                connection.sendall(said)
        yield connections


def answered(server: Server, source: str) -> bytes:
    """Ask from an address of this machine, and give the beginning of the answer."""
    with held(server, 1, source, ASK) as (connection,):
        return connection.recv(65_536)


@contextlib.contextmanager
def bounded(portfolio: Portfolio) -> Iterator[Server]:
    """Serve a history to at most ten connections of each client."""
    portfolio.extra = "[serve]\nconnections_per_client = 10\nrequests_per_minute = 100000\n"
    portfolio.have(0)
    with served(portfolio) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("said", [b"", b"GET /answers HTTP/1.1\r\nX-Slow: "], ids=["nothing", "half a head"])
def test_a_client_with_too_many_connections_is_refused_alone(
    portfolio: Portfolio, capfd: pytest.CaptureFixture[str], said: bytes
) -> None:
    """Beyond its number a client gets 503 at once, other clients are served, the log says so once, and it heals."""
    with bounded(portfolio) as server:
        with held(server, 10, said=said):
            for _ in range(3):
                with connect(server) as refused:
                    assert everything(refused).startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n")
            assert answered(server, "127.0.0.2").startswith(b"HTTP/1.1 200 ")
        assert comes_true(lambda: answered(server, "127.0.0.1").startswith(b"HTTP/1.1 200 "), 20)
    words = capfd.readouterr().err
    assert words.count("a connection of 127.0.0.1 is refused: it holds 10 connections") == 1
    assert "Traceback" not in words


@pytest.mark.slow
def test_a_flood_of_connections_ends_no_server(portfolio: Portfolio, capfd: pytest.CaptureFixture[str]) -> None:
    """Hundreds of connections of one client at once leave the server as it was, for others and then for itself."""
    with bounded(portfolio) as server:
        with held(server, 300, said=ASK):
            assert answered(server, "127.0.0.3").startswith(b"HTTP/1.1 200 ")
        assert comes_true(lambda: answered(server, "127.0.0.1").startswith(b"HTTP/1.1 200 "), 20)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.slow
def test_connections_that_are_used_are_not_refused(portfolio: Portfolio) -> None:
    """Ten connections that ask again and again are all served; the bound is on what is open, not on what was."""
    with bounded(portfolio) as server:
        for _ in range(3):
            with held(server, 10, said=ASK) as connections:
                assert all(one.recv(65_536).startswith(b"HTTP/1.1 200 ") for one in connections)
            assert comes_true(lambda: answered(server, "127.0.0.1").startswith(b"HTTP/1.1 200 "), 20)


@pytest.mark.every
def test_slow_heads_make_room_for_each_other(portfolio: Portfolio) -> None:
    """Of many connections whose request does not arrive the oldest is closed, long before its own time is over."""
    portfolio.extra = "[serve]\nrequests_per_minute = 100000\n"
    portfolio.have(0)
    with (
        served(portfolio, IMPATIENT, PYTHONPATH=str(ROOT), HEAD_SECONDS="600") as server,
        held(server, clients.MOST_SLOW, said=b"GET /answers HTTP/1.1\r\nX-Slow: ") as slow,
    ):
        time.sleep(clients.SLOW_SECONDS + 0.5)
        assert answered(server, "127.0.0.1").startswith(b"HTTP/1.1 200 ")
        assert everything(slow[0]).startswith(b"HTTP/1.1 408 ")
        slow[-1].sendall(b"a\r\nHost: 127.0.0.1\r\n\r\n")
        assert slow[-1].recv(65_536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
def test_few_open_files_are_enough(portfolio: Portfolio, capfd: pytest.CaptureFixture[str]) -> None:
    """Where the system allows 64 open files, the server refuses connections in words instead of failing to accept."""
    portfolio.have(0)
    command = ("bash", "-c", 'ulimit -n 64 && exec "$0" -m dagster_project.faces.cli.main "$@"', sys.executable)
    with served(portfolio, command) as server:
        with held(server, 50, said=ASK) as connections:
            told = [connection.recv(65_536)[:12] for connection in connections[:20]]
        assert told[0] == b"HTTP/1.1 200"
        assert b"HTTP/1.1 503" in told
        assert comes_true(lambda: answered(server, "127.0.0.1").startswith(b"HTTP/1.1 200 "), 20)
    words = capfd.readouterr().err
    assert ("connections of this server are in use" in words, "Traceback" in words) == (True, False)


def test_nothing_is_kept_of_who_has_left() -> None:
    """Of a client without a connection nothing is remembered, so that a passing crowd costs no memory."""

    class Connection:
        def give_up(self) -> None:
            """Nothing to close."""

    crowd, connection = Clients(5, 2), Connection()
    for number in range(1_000):
        name = str(number)
        assert [crowd.enter(name) for _ in range(3)] == [True, True, False]
        crowd.wait(name, connection, float(number))
        crowd.arrived(name, connection)
        for _ in range(3):
            crowd.leave(name)
    assert (crowd._open, crowd._heads, crowd._logged, crowd._total) == ({}, {}, set(), 0)
