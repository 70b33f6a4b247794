"""Read a file of known flows: what each line says, and for which time the flows of an account are all there.

How such a file is written for people is docs/flows.md; storing it is warehouse/flows.py.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dagster_project import caip
from dagster_project.cadence import WHOLE_DAY, is_date
from dagster_project.caip import shown
from dagster_project.chains import parse_asset
from dagster_project.errors import UsageError
from dagster_project.flows import Flow, Flows, Kind, Span
from dagster_project.imports.rows import Faults, Row, content_of, near, read_rows
from dagster_project.model import Account, format_exactly, parse_instant

REQUIRED = ("at", "account", "asset", "amount", "kind")
OPTIONAL = ("note",)

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AMOUNT = re.compile(r"0*([0-9]{1,78})(?:\.([0-9]{1,78}))?")
_COMMA = re.compile(r"([0-9]+),([0-9]+)")
_GROUP = 3
"""Digits between the commas of those who put them between thousands."""


def read_flows(
    path: Path,
    accounts: Collection[Account],
    now: datetime,
    complete_until: datetime | None = None,
    content: bytes | None = None,
) -> Flows:
    """Read the file at `path` for these accounts; each is covered from its first flow to its last, both inclusive.

    Of a flow with a date alone the whole day is covered, of today what is over of it.

    With `complete_until` each is covered until then, although nothing moved any more. `now` is when it is imported,
    `content` what the file holds, where that is known already.

    Raises:
        UsageError: the file cannot be opened, or `complete_until` lies in the future.
        ImportedFileError: with every fault of the file, line by line.
    """
    if complete_until and complete_until > now:
        raise UsageError(f"--complete-until {format_exactly(complete_until)} lies in the future; nobody knows that yet")
    faults = Faults(path)
    reader = _Reader(accounts, now, complete_until, faults)
    flows: list[Flow] = []
    lines: dict[Flow, int] = {}
    for row in read_rows(content_of(path) if content is None else content, REQUIRED, OPTIONAL, faults):
        flow = reader.read(row)
        if flow is None:
            continue
        flows.append(flow)
        earlier = lines.setdefault(replace(flow, is_date_only=False), row.line)  # midnight or its day: the same line
        if earlier != row.line:
            why = f"is line {earlier} again; add both up in one line, or tell them apart by their notes"
            faults.add(row.line, "", why)
    if not flows and not faults:
        faults.add(2, "", "holds no flow; write at least one under the header")
    faults.raise_any()
    return Flows(tuple(flows), _spans(flows, complete_until, now), now)


def _spans(flows: Collection[Flow], complete_until: datetime | None, now: datetime) -> tuple[Span, ...]:
    instants: dict[str, list[datetime]] = {}
    for flow in flows:
        last = min(flow.moved_at + WHOLE_DAY, now) if flow.is_date_only else flow.moved_at
        instants.setdefault(flow.account_id, []).extend((flow.moved_at, last))
    return tuple(Span(account_id, min(at), complete_until or max(at)) for account_id, at in instants.items())


class _Reader:
    """Reads rows one by one; what is wrong with one column does not hide what is wrong with the next."""

    def __init__(
        self, accounts: Collection[Account], now: datetime, complete_until: datetime | None, faults: Faults
    ) -> None:
        self._names = _Names(accounts)
        self._now = now
        self._complete_until = complete_until
        self._faults = faults

    def read(self, row: Row) -> Flow | None:
        """Read one row; None where anything is wrong with it."""
        good: dict[str, str] = {}
        moved_at: datetime | None = None
        for column, text in row.cells.items():
            try:
                match column:
                    case "at":
                        moved_at = self._at(text)
                    case "account":
                        good[column] = self._names.account_id(text)
                    case "asset":
                        good[column] = _asset(text)
                    case "amount":
                        good[column] = _amount(text)
                    case "kind":
                        good[column] = _kind(text)
            except ValueError as error:
                self._faults.add(row.line, column, str(error))
        if "account" in good and "asset" in good and not _fit(good["account"], good["asset"]):
            why = f"{good['asset']} cannot lie in this account, which is of {caip.namespace_of(good['account'])!r}"
            self._faults.add(row.line, "asset", f"{why}; name an asset of its chains")
            return None
        if moved_at is None or len(good) < len(REQUIRED) - 1:
            return None
        note = row.cells.get("note") or None
        is_date_only = is_date(row.cells["at"])
        return Flow(good["account"], moved_at, good["asset"], good["amount"], Kind(good["kind"]), note, is_date_only)

    def _at(self, text: str) -> datetime:
        try:
            at = parse_instant(text)
        except ValueError:
            example = "for example 2026-05-01 or 2026-05-01T12:00:00Z"
            raise ValueError(f"{shown(text)} is no ISO 8601 date or instant, {example}") from None
        if at < _EARLIEST:
            raise ValueError("lies before 1970, when there was nothing to hold; write a later date or instant")
        if at > self._now:
            raise ValueError(f"{shown(text)} lies in the future; import what has moved, the rest when it has")
        if self._complete_until and at > self._complete_until:
            until = format_exactly(self._complete_until)
            raise ValueError(f"{shown(text)} lies after --complete-until {until}; set that later, or leave it out")
        return at


class _Names:
    """Finds the accounts of the settings by label, address or account id."""

    def __init__(self, accounts: Collection[Account]) -> None:
        self._ids = {account.account_id for account in accounts}
        self._labels = {account.label: account.account_id for account in accounts}
        self._known = [name for account in accounts for name in (account.label, account.address, account.account_id)]

    def account_id(self, text: str) -> str:
        """Give the id of the account that is meant; a label may be in any case where only one is meant then.

        Raises:
            ValueError: no account of the settings is meant, with those whose names are near.
        """
        if text in self._labels:
            return self._labels[text]
        alike = [account_id for label, account_id in self._labels.items() if label.lower() == text.lower()]
        if len(alike) == 1:
            return alike[0]
        try:
            account_id = caip.parse_account(text)[0]
        except ValueError as error:
            if text.startswith(("0x", "eip155:", "solana:")):
                raise ValueError(f"{error}; write it as the settings do") from error
        else:
            if account_id in self._ids:
                return account_id
        remedy = "write the label, address or account id of one in the settings, or add it there as [[accounts]]"
        raise ValueError(f"{shown(text)} is no account of the settings; {near(text, self._known)}{remedy}")


def _fit(account_id: str, asset_id: str) -> bool:
    return caip.namespace_of(account_id) == caip.namespace_of(asset_id)


def _asset(text: str) -> str:
    try:
        return parse_asset(text)
    except ValueError as error:
        raise ValueError(f"{shown(text)} {error}") from error


def _amount(text: str) -> str:
    """Give the amount in canonical digits: none before the first that counts, none behind the last.

    A decimal comma is read where it can be nothing else: behind a 0, or with another number of digits than three.
    """
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if (comma := _COMMA.fullmatch(digits)) is not None:
        whole, fraction = comma[1], comma[2]
        if len(fraction) == _GROUP and whole.strip("0"):
            both = f"{shown(text)} may be {whole}{fraction} or {whole}.{fraction}"
            raise ValueError(f"{both}; write it without a comma, with a point where there is a fraction")
        digits = f"{whole}.{fraction}"
    match = _AMOUNT.fullmatch(digits)
    if match is None:
        example = "with a point where there is a fraction, at most 78 on either side of it, for example 1250.5"
        raise ValueError(f"{shown(text)} is no amount; write decimal digits alone, {example}")
    whole, fraction = match[1].lstrip("0") or "0", (match[2] or "").rstrip("0")
    if whole == "0" and not fraction:
        raise ValueError("is 0; write how much moved, or leave the line out")
    if sign:
        raise ValueError("is below 0; write it above 0, the kind says which way it went")
    return f"{whole}.{fraction}" if fraction else whole


def _kind(text: str) -> str:
    kinds = [kind.value for kind in Kind]
    if text in kinds:
        return text
    raise ValueError(f"{shown(text)} is no kind of flow; {near(text, kinds)}known here: {', '.join(kinds)}")
