"""A question to 1inch's Portfolio API as it is read: parameters by FastAPI, accounts and instant from the history.

What is answered is in the modules of the same folder.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from dagster_project import caip, outside
from dagster_project.outside_words import left_out, not_covered, not_watched
from dagster_project.serve.oneinch_portfolio.shapes import Coverage, DataIssues, Meta
from dagster_project.serve.refused import Reason, RefusedError, refused
from dagster_project.serve.service import Service
from dagster_project.serve.whom import (
    Watched,
    accounts_of,
    chains_of,
    evm_id,
    in_scope,
    incomplete,
    scopes_of,
    tick_of,
    unix,
)
from dagster_project.warehouse.ask import Asking

STATUS = 422
"""What this family answers to every question that it does not like."""

Address = Annotated[str, StringConstraints(min_length=42, max_length=42)]


class TimeRange(StrEnum):
    """Over which time a chart, a report or metrics go, counted back from the instant."""

    DAY = "1day"
    WEEK = "1week"
    MONTH = "1month"
    YEAR = "1year"
    YEARS = "3years"


_INTERVALS = {"1day": "1 day", "1week": "7 days", "1month": "1 month", "1year": "1 year", "3years": "3 years"}


class AtInstant(BaseModel):
    """What every endpoint takes."""

    timestamp: int | None = Field(default=None, ge=0, lt=2**32, description="Unix seconds; default the last instant")


class About(AtInstant):
    """What endpoints about accounts take; answers are always kept ones, so `use_cache` changes nothing."""

    addresses: list[Address]
    chain_id: int | None = Field(default=None, description="Chain id or nothing")
    use_cache: bool = Field(default=False, description="Changes nothing: every answer is a kept one")


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be answered: of whom, at which tick (UTC without a zone), and what of a missing part."""

    asking: Asking
    accounts: tuple[Watched, ...]
    scopes: list[dict[str, str]]
    tick: datetime
    chain: dict[str, str]
    gives_known: bool

    def since(self, timerange: str) -> datetime:
        """Give the instant so long before the tick, as the answers count back."""
        sql = f"select cast($tick as timestamp) - interval {_INTERVALS[timerange]}"
        ((since,),) = self.asking.query(sql, {"tick": self.tick}).rows
        assert isinstance(since, datetime)  # noqa: S101 - said to the type checker
        return since

    def check_scope(self) -> None:
        """Refuse what nobody watches at the instant, on this chain: an empty list would say that nothing is held.

        Raises:
            RefusedError: none of the accounts is in scope.
        """
        if not any(in_scope(self.asking, scope, self.tick, self.chain.get("chain")) for scope in self.scopes):
            words = f"none of the accounts is watched there at {self.tick.isoformat()}Z"
            raise refused(STATUS, "out_of_scope", words, "query", "addresses")

    def meta(self, issues: DataIssues | None = None, coverage: Coverage | None = None) -> Meta:
        """Give what stands beside the result; issues of which there are none are none."""
        rows = outside.at(self.asking, self.tick, {one.account_id for one in self.accounts})
        chain = self.chain.get("chain")
        rows = [row for row in rows if chain is None or row["chain_id"] == chain]
        return Meta(
            unix(self.tick),
            issues if issues != DataIssues() else None,
            coverage,
            tuple(not_watched(rows)),
            tuple(not_covered(rows)),
            tuple(left_out(rows)),
        )

    def cover(self, cells: int, missing: list[str]) -> Coverage | None:
        """Say which cells are missing where the known part may be given; None where none is.

        Raises:
            RefusedError: a cell is missing, and the settings want such a number refused.
        """
        if not missing:
            return None
        if not self.gives_known:
            raise incomplete(STATUS, self.tick, missing, "query", "timestamp")
        return Coverage(cells, len(missing), missing)


def read(about: About, asking: Asking, service: Service) -> Question:
    """Find accounts and instant of a question in the history.

    Raises:
        RefusedError: an address is none or is not watched, or the history begins later.
    """
    bad = [
        Reason("not_an_address", "Value should be 0x and 40 hexadecimal digits", ("query", "addresses", place))
        for place, address in enumerate(about.addresses)
        if not caip.is_evm_address(address)
    ]
    if bad:
        raise RefusedError(STATUS, bad)
    ids: dict[str, tuple[str | int, ...]] = {}
    for place, address in enumerate(about.addresses):
        ids.setdefault(evm_id(address), ("query", "addresses", place))
    accounts = accounts_of(asking, ids, STATUS)
    return Question(
        asking,
        accounts,
        scopes_of(asking, accounts),
        tick_of(asking, about.timestamp, STATUS, "query", "timestamp"),
        {} if about.chain_id is None else {"chain": _chain(about.chain_id, asking)},
        service.gives_known,
    )


def _chain(number: int, asking: Asking) -> str:
    """Give the chain of this number; one that no snapshot ever planned is not the same as one without anything."""
    chain_id = f"{caip.EVM}:{number}"
    known = [one for one in chains_of(asking) if one.startswith(f"{caip.EVM}:")]
    if chain_id not in known:
        numbers = ", ".join(one.partition(":")[2] for one in known)
        raise refused(STATUS, "no_such_chain", f"no snapshot has this chain; there are: {numbers}", "query", "chain_id")
    return chain_id
