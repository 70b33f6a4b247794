"""The captured OpenAPI files of 1inch's APIs, which lie beside the repository, and how answers are held to them."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "contracts" / "payloads" / "oneinch" / "schema"


def contract(name: str) -> dict[str, Any]:
    """A captured OpenAPI file, every object of it closed; the test is skipped where it is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the captured contract is kept beside the repository, and {path} is not there")
    document: dict[str, Any] = json.loads(path.read_text())
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return document


def hold(document: dict[str, Any], path: str, method: str, status: int, body: object) -> None:
    """Check a body against what the contract declares for a path and status."""
    declared = document["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    jsonschema.validate(body, declared | {"components": document["components"]})
