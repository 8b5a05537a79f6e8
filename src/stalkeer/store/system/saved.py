"""Read the settings in the database for commands that start nothing. No file, key or schema is created."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet

from stalkeer.secrets import SecretBox, open_secret_box
from stalkeer.store.db.database import open_database
from stalkeer.store.db.migrate import revision_of
from stalkeer.store.library.instances import known_root_folders
from stalkeer.store.system.settings import read_settings


@dataclass(frozen=True)
class SavedSettings:
    """Hold the settings saved in the pages by dotted name, and each root folder as (name of the instance, path)."""

    settings: Mapping[str, object] = field(default_factory=dict)
    root_folders: tuple[tuple[str, str], ...] = ()


def read_saved(url: str, key_file: Path) -> SavedSettings:
    """Read the saved settings. Return nothing without a database or its tables, and no secrets without the key."""
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return SavedSettings()
    secrets = open_secret_box(key_file.parent, key_file) if key_file.is_file() else SecretBox(Fernet.generate_key())
    with closing(open_database(url)) as database:
        if revision_of(database) is None:
            return SavedSettings()
        with database.connect() as connection:
            return SavedSettings(read_settings(connection, secrets), tuple(known_root_folders(connection)))
