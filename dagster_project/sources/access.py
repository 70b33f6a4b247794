"""What the door needs to know of one provider: address, key, pace, patience, and how long a body may be.

Values only; they are put together from settings by snapshot/doors.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dagster_project.errors import DoNotRetryError
from dagster_project.sources.address import is_loopback
from dagster_project.sources.limits import KeyState


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: to connect, between two reads, for one try as a whole, and between tries."""

    connect: float = 10
    read: float = 60
    one_try: float = 180
    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 60


@dataclass(frozen=True, slots=True)
class Access:
    """One provider's address, key and limits; neither the key nor a header that carries it is ever shown."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: bytes = field(default=b"", repr=False)
    concurrency: int = 4
    requests_per_second: float | None = None
    monthly_quota: int | None = None
    key_state: KeyState | None = None
    is_simulated: bool = False
    largest_body: int = 16 * 1024 * 1024
    patience: Patience = Patience()

    def __post_init__(self) -> None:
        """Refuse a key that no header can hold; the layers below would tell it in their errors.

        Raises:
            DoNotRetryError: it holds a line break or another letter that cannot be printed.
        """
        if not all(value.isprintable() for value in self.headers.values()):
            raise DoNotRetryError(
                f"the key for {self.host} holds a line break or another letter that no header can hold;"
                " set it again in the environment"
            )

    @property
    def host(self) -> str:
        """The host for messages: no path, no query, no key."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, which is asked past every proxy."""
        return is_loopback(self.base_url)
