"""Promises about bad bodies, of every provider and endpoint: each is refused at its fault, and nothing else comes."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_project.errors import UnreadableError
from dagster_project.holdings import Reading
from dagster_project.model import Outcome, Pull, Reason
from dagster_project.normalise.assemble import assemble
from dagster_project.sources.registry import PROVIDERS
from tests.normalise import questions
from tests.normalise.asking import attempt
from tests.normalise.payload_files import OURS, PAYLOADS, asked_by, expected_lines, payloads

Where = tuple[str | int, ...]

GOOD = {
    ("credmark", "published_wallet"): "chainId blockTimestamp accounts quoteAddress positions "
    "positions.0.tokenAddress positions.0.balance positions.0.tokenPrice? positions.0.value?",
    ("oneinch_portfolio", "tokens_as_seen_on_the_wire"): "result result.0.index? result.0.contract_address "
    "result.0.address result.0.asset_sign? result.0.value_usd? "
    "result.0.underlying_tokens.0.address result.0.underlying_tokens.0.decimals?",
    ("oneinch_portfolio", "tokens_as_documented"): "0.index? 0.contract_address 0.chain_id 0.value_usd?",
    ("oneinch_portfolio", "supply_debt_and_reward"): "result.0.index result.0.asset_sign result.1.value_usd? "
    "result.0.underlying_tokens.0.address result.0.reward_tokens.0.decimals?",
    ("oneinch_balance", "held_and_not_held"): "",
    ("oneinch_balance", "multiple"): "",
    ("oneinch_balance", "aggregated"): "0.address 0.decimals? 0.wallets",
    ("oneinch_balance", "allowances"): "",
    ("onebalance", "two_namespaces"): "accounts balanceByAggregatedAsset "
    "balanceByAggregatedAsset.0.individualAssetBalances balanceBySpecificAsset.0.assetType "
    "balanceByAggregatedAsset.0.individualAssetBalances.1.balance",
    ("onebalance", "asset_list"): "0.aggregatedAssetId 0.aggregatedEntities "
    "0.aggregatedEntities.0.assetType 0.aggregatedEntities.0.decimals",
    ("onebalance", "chains_supported"): "0.chain 0.isTestnet 0.chain.chain 0.chain.reference",
    ("credmark", "history"): "chainId endTimestamp accounts quoteAddress data data.0.value data.1.blockTimestamp",
    ("credmark", "positions_listed"): "chainId blockTimestamp accounts positions positions.0.tokenAddress "
    "positions.1.balance",
    (
        "oneinch_portfolio",
        "current_value",
    ): "result result.total result.by_chain.0.chain_id result.by_chain.0.value_usd",
    ("oneinch_portfolio", "chart"): "result result.0.timestamp result.1.value_usd",
    ("oneinch_portfolio", "token_metrics"): "result result.0.index result.0.rewards_tokens.0.address",
    ("oneinch_portfolio", "position_metrics"): "result result.0.index",
    ("oneinch_portfolio", "status"): "result result.is_available",
    ("oneinch_portfolio", "address_check"): "",
    ("oneinch_portfolio", "supported_chains"): "result result.0.chain_id result.0.chain_name",
    ("onchain", "wallet"): "0.address 0.path 0.content 0.body",
    ("oneinch_portfolio", "supported_protocols"): "result result.0.chain_id result.0.protocol_group_id",
}
"""A good body of every shape, and the members without which it is none, or an item of it; with ? null will do."""

EACH = pytest.mark.parametrize(("provider", "case"), GOOD, ids=[f"{provider}-{case}" for provider, case in GOOD])
IN_CSV = {("oneinch_portfolio", "general/report"), ("ecb", "data/EXR")}
"""Endpoints that speak no JSON; their bad bodies lie with the payload files."""

DEEP = 100_000
NOT_JSON = ["NaN", "Infinity", "-Infinity", "nan", "+1", "01", "0x10", "1_000", ".5", "1.", "'1'", "undefined"]
ANYTHING: list[Any] = [None, True, "", "x" * 10_000, "\x1b[2J", "-1", "1e400", 1.5, -1, 10**400, [], {}, [[]], [{}]]


def good(provider: str, case: str) -> tuple[Pull, bytes]:
    """A question and a good answer to it."""
    path = PAYLOADS / provider / f"{case}.json"
    return asked_by(provider, expected_lines(path)), path.read_bytes()


def read(pull: Pull, body: bytes) -> Reading | None:
    """What becomes of a body, None where it is refused; any other exception fails the test."""
    try:
        return PROVIDERS[pull.provider].normalise(pull, body)
    except UnreadableError as caught:
        error = caught
    assert error.where.startswith("$")
    assert error.why
    assert len(str(error)) < 800
    assert str(error).isprintable()
    return None


def places(value: object, where: Where = ()) -> Iterator[Where]:
    """Every place within a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in inner:
        yield (*where, step)
        yield from places(member, (*where, step))


def changed(plain: object, where: Where, value: object) -> Any:  # noqa: ANN401 - that is what JSON is
    """The body with another value at a place."""
    whole = copy.deepcopy(plain)
    holder: Any = whole
    for step in where[:-1]:
        holder = holder[step]
    holder[where[-1]] = value
    return whole


