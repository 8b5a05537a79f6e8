"""The path mappings of an instance, as the user set them."""

from __future__ import annotations

from stalkeer.adapters.arr.paths import PathMap, PathPair
from stalkeer.store.library.instances import InstanceRow


def path_map(row: InstanceRow) -> PathMap:
    return PathMap(PathPair(pair.local, pair.remote) for pair in row.options.path_mappings)
