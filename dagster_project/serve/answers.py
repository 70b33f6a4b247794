"""Every answer of the history by its name, in JSON, CSV, Parquet or Arrow: the family that no provider has.

What the answers say is sql/answers. Errors are problem details as RFC 9457 has them, with the near names beside.
"""

import difflib
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from starlette.datastructures import Headers, QueryParams
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from dagster_project import written
from dagster_project.serve.body import Shape, declare, reply, returns
from dagster_project.serve.columns import schema_of
from dagster_project.serve.family import Body, Family
from dagster_project.serve.refused import RefusedError, refused
from dagster_project.serve.service import OPENED, SERVICE, Asked, Service
from dagster_project.warehouse import ask
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.sqlfiles import SqlFile

MEDIA_TYPES: Mapping[str, str] = MappingProxyType({
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
})  # fmt: skip
MOST_ROWS: Mapping[str, int] = MappingProxyType(
    {"json": 200_000, "csv": 200_000, "parquet": 5_000_000, "arrow": 5_000_000}
)
"""How many rows an answer may have, by its form: it is made in memory."""

FORMAT = "format"
"""The one parameter that is no answer's own."""


class Column(Shape):
    """A column of an answer: DuckDB's type, and what it holds with its unit."""

    type: str
    meaning: str


class Contract(Shape):
    """What can be asked: its name, the question, its parameters and its columns."""

    name: str
    question: str
    parameters: dict[str, str]
    columns: dict[str, Column]


