"""The benchmarks, which no other test runs: they load, and each names its purpose."""

from __future__ import annotations

import importlib
import pkgutil

import bench
import pytest
from bench.__main__ import benchmarks

MODULES = sorted(module.name for module in pkgutil.iter_modules(bench.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_module_loads_and_its_first_line_is_a_sentence(name: str) -> None:
    document = importlib.import_module(f"bench.{name}").__doc__ or ""

    first = document.splitlines()[0]

    assert first[0].isupper() or first[0] == "`"
    assert first.endswith(".")


def test_every_benchmark_that_is_documented_is_there() -> None:
    assert {"api", "matching", "native", "playlists", "scan", "search", "transfers"} <= set(benchmarks())
