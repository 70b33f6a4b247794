"""Promises of a webhook that has a name: posts ask for it by that name, over TLS that is held against the name."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.alerts.alarm import Message
from dagster_project.alerts.webhook import WebhookError, post
from tests.alerts.tunnel import tunnel
from tests.sources.scripted_server import Reply, ScriptedServer, reply, serving
from tests.sources.self_signed import self_signed

SECRET = "T000/B000/MARKED-SECRET"  # noqa: S105 - what no word may hold
MESSAGE = Message(datetime(2026, 5, 1, tzinfo=UTC), "alarm", "stale", "stale", "no snapshot since yesterday")


@contextmanager
def named(
    folder: Path, patched: pytest.MonkeyPatch, name: str, *replies: Reply, certified: str | None = None
) -> Iterator[tuple[ScriptedServer, list[str | None]]]:
    """Serve a host by its name; gives the server, and by which name each TLS handshake asked for it."""
    greeted: list[str | None] = []
    trusted, asked = folder / "trusted.pem", list[str]()
    with ExitStack() as stack:
        tls = stack.enter_context(self_signed(certified or name, trusted))
        tls.sni_callback = lambda _socket, server, _context: greeted.append(server)
        server = stack.enter_context(serving(*replies, tls=tls))
        proxy = stack.enter_context(tunnel(int(server.url.rpartition(":")[2]), asked))
        patched.setenv("HTTPS_PROXY", proxy)
        patched.setenv("SSL_CERT_FILE", str(trusted))
        yield server, greeted
    assert set(asked) == {f"CONNECT {name if ':' in name else name + ':443'} HTTP/1.1"}


@pytest.mark.parametrize("name", ["hooks.example.com", "alerts.of-mine.example"])
def test_a_post_asks_for_the_host_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A post carries the host's own name in its head and in the TLS handshake, and gets through."""
    with named(tmp_path, monkeypatch, name, reply(200, b"ok")) as (server, greeted):
        assert post(f"https://{name}/services/{SECRET}", [MESSAGE], "portfolio snapshots") == 1
    (head,) = server.requests
    lines = head.lower().splitlines()
    assert lines[0] == f"post /services/{SECRET.lower()} http/1.1"
    assert [line for line in lines if line.startswith("host:")] == [f"host: {name}"]
    assert set(greeted) == {name}


@pytest.mark.parametrize("certified", ["other.example.com", "example.com"])
def test_a_certificate_of_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certified: str) -> None:
    """A server that is trusted under another name gets no post, and the error says that without the address."""
    name = "hooks.example.com"
    with (
        named(tmp_path, monkeypatch, name, reply(200, b"ok"), certified=certified) as (server, _),
        pytest.raises(WebhookError, match="its TLS certificate is for another name") as raised,
    ):
        post(f"https://{name}/services/{SECRET}", [MESSAGE], "portfolio snapshots")
    assert server.requests == []
    assert "MARKED" not in str(raised.value)


def test_a_certificate_that_nobody_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose certificate is not among the trusted ones gets no post."""
    with named(tmp_path, monkeypatch, "hooks.example.com", reply(200, b"ok")) as (server, _):
        with self_signed("hooks.example.com", tmp_path / "other.pem") as other:
            assert isinstance(other, ssl.SSLContext)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
        with pytest.raises(WebhookError, match="its TLS certificate is not trusted here"):
            post(f"https://hooks.example.com/services/{SECRET}", [MESSAGE], "portfolio snapshots")
    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "words", "tries"),
    [
        (reply(301, b"", {"Location": "https://elsewhere.example"}), "it redirects, which is not followed", 1),
        (reply(307, b"", {"Location": "/other"}), "it redirects, which is not followed", 1),
        (reply(403, b"no"), "it answered 403", 1),
        (reply(404, b"no"), "it answered 404", 1),
        (reply(500, b"no"), "it answered 500", 3),
        (reply(503, b"no"), "it answered 503", 3),
    ],
)
def test_what_it_answers_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, words: str, tries: int
) -> None:
    """A redirect and a refusal are said at once, a fault of the server once three tries are over; all in words."""
    name = "hooks.example.com"
    with (
        named(tmp_path, monkeypatch, name, answer) as (server, _),
        pytest.raises(WebhookError, match=words),
    ):
        post(f"https://{name}/services/{SECRET}", [MESSAGE], "portfolio snapshots")
    assert len(server.requests) == tries


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.2, 0.4])
def test_a_slow_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """A host that takes the post and stays silent is given up, and named as such."""
    monkeypatch.setattr("dagster_project.alerts.webhook.TIMEOUTS", (5.0, seconds, 2 * seconds))

    def silent(connection: object, _: bytes) -> bytes:
        connection.settimeout(2)  # type: ignore[attr-defined] # the server's own socket
        connection.recv(1)  # type: ignore[attr-defined] # likewise
        return b""

    with (
        named(tmp_path, monkeypatch, "hooks.example.com", silent) as (server, _),
        pytest.raises(WebhookError, match="no answer within the time allowed"),
    ):
        post(f"https://hooks.example.com/services/{SECRET}", [MESSAGE], "portfolio snapshots")
    assert server.requests
