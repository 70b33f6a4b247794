"""Promises of the whole ledger: other chains and protocol positions beside a story that stays as it is."""

from collections import Counter, defaultdict
from fractions import Fraction

import pytest

from dagster_project.simulator.book.accounts import ACCOUNT_BY_LABEL, ALL_ACCOUNTS
from dagster_project.simulator.book.approvals import APPROVALS, ROUTER_V5, ROUTER_V6, UNLIMITED, allowance
from dagster_project.simulator.book.assets import ASSET_BY_ID, ASSET_BY_KEY
from dagster_project.simulator.book.blocks import CLOCKS
from dagster_project.simulator.book.chains import CHAINS, SOLANA
from dagster_project.simulator.book.pen import Pen
from dagster_project.simulator.book.positions import POSITION_BY_ID, POSITIONS, Position
from dagster_project.simulator.book.prices import price_usd
from dagster_project.simulator.book.story import ledger
from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.book.window import BEGIN_AT, DAY, END_AT, utc
from tests.simulator.running_simulator import NOW

ENTRIES = whole_ledger().entries


def test_the_story_stands_in_the_whole_unchanged() -> None:
    """Of the wallets on Ethereum the whole ledger holds exactly the entries of the story, in their order."""
    ours = tuple(entry for entry in ENTRIES if entry.layer == "wallet" and ASSET_BY_ID[entry.asset].chain == "eip155:1")
    assert ours == ledger().entries


def test_nothing_falls_below_zero_anywhere() -> None:
    """In no wallet, position, debt or reward does any amount ever fall below zero, and time never runs backwards."""
    held: Counter[tuple[str, str, str, str]] = Counter()
    for entry in ENTRIES:
        place = (entry.account, entry.layer, entry.position, entry.asset)
        held[place] += entry.raw_delta
        assert held[place] >= 0, entry
        assert type(entry.raw_delta) is int
        assert BEGIN_AT <= entry.at < END_AT
    assert [entry.at for entry in ENTRIES] == sorted(entry.at for entry in ENTRIES)


@pytest.mark.parametrize("label", ["treasury", "trading", "tiny", "solana-desk"])
@pytest.mark.parametrize("at", [BEGIN_AT, NOW, END_AT])
def test_the_holdings_of_a_chain_are_its_part_of_all(label: str, at: int) -> None:
    """Asked about one chain the ledger tells exactly its assets, in the order that they have among all."""
    everything = whole_ledger().holdings(label, at)
    for chain in CHAINS:
        found = whole_ledger().holdings(label, at, chain=chain.id)
        expected = {id_: raw for id_, raw in everything.items() if ASSET_BY_ID[id_].chain == chain.id}
        assert list(found.items()) == list(expected.items())


@pytest.mark.parametrize("labels", [["treasury"], ["cold", "operations"], ["tiny", "treasury", "trading", "treasury"]])
def test_what_moved_is_told_in_the_order_of_the_entries(labels: list[str]) -> None:
    """What changed after one instant and by another is what the entries between them touch, the first one first."""
    ours = [entry for entry in ENTRIES if entry.layer == "wallet" and entry.account in labels]
    for at in (entry.at for entry in ours[::97]):
        for since, until in ((at - 1, at), (at, at + 1), (at - 30 * DAY, at), (at, END_AT), (0, at - 1)):
            touched = dict.fromkeys(entry.asset for entry in ours if since < entry.at <= until)
            assert whole_ledger().moved(labels, since, until) == list(touched)
    assert whole_ledger().moved([], 0, END_AT) == []


def test_every_chain_asset_account_and_position_is_used() -> None:
    """Nothing is listed that never happens: each chain, asset and position of the lists has entries of its own."""
    assert {entry.asset for entry in ENTRIES} >= set(ASSET_BY_ID)
    assert {ASSET_BY_ID[entry.asset].chain for entry in ENTRIES} == {chain.id for chain in CHAINS} == set(CLOCKS)
    assert {entry.account for entry in ENTRIES} == {account.label for account in ALL_ACCOUNTS}
    assert {entry.position for entry in ENTRIES} == {"", *POSITION_BY_ID}
    assert {entry.layer for entry in ENTRIES} == {"wallet", "position", "debt", "reward"}


def test_entries_of_positions_lie_where_their_position_lies() -> None:
    """A leg belongs to its position's account and chain, in its layer or as a reward, and wallets have no position."""
    for entry in ENTRIES:
        if entry.layer == "wallet":
            assert entry.position == ""
        else:
            position = POSITION_BY_ID[entry.position]
            assert (entry.account, ASSET_BY_ID[entry.asset].chain) == (position.account, position.chain)
            assert entry.layer in {position.layer, "reward"}


@pytest.mark.parametrize("position", [one for one in POSITIONS if one.receipt], ids=lambda one: one.id)
@pytest.mark.parametrize("at", [utc(2025, 7, 1), utc(2026, 1, 1), NOW, utc(2028, 5, 5)])
def test_a_receipt_is_as_much_as_its_position(position: Position, at: int) -> None:
    """The receipt token in the wallet and the money in the position are the same number of base units, always."""
    assert position.receipt is not None
    receipt = ASSET_BY_KEY[position.receipt]
    legs = whole_ledger().legs(position.id, at, "position")
    assert sum(legs.values()) == whole_ledger().holding(position.account, receipt.id, at)
    assert position.contract == receipt.address
    for asset_id in legs:
        assert price_usd(asset_id, at) == price_usd(receipt.id, at)


