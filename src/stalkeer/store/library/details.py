"""Read the details of a movie or series for display: overview, pictures, ids, and its page in the instance."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from stalkeer.errors import NotFound
from stalkeer.model import InstanceKind, LibraryId, WantedId
from stalkeer.store.db.tables import instances, library, wanted


@dataclass(frozen=True, slots=True)
class LibraryDetails:
    """Hold a movie or series. `slug` names its page in the instance at `instance_url`."""

    id: LibraryId
    kind: str  # movie | series
    title: str
    year: int | None
    runtime_min: int | None
    overview: str | None
    poster: str | None
    backdrop: str | None
    slug: str | None
    tmdb_id: int | None
    tvdb_id: int | None
    imdb_id: str | None
    instance: str
    instance_kind: InstanceKind
    instance_url: str


def find_of_item(connection: Connection, wanted_id: WantedId) -> LibraryDetails | None:
    """Return the movie or series of a wanted item; None where its instance no longer has it."""
    query = select(wanted.c.library_id).where(wanted.c.id == wanted_id)
    library_id = connection.execute(query).scalar_one_or_none()
    return None if library_id is None else get_details(connection, LibraryId(library_id))


def get_details(connection: Connection, library_id: LibraryId) -> LibraryDetails:
    columns = (library.c[name] for name in _OF_LIBRARY)
    query = (
        select(*columns, instances.c.slug.label("instance"), instances.c.kind.label("instance_kind"), instances.c.url)
        .join(instances, instances.c.id == library.c.instance_id)
        .where(library.c.id == library_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no movie or series {library_id}: Radarr or Sonarr has removed it from its library.")
    values = {name: row._mapping[name] for name in _OF_LIBRARY}
    kind = InstanceKind(row.instance_kind)
    return LibraryDetails(**values, instance=row.instance, instance_kind=kind, instance_url=row.url)


_OF_LIBRARY = (
    "id", "kind", "title", "year", "runtime_min", "overview", "poster", "backdrop", "slug", "tmdb_id", "tvdb_id",
    "imdb_id",
)  # fmt: skip
