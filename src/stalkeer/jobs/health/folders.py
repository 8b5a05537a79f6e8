"""Check folders, disks, and files that wait for the user."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from stalkeer.adapters.files.obstacles import obstacle_of
from stalkeer.core.downloads.sabnzbd import category_of
from stalkeer.jobs.downloads.admission import sees_everything
from stalkeer.jobs.health.facts import Facts
from stalkeer.jobs.imports.placement import category_path
from stalkeer.model import Drive
from stalkeer.settings.folders import FOLDERS, folder_problems, watch_problems
from stalkeer.store.system.health import ERROR, WARNING, Finding


def check_own_files(facts: Facts) -> Iterator[Finding]:
    for path in facts.misplaced:
        message = f"{path} is not what Stalkeer made there, so it cannot write {path.name}"
        yield Finding("own files", path.name, ERROR, message, f"Move {path} away and start Stalkeer again")


def check_disks(facts: Facts) -> Iterator[Finding]:
    """Report free space below `downloads.min_free`, once for each file system."""
    seen: set[int] = set()
    unusable = {problem.key for problem in folder_problems(facts.settings)}  # check_paths reports it
    for key in ("temp", "movies", "tvshows"):
        folder: Path = getattr(facts.settings.directories, key)
        if f"directories.{key}" in unusable:
            continue
        try:
            device, usage = folder.stat().st_dev, shutil.disk_usage(folder)
        except OSError:
            continue
        if device in seen:
            continue
        seen.add(device)
        if usage.free <= facts.settings.downloads.min_free:
            free = f"{usage.free / 1e6:,.0f} MB"
            message = f"Only {free} are free at {folder}; downloads wait"
            yield Finding("disk", str(folder), ERROR, message, "Free some space, or lower downloads.min_free")


def check_paths(facts: Facts) -> Iterator[Finding]:
    """Report folders that cannot be used. Pages, API and doctor work without them; downloads wait."""
    others_work = any(map(sees_everything, facts.workers))
    level, effect = (WARNING, "other machines download") if others_work else (ERROR, "downloads wait")
    for problem in folder_problems(facts.settings):
        key = problem.key.removeprefix("directories.")
        yield Finding("path", key, level, f"{problem.key}: {problem.reason}; {effect}", problem.fix)
    for key in FOLDERS:
        folder: Path = getattr(facts.settings.directories, key)
        for row in facts.instances:
            for root in row.root_folders:
                if folder.is_relative_to(root.path):
                    message = f"directories.{key}: {folder} lies inside {root.path}, a root folder of {row.label}"
                    fix = f"Set directories.{key} to a folder beside the root folders"
                    yield Finding("path", f"{key} in {row.slug}", ERROR, message, fix)


def check_watch_folders(facts: Facts) -> Iterator[Finding]:
    """Report watch folders that cannot be used. Nothing is taken from them meanwhile."""
    roots = [(row.label, root.path) for row in facts.instances for root in row.root_folders]
    for problem in watch_problems(facts.settings, roots):
        message = f"{problem.key}: {problem.reason}; nothing is taken from it"
        yield Finding("watch", problem.key, ERROR, message, problem.fix)


def check_native_folders(facts: Facts) -> Iterator[Finding]:
    """Report folders for completed downloads of an instance that cannot be created."""
    for row in facts.instances:
        if row.options.drive is not Drive.NATIVE:
            continue
        folder = category_path(facts.settings.directories, row, category_of(row.slug))
        obstacle = obstacle_of(folder)
        if obstacle is not None:
            message = f"{folder}, where {row.label} looks for its completed downloads, cannot be made: {obstacle} is "
            what = "read-only" if obstacle.is_dir() else "no folder"
            fix = f"Move {obstacle} away or make it writable; it is tried again every minute"
            yield Finding("native_folder", row.slug, ERROR, message + what, fix)


def check_placement(facts: Facts) -> Iterator[Finding]:
    for unplaced in facts.unplaced:
        files = "1 finished file" if unplaced.count == 1 else f"{unplaced.count} finished files"
        if unplaced.is_blocked:
            message = f"{files} cannot be placed; {unplaced.title}: {unplaced.error}"
            yield Finding("placement", "blocked", ERROR, message, "Fix the cause, then retry the download")
        else:
            waits = "waits" if unplaced.count == 1 else "wait"
            message = f"{files} {waits} to be placed; {unplaced.title}: {unplaced.error}"
            yield Finding("placement", "waiting", WARNING, message, "Fix the cause; it is tried again every minute")


def check_quarantine(facts: Facts) -> Iterator[Finding]:
    if facts.set_aside.count:
        is_one = facts.set_aside.count == 1
        files = "1 file is" if is_one else f"{facts.set_aside.count} files are"
        size = f"{facts.set_aside.size / 1e6:,.1f} MB"
        message = f"{files} in quarantine ({size}): {'it' if is_one else 'they'} turned out wrong"
        yield Finding("quarantine", "files", WARNING, message, "Accept or delete them: stalkeer quarantine list")


def check_key_file(facts: Facts) -> Iterator[Finding]:
    try:
        mode = facts.key_file.stat().st_mode
    except OSError:
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"{facts.key_file} can be read by others; it decrypts the stored credentials"
        yield Finding("key", str(facts.key_file), WARNING, message, f"chmod 600 {facts.key_file}")


def check_permissions(facts: Facts) -> Iterator[Finding]:
    """Report files whose permissions cannot be changed: they belong to another user, or the file system has none."""
    if facts.exposed:
        first, more = facts.exposed[0], len(facts.exposed) - 1
        others = f" and {more} more" if more else ""
        message = f"{first}{others} in the data folder can be read by others and could not be changed"
        fix = f"As the owner of these files: chmod -R go-rwx {facts.settings.data_dir}"
        yield Finding("permissions", "data", WARNING, message, fix)
