"""What a command writes to a terminal, which is another thing than what it writes to a pipe.

What is expected of it stands in the tests.
"""

import os
import pty
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.portfolio import PORTFOLIO


def shown_on_a_terminal(folder: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """Run the command `portfolio` in front of a terminal and give all that it wrote there."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen([*PORTFOLIO, *arguments], env=dict(environment), cwd=folder, stdout=theirs)
    os.close(theirs)
    shown = _everything(ours)
    assert run.wait(timeout=60) == 0
    return shown


def commands(shown: str) -> list[str]:
    """Give the letters that could command a terminal or turn the direction of writing, line ends aside."""
    return [letter for letter in shown.replace("\r\n", "\n") if not letter.isprintable() and letter != "\n"]


def _everything(descriptor: int) -> str:
    """Read a terminal until the program behind it has ended."""
    parts = []
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        while True:
            try:
                part = terminal.read(65_536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not part:
                break
            parts.append(part)
    return b"".join(parts).decode()
