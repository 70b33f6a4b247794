"""Promises of the faults: each named one is seen on the wire, and each order meets the requests that it names."""

import base64
import contextlib
import gzip
import http.client
import json
import math
import re
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dagster_project.simulator.faults.catalogue import NAMES
from tests.simulator.running_simulator import NOW, Simulator, address
from tests.simulator.test_simulator_faults_told import TESTED as TOLD

PATH = f"/credmark/v1/portfolio/1/{address('treasury')}/value?includePositions=true"
ASKED = NOW - 86_400
REFUSED = {"server_error": 500, "not_found": 404, "unauthorised": 401, "forbidden": 403, "bad_request": 400}
AMOUNTS: dict[str, Callable[[Any], bool]] = {
    "wrong_types": lambda amount: isinstance(amount, str),
    "nan_number": math.isnan,
    "huge_number": math.isinf,
    "negative_amount": lambda amount: amount < 0,
    "impossible_amount": lambda amount: len(str(amount)) == 79,
}
TESTED: set[str] = set()


def named(*names: str) -> pytest.MarkDecorator:
    """Run a test once for each of these faults, and remember that they are tested."""
    TESTED.update(names)
    return pytest.mark.parametrize("fault", names)


def ask(simulator: Simulator) -> httpx.Response:
    """The question that the faults meet here, put through httpx."""
    return simulator.value("treasury", params={"includePositions": "true"})


def raw_answer(simulator: Simulator) -> tuple[http.client.HTTPMessage, bytes]:
    """The same question put without a decoder: headers and body as they came."""
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=20)
    try:
        connection.request("GET", PATH, headers=simulator.headers())
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.headers, answer.read()
    finally:
        connection.close()


@named("rate_limited", "rate_limited_with_retry_after", "reset_header")
def test_limits(simulator: Simulator, fault: str) -> None:
    """Each is a 429 in plain text, and tells when to come back in its own way or not at all."""
    simulator.order(fault, **({} if fault == "rate_limited" else {"seconds": 7}))
    answer = ask(simulator)
    assert answer.status_code == 429
    assert answer.headers["content-type"].startswith("text/plain")
    told = (answer.headers.get("retry-after"), answer.headers.get("x-ratelimit-reset"))
    assert told == {
        "rate_limited": (None, None),
        "rate_limited_with_retry_after": ("7", None),
        "reset_header": (None, str(NOW + 7)),
    }.get(fault)


@named(*REFUSED)
def test_refusals(simulator: Simulator, fault: str) -> None:
    """Each is its status in the dialect's own error body."""
    simulator.order(fault)
    answer = ask(simulator)
    assert answer.status_code == REFUSED[fault]
    assert answer.json()["statusCode"] == REFUSED[fault]


@named("echoed_key")
def test_an_echoed_key(simulator: Simulator, fault: str) -> None:
    """The refusal repeats the key in its words and in a header that a client keeps."""
    simulator.order(fault)
    answer = simulator.value("treasury", key="simulated-echo")
    assert answer.status_code == 401
    said = answer.json()["message"]
    assert ("simulated-echo" in said, "%73%69%6d" in said) == (True, True)
    assert b"Bearer simulated-echo" in base64.b64decode(said.partition("(")[2].partition(",")[0])
    assert answer.headers["x-ratelimit-key"] == "simulated-echo"


@named("unavailable", "text_body", "html_page")
def test_other_kinds_of_page(simulator: Simulator, fault: str) -> None:
    """Each is text of its own kind, which no JSON reader can read."""
    simulator.order(fault)
    answer = ask(simulator)
    assert answer.status_code == (503 if fault == "unavailable" else 200)
    assert answer.headers["content-type"].startswith("text/plain" if fault == "text_body" else "text/html")
    assert answer.content
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@named("empty_body")
def test_empty_body(simulator: Simulator, fault: str) -> None:
    """The answer is a 200 of zero bytes that calls itself JSON."""
    simulator.order(fault)
    answer = ask(simulator)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
    assert answer.headers["content-type"].startswith("application/json")


@named("truncated_json")
def test_truncated_json(simulator: Simulator, fault: str) -> None:
    """The answer is the first half of the honest one, over a connection that finds nothing wrong."""
    honest = ask(simulator).content
    simulator.order(fault)
    cut = ask(simulator)
    assert cut.status_code == 200
    assert honest.startswith(cut.content)
    assert int(cut.headers["content-length"]) == len(cut.content) == len(honest) // 2


@named("reset_mid_body")
def test_reset_mid_body(simulator: Simulator, fault: str) -> None:
    """The connection ends before as many bytes have come as were promised."""
    simulator.order(fault)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        ask(simulator)
    simulator.clear_faults()
    assert ask(simulator).status_code == 200


