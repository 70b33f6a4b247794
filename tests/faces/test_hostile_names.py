"""The promise about text from outside: a token's name can be anything, and is harmless in every face."""

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.faces import text
from dagster_project.faces.frames import History
from dagster_project.faces.page import write_report
from dagster_project.orchestration.metadata import of_history
from dagster_project.warehouse.ask import answer
from tests.faces.terminal import commands, shown_on_a_terminal
from tests.normalise.asking import WALLET
from tests.portfolio import FIRST, use_folder
from tests.snapshot.answering import Watched, provider_of_a_test
from tests.snapshot.test_settling import TOKENS, leg, row

HOSTILE = {
    "html": "<script>alert('1')</script><img src=x onerror=alert(1)>",
    "sql": "'); drop table balance; --",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31m red",
    "bidi": "USD\u202eC\u2066\u200f\u202d",
    "nul": "U\x00S\x00D",
    "long": "long " * 2_000,
    "formula": '=HYPERLINK("http://evil.invalid","x")',
    "formula behind a tab": "\t@SUM(1+1)",
    "markdown": "![x](http://evil.invalid/x.png) [y](javascript:alert(1)) | a `b` |",
    "lines": "one\ntwo\r\nthree\u2028four",
}  # fmt: skip
LABEL = "<b>x</b>|![x](http://evil.invalid/x)\x1b[2J\u202e"


def contract(number: int) -> str:
    """The address of the token with this number."""
    return f"0x{number:040x}"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Give a wallet whose tokens and whose label have hostile names, taken through the whole pipeline once."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch, provider_of_a_test() as listening:
        use_folder(patch, folder)
        rows = [
            row(contract(number), [leg(contract(number), 7.0) | {"symbol": name, "name": name}], 7.0)
            | {"contract_name": name, "contract_symbol": name}
            for number, name in enumerate(HOSTILE.values(), 1)
        ]
        listening.answers = {TOKENS: {"result": rows}, "protocols/snapshot": {"result": []}}
        accounts = f'[[accounts]]\naddress = "{WALLET}"\nlabel = {json.dumps(LABEL)}\n'
        own = Watched(folder, {"oneinch_portfolio": ""}, listening, accounts)
        own.take(0)
        yield own


def test_the_store_keeps_the_very_name(watched: Watched) -> None:
    """Names come back as they were answered, letter by letter, and no table is gone."""
    rows = watched.rows("select symbol, name from tokens_snapshot() order by asset_id")
    assert rows == [(name, name) for name in HOSTILE.values()]
    assert watched.rows("select count(*), sum(value_usd)::integer from balance") == [(len(HOSTILE), 7 * len(HOSTILE))]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_terminal_is_not_commanded(watched: Watched, form: str) -> None:
    """Whatever the format, what the command writes to a terminal is printable, names of 10 kB too."""
    own = {"PORTFOLIO_CONFIG": str(watched.folder / "portfolio.toml"), "PORTFOLIO_DATA": str(watched.folder / "data")}
    shown = shown_on_a_terminal(watched.folder, os.environ | own, "ask", "tokens_snapshot", "--format", form)
    assert "owned" in shown
    assert len(shown) > 10_000
    assert commands(shown) == []


def test_each_row_of_a_table_stays_on_its_line(watched: Watched) -> None:
    """Line breaks in names make no further row."""
    rows = answer(watched.settings().paths.published, "tokens_snapshot")
    assert len(text.table(rows.names, rows.rows).split("\n")) == len(HOSTILE) + 2


def test_json_gives_the_very_name(watched: Watched) -> None:
    """A reader of JSON gets each name as it was answered."""
    rows = answer(watched.settings().paths.published, "tokens_snapshot")
    assert {one["name"] for one in json.loads(text.as_json(rows))} == set(HOSTILE.values())


def test_a_spreadsheet_runs_nothing(watched: Watched) -> None:
    """No field of CSV that holds text begins as a formula does."""
    rows = answer(watched.settings().paths.published, "tokens_snapshot")
    names = [one["name"] for one in csv.DictReader(io.StringIO(text.as_csv(rows)))]
    assert len(names) == len(HOSTILE)
    assert not any(re.match(r"[=+\-@\t\r]", name) for name in names)


class Tags(HTMLParser):
    """Collects what a browser would take for tags and attributes, but the report's own four scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        if (tag, attrs) == ("a", [("class", "skip"), ("href", "#main")]):
            return
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


def dangers(html: str) -> set[str]:
    """Give the tags and attributes of a page that could run or fetch something."""
    tags = Tags()
    tags.feed(html)
    running = {one for one in tags.attributes if one.startswith("on") or one in ("src", "href", "srcdoc", "xlink:href")}
    return running | (set(tags.tags) & {"script", "img", "iframe", "object", "embed", "link", "b"})


@pytest.mark.slow
def test_a_page_runs_nothing(watched: Watched, tmp_path: Path) -> None:
    """The report with hostile names runs its own scripts alone; neither it nor a notebook's table holds more."""
    write_report(watched.settings().paths.published, tmp_path / "report.html", is_simulated=True)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert dangers(page) == {"script"}
    assert page.count("<script") == page.count("</script") == 4
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 0
    assert len(page) < 1_500_000, "names of 10 kB stand where they are asked for, and not at each instant"
    frame = History(watched.settings().paths.published).answer("tokens_snapshot")
    assert set(frame["name"]) == set(HOSTILE.values())
    shown = frame[["name", "symbol"]].to_html()
    assert "&lt;script&gt;" in shown
    assert dangers(shown) == set()
    assert dangers("<img src=x onerror=y>") == {"img", "src", "onerror"}


def test_markdown_of_dagster_links_nowhere(watched: Watched) -> None:
    """In the table of coverage a label is words: no tag, no link, no picture, no further column."""
    coverage = of_history(watched.settings(), FIRST.astimezone(UTC))["coverage"]
    assert isinstance(coverage, dg.MarkdownMetadataValue)
    _, _, *lines = str(coverage.value).split("\n")
    assert lines
    for line in lines:
        assert commands(line) == []
        assert "<" not in line
        assert re.search(r"(?<!\\)[!\[]", line) is None
        assert len(re.findall(r"(?<!\\)\|", line)) == 9
