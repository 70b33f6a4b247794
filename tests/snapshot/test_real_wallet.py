"""The promise on real input: the published numbers of a real wallet arrive to the last digit, in real mode."""

import csv
import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dagster_project.settings.template import real_settings
from tests.portfolio import Portfolio

WALLET = "0x295B61866dAA53a76CE4b3a927EFAF0059b4a90A"
POSITIONS = (
    ("0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", 0.2747114942399529, 1894.37, 520.4052133433395),
    ("0x43f11c02439e2736800433b4594994bd43cd066d", 1370583.044686943, 7.899819514313488e-8, 0.10827358682405108),
    ("0x68cfb82eacb9f198d508b514d898a403c449533e", 6992.117661177189, 0.002415927069032182, 16.89244632749596),
    ("0x8588d3a5fa9f63fa150815a88fc97183104fb6dc", 250, 0.0029783882746327395, 0.7445970686581849),
    ("0x88acdd2a6425c3faae4bc9650fd7e27e0bebb7ab", 57.912372252507524, 1.3297008977999742, 77.00613337788558),
    ("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", 31.62, 0.99980957, 31.613978603400003),
    ("0xcf0c122c6b73ff809c693db761e7baebe62b6a2e", 1370583.044686943, 0.00002653052314195368, 36.36228518503628),
    ("0xf61cacbd97a5f41e9bec170f21a8ff0b276b0266", 21129.148888, 0, 0),
)
UNNAMED = '# base_url = "https://gateway.example.com"'
"""What new settings say where a vendor's address is gone."""

PUBLISHED = Path(__file__).parents[3] / "shared" / "contracts" / "payloads" / "credmark" / "value_with_positions.json"


def own_body() -> bytes:
    """Write the published numbers of block 17564213 in a body of our own."""
    names = ("tokenAddress", "balance", "tokenPrice", "value")
    return json.dumps({
        "accounts": [WALLET],
        "chainId": 1,
        "blockNumber": 17564213,
        "blockTimestamp": 1687789943,
        "quoteAddress": "0x0000000000000000000000000000000000000348",
        "positions": [dict(zip(names, position, strict=True)) for position in POSITIONS],
        "value": 683.1329274926395,
    }).encode()  # fmt: skip


@contextmanager
def serving(body: bytes) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Serve one body to every question on a real socket; gives the address and what was asked with which key."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Authorization", "")))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def take_real(portfolio: Portfolio, body: bytes, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Take the wallet's snapshot in real mode through the command; gives current_value as it prints it."""
    monkeypatch.setenv("CREDMARK_API_KEY", "a-key-that-is-marked")
    with serving(body) as (url, asked):
        text = real_settings([(WALLET, "wallet")], datetime(2023, 6, 26, tzinfo=UTC), ["credmark"])
        text = text.replace(UNNAMED, f'base_url = "{url}"', 1).replace('"0 0 * * *"', '"0 * * * *"')
        text = text.replace("grace_minutes = 90", "grace_minutes = 30")
        portfolio.config.write_text(text)
        done = portfolio.command("snapshot", "--at", "2023-06-26T15:00")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    value = f"/v1/portfolio/1/{WALLET}/value?includePositions=true"
    (path,) = (path for path, _ in asked if path.startswith(value))
    assert path == f"{value}&quoteAddress=0x0000000000000000000000000000000000000348&timestamp=1687791600"
    assert {key for _, key in asked} == {"Bearer a-key-that-is-marked"}
    answered = portfolio.command("ask", "current_value", "--format", "csv", check=True)
    return list(csv.DictReader(io.StringIO(answered.stdout)))


def expect_published(rows: list[dict[str, str]]) -> None:
    """Hold the answer against what was published of the wallet."""
    (total,) = [row for row in rows if row["per"] == "total"]
    assert float(total["stated_value_usd"]) == 683.1329274926395
    assert total["value_usd"] == "683.132927"
    assert total["holdings"] == "8"
    assert total["unpriced_count"] == "1"
    assert total["as_of"] == "2023-06-26 15:00:00"


@pytest.mark.every
def test_a_real_wallet_arrives_exactly(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The published numbers of a real wallet give its stated total bit for bit, its booked one, one unpriced."""
    expect_published(take_real(portfolio, own_body(), monkeypatch))
    real = portfolio.folder / "data" / "real"
    assert (real / "portfolio.duckdb").exists()
    assert not (portfolio.folder / "data" / "simulated").exists()
    for file in real.rglob("*"):
        assert not file.is_file() or b"a-key-that-is-marked" not in file.read_bytes(), file


@pytest.mark.every
def test_the_published_payload_arrives_exactly(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The body as the vendor published it gives the same."""
    if not PUBLISHED.exists():
        pytest.skip("the vendor's own payload files are not beside this checkout")
    expect_published(take_real(portfolio, PUBLISHED.read_bytes(), monkeypatch))
    assert os.environ["CREDMARK_API_KEY"] == "a-key-that-is-marked"
