"""Build the wheel, install it as users do, and walk the demo with it: pipx and uv tool, each with several Pythons.

    scripts/walk_wheel.py                    with every Python from 3.11 on that is found
    scripts/walk_wheel.py python3.11 /opt/python3.14/bin/python3

Each installation has a home folder of its own, and sees nothing of this checkout. Needs uv and a package index.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
KEPT = ("PATH", "LANG", "SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "XDG_CACHE_HOME", "UV_CACHE_DIR")
UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
INSTALLERS = {
    "pipx": [UV, "tool", "run", "pipx", "install", "--python"],
    "uv tool": [UV, "tool", "install", "--python"],
}


def main(pythons: list[str]) -> None:
    failed = 0
    with tempfile.TemporaryDirectory(prefix="stalkeer-wheel-") as made:
        folder = Path(made)
        wheel = build_wheel(folder)
        for number, python in enumerate(pythons or found_pythons()):
            for installer, command in INSTALLERS.items():
                home = folder / f"{number}-{installer.replace(' ', '-')}"
                home.mkdir()
                failed += not walk(home, wheel, installer, [*command, python, str(wheel)])
    if failed:
        raise SystemExit(f"{failed} failed")


def found_pythons() -> list[str]:
    return [path for version in VERSIONS if (path := shutil.which(f"python{version}"))]


def build_wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def walk(home: Path, wheel: Path, installer: str, install: list[str]) -> bool:
    """Install and run the demo to its report. Print a line about it. Return whether everything was imported."""
    cache = os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
    environ = {key: os.environ[key] for key in KEPT if key in os.environ}
    environ |= {"HOME": str(home), "UV_CACHE_DIR": cache, "UV_PYTHON_DOWNLOADS": "never", "COLUMNS": "120"}
    began = time.monotonic()
    installed = subprocess.run(install, cwd=home, env=environ, capture_output=True, text=True, check=False)
    taken_s = time.monotonic() - began
    program = home / ".local" / "bin" / "stalkeer"
    if installed.returncode or not program.exists():
        print(f"{installer} with {install[-2]}: not installed\n{installed.stderr[-3000:]}", flush=True)
        return False
    ran = subprocess.run(
        [program, "demo", "--once", "--json", "--port", "0"],
        cwd=home, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    interpreter = program.read_text(encoding="utf-8").splitlines()[0].removeprefix("#!").split()[0]
    shown = subprocess.run([interpreter, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if ran.returncode:
        print(f"{installer} with {shown}: the demo failed\n{ran.stdout[-1000:]}{ran.stderr[-3000:]}", flush=True)
        return False
    print(f"{installer} with {shown}: {wheel.name} installed in {taken_s:.0f} s; {summary(ran.stdout)}", flush=True)
    return True


def summary(printed: str) -> str:
    document = json.loads(printed)
    return ", ".join(f"{key} {value}" for key, value in document.items() if isinstance(value, int | float | bool))


if __name__ == "__main__":
    main(sys.argv[1:])
