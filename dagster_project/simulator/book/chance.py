"""The only source of chance in the book: generators seeded by name, the same in every process.

Clocks, hashes of strings and the order of sets do not belong here or anywhere else in the book.
"""

import random


def seeded(name: str) -> random.Random:
    """A generator whose numbers depend on `name` alone.

    Only `random()` and `randrange()` may be used of it: both are plain integer work, whereas `gauss()` and its
    like ask the C library, whose last digits differ between platforms.
    """
    return random.Random(f"portfolio-snapshots/{name}")  # noqa: S311  # repeatable by design, guards nothing
