"""Credmark's API from the history: the documents' shapes and grid, the answers' numbers, the official SDK unchanged."""

import json
import os
import random
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.serve.whom import address_of, unix
from dagster_project.warehouse.ask import answer
from tests.portfolio import FIRST, Portfolio, day
from tests.serve.conftest import LAST, MISSED
from tests.serve.copying import Copy
from tests.serve.running_server import Server, served
from tests.simulator.running_simulator import Simulator, address

RANDOM = random.Random(99)  # noqa: S311 - instants to ask about, always the same
INSTANTS = [FIRST + timedelta(seconds=RANDOM.randrange((LAST + 1) * 86_400)) for _ in range(20)]
DAY = 86_400


def ask(server: Server, path: str, *labels: str, chain: int = 1, **params: object) -> dict[str, Any]:
    """Give the body of an answer about labels, decimals as such."""
    accounts = ",".join(address(label) for label in labels)
    response = server.get(f"/v1/portfolio/{chain}/{accounts}/{path}", **params)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = json.loads(response.text, parse_float=Decimal)
    return body


def counted(history: Portfolio, label: str, at: object, chain: str = "eip155:1") -> list[dict[str, Any]]:
    """Give the tokens that count, as tokens_snapshot has them in SQL."""
    rows = answer(history.published, "tokens_snapshot", account=label, chain=chain, as_of=at).dicts()
    return [row for row in rows if row["is_counted"]]


def at(number: float) -> int:
    """Give Unix seconds of a day after the first."""
    return int(day(number).timestamp())


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_numbers_are_those_of_the_answers(server: Server, history: Portfolio, instant: datetime) -> None:
    """At any instant value, positions and returns say what the answers say of the wallet, to the last digit."""
    seconds = int(instant.timestamp())
    if day(MISSED) <= instant < day(MISSED + 1):
        response = server.get(f"/v1/portfolio/1/{address('treasury')}/value", timestamp=seconds)
        assert (response.status_code, response.json()["error"]) == (400, "Bad Request")
        assert "missed_tick" in response.json()["message"][0]
        return
    for label in ("treasury", "trading"):
        rows = counted(history, label, instant)
        body = ask(server, "value", label, timestamp=seconds, includePositions="true")
        assert body["value"] == sum(row["value_usd"] for row in rows if row["value_usd"] is not None)
        assert body["value"] == sum(one["value"] for one in body["positions"])
        assert {one["tokenAddress"]: (float(one["balance"]), one["value"]) for one in body["positions"]} == {
            address_of(row["asset_id"]): (row["amount"], row["value_usd"] or Decimal()) for row in rows
        }
        unpriced = {one["tokenAddress"] for one in body["positions"] if one["priceStatus"] == "unknown"}
        assert unpriced == {address_of(row["asset_id"]) for row in rows if row["price_status"] == "unknown"}
        assert set(body["meta"].get("data_issues", {}).get("unpriced", [])) == unpriced
        held = ask(server, "positions", label, timestamp=seconds)["positions"]
        assert [one["tokenAddress"] for one in held] == [one["tokenAddress"] for one in body["positions"]]
        gained = answer(history.published, "tokens_metrics", account=label, chain="eip155:1", until=instant).dicts()
        told = ask(server, "returns", label, timestamp=seconds)
        assert {one["tokenAddress"]: one["return"] for one in told["returns"]} == {
            address_of(str(row["asset_id"])): row["profit_abs_usd"] or Decimal() for row in gained
        }
        without = {address_of(str(row["asset_id"])) for row in gained if row["closing_usd"] is None}
        assert set(told["meta"].get("data_issues", {}).get("unpriced", [])) == without
        assert told["totalReturn"] == sum(one["return"] for one in told["returns"])


