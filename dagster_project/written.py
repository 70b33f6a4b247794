"""Rows as programs read them: CSV and JSON, exact to the last digit. Pure: names and rows in, text out.

Tables and charts for people are faces/text; Parquet and Arrow need no help of ours.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

_FORMULA = re.compile(r"[=+\-@\t\r](?!\d+(\.\d+)?$)")
"""How a text begins that a spreadsheet would run, a number aside."""


def as_csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write rows as CSV: exact digits, instants in UTC, parts as JSON, nothing where nothing is known.

    Instants are written as spreadsheets read dates: 2026-05-01 00:00:00. A text that a spreadsheet would run as a
    formula stands behind an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return out.getvalue()


def as_json(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write rows as a JSON array of objects; decimals keep their digits, instants are ISO 8601 with a Z."""
    return value_as_json([dict(zip(names, row, strict=True)) for row in rows])


def value_as_json(value: object) -> str:
    """Write objects and lists as JSON; decimals keep their digits, instants are ISO 8601 with a Z, also inside."""
    import msgspec  # noqa: PLC0415 - only JSON pays for it

    return msgspec.json.format(_encoded(_json(value)), indent=1).decode() + "\n"


def _encoded(value: object) -> bytes:
    import msgspec  # noqa: PLC0415 - only JSON pays for it

    return msgspec.json.Encoder(decimal_format="number").encode(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, list):
        if any(isinstance(one, dict) for one in value):
            return _encoded(value).decode()
        return _inert("; ".join(str(one) for one in value))
    return _inert(value) if isinstance(value, str) else value


def _inert(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _json(value: object) -> object:
    """Give the value with its instants as text; one without a zone is UTC, as answers give them."""
    if isinstance(value, datetime):
        utc = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return f"{utc.isoformat()}Z"
    if isinstance(value, Mapping):
        return {name: _json(one) for name, one in value.items()}
    return [_json(one) for one in value] if isinstance(value, list | tuple) else value
