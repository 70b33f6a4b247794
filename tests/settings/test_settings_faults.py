"""Promises of a settings file that is no good: every fault at once, each with its line and what to write instead."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.chains import CHAINS
from dagster_project.errors import SettingsError
from dagster_project.settings.load import OF_RECORD, load
from dagster_project.settings.paths import CONFIG_VARIABLE, locate
from dagster_project.sources.registry import PROVIDERS
from tests.settings.settings_file import NOW, OTHER_WALLET, SOLANA, SOLANA_WALLET, WALLET, Document, SettingsFile

CHAINS_KNOWN = ", ".join(CHAINS)
TOP_LEVEL = (
    "accept_missing, accounts, accrual, alerts, assets, mode, prices, providers, published, raw, record, runs, serve, "
    "simulated, snapshots"
)
OF_SNAPSHOTS = "chains, cron, grace_minutes, start"
OF_ACCOUNTS = "address, chains, from, groups, label, until"
OF_PROVIDERS = "api_key_env, base_url, concurrency, enabled, monthly_quota, requests_per_second, series_every, tokens"

MISSHAPEN = f"""\
mode = "reel"
acounts = 1
wallets = 2

[snapshots]
cron = "0 0 * *"
grace_minute = 90
chains = ["eip155:1", "eip155:99999", "ethereum"]

[[accounts]]
address = "{WALLET}"
label = "cold"
from = "2026-05-02"
until = "2026-05-01"

[[accounts]]
address = "eip155:1:{WALLET.lower()}"
label = "another name for it"

[[accounts]]
address = "{OTHER_WALLET}"
label = "cold"
chains = ["{SOLANA}"]

[[accounts]]
address = "{WALLET[:-1]}D"

[[accounts]]
adress = "{WALLET}"

[[accounts]]
address = "0x123"   # cut off

[providers.credmark]
api_key = "sk-never-shown"
concurency = 2
base_url = "http://gateway.example.com"

[providers.credmak]
enabled = true

[record]
order = ["credmark", "credmak", "credmark"]

[simulated]
mised = ["2026-05-02"]
"""

IN_ORDER = ", ".join(OF_RECORD)
BY_NAME = ", ".join(sorted(PROVIDERS))
MISSHAPEN_SAID = f"""\
{{path}} has 23 faults:
  line 1, mode: write mode = 'simulated' or 'real'
  line 2, acounts: unknown key; did you mean 'accounts'? known here: {TOP_LEVEL}
  line 3, wallets: unknown key; did you mean 'alerts'? known here: {TOP_LEVEL}
  line 5, snapshots.start: is missing; it has no default
  line 6, snapshots.cron: '0 0 * *' is no cron expression of five fields in UTC, for example "0 0 * * *"
  line 7, snapshots.grace_minute: unknown key; did you mean 'grace_minutes'? known here: {OF_SNAPSHOTS}
  line 8, snapshots.chains[1]: unknown chain 'eip155:99999'; known: {CHAINS_KNOWN}
  line 8, snapshots.chains[2]: 'ethereum' is no CAIP-2 chain id, for example eip155:1
  line 14, accounts[0].until: lies at or before `from`; the account would never be in scope
  line 17, accounts[1].address: is accounts[0] again; one table a wallet, list its chains
  line 22, accounts[2].label: 'cold' is accounts[0] too; labels tell accounts apart
  line 23, accounts[2].chains: {SOLANA} cannot hold this account, it is of 'eip155'
  line 26, accounts[3].address: {WALLET[:-1]}D has a wrong EIP-55 checksum, so a letter may be mistyped; \
if every digit is right, write {WALLET} or all lower case
  line 28, accounts[4].address: is missing; it has no default
  line 29, accounts[4].adress: unknown key; did you mean 'address'? known here: {OF_ACCOUNTS}
  line 32, accounts[5].address: '0x123' is not 0x followed by 40 hexadecimal digits
  line 35, providers.credmark.api_key: unknown key; did you mean 'api_key_env'? known here: {OF_PROVIDERS}
  line 36, providers.credmark.concurency: unknown key; did you mean 'concurrency'? known here: {OF_PROVIDERS}
  line 37, providers.credmark.base_url: http is refused but for this machine itself, a key would travel in the open; \
