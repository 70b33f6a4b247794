"""Promises of an instant that is asked again after the settings changed: each provider's cell has one answer."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.portfolio import Portfolio, day

SOLANA = 'chains = ["solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"]'
TOKENS = (
    "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
    "eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7",
)
APPROVALS = "select * exclude (pull_key, recorded_at), count(*) from allowance group by all order by all"
SPENDERS = ("0x1111111254eeb25477b68fb85ed929f73a960582", "0x000000000022d473030f116ddee9f6b43ac78ba3")


def only(portfolio: Portfolio, provider: str, *accounts: str) -> Portfolio:
    """Watch these accounts by this provider alone."""
    portfolio.providers = (provider,)
    portfolio.accounts = accounts
    portfolio.account_keys = {"solana-desk": SOLANA}
    return portfolio


def held(portfolio: Portfolio) -> list[tuple[object, ...]]:
    """Give what counts of each account, each asset as often as it stands in the history."""
    columns = "account_id, chain_id, asset_id, amount_raw, count(*) as copies"
    return portfolio.query(f"select {columns} from holding where is_counted group by all order by all").rows


@pytest.mark.every
def test_another_account_of_the_same_call_counts_once(portfolio: Portfolio) -> None:
    """A Solana account that joins the call for an EVM account adds its own value and doubles nothing."""
    watched = only(portfolio, "onebalance", "treasury")
    watched.take(0)
    alone = watched.answer("value_chart")[0]["value_usd"]
    watched.accounts = ("treasury", "solana-desk")
    (taken,) = watched.take(0)
    assert taken.is_complete
    by_account = {row["name"]: row["value_usd"] for row in watched.answer("current_value") if row["per"] == "account"}
    assert by_account["treasury"] == alone
    assert set(by_account) == {"treasury", "solana-desk"}
    summed = sum((Decimal(str(value)) for value in by_account.values()), Decimal(0))
    assert watched.answer("value_chart")[0]["value_usd"] == summed
    assert {row[-1] for row in held(watched)} == {1}
    assert watched.command("check").returncode == 0


@pytest.mark.every
@pytest.mark.parametrize("asset", ["ethereum", "usdc"])
def test_an_asset_that_two_calls_of_a_cell_list_counts_once(portfolio: Portfolio, asset: str) -> None:
    """A coin that OneBalance lists among its groups and is asked for by its own id too is worth what it is once."""
    named = {"ethereum": "eip155:1/slip44:60", "usdc": TOKENS[0]}[asset]
    watched = only(portfolio, "onebalance", "treasury")
    watched.take(0)
    (before,) = watched.answer("value_chart")
    further = [f"eip155:1/erc20:0x{number:040x}" for number in range(1, 40)]  # so many that they take a second call
    watched.provider_keys = f"assets = {json.dumps([*further, named])}\n"
    watched.take(0, again=True)
    (after,) = watched.answer("value_chart")
    assert after["value_usd"] == before["value_usd"]
    (copies,) = watched.query(
        f"select count(*), count(*) filter (is_counted) from balance where asset_id = '{named}'"
    ).rows
    assert copies == (2, 1)
    assert watched.command("check").returncode == 0
    assert watched.command("rebuild").returncode == 0
    assert watched.answer("value_chart")[0]["value_usd"] == before["value_usd"]


def with_spenders(portfolio: Portfolio) -> None:
    """Ask for approvals of two spenders too, the first of them in one call with the balances."""
    portfolio.provider_keys = f"spenders = {json.dumps(SPENDERS)}\n"


def with_tokens(portfolio: Portfolio) -> None:
    """Ask for two tokens of all wallets in one call."""
    portfolio.provider_keys = f"tokens = {json.dumps(TOKENS)}\n"


def with_another_wallet_before(portfolio: Portfolio) -> None:
    """Let another wallet name the common call, which bears the name of its first one."""
    portfolio.accounts = ("trading", *portfolio.accounts)


@pytest.mark.every
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, with_spenders),
        (with_spenders, None),
        (with_tokens, with_another_wallet_before),
        (None, with_tokens),
        (with_tokens, with_spenders),
    ],
)
def test_a_call_by_another_name_counts_once(
    portfolio: Portfolio, before: Callable[[Portfolio], None] | None, after: Callable[[Portfolio], None] | None
) -> None:
    """Whatever a setting makes of 1inch Balance's calls, an asset of a wallet stands once, as the last calls say."""
    watched = only(portfolio, "oneinch_balance", "treasury", "operations")
    if before:
        before(watched)
    watched.take(0)
    if not after:
        watched.provider_keys = ""
    else:
        after(watched)
    watched.take(0)
    again = held(watched)
    approvals = watched.query(APPROVALS).rows
    fresh = only(Portfolio(watched.folder / "fresh", watched.simulator), "oneinch_balance", *watched.accounts)
    fresh.folder.mkdir()
    fresh.provider_keys = watched.provider_keys
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PORTFOLIO_DATA", str(fresh.folder / "data"))
        fresh.take(0)
        assert again == held(fresh)
        found = fresh.query(APPROVALS).rows
    assert set(found) <= set(approvals)
    assert {row[-1] for row in approvals} <= {1}
    assert watched.command("check").returncode == 0
    assert watched.command("rebuild").returncode == 0
    assert held(watched) == again


