"""Laws of the tree, read from it: which room may use which, how large a piece may be, which words are not there."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from dagster_project.sources.registry import PROVIDERS
from tests.repository.absence import MARKER, unmarked_zeros

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dagster_project"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.read_text(encoding="utf-8").strip())
SIMULATOR = PACKAGE / "simulator"

ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "caip": set(),
    "chains": {"caip"},
    "accepted": set(),
    "csv_text": set(),
    "http_date": set(),
    "uncovered": set(),
    "outside": {"outside_words"},
    "outside_words": {"chains"},
    "prices": {"chains"},
    "receipts": {"chains"},
    "model": {"accepted", "prices", "uncovered"},
    "cadence": set(),
    "shipped": set(),
    "remedies": {"model"},
    "flows": set(),
    "disk": set(),
    "closings": {"disk", "errors"},
    "holdings": {"model"},
    "columns": set(),
    "registers": {"columns"},
    "changes": {"columns"},
    "written": set(),
    "tables": {"changes", "columns", "registers"},
    "slices": {"model", "tables"},
    "normalise": {
        "caip", "chains", "columns", "csv_text", "errors", "holdings", "http_date", "model", "registers", "slices",
        "tables",
    },
    "sources": {"caip", "chains", "errors", "holdings", "http_date", "model", "normalise"},
    "settings": {"accepted", "cadence", "caip", "chains", "errors", "model", "prices", "shipped", "sources"},
    "imports": {"cadence", "caip", "chains", "csv_text", "errors", "flows", "model"},
    "archive": {"accepted", "disk", "errors", "model", "prices"},
    "warehouse": {
        "accepted", "archive", "cadence", "changes", "closings", "columns", "disk", "errors", "flows", "model",
        "prices", "receipts", "registers", "shipped", "slices", "tables", "uncovered",
    },
    "exchange": {"archive", "caip", "closings", "disk", "errors", "model", "settings", "warehouse"},
    "snapshot": {
        "archive", "cadence", "disk", "errors", "flows", "holdings", "http_date", "imports", "model", "normalise",
        "remedies", "settings", "slices", "sources", "tables", "uncovered", "warehouse",
    },
    "alerts": {"cadence", "disk", "errors", "model", "settings", "sources", "warehouse"},
    "serve": {"caip", "chains", "errors", "model", "outside", "outside_words", "settings", "warehouse", "written"},
    "faces": {
        "alerts", "cadence", "caip", "chains", "closings", "disk", "errors", "exchange", "http_date", "model",
        "outside", "remedies", "serve", "settings", "simulator", "snapshot", "sources", "warehouse", "written",
    },
    "orchestration": {
        "alerts", "cadence", "columns", "errors", "faces", "model", "outside", "settings", "shipped", "snapshot",
        "sources", "tables", "warehouse",
    },
    "definitions": {"orchestration", "settings"},
    "simulator": set(),
}  # fmt: skip
"""Which rooms a room may import, beside itself; arrows go one way only."""


def room_of(path: Path) -> str:
    """Give the room that a module stands in."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Give every module that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_arrows_go_one_way() -> None:
    """A room imports only the rooms that the law allows it."""
    broken = []
    for path in MODULES:
        rooms = {name.split(".")[1] for name in imported(path) if name.startswith("dagster_project.")}
        strangers = rooms - ROOMS[room_of(path)] - {room_of(path)}
        broken += [f"{path.relative_to(ROOT)} imports {', '.join(sorted(strangers))}"] if strangers else []
    assert broken == []


def test_the_law_has_no_circle() -> None:
    """No room can reach itself through the rooms it may import."""
    for start, first in ROOMS.items():
        reached, waiting = set(), list(first)
        while waiting:
            room = waiting.pop()
            if room not in reached:
                reached.add(room)
                waiting += ROOMS[room]
        assert start not in reached


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("dagster", {"orchestration"}),
        ("duckdb", {"warehouse"}),
        ("httpx", {"alerts", "sources"}),
        ("pyreqwest", {"sources"}),
        ("starlette", {"serve", "simulator"}),
        ("uvicorn", {"serve", "simulator"}),
        ("fastapi", {"serve"}),
        ("pandas", {"faces"}),
        ("altair", {"faces"}),
        ("click", {"faces", "orchestration"}),
        (
            "msgspec",
            {
                "alerts",
                "archive",
                "closings",
                "exchange",
                "normalise",
                "settings",
                "snapshot",
                "faces",
                "serve",
                "simulator",
                "written",
            },
        ),
        ("cronsim", {"cadence"}),
        ("eth_abi", {"normalise", "simulator"}),
    ],
)
def test_a_library_has_its_room(package: str, rooms: set[str]) -> None:
    """Each library is imported in its room alone."""
    users = {room_of(path) for path in MODULES if any(name.split(".")[0] == package for name in imported(path))}
    assert users <= rooms


