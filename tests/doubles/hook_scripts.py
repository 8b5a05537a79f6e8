"""Scripts of a user, for hooks."""

from __future__ import annotations

from pathlib import Path


def write_script(path: Path, *lines: str) -> str:
    """An executable shell script of these lines. The path."""
    path.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
