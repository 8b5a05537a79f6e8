"""The folders that settings name: those given must be there, those of ours are made."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from stalkeer.errors import ConfigurationError
from stalkeer.settings.load import LoadedSettings
from stalkeer.settings.schema import Settings

FOLDERS = ("movies", "tvshows", "temp")


def check_folders(loaded: LoadedSettings) -> None:
    """Raise ConfigurationError for a configured folder that cannot be used; make those of the default."""
    make_own_folders(loaded)
    problems = [*folder_problems(loaded.settings).values(), *_playlist_problems(loaded)]
    if problems:
        raise ConfigurationError("\n".join(problems))


def check_changed_folders(loaded: LoadedSettings, changed: Collection[str]) -> None:
    """Raise ConfigurationError for a folder among the `changed` settings that cannot be used.

    The other folders are not looked at: a disk that is away must not keep anything else from being changed.
    """
    if not any(f"directories.{name}" in changed for name in FOLDERS):
        return
    make_own_folders(loaded)
    problems = folder_problems(loaded.settings)
    refused = [problem for name, problem in problems.items() if f"directories.{name}" in changed]
    if refused:
        raise ConfigurationError("\n".join(refused))


def make_own_folders(loaded: LoadedSettings) -> None:
    """Make the folders that nobody configured. A configured one that is missing is a mount that is missing."""
    for name in FOLDERS:
        if f"directories.{name}" not in loaded.origins:
            folder: Path = getattr(loaded.settings.directories, name)
            with contextlib.suppress(OSError):  # it is found missing afterwards
                folder.mkdir(parents=True, exist_ok=True)


def folder_problems(settings: Settings) -> dict[str, str]:
    """Why a folder of `directories` cannot be used, by its name; nothing is made or written."""
    folders = {name: getattr(settings.directories, name) for name in FOLDERS}
    found = {name: _problem(f"directories.{name}", folder) for name, folder in folders.items()}
    return {name: problem for name, problem in found.items() if problem}


def _problem(key: str, folder: Path) -> str:
    if not folder.is_absolute():
        return f"{key}: {str(folder)!r} is relative; accepted: the whole path of a folder, such as /data/vod"
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        return f"{key}: {str(folder)!r} {what}; accepted: an existing folder that Stalkeer may write to"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{key}: {str(folder)!r} is not writable for user id {os.getuid()}; accepted: a writable folder"
    return ""


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
