"""Read the watched accounts of the settings file: spelling, checksum, chains, scope, and that none is listed twice.

How an address is spelled is caip.py; which keys an account may have is schema.py.
"""

from collections.abc import Mapping
from typing import Any

from dagster_project import caip
from dagster_project.model import Account
from dagster_project.settings import schema
from dagster_project.settings.faults import Faults
from dagster_project.settings.lines import Place
from dagster_project.settings.reading import read_table


def read_accounts(plain: object, usual: tuple[str, ...] | None, faults: Faults) -> tuple[Account, ...]:
    """Read every [[accounts]] table; what is wrong with one does not hide what is wrong with the next.

    `usual` are the chains of accounts that name none; None where they are at fault themselves.
    """
    if not isinstance(plain, list) or not plain:
        faults.add(("accounts",), 'write at least one [[accounts]] table with address = "0x..."')
        return ()
    found: list[Account] = []
    ids: dict[str, int] = {}
    labels: dict[str, int] = {}
    for index, value in enumerate(plain):
        account = _account(value, ("accounts", index), usual, faults)
        if account is None:
            continue
        found.append(account)
        if (earlier := ids.setdefault(account.account_id, index)) != index:
            why = f"is accounts[{earlier}] again; one table a wallet, list its chains"
            faults.add(("accounts", index, "address"), why)
        elif (earlier := labels.setdefault(account.label, index)) != index:
            why = f"{account.label!r} is accounts[{earlier}] too; labels tell accounts apart"
            faults.add(("accounts", index, "label"), why)
    return tuple(found)


def parse_watched(address: str) -> tuple[str, str, str | None]:
    """Read an address that is to be watched as `caip.parse_account` does; a chain that it names must be known.

    Raises:
        ValueError: with the reason and what to write instead.
    """
    account_id, spelled, chain = caip.parse_account(address.strip())
    return account_id, spelled, schema.known_chain(chain) if chain else None


def _account(value: object, place: Place, usual: tuple[str, ...] | None, faults: Faults) -> Account | None:
    """Read one table; None where nothing tells which account it is."""
    _, good = read_table(schema.WatchedAccount, value, place, faults)
    since, until = good.get("since"), good.get("until")
    if since and until and until <= since:
        faults.add((*place, "until"), "lies at or before `from`; the account would never be in scope")
    if "address" not in good:
        return None
    try:
        account_id, address, chain = parse_watched(good["address"])
    except ValueError as error:
        faults.add((*place, "address"), str(error))
        return None
    chains = _chains(good, (chain,) if chain else usual, caip.namespace_of(account_id), place, faults)
    label = good.get("label") or f"{address[:8]}…{address[-4:]}"
    return Account(account_id, address, label, chains, good.get("groups", ()), since=since, until=until)


def _chains(
    good: Mapping[str, Any], usual: tuple[str, ...] | None, namespace: str, place: Place, faults: Faults
) -> tuple[str, ...]:
    """Give the chains of an account: its own, else the usual ones that can hold it; none where they are at fault."""
    own = good.get("chains", ())
    strangers = [name for name in own or () if caip.namespace_of(name) != namespace]
    named = usual if own is None else own
    fitting = tuple(dict.fromkeys(name for name in named or () if caip.namespace_of(name) == namespace))
    if strangers:
        faults.add((*place, "chains"), f"{', '.join(strangers)} cannot hold this account, it is of {namespace!r}")
    elif named and not fitting:
        faults.add((*place, "chains"), f"no chain of {namespace!r} is named here or in [snapshots].chains; name one")
    return fitting
