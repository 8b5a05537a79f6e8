"""Ask the package index whether every locked package has a wheel for each machine and Python that we support.

A package without one would be compiled on the user's machine, which has no compiler. Needs uv and a package index.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def main(lock: str = "packaging/requirements.lock") -> None:
    failed = [
        f"{platform} {python}" for platform in PLATFORMS for python in PYTHONS if not check(lock, platform, python)
    ]
    if failed:
        raise SystemExit(f"not all packages have wheels: {', '.join(failed)}")


def check(lock: str, platform: str, python: str) -> bool:
    """Resolve the lock file without building or installing anything. Print the result."""
    with tempfile.TemporaryDirectory() as target:
        command = [UV, "pip", "install", "--dry-run", "--target", target, "--no-deps", "--require-hashes"]
        command += ["--only-binary", ":all:", "--python-platform", platform, "--python-version", python, "-r", lock]
        asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    count = sum(line.startswith(" + ") for line in asked.stderr.splitlines())
    print(
        f"{platform}, Python {python}: {f'{count} wheels' if asked.returncode == 0 else asked.stderr.strip()}",
        flush=True,
    )
    return asked.returncode == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
