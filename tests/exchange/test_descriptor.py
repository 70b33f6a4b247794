"""Promises of the descriptor: it follows the Data Package standard, and says of every file and column what it is."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest

from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.facts import facts_at
from tests.exchange.moving import described, resource
from tests.installed import installed
from tests.portfolio import Portfolio

PINNED = Path(__file__).with_name("profile.txt")
PROFILE = "dplib/profiles/2.0/datapackage.json"
FORMS = ("parquet", "csv", "json")


@pytest.fixture(scope="module")
def profile() -> dict[str, Any]:
    """Give the standard's own JSON Schema, which is installed when it is first asked for."""
    content = installed(PINNED, "datapackage", PROFILE).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(content)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_a_descriptor_keeps_the_standard(profile: dict[str, Any], exports: dict[str, Path], form: str) -> None:
    """The descriptor of an export in each format is valid by the standard's own profile, version 2."""
    validator = jsonschema.Draft7Validator(profile, format_checker=jsonschema.FormatChecker())
    package = described(exports[form])
    assert [error.message for error in validator.iter_errors(package)] == []
    del package["resources"][0]["name"]
    assert [*validator.iter_errors(package)] != []


@pytest.mark.parametrize("form", FORMS)
def test_a_descriptor_says_all_that_the_standard_asks(exports: dict[str, Path], form: str) -> None:
    """Each resource has a name of its own, paths below the folder, format, media type, and a schema of its columns."""
    package = described(exports[form])
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    names = [one["name"] for one in package["resources"]]
    assert len(set(names)) == len(names) == 33
    for one in package["resources"]:
        paths = [one["path"]] if isinstance(one["path"], str) else one["path"]
        assert paths == [file["path"] for file in one["portfolio:files"]] != []
        assert (one["format"], one["mediatype"].count("/")) != ("", 0)
        assert one.get("encoding", "utf-8") == "utf-8"
        assert ("encoding" in one) == (one["format"] != "parquet")
    assert {one["format"] for one in package["resources"]} == {"json", {"json": "ndjson"}.get(form, form)}


def test_columns_are_described_as_the_schema_has_them(exports: dict[str, Path]) -> None:
    """Each field has name, type, the column's own sentence, whether it is required, and its exact DuckDB type."""
    package = described(exports["csv"])
    for fact in facts_at(sqlfiles.migrations()[-1][0]):
        found = resource(package, fact.name)
        assert found["description"] == fact.comment != ""
        assert [
            (one["name"], one["description"], one["constraints"], one["portfolio:duckdbType"])
            for one in found["schema"]["fields"]
        ] == [(one.name, one.comment, {"required": one.is_required}, one.type) for one in fact.columns]
    by_name = {one["name"]: one for one in resource(package, "balance")["schema"]["fields"]}
    assert {name: by_name[name]["type"] for name in ("as_of", "amount_raw", "decimals", "value_usd", "is_counted")} == {
        "as_of": "datetime", "amount_raw": "string", "decimals": "integer", "value_usd": "number",
        "is_counted": "boolean",
    }  # fmt: skip
    assert by_name["position_id"]["missingValues"] == []
    assert "missingValues" not in by_name["amount_raw"]
    assert resource(package, "balance")["schema"]["missingValues"] == [""]


@pytest.mark.parametrize("form", FORMS)
def test_every_file_has_its_size_and_digest(exports: dict[str, Path], form: str) -> None:
    """Size and SHA-256 of every file are what anybody finds, months are folders, and a lone file has them twice."""
    folder, package = exports[form], described(exports[form])
    listed = {file["path"]: file for one in package["resources"] for file in one["portfolio:files"]}
    for path, file in listed.items():
        content = (folder / path).read_bytes()
        assert (file["bytes"], file["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
    suffix = {"json": "ndjson"}.get(form, form)
    assert f"balance/month=2026-05/balance-2026-05.{suffix}" in listed
    assert f"account/account.{suffix}" in listed
    alone = resource(package, "account")
    assert (alone["bytes"], alone["hash"]) == (
        alone["portfolio:files"][0]["bytes"],
        alone["portfolio:files"][0]["hash"],
    )
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == listed.keys() | {"datapackage.json"}


def test_a_simulated_history_is_marked(lived: Portfolio, exports: dict[str, Path]) -> None:
    """Name, title, description, keywords and a property of its own say that it is simulated, and whose it is."""
    package = described(exports["parquet"])
    assert package["name"] == "portfolio-history-simulated"
    assert "SIMULATED" in package["title"]
    assert "SIMULATED" in package["description"]
    assert "simulated" in package["keywords"]
    assert package["portfolio:mode"] == "simulated"
    ((portfolio_id, version),) = lived.query("select portfolio_id, schema_version from store").rows
    assert (package["id"], package["portfolio:schemaVersion"]) == (portfolio_id, version)
    assert (package["created"], package["portfolio:programVersion"]) == ("2026-07-01T12:00:00Z", "0.1.0")
    assert (package["portfolio:snapshots"], package["portfolio:lastAsOf"]) == (8, "2026-05-08T00:00:00Z")


def test_parquet_is_packed_and_sorted(exports: dict[str, Path]) -> None:
    """Parquet is packed by zstd, and in a month an account's rows lie together in the order of time."""
    path = exports["parquet"] / "balance/month=2026-05/balance-2026-05.parquet"
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    rows = [(row["account_id"], row["as_of"]) for row in pq.ParquetFile(path).read().to_pylist()]
    assert rows == sorted(rows)
    assert len(rows) > 50
