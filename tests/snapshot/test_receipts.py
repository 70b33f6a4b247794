"""Promises of receipts: a token counts beside no position that it stands for, and is never 0 where nobody read that."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.warehouse.ask import answer
from dagster_project.warehouse.claims import check_claims
from tests.normalise.asking import WALLET
from tests.portfolio import use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.stating import Position, Token, Wallets, asset, credmark, oneinch

__all__ = ["provider"]

USDC, DAI = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "0x6b175474e89094c44da98b954eedeac495271d0f"
RECEIPT, OTHER_RECEIPT, POOL = "0x" + "a5" * 20, "0x" + "d5" * 20, "0x" + "5a" * 20
AUSDC, OWED_USDC, STATIC_AUSDC = (
    "0x98c23e9d8f34fefb1b7bd6a91b7ff122f4e16f5c",
    "0x72e95b8931767c79ba4eee721354d6e99a61d004",
    "0x73eddfa87c71addc275c2b9890f5c3a8480bc9e6",
)
CUSDC, CETH = "0x39aa39c021dfbae8fac545936693ac917d5e7563", "0x4ddc2d193948926d02f9b1fe9e1daa0718270ed5"
AAVE = "0x87870bca3f3fd6335c3f4ce8392d69350b4fa4e2"
OWNER, SECOND = WALLET.lower(), "0x" + "22" * 20
READ = Position(RECEIPT, (Token(USDC, 1000.0),))


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give two wallets watched through 1inch Portfolio."""
    use_folder(monkeypatch, tmp_path)
    accounts = f'[[accounts]]\naddress = "{WALLET}"\nlabel = "one"\n[[accounts]]\naddress = "{SECOND}"\nlabel = "two"\n'
    return Watched(tmp_path, {"oneinch_portfolio": ""}, provider, accounts)


def totals(watched: Watched, label: str) -> list[tuple[Any, ...]]:
    """The value of an account by instant, with the reason where there is none."""
    return watched.rows(f"select value_usd, reason from value_chart(account := '{label}')")


def exclusions(watched: Watched, label: str, name: str = "balances_at") -> dict[str, Any]:
    """Why the tokens of a wallet do not count, by contract."""
    rows = answer(watched.settings().paths.published, name, account=label).dicts()
    return {
        str(row["asset_id"]).rpartition(":")[2]: row["exclusion"]
        for row in rows
        if row["asset_id"] and row.get("layer", "wallet") == "wallet"
    }


@pytest.mark.slow
@pytest.mark.parametrize(("amount", "price"), [(1000.0, 1.0), (940.5, None), (1000.0, 1.06)])
def test_a_receipt_and_its_position_count_once(watched: Watched, amount: float, price: float | None) -> None:
    """1,000 units of a receipt beside the position of 1,000 that it stands for are 1,000, priced or not."""
    watched.provider.answers = oneinch({OWNER: [Token(RECEIPT, amount, price), READ], SECOND: []})
    watched.take(0)
    assert totals(watched, "one") == [(Decimal(1000), None)]
    assert exclusions(watched, "one") == {RECEIPT: "receipt"}


@pytest.mark.slow
@pytest.mark.parametrize(("held", "value"), [([Token(USDC, 5.0)], 5), ([], None)])
def test_an_unpriced_receipt_without_its_position_leaves_no_total(
    watched: Watched, held: list[Token], value: int | None
) -> None:
    """An unpriced token that is a position's contract elsewhere, without its own position, is uncovered and not 0."""
    watched.provider.answers = oneinch(
        {OWNER: [Token(RECEIPT, 1000.0, None), READ], SECOND: [Token(RECEIPT, 70.0, None), *held]}
    )
    watched.take(0)
    assert totals(watched, "one") == [(Decimal(1000), None)]
    assert [reason for _, reason in totals(watched, "two")] == ["receipt_uncovered"]
    assert watched.rows("select value_usd, reason from value_chart()") == [(None, "receipt_uncovered")]
    known = watched.rows("select value_usd, known_value_usd from current_value(account := 'two') where per = 'total'")
    assert known[0][0] is None
    assert value is None or known[0][1] == value
    for name in ("balances_at", "tokens_snapshot"):
        assert exclusions(watched, "two", name)[RECEIPT] is None
        rows = answer(watched.settings().paths.published, name, account="two").dicts()
        assert [row["asset_id"] for row in rows if row["withheld"] == "receipt_uncovered"] == [asset(RECEIPT)]
    assert not [one.name for one in check_claims(watched.settings().paths.published) if not one.holds]


