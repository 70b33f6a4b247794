"""Every verb of the command in every odd environment, by real processes, and the table of what they said.

    python -m tests.environments --count 400 --seed 1

writes the table into docs/reliability.md. What is promised of each run stands in tests/faces/test_environments.py.
"""

import argparse
import os
import random
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from dagster_project.faces.cli.main import VERBS
from tests.page_table import replace_table
from tests.portfolio import PORTFOLIO, Portfolio, named
from tests.simulator.running_simulator import started

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
HEAD = "| environment |"
NOBODY = "65534"
AS_NOBODY = (
    "setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--bounding-set", "-all,+dac_read_search",
    "--inh-caps", "-all,+dac_read_search", "--ambient-caps", "-all,+dac_read_search",
)  # fmt: skip
"""Another user, who may read what root has, such as a Python of root's own, and write nothing of it."""

ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "init": (named("cold"),),
    "doctor": (),
    "tokens": (),
    "plan": ("--since", "2026-05-01", "--until", "2026-05-03"),
    "snapshot": ("--at", "2026-05-03T00:00"),
    "backfill": ("--since", "2026-05-03", "--until", "2026-05-04"),
    "import": ("flows", "flows.csv"),
    "export": ("exported",),
    "close": ("2026-05-01..2026-05-01",),
    "status": (),
    "ask": ("value_chart",),
    "page": (),
    "serve": ("--port", "0"),
    "check": (),
    "alert": (),
    "migrate": (),
    "publish": (),
    "rebuild": (),
    "restore": (),
    "verify": (),
    "compact": (),
    "prune": (),
    "simulate": ("--port", "0"),
}
"""What each verb is called with; all of them stand in a folder with a history of two days."""

_STACK = re.compile(r"Traceback|Exception ignored|Fatal Python error|terminate called|Assertion")

SERVING = frozenset({"serve", "simulate"})
"""Verbs that end by a signal."""

FLOWS = f"at,account,asset,amount,kind,note\n2026-05-01T12:00:00Z,{named('cold')},eip155:1/slip44:60,1,deposit,x\n"


@dataclass(frozen=True)
class Environment:
    """How a process is run: a shell that ends in `exec "$@"`, and what stands in its environment."""

    words: str
    shell: str = 'exec "$@"'
    variables: Mapping[str, str | None] = field(default_factory=dict)
    is_nobody: bool = False
    prepare: Callable[[Path], None] | None = None
    stdout: str = "pipe"
    needs: str = "bash"

    @property
    def is_possible(self) -> bool:
        """Whether this machine has what the environment needs."""
        return shutil.which(self.needs) is not None

    @property
    def is_heard(self) -> bool:
        """Whether what is said on standard output arrives."""
        return self.stdout == "pipe" and ">" not in self.shell


def _read_only(folder: Path) -> None:
    """Take the right to write from everybody but root."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def _owned(folder: Path) -> None:
    """Give everything to nobody."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, int(NOBODY), int(NOBODY))


def _newer(folder: Path) -> None:
    """Let a newer program have written store and published file."""
    for name in ("store", "portfolio"):
        with duckdb.connect(folder / "data" / "simulated" / f"{name}.duckdb") as connection:
            connection.execute("update store set schema_version = 999")


def _faked(offset: str) -> str:
    """Let the process itself see another clock: `faketime` would stand between it and a signal."""
    preloaded = f"$(faketime -f {offset} printenv LD_PRELOAD)"
    return f'LD_PRELOAD="{preloaded}" FAKETIME={offset} exec "$@"'


