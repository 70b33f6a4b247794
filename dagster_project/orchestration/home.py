"""Dagster's own folder of a mode: its configuration and its run history, apart for real and simulated runs.

What the configuration says stands in dagster.yaml at the top of the tree.
"""

import os
from pathlib import Path

import dagster as dg

from dagster_project.settings.load import Settings

CONFIGURATION = Path(__file__).parents[2] / "dagster.yaml"


def make_home(folder: Path) -> Path:
    """Make the folder with today's configuration and the files of the run history.

    The files are made before Dagster's own processes start: two of them that make the files at the same moment leave
    them so that no process can ever open them again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text(CONFIGURATION.read_text(encoding="utf-8"), encoding="utf-8")
    with dg.DagsterInstance.from_config(str(folder)):
        return folder


def prepare_home(settings: Settings) -> Path:
    """Make the folder of these settings and name it in DAGSTER_HOME for this process."""
    home = make_home(settings.paths.dagster_home)
    os.environ["DAGSTER_HOME"] = str(home)
    return home
