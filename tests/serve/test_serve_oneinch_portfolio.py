"""1inch Portfolio's API from the history: the captured contract's shape, the answers' numbers, and no silent part."""

import csv
import io
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dagster_project.serve.whom import unix
from dagster_project.warehouse.ask import answer
from tests.portfolio import FIRST, Portfolio, day
from tests.serve.conftest import LAST, MISSED
from tests.serve.copying import Copy
from tests.serve.running_server import Server, served
from tests.simulator.oneinch_contract import contract, hold
from tests.simulator.running_simulator import Simulator, address

BASE = "/portfolio/portfolio/v5.0"
CONTRACT = "portfolio_v5.0_openapi_2025-07-26.json"
WATCHED = ("treasury", "trading", "operations", "tiny")
PLAIN = ("general/status", "general/supported_chains", "general/supported_protocols")
OF_ADDRESSES = (
    *("general/current_value", "general/chart", "tokens/snapshot", "tokens/metrics"),
    *("protocols/snapshot", "protocols/metrics"),
)
BARE = ("general/supported_chains", "tokens/snapshot")
"""Lists that the file declares bare; on the wire, and from us, they stand in an envelope as all others do."""

EXTENDED = ("ResponseMeta", "ValueChartResponseMeta", "ValueChartDataIssues", "TokenBalance")
"""What we say more in: what is not complete, and the two names that tokens have on the wire."""

RANDOM = random.Random(5)  # noqa: S311 - instants to ask about, always the same
INSTANTS = [FIRST + timedelta(seconds=RANDOM.randrange((LAST + 1) * 86_400)) for _ in range(20)]


def ask(server: Server, path: str, *labels: str, **params: object) -> dict[str, Any]:
    """Give the body of an answer about labels, decimals as such."""
    response = server.get(f"{BASE}/{path}", addresses=[address(label) for label in labels], **params)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = json.loads(response.text, parse_float=Decimal)
    return body


def sql(history: Portfolio, name: str, **params: object) -> list[dict[str, Any]]:
    """Ask the answer in SQL."""
    return answer(history.published, name, **params).dicts()


def is_missed(instant: datetime) -> bool:
    """Tell whether the last instant by then is the one that nobody took."""
    return day(MISSED) <= instant < day(MISSED + 1)


@pytest.mark.parametrize("path", [*PLAIN, *OF_ADDRESSES])
@pytest.mark.parametrize("timestamp", [None, int(day(3.5).timestamp())])
def test_every_body_is_what_the_captured_contract_declares(server: Server, path: str, timestamp: int | None) -> None:
    """Each path answers as the OpenAPI file declares it, with no member beside but those that say what is missing."""
    document = contract(CONTRACT)
    for name in EXTENDED:
        del document["components"]["schemas"][name]["additionalProperties"]
    for label in WATCHED:
        body = ask(server, path, *([] if path in PLAIN else [label]), timestamp=timestamp)
        plain = json.loads(json.dumps(body["result"] if path in BARE else body, default=float))
        hold(document, f"/portfolio/v5.0/{path}", "get", 200, plain)
        assert body["meta"]["cached_at"] == int(day(LAST if timestamp is None else 3).timestamp())


