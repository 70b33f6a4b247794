"""How often long work says on standard error how far it is, where nobody watches a bar."""

import time

import click

EVERY_SECONDS = 5.0


class Pace:
    """Lets a word through when the last one is long enough ago."""

    def __init__(self) -> None:
        """Begin to wait."""
        self._said_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Tell whether something ought to be said again."""
        return time.monotonic() - self._said_at >= EVERY_SECONDS

    def say(self, words: str) -> None:
        """Say it, due or not."""
        self._said_at = time.monotonic()
        click.echo(words, err=True)
