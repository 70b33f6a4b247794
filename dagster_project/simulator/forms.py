"""Which of its forms a dialect speaks, where its provider's documents and its wire differ.

What the forms look like is the dialects' matter.
"""

from collections.abc import Mapping


class Forms:
    """The chosen form of each dialect; the first of those that it has, unless another is chosen."""

    def __init__(self, known: Mapping[str, tuple[str, ...]]) -> None:
        self._known = dict(known)
        self._chosen: dict[str, str] = {}

    def of(self, dialect: str) -> str:
        """The form in which the dialect speaks now."""
        return self._chosen.get(dialect, self._known[dialect][0])

    def choose(self, chosen: Mapping[str, str]) -> None:
        """Take these forms by dialect, and the first form for every dialect that is not named.

        Raises:
            ValueError: There is no such dialect or form; nothing is changed then.
        """
        for dialect, form in chosen.items():
            forms = self._known.get(dialect, ())
            if form not in forms:
                raise ValueError(f"{dialect!r} has no form {form!r}; it has {', '.join(forms) or 'none at all'}")
        self._chosen = dict(chosen)
