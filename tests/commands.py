"""Run the command `portfolio` within this process, as a process of its own would run it.

A process costs a second before it does anything. What speaks of processes (signals, locks, kills, start) makes one.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from click.testing import CliRunner

from dagster_project.errors import PortfolioError
from dagster_project.faces.cli.main import portfolio


def run(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> CompletedProcess[str]:
    """Run the command in a folder with this environment alone, and give exit code and output.

    Raises:
        Exception: what a process would have shown as a traceback.
    """
    root = logging.getLogger()
    handlers, root.handlers, level = root.handlers, [], root.level
    try:
        with pytest.MonkeyPatch.context() as patched, chdir(folder):
            for name in os.environ.keys() - environment.keys():
                patched.delenv(name)
            for name, value in environment.items():
                patched.setenv(name, value)
            ended = CliRunner().invoke(portfolio, list(arguments), prog_name="portfolio")
    finally:
        root.handlers = handlers
        root.setLevel(level)
    stdout, stderr, code = ended.stdout, ended.stderr, ended.exit_code
    match ended.exception:
        case None | SystemExit():
            pass
        case PortfolioError() as error:
            stderr, code = f"{stderr}portfolio: {error}\n", error.exit_code
        case error:
            raise error
    return CompletedProcess(list(arguments), code, stdout, stderr)
