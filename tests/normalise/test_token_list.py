"""Promises of token lists: a good list is read by chain; a token with a fault is left out and its place named."""

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.errors import UnreadableError
from dagster_project.normalise.onchain_question import Token
from dagster_project.normalise.token_list import read_list
from dagster_project.sources.onchain import OnchainOptions
from dagster_project.sources.onchain_lists import ListSource

USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
GOOD: dict[str, Any] = {
    "name": "My List",
    "timestamp": "2026-11-01T00:00:00Z",
    "version": {"major": 1, "minor": 0, "patch": 0},
    "tokens": [
        {"chainId": 1, "address": USDC, "decimals": 6, "symbol": "USDC", "name": "USD Coin", "tags": ["stable"]},
        {"chainId": 10, "address": USDC, "decimals": 0, "symbol": "", "name": ""},
        {"chainId": 501, "address": "So" + "1" * 40, "decimals": 9, "symbol": "SOL", "name": "Solana"},
    ],
    "keywords": ["default"],
}


def token_changed(**members: object) -> bytes:
    """The list with other members of its first token, or of itself."""
    own = {name: value for name, value in members.items() if name in GOOD}
    token = GOOD["tokens"][0] | {name: value for name, value in members.items() if name not in GOOD}
    return json.dumps(GOOD | {"tokens": [token, *GOOD["tokens"][1:]]} | own).encode()


def test_a_list_gives_its_tokens_by_chain() -> None:
    """Each EVM token comes once with its chain and what the list says of it; other chains' tokens are passed over."""
    read = read_list(token_changed())
    assert (read.name, read.version) == ("My List", "1.0.0")
    assert list(read.tokens) == [
        ("eip155:1", Token(USDC.lower(), 6, "USDC", "USD Coin")),
        ("eip155:10", Token(USDC.lower(), 0, "", "")),
    ]


@pytest.mark.parametrize(
    ("members", "where", "token"),
    [
        ({"decimals": 256}, "$.tokens[0].decimals", Token(USDC.lower(), None, "USDC", "USD Coin")),
        ({"decimals": "six"}, "$.tokens[0].decimals", Token(USDC.lower(), None, "USDC", "USD Coin")),
        ({"decimals": None}, "$.tokens[0].decimals", Token(USDC.lower(), None, "USDC", "USD Coin")),
        ({"symbol": "two words"}, "$.tokens[0].symbol", Token(USDC.lower(), 6, "twowords", "USD Coin")),
        ({"symbol": "x" * 21}, "$.tokens[0].symbol", Token(USDC.lower(), 6, "x" * 20, "USD Coin")),
        ({"address": "0x12"}, "$.tokens[0].address", None),
        ({"address": 12}, "$.tokens[0].address", None),
        ({"chainId": 0}, "$.tokens[0].chainId", None),
        ({"chainId": "one"}, "$.tokens[0].chainId", None),
    ],
    ids=str,
)
def test_a_token_with_a_fault_costs_itself(members: dict[str, Any], where: str, token: Token | None) -> None:
    """A token without address or chain is left out, what else is wrong is mended or asked; all others stay."""
    read = read_list(token_changed(**members))
    (fault,) = read.faults
    assert fault.where == where
    assert ("left out" in fault.why) == (token is None)
    first = [] if token is None else [("eip155:1", token)]
    assert list(read.tokens) == [*first, ("eip155:10", Token(USDC.lower(), 0, "", ""))]


def test_a_token_that_contradicts_itself_is_asked(tmp_path: Path) -> None:
    """Where a list names one address twice with other decimals, its contract says which are right."""
    read = read_list(token_changed(chainId=10))
    assert list(read.tokens) == [("eip155:10", Token(USDC.lower(), None, "USDC", "USD Coin"))]
    assert [fault.where for fault in read.faults] == ["$.tokens[1].decimals"]
    (tmp_path / "mine.json").write_bytes(token_changed(chainId=10))
    options = OnchainOptions.model_validate({"token_lists": ["mine.json"]}).read_beside(tmp_path, None)
    assert options.faults("eip155:10") == options.notes()
    assert options.faults("eip155:1") == ()


@pytest.mark.parametrize(
    "members",
    [{"name": "x" * 31}, {"name": None}, {"timestamp": 5}, {"keywords": 7}, {"decimals": "6"}, {"chainId": "1"}],
    ids=str,
)
def test_what_does_not_matter_is_no_fault(members: dict[str, Any]) -> None:
    """A list's own name and time are not needed, and numbers in quotes are numbers."""
    read = read_list(token_changed(**members))
    assert (len(read.tokens), read.faults) == (2, ())
    assert read.tokens[0] == ("eip155:1", Token(USDC.lower(), 6, "USDC", "USD Coin"))


def test_a_list_without_a_version_is_read_and_not_taken_for_a_pinned_one() -> None:
    """A list whose version cannot be read has none, and is refused where the settings pin a version."""
    content = token_changed(version={"major": 1})
    assert read_list(content).version == ""
    with pytest.raises(UnreadableError, match=r"the settings pin 1\.0\.0"):
        ListSource(file="mine.json", version="1.0.0").check(content)


@pytest.mark.parametrize(
    ("members", "where"),
    [({"tokens": []}, "$.tokens"), ({"tokens": "none"}, "$.tokens"), ({"tokens": [{}, None]}, "$.tokens[0].chainId")],
    ids=str,
)
def test_a_list_of_which_nothing_can_be_read_is_refused(members: dict[str, Any], where: str) -> None:
    """A list of which no token can be read is refused, and the error names the place of its first fault."""
    with pytest.raises(UnreadableError) as caught:
        read_list(token_changed(**members))
    assert caught.value.where == where


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    """Bytes that are no token list are refused and nothing else comes."""
    with pytest.raises(UnreadableError):
        read_list(content)


def test_settings_read_lists_beside_them(tmp_path: Path) -> None:
    """A list is found relative to the settings' folder; one that is not there stops the plan, and no settings."""
    (tmp_path / "mine.json").write_bytes(token_changed())
    read = OnchainOptions.model_validate({"token_lists": ["mine.json"]}).read_beside(tmp_path, None)
    assert [token.symbol for token in read.listed("eip155:1")] == ["USDC"]
    assert list(read.unusable()) == []
    (tmp_path / "odd.json").write_bytes(b"{}")
    odd = OnchainOptions.model_validate({"token_lists": ["mine.json", "gone.json", "odd.json"]})
    gone, broken = odd.read_beside(tmp_path, None).unusable()
    assert gone.startswith("the token list gone.json cannot be read (No such file or directory)")
    assert broken.startswith("the token list odd.json is no token list by the Uniswap standard: $.tokens")
    assert gone.endswith("; correct it, or take it out")