write https
  line 39, providers.credmak: unknown key; did you mean 'credmark'? known here: {BY_NAME}
  line 43, record.order[1]: unknown provider 'credmak'; known: {IN_ORDER}
  line 43, record.order[2]: 'credmark' is listed twice; leave one
  line 46, simulated.mised: unknown key; did you mean 'missed'? known here: missed"""

MEANINGLESS = f"""\
[simulated]
missed = ["2026-07-01", "2026-07-01T01:00"]

[providers]
credmark.enabled = true
credmark.base_url = "https://gateway.example.com"

[[accounts]]
address = "solana:J5CCzBULFax899tcirb6wMbenQUd8whbaetG7EfSick5"
chains = ["eip155:1"]

[[accounts]]
address = "{WALLET}"
until = 2026-05-01T02:00:00+02:00   # the same instant as the next line's
from = 2026-05-01

[snapshots]
grace_minutes = 1440
start = "2026-07-01"
"""

MEANINGLESS_SAID = """\
{path} has 6 faults:
  line 1, mode: write mode = 'simulated' or 'real'
  line 2, simulated.missed[1]: 2026-07-01T01:00 is no tick of '0 0 * * *'
  line 10, accounts[0].chains: eip155:1 cannot hold this account, it is of 'solana'
  line 14, accounts[1].until: lies at or before `from`; the account would never be in scope
  line 18, snapshots.grace_minutes: reaches into the next tick; write fewer minutes than lie between two ticks
  line 19, snapshots.start: 2026-07-01 lies in the future; no tick would ever be due"""


@pytest.mark.parametrize(
    ("text", "said"),
    [(MISSHAPEN, MISSHAPEN_SAID), (MEANINGLESS, MEANINGLESS_SAID)],
    ids=["misshapen", "meaningless"],
)
def test_all_faults_are_said_at_once(file: SettingsFile, text: str, said: str) -> None:
    """One message holds every fault of a file in the order of its lines, with what to write instead."""
    refusal = file.refusal(text)
    assert str(refusal) == said.replace("{path}", str(file.path))
    assert refusal.exit_code == 2


@pytest.mark.parametrize(
    ("document", "written", "meant"),
    [
        (Document(rest="[snapshot]"), "snapshot", "snapshots"),
        (Document(rest="[provider.credmark]"), "provider", "providers"),
        (Document(rest="[recrod]"), "recrod", "record"),
        (Document(rest="[Simulated]"), "Simulated", "simulated"),
        (Document(mode='mode = "real"\nmodes = 1'), "modes", "mode"),
        (Document(snapshots='start = "2026-05-01"\ncrons = 1'), "snapshots.crons", "cron"),
        (Document(snapshots='start = "2026-05-01"\ngrace_mins = 1'), "snapshots.grace_mins", "grace_minutes"),
        (Document(snapshots='start = "2026-05-01"\nchain = "eip155:1"'), "snapshots.chain", "chains"),
        (Document(snapshots='start = "2026-05-01"\nstarts = 1'), "snapshots.starts", "start"),
        (Document(account=f'address = "{WALLET}"\nlable = "x"'), "accounts[0].lable", "label"),
        (Document(account=f'address = "{WALLET}"\ngroup = "x"'), "accounts[0].group", "groups"),
        (Document(account=f'address = "{WALLET}"\nform = "x"'), "accounts[0].form", "from"),
        (Document(account=f'address = "{WALLET}"\nuntill = "x"'), "accounts[0].untill", "until"),
        (Document(provider="enable = true"), "providers.credmark.enable", "enabled"),
        (Document(provider='baseurl = "x"'), "providers.credmark.baseurl", "base_url"),
        (Document(provider='api_key_evn = "X"'), "providers.credmark.api_key_evn", "api_key_env"),
        (Document(provider="request_per_second = 1"), "providers.credmark.request_per_second", "requests_per_second"),
        (Document(provider="monthly_qouta = 1"), "providers.credmark.monthly_qouta", "monthly_quota"),
        (Document(provider="token = []"), "providers.credmark.token", "tokens"),
        (Document(rest="[providers.credmrk]"), "providers.credmrk", "credmark"),
        (Document(rest="[record]\norders = []"), "record.orders", "order"),
        (Document(rest="[simulated]\nmisssed = []"), "simulated.misssed", "missed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unknown_key_is_refused_with_the_nearest(
    file: SettingsFile, document: Document, written: str, meant: str
) -> None:
    """Wherever a key is not known, it is refused with its line, the one that was meant, and those that there are."""
    text = str(document)
    is_there = re.compile(rf"\[*({re.escape(written)}|{written.rpartition('.')[2]})\b")
    (number,) = (number for number, line in enumerate(text.split("\n"), start=1) if is_there.match(line))
    (fault,) = file.faults(text)
    assert fault.startswith(f"line {number}, {written}: unknown key; did you mean '{meant}'? known here: ")
    assert meant in fault.partition("known here: ")[2].split(", ")


def test_a_name_that_is_near_nothing_is_told_what_there_is(file: SettingsFile) -> None:
    """Where no known key is near, none is suggested and all are listed."""
    faults = file.faults(str(Document(snapshots='start = "2026-05-01"\nzzz = 1')))
    assert faults == (f"line 5, snapshots.zzz: unknown key; known here: {OF_SNAPSHOTS}",)


@pytest.mark.parametrize(
    ("document", "places"),
    [
        (
            Document(account=f'lable = "x"\naddress = "{WALLET[:-1]}D"\nfrom = "2026-05-02"\nuntil = "2026-05-01"'),
            ("accounts[0].lable", "accounts[0].address", "accounts[0].until"),
        ),
        (
            Document(account=f'address = "{WALLET[:-1]}D"\nfrom = "2026-05-02"\nuntil = "2026-05-01"'),
            ("accounts[0].address", "accounts[0].until"),
        ),
        (
            Document(account=f'address = "{WALLET}"\n[[accounts]]\nlable = "x"\naddress = "{WALLET}"'),
            ("accounts[1].lable", "accounts[1].address"),
        ),
        (
            Document(snapshots='strat = "2026-05-01"\nstart = "2026-07-01"\ngrace_minutes = 1440'),
            ("snapshots.strat", "snapshots.start", "snapshots.grace_minutes"),
        ),
        (
            Document(snapshots='start = "2026-05-01"\ngrace = 1', rest='[simulated]\nmissed = ["2026-05-01T01:00"]'),
            ("snapshots.grace", "simulated.missed[0]"),
        ),
        (
            Document(rest='[simulated]\nmised = 1\nmissed = ["2026-05-01T01:00"]'),
            ("simulated.mised", "simulated.missed[0]"),
        ),
        (Document(rest='[record]\nordr = 1\norder = ["credmak"]'), ("record.ordr", "record.order[0]")),
        (
            Document(provider='enable = true\nbase_url = "https://gateway.example.com"'),
            ("providers.credmark.enable", "providers.credmark.base_url"),
        ),
        (Document(mode="", provider="enabled = false"), ("mode", "providers")),
    ],
    ids=[
        *("account, key and address", "account, address and until", "account, key and twice", "snapshots"),
        *("snapshots and missed", "simulated", "record", "provider", "mode and no provider"),
    ],
)
def test_no_fault_hides_another(file: SettingsFile, document: Document, places: tuple[str, ...]) -> None:
    """What is wrong in one key of a table does not hide what is wrong in the next: nobody mends a file twice."""
    faults = file.faults(str(document))
    assert {fault.partition(", ")[2].partition(":")[0] for fault in faults} == set(places)


def test_an_empty_file_is_told_all_that_it_lacks(file: SettingsFile) -> None:
    """A file that says nothing is told at once of mode, start, accounts and providers."""
    for text in ("", "\n\n# nothing yet\n"):
        faults = file.faults(text)
        assert sorted(fault.split(":")[0] for fault in faults) == [
            *("line 1, accounts", "line 1, mode", "line 1, providers", "line 1, snapshots.start"),
        ]


def test_no_provider_enabled_is_said_where_the_providers_are(file: SettingsFile) -> None:
    """With every provider switched off, the fault names the line of the first and those that could be enabled."""
    text = str(Document(provider="enabled = false"))
    number = text.split("\n").index("[providers.credmark]") + 1
    assert file.faults(text) == (f"line {number}, providers: enable at least one provider: {IN_ORDER}",)


def test_a_twin_is_named_by_its_place_in_the_file(file: SettingsFile) -> None:
    """The account that a second one repeats is counted with all tables before it, those at fault too."""
    tables = [
        *('address = "0x123"', f'address = "{WALLET}"\nlabel = "cold"', f'address = "{WALLET.lower()}"'),
        f'address = "{OTHER_WALLET}"\nlabel = "cold"',
    ]
    _, address, label = file.faults(str(Document(account="\n[[accounts]]\n".join(tables))))
    assert address == "line 12, accounts[2].address: is accounts[1] again; one table a wallet, list its chains"
    assert label == "line 15, accounts[3].label: 'cold' is accounts[1] too; labels tell accounts apart"


def test_one_fault_is_counted_as_one(file: SettingsFile) -> None:
    """A single fault is announced in the singular."""
    said = str(file.refusal(str(Document(mode='mode = "reel"'))))
    assert said == f"{file.path} has 1 fault:\n  line 1, mode: write mode = 'simulated' or 'real'"


@pytest.mark.parametrize("chain", ["eip155:99999", "ethereum"])
def test_a_wrong_chain_is_one_fault(file: SettingsFile, chain: str) -> None:
    """A list whose only chain is not known has that one fault, and is not told that it is empty."""
    (fault,) = file.faults(str(Document(snapshots=f'start = "2026-05-01"\nchains = ["{chain}"]')))
    assert fault.startswith("line 5, snapshots.chains[0]: ")
    (fault,) = file.faults(str(Document(account=f'address = "{WALLET}"\nchains = ["{chain}"]')))
    assert fault.startswith("line 8, accounts[0].chains[0]: ")


@pytest.mark.parametrize(
    ("document", "remedy"),
    [
        (Document(snapshots='start = "2026-05-01"\nchains = "eip155:1"'), "["),
        (Document(snapshots='start = "2026-05-01"\nchains = []'), "eip155:1"),
        (Document(account=f'address = "{WALLET}"\ngroups = "fund"'), "["),
        (Document(rest='[record]\norder = "credmark"'), "["),
        (Document(snapshots='start = "yesterday"'), "2026-05-01"),
        (Document(account=f'address = "{WALLET}"\nfrom = "01.05.2026"'), "2026-05-01"),
        (Document(account=f'address = "{WALLET}"\nfrom = "2026-03-29T00:00 Europe/Berlin"'), "2026-05-01"),
        (Document(snapshots='start = "2026-03-29 00:00 CET"'), "2026-05-01"),
        (Document(rest='[simulated]\nmissed = ["the 17th"]'), "2026-05-01"),
        (Document(provider='api_key_env = "my key"'), "environment"),
        (Document(provider='base_url = "http://[::1"'), "https://"),
    ],
    ids=[
        "chains",
        "no chains",
        "groups",
        "order",
        "start",
        "from",
        "zone",
        "short zone",
        "missed",
        "variable",
        "address",
    ],
)
def test_a_fault_says_what_to_write(file: SettingsFile, document: Document, remedy: str) -> None:
    """A value of the wrong kind is answered in the file's own words with what to write, not in those of a library."""
    (fault,) = file.faults(str(document))
    why = fault.partition(": ")[2]
    assert remedy in why
    for foreign in ("tuple", "isoformat", "pattern", "IPv6"):
        assert foreign not in why


