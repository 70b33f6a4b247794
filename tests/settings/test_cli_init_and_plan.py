"""Promises of the verbs `init` and `plan`: what they write, what they say, and how they end."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagster_project.errors import DiskError, UsageError
from dagster_project.faces.cli.main import portfolio
from dagster_project.faces.cli.set_up import EXAMPLE
from dagster_project.normalise.onchain_question import read
from dagster_project.settings.load import load
from dagster_project.settings.paths import CONFIG_VARIABLE, DATA_VARIABLE
from dagster_project.snapshot.plan import plan
from dagster_project.sources.registry import PROVIDERS
from tests.settings.settings_file import OTHER_WALLET, SHIPPED, SOLANA, SOLANA_WALLET, WALLET, Document

COMMAND = Path(sys.executable).with_name("portfolio")
SECRET = "sk-live-4f9a7c21"  # noqa: S105 - made up, to be looked for


@dataclass(frozen=True)
class Desk:
    """A folder in which somebody types commands."""

    folder: Path

    @property
    def config(self) -> Path:
        """The settings file that the commands use."""
        return self.folder / "portfolio.toml"

    @property
    def data(self) -> Path:
        """The folder that the commands would write to."""
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        """What the commands see, beside what this process sees."""
        return {CONFIG_VARIABLE: str(self.config), DATA_VARIABLE: str(self.data)}

    def type(self, *arguments: str) -> Result:
        """Run a command in this process."""
        return CliRunner().invoke(portfolio, arguments, env=self.environment)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a user does, in a process of its own."""
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=os.environ | self.environment,
            check=False,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a folder of its own."""
    return Desk(tmp_path)


def well(result: Result) -> str:
    """Give what a command said that ended well."""
    assert result.exception is None, result.exception
    assert result.exit_code == 0
    return result.output


def test_init_writes_a_file_that_loads(desk: Desk) -> None:
    """Addresses in any spelling are watched by a file for real use that loads as it was written."""
    said = well(desk.type("init", WALLET.lower(), f"eip155:8453:{OTHER_WALLET}", f"solana:{SOLANA_WALLET}"))
    assert said.startswith(f"wrote {desk.config}\n")
    assert "put your addresses" not in said
    settings = load(datetime.now(UTC), desk.config)
    assert settings.mode == "real"
    assert [(account.address, account.chains) for account in settings.accounts] == [
        (WALLET, ("eip155:1",)),
        (OTHER_WALLET, ("eip155:8453",)),
        (SOLANA_WALLET, (SOLANA,)),
    ]
    assert list(settings.providers) == [name for name, one in PROVIDERS.items() if not one.source.gone]


def test_init_without_addresses_leaves_a_place_for_them(desk: Desk) -> None:
    """Without addresses the file holds one that is nobody's and says so; with a real one in its place it loads."""
    assert "next: put your addresses into it\n" in well(desk.type("init"))
    text = desk.config.read_text(encoding="utf-8")
    assert text.count(EXAMPLE) == 1
    desk.config.write_text(text.replace(EXAMPLE, WALLET), encoding="utf-8")
    assert [account.address for account in load(datetime.now(UTC), desk.config).accounts] == [WALLET]


def test_init_overwrites_nothing(desk: Desk) -> None:
    """A settings file that is there already stays as it is, and the message says what to do."""
    desk.config.write_text("mine", encoding="utf-8")
    result = desk.type("init", WALLET)
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == (
        f"{desk.config} is there already; move it away, or point PORTFOLIO_CONFIG at another file"
    )
    assert result.exception.exit_code == 2
    assert desk.config.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"{WALLET[:-1]}D", f"if every digit is right, write {WALLET} or all lower case"),
        ("0x12", "'0x12' is not 0x followed by 40 hexadecimal digits"),
        ("cosmos:hub:addr", "namespace 'cosmos' is not supported; known: eip155, solana"),
    ],
)
def test_init_refuses_what_is_no_address(desk: Desk, address: str, said: str) -> None:
    """An address that is wrong is told so before anything is written."""
    result = desk.type("init", WALLET, address)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert not desk.config.exists()


@pytest.mark.parametrize(
    "addresses",
    [(WALLET, WALLET.lower()), (WALLET, OTHER_WALLET, f"eip155:10:{WALLET}"), (f"eip155:99999:{WALLET}",)],
    ids=["twice", "twice with a chain", "unknown chain"],
)
def test_init_writes_no_file_that_would_not_load(desk: Desk, addresses: tuple[str, ...]) -> None:
    """A wallet that is named twice or a chain that nobody knows is refused, or left out of a file that loads."""
    result = desk.type("init", *addresses)
    if desk.config.exists():
        load(datetime.now(UTC), desk.config)
    else:
        assert isinstance(result.exception, UsageError)


