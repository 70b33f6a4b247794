"""Promises of the simulator as a process: the same everywhere, alone in its house, and easy to end."""

import ast
import hashlib
import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import dagster_project.simulator
from dagster_project.simulator.book.assets import ASSETS
from dagster_project.simulator.book.elsewhere import ASSETS_ELSEWHERE
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT, END_AT, utc
from tests.simulator.running_simulator import COMMAND, NOW, Simulator, address, started

PACKAGE = "dagster_project.simulator"
FOLDER = Path(dagster_project.simulator.__path__[0])

LEDGER_DIGEST = "272499b60506699820122fe71f2455c2d38ef566f8d6bc390a7ec1fbb031a6ba"
WHOLE_DIGEST = "6d828cad2324d44c9e0526fa8175ea599a57501d590ca74f9c2db90522cfff0e"
PRICES_DIGEST = "e0957791b8e60dabd46091dd4bc2164d296feb0989f281d3a5cb12607f9fc72a"


@pytest.mark.every
def test_two_processes_answer_with_the_same_bytes(simulator: Simulator) -> None:
    """Two simulators with different hash seeds give the same bytes for the same questions at the same lived time."""
    several = ",".join(address(label) for label in ("cold", "trading", "grants"))
    questions = [
        (f"/credmark/v1/portfolio/1/{accounts}/value?{query}", now)
        for accounts in (address("treasury"), several, "nobody")
        for query in ("includePositions=true", f"timestamp={NOW}&quoteAddress=0x3d2", "timestamp=1&blockNumber=2")
        for now in (utc(2025, 7, 4), utc(2026, 3, 14), NOW)
    ]

    treasury, desk = address("treasury"), address("solana-desk")
    questions += [
        (path, now)
        for path in (
            f"/oneinch/portfolio/portfolio/v5.0/tokens/snapshot?addresses={treasury}&timestamp={NOW}",
            f"/oneinch/portfolio/portfolio/v5.0/protocols/metrics?addresses={treasury}&addresses={address('trading')}",
            f"/oneinch/portfolio/portfolio/v5.0/general/current_value?addresses={treasury}",
            f"/oneinch/portfolio/portfolio/v5.0/general/report?addresses={treasury}",
            f"/oneinch/balance/v1.2/8453/balances/{treasury}",
            f"/onebalance/api/v2/balances/aggregated-balance?address={treasury}",
            f"/onebalance/api/v3/balances/aggregated-balance?account=solana:{desk}&aggregatedAssetId=ob:sol",
            "/onebalance/api/v3/balances/aggregated-balance",
        )
        for now in (utc(2025, 7, 4), NOW)
    ]

    def answers(asked: Simulator) -> list[tuple[int, bytes]]:
        got = [asked.ask(path, now=now) for path, now in questions]
        got.append(asked.http.get(f"{asked.url}/_simulator/ledger"))
        return [(answer.status_code, answer.content) for answer in got]

    with started(PYTHONHASHSEED="2") as other:
        assert answers(other) == answers(simulator)
    assert {status for status, _ in answers(simulator)} == {200, 400, 503}


def test_the_book_is_the_same_on_every_machine() -> None:
    """Ledger and prices have the digests written down here, which change only when the book is changed on purpose."""
    book = hashlib.sha256("\n".join(ledger().json_lines()).encode())
    prices = hashlib.sha256()
    for asset in ASSETS:
        for at in range(BEGIN_AT, END_AT, 100_003):
            prices.update(repr(price_usd(asset.id, at)).encode())
    assert (book.hexdigest(), prices.hexdigest()) == (LEDGER_DIGEST, PRICES_DIGEST)
    whole = hashlib.sha256("\n".join(whole_ledger().json_lines()).encode())
    for asset in ASSETS_ELSEWHERE:
        for at in range(BEGIN_AT, END_AT, 100_003):
            whole.update(repr(price_usd(asset.id, at)).encode())
    assert whole.hexdigest() == WHOLE_DIGEST


