"""Promises about what Credmark is asked: the exact request line, one call a wallet, and nothing that it cannot know."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from dagster_project.model import Account, Capability, Cell, Layer, Pull
from dagster_project.sources.access import Access
from dagster_project.sources.credmark import SOURCE, VALUE, CredmarkOptions, pulls, value
from dagster_project.sources.source import Question
from tests.simulator.running_simulator import NOW, Simulator, address
from tests.sources.asking import ONCE, ask, ask_in_turn
from tests.sources.misbehaviour import BODY
from tests.sources.scripted_server import reply, serving
from tests.sources.watched import ETHEREUM, SOLANA, account, solana_account

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
UNIX = 1_777_593_600
TREASURY = address("treasury")
USD = "0x0000000000000000000000000000000000000348"
USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
WETH = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
ALWAYS = f"includePositions=true&quoteAddress={USD}"


def planned(
    *accounts: Account,
    as_of: datetime = AS_OF,
    blocks: Mapping[str, int] | None = None,
    tokens: Sequence[str] = (),
) -> list[Pull]:
    """What the source would ask for these accounts."""
    return list(pulls(Question(accounts, as_of, blocks or {}, CredmarkOptions(tokens=tuple(tokens)))))


def sent(found: list[Pull]) -> list[str]:
    """The request lines that a server really gets for them."""
    with serving(reply(200, BODY)) as server:
        ask_in_turn(Access(server.url, patience=ONCE), [pull.request for pull in found])
    return server.lines


def test_an_instant() -> None:
    """An instant is asked for as whole Unix seconds, with positions and in dollars, and nothing else."""
    assert sent(planned(account("treasury"))) == [
        f"GET /v1/portfolio/1/{TREASURY}/value?{ALWAYS}&timestamp={UNIX} HTTP/1.1"
    ]


def test_a_pinned_block() -> None:
    """Where a block is pinned, the block is asked for and no timestamp: the provider refuses both together."""
    assert sent(planned(account("treasury"), blocks={ETHEREUM: 24_996_000})) == [
        f"GET /v1/portfolio/1/{TREASURY}/value?{ALWAYS}&blockNumber=24996000 HTTP/1.1"
    ]


def test_a_block_of_another_chain() -> None:
    """A block that is pinned for another chain changes nothing."""
    (line,) = sent(planned(account("treasury"), blocks={"eip155:137": 5}))
    assert line.endswith(f"&timestamp={UNIX} HTTP/1.1")


def test_tokens() -> None:
    """Tokens are listed in small letters with commas between, in the order of the settings."""
    (line,) = sent(planned(account("treasury"), tokens=(USDC, WETH)))
    listed = f"{USDC.lower()}%2C{WETH.lower()}"
    assert line == f"GET /v1/portfolio/1/{TREASURY}/value?{ALWAYS}&timestamp={UNIX}&tokens={listed} HTTP/1.1"


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=9.5))])
def test_zones(zone: timezone) -> None:
    """The same instant is asked for in the same words, whatever zone it is written in."""
    assert planned(account("treasury"), as_of=AS_OF.astimezone(zone)) == planned(account("treasury"))


def test_each_wallet_is_a_call_of_its_own() -> None:
    """Several wallets are as many calls: in one their positions would come back added up."""
    labels = ["treasury", "operations", "trading"]
    lines = sent(planned(*(account(label) for label in labels)))
    assert [line.split("/")[4] for line in lines] == [address(label) for label in labels]


def test_a_pull_says_what_it_covers() -> None:
    """A pull names its cell, wallet layer only, and a key that tells it from every other pull of the instant."""
    found = planned(account("treasury"), account("cold"), account("grants"))
    assert [pull.cells for pull in found] == [
        (Cell(f"eip155:0:{address(label).lower()}", ETHEREUM, Layer.WALLET),)
        for label in ("treasury", "cold", "grants")
    ]
    assert len({pull.pull_key for pull in found}) == 3
    assert {(pull.provider, pull.endpoint, pull.capability) for pull in found} == {
        ("credmark", "value", Capability.TIMESTAMP)
    }


def test_the_template_names_no_wallet() -> None:
    """What stands in messages instead of the path holds neither address nor chain."""
    (pull,) = planned(account("treasury"))
    assert pull.request.template == "/v1/portfolio/{chainId}/{accounts}/value"


def test_other_chains_are_not_asked() -> None:
    """Solana wallets, and chains other than Ethereum, are not asked; a wallet on several is asked for Ethereum once."""
    assert planned(solana_account()) == []
    assert planned(account("treasury", "eip155:137", "eip155:8453")) == []
    (pull,) = planned(solana_account(), account("treasury", "eip155:137", ETHEREUM, "eip155:10"))
    assert [cell.chain_id for cell in pull.cells] == [ETHEREUM]
    assert VALUE.chains == {ETHEREUM}


def test_a_solana_wallet_on_a_chain_of_ethereum() -> None:
    """A wallet is asked by its own namespace, even if it were listed with a chain that it cannot be on."""
    odd = solana_account()
    assert planned(Account(odd.account_id, odd.address, odd.label, (SOLANA, ETHEREUM))) == []


def test_nobody_to_ask() -> None:
    """Without accounts, or with one of no chain at all, nothing is asked."""
    nowhere = account("treasury")
    assert planned() == planned(Account(nowhere.account_id, nowhere.address, nowhere.label, ())) == []


@pytest.mark.parametrize(
    "token", ["", "0x", "USDC", USDC[:-1], USDC + "0", USDC + "\n", f"{USDC}&quoteAddress=0x3d2", f"{USDC},{WETH}"]
)
def test_tokens_that_are_none(token: str) -> None:
    """A token that is no contract address is refused with the settings, and so never reaches a query."""
    with pytest.raises(ValidationError, match="is not a token address"):
        CredmarkOptions(tokens=(token,))


def test_the_key_is_a_bearer_token() -> None:
    """The key goes into the Authorization header as it is."""
    assert SOURCE.authorise("abc-123") == {"Authorization": "Bearer abc-123"}


@pytest.mark.parametrize(
    ("at", "tokens"),
    [(("timestamp", NOW - 86_400), ()), (("blockNumber", 24_996_000), ()), (("timestamp", NOW), (USDC.lower(),))],
    ids=["timestamp", "block", "tokens"],
)
def test_the_provider_understands(simulator: Simulator, at: tuple[str, int], tokens: tuple[str, ...]) -> None:
    """The simulated provider answers the question as it was meant: instant or block, positions, dollars, tokens."""
    request = value(account("treasury"), ETHEREUM, at, tokens).request
    headers = {"Authorization": simulator.headers()["Authorization"]}
    answer = ask(Access(f"{simulator.url}/credmark", headers, patience=ONCE), request).answer
    assert answer.reason is None
    document = json.loads(answer.body)
    assert document["quoteAddress"] == USD
    assert document["accounts"] == [TREASURY]
    if at[0] == "blockNumber":
        assert document["blockNumber"] == at[1]
    else:
        assert at[1] - 12 < document["blockTimestamp"] <= at[1]
    addresses = [position["tokenAddress"] for position in document["positions"]]
    assert addresses == list(tokens) if tokens else len(addresses) > 3
