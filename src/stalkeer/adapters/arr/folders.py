"""Find our folder in an instance's file system by means of a probe file in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.manual_import import sees_file
from stalkeer.adapters.arr.paths import PathPair
from stalkeer.adapters.arr.reading import read_remote_path_mappings, read_root_folders

MOST_PLACES = 80  # paths to try: each takes a request
SYSTEM_FOLDERS = frozenset(
    {"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "root", "run", "sbin", "sys", "usr", "var", "app"}
)


class EntryResource(Resource):
    name: str = ""
    path: str = ""


class ListingResource(Resource):
    directories: tuple[EntryResource, ...] = ()


_LISTING = TypeAdapter(ListingResource)


@dataclass(frozen=True)
class Sighting:
    """Hold the instance's path of Stalkeer's folder."""

    path: str


def find_folder(client: ArrClient, folder: Path, probe: str) -> Sighting | None:
    """Return the path under which the instance sees `folder`, which contains the file `probe`. None when not found."""
    for number, place in enumerate(_places(client, folder)):
        if number >= MOST_PLACES:
            return None
        if sees_file(client, f"{place.rstrip('/')}/{probe}"):
            return Sighting(place)
    return None


def shortest_pair(local: Path, remote: str) -> PathPair:
    """Return the shortest mapping: common folder names at the end of both paths are removed."""
    ours, theirs = PurePosixPath(local), PurePosixPath(remote)
    while ours.name and ours.name == theirs.name and ours.parent != ours and len(theirs.parts) > 2:
        ours, theirs = ours.parent, theirs.parent
    return PathPair(str(ours), str(theirs))


def _places(client: ArrClient, folder: Path) -> Iterator[str]:
    """Yield likely paths: below the folders of the instance's settings, then below its top-level folders."""
    tails = ["/".join(folder.parts[start:]) for start in range(1, len(folder.parts))]
    seen: set[str] = set()
    for base in _bases(client):
        for tail in (*reversed(tails), ""):
            place = f"{base.rstrip('/')}/{tail}".rstrip("/") or "/"
            if place not in seen:
                seen.add(place)
                yield place


def _bases(client: ArrClient) -> Iterator[str]:
    named = [mapping.local_path for mapping in read_remote_path_mappings(client)]
    named += [root.path for root in read_root_folders(client)]
    for path in named:
        yield path
        yield from (str(parent) for parent in PurePosixPath(path).parents if len(parent.parts) > 1)
    listing = client.get(_LISTING, "filesystem", {"path": "/", "includeFiles": False})
    yield from (entry.path for entry in listing.directories if entry.name not in SYSTEM_FOLDERS)
    yield "/"
