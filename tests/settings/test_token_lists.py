"""Promises of token lists: the one that ships, and those at an address, which are fetched on demand and pinned."""

import hashlib
import json
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address

from dagster_project.errors import SettingsError, UsageError
from dagster_project.normalise.token_list import read_list
from dagster_project.sources import onchain_lists
from dagster_project.sources.onchain_chains import FACTS
from tests.portfolio import Portfolio
from tests.snapshot.lived import brings

SHIPPED = Path(onchain_lists.__file__).with_name("well_known_tokens.json")
URL = "onchain/tokens.json"


@pytest.fixture
def chain(portfolio: Portfolio) -> Portfolio:
    """Give a portfolio that names a list by its address."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("onchain",)
    pinned(portfolio)
    return portfolio


def pinned(portfolio: Portfolio, **pins: str) -> None:
    """Let the settings name the simulator's list, with these pins."""
    table = ", ".join(
        f'{name} = "{value}"' for name, value in {"url": f"{portfolio.simulator.url}/{URL}", **pins}.items()
    )
    portfolio.provider_keys = f"token_lists = [{{ {table} }}]\n"
    portfolio.write()


def answered(portfolio: Portfolio) -> bytes:
    """Give the list as the simulator answers it."""
    return portfolio.simulator.http.get(f"{portfolio.simulator.url}/{URL}").content


def kept(portfolio: Portfolio) -> list[bytes]:
    """Give what is kept of lists."""
    folder = portfolio.folder / "data" / "simulated" / "fetched"
    return [path.read_bytes() for path in folder.iterdir()] if folder.exists() else []


def test_the_list_that_ships_is_sound() -> None:
    """It keeps to the standard, names tokens of every chain once, and each address bears its own checksum."""
    read = read_list(SHIPPED.read_bytes())
    assert {chain_id for chain_id, _ in read.tokens} == set(FACTS)
    named = [(chain_id, token.symbol) for chain_id, token in read.tokens]
    assert len(set(named)) == len(named)
    for token in json.loads(SHIPPED.read_bytes())["tokens"]:
        assert token["address"] == to_checksum_address(token["address"]), token