@pytest.mark.every
def test_the_ledger_is_written_as_json_lines(simulator: Simulator) -> None:
    """The command and the control route write every entry as one JSON line, whole amounts as text."""
    dumped = subprocess.run([*COMMAND, "--ledger"], check=True, capture_output=True, text=True).stdout
    assert simulator.http.get(f"{simulator.url}/_simulator/ledger").text == dumped
    lines = [json.loads(line) for line in dumped.splitlines()]
    assert [(line["at"], line["account"], line["asset"], int(line["raw_delta"])) for line in lines] == [
        (entry.at, entry.account, entry.asset, entry.raw_delta) for entry in whole_ledger().entries
    ]
    assert all(isinstance(line["raw_delta"], str) for line in lines)
    members = {"at", "account", "asset", "raw_delta", "kind", "ref", "note", "layer", "address", "symbol", "decimals"}
    assert all(set(line) - {"position"} == members for line in lines)
    assert all((line["layer"] == "wallet") != ("position" in line) for line in lines)


@pytest.mark.slow
def test_a_reader_of_the_ledger_may_leave_early() -> None:
    """Cutting the dump short, as `head` does, is no error."""
    process = subprocess.Popen([*COMMAND, "--ledger"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_nothing_of_ours_is_imported(path: Path) -> None:
    """No module of the simulator imports anything of the project from outside the simulator, by any spelling."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would hide where they lead"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            assert name.startswith(f"{PACKAGE}.") or name.partition(".")[0] != "dagster_project", name
            assert name.partition(".")[0] not in {"importlib", "dagster", "duckdb", "pyarrow"}, name


@pytest.mark.slow
def test_nothing_of_ours_is_loaded() -> None:
    """A process that has made the app has loaded nothing of the project but the simulator."""
    program = f"import sys, {PACKAGE}.app as app; app.create_app(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    ours = {name for name in loaded if name.partition(".")[0] == "dagster_project"}
    assert {name for name in ours if not name.startswith(PACKAGE)} == {"dagster_project"}
    assert not {"dagster", "duckdb", "pyarrow", "httpx"} & set(loaded)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(number: signal.Signals) -> None:
    """Told to stop by a signal, even while an answer is on its slow way, it exits with 0 after exactly one line."""
    process = subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
    with process, httpx.Client(trust_env=False) as http:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"simulator listening on (http://127\.0\.0\.1:[1-9][0-9]*)\n", line)
        assert found, line
        simulator = Simulator(found[1], http)
        simulator.order("slow_first_byte", seconds=300)
        with pytest.raises(httpx.ReadTimeout):
            http.get(
                f"{simulator.url}/credmark/v1/portfolio/1/{address('cold')}/value",
                headers=simulator.headers(),
                timeout=0.2,
            )
        process.send_signal(number)
        rest, _ = process.communicate(timeout=20)
    assert (process.returncode, rest) == (0, "")


@pytest.mark.slow
def test_it_dies_with_its_parent() -> None:
    """With its standard input in the hands of a parent that is killed, the simulator ends by itself."""
    program = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([*{COMMAND!r}, '--stop-with-stdin'], stdin=subprocess.PIPE)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().split()[-1]
        assert httpx.get(f"{url}/credmark/health", trust_env=False).status_code == 200
        parent.kill()
        # the simulator has inherited the pipe: its end comes only when the simulator is gone too
        rest, _ = parent.communicate(timeout=20)
        assert rest == ""
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/credmark/health", trust_env=False)


def test_only_loopback_is_bound(simulator: Simulator) -> None:
    """Unless told otherwise it listens at the one loopback address, and at no other even of this machine."""
    port = int(simulator.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", port)) != 0


def test_a_taken_port_is_a_sentence() -> None:
    """An address that cannot be bound ends in exit code 1 and one line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        failed = subprocess.run([*COMMAND, "--port", port], check=False, capture_output=True, text=True)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert failed.stderr.count("\n") == 1
    assert failed.stdout == ""
