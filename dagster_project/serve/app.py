"""The API as an application: the families behind one gate, and the page.

What each family answers is in the modules of its name; how it is run as a process is server.py.
"""

import re
from collections.abc import Callable

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp

from dagster_project.serve.answers import ANSWERS, add_answers
from dagster_project.serve.credmark import family as credmark
from dagster_project.serve.credmark.family import CREDMARK
from dagster_project.serve.document import complete
from dagster_project.serve.family import Family
from dagster_project.serve.gate import Gate
from dagster_project.serve.onebalance import family as onebalance
from dagster_project.serve.onebalance.family import ONEBALANCE
from dagster_project.serve.oneinch_balance import family as oneinch_balance
from dagster_project.serve.oneinch_balance.family import ONEINCH_BALANCE
from dagster_project.serve.oneinch_portfolio import family as oneinch_portfolio
from dagster_project.serve.oneinch_portfolio import v4_family as v4
from dagster_project.serve.oneinch_portfolio.family import ONEINCH_PORTFOLIO
from dagster_project.serve.refused import refused
from dagster_project.serve.service import OPENED, SERVICE, Service

_PARTS: tuple[tuple[Family, tuple[Callable[[FastAPI], None], ...]], ...] = (
    (ONEINCH_PORTFOLIO, (oneinch_portfolio.add_general, oneinch_portfolio.add_rows, v4.add_general, v4.add_overview)),
    (ONEINCH_BALANCE, (oneinch_balance.add_balances, oneinch_balance.add_allowances)),
    (CREDMARK, (credmark.add_portfolio,)),
    (ONEBALANCE, (onebalance.add_balances, onebalance.add_lists)),
)
"""The families of providers, and what puts the endpoints of each into its application."""

FAMILIES = (*(family for family, _ in _PARTS), ANSWERS)
"""By their prefixes: the last owns what is no other's."""

PAGE_SECONDS = 120.0
"""How long the page may take, which is made once a published file from about a hundred questions."""

_PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page carries its own scripts and asks for nothing, from here or from anywhere."""

_PAGE_HEADERS = {"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"}


def create_app(service: Service) -> ASGIApp:
    """Make the application that serves one published file."""
    root = ANSWERS.app(service.clock)
    add_answers(root)
    _add_page(root)
    complete(root, ANSWERS, has_key=service.key is not None)
    for family, parts in _PARTS:
        app = family.app(service.clock)
        for add in parts:
            add(app)
        complete(app, family, has_key=service.key is not None)
        mount = Mount(family.prefix.rstrip("/"), app)
        mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)  # a path may hold an encoded line break
        root.router.routes.append(mount)
    return Gate(root, service, FAMILIES)


def _add_page(app: FastAPI) -> None:
    @app.get("/", response_class=HTMLResponse, operation_id="page", summary="The page of the file that is served")
    def page(request: Request) -> Response:
        service: Service = request.scope[SERVICE]
        opened = request.scope[OPENED]

        def make() -> bytes:
            with opened.asking(PAGE_SECONDS) as asking:
                made = service.page(asking)
            if made is None:
                raise refused(404, "no_page", "no instant was asked yet; take a snapshot first (`portfolio snapshot`)")
            return made.encode()

        content = service.kept.get((opened.version_id, "page"), make)
        return HTMLResponse(content, headers=_PAGE_HEADERS)
