"""The drawn error tree: what a caller may try again, and what needs a person first.

Every message names the place and the remedy. How a provider failed is not here: that is an outcome, see model.py.
"""

from collections.abc import Sequence
from pathlib import Path


class PortfolioError(Exception):
    """The root: everything that this project raises on purpose."""

    exit_code = 1


class TryAgainError(PortfolioError):
    """Waiting and trying again may help; nothing was changed."""


class DoNotRetryError(PortfolioError):
    """Trying again gives the same: a person or a setting has to change something."""


class StoreBusyError(TryAgainError):
    """Another process has been writing to the store for longer than the caller wanted to wait."""


class FaultyFileError(DoNotRetryError):
    """A file that somebody wrote cannot be used; `faults` holds every fault, one line each."""

    exit_code = 2
    consequence = ""

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        """Make one message of all the faults of the file at `path`."""
        self.path = path
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n  ".join([f"{path} has {count}{self.consequence}:", *self.faults]))


class SettingsError(FaultyFileError):
    """The settings file cannot be used."""


class ImportedFileError(FaultyFileError):
    """A file that is to be imported cannot be, and nothing of it is."""

    consequence = ", nothing is imported"


class UsageError(DoNotRetryError):
    """The question itself cannot be asked: an instant that is no tick, a range that is empty."""

    exit_code = 2


class ClockError(DoNotRetryError):
    """The clock of this machine and that of whoever was asked differ so far that an instant may not have come."""


class ForeignStoreError(DoNotRetryError):
    """A store, a raw stream or a folder belongs to another portfolio, mode or newer version."""


class NoStoreError(ForeignStoreError):
    """What stands in the store's place is a database of something else."""


class DiskError(DoNotRetryError):
    """The disk refused: full, read-only, or something stands where a file should go."""


class BadStoreError(DoNotRetryError):
    """The store's own content breaks a rule that it is written by."""


class LostStoreError(DoNotRetryError):
    """The store is gone, and what it published or was told proves that there was one: none is begun anew."""


class KnowsMoreError(DoNotRetryError):
    """The published file knows what the store does not, so it is not replaced."""


class BadRawError(DoNotRetryError):
    """A sealed raw stream cannot be read to its end."""


class SqlFileError(DoNotRetryError):
    """A file under sql/ does not keep its own header."""


class UnreadableError(DoNotRetryError):
    """An answer's body is not what the contract says; `where` is the path of the field.

    Only normalisers raise it and only `snapshot.judge` catches it: it becomes `failed:unreadable`, or fails for the
    `reason` that the bodies themselves give.
    """

    def __init__(self, where: str, why: str, reason: str = "unreadable") -> None:
        """Say what is wrong with the field at `where`."""
        self.where = where
        self.why = why
        self.reason = reason
        super().__init__(f"{where}: {why}")
