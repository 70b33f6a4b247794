"""Where things are: the settings file and the data folder of each mode. Light, for verbs that only read.

What the settings say is load.py; the only environment variables read here are the two that move files.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.errors import SettingsError
from dagster_project.settings.faults import Faults

CONFIG_VARIABLE = "PORTFOLIO_CONFIG"
DATA_VARIABLE = "PORTFOLIO_DATA"
MODES = ("simulated", "real")


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of one mode; real and simulated history never share a folder."""

    root: Path

    @property
    def raw(self) -> Path:
        """The folder of raw answer streams."""
        return self.root / "raw"

    @property
    def store(self) -> Path:
        """The writer's own database."""
        return self.root / "store.duckdb"

    @property
    def published(self) -> Path:
        """The database that everybody opens."""
        return self.root / "portfolio.duckdb"

    @property
    def report(self) -> Path:
        """The last report, one page."""
        return self.root / "report.html"

    @property
    def fetched(self) -> Path:
        """The folder of files that the settings name by their address, as they were answered."""
        return self.root / "fetched"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own run history."""
        return self.root / "dagster"


def config_path() -> Path:
    """Give the settings file: PORTFOLIO_CONFIG, else portfolio.toml in the current folder."""
    return Path(os.environ.get(CONFIG_VARIABLE) or "portfolio.toml").absolute()


def paths_for(mode: str, config: Path) -> Paths:
    """Give the files of `mode`: under PORTFOLIO_DATA, else under data/ beside the settings file."""
    data = os.environ.get(DATA_VARIABLE)
    root = Path(data).absolute() if data else config.parent / "data"
    return Paths(root / mode)


def locate() -> tuple[str, Paths]:
    """Find the mode and its files without judging the rest of the settings: a reader needs no more.

    Raises:
        SettingsError: there is no settings file, it is no TOML, or its mode is none.
    """
    config = config_path()
    plain, text = read_toml(config)
    faults = Faults(text)
    mode = read_mode(plain, faults)
    if mode is None:
        raise SettingsError(config, list(faults))
    return mode, paths_for(mode, config)


def read_mode(plain: Mapping[str, object], faults: Faults) -> str | None:
    """Give the mode that the file names; where it is none that is noted, and None given."""
    mode = plain.get("mode")
    if isinstance(mode, str) and mode in MODES:
        return mode
    faults.add(("mode",), f"write mode = {' or '.join(map(repr, MODES))}")
    return None


def read_toml(config: Path) -> tuple[dict[str, object], str]:
    """Read the settings file as (plain values, text); the mark that some editors put before UTF-8 is no part of it.

    Raises:
        SettingsError: the file is missing, unreadable or no TOML.
    """
    try:
        text = config.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text
    except FileNotFoundError:
        remedy = f"the file is missing; write one with `portfolio init`, or point {CONFIG_VARIABLE} at it"
        raise SettingsError(config, [remedy]) from None
    except UnicodeDecodeError as error:
        remedy = f"it is not UTF-8 from byte {error.start} on; save it as UTF-8 in your editor"
        raise SettingsError(config, [remedy]) from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(config, [f"it cannot be read as TOML: {error}"]) from error
