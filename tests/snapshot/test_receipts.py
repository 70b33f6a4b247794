"""Promises of receipts: a token counts beside no position that it stands for, and is never 0 where nobody read that."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dagster_project.warehouse.ask import answer
from dagster_project.warehouse.claims import check_claims
from tests.normalise.asking import WALLET
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.stating import Position, Token, Wallets, asset, credmark, oneinch

__all__ = ["provider"]

USDC, DAI = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "0x6b175474e89094c44da98b954eedeac495271d0f"
RECEIPT, OTHER_RECEIPT, POOL = "0x" + "a5" * 20, "0x" + "d5" * 20, "0x" + "5a" * 20
OWNER, SECOND = WALLET.lower(), "0x" + "22" * 20
READ = Position(RECEIPT, (Token(USDC, 1000.0),))


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give two wallets watched through 1inch Portfolio."""
    monkeypatch.setenv("PORTFOLIO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
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


@pytest.mark.parametrize(("amount", "price"), [(1000.0, 1.0), (940.5, None), (1000.0, 1.06)])
def test_a_receipt_and_its_position_count_once(watched: Watched, amount: float, price: float | None) -> None:
    """1,000 units of a receipt beside the position of 1,000 that it stands for are 1,000, priced or not."""
    watched.provider.answers = oneinch({OWNER: [Token(RECEIPT, amount, price), READ], SECOND: []})
    watched.take(0)
    assert totals(watched, "one") == [(Decimal(1000), None)]
    assert exclusions(watched, "one") == {RECEIPT: "receipt"}


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
