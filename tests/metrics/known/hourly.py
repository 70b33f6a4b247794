"""Histories of two days seen by the hour, with a known answer: what pays once a day, and what pays all the time."""

from tests.metrics.known.book import Case, coin, rebasing, supplied, usdc

STEPS = 49
HOUR = range(1, STEPS)


def _each_hour(amount: float, rate: float, hours: float) -> float:
    return amount * float((1 + rate / 8760) ** hours)


def _each_day(amount: float, rate: float, hours: int) -> float:
    """Grow once a day, at noon."""
    return amount * (1 + rate / 365) ** ((hours + 12) // 24)


def _salaries(hour: int) -> float:
    """Give what came in by an hour: another sum at every third."""
    return sum(40.0 + 3 * one for one in range(1, hour + 1) if one % 3 == 0)


def _rate_jumps(hour: int) -> float:
    return _each_hour(1e6, 0.05, min(hour, 30)) * (1 + 0.18 / 8760) ** max(hour - 30, 0)


CASES = [
    Case("hourly_interest", "A million at 5 %, which grows with every block.",
         lambda hour: ([usdc()], [supplied("blocks", usdc(_each_hour(1e6, 0.05, hour)))]),
         accrual={hour: _each_hour(1e6, 0.05, hour) - _each_hour(1e6, 0.05, hour - 1) for hour in HOUR}),
    Case("daily_rebase_by_the_hour", "A staked coin that rebases once a day, seen by the hour.",
         rules=[rebasing(60)],
         held=lambda hour: ([usdc(), coin(60, _each_day(100, 0.03, hour), 2000.0)], []),
         accrual={hour: 2000 * (_each_day(100, 0.03, hour) - _each_day(100, 0.03, hour - 1)) for hour in HOUR}),
    Case("hourly_salaries", "Interest, while the wallet is paid in the same coin every third hour.",
         lambda hour: ([usdc(100 + _salaries(hour))], [supplied("paid", usdc(_each_hour(1e6, 0.05, hour)))]),
         accrual={hour: _each_hour(1e6, 0.05, hour) - _each_hour(1e6, 0.05, hour - 1) for hour in HOUR},
         flows={hour: _salaries(hour) - _salaries(hour - 1) for hour in HOUR}),
    Case("added_within_an_hour", "2,000 are added out of the wallet in the hour in which interest goes on.",
         lambda hour: ([usdc(3000 if hour < 20 else 1000)],
                       [supplied("tops", usdc(_each_hour(1e5, 0.05, hour) + (0 if hour < 20 else 2000)))]),
         accrual={hour: _each_hour(1e5, 0.05, hour) - _each_hour(1e5, 0.05, hour - 1) for hour in HOUR}),
    Case("rate_jumps_by_the_hour", "The rate jumps from 5 to 18 % at the thirtieth hour.",
         lambda hour: ([usdc()], [supplied("leaps", usdc(_rate_jumps(hour)))]),
         accrual={hour: _rate_jumps(hour) - _rate_jumps(hour - 1) for hour in HOUR}),
]  # fmt: skip
