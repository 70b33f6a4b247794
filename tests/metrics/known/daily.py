"""Histories of twelve days with a known answer; prices do not move unless the case says so.

Half of them are adversarial: two truths in one step, or something that looks like another thing.
"""

from collections.abc import Callable

from tests.metrics.known.book import (
    SAME_AS_ETHER,
    Case,
    Held,
    Token,
    coin,
    ether,
    owed,
    rebasing,
    supplied,
    usdc,
    weth,
)

STEPS = 12
DAY = range(1, STEPS)


def grown(amount: float, rate: float, days: float) -> float:
    """Give what an amount is after so many days of daily compounding at a rate a year."""
    return amount * float((1 + rate / 365) ** days)


def interest(amount: float, rate: float) -> dict[int, float]:
    """Give what it earns on each day."""
    return {day: grown(amount, rate, day) - grown(amount, rate, day - 1) for day in DAY}


def until(last: int, before: Held, after: Held) -> Callable[[int], Held]:
    """Hold one thing before a day and another from it on."""
    return lambda day: before if day < last else after


def _payments(day: int) -> float:
    """Give the sum of all payments before a day: each day has its own amount, a negative one is paid back."""
    return sum((310.0, -120.0, 45.0, 870.0, -30.0, 5.0, 222.0, 17.0, -64.0, 400.0, 9.0)[:day])


def _rate_jumps(day: int) -> float:
    return grown(1e6, 0.05, min(day, 5)) * (1 + 0.18 / 365) ** max(day - 5, 0)


def _staked(day: int) -> float:
    """Stake that is cut by half a percent on the sixth day."""
    return grown(100, 0.03, day) * (0.995 if day >= 6 else 1.0)


def _moved(day: int) -> tuple[float, float]:
    """Interest goes on while all of it moves to another protocol on the sixth day."""
    whole = grown(50_000, 0.04, day)
    return (whole, 0.0) if day < 6 else (0.0, whole)


def _rewarded(day: int) -> float:
    return 7.0 * day


def _left(day: int) -> Token:
    """Give the rewards that lie unclaimed where half of them were claimed on the tenth day."""
    return coin(34, _rewarded(day) - (35 if day >= 10 else 0), 2.0)


# fmt: off
PLAIN = [
    Case("sells_half", "Half of ten units becomes dollars.",
         until(3, ([usdc(), coin(10, 10, 2000.0)], []), ([usdc(10_100), coin(10, 5, 2000.0)], []))),
    Case("sells_at_a_gain", "All is sold on the day on which the price rose from 2,000 to 2,100.",
         until(3, ([usdc(), coin(11, 10, 2000.0)], []), ([usdc(21_100), coin(11, 1e-18, 2100.0)], []))),
    Case("buys", "10,000 dollars become five units.",
         until(4, ([usdc(10_100)], []), ([usdc(), coin(12, 5, 2000.0)], []))),
    Case("comes_from_an_exchange", "500 dollars come in.",
         until(4, ([usdc()], []), ([usdc(600)], [])), flows={4: 500.0}),
    Case("goes_to_an_exchange", "Two units leave at 1,500.",
         until(4, ([usdc(), coin(13, 5, 1500.0)], []), ([usdc(), coin(13, 3, 1500.0)], [])), flows={4: -3000.0}),
    Case("earns", "50,000 supplied at 5 % a year.",
         lambda day: ([usdc()], [supplied("earns", usdc(grown(5e4, 0.05, day)))]), accrual=interest(5e4, 0.05)),
    Case("owes", "20,000 owed at 9 % a year against 30 ether.",
         lambda day: ([usdc()], [supplied("owes", weth(30)), owed("owes", usdc(grown(2e4, 0.09, day)))]),
         accrual={day: -usd for day, usd in interest(2e4, 0.09).items()}),
    Case("loops", "A million supplied at 5 %, half a million of the same coin owed at 8 %.",
         lambda day: ([usdc()], [supplied("loops", usdc(grown(1e6, 0.05, day))),
                                 owed("loops", usdc(grown(5e5, 0.08, day)))]),
         accrual={day: usd - interest(5e5, 0.08)[day] for day, usd in interest(1e6, 0.05).items()}),
    Case("borrows_and_keeps", "1,000 are borrowed and lie in the wallet.",
         until(4, ([usdc()], [supplied("keeps", weth(10)), owed("keeps", usdc(500))]),
               ([usdc(1100)], [supplied("keeps", weth(10)), owed("keeps", usdc(1500))]))),
    Case("repays", "1,000 of a debt are paid out of the wallet.",
         until(4, ([usdc(1100)], [supplied("repays", weth(10)), owed("repays", usdc(5000))]),
               ([usdc()], [supplied("repays", weth(10)), owed("repays", usdc(4000))]))),
    Case("wraps", "Ten ether become wrapped ether.", rules=[SAME_AS_ETHER],
         held=until(5, ([ether(20)], []), ([ether(10), weth(10)], []))),
    Case("bridges", "1,000 dollars go to another chain and cost one.",
         until(5, ([usdc(2000), usdc(50, 10)], []), ([usdc(1000), usdc(1049, 10)], [])), flows={5: -1.0}),
    Case("price_of_a_debt", "Two ether are owed while ether rises by 100.", rules=[SAME_AS_ETHER],
         held=until(5, ([usdc(50_000)], [owed("short", weth(2))]), ([usdc(50_000)], [owed("short", weth(2, 2100.0))]))),
    Case("rebases", "A rebasing coin of 100 ether at 3 % a year.", rules=[rebasing(14)],
         held=lambda day: ([usdc(), coin(14, grown(100, 0.03, day), 2000.0)], []),
         accrual={day: 2000 * amount for day, amount in interest(100, 0.03).items()}),
    Case("claims_whole", "63 rewards lie unclaimed and come into the wallet with the seven of that day.",
         lambda day: ([usdc(), *([coin(15, 70, 2.0)] if day >= 10 else [])],
                      [supplied("pays", usdc(1e4), rewards=[coin(15, _rewarded(day), 2.0)] if 0 < day < 10 else [])]),
         claims={10: 140.0}),
    Case("crashes", "A price falls by 95 % and stays.",
         lambda day: ([usdc(1e4), coin(16, 1e5, 1.0 if day < 4 else 0.05)], []), drawdown=-95_000 / 110_000),
    Case("triples", "A price triples and stays.",
         lambda day: ([usdc(1e4), coin(17, 1e4, 1.0 if day < 4 else 3.0)], [])),
    Case("crashes_and_returns", "A price falls by 95 % for five days.",
         lambda day: ([usdc(1e4), coin(18, 1e5, 0.05 if 4 <= day < 9 else 1.0)], []), drawdown=-95_000 / 110_000),
]

