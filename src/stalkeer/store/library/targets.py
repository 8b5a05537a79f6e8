"""Read the data of wanted items that a download needs: instance, titles and library path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from stalkeer.adapters.arr.values import WantedReason, instance_label
from stalkeer.model import DownloadId, DownloadState, InstanceId, InstanceKind, LibraryId, WantedId, WantedKind
from stalkeer.store.db.tables import download_items, downloads, instances, library, library_titles, wanted
from stalkeer.store.library.renewal import free_ids


@dataclass(frozen=True, slots=True)
class TargetRow:
    """Hold a wanted item with its movie or series. `title` is the main title in the instance."""

    wanted_id: WantedId
    instance_id: InstanceId
    library_id: LibraryId
    kind: WantedKind
    arr_id: int
    library_arr_id: int
    title: str
    item_title: str  # the episode's own name
    year: int | None
    season: int | None
    episode: int | None
    absolute: int | None
    air_date: str | None
    series_type: str | None
    library_path: str | None
    tmdb_id: int | None
    tvdb_id: int | None
    imdb_id: str | None
    has_file: bool = False  # a file below the cutoff, which the download replaces
    is_gone: bool = False  # no longer wanted


def read_targets(connection: Connection, wanted_ids: Sequence[WantedId]) -> tuple[TargetRow, ...]:
    """Return the items that still exist, ordered by season and episode."""
    query = (
        select(
            wanted.c.id,
            wanted.c.instance_id,
            wanted.c.library_id,
            wanted.c.kind,
            wanted.c.arr_id,
            library.c.arr_id.label("library_arr_id"),
            library.c.title,
            wanted.c.title.label("item_title"),
            library.c.year,
            wanted.c.season,
            wanted.c.episode,
            wanted.c.absolute,
            wanted.c.air_date,
            wanted.c.reason,
            wanted.c.gone_at,
            library.c.series_type,
            library.c.path,
            library.c.tmdb_id,
            library.c.tvdb_id,
            library.c.imdb_id,
        )
        .join(library, library.c.id == wanted.c.library_id)
        .where(wanted.c.id.in_(wanted_ids))
        .order_by(wanted.c.season, wanted.c.episode, wanted.c.id)
    )
    return tuple(
        TargetRow(
            wanted_id=WantedId(row.id),
            instance_id=InstanceId(row.instance_id),
            library_id=LibraryId(row.library_id),
            kind=WantedKind(row.kind),
            arr_id=row.arr_id,
            library_arr_id=row.library_arr_id,
            title=row.title,
            item_title=row.item_title,
            year=row.year,
            season=row.season,
            episode=row.episode,
            absolute=row.absolute,
            air_date=row.air_date,
            series_type=row.series_type,
            library_path=row.path,
            tmdb_id=row.tmdb_id,
            tvdb_id=row.tvdb_id,
            imdb_id=row.imdb_id,
            has_file=row.reason == WantedReason.CUTOFF.value,
            is_gone=row.gone_at is not None,
        )
        for row in connection.execute(query)
    )


def note_present_ids(connection: Connection, targets: Sequence[TargetRow]) -> None:
    """Store the ids that the instance of these items has for them now."""
    for table, ids in (
        (library, {target.library_id: target.library_arr_id for target in targets}),
        (wanted, {target.wanted_id: target.arr_id for target in targets}),
    ):
        free_ids(connection, table, targets[0].instance_id, list(ids.values()), list(ids))
        for row_id, arr_id in ids.items():
            connection.execute(update(table).where(table.c.id == row_id).values(arr_id=arr_id))


@dataclass(frozen=True, slots=True)
class WorkingDownload:
    """Name a download that is not finished, and all its items."""

    id: DownloadId
    state: DownloadState
    wanted_ids: frozenset[WantedId]


def downloads_working_for(connection: Connection, wanted_ids: Sequence[WantedId]) -> tuple[WorkingDownload, ...]:
    """Return the downloads that include any of these items."""
    theirs = select(download_items.c.download_id).where(
        download_items.c.wanted_id.in_(wanted_ids), download_items.c.active
    )
    query = (
        select(downloads.c.id, downloads.c.state, download_items.c.wanted_id)
        .join(download_items, download_items.c.download_id == downloads.c.id)
        .where(downloads.c.id.in_(theirs), download_items.c.active)
        .order_by(downloads.c.id)
    )
    found: dict[DownloadId, WorkingDownload] = {}
    for row in connection.execute(query):
        known = found.get(row.id)
        items = (known.wanted_ids if known else frozenset()) | {WantedId(row.wanted_id)}
        found[row.id] = WorkingDownload(DownloadId(row.id), DownloadState(row.state), items)
    return tuple(found.values())


def read_other_titles(connection: Connection, library_id: LibraryId) -> tuple[str, ...]:
    """Return the other titles of a movie or series, the original title first."""
    query = (
        select(library_titles.c.title)
        .where(library_titles.c.library_id == library_id, library_titles.c.origin != "title")
        .order_by((library_titles.c.origin != "original"), library_titles.c.id)
    )
    return tuple(connection.execute(query).scalars())


def mark_imported(connection: Connection, wanted_ids: Sequence[WantedId], now: datetime) -> None:
    """Mark the items as no longer wanted. Without this, they could be downloaded again before the next sync."""
    connection.execute(update(wanted).where(wanted.c.id.in_(wanted_ids)).values(gone_at=now))
    works = select(wanted.c.library_id).where(wanted.c.id.in_(wanted_ids))
    connection.execute(update(library).where(library.c.id.in_(works)).values(has_file=True))


def expected_runtime_s(connection: Connection, wanted_ids: Sequence[WantedId]) -> float | None:
    """Return the total playing time of these items by their instance; None when it lacks a time.

    The same movie for two instances counts once.
    """
    query = (
        select(wanted.c.instance_id, wanted.c.runtime_min, library.c.runtime_min.label("usual"))
        .join(library, library.c.id == wanted.c.library_id)
        .where(wanted.c.id.in_(wanted_ids))
    )
    by_instance: dict[int, list[int | None]] = {}
    for instance_id, own, usual in connection.execute(query):
        by_instance.setdefault(instance_id, []).append(own or usual)
    for minutes in by_instance.values():
        if all(minutes):
            return 60.0 * sum(value for value in minutes if value)
    return None


def read_original_languages(connection: Connection, wanted_ids: Sequence[WantedId]) -> dict[WantedId, str | None]:
    """Return the original language of each item's movie or series, as its instance names it."""
    query = (
        select(wanted.c.id, library.c.original_language)
        .join(library, library.c.id == wanted.c.library_id)
        .where(wanted.c.id.in_(wanted_ids))
    )
    return {WantedId(row.id): row.original_language for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class SettledItem:
    """Name an item that its instance no longer wants. `in_library`: the instance is known to have a file of it."""

    instance: str  # label of the instance
    in_library: bool

    def refusal(self, title: str) -> str:
        if self.in_library:
            return f"{title} is already in the library of {self.instance}."
        return (
            f"{self.instance} no longer wants {title}: it has a file of it, or does not monitor it. "
            "Run a scan to read its wanted items again."
        )


def lock_settled(connection: Connection, wanted_ids: Sequence[WantedId]) -> dict[WantedId, SettledItem]:
    """Return the items that are no longer wanted, for which nothing may be downloaded.

    The rows stay locked until the transaction ends, so an import that ends now is either seen or waits.
    """
    query = (
        select(wanted.c.id, wanted.c.kind, wanted.c.reason, wanted.c.gone_at, library.c.has_file)
        .add_columns(instances.c.slug, instances.c.kind.label("program"))
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .where(wanted.c.id.in_(wanted_ids))
        .order_by(wanted.c.id)
        .with_for_update(of=wanted)
    )
    gone = [row for row in connection.execute(query) if row.gone_at is not None]
    imported = select(download_items.c.wanted_id).where(
        download_items.c.wanted_id.in_([row.id for row in gone]), download_items.c.imported_file_id.is_not(None)
    )
    ours = set(connection.execute(imported).scalars()) if gone else set()
    return {
        WantedId(row.id): SettledItem(
            instance_label(InstanceKind(row.program), row.slug),
            # for a series, has_file only means that some episodes have files
            row.id in ours or (row.kind == WantedKind.MOVIE.value and row.has_file),
        )
        for row in gone
    }
