"""Serve cases on loopback in the shape of 1inch Portfolio v5.0 and take their history as a user does."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from dagster_project.settings.load import load
from dagster_project.snapshot.history import Job, take_history
from tests.metrics.known.book import Case, Position, Token, address

START = datetime(2026, 3, 1, tzinfo=UTC)
LENDING = ("aave", "Aave")
POOLS = ("uniswap", "Uniswap")


@dataclass(frozen=True)
class Book:
    """The cases that are served together, one wallet each, and how far their steps are apart."""

    cases: Sequence[Case]
    steps: int
    length: timedelta
    cron: str

    def instant(self, step: int) -> datetime:
        """Give the instant of a step."""
        return START + step * self.length

    def wallet(self, case: Case) -> str:
        """Give the address of a case's wallet."""
        return f"0x{0x7000 + self.cases.index(case):040x}"


def _token(one: Token) -> dict[str, object]:
    return {
        "address": one.address, "decimals": one.decimals, "amount": one.amount, "price_usd": one.price,
        "value_usd": one.value, "symbol": one.symbol, "name": one.symbol, "chain": one.chain,
    }  # fmt: skip


def _token_row(one: Token, owner: str, at: int) -> dict[str, object]:
    return {
        "index": one.address, "contract_address": one.address, "address": owner, "protocol_type": "token",
        "protocol_group_id": "token", "asset_sign": 1, "value_usd": one.value, "chain": one.chain, "timestamp": at,
        "underlying_tokens": [_token(one)],
    }  # fmt: skip


def _position_row(one: Position, owner: str, at: int) -> dict[str, object]:
    group, name = POOLS if one.kind == "liquidity" else LENDING
    return {
        "index": f"{one.name}{one.sign:+d}", "contract_address": address(0x900 + sum(map(ord, one.name)) % 0x600),
        "address": owner, "protocol_type": one.kind, "protocol_group_id": group, "protocol_group_name": name,
        "asset_sign": one.sign, "value_usd": one.sign * sum(leg.value for leg in one.legs), "chain": one.legs[0].chain,
        "timestamp": at, "underlying_tokens": [_token(leg) for leg in one.legs],
        "reward_tokens": [_token(leg) for leg in one.rewards],
    }  # fmt: skip


def _handler(book: Book) -> type[BaseHTTPRequestHandler]:
    owners = {book.wallet(case): case for case in book.cases}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            """Answer the two snapshots; everything else is empty."""
            url = urlparse(self.path)
            rows: list[dict[str, object]] = []
            if url.path.endswith("/snapshot"):
                asked = parse_qs(url.query)
                owner, at = asked["addresses"][0].lower(), int(asked["timestamp"][0])
                step = round((at - START.timestamp()) / book.length.total_seconds())
                if (held := owners[owner].held(step)) is None:
                    self._send(500, {"error": "no answer"})
                    return
                tokens, positions = held
                rows = (
                    [_token_row(one, owner, at) for one in tokens]
                    if "/tokens/" in url.path
                    else [_position_row(one, owner, at) for one in positions]
                )
            self._send(200, {"result": rows})

        def _send(self, status: int, body: dict[str, object]) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

    return Handler


@contextmanager
def _serving(book: Book) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(book))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _settings(book: Book, port: int) -> str:
    rules = {rule for case in book.cases for rule in case.rules}
    accounts = []
    for case in book.cases:
        chains = sorted({one.chain for step in range(book.steps) for one in _everything(case, step)})
        names = ", ".join(f'"eip155:{chain}"' for chain in chains)
        groups = ", ".join(f'"{name}"' for name in case.groups)
        accounts.append(
            f'[[accounts]]\naddress = "{book.wallet(case)}"\nlabel = "{case.name}"\n'
            f"chains = [{names}]\ngroups = [{groups}]"
        )
    return "\n".join((
        'mode = "real"',
        f'[snapshots]\ncron = "{book.cron}"\nstart = "{START:%Y-%m-%d}"\nchains = ["eip155:1"]',
        *accounts,
        *(f"[[assets]]\n{rule}" for rule in sorted(rules)),
        f'[providers.oneinch_portfolio]\nbase_url = "http://127.0.0.1:{port}"\nrequests_per_second = 2000.0',
        'monthly_quota = 10000000\nconcurrency = 4\nseries_every = "never"',
        '[record]\norder = ["oneinch_portfolio"]\n',
    ))  # fmt: skip


def _everything(case: Case, step: int) -> list[Token]:
    tokens, positions = case.held(step) or ((), ())
    return [*tokens, *(leg for one in positions for leg in one.legs)]


def take(book: Book, folder: Path) -> Path:
    """Take the whole history into a folder and give the published file; the environment has a key and the folder."""
    config = folder / "portfolio.toml"
    with _serving(book) as port:
        config.write_text(_settings(book, port), encoding="utf-8")
        settings = load(datetime.now(UTC), config)
        take_history(settings, Job(tuple(book.instant(step) for step in range(book.steps))))
    return settings.paths.published
