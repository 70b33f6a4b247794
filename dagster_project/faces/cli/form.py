"""The option --format of every verb that reports: a table for people, or JSON with stable keys for programs.

Which keys each verb has is docs/scripts.md; how values are written is written.py.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from dagster_project import written
from dagster_project.errors import DiskError
from dagster_project.faces import text

_Verb = TypeVar("_Verb", bound=Callable[..., object])

with_format: Callable[[_Verb], _Verb] = click.option(
    "--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True,
    help="json: for programs; its keys are in docs/scripts.md.",
)  # fmt: skip


def write_json(value: object) -> None:
    """Write one JSON document to standard output."""
    write(written.value_as_json(value), None)


def write(words: str, output: Path | None) -> None:
    """Write whole and exact to a file or a pipe; a terminal is never commanded by what came from outside."""
    if output is not None:
        try:
            output.write_text(words, encoding="utf-8")
        except OSError as error:
            remedy = "free space or mend the folder, then run again"
            raise DiskError(f"{output}: the disk refused ({error.strerror}); {remedy}") from error
    elif sys.stdout.isatty():
        click.echo("\n".join(text.harmless(line) for line in words.split("\n")), nl=False)
    else:
        sys.stdout.write(words)
