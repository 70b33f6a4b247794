"""Promises of a rebuild: what was kept gives the very rows that were made live, and a stranger's stream is refused."""

import asyncio
import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.archive.layout import SEALED, StreamFile, find_streams, open_file
from dagster_project.archive.stream import Kind, Row, StreamWriter, read_rows
from dagster_project.errors import BadRawError, ForeignStoreError
from dagster_project.model import Answer, Attempt, Capability, ProviderPlan, Pull, Reason
from dagster_project.normalise.assemble import assemble
from dagster_project.normalise.credmark import VERSION, normalise
from dagster_project.normalise.judge import Judged, judge
from dagster_project.slices import Slice
from dagster_project.snapshot.take import Lived, StreamHead, read_slice, take
from dagster_project.sources.http import Door
from dagster_project.sources.limits import KeyState
from tests.archive.answering import AS_OF, Prepared, access, answering, plan, pull
from tests.archive.streams import ROOT, copy_of

TAKEN_AT = datetime(2023, 6, 26, 15, 0, 30, 7, tzinfo=UTC)
PAYLOADS = ROOT / "tests" / "payloads" / "credmark"
HELD = (PAYLOADS / "published_wallet.json").read_bytes()
NOTHING = (PAYLOADS / "nothing_held.json").read_bytes()
OTHERS = (PAYLOADS / "other_account.json").read_bytes()
OF_ANOTHER_TIME = HELD.replace(b"1687789943", b"1687700000")
ANSWERS: dict[str, list[Prepared]] = {
    "answered": [(200, HELD)],
    "empty": [(200, NOTHING)],
    "failed": [(404, b'{"statusCode":404}')],
    "refused": [(200, OTHERS)],
    "page": [(200, b"<html>busy</html>")],
    "nobody": [(200, b"")],
    "of_another_time": [(200, OF_ANOTHER_TIME)],
    "third_try": [(500, b"first"), (429, b"second"), (200, HELD)],
    "never": [(503, b"1"), (502, b"2"), (500, b"3"), (504, b"4"), (500, b"the last")],
}


@dataclasses.dataclass
class Taken:
    """What a run made of its answers, what it noted on the way, and the stream that it left."""

    live: Slice
    noted: list[Judged]
    stream: StreamFile


def taken(
    raw: Path,
    planned: ProviderPlan,
    answers: Mapping[str, Sequence[Prepared]],
    *,
    quota: int | None = None,
    key: bool = True,
) -> Taken:
    """Take a plan from a real server, by the code that takes every snapshot."""
    noted: list[Judged] = []

    async def run(address: str) -> Slice:
        state = None if quota is None else KeyState(raw / "state" / "key")
        async with Door(access(address, quota, state)) as door:
            lived = Lived(lambda: datetime.now(UTC), datetime.now(UTC))
            return await take(planned, planned.pulls, door if key else None, raw, lived, noted.append)

    with answering(answers) as address:
        live = asyncio.run(run(address))
    (stream,) = find_streams(raw, "credmark", AS_OF, AS_OF)
    return Taken(live, noted, stream)


def by_key(rows: Slice, name: str) -> dict[str, object]:
    """One column of the pulls, by pull."""
    return dict(zip(rows.pull_keys, rows.pull[name].to_pylist(), strict=True))


def assert_same(one: Taken, planned: ProviderPlan) -> Slice:
    """Hold the rebuilt rows against those made live, and both against the judged pulls."""
    rebuilt = read_slice(one.stream)
    assert rebuilt is not None
    assert rebuilt == one.live
    order = [asked.pull_key for asked in planned.pulls]
    judged = sorted(one.noted, key=lambda noted: order.index(noted.pull.pull_key))
    assert assemble(one.live.attempt, VERSION, judged) == rebuilt
    for table, twin in (
        (rebuilt.pull, one.live.pull),
        (rebuilt.cell, one.live.cell),
        (rebuilt.balance, one.live.balance),
    ):
        assert table.schema.equals(twin.schema, check_metadata=True)
    assert rebuilt.attempt.attempt_id == one.stream.attempt_id
    return rebuilt


def test_rebuilt_rows_are_those_made_live(tmp_path: Path) -> None:
    """Answers of every kind, after one try or several, and pulls never sent: the same rows live and from the disk."""
    planned = plan(*map(pull, ANSWERS), pull("too_late", Capability.NOW))
    rows = assert_same(taken(tmp_path, planned, ANSWERS), planned)
    assert by_key(rows, "outcome") == {
        "answered": "answered", "empty": "empty", "failed": "failed", "refused": "failed", "page": "failed",
        "nobody": "failed", "of_another_time": "failed", "third_try": "answered", "never": "failed",
        "too_late": "not_available",
    }  # fmt: skip
    reasons = {key: reason for key, reason in by_key(rows, "reason").items() if reason}
    assert reasons == {
        "failed": "not_found", "refused": "unreadable", "page": "unreadable", "nobody": "unreadable",
        "of_another_time": "not_point_in_time", "never": "server_error", "too_late": "now_only",
    }  # fmt: skip
    assert by_key(rows, "tries") == dict.fromkeys(ANSWERS, 1) | {"third_try": 3, "never": 5, "too_late": 0}
    assert rows.balance.num_rows == 2 * 8


