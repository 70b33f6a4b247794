"""Payload files named by their case, and what is expected of each in a file beside it, one row a line.

An answer's first line says what holds for it as a whole, every further line is a row: a holding, a position, an
allowance, a figure, a rate or an asset. A body that must be refused has one line: the path of the field at fault.
Where the first line has `asked`, the body answers that question, see questions.py; where it has `outcome`, the pull
ends so.
What a row leaves out is as `Holding` has it by default; its `cell` stands there where the question covers several.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Allowance, Asset, Position, Reading
from dagster_project.model import Cell, Pull
from dagster_project.sources.registry import PROVIDERS
from tests.normalise.bodies import bits
from tests.normalise.questions import question

ROOT = Path(__file__).resolve().parents[2]
PAYLOADS = ROOT / "tests" / "payloads"
OURS = PAYLOADS / "credmark"
SHARED = ROOT.parent / "shared" / "contracts" / "payloads"
"""The contracts' own examples; they are no part of the project, so a checkout elsewhere does not have them."""

CONTRACT = SHARED / "credmark"
EXPECTED = ".expected.jsonl"
ABOUT = ("asked", "outcome")
"""What a first line says of the question and of its ending, beside what the normaliser makes of the body."""

ALWAYS = ("asset_id", "amount", "price_usd", "price_status", "stated_value_usd")
"""What every row says of a holding."""


def payloads(folder: Path) -> list[Path]:
    """Every body in the folder, by name."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.endswith(EXPECTED))


def expected_lines(payload: Path) -> list[dict[str, Any]]:
    """What stands in the file beside a payload; the test fails where there is none."""
    beside = payload.with_name(payload.stem + EXPECTED)
    if not beside.is_file():
        pytest.fail(f"{payload.name} has no {beside.name} beside it")
    return lines_of(beside)


def lines_of(beside: Path) -> list[dict[str, Any]]:
    """The lines of a file of expected rows."""
    return [json.loads(line) for line in beside.read_text(encoding="utf-8").splitlines()]


def asked_by(provider: str, expected: list[dict[str, Any]]) -> Pull:
    """The question that a body answers, by the first line of what is expected of it."""
    return question(provider, expected[0].get("asked", {}))


def rows_of(expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is expected of the normaliser alone."""
    return [{name: one for name, one in expected[0].items() if name not in ABOUT}, *expected[1:]]


def actual_lines(pull: Pull, body: bytes) -> list[dict[str, Any]]:
    """The same lines, of what the normaliser makes of the body."""
    try:
        reading = PROVIDERS[pull.provider].normalise(pull, body)
    except UnreadableError as error:
        return [{"unreadable_at": error.where}]
    return [_whole(pull, reading), *_rows(pull, reading)]


def exact(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with every double spelled so that each of its bits is compared."""
    return [{name: bits(one) if isinstance(one, float) else one for name, one in line.items()} for line in lines]


def _whole(pull: Pull, reading: Reading) -> dict[str, Any]:
    stated = {"stated_usd": next(iter(reading.stated_usd.values()))} if reading.stated_usd else {}
    covered = {} if len(pull.cells) == 1 else {"covered": [_named(cell) for cell in reading.rows]}
    faults = {"faults": [fault.where for fault in reading.faults]} if reading.faults else {}
    return {
        **stated,
        **covered,
        **faults,
        "block_number": reading.block_number,
        "effective_at": None if reading.effective_at is None else reading.effective_at.isoformat(),
        "unknown_fields": list(reading.unknown_fields),
    }


def _rows(pull: Pull, reading: Reading) -> Iterator[dict[str, Any]]:
    is_alone = len(pull.cells) == 1
    for cell, holdings in reading.rows.items():
        yield from ((_at(cell, is_alone) | _said(holding, ALWAYS)) for holding in holdings)
    for cell, positions in reading.positions.items():
        yield from (_at(cell, is_alone) | _said(position, Position._fields) for position in positions)
    for cell, allowances in reading.allowances.items():
        yield from (_at(cell, is_alone) | _said(allowance, Allowance._fields) for allowance in allowances)
    for figure in reading.figures:
        point = {} if figure.point_at is None else {"point_at": figure.point_at.isoformat()}
        said = {name: one for name, one in figure._asdict().items() if name in ("number", "words") and one is not None}
        yield {"figure": figure.subject, "measure": figure.measure} | said | point
    for rate in reading.rates:
        said = rate._asdict() | {name: getattr(rate, name).isoformat() for name in ("rate_day", "published_at")}
        yield {"rate": said.pop("currency")} | said
    for asset in reading.assets:
        yield {"asset": asset.asset_id} | _said(asset, Asset._fields[1:-1])


def _at(cell: Cell, is_alone: bool) -> dict[str, str]:  # noqa: FBT001 - said of every row alike
    return {} if is_alone else {"cell": _named(cell)}


def _said(row: Any, always: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - a named tuple, read by its names
    """What a row says: these names, and what is not as it is by default."""
    defaults: Mapping[str, Any] = row._field_defaults
    return {
        name: value
        for name, value in row._asdict().items()
        if name in always or (name in defaults and value != defaults[name])
    }


def _named(cell: Cell) -> str:
    """A cell in short: the end of its account, chain and layer."""
    return f"{cell.account_id[-4:]} {cell.chain_id} {cell.layer}"
