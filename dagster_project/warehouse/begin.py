"""Begin a store: made whole under another name first, and never where an older one is lost.

What an empty store holds is template.py; whether one is lost, lost.py.
"""

from datetime import UTC, datetime
from pathlib import Path

from dagster_project.archive.journal import Begun, Journal
from dagster_project.disk import sync_folder
from dagster_project.errors import DiskError
from dagster_project.warehouse.lost import refuse_to_begin
from dagster_project.warehouse.other_clients import log_of
from dagster_project.warehouse.schema import new_portfolio_id
from dagster_project.warehouse.template import make_empty


def begin(store: Path, published: Path, mode: str, journal: Journal) -> None:
    """Make a store that is not there, under its lock: one that was half made could never be opened again.

    Raises:
        LostStoreError: an older one is lost.
        DiskError: the disk refused.
    """
    refuse_to_begin(store, published)
    new = store.with_name(f".{store.name}.new")
    log = log_of(new)
    begun = _begun(mode, journal)
    try:
        make_empty(new, begun)
        if log.exists():
            raise DiskError(f"{store}: a new store cannot be written whole; free space, then run again")
        new.replace(store)
        sync_folder(store.parent)
    except OSError as error:
        raise DiskError(f"{store}: the disk refused ({error.strerror}); free space, then run again") from error
    finally:
        new.unlink(missing_ok=True)
        log.unlink(missing_ok=True)


def _begun(mode: str, journal: Journal) -> Begun:
    """Give whose history it is: that of the journal, where a run was killed before it made the store."""
    told = journal.read()
    if told.begun and told.begun.mode == mode:
        return told.begun
    begun = Begun(new_portfolio_id(), mode, datetime.now(UTC))
    if not told.is_there:
        journal.note(begun)
    return begun
