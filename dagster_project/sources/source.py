"""What a provider's module declares: how it is asked, within which limits, and what each endpoint covers.

Declarations only; the one door out is http.py, and what a body means is normalise/.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from dagster_project.model import Account, Endpoint, Pull, Request


class Options(BaseModel):
    """Settings that only one provider has, under its own `[providers.<name>]`; this one has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Question:
    """What a plan asks a source for: the accounts watched at `as_of`, and blocks to pin by CAIP-2 chain.

    `is_series_due` says whether what the provider states beside its balances is due at this instant.
    """

    accounts: tuple[Account, ...]
    as_of: datetime
    blocks: Mapping[str, int]
    options: Any
    is_series_due: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One provider: `pulls` lists the questions for an instant, `authorise` makes the headers that carry a key.

    One without `api_key_env` asks for no key. `headers` go with every request.

    Providers of one `vendor` share its gateway, its simulator and, where they share a key, its limits. What an
    `is_unpriced` one holds is priced by another provider of the same instant.

    `requests_per_second` and `monthly_quota` are the vendor's free plan, used in real mode unless settings say more.
    """

    name: str
    title: str
    vendor: str
    base_url: str
    api_key_env: str | None
    requests_per_second: float
    monthly_quota: int | None
    concurrency: int
    health: Request
    endpoints: tuple[Endpoint, ...]
    pulls: Callable[[Question], Iterable[Pull]]
    authorise: Callable[[str], dict[str, str]] = lambda _: {}
    headers: Mapping[str, str] = field(default_factory=dict)
    options: type[Options] = Options
    is_unpriced: bool = False

    @property
    def covers_cells(self) -> bool:
        """Whether it says what accounts hold; one that does not is never of record, and makes no instant partial."""
        return any(endpoint.layers for endpoint in self.endpoints)
