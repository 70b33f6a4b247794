"""Promises of caip.py and chains.py: accounts as people write them, and one spelling inside."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dagster_project import caip, chains
from dagster_project.simulator.book.accounts import eip55
from tests.settings.settings_file import ROOT, SOLANA, SOLANA_WALLET, WALLET

VECTORS = ROOT / ".." / "shared" / "contracts" / "payloads" / "identifiers" / "vectors.json"

EIP55 = (
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)
"""The test cases of ERC-55."""

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

quietly = settings(database=None, deadline=None)
evm_addresses = st.binary(min_size=20, max_size=20).map(lambda raw: f"0x{raw.hex()}")


def base58(raw: bytes) -> str:
    """Write bytes in base58, as Solana does."""
    number, letters = int.from_bytes(raw), ""
    while number:
        number, digit = divmod(number, 58)
        letters = BASE58[digit] + letters
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + letters


def vectors(path: Path, name: str) -> list[str]:
    """Read published examples from beside the repository; they are not ours to ship."""
    if not path.exists():
        pytest.skip(f"the published examples are not here: {path.name} beside the repository")
    listed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return [str(one) for one in listed[name]]


@pytest.mark.parametrize("address", EIP55)
def test_erc_55_is_spelled_as_published(address: str) -> None:
    """The addresses that ERC-55 lists are spelled as it spells them, from lower and from upper case."""
    assert caip.checksum_address(address.lower()) == address
    assert caip.checksum_address("0x" + address[2:].upper()) == address
    assert caip.parse_account(address) == (f"eip155:0:{address.lower()}", address, None)


@given(evm_addresses)
@quietly
def test_an_address_is_the_same_account_in_any_case(address: str) -> None:
    """Lower case, upper case and the checksummed spelling are one account, shown as the checksum spells it."""
    spelled = eip55(address)
    expected = (f"eip155:0:{address}", spelled, None)
    for written in (address, "0x" + address[2:].upper(), spelled):
        assert caip.parse_account(written) == expected
        chain_named = caip.parse_account(f"eip155:8453:{written}")
        assert chain_named == (*expected[:2], "eip155:8453")
        assert caip.parse_account(f"eip155:0:{written}") == expected


@given(evm_addresses, st.data())
@quietly
def test_a_wrong_checksum_is_refused_with_the_right_spelling(address: str, data: st.DataObject) -> None:
    """A mixed-case address with one letter in the wrong case is refused, and told how it is spelled."""
    spelled = eip55(address)
    letters = [place for place, letter in enumerate(spelled) if place > 1 and letter.isalpha()]
    assume(letters)
    place = data.draw(st.sampled_from(letters))
    wrong = spelled[:place] + spelled[place].swapcase() + spelled[place + 1 :]
    assume(wrong[2:] not in (wrong[2:].lower(), wrong[2:].upper()))
    for written in (wrong, f"eip155:1:{wrong}"):
        with pytest.raises(ValueError, match="wrong EIP-55 checksum") as caught:
            caip.parse_account(written)
        assert spelled in str(caught.value)
        assert "all lower case" in str(caught.value)


def test_a_solana_account_may_be_written_in_two_parts() -> None:
    """`solana:<address>` is the same account as its CAIP-10 form, and its case is kept."""
    whole = f"{SOLANA}:{SOLANA_WALLET}"
    assert caip.parse_account(f"solana:{SOLANA_WALLET}") == (whole, SOLANA_WALLET, SOLANA)
    assert caip.parse_account(whole) == (whole, SOLANA_WALLET, SOLANA)


@given(st.binary(min_size=32, max_size=32))
@quietly
def test_every_solana_key_is_an_account(raw: bytes) -> None:
    """Any 32 bytes in base58 are a Solana account, written letter by letter as they came."""
    written = base58(raw)
    assert caip.parse_account(f"solana:{written}") == (f"{SOLANA}:{written}", written, SOLANA)


@pytest.mark.parametrize("length", [24, 25, 30, 31, 33])
def test_a_solana_address_of_another_length_is_refused(length: int) -> None:
    """Base58 text that is not 32 bytes was cut or is something else, so it is no account."""
    written = base58(b"\7" * length)
    with pytest.raises(ValueError, match="Solana address"):
        caip.parse_account(f"solana:{written}")


def test_a_chain_is_no_account() -> None:
    """The CAIP-2 id of a chain, pasted where an account is due, is refused."""
    for chain in ("eip155:1", SOLANA):
        with pytest.raises(ValueError, match=r"address|CAIP-10"):
            caip.parse_account(chain)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "is not 0x followed by 40 hexadecimal digits"),
        ("0x", "is not 0x followed by 40 hexadecimal digits"),
        (WALLET[:-1], "is not 0x followed by 40 hexadecimal digits"),
        (f"{WALLET}0", "is not 0x followed by 40 hexadecimal digits"),
        (WALLET[2:], "is not 0x followed by 40 hexadecimal digits"),
        (f"{WALLET}\n", "is not 0x followed by 40 hexadecimal digits"),
        (f"{WALLET[:-1]}g", "is not 0x followed by 40 hexadecimal digits"),
        (f"{WALLET[:-1]}\u0661", "is not 0x followed by 40 hexadecimal digits"),
        ("someone.eth", "is not 0x followed by 40 hexadecimal digits"),
        (f"eip155:1:{WALLET[:-1]}", "is not 0x followed by 40 hexadecimal digits"),
        (f"eip155:{WALLET}", "is neither an EVM address (0x and 40 digits) nor CAIP-10 (namespace:chain:address)"),
        (f"EIP155:1:{WALLET}", "is neither an EVM address (0x and 40 digits) nor CAIP-10 (namespace:chain:address)"),
        (f"eip155:1:{WALLET}:2", "is neither an EVM address (0x and 40 digits) nor CAIP-10 (namespace:chain:address)"),
        (f"eip155::{WALLET}", "is neither an EVM address (0x and 40 digits) nor CAIP-10 (namespace:chain:address)"),
        (f"eip155:1: {WALLET}", "is neither an EVM address (0x and 40 digits) nor CAIP-10 (namespace:chain:address)"),
        ("solana:0OIl", "is not a Solana address"),
        (f"solana:{SOLANA_WALLET.replace('z', '0')}", "is not a Solana address"),
        (f"{SOLANA}:{WALLET}", "is not a Solana address"),
        ("cosmos:cosmoshub-3:cosmos1t2uflq", "namespace 'cosmos' is not supported; known: eip155, solana"),
    ],
)
def test_what_is_no_account_is_refused_with_the_reason(written: str, why: str) -> None:
    """Malformed text is a ValueError that says what an account looks like."""
    with pytest.raises(ValueError, match=r".") as caught:
        caip.parse_account(written)
    assert why in str(caught.value)


def test_a_bare_solana_address_is_told_how_it_is_written() -> None:
    """A Solana address without its namespace is refused with the spelling that would do."""
    with pytest.raises(ValueError, match=f"solana:{SOLANA_WALLET}"):
        caip.parse_account(SOLANA_WALLET)


def test_published_examples_of_erc_55_are_spelled_so() -> None:
    """Each published checksummed address is its own right spelling."""
    listed = vectors(VECTORS, "eip55_valid")
    assert listed
    assert [caip.checksum_address(address.lower()) for address in listed] == listed


def test_published_accounts_are_read_or_told_apart() -> None:
    """Published CAIP-10 accounts are read where their namespace is known, else refused by its name."""
    listed = vectors(VECTORS, "caip10_valid")
    assert listed
    for written in listed:
        chain, _, address = written.rpartition(":")
        assert caip.is_chain_id(chain)
        if caip.namespace_of(written) == "eip155":
            assert caip.parse_account(written) == (f"eip155:0:{address.lower()}", address, chain)
        else:
            with pytest.raises(ValueError, match=f"namespace '{caip.namespace_of(written)}' is not supported"):
                caip.parse_account(written)


def test_accounts_as_one_provider_publishes_them_are_read() -> None:
    """The provider's own three spellings are two accounts: its Solana ones are the same."""
    evm, two_parts, three_parts = vectors(VECTORS, "onebalance_accounts")
    assert caip.parse_account(evm)[2] == evm.rpartition(":")[0]
    assert caip.parse_account(two_parts) == caip.parse_account(three_parts)


