"""Promises about the key: it travels in one header to one host, and is found nowhere else, whatever goes wrong."""

import base64
import gzip
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.errors import DoNotRetryError
from dagster_project.model import Answer
from dagster_project.settings.load import load
from dagster_project.snapshot.doors import access_for
from dagster_project.sources.access import Access
from dagster_project.sources.credmark import SOURCE
from dagster_project.sources.http import LIVED_HEADER, Door
from dagster_project.sources.limits import KeyState, state_path
from tests.sources.asking import ONCE, QUESTION, SHORT, ask, ask_in_turn, now, put, run
from tests.sources.misbehaviour import ALL, BODY
from tests.sources.scripted_server import Reply, cut, half, head, nobody, reply, serving

MARK = "marked-key-5c1d9e"
"""Short and in small letters, so that neither cutting nor lowering hides it."""


@dataclass
class Evidence:
    """Everything that anybody may come to see of a question, by where it was seen."""

    seen: dict[str, str] = field(default_factory=dict)

    def add(self, where: str, what: object) -> None:
        """Note it, bytes as what they would look like."""
        text = what.decode("latin-1") if isinstance(what, bytes) else str(what)
        self.seen[f"{where} {len(self.seen)}"] = text

    def add_answer(self, answer: Answer) -> None:
        """Note all of an answer."""
        self.add("repr of the answer", repr(answer))
        self.add("detail", answer.detail)
        self.add("body", answer.body)
        for name, value in answer.headers.items():
            self.add("header", f"{name}: {value}")

    def add_records(self, records: list[logging.LogRecord]) -> None:
        """Note what was logged, with arguments and errors."""
        for record in records:
            self.add(f"log of {record.name}", f"{record.getMessage()} {record.args!r} {record.__dict__!r}")
            if record.exc_info and record.exc_info[1]:
                self.add("logged error", "".join(traceback.format_exception(record.exc_info[1])))

    def places(self, mark: str = MARK) -> list[str]:
        """Where the mark was seen: as it is, in other letters, or as base64, whatever stands around it."""
        encoded = {base64.b64encode(b" " * shift + mark.encode()).decode()[4:-4] for shift in range(3)}
        return [
            where for where, text in self.seen.items() if mark in text.lower() or any(part in text for part in encoded)
        ]


def guarded(url: str, **changes: Any) -> Access:  # noqa: ANN401 - any field of Access
    """An access with the marked key, as the settings would make it."""
    return replace(Access(url, SOURCE.authorise(MARK), MARK.encode(), patience=ONCE), **changes)