def test_init_writes_no_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file names the variables of the keys, and no key that the environment holds is in it or said."""
    variables = [one.source.api_key_env for one in PROVIDERS.values() if one.source.api_key_env]
    for variable in variables:
        monkeypatch.setenv(variable, SECRET)
    said = well(desk.type("init", WALLET))
    text = desk.config.read_text(encoding="utf-8")
    for variable in variables:
        assert f'api_key_env = "{variable}"' in text
    assert SECRET not in text + said


def test_init_onchain_needs_no_key(desk: Desk) -> None:
    """With --onchain the file asks the chains and for rates alone, loads without any key, and says what is next."""
    said = well(desk.type("init", "--onchain", WALLET))
    assert "set the keys" not in said
    settings = load(datetime.now(UTC), desk.config)
    assert list(settings.providers) == ["onchain", "ecb"]
    (pull,) = plan(settings, settings.snapshots.start).providers[0].pulls
    assert len(read(pull.request.content).tokens) > 30, "tokens are asked for without naming each"
    assert {PROVIDERS[name].source.api_key_env for name in settings.providers} == {None}
    assert [account.address for account in settings.accounts] == [WALLET]


def test_init_says_when_the_folder_is_not_there(tmp_path: Path) -> None:
    """A folder that cannot be written to ends in a message about the disk with the path."""
    desk = Desk(tmp_path / "nowhere")
    result = desk.type("init", WALLET)
    assert isinstance(result.exception, DiskError)
    assert str(desk.config) in str(result.exception)
    assert "mend the folder" in str(result.exception)


def test_plan_says_what_a_snapshot_would_ask(desk: Desk) -> None:
    """One instant's requests are counted and each is named, with its cell."""
    desk.config.write_bytes(SHIPPED.read_bytes())
    first, *table = well(desk.type("plan", "--until", "2026-11-20")).splitlines()
    accounts = load(datetime.now(UTC), desk.config).accounts
    assert "credmark: at most 18 requests" in first  # six values, and two series of each account once this week
    assert table[0].split("  ")[0] == "provider"
    rows = [line.split() for line in table[2:]]
    assert [row for row in rows if row[0] == "credmark"] == [
        ["credmark", "value", "timestamp", account.account_id, "eip155:1", "wallet"]
        for account in accounts
        if "eip155:1" in account.chains
    ]
    assert {row[0] for row in rows} == set(load(datetime.now(UTC), desk.config).providers) - {"ecb"}
    assert "ecb: at most 1 request, " in first


def test_plan_asks_and_writes_nothing(desk: Desk) -> None:
    """A plan leaves no data behind."""
    desk.config.write_bytes(SHIPPED.read_bytes())
    well(desk.type("plan", "--since", "2026-01-01", "--until", "2026-01-31"))
    assert not desk.data.exists()
    assert sorted(path.name for path in desk.folder.iterdir()) == ["portfolio.toml"]


@pytest.mark.parametrize(
    ("options", "instants", "requests"),
    [
        (("--since", "2026-01-01", "--until", "2026-01-31"), 31, 155 + 5 * 10),
        (("--since", "2026-01-01T00:01", "--until", "2026-01-31T23:59"), 30, 150 + 5 * 10),
        (("--since", "2026-02-10", "--until", "2026-02-28"), 18, 108 + 3 * 12),
        (("--since", "2025-10-01", "--until", "2025-10-10"), 10, 50 + 2 * 10),
        (("--until", "2026-01-31T12:00"), 1, 5 + 10),
        (("--until", "2026-02-17"), 1, 6 + 12),
        (("--since", "2026-01-10T02:00+02:00", "--until", "2026-01-10"), 1, 5 + 10),
    ],
)
def test_plan_counts_the_instants_of_a_range(
    desk: Desk, options: tuple[str, ...], instants: int, requests: int
) -> None:
    """A range holds its ticks from the start on, both ends included, without those that were missed on purpose."""
    # what Credmark states of itself is two more questions an account each week, at the first tick that is taken
    desk.config.write_bytes(SHIPPED.read_bytes())
    first = well(desk.type("plan", *options)).splitlines()[0]
    assert first.startswith(f"{instants} instant")
    assert f"credmark: at most {requests} request" in first


@pytest.mark.parametrize(
    "options",
    [
        ("--since", "2026-01-01T00:01", "--until", "2026-01-01T23:59"),
        ("--since", "2026-02-17", "--until", "2026-02-17"),
    ],
)
def test_plan_refuses_a_range_without_ticks(desk: Desk, options: tuple[str, ...]) -> None:
    """A range in which nothing is due is a usage error that names the cadence."""
    desk.config.write_bytes(SHIPPED.read_bytes())
    result = desk.type("plan", *options)
    assert isinstance(result.exception, UsageError)
    assert "no tick of '0 0 * * *' is due" in str(result.exception)


