"""Promises of the rules for assets: they hold for the whole history at once, and take nothing away that was stored."""

from decimal import Decimal

import duckdb
import pytest

from dagster_project.warehouse import sqlfiles
from dagster_project.warehouse.claims import check_claims
from tests.portfolio import Portfolio, day

ETHER = "eip155:1/slip44:60"
USDC = "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
UNI = "eip155:1/erc20:0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"
TICKET = "eip155:1/erc20:0x02403da5648934b9b6801e5e31842a39a7c943e9"
"""A token that nobody holds yet at these instants."""


def rule(asset: str, *says: str) -> str:
    """A table of the settings."""
    return "\n".join(["[[assets]]", f'id = "{asset}"', *says, ""])


@pytest.fixture
def two_days(portfolio: Portfolio) -> Portfolio:
    """Give a wallet with positions, taken on two days."""
    portfolio.accounts = ("treasury", "cold")
    portfolio.providers = ("oneinch_portfolio",)
    portfolio.have(0, 1)
    return portfolio


def totals(portfolio: Portfolio) -> list[Decimal]:
    """The value at each instant."""
    return [Decimal(str(row["value_usd"])) for row in portfolio.answer("value_chart")]


def worth(portfolio: Portfolio, asset: str, label: str = "") -> list[Decimal]:
    """What wallets hold of an asset, by instant, in booked values of record."""
    query = (
        f"select sum(balance.value_usd) from balance join account using (account_id) "
        f"where asset_id = '{asset}' and layer = 'wallet' and label like '{label}%' group by as_of order by as_of"
    )
    return [Decimal(str(value)) for (value,) in portfolio.query(query).rows]


def heed(portfolio: Portfolio, *rules: str) -> None:
    """Write the rules and run once more, with nothing left to ask."""
    portfolio.assets = "".join(rules)
    portfolio.forget_requests()
    portfolio.take(1)
    assert portfolio.requests() == []


@pytest.mark.every
def test_what_is_ignored_counts_nowhere_and_comes_back(two_days: Portfolio) -> None:
    """An ignored asset leaves every instant to the last digit, is said beside, and comes back when the rule goes."""
    before, ether = totals(two_days), worth(two_days, ETHER)
    heed(two_days, rule(ETHER, 'treat = "ignore"'))
    assert totals(two_days) == [value - less for value, less in zip(before, ether, strict=True)]
    (held,) = [row for row in two_days.answer("balances_at", account="treasury") if row["asset_id"] == ETHER]
    assert (held["is_counted"], held["exclusion"], held["value_usd"] is None) == (False, "ignored", False)
    excluded = [row["excluded_usd"] for row in two_days.answer("explain") if row["excluded"]]
    assert sum(Decimal(str(value)) for value in excluded) >= ether[1]
    assert not [claim.name for claim in check_claims(two_days.published) if claim.broken.rows]
    heed(two_days)
    assert totals(two_days) == before
    assert two_days.query("select count(*) from balance_superseded").rows == [(0,)]


@pytest.mark.every
def test_a_price_of_the_settings_holds_for_its_time(two_days: Portfolio) -> None:
    """An unpriced asset is worth amount times the settings' price from its first instant on, and unpriced before it."""
    before = two_days.answer("value_chart")
    query = "select asset_id, amount from balance where price_status = 'unknown' and as_of = '2026-05-02' order by all"
    (unpriced, amount), *_ = [(str(asset), str(held)) for asset, held in two_days.query(query).rows]
    heed(two_days, rule(unpriced, "price_usd = 2.5", f'from = "{day(1):%Y-%m-%d}"'))
    first, second = two_days.answer("value_chart")
    assert first == before[0]
    added = Decimal(str(second["value_usd"])) - Decimal(str(before[1]["value_usd"]))
    assert added == pytest.approx(Decimal("2.5") * Decimal(amount), abs=Decimal("0.000001"))
    assert int(str(second["unpriced_count"])) == int(str(before[1]["unpriced_count"])) - 1
    (held,) = [row for row in two_days.answer("balances_at") if row["asset_id"] == unpriced]
    assert (held["price_usd"], held["price_origin"], held["price_status"]) == (2.5, "settings", "priced")
    assert two_days.query(f"select distinct price_usd from balance where asset_id = '{unpriced}'").rows == [(None,)]


