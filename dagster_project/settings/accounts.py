"""Read the watched accounts of the settings file: spelling, checksum, chains, scope, and that none is listed twice.

How an address is spelled is caip.py; which keys an account may have is schema.py.
"""

from dataclasses import replace

from dagster_project import caip
from dagster_project.model import Account
from dagster_project.settings import schema
from dagster_project.settings.faults import Faults


def read_accounts(plain: object, snapshots: schema.Snapshots | None, faults: Faults) -> tuple[Account, ...]:
    """Read every [[accounts]] table; what is wrong with one does not hide what is wrong with the next."""
    if not isinstance(plain, list) or not plain:
        faults.add(("accounts",), 'write at least one [[accounts]] table with address = "0x..."')
        return ()
    default = snapshots.chains if snapshots else ("eip155:1",)
    found: list[Account] = []
    ids: dict[str, int] = {}
    labels: dict[str, int] = {}
    for index, value in enumerate(plain):
        account = _account(value, index, default, faults)
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


def _account(value: object, index: int, default: tuple[str, ...], faults: Faults) -> Account | None:
    place = ("accounts", index)
    section = faults.read(schema.WatchedAccount, value, place)
    if section is None:
        return None
    try:
        account_id, address, chain = caip.parse_account(section.address.strip())
    except ValueError as error:
        faults.add((*place, "address"), str(error))
        return None
    if section.since and section.until and section.until <= section.since:
        faults.add((*place, "until"), "lies at or before `from`; the account would never be in scope")
    chains = section.chains or ((chain,) if chain else default)
    namespace = caip.namespace_of(account_id)
    fitting = tuple(dict.fromkeys(name for name in chains if caip.namespace_of(name) == namespace))
    strangers = [name for name in section.chains or () if caip.namespace_of(name) != namespace]
    if strangers:
        faults.add((*place, "chains"), f"{', '.join(strangers)} cannot hold this account, it is of {namespace!r}")
    elif not fitting:
        faults.add((*place, "chains"), f"no chain of {namespace!r} is named here or in [snapshots].chains; name one")
    label = section.label or f"{address[:8]}…{address[-4:]}"
    account = Account(account_id, address, label, fitting, section.groups)
    return replace(account, since=section.since, until=section.until)
