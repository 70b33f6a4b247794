"""Promises of the example notebook: it runs as it stands, says what is true, and is kept without outputs."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.portfolio import Portfolio
from tests.simulator.running_simulator import address

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))
EXECUTE = Path(__file__).with_name("execute.py")
HISTORY = next(path for path in NOTEBOOKS if path.stem == "history")


def executed(notebook: Path, portfolio: Portfolio) -> dict[str, list[nbformat.NotebookNode]]:
    """Run a copy of a notebook as people do, in a kernel of its own, and give the outputs of its cells by their id."""
    copy = portfolio.folder / notebook.name
    copy.write_bytes(notebook.read_bytes())
    own = {
        name: str(portfolio.folder / "jupyter") for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    }
    done = subprocess.run(
        [sys.executable, EXECUTE, str(copy)],
        env=portfolio.environment | own | {"JUPYTER_CONFIG_DIR": own["IPYTHONDIR"]}, cwd=portfolio.folder,
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {cell.id: cell.outputs for cell in read(copy).cells if cell.cell_type == "code"}


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook."""
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call] # it has no types
    return notebook


def words(outputs: list[nbformat.NotebookNode]) -> str:
    """Give what a cell printed and showed as text."""
    return "\n".join(str(one.get("text") or one.get("data", {}).get("text/plain", "")) for one in outputs)


@pytest.fixture
def with_gaps(portfolio: Portfolio) -> Portfolio:
    """Give a small history of three providers with a missed tick and a wallet that nobody answered for."""
    portfolio.providers = ("oneinch_portfolio", "credmark", "onebalance")
    portfolio.have(0, 1, 3)
    portfolio.simulator.order("forbidden", dialect="oneinch", account=address("cold"))
    portfolio.have(4)
    portfolio.simulator.clear_faults()
    portfolio.have(5)
    return portfolio


def test_the_notebook_runs_and_says_what_is_true(with_gaps: Portfolio) -> None:
    """Every cell shows something, the gaps are named, the allocation adds up to the total, both pictures are there."""
    shown = executed(HISTORY, with_gaps)
    assert [cell for cell, outputs in shown.items() if not outputs and cell != "history"] == []
    assert "(SIMULATED)" in words(shown["history"])
    for cell in ("value", "coverage"):
        assert any("image/png" in one.get("data", {}) for one in shown[cell]), cell
    gaps = words(shown["gaps"])
    assert [code in gaps for code in ("missed_tick", "missing_cell")] == [True, True]
    assert gaps.count("2026-05-0") == 2
    assert "failed:forbidden" in words(shown["reasons"])
    total = with_gaps.answer("value_chart")[-1]
    assert f"known: {total['value_usd']:,} US dollars" in words(shown["allocation"])
    assert f"holdings without a price: {total['unpriced_count']}" in words(shown["allocation"])
    table = "".join(one.get("data", {}).get("text/html", "") for one in shown["allocation"])
    assert re.search(r"<td>&lt;NA&gt;</td>\s*<td>&lt;NA&gt;</td>", table), "unpriced: neither value nor share"
    assert "value_chart" in words(shown["answers"])


@pytest.mark.every
def test_the_notebook_says_where_an_instant_is_not_whole(with_gaps: Portfolio) -> None:
    """Where the last instant lacks a cell, the allocation says how many, and its sum is the known part."""
    with_gaps.simulator.order("forbidden", dialect="oneinch", account=address("cold"))
    with_gaps.take(6)
    allocation = words(executed(HISTORY, with_gaps)["allocation"])
    total = with_gaps.answer("value_chart")[-1]
    assert total["value_usd"] is None
    assert f"known: {total['known_value_usd']:,} US dollars" in allocation
    assert "cells without a record: 0" not in allocation


@pytest.mark.every
def test_the_notebook_runs_on_one_day_of_one_provider(portfolio: Portfolio) -> None:
    """A history without gaps, differences or asset groups is no error."""
    portfolio.have(0)
    assert "simulated history at 2026-05-01 00:00 UTC" in words(executed(HISTORY, portfolio)["allocation"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_carry_no_outputs(path: Path) -> None:
    """In the repository a notebook is valid, has no outputs and no counts, and no trace of whoever ran it."""
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None and cell.metadata == {} for cell in code)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
