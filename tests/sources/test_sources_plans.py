"""Promises of how 1inch and OneBalance are asked: which questions follow from which settings."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dagster_project import caip
from dagster_project.model import Account, Capability, Cell, Layer, Pull
from dagster_project.sources.onebalance import AGGREGATED_IDS, CHAINS, LONGEST_QUERY
from dagster_project.sources.oneinch_balance import TOKENS_A_CALL, WALLETS_A_CALL
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Question

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
FIRST = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
SECOND = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
SOLANA_WALLET = "J5CCzBULFax899tcirb6wMbenQUd8whbaetG7EfSick5"
SOLANA = caip.SOLANA_MAINNET
SPENDER = "0x" + "1D" * 20
OTHER_SPENDER = "0x" + "9f" * 20
NEW = ("oneinch_portfolio", "oneinch_balance", "onebalance")


def account(address: str, *chains: str) -> Account:
    """A wallet on these chains."""
    account_id, shown, _ = caip.parse_account(address)
    return Account(account_id, shown, shown, chains)


def asked(provider: str, *accounts: Account, **options: object) -> list[Pull]:
    """Everything that is asked for these accounts with these settings."""
    source = PROVIDERS[provider].source
    return list(source.pulls(Question(accounts, AS_OF, {}, source.options(**options))))


def series(provider: str, *accounts: Account, **options: object) -> list[Pull]:
    """What is asked beside that at an instant at which what providers state is due."""
    source = PROVIDERS[provider].source
    usual = asked(provider, *accounts, **options)
    due = list(source.pulls(Question(accounts, AS_OF, {}, source.options(**options), is_series_due=True)))
    assert [pull for pull in due if pull in usual] == usual
    return [pull for pull in due if pull not in usual]


def token(number: int, chain: str = "eip155:1") -> str:
    """The CAIP-19 type of a token."""
    return f"{chain}/erc20:0x{number:040x}"


def cells_of(pulls: list[Pull]) -> list[tuple[str, str, str]]:
    """End of the account, chain and layer of every cell."""
    return [(cell.account_id[-4:], cell.chain_id, cell.layer) for pull in pulls for cell in pull.cells]


def test_portfolio_asks_twice_for_each_account() -> None:
    """1inch Portfolio is asked for tokens and protocols of one account on all chains, at the instant."""
    first, second = account(FIRST, "eip155:1", "eip155:8453", "eip155:999"), account(SECOND, "eip155:10")
    tokens, protocols, *rest = asked("oneinch_portfolio", first, second, account(f"solana:{SOLANA_WALLET}", SOLANA))
    for pull, name in ((tokens, "tokens"), (protocols, "protocols")):
        assert pull.request.path == f"/portfolio/portfolio/v5.0/{name}/snapshot"
        assert dict(pull.request.query) == {"addresses": FIRST, "timestamp": "1777593600", "use_cache": "false"}
        assert (pull.request.method, pull.request.content) == ("GET", "")
        assert pull.capability is Capability.TIMESTAMP
    assert cells_of([tokens]) == [("eaed", "eip155:1", "wallet"), ("eaed", "eip155:8453", "wallet")]
    layers = (Layer.POSITION, Layer.DEBT, Layer.REWARD)
    assert cells_of([protocols]) == [("eaed", chain, one) for chain in ("eip155:1", "eip155:8453") for one in layers]
    assert [dict(pull.request.query)["addresses"] for pull in rest if pull.cells] == [SECOND, SECOND]


def test_portfolio_says_at_every_tick_what_it_counts_itself() -> None:
    """1inch Portfolio's own value now is asked for each account at every tick, for no cell and about one account."""
    one, other = account(FIRST, "eip155:1"), account(SECOND, "eip155:10")
    (first, second) = [pull for pull in asked("oneinch_portfolio", one, other) if not pull.cells]
    assert (first.endpoint, first.capability) == ("general/current_value", Capability.NOW)
    assert [first.account_id, second.account_id] == [one.account_id, other.account_id]
    assert dict(second.request.query) == {"addresses": SECOND, "use_cache": "false"}


