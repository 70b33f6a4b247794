"""Export a history and import it elsewhere, in this process; and change what a descriptor says, as somebody might.

What is expected of it stands in the tests.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.errors import UsageError
from dagster_project.exchange.read import Brought, bring
from dagster_project.exchange.write import Exported, export
from dagster_project.warehouse.sqlfiles import answers
from tests.portfolio import Portfolio

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@dataclass
class Elsewhere:
    """A place without a history, under the same settings."""

    portfolio: Portfolio

    def bring(self, folder: Path, accepted: Sequence[str] = ()) -> Brought:
        """Import an exported history here, whatever claims are accepted as broken."""
        return bring(self.portfolio.settings(), folder, NOW, lambda *_: None, accepted=accepted)

    @property
    def written(self) -> list[str]:
        """What lies in the data folder, the file that a lock is held on aside."""
        data = self.portfolio.folder / "data"
        return sorted(
            path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file() and path.suffix != ".lock"
        )


def exported(portfolio: Portfolio, folder: Path, form: str = "parquet") -> Exported:
    """Export what a portfolio has published."""
    return export(portfolio.published, folder, form, NOW, lambda *_: None)


def told(portfolio: Portfolio) -> dict[str, str]:
    """Give what every answer answers by itself, to the last bit."""
    found = {}
    for file in answers():
        try:
            found[file.name] = repr(portfolio.answer(file.name))
        except UsageError as error:
            found[file.name] = str(error)
    return found


def digests(folder: Path) -> dict[str, str]:
    """Give the digest of every file but the descriptor."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "datapackage.json"
    }


def described(folder: Path) -> dict[str, Any]:
    """Read a descriptor as anybody would."""
    found: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return found


def redescribe(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what the descriptor says."""
    package = described(folder)
    change(package)
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")


def resource(package: dict[str, Any], name: str) -> dict[str, Any]:
    """Give what a descriptor says of a table."""
    found: dict[str, Any] = next(one for one in package["resources"] if one["name"] == name)
    return found


def forge(folder: Path, path: str, content: bytes) -> None:
    """Put other bytes into a file, and let the descriptor vouch for them."""
    (folder / path).write_bytes(content)

    def vouch(package: dict[str, Any]) -> None:
        for one in package["resources"]:
            for file in one["portfolio:files"]:
                if file["path"] == path:
                    file |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}

    redescribe(folder, vouch)