def test_a_list_that_ships_is_meant_by_its_name(portfolio: Portfolio) -> None:
    """`well-known` needs neither a file nor the network, and what it names is asked for."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("onchain",)
    portfolio.provider_keys = 'token_lists = ["well-known"]\n'
    portfolio.take(0)
    symbols = {symbol for (symbol,) in portfolio.query("select symbol from asset").rows}
    assert {"USDC", "stETH", "UNI"} <= symbols


@pytest.mark.slow
def test_nothing_is_asked_without_a_list_that_is_named(chain: Portfolio) -> None:
    """Until a list at an address was fetched every run refuses and names the verb; doctor says so too."""
    with pytest.raises(UsageError, match=r"tokens\.json was not fetched yet; run `portfolio tokens`"):
        chain.take(0)
    assert chain.requests() == []
    assert "was not fetched yet; run `portfolio tokens`" in chain.command("doctor").stdout


@pytest.mark.slow
def test_a_fetched_list_is_kept_and_asked_for(chain: Portfolio) -> None:
    """The verb keeps the answer byte for byte, says what it is and how to pin it; then its tokens are asked for."""
    said = chain.command("tokens", check=True).stdout
    digest = hashlib.sha256(answered(chain)).hexdigest()
    assert "Simulated tokens 1.2.3" in said
    assert f'sha256 = "{digest}"' in said
    assert kept(chain) == [answered(chain)]
    chain.forget_requests()
    assert "here" in chain.command("tokens", check=True).stdout
    assert chain.requests() == []
    pinned(chain, sha256=digest, version="1.2.3")
    assert [one.is_complete for one in chain.take(0)] == [True]
    assert int(str(chain.query("select count(*) from balance").rows[0][0])) > 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pins", "why"),
    [({"sha256": "ab" * 32}, "is not the one that the settings pin"), ({"version": "9.0.0"}, "the settings pin 9.0.0")],
)
def test_another_list_than_the_pinned_one_is_not_taken(chain: Portfolio, pins: dict[str, str], why: str) -> None:
    """What is not the pinned hash or version is said and not kept; what is kept is not used under another pin."""
    pinned(chain, **pins)
    done = chain.command("tokens")
    assert (done.returncode, kept(chain)) == (1, [])
    assert why in done.stdout
    pinned(chain)
    chain.command("tokens", check=True)
    pinned(chain, **pins)
    with pytest.raises(UsageError, match="run `portfolio tokens`"):
        chain.take(0)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("redirect", "could not be fetched"),
        ("text_body", "is not taken"),
        ("compressed_bomb", "could not be fetched"),
        ("not_found", "could not be fetched"),
    ],
)
def test_a_list_that_does_not_come_changes_nothing(chain: Portfolio, fault: str, why: str) -> None:
    """Where no list comes, or one beyond the size that is read, the verb fails and says so; what is there stays."""
    chain.command("tokens", check=True)
    chain.simulator.order(fault, dialect="onchain", path="/tokens.json")
    done = chain.command("tokens", "--again")
    assert done.returncode == 1
    assert "FAIL" in done.stdout
    assert why in done.stdout
    chain.simulator.clear_faults()
    assert kept(chain) == [answered(chain)]


@pytest.mark.every
def test_a_fetched_list_that_is_damaged_is_not_asked_for(chain: Portfolio) -> None:
    """A kept list with another digit in an address is named with the verb that fetches it anew, and that one does."""
    chain.command("tokens", check=True)
    (path,) = (chain.folder / "data" / "simulated" / "fetched").iterdir()
    content = answered(chain)
    at = content.index(b'"0x') + 10
    path.write_bytes(content[:at] + (b"7" if content[at : at + 1] != b"7" else b"8") + content[at + 1 :])
    for verb, code in (("snapshot", 2), ("doctor", 1)):
        done = chain.command(verb)
        assert f"was fetched, but {path} is damaged; run `portfolio tokens`" in done.stdout + done.stderr
        assert done.returncode == code
    chain.command("tokens", check=True)
    assert kept(chain) == [content]
    assert [one.is_complete for one in chain.take(0)] == [True]


@pytest.mark.every
def test_a_damaged_list_takes_no_token_out_of_the_history(chain: Portfolio) -> None:
    """Verbs that ask nobody keep the listed tokens that are recorded while their list cannot be read."""
    chain.command("tokens", check=True)
    chain.take(0)
    listed = chain.query("from listed order by all").rows
    (path,) = (chain.folder / "data" / "simulated" / "fetched").iterdir()
    path.write_bytes(b"")
    brings(chain, 10)
    assert chain.query("from listed order by all").rows == listed
    done = chain.command("rebuild", check=True)
    assert "run `portfolio tokens`" in done.stdout
    assert chain.query("from listed order by all").rows == listed


def test_a_list_that_an_earlier_version_kept_is_asked_for(chain: Portfolio) -> None:
    """A kept file whose name has no digest is used, and is replaced by one that has when it is fetched again."""
    chain.command("tokens", check=True)
    (path,) = (chain.folder / "data" / "simulated" / "fetched").iterdir()
    older = path.rename(path.with_name(f"{path.name.split('.')[0]}.json"))
    assert "here" in chain.command("tokens", check=True).stdout
    chain.command("tokens", "--again", check=True)
    assert (older.exists(), path.exists()) == (False, True)


@pytest.mark.parametrize(
    ("lists", "why"),
    [
        ('[{ url = "http://tokens.example/list.json" }]', "http is refused"),
        ('[{ url = "https://tokens.example/list.json?key=1" }]', "plain address"),
        ('[{ url = "https://tokens.example/list.json" }]', "never asks for a real list"),
        ('[{ url = "https://tokens.example/l", file = "l.json" }]', "write the name of a file"),
        ('[{ url = "http://127.0.0.1:1/l", sha256 = "abc" }]', "sha256"),
    ],
)
def test_an_address_of_a_list_is_a_plain_safe_one(portfolio: Portfolio, lists: str, why: str) -> None:
    """Lists come by HTTPS or from this machine, without a query, and a simulated history asks for no real one."""
    portfolio.providers, portfolio.provider_keys = ("onchain",), f"token_lists = {lists}\n"
    with pytest.raises(SettingsError, match=why):
        portfolio.settings()
