"""Routes under `/_simulator`, without a key and not recorded: order faults, read what was asked, and the ledger."""

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL
from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.faults.catalogue import NAMES
from dagster_project.simulator.faults.orders import Board, Order
from dagster_project.simulator.forms import Forms
from dagster_project.simulator.keys import Meter
from dagster_project.simulator.planted import DIFFERENCES
from dagster_project.simulator.requests_log import RequestsLog


def control_routes(board: Board, log: RequestsLog, meter: Meter, forms: Forms, dialects: frozenset[str]) -> list[Route]:
    """The routes, bound to the board, the log, the meter and the forms of one app and to the names of its dialects."""

    async def put_faults(request: Request) -> Response:
        try:
            orders = msgspec.json.decode(await request.body(), type=list[Order])
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            return _refused(str(error))
        for order in orders:
            if order.fault not in NAMES:
                return _refused(f"there is no fault {order.fault!r}; there are {', '.join(sorted(NAMES))}")
            if order.dialect not in dialects:
                return _refused(f"there is no dialect {order.dialect!r}; there are {', '.join(sorted(dialects))}")
        board.replace(orders)
        return Response(status_code=204)

    async def delete_faults(_: Request) -> Response:
        board.replace([])
        return Response(status_code=204)

    async def get_requests(_: Request) -> Response:
        return JSONResponse({"total": log.by_path.total(), "by_path": dict(log.by_path), "last": list(log.last)})

    async def delete_requests(_: Request) -> Response:
        log.clear()
        meter.clear()
        return Response(status_code=204)

    return [
        *_form_routes(forms),
        Route("/faults", put_faults, methods=["PUT"]),
        Route("/faults", delete_faults, methods=["DELETE"]),
        Route("/requests", get_requests, methods=["GET"]),
        Route("/requests", delete_requests, methods=["DELETE"]),
        Route("/differences", _get_differences, methods=["GET"]),
        Route("/ledger", _get_ledger, methods=["GET"]),
    ]


def _form_routes(forms: Forms) -> list[Route]:
    async def put_forms(request: Request) -> Response:
        try:
            forms.choose(msgspec.json.decode(await request.body(), type=dict[str, str]))
        except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
            return _refused(str(error))
        return Response(status_code=204)

    async def delete_forms(_: Request) -> Response:
        forms.choose({})
        return Response(status_code=204)

    return [Route("/forms", put_forms, methods=["PUT"]), Route("/forms", delete_forms, methods=["DELETE"])]


def _refused(sentence: str) -> Response:
    return JSONResponse({"error": sentence}, 400)


async def _get_differences(_: Request) -> Response:
    return JSONResponse(
        [
            {
                "provider": one.provider,
                "kind": one.kind,
                "account": one.account,
                "address": ACCOUNT_BY_LABEL[one.account].checksummed,
                "chain": one.chain,
                "asset": ASSET_BY_KEY[one.asset].id if one.asset else None,
                "since": one.spell.since,
                "until": one.spell.until,
            }
            for one in DIFFERENCES
        ]
    )


async def _get_ledger(_: Request) -> Response:
    # some MB in one piece: as a stream of lines each would cost a switch of threads
    return Response("".join(f"{line}\n" for line in whole_ledger().json_lines()), media_type="application/x-ndjson")