def test_published_token_types_are_spelled_in_lower_case() -> None:
    """Published ERC-20 types come out the same, but for the case of the address."""
    listed = [*vectors(VECTORS, "caip19_valid"), *vectors(VECTORS, "onebalance_assets")]
    tokens = [one.split("/erc20:") for one in listed if "/erc20:" in one]
    assert len(tokens) >= 3
    for chain, address in tokens:
        assert caip.erc20(chain, address) == f"{chain}/erc20:{address.lower()}"


@pytest.mark.parametrize("address", ["", "0x1", WALLET[2:], f"{WALLET}0"])
def test_a_token_needs_an_address(address: str) -> None:
    """What is no EVM address is no token's either."""
    with pytest.raises(ValueError, match="0x followed by 40 hexadecimal digits"):
        caip.erc20("eip155:1", address)


@pytest.mark.parametrize(
    ("text", "is_chain"),
    [
        ("eip155:1", True),
        ("cosmos:Binance-Chain-Tigris", True),
        (SOLANA, True),
        ("eip155", False),
        ("eip155:", False),
        ("eip155:1\n", False),
        ("eip155:1:2", False),
        ("EIP155:1", False),
        ("ei:1", False),
        ("eip155eip:1", False),
        (f"eip155:{'1' * 33}", False),
        ("", False),
    ],
)
def test_a_chain_id_has_the_grammar_of_caip_2(text: str, is_chain: bool) -> None:  # noqa: FBT001 - a column of the table
    """A namespace of 3 to 8 letters, a colon, a reference of 1 to 32, and nothing else."""
    assert caip.is_chain_id(text) is is_chain


def test_the_table_of_chains_is_consistent() -> None:
    """Each chain stands under its own id, has a name of its own, and a native coin on itself."""
    for chain_id, chain in chains.CHAINS.items():
        assert chain.chain_id == chain_id
        assert caip.is_chain_id(chain_id)
        assert caip.namespace_of(chain_id) in (caip.EVM, caip.SOLANA)
        assert chain.native_asset_id.startswith(f"{chain_id}/slip44:")
        assert chain.native_symbol
    assert len({chain.name for chain in chains.CHAINS.values()}) == len(chains.CHAINS)
    assert caip.ANY_EVM_CHAIN not in chains.CHAINS


@pytest.mark.parametrize("chain_id", sorted(name for name in chains.CHAINS if name.startswith("eip155:")))
def test_the_native_pseudo_address_is_the_native_coin(chain_id: str) -> None:
    """0xeeee… in any case is the chain's own coin, any other address a token of it."""
    native = chains.CHAINS[chain_id].native_asset_id
    for written in ("0x" + "e" * 40, "0x" + "E" * 40, "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"):
        assert chains.evm_asset(chain_id, written) == native
    assert chains.evm_asset(chain_id, WALLET) == f"{chain_id}/erc20:{WALLET.lower()}"
    with pytest.raises(ValueError, match="0x followed by 40 hexadecimal digits"):
        chains.evm_asset(chain_id, "ETH")
