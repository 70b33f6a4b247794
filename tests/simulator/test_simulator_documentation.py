"""Promises of docs/simulator.md: it names the faults, accounts, options and planted dates that there are."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.simulator.app import DIALECTS
from dagster_project.simulator.book.accounts import ACCOUNTS, ACCOUNTS_ELSEWHERE
from dagster_project.simulator.book.assets import ASSETS
from dagster_project.simulator.book.blocks import CLOCKS
from dagster_project.simulator.book.chains import CHAINS
from dagster_project.simulator.book.elsewhere import ASSETS_ELSEWHERE
from dagster_project.simulator.book.positions import POSITIONS
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.dialects.onebalance_assets import AGGREGATES
from dagster_project.simulator.faults.catalogue import NAMES
from dagster_project.simulator.planted import (
    DIFFERENCES,
    EMPTY_SPELL,
    FUNDED_DAY,
    OUTAGES,
    PRICED_SINCE,
    UNPRICED_SPELLS,
)
from tests.simulator.running_simulator import COMMAND

TEXT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()


def section(title: str) -> str:
    """The text below a heading, up to the next one of any level."""
    _, _, rest = TEXT.partition(f"\n{title}\n")
    assert rest, f"there is no heading {title}"
    return re.split(r"\n#+ ", rest)[0]


def day(at: int) -> str:
    """The UTC day of an instant."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def test_the_table_of_faults_lists_those_that_exist() -> None:
    """Each fault has exactly one row in the table, and the table has no others."""
    table = section("## Faults").partition("| fault | what is seen |")[2]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(named) == sorted(NAMES)


def test_the_accounts_are_those_of_the_book() -> None:
    """The table of accounts has each label with its checksummed address and the day of its first funding."""
    rows = re.findall(r"^\| `(\w+)` \| `(0x\w+)` \| ([0-9-]+) \|", section("### Accounts"), re.MULTILINE)
    assert sorted(rows) == sorted(
        (account.label, account.checksummed, day(FUNDED_DAY[account.label])) for account in ACCOUNTS
    )


def test_every_planted_date_is_told() -> None:
    """Each planted spell and instant stands in the table of what is planted, with whom it befalls."""
    told = section("## What is planted")
    spells = [*(outage.spell for outage in OUTAGES), *UNPRICED_SPELLS.values(), EMPTY_SPELL]
    for at in (*PRICED_SINCE.values(), *(spell.since for spell in spells), FUNDED_DAY["grants"], EMPTY_SPELL.until):
        assert day(at) in told
    for name in (*PRICED_SINCE, *UNPRICED_SPELLS, *OUTAGES[0].labels):
        assert name in told


def test_the_planted_differences_are_those_of_the_table() -> None:
    """The table of differences has each one with provider, kind, account, chain, asset and both days, and no others."""
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \| `([\w:]+)` \| (\S+) \| ([\d-]+) \| ([\d-]+) \|", TEXT, re.MULTILINE
    )
    assert rows == [
        (one.provider, one.kind, one.account, one.chain, one.asset or "all", day(one.spell.since), day(one.spell.until))
        for one in DIFFERENCES
    ]


def test_the_chains_and_positions_are_those_of_the_book() -> None:
    """The tables name every chain with its block time, every position with its chain, and the accounts elsewhere."""
    chains = re.findall(r"^\| ([\w ]+) \| `(\S+)` \| (\d+) s \|", section("### Chains"), re.MULTILINE)
    assert chains == [(chain.name, chain.id, str(CLOCKS[chain.id].seconds)) for chain in CHAINS]
    positions = re.findall(r"^\| `(\S+)` \| `(\S+)` \|", section("### Positions"), re.MULTILINE)
    assert positions == [(position.id, position.chain) for position in POSITIONS]
    for account in ACCOUNTS_ELSEWHERE:
        assert f"| `{account.label}` | `{account.checksummed}` |" in TEXT
    assert f"lists {len(ASSETS_ELSEWHERE)} more" in TEXT
    assert f"{len(AGGREGATES)} aggregated assets" in TEXT


def test_every_path_of_every_dialect_is_told() -> None:
    """Each endpoint's path stands in the document, whole or below its dialect's prefix."""
    for dialect in DIALECTS:
        for endpoint in dialect.endpoints:
            path = endpoint.path.removeprefix("/portfolio/portfolio/v5.0/").removeprefix("/balance/v1.2/{chain_id}/")
            assert path.replace("chain_id", "chainId") in TEXT, path
        assert f"http://127.0.0.1:PORT/{dialect.name}" in TEXT


def test_every_option_is_told() -> None:
    """The options of the command line are those of the table, and the number of assets is right."""
    usage = subprocess.run([*COMMAND, "--help"], check=True, capture_output=True, text=True).stdout
    options = set(re.findall(r"--[a-z-]+", usage)) - {"--help"}
    assert set(re.findall(r"^\| `(--[a-z-]+)", section("## Run it"), re.MULTILINE)) == options
    assert section("### Assets").lstrip().startswith(f"{len(ASSETS)} assets ")


def test_the_ledger_line_shown_is_the_first() -> None:
    """The line of the ledger that is shown is how the first one begins."""
    shown = re.findall(r"^(\{.*), …\}$", section("### The ledger"), re.MULTILINE)
    assert len(shown) == 1
    assert next(ledger().json_lines()).startswith(shown[0])


def test_the_example_of_a_check_works(capsys: pytest.CaptureFixture[str]) -> None:
    """The Python example runs as it is printed and finds what the treasury held."""
    example = section("### Working out an answer for yourself").partition("```python\n")[2].partition("```")[0]
    exec(example, {})  # noqa: S102  # the text is our own documentation
    assert len(capsys.readouterr().out.splitlines()) > 20
