"""Read the path mappings of an instance."""

from __future__ import annotations

from stalkeer.adapters.arr.paths import PathMap, PathPair
from stalkeer.errors import InvalidInput
from stalkeer.store.library.instances import FolderPair, InstanceRow


def path_map(row: InstanceRow) -> PathMap:
    return PathMap(PathPair(pair.local, pair.remote) for pair in row.options.path_mappings)


def read_pair(text: str) -> FolderPair:
    """Read a mapping as users type it: `/data/vod = /downloads`, local path first. Raises InvalidInput."""
    local, sign, remote = (part.strip() for part in text.partition("="))
    if not (sign and local and remote):
        raise InvalidInput(
            f"{text.strip()!r} is not a path mapping; write it as /data/vod=/downloads, the local path first."
        )
    return FolderPair(local, remote)