@named("too_large")
def test_too_large(simulator: Simulator, fault: str) -> None:
    """The body is fifty MB in which an honest answer lies at the end, so that only its size is wrong."""
    honest = ask(simulator).content
    simulator.order(fault)
    headers, body = raw_answer(simulator)
    assert headers["content-length"] is None
    assert len(body) == 50 * 2**20 + len(honest)
    assert body.strip() == honest


@named("deeply_nested")
def test_deeply_nested(simulator: Simulator, fault: str) -> None:
    """The body is valid JSON of a hundred thousand arrays, one inside the other."""
    simulator.order(fault)
    assert ask(simulator).text == "[" * 100_000 + "]" * 100_000


@named(*AMOUNTS)
@pytest.mark.parametrize("with_rows", [True, False])
def test_amounts(simulator: Simulator, fault: str, *, with_rows: bool) -> None:
    """The first balance, or the total where no rows were asked for, is what no honest answer would say."""
    simulator.order(fault)
    answer = ask(simulator) if with_rows else simulator.value("treasury")
    assert answer.status_code == 200
    document = answer.json()
    assert AMOUNTS[fault](document["positions"][0]["balance"] if with_rows else document["value"])
    if fault in {"nan_number", "huge_number"}:
        assert re.search(rb":(NaN|1e400)[,}]", answer.content)


@named("duplicate_rows")
def test_duplicate_rows(simulator: Simulator, fault: str) -> None:
    """Every row comes twice, and the total is still that of each row once."""
    honest = ask(simulator).json()
    simulator.order(fault)
    doubled = ask(simulator).json()
    assert doubled["positions"] == [row for row in honest["positions"] for _ in range(2)]
    assert doubled["value"] == honest["value"]


@named("missing_field", "renamed_field", "extra_field")
def test_fields(simulator: Simulator, fault: str) -> None:
    """A required member is gone, goes by another name, or has company that the contract does not know."""
    honest = ask(simulator).json()
    simulator.order(fault)
    document = ask(simulator).json()
    gone = set(honest["positions"][0]) - set(document["positions"][0])
    new = set(document["positions"][0]) - set(honest["positions"][0])
    assert (gone, new) == {
        "missing_field": ({"balance"}, set()),
        "renamed_field": ({"balance"}, {"balanceV2"}),
        "extra_field": (set(), {"addedLater"}),
    }[fault]
    if fault == "extra_field":
        for holder in (document, *document["positions"]):
            del holder["addedLater"]
        assert document == honest


@named("null_positions", "empty_positions")
def test_lost_rows(simulator: Simulator, fault: str) -> None:
    """The rows of a funded account are null, or there are none of them and the total is 0."""
    honest = ask(simulator).json()
    simulator.order(fault)
    document = ask(simulator).json()
    if fault == "null_positions":
        assert document == honest | {"positions": None}
    else:
        assert document == honest | {"positions": [], "value": 0}


@named("ignored_timestamp")
@pytest.mark.parametrize("params", [{"timestamp": str(ASKED)}, {"blockNumber": "22600001"}])
def test_ignored_timestamp(simulator: Simulator, fault: str, params: dict[str, str]) -> None:
    """The answer is for the latest block although another time was asked for."""
    latest = simulator.value("treasury")
    assert simulator.value("treasury", params=params).content != latest.content
    simulator.order(fault)
    assert simulator.value("treasury", params=params).content == latest.content


@named("redirect")
def test_redirect(simulator: Simulator, fault: str) -> None:
    """The answer sends the client to another host, to the one that the test chose or to one that nobody has."""
    simulator.order(fault)
    assert (ask(simulator).status_code, ask(simulator).headers["location"]) == (302, "http://elsewhere.invalid/")
    simulator.order(fault, location="http://127.0.0.1:9/trap")
    assert ask(simulator).headers["location"] == "http://127.0.0.1:9/trap"


@named("slow_first_byte", "slow_body")
def test_slowness(simulator: Simulator, fault: str) -> None:
    """Before anything, or after the head and the first bytes, nothing comes for longer than the client waits."""
    simulator.order(fault, seconds=300)
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", PATH, headers=simulator.headers())
        listen: Callable[[], object] = connection.getresponse
        if fault == "slow_body":
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read1())) == (200, True)
            listen = answer.read
        connection.sock.settimeout(0.3)  # only now, when nothing but silence is to come: a slow machine is silent too
        with pytest.raises(TimeoutError):
            listen()


@pytest.mark.parametrize("fault", ["slow_first_byte", "slow_body"])
def test_slowness_ends(simulator: Simulator, fault: str) -> None:
    """A slow answer is the honest one in the end."""
    honest = ask(simulator).content
    simulator.order(fault, seconds=0.05)
    assert ask(simulator).content == honest


