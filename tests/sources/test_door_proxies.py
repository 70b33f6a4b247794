"""Promises about proxies: this machine is asked directly, whatever the environment says of proxies."""

import asyncio
from datetime import timedelta

import pytest
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from dagster_project.model import Reason
from dagster_project.sources.access import Access
from tests.sources.asking import ONCE, ask
from tests.sources.misbehaviour import BODY
from tests.sources.scripted_server import reply, serving
from tests.sources.self_signed import self_signed

VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
SPELLINGS = [name for variable in VARIABLES for name in (variable, variable.lower())]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_is_asked_directly(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """A request to a loopback address goes past every proxy of the environment, which receives nothing."""
    with serving(reply(200, b"trapped")) as trap:
        for name in SPELLINGS:
            monkeypatch.setenv(name, trap.url)
        with serving(reply(200, BODY), host="127.0.0.1" if host == "localhost" else host) as server:
            url = server.url.replace("127.0.0.1", host) if host == "localhost" else server.url
            answer = ask(Access(url, patience=ONCE)).answer
    assert (answer.reason, answer.body) == (None, BODY)
    assert (trap.connections, trap.requests) == (0, [])


def test_this_machine_is_asked_directly_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loopback address is asked directly over https as well."""
    with serving(reply(200, b"trapped")) as trap:
        for name in SPELLINGS:
            monkeypatch.setenv(name, trap.url)
        with self_signed("127.0.0.1") as tls, serving(reply(200, BODY), tls=tls) as server:
            answer = ask(Access(server.url, patience=ONCE)).answer
            assert server.connections > 0
    assert answer.reason is Reason.UNREACHABLE  # nobody vouches for the certificate
    assert (trap.connections, trap.requests) == (0, [])


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_trap_catches_who_heeds_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Control: the same layer below, told nothing of proxies, is caught by the same trap."""

    async def heedful(url: str) -> bytes:
        client = ClientBuilder().timeout(timedelta(seconds=20)).build()
        try:
            return bytes(await (await client.get(url).build().send()).bytes())
        finally:
            await client.close()

    with serving(reply(502, b"trapped")) as trap:
        monkeypatch.setenv(name, trap.url)
        if name.upper() == "HTTPS_PROXY":
            with pytest.raises(PyreqwestError):
                asyncio.run(heedful("https://elsewhere.invalid/x"))
        else:
            assert asyncio.run(heedful("http://elsewhere.invalid/x")) == b"trapped"
    assert trap.lines[0].startswith(("GET http://elsewhere.invalid/x ", "CONNECT elsewhere.invalid:443 "))


def test_a_proxy_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that stands between us and a provider is asked for a tunnel only: no key, no path, no query."""
    with serving(reply(502, b"no tunnel")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        access = Access("https://elsewhere.invalid", {"Authorization": "Bearer of-a-test"}, b"of-a-test", patience=ONCE)
        answer = ask(access).answer
    assert answer.reason is Reason.UNREACHABLE
    assert {line.partition(" ")[0] for line in proxy.lines} == {"CONNECT"}
    told = "".join(proxy.requests)
    assert not [word for word in ("of-a-test", "things", "quote") if word in told]
