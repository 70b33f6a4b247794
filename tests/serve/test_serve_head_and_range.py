"""HEAD and ranges of bytes, as readers of Parquet over HTTP ask: defined answers, and the bytes of one file."""

import io
import threading
from collections.abc import Mapping
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from dagster_project.serve.conditions import Whole
from dagster_project.serve.kept import AnswerCache, Kept
from dagster_project.warehouse import ask
from tests.portfolio import Portfolio
from tests.serve.every_endpoint import DOCUMENTS, requests
from tests.serve.running_server import Server, served
from tests.serve.speaking import reply_to

ARROW = "application/vnd.apache.arrow.stream"
FILE = "/answers/value_chart?format=parquet"
OF_ONE_REQUEST = ("date", "x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")


def told(response: httpx.Response) -> dict[str, str]:
    """Give the headers that do not change from one request to the next."""
    return {name: value for name, value in response.headers.items() if name not in OF_ONE_REQUEST}


def ranged(server: Server, asked: str | None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Ask for a range of the Parquet file."""
    sent = dict(headers or {}) | ({} if asked is None else {"Range": asked})
    return server.http.get(server.url + FILE, headers=sent)


PATHS = [
    *(one.path for one in requests() if one.method == "get" and not one.params),
    *DOCUMENTS.values(),
    *("/answers/nothing", "/nothing", "/portfolio/nothing", "/v1/nothing", "/balance/nothing", "/api/nothing"),
    *("/answers/value_chart?accont=treasury", "/answers/value_chart?format=csv", FILE, f"{FILE}&since=x"),
    *("/portfolio/portfolio/v5.0/general/chart", "/balance/v1.2/1/balances/multiple/walletsAndTokens"),
]


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_its_body(server: Server, path: str) -> None:
    """On every path HEAD has the status and headers of GET, its length too, and no byte of a body."""
    whole = server.http.get(server.url + path)
    head = server.http.head(server.url + path)
    assert (head.status_code, told(head)) == (whole.status_code, told(whole))
    assert int(head.headers["content-length"]) == len(whole.content)
    line = f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    assert reply_to(server, line.encode()).endswith(b"\r\n\r\n")


@pytest.mark.slow
def test_head_is_answered_for_every_endpoint(server: Server) -> None:
    """Each endpoint that takes GET takes HEAD, with the length of the answer; where only POST is, both are 405."""
    for one in requests():
        head = server.http.head(server.url + one.path, params=one.params or None)
        if one.method == "get":
            whole = server.http.get(server.url + one.path, params=one.params or None)
            assert (head.status_code, whole.status_code) == (one.status, one.status), one
            assert head.headers["content-length"] == str(len(whole.content)), one
            assert ("accept-ranges" in head.headers) == (one.status == 200), one
        elif one.template.endswith("walletsAndTokens"):
            assert (head.status_code, head.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/answers", "GET, HEAD"),
        ("/", "GET, HEAD"),
        ("/balance/v1.2/1/balances/0x0", "GET, HEAD, POST"),
        ("/balance/v1.2/1/balances/multiple/walletsAndTokens", "POST"),
    ],
)
def test_a_method_that_is_not_taken_names_those_that_are(server: Server, path: str, allowed: str) -> None:
    """A 405 names every method that the path takes, HEAD wherever it takes GET."""
    for method in ("DELETE", "OPTIONS", "PATCH"):
        refused = server.http.request(method, server.url + path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)


def test_a_line_break_in_a_path_stays_in_its_family(server: Server) -> None:
    """A path with an encoded line break is refused in the shape of the family that owns it."""
    for path in ("/balance/v1.2/1/balances/%0Ax", "/v1/portfolio/1/%0Ax/value"):
        refused = server.http.get(server.url + path)
        assert (refused.status_code, set(refused.json())) == (400, {"statusCode", "message", "error"})


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-3", 0, 3),
        ("bytes=4-4", 4, 4),
        ("bytes=-8", -8, None),
        ("bytes=-999999999", 0, None),
        ("bytes=100-", 100, None),
        ("bytes=100-99999999999999999999999999", 100, None),
        ("BYTES= 2-5", 2, 5),
    ],
)
def test_a_range_is_that_part_of_the_file(server: Server, asked: str, first: int, last: int | None) -> None:
    """A range from the front, up to the end or from behind is 206 with just those bytes, and says which they are."""
    whole = ranged(server, None).content
    begin = first if first >= 0 else len(whole) + first
    end = len(whole) - 1 if last is None else last
    part = ranged(server, asked)
    assert (part.status_code, part.content) == (206, whole[begin : end + 1])
    assert part.headers["content-range"] == f"bytes {begin}-{end}/{len(whole)}"
    assert part.headers["content-length"] == str(end + 1 - begin)
    assert part.headers["content-type"] == "application/vnd.apache.parquet"
    assert part.headers["accept-ranges"] == "bytes"
    assert part.headers["last-modified"].endswith(" GMT")


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0", "bytes=99999999-, -0", f"bytes={'9' * 5000}-"])
def test_a_range_behind_the_end_is_416(server: Server, asked: str) -> None:
    """A range of which the file has no byte is 416 that names the file's length, in the family's shape."""
    length = len(ranged(server, None).content)
    refused = ranged(server, asked)
    assert (refused.status_code, refused.json()["code"]) == (416, "beyond_end")
    assert refused.headers["content-range"] == f"bytes */{length}"
    other = f"{server.url}/portfolio/portfolio/v5.0/general/status"
    assert server.http.get(other, headers={"Range": asked}).json().keys() == {"detail"}


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=5-2", "bytes=", "bytes=a-b", "rows=0-3", "bytes 0-3", "bytes=--1", "bytes=0-1;2-3"],
)
def test_what_is_no_single_range_is_answered_whole(server: Server, asked: str) -> None:
    """Several ranges, other units and what is no range give the whole file with 200."""
    whole = ranged(server, None).content
    answered = ranged(server, asked)
    assert (answered.status_code, answered.content) == (200, whole)
    assert "content-range" not in answered.headers


def test_a_range_goes_by_the_tag_of_the_file(server: Server) -> None:
    """If-Range with the tag gives the part, with another, a weak one or a date the whole; If-Match is 412 then."""
    first = ranged(server, None)
    tag, whole = first.headers["etag"], first.content
    assert ranged(server, "bytes=0-3", {"If-Range": tag}).status_code == 206
    for other in ('"other"', f"W/{tag}", first.headers["last-modified"]):
        answered = ranged(server, "bytes=0-3", {"If-Range": other})
        assert (answered.status_code, answered.content) == (200, whole)
    for matching in (tag, "*", f'"other", {tag}'):
        assert ranged(server, "bytes=0-3", {"If-Match": matching}).status_code == 206
    for other in ('"other"', f"W/{tag}"):
        refused = ranged(server, "bytes=0-3", {"If-Match": other, "If-None-Match": tag})
        assert (refused.status_code, refused.json()["code"]) == (412, "changed")
    for known in (tag, "*", f"W/{tag}"):
        assert ranged(server, "bytes=0-3", {"If-None-Match": known}).status_code == 304


def test_head_knows_no_range(server: Server) -> None:
    """A range is one of GET: HEAD has the length of the whole, also where the range lies behind its end."""
    length = len(ranged(server, None).content)
    for asked in ("bytes=0-3", "bytes=99999999-"):
        head = server.http.head(server.url + FILE, headers={"Range": asked})
        assert (head.status_code, head.headers["content-length"]) == (200, str(length))


def test_a_client_of_http_1_0_is_answered(server: Server) -> None:
    """HEAD and a range in HTTP/1.0 have the same answers, and the connection ends with them."""
    head = reply_to(server, f"HEAD {FILE} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    assert b" 200 OK\r\n" in head.partition(b"\r\n")[0] + b"\r\n"
    assert head.endswith(b"\r\n\r\n")
    part = reply_to(server, f"GET {FILE} HTTP/1.0\r\nHost: localhost\r\nRange: bytes=0-3\r\n\r\n".encode())
    assert part.endswith(b"\r\n\r\nPAR1")
    assert b" 206 " in part.partition(b"\r\n")[0]


@pytest.mark.every
def test_two_servers_of_one_file_send_the_same_bytes(server: Server, history: Portfolio) -> None:
    """Every answer has the same Parquet bytes and the same tag from another process, so that parts fit together."""
    with served(history) as other:
        for one in ask.contracts():
            pair = [one_of.get(f"/answers/{one.name}", format="parquet") for one_of in (server, other)]
            assert pair[0].content == pair[1].content, one.name
            assert pair[0].headers["etag"] == pair[1].headers["etag"]


@pytest.mark.parametrize("asked", [{"params": {"format": "arrow"}}, {"headers": {"Accept": ARROW}}])
def test_arrow_is_given_as_a_whole(server: Server, asked: dict[str, Any]) -> None:
    """An Arrow stream may differ in bytes that nobody reads, so it has a weak tag, which 304 goes by, and no parts."""
    url = f"{server.url}/answers/assets"
    headers = asked.pop("headers", {})
    first = server.http.get(url, headers=headers, **asked)
    tag = first.headers["etag"]
    assert (tag[:3], first.headers["accept-ranges"]) == ('W/"', "none")
    answered = server.http.get(url, headers=headers | {"Range": "bytes=0-3", "If-Range": tag}, **asked)
    assert (answered.status_code, len(answered.content)) == (200, len(first.content))
    again = server.http.get(url, headers=headers | {"If-None-Match": tag}, **asked)
    assert (again.status_code, again.headers["etag"]) == (304, tag)


def test_parts_that_are_put_together_are_the_file(server: Server) -> None:
    """Whoever asks for a file in pieces of a hundred bytes has the file, and it is read as Parquet."""
    length = int(server.http.head(server.url + FILE).headers["content-length"])
    pieces = [ranged(server, f"bytes={begin}-{begin + 99}").content for begin in range(0, length, 100)]
    whole = ranged(server, None).content
    assert b"".join(pieces) == whole
    assert pq.read_table(io.BytesIO(whole)).num_rows == len(server.get("/answers/value_chart").json())


@pytest.mark.every
def test_a_tag_is_that_of_one_published_file(portfolio: Portfolio) -> None:
    """After a publish a part that is asked for by the tag of before is the whole of the new file, or 412."""
    portfolio.have(0)
    with served(portfolio) as server:
        tag = server.http.head(server.url + FILE).headers["etag"]
        portfolio.take(1)
        answered = ranged(server, "bytes=0-3", {"If-Range": tag})
        assert (answered.status_code, pq.read_table(io.BytesIO(answered.content)).num_rows) == (200, 2)
        assert ranged(server, "bytes=0-3", {"If-Match": tag}).status_code == 412


def test_a_cache_of_answers_is_bounded() -> None:
    """The least recently used answer goes first, and errors and large answers are not cached."""
    cache = AnswerCache(most=10, largest=6)
    for tag, status, size in (("a", 200, 4), ("b", 200, 4), ("error", 404, 1), ("large", 200, 7)):
        cache.add(tag, Whole(status, body=tag[:1].encode() * size))
    assert cache.get("a") == Whole(200, body=b"aaaa")
    cache.add("c", Whole(200, body=b"cccc"))
    assert [tag for tag in ("a", "b", "c", "error", "large") if cache.get(tag)] == ["a", "c"]


def test_a_cached_answer_cannot_be_changed() -> None:
    """Headers that one response adds do not appear in the next one."""
    cache = AnswerCache()
    cache.add("a", Whole(200, body=b"a"))
    found = cache.get("a")
    assert found is not None
    found.headers["ETag"] = "of one response"
    assert cache.get("a") == Whole(200, body=b"a")


def test_what_is_kept_is_made_once_and_within_bounds() -> None:
    """A file that many ask for at once is made once; beyond the bound the one that was asked for longest ago goes."""
    kept, made = Kept(10), list[str]()
    begun = threading.Event()

    def make(name: str, size: int) -> bytes:
        made.append(name)
        begun.wait(0.2)
        return name.encode() * size

    askers = [threading.Thread(target=kept.get, args=("a", lambda: make("a", 4))) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert made == ["a"]
    begun.set()
    assert kept.get("b", lambda: make("b", 4)) == b"bbbb"
    assert kept.get("a", lambda: make("a", 4)) == b"aaaa"
    assert kept.get("c", lambda: make("c", 4)) == b"cccc"  # b goes
    assert kept.get("a", lambda: make("a", 4)) == b"aaaa"
    assert made == ["a", "b", "c"]
    assert kept.get("b", lambda: make("b", 4)) == b"bbbb"
    assert kept.get("large", lambda: make("d", 11)) == b"d" * 11
    assert kept.get("large", lambda: make("d", 11)) == b"d" * 11
    assert made == ["a", "b", "c", "b", "d", "d"]