@pytest.mark.every
def test_a_wider_call_that_fails_takes_nothing(portfolio: Portfolio) -> None:
    """Where the call for two accounts fails, the first keeps its earlier answer and the new one is missing."""
    watched = only(portfolio, "onebalance", "treasury")
    watched.take(0)
    before = held(watched)
    watched.accounts = ("treasury", "solana-desk")
    watched.simulator.order("forbidden", dialect="onebalance", times=100)
    watched.take(0)
    watched.simulator.clear_faults()
    assert held(watched) == before
    (point,) = watched.answer("value_chart")
    assert point["value_usd"] is None
    assert point["missing"] == ["solana-desk / solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp / wallet: failed:forbidden"]
    (taken,) = watched.take(0)
    assert taken.is_complete
    assert watched.answer("value_chart")[0]["value_usd"] is not None
    assert {row[-1] for row in held(watched)} == {1}


@pytest.mark.every
def test_a_call_of_the_same_name_that_fails_names_the_new_account(portfolio: Portfolio) -> None:
    """Where a call for two wallets has the name of the call for one, its failure counts for the new wallet alone."""
    watched = only(portfolio, "oneinch_balance", "treasury")
    with_tokens(watched)
    watched.take(0)
    before = held(watched)
    watched.accounts = ("treasury", "operations")
    watched.simulator.order("forbidden", dialect="oneinch", times=100)
    watched.take(0)
    watched.simulator.clear_faults()
    assert held(watched) == before
    missing = [row["label"] for row in watched.answer("coverage") if row["status"] == "missing"]
    assert missing == ["operations"]
    (taken,) = watched.take(0)
    assert taken.is_complete
    assert {row["label"] for row in watched.answer("coverage")} == {"treasury", "operations"}


@pytest.mark.every
def test_an_account_that_left_the_settings_keeps_its_answer(portfolio: Portfolio) -> None:
    """An instant asked again without an account that was removed keeps its answer, also one of a common call."""
    watched = only(portfolio, "oneinch_balance", "treasury", "operations")
    with_tokens(watched)
    watched.take(0)
    before = held(watched)
    watched.accounts = ("treasury",)
    watched.take(0, again=True)
    assert held(watched) == before
    assert watched.answer("restatements") == []


@pytest.mark.every
def test_what_left_is_kept_as_an_earlier_version(portfolio: Portfolio) -> None:
    """What an earlier plan's call answered can be asked for by the time at which it was known."""
    watched = only(portfolio, "onebalance", "treasury")
    watched.take(0)
    alone = watched.answer("value_chart")[0]["value_usd"]
    moved = watched.query("select count(*) from balance").rows
    watched.accounts = ("treasury", "solana-desk")
    watched.take(0)
    assert watched.query("select count(*) from balance_superseded").rows == moved
    known_at = watched.query("select max(recorded_at) - interval 1 microsecond from balance").rows[0][0]
    rows = watched.answer("believed", as_of=str(day(0))[:10], known_at=str(known_at))
    assert [row["value_usd"] for row in rows if row["per"] == "total"] == [alone]