def test_the_grid_is_anchored_at_its_end(server: Server, history: Portfolio) -> None:
    """Points step back from the end, both ends inclusive, and the partial head is dropped."""
    body = ask(server, "value/historical", "treasury", startTimestamp=at(2), endTimestamp=at(9), timeInterval=3 * DAY)
    assert [round((one["blockTimestamp"] - at(0)) / DAY) for one in body["data"]] == [3, 6, 9]
    assert (round((body["startTimestamp"] - at(0)) / DAY), round((body["endTimestamp"] - at(0)) / DAY)) == (2, 9)
    for one, number in zip(body["data"], (3, 6, 9), strict=True):
        rows = counted(history, "treasury", day(number))
        assert one["value"] == sum(row["value_usd"] for row in rows if row["value_usd"] is not None)
        assert one["positions"] == []
    blocks = [one["blockNumber"] for one in body["data"]]
    step = blocks[1] - blocks[0]
    same = ask(
        server, "value/historical", "treasury",
        startBlockNumber=blocks[0], endBlockNumber=blocks[-1], blockInterval=step,
    )  # fmt: skip
    assert {one["blockNumber"] for one in same["data"]} <= set(blocks)
    assert same["data"][-1] == body["data"][-1]


def test_a_point_that_is_not_complete_is_left_out_with_its_reason(server: Server) -> None:
    """A missed tick and a point without a snapshot in its step are no points, and `meta.data_issues` says why."""
    body = ask(
        server, "value/historical", "treasury", startTimestamp=at(0), endTimestamp=at(3), includePositions="true"
    )
    assert [round((one["blockTimestamp"] - at(0)) / DAY) for one in body["data"]] == [0, 2, 3]
    (gap,) = body["meta"]["data_issues"]["leftOut"]
    assert (gap["timestamp"], gap["reason"]) == (at(MISSED), "missed_tick")
    assert all(one["positions"] for one in body["data"])
    fine = ask(
        server, "positions/historical", "treasury", startTimestamp=at(3), endTimestamp=at(4), timeInterval=DAY // 4
    )
    assert len(fine["data"]) == 2, "a value is never carried to a point that no snapshot was taken for"
    assert [one["reason"] for one in fine["meta"]["data_issues"]["leftOut"]] == ["no_snapshot"] * 3


def test_a_block_is_the_last_instant_at_or_before_it(server: Server) -> None:
    """A question for a block is answered by the snapshot whose block lies at or before it."""
    body = ask(server, "value", "treasury", timestamp=at(4))
    assert ask(server, "value", "treasury", blockNumber=body["blockNumber"] + 5) == body
    assert ask(server, "value", "treasury", blockNumber=body["blockNumber"] - 1)["blockNumber"] < body["blockNumber"]


def test_several_accounts_and_single_tokens(server: Server) -> None:
    """Accounts are echoed as they were spelled and added up; tokens leave out all others, comma-joined or repeated."""
    body = ask(server, "value", "treasury", "trading")
    assert body["accounts"] == [address("treasury"), address("trading")]
    assert body["value"] == sum(ask(server, "value", one)["value"] for one in ("treasury", "trading"))
    native, usdc = (one["tokenAddress"] for one in body["positions"][:2])
    for tokens in (f"{native},{usdc}", [native, usdc]):
        some = ask(server, "value", "treasury", "trading", tokens=tokens)
        assert some["positions"] == body["positions"][:2]
        assert some["value"] == sum(one["value"] for one in some["positions"])


