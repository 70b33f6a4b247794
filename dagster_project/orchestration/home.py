"""Dagster's own folder of a mode: its configuration and its run history, apart for real and simulated runs.

What the configuration says stands in dagster.yaml, which ships.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from dagster_project.settings.load import Settings
from dagster_project.shipped import shipped

WORKSPACE = "workspace.yaml"
"""Names the code location, for a webserver and daemon that are started from any folder."""

_SHIPPED = ("dagster.yaml", WORKSPACE)


def make_home(folder: Path) -> Path:
    """Make the folder with today's configuration and the files of the run history.

    The files are made before Dagster's own processes start: two of them that make the files at the same moment leave
    them so that no process can ever open them again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SHIPPED:
        (folder / name).write_text(shipped(name).read_text(encoding="utf-8"), encoding="utf-8")
    with open_instance(folder):
        return folder


@contextmanager
def open_instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """Open the instance of a folder; dagster.yaml refers to DAGSTER_HOME, which is set while it is read."""
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(home)
    try:
        instance = dg.DagsterInstance.from_config(str(home))
    finally:
        if before is None:
            del os.environ["DAGSTER_HOME"]
        else:
            os.environ["DAGSTER_HOME"] = before
    with instance:
        yield instance


def prepare_home(settings: Settings) -> Path:
    """Make the folder of these settings and name it in DAGSTER_HOME for this process."""
    home = make_home(settings.paths.dagster_home)
    os.environ["DAGSTER_HOME"] = str(home)
    return home
