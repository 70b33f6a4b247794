"""Promises of depth: one bound of our own decides, whatever stands in texts and wherever the reader was called from."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.errors import UnreadableError
from dagster_project.normalise.nesting import DEEPEST
from dagster_project.normalise.reading import Body, decode

TEXTS = st.text(st.sampled_from('[]{}"\\/ab\u202e\n,:')) | st.text()
VALUES = st.recursive(TEXTS | st.integers() | st.none(), lambda one: st.lists(one) | st.dictionaries(TEXTS, one))
FRAMES = 500
"""How much deeper the second caller stands; Python's own limit is a thousand."""


class Noted(Body):
    """A body with a known member; what else it holds is nobody's contract."""

    value: int


def levels(value: Any) -> int:  # noqa: ANN401 - any JSON
    """How many lists and objects are open in the deepest place."""
    members = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if members is None else 1 + max(map(levels, members), default=0)


def is_read(body: bytes) -> bool:
    """Tell whether a body is read; refused for another reason than its depth fails the test."""
    try:
        decode(body, Noted)
    except UnreadableError as error:
        if error.why != f"is nested more than {DEEPEST} levels deep":
            raise
        return False
    return True


def is_read_from(frames: int, body: bytes) -> bool:
    """The same, asked by a caller that stands so many frames deeper."""
    return is_read(body) if frames == 0 else is_read_from(frames - 1, body)


def noted(levels_of_note: int, innermost: str = "1") -> bytes:
    """A body of which a member that nobody knows is so many lists deep."""
    note = "[" * levels_of_note + innermost + "]" * levels_of_note
    return f'{{"value":1,"note":{note}}}'.encode()


@pytest.mark.every
@given(value=VALUES, is_ascii=st.booleans())
def test_the_bound_is_exact_whatever_texts_say(value: Any, *, is_ascii: bool) -> None:  # noqa: ANN401 - any JSON
    """A body of 64 levels is read and one of 65 is not, and brackets, quotes and escapes within texts are no levels."""
    spelled = json.dumps(value, ensure_ascii=is_ascii)
    above = DEEPEST - 1 - levels(value)
    assert is_read(noted(above, spelled))
    assert not is_read(noted(above + 1, spelled) + b" ")


@pytest.mark.parametrize("depth", [DEEPEST - 1, DEEPEST, 300, 700, 950, 5_000])
def test_the_caller_does_not_matter(depth: int) -> None:
    """A body is read or refused alike wherever the reader is called from, so a rebuild reads what the run read."""
    assert is_read(noted(depth)) == is_read_from(FRAMES, noted(depth)) == (depth < DEEPEST)


def test_many_rows_are_not_deep() -> None:
    """A hundred thousand rows beside each other are no depth."""
    rows = ",".join(['{"text":"]\\"["}'] * 100_000)
    assert is_read(noted(1, rows))
