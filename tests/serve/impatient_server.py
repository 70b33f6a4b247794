"""The command `portfolio serve` with a patience of tenths of seconds, so that tests of slow clients need not wait.

It is the command in all else; its arguments are the command's.
"""

from dagster_project.faces.cli.main import main
from dagster_project.serve import gate, patience

patience.HEAD_SECONDS = 0.3
patience.READ_SECONDS = 0.5
gate.BODY_SECONDS = 0.3

if __name__ == "__main__":
    main()
