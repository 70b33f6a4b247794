"""Promises of [[accept_missing]] in a settings file: whose cell may be missing, and which tables are refused."""

from datetime import UTC, datetime

import pytest

from dagster_project.accepted import Accepted
from tests.settings.settings_file import Document, SettingsFile


def document(*tables: str) -> str:
    """A good file with these [[accept_missing]] tables."""
    return str(Document(rest="".join(f"[[accept_missing]]\n{table}\n" for table in tables)))


def test_tables_are_read_as_written(file: SettingsFile) -> None:
    """An account is named by label, address or id; chain, layer and end may be left out."""
    plain = file.load(str(Document()))
    assert plain.accepted == ()
    account = plain.accounts[0]
    chain = account.chains[0]
    settings = file.load(
        document(
            f'account = "{account.label}"\nsince = 2026-05-01\nreason = "closed"',
            f'account = "{account.address.upper().replace("0X", "0x")}"\nchain = "{chain}"\nlayer = "debt"\n'
            'since = "2026-05-01T02:00:00+02:00"\nuntil = "2026-06-01"\nreason = "no node"',
            f'account = "{account.account_id}"\nsince = 2026-05-01\nreason = "sold"',
        )
    )
    may, june = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    assert settings.accepted == (
        Accepted(account.account_id, None, None, may, None, "closed"),
        Accepted(account.account_id, chain, "debt", may, june, "no node"),
        Accepted(account.account_id, None, None, may, None, "sold"),
    )


@pytest.mark.parametrize(
    ("table", "place", "words"),
    [
        ('since = 2026-05-01\nreason = "x"', "accept_missing[0].account", "is missing"),
        ('account = "nobody"\nsince = 2026-05-01\nreason = "x"', "accept_missing[0].account", "names no account"),
        ('account = "{label}"\nreason = "x"', "accept_missing[0].since", "is missing"),
        ('account = "{label}"\nsince = 2026-05-01', "accept_missing[0].reason", "is missing"),
        ('account = "{label}"\nsince = 2026-05-01\nreason = ""', "accept_missing[0].reason", "string should have"),
        ('account = "{label}"\nsince = 2026-05-01\nreason = "x"\nlayer = "all"', "accept_missing[0].layer", "input"),
        (
            'account = "{label}"\nsince = 2026-05-01\nuntil = 2026-05-01\nreason = "x"',
            "accept_missing[0].until",
            "lies at or before",
        ),
        (
            'account = "{label}"\nsince = 2026-05-01\nreason = "x"\nchain = "eip155:43114"',
            "accept_missing[0].chain",
            "is no chain of",
        ),
        (
            'account = "{label}"\nsince = 2026-05-01\nreason = "x"\nchains = []',
            "accept_missing[0].chains",
            "unknown key",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(file: SettingsFile, table: str, place: str, words: str) -> None:
    """A table that names nobody, no time or no reason is refused with its place and what to write."""
    label = file.load(str(Document())).accounts[0].label
    (one,) = file.faults(document(table.replace("{label}", label)))
    assert one.partition(", ")[2].startswith(f"{place}: {words}"), one
