"""Money that comes and goes every week or month: income, payroll, grants, and moves between the accounts.

Trades and yields do not belong here, nor anything with a planted date but the empty spell of one account.
"""

from datetime import UTC, date, datetime

from dagster_project.simulator.book.assets import ASSET_BY_KEY
from dagster_project.simulator.book.chance import seeded
from dagster_project.simulator.book.desk import BLOCK_SECONDS, Desk
from dagster_project.simulator.planted import EMPTY_ACCOUNT, EMPTY_SPELL, FUNDED_DAY

_FRIDAY = 4
_SAFE = "treasury"
"""Where the emptied account's holdings lie meanwhile."""

_MONTHLY_MOVES = (
    # (day of the month, giver, taker, key, whole units)
    (3, "treasury", "operations", "USDC", 150_000),
    (3, "treasury", "operations", "USDT", 7_000),
    (3, "treasury", "operations", "EURC", 4_600),
    (3, "treasury", "operations", "GUSD", 2_500),
    (3, "treasury", "operations", "ETH", 1),
    (5, "treasury", "grants", "USDC", 60_000),
    (5, "treasury", "grants", "ETH", 1),
    (12, "treasury", "cold", "ETH", 2),
    (24, "trading", "treasury", "USDC", 8_000),
)

_PAYROLL = (("USDC", 29_000), ("EURC", 1_100), ("USDT", 1_700), ("GUSD", 600))
_INCOME = (("USDC", 330_000), ("DAI", 45_000), ("ETH", 9))


def income(desk: Desk, day: int, at: int) -> None:
    """On the 17th of each month the treasury is paid by its customers, and trading gets Ether for its gas."""
    if day < FUNDED_DAY["treasury"] or _date(day).day != 17:
        return
    for place, (key, units) in enumerate(_INCOME):
        desk.receive(at + place * BLOCK_SECONDS, "treasury", key, _uneven(key, units, day), "customers")
    if day >= FUNDED_DAY["trading"]:
        desk.receive(at + len(_INCOME) * BLOCK_SECONDS, "trading", "ETH", _uneven("ETH", 2, day), "gas money")


def monthly_moves(desk: Desk, day: int, at: int) -> None:
    """Moves between accounts on fixed days of the month; none while an end is unfunded or planted empty."""
    today = _date(day).day
    for place, (day_of_month, giver, taker, key, units) in enumerate(_MONTHLY_MOVES):
        if today == day_of_month and all(_is_in_use(label, day) for label in (giver, taker)):
            raw = _affordable(desk, giver, key, _uneven(key, units, day))
            if raw:
                desk.move(at + place * BLOCK_SECONDS, (giver, taker), key, raw, "monthly")


def payroll(desk: Desk, day: int, at: int) -> None:
    """Every Friday operations pays salaries and bills."""
    if _is_in_use("operations", day) and _date(day).weekday() == _FRIDAY:
        for place, (key, units) in enumerate(_PAYROLL):
            raw = _affordable(desk, "operations", key, _uneven(key, units, day))
            if raw:
                desk.pay(at + place * BLOCK_SECONDS, "operations", key, raw, "payroll")


def grants(desk: Desk, day: int, at: int) -> None:
    """On the 9th, 18th and 27th of each month grants pays somebody in USDC and in its own tokens."""
    if _is_in_use("grants", day) and _date(day).day % 9 == 0:
        for place, (key, units) in enumerate((("USDC", 21_000), ("UNI", 240), ("DEEP", 70_000))):
            raw = _affordable(desk, "grants", key, _uneven(key, units, day))
            if raw:
                desk.pay(at + place * BLOCK_SECONDS, "grants", key, raw, "grant")


def empty_and_refill(desk: Desk, day: int, at: int) -> None:
    """Empty the planted account completely on its first planted day and refill it on the last."""
    if day == EMPTY_SPELL.since:
        keys = [key for key in desk.held_keys(EMPTY_ACCOUNT) if key != "ETH"]
        for place, key in enumerate(keys):
            raw = desk.held(EMPTY_ACCOUNT, key)
            desk.move(at + place * BLOCK_SECONDS, (EMPTY_ACCOUNT, _SAFE), key, raw, "change of custody")
        desk.move_all_ether(at + len(keys) * BLOCK_SECONDS, (EMPTY_ACCOUNT, _SAFE), "change of custody")
    if day == EMPTY_SPELL.until:
        for place, (key, units) in enumerate((("ETH", 600), ("WBTC", 38), ("stETH", 410), ("MKR", 250))):
            raw = min(_uneven(key, units, day), desk.held(_SAFE, key))
            desk.move(at + place * BLOCK_SECONDS, (_SAFE, EMPTY_ACCOUNT), key, raw, "change of custody")


def _affordable(desk: Desk, account: str, key: str, raw: int) -> int:
    """The amount, or nothing where it is more than half of what is held, so that no account runs dry."""
    return raw if 2 * raw <= desk.held(account, key) else 0


def _is_in_use(label: str, day: int) -> bool:
    return day > FUNDED_DAY[label] and not (label == EMPTY_ACCOUNT and day in EMPTY_SPELL)


def _date(day: int) -> date:
    return datetime.fromtimestamp(day, UTC).date()


def _uneven(key: str, units: int, day: int) -> int:
    """The amount less up to a tenth, so that no two payments are alike."""
    raw = units * ASSET_BY_KEY[key].unit
    return raw - seeded(f"payment/{key}/{day}").randrange(raw // 10)
