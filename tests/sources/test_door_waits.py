"""Promises about the wait that a provider asks for: kept when short, given up when long, harmless when absurd."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.model import Answer, Reason
from dagster_project.sources.access import Access, Patience
from dagster_project.sources.limits import KeyState, state_path
from dagster_project.sources.waiting import asked_wait
from tests.sources.asking import QUESTION, ask, ask_at, ask_in_turn
from tests.sources.misbehaviour import BODY
from tests.sources.scripted_server import reply, serving

PATIENT = Patience(connect=20, read=20, one_try=30, tries=2, first_wait=0, longest_wait=20)
THERE = datetime(2031, 4, 5, 6, 7, 8, tzinfo=UTC)
"""What a provider's clock says: years away from ours."""
AGO = datetime(2001, 4, 5, 6, 7, 8, tzinfo=UTC)
ABSURD = [
    "-1",
    "+5",
    "0",
    "00000",
    "1.5",
    "1e9",
    "NaN",
    "soon",
    "",
    " ",
    ",",
    "5, 5",
    "999999",
    "1000000",
    "9" * 150,
    "-" + "9" * 150,
    "9999999999",
    "253402300800",
    "0x10",
    "Mon, 01 Jan 0001 00:00:00 +0100",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -0100",
    "Wed, 21 Oct 2015 07:28:00 +99999999999999",
    "Wed, 21 Oct 2015 07:28:00 -9999",
    "Wed, 21 Oct 99999999999999999999 07:28:00 GMT",
    "Wed, 99 Oct 2015 99:99:99 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
]
NAMES = ["retry-after", "x-ratelimit-reset", "date"]


def busy(headers: Mapping[str, str], status: int = 429) -> bytes:
    """A provider that asks to be left alone."""
    return reply(status, b"slow down", headers)


def date(instant: datetime) -> str:
    """An instant as HTTP writes it."""
    return format_datetime(instant, usegmt=True)


def waits(headers: Mapping[str, str], status: int = 429) -> float:
    """How long the door really waits after such an answer before it asks again."""
    with serving(busy(headers, status), reply(200, BODY)) as server:
        heard = ask_at(server.url, PATIENT)
    assert [answer.status for answer in heard.tries] == [status, 200]
    return server.waited[0]


def test_retry_after_in_seconds() -> None:
    """Retry-After in seconds is waited for, and not much longer."""
    assert 1 <= waits({"Retry-After": "1"}, 503) < 10


def test_retry_after_as_a_date() -> None:
    """Retry-After as a date is held against the provider's own Date, so that a clock years ahead does not matter."""
    said = {"Date": date(THERE), "Retry-After": date(THERE + timedelta(seconds=1))}
    assert 1 <= waits(said) < 10


def test_reset_in_unix_seconds() -> None:
    """x-ratelimit-reset is held against the provider's own Date too, be its clock years behind."""
    said = {"Date": date(AGO), "X-RateLimit-Reset": str(int(AGO.timestamp()) + 1)}
    assert 1 <= waits(said) < 10


def test_retry_after_comes_before_reset() -> None:
    """Where a provider says both, Retry-After counts."""
    said = {"Date": date(THERE), "Retry-After": "0", "X-RateLimit-Reset": str(int(THERE.timestamp()) + 15)}
    assert waits(said) < 10


@pytest.mark.parametrize(
    "said",
    [
        {"Retry-After": "2"},
        {"Date": date(THERE), "Retry-After": date(THERE + timedelta(seconds=2))},
        {"Date": date(AGO), "X-RateLimit-Reset": str(int(AGO.timestamp()) + 2)},
        {"Retry-After": "86400"},
        {"Retry-After": "999999"},
    ],
    ids=["seconds", "date", "reset", "a day", "eleven days"],
)
def test_a_wait_that_is_too_long(said: dict[str, str]) -> None:
    """A wait longer than Patience.longest_wait is given up at once, with the provider's own words kept."""
    with serving(busy(said)) as server:
        heard = ask_at(server.url, Patience(tries=5, first_wait=0, longest_wait=1))
    assert heard.tries == [heard.answer]
    assert (heard.answer.reason, heard.answer.body) == (Reason.RATE_LIMITED, b"slow down")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.usefixtures("instantly")
def test_only_limits_ask_for_a_wait(status: int) -> None:
    """A Retry-After that comes with a mere fault of the server does not end the trying."""
    with serving(busy({"Retry-After": "9000"}, status), reply(200, BODY)) as server:
        assert ask_at(server.url, PATIENT).answer.reason is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.usefixtures("instantly")
