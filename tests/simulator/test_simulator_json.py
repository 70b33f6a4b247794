"""Promises of the writer: valid JSON whose numbers are exact and spelled as JavaScript spells them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.simulator.json_text import Verbatim, encode, number

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (250.0, "250"),
        (-12.5, "-12.5"),
        (0.2747114942399529, "0.2747114942399529"),
        (1e-6, "0.000001"),
        (0.00002653052314195368, "0.00002653052314195368"),
        (7.899819514313488e-8, "7.899819514313488e-8"),
        (1e-7, "1e-7"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.157920892373162e59, "1.157920892373162e+59"),
        (5e-324, "5e-324"),
    ],
)
def test_numbers_are_spelled_as_javascript_spells_them(value: float, spelled: str) -> None:
    """Integral doubles have no point, exponents begin at 1e21 and below 1e-6 and carry their sign."""
    assert number(value) == spelled


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(database=None, deadline=None, max_examples=500)
def test_no_double_loses_a_bit(value: float) -> None:
    """Every finite double reads back as itself, but for the sign of zero."""
    assert float(number(value)) == value


@pytest.mark.slow
@given(values)
@settings(database=None, deadline=None)
def test_documents_read_back_as_themselves(value: object) -> None:
    """Text, whole numbers and nesting of any kind are read back by another reader as the same value."""
    assert json.loads(encode(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_lacks_are_refused(value: float) -> None:
    """A number that is not finite is an error unless it was planted as text."""
    with pytest.raises(ValueError, match="no word for"):
        encode({"amount": value})
    with pytest.raises(TypeError, match="no word for"):
        encode({"amount": b"12"})
    assert encode([Verbatim("NaN"), "NaN"]) == b'[NaN,"NaN"]'