def test_pandas_is_for_notebooks_alone() -> None:
    """One module imports pandas, and no other imports that one, so that no verb pays for it."""
    users = {path for path in MODULES if any(name.split(".")[0] == "pandas" for name in imported(path))}
    assert [path.relative_to(PACKAGE).as_posix() for path in users] == ["faces/frames.py"]
    assert [path for path in MODULES if any("faces.frames" in name for name in imported(path))] == []


def test_one_connect() -> None:
    """There is one duckdb.connect in the whole package, in warehouse/connect.py."""
    users = [
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if "duckdb.connect(" in path.read_text(encoding="utf-8")
    ]
    assert users == ["warehouse/connect.py"]


def test_providers_are_named_in_one_place() -> None:
    """Outside its own source and normalisers, no module but the registry and the simulator names a provider."""
    names = r"credmark|oneinch|onebalance|onchain|defillama|\becb\b"
    named = [
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if re.search(names, path.read_text(encoding="utf-8"), re.IGNORECASE) and not path.is_relative_to(SIMULATOR)
    ]
    own = {f"{room}/{name}.py" for room in ("normalise", "sources") for name in PROVIDERS}
    further = {f"normalise/oneinch_{part}.py" for part in ("snapshot", "series", "supported", "rows", "legs", "times")}
    further |= {
        f"normalise/onchain_{part}.py"
        for part in ("decimals", "logs", "price_reports", "prices", "proof", "question", "rpc", "told", "words")
    }
    further |= {
        f"sources/onchain_{part}.py"
        for part in ("blocks", "chains", "lists", "logs", "memory", "pricing", "probe", "speaking", "talk", "witnesses")
    }
    served = ("credmark", "onebalance", "oneinch_balance", "oneinch_portfolio")  # whose shapes the API speaks
    further |= {name for name in named if name.startswith(tuple(f"serve/{family}/" for family in served))}
    further |= {"serve/app.py"}  # the list of them
    further |= {"normalise/token_list.py", "faces/cli/set_up.py"}  # the latter for the name of an option
    assert set(named) == own | further | {"chains.py", "sources/registry.py"}


def test_modules_are_small() -> None:
    """No module is longer than 300 lines, no function longer than 50, and the median module is under 100."""
    lengths = sorted(path.read_text(encoding="utf-8").count("\n") for path in MODULES)
    assert lengths[-1] <= 300
    assert lengths[len(lengths) // 2] < 100
    long = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 50
    ]
    assert long == []


def test_names_say_what_they_hold() -> None:
    """No module is a drawer, every package is empty, and each module says in two sentences what belongs in it."""
    drawers = {"utils", "util", "helpers", "helper", "common", "base", "misc", "core"}
    assert [path for path in PACKAGE.rglob("*") if path.stem in drawers] == []
    assert [path for path in PACKAGE.rglob("__init__.py") if path.read_text().strip()] == []
    for path in MODULES:
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert len(doc.split()) >= 8, path


def test_absence_is_never_turned_into_zero() -> None:
    """Nowhere does Python, SQL or SQL inside of Python replace an absent amount by 0, but where a marker says why."""
    python = re.compile(r"\.get\([^()]+, 0(\.0)?\)|\bor 0(\.0)?\b|fill_null\([^)]*\b0\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "sql").rglob("*.sql"))
        for line in unmarked_zeros(path.read_text(encoding="utf-8"))
    ]
    for path in (path for path in MODULES if not path.is_relative_to(SIMULATOR)):
        lines = path.read_text(encoding="utf-8").splitlines()
        wrong = {number for number, line in enumerate(lines, 1) if python.search(line)}
        wrong |= {
            node.lineno
            for node in ast.walk(ast.parse("\n".join(lines)))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and unmarked_zeros(node.value)
        }
        found += [f"{path.relative_to(ROOT)}:{line}" for line in sorted(wrong) if not MARKER.match(lines[line - 2])]
    assert found == [], "write NULL and its reason, or say why it is 0: a line above that begins with -- zero:"


@pytest.mark.parametrize(
    "sql",
    [
        "select coalesce(sum(value_usd), 0) from holding",
        "select coalesce(sum(value_usd) filter (where is_counted), 0::decimal(38, 6))::decimal(38, 6) as value_usd",
        "select ifnull(max(price_usd), 0.0)",
        "select coalesce(list_sum(list(value_usd order by as_of)), cast(0 as decimal(38, 6)))",
        "select coalesce(known_usd, (select '0'::decimal(38, 6)), '0'::decimal(38, 6))",
        "select case when value_usd is null then 0 else value_usd end",
        "select case when layer = 'debt' then 1 when value_usd is null or (amount = 0) then (0) else value_usd end",
        "select case when value_usd is not null then value_usd else 0::double end",
        "select if(value_usd is null, 0, value_usd)",
        "select greatest(value_usd, 0)",
        "select lag(value_usd, 1, 0) over (order by as_of)",
        "-- zero: because so\nselect 1,\n    coalesce(sum(value_usd), 0)",
        "-- zero: because\nselect coalesce(sum(value_usd), 0)",
    ],
)
def test_the_law_of_absence_sees_a_zero_in_any_spelling(sql: str) -> None:
    """A zero in the place of what is absent is seen through brackets, casts and conditions, and so is a lame excuse."""
    assert unmarked_zeros(sql) == [sql.count("\n") + 1]


