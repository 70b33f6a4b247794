"""Promises of what a settings file may mean: the borders at which it is taken and refused."""

from datetime import UTC, datetime, timedelta

import pytest

from dagster_project.chains import CHAINS
from dagster_project.settings.load import MOST_INSTANTS, OF_RECORD
from dagster_project.sources.address import is_loopback
from tests.settings.settings_file import (
    NOW,
    OTHER_WALLET,
    SOLANA,
    SOLANA_WALLET,
    WALLET,
    Document,
    SettingsFile,
    line_of,
)


def refused(file: SettingsFile, document: Document, line: str, place: str) -> str:
    """Give what is said of the one fault of a document, which stands on `line` at `place`."""
    text = str(document)
    (fault,) = file.faults(text)
    begin = f"line {line_of(text, line)}, {place}: "
    assert fault.startswith(begin), fault
    return fault.removeprefix(begin)


def test_the_parts_left_out_are_as_documented(file: SettingsFile) -> None:
    """A daily cadence, ninety minutes of grace and Ethereum stand in for what a file does not say."""
    settings = file.load(str(Document()))
    snapshots = settings.snapshots
    assert (snapshots.cron, snapshots.grace_minutes, snapshots.chains) == ("0 0 * * *", 90, ("eip155:1",))
    assert settings.grace == timedelta(minutes=90)
    assert snapshots.start == datetime(2026, 5, 1, tzinfo=UTC)
    assert list(settings.providers) == ["credmark"]
    (account,) = settings.accounts
    assert (account.chains, account.groups, account.since, account.until) == (("eip155:1",), (), None, None)
    assert account.label == f"{WALLET[:8]}…{WALLET[-4:]}"


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ('"2026-05-01"', datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T06:30:00", datetime(2026, 5, 1, 6, 30, tzinfo=UTC)),
        ('"2026-05-01T06:30"', datetime(2026, 5, 1, 6, 30, tzinfo=UTC)),
        ("2026-05-01T06:30:00Z", datetime(2026, 5, 1, 6, 30, tzinfo=UTC)),
        ("2026-05-01T06:30:00+02:00", datetime(2026, 5, 1, 4, 30, tzinfo=UTC)),
        ('"2026-05-01T06:30:00-05:00"', datetime(2026, 5, 1, 11, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_in_utc_however_it_is_written(file: SettingsFile, written: str, instant: datetime) -> None:
    """Dates and instants, as TOML's own or as text, are UTC unless they name an offset."""
    start = file.load(str(Document(snapshots=f"start = {written}"))).snapshots.start
    assert (start, start.tzinfo) == (instant, UTC)


@pytest.mark.parametrize("written", ["5", "true", "12:00:00", "[]", '["2026-05-01"]'])
def test_what_is_no_instant_is_refused(file: SettingsFile, written: str) -> None:
    """A value that is no date or instant is refused with an example of one."""
    why = refused(file, Document(snapshots=f"start = {written}"), f"start = {written}", "snapshots.start")
    assert why == "write an ISO 8601 date or instant, for example 2026-05-01 or 2026-05-01T12:00:00Z"


@pytest.mark.parametrize(
    ("cron", "gap"), [("0 0 * * *", 1440), ("0 * * * *", 60), ("0 0,6 * * *", 360), ("0 0 * * 1", 10080)]
)
def test_the_grace_ends_before_the_next_tick(file: SettingsFile, cron: str, gap: int) -> None:
    """A grace as long as the shortest gap between two ticks is refused, a minute less is taken, and so is none."""
    for good in (0, gap - 1):
        document = Document(snapshots=f'start = "2026-05-01"\ncron = "{cron}"\ngrace_minutes = {good}')
        assert file.load(str(document)).grace == timedelta(minutes=good)
    for bad in (gap, gap + 1):
        line = f"grace_minutes = {bad}"
        document = Document(snapshots=f'start = "2026-05-01"\ncron = "{cron}"\n{line}')
        why = refused(file, document, line, "snapshots.grace_minutes")
        assert why == "reaches into the next tick; write fewer minutes than lie between two ticks"


@pytest.mark.parametrize(
    ("cron", "minutes"),
    [
        *(("0 0 * * 1", 90), ("0 0 * * *", 90), ("0 */3 * * *", 90), ("0 */2 * * *", 60), ("0 * * * *", 30)),
        *(("0,45 * * * *", 7), ("*/15 * * * *", 7), ("* * * * *", 0)),
    ],
)
def test_a_quick_cadence_needs_no_grace_of_its_own(file: SettingsFile, cron: str, minutes: int) -> None:
    """Left out, the grace is ninety minutes, or half the shortest gap in whole minutes where that is less."""
    start = NOW - timedelta(days=2)
    document = Document(snapshots=f'start = {start:%Y-%m-%dT%H:%M:%SZ}\ncron = "{cron}"')
    settings = file.load(str(document))
    assert settings.grace == timedelta(minutes=settings.snapshots.grace_minutes) == timedelta(minutes=minutes)


def test_a_grace_that_follows_from_a_faulty_cron_is_no_fault(file: SettingsFile) -> None:
    """Where no cadence can be read, nothing is said of a grace that is left out."""
    line = 'cron = "hourly"'
    why = refused(file, Document(snapshots=f'start = "2026-05-01"\n{line}'), line, "snapshots.cron")
    assert why == "'hourly' is no cron expression of five fields in UTC, for example \"0 0 * * *\""


def test_a_hundred_thousand_instants_are_the_most(file: SettingsFile) -> None:
    """A hundred thousand instants until now are taken, one more is refused with what to change."""
    cron = 'cron = "* * * * *"'
    minute = NOW.replace(second=0, microsecond=0)
    first = minute - (MOST_INSTANTS - 1) * timedelta(minutes=1)
    document = Document(snapshots=f"start = {first:%Y-%m-%dT%H:%M:%SZ}\n{cron}\ngrace_minutes = 0")
    assert file.load(str(document), NOW).snapshots.start == first
    later = file.faults(str(document), minute + timedelta(minutes=1))
    why = "gives more than 100,000 instants from start until now; use a slower cron or a later start"
    assert later == (f"line 5, snapshots.cron: {why}",)


def test_a_start_in_the_future_is_refused(file: SettingsFile) -> None:
    """A history that begins after now would have no tick, so it is refused; one that begins now is taken."""
    line = "start = 2026-06-15T12:34:57Z"
    why = refused(file, Document(snapshots=line), line, "snapshots.start")
    assert why == "2026-06-15 lies in the future; no tick would ever be due"
    assert file.load(str(Document(snapshots="start = 2026-06-15T12:34:56Z"))).snapshots.start == NOW


@pytest.mark.parametrize("mode", ['"reel"', '"Real"', '""', "1", "true", '["real"]'])
def test_a_mode_that_is_none_is_refused(file: SettingsFile, mode: str) -> None:
    """A history is simulated or real, and nothing else."""
    why = refused(file, Document(mode=f"mode = {mode}"), f"mode = {mode}", "mode")
    assert why == "write mode = 'simulated' or 'real'"


def test_without_accounts_there_is_nothing_to_watch(file: SettingsFile) -> None:
    """A file without accounts, or with something else under that name, is told to write one."""
    for accounts in ("", "accounts = []", "[accounts]\naddress = 1", "accounts = 5"):
        text = f'{accounts}\n[snapshots]\nstart = 2026-05-01\n[providers.credmark]\n[record]\norder = ["credmark"]\n'
        faults = file.faults(f'mode = "real"\n{text}')
        line = 2 if accounts else 1
        assert faults == (f'line {line}, accounts: write at least one [[accounts]] table with address = "0x..."',)
    one = f'accounts = ["{WALLET}"]\n[snapshots]\nstart = 2026-05-01\n[providers.credmark]\n'
    assert file.faults(f'mode = "real"\n{one}') == ("line 2, accounts[0]: write a table of keys here",)


@pytest.mark.parametrize(
    "twin",
    [WALLET, WALLET.lower(), f"eip155:1:{WALLET}", f"eip155:8453:{WALLET.lower()}", f"eip155:0:{WALLET}", f" {WALLET}"],
)
def test_a_wallet_is_listed_once(file: SettingsFile, twin: str) -> None:
    """However its address is spelled and whatever chain it names, a second table of a wallet is refused."""
    document = Document(account=f'address = "{WALLET}"\n[[accounts]]\naddress  = "{twin}"')
    why = refused(file, document, f'address  = "{twin}"', "accounts[1].address")
    assert why == "is accounts[0] again; one table a wallet, list its chains"


def test_a_solana_wallet_is_listed_once(file: SettingsFile) -> None:
    """The two spellings of a Solana account are one wallet."""
    twin = f'address = "{SOLANA}:{SOLANA_WALLET}"'
    document = Document(account=f'address = "solana:{SOLANA_WALLET}"\n[[accounts]]\n{twin}')
    assert refused(file, document, twin, "accounts[1].address").startswith("is accounts[0] again")


def test_labels_tell_accounts_apart(file: SettingsFile) -> None:
    """Two accounts of one label are refused; of one group they are taken."""
    one, other = f'address = "{WALLET}"', f'address = "{OTHER_WALLET}"'
    document = Document(account=f'{one}\nlabel = "cold"\n[[accounts]]\n{other}\nlabel  = "cold"')
    why = refused(file, document, 'label  = "cold"', "accounts[1].label")
    assert why == "'cold' is accounts[0] too; labels tell accounts apart"
    settings = file.load(str(Document(account=f'{one}\ngroups = ["a"]\n[[accounts]]\n{other}\ngroups = ["a"]')))
    assert [account.groups for account in settings.accounts] == [("a",), ("a",)]


@pytest.mark.parametrize("until", ["2026-04-30", "2026-05-01", "2026-05-01T01:00:00+01:00"])
def test_an_account_ends_after_it_begins(file: SettingsFile, until: str) -> None:
    """An `until` before or at `from` is refused: such an account would never be in scope."""
    line = f"until = {until}"
    why = refused(file, Document(account=f'address = "{WALLET}"\nfrom = 2026-05-01\n{line}'), line, "accounts[0].until")
    assert why == "lies at or before `from`; the account would never be in scope"
    good = Document(account=f'address = "{WALLET}"\nfrom = 2026-05-01\nuntil = 2026-05-02')
    (account,) = file.load(str(good)).accounts
    assert (account.since, account.until) == (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC))


def test_the_chains_of_an_account_are_its_own_else_its_addresses_else_the_usual(file: SettingsFile) -> None:
    """What an account lists goes before the chain in its address, and that before what [snapshots] lists."""
    usual = f'start = "2026-05-01"\nchains = ["eip155:1", "{SOLANA}", "eip155:10"]'
    expected = {
        f'address = "{WALLET}"': ("eip155:1", "eip155:10"),
        f'address = "eip155:8453:{WALLET}"': ("eip155:8453",),
        f'address = "{WALLET}"\nchains = ["eip155:137", "eip155:137"]': ("eip155:137",),
        f'address = "eip155:8453:{WALLET}"\nchains = ["eip155:137"]': ("eip155:137",),
        f'address = "solana:{SOLANA_WALLET}"': (SOLANA,),
    }
    for account, chains in expected.items():
        assert file.load(str(Document(snapshots=usual, account=account))).accounts[0].chains == chains


def test_a_chain_that_cannot_hold_the_account_is_refused(file: SettingsFile) -> None:
    """A Solana chain for an EVM account, and the other way round, is a fault that names both."""
    line = f'chains = ["eip155:1", "{SOLANA}"]'
    why = refused(file, Document(account=f'address = "{WALLET}"\n{line}'), line, "accounts[0].chains")
    assert why == f"{SOLANA} cannot hold this account, it is of 'eip155'"
    text = str(Document(snapshots=f'start = "2026-05-01"\nchains = ["{SOLANA}"]'))
    why = "no chain of 'eip155' is named here or in [snapshots].chains; name one"
    assert file.faults(text) == (f"line {line_of(text, '[[accounts]]')}, accounts[0].chains: {why}",)


@pytest.mark.parametrize("address", [f"eip155:99999:{WALLET}", f"solana:devnet:{SOLANA_WALLET}", f"eip155:01:{WALLET}"])
def test_a_chain_named_by_an_address_is_a_known_one(file: SettingsFile, address: str) -> None:
    """An unknown chain is refused in a CAIP-10 address as it is in a list of chains."""
    line = f'address = "{address}"'
    why = refused(file, Document(account=line), line, "accounts[0].address")
    chain = address.rpartition(":")[0]
    assert why == f"unknown chain '{chain}'; known: {', '.join(CHAINS)}"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8787/credmark", "http://localhost:1", "http://[::1]:80", "http://127.9.9.9", "HTTP://LOCALHOST"],
)
@pytest.mark.parametrize("mode", ["simulated", "real"])
def test_http_is_taken_on_this_machine(file: SettingsFile, mode: str, url: str) -> None:
    """Plain http leads to this machine in either mode, with or without a slash at the end."""
    for written in (url, f"{url}/"):
        settings = file.load(str(Document(mode=f'mode = "{mode}"', provider=f'base_url = "{written}"')))
        assert settings.providers["credmark"].base_url == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://gateway.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://0.0.0.0",
        ),
        *("http://10.0.0.1", "http://127.1", "http://[::2]", "http://localhosts", "http://2130706433"),
    ],
)
@pytest.mark.parametrize("mode", ["simulated", "real"])
def test_http_is_refused_elsewhere(file: SettingsFile, mode: str, url: str) -> None:
    """Over plain http a key would travel in the open, so it is refused for every other machine."""
    line = f'base_url = "{url}"'
    why = refused(file, Document(mode=f'mode = "{mode}"', provider=line), line, "providers.credmark.base_url")
    assert why == "http is refused but for this machine itself, a key would travel in the open; write https"
    assert not is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        *("https://user:word@gateway.example.com", "https://key@gateway.example.com", "http://user:word@127.0.0.1:80"),
        *("https://:word@gateway.example.com", "http://127.0.0.1@gateway.example.com"),
    ],
)
def test_an_address_carries_no_key(file: SettingsFile, url: str) -> None:
    """A user or a password in an address is refused, and not repeated."""
    line = f'base_url = "{url}"'
    why = refused(file, Document(mode='mode = "real"', provider=line), line, "providers.credmark.base_url")
    assert why == "an address must not carry a user or a key; keys come from the environment only"