@pytest.mark.parametrize("provider", NEW)
def test_what_a_provider_does_not_cover_is_not_asked(provider: str) -> None:
    """Chains that a provider does not cover give no question and no cell."""
    chain = "eip155:100" if provider == "onebalance" else "eip155:80094"
    assert asked(provider, account(FIRST, chain)) == []
    assert asked(provider) == []


def test_solana_is_asked_of_onebalance_alone() -> None:
    """A Solana account is asked of OneBalance and of neither 1inch endpoint."""
    solana = account(f"solana:{SOLANA_WALLET}", SOLANA)
    _, balances = asked("onebalance", solana)
    assert dict(balances.request.query)["account"] == f"solana:{SOLANA_WALLET}"
    assert cells_of([balances]) == [("ick5", SOLANA, "wallet")]
    assert asked("oneinch_portfolio", solana) == asked("oneinch_balance", solana) == []


def test_balance_asks_for_each_account_and_chain() -> None:
    """Without tokens or spenders 1inch Balance is asked for the vendor's own list, a call an account and chain."""
    pulls = asked("oneinch_balance", account(FIRST, "eip155:1", "eip155:10"), account(SECOND, "eip155:10"))
    assert [pull.request.path for pull in pulls] == [
        f"/balance/v1.2/1/balances/{FIRST}",
        f"/balance/v1.2/10/balances/{FIRST}",
        f"/balance/v1.2/10/balances/{SECOND}",
    ]
    assert {pull.request.template for pull in pulls} == {"/balance/v1.2/{chain}/balances/{wallet}"}
    assert cells_of(pulls) == [
        ("eaed", "eip155:1", "wallet"),
        ("eaed", "eip155:10", "wallet"),
        ("d359", "eip155:10", "wallet"),
    ]
    assert {pull.capability for pull in pulls} == {Capability.NOW}


def test_balance_asks_for_listed_tokens_on_their_chains() -> None:
    """Listed tokens are asked for in one POST for all wallets of their chain; other chains keep the vendor's list."""
    accounts = account(FIRST, "eip155:1", "eip155:10"), account(SECOND, "eip155:1")
    listed = [token(1), token(2), token(0xAB).replace("ab", "AB"), token(0xAB)]
    multiple, of_list = asked("oneinch_balance", *accounts, tokens=listed)
    assert multiple.request.path == "/balance/v1.2/1/balances/multiple/walletsAndTokens"
    assert multiple.request.method == "POST"
    assert json.loads(multiple.request.content) == {
        "tokens": [f"0x{number:040x}" for number in (1, 2, 0xAB)],
        "wallets": [FIRST, SECOND],
    }
    assert of_list.request.path == f"/balance/v1.2/10/balances/{FIRST}"


def test_balance_asks_in_batches() -> None:
    """Many wallets and tokens are asked for in batches: each wallet with each token once, in questions of their own."""
    wallets = [account(f"0x{number:040x}", "eip155:1") for number in range(WALLETS_A_CALL + 1)]
    tokens = [token(number) for number in range(TOKENS_A_CALL + 1)]
    pulls = asked("oneinch_balance", *wallets, tokens=tokens)
    contents = [json.loads(pull.request.content) for pull in pulls]
    assert [(len(one["wallets"]), len(one["tokens"])) for one in contents] == [(20, 100), (20, 1), (1, 100), (1, 1)]
    pairs = [(wallet, asset) for one in contents for wallet in one["wallets"] for asset in one["tokens"]]
    assert len(pairs) == len(set(pairs)) == 21 * 101
    for pull, content in zip(pulls, contents, strict=True):
        assert [cell.account_id.rpartition(":")[2] for cell in pull.cells] == [
            one.lower() for one in content["wallets"]
        ]
    shared = asked("oneinch_balance", *wallets, spenders=[SPENDER])
    assert [len(dict(pull.request.query)["wallets"].split(",")) for pull in shared] == [20, 1]