@pytest.mark.every
@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_numbers_are_those_of_the_answers(server: Server, history: Portfolio, instant: datetime) -> None:
    """At any instant value, chart, tokens, positions and metrics say what the answers say in SQL, to the last digit."""
    at = int(instant.timestamp())
    for label in WATCHED:
        points = sql(history, "value_chart", account=label, until=instant)
        chart = ask(server, "general/chart", label, timestamp=at)
        assert {one["timestamp"]: one["value_usd"] for one in chart["result"]} == {
            unix(row["as_of"]): row["value_usd"] for row in points if row["value_usd"] is not None
        }
        if is_missed(instant):
            continue
        worth = sql(history, "current_value", account=label, as_of=instant)
        result = ask(server, "general/current_value", label, timestamp=at)["result"]
        assert result["total"] == next(row["value_usd"] for row in worth if row["per"] == "total")
        for member, per, id_ in (
            ("by_category", "category", "category_id"),
            ("by_protocol_group", "protocol", "protocol_group_id"),
            ("by_chain", "chain", "chain_id"),
        ):
            assert {str(one[id_]): one["value_usd"] for one in result[member]} == {
                str(row["id"]).removeprefix("eip155:"): row["value_usd"]
                for row in worth
                if row["per"] == per and row["id"] != "token" and row["value_usd"] is not None
            }
        tokens = sql(history, "tokens_snapshot", account=label, as_of=instant)
        rows = ask(server, "tokens/snapshot", label, timestamp=at)["result"]
        told = [(row["amount"], row["price_usd"], row["value_usd"]) for row in tokens if row["exclusion"] != "spam"]
        assert sorted(map(repr, _tokens(rows))) == sorted(map(repr, told))
        legs = sql(history, "protocols_snapshot", account=label, as_of=instant)
        positions = ask(server, "protocols/snapshot", label, timestamp=at)["result"]
        assert sum(row["value_usd"] for row in positions) == sum(
            row["value_usd"] for row in legs if row["layer"] in ("position", "debt")
        )
        assert all(row["asset_sign"] == (-1 if row["value_usd"] < 0 else 1) for row in positions)
        gained = sql(history, "tokens_metrics", account=label, until=instant)
        metrics = ask(server, "tokens/metrics", label, timestamp=at)["result"]
        assert sorted(str(one["profit_abs_usd"]) for one in metrics) == sorted(
            str(row["profit_abs_usd"]) for row in gained
        )
        gained = sql(history, "protocols_metrics", account=label, until=instant)
        metrics = ask(server, "protocols/metrics", label, timestamp=at)["result"]
        assert {one["index"]: (one["profit_abs_usd"], one["rewards_usd"]) for one in metrics} == {
            row["position_id"]: (row["profit_abs_usd"], row["rewards_usd"]) for row in gained
        }


def _tokens(rows: list[dict[str, Any]]) -> Iterator[tuple[float, float | None, Decimal | None]]:
    for row in rows:
        (token,) = row["underlying_tokens"]
        price = token["price_usd"]
        yield float(token["amount"]), None if price is None else float(price), token["value_usd"]


def test_a_point_that_is_not_complete_is_left_out_with_its_reason(server: Server) -> None:
    """The chart leaves out the instant that nobody took, and `meta.data_issues` says when, why, and what is known."""
    body = ask(server, "general/chart", "treasury")
    missed = int(day(MISSED).timestamp())
    assert missed not in {one["timestamp"] for one in body["result"]}
    (gap,) = body["meta"]["data_issues"]["incomplete"]
    assert (gap["timestamp"], gap["reason"], gap["known_value_usd"]) == (missed, "missed_tick", None)
    assert any(cell.startswith("treasury / eip155:1 / wallet: ") for cell in gap["missing"])


@pytest.mark.parametrize("path", [one for one in OF_ADDRESSES if one != "general/chart"])
def test_a_number_that_cannot_be_completed_is_refused(server: Server, path: str) -> None:
    """At the instant that nobody took every other endpoint answers 422 with what is missing and the remedy."""
    response = server.get(f"{BASE}/{path}", addresses=address("treasury"), timestamp=int(day(MISSED).timestamp()))
    assert response.status_code == 422
    (fault,) = response.json()["detail"]
    assert (fault["type"], fault["loc"]) == ("history_incomplete", ["query", "timestamp"])


@pytest.mark.every
def test_the_known_part_is_given_where_the_settings_say_so(portfolio: Portfolio, shared_simulator: Simulator) -> None:
    """With `incomplete = "known"` the known part comes with `meta.coverage`, which names each missing cell."""
    portfolio.accounts, portfolio.providers = ("treasury", "trading"), ("oneinch_portfolio",)
    portfolio.extra = '[serve]\nincomplete = "known"\n'
    portfolio.take(0)
    shared_simulator.http.put(
        f"{shared_simulator.url}/_simulator/faults",
        json=[{"dialect": "oneinch", "fault": "server_error", "account": address("trading").lower()}],
    )
    portfolio.take(1)
    with served(portfolio) as server:
        body = ask(server, "general/current_value", "treasury", "trading")
        worth = answer(portfolio.published, "current_value").dicts()[0]
        assert worth["value_usd"] is None
        assert body["result"]["total"] == worth["known_value_usd"]
        assert body["meta"]["coverage"]["missing"] == worth["missing"]
        assert body["meta"]["coverage"]["missing_cells"] == worth["missing_cells"] == 3
        refused = server.get(f"{BASE}/general/current_value", addresses=address("trading"))
        assert refused.json()["detail"][0]["type"] == "history_incomplete"