ENVIRONMENTS: Mapping[str, Environment] = {
    "stdin closed": Environment("standard input is closed", 'exec "$@" <&-'),
    "stdout closed": Environment("standard output is closed", 'exec "$@" >&-'),
    "stderr closed": Environment("standard error is closed", 'exec "$@" 2>&-'),
    "all closed": Environment("standard input, output and error are closed", 'exec "$@" <&- >&- 2>&-'),
    "broken pipe": Environment("nobody reads standard output", stdout="broken"),
    "full device": Environment("standard output is a full disk", 'exec "$@" >/dev/full'),
    "64 files": Environment("`ulimit -n 64`", 'ulimit -n 64 && exec "$@"'),
    "12 files": Environment("`ulimit -n 12`", 'ulimit -n 12 && exec "$@"'),
    "3.2 GB of memory": Environment("`ulimit -v 3200000`", 'ulimit -v 3200000 && exec "$@"'),
    "1 GB of memory": Environment("`ulimit -v 1000000`", 'ulimit -v 1000000 && exec "$@"'),
    "300 MB of memory": Environment("`ulimit -v 300000`", 'ulimit -v 300000 && exec "$@"'),
    "no home": Environment(
        "HOME and XDG variables are not set",
        variables={"HOME": None, "XDG_STATE_HOME": None, "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None},
    ),
    "home that is none": Environment(
        "HOME is no folder", variables={"HOME": "/dev/null", "XDG_STATE_HOME": None, "XDG_CACHE_HOME": None}
    ),
    "no UTF-8": Environment(
        "`LANG=C`, Python's UTF-8 mode off",
        variables={"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ),
    "clock an hour back": Environment("the clock is an hour back (faketime)", _faked("-1h"), needs="faketime"),
    "clock a year ahead": Environment("the clock is a year ahead (faketime)", _faked("+1y"), needs="faketime"),
    "not root": Environment("another user, who owns the folder", is_nobody=True, prepare=_owned),
    "read-only folder": Environment("a folder that may only be read", is_nobody=True, prepare=_read_only),
    "no TMPDIR": Environment("TMPDIR is not there", variables={"TMPDIR": "/nonexistent"}),
    "newer store": Environment("store and published file of a newer program", prepare=_newer),
}


@dataclass(frozen=True)
class Run:
    """What came of a run: its exit code, what it said, and what is torn."""

    verb: str
    environment: str
    code: int
    out: str
    error: str
    torn: tuple[str, ...]

    @property
    def has_traceback(self) -> bool:
        """Whether anything of Python's own, or of a library's, came out."""
        return self.code < 0 or bool(_STACK.search(self.out + self.error))

    @property
    def word(self) -> str:
        """The run in a cell of the table."""
        if self.verb in SERVING and self.code in (-signal.SIGINT, 128 + signal.SIGINT):
            return "works"  # it was stopped before it could say that it serves
        if self.has_traceback:
            return "**traceback**"
        if self.torn:
            return "**torn**"
        says_why = self.message or "2>&-" in ENVIRONMENTS[self.environment].shell  # where nobody can hear it
        return {0: "works", 3: "works"}.get(self.code, "says why" if says_why else f"**{self.code}, silent**")

    @property
    def line(self) -> str:
        """The run for whoever watches, with all that was said where something is wrong."""
        more = f"\n{self.torn}\n{self.error[-1500:]}" if self.word.startswith("**") else ""
        return f"{self.environment:20} {self.verb:10} {self.code:4} {self.word:14} {self.message[:160]}{more}"

    @property
    def message(self) -> str:
        """The last line that was said."""
        lines = [line for line in self.error.splitlines() if line.strip()]
        return lines[-1] if lines else ""


@dataclass
class World:
    """A portfolio with two days of history, which each run gets a copy of."""

    base: Path
    place: Path

    def run(self, verb: str, name: str) -> Run:
        """Run a verb in an environment, in a copy of the portfolio."""
        environment = ENVIRONMENTS[name]
        folder = self.place / f"{verb}-{name}".replace(" ", "-")
        shutil.copytree(self.base, folder)
        if verb == "import":
            (folder / "flows.csv").write_text(FLOWS, encoding="utf-8")
        if environment.prepare:
            environment.prepare(folder)
        before = instants(folder)
        code, out, error = self._process(verb, environment, folder)
        if environment.prepare is _newer:
            torn = [] if instants(folder, "portfolio") >= before else ["instants are gone"]
        else:
            torn = list(torn_in(folder, before))
        if environment.prepare is _read_only:
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755)
        run = Run(verb, name, code, out, error, tuple(torn))
        if run.word in ("works", "says why"):
            shutil.rmtree(folder)
        return run

    def _process(self, verb: str, environment: Environment, folder: Path) -> tuple[int, str, str]:
        config = folder / ("new.toml" if verb == "init" else "portfolio.toml")
        own = {"PORTFOLIO_CONFIG": str(config), "PORTFOLIO_DATA": str(folder / "data"), "COLUMNS": "200"}
        own |= {"XDG_STATE_HOME": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
        changed = {key: value for key, value in environment.variables.items() if value is not None}
        variables = {key: value for key, value in (os.environ | own).items() if key not in environment.variables}
        user = AS_NOBODY if environment.is_nobody and os.geteuid() == 0 else ()
        command = [*user, "bash", "-c", environment.shell, "bash", *PORTFOLIO, verb, *ARGUMENTS[verb]]
        reading, writing = os.pipe()
        if environment.stdout == "broken":
            os.close(reading)
        with subprocess.Popen(
            command,
            cwd=folder,
            env=variables | changed | {"PYTHONPATH": str(PAGE.parents[1])},
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            os.close(writing)
            if verb in SERVING:
                _wait_for(process, None if environment.is_heard else 15, reading)
                process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=240)
        out = ""
        if environment.stdout != "broken":
            with os.fdopen(reading, "rb") as pipe:
                out = pipe.read().decode(errors="replace")
        return process.returncode, out, error


def _wait_for(process: subprocess.Popen[str], seconds: float | None, reading: int) -> None:
    """Wait until a process that serves has said where, or for so long where nobody can hear it, or for its end."""
    end = time.monotonic() + (60 if seconds is None else seconds)
    while time.monotonic() < end and process.poll() is None:
        if seconds is None and select.select([reading], [], [], 0)[0]:
            return
        time.sleep(0.1)


def instants(folder: Path, name: str = "portfolio") -> set[object]:
    """The instants that the published file holds, in every one of its tables."""
    with duckdb.connect(folder / "data" / "simulated" / f"{name}.duckdb", read_only=True) as connection:
        found = {as_of for (as_of,) in connection.execute("select as_of from snapshot").fetchall()}
        connection.execute("select count(*), sum(hash(balance)::hugeint) from balance").fetchall()
        return found


def torn_in(folder: Path, before: set[object]) -> Iterator[str]:
    """Tell what a run left that it must not: a file that does not open, instants that are gone, half of a file."""
    for name in ("portfolio", "store"):
        try:
            if not instants(folder, name) >= before:
                yield f"{name}.duckdb lacks instants"
        except duckdb.Error as error:
            yield f"{name}.duckdb: {error}"
    for path in folder.rglob("*"):
        if path.name.endswith((".tmp", ".partial", ".imported", ".migrating", ".wal")) and "state" not in path.parts:
            yield f"{path.name} is left"


def world(place: Path, url: str) -> World:
    """Make the portfolio that the runs copy, whose provider is the simulator at `url`."""

    class _At:
        def __init__(self) -> None:
            self.url = url

    base = place / "base"
    base.mkdir()
    portfolio = Portfolio(base, _At())  # type: ignore[arg-type] # only its address is read
    portfolio.accounts = ("cold", "treasury")
    portfolio.extra = '[alerts]\nfile = "alerts.jsonl"\n[raw]\nkeep_days = 1\narchive_dir = "attic"\n'
    portfolio.write()
    subprocess.run(
        [*PORTFOLIO, "backfill", "--since", "2026-05-01", "--until", "2026-05-02"],
        env=portfolio.environment,
        cwd=base,
        check=True,
        capture_output=True,
    )
    return World(base, place)


def cases(count: int, seed: int) -> list[tuple[str, str]]:
    """Draw so many pairs of verb and environment; all of them where there are not so many."""
    pairs = [(verb, name) for name in ENVIRONMENTS for verb in VERBS]
    return pairs if count >= len(pairs) else random.Random(seed).sample(pairs, count)  # noqa: S311 - reproducible


def table(runs: list[Run]) -> str:
    """Write what came of the runs, a row an environment."""
    lines = [f"{HEAD} works | says why, and changes nothing |", "|---|---|---|"]
    for name, environment in ENVIRONMENTS.items():
        ended = {run.verb: run.word for run in runs if run.environment == name}
        odd = [f"{verb}: {word}" for verb, word in ended.items() if word not in ("works", "says why")]
        works = [verb for verb, word in ended.items() if word == "works"]
        says = [verb for verb, word in ended.items() if word == "says why"]
        shown = "every verb" if len(works) == len(VERBS) else ", ".join(works) or "-"
        lines.append(f"| {environment.words} | {shown} | {', '.join([*says, *odd]) or '-'} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run them, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    runs = []
    with started() as simulator, tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        made = world(Path(place), simulator.url)
        for verb, name in cases(arguments.count, arguments.seed):
            if arguments.only in name and ENVIRONMENTS[name].is_possible:
                runs.append(made.run(verb, name))
                print(runs[-1].line, flush=True)  # noqa: T201 - for whoever waits
    if arguments.count >= len(ENVIRONMENTS) * len(VERBS) and not arguments.only:
        replace_table(PAGE, HEAD, table(runs))


if __name__ == "__main__":
    main()