def test_absurd_headers_are_harmless(name: str, value: str) -> None:
    """Whatever a provider writes into its headers, the tries stay within bounds and the answer comes."""
    said = {"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT", "X-RateLimit-Remaining": "0", name.title(): value}
    with serving(busy(said)) as server:
        heard = ask_at(server.url, Patience(tries=3))
    assert heard.answer.reason is Reason.RATE_LIMITED
    assert 1 <= len(server.requests) == len(heard.tries) <= 3


def paced(url: str, longest_wait: float) -> Access:
    """A provider whose key is paced, in a state of its own."""
    patience = Patience(connect=20, read=20, one_try=30, tries=2, first_wait=0, longest_wait=longest_wait)
    return Access(url, requests_per_second=1_000, key_state=KeyState(state_path("host", url)), patience=patience)


@pytest.mark.parametrize("status", [429, 200])
@pytest.mark.parametrize(
    "said",
    [
        {"Retry-After": "999999"},
        {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"},
        {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": date(AGO)},
        {"X-RateLimit-Reset": "9999999999"},
    ],
    ids=["eleven days", "year 9999", "8,000 years", "year 2286"],
)
def test_an_absurd_wait_does_not_lock_a_key_up(said: dict[str, str], status: int) -> None:
    """A wait of days or centuries fails what is asked now, but the key may be used again after the longest wait."""
    with serving(busy(said | {"X-RateLimit-Remaining": "0"}, status), reply(200, BODY)) as server:
        first, second = ask_in_turn(paced(server.url, longest_wait=0.1), [QUESTION] * 2, seconds=20)
    assert (first.answer.status, second.answer.status) == (status, 200)


def test_a_spent_limit_pauses_the_key() -> None:
    """A good answer that says that nothing remains holds the next request back until the reset."""
    said = {"Date": date(THERE), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(THERE.timestamp()) + 1)}
    with serving(reply(200, BODY, said), reply(200, BODY)) as server:
        heard = ask_in_turn(paced(server.url, longest_wait=20), [QUESTION] * 2)
    assert [len(one.tries) for one in heard] == [1, 1]
    assert server.waited[0] >= 1


def test_a_limit_that_is_not_spent_pauses_nothing() -> None:
    """A good answer that says that something remains holds nothing back, however far the reset is."""
    said = {"Date": date(THERE), "X-RateLimit-Remaining": "1", "X-RateLimit-Reset": str(int(THERE.timestamp()) + 15)}
    with serving(reply(200, BODY, said)) as server:
        ask_in_turn(paced(server.url, longest_wait=20), [QUESTION] * 2)
    assert server.waited[0] < 10


@pytest.mark.parametrize(
    "said",
    [{"Retry-After": "30"}, {"Date": date(AGO), "X-RateLimit-Reset": str(int(AGO.timestamp()) + 30)}],
    ids=["retry-after", "reset"],
)
def test_simulated_limits_take_no_real_time(said: dict[str, str]) -> None:
    """In simulated mode a wait is lived time, so that it pauses a paced key in real time neither."""
    with serving(busy(said), reply(200, BODY)) as server:
        key_state = KeyState(state_path("127.0.0.1", "simulated"))
        access = Access(server.url, requests_per_second=1_000, key_state=key_state, is_simulated=True)
        heard = ask(access, seconds=20)
    assert [answer.status for answer in heard.tries] == [429, 200]


HEADER_TEXT = st.one_of(
    st.sampled_from(ABSURD),
    st.integers().map(str),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
    st.lists(
        st.sampled_from(
            [
                "Mon,",
                "21",
                "Oct",
                "2015",
                "9999",
                "0001",
                "07:28:00",
                "99:99",
                ":",
                "GMT",
                "+0000",
                "-9999",
                "+" + "9" * 15,
            ]
        ),
        max_size=8,
    ).map(" ".join),
    st.datetimes().map(lambda instant: date(instant.replace(tzinfo=UTC))),
)


@settings(deadline=None, derandomize=True, database=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(
    headers=st.dictionaries(st.sampled_from([*NAMES, "x-ratelimit-remaining"]), HEADER_TEXT),
    status=st.sampled_from([200, 429, 503]),
    only_when_spent=st.booleans(),
)
def test_no_header_breaks_the_reading_of_waits(headers: dict[str, str], status: int, *, only_when_spent: bool) -> None:
    """Of any headers at all a wait is read that is not negative, or none; never an error."""
    wait = asked_wait(Answer(THERE, 0.0, status, headers), only_when_spent=only_when_spent)
    assert wait is None or wait >= timedelta()
