"""Keep prices out that nobody can believe yet: such a row keeps what was said and has no value until it is said again.

Pure; what the same provider said before is told by the store. The border is sql/store/jumped.sql.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.columns import TEXTS
from dagster_project.holdings import PriceStatus
from dagster_project.normalise.lend import booked_again
from dagster_project.slices import Slice


class Known(Protocol):
    """What the store knows of prices before this instant."""

    def jumped(self, slices: Sequence[Slice]) -> Collection[tuple[str, str]]:
        """Give (provider, asset id) whose price comes in too far from what the provider gave before."""


def guard(slices: Sequence[Slice], known: Known) -> list[Slice]:
    """Give the slices of one instant with unbelievable prices quarantined; the others are given as they are."""
    jumped = known.jumped(slices)
    return [
        _guarded(one, {asset for provider, asset in jumped if provider == one.attempt.plan.provider}) for one in slices
    ]


def _guarded(one: Slice, assets: Collection[str]) -> Slice:
    if not assets:
        return one
    is_meant = pc.and_(
        pc.is_in(one.balance["asset_id"], pa.array(sorted(assets), TEXTS.value_type)),
        pc.equal(one.balance["price_status"], PriceStatus.PRICED),
    )
    status = pc.if_else(is_meant, PriceStatus.QUARANTINED, one.balance["price_status"]).combine_chunks()
    same = {name: one.balance[name].combine_chunks() for name in ("amount", "price_usd")}
    return booked_again(one, same | {"price_status": status})
