"""The README's questions with their real output: asks each again of the history of `make run`, and writes the page.

    make run && python -m tests.readme

Questions name their instants, so that the same history gives the same page on any later day.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "README.md"
BLOCK = re.compile(r"```\n> (?P<question>[^\n]+)\n.*?```", re.DOTALL)


def answered(question: str) -> str:
    """Ask as a user does, in the checkout, of the history that `make run` left there."""
    command = [str(Path(sys.executable).with_name("portfolio")), "ask", question]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def asked_again(page: str) -> str:
    """Give the page with the output of every question as it is now."""
    return BLOCK.sub(lambda block: f"```\n> {block['question']}\n{answered(block['question']).rstrip()}\n```", page)


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(asked_again(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
