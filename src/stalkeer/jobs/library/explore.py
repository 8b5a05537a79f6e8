"""Read an instance before it is saved: its version, root folders, profiles, and how much is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stalkeer.adapters.arr.client import Address, ArrClient
from stalkeer.adapters.arr.connect import connect
from stalkeer.adapters.arr.radarr import read_movies, wanted_movies
from stalkeer.adapters.arr.reading import read_profiles, read_root_folders
from stalkeer.adapters.arr.sonarr import wanted_episodes
from stalkeer.adapters.arr.values import QualityProfile, RootFolder, WantedReason
from stalkeer.errors import ArrNotFound
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.instances import (
    TRIAL_TIMEOUT_S,
    InstancePatch,
    check_instance,
    check_patch,
    patched_address,
)
from stalkeer.model import InstanceKind
from stalkeer.store.library.instances import InstanceOptions, NewInstance, get_instance


@dataclass(frozen=True)
class InstanceOverview:
    """Hold the contents of an instance and the address at which it answers. `notes` are corrections of the address."""

    url: str
    version: str
    name: str
    notes: tuple[str, ...]
    folders: tuple[RootFolder, ...]
    profiles: tuple[QualityProfile, ...]
    missing: int
    cutoff: int


def explore_new(arrs: Arrs, new: NewInstance) -> InstanceOverview:
    """Read an instance that is not saved yet. Raises InvalidInput, or ArrError with the reason."""
    check_instance(new)
    return _explore(arrs.address_of(new), new.options)


def explore_known(arrs: Arrs, slug: str, patch: InstancePatch) -> InstanceOverview:
    """Read a saved instance as it would be after a patch. Raises NotFound, InvalidInput and ArrError."""
    check_patch(patch)
    with arrs.database.connect() as connection:
        row = get_instance(connection, slug)
    return _explore(patched_address(arrs, row, patch), row.options)


def _explore(address: Address, options: InstanceOptions) -> InstanceOverview:
    patient = replace(address, read_timeout_s=options.timeout_s or TRIAL_TIMEOUT_S)
    connected = connect(patient)
    with ArrClient(replace(patient, url=connected.url)) as client:
        wanted = _count_wanted(client)
        return InstanceOverview(
            url=connected.url,
            version=connected.status.version,
            name=connected.status.instance_name,
            notes=connected.notes,
            folders=tuple(read_root_folders(client)),
            profiles=tuple(read_profiles(client)),
            missing=wanted.get(WantedReason.MISSING, 0),
            cutoff=wanted.get(WantedReason.CUTOFF, 0),
        )


def _count_wanted(client: ArrClient) -> Mapping[WantedReason, int]:
    """Count the items on the instance's wanted lists. Radarr before 5.6 has no lists (404): count its movies."""
    try:
        return {reason: _count_listed(client, reason) for reason in WantedReason}
    except ArrNotFound:
        if client.address.kind is not InstanceKind.RADARR:
            raise
        return Counter(movie.lacks for movie in read_movies(client) if movie.lacks and movie.monitored)


def _count_listed(client: ArrClient, reason: WantedReason) -> int:
    if client.address.kind is InstanceKind.RADARR:
        movies = wanted_movies(client, reason, monitored=True)
        movies.page_size = 1
        next(movies.pages(), None)
        return movies.total
    episodes = wanted_episodes(client, reason, monitored=True)
    episodes.page_size = 1
    next(episodes.pages(), None)
    return episodes.total
