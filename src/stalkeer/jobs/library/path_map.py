"""The path mappings of an instance, as the user set them."""

from __future__ import annotations

from dataclasses import replace

from stalkeer.adapters.arr.paths import PathMap, PathPair
from stalkeer.secrets import SecretBox
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import FolderPair, InstanceChange, InstanceRow, change_instance, get_instance


def path_map(row: InstanceRow) -> PathMap:
    return PathMap(PathPair(pair.local, pair.remote) for pair in row.options.path_mappings)


def add_path_mapping(database: Database, secrets: SecretBox, slug: str, pair: FolderPair) -> InstanceRow:
    """Append a mapping to those of an instance. Raise Conflict for an instance of the configuration file."""
    with database.begin() as connection:
        row = get_instance(connection, slug)
        options = replace(row.options, path_mappings=(*row.options.path_mappings, pair))
        return change_instance(connection, slug, InstanceChange(options=options), secrets)