@pytest.mark.slow
def test_several_addresses_are_added_up(server: Server, history: Portfolio) -> None:
    """Accounts asked for together are worth their sum, tokens come as one row each, one named twice counts once."""
    body = ask(server, "general/current_value", "treasury", "trading", "treasury")["result"]
    alone = [ask(server, "general/current_value", label)["result"]["total"] for label in ("treasury", "trading")]
    assert body["total"] == sum(alone)
    assert {one["address"] for one in body["by_address"]} == {
        address(label).lower() for label in ("treasury", "trading")
    }
    tokens = ask(server, "tokens/snapshot", "treasury", "trading")["result"]
    assert len({row["index"] for row in tokens}) == len(tokens)
    metrics = ask(server, "tokens/metrics", "treasury", "trading")
    apart = set(metrics["meta"]["data_issues"]["not_additive"])
    assert apart
    assert apart <= {row["index"] for row in metrics["result"] if row["roi"] is None}
    group = ask(server, "tokens/metrics", "trading", "tiny")
    own = sql(history, "tokens_metrics", account_group="fund")
    assert sorted(str(row["profit_abs_usd"]) for row in group["result"]) == sorted(
        str(row["profit_abs_usd"]) for row in own
    )
    assert "data_issues" not in group["meta"]


def test_metrics_join_the_snapshot_by_index(server: Server) -> None:
    """Whatever is held has metrics under the index of its row."""
    positions = ask(server, "protocols/snapshot", "treasury")["result"]
    receipts = {row["contract_address"] for row in positions}
    tokens = ask(server, "tokens/snapshot", "treasury")["result"]
    for kind, rows in (("tokens", tokens), ("protocols", positions)):
        measured = {row["index"] for row in ask(server, f"{kind}/metrics", "treasury")["result"]}
        without = [row for row in rows if row["index"] not in measured]
        assert len(without) < len(rows)
        assert {row["contract_address"] for row in without} <= receipts, "these count as their position, and only there"
        assert kind == "tokens" or not without


def test_metrics_of_positions_can_be_narrowed(server: Server) -> None:
    """Group, contract and token narrow the metrics of positions to those that have them."""
    rows = ask(server, "protocols/snapshot", "treasury")["result"]
    one = next(row for row in rows if row["token_id"])
    narrowed = {"contract_address": one["contract_address"], "token_id": one["token_id"]}
    found = ask(server, "protocols/metrics", "treasury", protocol_group_id=one["protocol_group_id"], **narrowed)
    assert [row["index"] for row in found["result"]] == [one["index"]]
    assert ask(server, "protocols/metrics", "treasury", protocol_group_id="none")["result"] == []


def test_the_report_is_the_statement_of_each_account(server: Server, history: Portfolio) -> None:
    """The report is CSV with the rows of overview_report, account by account; what is closed can be left out."""
    response = server.get(f"{BASE}/general/report", addresses=[address("treasury"), address("tiny")])
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["name"] for row in rows] == ["treasury", "tiny"]
    told = sql(history, "overview_report", per="account", account="treasury")[0]
    assert [Decimal(rows[0][name]) for name in ("opening_usd", "closing_usd")] == [
        told["opening_usd"],
        told["closing_usd"],
    ]


