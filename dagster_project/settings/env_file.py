"""Read a file of environment variables that somebody named; without being asked, no such file is ever read.

What a variable means is for whoever reads it. No value is ever repeated in a message.
"""

import os
import re
from pathlib import Path

from dagster_project.errors import SettingsError

MOST_BYTES = 64 * 1024

_LINE = re.compile(r"(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*=[ \t]*(?P<value>.*)", re.ASCII)
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<value>.*)(?P=quote)[ \t]*(?:#.*)?""")
_COMMENT = re.compile(r"[ \t]+#.*")


def load_env_file(path: Path) -> None:
    """Put the variables of the file into this process's environment; one that is set already stays as it is.

    Raises:
        SettingsError: the file cannot be read, or has lines that set no variable; then nothing is set.
    """
    for name, value in read_env_file(path).items():
        os.environ.setdefault(name, value)


def read_env_file(path: Path) -> dict[str, str]:
    """Give the variables of a file of lines NAME=value; `export`, quotes and comments are understood as a shell's.

    Raises:
        SettingsError: the file cannot be read, or has lines that set no variable.
    """
    found: dict[str, str] = {}
    faults: list[str] = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        match = _LINE.fullmatch(plain)
        value = None if match is None else _value(match["value"])
        if match is None or value is None:
            faults.append(f"line {number}: write NAME=value, with the value in one pair of quotes or without any")
        elif "\0" in value:
            faults.append(f"line {number}, {match['name']}: holds a NUL, which no variable can")
        else:
            found[match["name"]] = value
    if faults:
        raise SettingsError(path, faults)
    return found


def _text(path: Path) -> str:
    try:
        if not path.is_file() and path.exists():
            raise SettingsError(path, ["it is no file; name a file of lines NAME=value"])
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        remedy = f"it cannot be read ({error.strerror}); name a file that is there and may be read, or leave it out"
        raise SettingsError(path, [remedy]) from error
    if len(data) > MOST_BYTES:
        raise SettingsError(path, [f"it is larger than {MOST_BYTES // 1024} KiB; name a file of lines NAME=value"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(path, [f"it is not UTF-8 from byte {error.start} on; save it as UTF-8"]) from None


def _value(written: str) -> str | None:
    """Give a value without its quotes and a comment behind it; None where a quote has no end."""
    if written[:1] in ("'", '"'):
        quoted = _QUOTED.fullmatch(written)
        inside = None if quoted is None else quoted["value"]
        return None if inside is None or written[0] in inside else inside
    return _COMMENT.split(written, maxsplit=1)[0].rstrip() if not written.startswith("#") else ""
