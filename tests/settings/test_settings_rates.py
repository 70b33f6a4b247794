"""Promises of a provider that covers no wallet and asks for no key: it stands behind the others, no key is missed."""

import pytest

from dagster_project.faces.cli.examine import examine
from dagster_project.model import Capability
from dagster_project.settings.load import OF_RECORD
from dagster_project.settings.schema import PROVIDER_SECTIONS
from dagster_project.snapshot.doors import access_for
from dagster_project.snapshot.forecast import forecast
from dagster_project.snapshot.plan import plan, uncovered
from dagster_project.sources.registry import PROVIDERS
from tests.settings.settings_file import NOW, Document, SettingsFile
from tests.simulator.running_simulator import Simulator

RATES = '[providers.ecb]\ncurrencies = ["EUR", "GBP"]'
FIRST = 'mode = "{mode}"\n[snapshots]\nstart = "2026-05-01"\n{rates}\n[providers.credmark]\nenabled = true\n'


def test_without_its_section_no_rate_is_asked_for(file: SettingsFile) -> None:
    """Rates are asked for only where the settings say so; by default there is no pull for them."""
    settings = file.load(str(Document()))
    assert "ecb" not in settings.providers
    assert {pull.provider for pull in plan(settings, settings.snapshots.start).pulls} == {"credmark"}


@pytest.mark.parametrize("rest", [RATES, f'{RATES}\n[record]\norder = ["credmark"]'])
def test_rates_stand_behind_the_order_of_record(file: SettingsFile, rest: str) -> None:
    """Wherever its section stands, a provider of rates comes last, is asked once an instant, and covers nothing."""
    account = '[[accounts]]\naddress = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"\n'
    alone = file.load(str(Document()))
    for text in (str(Document(rest=rest)), FIRST.format(mode="simulated", rates=RATES) + account):
        settings = file.load(text)
        assert list(settings.providers) == ["credmark", "ecb"]
        planned = plan(settings, settings.snapshots.start)
        assert [(part.provider, part.record_rank) for part in planned.providers] == [("credmark", 0), ("ecb", 1)]
        (pull,) = planned.providers[1].pulls
        assert (pull.cells, pull.capability) == ((), Capability.PUBLISHED)
        assert uncovered(settings) == uncovered(alone)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            Document(rest=f'{RATES}\n[record]\norder = ["ecb"]'),
            "record.order[0]: 'ecb' says nothing of accounts, so it is never of record; take it out",
        ),
        (
            Document(rest=f'{RATES}\napi_key_env = "MINE"'),
            "providers.ecb.api_key_env: asks for no key; take the line out",
        ),
        (
            Document(provider="enabled = false", rest=RATES),
            f"providers: enable at least one provider: {', '.join(OF_RECORD)}",
        ),
        (
            Document(rest='[providers.ecb]\ncurrencies = ["USD"]'),
            "providers.ecb.currencies[0]: is what every value is in already; leave it out",
        ),
        (
            Document(rest="[providers.ecb]\ncurrencies = []"),
            'providers.ecb.currencies: names no currency; write at least one, as in ["EUR"], or set enabled = false',
        ),
    ],
)
def test_what_rates_cannot_be_is_a_fault(file: SettingsFile, document: Document, said: str) -> None:
    """Of record, behind a key, the only provider, in dollars or in nothing: each is refused with the remedy."""
    (fault,) = file.faults(str(document))
    assert fault.partition(", ")[2] == said


def test_no_key_is_asked_for_and_none_is_sent(file: SettingsFile) -> None:
    """In real mode such a provider has a way out though the environment holds no key, and its requests carry none."""
    settings = file.load(str(Document(mode='mode = "real"', rest=RATES)))
    access = access_for(PROVIDERS["ecb"].source, PROVIDER_SECTIONS["ecb"](), settings, None)
    assert access is not None
    assert (access.headers, access.secret) == ({"Accept": "text/csv"}, b"")
    assert (access.requests_per_second, access.monthly_quota) == (5.0, None)
    words = forecast(settings, [settings.snapshots.start], NOW).words()
    assert "ecb: at most 1 request, about 0:00:00" in words


def test_doctor_reaches_it_without_a_key(file: SettingsFile, shared_simulator: Simulator) -> None:
    """Doctor says that no key is needed, and gets an answer of the publisher, while another's missing key is told."""
    address = f'base_url = "{shared_simulator.url}/ecb"\n'
    settings = file.load(str(Document(mode='mode = "real"', rest=f"{RATES}\n{address}")))
    found = {finding.subject: (finding.level, finding.words) for finding in examine(settings)}
    assert found["key of ecb"] == ("ok", "it asks for none")
    assert found["key of credmark"][0] == "FAIL"
    assert found["reach ecb"][0] == "ok"
