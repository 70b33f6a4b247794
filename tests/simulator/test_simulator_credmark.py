"""Promises of Credmark's dialect: the contract's shape, its rules for every parameter, and numbers from the ledger."""

import json
from fractions import Fraction
from pathlib import Path

import httpx
import jsonschema
import pytest

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL, ACCOUNTS, Account
from dagster_project.simulator.book.assets import ASSET_BY_ID, ASSET_BY_KEY, NATIVE_ADDRESS
from dagster_project.simulator.book.blocks import ETHEREUM
from dagster_project.simulator.book.prices import EUR_PER_USD, price_usd
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.book.window import BEGIN_AT, utc
from tests.simulator.running_simulator import NOW, Simulator, address

USD = "0x0000000000000000000000000000000000000348"
EUR = "0x00000000000000000000000000000000000003d2"
PAYLOADS = Path(__file__).parents[3] / "shared" / "contracts" / "payloads" / "credmark"

POSITION = {
    "type": "object",
    "required": ["tokenAddress", "balance", "tokenPrice", "value"],
    "additionalProperties": False,
    "properties": {
        "tokenAddress": {"type": "string", "pattern": "^0x[0-9a-f]{40}$"},
        "balance": {"type": "number", "exclusiveMinimum": 0},
        "tokenPrice": {"type": "number", "minimum": 0},
        "value": {"type": "number", "minimum": 0},
    },
}
VALUE = {
    "type": "object",
    "required": ["chainId", "blockNumber", "blockTimestamp", "accounts", "quoteAddress", "value"],
    "additionalProperties": False,
    "properties": {
        "chainId": {"const": 1},
        "blockNumber": {"type": "integer"},
        "blockTimestamp": {"type": "integer"},
        "accounts": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "quoteAddress": {"type": "string", "pattern": "^0x[0-9a-f]{40}$"},
        "value": {"type": "number", "minimum": 0},
        "positions": {"type": "array", "items": POSITION},
    },
}
ERROR = {
    "type": "object",
    "required": ["statusCode", "message", "error"],
    "additionalProperties": False,
    "properties": {
        "statusCode": {"type": "integer"},
        "message": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]},
        "error": {"type": "string"},
    },
}

WITH_POSITIONS = {"includePositions": "true"}


def refused(answer: httpx.Response, message: object) -> None:
    """Check that an answer is a 400 of the contract's shape with this message."""
    assert answer.status_code == 400, answer.text
    jsonschema.validate(answer.json(), ERROR)
    assert answer.json() == {"statusCode": 400, "message": message, "error": "Bad Request"}


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.label)
@pytest.mark.parametrize("at", [utc(2025, 6, 1), utc(2025, 9, 9), utc(2026, 2, 3), NOW, utc(2028, 12, 31)])
def test_answers_have_the_shape_of_the_contract(simulator: Simulator, account: Account, at: int) -> None:
    """For every account, from before its first funding on, the answer has the documented members and no others."""
    with_positions = simulator.value(account.label, now=at, params=WITH_POSITIONS)
    plain = simulator.value(account.label, now=at)
    for answer in (with_positions, plain):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        jsonschema.validate(answer.json(), VALUE)
    assert "positions" not in plain.json()
    assert with_positions.json().keys() - plain.json().keys() == {"positions"}
    assert {member: with_positions.json()[member] for member in plain.json()} == plain.json()
    assert plain.json()["accounts"] == [account.checksummed]
    assert plain.json()["quoteAddress"] == USD


def kinds(value: object) -> object:
    """The members and kinds of a JSON value, in order; numbers are of one kind, and a list is what its items are."""
    if isinstance(value, dict):
        return {member: kinds(item) for member, item in value.items()}
    if isinstance(value, list):
        return [kinds(item) for item in value[:1]]
    return "number" if isinstance(value, int | float) else type(value).__name__


@pytest.mark.parametrize("case", ["value_simple", "value_with_positions"])
def test_members_and_types_are_those_of_the_published_examples(simulator: Simulator, case: str) -> None:
    """Members, their order and their types are those of the example bodies in the provider's documentation."""
    path = PAYLOADS / f"{case}.json"
    if not path.exists():
        pytest.skip(f"the published examples are kept beside the repository, and {path} is not there")
    published = json.loads(path.read_text())
    params = WITH_POSITIONS if "positions" in published else None
    answer = simulator.value("treasury", params=params).json()
    assert json.dumps(kinds(answer)) == json.dumps(kinds(published))
    whole = [member for member, item in published.items() if isinstance(item, int)]
    assert all(isinstance(answer[member], int) for member in whole)


def test_the_error_of_two_times_is_that_of_the_published_example(simulator: Simulator) -> None:
    """Asking for a block and a timestamp gives the error body that the provider's documentation shows."""
    path = PAYLOADS / "error_400_time_both.json"
    if not path.exists():
        pytest.skip(f"the published examples are kept beside the repository, and {path} is not there")
    answer = simulator.value("treasury", params={"blockNumber": "22600001", "timestamp": str(NOW)})
    assert list(answer.json().items()) == list(json.loads(path.read_text()).items())