class Problem(Shape):
    """Problem details (RFC 9457): why a question is not answered, with the near names, and a code for programs."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str


_PROBLEM: dict[int | None, Body] = {None: Body("application/problem+json", Problem)}


def _write(refusal: RefusedError, path: str, _now: datetime) -> Response:
    problem = Problem("about:blank", refusal.phrase, refusal.status, str(refusal), path, refusal.reasons[0].code)
    return JSONResponse(msgspec.structs.asdict(problem), refusal.status, media_type="application/problem+json")


def _is_stream(scope: Scope) -> bool:
    """Tell whether Arrow is asked for: DuckDB leaves in it what the memory held where a value is NULL."""
    try:
        return _form(QueryParams(scope["query_string"]).get(FORMAT), Headers(scope=scope).get("accept", "")) == "arrow"
    except RefusedError:
        return False


ANSWERS = Family(
    "answers", "/", "The history's own answers", 400, _write, bodies=_PROBLEM, further=(406,), may_differ=_is_stream
)


def add_answers(app: FastAPI) -> None:
    """Put the list of answers, and one path for each of them, into the application."""
    listed = [_contract(one) for one in ask.contracts()]

    declare(app, Contract)
    summary = "What can be asked: every answer with its question, parameters, columns and units"

    @app.get("/answers", summary=summary, operation_id="answers", responses=returns(list[Contract]))
    async def answers() -> Response:
        return reply(listed)

    for one in ask.contracts():
        app.get(
            f"/answers/{one.name}",
            summary=one.sentence,
            operation_id=one.name,
            responses=_responses(one),
            openapi_extra={"parameters": _parameters(one)},
        )(_endpoint(one.name))

    @app.get("/answers/{name}", include_in_schema=False)
    async def unknown(name: str) -> None:
        known = [one.name for one in ask.contracts()]
        raise refused(404, "no_such_answer", f"there is no answer {name[:60]!r}; {_near(name, known)}")


def _endpoint(name: str) -> Callable[[Request, Asking], Response]:
    def endpoint(request: Request, asking: Asked) -> Response:
        return _answer(name, request, asking)

    return endpoint


def _answer(name: str, request: Request, asking: Asking) -> Response:
    told = dict(request.query_params.multi_items())
    if len(told) < len(request.query_params.multi_items()):
        raise refused(400, "repeated", "a parameter stands there twice; write each once")
    form = _form(told.pop(FORMAT, None), request.headers.get("accept", ""))
    contract = next(one for one in ask.contracts() if one.name == name)
    for parameter in told:
        if parameter not in contract.parameters:
            known = [*contract.parameters, FORMAT]
            words = f"{name} has no parameter {parameter[:60]!r}; {_near(parameter, known)}"
            raise refused(400, "no_such_parameter", words, "query", parameter)
    most = MOST_ROWS[form]
    sql = f"{ask.call_of(name, told)} limit {most + 1}"
    if form in ("json", "csv"):
        rows = asking.query(sql, told)
        _check_count(len(rows.rows), most)
        write = written.as_json if form == "json" else written.as_csv
        return Response(write(rows.names, rows.rows), media_type=MEDIA_TYPES[form])

    def make() -> bytes:
        table = asking.arrow(sql, told)
        _check_count(table.num_rows, most)
        return _columns(table, form)

    service: Service = request.scope[SERVICE]
    key = (request.scope[OPENED].version_id, name, form, tuple(sorted(told.items())))
    return Response(service.kept.get(key, make), media_type=MEDIA_TYPES[form])


def _check_count(count: int, most: int) -> None:
    if count > most:
        words = f"the answer has more than {most:,} rows; ask for less, by since, until, account or chain"
        raise refused(413, "too_large", words)


def _columns(table: Any, form: str) -> bytes:  # noqa: ANN401 - pyarrow's types are not read, see pyproject.toml
    out = io.BytesIO()
    if form == "parquet":
        import pyarrow.parquet as pq  # noqa: PLC0415 - only this form pays for it

        pq.write_table(table, out)
    else:
        import pyarrow as pa  # noqa: PLC0415 - only this form pays for it

        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)
    return out.getvalue()


def _form(told: str | None, accept: str) -> str:
    """Give the form that is asked for: by name, else the first that is accepted and known, else JSON."""
    if told is not None:
        if told not in MEDIA_TYPES:
            words = f"there is no format {told[:60]!r}; {_near(told, list(MEDIA_TYPES))}"
            raise refused(400, "no_such_format", words, "query", FORMAT)
        return told
    forms = {media_type: form for form, media_type in MEDIA_TYPES.items()}
    wanted = [one.partition(";")[0].strip().lower() for one in accept.split(",") if one.strip()] or ["*/*"]
    for one in wanted:
        if one in forms:
            return forms[one]
        if one in ("*/*", "application/*", "text/html"):  # a browser shows JSON
            return "json"
    raise refused(406, "no_such_format", f"none of the accepted forms is made; there are: {', '.join(forms)}")


def _near(name: str, known: Sequence[str]) -> str:
    """Name the nearest of the known names, or all of them where none is near."""
    near = difflib.get_close_matches(name.lower(), known, n=3)
    return f"near it: {', '.join(near)}" if near else f"there are: {', '.join(sorted(known))}"


def _contract(one: SqlFile) -> Contract:
    columns = {name: Column(kind, words) for name, (kind, words) in one.columns.items()}
    return Contract(one.name, one.sentence, dict(one.parameters), columns)


def _parameters(one: SqlFile) -> list[dict[str, object]]:
    own = [
        {"name": name, "in": "query", "required": False, "description": words, "schema": {"type": "string"}}
        for name, words in one.parameters.items()
    ]
    form = {"type": "string", "enum": list(MEDIA_TYPES), "default": "json"}
    return [*own, {"name": FORMAT, "in": "query", "required": False, "description": "The form.", "schema": form}]


def _responses(one: SqlFile) -> dict[int | str, dict[str, Any]]:
    columns = {name: schema_of(name, kind, words) for name, (kind, words) in one.columns.items()}
    rows = {"type": "array", "items": {"type": "object", "properties": columns, "required": list(columns)}}
    described = {"application/json": {"schema": rows}, **{kind: {} for kind in list(MEDIA_TYPES.values())[1:]}}
    return {200: {"description": "The rows.", "content": described}}
