"""Promises about the door and the simulator: each named fault comes back as the one answer that it stands for."""

import json
from datetime import UTC, datetime

import pytest

from dagster_project.model import Reason
from dagster_project.simulator.faults.catalogue import NAMES
from dagster_project.sources.access import Access, Patience
from dagster_project.sources.credmark import SOURCE, value
from dagster_project.sources.http import Door
from tests.simulator.running_simulator import NOW, Simulator
from tests.sources.asking import Heard, put, run
from tests.sources.watched import account

LIVED = datetime.fromtimestamp(NOW, UTC)
QUESTION = value(account("treasury"), "eip155:1", ("timestamp", NOW)).request
TRIES = 3
SLOW = {
    "slow_first_byte": Patience(connect=20, read=1, one_try=30, tries=TRIES),
    "slow_body": Patience(connect=20, read=3, one_try=30, tries=2),
}
"""A try lasts as long as its silence; before that of a slow body the head has to arrive, on a slow machine too."""
FAULTS: dict[str, tuple[Reason | None, int | None, int]] = {
    "rate_limited": (Reason.RATE_LIMITED, 429, TRIES),
    "rate_limited_with_retry_after": (Reason.RATE_LIMITED, 429, TRIES),
    "reset_header": (Reason.RATE_LIMITED, 429, TRIES),
    "server_error": (Reason.SERVER_ERROR, 500, TRIES),
    "unavailable": (Reason.SERVER_ERROR, 503, TRIES),
    "not_found": (Reason.NOT_FOUND, 404, 1),
    "unauthorised": (Reason.UNAUTHORISED, 401, 1),
    "echoed_key": (Reason.UNAUTHORISED, 401, 1),
    "half_of_chains_down": (Reason.SERVER_ERROR, 503, TRIES),
    "forbidden": (Reason.FORBIDDEN, 403, 1),
    "bad_request": (Reason.BAD_REQUEST, 400, 1),
    "redirect": (Reason.REDIRECTED, 302, 1),
    "compressed_bomb": (Reason.TOO_LARGE, 200, 1),
    "too_large": (Reason.TOO_LARGE, 200, 1),
    "reset_mid_body": (Reason.INTERRUPTED, 200, TRIES),
    "slow_first_byte": (Reason.TIMEOUT, None, TRIES),
    "slow_body": (Reason.TIMEOUT, 200, SLOW["slow_body"].tries),
    "unknown_encoding": (Reason.UNDECODABLE, 200, 1),
} | dict.fromkeys(
    (
        "text_body",
        "html_page",
        "empty_body",
        "deeply_nested",
        "truncated_json",
        "gzip_ok",
        "wrong_content_type",
        "ignored_timestamp",
        "stale_cache",
        "stale_cached_at",
        "clock_skew",
        "missing_chain",
        "flipped_debt",
        "changing_answers",
        "wrong_types",
        "nan_number",
        "huge_number",
        "negative_amount",
        "impossible_amount",
        "duplicate_rows",
        "missing_field",
        "renamed_field",
        "extra_field",
        "null_positions",
        "empty_positions",
    ),
    (None, 200, 1),
)
HARMLESS = ("gzip_ok", "wrong_content_type")


def asked(simulator: Simulator, patience: Patience | None = None) -> Heard:
    """The treasury's value, asked through the door at an instant that is lived."""
    patience = patience or Patience(connect=20, read=20, one_try=30, tries=TRIES)
    headers = {"Authorization": simulator.headers()["Authorization"]}
    access = Access(f"{simulator.url}/credmark", headers, is_simulated=True, largest_body=2**20, patience=patience)

    async def once() -> Heard:
        async with Door(access) as door:
            return await put(door, QUESTION, lambda: LIVED)

    return run(once())


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_its_answer(simulator: Simulator, fault: str) -> None:
    """Each fault has its reason, status and number of tries; what the body means is nobody's business here."""
    reason, status, tries = FAULTS[fault]
    seconds = {"seconds": 300} if fault in SLOW else {}
    simulator.order(fault, **seconds)
    heard = asked(simulator, SLOW.get(fault))
    assert [(answer.reason, answer.status) for answer in heard.tries] == [(reason, status)] * tries
    assert heard.answer == heard.tries[-1]


def test_every_fault_is_expected() -> None:
    """No fault of the simulator is without its answer in this file."""
    assert FAULTS.keys() == NAMES


@pytest.mark.parametrize("fault", HARMLESS)
def test_harmless_faults_change_no_byte(simulator: Simulator, fault: str) -> None:
    """An honest answer that is packed, or goes by another type, is given byte for byte."""
    honest = asked(simulator).answer.body
    assert json.loads(honest)["positions"]
    simulator.order(fault)
    assert asked(simulator).answer.body == honest


def test_half_an_answer_is_kept(simulator: Simulator) -> None:
    """Of an answer that breaks off in the middle the first half is kept, whatever it may be worth."""
    honest = asked(simulator).answer.body
    simulator.order("reset_mid_body")
    answer = asked(simulator).answer
    assert (answer.status, answer.body) == (200, honest[: len(honest) // 2])


def test_a_fault_that_passes_is_survived(simulator: Simulator) -> None:
    """A provider that fails twice and then answers gives a good answer, and its two failures are heard."""
    simulator.order("unavailable", times=2)
    heard = asked(simulator)
    assert [answer.status for answer in heard.tries] == [503, 503, 200]
    assert heard.answer.headers["x-request-id"] != heard.tries[0].headers["x-request-id"]


def test_the_lived_instant_arrives(simulator: Simulator) -> None:
    """The simulator is told the instant that is lived, and answers for it."""
    simulator.forget_requests()
    asked(simulator)
    (request,) = simulator.http.get(f"{simulator.url}/_simulator/requests").json()["last"]
    assert (request["lived_at"], request["status"]) == (str(NOW), 200)


def test_health_is_asked_without_an_account(simulator: Simulator) -> None:
    """The health request of the source is one that the provider answers."""

    async def health() -> Heard:
        async with Door(Access(f"{simulator.url}/credmark", is_simulated=True)) as door:
            return await put(door, SOURCE.health, lambda: LIVED)

    assert run(health()).answer.reason is None