@pytest.mark.parametrize("labels", [["treasury"], ["operations"], ["treasury", "cold", "grants"]])
def test_every_number_follows_from_the_ledger(simulator: Simulator, labels: list[str]) -> None:
    """Balances are the ledger's sums, values balance times price, the total the sum of the rows in their order."""
    answer = simulator.value(*labels, params=WITH_POSITIONS).json()
    at = answer["blockTimestamp"]
    total: dict[str, int] = {}
    for entry in ledger().entries:
        if entry.account in labels and entry.at <= at:
            total[entry.asset] = total.setdefault(entry.asset, 0) + entry.raw_delta
    expected = {}
    for asset_id, raw in total.items():
        if raw:
            asset, price = ASSET_BY_ID[asset_id], price_usd(asset_id, at)
            balance = float(Fraction(raw, 10**asset.decimals))
            expected[asset.address] = (balance, price or 0, balance * (price or 0))
    rows = answer["positions"]
    assert {row["tokenAddress"]: (row["balance"], row["tokenPrice"], row["value"]) for row in rows} == expected
    value = 0.0
    for row in rows:
        value += row["value"]
    assert answer["value"] == value > 0


def test_rows_come_native_first_and_then_by_address(simulator: Simulator) -> None:
    """The chain's own coin is the first row, the others follow in ascending order of their addresses."""
    addresses = [row["tokenAddress"] for row in simulator.value("treasury", params=WITH_POSITIONS).json()["positions"]]
    assert len(addresses) > 20
    assert addresses[0] == NATIVE_ADDRESS
    assert addresses[1:] == sorted(addresses[1:])


def test_unpriced_tokens_keep_their_row_with_price_and_value_nought(simulator: Simulator) -> None:
    """A token that nobody prices is listed with its balance and with 0 for price and value, as the provider does."""
    rows = {
        row["tokenAddress"]: row for row in simulator.value("operations", params=WITH_POSITIONS).json()["positions"]
    }
    maximum = rows[ASSET_BY_KEY["MAXI"].address]
    assert maximum == {
        "tokenAddress": ASSET_BY_KEY["MAXI"].address,
        "balance": 1.157920892373162e59,
        "tokenPrice": 0,
        "value": 0,
    }


def test_integral_numbers_have_no_point(simulator: Simulator) -> None:
    """A balance that is whole is printed as an integer, a very long one with an exponent."""
    text = simulator.value("operations", params=WITH_POSITIONS).text
    assert f'"{ASSET_BY_KEY["TICKET"].address}","balance":120,' in text
    assert '"balance":1.157920892373162e+59,"tokenPrice":0,"value":0}' in text
    assert ".0," not in text


def test_zero_balances_are_left_out(simulator: Simulator) -> None:
    """An account that holds nothing any more gets a valid answer of value 0 without rows."""
    answer = simulator.value("cold", now=utc(2026, 7, 10), params=WITH_POSITIONS).json()
    assert (answer["value"], answer["positions"]) == (0, [])


def test_unknown_accounts_hold_nothing(simulator: Simulator) -> None:
    """An address that the book does not know is answered like a wallet that never held anything."""
    answer = simulator.value("0x" + "1" * 40, params=WITH_POSITIONS)
    assert answer.status_code == 200
    assert (answer.json()["value"], answer.json()["positions"]) == (0, [])


def test_accounts_are_echoed_as_given_and_added_up_once(simulator: Simulator) -> None:
    """The accounts come back in the caller's spelling and order, and an account named twice counts once."""
    spelled = [address("cold"), ACCOUNT_BY_LABEL["trading"].address, address("trading")]
    together = simulator.value(*spelled, params=WITH_POSITIONS).json()
    assert together["accounts"] == spelled
    once = simulator.value("cold", "trading", params=WITH_POSITIONS).json()
    assert together["positions"] == once["positions"]
    alone = [simulator.value(label, params=WITH_POSITIONS).json()["positions"] for label in ("cold", "trading")]
    ether = [rows[0]["balance"] for rows in (*alone, once["positions"])]
    assert ether[0] + ether[1] == pytest.approx(ether[2], rel=1e-15)


@pytest.mark.parametrize("repeated", [True, False])
def test_tokens_restrict_the_answer(simulator: Simulator, *, repeated: bool) -> None:
    """Only the tokens asked for are listed and valued, given with commas or repeated, in any case of letters."""
    tokens = [ASSET_BY_KEY["USDC"].address.upper().replace("0X", "0x"), NATIVE_ADDRESS, "0x" + "2" * 40]
    params = WITH_POSITIONS | {"tokens": tokens if repeated else ",".join(tokens)}
    answer = simulator.value("treasury", params=params).json()
    assert [row["tokenAddress"] for row in answer["positions"]] == [NATIVE_ADDRESS, tokens[0].lower()]
    assert answer["value"] == answer["positions"][0]["value"] + answer["positions"][1]["value"]