@pytest.mark.parametrize(
    "url",
    [
        *("", "gateway.example.com", "ftp://gateway.example.com", "https://", "https:///path", "file:///etc/passwd"),
        *("https://gateway.example.com?key=1", "https://gateway.example.com/#a", "https://gateway.example.com/?"),
        *("https://gateway.example.com:99999", "https://gateway.example.com:port", "https://gate way.example.com"),
    ],
)
def test_an_address_is_a_plain_one(file: SettingsFile, url: str) -> None:
    """What is no http address, or has a query, a fragment, a space or an impossible port, is refused."""
    line = f'base_url = "{url}"'
    why = refused(file, Document(mode='mode = "real"', provider=line), line, "providers.credmark.base_url")
    assert "https://gateway.example.com" in why


def test_a_simulated_history_asks_no_real_provider(file: SettingsFile) -> None:
    """In simulated mode an address on another machine is refused; in real mode it is taken."""
    line = 'base_url = "https://gateway.example.com"'
    why = refused(file, Document(provider=line), line, "providers.credmark.base_url")
    assert why == "a simulated history never asks a real provider; leave it out, or name a simulator on this machine"
    settings = file.load(str(Document(mode='mode = "real"', provider=line)))
    assert settings.providers["credmark"].base_url == "https://gateway.example.com"


