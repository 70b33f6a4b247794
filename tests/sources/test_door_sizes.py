"""Promises about size: a body is given whole up to the limit, and beyond it neither memory nor time is spent."""

import gzip
import json
import subprocess
import sys
import zlib
from typing import Any

import pytest

from dagster_project.model import Reason
from dagster_project.sources.access import Access
from tests.simulator.running_simulator import Simulator, address
from tests.sources.asking import ONCE, ROOT, ask
from tests.sources.scripted_server import Reply, drip, head, reply, serving
from tests.waiting import comes_true

MEGABYTE = 2**20
LIMIT = MEGABYTE
LITTLE = 64 * MEGABYTE
"""What asking may cost in memory under a limit of one megabyte: code and buffers, but not 50 MB and a copy."""
PATH = f"/credmark/v1/portfolio/1/{address('treasury')}/value"
GZIP = {"Content-Encoding": "gzip"}


def measure(url: str, key: str = "simulated-sizes", path: str = "/") -> dict[str, Any]:
    """Ask in a process of its own, with a limit of one megabyte."""
    command = [sys.executable, "-m", "tests.sources.measured_ask", url, str(LIMIT), key, path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("fault", ["too_large", "compressed_bomb"])
def test_memory_for_a_body_that_is_too_large(simulator: Simulator, fault: str) -> None:
    """Fifty megabytes, or a gibibyte packed into one, cost little memory; the first bytes up to the limit are kept."""
    simulator.order(fault)
    found = measure(simulator.url, path=PATH)
    assert (found["reason"], found["kept"]) == (Reason.TOO_LARGE, LIMIT)
    assert found["grown"] < LITTLE


def test_memory_for_a_body_without_end() -> None:
    """A body without end is left as soon as it is too large: the server cannot say even a hundredth of it."""
    with serving(drip(head(200), b"x" * MEGABYTE, 10_000)) as server:
        found = measure(server.url)
        assert comes_true(lambda: server.ended == 1)
    assert (found["reason"], found["kept"]) == (Reason.TOO_LARGE, LIMIT)
    assert found["grown"] < LITTLE


def test_memory_for_what_follows_a_gzip_body() -> None:
    """Megabytes of garbage behind a small gzip body cost as little memory, and the body is not taken for good."""
    with serving(drip(head(200, GZIP) + gzip.compress(b"{}"), b"x" * MEGABYTE, 96)) as server:
        found = measure(server.url)
    assert found["reason"] in (Reason.TOO_LARGE, Reason.UNDECODABLE)
    assert found["grown"] < LITTLE


def test_the_measure_sees_a_large_body() -> None:
    """Control: a limit that lets a large body in is seen by the same measure."""
    large = 24 * MEGABYTE
    with serving(reply(200, bytes(large))) as server:
        command = [sys.executable, "-m", "tests.sources.measured_ask", server.url, str(large), "none", "/"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    found = json.loads(done.stdout)
    assert (found["reason"], found["kept"]) == (None, large)
    assert found["grown"] > large


def packed(size: int) -> bytes:
    """That many zeros, as gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(bytes(size)) + packer.flush()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (reply(200, bytes(LIMIT)), None),
        (reply(200, bytes(LIMIT + 1)), Reason.TOO_LARGE),
        (reply(200, packed(LIMIT), GZIP), None),
        (reply(200, packed(LIMIT + 1), GZIP), Reason.TOO_LARGE),
        (reply(200, packed(LIMIT - 1) + packed(2), GZIP), Reason.TOO_LARGE),
    ],
    ids=["plain", "plain and one", "gzip", "gzip and one", "gzip of two members and one"],
)
def test_the_limit_is_exact(said: Reply, reason: Reason | None) -> None:
    """A body of exactly the limit is whole, one byte more is too large, and what is kept never exceeds the limit."""
    with serving(said) as server:
        answer = ask(Access(server.url, largest_body=LIMIT, patience=ONCE)).answer
    assert (answer.reason, answer.body) == (reason, bytes(LIMIT))
