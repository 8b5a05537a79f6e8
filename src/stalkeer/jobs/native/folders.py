"""Create the folders in which instances look for their completed downloads, before anything is grabbed.

An instance warns of a missing folder that its download client names.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from stalkeer.adapters.files.obstacles import is_folder
from stalkeer.adapters.files.placement import make_folders
from stalkeer.core.downloads.sabnzbd import category_folder, category_of
from stalkeer.errors import PlacementError
from stalkeer.jobs.imports.placement import category_path, check_own_folder, instance_folder
from stalkeer.jobs.library.path_map import path_map
from stalkeer.model import Drive
from stalkeer.settings import Settings
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import InstanceRow, list_instances


def folder_of(settings: Settings, instance: InstanceRow) -> Path:
    """Return Stalkeer's path of the folder for an instance's completed downloads."""
    return instance_folder(settings.directories, instance)


def complete_dir(settings: Settings, instance: InstanceRow) -> str:
    """Return the instance's path of the same folder."""
    return path_map(instance).to_remote(folder_of(settings, instance))


def existing_folder(settings: Settings, instance: InstanceRow, category: str) -> str:
    """Return the name of a category's folder.

    While it does not exist, return an empty name, which means the folder above it.
    """
    name = category_folder(category)
    return name if is_folder(category_path(settings.directories, instance, category)) else ""


def make_category_folder(settings: Settings, instance: InstanceRow, category: str) -> None:
    """Create the folder of a category. The health page reports a folder that cannot be created."""
    folder = category_path(settings.directories, instance, category)
    mode = settings.directories.folder_mode
    bits = int(mode, 8) if mode else None
    if not is_folder(folder):
        with suppress(OSError, PlacementError):
            check_own_folder(settings, folder, bits)
            make_folders(folder, bits)


def make_native_folders(database: Database, settings: Settings) -> None:
    """Create the folders of every instance with the native drive."""
    with database.connect() as connection:
        rows = [row for row in list_instances(connection) if row.enabled and row.options.drive is Drive.NATIVE]
    for row in rows:
        make_category_folder(settings, row, category_of(row.slug))
