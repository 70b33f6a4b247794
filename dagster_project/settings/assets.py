"""Read the rules for assets of the settings file: each for an asset that can be, and no two that contradict.

Which keys a rule may have is schema.py; what the rules do to the numbers is sql/views/ruling.sql.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from dagster_project.model import Rule
from dagster_project.settings import schema
from dagster_project.settings.faults import Faults
from dagster_project.settings.lines import Place
from dagster_project.settings.reading import read_table

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_ONCE = ("treatment", "group_id", "same_as", "receipt_of")
_KEYS = {"treatment": "treat", "group_id": "group"}


def read_assets(plain: object, faults: Faults) -> tuple[Rule, ...]:
    """Read every [[assets]] table; what is wrong with one does not hide what is wrong with the next."""
    if not isinstance(plain, list):
        faults.add(("assets",), 'write [[assets]] tables with id = "eip155:1/erc20:0x..." and what holds for it')
        return ()
    found: list[Rule] = []
    for index, value in enumerate(plain):
        rule = _rule(value, ("assets", index), faults)
        if rule is not None:
            _check_beside(rule, found, ("assets", index), faults)
            found.append(rule)
    return tuple(found)


def _rule(value: object, place: Place, faults: Faults) -> Rule | None:
    table, _ = read_table(schema.WatchedAsset, value, place, faults)
    if table is None:
        return None
    rule = Rule(
        asset_id=table.id,
        treatment=table.treat,
        group_id=table.group,
        same_as=table.same_as,
        receipt_of=table.receipt_of,
        is_rebasing=table.rebasing,
        price_usd=table.price_usd,
        since=table.since,
        until=table.until,
    )
    if not any((*(getattr(rule, name) for name in _ONCE), rule.is_rebasing, rule.price_usd is not None)):
        faults.add(place, "says nothing of the asset; write treat, group, same_as, receipt_of, rebasing or price_usd")
    if (rule.since or rule.until) and rule.price_usd is None:
        faults.add(place, "has `from` or `until` without price_usd; they say when a price holds")
    if rule.since and rule.until and rule.until <= rule.since:
        faults.add((*place, "until"), "lies at or before `from`; the price would never hold")
    if rule.group_id and rule.same_as:
        faults.add((*place, "same_as"), "stands beside group; write one of them, either puts the asset into a group")
    for key in ("same_as", "receipt_of"):
        if getattr(rule, key) == rule.asset_id:
            faults.add((*place, key), "is the asset itself; write another one")
    return rule


def _check_beside(rule: Rule, others: Sequence[Rule], place: Place, faults: Faults) -> None:
    """Note where an earlier table for the same asset says the same thing again, or another price for the same time."""
    for index, other in enumerate(others):
        if other.asset_id != rule.asset_id:
            continue
        for name in _ONCE:
            if getattr(other, name) and getattr(rule, name):
                key = _KEYS.get(name, name)
                faults.add((*place, key), f"stands in assets[{index}] too; say it once for an asset")
        if other.price_usd is not None and rule.price_usd is not None and _overlap(other, rule):
            why = f"overlaps the time of assets[{index}]; set `from` and `until` so that one price holds at a time"
            faults.add((*place, "price_usd"), why)


def _overlap(one: Rule, other: Rule) -> bool:
    return (one.since or _FIRST) < (other.until or _LAST) and (other.since or _FIRST) < (one.until or _LAST)
