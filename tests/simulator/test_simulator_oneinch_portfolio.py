"""Promises of 1inch's Portfolio dialect: the captured contract's shape, the observed wire, numbers from the ledger."""

import csv
import io
from typing import Any

import httpx
import pytest

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL
from dagster_project.simulator.book.assets import ASSET_BY_ID, ASSET_BY_KEY, NATIVE_ADDRESS
from dagster_project.simulator.book.blocks import CLOCKS
from dagster_project.simulator.book.chains import EVM_CHAINS
from dagster_project.simulator.book.positions import POSITIONS
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT, DAY, utc
from tests.simulator.oneinch_contract import contract, hold
from tests.simulator.running_simulator import NOW, Simulator, address

BASE = "/oneinch/portfolio/portfolio/v5.0"
CONTRACT = "portfolio_v5.0_openapi_2025-07-26.json"
PAST = NOW - 30 * DAY
NOBODY = "0x" + "0" * 40
WITH_ADDRESSES = (
    *("general/current_value", "general/chart", "tokens/snapshot", "tokens/metrics"),
    *("protocols/snapshot", "protocols/metrics"),
)
PLAIN = ("general/status", "general/supported_chains", "general/supported_protocols")


def ask(simulator: Simulator, path: str, *labels: str, now: int = NOW, **params: str) -> httpx.Response:
    """Ask about labels or addresses."""
    spelled = [address(label) if label in ACCOUNT_BY_LABEL else label for label in labels]
    asked: dict[str, str | list[str]] = {**params, **({"addresses": spelled} if spelled else {})}
    return simulator.ask(f"{BASE}/{path}", asked, now=now)


