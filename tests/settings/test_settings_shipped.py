"""Promises of the two files that users begin with: the one that ships, and the one that `portfolio init` writes."""

import re
import tomllib
from datetime import UTC, datetime

import pytest

from dagster_project import cadence
from dagster_project.settings.load import load
from dagster_project.settings.template import real_settings, simulated_settings
from dagster_project.simulator.book.accounts import ALL_ACCOUNTS
from dagster_project.sources.registry import PROVIDERS
from tests.settings.settings_file import NOW, OTHER_WALLET, ROOT, SHIPPED, SOLANA, SOLANA_WALLET, WALLET, SettingsFile

GONE = {name for name, provider in PROVIDERS.items() if provider.source.gone}
ADDRESS = re.compile(r"https?://[^\s\"'`,;{}\])]+")

COMMENTED_KEY = re.compile(r"# ?(?P<pair>(?P<key>\w+) = .*)")


def uncommented(text: str) -> tuple[str, list[str]]:
    """Make every commented-out key a key and every such table a table, and name the keys."""
    lines, names = [], []
    for line in text.splitlines():
        if found := COMMENTED_KEY.fullmatch(line):
            names.append(found["key"])
            lines.append(found["pair"])
        else:
            lines.append(re.sub(r"^# (\[\[?\w+\]?\])", r"\1", line))
    return "\n".join(lines), names


def template(*accounts: str, now: datetime = NOW) -> str:
    """Give a file for real use with these accounts."""
    named = [(address, f"wallet {n}") for n, address in enumerate(accounts, start=1)]
    return real_settings(named, now)


def test_the_shipped_file_loads_as_simulated() -> None:
    """The file that ships is good, and its history is a made-up one with a start that is a tick."""
    settings = load(NOW, SHIPPED)
    assert settings.is_simulated
    assert set(settings.providers) <= set(PROVIDERS)
    assert cadence.is_tick(settings.snapshots.cron, settings.snapshots.start)
    assert settings.missed
    assert all(settings.snapshots.start < missed < NOW for missed in settings.missed)


def test_the_simulator_knows_every_shipped_account() -> None:
    """Every account of the shipped file is one of the simulator's, under the name that it has there."""
    accounts = load(NOW, SHIPPED).accounts
    assert {account.label: account.address for account in accounts} == {
        account.label: account.checksummed for account in ALL_ACCOUNTS
    }


def test_what_the_shipped_file_leaves_commented_can_be_used(file: SettingsFile) -> None:
    """Each key that stands there as a comment loads once its mark is taken away."""
    text, names = uncommented(SHIPPED.read_text(encoding="utf-8"))
    of_provider = ["base_url", "requests_per_second", "concurrency"]
    assert names == ["id", "treat", "account", "since", "reason", *of_provider]
    settings = file.load(text)
    (rule,) = settings.assets
    assert (rule.asset_id.partition(":")[0], rule.treatment) == ("eip155", "ignore")
    (accepted,) = settings.accepted
    assert accepted.account_id == next(one.account_id for one in settings.accounts if one.label == "cold")
    section = settings.providers["credmark"]
    assert {name: getattr(section, name) for name in of_provider} == {
        "base_url": "http://127.0.0.1:8787/credmark",
        "requests_per_second": 0.5,
        "concurrency": 4,
    }


def test_the_template_loads_for_real_use(file: SettingsFile) -> None:
    """The file for real use loads with its accounts, from today on, with every provider whose address answers."""
    settings = file.load(template(WALLET, f"eip155:8453:{OTHER_WALLET}", f"{SOLANA}:{SOLANA_WALLET}"))
    assert settings.mode == "real"
    assert [account.address for account in settings.accounts] == [WALLET, OTHER_WALLET, SOLANA_WALLET]
    assert [account.label for account in settings.accounts] == ["wallet 1", "wallet 2", "wallet 3"]
    assert [account.chains for account in settings.accounts] == [("eip155:1",), ("eip155:8453",), (SOLANA,)]
    assert settings.snapshots.start == datetime(2026, 6, 15, tzinfo=UTC)
    assert list(settings.providers) == [name for name in PROVIDERS if name not in GONE]


def test_the_template_says_of_each_provider_what_it_declares(file: SettingsFile) -> None:
    """Address, variable, pace, quota and width in the file are those of the provider's source."""
    settings = file.load(template(WALLET).replace("enabled = false", "enabled = true"))
    for name, provider in PROVIDERS.items():
        source, section = provider.source, settings.providers[name]
        if name in GONE:
            assert section.base_url is None
            continue
        assert (section.base_url, section.api_key_env) == (source.base_url, source.api_key_env)
        assert (section.requests_per_second, section.monthly_quota, section.concurrency) == (
            *(source.requests_per_second, source.monthly_quota, source.concurrency),
        )


def test_the_template_holds_no_key() -> None:
    """The file names variables and never a key, and says so."""
    text = template(WALLET)
    named = {key for section in tomllib.loads(text)["providers"].values() for key in section}
    assert "api_key_env" in named
    assert not {key for key in named if re.search("key|secret|token|password", key)} - {"api_key_env", "token_lists"}
    assert "Keys of providers are never written here" in text


def test_what_the_template_leaves_commented_can_be_used(file: SettingsFile) -> None:
    """Each key that stands there as a comment loads once its mark is taken away."""
    text, names = uncommented(template(WALLET))
    assert names == ["groups", "chains", "from", "base_url", "base_url", "tokens", "endpoints"]
    (account,) = file.load(text).accounts
    assert account.groups == ("fund",)
    assert account.chains == ("eip155:1", "eip155:8453")
    assert account.since == datetime(2024, 1, 1, tzinfo=UTC)


def test_the_simulated_settings_are_the_file_that_ships() -> None:
    """What `portfolio init --simulated` writes is the portfolio.toml at the top of the tree, byte for byte."""
    assert simulated_settings().encode() == SHIPPED.read_bytes()


def test_every_address_of_the_template_is_documented() -> None:
    """Each address in a new settings file stands in its provider's page, and none is of a provider that is gone."""
    assert {"credmark", "onebalance"} == GONE
    text = template(WALLET)
    pages = {name: (ROOT / "docs" / "sources" / f"{name}.md").read_text(encoding="utf-8") for name in PROVIDERS}
    sections = re.split(r"(?m)^\[providers\.(\w+)\]$", text)
    named = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert ADDRESS.findall(sections[0]) == []
    for name, section in named.items():
        addresses = ADDRESS.findall(section)
        if name in GONE:
            assert addresses == ["https://gateway.example.com"], "an example that nobody can have"
            assert "enabled = false" in section
            assert re.search("presumed gone|deprecated the API", pages[name])
        else:
            assert PROVIDERS[name].source.base_url in addresses
            assert [one for one in addresses if one not in pages[name]] == []


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_the_template_of_any_hour_has_a_tick_due(file: SettingsFile, hour: int) -> None:
    """Whenever it is written, the file's start is a tick that is due already."""
    now = NOW.replace(hour=hour, minute=59)
    settings = file.load(template(WALLET, now=now), now)
    assert list(cadence.ticks(settings.snapshots.cron, settings.snapshots.start, now)) == [settings.snapshots.start]