@pytest.mark.parametrize(
    "sql",
    [
        "select coalesce(sum(value_usd), fallback_usd), coalesce(label, ''), coalesce(number, 1), nullif(value_usd, 0)",
        "select case when value_usd is null then null when value_usd > 0 then 1 else 0 end",
        "select case when layer = 'debt' then 0 else value_usd end, coalesce(rate * 0.5, 10)",
        "select lag(value_usd, 1) over (order by as_of), round(value_usd, 0), if(is_held, 1, 0)",
        "-- coalesce(sum(value_usd), 0) is only spoken of here\nselect 'coalesce(x, 0)'",
        "select 1,\n    -- zero: no step is no change\n    coalesce(sum(a), 0) as a,\n    coalesce(sum(b), 0) as b",
    ],
)
def test_the_law_of_absence_lets_the_rest_pass(sql: str) -> None:
    """What is no zero of something absent, or says above it why it is one, breaks no law."""
    assert unmarked_zeros(sql) == []


def test_sql_stands_in_files() -> None:
    """Python holds no SQL but transaction verbs, one-line look-ups and single-row inserts."""
    longest = 120
    for path in MODULES:
        if path.is_relative_to(SIMULATOR):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.match(r"\s*(select|with|from|insert|delete|update|create)\b.* ", node.value)
            ):
                assert "\n" not in node.value.strip(), path
                assert len(node.value) <= longest, (path, node.value)


def test_time_is_aware() -> None:
    """No naive clock is read, and only the outermost rooms read a clock at all."""
    pattern = re.compile(r"datetime\.now\(\)|utcnow\(|fromtimestamp\([^,()]*\)|date\.today\(\)")
    assert [path for path in MODULES if pattern.search(path.read_text(encoding="utf-8"))] == []
    readers = {room_of(path) for path in MODULES if "datetime.now(UTC)" in path.read_text(encoding="utf-8")}
    assert readers <= {
        "archive",
        "definitions",
        "faces",
        "orchestration",
        "serve",
        "snapshot",
        "sources",
        "warehouse",
        "simulator",
    }


def test_every_exception_is_ours_or_narrow() -> None:
    """Nothing broad is caught, but to clean up and raise again."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                name = getattr(node.type, "id", None)
                is_broad = node.type is None or name in ("Exception", "BaseException")
                assert not is_broad or any(isinstance(one, ast.Raise) and one.exc is None for one in node.body), path


def test_a_loosened_dial_has_its_reason() -> None:
    """Every noqa and type: ignore says why, behind it."""
    bare = re.compile(r"# (noqa|type: ignore)(?!.*\S.*[-#–] ?\S.{3,})")  # noqa: RUF001 - a dash as people write it
    tree = [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in tree
        if path != Path(__file__)
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"# (noqa|type: ignore)", line)
        and not re.search(r"# (noqa|type: ignore)[^#]*?( - |  ?# )\S.{3,}", line)
    ]
    assert bare.pattern
    assert found == []


@pytest.mark.slow
def test_no_mark_of_unfinished_work() -> None:
    """The tree holds no mark of something left to do, and no skipped or expected-to-fail test without its reason."""
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    suffixes = {".py", ".sql", ".md", ".toml", ".yaml", ".html", ""}
    files = [path for path in ROOT.rglob("*") if path.is_file() and path.suffix in suffixes and not _is_foreign(path)]
    assert [path for path in files if marks.search(path.read_text(encoding="utf-8", errors="ignore"))] == []


def test_tests_promise() -> None:
    """Every test has a docstring of one sentence that states a promise."""
    silent = []
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                doc = (ast.get_docstring(node) or "").strip()
                if not doc.endswith(".") or "\n\n" in doc or len(doc.split()) < 5:
                    silent.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert silent == []


def test_the_lock_names_no_place() -> None:
    """The lock file pins everything with hashes and names no registry, no host and no path."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    pins = re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^\]]+\])?==\S+", text, re.MULTILINE)
    assert len(pins) > 90
    assert text.count("--hash=sha256:") > len(pins)


def test_every_dependency_is_used_and_decided() -> None:
    """Each direct dependency is imported somewhere and stands in the decision that chose it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[<>=]", line)[0] for line in project["dependencies"]]
    decision = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in decision] == []
    modules = {"pycryptodome": "Crypto", "vl-convert-python": "vl_convert", "pyrate-limiter": "pyrate_limiter"}
    used = {name.split(".")[0] for path in MODULES for name in imported(path)}
    unused = {name for name in names if modules.get(name, name.replace("-", "_")) not in used}
    assert unused == {"dagster-webserver"}, "this one is for the UI"


def _is_foreign(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return (
        parts[0].startswith(".venv")
        or parts[0] in (".git", "data", ".mypy_cache", ".ruff_cache", ".hypothesis", "LICENSE")
        or "__pycache__" in parts
    )
