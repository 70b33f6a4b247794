"""The README's picture of the page: writes the page of the history of `make run` and takes a picture of it.

    make run && python -m tests.screenshot

Needs Chromium, as the tests of the page do.
"""

import tempfile
from pathlib import Path

from dagster_project.faces.page import write_report
from dagster_project.settings.paths import locate
from tests.faces.browser import browser

PICTURE = Path(__file__).parents[1] / "docs" / "page.png"


def main() -> None:
    """Write the page and the picture."""
    mode, paths = locate()
    write_report(paths.published, paths.report, is_simulated=mode == "simulated")
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder)) as page:
        page.prefer("light")
        page.size(1180, 1330)
        page.open(paths.report.resolve())
        PICTURE.write_bytes(page.picture())


if __name__ == "__main__":
    main()
