"""axe-core, the usual checker of accessibility, run in a page of the browser.

Installed when it is first asked for; see axe.txt.
"""

import json
from pathlib import Path
from typing import Any

from tests.faces.browser import Page
from tests.installed import installed

PINNED = Path(__file__).with_name("axe.txt")
SCRIPT = "axe_playwright_python/axe.min.js"
ASK = """
axe.run(document, { resultTypes: ["violations"] }).then((done) => JSON.stringify(done.violations.map((one) => (
  { rule: one.id, help: one.help, where: one.nodes.slice(0, 5).map((node) => node.html.slice(0, 200)) }
))))
"""


def faults(page: Page) -> list[dict[str, Any]]:
    """Let axe look at the page by every rule it has, best practices too, and give what it minds and where."""
    page.run(installed(PINNED, "axe", SCRIPT).read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = json.loads(page.run(ASK))
    return found
