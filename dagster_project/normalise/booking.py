"""Book a provider's doubles once: US dollars as DECIMAL(18,6), exact from then on.

A sum of doubles differs from run to run; a sum of booked values does not, and every grouping adds up to the last digit.
"""

import math

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.columns import BOOKED
from dagster_project.holdings import PriceStatus
from dagster_project.model import Layer

LARGEST = 999_999_999_999.0
"""In US dollars; beyond it a value does not fit the column and is no value that anybody holds."""


TOLERANCE_USD = 1.0
TOLERANCE_SHARE = 0.01
"""How far two statements of one value may differ, in US dollars or as a share of the larger one."""


def contradicts(stated: float, other: float) -> bool:
    """Tell whether two statements of one value, signs aside, differ by more than rounding and prices of two moments."""
    larger = max(abs(stated), abs(other))
    return not abs(abs(stated) - abs(other)) <= max(TOLERANCE_USD, TOLERANCE_SHARE * larger) < math.inf


def checked(status: pa.Array, stated: pa.Array, amount: pa.Array, price: pa.Array) -> pa.Array:
    """Give price statuses; a price is quarantined where amount times price contradicts the stated value.

    Nobody knows then which of the three is wrong, so that the row has no value. It is `contradicts`, in columns.
    """
    size, product = pc.abs(stated), pc.abs(pc.multiply(amount, price))
    larger = pc.max_element_wise(size, product)
    allowed = pc.max_element_wise(TOLERANCE_USD, pc.multiply(larger, TOLERANCE_SHARE))
    agrees = pc.and_(pc.less_equal(pc.abs(pc.subtract(size, product)), allowed), pc.is_finite(product))
    is_contradicted = pc.and_(
        pc.equal(status, PriceStatus.PRICED),
        pc.and_(pc.is_valid(size), pc.and_(pc.is_valid(product), pc.invert(pc.fill_null(agrees, fill_value=True)))),
    )
    return pc.if_else(is_contradicted, PriceStatus.QUARANTINED, status)


def worth(stated: pa.Array, amount: pa.Array, price: pa.Array) -> pa.Array:
    """Give what is booked: the value that the provider states, amount times price where it states none."""
    return pc.coalesce(stated, pc.multiply(amount, price))


def book(stated: pa.Array, status: pa.Array, layer: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Book stated values.

    A double is taken as the exact binary number that it is and rounded half to even at six decimals. A row that
    is not priced has no value; a value too large for the column is quarantined. A debt's value is negative.

    Returns:
        (booked values, price statuses after quarantine).
    """
    is_priced = pc.is_in(status, pa.array([PriceStatus.PRICED, PriceStatus.ZERO]))
    is_sane = pc.fill_null(pc.less_equal(pc.abs(stated), LARGEST), fill_value=False)
    size = pc.abs(stated)
    signed = pc.if_else(pc.equal(layer, Layer.DEBT), pc.negate(size), stated)
    # Arrow rounds half to even but makes 0 of what overflows, so that is taken out before the cast.
    kept = pc.if_else(pc.and_(is_priced, is_sane), signed, pa.scalar(None, pa.float64()))
    booked = pc.cast(kept, BOOKED, safe=False)
    quarantined = pc.and_(is_priced, pc.and_(pc.is_valid(stated), pc.invert(is_sane)))
    return booked, pc.if_else(quarantined, PriceStatus.QUARANTINED, status)