@pytest.mark.parametrize("value", ["true", '"90"', "90.5", "-1", "[90]"])
def test_a_number_is_written_as_a_number(file: SettingsFile, value: str) -> None:
    """Neither true nor a text nor a fraction is taken for a number of minutes."""
    (fault,) = file.faults(str(Document(snapshots=f'start = "2026-05-01"\ngrace_minutes = {value}')))
    assert fault.startswith("line 5, snapshots.grace_minutes: ")


@pytest.mark.parametrize("value", ['"yes"', "1", '"false"'])
def test_a_switch_is_true_or_false(file: SettingsFile, value: str) -> None:
    """Only TOML's own true and false switch a provider."""
    (fault,) = file.faults(str(Document(provider=f"enabled = {value}")))
    assert fault.startswith("line 10, providers.credmark.enabled: ")


@pytest.mark.parametrize(
    ("snapshots", "place"),
    [
        ('start = "0001-01-01"', "snapshots.start"),
        ('start = "0001-01-01T00:00:00+05:00"', "snapshots.start"),
        ("start = 9999-12-31T23:00:00-05:00", "snapshots.start"),
    ],
)
def test_an_instant_at_the_end_of_time_is_a_fault(file: SettingsFile, snapshots: str, place: str) -> None:
    """An instant that no calendar of ours can count from is a fault like any other."""
    (fault,) = file.faults(str(Document(snapshots=snapshots)))
    assert fault.startswith(f"line 4, {place}: ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mode = \n", ("TOML", "line 1")),
        ('mode = "real"\nmode = "real"\n', ("TOML", "line 2")),
        ('mode = "real"\n[snapshots\n', ("TOML", "line 2")),
        (b'mode = "real"  # caf\xe9\n', ("UTF-8", "save")),
        ('mode = "real"\n'.encode("utf-16"), ("UTF-8", "save")),
    ],
    ids=["no value", "twice", "open heading", "latin-1", "utf-16"],
)
def test_what_is_no_toml_is_told(file: SettingsFile, text: str | bytes, words: tuple[str, ...]) -> None:
    """A file that is not TOML in UTF-8 is refused as such, with the place or with how to save it."""
    (fault,) = file.faults(text)
    for word in words:
        assert word in fault


