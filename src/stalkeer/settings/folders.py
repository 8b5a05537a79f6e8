"""The folders that settings name: those given must be there, those of ours are made."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from stalkeer.errors import ConfigurationError
from stalkeer.settings.load import LoadedSettings

FOLDERS = ("movies", "tvshows", "temp")


def check_folders(loaded: LoadedSettings) -> None:
    """Raise ConfigurationError for a configured folder that is missing or not writable; make those of the default."""
    make_own_folders(loaded)
    problems = []
    for name in FOLDERS:
        problems += _problem(f"directories.{name}", getattr(loaded.settings.directories, name))
    problems += _playlist_problems(loaded)
    if problems:
        raise ConfigurationError("\n".join(problems))


def make_own_folders(loaded: LoadedSettings) -> None:
    """Make the folders that nobody configured. A configured one that is missing is a mount that is missing."""
    for name in FOLDERS:
        if f"directories.{name}" not in loaded.origins:
            folder: Path = getattr(loaded.settings.directories, name)
            folder.mkdir(parents=True, exist_ok=True)


def _problem(key: str, folder: Path) -> list[str]:
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        return [f"{key}: {str(folder)!r} {what}; accepted: an existing folder that Stalkeer may write to"]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [f"{key}: {str(folder)!r} is not writable for user id {os.getuid()}; accepted: a writable folder"]
    return []


def _playlist_problems(loaded: LoadedSettings) -> list[str]:
    return [
        f"playlists[{index}].path: {str(playlist.path)!r} is a folder; accepted: a playlist file"
        for index, playlist in enumerate(loaded.settings.playlists)
        if playlist.path is not None and playlist.path.is_dir()
    ]


def check_outside_root_folders(folders: Mapping[str, Path], root_folders: Iterable[tuple[str, str]]) -> None:
    """Raise ConfigurationError when a staging folder lies inside a root folder (instance name, path): the instance
    would import half files from it, or lose what we clean up.
    """
    for instance, root in root_folders:
        for key, folder in folders.items():
            if folder.resolve().is_relative_to(Path(root).resolve()):
                raise ConfigurationError(
                    f"{key}: {str(folder)!r} lies inside {root!r}, a root folder of {instance}; "
                    "accepted: a folder beside the root folders"
                )