def test_the_simulated_table_belongs_to_simulated_mode(file: SettingsFile) -> None:
    """Pretended gaps have no place in a real history."""
    rest = "[simulated]\nmissed = [2026-05-02]"
    why = refused(file, Document(mode='mode = "real"', rest=rest), "[simulated]", "simulated")
    assert why == "belongs to simulated mode; take the table out"
    assert file.load(str(Document(rest=rest))).missed == (datetime(2026, 5, 2, tzinfo=UTC),)


@pytest.mark.parametrize("instant", ["2026-05-02T00:01:00", "2026-05-02T12:00:00", "2026-05-02T00:00:00+02:00"])
def test_what_was_missed_is_a_tick(file: SettingsFile, instant: str) -> None:
    """A missed instant that the cadence never names is refused with the cadence."""
    line = f"missed = [2026-05-01, {instant}]"
    why = refused(file, Document(rest=f"[simulated]\n{line}"), line, "simulated.missed[1]")
    assert why.endswith(" is no tick of '0 0 * * *'")


def test_a_missed_instant_is_shown_whole(file: SettingsFile) -> None:
    """An instant that is no tick for its seconds is shown with them, so that the message does not show a tick."""
    line = "missed = [2026-05-02T00:00:30]"
    why = refused(file, Document(rest=f"[simulated]\n{line}"), line, "simulated.missed[0]")
    assert why.startswith("2026-05-02T00:00:30")


