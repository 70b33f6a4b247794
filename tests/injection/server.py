"""Run the command `portfolio` hundreds of times: each in a process of its own, forked from one that has all imported.

    python -m tests.injection.server        # reads orders, a line of JSON each, and answers each with its pid and end

A process of its own costs a second before it does anything, a fork some milliseconds. The other side is Commands.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.injection.calls import Call, How, arm, library, read_log

LONGEST_SECONDS = 120.0
"""Nothing that is asked here takes longer on any machine; what does hangs."""

HANGS = 1000
"""The exit code of what had to be ended because it hung."""


@dataclass(frozen=True, slots=True)
class Injected:
    """At the how many-th call below the folder what happens; `error` is the errno of a call that fails."""

    how: How
    number: int = 0
    error: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: exit code (negative: by which signal), output, and the calls that it made."""

    code: int
    stdout: str
    stderr: str
    calls: list[Call] = field(default_factory=list)

    @property
    def words(self) -> str:
        """All that it wrote."""
        return self.stdout + self.stderr


class Commands:
    """A server of commands, and the one who asks it; one command at a time."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        """Ask `process`; outputs go to files in `folder`."""
        self._process = process
        self._folder = folder

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        injected: Injected | None = None,
        meanwhile: Callable[[Path], None] | None = None,
    ) -> Ended:
        """Run the command in a folder; `meanwhile` is called with the file of its output, and then it gets SIGINT."""
        out, err, log = (self._folder / name for name in ("out", "err", "log"))
        for one in (out, err, log):  # of the command before
            one.unlink(missing_ok=True)
        what = None if injected is None else [int(injected.how), injected.number, injected.error]
        order = {
            "arguments": list(arguments), "environment": dict(environment), "folder": str(folder),
            "out": str(out), "err": str(err), "log": str(log), "injected": what,
        }  # fmt: skip
        self._say(order)
        pid = int(self._hear())
        if meanwhile is not None:
            try:
                meanwhile(out)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
        self._say({})
        code = int(self._hear())
        said, complained = (path.read_text(encoding="utf-8", errors="replace") for path in (out, err))
        return Ended(code, said, complained, read_log(log))

    def _say(self, what: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(what)}\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextlib.contextmanager
def commands() -> Iterator[Commands]:
    """Start a server of commands and end it again."""
    environment = os.environ | {"LD_PRELOAD": str(library())}
    with TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.injection.server"], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        with process:
            try:
                yield Commands(process, Path(folder))
            finally:
                assert process.stdin is not None
                process.stdin.close()
                process.wait()


def main() -> None:
    """Serve orders until there is no more."""
    from dagster_project.faces.cli.main import VERBS  # noqa: PLC0415 - only the server pays for all imports

    for module in {module for module, _ in VERBS.values()}:
        import_module(module)
    for module in ("faces.page", "serve.server", "simulator.server"):
        import_module(f"dagster_project.{module}")
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _be(json.loads(line))
        _print(pid)
        sys.stdin.readline()
        _print(_wait(pid))


def _print(what: int) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _wait(pid: int) -> int:
    """Wait for the end of a child; one that hangs is ended."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return HANGS


def _be(order: dict[str, Any]) -> None:
    """Be the command, in the child; never comes back."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 1
    try:
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        for place, name in enumerate(("out", "err"), start=1):
            os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), place)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        if order["injected"] is not None:
            how, number, error = order["injected"]
            arm(Path(order["folder"]), How(how), number, error, log)
        code = _called(order["arguments"])
    except BaseException:  # noqa: BLE001 - what a process would show as a traceback is looked for by who asked
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _called(arguments: Sequence[str]) -> int:
    """Call the command as a process of its own would, and give its exit code."""
    from dagster_project.faces.cli.main import main as command  # noqa: PLC0415 - see main

    sys.argv = ["portfolio", *arguments]
    try:
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


if __name__ == "__main__":
    main()
