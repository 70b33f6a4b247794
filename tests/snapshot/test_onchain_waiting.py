"""Promises of chains that stand still, and of runs that come too early and wait for the next block."""

import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.snapshot.lying_nodes import BEGINS, TODAY, Chain, Node, Wallet, folder, serving
from tests.snapshot.test_onchain_proof import AMOUNTS, RAW, STATED

__all__ = ["folder"]

pytestmark = pytest.mark.slow

EVERY_MINUTE = "* * * * *"
EFFECTIVE = (
    "select epoch(effective_at)::bigint, lag_seconds::bigint from pull where outcome = 'answered' order by as_of"
)


def seconds(at: datetime) -> int:
    """Give Unix seconds."""
    return int(at.timestamp())


@pytest.mark.every
@pytest.mark.parametrize(
    ("chain_id", "step", "from_hour", "hours"), [(1, 12, 20, 6), (10, 2, 23, 30), (8453, 5, 22, 3)]
)
def test_a_halted_chain_is_recorded_from_its_last_block(
    folder: Path, chain_id: int, step: int, from_hour: int, hours: int
) -> None:
    """Midnight within a halt is recorded from the last block before it, with that block's time and its distance."""
    halt = TODAY - timedelta(days=3) + timedelta(hours=from_hour)
    chain = Chain(BEGINS, 40_000_000, step, chain_id, (seconds(halt), seconds(halt + timedelta(hours=hours))))
    node = Node(chain)
    with serving(node):
        wallet = Wallet(folder, {f"eip155:{chain_id}": [node]}, TODAY - timedelta(days=5))
        midnight = TODAY - timedelta(days=2)
        (taken,) = wallet.take(midnight)
        assert taken.is_complete, wallet.rows("select detail from pull")
        ((effective_at, lag),) = wallet.rows(EFFECTIVE)
        assert seconds(halt) - step <= effective_at < seconds(halt)
        assert lag == effective_at - seconds(midnight)
        assert [amount for (amount,) in wallet.rows(RAW)] == AMOUNTS


def test_a_private_chain_with_a_block_in_two_hours(folder: Path) -> None:
    """A chain whose blocks come every two hours is recorded at each instant, from the block before it."""
    node = Node(Chain(BEGINS, 0, 7200))
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, TODAY - timedelta(days=5), "30 1 * * *")
        instants = [TODAY - timedelta(days=back, hours=-1, minutes=-30) for back in (4, 3, 2)]
        assert all(one.is_complete for one in wallet.take(*instants))
        assert {lag for _, lag in wallet.rows(EFFECTIVE)} == {-(5400 - 5)}


def test_a_chain_that_still_stands_proves_nothing(folder: Path) -> None:
    """While no block has come after the instant, nothing is recorded, and the failure says that the next run asks."""
    halted = TODAY - timedelta(hours=30)
    node = Node(Chain(BEGINS, sees_until=halted.timestamp))
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, TODAY - timedelta(days=3))
        begun = time.monotonic()
        assert not wallet.take(TODAY - timedelta(days=1))[0].is_complete
        assert time.monotonic() - begun < 10, "an instant that is not recent is not waited for"
        assert wallet.rows(STATED) == [("failed", "not_point_in_time")]
        ((detail,),) = wallet.rows("select detail from pull")
        assert "the next run asks again" in detail


