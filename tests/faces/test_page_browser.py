"""Promises of the page seen in a real browser: it opens alone, filters, tells, prints, and everybody can use it."""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import cast

import duckdb
import pytest

from dagster_project.faces import text
from dagster_project.faces.page import write_report
from tests.faces.accessibility import faults
from tests.faces.browser import Page, browser
from tests.portfolio import Portfolio, lasting
from tests.simulator.running_simulator import Simulator, address

pytestmark = pytest.mark.slow

GROUPS = {"treasury": 'groups = ["foundation"]', "cold": 'groups = ["fund"]', "trading": 'groups = ["fund"]'}
TWO = ("credmark", "onebalance")
TAB, ENTER = 9, 13

SMUGGLED = """
const one = document.createElement("script");
one.textContent = "window.owned = 1";
document.body.append(one);
"""
STACKED_INSTANTS = """
new Set([...document.querySelectorAll("#chart-parts .mark-rect path")].map((one) => one.__data__.datum.at)).size
"""
LAST_BAND = """
(() => {
  const box = [...document.querySelectorAll("#chart-value .mark-rect path")].at(-1).getBoundingClientRect();
  return [box.left, box.top, box.width, box.height];
})()
"""
TOO_WIDE = """
[...document.querySelectorAll(".chart svg")]
  .filter((one) => !one.closest(".scroll") && one.getBoundingClientRect().right > 390).length
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, shared_simulator: Simulator) -> Portfolio:
    """Give a history of seven days with its page: on the third a wallet failed, the fifth was missed."""
    folder = tmp_path_factory.mktemp("page")
    with lasting(folder, shared_simulator) as portfolio:
        portfolio.account_keys, portfolio.providers = GROUPS, TWO
        portfolio.take(0, 1)
        shared_simulator.order("forbidden", account=address("cold"))
        portfolio.providers = TWO[:1]
        portfolio.take(2)
        shared_simulator.clear_faults()
        portfolio.providers = TWO
        portfolio.take(3, 5, 6)
        write_report(portfolio.published, folder / "report.html", is_simulated=True)
    return portfolio


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Give a browser for the module."""
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def page(running: Page, written: Portfolio) -> Page:
    """Give the page, opened anew in a window of a desk."""
    running.size(1280, 900)
    running.prefer("light")
    running.requests.clear()
    running.said.clear()
    running.open(written.folder / "report.html")
    return running


def test_the_page_opens_alone_and_in_silence(page: Page, written: Portfolio) -> None:
    """The page asks for itself and nothing else, writes nothing to the console, and draws every chart that has rows."""
    assert page.requests == [(written.folder / "report.html").as_uri()]
    assert page.said == []
    drawn = page.run(
        "[...document.querySelectorAll('.chart')].map((one) => [one.id, one.querySelectorAll('svg').length])"
    )
    assert len(drawn) == 8
    assert {count for _, count in drawn} == {1}
    assert "Simulated history." in page.words("header")


def test_every_way_out_is_shut(page: Page) -> None:
    """A script that were smuggled in could neither run nor send anything: the page's own policy refuses both."""
    page.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.owned = 1\">')")
    page.run(SMUGGLED)
    failed = page.run("fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)")
    assert failed == "TypeError"
    assert page.run("window.owned") is None
    assert page.run("(() => { try { return eval('1') } catch (error) { return error.name } })()") == "EvalError"
    refusals = [
        line for line in page.said if "Content Security Policy" in line or "content security policy" in line.lower()
    ]
    assert len(refusals) >= 3
    assert [line for line in refusals if "127.0.0.1:9" in line]


def test_a_gap_looks_like_one(page: Page) -> None:
    """A failed day and a missed one are dashed estimates in a band, and line and stack are broken at both."""
    lines = "[...document.querySelectorAll('#chart-value .mark-line path')]"
    dashes = page.run(f"{lines}.map((one) => one.getAttribute('stroke-dasharray'))")
    assert (dashes.count(None), len([one for one in dashes if one])) == (3, 1)
    assert page.run("document.querySelectorAll('#chart-value .mark-area path').length") == 1
    states = page.run(
        "[...document.querySelectorAll('#chart-value .role-mark path')].map((one) => one.getAttribute('fill'))"
    )
    assert states.count("transparent") == 2
    page.run("document.getElementById('table-value').open = true")
    rows = [line.split("\t") for line in page.words("#rows-value tbody").splitlines()]
    assert [row[2] for row in rows] == [
        "complete", "complete", "estimated", "complete", "estimated", "complete", "complete"
    ]  # fmt: skip
    assert "failed:forbidden" in rows[4][3]
    instants = page.run(STACKED_INSTANTS)
    assert instants == 5


@pytest.mark.parametrize(("kind", "name"), [("account", "treasury"), ("account_group", "fund")])
def test_choosing_shows_that_part_alone(page: Page, written: Portfolio, kind: str, name: str) -> None:
    """An account or a group that is chosen has its own value, holdings and change, as the answers say."""
    page.choose("scope", name if kind == "account" else f"group {name}")
    last = written.answer("value_chart", **{kind: name})[-1]
    assert page.words("#f-value") == f"{text.cell(last['value_usd'])} USD"
    held = [row for row in written.answer("balances_at", **{kind: name}) if row["asset_id"] is not None]
    assert page.words("#holdings-count") == f"{len(held)} holdings shown"
    shown = page.run(
        "[...document.querySelectorAll('#holdings tr:not([hidden])')].map((row) => row.cells[1].textContent)"
    )
    assert set(shown) == {row["label"] for row in held}
    page.choose("period", "the whole history")
    (change,) = written.answer("value_change", **{kind: name})
    words = page.run("document.getElementById('chart-change').getAttribute('aria-label')")
    for amount in ("price_effect_usd", "flow_usd", "scope_usd"):
        assert f"{cast('Decimal', change[amount]):+,.2f}".replace("+0.00", "0.00") in words