def test_the_tiny_account_is_worth_sixty_and_has_rewards_of_five() -> None:
    """From 2026-03-02 on its supply is 100, its debt 40, its reward 5, and the receipt is all that its wallet holds."""
    exact, receipt = ASSET_BY_KEY["EXACT@8453"], ASSET_BY_KEY["aBasEXACT@8453"]
    for at in (utc(2026, 3, 2), NOW, END_AT):
        found = {
            layer: whole_ledger().holdings("tiny", at, layer) for layer in ("wallet", "position", "debt", "reward")
        }
        assert found == {
            "wallet": {receipt.id: 100 * 10**6},
            "position": {exact.id: 100 * 10**6},
            "debt": {exact.id: 40 * 10**6},
            "reward": {exact.id: 5 * 10**6},
        }
        assert price_usd(exact.id, at) == price_usd(receipt.id, at) == 1.0


def test_pools_follow_the_price() -> None:
    """A pool's two legs are worth the same after each day's trade, and their product never changes by a millionth."""
    for id_ in ("treasury/uniswap-arbitrum", "trading/uniswap-base"):
        opened = whole_ledger().opened_at(id_)
        products = []
        for at in range(opened, opened + 600 * DAY, 30 * DAY):
            (ether, ethers), (dollar, dollars) = whole_ledger().legs(id_, at, "position").items()
            worth = [
                Fraction(raw, ASSET_BY_ID[asset].unit) * Fraction(price_usd(asset, at) or 0)
                for asset, raw in ((ether, ethers), (dollar, dollars))
            ]
            assert abs(worth[0] / worth[1] - 1) < Fraction(1, 10**6)
            products.append(ethers * dollars)
        assert max(products) - min(products) < products[0] // 10**6


def test_numbers_of_nfts_are_beyond_a_machine_word() -> None:
    """One position's token id needs more than 63 bits and one more than 64."""
    numbers = sorted(position.token_id for position in POSITIONS)
    assert numbers[-1] > 2**64
    assert 2**63 < numbers[-2] < 2**64


def test_events_are_balanced() -> None:
    """A claim moves a reward into the wallet, money enters a position as it leaves the wallet, a loan is owed."""
    events = defaultdict(list)
    for entry in ENTRIES:
        events[entry.ref].append(entry)
    for ref, legs in events.items():
        word = ref.partition("-")[0]
        rest = [leg for leg in legs if leg.kind != "fee"]
        if word in {"claim", "enter", "leave"}:
            wallet = [leg for leg in rest if leg.layer == "wallet" and leg.asset == rest[0].asset]
            inside = [leg for leg in rest if leg.layer != "wallet"]
            assert sum(leg.raw_delta for leg in (*wallet, *inside)) == 0, ref
        elif word in {"borrow", "repay"}:
            assert len({(leg.asset, leg.raw_delta) for leg in rest}) == 1, ref
            assert {leg.layer for leg in rest} == {"wallet", "debt"}


def test_one_debt_is_paid_back() -> None:
    """The trading account's debt is there until 2026-10-05 and gone from then on."""
    assert whole_ledger().legs("trading/aave-arbitrum/debt", utc(2026, 10, 5), "debt") != {}
    assert whole_ledger().legs("trading/aave-arbitrum/debt", utc(2026, 10, 6), "debt") == {}


def test_the_pen_refuses_what_cannot_happen() -> None:
    """Overdrafts, amounts that are not positive and time running backwards never get into the ledger."""
    pen = Pen()
    pen.receive(BEGIN_AT + 10, "tiny", "EXACT@8453", 10, "opening")
    with pytest.raises(ValueError, match="would hold"):
        pen.pay(BEGIN_AT + 11, "tiny", "EXACT@8453", 11, "too much")
    with pytest.raises(ValueError, match="positive"):
        pen.enter(BEGIN_AT + 11, "tiny/aave-base", "EXACT@8453", 0, "nothing")
    with pytest.raises(ValueError, match="before the entry above"):
        pen.receive(BEGIN_AT + 9, "tiny", "EXACT@8453", 1, "yesterday")


def test_solana_has_one_account_with_its_own_kind_of_address() -> None:
    """The Solana account's address is 32 bytes in base 58, and nobody else holds anything there."""
    account = ACCOUNT_BY_LABEL["solana-desk"]
    number = 0
    for letter in account.address:
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(letter)
    assert 2**240 < number < 2**256
    assert account.checksummed == account.address
    there = {entry.account for entry in ENTRIES if ASSET_BY_ID[entry.asset].chain == SOLANA}
    assert there == {"solana-desk"}


def test_one_dollar_coin_has_other_decimals_elsewhere() -> None:
    """USDC has 18 decimals on one chain and 6 on the others, and costs the same on all."""
    coins = [asset for asset in ASSET_BY_ID.values() if asset.symbol == "USDC" and not asset.is_spam]
    assert sorted(coin.decimals for coin in coins) == [6, 6, 6, 6, 6, 18]
    assert len({price_usd(coin.id, NOW) for coin in coins}) == 1


def test_the_last_approval_counts() -> None:
    """An allowance is that of the last approval by then, 0 without one, and boundless for a chain's own coin."""
    usdc = ASSET_BY_KEY["USDC"]
    given, revoked = (one.at for one in APPROVALS if (one.account, one.key) == ("treasury", "USDC"))
    assert allowance("treasury", usdc, ROUTER_V5, given - 1) == 0
    assert allowance("treasury", usdc, ROUTER_V5, given) == 10**12
    assert allowance("treasury", usdc, ROUTER_V5, revoked) == 0
    assert allowance("treasury", usdc, ROUTER_V6, given) == 0
    assert allowance("trading", usdc, ROUTER_V6, NOW) == UNLIMITED
    assert allowance(None, ASSET_BY_KEY["ETH"], ROUTER_V6, NOW) == UNLIMITED
    assert allowance("trading", None, ROUTER_V6, NOW) == 0