@pytest.mark.parametrize(
    ("order", "place", "said"),
    [
        ('["credmark", "nobody"]', "record.order[1]", "unknown provider 'nobody'; known: "),
        ('["nobody"]', "record.order[0]", "unknown provider 'nobody'; known: "),
        ('["credmark", "credmark"]', "record.order[1]", "'credmark' is listed twice; leave one"),
    ],
)
def test_the_order_of_record_names_providers_once(file: SettingsFile, order: str, place: str, said: str) -> None:
    """A name that is no provider's, or that stands twice, is refused at its place in the list."""
    line = f"order = {order}"
    why = refused(file, Document(rest=f"[record]\n{line}"), line, place)
    assert why == (said + ", ".join(OF_RECORD) if said.endswith(": ") else said)


def test_a_provider_switched_off_is_not_asked(file: SettingsFile) -> None:
    """With all providers switched off there is nobody to ask, though the order of record names one."""
    (fault,) = file.faults(str(Document(provider="enabled = false", rest='[record]\norder = ["credmark"]')))
    assert fault.endswith(f"providers: enable at least one provider: {', '.join(OF_RECORD)}")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "requests_per_second = 0",
            "requests_per_second = -1",
            "requests_per_second = nan",
            "requests_per_second = inf",
        ),
        *("requests_per_second = 10001", "monthly_quota = -1", "monthly_quota = 1.5", "concurrency = 0"),
        *("concurrency = 513", "concurrency = -1", 'tokens = ["0x12"]', f'tokens = "{WALLET}"', "base_url = 5"),
        *('api_key_env = ""', 'api_key_env = "1KEY"', "api_key_env = 5", 'enabled = "perhaps"'),
    ],
)
def test_a_limit_out_of_range_is_refused(file: SettingsFile, line: str) -> None:
    """Paces, quotas, widths, tokens and names that cannot be are refused where they stand."""
    place = f"providers.credmark.{line.partition(' = ')[0]}"
    text = str(Document(provider=line))
    (fault,) = file.faults(text)
    assert fault.startswith(f"line {line_of(text, line)}, {place}")


