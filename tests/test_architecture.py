"""The house rules that a machine can check: which room may import which, no cycles, who alone may use what."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping, Set
from functools import cache
from pathlib import Path

import pytest
from scripts import make_architecture

SRC = Path(__file__).parents[1] / "src" / "stalkeer"

# Each floor may import the floors before it.
FLOORS = (
    ("model", "errors"),
    ("core",),
    ("settings", "secrets", "logs", "log_floods", "private_files", "durable", "file_lock"),
    ("adapters",),
    ("store",),
    ("jobs",),
    ("engine",),
    ("runtime",),
    ("faces",),
    ("app",),
    ("__main__",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
# The rooms of store and of jobs, by noun. Each may import the rooms before it on its own floor.
ROOMS = (
    "db",
    "journal",
    "sources",
    "refresh",
    "catalogue",
    "library",
    "wanted",
    "matching",
    "media",
    "offers",
    "imports",
    "downloads",
    "releases",
    "watch",
    "duplicates",
    "requests",
    "hooks",
    "notify",
    "system",
    "health",
    "native",
)
PURE = ("model", "errors", "core")
MOST_MODULES = 15  # in a folder of store or jobs
IMPURE_MODULES = frozenset(
    {
        "os",
        "socket",
        "sqlite3",
        "subprocess",
        "tempfile",
        "shutil",
        "urllib3",
        "httpx2",
        "sqlalchemy",
        "logging",
    }
    | {"structlog", "random", "dbos", "fastapi", "threading"}
)


def is_impure(module: str) -> bool:
    """`urllib.parse` only takes text apart."""
    return module.split(".")[0] in IMPURE_MODULES or module.startswith(("urllib.request", "urllib.error"))


CLOCK_CALLS = frozenset(
    {("time", "time"), ("time", "sleep"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
)


def modules() -> list[Path]:
    return sorted(SRC.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def package_of(module: str) -> str:
    """`jobs.downloads` of `stalkeer.jobs.downloads.queue`; a module that stands alone on its floor is its own."""
    return ".".join(module.split(".")[1:3])


def room_of(module: str) -> str:
    """The noun of a module of store or jobs, else the empty text."""
    parts = module.split(".")
    return parts[2] if len(parts) > 3 and parts[1] in ("store", "jobs") else ""


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


def own_pairs() -> list[tuple[str, str]]:
    return [(module, target) for module, targets in own_imports().items() for target in sorted(targets)]


def test_imports_run_one_way_between_floors():
    wrong = [
        f"{module} imports {target}"
        for module, target in own_pairs()
        if floor_of(module) in FLOOR and floor_of(target) in FLOOR and FLOOR[floor_of(target)] > FLOOR[floor_of(module)]
    ]

    assert wrong == []


def test_imports_run_one_way_between_the_rooms_of_a_floor():
    wrong = [
        f"{module} imports {target}"
        for module, target in own_pairs()
        if floor_of(module) == floor_of(target)
        and room_of(module)
        and room_of(target)
        and ROOMS.index(room_of(target)) > ROOMS.index(room_of(module))
    ]

    assert wrong == []


def test_every_module_of_store_and_jobs_stands_in_a_room():
    alone = [
        name_of(path)
        for path in modules()
        if floor_of(name_of(path)) in ("store", "jobs")
        and path.name != "__init__.py"
        and room_of(name_of(path)) not in ROOMS
    ]

    assert alone == []


def test_no_room_of_store_or_jobs_is_crowded():
    folders = [name.rpartition(".")[0] for name in map(name_of, modules()) if room_of(name)]
    sizes = Counter(folder for folder in folders if "migrations" not in folder)

    assert {room: size for room, size in sizes.items() if size > MOST_MODULES} == {}


def test_the_picture_of_the_documents_shows_every_floor_and_room_in_their_order():
    picture = (SRC.parents[1] / "docs" / "images" / "architecture.svg").read_text(encoding="utf-8")
    words = re.findall(r"<text [^>]*>([^<]+)</text>", picture)

    assert picture == make_architecture.picture(), "run: python scripts/make_architecture.py"
    assert [word for word in words if (word,) in [names[:1] for names in FLOORS]] == [
        names[0] for names in reversed(FLOORS[:-1])
    ]
    assert set(ROOMS) <= set(words)


def test_no_adapter_imports_another():
    """`adapters.net` is for all of them."""
    wrong = [
        f"{module} imports {target}"
        for module, target in own_pairs()
        if floor_of(module) == floor_of(target) == "adapters"
        and len({package_of(module), package_of(target), "adapters"}) == 3
        and package_of(target) != "adapters.net"
    ]

    assert wrong == []


def test_packages_make_no_cycle():
    arrows: dict[str, set[str]] = {}
    for module, target in own_pairs():
        here, there = package_of(module), package_of(target)
        if here != there and not there.startswith(f"{here}.") and not here.startswith(f"{there}."):
            arrows.setdefault(here, set()).add(there)

    cycles = cycles_of(arrows)

    assert cycles == []


def test_every_floor_has_a_place_in_the_order():
    floors = {floor_of(name_of(path)) for path in modules()} - {""}

    assert floors - set(FLOOR) - {"demo"} == set()


def test_no_module_imports_itself_by_a_detour():
    imports = {
        module: {target for target in targets if not module.startswith(f"{target}.")}
        for module, targets in own_imports().items()
    }

    assert cycles_of(imports) == []


def cycles_of(arrows: Mapping[str, Set[str]]) -> list[str]:
    """The first way round from each node that lies on one."""
    done: set[str] = set()
    found: list[str] = []

    def visit(node: str, path: tuple[str, ...]) -> None:
        if node in path:
            found.append(" -> ".join((*path[path.index(node) :], node)))
            return
        if node in done:
            return
        for target in sorted(arrows.get(node, ())):
            visit(target, (*path, node))
        done.add(node)

    for node in sorted(arrows):
        visit(node, ())
    return found


def test_the_demo_servers_know_nothing_of_the_program():
    wrong = {
        module: sorted(floor_of(target) for target in targets if floor_of(target) not in ("demo", ""))
        for module, targets in own_imports().items()
        if floor_of(module) == "demo"
    }

    assert {module: rooms for module, rooms in wrong.items() if rooms} == {}


def test_only_the_engine_imports_dbos():
    users = {
        floor_of(name_of(path)) for path in modules() if any(m.split(".")[0] == "dbos" for m in imported_modules(path))
    }

    assert users <= {"engine"}


NETWORK = frozenset(
    {"urllib3", "httpx2", "httpcore2", "h11", "python_socks", "socks", "ssl", "http.client", "urllib.request"}
)
LISTENING = frozenset({"stalkeer.faces.http.server"})
ASKING_OUR_NAME = frozenset({"stalkeer.engine.engine", "stalkeer.jobs.journal.reporting"})
OWN_SERVER = ("stalkeer.faces.http.connections", "h11")  # bounds the connections of our own server
OWN_HEALTH = "stalkeer.faces.cli.healthcheck"  # asks this machine alone, and must start in a moment


def test_foreign_servers_are_met_in_one_place():
    """`adapters.net` speaks HTTP, TLS and SOCKS for the whole program; demo is no part of it."""
    wrong = [
        f"{name_of(path)} imports {module}"
        for path in modules()
        if package_of(name_of(path)) != "adapters.net" and floor_of(name_of(path)) != "demo"
        for module in imported_modules(path)
        if {module, module.split(".")[0]} & NETWORK
        if (name_of(path), module) not in ((OWN_HEALTH, "urllib.request"), OWN_SERVER)
    ]

    assert wrong == []


def test_a_socket_is_used_only_to_listen_or_to_ask_for_our_name():
    users = {
        name_of(path)
        for path in modules()
        if package_of(name_of(path)) != "adapters.net" and floor_of(name_of(path)) != "demo"
        if any(module.split(".")[0] == "socket" for module in imported_modules(path))
    }
    called = {
        node.attr
        for path in modules()
        if name_of(path) in ASKING_OUR_NAME
        for node in nodes_of(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "socket"
    }

    assert users <= LISTENING | ASKING_OUR_NAME
    assert called == {"gethostname"}


def test_only_the_store_speaks_sql():
    """Everyone else asks the store."""
    users = {
        name_of(path)
        for path in modules()
        if any(m.split(".")[0] == "sqlalchemy" for m in imported_modules(path))
        if floor_of(name_of(path)) != "store"
    }

    assert users == set()


def test_store_functions_take_a_connection():
    """Whoever calls them opens the transaction. `store.db` alone knows how."""
    wrong = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in modules()
        if floor_of(name_of(path)) == "store" and room_of(name_of(path)) != "db"
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(is_database, parameters_of(node)))
    ]

    assert wrong == []


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    given = function.args
    starred = [one for one in (given.vararg, given.kwarg) if one is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *starred]


def is_database(parameter: ast.arg) -> bool:
    """`Database`, `database.Database`, `Database | None` and whatever else names it."""
    return (
        parameter.annotation is not None and re.search(r"\bDatabase\b", ast.unparse(parameter.annotation)) is not None
    )


def test_faces_open_no_write_transaction():
    """They call a job; a row of the list goes with the last write of its module."""
    writing = {
        name_of(path)
        for path in modules()
        if floor_of(name_of(path)) == "faces"
        for node in nodes_of(path)
        if isinstance(node, ast.Attribute) and node.attr in ("begin", "begin_unchecked")
    }

    assert writing == set()


def test_a_package_of_the_same_name_never_replaces_urllib3():
    import urllib3

    assert urllib3.__version__.startswith("2.") and int(urllib3.__version__.split(".")[2].split("+")[0]) < 900


@pytest.mark.parametrize("floor", PURE)
def test_the_core_touches_no_outside_world(floor):
    paths = [path for path in modules() if floor_of(name_of(path)) == floor]
    wrong = [f"{name_of(p)} imports {m}" for p in paths for m in imported_modules(p) if is_impure(m)]
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
    scripts = sorted((SRC / "store" / "db" / "migrations" / "versions").glob("[0-9]*_*.py"))
    numbers = [path.name[:4] for path in scripts]
    said = [re.findall(r'^(?:down_)?revision = "?(\w+)"?', path.read_text(encoding="utf-8"), re.M) for path in scripts]

    assert numbers == [f"{number:04d}" for number in range(1, len(scripts) + 1)]
    assert said == [list(pair) for pair in zip(numbers, ["None", *numbers], strict=False)]


def test_no_line_of_a_template_is_too_long_to_read():
    templates = (SRC / "faces" / "web" / "templates").rglob("*.html")
    long = [
        f"{path.name}:{number}"
        for path in templates
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 160
    ]
    assert long == []
