"""Promises of judging: what an answer is of, when it counts, and why it does not."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import NoReturn

import pytest

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Holding, PriceStatus, Reading
from dagster_project.model import Answer, Capability, Outcome, Pull, Reason
from dagster_project.normalise.judge import Judged, judge
from tests.normalise.asking import AS_OF, GRACE_MINUTES, OBSERVED_AT, answer, cell, plan, pull

HOUR = timedelta(hours=1)
GRACE = timedelta(minutes=GRACE_MINUTES)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
HOLDING = Holding("eip155:1/slip44:60", 1.0, 2.0, PriceStatus.PRICED, 2.0)
POINT_IN_TIME = (Capability.TIMESTAMP, Capability.BLOCK)


def unread(asked: Pull, body: bytes) -> NoReturn:
    """A normaliser that nobody may call."""
    raise AssertionError(f"{asked.pull_key} was read although nothing was answered: {body!r}")


def judged_at(
    effective_at: datetime | None,
    capability: Capability,
    *,
    observed_at: datetime = OBSERVED_AT,
    holdings: tuple[Holding, ...] = (HOLDING,),
) -> Judged:
    """An answer that is true for an instant, judged."""
    asked = pull(capability=capability)
    reading = Reading(effective_at, {cell(): holdings})
    return judge(plan(asked), asked, answer(b"{}", observed_at=observed_at), 1, lambda _pull, _body: reading)


def is_refused_as_of_another_time(one: Judged) -> bool:
    """Tell whether the answer counts for nothing because of its time; it keeps no reading then."""
    assert (one.outcome is Outcome.FAILED) == (one.reading is None)
    return (one.outcome, one.reason) == (Outcome.FAILED, Reason.NOT_POINT_IN_TIME)


@pytest.mark.parametrize("capability", POINT_IN_TIME)
@pytest.mark.parametrize(
    ("distance", "is_good"),
    [
        (-HOUR - SECOND, False),
        (-HOUR - MICROSECOND, False),
        (-HOUR, True),
        (-HOUR + MICROSECOND, True),
        (-SECOND, True),
        (timedelta(), True),
        (MICROSECOND, False),
        (SECOND, False),
        (GRACE, False),
        (timedelta(days=-365), False),
    ],
    ids=str,
)
def test_point_in_time_answer_is_at_most_an_hour_old(
    capability: Capability, distance: timedelta, *, is_good: bool
) -> None:
    """An answer for an instant counts from an hour before it to the instant itself, both borders included."""
    assert is_refused_as_of_another_time(judged_at(AS_OF + distance, capability)) is not is_good


@pytest.mark.parametrize("is_observed", [False, True], ids=["stated", "observed"])
@pytest.mark.parametrize(
    ("distance", "is_good"),
    [
        (-HOUR, False),
        (-SECOND, False),
        (-MICROSECOND, False),
        (timedelta(), True),
        (MICROSECOND, True),
        (GRACE - MICROSECOND, True),
        (GRACE, True),
        (GRACE + MICROSECOND, False),
        (GRACE + SECOND, False),
        (timedelta(days=365), False),
    ],
    ids=str,
)
def test_answer_of_now_is_at_most_the_grace_late(distance: timedelta, *, is_good: bool, is_observed: bool) -> None:
    """An answer of now counts from the instant to the end of the grace, by its own time and else by its arrival."""
    if is_observed:
        one = judged_at(None, Capability.NOW, observed_at=AS_OF + distance)
    else:
        one = judged_at(AS_OF + distance, Capability.NOW, observed_at=AS_OF + timedelta(days=400))
    assert is_refused_as_of_another_time(one) is not is_good


@pytest.mark.parametrize(("minutes", "is_good"), [(-11, False), (-10, True), (0, True), (10, True), (11, False)])
def test_answer_of_now_is_dated_when_it_came(minutes: int, *, is_good: bool) -> None:
    """An answer of now whose Date lies over ten minutes off came from a cache or past a wrong clock; a past one may."""
    came = OBSERVED_AT.replace(microsecond=0)
    said = {"date": format_datetime(came + timedelta(minutes=minutes), usegmt=True)}
    for capability, effective_at in ((Capability.NOW, None), (Capability.TIMESTAMP, AS_OF)):
        asked = pull(capability=capability)
        reading = Reading(effective_at, {cell(): (HOLDING,)})
        dated = replace(answer(b"{}", observed_at=came), headers=said)
        one = judge(plan(asked), asked, dated, 1, lambda _pull, _body, told=reading: told)  # type: ignore[misc] # bound
        assert is_refused_as_of_another_time(one) == (capability is Capability.NOW and not is_good)
        assert not one.detail or "a stale cache, or one of both clocks is wrong" in one.detail


@pytest.mark.parametrize("capability", POINT_IN_TIME)
@pytest.mark.parametrize("observed_at", [AS_OF - SECOND, AS_OF, OBSERVED_AT])
def test_unstated_time_is_no_point_in_time(capability: Capability, observed_at: datetime) -> None:
    """An answer for an instant that does not say what it is true for counts for nothing, whenever it arrived."""
    one = judged_at(None, capability, observed_at=observed_at)
    assert is_refused_as_of_another_time(one)
    assert one.detail == "the answer is of an unstated time, but 2023-06-26T15:00:00Z was asked for"


def test_refused_time_is_said_in_words() -> None:
    """An answer of another time says of which, and for which it was asked."""
    one = judged_at(AS_OF + HOUR, Capability.BLOCK)
    assert one.detail == "the answer is of 2023-06-26T16:00:00Z, but 2023-06-26T15:00:00Z was asked for"


@pytest.mark.parametrize("hours", [-11, -4, 0, 5, 14])
def test_zones_do_not_move_an_instant(hours: int) -> None:
    """The same instant written in another zone is judged the same."""
    zone = timezone(timedelta(hours=hours))
    for distance, is_good in ((-HOUR, True), (timedelta(), True), (MICROSECOND, False), (-HOUR - MICROSECOND, False)):
        one = judged_at((AS_OF + distance).astimezone(zone), Capability.TIMESTAMP)
        assert is_refused_as_of_another_time(one) is not is_good


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NOW_ONLY])
@pytest.mark.parametrize("status", [None, 200, 500])
def test_reason_of_the_wire_is_kept(reason: Reason, status: int | None) -> None:
    """A pull that ended with a reason on the wire has failed for that reason and in its words; its body is not read."""
    asked = pull()
    kept = answer(b'{"half":', reason=reason, status=status)
    assert judge(plan(asked), asked, kept, 3, unread) == Judged(
        asked, kept, 3, Outcome.FAILED, reason, f"because of {reason}"
    )


def test_endpoint_of_now_is_not_available_for_the_past() -> None:
    """A pull that was not sent because its endpoint speaks of now is not available, which is no failure."""
    asked = pull(capability=Capability.NOW)
    kept = Answer(OBSERVED_AT, 0.0, reason=Reason.NOW_ONLY, detail="now is too late")
    assert judge(plan(asked), asked, kept, 0, unread) == Judged(
        asked, kept, 0, Outcome.NOT_AVAILABLE, Reason.NOW_ONLY, "now is too late"
    )


def test_unreadable_body_fails_with_its_path() -> None:
    """A body that the normaliser refuses has failed as unreadable, with the path and the words of the refusal."""

    def refuse(_asked: Pull, body: bytes) -> NoReturn:
        raise UnreadableError("$.positions[3].value", f"is {body!r}")

    asked, kept = pull(), answer(b"bad")
    assert judge(plan(asked), asked, kept, 2, refuse) == Judged(
        asked, kept, 2, Outcome.FAILED, Reason.UNREADABLE, "$.positions[3].value: is b'bad'"
    )


def test_answer_that_holds_nothing_is_empty() -> None:
    """An answer without holdings is empty, one with holdings in any cell is answered; both keep their reading."""
    empty, held = judged_at(AS_OF, Capability.BLOCK, holdings=()), judged_at(AS_OF, Capability.BLOCK)
    assert (empty.outcome, empty.reason, empty.detail) == (Outcome.EMPTY, None, None)
    assert (held.outcome, held.reason, held.detail) == (Outcome.ANSWERED, None, None)
    assert (empty.reading, held.reading) == (Reading(AS_OF, {cell(): ()}), Reading(AS_OF, {cell(): (HOLDING,)}))


def test_empty_answer_of_another_time_is_refused() -> None:
    """Holding nothing at another time says nothing of the instant that was asked for."""
    assert is_refused_as_of_another_time(judged_at(AS_OF + SECOND, Capability.TIMESTAMP, holdings=()))


def test_normaliser_is_given_the_pull_and_the_very_bytes() -> None:
    """What is read is the answer's body as it came, for the pull that it answers."""
    asked, seen = pull(), []

    def note(given: Pull, body: bytes) -> Reading:
        seen.append((given, body))
        return Reading(AS_OF, {})

    judge(plan(asked), asked, answer(b"\xff\x00 body"), 1, note)
    assert seen == [(asked, b"\xff\x00 body")]