ADVERSARIAL = [
    Case("earns_and_is_paid", "Interest and a salary of 1,000 a day in the same coin.",
         lambda day: ([usdc(100 + 1000.0 * day)], [supplied("salary", usdc(grown(1e6, 0.05, day)))]),
         accrual=interest(1e6, 0.05), flows=dict.fromkeys(DAY, 1000.0)),
    Case("earns_and_pays_unevenly", "Interest, while the wallet pays and receives other sums of the coin each day.",
         lambda day: ([usdc(5000 - _payments(day))], [supplied("uneven", usdc(grown(1e6, 0.05, day)))]),
         accrual=interest(1e6, 0.05), flows={day: _payments(day - 1) - _payments(day) for day in DAY}),
    Case("adds_from_the_wallet", "1,000 are added on the sixth day, interest goes on.",
         lambda day: ([usdc(5000 if day < 6 else 4000)],
                      [supplied("adds", usdc(grown(5e4, 0.05, day) + (0 if day < 6 else 1000)))]),
         accrual=interest(5e4, 0.05)),
    Case("adds_little", "30 are added on the sixth day: within what interest may be.",
         lambda day: ([usdc(5000 if day < 6 else 4970)],
                      [supplied("little", usdc(grown(5e4, 0.05, day) + (0 if day < 6 else 30)))]),
         accrual=interest(5e4, 0.05)),
    Case("adds_from_outside", "1,000 come from an exchange right into the position on the sixth day.",
         lambda day: ([usdc()], [supplied("outside", usdc(grown(5e4, 0.05, day) + 1000 * (day >= 6)))]),
         accrual=interest(5e4, 0.05), flows={6: 1000.0}),
    Case("pays_from_the_position", "1,000 go out of the position to others on the sixth day.",
         lambda day: ([usdc()], [supplied("straight", usdc(grown(5e4, 0.05, day) - (0 if day < 6 else 1000)))]),
         accrual=interest(5e4, 0.05), flows={6: -1000.0}),
    Case("rate_jumps", "The rate jumps from 5 to 18 % on the sixth day.",
         lambda day: ([usdc()], [supplied("jumps", usdc(_rate_jumps(day)))]),
         accrual={day: _rate_jumps(day) - _rate_jumps(day - 1) for day in DAY}),
    Case("moves_to_another_protocol", "All moves from one protocol to another, and earns on that day too.",
         lambda day: ([usdc()], [supplied(name, usdc(amount))
                                 for name, amount in zip(("old", "new"), _moved(day), strict=True) if amount]),
         accrual=interest(5e4, 0.04)),
    Case("slashed", "A rebasing stake loses half a percent on the sixth day.",
         rules=[rebasing(30)],
         held=lambda day: ([usdc(), coin(30, _staked(day), 2000.0)], []),
         accrual={day: 2000 * (_staked(day) - _staked(day - 1)) for day in DAY}),
    Case("liquidated_in_part", "Ether falls to 1,500; 6,000 of a debt are paid by 4.2 of ten ether: 300 are lost.",
         until(4, ([usdc()], [supplied("part", coin(31, 10, 2000.0)), owed("part", usdc(12_000))]),
               ([usdc()], [supplied("part", coin(31, 5.8, 1500.0)), owed("part", usdc(6000))])), fees={4: -300.0}),
    Case("repays_with_collateral", "A flash loan pays 12,000 of debt with six of ten ether; four come into the wallet.",
         rules=[SAME_AS_ETHER],
         held=until(4, ([usdc(), weth(1)], [supplied("flash", weth(10)), owed("flash", usdc(12_000))]),
                    ([usdc(), weth(5)], []))),
    Case("closes_leverage", "Ten units are sold, 12,000 of debt paid, 8,000 dollars left; all of it in one step.",
         until(4, ([usdc()], [supplied("closes", coin(32, 10, 2000.0)), owed("closes", usdc(12_000))]),
               ([usdc(8100)], []))),
    Case("borrows_and_buys", "500,000 are borrowed, 250 ether bought while ether rises by 50.",
         rules=[SAME_AS_ETHER],
         held=until(5, ([weth(1)], [supplied("buys", weth(1000)), owed("buys", usdc(1e5))]),
                    ([weth(1 + 5e5 / 2050, 2050.0)], [supplied("buys", weth(1000, 2050.0)), owed("buys", usdc(6e5))]))),
    Case("claims_as_dollars", "Rewards of two dollars each are claimed and sold at once.",
         lambda day: ([usdc(100 if day < 10 else 240)],
                      [supplied("sells", weth(5), rewards=[coin(33, _rewarded(day), 2.0)] if 0 < day < 10 else [])]),
         claims={10: 140.0}),
    Case("claims_into_the_position", "Rewards in dollars are added to the supply that earned them.",
         lambda day: ([usdc()], [supplied("compounds", usdc(1e4 if day < 10 else 1e4 + 7.0 * 10),
                                          rewards=[usdc(7.0 * day)] if 0 < day < 10 else [])]),
         claims={10: 70.0}),
    Case("claims_a_part", "Half of the rewards are claimed, the others go on.",
         lambda day: ([usdc(), *([coin(34, 35, 2.0)] if day >= 10 else [])],
                      [supplied("half", weth(5), rewards=[_left(day)] if day else [])]),
         claims={10: 70.0}),
    Case("pool_rises", "A pool trades along its curve while its coin rises by 21 %.",
         until(4, ([usdc()], [supplied("up", coin(35, 1, 2000.0), usdc(2000), kind="liquidity")]),
               ([usdc()], [supplied("up", coin(35, 1 / 1.1, 2420.0), usdc(2200), kind="liquidity")])),
         accrual={4: 200 - (1 - 1 / 1.1) * 2420}),
    Case("pool_falls", "A pool trades along its curve while its coin falls by 19 %.",
         until(4, ([usdc()], [supplied("down", coin(36, 1, 2000.0), usdc(2000), kind="liquidity")]),
               ([usdc()], [supplied("down", coin(36, 1 / 0.9, 1620.0), usdc(1800), kind="liquidity")])),
         accrual={4: -200 + (1 / 0.9 - 1) * 1620}),
    Case("pool_out_of_range", "The coin rises through the range of a pool; all of it is dollars now.",
         until(4, ([usdc()], [supplied("range", coin(37, 1, 2000.0), usdc(500), kind="liquidity")]),
               ([usdc(), coin(37, 1e-9, 2300.0)], [supplied("range", usdc(2640), kind="liquidity")])),
         accrual={4: 2140 - 2300.0}),
    Case("pool_is_entered_again", "The pool doubles out of the wallet: both legs rise.",
         until(4, ([usdc(3000), coin(38, 1, 2000.0)],
                   [supplied("again", coin(38, 1, 2000.0), usdc(2000), kind="liquidity")]),
               ([usdc(1000)], [supplied("again", coin(38, 2, 2000.0), usdc(4000), kind="liquidity")]))),
    Case("renamed_1000_to_1", "A thousand units at a dollar become one at a thousand.",
         until(5, ([usdc(1e4), coin(39, 1000, 1.0)], []), ([usdc(1e4), coin(39, 1, 1000.0)], [])), price={5: 0.0}),
    Case("unpriced_for_five_days", "Two dollars, no price for five days, then three.",
         lambda day: ([usdc(), coin(40, 1000, 2.0 if day < 3 else None if day < 8 else 3.0)], []),
         price={8: 1000.0}, unknown=frozenset({6, 7})),
    Case("no_price_at_exit", "A coin leaves, and nobody prices it afterwards.",
         until(5, ([usdc(), coin(41, 10, 5.0)], []), ([usdc()], [])), flows={5: -50.0}),
    Case("never_priced", "A coin that nobody prices comes and goes.",
         lambda day: ([usdc(), *([coin(42, 77, None)] if 3 <= day < 8 else [])], [])),
    Case("a_pays_b", "One own wallet pays 5,000 into the position of the other.",
         until(6, ([usdc(6000)], []), ([usdc(1000)], [])), flows={6: -5000.0}, groups=("pair", "payers")),
    Case("b_earns_and_is_paid", "The other's position earns on that day too.",
         lambda day: ([usdc()], [supplied("pair", usdc(grown(1e5, 0.05, day) + (0 if day < 6 else 5000)))]),
         accrual=interest(1e5, 0.05), flows={6: 5000.0}, groups=("pair", "paid")),
    Case("fails_for_two_days", "The provider fails on the fourth and fifth day; 1,000 came in meanwhile.",
         lambda day: None if day in (4, 5) else ([usdc(100 if day < 4 else 1100)],
                                                 [supplied("gap", usdc(grown(5e4, 0.05, day)))]),
         accrual={**interest(5e4, 0.05), 6: grown(5e4, 0.05, 6) - grown(5e4, 0.05, 3)}, flows={6: 1000.0},
         unknown=frozenset({4, 5})),
    Case("dust_remains_in_a_position", "All but dust is taken out of a position, into another coin.",
         until(4, ([usdc(), coin(43, 1, 1.0)], [supplied("dusty", coin(43, 20_000, 1.0))]),
               ([usdc(20_100), coin(43, 1, 1.0)], [supplied("dusty", coin(43, 1e-18, 1.0))]))),
    Case("exits_with_interest", "A supply is closed whole; what it earned on its last day comes too.",
         lambda day: ([usdc(100 if day < 7 else 100 + grown(8000, 0.2, 7))],
                      [supplied("exits", usdc(grown(8000, 0.2, day)))] if day < 7 else []),
         accrual={day: usd for day, usd in interest(8000, 0.2).items() if day <= 7}),
]
# fmt: on


