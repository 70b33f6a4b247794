"""The way of every request through a dialect: lived time, key, limit, fault, planted outage, answer, wire.

What the dialect says and what a fault does are told elsewhere; here is only the order of things.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL
from dagster_project.simulator.dialect import Call, Dialect, Document, Endpoint, Message, Refusal
from dagster_project.simulator.faults.distortions import CHANGING_ANSWERS, DISTORTIONS, changed
from dagster_project.simulator.faults.orders import Board, Met, Target
from dagster_project.simulator.faults.replies import REPLIES, in_dialect, too_many, unavailable_page
from dagster_project.simulator.faults.times import date_of, in_time, tell_wrong
from dagster_project.simulator.faults.views import is_down, view_of
from dagster_project.simulator.faults.wires import WIRES
from dagster_project.simulator.forms import Forms
from dagster_project.simulator.keys import MINUTE, Meter, judge, limit_of
from dagster_project.simulator.lived import HEADER, lived_at
from dagster_project.simulator.ordered import ordering
from dagster_project.simulator.planted import OUTAGES

_TURNED_AWAY = {401: "Invalid API key", 403: "Forbidden resource"}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FAULT_MET = "simulator.fault"
"""Where the request's scope says which fault it met, for the record of requests."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Takes the requests of one dialect through, with the orders, the meter and the forms that all dialects share."""

    dialect: Dialect
    board: Board
    meter: Meter
    forms: Forms

    def routes(self) -> list[Route]:
        """The dialect's endpoints, and an answer in its own error body for every other path and method."""
        routes = [
            Route(endpoint.path, self._at(endpoint), methods=[endpoint.method]) for endpoint in self.dialect.endpoints
        ]
        return [*routes, Route("/{path:path}", self._nothing_there, methods=_METHODS)]

    async def _nothing_there(self, request: Request) -> Response:
        return self._refused(request, 404, f"Cannot {request.method} /{request.path_params['path']}")

    def _at(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            body = b"" if endpoint.method == "GET" else await request.body()
            try:
                call = Call(request, body, lived_at(request.headers), self.forms.of(self.dialect.name))
            except ValueError as error:
                return self._refused(request, 400, str(error))
            if not endpoint.needs_key:
                return self._answered(endpoint, call, None)
            response = self._guarded(endpoint, call)
            for name, value in (self._standing(call) | self._lived(call)).items():
                response.headers.setdefault(name, value)
            return response

        return handle

    def _refused(self, request: Request, status: int, message: Message) -> Response:
        return in_dialect(self.dialect, request, status, message)

    def _standing(self, call: Call) -> dict[str, str]:
        """What the provider tells of its limit with every answer."""
        key = self._key_of(call.request)
        left = self.meter.left(self.dialect.name, key, call.lived_at)
        return self.dialect.limits.headers(limit_of(key), left, call.lived_at - call.lived_at % MINUTE + MINUTE)

    def _key_of(self, request: Request) -> str:
        """The key of a request; all that come without one to a provider without keys share one limit."""
        return self.dialect.key_of(request) if self.dialect.key_of else ""

    def _lived(self, call: Call) -> dict[str, str]:
        """The instant that is lived, as the date of the answer and, where it was told, as it was told."""
        told = call.request.headers.get(HEADER)
        return {"date": formatdate(call.lived_at, usegmt=True)} | ({HEADER: told} if told else {})

    def _guarded(self, endpoint: Endpoint, call: Call) -> Response:
        dialect, request = self.dialect, call.request
        key = self._key_of(request)
        status = judge(key) if dialect.key_of else None
        if status is not None:
            return self._refused(request, status, _TURNED_AWAY[status])
        wait = self.meter.admit(dialect.name, key, call.lived_at)
        if wait is not None:
            return too_many(dialect, {"retry-after": str(wait)} if dialect.limits.has_retry_after else {})
        accounts = dialect.accounts_of(call)
        asked = dialect.asked_at(call)
        at = call.lived_at if asked is None else asked
        met = self.board.take(Target(dialect.name, request.url.path, accounts, at, key))
        if met is not None:
            request.scope[FAULT_MET] = met.order.fault
            if met.order.fault in REPLIES:
                return REPLIES[met.order.fault](met.order, dialect, call)
        if self._is_out(accounts, call.lived_at):
            return unavailable_page()
        return self._answered(endpoint, call, met)

    def _is_out(self, accounts: tuple[str, ...], now: int) -> bool:
        return any(
            outage.dialect == self.dialect.name
            and now in outage.spell
            and any(ACCOUNT_BY_LABEL[label].address in accounts for label in outage.labels)
            for outage in OUTAGES
        )

    def _answered(self, endpoint: Endpoint, call: Call, met: Met | None) -> Response:
        order = met.order if met else None
        if is_down(order, call):
            return unavailable_page()
        try:
            with ordering(view_of(order)):
                document = endpoint.answer(in_time(order, call))
        except Refusal as refusal:
            return self._refused(call.request, refusal.status, refusal.message)
        if met is not None:
            _distort(met, endpoint, call, document)
        body = endpoint.write(call, document)
        if order is not None and order.fault in WIRES:
            return WIRES[order.fault](order, body, endpoint.media_type)
        date = formatdate(date_of(order, call), usegmt=True)
        return Response(body, headers={"date": date}, media_type=endpoint.media_type)


def _distort(met: Met, endpoint: Endpoint, call: Call, document: Document) -> None:
    """Change in place what an honest answer says, as the order wants it."""
    fault = met.order.fault
    if fault in DISTORTIONS:
        DISTORTIONS[fault](document, endpoint.shape)
    elif fault == CHANGING_ANSWERS:
        changed(met.nth)(document, endpoint.shape)
    tell_wrong(met.order, call, document)
