"""Look up known advisories for every locked version, and count those that no database was asked about.

    python scripts/advisories.py [LOCK ...]

pip-audit ends well where it could look up nothing at all. Here that is a failure: exit 1 for advisories, exit 2 where
versions were not looked up. Needs uvx. The database of the package index is asked first, then that of osv.dev.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
UVX = shutil.which("uvx") or str(Path(sys.executable).with_name("uvx"))
LOCKS = ("requirements.lock", "requirements-dev.lock", "packaging/requirements.lock")
SERVICES = ("pypi", "osv")
FOUND, NOT_LOOKED_UP = 1, 2
TIMEOUT_S = 600


@dataclass(frozen=True)
class Audit:
    """Hold the advisories by `name version`, the versions that were looked up, and the packages that were not."""

    advisories: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    trouble: str = ""

    @property
    def exit_code(self) -> int:
        if self.advisories:
            return FOUND
        return NOT_LOOKED_UP if self.skipped or not self.known else 0


def read_report(report: dict[str, Any]) -> Audit:
    """Read the JSON report of pip-audit."""
    advisories, known, skipped = [], set(), set()
    for one in report["dependencies"]:
        if "skip_reason" in one:
            skipped.add(one["name"])
            continue
        known.add(one["name"])
        for found in one["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            advisories.append(f"{one['name']} {one['version']}: {found['id']}, mended in {fixed}")
    return Audit(tuple(advisories), frozenset(known), frozenset(skipped))


def ask(lock: str, service: str) -> Audit:
    command = [UVX, "pip-audit", "--format", "json", "--vulnerability-service", service]
    command += ["--progress-spinner", "off", "--require-hashes", "--disable-pip", "-r", lock]
    try:
        asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    except FileNotFoundError:
        return Audit(trouble="uvx is not installed (pip install uv)")
    except subprocess.TimeoutExpired:
        return Audit(trouble=f"no answer within {TIMEOUT_S} s")
    try:
        return read_report(json.loads(asked.stdout))
    except ValueError:
        lines = asked.stderr.strip().splitlines()
        return Audit(trouble=lines[-1] if lines else f"pip-audit ended with {asked.returncode}")


def audit(lock: str) -> Audit:
    """Ask the databases in turn, until one of them knows every version."""
    best = Audit()
    for service in SERVICES:
        answer = ask(lock, service)
        if answer.trouble:
            print(f"{lock}: {service} cannot be asked: {answer.trouble}", flush=True)
        if answer.advisories or (answer.known and not answer.skipped):
            return answer
        best = answer if len(answer.known) >= len(best.known) and not answer.trouble else best
    return best


def told(lock: str, found: Audit) -> str:
    lines = [f"{lock}: {len(found.known)} packages looked up, {len(found.advisories)} advisories", *found.advisories]
    if found.skipped or not found.known:
        count = len(found.skipped)
        left = "Nothing was" if not count else "1 package was not" if count == 1 else f"{count} packages were not"
        lines.append(f"{left} looked up. Run this where pypi.org or osv.dev can be reached.")
    return "\n".join(lines)


def main(locks: Sequence[str]) -> int:
    codes = set()
    for lock in locks:
        found = audit(lock)
        print(told(lock, found), flush=True)
        codes.add(found.exit_code)
    return FOUND if FOUND in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or LOCKS))
