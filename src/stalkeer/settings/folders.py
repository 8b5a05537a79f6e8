"""Check the folders in the settings: configured folders must exist, default folders are created."""

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
    """Hold the reason why the folder of a setting is unusable. `remedy` is an alternative to changing the setting.

    `is_unmade` means a default folder, which the engine creates at its next start.
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
    """Raise ConfigurationError for an unusable folder. Create default folders."""
    make_own_folders(loaded)
    _refuse([*folder_problems(loaded.settings, roots), *playlist_problems(loaded.settings)])


def check_changed_folders(present: Settings, wanted: LoadedSettings, roots: Sequence[RootFolder]) -> None:
    """Raise ConfigurationError when `wanted` changes a folder to an unusable one.

    Unchanged folders are not checked: a missing disk must not prevent other changes.
    """
    before = _folders(present)
    changed = [key for key, folder in _folders(wanted.settings).items() if folder != before[key]]
    if changed:
        make_own_folders(wanted)
        _refuse([problem for problem in folder_problems(wanted.settings, roots) if problem.key in changed])


def make_own_folders(loaded: LoadedSettings) -> None:
    """Create the default folders. A missing configured folder is a missing mount, so it is not created."""
    for key, folder in _folders(loaded.settings).items():
        if key not in loaded.origins:
            with contextlib.suppress(OSError):  # a later check reports it as missing
                folder.mkdir(parents=True, exist_ok=True)


def folder_problems(settings: Settings, roots: Sequence[RootFolder] = ()) -> list[FolderProblem]:
    """Return the unusable folders of `directories`. Creates and writes nothing.

    A folder inside a root folder is unusable: the instance would import incomplete files from it, or lose files that we
    clean up.
    """
    found = []
    for key, folder in _folders(settings).items():
        problem = _look(key, folder) or _look_outside(key, folder, roots)
        if problem is not None:
            is_unmade = folder == own_folders(settings.data_dir)[key] and not folder.exists()
            found.append(replace(problem, is_unmade=is_unmade))
    return found


def shared_folders(settings: Settings, roots: Sequence[RootFolder]) -> list[Path]:
    """Return the folders that other programs use, wherever they are.

    The default folders below the data folder are among them only where the settings give permissions to their files.
    """
    modes = settings.directories.file_mode or settings.directories.folder_mode
    own = {} if modes else own_folders(settings.data_dir)
    configured = [folder for key, folder in _folders(settings).items() if folder != own.get(key)]
    return [*configured, *(Path(root) for _instance, root in roots)]


def _folders(settings: Settings) -> dict[str, Path]:
    return {f"directories.{name}": getattr(settings.directories, name) for name in FOLDERS}


def _look(key: str, folder: Path) -> FolderProblem | None:
    if not folder.is_absolute():
        return FolderProblem(key, f"{str(folder)!r} is relative", "the absolute path of a folder, such as /data/vod")
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except (OSError, ValueError) as error:
        return FolderProblem(key, f"{str(folder)!r} {_reason_of(error)}", EXISTING, "Mount it")
    if not is_folder:
        return FolderProblem(key, f"{str(folder)!r} is not a folder", EXISTING)
    if not os.access(folder, os.W_OK | os.X_OK):
        reason = f"{str(folder)!r} is not writable for user id {os.getuid()}"
        return FolderProblem(key, reason, "a writable folder", "Give that user write permission there (PUID, UMASK)")
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


def playlist_problems(settings: Settings) -> list[FolderProblem]:
    """Return the configured playlists whose path is a folder."""
    return [
        FolderProblem(f"playlists[{index}].path", f"{str(playlist.path)!r} is a folder", "a playlist file")
        for index, playlist in enumerate(settings.playlists)
        if playlist.path is not None and playlist.path.is_dir()
    ]


def watch_problems(settings: Settings, roots: Sequence[RootFolder] = ()) -> list[FolderProblem]:
    """Return the unusable watch folders.

    A watch folder that overlaps another folder is unusable: files that are on their way would be taken twice.
    """
    others = [(key, str(folder)) for key, folder in _folders(settings).items()]
    others += [(f"a root folder of {instance}", root) for instance, root in roots]
    found = []
    for index, folder in enumerate(settings.watch.folders):
        key = f"watch.folders[{index}]"
        problem = _look_into(key, folder, is_emptied=not settings.watch.keep) or _look_beside(key, folder, others)
        if problem is not None:
            found.append(problem)
    return found


def _look_into(key: str, folder: Path, *, is_emptied: bool) -> FolderProblem | None:
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except (OSError, ValueError) as error:
        return FolderProblem(key, f"{str(folder)!r} {_reason_of(error)}", "an existing folder", "Mount it")
    if not is_folder:
        return FolderProblem(key, f"{str(folder)!r} is not a folder", "an existing folder")
    if not os.access(folder, os.R_OK | os.X_OK):
        reason = f"{str(folder)!r} is not readable for user id {os.getuid()}"
        return FolderProblem(key, reason, "a readable folder", "Give that user read permission there (PUID)")
    if is_emptied and not os.access(folder, os.W_OK):
        reason = f"{str(folder)!r} is not writable for user id {os.getuid()}, so imported files cannot be removed"
        return FolderProblem(key, reason, "a writable folder", "Give that user write permission, or set watch.keep")
    return None


def _look_beside(key: str, folder: Path, others: Sequence[tuple[str, str]]) -> FolderProblem | None:
    own = folder.resolve()
    for name, other in others:
        path = Path(other).resolve()
        if own.is_relative_to(path) or path.is_relative_to(own):
            return FolderProblem(key, f"{str(folder)!r} overlaps {other!r}, {name}", "a folder beside it")
    return None


def _refuse(problems: Sequence[FolderProblem]) -> None:
    if problems:
        fields = {problem.key: f"{problem.reason}; accepted: {problem.accepted}" for problem in problems}
        raise ConfigurationError("\n".join(map(str, problems)), fields=fields)