@pytest.mark.parametrize("line", ["label = ''", f'label = "{"x" * 61}"', 'groups = [""]', f'groups = ["{"x" * 61}"]'])
def test_names_have_one_to_sixty_letters(file: SettingsFile, line: str) -> None:
    """Labels and groups are neither empty nor longer than a column."""
    text = str(Document(account=f'address = "{WALLET}"\n{line}'))
    (fault,) = file.faults(text)
    assert fault.startswith(f"line {line_of(text, line)}, accounts[0].{line.partition(' = ')[0]}")
    good = Document(account=f'address = "{WALLET}"\nlabel = "{"x" * 60}"\ngroups = ["{"x" * 60}"]')
    assert file.load(str(good)).accounts[0].label == "x" * 60


def test_tokens_are_kept_in_lower_case(file: SettingsFile) -> None:
    """The contracts that a provider is restricted to are addresses, written in any case."""
    settings = file.load(str(Document(provider=f'tokens = ["{WALLET}", "0x{"A" * 40}"]')))
    assert settings.providers["credmark"].model_dump()["tokens"] == (WALLET.lower(), f"0x{'a' * 40}")


def test_every_table_is_a_table(file: SettingsFile) -> None:
    """A value where a table is due is told so, each on its line."""
    text = 'mode = "simulated"\nsnapshots = 1\naccounts = [2]\nproviders = 3\nrecord = 4\nsimulated = 5\n'
    assert file.faults(text) == (
        "line 2, snapshots: write a table of keys here",
        "line 3, accounts[0]: write a table of keys here",
        "line 4, providers: write a table [providers.<name>] for each provider",
        "line 5, record: write a table of keys here",
        "line 6, simulated: write a table of keys here",
    )
