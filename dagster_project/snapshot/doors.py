"""Open the ways out that the settings allow: one door a provider, or none where its key is missing.

In simulated mode every door leads to a simulator on this machine, started here unless the settings name one.
"""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from dagster_project.errors import TryAgainError
from dagster_project.settings.keys import read_key
from dagster_project.settings.load import Settings
from dagster_project.settings.schema import ProviderSection
from dagster_project.sources.access import Access, Patience
from dagster_project.sources.http import Door
from dagster_project.sources.limits import KeyState, state_path
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Address, Anchors, Source
from dagster_project.sources.switchboard import Switchboard

Doors = Mapping[str, Door | Switchboard | None]
"""By provider; None where its key is missing."""

AT_A_NODE = Patience(read=30, one_try=60, tries=2, longest_wait=5)
"""Where there is another address to ask, it is asked soon."""


def converses(settings: Settings) -> bool:
    """Tell whether an enabled provider asks by what was answered before: only then is the history looked through."""
    return any(PROVIDERS[name].source.converse is not None for name in settings.providers)


@asynccontextmanager
async def open_doors(
    settings: Settings,
    anchors: Anchors | None = None,
    instants: Sequence[datetime] = (),
    patience: Patience | None = None,
) -> AsyncIterator[Doors]:
    """Open a door for each enabled provider, and a simulator behind them where the settings ask for one.

    `anchors` are blocks whose time is known, for providers that look for blocks; `instants` those of the run.
    `patience` takes the place of the usual one, also at nodes.
    """
    seconds = [int(as_of.timestamp()) for as_of in instants]
    async with AsyncExitStack() as stack:
        simulator = stack.enter_context(_simulator(settings))
        doors: dict[str, Door | Switchboard | None] = {}
        for name, section in settings.providers.items():
            source = PROVIDERS[name].source
            access = access_for(source, section, settings, simulator)
            own = await stack.enter_async_context(Door(_with(access, patience))) if access else None
            if source.converse is None:
                doors[name] = own
                continue
            further = {}
            for one in source.addresses(section, settings.is_simulated):
                node = _access_of(one, source, section, settings)
                further[one.url] = await stack.enter_async_context(Door(_with(node, patience))) if node else None
            doors[name] = Switchboard({"": own, **further}, source.converse, source.memory(anchors or {}, seconds))
        yield doors


def _with(access: Access, patience: Patience | None) -> Access:
    return access if patience is None else replace(access, patience=patience)


def _access_of(one: Address, source: Source, section: ProviderSection, settings: Settings) -> Access | None:
    """Join what is said of a further address with the provider's limits; None where its key is missing."""
    key = read_key(one.api_key_env, is_simulated=settings.is_simulated)
    if key is None:
        return None
    plain = key.get_secret_value() if one.api_key_env else ""
    pace = None if settings.is_simulated else one.requests_per_second
    return Access(
        base_url=one.url,
        headers={"Authorization": f"Bearer {plain}"} if plain else {},
        secret=_secret(plain, settings),
        concurrency=section.concurrency or source.concurrency,
        requests_per_second=pace,
        key_state=KeyState(state_path(urlsplit(one.url).hostname or "", plain)) if pace else None,
        is_simulated=settings.is_simulated,
        patience=AT_A_NODE,
    )


def _secret(plain: str, settings: Settings) -> bytes:
    """Give what is redacted from answers; the simulator's own key is a word that its answers use."""
    return b"" if settings.is_simulated else plain.encode()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be asked of a provider: requests at once, a second, and in a UTC month; None is without end."""

    concurrency: int
    requests_per_second: float | None
    monthly_quota: int | None


def limits_for(source: Source, section: ProviderSection, settings: Settings) -> Limits:
    """Join the limits that the source declares with those that the settings say.

    In simulated mode time is simulated too, so a pace is kept only where the settings ask for one.
    """
    own_pace, own_quota = (None, None) if settings.is_simulated else (source.requests_per_second, source.monthly_quota)
    return Limits(
        concurrency=section.concurrency or source.concurrency,
        requests_per_second=section.requests_per_second or own_pace,
        monthly_quota=own_quota if section.monthly_quota is None else section.monthly_quota,
    )


def access_for(source: Source, section: ProviderSection, settings: Settings, simulator: str | None) -> Access | None:
    """Join what the source declares with what the settings say; None where the key is missing."""
    plain = ""
    if variable := section.api_key_env or source.api_key_env:
        key = read_key(variable, is_simulated=settings.is_simulated)
        if key is None:
            return None
        plain = key.get_secret_value()
    address = section.base_url or (f"{simulator}/{source.vendor}" if simulator else source.base_url)
    limits = limits_for(source, section, settings)
    is_counted = limits.requests_per_second is not None or limits.monthly_quota is not None
    return Access(
        base_url=address,
        headers={**source.headers, **(source.authorise(plain) if plain else {})},
        secret=_secret(plain, settings),
        concurrency=limits.concurrency,
        requests_per_second=limits.requests_per_second,
        monthly_quota=limits.monthly_quota,
        key_state=KeyState(state_path(urlsplit(address).hostname or "", plain)) if is_counted else None,
        is_simulated=settings.is_simulated,
    )


@contextmanager
def _simulator(settings: Settings) -> Iterator[str | None]:
    """Run a simulator for as long as this lasts; it dies with this process, however that ends."""
    if not settings.is_simulated or all(section.base_url for section in settings.providers.values()):
        yield None
        return
    command = [sys.executable, "-m", "dagster_project.simulator", "--port", "0", "--stop-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        if process.stdin is None or process.stdout is None:
            raise TryAgainError("the simulator could not be started; run it by hand: portfolio simulate --port 8787")
        try:
            line = process.stdout.readline()
            if not line:
                raise TryAgainError("the simulator ended at once; run it by hand to see why: portfolio simulate")
            yield line.rpartition(" ")[2].strip()
        finally:
            process.stdin.close()
