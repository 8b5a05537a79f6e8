"""Every promise of docs/security.md names the test that holds it, and each of these tests exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "security.md"
UNTESTED = {"Vulnerable dependencies"}  # looked up by hand, as the page says


def promises() -> Iterator[tuple[str, str]]:
    """The threat of each row, and the cell with its tests."""
    table = PAGE.read_text(encoding="utf-8").partition("## Threats")[2].partition("\n\nWhat is not protected")[0]
    for line in table.splitlines():
        if line.startswith("| ") and not line.startswith("| Threat |"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            yield cells[0].strip("| "), cells[-1].strip("| ")


@cache
def functions_of(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("threat", "cell"), list(promises()), ids=lambda value: str(value)[:40])
def test_a_promise_names_tests_that_exist(threat, cell):
    named = re.findall(r"`([^`]+)`", cell)
    assert named or threat in UNTESTED, f"no test is named for: {threat}"

    file = None
    for name in named:
        path, _, test = name.partition("::")
        file = TESTS / path if path else file
        assert file is not None, f"{name}: of which file?"
        assert file.is_file(), f"{name}: there is no such file"
        assert not test or test in functions_of(file), f"{name}: there is no such test"


def test_the_table_is_found():
    assert len(list(promises())) > 30
