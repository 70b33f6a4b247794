"""Dagster's own folder of a mode: its configuration and its run history, apart for real and simulated runs.

What the configuration says stands in dagster.yaml at the top of the tree.
"""

import os
from pathlib import Path

import dagster as dg

from dagster_project.settings.load import Settings

CONFIGURATION = Path(__file__).parents[2] / "dagster.yaml"


def prepare_home(settings: Settings) -> Path:
    """Make the folder, put today's configuration into it, and name it in DAGSTER_HOME for this process.

    The files of the run history are made here too: two processes of Dagster that make them at the same moment leave
    them so that no process can ever open them again.
    """
    home = settings.paths.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(CONFIGURATION.read_text(encoding="utf-8"), encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    with dg.DagsterInstance.get():
        return home