def recent() -> datetime:
    """Give the last full minute."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def coming(as_of: datetime, after: float) -> Chain:
    """Give a chain whose first block behind the instant is seen only so many seconds from now."""
    shown = time.monotonic() + after
    begins = seconds(as_of) - 2_592_000 - 5

    def sees_until() -> float:
        return as_of.timestamp() + (30 if time.monotonic() >= shown else 2)

    return Chain(begins, sees_until=sees_until)


@pytest.mark.every
@pytest.mark.parametrize("after", [1.5, 4.0])
def test_the_block_behind_the_instant_is_waited_for(folder: Path, after: float) -> None:
    """A run at its tick waits until the chain has passed it, and records the block before it."""
    as_of = recent()
    node = Node(coming(as_of, after))
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, as_of - timedelta(minutes=5), EVERY_MINUTE)
        begun = time.monotonic()
        (taken,) = wallet.take(as_of)
        assert taken.is_complete, wallet.rows("select detail from pull")
        assert after <= time.monotonic() - begun < after + 25
        assert [amount for (amount,) in wallet.rows(RAW)] == AMOUNTS
        assert node.seen.count("eth_call") == 2, "balances, and how the tokens describe themselves"
        assert node.seen.count("eth_getBlockByNumber") < 20


def test_a_node_that_has_passed_it_is_asked_instead(folder: Path) -> None:
    """Where a second node has the block already, nobody waits for the first one."""
    as_of = recent()
    slow, fast = Node(coming(as_of, 600)), Node(coming(as_of, 0))
    with serving(slow, fast):
        wallet = Wallet(folder, {"eip155:1": [slow, fast]}, as_of - timedelta(minutes=5), EVERY_MINUTE)
        begun = time.monotonic()
        assert wallet.take(as_of)[0].is_complete
        assert time.monotonic() - begun < 15


@pytest.mark.every
@pytest.mark.parametrize("bound", [0, 3])
def test_the_wait_is_bounded(folder: Path, bound: int) -> None:
    """When the block does not come within the bound the instant fails by name, and the next run asks for it again."""
    as_of = recent()
    node = Node(coming(as_of, 600))
    with serving(node):
        wait = f"head_wait_seconds = {seconds(datetime.now(UTC)) - seconds(as_of) + bound if bound else 0}"
        wallet = Wallet(folder, {"eip155:1": [node]}, as_of - timedelta(minutes=5), EVERY_MINUTE, wait)
        begun = time.monotonic()
        assert not wallet.take(as_of)[0].is_complete
        assert time.monotonic() - begun < bound + 25
        assert wallet.rows(STATED) == [("failed", "not_point_in_time")]
        node.chain = coming(as_of, 0)
        assert wallet.take(as_of)[0].is_complete


@pytest.mark.every
def test_other_chains_go_on_meanwhile(folder: Path) -> None:
    """One chain that waits keeps no other from being asked, though only one request may be under way."""
    as_of = recent()
    late, other = Node(coming(as_of, 4)), Node(coming(as_of, 0))
    late.chain.number, other.chain.number = 1, 10
    ended: list[float] = []

    def noted(method: str, _params: list[object], _block: int | None, result: object) -> object:
        if method == "eth_call":
            ended.append(time.monotonic())
        return result

    other.bend = noted
    with serving(late, other):
        nodes = {"eip155:1": [late], "eip155:10": [other]}
        wallet = Wallet(folder, nodes, as_of - timedelta(minutes=5), EVERY_MINUTE, "concurrency = 1")
        begun = time.monotonic()
        assert wallet.take(as_of)[0].is_complete
        assert ended
        assert ended[0] - begun < time.monotonic() - begun - 1


@pytest.mark.every
def test_a_stop_ends_the_wait(folder: Path) -> None:
    """A run that is told to stop while it waits ends at once, with what it was answered kept."""
    as_of = recent()
    node = Node(coming(as_of, 600))
    with serving(node):
        more = "head_wait_seconds = 3000"
        wallet = Wallet(folder, {"eip155:1": [node]}, as_of - timedelta(minutes=5), EVERY_MINUTE, more)
        command = [".venv/bin/portfolio", "snapshot", "--at", f"{as_of:%Y-%m-%dT%H:%M}"]
        environment = os.environ | {"PORTFOLIO_CONFIG": str(wallet.write())}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            deadline = time.monotonic() + 60
            while node.seen.count("eth_getBlockByNumber") < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(0.5)
            run.send_signal(signal.SIGTERM)
            told = time.monotonic()
            run.wait(30)
            assert time.monotonic() - told < 10
            assert run.returncode != 0


@pytest.mark.every
def test_simulated_time_is_not_waited_for(folder: Path) -> None:
    """In simulated mode nothing waits: a node that is behind fails the instant at once."""
    as_of = recent()
    node = Node(coming(as_of, 600))
    with serving(node):
        wallet = Wallet(folder, {"eip155:1": [node]}, as_of - timedelta(minutes=5), EVERY_MINUTE)
        path = wallet.write()
        path.write_text(path.read_text(encoding="utf-8").replace('"real"', '"simulated"'), encoding="utf-8")
        begun = time.monotonic()
        done = subprocess.run(
            [".venv/bin/portfolio", "snapshot", "--at", f"{as_of:%Y-%m-%dT%H:%M}"],
            env=os.environ | {"PORTFOLIO_CONFIG": str(path)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert time.monotonic() - begun < 30
        assert done.returncode != 0
