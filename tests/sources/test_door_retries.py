"""Promises about trying again: only what may fare better is tried again, as often as Patience says, and all heard."""

import dataclasses
import logging
import subprocess
import sys
import time

import pytest

from dagster_project.model import Reason
from dagster_project.sources.access import Access, Patience
from dagster_project.sources.http import LIVED_HEADER
from tests.sources.asking import QUESTION, ROOT, SHORT, ask, ask_at, ask_together
from tests.sources.misbehaviour import ALL, BODY, BROKEN, HTML, REFUSED_AND_BROKEN, UNDECODABLE, Case
from tests.sources.scripted_server import Script, cut, half, nobody, reply, serving
from tests.waiting import comes_true

TRIED_AGAIN = (429, 500, 502, 503, 504)
NEVER = ("status 400", "status 401", "status 402", "status 403", "status 404", "status 422", "status 302", "status 501")
LOGGER = "dagster_project.sources.http"


def of(case: Case) -> Patience:
    """Five tries, each as patient as the case asks for."""
    return Patience(connect=20, read=case.read, one_try=30, tries=5)


@pytest.mark.parametrize("status", TRIED_AGAIN)
@pytest.mark.usefixtures("instantly")
def test_statuses_that_are_tried_again(status: int) -> None:
    """Limits and faults of the server are tried again up to Patience.tries, and the last answer is the answer."""
    with serving(reply(status, HTML)) as server:
        heard = ask_at(server.url, Patience(tries=5))
    assert [answer.status for answer in heard.tries] == [status] * 5
    assert len(server.requests) == 5
    assert heard.answer == heard.tries[-1]
    assert heard.answer.body == HTML


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.usefixtures("instantly")
def test_broken_connections_are_tried_again(name: str) -> None:
    """Whatever breaks or silences the connection is tried again, and the first good answer ends it."""
    case = BROKEN[name]
    broken = 1 if case.reason is Reason.TIMEOUT else 2  # a silence takes its time
    with serving(*[case.said] * broken, reply(200, BODY)) as server:
        heard = ask_at(server.url, of(case))
    assert [answer.reason for answer in heard.tries] == [*[case.reason] * broken, None]
    assert (len(server.requests), heard.answer.body) == (broken + 1, BODY)


@pytest.mark.parametrize("name", [*NEVER, *UNDECODABLE, *REFUSED_AND_BROKEN])
@pytest.mark.usefixtures("instantly")
def test_what_is_never_tried_again(name: str) -> None:
    """A refusal, and a body that cannot be decoded, are asked for once: the next try would be the same."""
    case = ALL[name]
    with serving(case.said) as server:
        heard = ask_at(server.url, Patience(tries=5))
    assert heard.tries == [heard.answer]
    assert len(server.requests) == 1


@pytest.mark.usefixtures("instantly")
def test_a_body_that_is_too_large_is_never_tried_again() -> None:
    """A body that is too large is asked for once: the next would be as large."""
    with serving(reply(200, BODY * 1_000)) as server:
        heard = ask(Access(server.url, largest_body=1_000, patience=Patience(tries=5)))
    assert [answer.reason for answer in heard.tries] == [Reason.TOO_LARGE]
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["br", "gzip"])
@pytest.mark.usefixtures("instantly")
def test_no_reason_is_both_final_and_tried_again(encoding: str) -> None:
    """An answer that is told as too large or undecodable was not asked for again, whatever its status."""
    with serving(reply(503, b"no such encoding", {"Content-Encoding": encoding})) as server:
        heard = ask_at(server.url, Patience(tries=3))
    assert len(heard.tries) == 1 or heard.answer.reason is Reason.SERVER_ERROR


@pytest.mark.usefixtures("instantly")
def test_nobody_there_is_tried_again() -> None:
    """A refused connection is tried again up to Patience.tries."""
    with nobody() as url:
        heard = ask_at(url, Patience(tries=4))
    assert [answer.reason for answer in heard.tries] == [Reason.UNREACHABLE] * 4


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.usefixtures("instantly")
def test_the_number_of_tries(tries: int) -> None:
    """Patience.tries counts the first try too, so that one means none again."""
    with serving(reply(503)) as server:
        assert len(ask_at(server.url, Patience(tries=tries)).tries) == tries
    assert len(server.requests) == tries


@pytest.mark.usefixtures("instantly")
def test_every_try_is_heard_in_order() -> None:
    """Each try is heard with its own status and bytes, and a final refusal ends the trying."""
    with serving(reply(503, b"1"), cut(half(b"2" * 100_000)), reply(429, b"3"), reply(404, b"4"), reply(200)) as server:
        heard = ask_at(server.url, Patience(tries=9))
    assert [(answer.status, answer.body[:1]) for answer in heard.tries] == [
        (503, b"1"),
        (200, b"2"),
        (429, b"3"),
        (404, b"4"),
    ]
    assert heard.answer.reason is Reason.NOT_FOUND


