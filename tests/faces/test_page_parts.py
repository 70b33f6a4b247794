"""Promises of the pieces of the page: how far apart points lie, what a script may hold, where the library is kept."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.faces.report import library as library_module
from dagster_project.faces.report.changes import spans
from dagster_project.faces.report.charts import specs
from dagster_project.faces.report.library import library
from dagster_project.faces.report.plain import minutes, money, script_json
from dagster_project.faces.report.spacing import SPACINGS, spacing_of, words_of

FIRST = datetime(2016, 1, 1)  # noqa: DTZ001 - answers give instants in UTC without a zone


def days(count: int, step: timedelta = timedelta(days=1)) -> list[datetime]:
    """Give so many instants, a step apart."""
    return [FIRST + number * step for number in range(count)]


@given(st.integers(1, 4000), st.integers(1, 2000), st.sampled_from([1 / 24, 1, 7, 30]))
def test_points_are_few_enough_and_as_many_as_may_be(count: int, series: int, step: float) -> None:
    """A spacing keeps within the bound wherever one does, and none that is finer would have."""
    instants = days(count, timedelta(days=step))
    bound = 40_000
    chosen = spacing_of(instants, series, bound)
    counts = {name: len({bucket(at) for at in instants}) for name, bucket in SPACINGS.items()}
    if chosen is None:
        assert count * series <= bound or min(counts.values()) == count
    else:
        names = [name for name in SPACINGS if counts[name] < count]
        fitting = [name for name in names if counts[name] * series <= bound]
        assert count * series > bound
        assert chosen == (fitting[0] if fitting else names[-1])


def test_ten_years_of_fifty_accounts_are_a_point_a_week() -> None:
    """Daily for ten years, a few accounts keep every day, and fifty of them with their groups get a point a week."""
    ten_years = days(3650)
    assert spacing_of(ten_years, 10, 40_000) is None
    assert spacing_of(ten_years, 56, 40_000) == "week"
    assert "a week" in words_of("week")


@given(
    st.recursive(
        st.text() | st.none() | st.integers(-(2**53), 2**53),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_text_can_end_a_script(value: object) -> None:
    """Whatever is written for the script comes back as it was, and holds neither a tag, an entity nor a line's end."""
    written = script_json(value)
    assert json.loads(written) == value
    assert not re.search("[<>&\u2028\u2029]", written)


def test_money_is_to_the_cent_and_nothing_is_not_zero() -> None:
    """Money is rounded to cents for the picture, and what is not known stays so."""
    assert money(Decimal("1234.565001")) == 1234.57
    assert money(None) is None
    assert minutes(datetime(1970, 1, 2)) == 1440  # noqa: DTZ001 - as answers give it
    with pytest.raises(TypeError, match="no instant"):
        minutes(None)


def test_spans_are_those_that_the_history_has() -> None:
    """Only spans that begin within the history are offered, and the whole history always."""
    last = FIRST + timedelta(days=45)
    assert [name for name, _ in spans(FIRST, last)] == ["7 days", "30 days", "the whole history"]
    assert spans(FIRST, FIRST) == [("the whole history", FIRST)]


@pytest.mark.every
def test_the_library_is_bundled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was bundled is kept and read again; what is damaged is bundled anew, and nothing need be kept."""
    monkeypatch.setattr(library_module, "user_cache_path", lambda _: tmp_path / "cache")
    first = library()
    assert "</script" not in first
    assert "vegaEmbed" in first
    (kept,) = (tmp_path / "cache").iterdir()
    whole = kept.read_text(encoding="utf-8")
    assert whole.endswith(first)
    assert library() == first
    kept.write_text(whole.replace("vegaEmbed", "vegaEvil"), encoding="utf-8")
    assert library() == first
    assert kept.read_text(encoding="utf-8") == whole
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(library_module, "user_cache_path", lambda _: tmp_path / "file" / "cache")
    assert library() == first


def test_charts_name_only_colours_of_the_page() -> None:
    """Every colour that a chart names is one that the style gives for light, dark and print."""
    style = (Path(library_module.__file__).parents[1] / "templates" / "report.css").read_text(encoding="utf-8")
    named = set(re.findall(r"var\((--[\w]+)\)", json.dumps(specs())))
    assert named
    assert named <= set(re.findall(r"(--[\w]+):", style))
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", json.dumps(specs())) == []
