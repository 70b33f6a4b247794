"""Every answer over HTTP is the answer in SQL, in each form, and what cannot be asked says what can."""

import csv
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.faces import text
from dagster_project.warehouse import ask
from tests.portfolio import Portfolio
from tests.serve.running_server import Server


@pytest.mark.parametrize("name", [one.name for one in ask.contracts()])
def test_an_answer_over_http_is_the_answer_in_sql(server: Server, history: Portfolio, name: str) -> None:
    """Each answer can be asked by its name, and every digit arrives."""
    response = server.get(f"/answers/{name}")
    assert response.status_code == 200, response.text
    assert response.text == text.as_json(ask.answer(history.published, name))


def test_the_four_forms_say_the_same(server: Server, history: Portfolio) -> None:
    """JSON, CSV, Parquet and Arrow hold the same rows, by parameter or by Accept, and no decimal becomes a float."""
    asked = ask.answer(history.published, "value_chart", account="treasury").dicts()
    values = [row["value_usd"] for row in asked]
    plain = json.loads(server.get("/answers/value_chart", account="treasury").text, parse_float=Decimal)
    assert [row["value_usd"] for row in plain] == values
    as_csv = server.get("/answers/value_chart", account="treasury", format="csv")
    assert as_csv.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert [Decimal(row["value_usd"]) if row["value_usd"] else None for row in lines] == values
    parquet = server.get("/answers/value_chart", account="treasury", format="parquet").content
    assert pq.read_table(io.BytesIO(parquet))["value_usd"].to_pylist() == values
    accept = {"Accept": "application/vnd.apache.arrow.stream"}
    stream = server.http.get(f"{server.url}/answers/value_chart?account=treasury", headers=accept).content
    assert pa.ipc.open_stream(stream).read_all()["value_usd"].to_pylist() == values


@pytest.mark.parametrize(
    ("path", "params", "status", "words"),
    [
        ("valu_chart", {}, 404, "near it: value_chart"),
        ("value_chart", {"accont": "treasury"}, 400, "near it: account"),
        ("value_chart", {"account": "tresury"}, 400, "near it: treasury"),
        ("value_chart", {"every": "fortnight"}, 400, "hour, day, week, month, quarter, year"),
        ("value_chart", {"since": "yesterday"}, 400, "yesterday"),
        ("value_chart", {"since": "2026-05-03", "until": "2026-05-01"}, 400, "lies behind until"),
        ("value_chart", {"format": "xlsx"}, 400, "parquet"),
        ("value_chart", {"chain": ["eip155:1", "eip155:10"]}, 400, "stands there twice"),
    ],
)
def test_what_cannot_be_asked_names_what_can(
    server: Server, path: str, params: dict[str, object], status: int, words: str
) -> None:
    """An unknown name, parameter or value is a problem whose detail names the near ones."""
    response = server.get(f"/answers/{path}", **params)
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert words in problem["detail"]
    assert problem["status"] == status


def test_a_form_that_is_not_made_is_refused(server: Server) -> None:
    """Who accepts none of the forms is told which there are."""
    response = server.http.get(f"{server.url}/answers/value_chart", headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "text/csv" in response.json()["detail"]


def test_the_list_of_answers_is_the_headers_of_the_files(server: Server) -> None:
    """What can be asked is listed with question, parameters, columns and units, and stands in the OpenAPI document."""
    listed = {one["name"]: one for one in server.get("/answers").json()}
    document = server.get("/openapi.json").json()
    for one in ask.contracts():
        assert listed[one.name]["question"] == one.sentence
        assert listed[one.name]["parameters"] == dict(one.parameters)
        assert list(listed[one.name]["columns"]) == list(one.columns)
        declared = document["paths"][f"/answers/{one.name}"]["get"]
        assert [parameter["name"] for parameter in declared["parameters"]] == [*one.parameters, "format"]