@pytest.mark.usefixtures("instantly")
def test_tries_of_different_questions_do_not_mix() -> None:
    """Of many questions at once, each is tried again for itself and hears its own tries only."""
    failed: set[bytes] = set()

    def fails_once(_: object, request: bytes) -> bytes:
        path = request.split(b" ")[1]
        if path in failed:
            return reply(200, path)
        failed.add(path)
        return reply(500, path)

    requests = [dataclasses.replace(QUESTION, path=f"/things/{number}", query=()) for number in range(20)]
    with serving(fails_once) as server:
        heard = ask_together(Access(server.url, concurrency=3, patience=Patience()), requests)
    assert len(server.requests) == 40
    for request, one in zip(requests, heard, strict=True):
        assert [(answer.status, answer.body.decode()) for answer in one.tries] == [
            (500, request.path),
            (200, request.path),
        ]


def test_real_waits_between_tries() -> None:
    """Without any word of the provider the first wait is at least Patience.first_wait, and the second twice that."""
    patience = Patience(tries=3, first_wait=0.2, longest_wait=5)
    with serving(reply(503), reply(503), reply(200, BODY)) as server:
        assert ask_at(server.url, patience).answer.reason is None
    first, second = server.waited
    assert first >= 0.2
    assert second >= 0.4


def test_waits_are_cut_at_the_longest() -> None:
    """The usual wait never grows beyond Patience.longest_wait: ten tries that would take minutes are over soon."""
    with serving(reply(503)) as server:
        ask_at(server.url, Patience(tries=10, first_wait=0.05, longest_wait=0.05))
    assert len(server.requests) == 10
    assert sum(server.waited) < 15


def test_simulated_retries_do_not_wait() -> None:
    """In simulated mode time is simulated, so that neither Retry-After nor the usual wait takes any."""
    busy = reply(429, headers={"Retry-After": "3000"})
    patience = Patience(first_wait=3_000, longest_wait=3_000)
    with serving(busy, reply(503), busy, reply(200, BODY)) as server:
        heard = ask(Access(server.url, is_simulated=True, patience=patience))
    assert [answer.status for answer in heard.tries] == [429, 503, 429, 200]
    assert None not in server.values(LIVED_HEADER)


@pytest.mark.parametrize("successes", [0, 1])
@pytest.mark.usefixtures("instantly")
def test_each_retry_is_logged_once(successes: int, caplog: pytest.LogCaptureFixture) -> None:
    """Asking again is logged at INFO, once each time it really happens, in our own words with host and reason."""
    caplog.set_level(logging.DEBUG)
    with serving(reply(503), reply(429), reply(200 if successes else 500)) as server:
        ask_at(server.url, Patience(tries=3))
    assert [(record.name, record.levelno) for record in caplog.records if record.levelno >= logging.INFO] == [
        (LOGGER, logging.INFO)
    ] * 2
    assert [record.getMessage() for record in caplog.records if record.name == LOGGER] == [
        "127.0.0.1: server_error, asking again",
        "127.0.0.1: rate_limited, asking again",
    ]


@pytest.mark.usefixtures("instantly")
def test_nothing_is_logged_where_nothing_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    """A wait that is longer than the longest, and a refusal, are not announced as asking again."""
    caplog.set_level(logging.INFO)
    with serving(reply(429, headers={"Retry-After": "9000"}), reply(401)) as server:
        ask_at(server.url, Patience())
        ask_at(server.url, Patience())
    assert len(server.requests) == 2
    assert caplog.records == []


def test_retries_print_nothing() -> None:
    """In a process that configured no logging, tries and retries write nothing to standard output or error."""
    program = (
        "import sys; from tests.sources.asking import ask_at, SHORT; "
        "sys.exit([answer.status for answer in ask_at(sys.argv[1], SHORT).tries] != [503, 429, 200])"
    )
    with serving(reply(503), reply(429), reply(200, BODY)) as server:
        command = [sys.executable, "-W", "error", "-c", program, server.url]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_slots_are_kept_while_trying_again() -> None:
    """Retries count against the bound on concurrency as well: the server never sees more at once."""

    def when_two_are_there(said: bytes) -> Script:
        def script(*_: object) -> bytes:
            comes_true(lambda: server.most_at_once >= 2, 10)  # for less long than a try
            time.sleep(0.02)  # for one too many to show itself
            return said

        return script

    with serving(*[when_two_are_there(reply(503))] * 12, when_two_are_there(reply(200, BODY))) as server:
        heard = ask_together(Access(server.url, concurrency=2, patience=SHORT), [QUESTION] * 6)
    assert server.most_at_once == 2
    assert sum(len(one.tries) for one in heard) == len(server.requests)
