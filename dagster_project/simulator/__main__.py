"""The command line of the simulator: `python -m dagster_project.simulator`.

Only arguments and exit codes; serving belongs to `server`, the ledger to the book.
"""

import argparse
import os
import sys

from dagster_project.simulator.book.whole import whole_ledger
from dagster_project.simulator.server import LOOPBACK, serve


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dagster_project.simulator",
        description="Serve simulated providers from one deterministic book.",
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port; 0, the default, takes any free one")
    parser.add_argument("--host", default=LOOPBACK, help=f"address to bind, {LOOPBACK} unless told otherwise")
    parser.add_argument("--stop-with-stdin", action="store_true", help="end when standard input is closed")
    parser.add_argument("--ledger", action="store_true", help="write the ledger as JSON lines and exit")
    return parser.parse_args()


def main() -> int:
    """Run the command; the exit code is 0 after a clean end and 1 when the address cannot be bound."""
    arguments = _arguments()
    if arguments.ledger:
        _write_ledger()
        return 0
    try:
        serve(arguments.host, arguments.port, stop_with_stdin=arguments.stop_with_stdin)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {arguments.host}:{arguments.port}: {error}\n")
        return 1
    return 0


def _write_ledger() -> None:
    try:
        for line in whole_ledger().json_lines():
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader has seen enough; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
