"""Ledgers of positions, debts and rewards, worked by hand: interest, pools, deposits, borrowing, claims.

Ledgers of wallets alone stand in ledgers.py; the arithmetic stands beside each number.
"""

from tests.metrics.ledgers import FORBIDDEN, eth, one, usdc
from tests.metrics.telling import CONTRACTS, Expected, Ledger, Position, Token, account, asset


def lent(*legs: Token, rewards: tuple[Token, ...] = ()) -> Position:
    """So much is supplied to a lender."""
    return Position("LENT", legs, rewards)


def borrowed(*legs: Token) -> Position:
    """So much is owed to a lender."""
    return Position("BORROWED", legs, is_debt=True)


def pool(*legs: Token) -> Position:
    """So much lies in a pool."""
    return Position("POOL", legs)


LENT_ID = CONTRACTS["LENT"][:18] + "1"
COMP = Token("REWARD", "5", "50")

POSITIONS: dict[str, Ledger] = {
    "interest of a supply": Ledger(
        # 10,005 - 10,000 = 5, the wallet did not move; 5 / 10,500
        (one(usdc("500"), lent(usdc("10000"))), one(usdc("500"), lent(usdc("10005")))),
        Expected("10500", "10505", accrual="5", roi="1/2100", inflow="0", outflow="0", ambiguous="0"),
        groups={("layer", "position"): Expected("10000", "10005", accrual="5")},
    ),
    "interest of a debt": Ledger(
        # -10,008 - (-10,000) = -8; 10 ether at 2,000 are the collateral; -8 / 10,000
        (one(lent(eth("10", "2000")), borrowed(usdc("10000"))), one(lent(eth("10", "2000")), borrowed(usdc("10008")))),
        Expected("10000", "9992", accrual="-8", roi="-0.0008", inflow="0", outflow="0"),
        groups={("layer", "debt"): Expected("-10000", "-10008", accrual="-8")},
    ),
    "price of a debt": Ledger(
        # a debt of 2 ether: -2 * (2,100 - 2,000) = -200; 20,000 supplied
        (one(lent(usdc("20000")), borrowed(eth("2", "2000"))), one(lent(usdc("20000")), borrowed(eth("2", "2100")))),
        Expected("16000", "15800", price="-200", roi="-0.0125"),
    ),
    "pool with impermanent loss": Ledger(
        # ether: 0.90909 * 2,420 = 2,199.9978; price 1 * 2,420 - 2,000 = 420; accrual 199.9978 - 420 = -220.0022
        # dollars: +200; together -20.0022 (-20 with 10/11 of an ether)
        (one(pool(eth("1", "2000"), usdc("2000"))), one(pool(eth("0.90909", "2420"), usdc("2200")))),
        Expected("4000", "4399.9978", price="420", accrual="-20.0022", inflow="0", outflow="0"),
        groups={
            ("asset", asset("ETH")): Expected("2000", "2199.9978", price="420", accrual="-220.0022"),
            ("asset", asset("USDC")): Expected("2000", "2200", accrual="200"),
        },
    ),
    "new supply with interest in the same step": Ledger(
        # a position that appears was opened: wallet -10, supply +10.1, all flow, interest too
        (one(usdc("100")), one(usdc("90"), lent(usdc("10.1")))),
        Expected("100", "100.1", flow="0.1", roi="0", inflow="0.1", outflow="0"),
        groups={
            ("layer", "wallet"): Expected("100", "90", flow="-10", inflow="0", outflow="10"),
            ("layer", "position"): Expected("0", "10.1", flow="10.1"),
        },
    ),
    "little supply with interest in the same step": Ledger(
        # wallet -10; supply 1,000 -> 1,010.1: 10.1 is more than a day's interest, 0.1 is not: accrual 0.1, flow 10
        (one(usdc("100"), lent(usdc("1000"))), one(usdc("90"), lent(usdc("1010.1")))),
        Expected("1100", "1100.1", accrual="0.1", roi="1/11000", inflow="0", outflow="0"),
        groups={
            ("layer", "wallet"): Expected("100", "90", flow="-10", inflow="0", outflow="10"),
            ("layer", "position"): Expected("1000", "1010.1", accrual="0.1", flow="10"),
        },
    ),
    "further supply with interest in the same step": Ledger(
        # wallet -1,000; supply 5,000 → 6,005: 1,005 is no interest, 5 may be: flow 1,000, accrual 5
        (one(usdc("3000"), lent(usdc("5000"))), one(usdc("2000"), lent(usdc("6005")))),
        Expected("8000", "8005", accrual="5", roi="0.000625", inflow="0", outflow="0"),
        groups={("layer", "position"): Expected("5000", "6005", accrual="5", flow="1000")},
    ),
    "withdrawal with a price that moves": Ledger(
        # ether 2,000 → 2,200; wallet 1 → 3, supply 5 → 3.05: price (1 + 5) * 200 = 1,200
        # neither -1.95 nor 0.05 is a day's interest of 5, so all of it is flow: -1.95 * 2,200 = -4,290; wallet +4,400
        # together flow +110: the 0.05 of interest is hidden in what was moved
        (one(eth("1", "2000"), lent(eth("5", "2000"))), one(eth("3", "2200"), lent(eth("3.05", "2200")))),
        Expected("12000", "13310", price="1200", flow="110", inflow="110", outflow="0"),
    ),
    "two supplies share one deposit": Ledger(
        # wallet -90; the lender +60, the pool +40: neither 100 nor 10 is a day's interest of 2: flow 100 - 90
        (one(usdc("100"), lent(usdc("1")), pool(usdc("1"))), one(usdc("10"), lent(usdc("61")), pool(usdc("41")))),
        Expected("102", "112", flow="10", inflow="10", outflow="0"),
    ),
    "borrow and keep": Ledger(
        # wallet +1,000, debt -1,000: flow +1,000 and -1,000
        (one(usdc("5"), lent(eth("2", "2000"))), one(usdc("1005"), lent(eth("2", "2000")), borrowed(usdc("1000")))),
        Expected("4005", "4005", roi="0", inflow="0", outflow="0"),
        groups={("layer", "debt"): Expected("0", "-1000", flow="-1000", inflow="0", outflow="1000")},
    ),
    "borrow and spend": Ledger(
        # 1,000 are borrowed and half an ether is bought of them within the step: a debt that appears is flow: -1,000,
        # and the ether +1,000
        (
            one(eth("1", "2000"), usdc("5"), lent(eth("2", "2000"))),
            one(eth("1.5", "2000"), usdc("5"), lent(eth("2", "2000")), borrowed(usdc("1000"))),
        ),
        Expected("6005", "6005", roi="0", inflow="0", outflow="0"),
        groups={("layer", "debt"): Expected("0", "-1000", flow="-1000")},
    ),
    "loan repaid out of the supply": Ledger(
        # the debt of 1,000 closes (+1,000), the supply goes from 5,000 to 4,000: together nothing accrued
        (one(usdc("5"), lent(usdc("5000")), borrowed(usdc("1000"))), one(usdc("5"), lent(usdc("4000")))),
        Expected("4005", "4005", roi="0", inflow="0", outflow="0"),
    ),
    "borrow more and spend a part": Ledger(
        # the debt goes from 10 to 1,010, the wallet has +600, 400 became ether: flow -1,000 + 600 + 400 = 0
        (
            one(eth("1", "2000"), usdc("5"), lent(eth("2", "2000")), borrowed(usdc("10"))),
            one(eth("1.2", "2000"), usdc("605"), lent(eth("2", "2000")), borrowed(usdc("1010"))),
        ),
        Expected("5995", "5995", inflow="0", outflow="0"),
    ),
    "pool entered with one asset": Ledger(
        # 4,000 dollars become a pool of 1 ether at 2,000 and 2,000 dollars: -4,000 + 2,000 + 2,000 = 0
        (
            one(usdc("5000"), eth("1", "2000")),
            one(usdc("1000"), eth("1", "2000"), pool(eth("1", "2000"), usdc("2000"))),
        ),
        Expected("7000", "7000", roi="0", inflow="0", outflow="0"),
        groups={("asset", asset("USDC")): Expected("5000", "3000", flow="-2000")},
    ),
    "pool entered again with one asset": Ledger(
        # the pool doubles for 4,000 dollars: both legs rise, so nothing was traded; flow -4,000 + 2,000 + 2,000 = 0
        (
            one(usdc("5000"), eth("1", "2000"), pool(eth("1", "2000"), usdc("2000"))),
            one(usdc("1000"), eth("1", "2000"), pool(eth("2", "2000"), usdc("4000"))),
        ),
        Expected("11000", "11000", inflow="0", outflow="0"),
    ),
    "pool whose leg runs dry": Ledger(
        # 1 ether and 2,000 dollars become 4,000 dollars at 2,000: the pool traded one for the other, so both accrue
        # ether: price 1 * 2,000 - 2,000 = 0 by the wallet's ether, accrual -2,000; dollars +2,000
        (one(eth("1", "2000"), pool(eth("1", "2000"), usdc("2000"))), one(eth("1", "2000"), pool(usdc("4000")))),
        Expected("6000", "6000", inflow="0", outflow="0"),
        groups={("asset", asset("ETH")): Expected("4000", "2000", accrual="-2000")},
    ),
    "pool whose leg runs dry while the other rests": Ledger(
        # the ether is gone, the 2,000 dollars are untouched: nothing was traded for it, so it went out
        (one(eth("1", "2000"), pool(eth("1", "2000"), usdc("2000"))), one(eth("1", "2000"), pool(usdc("2000")))),
        Expected("6000", "4000", flow="-2000", roi="0", inflow="0", outflow="2000"),
    ),
    "supply handed to another own wallet": Ledger(
        # the receipt of 1,000 goes from a to b; one supply disappears, one appears: flow -1,000 and +1,000
        (
            {"a": (usdc("10"), lent(usdc("1000"))), "b": (usdc("10"),)},
            {"a": (usdc("10"),), "b": (usdc("10"), lent(usdc("1000")))},
            {"a": (usdc("10"),), "b": (usdc("10"), lent(usdc("1000")))},  # the protocol that left is believed gone now
        ),
        Expected("1020", "1020", inflow="0", outflow="0"),
        groups={
            ("account", account("a")): Expected("1010", "10", flow="-1000", inflow="0", outflow="1000"),
            ("account", account("b")): Expected("10", "1010", flow="1000", inflow="1000", outflow="0"),
        },
    ),
    "supply whose wallet was out": Ledger(
        # the wallet's tokens fail on day 1, so its step leads from day 0 to day 2 while the supply's are 0 to 1 and
        # 1 to 2: nobody can tell interest from deposits, all of 20 + 30 is flow
        (
            one(usdc("100"), lent(usdc("1000"))),
            {"a": (FORBIDDEN, lent(usdc("1020")))},
            one(usdc("100"), lent(usdc("1050"))),
        ),
        Expected("1100", "1150", flow="50", inflow="50", outflow="0"),
    ),
    "rewards claimed": Ledger(
        # 5 at 50 unclaimed stand beside the value; claimed they are 250 in the wallet: income 250; 250 / 1,000
        (one(lent(usdc("1000"), rewards=(COMP,))), one(COMP, lent(usdc("1000")))),
        Expected("1000", "1250", claimed="250", roi="0.25", inflow="0", outflow="0", rewards="0", ambiguous="0"),
    ),
    "rewards that grow": Ledger(
        # 5 become 6 at 50: 300 beside the value, no part of the change
        (one(lent(usdc("1000"), rewards=(COMP,))), one(lent(usdc("1000"), rewards=(COMP._replace(amount="6"),)))),
        Expected("1000", "1000", roi="0", rewards="300"),
    ),
}
