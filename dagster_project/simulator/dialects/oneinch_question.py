"""How a question to 1inch's Portfolio API is read: whom it asks about, on which chains, at which instant.

What is answered is written in the other modules of the same name.
"""

from dataclasses import dataclass

from dagster_project.simulator.book.chains import EVM_CHAINS, Chain
from dagster_project.simulator.book.window import DAY
from dagster_project.simulator.dialect import Call, Document
from dagster_project.simulator.dialects.fastapi_reader import Reader
from dagster_project.simulator.seen import Eyes, eyes_of

PROVIDER = "oneinch_portfolio"
RANGES = {"1day": DAY, "1week": 7 * DAY, "1month": 30 * DAY, "1year": 365 * DAY, "3years": 3 * 365 * DAY}
"""Seconds by the name of a time range."""

_CACHE_SECONDS = 300
_ADDRESS_LENGTH = 42
_TIME_LIMIT = 2**32


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be answered.

    `addresses` are lower case, each once; `chains` those asked for; `at` is the instant of the answer, `is_past`
    whether it was asked for by timestamp, `cached_at` the time of the cached answer, where one was wanted.
    """

    addresses: tuple[str, ...]
    chains: tuple[Chain, ...]
    at: int
    is_past: bool
    cached_at: int | None

    def eyes(self, address: str, chain: Chain) -> Eyes | None:
        """The provider looking at one account on one chain; None for an address that the book does not know."""
        return eyes_of(PROVIDER, address, chain, self.at)

    def all_eyes(self) -> list[Eyes]:
        """Every account on every chain, in the order asked."""
        found = (self.eyes(address, chain) for address in self.addresses for chain in self.chains)
        return [eyes for eyes in found if eyes]

    def meta(self) -> Document:
        """What stands beside the result; the timings are those of a published example."""
        system: Document = {
            "click_time": 0.22,
            "node_time": 0.41,
            "microservices_time": 0.036,
            "redis_time": 0,
            "total_time": 0.437,
        }
        return {"cached_at": self.cached_at, "system": system}


def read(call: Call, reader: Reader, *, has_timestamp: bool = False) -> Question:
    """The question in a request; the caller asks the reader for more and then for `done`."""
    addresses = reader.texts("addresses", _ADDRESS_LENGTH)
    number = reader.whole("chain_id")
    asked = reader.whole("timestamp", 0, _TIME_LIMIT) if has_timestamp else None
    at = call.lived_at
    is_cached = reader.flag("use_cache", otherwise=False)
    if is_cached:
        at -= at % _CACHE_SECONDS
    is_past = asked is not None and not call.ignores_time
    return Question(
        addresses=tuple(dict.fromkeys(address.lower() for address in addresses)),
        chains=tuple(chain for chain in EVM_CHAINS if number in {None, chain.number}),
        at=at if asked is None or call.ignores_time else min(asked, call.lived_at),
        is_past=is_past,
        cached_at=at if is_cached else None,
    )