@pytest.mark.parametrize(
    ("params", "place", "kind"),
    [
        ({}, ["query", "addresses"], "missing"),
        ({"addresses": "0x1"}, ["query", "addresses", 0], "string_too_short"),
        ({"addresses": "0x" + "g" * 40}, ["query", "addresses", 0], "not_an_address"),
        ({"addresses": "0x" + "1" * 40}, ["query", "addresses", 0], "not_watched"),
        ({"addresses": "TREASURY", "chain_id": "one"}, ["query", "chain_id"], "int_parsing"),
        ({"addresses": "TREASURY", "chain_id": "999"}, ["query", "chain_id"], "no_such_chain"),
        ({"addresses": "TREASURY", "timestamp": "4294967296"}, ["query", "timestamp"], "less_than"),
        ({"addresses": "TREASURY", "timestamp": "1000"}, ["query", "timestamp"], "history_starts_later"),
        ({"addresses": "TREASURY", "use_cache": "perhaps"}, ["query", "use_cache"], "bool_parsing"),
    ],
)
def test_what_is_wrong_is_said_as_fastapi_says_it(
    server: Server, params: dict[str, str], place: list[object], kind: str
) -> None:
    """Every fault is a 422 with place, words and type, as the captured contract declares, and repeats no value."""
    told = {name: address("treasury") if value == "TREASURY" else value for name, value in params.items()}
    response = server.get(f"{BASE}/general/current_value", **told)
    assert response.status_code == 422
    assert (place, kind) in [(one["loc"], one["type"]) for one in response.json()["detail"]]
    hold(contract(CONTRACT), "/portfolio/v5.0/general/current_value", "get", 422, response.json())


@pytest.mark.every
def test_the_vendors_word_on_an_address_is_passed_on(portfolio: Portfolio) -> None:
    """The address check says what the vendor said last; where it said nothing the history judges nobody."""
    portfolio.accounts, portfolio.providers, portfolio.series_every = ("treasury",), ("oneinch_portfolio",), "tick"
    portfolio.take(0)
    with served(portfolio) as server:
        result = ask(server, "general/address_check", "treasury")["result"]
        assert result == {address("treasury").lower(): {"is_allowed": "true"}}


def test_an_address_that_was_never_checked_is_not_let_through(server: Server) -> None:
    """Without a word of the vendor's the address check is refused."""
    response = server.get(f"{BASE}/general/address_check", addresses=address("treasury"))
    assert response.json()["detail"][0]["type"] == "never_said"


def test_the_family_has_its_openapi_document(server: Server) -> None:
    """The document beside the family lists every path of the contract with its parameters and the instant."""
    document = server.get("/portfolio/openapi.json").json()
    declared = contract(CONTRACT)["paths"]
    assert set(declared) <= set(document["paths"])
    for path, methods in declared.items():
        own = {one["name"] for one in document["paths"][path]["get"]["parameters"]}
        assert {one["name"] for one in methods["get"].get("parameters", [])} | {"timestamp"} <= own


@pytest.mark.every
def test_a_copy_made_from_our_own_api_is_the_same_history(copy: Copy, history: Portfolio) -> None:
    """This project's own source asks our server as if it were 1inch, and the copy's answers equal the original's."""
    copy.accounts, copy.account_keys = WATCHED, {"trading": 'groups = ["fund"]', "tiny": 'groups = ["fund"]'}
    copy.snapshots, copy.providers = history.snapshots, ("oneinch_portfolio",)
    copy.take(*range(LAST + 1))
    for label in WATCHED:
        mine, theirs = (sql(one, "value_chart", account=label) for one in (copy, history))
        assert [(row["as_of"], row["value_usd"]) for row in mine] == [
            (row["as_of"], row["value_usd"]) for row in theirs
        ]
        for number in (0, LAST):
            mine, theirs = (sql(one, "current_value", account=label, as_of=day(number)) for one in (copy, history))
            assert {(row["per"], row["id"]): row["value_usd"] for row in mine} == {
                (row["per"], row["id"]): row["value_usd"] for row in theirs
            }
        mine, theirs = (sql(one, "protocols_metrics", account=label) for one in (copy, history))
        assert [(row["position_id"], row["profit_abs_usd"], row["roi"]) for row in mine] == [
            (row["position_id"], row["profit_abs_usd"], row["roi"]) for row in theirs
        ]
