"""How a value is spelt in files of text and read back, exact both ways: SQL expressions over the columns of a fact.

In CSV a text stands in quotes, and nothing where nothing is known, so that both differ; in JSON a decimal is text, and
so is a double that is no number. Which bytes make a file of lines is exchange/files.py.
"""

from collections.abc import Sequence

from dagster_project.warehouse.facts import Column, quoted

KINDS = {
    "VARCHAR": "string",
    "VARCHAR[]": "array",
    "BOOLEAN": "boolean",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "DECIMAL(18,6)": "number",
    "DECIMAL(38,6)": "number",
    "TIMESTAMP": "datetime",
    "DATE": "date",
}
"""Every type that a fact may have, and what the Table Schema calls it."""

NO_NUMBERS = ("NaN", "INF", "-INF")
"""How the Table Schema spells a double that is no number."""

_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def csv_line(columns: Sequence[Column]) -> str:
    """Give the expression that makes a line of CSV of a row, line end and all."""
    return f"concat_ws(',', {', '.join(_in_csv(column) for column in columns)}) || chr(10)"


def json_line(columns: Sequence[Column]) -> str:
    """Give the expression that makes a line of JSON of a row, line end and all."""
    members = ", ".join(f"'{column.name}', {_in_json(column)}" for column in columns)
    return f"cast(json_object({members}) as varchar) || chr(10)"


def parsed(columns: Sequence[Column], *, from_csv: bool) -> list[str]:
    """Give the expressions that read the columns back, each under its name."""
    return [f"{_parsed(column, from_csv=from_csv)} as {quoted(column.name)}" for column in columns]


def _in_csv(column: Column) -> str:
    name = quoted(column.name)
    match column.type:
        case "VARCHAR":
            text = _in_quotes(name)
        case "VARCHAR[]":
            text = _in_quotes(f"cast(to_json({name}) as varchar)")
        case "TIMESTAMP":
            text = f"strftime({name}, '{_INSTANT}')"
        case "DOUBLE":
            text = f"case when not isfinite({name}) then {_no_number(name)} else cast({name} as varchar) end"
        case _:
            text = f"cast({name} as varchar)"
    return f"coalesce({text}, '')"


def _in_quotes(text: str) -> str:
    return f"""'"' || replace({text}, '"', '""') || '"'"""


def _in_json(column: Column) -> str:
    name = quoted(column.name)
    match column.type:
        case "TIMESTAMP":
            return f"strftime({name}, '{_INSTANT}')"
        case "DOUBLE":
            return f"case when not isfinite({name}) then to_json({_no_number(name)}) else to_json({name}) end"
        case kind if kind == "DATE" or kind.startswith("DECIMAL"):
            return f"cast({name} as varchar)"
        case _:
            return name


def _no_number(name: str) -> str:
    not_a_number, above, below = NO_NUMBERS
    return f"case when isnan({name}) then '{not_a_number}' when {name} > 0 then '{above}' else '{below}' end"


def _parsed(column: Column, *, from_csv: bool) -> str:
    name = quoted(column.name)
    if column.type == "VARCHAR[]" and from_csv:
        return f"""from_json_strict({name}, '["VARCHAR"]')"""
    return f"cast({name} as {column.type})"