def test_every_try_is_kept(tmp_path: Path) -> None:
    """The bytes of every try are kept in order, the bad ones too, behind the plan."""
    planned = plan(pull("third_try"), pull("never"))
    rows = list(read_rows(taken(tmp_path, planned, ANSWERS).stream))
    assert rows[0].kind is Kind.PLAN
    assert msgspec.json.decode(rows[0].answer.body, type=StreamHead).plan == planned
    for name in ("third_try", "never"):
        kept = [(row.answer.status, row.answer.body) for row in rows if row.pull_key == name]
        assert kept == ANSWERS[name]


def test_missing_key_is_rebuilt(tmp_path: Path) -> None:
    """Where the key is missing nothing is sent, and the rebuilt rows say so as the live ones did."""
    planned = plan(pull("answered"), pull("empty"))
    rows = assert_same(taken(tmp_path, planned, {}, key=False), planned)
    assert set(by_key(rows, "reason").values()) == {"missing_key"}
    assert set(by_key(rows, "tries").values()) == {0}


@pytest.mark.parametrize("quota", [0, 1, 2, 4])
def test_quota_used_up_between_tries_is_rebuilt(tmp_path: Path, quota: int) -> None:
    """Wherever the quota ends among the tries of a pull, the rebuilt rows say so as the live ones did."""
    planned = plan(pull("third_try"))
    rows = assert_same(taken(tmp_path, planned, ANSWERS, quota=quota), planned)
    assert by_key(rows, "tries") == {"third_try": min(quota, 3)}
    assert by_key(rows, "reason") == {"third_try": "quota" if quota < 3 else None}


def head(planned: ProviderPlan) -> Row:
    """The first row of a stream."""
    return Row(Kind.PLAN, "", Answer(TAKEN_AT, 0.0, body=msgspec.json.encode(StreamHead(planned, TAKEN_AT))))


def tried(asked: Pull, kept: Answer, kind: Kind = Kind.ANSWER) -> Row:
    """The row of a try."""
    return Row(kind, asked.pull_key, kept)


def written(raw: Path, rows: Sequence[Row]) -> StreamFile:
    """A sealed stream of these rows."""
    with StreamWriter(open_file(raw, "credmark", AS_OF, "20230626T150030000007Z-abcdef")) as stream:
        for one in rows:
            stream.append(one)
            stream.sync()
    (found,) = find_streams(raw, "credmark", AS_OF, AS_OF)
    return found


INSTANTS = st.integers(0, 10**9).map(lambda microseconds: AS_OF + timedelta(microseconds=microseconds))
KEPT = st.builds(
    Answer,
    INSTANTS,
    st.floats(0, 1e6),
    st.none() | st.sampled_from([200, 404, 500]),
    st.dictionaries(st.sampled_from(["x-request-id", "date"]), st.text(max_size=9)),
    st.sampled_from([HELD, NOTHING, OTHERS, OF_ANOTHER_TIME, b"", b"<html>"]),
    st.none() | st.sampled_from([one for one in Reason if one is not Reason.NOW_ONLY]),
    st.none() | st.text(max_size=20),
)
TRIES = st.lists(st.lists(KEPT, max_size=3), min_size=1, max_size=4)


@pytest.mark.every
@given(TRIES, st.sampled_from(["pull by pull", "turn by turn"]))
@settings(database=None, deadline=None, max_examples=40)
def test_last_try_of_each_pull_counts(
    tmp_path_factory: pytest.TempPathFactory, tries: list[list[Answer]], order: str
) -> None:
    """However tries of several pulls follow each other, the last of each counts; a pull without any is left out."""
    pulls = [pull(f"p{index}") for index in range(len(tries))]
    rows = [tried(asked, kept) for asked, answers in zip(pulls, tries, strict=True) for kept in answers]
    if order == "turn by turn":
        rows = [one for turn in range(3) for one in _turns(pulls, tries, turn)]
    found = read_slice(written(tmp_path_factory.mktemp("tries"), [head(plan(*pulls)), *rows]))
    judged = [
        judge(plan(*pulls), asked, answers[-1], len(answers), normalise)
        for asked, answers in zip(pulls, tries, strict=True)
        if answers
    ]
    attempt = Attempt(plan(*pulls), "20230626T150030000007Z-abcdef", TAKEN_AT)
    assert found == assemble(attempt, VERSION, judged)


def _turns(pulls: list[Pull], tries: list[list[Answer]], turn: int) -> list[Row]:
    return [tried(asked, answers[turn]) for asked, answers in zip(pulls, tries, strict=True) if turn < len(answers)]