@pytest.mark.parametrize("per", ["asset", "chain", "protocol", "account"])
def test_the_value_is_stacked_as_chosen(page: Page, written: Portfolio, per: str) -> None:
    """Stacked by anything, the parts of the last instant that the table lists add up to the value."""
    page.choose("per", per)
    page.run("document.getElementById('table-parts').open = true")
    rows = [line.split("\t") for line in page.words("#rows-parts tbody").splitlines()]
    last = [row for row in rows if row[0] == rows[0][0]]
    total = sum(Decimal(row[2].replace(",", "")) for row in last)
    value = cast("Decimal", written.answer("value_chart")[-1]["value_usd"])
    assert abs(total - value) < len(last)  # drawn in whole dollars
    legend = page.run(
        "[...document.querySelectorAll('#chart-parts .role-legend-label text')].map((one) => one.textContent)"
    )
    assert len(legend) == len({row[1] for row in rows})


def test_the_pointer_is_told_what_is_there(page: Page, written: Portfolio) -> None:
    """Over the last instant of the chart the page says when it was and what it was worth, to the cent."""
    left, top, width, height = page.run(LAST_BAND)
    page.point_at(left + width / 2 - 3, top + height / 2)
    page.point_at(left + width / 2, top + height / 2)
    page.until("document.querySelector('#vg-tooltip-element.visible') !== null")
    told = page.words("#vg-tooltip-element")
    assert "2026-05-07" in told
    assert text.cell(written.answer("value_chart")[-1]["value_usd"]) in told


def test_holdings_are_found_by_word(page: Page) -> None:
    """What is typed leaves the holdings that hold it, and the count says how many."""
    page.run(
        "{ const find = document.getElementById('find'); find.value = 'usdc'; find.dispatchEvent(new Event('input')); }"
    )
    shown = page.run(
        "[...document.querySelectorAll('#holdings tr:not([hidden])')].map((row) => row.textContent.toLowerCase())"
    )
    assert shown
    assert all("usdc" in row for row in shown)
    assert page.words("#holdings-count") == f"{len(shown)} holdings shown"


def test_dark_and_light(page: Page) -> None:
    """The page is as dark as the reader prefers, and the switch turns it over; charts take part."""
    ground = "getComputedStyle(document.body).backgroundColor"
    line = "getComputedStyle(document.querySelector('#chart-value .mark-line path')).stroke"
    light = (page.run(ground), page.run(line))
    page.prefer("dark")
    dark = (page.run(ground), page.run(line))
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    page.press_on("theme")
    assert (page.run(ground), page.run(line)) == light, "preferred dark, switched to light"
    page.press_on("theme")
    assert (page.run(ground), page.run(line)) == dark


def test_the_keyboard_reaches_everything(page: Page) -> None:
    """The first tab is the way past the choices, and every choice, table and switch has a place in the order."""
    page.press("Tab", TAB)
    assert page.run("document.activeElement.textContent") == "Skip to the charts"
    page.press("Enter", ENTER)
    assert page.run("location.hash") == "#main"
    reached = set()
    page.run("document.activeElement.blur(); document.querySelector('.skip').focus()")
    for _ in range(60):
        page.press("Tab", TAB)
        reached.add(page.run("document.activeElement.id || document.activeElement.tagName"))
    assert {"scope", "span", "theme", "per", "period", "spread-per", "find", "SUMMARY"} <= reached


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility_has_no_fault(page: Page, scheme: str) -> None:
    """In light and dark, with every table open, axe finds no fault by any of its rules."""
    page.prefer(scheme)
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert faults(page) == []


def test_a_phone_shows_it_whole(page: Page, written: Portfolio) -> None:
    """On a phone nothing stands beyond the right edge but what scrolls by itself, and every chart fits."""
    page.size(390, 844, is_phone=True)
    page.open(written.folder / "report.html")
    assert page.run("document.documentElement.scrollWidth") == 390
    wide = page.run(TOO_WIDE)
    assert wide == 0


def test_it_prints_without_what_only_a_screen_can_do(page: Page) -> None:
    """Printed, the page is a PDF in light colours without choices, and tables show every row."""
    page.prefer("dark")
    assert page.printed().startswith(b"%PDF")
    page.send("Emulation.setEmulatedMedia", media="print")
    try:
        assert page.run("getComputedStyle(document.getElementById('controls')).display") == "none"
        assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.run("getComputedStyle(document.querySelector('#holdings').closest('.wide')).overflowY") == "visible"
    finally:
        page.send("Emulation.setEmulatedMedia", media="")


@pytest.mark.every
def test_hostile_names_are_words(running: Page, written: Portfolio, tmp_path: Path) -> None:
    """A label that looks like markup, an end of script or a template is shown letter by letter."""
    hostile = "</script><script>window.owned=1</script><img src=x onerror=window.owned=2>{{7*7}}"
    copy = tmp_path / "portfolio.duckdb"
    shutil.copyfile(written.published, copy)
    with duckdb.connect(copy) as connection:
        for table in ("account", "cell_scope", "scope"):
            connection.execute(f"update {table} set label = ? where label = 'cold'", [hostile])
    write_report(copy, tmp_path / "report.html", is_simulated=True)
    running.said.clear()
    running.open(tmp_path / "report.html")
    running.choose("scope", hostile)
    running.choose("per", "account")
    assert running.run("window.owned") is None
    assert running.said == []
    assert running.run("document.querySelectorAll('img').length") == 0
    assert hostile in running.run("document.getElementById('chart-value').getAttribute('aria-label')")
