"""Programs made from the OpenAPI documents: schemathesis finds nothing undocumented, clients parse every answer."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.installed import installed
from tests.serve.every_endpoint import DOCUMENTS, requests
from tests.serve.running_server import Server
from tests.simulator.running_simulator import address

HERE = Path(__file__).parent
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"),
    *("response_headers_conformance", "unsupported_method", "allow_header_conformance"),
)
PROVIDERS = [family for family in DOCUMENTS if family != "answers"]
KNOWN = {
    "addresses": f'["{address("treasury")}"]',
    "account": '"treasury"',
    "accounts": f'"{address("treasury")}"',
    "wallet": f'"{address("treasury")}"',
    "chain_id": "1",
}
"""Parameters that are given, so that not every question is refused."""

FAMILIES = os.environ.get("SCHEMATHESIS_FAMILIES", "oneinch_balance").split()
"""Whose documents are asked; `make check` takes one, as all take many minutes."""

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "2")
"""How many examples of each operation are made up beside those that cover its parameters; more take longer."""


def run(folder: Path, at: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python with what is installed in a folder on its path."""
    environment = os.environ | {"PYTHONPATH": str(folder), "HOME": str(at), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=at, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize(("family", "is_known"), [(name, name in PROVIDERS) for name in FAMILIES])
def test_schemathesis_finds_nothing(server: Server, family: str, tmp_path: Path, *, is_known: bool) -> None:
    """Whatever a document lets ask is answered without 5xx and as the document says."""
    folder = installed(HERE / "schemathesis.txt", "schemathesis-of-the-api", "schemathesis/__init__.py").parents[1]
    lines = [f"{name} = {value}" for name, value in KNOWN.items()] if is_known else []
    (tmp_path / "schemathesis.toml").write_text("\n".join(["[parameters]", *lines]) + "\n", encoding="utf-8")
    command = (
        *("-m", "schemathesis.cli", "run", server.url + DOCUMENTS[family], "--phases", "examples,coverage,fuzzing"),
        *("--checks", ",".join(CHECKS), "--max-examples", EXAMPLES, "--seed", os.environ.get("SCHEMATHESIS_SEED", "1")),
        *("--request-timeout", "120", "--suppress-health-check", "all", "--continue-on-failure", "--no-color"),
    )
    done = run(folder, tmp_path, *command)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert " passed" in done.stdout


@pytest.mark.every
def test_generated_clients_parse_every_answer(server: Server, tmp_path: Path) -> None:
    """Clients that openapi-python-client makes without a warning parse the answer of every endpoint as it was sent."""
    folder = installed(HERE / "generated.txt", "openapi-python-client", "openapi_python_client/__init__.py").parents[1]
    documents, listed = tmp_path / "documents.json", tmp_path / "requests.json"
    told = {family: server.get(path).json() for family, path in DOCUMENTS.items()}
    documents.write_text(json.dumps(told), encoding="utf-8")
    asked = [asdict(one) | {"base": server.url + _base(one.family)} for one in requests()]
    listed.write_text(json.dumps(asked), encoding="utf-8")
    done = run(folder, tmp_path, str(HERE / "asking_by_client.py"), str(documents), str(listed), str(tmp_path))
    assert done.returncode == 0, done.stderr[-4_000:]
    assert json.loads(done.stdout) == []


def _base(family: str) -> str:
    return DOCUMENTS[family].removesuffix("/openapi.json")
