"""Who is let in, how often, and who has the answer already."""

import asyncio
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import httpx
import pytest

from dagster_project.serve.app import create_app
from dagster_project.serve.rate import MOST_CLIENTS, Buckets
from dagster_project.serve.service import Service
from dagster_project.settings.schema import Serve
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.reader import Opened, Reader
from tests.portfolio import Portfolio
from tests.serve.running_server import Server, served

KEY = "correct-horse-battery-staple"


def test_an_answer_that_did_not_change_is_not_sent_again(server: Server) -> None:
    """Whoever names the tag of an answer gets 304 and no body; each answer in each form has a tag of its own."""
    first = server.get("/answers/current_value")
    tag = first.headers["etag"]
    again = server.http.get(f"{server.url}/answers/current_value", headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = server.http.get(f"{server.url}/answers/value_chart", headers={"If-None-Match": tag})
    assert other.status_code == 200
    csv = server.http.get(f"{server.url}/answers/current_value", headers={"If-None-Match": tag, "Accept": "text/csv"})
    assert csv.status_code == 200
    assert "etag" not in server.get("/answers/nothing").headers


def test_a_publish_is_seen_at_once_and_fails_nobody(portfolio: Portfolio) -> None:
    """The question after a publish is asked of the new file, under a new tag, by the process that runs since before."""
    portfolio.have(0)
    with served(portfolio) as server:
        before = server.get("/answers/value_chart")
        assert len(before.json()) == 1
        portfolio.take(1)
        after = server.http.get(f"{server.url}/answers/value_chart", headers={"If-None-Match": before.headers["etag"]})
        assert (after.status_code, len(after.json())) == (200, 2)


def test_a_repeated_question_is_answered_from_memory(history: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same question in the same form is asked of the file once, whoever repeats it, by GET, HEAD or for a part."""
    asked: list[str] = []
    asking = Opened.asking

    def counted(opened: Opened) -> AbstractContextManager[Asking]:
        asked.append("once")
        return asking(opened)

    monkeypatch.setattr(Opened, "asking", counted)
    service = Service(Reader(history.published), Serve(), None, lambda _: None, lambda: datetime.now(UTC))
    path = "/answers/current_value"

    async def ask() -> None:
        transport = httpx.ASGITransport(app=create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            first, again = await http.get(path), await http.get(path)
            assert (first.status_code, again.content) == (200, first.content)
            assert {**again.headers, "x-request-id": ""} == {**first.headers, "x-request-id": ""} | {
                "x-ratelimit-remaining": again.headers["x-ratelimit-remaining"],
                "x-ratelimit-reset": again.headers["x-ratelimit-reset"],
            }
            assert (await http.head(path)).headers["etag"] == first.headers["etag"]
            part = await http.get(path, headers={"Range": "bytes=0-9"})
            assert (part.status_code, part.content) == (206, first.content[:10])
            assert len(asked) == 1
            await http.get(path, headers={"Accept": "text/csv"})
            await http.get(path, params={"known": "true"})
            assert len(asked) == 3

    asyncio.run(ask())
    service.reader.close()


@pytest.mark.every
def test_a_key_is_asked_for_where_one_is_named(portfolio: Portfolio) -> None:
    """With a key in the settings nothing is answered without it, wherever clients of the families put it."""
    portfolio.extra = '[serve]\napi_key_env = "MY_SERVE_KEY"\n'
    portfolio.take(0)
    with served(portfolio, MY_SERVE_KEY=KEY) as server:
        url = f"{server.url}/answers/current_value"
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"x-api-key": "wrong"}, {"Authorization": "Basic !"}):
            refused = server.http.get(url, headers=headers)
            assert refused.status_code == 401
            assert KEY not in refused.text
        assert server.http.get(f"{url}?apiKey={KEY}").status_code == 401
        for headers in ({"Authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}):
            assert server.http.get(url, headers=headers).status_code == 200
        assert server.http.get(url, auth=httpx.BasicAuth("", KEY)).status_code == 200
        named = {"Authorization": f"Bearer {KEY}", "Host": "history.example"}
        assert server.http.get(url, headers=named).status_code == 200


def test_a_key_that_is_not_there_stops_the_start(portfolio: Portfolio) -> None:
    """A server whose key the environment does not hold never begins to serve everybody."""
    portfolio.extra = '[serve]\napi_key_env = "NO_SUCH_KEY"\n'
    portfolio.take(0)
    ended = portfolio.command("serve", "--port", "0")
    assert ended.returncode == 2
    assert "NO_SUCH_KEY" in ended.stderr


def test_another_name_is_not_answered_without_a_key(server: Server) -> None:
    """A page of another origin that makes its name lead here reads nothing: the server answers under its own name."""
    refused = server.http.get(f"{server.url}/answers/current_value", headers={"Host": "evil.example"})
    assert refused.status_code == 421
    allowed = server.http.get(f"{server.url}/answers/current_value", headers={"Origin": "https://evil.example"})
    assert not [name for name in allowed.headers if name.startswith("access-control")]


@pytest.mark.every
def test_who_asks_too_often_is_told_when_to_come_back(portfolio: Portfolio) -> None:
    """Beyond a minute's worth of requests the answer is 429, with the seconds to wait."""
    portfolio.extra = "[serve]\nrequests_per_minute = 3\n"
    portfolio.take(0)
    with served(portfolio) as server:
        answers = [server.get("/answers") for _ in range(5)]
    assert [one.status_code for one in answers[:3]] == [200, 200, 200]
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert answers[-1].headers["x-ratelimit-limit"] == "3"


def test_a_bucket_refills_with_time() -> None:
    """After so many seconds one more request passes, never more than a minute's worth, and clients do not share."""
    buckets = Buckets(60)
    assert [buckets.take("a", 0.0).passes for _ in range(61)] == [True] * 60 + [False]
    assert buckets.take("b", 0.0).passes
    assert buckets.take("a", 0.5).next_in == pytest.approx(0.5)
    assert [buckets.take("a", 1.0).passes for _ in range(2)] == [True, False]
    assert [buckets.take("a", 1e6).passes for _ in range(61)].count(True) == 60


def test_buckets_of_many_clients_are_forgotten() -> None:
    """However many clients come, what is remembered of them is bounded."""
    buckets = Buckets(1)
    for number in range(MOST_CLIENTS + 50):
        buckets.take(str(number), 0.0)
    assert len(buckets._spent) == MOST_CLIENTS
    assert not buckets.take(str(MOST_CLIENTS + 49), 0.0).passes
