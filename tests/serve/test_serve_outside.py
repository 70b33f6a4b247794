"""Promises of what the API says of holdings and layers that stand outside of its answers."""

import json
from typing import Any

import pytest

from dagster_project.faces.page import write_report
from tests.portfolio import FIRST, Portfolio
from tests.serve.running_server import served
from tests.simulator.running_simulator import address

ETHEREUM = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\nchains = ["eip155:1"]'
ONEINCH = "/portfolio/portfolio/v5.0/general/current_value"
LACKING = "wallet tokens only: positions, debts and rewards of treasury on eip155:1 (Ethereum) are asked by nobody"


def meta_of(portfolio: Portfolio, path: str, **parameters: object) -> dict[str, Any]:
    """What stands beside an answer of the API."""
    with served(portfolio) as server:
        response = server.get(path, **parameters)
        assert response.status_code == 200, response.text
        meta: dict[str, Any] = json.loads(response.text).get("meta") or {}
        return meta


def page_of(portfolio: Portfolio) -> str:
    """The page of the published history."""
    path = portfolio.folder / "report.html"
    write_report(portfolio.published, path, is_simulated=True)
    return path.read_text(encoding="utf-8")


@pytest.mark.every
@pytest.mark.parametrize("providers", [("onchain",), ("credmark",)])
def test_meta_and_page_say_that_only_wallet_tokens_are_asked(portfolio: Portfolio, providers: tuple[str, ...]) -> None:
    """1inch's and Credmark's shapes and the page name the layers that nobody is asked for."""
    portfolio.providers, portfolio.accounts, portfolio.snapshots = providers, ("treasury",), ETHEREUM
    portfolio.take(0)
    meta = meta_of(portfolio, ONEINCH, addresses=[address("treasury")])
    assert [line.partition(";")[0] for line in meta["not_covered"]] == [LACKING]
    assert "not_watched" not in meta
    meta = meta_of(portfolio, f"/v1/portfolio/1/{address('treasury')}/value")
    assert [line.partition(";")[0] for line in meta["not_covered"]] == [LACKING]
    page = page_of(portfolio)
    assert LACKING in page
    assert "(wallet tokens only)</span></h1>" in page


@pytest.mark.every
@pytest.mark.parametrize("provider", ["oneinch_portfolio", "onebalance"])
def test_meta_and_page_say_what_is_not_watched(portfolio: Portfolio, provider: str) -> None:
    """Chains that nobody watches are named beside the value that is without them."""
    portfolio.providers, portfolio.accounts, portfolio.snapshots = (provider,), ("treasury",), ETHEREUM
    portfolio.take(0)
    (line,) = meta_of(portfolio, ONEINCH, addresses=[address("treasury")])["not_watched"]
    assert "chains that you do not watch" in line
    assert '"eip155:8453"' in line
    assert line.replace('"', "&#34;") in page_of(portfolio)


@pytest.mark.every
def test_meta_names_what_the_settings_leave_out(portfolio: Portfolio) -> None:
    """1inch's and Credmark's shapes name the cell that the settings leave out while it is missing, and why."""
    portfolio.accounts, portfolio.snapshots = ("treasury", "cold"), ETHEREUM
    portfolio.extra = f'[[accept_missing]]\naccount = "cold"\nsince = "{FIRST:%Y-%m-%d}"\nreason = "no node"\n'
    portfolio.simulator.order("forbidden", account=address("cold"))
    portfolio.take(0)
    words = ["without cold / eip155:1 (wallet): no node"]
    assert meta_of(portfolio, ONEINCH, addresses=[address("treasury"), address("cold")])["left_out"] == words
    assert "left_out" not in meta_of(portfolio, ONEINCH, addresses=[address("treasury")])
    rows = [(row["status"], row["reason"]) for row in portfolio.answer("outside", account="cold")]
    assert ("left_out", "no node") in rows


@pytest.mark.every
def test_nothing_is_said_where_nothing_is_outside(portfolio: Portfolio) -> None:
    """A history whose layers are asked and whose chains are watched has neither line in its meta."""
    portfolio.providers, portfolio.accounts = ("oneinch_portfolio",), ("treasury",)
    chains = '"eip155:1", "eip155:8453", "eip155:42161"'
    portfolio.snapshots = f'cron = "0 0 * * *"\nstart = "{FIRST:%Y-%m-%d}"\nchains = [{chains}]'
    portfolio.take(0)
    meta = meta_of(portfolio, ONEINCH, addresses=[address("treasury")])
    assert not {"not_watched", "not_covered"} & meta.keys()
    assert 'id="outside"' not in page_of(portfolio)
