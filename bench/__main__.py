"""`python -m bench` runs every benchmark; `python -m bench NAME [ARGUMENT...]` one of them with its arguments.

A benchmark is a module here with `run(*arguments: str) -> list[Row]`; `NEEDS_ARGUMENTS = True` keeps it out of a plain
run. Its name is the module's, with hyphens.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from types import ModuleType

import bench
from bench.rows import Row


def benchmarks() -> dict[str, ModuleType]:
    found = {}
    for module in pkgutil.iter_modules(bench.__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"bench.{module.name}")
            if hasattr(loaded, "run"):
                found[module.name.replace("_", "-")] = loaded
    return found


def main(arguments: list[str]) -> int:
    known = benchmarks()
    if arguments and arguments[0] not in known:
        print(f"No benchmark {arguments[0]!r}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = {arguments[0]: known[arguments[0]]} if arguments else known
    missed: list[Row] = []
    for name, module in chosen.items():
        if not arguments and getattr(module, "NEEDS_ARGUMENTS", False):
            continue
        print(f"{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        begun = time.monotonic()
        rows = module.run(*arguments[1:])
        for row in rows:
            print(row, flush=True)
        missed += [row for row in rows if row.is_met is False]
        print(f"  ({time.monotonic() - begun:.0f} s)\n", flush=True)
    if missed:
        print(f"{len(missed)} goals missed: " + "; ".join(row.name for row in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
