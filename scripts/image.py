"""Build the container image, with Docker or, where there is no Docker engine, with Debian's buildah and podman.

    scripts/image.py build              from python:3.13-slim-trixie of Docker Hub
    scripts/image.py build --stand-in   from a base made of Debian's packages, where no registry can be reached

Without Docker: apt-get install buildah podman runc mmdebstrap. The images are then kept below ~/.cache/stalkeer-image
(STALKEER_IMAGE_STORE), beside and not among those of the user.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "localhost/stalkeer:latest"
STAND_IN = "localhost/stalkeer-base:trixie"
STAND_IN_PACKAGES = "python3,python3-venv,ca-certificates,tzdata"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CERTIFICATES_IN_BUILD = "/run/certificates.crt"


@dataclass(frozen=True)
class Engine:
    """Hold the command that runs containers, the one that builds images, and the environment of both."""

    run: tuple[str, ...]
    build: tuple[str, ...]
    environ: Mapping[str, str]
    folder: Path | None  # of our own image store; None for Docker

    def call(self, *arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.run, *arguments],
            env=dict(self.environ),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


def find_engine() -> Engine | str:
    """Return the engine of this machine, or the reason why there is none."""
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0:
        return Engine((docker,), (docker, "build"), dict(os.environ), None)
    missing = [tool for tool in ("buildah", "podman", "runc") if shutil.which(tool, path=_path()) is None]
    if missing:
        return (
            f"no Docker engine, and {', '.join(missing)} not installed: apt-get install buildah podman runc mmdebstrap"
        )
    if os.getuid() != 0:
        return "no Docker engine, and buildah is only used as root here"
    folder = Path(os.environ.get("STALKEER_IMAGE_STORE", Path.home() / ".cache" / "stalkeer-image"))
    runc = str(shutil.which("runc", path=_path()))
    return Engine(
        ("podman", "--runtime", runc),
        ("buildah", "bud", "--isolation", "chroot", "--format", "docker"),  # the OCI format has no HEALTHCHECK
        _store(folder),
        folder,
    )


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def _store(folder: Path) -> dict[str, str]:
    """Write the settings of an image store of our own. Return the environment that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    storage, containers = folder / "storage.conf", folder / "containers.conf"
    storage.write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder / "graph"}"\nrunroot = "{folder / "run"}"\n'
    )
    containers.write_text(
        "[containers]\n"
        'default_ulimits = ["nofile=1024:20000", "nproc=4096:8192"]\n'  # a sandbox may allow no more
        'netns = "host"\n'
        "[engine]\n"
        'cgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
    )
    own = {"CONTAINERS_STORAGE_CONF": str(storage), "CONTAINERS_CONF": str(containers), "PATH": _path()}
    return {**os.environ, **own}


def build(engine: Engine, *, stand_in: bool) -> None:
    arguments = ["-f", "packaging/Dockerfile", "-t", NAME, "--build-arg", f"VERSION={_version()}"]
    arguments += ["--build-arg", f"REVISION={_revision()}"]
    if stand_in:
        _make_stand_in(engine)
        arguments += ["--build-arg", f"BASE={STAND_IN}"]
    if engine.folder is not None and CERTIFICATES.exists():
        arguments += ["--volume", f"{CERTIFICATES}:{CERTIFICATES_IN_BUILD}:ro"]
        arguments += ["--build-arg", f"PIP_CERT={CERTIFICATES_IN_BUILD}", "--layers"]
    _must([*engine.build, *arguments, "."], engine.environ)


def _make_stand_in(engine: Engine) -> None:
    """Import a base of Debian's packages, once. Its Python is in /usr/bin, that of Docker Hub's in /usr/local/bin."""
    if engine.call("image", "inspect", STAND_IN).returncode == 0:
        return
    archive = (engine.folder or Path.home() / ".cache") / "base.tar"
    if not archive.exists():
        made = archive.with_suffix(".part")
        include = f"--include={STAND_IN_PACKAGES}"
        _must(["mmdebstrap", "--format=tar", "--variant=minbase", include, "trixie", str(made)], engine.environ)
        made.rename(archive)
    _must([*engine.run, "import", str(archive), STAND_IN], engine.environ)


def _version() -> str:
    import tomllib

    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _revision() -> str:
    shown = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def _must(command: Sequence[str], environ: Mapping[str, str]) -> None:
    print("+", " ".join(command), flush=True)
    done = subprocess.run(command, cwd=ROOT, env=dict(environ), check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the container image.")
    parser.add_argument("verb", choices=["build"])
    parser.add_argument("--stand-in", action="store_true", help="use a base made of Debian's packages")
    chosen = parser.parse_args()
    engine = find_engine()
    if isinstance(engine, str):
        sys.exit(f"No image is built: {engine}")
    build(engine, stand_in=chosen.stand_in)


if __name__ == "__main__":
    main()
