"""Promises of snapshot/forecast.py: what a run would ask is said before it is asked, and never too low."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from dagster_project.errors import UsageError
from dagster_project.settings.load import Settings
from dagster_project.snapshot.forecast import Demand, Forecast, forecast
from dagster_project.snapshot.plan import plan
from dagster_project.sources.limits import KeyState, state_path
from dagster_project.sources.registry import PROVIDERS
from tests.settings.settings_file import NOW, OTHER_WALLET, WALLET, Document, SettingsFile

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
REAL = 'mode = "real"'
KEY = "made-up-key"
TWO = f'address = "{WALLET}"\n[[accounts]]\naddress = "{OTHER_WALLET}"'


def days(count: int) -> list[datetime]:
    """Give so many daily instants."""
    return [FIRST + timedelta(days=number) for number in range(count)]


def demand(settings: Settings, instants: Sequence[datetime]) -> Demand:
    """Give what the one provider would be asked."""
    (one,) = forecast(settings, instants, NOW).demands
    return one


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the key be set."""
    monkeypatch.setenv("CREDMARK_API_KEY", KEY)


def test_every_pull_of_every_instant_is_counted(file: SettingsFile) -> None:
    """Requests are pulls times instants."""
    settings = file.load(str(Document(account=TWO)))
    said = forecast(settings, days(31), NOW)
    assert said.instants == 31
    assert [(one.provider, one.requests) for one in said.demands] == [("credmark", 62)]


@pytest.mark.parametrize("scope", ["until = 2026-05-03", "from = 2026-05-30", "until = 2026-05-03\nlabel = 'ended'"])
def test_a_forecast_is_never_too_low(file: SettingsFile, scope: str) -> None:
    """What the plans of the instants ask together is at most what was said, whoever comes or goes between."""
    text = Document(account=f'address = "{WALLET}"\n{scope}\n[[accounts]]\naddress = "{OTHER_WALLET}"')
    settings = file.load(str(text))
    asked = sum(len(plan(settings, as_of).pulls) for as_of in days(31))
    assert demand(settings, days(31)).requests >= asked


@pytest.mark.usefixtures("_key")
def test_the_providers_own_pace_and_quota_hold_in_real_mode(file: SettingsFile) -> None:
    """Without limits in the settings the vendor's free plan gives the time and the quota."""
    source = PROVIDERS["credmark"].source
    one = demand(file.load(str(Document(mode=REAL, account=TWO))), days(31))
    assert one.at_least == timedelta(seconds=62 / source.requests_per_second)
    assert one.quota_left == source.monthly_quota
    assert not one.exceeds_quota


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        ("requests_per_second = 2", 31),
        ("requests_per_second = 0.25", 248),
        ("requests_per_second = 10000\nconcurrency = 1", 31),
        ("requests_per_second = 10000\nconcurrency = 31", 1),
    ],
)
def test_the_slower_of_pace_and_answers_gives_the_time(file: SettingsFile, limits: str, seconds: int) -> None:
    """The time is that of the pace, or of half a second an answer over all that are under way at once."""
    one = demand(file.load(str(Document(mode=REAL, account=TWO, provider=limits))), days(31))
    assert one.at_least == timedelta(seconds=seconds)


@pytest.mark.usefixtures("_key")
def test_what_was_asked_this_month_is_taken_off_the_quota(file: SettingsFile) -> None:
    """The quota that is left counts the requests of this UTC month with the same key, and is never below nought."""
    settings = file.load(str(Document(mode=REAL, provider="monthly_quota = 5")))
    assert demand(settings, days(5)).quota_left == 5
    state = KeyState(state_path("gateway.credmark.com", KEY))
    for _ in range(3):
        state.spend(None, NOW)
    assert demand(settings, days(5)).quota_left == 2
    for _ in range(3):
        state.spend(None, NOW)
    state.close()
    assert demand(settings, days(5)).quota_left == 0
    (next_month,) = forecast(settings, days(5), NOW + timedelta(days=30)).demands
    assert next_month.quota_left == 5


@pytest.mark.usefixtures("_key")
def test_a_quota_that_is_too_small_is_shouted(file: SettingsFile) -> None:
    """Only where more would be asked than is left is there a warning, and it says what follows."""
    settings = file.load(str(Document(mode=REAL, provider="monthly_quota = 5")))
    enough, short = forecast(settings, days(5), NOW), forecast(settings, days(6), NOW)
    assert not enough.demands[0].exceeds_quota
    assert "MORE" not in enough.words()
    assert short.demands[0].exceeds_quota
    assert short.words().endswith("5 left of this month's quota; MORE THAN IS LEFT, the rest will be missing")


@pytest.mark.usefixtures("_key")
def test_a_quota_of_none_at_all_is_kept(file: SettingsFile) -> None:
    """A quota of nought is a quota: nothing is left of it from the start."""
    one = demand(file.load(str(Document(mode=REAL, provider="monthly_quota = 0"))), days(1))
    assert (one.quota_left, one.exceeds_quota) == (0, True)


def test_a_simulated_run_takes_no_time_and_no_quota(file: SettingsFile) -> None:
    """The simulator is not paced unless the settings pace it, and then it is."""
    one = demand(file.load(str(Document(account=TWO))), days(31))
    assert (one.at_least, one.quota_left) == (timedelta(), None)
    paced = demand(
        file.load(str(Document(account=TWO, provider="requests_per_second = 2\nmonthly_quota = 60"))), days(31)
    )
    assert (paced.at_least, paced.quota_left, paced.exceeds_quota) == (timedelta(seconds=31), 60, True)


def test_a_run_without_its_key_is_forecast_all_the_same(file: SettingsFile) -> None:
    """Who has not set a key yet is told the time at the provider's pace, not that it takes none."""
    one = demand(file.load(str(Document(mode=REAL))), days(31))
    assert one.at_least == timedelta(seconds=62)


def test_a_forecast_needs_instants_of_the_portfolio(file: SettingsFile) -> None:
    """What is no tick cannot be forecast, just as it cannot be planned."""
    with pytest.raises(UsageError, match="is no instant of this portfolio"):
        forecast(file.load(str(Document())), [FIRST, FIRST + timedelta(hours=1)], NOW)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            Forecast(365, (Demand("credmark", 1825, timedelta(seconds=3650), 200000),)),
            "365 instants; credmark: at most 1,825 requests, about 1:00:50, 200,000 left of this month's quota",
        ),
        (
            Forecast(2, (Demand("one", 2, timedelta(), None), Demand("other", 9, timedelta(seconds=9), 3))),
            (
                "2 instants; one: at most 2 requests, about 0:00:00; other: at most 9 requests, about 0:00:09, "
                "3 left of this month's quota; MORE THAN IS LEFT, the rest will be missing"
            ),
        ),
        (
            Forecast(1, (Demand("credmark", 1, timedelta(seconds=2), None),)),
            "1 instant; credmark: at most 1 request, about 0:00:02",
        ),
    ],
    ids=["a year", "two providers", "one of each"],
)
def test_a_forecast_in_words(said: Forecast, words: str) -> None:
    """Each provider's requests, time and quota are said in one line, in the singular where there is one."""
    assert said.words() == words
