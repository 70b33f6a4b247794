"""axe-core, the usual checker of accessibility, run in a page of the browser.

Installed when it is first asked for, beside the environment's own packages; see axe.txt.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faces.browser import Page

PINNED = Path(__file__).with_name("axe.txt")
FOLDER = Path(sys.prefix) / "axe"
SCRIPT = FOLDER / "axe_playwright_python" / "axe.min.js"
INSTALL = (
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--require-hashes",
    "-r",
    str(PINNED),
    "--target",
    str(FOLDER),
)


ASK = """
axe.run(document, { resultTypes: ["violations"] }).then((done) => JSON.stringify(done.violations.map((one) => (
  { rule: one.id, help: one.help, where: one.nodes.slice(0, 5).map((node) => node.html.slice(0, 200)) }
))))
"""


def faults(page: Page) -> list[dict[str, Any]]:
    """Let axe look at the page by every rule it has, best practices too, and give what it minds and where."""
    page.run(_script())
    found: list[dict[str, Any]] = json.loads(page.run(ASK))
    return found


def _script() -> str:
    if not SCRIPT.exists():
        done = subprocess.run([sys.executable, *INSTALL], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"axe-core is not here; with a package registry: python {' '.join(INSTALL)}")
    return SCRIPT.read_text(encoding="utf-8")
