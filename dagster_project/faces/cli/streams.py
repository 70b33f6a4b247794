"""Standard streams that hinder no verb: closed ones are there, and output that cannot be written is told at the end.

A snapshot whose log is on a full disk goes on to its end. What is written to them is the verbs' matter.
"""

import errno
import io
import os
import sys
from typing import TextIO

from typing_extensions import Buffer

_FIRST_FREE = 3


class _Raw(io.RawIOBase):
    """Writes to a descriptor; keeps the first error, and drops what comes after it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Buffer, /) -> int:
        view = memoryview(data)
        if self.error is None:
            try:
                return os.write(self._descriptor, view)
            except OSError as error:
                self.error = error
        return view.nbytes


def open_all() -> None:
    """Put the null device where standard input, output or error is closed, or a file of ours would take its number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < _FIRST_FREE:
        pass
    os.close(descriptor)


def settle() -> _Raw:
    """Let standard output and error take whatever is written, in any letters; gives what became of the output."""
    open_all()
    out = _Raw(1)
    sys.stdout = _text(out, sys.stdout)
    sys.stderr = _text(_Raw(2), sys.stderr)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - stays open as long as the program runs
    return out


def _text(raw: _Raw, before: TextIO | None) -> TextIO:
    """Write text as Python's own stream would have; letters that its encoding lacks are spelled out."""
    encoding = before.encoding if before is not None else "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors="backslashreplace", line_buffering=raw.isatty()
    )


def lost(out: _Raw) -> str | None:
    """Say why output is not there; None where all of it is."""
    sys.stdout.flush()
    if out.error is None:
        return None
    if out.error.errno == errno.EPIPE:
        return "nobody reads the output any more; what was done is done"
    return f"standard output: {out.error.strerror}; what was done is done, and the rest of its words is lost"
