"""Whether what a server sent is documented: status, media type, headers and body, by the family's OpenAPI document.

The documents are made as the server makes them, without one; what is expected beyond them stands in the tests.
"""

import functools
import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.routing import Mount

from dagster_project.serve.app import FAMILIES, create_app
from dagster_project.serve.gate import Gate
from dagster_project.serve.service import Service
from dagster_project.settings.schema import Serve
from dagster_project.warehouse.reader import Reader

OF_HTTP = frozenset({"date", "server", "connection", "transfer-encoding", "content-length", "content-type"})
OF_ALL = frozenset({
    "cache-control", "vary", "x-content-type-options", "content-security-policy", "referrer-policy",
})  # fmt: skip
"""Headers that no document need name: those of HTTP itself, and what browsers are told."""


@functools.cache
def documents(key: str | None = None) -> dict[str, dict[str, Any]]:
    """Give every family's document by its prefix, as a server with this key or without one has it."""
    secret = None if key is None else SecretStr(key)
    service = Service(Reader.__new__(Reader), Serve(), secret, lambda _: None, lambda: datetime.now(UTC))
    gate = create_app(service)
    assert isinstance(gate, Gate)
    root = gate._app
    assert isinstance(root, FastAPI)
    mounted = {route.path: route.app for route in root.routes if isinstance(route, Mount)}
    found = {"/": root.openapi()}
    for path, app in mounted.items():
        assert isinstance(app, FastAPI)
        found[f"{path}/"] = app.openapi()
    return found


def document_of(path: str) -> tuple[str, dict[str, Any]]:
    """Give the prefix and the document of the family that owns a path."""
    prefix = next(one.prefix for one in FAMILIES if path.startswith(one.prefix))
    return prefix, documents()[prefix]


def operation_of(method: str, path: str) -> dict[str, Any]:
    """Give the operation that a request means; where a path has none, any of the family's, whose errors are its own."""
    prefix, document = document_of(path)
    below = path if prefix == "/" else path.removeprefix(prefix.rstrip("/"))
    method = "get" if method == "HEAD" else method.lower()
    for template in sorted(document["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, below) and method in document["paths"][template]:
            found: dict[str, Any] = document["paths"][template][method]
            return found
    fallback: dict[str, Any] = next(iter(document["paths"].values()))["get"]
    return fallback


def hold_briefly(response: httpx.Response) -> None:
    """Hold status, media type and headers against the document, for each answer of each test."""
    path = response.request.url.path
    if path.endswith("/openapi.json"):
        return
    operation = operation_of(response.request.method, path)
    told = operation["responses"].get(str(response.status_code))
    assert told is not None, f"{response.request.method} {path}: {response.status_code} is not documented"
    named = {name.lower() for name in told["headers"]}
    unnamed = set(response.headers) - OF_HTTP - OF_ALL - named
    assert not unnamed, f"{path}: {response.status_code} has headers that are not documented: {unnamed}"
    kind = response.headers.get("content-type", "").partition(";")[0]
    if kind:
        assert kind in told.get("content", {}), f"{path}: {response.status_code} is not documented as {kind}"


def hold(response: httpx.Response) -> None:
    """Hold a whole answer against the document, its body by its schema."""
    hold_briefly(response)
    path = response.request.url.path
    _, document = document_of(path)
    kind = response.headers.get("content-type", "").partition(";")[0]
    told = operation_of(response.request.method, path)["responses"][str(response.status_code)]
    schema = told.get("content", {}).get(kind, {}).get("schema")
    if schema is not None and kind.endswith("json") and response.content:
        validator = jsonschema.Draft202012Validator(schema | {"components": document["components"]})
        body = json.loads(response.text)
        body = body[:200] if isinstance(body, list) else body
        faults = [f"{path}: {fault.json_path}: {fault.message[:200]}" for fault in validator.iter_errors(body)]
        assert faults == []
