"""Ledgers of wallets, worked by hand: trades, transfers, prices that come and go, records that change, outages.

Ledgers of positions, debts and rewards stand in ledgers_positions.py; the arithmetic stands beside each number.
"""

from tests.metrics.telling import Expected, Held, Ledger, Position, Token, account, asset, naive


def usdc(amount: str, chain: int = 1) -> Token:
    """So many US dollars."""
    return Token("USDC", amount, "1", chain)


def eth(amount: str, price: str, chain: int = 1) -> Token:
    """So much ether."""
    return Token("ETH", amount, price, chain)


def x(amount: str, price: str | None) -> Token:
    """So much of a token that is not always priced."""
    return Token("X", amount, price)


def one(*things: Token | Position) -> Held:
    """Wallet a alone holds this."""
    return {"a": things}


FORBIDDEN = 403

WALLETS: dict[str, Ledger] = {
    "price alone": Ledger(
        # 2 * (2,200 - 2,000) = 400; 400 / 4,000 = 0.1
        (one(eth("2", "2000")), one(eth("2", "2200"))),
        Expected("4000", "4400", price="400", roi="0.1", inflow="0", outflow="0", modified_dietz="0.1"),
    ),
    "wallet that never held anything": Ledger(
        # an answered nothing is worth 0, and known
        (one(), one()),
        Expected("0", "0", inflow="0", outflow="0", rewards="0"),
    ),
    "swap inside a wallet": Ledger(
        # half an ether sold for 1,000 when it was at 2,000; at the end ether is at 2,100
        # price: 1 * 2,100 - 2,000 = 100; flow of ether: 1,050 - 2,000 - 100 = -1,050; of dollars: +1,000
        # net flow -50: what the ether that was sold gained until the end of the step; roi 100 / 3,000
        (one(eth("1", "2000"), usdc("1000")), one(eth("0.5", "2100"), usdc("2000"))),
        Expected("3000", "3050", price="100", flow="-50", roi="1/30", inflow="0", outflow="50", modified_dietz="1/30"),
        groups={
            ("asset", asset("ETH")): Expected("2000", "1050", price="100", flow="-1050"),
            ("asset", asset("USDC")): Expected("1000", "2000", flow="1000"),
        },
    ),
    "bridge between two chains": Ledger(
        # 1 of 2 ether leaves chain 1 at 2,000; 0.999 arrives on chain 10: -2,000 + 1,998 = -2
        (one(eth("2", "2000"), eth("0.5", "2000", 10)), one(eth("1", "2000"), eth("1.499", "2000", 10))),
        Expected("5000", "4998", flow="-2", roi="0", inflow="0", outflow="2"),
        keys={"a": 'chains = ["eip155:1", "eip155:10"]'},
        groups={
            ("chain", "eip155:1"): Expected("4000", "2000", flow="-2000", inflow="0", outflow="2000"),
            ("chain", "eip155:10"): Expected("1000", "2998", flow="1998", inflow="1998", outflow="0"),
        },
    ),
    "transfer between own wallets": Ledger(
        # 600 go from a to b: -600 + 600 = 0 over both; each alone has a flow of its own
        ({"a": (usdc("1000"),), "b": (usdc("100"),)}, {"a": (usdc("400"),), "b": (usdc("700"),)}),
        Expected("1100", "1100", roi="0", inflow="0", outflow="0"),
        groups={
            ("account", account("a")): Expected("1000", "400", flow="-600", inflow="0", outflow="600"),
            ("account", account("b")): Expected("100", "700", flow="600", inflow="600", outflow="0"),
        },
    ),
    "sell-all at an unknown price": Ledger(
        # nobody prices X on the second day: price 0, flow 0 - 50 - 0 = -50; the 55 received are a flow of +55
        (one(x("10", "5"), usdc("100")), one(usdc("155"))),
        Expected("150", "155", flow="5", exits_at_opening=1, roi="0", inflow="5", outflow="0"),
        groups={("asset", asset("X")): Expected("50", "0", flow="-50", exits_at_opening=1)},
    ),
    "sell-all at a price that another wallet still has": Ledger(
        # a: 10 * 6 - 50 = 10, flow 0 - 50 - 10 = -60, dollars +60; b: 1 * (6 - 5) = 1; together price 11, flow 0
        ({"a": (x("10", "5"), usdc("100")), "b": (x("1", "5"),)}, {"a": (usdc("160"),), "b": (x("1", "6"),)}),
        Expected("155", "166", price="11", inflow="0", outflow="0"),
        groups={
            ("account", account("a")): Expected("150", "160", price="10", inflow="0", outflow="0"),
            ("asset", asset("X")): Expected("55", "6", price="11", flow="-60"),
        },
    ),
    "sell-all at a price that only another provider knows": Ledger(
        # 1inch no longer prices X, Credmark does at 6: 10 * 6 - 50 = 10, flow -60, dollars +60
        # b is of record by 1inch, where its X has no price any more: the last one, 5, stands in
        ({"a": (x("10", "5"), usdc("100")), "b": (x("1", "5"),)}, {"a": (usdc("160"),), "b": (x("1", None),)}),
        Expected("155", "165", price="10", inflow="0", outflow="0"),
        second=({"a": (), "b": (x("1", "5"),)}, {"a": (usdc("160"),), "b": (x("1", "6"),)}),
    ),
    "sell-all and back again": Ledger(
        # day 1: unknown price, -50; day 2: 4 at 5 are new: price 0, flow +20
        (one(x("10", "5")), one(), one(x("4", "5"))),
        Expected("50", "20", flow="-30", exits_at_opening=1, inflow="20", outflow="50", roi="0"),
    ),
    "becoming priced": Ledger(
        # beside 7 dollars, 1,000 without a price become 1,200 at 2: all of 2,400 - 0; it is the first price ever
        (one(x("1000", None), usdc("7")), one(x("1200", "2"), usdc("7"))),
        Expected("7", "2407", revaluation="2400", roi="0", inflow="0", outflow="0"),
    ),
    "becoming unpriced": Ledger(
        # 1,200 at 2 become 1,000 without a price: 2 stands in, so 200 * 2 left
        (one(x("1200", "2")), one(x("1000", None))),
        Expected("2400", "2000", flow="-400", inflow="0", outflow="400", roi="0"),
    ),
    "wallet added": Ledger(
        # a: 10 * (11 - 10) = 10; b enters with 1,000: scope, and capital: 10 / 1,100
        ({"a": (x("10", "10"),), "b": (usdc("1000"),)}, {"a": (x("10", "11"),), "b": (usdc("1000"),)}),
        Expected("100", "1110", price="10", scope="1000", roi="1/110", inflow="0", outflow="0"),
        keys={"b": f'from = "{naive(1)}"'},
        groups={("account", account("b")): Expected("0", "1000", scope="1000")},
    ),
    "wallet added that earns": Ledger(
        # day 1: price 10, scope 1,000; day 2: a 10 * 1.1 = 11, b 1 * (1,100 - 1,000) = 100: profit 121
        # capital: 100 and the 1,000 that entered: 0.11; on average the 1,000 were there for half of the time: 121 / 600
        (
            {"a": (x("10", "10"),), "b": ()},
            {"a": (x("10", "11"),), "b": (eth("1", "1000"),)},
            {"a": (x("10", "12.1"),), "b": (eth("1", "1100"),)},
        ),
        Expected("100", "1221", price="121", scope="1000", roi="0.11", inflow="0", modified_dietz="121/600"),
        keys={"b": f'from = "{naive(1)}"'},
    ),
    "wallet whose time is over": Ledger(
        # a: 10; b takes its last 1,000 away; roi 10 / 1,100
        ({"a": (x("10", "10"),), "b": (usdc("1000"),)}, {"a": (x("10", "11"),), "b": (usdc("1000"),)}),
        Expected("1100", "110", price="10", scope="-1000", roi="1/110", inflow="0", outflow="0"),
        keys={"b": f'until = "{naive(1)}"'},
    ),
    "wallet that nobody watches any more": Ledger(
        # b is no longer in the settings from the second day on, its last value was 1,000
        ({"a": (x("10", "10"),), "b": (usdc("1000"),)}, {"a": (x("10", "11"),), "b": (usdc("1000"),)}),
        Expected("1100", "110", price="10", scope="-1000", roi="1/110"),
        listed={"b": 1},
    ),
    "switch of record": Ledger(
        # 1inch says 100, then fails; Credmark says 97, then 99: scope 97 - 100 = -3, price 1 * (99 - 97) = 2
        (one(eth("1", "100")), {"a": (FORBIDDEN,)}),
        Expected("100", "99", price="2", scope="-3", roi="0.02"),
        second=(one(eth("1", "97")), one(eth("1", "99"))),
    ),
    "switch of record to one that said nothing before": Ledger(
        # Credmark failed on the first day: the whole of 99 - 100 is scope
        (one(eth("1", "100")), {"a": (FORBIDDEN,)}),
        Expected("100", "99", scope="-1", roi="0"),
        second=({"a": (FORBIDDEN,)}, one(eth("1", "99"))),
    ),
    "outage spanned": Ledger(
        # nothing of record on day 1; from day 0 to day 2: 10 * (12 - 10) = 20
        (one(x("10", "10")), {"a": (FORBIDDEN,)}, one(x("10", "12"))),
        Expected("100", "120", price="20", roi="0.2", inflow="0", outflow="0"),
    ),
    "1inch's published example": Ledger(
        # buy 100 at 1: flow 100. buy 50 at 2: price 100 * (2 - 1) = 100, flow 100. sell 60 at 2.50: price
        # 150 * 0.5 = 75, flow -60 * 2.5 = -150. price 1.50: 90 * (1.5 - 2.5) = -90. Profit 100 + 75 - 90 = 85,
        # inflow 200, outflow 150, value 135, roi 85 / 200 = 0.425
        # average capital 100 * 3/4 + 100 * 2/4 - 150 * 1/4 = 87.5; 85 / 87.5 = 34 / 35
        (one(), one(x("100", "1")), one(x("150", "2")), one(x("90", "2.5")), one(x("90", "1.5"))),
        Expected("0", "135", price="85", flow="50", roi="0.425", inflow="200", outflow="150", modified_dietz="34/35"),
    ),
    "rebasing token": Ledger(
        # 100.01 * 2,010 = 201,020.1; price 201,020.1 * 100 / 100.01 - 200,000 = 1,000; accrual 0.01 * 2,010 = 20.1
        (one(Token("STETH", "100", "2000")), one(Token("STETH", "100.01", "2010"))),
        Expected("200000", "201020.1", price="1000", accrual="20.1", roi="0.0051005", inflow="0"),
        rule=f'[[assets]]\nid = "{asset("STETH")}"\nrebasing = true\n',
        needs="rebasing",
    ),
    "rebasing token that comes and goes": Ledger(
        # what appears was bought and what disappears was sold: flow 20,000 and -21,000; between: price 10 * 100 = 1,000
        # a chain that is empty at once is believed at the next instant, so the last day is there twice
        (one(), one(Token("STETH", "10", "2000")), one(Token("STETH", "10", "2100")), one(), one()),
        Expected("0", "0", price="1000", flow="-1000", inflow="20000", outflow="21000", exits_at_opening=1),
        rule=f'[[assets]]\nid = "{asset("STETH")}"\nrebasing = true\n',
        needs="rebasing",
    ),
    "more of a rebasing token bought": Ledger(
        # 10 more for 20,000 dollars: a tenth in a day is no interest; flow +20,000 and -20,000
        (one(Token("STETH", "100", "2000"), usdc("20000")), one(Token("STETH", "110", "2000"))),
        Expected("220000", "220000", inflow="0", outflow="0", exits_at_opening=1),
        rule=f'[[assets]]\nid = "{asset("STETH")}"\nrebasing = true\n',
        needs="rebasing",
    ),
    "the same token without the rule": Ledger(
        # what nobody calls rebasing was brought: flow 20.1; roi 1,000 / 200,020.1
        (one(Token("STETH", "100", "2000")), one(Token("STETH", "100.01", "2010"))),
        Expected("200000", "201020.1", price="1000", flow="20.1", roi="10000/2000201", inflow="20.1"),
    ),
}
