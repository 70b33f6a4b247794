"""Since when the published file lacks what the journal says was stored: publishing may fail again and again."""

from datetime import UTC, datetime
from pathlib import Path

from dagster_project.archive.journal import Journal
from dagster_project.warehouse.ask import query

_STAMP = "%Y%m%dT%H%M%S%fZ"
_KNOWN = "select count(*) from attempt where as_of = $as_of and attempt_id in (select unnest($attempts))"


def unpublished_since(raw: Path, published: Path) -> datetime | None:
    """Give when the last instant of the journal was taken, where the published file lacks it; None where it has it.

    Raises:
        PortfolioError: the published file cannot be read.
    """
    last = Journal(raw).last_stored()
    if last is None:
        return None
    attempts = [attempt_id for _, attempt_id in last.attempts]
    if published.exists():
        ((known,),) = query(published, _KNOWN, {"as_of": last.as_of, "attempts": attempts}).rows
        if known == len(attempts):
            return None
    try:
        return datetime.strptime(max(attempts).partition("-")[0], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None  # an attempt of another name, as in a history that was made by hand
