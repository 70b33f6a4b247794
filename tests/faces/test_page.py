"""Promises of the report: one page that needs nothing else, says what is missing, and cannot be hijacked by a name."""

import base64
import hashlib
import html
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import DiskError
from dagster_project.faces import picture, text
from dagster_project.faces.page import write_report
from dagster_project.faces.text import Point, points_of
from dagster_project.warehouse.ask import answer
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import address


def report_of(portfolio: Portfolio) -> str:
    """Write the report of what is published and read it."""
    path = portfolio.folder / "report.html"
    write_report(portfolio.published, path, is_simulated=True)
    return path.read_text(encoding="utf-8")


@pytest.mark.every
def test_the_report_is_whole_in_itself(portfolio: Portfolio) -> None:
    """The page fetches nothing, runs what its policy names alone, says that it is simulated, shows the total."""
    portfolio.have(0, 1)
    page = report_of(portfolio)
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"\bsrc=|url\(|@import", markup)
    assert re.findall(r'href="(.*?)"', markup) == ["#main"]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)
    allowed = set(re.findall(r"sha256-[^\x27&]+", html.unescape(policy)))
    inline = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", page, re.DOTALL)
    assert {f"sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}" for one in inline} == allowed
    assert "default-src &#39;none&#39;" in page
    assert "unsafe" not in policy
    assert "Simulated history." in page
    (total,) = [row for row in portfolio.answer("current_value") if row["per"] == "total"]
    assert f"{total['value_usd']:,.2f} USD" in page
    assert "None: every instant from 2026-05-01 00:00 on is complete." in page


@pytest.mark.every
def test_the_report_names_what_is_missing(portfolio: Portfolio) -> None:
    """With a cell missing the page leads with the estimate and its band, and the gap stands with its reason."""
    portfolio.have(0)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(1)
    page = report_of(portfolio)
    point = portfolio.answer("value_chart")[1]
    about, off = (text.cell(point[name]) for name in ("estimated_value_usd", "uncertainty_usd"))
    assert f'<dd class="big warn" id="f-value">about {about} USD</dd>' in page
    assert f">an estimate, give or take {off}: 1 of 5 cells are missing" in page
    assert "cold / eip155:1 / wallet: failed:forbidden" in page
    assert re.search(r"<td>cold</td><td[^>]*>eip155:1 / wallet</td><td>failed:forbidden</td>", page)


@pytest.mark.every
def test_the_report_claims_no_value_that_nobody_can_estimate(portfolio: Portfolio) -> None:
    """Where a missing cell was never answered, the page says that the value is not known."""
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.have(0)
    assert '<dd class="big warn" id="f-value">not known</dd>' in report_of(portfolio)


def test_a_label_cannot_become_markup(portfolio: Portfolio) -> None:
    """A label that looks like a tag is shown as text, and ends no script where it stands among the data."""
    portfolio.have(0)
    with duckdb.connect(portfolio.published) as connection:
        for table in ("account", "cell_scope"):
            connection.execute(f"update {table} set label = '</script><i>' where label = 'cold'")
    page = report_of(portfolio)
    assert "</script><i>" not in page
    assert "&lt;/script&gt;&lt;i&gt;" in page
    assert "\\u003c/script\\u003e\\u003ci\\u003e" in page


@pytest.mark.slow
def test_a_report_that_cannot_be_written_is_said(portfolio: Portfolio, tmp_path: Path) -> None:
    """Where the disk refuses, the error names the file."""
    portfolio.have(0)
    with pytest.raises(DiskError, match="report"):
        write_report(portfolio.published, tmp_path / "absent" / "report.html", is_simulated=True)


@pytest.mark.every
def test_the_picture_tells_gaps_apart(portfolio: Portfolio) -> None:
    """Complete, estimated and partial points are three kinds, and dashes lead over what is estimated only."""
    portfolio.have(0, 1)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(2)
    portfolio.simulator.clear_faults()
    portfolio.take(4)
    points = points_of(answer(portfolio.published, "value_chart"))
    later = zip(points, (Decimal(7), None), strict=False)
    points += [Point(one.as_of + timedelta(days=10), None, known) for one, known in later]
    specification = picture.value_chart(points, "Value")
    (rows,) = specification["datasets"].values()
    estimated = [row for row in rows if row["state"] == "estimated"]
    assert [row["state"] for row in rows] == [
        *("complete", "complete", "estimated", "estimated", "complete"), "known part only", "nothing known"
    ]  # fmt: skip
    assert [row["stretch"] for row in rows if row["state"] == "complete"] == [1, 1, 2]
    assert [row.get("dash") is not None for row in rows] == [False, True, True, True, True, False, False]
    assert len({row["dash"] for row in rows if "dash" in row}) == 1
    assert all(row["low"] < row["value"] < row["high"] for row in estimated)
    assert picture.as_png(specification).startswith(b"\x89PNG")


@pytest.mark.every
def test_the_verb_writes_the_page(portfolio: Portfolio, tmp_path: Path) -> None:
    """`portfolio page` writes it beside the history or where it is told to, and without a history says what to do."""
    portfolio.write()
    early = portfolio.command("page")
    assert early.returncode == 2
    assert "take a snapshot first" in early.stderr
    portfolio.take(0)
    done = portfolio.command("page", check=True)
    report = portfolio.published.with_name("report.html")
    assert done.stdout == f"{report} (SIMULATED history)\n"
    portfolio.command("page", "--output", str(tmp_path / "own.html"), check=True)
    assert (tmp_path / "own.html").read_bytes() == report.read_bytes()