def test_balance_asks_for_allowances_of_every_spender() -> None:
    """The first spender's allowances come with the balances, every other's in a call an account without a cell."""
    accounts = account(FIRST, "eip155:1"), account(SECOND, "eip155:1")
    spenders = [SPENDER, OTHER_SPENDER, SPENDER.lower()]
    together, first, second = asked("oneinch_balance", *accounts, spenders=spenders)
    assert together.request.path == f"/balance/v1.2/1/aggregatedBalancesAndAllowances/{SPENDER.lower()}"
    assert dict(together.request.query) == {"wallets": f"{FIRST},{SECOND}", "filterEmpty": "true"}
    assert [pull.request.path for pull in (first, second)] == [
        f"/balance/v1.2/1/allowances/{OTHER_SPENDER}/{one}" for one in (FIRST, SECOND)
    ]
    assert (first.cells, first.request.template) == ((), "/balance/v1.2/{chain}/allowances/{spender}/{wallet}")
    names = [pull.endpoint for pull in asked("oneinch_balance", *accounts, spenders=[SPENDER], tokens=[token(1)])]
    assert names == ["balances/multiple/walletsAndTokens", "allowances", "allowances"]


def test_every_chain_gets_every_spender() -> None:
    """The spenders of one chain are those of the next: none is used up."""
    pulls = asked("oneinch_balance", account(FIRST, "eip155:1", "eip155:10"), spenders=[SPENDER, OTHER_SPENDER])
    assert [pull.request.path.split("/")[3:6] for pull in pulls] == [
        [chain, name, spender]
        for chain in ("1", "10")
        for name, spender in (("aggregatedBalancesAndAllowances", SPENDER.lower()), ("allowances", OTHER_SPENDER))
    ]


@pytest.mark.parametrize(
    ("provider", "options"),
    [
        ("oneinch_balance", {"tokens": ["0x" + "ab" * 20]}),
        ("oneinch_balance", {"tokens": ["eip155:80094/erc20:0x" + "ab" * 20]}),
        ("oneinch_balance", {"tokens": ["eip155:1/slip44:60"]}),
        ("oneinch_balance", {"tokens": [f"{SOLANA}/token:{SOLANA_WALLET}"]}),
        ("oneinch_balance", {"spenders": ["0x12"]}),
        ("onebalance", {"aggregated_assets": ["usdc"]}),
        ("onebalance", {"aggregated_assets": ["ob:usdc,ob:eth"]}),
        ("onebalance", {"assets": ["eip155:1/erc20:0x" + "ab" * 20 + "&account=x"]}),
        ("onebalance", {"version": 1}),
        ("oneinch_portfolio", {"tokens": []}),
    ],
)
def test_an_option_that_is_none_is_refused(provider: str, options: Mapping[str, Any]) -> None:
    """Options that the provider cannot be asked with are refused before anything is asked."""
    with pytest.raises(ValidationError):
        PROVIDERS[provider].source.options(**options)


def test_onebalance_asks_for_pairs_and_the_list_of_assets() -> None:
    """OneBalance is asked for its list of assets once, and for each pair of an EVM and a Solana account."""
    evm = [account(FIRST, "eip155:100", "eip155:10", "eip155:1"), account(SECOND, "eip155:1")]
    listed, pair, alone = asked("onebalance", *evm, account(f"solana:{SOLANA_WALLET}", SOLANA))
    assert (listed.request.path, listed.cells, listed.request.query) == ("/api/assets/list", (), ())
    assert pair.request.path == "/api/v3/balances/aggregated-balance"
    query = dict(pair.request.query)
    assert query["account"] == f"eip155:10:{FIRST},solana:{SOLANA_WALLET}"
    assert query["aggregatedAssetId"].split(",") == list(AGGREGATED_IDS)
    assert "assetId" not in query
    assert cells_of([pair]) == [
        ("eaed", "eip155:10", "wallet"),
        ("eaed", "eip155:1", "wallet"),
        ("ick5", SOLANA, "wallet"),
    ]
    assert dict(alone.request.query)["account"] == f"eip155:1:{SECOND}"


