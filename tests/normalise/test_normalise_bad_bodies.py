"""Promises about bad bodies: each is refused with the path of its fault, and nothing else ever comes of one."""

import itertools

import pytest

from dagster_project.errors import UnreadableError
from dagster_project.holdings import PriceStatus
from dagster_project.normalise.credmark import normalise
from tests.normalise.asking import WALLET, cell, pull
from tests.normalise.bodies import HEADER, NATIVE, POSITION, TOKEN, body, position, spelled
from tests.normalise.payload_files import OURS

Where = tuple[str | int, ...]

DEEP = 100_000
UNKNOWN = ("", '"note":1,')
"""Nothing, and a member that the contract does not know: the second makes the reader take its longer way."""

BOTH_WAYS = pytest.mark.parametrize("unknown", UNKNOWN, ids=["alone", "beside_an_unknown_member"])
NO_UTF8 = [b"\xff", b"\xc3", b"\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"]

PLACES: list[Where] = [(name,) for name in HEADER] + [("positions", 1, name) for name in POSITION]
WRONG = {
    "int": ["null", "true", '"1.5"', '" 1"', '"0x1"', "1.5", "9007199254740993.5", "[]", "{}", "-1", "1e400"],
    "double": [
        "null",
        "false",
        '"six"',
        '"1_000"',
        '"NaN"',
        '" 6"',
        "[6]",
        "{}",
        "-1",
        '"-1"',
        "-5e-324",
        "1e400",
        '"1e400"',
        "1" + "0" * 400,
    ],
    "text": ["null", "true", "1", "[]", "{}"],
    "list": ["null", "true", "1", '""', "{}"],
}
HOSTILE = [
    "<script>alert(1)</script>",
    "'; drop table balance; --",
    "\x1b[2J\x1b]0;owned\x07",
    "\0",
    "\u202ecba",
    "x" * 10_240,
    "\U000e0001" * 5_000,
    "0x" + "\u0661" * 40,
    TOKEN + "\n",
    "0X" + TOKEN[2:],
    "0x" + "g" * 40,
    "\ufeff" + TOKEN,
]
NULLABLE: list[Where] = [("blockNumber",), ("value",), ("positions", 1, "tokenPrice"), ("positions", 1, "value")]
"""Members that a wallet's value can go without: null says that nothing is known of them."""

OPTIONAL: list[Where] = [("blockNumber",), ("value",)]
"""Members that need not even stand there."""

KINDS = {
    "chainId": "int",
    "blockNumber": "int",
    "blockTimestamp": "int",
    "accounts": "list",
    "quoteAddress": "text",
    "positions": "list",
    "tokenAddress": "text",
}


def path_of(where: Where) -> str:
    """The path as it is shown to people."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)


def without(where: Where, unknown: str) -> bytes:
    """An answer without the member at `where`."""
    content = spelled(where, '"@gone@"', unknown=unknown).decode()
    for gone in (f'"{where[-1]}": "@gone@", ', f', "{where[-1]}": "@gone@"'):
        content = content.replace(gone, "")
    assert "@gone@" not in content
    return content.encode()


def refusal(content: bytes) -> UnreadableError:
    """The error that a body ends in; any other exception and any row fail the test."""
    with pytest.raises(UnreadableError) as caught:
        normalise(pull(), content)
    assert str(caught.value) == f"{caught.value.where}: {caught.value.why}"
    return caught.value


def test_kinds_are_all_tried() -> None:
    """Every member of the contract is given every wrong kind of value somewhere below."""
    assert {str(where[-1]) for where in PLACES} == {*HEADER, *POSITION}
    assert set(KINDS) < {*HEADER, *POSITION}


@BOTH_WAYS
def test_wrong_value_is_refused_at_its_path(unknown: str) -> None:
    """A value of a wrong type or out of range is refused with its own path, beside unknown members too."""
    found = {
        (path_of(where), value): refusal(spelled(where, value, unknown=unknown)).where
        for where in PLACES
        for value in WRONG[KINDS.get(str(where[-1]), "double")]
        if value != "null" or where not in NULLABLE
    }
    assert found == {(where, value): where for where, value in found}


@BOTH_WAYS
@pytest.mark.parametrize("spelling", ['"{}"', "{}.0", "{}e0"])
def test_a_number_in_another_spelling_is_the_same_number(unknown: str, spelling: str) -> None:
    """A number in quotes, or a whole one with a fraction of zero, is read as that number, and nothing is lost."""
    for where, number in (("chainId",), 1), (("blockTimestamp",), 1_687_789_943), (("positions", 1, "balance"), 2):
        plain = normalise(pull(), spelled(where, str(number), unknown=unknown))
        assert normalise(pull(), spelled(where, spelling.format(number), unknown=unknown)).rows == plain.rows
    exact = normalise(pull(), spelled(("positions", 1, "balance"), '"0.1000000000000000055511151231257827"'))
    assert [one.amount for one in exact.rows[cell()]][-1] == 0.1


@BOTH_WAYS
def test_null_is_read_where_the_value_does_not_need_it(unknown: str) -> None:
    """Null for a price, a value or the block's number leaves just that unknown, and the amounts stay."""
    for where in NULLABLE:
        reading = normalise(pull(), spelled(where, "null", unknown=unknown))
        assert [one.amount for one in reading.rows[cell()]] == [2.0, 2.0]
    unpriced = normalise(pull(), spelled(("positions", 1, "tokenPrice"), "null")).rows[cell()][-1]
    assert (unpriced.price_usd, unpriced.price_status) == (None, PriceStatus.UNKNOWN)


