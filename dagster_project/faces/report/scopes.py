"""What a reader of the page can choose: the whole, each account group, each account.

Who belongs to a group is what the settings said when the history was published last.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.warehouse.ask import Asking

_SHORT = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """A choice: its name for people, how answers are asked for it, and which accounts are in it, by account id."""

    name: str
    kind: str
    parameters: dict[str, str]
    members: tuple[str, ...]


def scopes_of(asked: Asking) -> list[Scope]:
    """Give the whole first, then groups and accounts by name; accounts of the same label are told apart by address."""
    accounts = asked.query("select account_id, label, address, groups from account order by label, account_id").dicts()
    ids = tuple(str(one["account_id"]) for one in accounts)
    labels = Counter(str(one["label"]) for one in accounts)
    groups: dict[str, list[str]] = {}
    for one in accounts:
        for group in _texts(one["groups"]):
            groups.setdefault(group, []).append(str(one["account_id"]))
    whole = Scope("all accounts", "whole", {}, ids)
    of_groups = [
        Scope(name, "group", {"account_group": name}, tuple(members)) for name, members in sorted(groups.items())
    ]
    of_accounts = [
        Scope(_name(one, labels), "account", {"account": str(one["account_id"])}, (str(one["account_id"]),))
        for one in accounts
    ]
    return [whole, *of_groups, *of_accounts]


def _name(account: dict[str, object], labels: Counter[str]) -> str:
    label, address = str(account["label"]), str(account["address"])
    return label if labels[label] == 1 else f"{label} ({address[:_SHORT]}…)"


def _texts(value: object) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
