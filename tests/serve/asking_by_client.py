"""Ask every endpoint by clients of openapi-python-client: python asking_by_client.py DOCUMENTS REQUESTS FOLDER.

DOCUMENTS is a JSON object of documents by family, REQUESTS a list of requests, FOLDER where clients are made. Writes a
JSON list of faults: requests whose answer a client does not parse, or parses to something else.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from openapi_python_client.strings import PythonIdentifier  # type: ignore[import-not-found] # in an environment of its own


def main() -> None:
    """Make the clients, then ask through them."""
    documents, requests, folder = (Path(one) for one in sys.argv[1:])
    sys.path.insert(0, str(folder))
    listed = json.loads(requests.read_text(encoding="utf-8"))
    told = json.loads(documents.read_text(encoding="utf-8"))
    faults = [fault for family, document in told.items() for fault in _made(family, document, folder)]
    for one in listed:
        faults += _asked(one, told[one["family"]])
    json.dump(faults, sys.stdout)


def _made(family: str, document: dict[str, Any], folder: Path) -> Iterator[str]:
    """Make a client; a warning of the generator, which then leaves something out, is a fault."""
    path, config = folder / f"{family}.json", folder / "config.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    config.write_text("post_hooks: []\n", encoding="utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(path), "--meta", "none"]
    command += ["--config", str(config), "--output-path", str(folder / f"client_{family}"), "--fail-on-warning"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"{family}: {done.stdout} {done.stderr}"


def _asked(one: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    operation = document["paths"][one["template"]][one["method"]]
    package = f"client_{one['family']}"
    endpoint = importlib.import_module(f"{package}.api.default.{PythonIdentifier(operation['operationId'], 'field_')}")
    client = importlib.import_module(f"{package}.client").Client(base_url=one["base"])
    given = one["filled"] | one["params"]
    arguments = {
        str(PythonIdentifier(parameter["name"], "field_")): _typed(given[parameter["name"]], parameter["schema"])
        for parameter in operation["parameters"]
        if parameter["name"] in given
    } if "parameters" in operation else {}  # fmt: skip
    if one["body"] is not None:
        arguments["body"] = _body(importlib.import_module(f"{package}.models"), operation, one["body"])
    response = endpoint.sync_detailed(client=client, **arguments)
    if response.status_code != one["status"]:
        yield f"{one['template']}: {response.status_code} {response.content[:200]!r}"
    elif response.parsed is None:
        yield f"{one['template']}: not parsed"
    elif _plain(response.parsed) != (sent := _sent(response)):
        yield f"{one['template']}: parsed as {str(_plain(response.parsed))[:200]}, sent {str(sent)[:200]}"


def _typed(value: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - what a client takes
    """Convert a parameter to the type in the client's annotations."""
    if schema.get("type") == "array" and isinstance(value, str):
        return [value]
    return int(value) if '"integer"' in json.dumps(schema) else value


def _body(models: ModuleType, operation: dict[str, Any], body: dict[str, Any]) -> Any:  # noqa: ANN401 - a model
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return getattr(models, name).from_dict(body)


def _sent(response: Any) -> Any:  # noqa: ANN401 - JSON or text
    text = response.content.decode()
    return _shape(json.loads(text)) if "json" in response.headers["content-type"] else text


def _plain(parsed: Any) -> Any:  # noqa: ANN401 - likewise
    if isinstance(parsed, list):
        return _shape([one.to_dict() for one in parsed])
    return _shape(parsed.to_dict()) if hasattr(parsed, "to_dict") else parsed


def _shape(value: Any) -> Any:  # noqa: ANN401 - likewise
    """Give what a body holds, but for the spelling of instants, which Python writes with +00:00."""
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return value.replace("+00:00", "Z") if isinstance(value, str) else value


if __name__ == "__main__":
    main()
