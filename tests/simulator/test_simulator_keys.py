"""Promises about keys: who is let in, how often, and that no key is ever told."""

import http.client

import pytest

from tests.simulator.running_simulator import NOW, Simulator, address

PATH = f"/credmark/v1/portfolio/1/{address('treasury')}/value"
MINUTE = NOW - NOW % 60 + 6_000


def statuses(simulator: Simulator, questions: list[tuple[str, dict[str, str]]]) -> list[int]:
    """The statuses of many requests over one connection."""
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=20)
    found = []
    for path, headers in questions:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        found.append(answer.status)
    connection.close()
    return found


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("simulated-free", 401),
        ("Basic simulated-free", 401),
        ("Bearer real-looking-key", 401),
        ("Bearer simulated-revoked", 401),
        ("Bearer simulated-forbidden", 403),
        ("Bearer simulated", 200),
        ("bearer simulated-any", 200),
    ],
)
def test_a_key_is_judged_by_its_name(simulator: Simulator, authorization: str | None, status: int) -> None:
    """Keys beginning with "simulated" are let in but for the revoked and the forbidden one; all others get 401."""
    headers = {"X-Simulated-Now": str(NOW)}
    if authorization is not None:
        headers["Authorization"] = authorization
    answer = simulator.http.get(simulator.url + PATH, headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["statusCode"] == status
        assert set(answer.json()) == {"statusCode", "message", "error"}


def test_the_small_plan_has_thirty_requests_a_lived_minute(simulator: Simulator) -> None:
    """The thirty-first request within one lived minute is a 429 in plain text that says how long to wait."""
    key = "simulated-discover"
    assert [simulator.value("cold", now=MINUTE + second, key=key).status_code for second in range(30)] == [200] * 30
    limited = simulator.value("cold", now=MINUTE + 45, key=key)
    assert limited.status_code == 429
    assert limited.headers["content-type"].startswith("text/plain")
    assert limited.headers["retry-after"] == "15"
    assert simulator.value("cold", now=MINUTE + 45, key="simulated-other").status_code == 200
    assert simulator.value("cold", now=MINUTE + 60, key=key).status_code == 200


def test_every_other_key_has_six_hundred(simulator: Simulator) -> None:
    """The six hundred and first request of a key within one lived minute is a 429."""
    headers = simulator.headers(now=MINUTE, key="simulated-busy")
    assert statuses(simulator, [(PATH, headers)] * 601) == [200] * 600 + [429]


def test_counting_again_gives_every_key_its_limit_again(simulator: Simulator) -> None:
    """A key that has used up its lived minute is let in again once the record of requests was forgotten."""
    key = "simulated-discover"
    assert [simulator.value("cold", now=MINUTE + 300, key=key).status_code for _ in range(31)][-1] == 429
    simulator.forget_requests()
    assert simulator.value("cold", now=MINUTE + 300, key=key).status_code == 200


def test_without_lived_time_the_limit_counts_wall_minutes(simulator: Simulator) -> None:
    """Requests that live by the wall clock are limited too, and told to wait a minute at most."""
    answers = [simulator.value("cold", now=None, key="simulated-discover") for _ in range(61)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in limited)


def test_requests_are_recorded_without_keys(simulator: Simulator) -> None:
    """The record counts requests by path and shows what was asked and answered, and no key appears in it."""
    simulator.forget_requests()
    simulator.order("server_error", times=1)
    params = {"timestamp": str(NOW)}
    numbers = [
        simulator.value("treasury", key="simulated-very-secret", params=params).headers["x-request-id"]
        for _ in range(2)
    ]
    simulator.http.get(f"{simulator.url}/credmark/nowhere")
    answer = simulator.http.get(f"{simulator.url}/_simulator/requests")
    record = answer.json()
    assert record["total"] == 3
    assert record["by_path"] == {PATH: 2, "/credmark/nowhere": 1}
    assert [(line["path"], line["status"], line["fault"], line["lived_at"]) for line in record["last"]] == [
        (PATH, 500, "server_error", str(NOW)),
        (PATH, 200, None, str(NOW)),
        ("/credmark/nowhere", 404, None, None),
    ]
    assert record["last"][0]["query"] == f"timestamp={NOW}"
    assert [line["request_id"] for line in record["last"][:2]] == numbers
    assert len(set(numbers)) == 2
    assert "secret" not in answer.text


def test_the_record_keeps_the_last_thousand(simulator: Simulator) -> None:
    """Of more than a thousand requests all are counted and the last thousand are shown."""
    simulator.forget_requests()
    statuses(simulator, [(f"/credmark/health?number={number}", {}) for number in range(1005)])
    record = simulator.http.get(f"{simulator.url}/_simulator/requests").json()
    assert record["total"] == 1005
    assert [line["query"] for line in record["last"]] == [f"number={number}" for number in range(5, 1005)]
