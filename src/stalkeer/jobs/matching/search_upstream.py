"""Let instances search their own indexers for items that the playlists do not have. This is off by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from stalkeer.adapters.arr.commands import refresh_movies, refresh_series, search_episodes, search_movies
from stalkeer.adapters.arr.values import WantedReason
from stalkeer.errors import ArrError, NotFound
from stalkeer.jobs.library.clients import Arrs
from stalkeer.model import EventKind, InstanceId, LibraryId, WantedId, WantedKind
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.database import Database
from stalkeer.store.journal.events import Event, record_event
from stalkeer.store.library.details import get_details
from stalkeer.store.library.instances import InstanceRow, get_instance, get_instance_by_id, list_instances
from stalkeer.store.library.targets import read_targets
from stalkeer.store.library.wanted import note_searched
from stalkeer.store.library.wanted_list import (
    Slice,
    WantedFilter,
    WantedRow,
    get_wanted,
    list_unfound,
    list_wanted,
)

MOST_EPISODES = 2_000  # in a command


@dataclass(frozen=True)
class HandedBack:
    """Hold the number of items that instances now search for, and the errors of other instances."""

    items: int
    errors: tuple[str, ...]


def hand_back(database: Database, arrs: Arrs, wishes: WantedSettings) -> HandedBack:
    """Let each instance search for items that have had no match for the time of the setting, with a command for each
    instance.
    """
    if not wishes.hand_back_after:
        return HandedBack(0, ())
    before = arrs.clock() - timedelta(seconds=wishes.hand_back_after)
    handed, errors = 0, []
    with database.connect() as connection:
        rows = [row for row in list_instances(connection) if row.enabled]
        unfound = {row.id: list_unfound(connection, row.id, before, wishes.hand_back_limit) for row in rows}
    for row in rows:
        if not unfound[row.id]:
            continue
        try:
            search_items(database, arrs, row, unfound[row.id])
            handed += len(unfound[row.id])
        except ArrError as error:
            errors.append(str(error))
    return HandedBack(handed, tuple(errors))


def search_items(database: Database, arrs: Arrs, row: InstanceRow, items: Sequence[WantedRow]) -> None:
    """Send a search command for these items of an instance.

    Record the time with the items, so that it is not repeated at once.
    """
    ids = [item.arr_id for item in items]
    search = search_movies if items[0].kind is WantedKind.MOVIE else search_episodes
    with arrs.client(row) as client:
        search(client, ids)
    now = arrs.clock()
    with database.begin() as connection:
        note_searched(connection, [item.id for item in items], now)
        for item in items:
            words = f"{row.label} searches its own indexers for {item.label}"
            record_event(
                connection, now, Event(EventKind.WANTED_HANDED_BACK, words, wanted_id=item.id, instance_id=row.id)
            )


def search_item(database: Database, arrs: Arrs, wanted_id: WantedId) -> WantedRow:
    """Let the instance search for an item now, at the user's request."""
    with database.connect() as connection:
        item = get_wanted(connection, wanted_id)
        row = get_instance(connection, item.instance)
    search_items(database, arrs, row, [item])
    return item


def search_series(database: Database, arrs: Arrs, library_id: LibraryId) -> list[WantedRow]:
    """Let Sonarr search for all missing episodes of a series now, at the user's request.

    Raises NotFound where the series is not in a library, or misses nothing.
    """
    missing = WantedFilter(library_id=library_id, reason=WantedReason.MISSING.value)
    with database.connect() as connection:
        title = get_details(connection, library_id).title
        items = list_wanted(connection, missing, part=Slice(MOST_EPISODES))
        if not items:
            raise NotFound(f"{title} misses no episode that could be searched for.")
        row = get_instance(connection, items[0].instance)
    search_items(database, arrs, row, items)
    return items


def search_series_of(database: Database, arrs: Arrs, wanted_id: WantedId) -> list[WantedRow]:
    """Do the same for the series of a wanted episode."""
    with database.connect() as connection:
        library_id = get_wanted(connection, wanted_id).library_id
    return search_series(database, arrs, library_id)


def refresh_item(database: Database, arrs: Arrs, wanted_id: WantedId) -> None:
    """Let the instance refresh the movie or series from its online catalogue."""
    with database.connect() as connection:
        get_wanted(connection, wanted_id)
        (target,) = read_targets(connection, [wanted_id])
        row = get_instance_by_id(connection, InstanceId(target.instance_id))
    refresh = refresh_movies if target.kind is WantedKind.MOVIE else refresh_series
    with arrs.client(row) as client:
        refresh(client, [target.library_arr_id])