def test_a_priced_receipt_without_its_position_counts_at_its_price(watched: Watched) -> None:
    """A receipt whose position nobody read counts by itself where somebody states its price."""
    wallets: Wallets = {OWNER: [Token(RECEIPT, 1000.0), READ], SECOND: [Token(RECEIPT, 70.0, 1.01)]}
    watched.provider.answers = oneinch(wallets)
    watched.take(0)
    assert totals(watched, "two") == [(Decimal("70.7"), None)]
    assert exclusions(watched, "two") == {RECEIPT: None}


@pytest.mark.slow
def test_a_position_of_another_asset_covers_no_receipt(watched: Watched) -> None:
    """A position of the same protocol in another asset does not take a receipt out of the total."""
    dai = Position(OTHER_RECEIPT, (Token(DAI, 30.0),))
    wallets: Wallets = {
        OWNER: [Token(RECEIPT, 1000.0), READ, Token(OTHER_RECEIPT, 30.0), dai],
        SECOND: [Token(RECEIPT, 70.0), Token(OTHER_RECEIPT, 30.0), dai],
    }
    watched.provider.answers = oneinch(wallets)
    watched.take(0)
    assert totals(watched, "one") == [(Decimal(1030), None)]
    assert totals(watched, "two") == [(Decimal(100), None)]
    assert exclusions(watched, "two") == {RECEIPT: None, OTHER_RECEIPT: "receipt"}


@pytest.mark.slow
def test_a_position_that_names_its_pool_covers_the_receipt_of_its_asset(watched: Watched) -> None:
    """A provider that for once names the pool instead of the receipt does not make both count."""
    by_pool = Position(POOL, (Token(USDC, 1000.0),))
    watched.provider.answers = oneinch(
        lambda number: {OWNER: [Token(RECEIPT, 1000.0), READ if number == 0 else by_pool], SECOND: []}
    )
    watched.take(0, 1)
    assert totals(watched, "one") == [(Decimal(1000), None)] * 2


@pytest.mark.parametrize(("price", "expected"), [(None, (None, "receipt_uncovered")), (1.02, (Decimal(1025), None))])
def test_a_receipt_of_the_settings_is_never_nothing_with_a_wallet_only_provider(
    watched: Watched, price: float | None, expected: tuple[Decimal | None, str | None]
) -> None:
    """1,000 units of a receipt that the settings name are no 0 where only wallets are asked: a price, or no total."""
    watched.sections = {"credmark": ""}
    watched.accounts = f'[[accounts]]\naddress = "{WALLET}"\nlabel = "one"\n'
    watched.further = f'[[assets]]\nid = "{asset(RECEIPT)}"\nreceipt_of = "{asset(USDC)}"\n'
    watched.provider.answers = credmark(Token(USDC, 5.0), Token(RECEIPT, 1000.0, price))
    watched.take(0)
    assert totals(watched, "one") == [expected]


@pytest.mark.every
@pytest.mark.parametrize("rule", ["price_usd = 1.0", 'treat = "ignore"'])
def test_the_settings_settle_an_uncovered_receipt(watched: Watched, rule: str) -> None:
    """A price of the settings, or leaving the receipt out, gives the total back; what was believed before is kept."""
    wallets: Wallets = {
        OWNER: [Token(RECEIPT, 1000.0, None), READ],
        SECOND: [Token(USDC, 5.0), Token(RECEIPT, 70.0, None)],
    }
    watched.provider.answers = oneinch(wallets)
    watched.take(0)
    assert [reason for _, reason in totals(watched, "two")] == ["receipt_uncovered"]
    watched.further = f'[[assets]]\nid = "{asset(RECEIPT)}"\n{rule}\n'
    watched.take(0)
    value = Decimal(75) if "price" in rule else Decimal(5)
    assert totals(watched, "two") == [(value, None)]
    believed = answer(watched.settings().paths.published, "believed", as_of="2026-05-01", known_at=None).dicts()
    assert next(row for row in believed if row["per"] == "total")["value_usd"] == Decimal(1000) + value


