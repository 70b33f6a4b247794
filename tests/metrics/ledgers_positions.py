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
        # 10,050 - 10,000 = 50, the wallet did not move; 50 / 10,500
        (one(usdc("500"), lent(usdc("10000"))), one(usdc("500"), lent(usdc("10050")))),
        Expected("10500", "10550", accrual="50", roi="1/210", inflow="0", outflow="0"),
        groups={("layer", "position"): Expected("10000", "10050", accrual="50")},
    ),
    "interest of a debt": Ledger(
        # -10,080 - (-10,000) = -80; 10 ether at 2,000 are the collateral; -80 / 10,000
        (one(lent(eth("10", "2000")), borrowed(usdc("10000"))), one(lent(eth("10", "2000")), borrowed(usdc("10080")))),
        Expected("10000", "9920", accrual="-80", roi="-0.008", inflow="0", outflow="0"),
        groups={("layer", "debt"): Expected("-10000", "-10080", accrual="-80")},
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
        # wallet -10; supply 1 -> 11.1: 10 / 10.1 of it was moved: flow 10, accrual 0.1; 0.1 / 101
        (one(usdc("100"), lent(usdc("1"))), one(usdc("90"), lent(usdc("11.1")))),
        Expected("101", "101.1", accrual="0.1", roi="1/1010", inflow="0", outflow="0"),
        groups={
            ("layer", "wallet"): Expected("100", "90", flow="-10", inflow="0", outflow="10"),
            ("layer", "position"): Expected("1", "11.1", accrual="0.1", flow="10"),
        },
    ),
    "further supply with interest in the same step": Ledger(
        # wallet -1,000; supply 5,000 → 6,020: 1,000 / 1,020 of +1,020 was moved: flow 1,000, accrual 20
        (one(usdc("3000"), lent(usdc("5000"))), one(usdc("2000"), lent(usdc("6020")))),
        Expected("8000", "8020", accrual="20", roi="0.0025", inflow="0", outflow="0"),
        groups={("layer", "position"): Expected("5000", "6020", accrual="20", flow="1000")},
    ),
    "withdrawal with a price that moves": Ledger(
        # ether 2,000 → 2,200; wallet 1 → 3, supply 5 → 3.05: price (1 + 5) * 200 = 1,200
        # the supply moved -1.95 against +2, so all of it is flow: -1.95 * 2,200 = -4,290; the wallet's is +4,400
        # together flow +110: the 0.05 of interest is hidden in what was moved
        (one(eth("1", "2000"), lent(eth("5", "2000"))), one(eth("3", "2200"), lent(eth("3.05", "2200")))),
        Expected("12000", "13310", price="1200", flow="110", inflow="110", outflow="0"),
    ),
    "two supplies share one deposit": Ledger(
        # wallet -90; the lender +60, the pool +40: 90 / 100 of each was moved: accrual 6 and 4, flow 54 + 36 - 90 = 0
        (one(usdc("100"), lent(usdc("1")), pool(usdc("1"))), one(usdc("10"), lent(usdc("61")), pool(usdc("41")))),
        Expected("102", "112", accrual="10", inflow="0", outflow="0"),
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
        # the debt of 1,000 closes (+1,000), the supply goes from 5,000 to 4,000: nothing accrued
        # (by the letter, where wallets alone explain, -1,000 accrued and +1,000 came in)
        (one(usdc("5"), lent(usdc("5000")), borrowed(usdc("1000"))), one(usdc("5"), lent(usdc("4000")))),
        Expected("4005", "4005", roi="0", inflow="0", outflow="0"),
    ),
    "borrow more and spend a part": Ledger(
        # the debt goes from 10 to 1,010, the wallet has +600, 400 became ether: 600 / 1,000 of the debt is flow and,
        # by the letter, -400 accrued; flow 600 + 400 - 600 = 400
        (
            one(eth("1", "2000"), usdc("5"), lent(eth("2", "2000")), borrowed(usdc("10"))),
            one(eth("1.2", "2000"), usdc("605"), lent(eth("2", "2000")), borrowed(usdc("1010"))),
        ),
        Expected("5995", "5995", accrual="-400", flow="400", inflow="400", outflow="0"),
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
        # the pool doubles for 4,000 dollars. Dollars: -4,000 against +2,000, all flow: -2,000. Ether: the wallet's
        # did not move, so by the letter +2,000 accrued
        (
            one(usdc("5000"), eth("1", "2000"), pool(eth("1", "2000"), usdc("2000"))),
            one(usdc("1000"), eth("1", "2000"), pool(eth("2", "2000"), usdc("4000"))),
        ),
        Expected("11000", "11000", accrual="2000", flow="-2000", inflow="0", outflow="2000"),
    ),
    "pool whose leg runs dry": Ledger(
        # 1 ether and 2,000 dollars become 4,000 dollars at 2,000: the position is there at both ends, so both accrue
        # ether: price 1 * 2,000 - 2,000 = 0 by the wallet's ether, accrual -2,000; dollars +2,000
        (one(eth("1", "2000"), pool(eth("1", "2000"), usdc("2000"))), one(eth("1", "2000"), pool(usdc("4000")))),
        Expected("6000", "6000", inflow="0", outflow="0"),
        groups={("asset", asset("ETH")): Expected("4000", "2000", accrual="-2000")},
    ),
    "pool whose leg runs dry while the other rests": Ledger(
        # the ether is gone, the 2,000 dollars are untouched: the position is there at both ends, so -2,000 accrued
        (one(eth("1", "2000"), pool(eth("1", "2000"), usdc("2000"))), one(eth("1", "2000"), pool(usdc("2000")))),
        Expected("6000", "4000", accrual="-2000", roi="-1/3", inflow="0", outflow="0"),
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
        # 5 at 50 unclaimed stand beside the value; claimed they are 250 in the wallet: flow 250; roi 0 / 1,250
        (one(lent(usdc("1000"), rewards=(COMP,))), one(COMP, lent(usdc("1000")))),
        Expected("1000", "1250", flow="250", roi="0", inflow="250", outflow="0", rewards="0"),
    ),
    "rewards that grow": Ledger(
        # 5 become 6 at 50: 300 beside the value, no part of the change
        (one(lent(usdc("1000"), rewards=(COMP,))), one(lent(usdc("1000"), rewards=(COMP._replace(amount="6"),)))),
        Expected("1000", "1000", roi="0", rewards="300"),
    ),
}
