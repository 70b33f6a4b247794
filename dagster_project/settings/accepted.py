"""Read what the settings accept as missing: whose cell, which part of it, since when, and why.

What it means is dagster_project/accepted.py; which keys a table may have is schema.py.
"""

from collections.abc import Sequence

from dagster_project.accepted import Accepted
from dagster_project.model import Account
from dagster_project.settings import schema
from dagster_project.settings.faults import Faults
from dagster_project.settings.lines import Place
from dagster_project.settings.reading import read_table


def read_accepted(plain: object, accounts: Sequence[Account], faults: Faults) -> tuple[Accepted, ...]:
    """Read every [[accept_missing]] table; `accounts` are those that the settings watch."""
    if not isinstance(plain, list):
        faults.add(("accept_missing",), "write [[accept_missing]] tables with account, since and reason")
        return ()
    found: list[Accepted] = []
    for index, value in enumerate(plain):
        place = ("accept_missing", index)
        table, _ = read_table(schema.AcceptMissing, value, place, faults)
        account = _account(table.account, accounts, place, faults) if table else None
        if table is None or account is None:
            continue
        if table.chain and table.chain not in account.chains:
            why = f"is no chain of {account.label!r}, which has {', '.join(account.chains)}; write one of them"
            faults.add((*place, "chain"), why)
        if table.until and table.until <= table.since:
            faults.add((*place, "until"), "lies at or before `since`; nothing would ever be accepted")
        found.append(Accepted(account.account_id, table.chain, table.layer, table.since, table.until, table.reason))
    return tuple(found)


def _account(name: str, accounts: Sequence[Account], place: Place, faults: Faults) -> Account | None:
    """Find the account that a table names by label, address or account id."""
    for one in accounts:
        if name.lower() in (one.label.lower(), one.address.lower(), one.account_id.lower()):
            return one
    if accounts:
        labels = ", ".join(repr(one.label) for one in accounts)
        faults.add((*place, "account"), f"names no account of this file; there are {labels}")
    return None