def rows(simulator: Simulator, path: str, *labels: str, now: int = NOW, **params: str) -> list[dict[str, Any]]:
    """The rows of an answer that is fine."""
    answer = ask(simulator, path, *labels, now=now, **params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["result"]
    return found


def as_documented(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the wire with the names of the documents, without what only the wire has."""
    row = {"chain_id" if name == "chain" else name: value for name, value in row.items()}
    for member in ("underlying_tokens", "reward_tokens"):
        row[member] = [
            {"chain" if name == "chain_id" else name: value for name, value in token.items() if name != "value_usd"}
            for token in row[member]
        ]
    return row


@pytest.mark.parametrize("path", [*WITH_ADDRESSES, *PLAIN])
@pytest.mark.parametrize("label", ["treasury", "tiny", "operations", "0x" + "1" * 40])
def test_the_documented_form_is_the_captured_contract(simulator: Simulator, path: str, label: str) -> None:
    """In the documented form every body is what the OpenAPI file declares, with no member beside."""
    document = contract(CONTRACT)
    simulator.speak(oneinch="documented")
    answer = ask(simulator, path) if path in PLAIN else ask(simulator, path, label)
    assert answer.status_code == 200
    hold(document, f"/portfolio/v5.0/{path}", "get", 200, answer.json())


@pytest.mark.parametrize("path", ["tokens/snapshot", "protocols/snapshot"])
@pytest.mark.parametrize("timestamp", [PAST, NOW])
def test_the_wire_differs_from_the_documents_in_names_only(simulator: Simulator, path: str, timestamp: int) -> None:
    """The usual form has an envelope, `chain` above, `chain_id` and a value in tokens, and is otherwise the same."""
    observed = rows(simulator, path, "treasury", "trading", timestamp=str(timestamp))
    assert all("chain" in row and "chain_id" not in row for row in observed)
    tokens = [token for row in observed for token in row["underlying_tokens"]]
    assert all("chain_id" in token and "value_usd" in token for token in tokens)
    simulator.speak(oneinch="documented")
    documented = ask(simulator, path, "treasury", "trading", timestamp=str(timestamp)).json()
    documented = documented if path == "tokens/snapshot" else documented["result"]
    assert [as_documented(row) for row in observed] == documented


@pytest.mark.parametrize("label", ["treasury", "trading", "operations", "grants", "cold"])
def test_token_rows_follow_from_the_ledger(simulator: Simulator, label: str) -> None:
    """One row for each token and chain, with the ledger's amount and price, and the zero address for the holder."""
    expected = {}
    for asset_id, raw in whole_ledger().holdings(label, NOW).items():
        asset = ASSET_BY_ID[asset_id]
        clock = CLOCKS[asset.chain]
        price = price_usd(asset_id, clock.time_of(clock.at_or_before(NOW)))
        amount = raw / asset.unit
        expected[int(asset.chain.partition(":")[2]), asset.address] = (amount, price, amount * price if price else 0)
    found = rows(simulator, "tokens/snapshot", label)
    assert {
        (row["chain"], row["contract_address"]): (
            row["underlying_tokens"][0]["amount"],
            row["underlying_tokens"][0]["price_usd"] or None,
            row["value_usd"],
        )
        for row in found
    } == expected
    assert {row["address"] for row in found} == {NOBODY}
    assert all(row["underlying_tokens"][0]["address"] == row["contract_address"] for row in found)
    assert len({row["index"] for row in found}) == len(found)


def test_rows_of_several_accounts_are_added_up(simulator: Simulator) -> None:
    """Tokens of several accounts come as one row each, under the zero address; positions keep their holder's."""
    alone = [rows(simulator, "tokens/snapshot", label) for label in ("treasury", "trading")]
    together = rows(simulator, "tokens/snapshot", "treasury", "trading", "treasury")
    amounts: dict[str, float] = {}
    for row in (*alone[0], *alone[1]):
        amounts[row["index"]] = amounts.get(row["index"], 0.0) + row["underlying_tokens"][0]["amount"]
    assert {row["index"]: row["underlying_tokens"][0]["amount"] for row in together} == pytest.approx(amounts)
    positions = rows(simulator, "protocols/snapshot", "treasury", "trading")
    holders = {ACCOUNT_BY_LABEL[label].address for label in ("treasury", "trading")}
    assert {row["address"] for row in positions} == holders


def test_rows_of_now_have_no_time_and_rows_of_the_past_have_their_blocks(simulator: Simulator) -> None:
    """Without a timestamp block and time are null; with one they are those of the chain's last block by then."""
    for path in ("tokens/snapshot", "protocols/snapshot"):
        now = rows(simulator, path, "treasury")
        assert {(row["block_number"], row["timestamp"]) for row in now} == {(None, None)}
        for row in rows(simulator, path, "treasury", timestamp=str(PAST)):
            clock = CLOCKS[f"eip155:{row['chain']}"]
            assert row["block_number"] == clock.at_or_before(PAST)
            assert row["timestamp"] == clock.time_of(row["block_number"])
            assert 0 <= PAST - row["timestamp"] < clock.seconds


def test_the_past_is_answered_as_it_was(simulator: Simulator) -> None:
    """A snapshot for an instant has the amounts that a snapshot of now had when that instant was lived."""
    for path in ("tokens/snapshot", "protocols/snapshot"):
        then = rows(simulator, path, "treasury", now=PAST)
        later = rows(simulator, path, "treasury", timestamp=str(PAST))
        assert [row | {"timestamp": None, "block_number": None} for row in later] == then
        assert rows(simulator, path, "treasury", timestamp=str(BEGIN_AT - 1)) == []
        ahead = rows(simulator, path, "treasury", timestamp=str(NOW + DAY))
        assert {row["timestamp"] for row in ahead} == {
            row["timestamp"] for row in rows(simulator, path, "treasury", timestamp=str(NOW))
        }


def test_one_chain_can_be_asked(simulator: Simulator) -> None:
    """With a chain id only that chain's rows come, and none for a chain without any."""
    everything = rows(simulator, "tokens/snapshot", "trading")
    for chain in EVM_CHAINS:
        found = rows(simulator, "tokens/snapshot", "trading", chain_id=str(chain.number))
        assert found == [row for row in everything if row["chain"] == chain.number]
    assert rows(simulator, "tokens/snapshot", "trading", chain_id="137") == []


def test_the_tiny_account_by_hand(simulator: Simulator) -> None:
    """Supply 100 with a reward of 5, debt 40, the receipt of 100 in the wallet: worth 60, told in every answer."""
    (receipt,) = rows(simulator, "tokens/snapshot", "tiny")
    assert (receipt["contract_address"], receipt["value_usd"]) == (ASSET_BY_KEY["aBasEXACT@8453"].address, 100)
    supply, debt = rows(simulator, "protocols/snapshot", "tiny")
    assert (supply["asset_sign"], supply["value_usd"], supply["protocol_group_id"]) == (1, 100, "aave-v3")
    assert supply["contract_address"] == receipt["contract_address"]
    assert [token["value_usd"] for token in supply["reward_tokens"]] == [5]
    assert (debt["asset_sign"], debt["value_usd"], debt["underlying_tokens"][0]["amount"]) == (-1, -40, 40)
    value = ask(simulator, "general/current_value", "tiny").json()["result"]
    assert value["total"] == 60
    assert [(one["category_id"], one["value_usd"]) for one in value["by_category"]] == [
        ("tokens", 0),
        ("protocols", 60),
        ("native", 0),
    ]
    metrics = {row["index"]: row for row in rows(simulator, "protocols/metrics", "tiny")}
    assert (metrics[supply["index"]]["profit_abs_usd"], metrics[supply["index"]]["rewards_usd"]) == (0, 5)
    assert metrics[debt["index"]]["profit_abs_usd"] == 0


def test_the_current_value_adds_up(simulator: Simulator) -> None:
    """Each breakdown sums to the total, which is all rows with receipts counted once and debts taken off."""
    value = ask(simulator, "general/current_value", "treasury", "trading", "tiny").json()["result"]
    for member in ("by_address", "by_category", "by_chain"):
        assert sum(one["value_usd"] for one in value[member]) == pytest.approx(value["total"], rel=1e-12)
    receipts = {position.contract for position in POSITIONS if position.receipt}
    tokens = rows(simulator, "tokens/snapshot", "treasury", "trading", "tiny")
    positions = rows(simulator, "protocols/snapshot", "treasury", "trading", "tiny")
    counted = [row for row in tokens if row["contract_address"] not in receipts]
    summed = sum(row["value_usd"] for row in (*counted, *positions))
    assert summed == pytest.approx(value["total"], rel=1e-12)
    native = sum(row["value_usd"] for row in tokens if row["contract_address"] == NATIVE_ADDRESS)
    assert {one["category_id"]: one["value_usd"] for one in value["by_category"]}["native"] == pytest.approx(native)


def test_positions_carry_what_the_book_says_of_them(simulator: Simulator) -> None:
    """An NFT's number comes whole, a pool has two legs, a lock is locked, and every index finds its metrics."""
    found = {row["contract_symbol"]: row for row in rows(simulator, "protocols/snapshot", "treasury")}
    pool = found["UNI-V3-POS"]
    assert pool["token_id"] == 2**63 + 4_242
    assert [token["symbol"] for token in pool["underlying_tokens"]] == ["WETH", "USDC"]
    assert found["STAKE"]["locked"] is True
    assert found["variableDebtWETH"]["value_usd"] < 0
    metrics = {row["index"]: row for row in rows(simulator, "protocols/metrics", "treasury")}
    assert set(metrics) == {row["index"] for row in found.values()}
    fees = metrics[pool["index"]]
    assert fees["unclaimed_fees_usd"] == pytest.approx(sum(token["value_usd"] for token in pool["reward_tokens"]))
    assert fees["claimed_fees_usd"] > 0 > fees["impermanent_loss_usd"]
    (chosen,) = rows(simulator, "protocols/metrics", "treasury", token_id=str(pool["token_id"]))
    assert chosen == fees


def test_profit_is_worked_out_from_the_ledger(simulator: Simulator) -> None:
    """A token's profit is end - start - inflow + outflow at the prices of their instants, its roi a fraction."""
    ens = ASSET_BY_KEY["ENS"]
    start, end = NOW - 365 * DAY, NOW - NOW % 12 + 11
    held = whole_ledger().holding("treasury", ens.id, NOW)
    entries = whole_ledger().changes("treasury", ens.id)
    assert len(entries) == 1
    assert start < entries[0].at < end
    (row,) = [
        one
        for one in rows(simulator, "tokens/snapshot", "treasury", chain_id="1")
        if one["contract_address"] == ens.address
    ]
    opened, closed = (price_usd(ens.id, at) for at in (entries[0].at, NOW))
    assert opened is not None
    assert closed is not None
    invested = held / ens.unit * opened
    profit = held / ens.unit * closed - invested
    found = {one["index"]: one for one in rows(simulator, "tokens/metrics", "treasury")}[row["index"]]
    assert found["profit_abs_usd"] == pytest.approx(profit, rel=1e-6)
    assert found["roi"] == pytest.approx(profit / invested, rel=1e-6)
    assert found["holding_time_days"] == (NOW - entries[0].at) // DAY


def test_charts_end_with_the_current_value(simulator: Simulator) -> None:
    """The last point is the current value at the lived instant, and every point that of its own."""
    for timerange, count in (("1day", 25), ("1week", 29), ("1month", 31), ("1year", 363)):
        points = rows(simulator, "general/chart", "treasury", timerange=timerange)
        assert len(points) == count
        assert [point["timestamp"] for point in points] == sorted({point["timestamp"] for point in points})
        for point in (points[-1], points[-2]):
            value = ask(simulator, "general/current_value", "treasury", now=point["timestamp"]).json()["result"]
            assert point["value_usd"] == value["total"]


@pytest.mark.parametrize("chain", [{}, {"chain_id": "8453"}])
def test_a_chart_does_not_depend_on_the_charts_before_it(simulator: Simulator, chain: dict[str, str]) -> None:
    """Points that many charts share are remembered, each for its own accounts, chains and instant."""
    asked = [["treasury"], ["trading"], ["treasury", "trading"], ["treasury"]]
    for now in (NOW, NOW + DAY):
        for labels in asked:
            points = rows(simulator, "general/chart", *labels, now=now, timerange="1month", **chain)
            for point in (points[3], points[-1]):
                value = ask(simulator, "general/current_value", *labels, now=point["timestamp"], **chain).json()[
                    "result"
                ]
                assert point["value_usd"] == value["total"]


def test_the_report_is_a_table(simulator: Simulator) -> None:
    """The report is CSV with a header, one line a token and position, and closed ones unless they are not wanted."""
    answer = ask(simulator, "general/report", "treasury", "cold", now=utc(2026, 7, 10))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    tokens = rows(simulator, "tokens/snapshot", "treasury", "cold", now=utc(2026, 7, 10))
    positions = rows(simulator, "protocols/snapshot", "treasury", "cold", now=utc(2026, 7, 10))
    assert len([line for line in lines if line["status"] == "open"]) == len(tokens) + len(positions)
    both = ask(simulator, "general/report", "cold", now=utc(2026, 7, 10)).text
    assert ",closed," in both
    assert ",closed," not in ask(simulator, "general/report", "cold", now=utc(2026, 7, 10), closed="false").text


def test_cached_answers_say_when_they_were_made(simulator: Simulator) -> None:
    """With use_cache the answer is up to five minutes old and tells its time; without, the time is null."""
    cached = ask(simulator, "general/current_value", "treasury", use_cache="true").json()
    at = cached["meta"]["cached_at"]
    assert 0 <= NOW - at < 300
    then = ask(simulator, "general/current_value", "treasury", now=at).json()
    assert (then["meta"]["cached_at"], then["result"]) == (None, cached["result"])


@pytest.mark.parametrize(
    ("path", "params", "places"),
    [
        ("tokens/snapshot", {}, [(["query", "addresses"], "missing")]),
        ("tokens/snapshot", {"addresses": "0x1"}, [(["query", "addresses", 0], "string_too_short")]),
        ("general/chart", {"addresses": ["0x" + "1" * 40, "1" * 43]}, [(["query", "addresses", 1], "string_too_long")]),
        ("general/chart", {"addresses": "0x" + "1" * 40, "timerange": "all"}, [(["query", "timerange"], "enum")]),
        (
            "protocols/snapshot",
            {"addresses": f"0x{'1' * 40},0x{'2' * 40}", "chain_id": "eip155:1", "timestamp": "-1", "use_cache": "True"},
            [
                (["query", "addresses", 0], "string_too_long"),
                (["query", "chain_id"], "int_parsing"),
                (["query", "timestamp"], "greater_than_equal"),
                (["query", "use_cache"], "bool_parsing"),
            ],
        ),
        (
            "tokens/snapshot",
            {"addresses": "0x" + "1" * 40, "timestamp": str(2**32)},
            [(["query", "timestamp"], "less_than")],
        ),
        (
            "protocols/metrics",
            {"addresses": "0x" + "1" * 40, "contract_address": "0x", "token_id": "1.5"},
            [(["query", "contract_address"], "string_too_short"), (["query", "token_id"], "int_parsing")],
        ),
        (
            "general/report",
            {"addresses": "0x" + "1" * 40, "closed_threshold": "much"},
            [(["query", "closed_threshold"], "float_parsing")],
        ),
    ],
)
def test_bad_parameters_are_refused_all_at_once(
    simulator: Simulator,
    path: str,
    params: dict[str, str | list[str]],
    places: list[tuple[list[str | int], str]],
) -> None:
    """What is outside the contract is a 422 in FastAPI's form that names each place and what is wrong there."""
    answer = simulator.ask(f"{BASE}/{path}", params)
    assert answer.status_code == 422
    hold(contract(CONTRACT), f"/portfolio/v5.0/{path}", "get", 422, answer.json())
    assert [(one["loc"], one["type"]) for one in answer.json()["detail"]] == places


@pytest.mark.parametrize(
    ("key", "status"), [("real-looking", 401), ("simulated-revoked", 401), ("simulated-forbidden", 403)]
)
def test_keys_are_judged_by_the_gateway(simulator: Simulator, key: str, status: int) -> None:
    """A bad key is refused with a JSON body and a request id, as every answer has one."""
    answer = simulator.ask(f"{BASE}/general/status", key=key)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)
    assert answer.headers["x-request-id"]


def test_the_limit_is_a_sentence_without_a_time(simulator: Simulator) -> None:
    """Over the limit comes 429 in plain text, the provider's own sentence, and no word of when to come back."""
    minute = NOW - NOW % 60 + 12_000
    path = f"{BASE}/general/status"
    statuses = [simulator.ask(path, now=minute, key="simulated-discover").status_code for _ in range(30)]
    assert statuses == [200] * 30
    limited = simulator.ask(path, now=minute, key="simulated-discover")
    assert (limited.status_code, limited.text) == (429, "The limit of requests per second has been exceeded")
    assert limited.headers["content-type"].startswith("text/plain")
    assert "retry-after" not in limited.headers


def test_wrong_paths_are_not_found(simulator: Simulator) -> None:
    """The single prefix, the old version and an invented path are 404 in FastAPI's form."""
    for path in ("/oneinch/portfolio/v5.0/general/status", f"{BASE}/general/value_chart"):
        answer = simulator.ask(path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_forms_that_do_not_exist_are_refused(simulator: Simulator) -> None:
    """A form that a dialect does not have is a 400 that names those that it has."""
    answer = simulator.http.put(f"{simulator.url}/_simulator/forms", json={"oneinch": "v6"})
    assert answer.status_code == 400
    assert "observed, documented" in answer.json()["error"]
    assert simulator.http.delete(f"{simulator.url}/_simulator/forms").status_code == 204
