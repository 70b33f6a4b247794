"""Promises of settings/lines.py: each key of a TOML file is found on the line where it stands.

Every value in these files is the number of the line that its key stands on, so the file says itself what is right.
"""

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.settings.lines import Place, find_lines, line_of

BARE = st.text("abcXYZ019_-", min_size=1, max_size=4)
QUOTED = st.text("ab .#=[é'", max_size=4).map(lambda text: f'"{text}"')
LITERAL = st.text('ab .#=["\\', max_size=4).map(lambda text: f"'{text}'")
NOISE = st.sampled_from(["", "   ", "# a comment", '# not = "a key"', "  # [nor a heading]", "\t# [[nor items]]"])
SPACE = st.sampled_from(["", " ", "  ", "\t"])
COMMENT = st.sampled_from(["", "  # a comment", " # x = 1", " # ]", '#"'])


def leaves(value: object, place: Place = ()) -> Iterator[tuple[Place, int]]:
    """Give the place and the value of everything in a file that is a number."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*place, index))
    elif isinstance(value, int):
        yield place, value


class Writer:
    """Writes a file line by line; names are made unique, so that no key is written twice."""

    def __init__(self, draw: st.DrawFn) -> None:
        """Begin with nothing."""
        self._draw = draw
        self._count = 0
        self.lines: list[str] = []
        self.headings: dict[Place, int] = {}

    def name(self) -> tuple[str, str]:
        """Give a name that was not used yet, as it is written and as it is read."""
        self._count += 1
        written = self._draw(st.one_of(BARE, QUOTED, LITERAL))
        quote = written[-1] if written[-1] in "\"'" else ""
        inner = f"{written.strip(quote) if quote else written}{self._count}"
        return f"{quote}{inner}{quote}", inner

    def dotted(self, most: int) -> tuple[str, Place]:
        """Give a key of one or several new names, with room around the dots."""
        names = [self.name() for _ in range(self._draw(st.integers(1, most)))]
        dot = f"{self._draw(SPACE)}.{self._draw(SPACE)}"
        return dot.join(written for written, _ in names), tuple(inner for _, inner in names)

    def noise(self) -> None:
        """Write lines that say nothing."""
        self.lines += self._draw(st.lists(NOISE, max_size=2))

    def keys(self) -> None:
        """Write some keys, each with the number of its line."""
        for _ in range(self._draw(st.integers(0, 4))):
            self.noise()
            written, _ = self.dotted(3)
            number = len(self.lines) + 1
            value = self._draw(
                st.sampled_from([f"{number}", f"[\n  {number},  # and = more\n]", f"{{ x = {number} }}"])
            )
            room = self._draw(SPACE)
            self.lines += f"{room}{written}{room}={room}{value}{self._draw(COMMENT)}".split("\n")

    def heading(self, written: str, place: Place, brackets: str = "[]") -> None:
        """Write the heading of a table, or with two brackets of an item."""
        room, count = self._draw(SPACE), len(brackets) // 2
        opening, closing = brackets[:count], brackets[count:]
        self.lines.append(f"{room}{opening}{room}{written}{room}{closing}{room}{self._draw(COMMENT)}")
        self.headings[place] = len(self.lines)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Place, int]]:
    """Give a TOML file with tables, arrays of tables and dotted keys, and the lines of its headings."""
    writer = Writer(draw)
    writer.keys()
    for _ in range(draw(st.integers(0, 4))):
        writer.noise()
        written, place = writer.dotted(3)
        if draw(st.booleans()):
            writer.heading(written, place)
            writer.keys()
            continue
        for index in range(draw(st.integers(1, 3))):
            writer.heading(written, (*place, index), brackets="[[]]")
            writer.keys()
    return "\n".join(writer.lines), writer.headings


def found(text: str) -> dict[Place, int]:
    """Give the line that is found for each number of the file: a value in brackets has that of its key."""
    lines = find_lines(text)
    return {place: line_of(lines, place) for place, _ in leaves(tomllib.loads(text))}


@given(documents())
@settings(database=None, deadline=None, max_examples=50)
def test_every_key_is_found_on_its_line(document: tuple[str, dict[Place, int]]) -> None:
    """Keys, tables and items of any TOML file are found where they stand, bare, quoted, dotted or commented."""
    text, headings = document
    assert found(text) == dict(leaves(tomllib.loads(text)))
    lines = find_lines(text)
    assert {place: lines.get(place) for place in headings} == headings


@given(documents())
@settings(database=None, deadline=None, max_examples=15)
def test_a_missing_key_has_the_line_of_what_is_around_it(document: tuple[str, dict[Place, int]]) -> None:
    """Where a key is missing, the nearest table or key around it gives the line, and the file's first is the last."""
    lines = find_lines(document[0])
    for place, number in lines.items():
        if place:
            assert line_of(lines, (*place, "missing")) == number
            assert line_of(lines, (*place, 99, "missing")) == number
    assert line_of(lines, ("missing", 0, "address")) == 1
    assert line_of(lines, ()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[[a]]\n[a.b]\nx = 3",
        "[[a]]\nx = 2\n[[a.b]]\nx = 4\n[[a.b]]\nx = 6\n[[a]]\n[[a.b]]\nx = 9",
        "[[a.b]]\nx = 2\n[a.b.c]\nx = 4\n[[a.b]]\n[a.b.c]\nx = 7",
        '["a]b"]\nx = 2',
        "[a.']']\nx = 2",
        '["a\\"]"]\nx = 2',
        '"a\\"b" = 1\n"\\u0061" = 2\n"\\\\" = 3',
        "a = [\n  [1],\n  [1]\n]\nx = 5",
        "a = [\n  [1, 1], [\n    1\n  ]\n]\n[t]\nx = 7",
        's = """\nx = 0\n[t]\n"""\nx = 5\n[t]\nx = 7',
        "s = '''\nx = 0\n[[t]]'''\nx = 4\n[[t]]\nx = 6",
        "a = [\n  { x = 1, y = 1 },\n]\nb = 4",
    ],
    ids=[
        *("table of an item", "items of an item", "table of a deep item", "bracket in a name", "bracket alone"),
        *("quote in a name", "escapes in names", "array of arrays", "array over lines", "text over lines"),
        *("literal text over lines", "tables in an array"),
    ],
)
def test_what_toml_allows_misleads_nobody(text: str) -> None:
    """Sub-tables of items, brackets in names, escapes and values over several lines leave each key on its line."""
    assert found(text) == dict(leaves(tomllib.loads(text)))


@pytest.mark.parametrize("letter", ["\u0085", "\u2028", "\u2029"])
def test_only_a_line_feed_ends_a_line(letter: str) -> None:
    """Letters that end a line elsewhere, in a comment or a text, do not shift the lines that an editor shows."""
    text = f"# a{letter}comment\nx = 2\ns = 'a{letter}text'\ny = 4"
    assert found(text) == {("x",): 2, ("y",): 4}


def test_lines_that_end_as_windows_ends_them_are_counted_alike() -> None:
    """Carriage returns before the line feeds change no line."""
    assert found("# a\r\n[t]\r\nx = 3\r\n\r\n[[u]]\r\nx = 6\r\n") == {("t", "x"): 3, ("u", 0, "x"): 6}


def test_a_table_that_only_its_tables_name_is_found_at_the_first() -> None:
    """`[providers.one]` is where `providers` begins, though no line holds it alone."""
    lines = find_lines("mode = 1\n\n[providers.one]\nx = 4\n[providers.two]\nx = 6\n[[a.b.c]]\n")
    assert line_of(lines, ("providers",)) == 3
    assert line_of(lines, ("providers", "two")) == 5
    assert line_of(lines, ("a",)) == line_of(lines, ("a", "b")) == 7
