"""Columns of answers as JSON schemas: DuckDB's type, the type in JSON, and the unit that the column's name ends with.

What columns there are is said by the headers under sql/answers.
"""

import re
from typing import Any

_TYPES = (
    (re.compile(r"decimal\(.*\)|double|float"), {"type": "number"}),
    (re.compile(r"u?(tiny|small|big|huge)?int(eger)?|bignum"), {"type": "integer"}),
    (re.compile(r"boolean"), {"type": "boolean"}),
    (re.compile(r"timestamp"), {"type": "string", "format": "date-time"}),
    (re.compile(r"date"), {"type": "string", "format": "date"}),
    (re.compile(r"varchar"), {"type": "string"}),
)
_UNITS = (
    (re.compile(r".*_usd"), "US dollars"),
    (re.compile(r".*_raw"), "base units"),
    (re.compile(r".*_days"), "days"),
    (re.compile(r".*_hours"), "hours"),
    (re.compile(r".*_seconds"), "seconds"),
    (re.compile(r"amount|quantity|.*_amount"), "whole units"),
    (re.compile(r"roi|.*_(share|apr|return|ratio|fraction)"), "fraction"),
)
_FIELD = re.compile(r"(\w+) ((?:[^,()]|\([^)]*\))+)(?:, |$)")


def schema_of(name: str, kind: str, words: str) -> dict[str, Any]:
    """Give the schema of a column, which may always be null; `x-duckdb-type` is its exact type, `x-unit` its unit."""
    schema = _nullable(kind) | {"description": words, "x-duckdb-type": kind}
    unit = "UTC" if kind == "timestamp" else next((unit for ends, unit in _UNITS if ends.fullmatch(name)), None)
    return schema if unit is None else schema | {"x-unit": unit}


def _nullable(kind: str) -> dict[str, Any]:
    schema = _schema(kind)
    return schema | {"type": [schema["type"], "null"]}


def _schema(kind: str) -> dict[str, Any]:
    if kind.endswith("[]"):
        return {"type": "array", "items": _nullable(kind.removesuffix("[]"))}
    if kind.startswith("struct("):
        fields = dict(_FIELD.findall(kind.removeprefix("struct(").removesuffix(")")))
        return {"type": "object", "properties": {name: _nullable(told) for name, told in fields.items()}}
    return next(schema for named, schema in _TYPES if named.fullmatch(kind))