def _pays_in_another_coin() -> Case:
    """A vault whose coin rests while the wallet receives five dollars a day: yield, or money from outside."""
    return Case(
        "vault_pays_dollars", "A vault of another coin pays five dollars a day into the wallet.",
        lambda day: ([usdc(100 + 5.0 * day)], [supplied("vault", coin(50, 1e4, 1.0))]),
        flows=dict.fromkeys(DAY, 5.0), other_accruals=[dict.fromkeys(DAY, 5.0)],
    )  # fmt: skip


def _first_step_from_outside() -> Case:
    """Money comes into a position on its first day, when no rate is known yet: its interest may be any."""
    return Case(
        "added_before_any_rate", "500 come from outside into the position on the first day, interest too.",
        lambda day: ([usdc()], [supplied("blind", usdc(grown(1e4, 0.05, day) + (0 if day < 1 else 500)))]),
        flows={1: 500.0 + grown(1e4, 0.05, 1) - 1e4},
        accrual={day: usd for day, usd in interest(1e4, 0.05).items() if day > 1},
        other_accruals=[interest(1e4, 0.05)],
    )  # fmt: skip


def _small_salary() -> Case:
    """On its first day a position earns 137 while ten come into the wallet: 137 and 147 may both be the interest."""
    return Case(
        "earns_and_receives_little", "A salary of ten a day beside interest of 137: either sum may be the interest.",
        lambda day: ([usdc(100 + 10.0 * day)], [supplied("small", usdc(grown(1e6, 0.05, day)))]),
        accrual=interest(1e6, 0.05), flows=dict.fromkeys(DAY, 10.0),
        other_accruals=[{day: usd + 10 for day, usd in interest(1e6, 0.05).items()}],
    )  # fmt: skip


def _paid_in_kind(token: Token) -> Case:
    """A stake pays out each day what it earns, in its own coin, into the wallet."""
    return Case(
        "stake_pays_out", "A stake that rests pays two units a day into the wallet: yield, or bought elsewhere.",
        lambda day: ([usdc(), coin(51, 10 + 2.0 * day, 1.0)], [supplied("stake", token)]),
        flows=dict.fromkeys(DAY, 2.0), other_accruals=[dict.fromkeys(DAY, 2.0)],
    )  # fmt: skip


AMBIGUOUS = [_pays_in_another_coin(), _first_step_from_outside(), _small_salary(), _paid_in_kind(coin(51, 1e4, 1.0))]

CASES = [*PLAIN, *ADVERSARIAL, *AMBIGUOUS]
