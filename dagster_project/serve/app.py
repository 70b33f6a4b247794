"""The API as an application: the families behind one gate, and the page.

What each family answers is in the modules of its name; how it is run as a process is server.py.
"""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp

from dagster_project.serve.answers import ANSWERS, add_answers
from dagster_project.serve.credmark import family as credmark
from dagster_project.serve.credmark.family import CREDMARK
from dagster_project.serve.gate import Gate
from dagster_project.serve.onebalance import family as onebalance
from dagster_project.serve.onebalance.family import ONEBALANCE
from dagster_project.serve.oneinch_balance import family as oneinch_balance
from dagster_project.serve.oneinch_balance.family import ONEINCH_BALANCE
from dagster_project.serve.oneinch_portfolio import family as oneinch_portfolio
from dagster_project.serve.oneinch_portfolio.family import ONEINCH_PORTFOLIO
from dagster_project.serve.refused import refused
from dagster_project.serve.service import SERVICE, Service

FAMILIES = (ONEINCH_PORTFOLIO, ONEINCH_BALANCE, CREDMARK, ONEBALANCE, ANSWERS)
"""By their prefixes, the longest first: the last owns what is no other's."""

_PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page carries its own scripts and asks for nothing, from here or from anywhere."""


def create_app(service: Service) -> ASGIApp:
    """Make the application that serves one published file."""
    root = ANSWERS.app(service.clock)
    add_answers(root)
    _add_page(root)
    portfolio = ONEINCH_PORTFOLIO.app(service.clock)
    oneinch_portfolio.add_general(portfolio)
    oneinch_portfolio.add_rows(portfolio)
    root.mount(ONEINCH_PORTFOLIO.prefix.rstrip("/"), portfolio)
    balance = ONEINCH_BALANCE.app(service.clock)
    oneinch_balance.add_balances(balance)
    oneinch_balance.add_allowances(balance)
    root.mount(ONEINCH_BALANCE.prefix.rstrip("/"), balance)
    wallets = CREDMARK.app(service.clock)
    credmark.add_portfolio(wallets)
    root.mount(CREDMARK.prefix.rstrip("/"), wallets)
    aggregated = ONEBALANCE.app(service.clock)
    onebalance.add_balances(aggregated)
    onebalance.add_lists(aggregated)
    root.mount(ONEBALANCE.prefix.rstrip("/"), aggregated)
    return Gate(root, service, FAMILIES)


def _add_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    def page(request: Request) -> HTMLResponse:
        service: Service = request.scope[SERVICE]
        try:
            text = service.report.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise refused(404, "no_page", "no page is written yet; the next snapshot writes it") from None
        return HTMLResponse(text, headers={"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"})
