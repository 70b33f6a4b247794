"""Promises of token lists: a good one is read by chain, and one with a fault is refused whole at its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.errors import UnreadableError
from dagster_project.normalise.onchain_question import Token
from dagster_project.normalise.token_list import read_list
from dagster_project.sources.onchain import OnchainOptions

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


def changed(**members: object) -> bytes:
    """The list with other members of its first token, or of itself."""
    own = {name: value for name, value in members.items() if name in GOOD}
    token = GOOD["tokens"][0] | {name: value for name, value in members.items() if name not in GOOD}
    return json.dumps(GOOD | {"tokens": [token, *GOOD["tokens"][1:]]} | own).encode()


def test_a_list_gives_its_tokens_by_chain() -> None:
    """Each EVM token comes once with its chain and what the list says of it; other chains' tokens are passed over."""
    read = read_list(changed())
    assert (read.name, read.version) == ("My List", "1.0.0")
    assert list(read.tokens) == [
        ("eip155:1", Token(USDC.lower(), 6, "USDC", "USD Coin")),
        ("eip155:10", Token(USDC.lower(), 0, "", "")),
    ]


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"decimals": 256}, "$.tokens[0].decimals"),
        ({"decimals": "6"}, "$.tokens[0].decimals"),
        ({"address": "0x12"}, "$.tokens[0].address"),
        ({"symbol": "two words"}, "$.tokens[0].symbol"),
        ({"symbol": "x" * 21}, "$.tokens[0].symbol"),
        ({"name": "x" * 31}, "$.name"),
        ({"chainId": 0}, "$.tokens[0].chainId"),
        ({"chainId": 10}, "$.tokens[1].decimals"),
        ({"tokens": []}, "$.tokens"),
        ({"version": {"major": 1}}, "$.version"),
    ],
)
def test_a_list_with_a_fault_is_refused(members: dict[str, Any], where: str) -> None:
    """A list that breaks a rule of the schema, or contradicts itself, is refused whole, with the place."""
    with pytest.raises(UnreadableError) as caught:
        read_list(changed(**members))
    assert caught.value.where == where


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    """Bytes that are no token list are refused and nothing else comes."""
    with pytest.raises(UnreadableError):
        read_list(content)


def test_settings_read_lists_beside_them(tmp_path: Path) -> None:
    """A list is found relative to the settings' folder; one that is not there is said by its name."""
    (tmp_path / "mine.json").write_bytes(changed())
    read = OnchainOptions.model_validate({"token_lists": ["mine.json"]}).read_beside(tmp_path, None)
    assert [token.symbol for token in read.listed("eip155:1")] == ["USDC"]
    with pytest.raises(ValueError, match=r"gone\.json cannot be read"):
        OnchainOptions.model_validate({"token_lists": ["gone.json"]}).read_beside(tmp_path, None)