@pytest.mark.parametrize(
    ("until", "instants"),
    [("2026-01-10", 4), ("2026-01-10T00:00", 1), ("2026-01-10T13:00+01:00", 3), ("2026-01-11", 8)],
)
def test_a_range_includes_the_whole_of_its_last_day(desk: Desk, until: str, instants: int) -> None:
    """A date as --until includes every tick of that day, an instant ends there."""
    desk.config.write_text(str(Document(snapshots='start = "2026-01-01"\ncron = "0 */6 * * *"')), encoding="utf-8")
    first = well(desk.type("plan", "--since", "2026-01-10", "--until", until)).splitlines()[0]
    assert first.startswith(f"{instants} instant")


@pytest.mark.parametrize(
    "value",
    ["yesterday", "2026-13-01", "", "9999-12-31T23:59-05:00", "2026-03-29 00:00 Europe/Berlin", "2026-03-29T00:00 CET"],
)
def test_plan_refuses_what_is_no_instant(desk: Desk, value: str) -> None:
    """An option that is no instant is refused with an example of one."""
    desk.config.write_bytes(SHIPPED.read_bytes())
    result = desk.type("plan", "--since", value)
    assert result.exit_code == 2
    assert "for example 2026-05-01T12:00" in result.output


def test_plan_does_not_show_a_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key in the environment the plan says the quota that is left, and not the key."""
    monkeypatch.setenv("CREDMARK_API_KEY", SECRET)
    start = f'start = "{datetime.now(UTC) - timedelta(days=3):%Y-%m-%d}"'
    desk.config.write_text(str(Document(mode='mode = "real"', snapshots=start)), encoding="utf-8")
    said = well(desk.type("plan"))
    assert "200,000 left of this month's quota" in said
    assert SECRET not in said
    for path in desk.folder.rglob("*"):
        assert SECRET not in path.name
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


@pytest.mark.every
def test_the_command_ends_as_documented(desk: Desk) -> None:
    """Real processes: a message of ours and no stack, with 0 where all is well and 2 for usage and settings."""
    written = desk.run("init", WALLET)
    assert (written.returncode, written.stderr) == (0, "")
    desk.config.write_text(str(Document(mode="", snapshots="cron = 5")), encoding="utf-8")
    faulty = desk.run("plan")
    assert (faulty.returncode, faulty.stdout) == (2, "")
    assert faulty.stderr.startswith(f"portfolio: {desk.config} has 3 faults:\n  line 1, mode: write mode = ")
    assert "Traceback" not in faulty.stderr


def test_init_asks_what_would_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one key in the environment its providers are asked and whoever needs none, and no other."""
    monkeypatch.setenv("ONEINCH_API_KEY", SECRET)
    well(desk.type("init", WALLET))
    assert list(load(datetime.now(UTC), desk.config).providers) == ["oneinch_portfolio", "oneinch_balance", "ecb"]


def test_init_never_enables_who_is_gone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of a provider that nobody answers for any more enables nothing, and the reason is printed."""
    monkeypatch.setenv("CREDMARK_API_KEY", SECRET)
    said = well(desk.type("init", WALLET))
    assert "credmark stays off though CREDMARK_API_KEY is set: the vendor's gateway is presumed gone\n" in said
    assert "credmark" not in load(datetime.now(UTC), desk.config).providers
    assert SECRET not in said


def test_init_simulated_writes_what_ships(desk: Desk) -> None:
    """With --simulated the file is the one that ships, its history has a folder of its own, and that is printed."""
    said = well(desk.type("init", "--simulated"))
    assert desk.config.read_bytes() == SHIPPED.read_bytes()
    settings = load(datetime.now(UTC), desk.config)
    assert settings.is_simulated
    assert settings.paths.root == desk.data / "simulated"
    assert f"their history stays in {desk.data / 'simulated'}, apart from a real one\n" in said
    assert "SIMULATED" in said


def test_the_commands_that_init_simulated_names_are_there(desk: Desk) -> None:
    """Each command that is printed as the next one is a verb with options that there are."""
    said = well(desk.type("init", "--simulated"))
    commands = [shlex.split(command) for command in re.findall("`(.+?)`", said)]
    assert [words[1] for words in commands] == ["backfill", "snapshot", "status", "ask", "page"]
    for program, verb, *rest in commands:
        assert program == "portfolio"
        with portfolio.make_context("portfolio", [verb, *rest]) as context:
            found = portfolio.get_command(context, verb)
            assert found is not None
            found.make_context(verb, list(rest))


@pytest.mark.parametrize("options", [("--simulated", WALLET), ("--simulated", "--onchain")])
def test_init_simulated_takes_no_wallet_of_the_world(desk: Desk, options: tuple[str, ...]) -> None:
    """The simulator answers for its own wallets alone: addresses and --onchain beside it are a usage error."""
    result = desk.type("init", *options)
    assert isinstance(result.exception, UsageError)
    assert "leave addresses and --onchain out" in str(result.exception)
    assert not desk.config.exists()