@pytest.mark.parametrize("receipt", [AUSDC, CUSDC, CETH, OWED_USDC, STATIC_AUSDC])
def test_a_receipt_of_the_list_is_never_nothing_with_a_wallet_only_provider(watched: Watched, receipt: str) -> None:
    """An unpriced token that the list names as a receipt leaves no total, though nobody ever listed its position."""
    watched.sections = {"credmark": ""}
    watched.accounts = f'[[accounts]]\naddress = "{WALLET}"\nlabel = "one"\n'
    watched.provider.answers = credmark(Token(USDC, 5.0), Token(receipt, 1000.0, None))
    watched.take(0)
    assert totals(watched, "one") == [(None, "receipt_uncovered")]


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "protocol"), [(AAVE, "lender"), (POOL, "aave-v3"), (AUSDC, "lender")])
def test_a_receipt_of_the_list_and_its_position_count_once(watched: Watched, contract: str, protocol: str) -> None:
    """A listed receipt does not count beside a position that names its market, its protocol or itself."""
    position = Position(contract, (Token(USDC, 1000.0),), protocol=protocol)
    watched.provider.answers = oneinch({OWNER: [Token(AUSDC, 1000.0), position], SECOND: []})
    watched.take(0)
    assert totals(watched, "one") == [(Decimal(1000), None)]
    assert exclusions(watched, "one") == {AUSDC: "receipt"}


@pytest.mark.parametrize(("receipt", "protocol"), [(AUSDC, "vault"), (STATIC_AUSDC, "aave-v3"), (CUSDC, "aave-v3")])
def test_a_position_that_stands_for_something_else_covers_no_receipt_of_the_list(
    watched: Watched, receipt: str, protocol: str
) -> None:
    """Another protocol's position in the same coin, or the market's own beside a wrapped receipt, counts beside it."""
    position = Position(AAVE if protocol == "aave-v3" else POOL, (Token(USDC, 1000.0),), protocol=protocol)
    watched.provider.answers = oneinch({OWNER: [Token(receipt, 70.0), position], SECOND: []})
    watched.take(0)
    assert totals(watched, "one") == [(Decimal(1070), None)]


@pytest.mark.slow
def test_the_token_of_a_debt_is_never_worth_anything(watched: Watched) -> None:
    """A debt token that somebody prices adds nothing: its debt counts where it was read, else there is no total."""
    debt = Position(AAVE, (Token(USDC, 400.0),), sign=-1, protocol="aave-v3")
    wallets: Wallets = {
        OWNER: [Token(USDC, 1000.0), Token(OWED_USDC, 400.0), debt],
        SECOND: [Token(USDC, 1000.0), Token(OWED_USDC, 400.0)],
    }
    watched.provider.answers = oneinch(wallets)
    watched.take(0)
    assert totals(watched, "one") == [(Decimal(600), None)]
    assert totals(watched, "two") == [(None, "receipt_uncovered")]
    known = watched.rows("select known_value_usd from current_value(account := 'two') where per = 'total'")
    assert known == [(Decimal(1000),)]
    assert not [one.name for one in check_claims(watched.settings().paths.published) if not one.holds]


@pytest.mark.slow
def test_a_leg_without_a_price_is_worth_what_the_position_leaves(watched: Watched) -> None:
    """A position of 100 whose priced leg is 75 is 100 and says where that price is from; change is measured by it."""

    def held(number: int) -> dict[str, list[Token | Position]]:
        legs = (Token(USDC, 75.0), Token(OTHER_RECEIPT, 10.0, None))
        return {OWNER: [Position(POOL, legs, value=100.0 + 5.0 * number)], SECOND: []}

    watched.provider.answers = oneinch(held)
    watched.take(0, 1)
    assert totals(watched, "one") == [(Decimal(100), None), (Decimal(105), None)]
    rows = answer(watched.settings().paths.published, "balances_at", account="one").dicts()
    (leg,) = [row for row in rows if row["asset_id"] == asset(OTHER_RECEIPT)]
    assert (leg["price_usd"], leg["price_origin"], leg["value_usd"]) == (3.0, "residual", Decimal(30))
    (change,) = watched.rows("select price_effect_usd, flow_usd from value_change() where per = 'total'")
    assert change == (Decimal(5), Decimal(0))