def test_killed_run_keeps_what_it_paid_for(tmp_path: Path) -> None:
    """A stream that breaks off gives the rows of the pulls in front of the break, and of no other."""
    pulls = [pull(f"p{index}") for index in range(4)]
    whole = written(
        tmp_path, [head(plan(*pulls)), *(tried(asked, Answer(TAKEN_AT, 1.0, 200, {}, HELD)) for asked in pulls)]
    )
    torn = copy_of(whole, whole.path.read_bytes()[:-300], ".arrows.part")
    found = read_slice(torn)
    assert found is not None
    assert found.pull_keys == ["p0", "p1", "p2"]
    assert found.balance.num_rows == 3 * 8


def test_sealed_damaged_stream_is_refused_by_name(tmp_path: Path) -> None:
    """A sealed stream that breaks off is refused by its name, and not rebuilt in part."""
    whole = written(tmp_path, [head(plan(pull("p0"))), tried(pull("p0"), Answer(TAKEN_AT, 1.0, 200, {}, HELD))])
    torn = copy_of(whole, whole.path.read_bytes()[:-300], SEALED)
    with pytest.raises(BadRawError, match=torn.path.name):
        read_slice(torn)


def test_answers_to_questions_that_were_not_planned_are_left_out(tmp_path: Path) -> None:
    """An answer to a pull that the plan does not hold makes no row."""
    stray = tried(pull("stray"), Answer(TAKEN_AT, 1.0, 200, {}, HELD))
    found = read_slice(written(tmp_path, [head(plan(pull("p0"))), stray]))
    assert found is not None
    assert (found.pull.num_rows, found.cell.num_rows, found.balance.num_rows) == (0, 0, 0)


def test_stream_without_a_plan_gives_nothing(tmp_path: Path) -> None:
    """A stream that broke off in front of its plan, or that begins with anything else, gives no rows and no error."""
    answer_only = written(tmp_path, [tried(pull("p0"), Answer(TAKEN_AT, 1.0, 200, {}, HELD))])
    assert read_slice(answer_only) is None
    assert read_slice(written(tmp_path / "none", [])) is None
    whole = written(tmp_path / "whole", [head(plan(pull("p0")))])
    for length in (0, 1, 8, 500, 900):
        assert read_slice(copy_of(whole, whole.path.read_bytes()[:length], ".arrows.part")) is None


GOOD = json.loads(head(plan(pull("p0"))).answer.body)
STRANGE = {
    "empty": b"",
    "text": b"the plan",
    "cut": json.dumps(GOOD).encode()[:-1],
    "other_json": b"[1, 2, 3]",
    "no_plan": b"{}",
    "null": b'{"plan": null, "taken_at": null}',
    "unknown_provider": json.dumps(GOOD | {"plan": GOOD["plan"] | {"provider": "sundial"}}).encode(),
    "unknown_layer": json.dumps(GOOD).replace('"wallet"', '"shadow"').encode(),
    "unknown_capability": json.dumps(GOOD).replace('"timestamp"', '"prophecy"').encode(),
    "no_time": json.dumps(GOOD | {"taken_at": "yesterday"}).encode(),
    "no_utf8": json.dumps(GOOD).encode().replace(b"treasury", b"treasur\xff"),
    "bottomless": b"[" * 100_000,
    "bottomless_beside": b'{"note": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("case", STRANGE)
def test_plan_of_a_stranger_is_refused_by_name(tmp_path: Path, case: str) -> None:
    """A plan that this version cannot read, or of a provider that it does not know, is refused by the stream's name."""
    stream = written(tmp_path, [Row(Kind.PLAN, "", Answer(TAKEN_AT, 0.0, body=STRANGE[case]))])
    with pytest.raises(ForeignStoreError, match=stream.path.name):
        read_slice(stream)


@given(st.binary(max_size=80))
@settings(database=None, deadline=None, max_examples=40)
def test_plan_of_any_bytes_is_refused_by_name(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    """Whatever bytes stand for the plan, the stream is refused by its name and by no other error."""
    stream = written(tmp_path_factory.mktemp("strange"), [Row(Kind.PLAN, "", Answer(TAKEN_AT, 0.0, body=body))])
    with pytest.raises(ForeignStoreError, match=stream.path.name):
        read_slice(stream)


def test_plan_with_members_of_a_later_version_is_read(tmp_path: Path) -> None:
    """A plan that says more than this version asks for is still read, as long as it says all that is needed."""
    more = GOOD | {"mood": "good", "plan": GOOD["plan"] | {"tide": 3}}
    rows = [Row(Kind.PLAN, "", Answer(TAKEN_AT, 0.0, body=json.dumps(more).encode()))]
    found = read_slice(written(tmp_path, [*rows, tried(pull("p0"), Answer(TAKEN_AT, 1.0, 200, {}, HELD))]))
    assert found is not None
    assert found.attempt == Attempt(plan(pull("p0")), "20230626T150030000007Z-abcdef", TAKEN_AT)
    assert found.balance.num_rows == 8
