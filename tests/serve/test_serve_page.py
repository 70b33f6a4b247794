"""The page at `/`: it is of the file that is served, whatever was written beside it, and asks for nothing."""

import pytest

from dagster_project.faces.page import write_report
from tests.portfolio import Portfolio
from tests.serve.running_server import Server, served


class Renamed(Portfolio):
    """A portfolio whose only account is called otherwise."""

    def write(self) -> None:
        """Write the settings with the new label."""
        super().write()
        text = self.config.read_text(encoding="utf-8")
        self.config.write_text(text.replace('label = "treasury"', 'label = "Head Office"'), encoding="utf-8")


@pytest.mark.every
def test_the_page_is_that_of_the_served_file(server: Server, history: Portfolio) -> None:
    """The page is what `portfolio page` writes of the same file, needs no file beside it, and asks for nothing."""
    report = history.folder / "page.html"
    write_report(history.published, report, is_simulated=True)
    page = server.get("/")
    assert page.text == report.read_text(encoding="utf-8")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    report.unlink()
    assert not history.published.with_name("report.html").exists()


@pytest.mark.every
def test_the_page_is_made_once_a_file(server: Server) -> None:
    """Whoever has the page of a file gets 304, and the second time it costs no query: the same bytes come at once."""
    first = server.get("/")
    known = server.http.get(f"{server.url}/", headers={"If-None-Match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert server.get("/").content == first.content


@pytest.mark.every
def test_the_page_has_the_new_name_after_a_rename(portfolio: Portfolio) -> None:
    """Once a run has published an account's new label, the running server's page says it and no older page is shown."""
    portfolio.accounts = ("treasury",)
    portfolio.have(0)
    portfolio.settings().paths.report.write_text("<title>stale</title>", encoding="utf-8")
    with served(portfolio) as server:
        before = server.get("/").text
        assert "treasury" in before
        assert "<title>stale" not in before
        portfolio.__class__ = Renamed
        portfolio.take(1)
        after = server.get("/").text
    assert "Head Office" in after
    assert "treasury" not in after


@pytest.mark.every
def test_the_page_follows_a_rule(portfolio: Portfolio) -> None:
    """Once a run has published a rule that ignores a token, the page is that of the new file, under another tag."""
    portfolio.accounts = ("treasury",)
    portfolio.have(0)
    with served(portfolio) as server:
        before = server.get("/")
        held = [one for one in server.get("/answers/tokens_snapshot").json() if one["value_usd"]]
        largest = max(held, key=lambda one: float(one["value_usd"]))
        portfolio.assets = f'[[assets]]\nid = "{largest["asset_id"]}"\ntreat = "ignore"\n'
        portfolio.take(1)
        after = server.get("/")
        (total,) = (one for one in server.get("/answers/current_value").json() if one["per"] == "total")
    assert total["excluded_count"] == 1
    report = portfolio.folder / "page.html"
    write_report(portfolio.published, report, is_simulated=True)
    assert after.text == report.read_text(encoding="utf-8") != before.text
    assert after.headers["etag"] != before.headers["etag"]