def test_a_mark_that_an_editor_puts_first_is_no_fault(file: SettingsFile) -> None:
    """The byte order mark that some editors put before UTF-8 changes nothing."""
    text = str(Document())
    assert file.load(b"\xef\xbb\xbf" + text.encode()).sha256 == file.load(text).sha256


def test_a_missing_file_is_told_how_to_get_one(file: SettingsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a settings file the message names where it was looked for, `portfolio init` and the variable."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(file.path))
    remedy = "the file is missing; write one with `portfolio init`, or point PORTFOLIO_CONFIG at it"
    for read in (lambda: load(NOW), locate):
        with pytest.raises(SettingsError) as caught:
            read()
        assert str(caught.value) == f"{file.path} has 1 fault:\n  {remedy}"


def test_a_folder_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder where the file should be is a fault that says so."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path))
    with pytest.raises(SettingsError, match="directory"):
        locate()


def test_the_start_is_judged_by_the_clock_that_is_given(file: SettingsFile) -> None:
    """A start lies in the future only as long as now is before it."""
    text = str(Document(snapshots='start = "2026-07-01"'))
    assert file.faults(text) == ("line 4, snapshots.start: 2026-07-01 lies in the future; no tick would ever be due",)
    assert file.load(text, datetime(2026, 7, 1, tzinfo=UTC)).snapshots.start == datetime(2026, 7, 1, tzinfo=UTC)


def test_what_follows_from_a_fault_is_no_fault_of_its_own(file: SettingsFile) -> None:
    """What cannot be judged because of a fault is not taken for a default and blamed: only the cause is said."""
    solana = f'address = "solana:{SOLANA_WALLET}"'
    for document, place in (
        (Document(snapshots='start = 2026-05-01\nchains = ["nowhere"]', account=solana), "snapshots.chains[0]"),
        (Document(account=f'{solana}\nchains = ["nowhere"]'), "accounts[0].chains[0]"),
        (
            Document(
                snapshots='start = 2026-05-01\ncron = "hourly"', rest="[simulated]\nmissed = [2026-05-01T01:00:00]"
            ),
            "snapshots.cron",
        ),
        (Document(provider='enabled = "no"'), "providers.credmark.enabled"),
        (Document(snapshots=f'start = 2026-05-01\nchains = ["{SOLANA}"]\nzzz = 1', account=solana), "snapshots.zzz"),
    ):
        (fault,) = file.faults(str(document))
        assert f", {place}: " in fault


def test_a_missing_start_hides_nothing(file: SettingsFile) -> None:
    """Without a start the grace and the missed instants are still judged against the cadence."""
    document = Document(snapshots="grace_minutes = 1440", rest="[simulated]\nmissed = [2026-05-01T01:00:00]")
    assert [fault.partition(": ")[0] for fault in file.faults(str(document))] == [
        *("line 3, snapshots.start", "line 4, snapshots.grace_minutes", "line 14, simulated.missed[0]"),
    ]
