"""Promises of the code server as its unit starts it: its death is its supervisor's to see, and the next one answers."""

import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dagster_project.orchestration.home import make_home
from tests.deploy.test_deploy import DEPLOY, read
from tests.portfolio import Portfolio

pytestmark = pytest.mark.slow

SOON = 300
"""Seconds until it answers, or has ended; a few where nobody shares the machine."""


def command(port: int) -> list[str]:
    """Give what the unit starts, with this Python and at this port."""
    program, *words = shlex.split(read(DEPLOY / "systemd" / "portfolio-code.service")["Service"]["ExecStart"])
    assert program.endswith("/python")
    return [sys.executable, *(str(port) if word == "4266" else word for word in words)]


def free_port() -> int:
    """Give a port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def is_healthy(portfolio: Portfolio, port: int) -> bool:
    """Ask as the unit asks before it counts as started."""
    check = [sys.executable, "-m", "dagster", "api", "grpc-health-check", "-p", str(port)]
    return subprocess.run(check, env=portfolio.environment, capture_output=True, check=False).returncode == 0


def children(pid: int) -> list[int]:
    """Give the processes that a process has started and that live."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = entry.read_text().rpartition(") ")
        except OSError:
            continue
        if int(rest.split()[1]) == pid:
            found.append(int(name.split(" ")[0]))
    return found


@contextmanager
def started(portfolio: Portfolio, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start it and wait until it answers."""
    home = make_home(portfolio.folder / "dagster")
    environment = portfolio.environment | {"DAGSTER_HOME": str(home)}
    log = portfolio.folder / "code.log"
    with log.open("ab") as out:
        server = subprocess.Popen(command(port), env=environment, cwd=portfolio.folder, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + SOON
        while not is_healthy(portfolio, port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        yield server
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_code_server_that_dies_is_seen(portfolio: Portfolio, number: signal.Signals) -> None:
    """The code server is a single process: when it is killed, its unit sees that, and the one started next answers."""
    portfolio.write()
    port = free_port()
    with started(portfolio, port) as server:
        assert children(server.pid) == []
        server.send_signal(number)
        assert server.wait(SOON) == -number
        assert not is_healthy(portfolio, port)
    with started(portfolio, port) as server:
        server.send_signal(signal.SIGINT)
        server.wait(SOON)
    assert read(DEPLOY / "systemd" / "portfolio-code.service")["Service"]["Restart"] == "on-failure"


def test_the_image_starts_the_same() -> None:
    """The container's command is that of the unit."""
    said = " ".join(command(4266)[1:])
    assert f"exec python {said}" in (DEPLOY / "Containerfile").read_text(encoding="utf-8")
