"""A family's OpenAPI document, completed: where it is served, its key, and every status that is sent with its body.

FastAPI writes paths, parameters and the bodies of good answers; which shape an error has is the family's.
"""

from collections.abc import Iterator, Mapping
from importlib import metadata
from types import MappingProxyType
from typing import Any

import msgspec
from fastapi import FastAPI

from dagster_project.serve.family import Family

_Json = dict[str, Any]

_KEY: Mapping[str, _Json] = MappingProxyType({
    "bearer": {"type": "http", "scheme": "bearer", "description": "The key, as most clients send it."},
    "header": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The key in a header of its own."},
    "password": {"type": "http", "scheme": "basic", "description": "The key as the password of any user."},
})  # fmt: skip

_HEADERS: Mapping[str, str] = MappingProxyType({
    "ETag": "Names the answer; another one after a further publish. Weak where its bytes may differ.",
    "Last-Modified": "When the file was published that the answer is from.",
    "Accept-Ranges": "`bytes` where a part can be asked for, else `none`.",
    "Content-Range": "Which bytes of how many these are; `bytes */N` where none of the N was asked for.",
    "Retry-After": "After how many seconds a further request may pass.",
    "WWW-Authenticate": "How the key may be sent.",
    "Allow": "The methods that the path takes.",
    "X-As-Of": "The instant that the answer is for, UTC.",
    "X-As-Of-Timestamp": "The instant that the answer is for, Unix seconds.",
    "X-Not-Exact": "How many held tokens have no exact amount and are left out, and which.",
    "X-Request-Id": "Names the request.",
    "x-ratelimit-limit": "Requests that a client may send in a minute.",
    "x-ratelimit-remaining": "How many more may be sent at once.",
    "x-ratelimit-reset": "When the full number may be sent again, Unix seconds.",
})  # fmt: skip
_EVERYWHERE = ("X-Request-Id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
_OF_FILE = ("ETag", "Last-Modified", "Accept-Ranges")
_OF_INSTANT = ("X-As-Of", "X-As-Of-Timestamp", "X-Not-Exact")

_MEANING: Mapping[int, tuple[str, tuple[str, ...]]] = MappingProxyType({
    206: ("The range of bytes that was asked for, of the body of 200.", (*_OF_FILE, "Content-Range", *_OF_INSTANT)),
    304: ("The answer is the one that If-None-Match names.", ("ETag", "Last-Modified")),
    400: ("The question is a bad one; as plain text, the request is no HTTP.", ()),
    401: ("The key is missing or another one.", ("WWW-Authenticate",)),
    404: ("There is nothing of this name.", ()),
    405: ("The path does not take this method.", ("Allow",)),
    408: ("The body did not arrive in time; without a body of its own, the head of the request did not.", ()),
    412: ("The answer is another than the one that If-Match names.", ("ETag",)),
    413: ("The body or the answer is too large.", ()),
    416: ("The range of bytes lies behind the end of the answer.", ("Content-Range", "Accept-Ranges")),
    421: ("Without a key the server answers under its own name only.", ()),
    429: ("The client sends more requests a minute than the settings allow.", ("Retry-After",)),
    431: ("The head of the request is too large.", ()),
    500: ("The answer could not be made; the server's log says why.", ()),
    503: ("The question takes too long, or too many connections are open; then without a body.", ("Retry-After",)),
})  # fmt: skip
_TEMPLATE = "#/components/schemas/{name}"
_OF_GET = (206, 304, 412, 416)
_NOT_HTTP = (400, 431)
"""What is said as plain text to what cannot be read as HTTP."""


def complete(app: FastAPI, family: Family, *, has_key: bool) -> None:
    """Let a family's application give its document with all that is sent."""
    made = app.openapi
    document: _Json = {}

    def openapi() -> _Json:
        if not document:
            document.update(_completed(made(), family, has_key=has_key))
        return document

    app.openapi = openapi  # type: ignore[method-assign] # the way FastAPI's own documentation extends the document


def _completed(document: _Json, family: Family, *, has_key: bool) -> _Json:
    document["info"]["version"] = metadata.version("portfolio-snapshots")
    document["servers"] = [{"url": family.prefix.rstrip("/") or "/"}]
    document["security"] = [{name: []} for name in _KEY] if has_key else []
    components = document.setdefault("components", {})
    components["securitySchemes"] = dict(_KEY)
    components["headers"] = {name: _header(words) for name, words in _HEADERS.items()}
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)  # FastAPI's own words, which are never sent
    shapes = [body.shape for body in family.bodies.values() if body.shape is not str]
    schemas |= msgspec.json.schema_components(shapes, ref_template=_TEMPLATE)[1]
    for methods in document["paths"].values():
        for method, operation in methods.items():
            _complete_responses(operation["responses"], family, is_get=method == "get")
    return document


def _complete_responses(responses: _Json, family: Family, *, is_get: bool) -> None:
    """Put in every status that a family sends, and say of each which headers it has."""
    if "422" in responses and family.bad_question != 422:
        del responses["422"]
    good = responses["200"]
    own = (*(_OF_FILE if is_get else ()), *_OF_INSTANT)
    good["headers"] = {name: _ref(name) for name in (*_EVERYWHERE, *own)}
    for status in sorted({*_MEANING, family.bad_question, *family.further}):
        if status in _OF_GET and not is_get:
            continue
        words, headers = _MEANING.get(status, ("The question is not answered; the body says why.", ()))
        responses[str(status)] = {
            "description": words,
            "headers": {name: _ref(name) for name in (*_EVERYWHERE, *headers)},
            **dict(_content(status, family, good)),
        }


def _content(status: int, family: Family, good: _Json) -> Iterator[tuple[str, _Json]]:
    if status == 304:
        return
    if status == 206:
        yield "content", {media_type: {} for media_type in good["content"]}
        return
    body = family.body_of(status)
    (schema,), _ = msgspec.json.schema_components([body.shape], ref_template=_TEMPLATE)
    content = {body.media_type: {"schema": schema}}
    if status in _NOT_HTTP:
        content["text/plain"] = {"schema": {"type": "string"}}
    yield "content", content


def _header(words: str) -> _Json:
    return {"description": words, "required": False, "schema": {"type": "string"}}


def _ref(name: str) -> _Json:
    return {"$ref": f"#/components/headers/{name}"}