@pytest.mark.parametrize(
    "word", ["NaN", "Infinity", "-Infinity", "nan", "+1", "01", "0x10", "1_000", ".5", "1.", "'1'"]
)
def test_number_that_is_no_json_is_refused(word: str) -> None:
    """A number that JSON does not have is refused wherever it stands, in unknown members too."""
    for where, unknown in itertools.product(PLACES, UNKNOWN):
        refusal(spelled(where, word, unknown=unknown))
    refusal(spelled(["value"], "12", unknown=f'"note":{word},'))


@BOTH_WAYS
def test_missing_member_is_refused_at_its_path(unknown: str) -> None:
    """A member that is not there is refused with the path at which it should be."""
    places = [where for where in PLACES if where not in OPTIONAL]
    found = {path_of(where): refusal(without(where, unknown)).where for where in places}
    assert found == {path: path for path in found}


@BOTH_WAYS
def test_body_cut_at_any_byte_is_refused(unknown: str) -> None:
    """A body that ends too early is refused, wherever it ends."""
    whole = spelled(["value"], "12", unknown=unknown)
    for length in range(len(whole)):
        assert refusal(whole[:length]).where.startswith("$")


@pytest.mark.parametrize("payload", ["published_wallet.json", "unknown_members.json"])
def test_published_body_cut_at_any_byte_is_refused(payload: str) -> None:
    """The same holds of a body with the published numbers, and of one with unknown members."""
    whole = (OURS / payload).read_bytes()
    for length in range(len(whole)):
        refusal(whole[:length])