@pytest.mark.parametrize("quote", [EUR, EUR.replace("d", "D"), "0x3d2"])
def test_euros_are_dollars_at_the_fixed_rate(simulator: Simulator, quote: str) -> None:
    """Quoted in euros every price is the dollar price times the one rate, and the quote's full address is echoed."""
    euros = simulator.value("treasury", params=WITH_POSITIONS | {"quoteAddress": quote}).json()
    dollars = simulator.value("treasury", params=WITH_POSITIONS | {"quoteAddress": USD}).json()
    assert euros["quoteAddress"] == EUR
    for euro, dollar in zip(euros["positions"], dollars["positions"], strict=True):
        assert euro["tokenPrice"] == dollar["tokenPrice"] * EUR_PER_USD
        assert euro["value"] == euro["balance"] * euro["tokenPrice"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"blockNumber": "22600001", "timestamp": str(NOW)}, "Only one of {blockNumber} or {timestamp} can be set."),
        ({"tokens": "0x12"}, ["Invalid token address"]),
        ({"tokens": ""}, ["Invalid token address"]),
        ({"tokens": [NATIVE_ADDRESS, "USDC"]}, ["Invalid token address"]),
        ({"quoteAddress": "0x33a"}, ["Invalid quote address"]),
        ({"quoteAddress": "USD"}, ["Invalid quote address"]),
        ({"quoteAddress": [USD, EUR]}, ["Invalid quote address"]),
        ({"includePositions": "1"}, ["includePositions must be a boolean value"]),
        ({"blockNumber": "latest"}, ["blockNumber must be an integer number"]),
        ({"timestamp": "-1"}, ["timestamp must be an integer number"]),
        ({"timestamp": "1.5"}, ["timestamp must be an integer number"]),
        ({"timestamp": "٣"}, ["timestamp must be an integer number"]),
        ({"timestamp": [str(NOW), str(NOW)]}, ["timestamp must be an integer number"]),
    ],
)
def test_bad_parameters_are_refused(simulator: Simulator, params: dict[str, str | list[str]], message: object) -> None:
    """A parameter outside the contract is a 400 in the contract's error shape that names what is wrong."""
    refused(simulator.value("treasury", params=params), message)


@pytest.mark.parametrize(
    "account", ["0x1", "treasury.eth", "0x" + "g" * 40, "1" * 42, "0x" + "1" * 41, f"0x{'1' * 40},"]
)
def test_malformed_accounts_are_refused(simulator: Simulator, account: str) -> None:
    """Anything but addresses of twenty bytes between the commas is a 400."""
    refused(simulator.value(account), ["Invalid account address"])
    refused(simulator.value("treasury", account), ["Invalid account address"])


@pytest.mark.parametrize("chain", ["10", "8453", "01", "eip155:1", "0x1"])
def test_only_ethereum_is_known(simulator: Simulator, chain: str) -> None:
    """Every chain but 1 is a 400."""
    refused(simulator.value("treasury", chain=chain), ["chainId must be one of the following values: 1"])


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/credmark/v1/portfolio/1"), ("POST", "/credmark/health"), ("GET", "/credmark/v2/tokens/1")],
)
def test_paths_that_are_not_there_answer_in_the_dialect(simulator: Simulator, method: str, path: str) -> None:
    """An unknown path or method is a 404 in the contract's error shape."""
    answer = simulator.http.request(method, simulator.url + path)
    assert answer.status_code == 404
    jsonschema.validate(answer.json(), ERROR)
    assert answer.json()["message"] == f"Cannot {method} {path.removeprefix('/credmark')}"


def test_health_needs_no_key(simulator: Simulator) -> None:
    """The health endpoint answers anybody."""
    answer = simulator.http.get(f"{simulator.url}/credmark/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_blocks_can_be_asked_by_number(simulator: Simulator) -> None:
    """A block number gives the same answer as any instant from that block's time to the next block."""
    number = ETHEREUM.at_or_before(NOW - 1000)
    by_number = simulator.value("trading", params={"blockNumber": str(number)})
    assert by_number.json()["blockNumber"] == number
    assert by_number.json()["blockTimestamp"] == ETHEREUM.time_of(number)
    for at in (ETHEREUM.time_of(number), ETHEREUM.time_of(number) + 11):
        assert simulator.value("trading", params={"timestamp": str(at)}).content == by_number.content
    refused(
        simulator.value("trading", params={"blockNumber": str(ETHEREUM.first - 1)}),
        f"No ledger data before block {ETHEREUM.first}.",
    )
    latest = ETHEREUM.at_or_before(NOW)
    refused(
        simulator.value("trading", params={"blockNumber": str(latest + 1)}),
        f"Block {latest + 1} is later than the latest block {latest}.",
    )


def test_instants_before_the_book_are_refused(simulator: Simulator) -> None:
    """An instant before the book begins, asked for or lived in, is a 400; its first instant is not."""
    message = f"No ledger data before block {ETHEREUM.first}."
    refused(simulator.value("treasury", params={"timestamp": str(BEGIN_AT - 1)}), message)
    refused(simulator.value("treasury", now=BEGIN_AT - 1), message)
    assert simulator.value("treasury", params={"timestamp": str(BEGIN_AT)}).json()["blockNumber"] == ETHEREUM.first
