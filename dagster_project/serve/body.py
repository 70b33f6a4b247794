"""Bodies as JSON: written from typed shapes, every digit of a decimal kept, and declared in OpenAPI.

The shapes are the families'; nothing here knows what they say.
"""

from typing import Any, cast

import msgspec
from fastapi import FastAPI
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Shape(msgspec.Struct):
    """The parent of every body: all members are written, null where nothing is known."""


class Sparse(msgspec.Struct, omit_defaults=True):
    """The parent of bodies that leave out a member which has its default."""


class Coverage(Shape, rename="camel"):
    """How much of what was asked for has a record: given only where the settings want it; in camelCase."""

    cells: int
    missing_cells: int
    missing: list[str]


class NestError(Shape, rename="camel"):
    """The error of a service that is made with NestJS: one sentence, or the list of what is wrong."""

    status_code: int
    message: str | list[str]
    error: str


def reply(body: object) -> Response:
    """Write a body; decimals are numbers with all their digits."""
    return Response(_ENCODER.encode(body), media_type="application/json")


def returns(shape: type) -> dict[int | str, dict[str, Any]]:
    """Say in a path's declaration which shape it answers with."""
    (schema,), _ = msgspec.json.schema_components([shape], ref_template="#/components/schemas/{name}")
    return {200: {"description": "The answer.", "content": {"application/json": {"schema": _numbered(schema)}}}}


def declare(app: FastAPI, *shapes: type) -> None:
    """Put the schemas of these shapes, and of all inside them, into the application's OpenAPI document."""
    _, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas |= {name: _numbered(schema) for name, schema in components.items()}
        return document

    app.openapi = openapi  # type: ignore[method-assign] # the way FastAPI's own documentation extends the document


def _numbered(schema: object) -> Any:  # noqa: ANN401 - a JSON schema
    """Say number where msgspec says decimal text: that is what `reply` writes."""
    if isinstance(schema, dict):
        if schema.get("format") == "decimal":
            return cast("dict[str, Any]", {"type": "number"})
        return {name: _numbered(value) for name, value in schema.items()}
    return [_numbered(one) for one in schema] if isinstance(schema, list) else schema
