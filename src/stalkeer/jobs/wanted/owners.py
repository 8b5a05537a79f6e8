"""Find wanted items of an instance that another instance already has, if the instance skips those."""

from __future__ import annotations

from collections.abc import Sequence

from stalkeer.adapters.arr.sonarr import read_episodes
from stalkeer.adapters.arr.values import WantedRecord
from stalkeer.errors import ArrError
from stalkeer.jobs.library.clients import Arrs
from stalkeer.jobs.library.profiles import profile_of, resolutions_of
from stalkeer.model import InstanceKind, SeriesId, SkipOwned
from stalkeer.store.db.database import Database
from stalkeer.store.library.instances import InstanceRow, get_instance, list_instances
from stalkeer.store.library.ownership import Copy, movies_owned_elsewhere, shared_series


class Owners:
    """Find the other owners of the items that `row` wants, by its setting `skip_owned_elsewhere`."""

    def __init__(self, database: Database, arrs: Arrs, row: InstanceRow) -> None:
        self._database = database
        self._arrs = arrs
        self._wish = row.options.skip_owned_elsewhere
        self._movies: dict[int, str] = {}
        self._shared: dict[int, tuple[Copy, ...]] = {}
        self._episodes: dict[int, dict[tuple[int, int], str]] = {}
        if self._wish is SkipOwned.NO:
            return
        with database.connect() as connection:
            # read again: the library sync has just saved the profiles
            self._instances = {instance.slug: instance for instance in list_instances(connection)}
            read = movies_owned_elsewhere if row.kind is InstanceKind.RADARR else shared_series
            found = read(connection, row.id)
        counted = {arr_id: tuple(c for c in copies if self._counts(row, c)) for arr_id, copies in found.items()}
        if row.kind is InstanceKind.RADARR:
            self._movies = {arr_id: copies[0].slug for arr_id, copies in counted.items() if copies}
        else:
            self._shared = {arr_id: copies for arr_id, copies in counted.items() if copies}

    def of(self, item: WantedRecord) -> str | None:
        if item.season is None or item.episode is None:
            return self._movies.get(item.arr_id)
        if item.library_arr_id not in self._shared:
            return None
        if item.library_arr_id not in self._episodes:
            self._episodes[item.library_arr_id] = self._read(self._shared[item.library_arr_id])
        return self._episodes[item.library_arr_id].get((item.season, item.episode))

    def _counts(self, row: InstanceRow, copy: Copy) -> bool:
        """Tell whether a copy counts. Under `auto` it must have a resolution that this instance's profile allows."""
        if self._wish is SkipOwned.YES:
            return True
        mine = resolutions_of(profile_of(self._instances.get(row.slug), copy.own_profile_id))
        theirs = resolutions_of(profile_of(self._instances.get(copy.slug), copy.profile_id))
        return not mine or not theirs or not mine.isdisjoint(theirs)  # an unknown profile excludes nothing

    def _read(self, copies: Sequence[Copy]) -> dict[tuple[int, int], str]:
        """Read the episodes of a shared series from the other instances, once: no list says which have files."""
        owned: dict[tuple[int, int], str] = {}
        for copy in copies:
            with self._database.connect() as connection:
                other = get_instance(connection, copy.slug)
            try:
                with self._arrs.client(other) as client:
                    episodes = read_episodes(client, SeriesId(copy.arr_id))
            except ArrError:
                continue  # unknown counts as not owned; the other instance's own sync reports the error
            owned |= {(e.season_number, e.episode_number): copy.slug for e in episodes if e.owns_file}
        return owned
