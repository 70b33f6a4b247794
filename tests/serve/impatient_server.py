"""The command `portfolio serve` with little patience, so that tests of slow clients need not wait long.

It is the command in all else; its arguments are the command's.
"""

import os

from dagster_project.faces.cli.main import main
from dagster_project.serve import gate, patience

patience.HEAD_SECONDS = float(os.environ.get("HEAD_SECONDS", "3"))
"""In which a good request has to be read, on a slow machine too."""

patience.READ_SECONDS = 0.5
gate.BODY_SECONDS = 0.3

if __name__ == "__main__":
    main()
