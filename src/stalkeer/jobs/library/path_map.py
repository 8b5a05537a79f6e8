"""The path mappings of an instance, as the user set them."""

from __future__ import annotations

from stalkeer.adapters.arr.paths import PathMap, PathPair
from stalkeer.errors import InvalidInput
from stalkeer.store.library.instances import FolderPair, InstanceRow


def path_map(row: InstanceRow) -> PathMap:
    return PathMap(PathPair(pair.local, pair.remote) for pair in row.options.path_mappings)


def read_pair(text: str) -> FolderPair:
    """Read a mapping as people type it: `/data/vod = /downloads`, ours first. Raises InvalidInput."""
    local, sign, remote = (part.strip() for part in text.partition("="))
    if not (sign and local and remote):
        raise InvalidInput(f"{text.strip()!r} is no mapping of a folder; write it as /data/vod=/downloads, ours first.")
    return FolderPair(local, remote)
