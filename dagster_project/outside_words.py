"""Sentences about what stands outside of every total, from cells that are in none: rows in, words out.

What is asked of a history, and of which instant, is outside.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from dagster_project.chains import CHAINS

Row = Mapping[str, Any]

WALLET_ONLY = "wallet tokens only"
MOST_NAMED = 5
_PLURAL = {"wallet": "wallet tokens", "position": "positions", "debt": "debts", "reward": "rewards"}


def not_watched(rows: Iterable[Row]) -> list[str]:
    """Say what answers list on chains that nobody watches, and the settings' line that would watch them."""
    listed = [row for row in rows if row["status"] == "not_watched"]
    if not listed:
        return []
    values: dict[str, Decimal | None] = {}
    for row in listed:
        chain, value = str(row["chain_id"]), None if row["layer"] == "reward" else row["value_usd"]
        before = values.get(chain)
        values[chain] = before if value is None else value if before is None else before + value
    known = [value for value in values.values() if value is not None]
    unpriced = sum(row["unpriced_count"] for row in listed)
    holdings = sum(row["holdings"] for row in listed)
    what = usd(sum(known, Decimal())) if known else _count(holdings, "holding", "holdings")
    ordered = sorted(values, key=lambda chain: (-(values[chain] or Decimal()), chain))
    chains = ", ".join(f"{_chain(chain, _worth(values[chain]))}" for chain in ordered[:MOST_NAMED])
    more = f" and {len(ordered) - MOST_NAMED} more" if ordered[MOST_NAMED:] else ""
    beside = f"; {_count(unpriced, 'holding', 'holdings')} without a price" if unpriced else ""
    on = f"{_count(len(ordered), 'chain', 'chains')} that you do not watch"
    return [f"{what} on {on}, in no total: {chains}{more}{beside}; {_remedy(ordered)}"]


def _remedy(chains: Sequence[str]) -> str:
    """Give the settings' line for chains that can be watched, and name those that cannot."""
    known = [f'"{chain}"' for chain in chains if chain in CHAINS]
    unknown = [chain for chain in chains if chain not in CHAINS]
    add = f"to watch {_it(known)}, add {', '.join(known)} to `chains`, of [snapshots] or the account"
    wait = f"this program does not know {', '.join(unknown)}, so nobody can watch {_it(unknown)} yet"
    return "; ".join(words for words, chains in ((add, known), (wait, unknown)) if chains)


def _it(chains: Sequence[str]) -> str:
    return "it" if len(chains) == 1 else "them"


def left_out(rows: Iterable[Row]) -> list[str]:
    """Name what the settings leave out because it is missing, with the reason that they give."""
    layers: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row["status"] == "left_out":
            key = (str(row["label"]), str(row["chain_id"]), str(row["accepted_reason"]))
            layers.setdefault(key, []).append(str(row["layer"]))
    return [
        f"without {label} / {chain} ({', '.join(sorted(listed))}): {reason}"
        for (label, chain, reason), listed in sorted(layers.items())
    ]


def not_covered(rows: Iterable[Row]) -> list[str]:
    """Say which layers of which accounts nobody is asked for, and which provider would cover them."""
    lacking: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for row in rows:
        if row["status"] == "not_covered":
            lacking.setdefault((row["label"], row["chain_id"], tuple(row["could_ask"])), []).append(row["layer"])
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[str, str]]] = {}
    for (label, chain, could_ask), layers in lacking.items():
        alike = tuple(one for one in _PLURAL if one in layers)
        groups.setdefault((alike, could_ask), []).append((label, chain))
    return [_lacking(layers, could_ask, cells) for (layers, could_ask), cells in sorted(groups.items())]


def _lacking(layers: Sequence[str], could_ask: Sequence[str], cells: Sequence[tuple[str, str]]) -> str:
    labels, chains = sorted({label for label, _ in cells}), sorted({chain for _, chain in cells})
    accounts = labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"
    on = _chain(chains[0]) if len(chains) == 1 else f"{len(chains)} chains"
    head = f"{WALLET_ONLY}: " if "wallet" not in layers and "position" in layers else ""
    by = _joined([f"[providers.{one}]" for one in could_ask], "or") if could_ask else ""
    remedy = f"enable {by} to have them" if by else "no provider of this program covers them"
    what = _joined([_PLURAL[one] for one in layers], "and")
    return f"{head}{what} of {accounts} on {on} are asked by nobody; {remedy}"


def _joined(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _chain(chain_id: str, worth: str = "") -> str:
    """Name a chain, with what is known of it in brackets."""
    beside = ", ".join(one for one in (CHAINS[chain_id].name if chain_id in CHAINS else "", worth) if one)
    return f"{chain_id} ({beside})" if beside else chain_id


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _worth(value: Decimal | None) -> str:
    return "no known value" if value is None else usd(value)


def usd(value: Decimal) -> str:
    """Write a value for people, to the dollar where it has one."""
    size = f"{abs(value):,.0f}" if abs(value) >= 1 else f"{abs(value):.2f}"
    return f"{'-' if value < 0 else ''}${size}"