def test_all_known_ids_fit_one_question() -> None:
    """What OneBalance's list held, all 121 and SOL, is asked for in one question."""
    assert len(AGGREGATED_IDS) == len(set(AGGREGATED_IDS)) == 122
    assert len(asked("onebalance", account(FIRST, "eip155:1"))) == 2


@given(st.integers(0, 80), st.integers(0, 120))
@settings(database=None, deadline=None, max_examples=30)
def test_urls_are_never_too_long(further: int, aggregated: int) -> None:
    """However many ids are asked for, each is asked once and no URL passes 2,048 letters."""
    ids, assets = [f"ob:a{number}+" for number in range(aggregated)], [token(number) for number in range(further)]
    pair = account(FIRST, "eip155:42161"), account(f"solana:{SOLANA_WALLET}", SOLANA)
    _, *pulls = asked("onebalance", *pair, aggregated_assets=ids, assets=assets)
    queries = [dict(pull.request.query) for pull in pulls]
    assert [one for query in queries for one in query.get("aggregatedAssetId", "").split(",") if one] == ids
    assert [one for query in queries for one in query.get("assetId", "").split(",") if one] == assets
    base_url = PROVIDERS["onebalance"].source.base_url
    lengths = [len(f"{base_url}{pull.request.path}?{urlencode(pull.request.query)}") for pull in pulls]
    assert all(length <= 2_048 for length in lengths)
    assert all(length > LONGEST_QUERY - 200 for length in lengths[:-1])
    assert len({pull.pull_key for pull in pulls}) == len(pulls)


def test_version_2_is_asked_for_one_address() -> None:
    """OneBalance's version 2 is asked for one EVM address, with further assets where there are some."""
    pair = account(FIRST, "eip155:1"), account(f"solana:{SOLANA_WALLET}", SOLANA)
    _, plain = asked("onebalance", *pair, version=2)
    assert plain.request.path == "/api/v2/balances/aggregated-balance"
    assert dict(plain.request.query) == {"address": FIRST}
    assert cells_of([plain]) == [("eaed", "eip155:1", "wallet")]
    _, more = asked("onebalance", *pair, version=2, assets=[token(1), token(2)])
    assert dict(more.request.query) == {"address": FIRST, "assetId": f"{token(1)},{token(2)}"}


@pytest.mark.parametrize(
    ("provider", "headers"),
    [
        ("oneinch_portfolio", {"Authorization": "Bearer s3cret"}),
        ("oneinch_balance", {"Authorization": "Bearer s3cret"}),
        ("onebalance", {"x-api-key": "s3cret"}),
    ],
)
def test_keys_stand_in_headers_only(provider: str, headers: dict[str, str]) -> None:
    """A key stands in its vendor's header; what is asked never sees it."""
    assert PROVIDERS[provider].source.authorise("s3cret") == headers


EVM_CHAINS = [*sorted(one for one in CHAINS if caip.namespace_of(one) == caip.EVM), "eip155:100", "eip155:324"]
WALLETS = st.binary(min_size=20, max_size=20).map(lambda raw: f"0x{raw.hex()}")
ACCOUNTS = st.lists(
    st.builds(
        lambda address, chains: account(address, *chains),
        WALLETS,
        st.lists(st.sampled_from(EVM_CHAINS), min_size=1, max_size=4, unique=True),
    )
    | st.just(account(f"solana:{SOLANA_WALLET}", SOLANA)),
    max_size=25,
    unique_by=lambda one: one.account_id,
)
SETTINGS = st.sampled_from(
    [
        ("oneinch_portfolio", {}),
        ("oneinch_balance", {}),
        ("oneinch_balance", {"tokens": [token(number) for number in range(150)]}),
        ("oneinch_balance", {"spenders": [SPENDER, OTHER_SPENDER]}),
        ("oneinch_balance", {"tokens": [token(1), token(1, "eip155:10")], "spenders": [SPENDER]}),
        ("onebalance", {}),
        ("onebalance", {"assets": [token(number) for number in range(40)]}),
    ]
)


