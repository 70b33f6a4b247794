"""Promises about opening doors: defaults from the source, settings above them, and no real key in a simulated world."""

import logging
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from dagster_project.errors import UsageError
from dagster_project.settings.load import Settings, load
from dagster_project.snapshot.doors import access_for, open_doors
from dagster_project.sources.access import Access
from dagster_project.sources.credmark import SOURCE, value
from dagster_project.sources.http import LIVED_HEADER, Door
from dagster_project.sources.limits import state_path
from dagster_project.sources.registry import PROVIDERS
from tests.sources.asking import now, put, run
from tests.sources.misbehaviour import BODY
from tests.sources.scripted_server import reply, serving
from tests.sources.watched import ETHEREUM, account

REAL_KEY = "a-real-key-of-somebody"
QUESTION = value(account("treasury"), ETHEREUM, ("timestamp", 1_777_593_600)).request


def settings(folder: Path, mode: str, **credmark: object) -> Settings:
    """The settings of one watched account and one provider."""
    lines = [f"{name} = {f'{said!r}' if isinstance(said, str) else said}" for name, said in credmark.items()]
    config = folder / "portfolio.toml"
    config.write_text(
        f'mode = "{mode}"\n[snapshots]\nstart = "2026-01-01"\n'
        '[[accounts]]\naddress = "0x009757B9F1fA7cE154C997C2b90bfdF7B06eacfA"\n'
        "[providers.credmark]\n" + "\n".join(lines)
    )
    return load(now(), config)


def access(folder: Path, mode: str, *, simulator: str | None = None, **credmark: object) -> Access | None:
    """What the door to Credmark is opened with; the key's file is given back."""
    found = settings(folder, mode, **credmark)
    made = access_for(SOURCE, found.providers["credmark"], found, simulator)
    if made is not None and made.key_state is not None:
        made.key_state.close()
    return made


def limits(made: Access | None) -> tuple[float | None, int | None, int, bool]:
    """Pace, quota, concurrency, and whether use is counted."""
    assert made is not None
    return made.requests_per_second, made.monthly_quota, made.concurrency, made.key_state is not None


@pytest.mark.parametrize("environment", [{}, {"CREDMARK_API_KEY": ""}, {"CREDMARK_API_KEY": " \n"}], ids=repr)
def test_without_a_key_there_is_no_access(
    tmp_path: Path, state_home: Path, monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]
) -> None:
    """Where the environment holds no key, or only blanks, there is no access and nothing is written."""
    for name, said in environment.items():
        monkeypatch.setenv(name, said)
    assert access(tmp_path, "real") is None
    assert not state_home.exists()


@pytest.mark.parametrize("key", ["x", "short", " 1234567\n"])
def test_a_key_that_is_too_short_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """A key of fewer than 8 characters is refused by the name of its variable, and never shown."""
    monkeypatch.setenv("CREDMARK_API_KEY", key)
    with pytest.raises(UsageError, match="CREDMARK_API_KEY holds fewer than 8 characters") as caught:
        access(tmp_path, "real")
    assert key.strip() not in str(caught.value).replace("CREDMARK_API_KEY", "").replace("8 characters", "").split()
    monkeypatch.setenv("CREDMARK_API_KEY", "12345678")
    assert access(tmp_path, "real") is not None


def test_real_mode_takes_the_defaults_of_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In real mode address, pace, quota and concurrency are those that the source declares."""
    monkeypatch.setenv("CREDMARK_API_KEY", f"  {REAL_KEY}\n")
    made = access(tmp_path, "real")
    assert made is not None
    assert limits(made) == (SOURCE.requests_per_second, SOURCE.monthly_quota, SOURCE.concurrency, True)
    assert (made.base_url, made.host, made.is_simulated) == (SOURCE.base_url, "gateway.credmark.com", False)
    assert made.headers == {"Authorization": f"Bearer {REAL_KEY}"}
    assert made.secret == REAL_KEY.encode()
    assert state_path("gateway.credmark.com", REAL_KEY).exists()


def test_settings_override_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the settings say of address, variable, pace, quota and concurrency counts above the source."""
    monkeypatch.setenv("MY_OWN_VARIABLE", REAL_KEY)
    made = access(
        tmp_path,
        "real",
        api_key_env="MY_OWN_VARIABLE",
        base_url="https://elsewhere.example/credmark/",
        requests_per_second=2.5,
        monthly_quota=0,
        concurrency=7,
    )
    assert made is not None
    assert limits(made) == (2.5, 0, 7, True)
    assert made.base_url == "https://elsewhere.example/credmark"
    assert made.headers == {"Authorization": f"Bearer {REAL_KEY}"}


