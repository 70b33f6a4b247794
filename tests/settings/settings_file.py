"""A settings file that a test writes, and the whole documents that it is filled with.

What is expected of reading it stands in the tests.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.errors import SettingsError
from dagster_project.settings.load import Settings, load

NOW = datetime(2026, 6, 15, 12, 34, 56, tzinfo=UTC)
"""When the files are read."""

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "portfolio.toml"

WALLET = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OTHER_WALLET = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
SOLANA_WALLET = "J5CCzBULFax899tcirb6wMbenQUd8whbaetG7EfSick5"
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"


@dataclass(frozen=True)
class SettingsFile:
    """A place for a settings file."""

    path: Path

    def load(self, text: str | bytes, now: datetime = NOW) -> Settings:
        """Write the text and read it as settings."""
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(now, self.path)

    def refusal(self, text: str | bytes, now: datetime = NOW) -> SettingsError:
        """Write a text that is no good, and give the error that reading it ends in."""
        with pytest.raises(SettingsError) as caught:
            self.load(text, now)
        return caught.value

    def faults(self, text: str | bytes, now: datetime = NOW) -> tuple[str, ...]:
        """Write a text that is no good, and give its faults."""
        return self.refusal(text, now).faults


@dataclass(frozen=True)
class Document:
    """A whole settings file; each part can be said otherwise, the rest is good.

    What the provider states beside its balances is never due, unless `provider` says otherwise.
    """

    mode: str = 'mode = "simulated"'
    snapshots: str = 'start = "2026-05-01"'
    account: str = f'address = "{WALLET}"'
    provider: str = "enabled = true"
    rest: str = ""

    def __str__(self) -> str:
        """Give the file's text."""
        parts = [self.mode, "", "[snapshots]", self.snapshots, "", "[[accounts]]", self.account, ""]
        series = "" if "series_every" in self.provider else 'series_every = "never"'
        return "\n".join([*parts, "[providers.credmark]", self.provider, series, "", self.rest, ""])


def line_of(text: str, line: str) -> int:
    """Give the number of the one line of `text` that reads `line`."""
    lines = text.split("\n")
    assert lines.count(line) == 1, line
    return lines.index(line) + 1