@given(ACCOUNTS, SETTINGS)
@settings(database=None, deadline=None, max_examples=60)
def test_plans_are_determined_and_whole(accounts: list[Account], how: tuple[str, dict[str, Any]]) -> None:
    """The same settings give the same questions, each with a key of its own; together they cover every cell."""
    provider, options = how
    pulls = asked(provider, *accounts, **options)
    assert asked(provider, *accounts, **options) == pulls
    keys = [pull.pull_key for pull in pulls]
    assert len(set(keys)) == len(keys)
    requests = [(pull.request.path, pull.request.query, pull.request.content) for pull in pulls]
    assert len(set(requests)) == len(requests)
    covered = {cell for pull in pulls for cell in pull.cells}
    assert covered == {
        Cell(one.account_id, chain, layer)
        for one in accounts
        for chain in one.chains
        for endpoint in PROVIDERS[provider].source.endpoints
        for layer in endpoint.layers
        if chain in endpoint.chains
    }
    for pull in pulls:
        assert len(set(pull.cells)) == len(pull.cells)


def test_portfolio_states_seldom() -> None:
    """When due, 1inch's lists are asked once, and chart, report, metrics and check for each account; for no cell."""
    one, other = account(FIRST, "eip155:1"), account(SECOND, "eip155:10")
    due = series("oneinch_portfolio", one, other, account(f"solana:{SOLANA_WALLET}", SOLANA), timerange="3years")
    assert [pull.endpoint for pull in due[:3]] == [
        "general/status",
        "general/supported_chains",
        "general/supported_protocols",
    ]
    assert {(pull.endpoint, pull.account_id) for pull in due[3:]} == {
        (name, each.account_id)
        for name in ("general/chart", "general/report", "general/address_check", "tokens/metrics", "protocols/metrics")
        for each in (one, other)
    }
    ranges = {pull.endpoint: dict(pull.request.query).get("timerange") for pull in due}
    assert {name for name, told in ranges.items() if told == "3years"} == {
        "general/chart",
        "general/report",
        "tokens/metrics",
    }
    assert not [pull for pull in due if pull.cells or pull.capability is not Capability.NOW]
    assert len({pull.pull_key for pull in due}) == len(due) == 13


def test_credmark_states_fifty_values_up_to_the_instant() -> None:
    """When due, Credmark's own values of 50 days that end with the instant are asked, and its positions at it."""
    history, positions = series("credmark", account(FIRST, "eip155:1", "eip155:10"))
    assert history.request.path == f"/v1/portfolio/1/{FIRST}/value/historical"
    told = dict(history.request.query)
    assert int(told["endTimestamp"]) == int(AS_OF.timestamp())
    assert (int(told["endTimestamp"]) - int(told["startTimestamp"])) / int(told["timeInterval"]) == 49
    assert positions.request.path == f"/v1/portfolio/1/{FIRST}/positions"
    assert dict(positions.request.query) == {"timestamp": str(int(AS_OF.timestamp()))}
    assert {pull.capability for pull in (history, positions)} == {Capability.TIMESTAMP}
    assert series("credmark", account(FIRST, "eip155:10")) == []


def test_onebalance_lists_its_chains() -> None:
    """When due, OneBalance is asked once which chains it supports."""
    (one,) = series("onebalance", account(FIRST, "eip155:1"), account(SECOND, "eip155:1"))
    assert (one.endpoint, one.request.path, one.cells) == ("chains/supported-list", "/api/chains/supported-list", ())