def test_only_the_named_variable_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the settings name a variable, the source's own is not taken instead."""
    monkeypatch.setenv("CREDMARK_API_KEY", REAL_KEY)
    assert access(tmp_path, "real", api_key_env="MY_OWN_VARIABLE") is None


@pytest.mark.parametrize("environment", [{}, {"CREDMARK_API_KEY": REAL_KEY}, {"MINE": REAL_KEY}], ids=repr)
def test_simulated_mode_reads_no_real_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]
) -> None:
    """A simulated world needs no key and takes none, even where one is set and its variable named."""
    for name, said in environment.items():
        monkeypatch.setenv(name, said)
    made = access(tmp_path, "simulated", api_key_env="MINE", simulator="http://127.0.0.1:8787")
    assert made is not None
    assert made.headers == {"Authorization": "Bearer simulated"}
    assert made.secret == b""  # a word that everybody knows is no secret
    assert (made.base_url, made.is_simulated) == ("http://127.0.0.1:8787/credmark", True)


def test_simulated_mode_keeps_no_pace_of_its_own(tmp_path: Path) -> None:
    """Simulated time costs nothing: pace and quota are kept only where the settings ask for one."""
    where = "http://127.0.0.1:8787"
    assert limits(access(tmp_path, "simulated", simulator=where)) == (None, None, SOURCE.concurrency, False)
    paced = access(tmp_path, "simulated", simulator=where, requests_per_second=5, monthly_quota=9)
    assert limits(paced) == (5, 9, SOURCE.concurrency, True)


def test_a_simulator_that_the_settings_name(tmp_path: Path) -> None:
    """A simulator that the settings name is asked, and none is started."""
    with serving(reply(200, BODY)) as server:

        async def through() -> None:
            async with open_doors(settings(tmp_path, "simulated", base_url=f"{server.url}/credmark")) as doors:
                door = doors["credmark"]
                assert isinstance(door, Door)
                assert (await put(door, QUESTION)).answer.reason is None

        run(through())
    assert server.lines[0].startswith("GET /credmark/v1/portfolio/1/")
    assert server.values("authorization") == ["Bearer simulated"]
    assert None not in server.values(LIVED_HEADER)


def test_a_real_door_tells_no_lived_instant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A door in real mode sends the real key and no header of the simulation."""
    monkeypatch.setenv("CREDMARK_API_KEY", REAL_KEY)
    with serving(reply(200, BODY)) as server:

        async def through() -> None:
            async with open_doors(settings(tmp_path, "real", base_url=server.url)) as doors:
                door = doors["credmark"]
                assert isinstance(door, Door)
                await put(door, QUESTION)

        run(through())
    assert server.values("authorization") == [f"Bearer {REAL_KEY}"]
    assert server.values(LIVED_HEADER) == [None]


def test_no_door_where_the_key_is_missing(tmp_path: Path) -> None:
    """A provider whose key is missing has no door, and the others are not disturbed by it."""

    async def look() -> None:
        async with open_doors(settings(tmp_path, "real")) as doors:
            assert dict(doors) == {"credmark": None}

    run(look())


def test_a_simulator_lives_as_long_as_its_doors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without an address a simulator is started, answers, sees no real key in any header, and is gone at the end."""
    monkeypatch.setenv("CREDMARK_API_KEY", REAL_KEY)
    caplog.set_level(logging.DEBUG)

    async def through() -> str:
        async with open_doors(settings(tmp_path, "simulated")) as doors:
            door = doors["credmark"]
            assert isinstance(door, Door)
            assert (await put(door, QUESTION)).answer.reason is None
            assert (await put(door, SOURCE.health)).answer.reason is None
            return door._access.base_url

    url = run(through())
    assert url.startswith("http://127.0.0.1:")
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    assert REAL_KEY not in caplog.text


def test_an_error_inside_ends_the_simulator(tmp_path: Path) -> None:
    """Where the work behind the doors fails, the simulator ends all the same and the error comes out as it was."""
    urls: list[str] = []

    async def fail() -> None:
        async with open_doors(settings(tmp_path, "simulated")) as doors:
            door = doors["credmark"]
            assert isinstance(door, Door)
            urls.append(door._access.base_url)
            raise KeyError("of the work")

    with pytest.raises(KeyError, match="of the work"):
        run(fail())
    with pytest.raises(httpx.ConnectError):
        httpx.get(urls[0], trust_env=False)


def test_providers_go_by_their_own_names() -> None:
    """Each line of the table of contents is found under the name that its source gives itself, over https."""
    for name, provider in PROVIDERS.items():
        assert provider.source.name == name
        assert provider.source.base_url.startswith("https://")
        assert provider.source.requests_per_second > 0
        assert provider.source.concurrency > 0
        assert {endpoint.name for endpoint in provider.source.endpoints}