@pytest.mark.parametrize(
    "nest",
    ["[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "[" * DEEP, '[{"a":' * DEEP],
    ids=["lists", "objects", "unclosed_lists", "unclosed_mixture"],
)
def test_bottomless_nesting_is_refused(nest: str) -> None:
    """A hundred thousand levels are refused, bare, in any known member, in an unknown one and behind the answer."""
    refusal(nest.encode())
    refusal(body(position()) + nest.encode())
    refusal(spelled(["value"], "12", unknown=f'"note":{nest},'))
    for where, unknown in itertools.product([*PLACES, ("accounts", 0), ("positions", 1)], UNKNOWN):
        refusal(spelled(where, nest, unknown=unknown))


@BOTH_WAYS
def test_text_that_is_no_utf8_is_refused(unknown: str) -> None:
    """Bytes that are no UTF-8 are refused in every text, beside unknown members too."""
    texts: list[Where] = [
        ("accounts", 0),
        ("quoteAddress",),
        ("positions", 0, "tokenAddress"),
        ("positions", 1, "value"),
    ]
    for where, bad in itertools.product(texts, NO_UTF8):
        refusal(spelled(where, '"@"', unknown=unknown).replace(b"@", bad))


@pytest.mark.parametrize("note", ['"@":1,', '"note":"@",', '"note":[{"@":0}],'])
def test_unknown_text_that_is_no_utf8_is_refused(note: str) -> None:
    """Bytes that are no UTF-8 are refused in what the contract does not know, in its names and in its texts."""
    for bad in NO_UTF8:
        refusal(spelled(["value"], "12", unknown=note).replace(b"@", bad))


@pytest.mark.parametrize(
    "junk", [b"x", b"\0", b",", b"}", b"{}", b"null", b"\xef\xbb\xbf", b"\n//", b" \x1b[0m"], ids=repr
)
def test_junk_around_an_answer_is_refused(junk: bytes) -> None:
    """Anything but white space in front of an answer or behind it makes the whole of it unreadable."""
    for unknown in UNKNOWN:
        whole = spelled(["value"], "12", unknown=unknown)
        refusal(whole + junk)
        refusal(junk + whole)
        normalise(pull(), b" \r\n\t" + whole + b" \r\n\t")


@BOTH_WAYS
@pytest.mark.parametrize(("digits", "fits"), [(2**256 - 1, True), (2**256 + 2**204, False), (10**78, False)])
def test_amount_beyond_uint256_is_refused(digits: int, unknown: str, *, fits: bool) -> None:
    """An amount of 2^256 - 1 is taken exactly as it is written, the next double and 79 digits are not."""
    content = spelled(["positions", 1, "balance"], str(digits), unknown=unknown)
    if fits:
        (rows,) = normalise(pull(), content).rows.values()
        assert float.hex(rows[1].amount or 0.0) == float(digits).hex()
    else:
        assert refusal(content).where == "$.positions[1].balance"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (TOKEN, TOKEN),
        (TOKEN, "0x" + "A1" * 20),
        (NATIVE, NATIVE),
        (NATIVE, "0x" + "E" * 40),
        ("0x" + "eE" * 20, NATIVE),
    ],
)
@pytest.mark.parametrize("balance", [2.0, 0.0])
def test_asset_listed_twice_is_refused(first: str, second: str, balance: float) -> None:
    """A token or the native coin listed twice is refused in any case of letters, held or not, with both places."""
    entries = [position("0x" + "b2" * 20), position(first), position("0x" + "c3" * 20), position(second, balance)]
    error = refusal(body(*entries))
    assert (error.where, error.why) == ("$.positions[3].tokenAddress", "repeats $.positions[1]")


@pytest.mark.parametrize("chain", [0, 10, 11, 56, 137, 8453, 2**53, 10**4_000, -1])
def test_answer_about_another_chain_is_refused(chain: int) -> None:
    """An answer of another chain than the one asked for is refused."""
    assert refusal(spelled(["chainId"], str(chain))).where == "$.chainId"


@pytest.mark.parametrize(
    "accounts",
    [[], [WALLET, WALLET], [TOKEN], [WALLET, TOKEN], [WALLET[:-1]], [WALLET + " "], [f"eip155:1:{WALLET}"], [""]],
)
def test_answer_about_other_accounts_is_refused(accounts: list[str]) -> None:
    """An answer about another wallet, several or none is refused, and one in another case of letters is not."""
    assert refusal(body(position(), accounts=accounts)).where == "$.accounts"
    normalise(pull(), body(position(), accounts=[WALLET.lower()]))


@pytest.mark.parametrize("quote", ["0x" + "0" * 37 + "3d2", "0x" + "0" * 39 + "1", "USD", "", "0x348", TOKEN])
def test_answer_in_another_currency_is_refused(quote: str) -> None:
    """An answer in another currency than US dollars is refused."""
    assert refusal(body(position(), quoteAddress=quote)).where == "$.quoteAddress"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("where", [("accounts", 0), ("quoteAddress",), ("positions", 1, "tokenAddress")], ids=path_of)
def test_hostile_text_is_refused_in_short_and_printable_words(where: Where, text: str) -> None:
    """Text that is no address is refused, and the words for it are short and can do nothing to a terminal."""
    plain = "".join(f"\\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le")).cast("H"))
    for unknown in UNKNOWN:
        error = refusal(spelled(where, f'"{plain}"', unknown=unknown))
        assert error.where == path_of(where[:1] if where[0] == "accounts" else where)
        assert len(str(error)) < 800
        assert str(error).isprintable()


def test_refusal_of_endless_digits_is_short() -> None:
    """A number of thousands of digits is refused in few words: they are stored, logged and shown."""
    endless = ("9" * 4_000, "-" + "9" * 4_000, "0." + "0" * 3_000 + "1e99999", "9" * 100_000)
    for where, digits in itertools.product(PLACES, endless):
        assert len(str(refusal(spelled(where, digits)))) < 800, path_of(where)
