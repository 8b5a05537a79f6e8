"""The house rules that a machine can check: which room may import which, no cycles, who alone may use what."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "stalkeer"

# Each row may import the rows above it, and its own row where that makes no cycle.
RANKS = (
    ("model", "errors"),
    ("titles", "matching", "naming", "downloads"),
    ("secrets", "settings", "logs", "asking", "inside"),
    ("playlists", "arr", "tmdb", "transfers", "files", "catalogue", "store", "notify"),
    ("jobs",),
    ("engine",),
    ("runtime",),
    ("security", "api", "web", "cli", "bridge"),
    ("app",),
    ("__main__",),
)
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}
PURE = ("model", "errors", "titles", "matching", "naming", "downloads")
IMPURE_MODULES = frozenset(
    {
        "os",
        "socket",
        "sqlite3",
        "subprocess",
        "tempfile",
        "shutil",
        "urllib",
        "urllib3",
        "httpx2",
        "sqlalchemy",
        "logging",
    }
    | {"structlog", "random", "dbos", "fastapi", "threading"}
)
CLOCK_CALLS = frozenset(
    {("time", "time"), ("time", "sleep"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
)


def modules() -> list[Path]:
    return sorted(SRC.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imported_modules(path: Path) -> frozenset[str]:
    """Every module named in an import statement, wherever it stands: a lazy import is a dependency too."""
    found: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def own_imports() -> dict[str, set[str]]:
    known = {name_of(path) for path in modules()}
    return {name_of(path): (imported_modules(path) & known) - {name_of(path)} for path in modules()}


def test_imports_run_one_way():
    wrong = [
        f"{module} imports {target}"
        for module, targets in own_imports().items()
        for target in targets
        if room_of(module) in RANK and room_of(target) in RANK and RANK[room_of(target)] > RANK[room_of(module)]
    ]

    assert wrong == []


def test_every_room_has_a_place_in_the_order():
    rooms = {room_of(name_of(path)) for path in modules()} - {""}

    assert rooms - set(RANK) - {"demo"} == set()


def test_no_module_imports_itself_by_a_detour():
    imports = {
        module: {target for target in targets if not module.startswith(f"{target}.")}
        for module, targets in own_imports().items()
    }
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module in done:
            return
        for target in sorted(imports[module]):
            visit(target, (*path, module))
        done.add(module)

    for module in sorted(imports):
        visit(module, ())


def test_the_demo_servers_know_nothing_of_the_program():
    wrong = {
        module: sorted(room_of(target) for target in targets if room_of(target) not in ("demo", ""))
        for module, targets in own_imports().items()
        if room_of(module) == "demo"
    }

    assert {module: rooms for module, rooms in wrong.items() if rooms} == {}


def test_only_the_engine_imports_dbos():
    users = {
        room_of(name_of(path)) for path in modules() if any(m.split(".")[0] == "dbos" for m in imported_modules(path))
    }

    assert users <= {"engine"}


def test_only_the_store_speaks_sql():
    """Everyone else asks the store; the refresh's million-row path and the engine's own database are its guests."""
    users = {
        room_of(name_of(path))
        for path in modules()
        if any(m.split(".")[0] == "sqlalchemy" for m in imported_modules(path))
    }

    assert users <= {"store", "catalogue"}


def test_a_package_of_the_same_name_never_replaces_urllib3():
    import urllib3

    assert urllib3.__version__.startswith("2.") and int(urllib3.__version__.split(".")[2].split("+")[0]) < 900


@pytest.mark.parametrize("room", PURE)
def test_the_core_touches_no_outside_world(room):
    paths = [path for path in modules() if room_of(name_of(path)) == room]
    wrong = [
        f"{name_of(p)} imports {m}" for p in paths for m in imported_modules(p) if m.split(".")[0] in IMPURE_MODULES
    ]
    for path in paths:
        for node in nodes_of(path):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
            ) and (node.func.value.id, node.func.attr) in CLOCK_CALLS:
                wrong.append(f"{name_of(path)}:{node.lineno} reads the clock")

    assert wrong == []


def test_migrations_follow_one_another_in_one_line():
    scripts = sorted((SRC / "store" / "migrations" / "versions").glob("[0-9]*_*.py"))
    numbers = [path.name[:4] for path in scripts]
    said = [re.findall(r'^(?:down_)?revision = "?(\w+)"?', path.read_text(encoding="utf-8"), re.M) for path in scripts]

    assert numbers == [f"{number:04d}" for number in range(1, len(scripts) + 1)]
    assert said == [list(pair) for pair in zip(numbers, ["None", *numbers], strict=False)]
