"""The simulator as one ASGI app: every dialect at its name, the control routes beside them.

A new dialect is a module in `dialects` and its line in `DIALECTS`; how the app is served stands in `server`.
"""

from starlette.applications import Starlette
from starlette.routing import Mount, Router

from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.control import control_routes
from dagster_project.simulator.dialect import Dialect
from dagster_project.simulator.dialects.credmark import CREDMARK
from dagster_project.simulator.dialects.ecb import ECB
from dagster_project.simulator.dialects.onchain import ONCHAIN
from dagster_project.simulator.dialects.onebalance import ONEBALANCE
from dagster_project.simulator.dialects.oneinch import ONEINCH
from dagster_project.simulator.faults.orders import Board
from dagster_project.simulator.forms import Forms
from dagster_project.simulator.frame import Frame
from dagster_project.simulator.keys import Meter
from dagster_project.simulator.requests_log import RequestsLog

DIALECTS: tuple[Dialect, ...] = (CREDMARK, ONEINCH, ONEBALANCE, ECB, ONCHAIN)


def create_app() -> Starlette:
    """A simulator of its own: no faults ordered, nothing recorded, no limit used up; the book is shared."""
    whole_ledger()  # told now, so that no request waits for it
    board, meter, log = Board(), Meter(), RequestsLog()
    forms = Forms({dialect.name: dialect.forms for dialect in DIALECTS})
    mounts = [
        Mount(f"/{dialect.name}", app=log.wrap(Router(routes=Frame(dialect, board, meter, forms).routes())))
        for dialect in DIALECTS
    ]
    names = frozenset(dialect.name for dialect in DIALECTS)
    return Starlette(routes=[*mounts, Mount("/_simulator", routes=control_routes(board, log, meter, forms, names))])