@pytest.mark.every
@named("compressed_bomb")
def test_compressed_bomb(simulator: Simulator, fault: str) -> None:
    """About a MB on the wire is one valid gzip stream of more than a GiB of zeros."""
    simulator.order(fault)
    headers, body = raw_answer(simulator)
    assert headers["content-encoding"] == "gzip"
    assert len(body) < 2 * 2**20
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    size = sum(len(unpacker.decompress(body[start : start + 1024])) for start in range(0, len(body), 1024))
    assert unpacker.eof
    assert size > 2**30


@named("gzip_ok", "unknown_encoding", "wrong_content_type")
def test_encodings(simulator: Simulator, fault: str) -> None:
    """The honest bytes come packed, under an encoding that they do not have, or under another type's name."""
    plain, honest = raw_answer(simulator)
    simulator.order(fault)
    headers, body = raw_answer(simulator)
    assert plain["content-encoding"] is None
    if fault == "gzip_ok":
        assert (headers["content-encoding"], gzip.decompress(body)) == ("gzip", honest)
    elif fault == "unknown_encoding":
        assert headers["content-encoding"] == "br"
        assert len(body) == len(honest)
        assert b"chainId" not in body
    else:
        assert headers["content-type"].startswith("text/html")
        assert body == honest


def test_every_fault_is_tested() -> None:
    """No fault exists without a test that sees it: here, or with the faults of time and view."""
    assert TESTED | TOLD == NAMES


@pytest.mark.parametrize(
    ("members", "is_met"),
    [
        ({"account": address("treasury")}, True),
        ({"account": address("treasury").lower()}, True),
        ({"account": address("cold")}, False),
        ({"at": ASKED}, True),
        ({"at": ASKED + 1}, False),
        ({"key": "simulated-chosen"}, True),
        ({"key": "simulated-other"}, False),
        ({"account": address("treasury"), "at": ASKED, "key": "simulated-chosen", "times": 1}, True),
        ({"account": address("treasury"), "at": 1, "key": "simulated-chosen"}, False),
    ],
)
def test_an_order_meets_only_what_it_names(simulator: Simulator, members: dict[str, object], *, is_met: bool) -> None:
    """A fault meets a request when account, asked timestamp and key are all those of the order, where it has any."""
    simulator.order("server_error", **members)
    answer = simulator.value("trading", "treasury", key="simulated-chosen", params={"timestamp": str(ASKED)})
    assert answer.status_code == (500 if is_met else 200)


def test_an_order_is_used_up(simulator: Simulator) -> None:
    """An order with a number of times meets so many requests, and then the next order that matches takes its turn."""
    orders = [
        {"dialect": "credmark", "fault": "unavailable", "times": 2},
        {"dialect": "credmark", "fault": "server_error", "times": 1},
    ]
    simulator.http.put(f"{simulator.url}/_simulator/faults", json=orders).raise_for_status()
    assert [ask(simulator).status_code for _ in range(4)] == [503, 503, 500, 200]


def test_orders_are_replaced_and_forgotten(simulator: Simulator) -> None:
    """A new list takes the place of the old one, and deleting leaves none."""
    simulator.order("server_error")
    simulator.order("unavailable")
    assert ask(simulator).status_code == 503
    simulator.clear_faults()
    assert ask(simulator).status_code == 200


def test_a_bad_key_is_turned_away_before_any_fault(simulator: Simulator) -> None:
    """An order waits for a request that the provider would answer: one without a good key does not use it up."""
    simulator.order("server_error", times=1)
    assert simulator.value("treasury", key="wrong").status_code == 401
    assert ask(simulator).status_code == 500


@pytest.mark.parametrize(
    ("orders", "complaint"),
    [
        ([{"dialect": "credmark", "fault": "sever_error"}], "there is no fault 'sever_error'; there are bad_request, "),
        (
            [{"dialect": "zapper", "fault": "redirect"}],
            "there is no dialect 'zapper'; there are credmark, ecb, onchain, onebalance, oneinch",
        ),
        ([{"dialect": "credmark", "fault": "redirect", "acount": "0x"}], "unknown field `acount`"),
        ([{"dialect": "credmark", "fault": "redirect", "times": 0}], "Expected `int` >= 1"),
        ([{"dialect": "credmark"}], "missing required field `fault`"),
        ({"dialect": "credmark", "fault": "redirect"}, "Expected `array`"),
    ],
)
def test_orders_that_would_never_meet_anything_are_refused(
    simulator: Simulator, orders: object, complaint: str
) -> None:
    """A misspelled order is a 400 that says what is wrong, and the standing orders stay as they were."""
    simulator.order("unavailable")
    answer = simulator.http.put(f"{simulator.url}/_simulator/faults", json=orders)
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]
    assert ask(simulator).status_code == 503