@pytest.mark.parametrize(
    ("path", "params", "words"),
    [
        ("1/WALLET/value", {"blockNumber": 5, "timestamp": 5}, "Only one of {blockNumber} or {timestamp} can be set."),
        ("1/WALLET/value", {"timestamp": 5}, "the history begins at"),
        ("1/WALLET/value", {"quoteAddress": "0x3d2"}, "Invalid quote address"),
        ("1/WALLET/value", {"tokens": "USDC"}, "Invalid token address"),
        ("1/WALLET/value", {"includePositions": "perhaps"}, "valid boolean"),
        ("1/WALLET,0x1/value", {}, "Invalid account address"),
        ("1/0x" + "1" * 40 + "/value", {}, "is not watched"),
        ("77/WALLET/value", {}, "chainId must be one of the following values: 1, 10"),
        ("1/WALLET/value/historical", {}, "One of {startBlockNumber} or {startTimestamp} must be set."),
        ("1/WALLET/value/historical", {"startTimestamp": 0, "timeInterval": 60}, "more than the 4,000"),
        ("1/WALLET/value/historical", {"startTimestamp": 2**31, "endTimestamp": 1_780_000_000}, "later than it ends"),
        ("1/WALLET/value/historical", {"startTimestamp": 9, "timeInterval": 0}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_said_as_nestjs_says_it(
    server: Server, path: str, params: dict[str, object], words: str
) -> None:
    """Every fault is a 400 with status, message and error, as the vendor's own examples are."""
    response = server.get(f"/v1/portfolio/{path.replace('WALLET', address('treasury'))}", **params)
    body = response.json()
    assert (response.status_code, body["statusCode"], body["error"]) == (400, 400, "Bad Request")
    assert words in str(body["message"])


@pytest.mark.slow
def test_a_copy_made_from_our_own_api_is_the_same_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_simulator: Simulator
) -> None:
    """This project's own source asks our server as if it were Credmark, and the copy's answers equal the original's."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shared_simulator.start_over()
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    monkeypatch.setenv("PORTFOLIO_DATA", str(folders[0] / "data"))
    original = Portfolio(folders[0], shared_simulator)
    original.take(0, 2, 3)
    with served(original) as server:
        monkeypatch.setenv("PORTFOLIO_DATA", str(folders[1] / "data"))
        copy = Copy(folders[1], shared_simulator, server_url=server.url, series_every="tick")
        copy.take(0, 2, 3)
    for name in ("value_chart", "current_value", "tokens_snapshot", "tokens_metrics", "value_change", "coverage"):
        mine, theirs = (answer(one.published, name).dicts() for one in (copy, original))
        told = ("observed_at", "stated_value_usd", "symbol", "name", "decimals", "raw_origin")
        assert [{key: value for key, value in row.items() if key not in told} for row in mine] == [
            {key: value for key, value in row.items() if key not in told} for row in theirs
        ], name
    assert {row["status"] for row in answer(copy.published, "coverage").dicts()} == {"recorded", "missing"}


@pytest.mark.slow
def test_the_official_sdk_reads_our_server(server: Server, history: Portfolio, tmp_path: Path) -> None:
    """The vendor's own Python client, as it was published, reads value, positions, their history and returns."""
    python = tmp_path / "sdk" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "sdk"], check=True, timeout=120)
    install: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "credmark==1.5.0",
    ]
    installed = subprocess.run(install, text=True, capture_output=True, timeout=300, check=False)
    if installed.returncode:
        pytest.skip(f"pip install credmark==1.5.0 needs a package registry: {installed.stderr.splitlines()[-1]}")
    session = Path(__file__).with_name("sdk_session.py")
    ran = subprocess.run(
        [python, session, server.url, address("treasury"), str(at(2)), str(at(LAST))],
        text=True, capture_output=True, timeout=120, check=False,
        env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    rows = counted(history, "treasury", day(LAST))
    worth = float(sum(row["value_usd"] for row in rows if row["value_usd"] is not None))
    assert told["plain"] == told["full"][0] == worth
    assert dict(told["held"]) == {address_of(row["asset_id"]): row["amount"] for row in rows}
    assert [round((seconds - at(0)) / DAY) for seconds, _ in told["history"]] == list(range(2, LAST + 1))
    assert told["history"][-1][1] == worth
    assert len(told["held_history"]) == LAST - 1
    gained: list[dict[str, Any]] = answer(
        history.published, "tokens_metrics", account="treasury", chain="eip155:1"
    ).dicts()
    assert told["gained"] == [float(sum(row["profit_abs_usd"] or Decimal() for row in gained)), len(gained)]
    assert "is not watched" in str(told["refused"])
    assert unix(rows[0]["as_of"]) == at(LAST)