def look(access: Access, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Evidence:
    """Ask once and gather what can be seen of it."""
    evidence = Evidence()
    caplog.set_level(logging.DEBUG)
    evidence.add("repr of the access", repr(access))
    evidence.add("str of the access", str(access))

    async def once() -> None:
        async with Door(access) as door:
            evidence.add("repr of the door", repr(door))
            evidence.add("str of the door", str(door))
            heard = await put(door)
            for answer in (heard.answer, *heard.tries):
                evidence.add_answer(answer)

    run(once())
    evidence.add_records(caplog.records)
    evidence.add("printed", "".join(capfd.readouterr()))
    return evidence


ECHOES: dict[str, Reply] = {
    "in the body": reply(401, f'{{"error": "bad key {MARK}", "again": "{MARK}"}}'.encode()),
    "in a good body": reply(200, f'{{"key": "Bearer {MARK}"}}'.encode()),
    "in a gzip body": reply(200, gzip.compress(MARK.encode()), {"Content-Encoding": "gzip"}),
    "across chunks": head(200, {"Transfer-Encoding": "chunked"})
    + b"8\r\n%b\r\n9\r\n%b\r\n0\r\n\r\n" % (MARK[:8].encode(), MARK[8:].encode()),
    "in kept headers": reply(
        429, b"", {"X-RateLimit-Key": f"key={MARK}"} | dict.fromkeys(("X-Request-Id", "Retry-After", "Date"), MARK)
    ),
    "in the content type": reply(200, b"", {"Content-Type": f"text/{MARK}"}),
    "in the name of a header": reply(200, b"", {f"X-RateLimit-{MARK}": "1"}),
    "behind a long header": reply(200, b"", {"X-Request-Id": "x" * 195 + MARK}),
    "in other headers": reply(302, b"", {"Location": f"https://elsewhere.invalid/?key={MARK}", "Set-Cookie": MARK}),
    "in the status line": b"HTTP/1.1 500 %b\r\nContent-Length: 0\r\n\r\n" % MARK.encode(),
    "in the encoding": reply(200, b"", {"Content-Encoding": MARK}),
    "in a broken body": cut(half(f"{MARK} {MARK}".encode())),
    "in a half-broken gzip body": reply(200, gzip.compress(MARK.encode())[:-3], {"Content-Encoding": "gzip"}),
    "instead of HTTP": cut(f"{MARK}\r\n\r\n".encode()),
    "in the whole request": lambda _, request: reply(400, request),
}


@pytest.mark.parametrize("name", ALL)
def test_no_failure_shows_the_key(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever a server does, the key stands in no message, log, answer or representation."""
    case = ALL[name]
    with serving(case.said) as server:
        access = guarded(server.url, patience=replace(ONCE, read=case.read))
        assert look(access, caplog, capfd).places() == []
        assert server.values("authorization") == [f"Bearer {MARK}"]


@pytest.mark.parametrize("name", ECHOES)
def test_no_echo_shows_the_key(name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """A provider that sends the key back, wherever it may, does not bring it into anything that is kept or told."""
    with serving(ECHOES[name]) as server:
        evidence = look(guarded(server.url, patience=replace(SHORT, tries=2)), caplog, capfd)
    assert evidence.places() == []


@pytest.mark.parametrize("where", [nobody(), nullcontext("http://nohost.invalid")], ids=["refused", "unknown"])
def test_no_missing_server_shows_the_key(
    where: AbstractContextManager[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where nobody is there to ask, the key stands nowhere either."""
    with where as url:
        assert look(guarded(url), caplog, capfd).places() == []


def test_a_used_up_quota_shows_no_key(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """A question that is not sent because of pace or quota shows nothing of the key that they belong to."""
    state = KeyState(state_path("host", MARK))
    access = guarded("http://127.0.0.1:9", monthly_quota=0, requests_per_second=1, key_state=state)
    assert look(access, caplog, capfd).places() == []


def test_the_search_finds_a_key(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Control: planted in a log, in print, in a body, a header, a message or in base64, the key is found each time."""
    with serving(reply(200, MARK.encode(), {"X-Request-Id": MARK.upper()})) as server:
        evidence = look(replace(guarded(server.url), secret=b""), caplog, capfd)
        sent = server.requests[0]
    assert {where.rpartition(" ")[0] for where in evidence.places()} == {"repr of the answer", "body", "header"}
    planted = Evidence()
    logging.getLogger("some.layer").debug("connecting with %s", {"key": MARK})
    planted.add_records([record for record in caplog.records if record.name == "some.layer"])
    planted.add("sent", sent)
    planted.add("base64", base64.b64encode(f"user:{MARK}".encode()).decode())
    planted.add("nothing", "marked-key")
    assert [where.rpartition(" ")[0] for where in planted.places()] == ["log of some.layer", "sent", "base64"]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_key_at_the_edge_of_what_is_kept(encoding: str) -> None:
    """A key that the limit of size cuts in two is not kept up to the cut either."""
    largest = 1_000
    body = b"x" * (largest - len(MARK) + 2) + MARK.encode() + b"x" * 50
    packed = gzip.compress(body) if encoding == "gzip" else body
    with serving(reply(200, packed, {"Content-Encoding": encoding})) as server:
        answer = ask(guarded(server.url, largest_body=largest)).answer
    assert MARK[:6].encode() not in answer.body


def test_a_key_in_a_body_that_breaks_off() -> None:
    """A key of which a broken connection brings only the first letters is not kept as far as it came."""
    with serving(cut(half(b"key: " + MARK[:-2].encode()))) as server:
        answer = ask(guarded(server.url)).answer
    assert MARK[:6].encode() not in answer.body


def test_blotting_changes_nothing_else() -> None:
    """Where the key is blotted out, length and all other bytes of the body stay as they were answered."""
    body = b'\xff{"key": "' + MARK.encode() + b'", "amount": 12.50}\r\n'
    with serving(reply(200, body)) as server:
        answer = ask(guarded(server.url)).answer
    assert answer.body == body.replace(MARK.encode(), b"*" * len(MARK))


def test_without_a_key_nothing_is_blotted() -> None:
    """An access without a key keeps every byte: an empty key stands in every text."""
    with serving(reply(200, BODY)) as server:
        assert ask(Access(server.url, patience=ONCE)).answer.body == BODY


def test_the_key_travels_in_its_header_only() -> None:
    """In all that a server is sent the key stands once, in the Authorization header, and never in the request line."""
    with serving(reply(200, BODY)) as server:
        ask(guarded(server.url))
    lines = [line for line in server.requests[0].splitlines() if MARK in line.lower()]
    assert [line.lower() for line in lines] == [f"authorization: bearer {MARK}"]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    """The place that a redirect points to receives nothing at all, be it another server or the same."""
    with serving(reply(200, b"trapped")) as trap:
        for where in (f"{trap.url}/trap", "/same", "//127.0.0.1:9/x"):
            with serving(reply(status, b"", {"Location": where, "Refresh": f"0; url={trap.url}"})) as server:
                answer = ask(guarded(server.url)).answer
            assert (answer.status, len(server.requests)) == (status, 1)
    assert trap.connections == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Refresh": "0; url={trap}"},
        {"Link": "<{trap}>; rel=preload"},
        {"Alt-Svc": 'http/1.1="127.0.0.1:{port}"; ma=60'},
        {"Content-Location": "{trap}"},
        {"WWW-Authenticate": 'Basic realm="{trap}"'},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_leads_elsewhere(headers: Mapping[str, str]) -> None:
    """Headers that name other places are not acted upon: the next question goes where the first one went."""
    with serving(reply(200, b"trapped")) as trap:
        port = trap.url.rpartition(":")[2]
        said = {name: value.format(trap=trap.url, port=port) for name, value in headers.items()}
        with serving(reply(401, b"", said), reply(200, BODY, said)) as server:
            heard = ask_in_turn(guarded(server.url), [QUESTION] * 3)
    assert [one.answer.status for one in heard] == [401, 200, 200]
    assert trap.connections == 0


def test_cookies_are_never_sent_back() -> None:
    """A cookie that a server sets is not sent with any later question, be it answered well or not."""
    cookies = {"Set-Cookie": "session=abc; Path=/"}
    with serving(reply(200, BODY, cookies), reply(503, b"", cookies), reply(200, BODY)) as server:
        ask_in_turn(guarded(server.url, patience=SHORT), [QUESTION] * 3)
    assert server.values("cookie") == [None] * 4


@pytest.mark.parametrize("is_simulated", [True, False])
def test_the_lived_instant_is_told_to_simulators_only(*, is_simulated: bool) -> None:
    """Which instant is lived is told in simulated mode, in whole seconds, and never in real mode."""
    with serving(reply(200, BODY)) as server:
        ask(guarded(server.url, is_simulated=is_simulated))
    told = server.values(LIVED_HEADER)
    assert len(told) == 1
    assert (told[0] or "").isdigit() is is_simulated
    assert not is_simulated or abs(int(told[0] or 0) - now().timestamp()) < 60


STRANGE = ["\nX-Injected: 1", "\r\n\r\nGET / HTTP/1.1", "\x7f", "\u00e9", "\u20ac", " with blanks"]


@pytest.mark.parametrize("letters", STRANGE, ids=ascii)
def test_a_key_that_is_no_header(
    letters: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A key with letters that no header can hold adds nothing to a request, and no error tells the key."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("CREDMARK_API_KEY", MARK + letters)
    config, evidence = tmp_path / "portfolio.toml", Evidence()
    with serving(reply(200, BODY)) as server:
        config.write_text(
            'mode = "real"\n[snapshots]\nstart = "2026-01-01"\n'
            '[[accounts]]\naddress = "0x009757B9F1fA7cE154C997C2b90bfdF7B06eacfA"\n'
            f'[providers.credmark]\nbase_url = "{server.url}"\n'
        )
        settings = load(now(), config)
        try:
            access = access_for(SOURCE, settings.providers["credmark"], settings, None)
            assert access is not None
            evidence.add_answer(ask(replace(access, patience=ONCE)).answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not tell the key
            evidence.add("error", "".join(chained(error)))
    evidence.add_records(caplog.records)
    assert evidence.places() == []
    assert server.values("x-injected") in ([], [None])


def test_a_refused_key_is_told_with_its_remedy() -> None:
    """A key with a line break is refused before anything is sent, in words that name the host and the remedy."""
    with pytest.raises(DoNotRetryError, match=r"key for 127\.0\.0\.1 holds a line break .* set it again"):
        Access("http://127.0.0.1:9", SOURCE.authorise(f"{MARK}\n{MARK}"), MARK.encode())


def chained(error: BaseException) -> Iterator[str]:
    """The words of an error and of those behind it."""
    behind: BaseException | None = error
    while behind is not None:
        yield f"{behind!r} {behind} {behind.args!r}"
        behind = behind.__cause__ or behind.__context__
