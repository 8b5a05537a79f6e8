"""The folders that settings name: those given must be there, those of ours are made."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stalkeer.errors import ConfigurationError
from stalkeer.settings.load import LoadedSettings, own_folders
from stalkeer.settings.schema import Settings

FOLDERS = ("movies", "tvshows", "temp")
EXISTING = "an existing folder that Stalkeer may write to"
RootFolder = tuple[str, str]  # the instance's name, and the path


@dataclass(frozen=True)
class FolderProblem:
    """Why the folder of one setting cannot be used, and what could be. `remedy` is what to do besides changing it.

    `is_unmade`: nobody configured the folder, and the engine makes it at its next start.
    """

    key: str
    reason: str
    accepted: str
    remedy: str = ""
    is_unmade: bool = False

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}; accepted: {self.accepted}"

    @property
    def fix(self) -> str:
        change = f"set {self.key} to {self.accepted}"
        return f"{self.remedy}, or {change}" if self.remedy else f"S{change[1:]}"


def check_folders(loaded: LoadedSettings, roots: Sequence[RootFolder] = ()) -> None:
    """Raise ConfigurationError for a folder that cannot be used; make those that nobody configured."""
    make_own_folders(loaded)
    _refuse([*folder_problems(loaded.settings, roots), *_playlist_problems(loaded)])


def check_changed_folders(present: Settings, wanted: LoadedSettings, roots: Sequence[RootFolder]) -> None:
    """Raise ConfigurationError for a folder that `wanted` changes to one that cannot be used.

    The other folders are not looked at: a disk that is away must not keep anything else from being changed.
    """
    before = _folders(present)
    changed = [key for key, folder in _folders(wanted.settings).items() if folder != before[key]]
    if changed:
        make_own_folders(wanted)
        _refuse([one for one in folder_problems(wanted.settings, roots) if one.key in changed])


def check_playlists(loaded: LoadedSettings) -> None:
    """Raise ConfigurationError for a playlist of the configuration file that is a folder."""
    _refuse(_playlist_problems(loaded))


def make_own_folders(loaded: LoadedSettings) -> None:
    """Make the folders that nobody configured. A configured one that is missing is a mount that is missing."""
    for key, folder in _folders(loaded.settings).items():
        if key not in loaded.origins:
            with contextlib.suppress(OSError):  # it is found missing afterwards
                folder.mkdir(parents=True, exist_ok=True)


def folder_problems(settings: Settings, roots: Sequence[RootFolder] = ()) -> list[FolderProblem]:
    """The folders of `directories` that cannot be used. Nothing is made or written.

    One that lies inside a root folder is among them: the instance would import half files from it, or lose what we
    clean up.
    """
    found = []
    for key, folder in _folders(settings).items():
        problem = _look(key, folder) or _look_outside(key, folder, roots)
        if problem is not None:
            is_unmade = folder == own_folders(settings.data_dir)[key] and not folder.exists()
            found.append(replace(problem, is_unmade=is_unmade))
    return found


def _folders(settings: Settings) -> dict[str, Path]:
    return {f"directories.{name}": getattr(settings.directories, name) for name in FOLDERS}


def _look(key: str, folder: Path) -> FolderProblem | None:
    if not folder.is_absolute():
        return FolderProblem(key, f"{str(folder)!r} is relative", "the whole path of a folder, such as /data/vod")
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except (OSError, ValueError) as error:
        return FolderProblem(key, f"{str(folder)!r} {_reason_of(error)}", EXISTING, "Mount it")
    if not is_folder:
        return FolderProblem(key, f"{str(folder)!r} is not a folder", EXISTING)
    if not os.access(folder, os.W_OK | os.X_OK):
        reason = f"{str(folder)!r} is not writable for user id {os.getuid()}"
        return FolderProblem(key, reason, "a writable folder", "Give that user the right to write there (PUID, UMASK)")
    return None


def _reason_of(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "does not exist"
    return f"cannot be reached: {error.strerror if isinstance(error, OSError) else error}"


def _look_outside(key: str, folder: Path, roots: Sequence[RootFolder]) -> FolderProblem | None:
    for instance, root in roots:
        if folder.resolve().is_relative_to(Path(root).resolve()):
            reason = f"{str(folder)!r} lies inside {root!r}, a root folder of {instance}"
            return FolderProblem(key, reason, "a folder beside the root folders")
    return None


def _playlist_problems(loaded: LoadedSettings) -> list[FolderProblem]:
    return [
        FolderProblem(f"playlists[{index}].path", f"{str(playlist.path)!r} is a folder", "a playlist file")
        for index, playlist in enumerate(loaded.settings.playlists)
        if playlist.path is not None and playlist.path.is_dir()
    ]


def _refuse(problems: Sequence[FolderProblem]) -> None:
    if problems:
        raise ConfigurationError("\n".join(map(str, problems)))