def test_a_price_of_the_settings_goes_before_the_providers(two_days: Portfolio) -> None:
    """What a provider prices too is worth the settings' price, a debt with its sign."""
    before = totals(two_days)
    signed = two_days.query(
        f"select sum(case layer when 'debt' then -amount when 'reward' then 0 else amount end), sum(value_usd) "
        f"from balance where asset_id = '{USDC}' and is_counted and layer <> 'reward' group by as_of order by as_of"
    ).rows
    heed(two_days, rule(USDC, "price_usd = 0.5"))
    for old, new, (amount, value) in zip(before, totals(two_days), signed, strict=True):
        expected = Decimal(str(amount)) / 2 - Decimal(str(value))
        assert new - old == pytest.approx(expected, abs=Decimal("0.000005"))


@pytest.mark.slow
def test_a_receipt_of_the_settings_does_not_count_beside_its_position(two_days: Portfolio) -> None:
    """A token said to be a receipt does not count where what it stands for lies in a position, else it does."""
    before, uni = totals(two_days), worth(two_days, UNI, "treasury")
    heed(two_days, rule(UNI, f'receipt_of = "{USDC}"'))
    assert totals(two_days) == [value - less for value, less in zip(before, uni, strict=True)]
    heed(two_days, rule(UNI, f'receipt_of = "{ETHER}"'))
    assert totals(two_days) == before


@pytest.mark.slow
def test_groups_come_from_the_settings_and_then_from_a_provider(portfolio: Portfolio) -> None:
    """The settings' group goes before the provider's, `same_as` shares a group, and what is in none is its own."""
    portfolio.accounts, portfolio.providers = ("treasury",), ("onebalance",)
    portfolio.assets = (
        rule(UNI, 'group = "governance"') + rule(TICKET, f'same_as = "{USDC}"') + rule(ETHER, f'same_as = "{UNI}"')
    )
    portfolio.take(0)
    groups = {row["asset_id"]: (row["group_id"], row["group_said_by"]) for row in portfolio.answer("assets")}
    assert groups[UNI] == ("governance", "settings")
    assert groups[ETHER] == ("governance", "settings")
    assert groups[TICKET] == ("ob:usdc", "settings")
    assert groups[USDC] == ("ob:usdc", "onebalance")
    portfolio.assets = rule(TICKET, f'same_as = "{UNI}"')
    portfolio.take(0)
    (one,) = portfolio.answer("assets", asset=TICKET)
    assert one["group_id"] == "ob:uni"  # of the provider, which the settings no longer speak of


@pytest.mark.parametrize(
    ("symbol", "name", "is_spam"),
    [
        ("USDC", "Visit https://claim.example to claim", True),
        ("www.gift.example", "Gift", True),
        ("DROP", "t.me/drop", True),
        ("$ 500", "Claim at usdc-bonus.com", True),
        ("YFI", "yearn.finance", False),
        ("stETH", "Liquid staked Ether 2.0", False),
        ("USD.e", "Bridged USD", False),
        ("RWD", "Reward Token", False),
    ],
)
def test_an_advertisement_is_told_by_its_address(symbol: str, name: str, is_spam: bool) -> None:  # noqa: FBT001 - a case
    """A symbol or name with an address of the web is an advertisement; a dot or a word that lures alone is none."""
    view = next(file for file in sqlfiles.views() if file.name == "spam")
    with duckdb.connect() as connection:
        connection.execute("create table asset (asset_id text, symbol text, name text, recorded_at timestamp)")
        connection.execute("create table rule (asset_id text, treatment text)")
        connection.execute("insert into asset values ('a', ?, ?, now())", [symbol, name])
        assert bool(connection.execute(view.statement).fetchall()) is is_spam


def test_spam_is_counted_beside_the_total_until_it_is_kept(two_days: Portfolio) -> None:
    """What advertises stands beside value and unpriced count, and comes back when the settings keep it."""
    (before, _) = two_days.answer("value_chart")
    spam = {row["asset_id"] for row in two_days.answer("balances_at") if row["exclusion"] == "spam"}
    assert before["excluded_count"] == len(spam) == 1
    heed(two_days, rule(str(spam.pop()), 'treat = "keep"'))
    (after, _) = two_days.answer("value_chart")
    assert (after["excluded_count"], after["value_usd"]) == (0, before["value_usd"])
    assert int(str(after["unpriced_count"])) == int(str(before["unpriced_count"])) + 1
