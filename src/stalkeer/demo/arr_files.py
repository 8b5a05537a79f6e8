"""Look at files as Radarr and Sonarr do: the folders that they see, the videos that they consider."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stalkeer.demo.releases import VIDEO_EXTENSIONS

IGNORED_FOLDERS = frozenset({"extras", "other", "scenes", "samples", "shorts", "trailers"})


@dataclass(frozen=True)
class Mount:
    """Describe a folder of this machine and the path under which the program sees it, as in a container."""

    seen: str
    real: Path


def video_files(folder: Path) -> list[Path]:
    """Return the videos that the programs consider: none in hidden folders, and no extras."""
    found = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts[:-1]
        if any(part.startswith(".") or part.casefold() in IGNORED_FOLDERS for part in inside):
            continue
        if path.name.startswith("._") or path.stem.endswith(("-trailer", "-other", "-scene")):
            continue
        if path.suffix.casefold() in VIDEO_EXTENSIONS and path.is_file():
            found.append(path)
    return found


def is_unpacking(path: Path) -> bool:
    return any(part.startswith(("_UNPACK_", "_FAILED_")) for part in path.parts)


def parent_of(path: str) -> str:
    stripped = path.rstrip("/")
    return stripped[: stripped.rfind("/") + 1] or "/"
