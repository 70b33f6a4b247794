"""Promises of the report: one page that needs nothing else, says what is missing, and cannot be hijacked by a name."""

import base64
import hashlib
import html
import re
from pathlib import Path

import duckdb
import pytest

from dagster_project.errors import DiskError
from dagster_project.faces import picture
from dagster_project.faces.page import write_report
from dagster_project.faces.text import points_of
from dagster_project.warehouse.ask import answer
from tests.portfolio import Portfolio
from tests.simulator.running_simulator import address


def report_of(portfolio: Portfolio) -> str:
    """Write the report of what is published and read it."""
    path = portfolio.folder / "report.html"
    write_report(portfolio.published, path, is_simulated=True)
    return path.read_text(encoding="utf-8")


def test_the_report_is_whole_in_itself(portfolio: Portfolio) -> None:
    """The page fetches nothing, runs what its policy names alone, says that it is simulated, shows the total."""
    portfolio.take(0, 1)
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


def test_the_report_names_what_is_missing(portfolio: Portfolio) -> None:
    """With a cell missing the value is not known, and the gap stands with its reason."""
    portfolio.take(0)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(1)
    page = report_of(portfolio)
    assert '<dd class="big warn" id="f-value">not known</dd>' in page
    assert "cold / eip155:1 / wallet: failed:forbidden" in page
    assert re.search(r"<td>cold</td><td[^>]*>eip155:1 / wallet</td><td>failed:forbidden</td>", page)


def test_a_label_cannot_become_markup(portfolio: Portfolio) -> None:
    """A label that looks like a tag is shown as text, and ends no script where it stands among the data."""
    portfolio.take(0)
    with duckdb.connect(portfolio.published) as connection:
        for table in ("account", "cell_scope"):
            connection.execute(f"update {table} set label = '</script><i>' where label = 'cold'")
    page = report_of(portfolio)
    assert "</script><i>" not in page
    assert "&lt;/script&gt;&lt;i&gt;" in page
    assert "\\u003c/script\\u003e\\u003ci\\u003e" in page


def test_a_report_that_cannot_be_written_is_said(portfolio: Portfolio, tmp_path: Path) -> None:
    """Where the disk refuses, the error names the file."""
    portfolio.take(0)
    with pytest.raises(DiskError, match="report"):
        write_report(portfolio.published, tmp_path / "absent" / "report.html", is_simulated=True)


def test_the_picture_tells_gaps_apart(portfolio: Portfolio) -> None:
    """Complete, partial and unknown points are three kinds, and a gap breaks the line into stretches."""
    portfolio.take(0, 1)
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(2)
    portfolio.simulator.clear_faults()
    portfolio.take(4)
    specification = picture.value_chart(points_of(answer(portfolio.published, "value_chart")), "Value")
    (rows,) = specification["datasets"].values()
    assert [row["state"] for row in rows] == ["complete", "complete", "known part only", "nothing known", "complete"]
    assert [row["stretch"] for row in rows if row["state"] == "complete"] == [1, 1, 2]
    assert picture.as_png(specification).startswith(b"\x89PNG")


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
