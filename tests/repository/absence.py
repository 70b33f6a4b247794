"""Find where SQL makes a zero out of an absent amount, and whether a marker beside it says why that is right.

Reads text; which files are read and what is held of them is test_laws.py.
"""

import re
from collections.abc import Iterator

MARKER = re.compile(r"\s*(--|#) zero: \S+( \S+){2,}")
"""A comment line that says in three words or more why nothing is 0 here: above the zero, or above a run of them."""

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*)|'(?:[^']|'')*'|"[^"]*"|[A-Za-z_][\w.]*|\d[\d.]*|::|<>|<=|>=|\S""",
)
_REPLACES = ("coalesce", "ifnull", "nvl", "greatest", "least")
"""Functions that give another argument where one is absent; greatest and least pass over what is absent."""

_SHIFTS = ("lag", "lead")
"""Functions whose third argument stands for what is not there."""

_SKIPPED = ("(", ")", "-", "+", "cast")
"""What may stand around a zero without making it another number."""

Token = tuple[str, int]
"""A word or sign of the SQL, in lower case, and its line."""


def unmarked_zeros(sql: str) -> list[int]:
    """Give the lines on which something absent becomes 0 and no marker above says why, each once."""
    lines = sql.splitlines()
    marked: set[int] = set()
    found = sorted(set(_zeros(list(_tokens(sql)))))
    for line in found:
        if line - 1 in marked or (line > 1 and MARKER.match(lines[line - 2])):
            marked.add(line)
    return [line for line in found if line not in marked]


def _tokens(sql: str) -> Iterator[Token]:
    line, at = 1, 0
    for match in _TOKEN.finditer(sql):
        line, at = line + sql.count("\n", at, match.start()), match.start()
        if match["comment"] is None:
            yield match[0].lower(), line


def _zeros(tokens: list[Token]) -> Iterator[int]:
    for place, (word, line) in enumerate(tokens):
        if word == "case":
            yield from _zeros_of_case(tokens[place:])
        elif tokens[place + 1 : place + 2] and tokens[place + 1][0] == "(" and _is_replacing(word, tokens[place + 1 :]):
            yield line


def _is_replacing(word: str, called: list[Token]) -> bool:
    """Tell whether a function puts a zero in the place of what is absent."""
    if word in _REPLACES:
        return any(map(_is_zero, _arguments(called)))
    if word in _SHIFTS:
        return any(map(_is_zero, _arguments(called)[2:3]))
    if word in ("if", "iif") and len(arguments := _arguments(called)) == 3:
        condition, then, otherwise = arguments
        return (_asks(condition, "null") and _is_zero(then)) or (_asks(condition, "not null") and _is_zero(otherwise))
    return False


def _arguments(called: list[Token]) -> list[list[str]]:
    """Split what stands between a bracket and its end at its commas."""
    depth, found = 0, [list[str]()]
    for word, _ in called:
        depth -= word in (")", "]", "}")
        if not depth and found != [[]]:
            break
        if depth == 1 and word == ",":
            found.append([])
        elif depth:
            found[-1].append(word)
        depth += word in ("(", "[", "{")
    return found


def _is_zero(words: list[str]) -> bool:
    """Tell whether an expression is 0, of whatever type, in brackets, in quotes or cast."""
    plain = [word.strip("'") for word in words if word not in _SKIPPED]
    return bool(plain) and re.fullmatch(r"0(\.0*)?", plain[0]) is not None and plain[1:2] in ([], ["::"], ["as"])


def _asks(condition: list[str], what: str) -> bool:
    return f" is {what} " in f" {' '.join(condition)} "


def _zeros_of_case(tokens: list[Token]) -> Iterator[int]:
    """Give the lines of branches that give 0 for what is absent: `then` behind is null, `else` behind is not null."""
    condition: list[str] = []
    is_asked = False
    for keyword, words, line in _branches(tokens):
        if keyword == "when":
            condition = words
            is_asked = is_asked or _asks(words, "not null")
        is_absent = _asks(condition, "null") if keyword == "then" else keyword == "else" and is_asked
        if is_absent and _is_zero(words):
            yield line


def _branches(tokens: list[Token]) -> Iterator[tuple[str, list[str], int]]:
    """Give the parts of a case by their keyword, without those of a case inside of it."""
    depth, found = 0, list[tuple[str, list[str], int]]()
    for word, line in tokens:
        depth -= word in (")", "end")
        if word == "end" and not depth:
            break
        if depth == 1 and word in ("when", "then", "else"):
            found.append((word, [], line))
        elif found:
            found[-1][1].append(word)
        depth += word in ("(", "case")
    yield from found
