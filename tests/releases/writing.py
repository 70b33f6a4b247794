"""Write the archive of a small history that this version of the program took: `python -m tests.releases.writing FILE`.

Run it before a change of names or of what is stored. Later versions have to open every archive in this folder.
"""

import csv
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.portfolio import Portfolio, lasting
from tests.simulator.running_simulator import started
from tests.snapshot.lived import lives, of_two_accounts

ANSWERS = {
    "value_chart": "as_of, value_usd, known_value_usd, missing_cells",
    "current_value": "per, name, value_usd",
    "coverage": "as_of, provider, account_id, chain_id, layer, status",
    "flows": "account_id, moved_at, asset_id, amount_exact, kind, note",
    "closings": "period, status, value_usd",
}
"""Answers and the columns of them that are written beside the history. No later version may answer otherwise."""

SETTINGS, DATA, EXPORT, EXPECTED = "portfolio.toml", "data", "export", "expected"


def write(portfolio: Portfolio, archive: Path) -> None:
    """Take the history and write settings, data folder, export and answers into a tar archive, compressed by xz."""
    lives(of_two_accounts(portfolio))
    portfolio.command("close", "2026-05-01..2026-05-03", "--partial", "an archive", check=True)
    portfolio.command("export", str(portfolio.folder / EXPORT), check=True)
    (portfolio.folder / EXPECTED).mkdir()
    for name in ANSWERS:
        with (portfolio.folder / EXPECTED / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(answered(portfolio, name))
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for name in (SETTINGS, DATA, EXPORT, EXPECTED):
            tar.add(portfolio.folder / name, name, filter=_without_owner)


def answered(portfolio: Portfolio, name: str) -> list[list[str]]:
    """Return the rows of an answer as text."""
    return [[str(value) for value in row] for row in portfolio.query(f"select {ANSWERS[name]} from {name}()").rows]


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if member.name.endswith(".lock"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main() -> None:
    """Write the archive."""
    with TemporaryDirectory() as folder, started() as simulator, lasting(Path(folder), simulator) as portfolio:
        write(portfolio, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
