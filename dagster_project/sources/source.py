"""What a provider's module declares: how it is asked, within which limits, and what each endpoint covers.

Declarations only; the one door out is http.py, and what a body means is normalise/.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from dagster_project.model import Account, Answer, Endpoint, ProviderPlan, Pull, Request
from dagster_project.sources.probe import Probe, Wanted


class Options(BaseModel):
    """Settings that only one provider has, under its own `[providers.<name>]`; this one has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def read_beside(self, folder: Path, fetched: Path | None) -> Self:
        """Give the options with the files read that they name: relative to `folder`, or kept in `fetched`.

        A file that cannot be used is no fault of the settings: whoever only reads the history needs none.
        """
        del folder, fetched
        return self

    def remote_files(self) -> "tuple[RemoteFile, ...]":
        """Give the files that the settings name by their address."""
        return ()

    def unusable(self) -> Iterator[str]:
        """Say of each file that cannot be used why, and what to do: nothing is asked without it."""
        yield from ()

    def notes(self) -> tuple[str, ...]:
        """Say what is wrong with the files that were read."""
        return ()

    def addresses(self) -> "tuple[Address, ...]":
        """Give the addresses that the settings name beside the provider's own."""
        return ()

    def listed_assets(self) -> Iterable[str]:
        """Give the tokens (CAIP-19) that the settings name, alone or in token lists."""
        return getattr(self, "tokens", ())


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address that is fetched once and kept under a name of its own.

    `describe` says in words what a body is and how to pin it, and raises UnreadableError where it is not what is meant;
    `missing` is why what is kept cannot be used, empty where it can.
    """

    url: str
    kept_as: str
    describe: Callable[[bytes], str]
    missing: str = ""


def kept_name(kept_as: str, content: bytes) -> str:
    """Name a fetched file by its address and its content, so that damage to it is found."""
    return f"{Path(kept_as).stem}.{hashlib.sha256(content).hexdigest()}.json"


@dataclass(frozen=True, slots=True)
class Address:
    """A further address of a provider: its pace, and where its key stands, if it takes one as a bearer token."""

    url: str
    api_key_env: str = ""
    requests_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Some seconds in which there is nothing to ask yet."""

    seconds: float


Turn = Request | Pause
"""What a conversation does next."""

Conversation = Generator[Turn, Answer, None]
"""A pull that takes several requests: gives the next one, is sent its answer, and ends when there is no more to ask.

After a pause it is sent nothing.
"""

Anchors = Mapping[str, Sequence[tuple[int, int]]]
"""By CAIP-2 chain: blocks whose time was answered before, as (Unix seconds, number); hints, never proof."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a plan asks a source for: the accounts watched at `as_of`, and blocks to pin by CAIP-2 chain.

    `is_series_due` says whether what the provider states beside its balances is due at this instant, `assets` names
    tokens that the store knows to be held with their decimals, `is_simulated` whether a simulator answers.
    """

    accounts: tuple[Account, ...]
    as_of: datetime
    blocks: Mapping[str, int]
    options: Any
    is_series_due: bool = False
    assets: Mapping[str, int | None] = field(default_factory=dict)
    is_simulated: bool = False


def _never(_: ProviderPlan) -> bool:
    return False


def _own_address(_pull: Pull, _detail: str) -> tuple[str, ...]:
    return ("",)


def _nowhere(_options: Any, _is_simulated: bool) -> tuple[Address, ...]:  # noqa: ANN401, FBT001 - see Source
    return ()


@dataclass(frozen=True, slots=True)
class Source:
    """One provider: `pulls` lists the questions for an instant, `authorise` makes the headers that carry a key.

    One without `api_key_env` asks for no key. `headers` go with every request.

    Providers of one `vendor` share its gateway, its simulator and, where they share a key, its limits. What one holds
    whose plan says so (`is_unpriced`) is priced by another provider of the same instant.

    Where one request does not answer a pull, `converse` leads the conversation, with what one run has learnt so far
    (`memory`, which begins with anchors and the run's instants in Unix seconds), at the `addresses` that options and
    mode give beside the provider's own. `asked_at` names the addresses, the own one empty, at which a pull failed as
    its detail says, `probes` looks at each of them before anything is recorded.

    `warm_up` is how many requests more a conversation takes while a run has learnt nothing yet, `shared` how many fewer
    the pulls of one plan take over so many instants of a run, because its conversations share answers.

    `series` are the endpoints that are asked once a day, week or month as the settings say, and cover no cells.

    `hint` is what a new settings file says of it in comments. `gone` is what happened to a vendor's address that nobody
    answers at any more: a new settings file does not enable it and does not name the address.

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
    warm_up: int = 0
    shared: Callable[[Sequence[Pull], int], int] = lambda *_: 0
    hint: str = ""
    gone: str = ""
    series: tuple[Endpoint, ...] = ()
    is_unpriced: Callable[[ProviderPlan], bool] = _never
    converse: Callable[[Pull, Any], Conversation] | None = None
    memory: Callable[[Anchors, Sequence[int]], Any] = lambda *_: None
    addresses: Callable[[Any, bool], Sequence[Address]] = _nowhere
    probes: Callable[[Sequence[Wanted]], Iterable[Probe]] = lambda _: ()
    asked_at: Callable[[Pull, str], Sequence[str]] = _own_address

    @property
    def covers_cells(self) -> bool:
        """Whether it says what accounts hold; one that does not is never of record, and makes no instant partial."""
        return any(endpoint.layers for endpoint in self.endpoints)
