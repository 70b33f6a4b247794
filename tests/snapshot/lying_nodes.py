"""A node of a test's own: a real server with a chain of plain numbers, whose answers a test may bend before they leave.

What it holds and how it lies is said by the test; what is expected of it stands there too.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from eth_abi.abi import decode, encode

from dagster_project.settings.load import Settings, load
from dagster_project.snapshot.history import Job, Watch, take_history
from dagster_project.snapshot.taken import Taken
from dagster_project.warehouse.ask import query
from tests.portfolio import use_folder

MULTICALL3 = "0xca11bde05977b3631167028862be2a173976ca11"
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
COIN, USDX, AAA = 3 * 10**18, 1_000_000_000, 5 * 10**18
HELD = {"0x" + "a1" * 20: USDX, "0x" + "a2" * 20: AAA}
WALLET = "0x" + "11" * 20
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
BEGINS = int((TODAY - timedelta(days=30)).timestamp()) + 5
HASH = "5e" * 24
"""What a block's hash begins with; its number follows."""

Bend = Callable[[str, list[Any], int | None, Any], Any]
"""Gets method, parameters, the block that is asked for and the honest result; gives what is sent."""


class Refusal(NamedTuple):
    """What a bend gives where the node refuses: an error instead of a result."""

    code: int
    message: str


def honest(_method: str, _params: list[Any], _block: int | None, result: Any) -> Any:  # noqa: ANN401 - any JSON
    """Send what is true."""
    return result


@dataclass
class Chain:
    """Blocks every `seconds` from `begins_at` on, the first of number `first`; what `time_of` adds is a halt.

    A token has 18 decimals unless `decimals` says otherwise; of one with None the contract returns nothing.
    """

    begins_at: int
    first: int = 20_000_000
    seconds: int = 12
    number: int = 1
    halts: tuple[int, int] | None = None
    holds: dict[str, int] = field(default_factory=lambda: dict(HELD))
    coin: int = COIN
    has_weth: bool = True
    decimals: dict[str, int | None] = field(default_factory=dict)
    sees_until: Callable[[], float] = lambda: datetime.now(UTC).timestamp()

    def time_of(self, block: int) -> int:
        """When a block was made."""
        at = self.begins_at + (block - self.first) * self.seconds
        return at + self.halts[1] - self.halts[0] if self.halts and at >= self.halts[0] else at

    @property
    def head(self) -> int:
        """The latest block."""
        block = self.first + int(self.sees_until() - self.begins_at) // self.seconds
        while self.time_of(block) > self.sees_until():
            block -= 1
        return block

    def header(self, block: int) -> dict[str, str] | None:
        """A block; none beyond the head."""
        if not self.first <= block <= self.head:
            return None
        return {"number": hex(block), "hash": f"0x{HASH}{block:016x}", "timestamp": hex(self.time_of(block))}

    def answer(self, method: str, params: list[Any]) -> tuple[int | None, Any]:
        """Give the block that is asked for, and the honest result."""
        if method == "eth_chainId":
            return None, hex(self.number)
        if method == "eth_getLogs":
            return None, []
        if method == "eth_getBlockByNumber":
            return None, self.header(self.head if params[0] == "latest" else int(params[0], 16))
        named = params[1]["blockHash"][-16:] if isinstance(params[1], dict) else params[1]
        block = int(named, 16)
        if method == "eth_getBalance":
            return block, hex(self.coin)
        if method == "eth_getCode":
            return block, "0x60" if self._is_contract(params[0], block) else "0x"
        return block, f"0x{self.called(params[0]['to'], bytes.fromhex(params[0]['data'][2:]), block).hex()}"

    def _is_contract(self, address: str, block: int) -> bool:
        is_multicall = address == MULTICALL3 and block >= 14_353_601
        return is_multicall or address in self.holds or (self.has_weth and address == WETH)

    def called(self, target: str, data: bytes, block: int) -> bytes:
        """What a contract returns."""
        if not self._is_contract(target, block):
            return b""
        selector = data[:4].hex()
        numbers: dict[str, int | None] = {
            "0f28c97d": self.time_of(block),
            "42cbb15c": block,
            "4d2301cc": self.coin,
            "18160ddd": 10**24,
        }
        numbers |= {"70a08231": self.holds.get(target, 0), "313ce567": self.decimals.get(target, 18)}
        if selector == "82ad56cb":
            (calls,) = decode(["(address,bool,bytes)[]"], data[4:])
            got = [(True, self.called(one, inner, block)) for one, _, inner in calls]
            return encode(["(bool,bytes)[]"], [got])
        if selector not in numbers:
            return encode(["string"], ["X"])
        return b"" if numbers[selector] is None else encode(["uint256"], [numbers[selector]])


@dataclass
class Node:
    """A chain behind an address, with what it was asked."""

    chain: Chain
    bend: Bend = honest
    url: str = ""
    seen: list[str] = field(default_factory=list)


@contextmanager
def serving(*nodes: Node) -> Iterator[None]:
    """Let nodes answer, each at an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer one question."""
            node = nodes[int(self.path.strip("/"))]
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            method, params = asked["method"], asked["params"]
            node.seen.append(method)
            block, result = node.chain.answer(method, params)
            bent = node.bend(method, params, block, result)
            said = {"error": bent._asdict()} if isinstance(bent, Refusal) else {"result": bent}
            sent = {"jsonrpc": "2.0", "id": asked["id"]} | said
            body = json.dumps(sent).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        for index, node in enumerate(nodes):
            node.url = f"http://127.0.0.1:{server.server_port}/{index}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder whose portfolio is nobody else's."""
    use_folder(monkeypatch, tmp_path)
    return tmp_path


@dataclass
class Wallet:
    """A real portfolio of one wallet, priced by nobody, asked at the nodes of a test."""

    folder: Path
    nodes: dict[str, list[Node]]
    start: datetime
    cron: str = "0 0 * * *"
    more: str = ""
    asks: tuple[str, ...] = tuple(HELD)
    prices: str = 'prices = "others"'

    def write(self) -> Path:
        """Write the settings file."""
        endpoints = "\n".join(
            f'"{chain}" = [{", ".join(f"""{{ url = "{one.url}", requests_per_second = 9999 }}""" for one in nodes)}]'
            for chain, nodes in self.nodes.items()
        )
        tokens = json.dumps([f"{chain}/erc20:{token}" for chain in self.nodes for token in self.asks])
        text = (
            f'mode = "real"\n[snapshots]\ncron = "{self.cron}"\nstart = "{self.start:%Y-%m-%dT%H:%M}"\n'
            f"grace_minutes = 0\nchains = {json.dumps(list(self.nodes))}\n"
            f'[[accounts]]\naddress = "{WALLET}"\nlabel = "w"\n'
            f"[providers.onchain]\n{self.prices}\ntokens = {tokens}\n{self.more}\n"
            f"[providers.onchain.endpoints]\n{endpoints}\n"
        )
        path = self.folder / "portfolio.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def settings(self) -> Settings:
        """Read the settings."""
        return load(datetime.now(UTC), self.write())

    def take(self, *instants: datetime, heals: bool = False) -> list[Taken]:
        """Take snapshots in this process."""
        taken: list[Taken] = []
        take_history(self.settings(), Job(instants, heals=heals), Watch(stored=taken.append))
        return taken

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask SQL of the published file."""
        return list(query(self.settings().paths.published, sql).rows)
