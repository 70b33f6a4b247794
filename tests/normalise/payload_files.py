"""Payload files named by their case, and what is expected of each in a file beside it, one row a line.

An answer's first line says what holds for it as a whole, every further line is a row. A body that must be refused has
one line: the path of the field at fault.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.errors import UnreadableError
from dagster_project.model import Reading
from dagster_project.normalise.credmark import normalise
from tests.normalise.asking import cell, pull
from tests.normalise.bodies import bits

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "tests" / "payloads" / "credmark"
CONTRACT = ROOT.parent / "shared" / "contracts" / "payloads" / "credmark"
"""The contract's own examples; they are no part of the project, so a checkout elsewhere does not have them."""

EXPECTED = ".expected.jsonl"


def payloads(folder: Path) -> list[Path]:
    """Every body in the folder, by name."""
    return sorted(path for path in folder.iterdir() if not path.name.endswith(EXPECTED))


def expected_lines(payload: Path) -> list[dict[str, Any]]:
    """What stands in the file beside a payload; the test fails where there is none."""
    beside = payload.with_name(payload.stem + EXPECTED)
    if not beside.is_file():
        pytest.fail(f"{payload.name} has no {beside.name} beside it")
    return [json.loads(line) for line in beside.read_text(encoding="utf-8").splitlines()]


def actual_lines(body: bytes) -> list[dict[str, Any]]:
    """The same lines, of what the normaliser makes of the body."""
    try:
        reading = normalise(pull(), body)
    except UnreadableError as error:
        return [{"unreadable_at": error.where}]
    return [_whole(reading), *map(_row, reading.rows[cell()])]


def exact(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with every double spelled so that each of its bits is compared."""
    return [{name: bits(one) if isinstance(one, float) else one for name, one in line.items()} for line in lines]


def _whole(reading: Reading) -> dict[str, Any]:
    assert reading.effective_at is not None
    return {
        "stated_usd": reading.stated_usd[cell()],
        "block_number": reading.block_number,
        "effective_at": reading.effective_at.isoformat(),
        "unknown_fields": list(reading.unknown_fields),
    }


def _row(holding: Any) -> dict[str, Any]:  # noqa: ANN401 - a named tuple, read by its names
    names = ("asset_id", "amount", "price_usd", "price_status", "stated_value_usd")
    assert (holding.amount_raw, holding.decimals, holding.position_id, holding.is_counted) == (None, None, "", True)
    return {name: getattr(holding, name) for name in names}
