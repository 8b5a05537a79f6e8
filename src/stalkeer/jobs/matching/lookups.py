"""Open the online catalogues for matching: the one behind Radarr and Sonarr, and TMDB where the user has a key."""

from __future__ import annotations

from dataclasses import dataclass, field

from stalkeer.adapters.arr.lookup import search_catalogue
from stalkeer.adapters.tmdb.client import TmdbAccess, TmdbClient, TmdbPace
from stalkeer.adapters.tmdb.titles import check_key, movie_titles, search_movies, search_series, series_titles
from stalkeer.core.matching.lookup import Lookup, Namesake, WorkTitles
from stalkeer.core.matching.works import Work
from stalkeer.errors import NotFound, StalkeerError
from stalkeer.jobs.library.clients import Arrs
from stalkeer.model import InstanceKind
from stalkeer.settings.sections.connections import TmdbSettings
from stalkeer.store.library.instances import list_instances

SPACING_S = 0.5  # seconds between look-ups: all users of Radarr and Sonarr share the catalogue behind them


@dataclass(frozen=True)
class ArrLookup:
    """Search the catalogue behind Radarr or Sonarr. The caller stores the answers."""

    arrs: Arrs

    def search(self, kind: str, term: str) -> tuple[Namesake, ...]:
        """Search the default instance. Raises ArrError where it cannot be asked, NotFound where there is none."""
        program = InstanceKind.RADARR if kind == "movie" else InstanceKind.SONARR
        with self.arrs.database.connect() as connection:
            row = next((row for row in list_instances(connection, kind=program) if row.enabled), None)
        if row is None:
            raise NotFound(f"There is no {program.capitalize()} to look up other works called {term!r}.")
        with self.arrs.client(row) as client:
            found = search_catalogue(client, term)
            client.gate.rest(SPACING_S)
        return found


@dataclass(frozen=True)
class Tmdb:
    """Ask TMDB with the user's key for titles by id and for namesakes."""

    access: TmdbAccess
    pace: TmdbPace = field(default_factory=TmdbPace, repr=False)  # shared by all clients of TMDB

    def check(self) -> None:
        """Check the key. Raises TmdbError where it does not answer or refuses the key."""
        with TmdbClient(self.access, self.pace) as client:
            check_key(client)

    def titles_of(self, work: Work) -> WorkTitles:
        """Return the titles by Radarr's TMDB id or Sonarr's TVDB id, never by a search.

        A work without its id has no titles here.
        """
        number = work.identity.partition(":")[2]
        if not number.isdecimal():
            return WorkTitles()
        with TmdbClient(self.access, self.pace) as client:
            return movie_titles(client, int(number)) if work.kind == "movie" else series_titles(client, int(number))

    def search(self, kind: str, term: str) -> tuple[Namesake, ...]:
        with TmdbClient(self.access, self.pace) as client:
            return search_movies(client, term) if kind == "movie" else search_series(client, term)


@dataclass(frozen=True)
class WiderLookup:
    """Ask two catalogues. The second only adds competing works, so its errors are ignored."""

    first: Lookup
    second: Lookup

    def search(self, kind: str, term: str) -> tuple[Namesake, ...]:
        found = self.first.search(kind, term)
        try:
            more = self.second.search(kind, term)
        except StalkeerError:
            return found
        return (*found, *(namesake for namesake in more if not _is_among(namesake, found)))


def _is_among(namesake: Namesake, found: tuple[Namesake, ...]) -> bool:
    return any(
        (other.tmdb_id and other.tmdb_id == namesake.tmdb_id) or (other.tvdb_id and other.tvdb_id == namesake.tvdb_id)
        for other in found
    )


def open_catalogues(arrs: Arrs, settings: TmdbSettings, pace: TmdbPace) -> tuple[Lookup, Tmdb | None]:
    """Open the catalogue for namesakes, and the catalogue for further titles."""
    tmdb = open_tmdb(settings, pace)
    lookup = ArrLookup(arrs)
    return (lookup if tmdb is None else WiderLookup(lookup, tmdb)), tmdb


def open_tmdb(settings: TmdbSettings, pace: TmdbPace) -> Tmdb | None:
    """Open TMDB with these settings; None without a key."""
    key = settings.api_key.get_secret_value()
    return Tmdb(TmdbAccess(key, settings.url), pace) if key else None


def check_tmdb(settings: TmdbSettings, pace: TmdbPace) -> None:
    """Test the key with TMDB. Raises NotFound without a key, TmdbError where TMDB refuses it or does not answer."""
    tmdb = open_tmdb(settings, pace)
    if tmdb is None:
        raise NotFound("There is no key for TMDB: set tmdb.api_key. Everything works without it.")
    tmdb.check()
