"""The folders in which instances look for their completed downloads, made before anything is grabbed.

An instance warns of a folder that its download client names and that is not there.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from stalkeer.adapters.files.obstacles import is_folder
from stalkeer.adapters.files.placement import make_folders
from stalkeer.core.downloads.sabnzbd import category_folder, category_of
from stalkeer.errors import PlacementError
from stalkeer.jobs.downloads.placement import category_path, check_own_folder, instance_folder
from stalkeer.jobs.library.path_map import path_map
from stalkeer.model import Drive
from stalkeer.settings import Settings
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import InstanceRow, list_instances


def folder_of(settings: Settings, instance: InstanceRow) -> Path:
    """Return the folder of an instance's completed downloads, in our view of paths."""
    return instance_folder(settings.directories, instance)


def complete_dir(settings: Settings, instance: InstanceRow) -> str:
    """Return the same in the instance's view."""
    return path_map(instance).to_remote(folder_of(settings, instance))


def existing_folder(settings: Settings, instance: InstanceRow, category: str) -> str:
    """Return the name of a category's folder; empty, which is the folder above it, while there is none."""
    name = category_folder(category)
    return name if is_folder(category_path(settings.directories, instance, category)) else ""


def make_category_folder(settings: Settings, instance: InstanceRow, category: str) -> None:
    """Make the folder of a category; the health page tells of one that cannot be made."""
    folder = category_path(settings.directories, instance, category)
    mode = settings.directories.folder_mode
    bits = int(mode, 8) if mode else None
    if not is_folder(folder):
        with suppress(OSError, PlacementError):
            check_own_folder(settings, folder, bits)
            make_folders(folder, bits)


def make_native_folders(database: Database, settings: Settings) -> None:
    """Make the folders of every instance that drives itself."""
    with database.connect() as connection:
        rows = [row for row in list_instances(connection) if row.enabled and row.options.drive is Drive.NATIVE]
    for row in rows:
        make_category_folder(settings, row, category_of(row.slug))