def spelled(plain: object, where: Where, text: str) -> bytes:
    """The body with the value at a place spelled letter by letter."""
    return json.dumps(changed(plain, where, "@here@")).replace('"@here@"', text).encode()


def needed(provider: str, case: str) -> Iterator[tuple[Where, bool]]:
    """The members that a body cannot go without, and whether null will do."""
    for path in GOOD[provider, case].split():
        steps = path.removesuffix("?").split(".")
        yield tuple(int(step) if step.isdigit() else step for step in steps), path.endswith("?")


def refused_at(pull: Pull, plain: object) -> str:
    """Where a body, or an item of it, is refused; one that is read as a whole fails the test."""
    try:
        reading = PROVIDERS[pull.provider].normalise(pull, json.dumps(plain).encode())
    except UnreadableError as error:
        return error.where
    assert reading.faults, "nothing was refused"
    return reading.faults[0].where


def test_every_endpoint_is_tried() -> None:
    """Every endpoint of every provider has a good body here, so that none goes without the bad ones."""
    tried = {(provider, good(provider, case)[0].endpoint) for provider, case in GOOD}
    assert tried == {(name, one.name) for name, each in PROVIDERS.items() for one in each.source.endpoints} - IN_CSV


@EACH
def test_a_body_cut_at_any_byte_is_refused(provider: str, case: str) -> None:
    """A body that ends too early is refused, wherever it ends."""
    pull, body = good(provider, case)
    assert read(pull, body) is not None
    whole = body.rstrip()
    assert [length for length in range(len(whole)) if read(pull, whole[:length]) is not None] == []


@EACH
@pytest.mark.parametrize("payload", [one for one in payloads(OURS) if one.suffix == ".bin"], ids=lambda one: one.stem)
def test_what_is_no_json_is_refused(provider: str, case: str, payload: Path) -> None:
    """Text, pages, other encodings, comments and junk are refused by every provider, whatever they stand for."""
    pull, _ = good(provider, case)
    is_refused = "unreadable_at" in expected_lines(payload)[0]
    assert read(pull, payload.read_bytes()) is None or (provider == "credmark" and not is_refused)


@EACH
def test_other_things_than_an_answer_are_refused(provider: str, case: str) -> None:
    """Plain values and answers with junk around them are refused, and white space around them is not."""
    pull, body = good(provider, case)
    for plain in (b"", b"null", b"true", b"1", b'"text"', b'{"result":', b"[[]]", b"[null]", b'{"":null}', b"[1]"):
        assert read(pull, plain) is None, plain
    for junk in (b"x", b"\0", b",", b"]", b"}", b"{}", b"null", b"\xef\xbb\xbf", b"//"):
        assert read(pull, body + junk) is None
        assert read(pull, junk + body) is None
    assert read(pull, b" \r\n\t" + body + b"\n") is not None


@EACH
@pytest.mark.parametrize("nest", ["[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "[" * DEEP])
def test_deep_nesting_is_refused(provider: str, case: str, nest: str) -> None:
    """Nesting without end is refused in every place of a body, in members that nobody knows too."""
    pull, body = good(provider, case)
    assert read(pull, nest.encode()) is None
    plain = json.loads(body)
    for where in places(plain):
        assert read(pull, spelled(plain, where, nest)) is None, where


@EACH
def test_what_json_does_not_have_is_refused(provider: str, case: str) -> None:
    """NaN, infinities and other spellings that JSON does not have are refused in every place."""
    pull, body = good(provider, case)
    plain = json.loads(body)
    for where in places(plain):
        for word in NOT_JSON:
            assert read(pull, spelled(plain, where, word)) is None, (where, word)


@EACH
def test_any_value_in_any_place_is_read_or_refused(provider: str, case: str) -> None:
    """Whatever stands in any place, there is a reading within the question's cells or a refusal with a path."""
    pull, body = good(provider, case)
    plain = json.loads(body)
    for where in places(plain):
        for value in ANYTHING:
            reading = read(pull, json.dumps(changed(plain, where, value)).encode())
            assert reading is None or set(reading.rows) <= set(pull.cells), (where, value)


@EACH
def test_a_member_that_is_not_there_is_refused(provider: str, case: str) -> None:
    """What needs a member is refused at its path where it is not there, and where it is null unless null will do."""
    pull, body = good(provider, case)
    for where, may_be_null in needed(provider, case):
        plain = json.loads(body)
        path = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
        if not may_be_null:
            assert refused_at(pull, changed(plain, where, None)) == path
        holder = plain
        for step in where[:-1]:
            holder = holder[step]
        del holder[where[-1]]
        assert refused_at(pull, plain) == path


@EACH
def test_a_refused_body_is_a_failed_pull(provider: str, case: str) -> None:
    """What is refused becomes a failed pull that says so, with cells without a value and no rows at all."""
    pull, body = good(provider, case)
    one = questions.judged(pull, body[:-10])
    assert (one.outcome, one.reason, one.reading) == (Outcome.FAILED, Reason.UNREADABLE, None)
    rows = assemble(attempt(pull), 1, [one])
    assert rows.pull["detail"].to_pylist() == [one.detail]
    assert set(rows.cell["value_usd"].to_pylist()) <= {None}
    assert rows.cell.num_rows == len(pull.cells)
    made = (rows.balance, rows.position, rows.allowance, rows.asset, rows.figure, rows.rate)
    assert [table.num_rows for table in made] == [0] * 6
