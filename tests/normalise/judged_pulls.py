"""Judged pulls made of values, drawn or spelled out, and the rows that become of them.

What the rows must be stands in the tests.
"""

from hypothesis import strategies as st

from dagster_project.holdings import Holding, PriceStatus, Reading
from dagster_project.model import Cell, Layer, Outcome, Reason
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.judge import Judged
from dagster_project.slices import Slice
from tests.normalise.asking import BLOCK_AT, answer, attempt, cell, pull

DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
HOLDINGS = st.lists(
    st.builds(
        Holding,
        st.text(min_size=1),
        DOUBLES,
        st.none() | DOUBLES,
        st.sampled_from(PriceStatus),
        st.none() | DOUBLES | st.floats(-1e6, 1e6),
        st.none() | st.integers(0, 2**256 - 1).map(str),
        st.none() | st.integers(0, 255),
        st.text(),
        st.booleans(),
    ),
    max_size=8,
).map(tuple)
LAYERS = st.lists(st.sampled_from(Layer), min_size=1, unique=True)
READ = st.tuples(LAYERS, st.lists(HOLDINGS, min_size=4, max_size=4))
UNREAD = st.tuples(LAYERS, st.sampled_from(Reason))


def judged_pulls(parts: list[tuple[list[Layer], list[tuple[Holding, ...]] | Reason]]) -> list[Judged]:
    """Judged pulls, each over some layers of the wallet, with what was read or the reason why nothing was."""
    return [_judged(index, layers, what) for index, (layers, what) in enumerate(parts)]


def _judged(index: int, layers: list[Layer], what: list[tuple[Holding, ...]] | Reason) -> Judged:
    cells = tuple(cell(layer) for layer in layers)
    asked = pull(f"value/{index}", *cells)
    if isinstance(what, Reason):
        outcome = Outcome.NOT_AVAILABLE if what is Reason.NOW_ONLY else Outcome.FAILED
        return Judged(asked, answer(reason=what, status=None), index, outcome, what, f"because of {what}")
    reading = Reading(BLOCK_AT, dict(zip(cells, what, strict=False)), {cells[0]: 12.5}, 17_564_213, ("$.note",))
    return Judged(asked, answer(b"{}"), 1, Outcome.EMPTY if reading.is_empty else Outcome.ANSWERED, reading=reading)


PULLS = st.lists(READ | UNREAD, max_size=5).map(judged_pulls)


PLAIN = Holding("eip155:1/slip44:60", 1.0, 2.0, PriceStatus.PRICED, 2.0)


def assembled(judged: list[Judged]) -> Slice:
    """The rows of an attempt at these pulls."""
    return assemble(attempt(*(one.pull for one in judged)), 7, judged)


def answered() -> Judged:
    """One answered pull with a holding of every kind of column."""
    debt = Cell("eip155:0:0xabc", "eip155:10", Layer.DEBT)
    held = Holding(
        "eip155:10/erc20:0x1", 2.0, 3.0, PriceStatus.PRICED, 6.25, "2000000", 6, "loan-1",
        is_counted=False, shares_raw="1990000", rate_raw="1005025125628140703517587939",
    )  # fmt: skip
    unpriced = Holding("eip155:10/erc20:0x2", 5.0, None, PriceStatus.UNKNOWN, 0.0)
    counted = held._replace(asset_id="eip155:10/erc20:0x3", amount=5e-7, is_counted=True, stated_value_usd=0.0000015)
    reading = Reading(BLOCK_AT, {debt: (held, unpriced, counted)}, {debt: 6.2500015}, 17_564_213, ("$.a", "$.b"))
    return Judged(pull("value/9", debt), answer(b"body"), 3, Outcome.ANSWERED, reading=reading)
