"""Promises of importing: the modules of the settings do nothing until they are called."""

import subprocess
import sys
from pathlib import Path

import pytest

import dagster_project.settings
from tests.settings.settings_file import ROOT

FOLDER = Path(dagster_project.settings.__path__[0])
PYDANTICS_OWN = ": environment PYDANTIC_DISABLE_PLUGINS"
"""Pydantic asks for this switch of its own whenever a class is made."""

MODULES = tuple(f"dagster_project.settings.{path.stem}" for path in sorted(FOLDER.glob("[!_]*.py")))

WATCHER = '''
import os, sys

EVENTS = {"open", "os.listdir", "os.scandir", "os.mkdir", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"}
seen = []

def notice(what):
    """Note what is done by the module that is being executed, if it is ours: outwards until the import system."""
    frame, executed = sys._getframe(2), None
    while frame is not None and "importlib" not in frame.f_code.co_filename:
        executed, frame = frame.f_code, frame.f_back
    if executed is not None and executed.co_name == "<module>" and executed.co_filename.startswith(sys.argv[1]):
        seen.append(f"{executed.co_filename}: {what}")

def heard(event, arguments):
    if event in EVENTS:
        notice(f"{event} {arguments[:1]}")

class Watched(type(os.environ)):
    def __getitem__(self, name):
        notice(f"environment {name}")
        return super().__getitem__(name)

    def __iter__(self):
        notice("environment as a whole")
        return super().__iter__()

os.environ.__class__ = Watched
sys.addaudithook(heard)
for name in sys.argv[2:]:
    __import__(name)
print("\\n".join(seen))
'''


def done_at_import(folder: Path, *modules: str, path: Path = ROOT) -> list[str]:
    """Import modules in a process of their own; give what those under `folder` read or started meanwhile."""
    command = [sys.executable, "-B", "-c", WATCHER, str(folder), *modules]
    done = subprocess.run(command, cwd=path, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in done if line and not line.endswith(PYDANTICS_OWN)]


def test_importing_the_settings_reads_nothing() -> None:
    """Importing any module of the settings, and what it imports of ours, reads no environment and no file."""
    assert "dagster_project.settings.load" in MODULES
    assert done_at_import(FOLDER.parent, *MODULES) == []


@pytest.mark.parametrize(
    "deed",
    [
        'import os\nHOME = os.environ.get("HOME")',
        'import os\nHOME = os.getenv("HOME")',
        'import os\nHAS = "HOME" in os.environ',
        "import os\nALL = dict(os.environ)",
        "from pathlib import Path\nTEXT = Path(__file__).read_text()",
        "def read():\n    return open(__file__)\nFILE = read()",
        'import os\nFILES = os.listdir(".")',
    ],
)
def test_a_module_that_reads_at_import_is_seen(tmp_path: Path, deed: str) -> None:
    """The watcher sees a module that reads the environment or a file, be it through a function."""
    (tmp_path / "greedy_module.py").write_text(deed, encoding="utf-8")
    seen = done_at_import(tmp_path, "greedy_module", path=tmp_path)
    assert seen
    assert all(line.startswith(str(tmp_path / "greedy_module.py")) for line in seen)


def test_readers_do_not_pay_for_what_they_do_not_use() -> None:
    """Finding the mode and its files loads neither Dagster nor DuckDB nor the shapes of the settings."""
    program = "import sys, dagster_project.settings.paths; print(*sys.modules)"
    listed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not {"dagster", "duckdb", "pyarrow", "pydantic", "httpx", "cronsim"} & set(listed.stdout.split())
