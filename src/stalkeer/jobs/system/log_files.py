"""Find the program's log files. Lists, downloads, cleanup and support bundles use the same rule."""

from __future__ import annotations

from pathlib import Path

from stalkeer.errors import NotFound
from stalkeer.logs import LOG_NAME, open_log


def list_log_files(folder: Path) -> list[Path]:
    """List the log files, newest first. Skip symbolic links, which could lead out of the folder."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if is_log_file(path)]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def find_log_file(folder: Path, name: str) -> Path:
    """Return the log file with this name.

    Raise NotFound for any other name, so that none can lead out of the folder.
    """
    path = folder / name
    if not is_log_file(path):
        raise NotFound(f"There is no log file {name!r}; the list has their names")
    return path


def is_log_file(path: Path) -> bool:
    return LOG_NAME.fullmatch(path.name) is not None and path.is_file() and not path.is_symlink()


def read_end(path: Path, most_bytes: int) -> str:
    """Return the end of a log file as text: the last bytes, or as many characters of a compressed one."""
    if path.suffix == ".gz":
        return _read_packed_end(path, most_bytes)
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most_bytes))
        return file.read().decode("utf-8", errors="replace")


def _read_packed_end(path: Path, most: int) -> str:
    end = ""
    with open_log(path) as file:
        while text := file.read(most):
            end = (end + text)[-most:]
    return end
