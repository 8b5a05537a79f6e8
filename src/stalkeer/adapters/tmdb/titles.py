"""Read the titles of a movie or series by id, and search for other works with the same title."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, TypeAdapter

from stalkeer.adapters.tmdb.client import TmdbClient
from stalkeer.core.matching.lookup import Namesake, WorkTitles, WorldTitle
from stalkeer.core.titles import title_key

_MOST_RESOLVED = 5  # search results of a series for which the TVDB id is requested


class _Resource(BaseModel):
    """Describe JSON of TMDB; a null counts as absent."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Alternative(_Resource):
    iso_3166_1: str | None = None
    title: str | None = None


class _Alternatives(_Resource):
    titles: tuple[_Alternative, ...] = ()  # of a movie
    results: tuple[_Alternative, ...] = ()  # of a series


class _Translated(_Resource):
    title: str | None = None  # of a movie
    name: str | None = None  # of a series


class _Translation(_Resource):
    iso_3166_1: str | None = None
    iso_639_1: str | None = None
    data: _Translated | None = None


class _Translations(_Resource):
    translations: tuple[_Translation, ...] = ()


class _Found(_Resource):
    id: int
    title: str | None = None
    original_title: str | None = None
    release_date: str | None = None
    name: str | None = None
    original_name: str | None = None
    first_air_date: str | None = None
    origin_country: tuple[str, ...] = ()


class _ById(_Resource):
    tv_results: tuple[_Found, ...] = ()


class _Results(_Resource):
    results: tuple[_Found, ...] = ()


class _ExternalIds(_Resource):
    tvdb_id: int | None = None


class _Success(_Resource):
    success: bool = True


_ALTERNATIVES = TypeAdapter(_Alternatives)
_TRANSLATIONS = TypeAdapter(_Translations)
_BY_ID = TypeAdapter(_ById)
_RESULTS = TypeAdapter(_Results)
_EXTERNAL_IDS = TypeAdapter(_ExternalIds)
_SUCCESS = TypeAdapter(_Success)


def check_key(client: TmdbClient) -> None:
    """Check the key. Raises TmdbError when TMDB refuses it or does not answer."""
    client.get(_SUCCESS, "authentication")


def movie_titles(client: TmdbClient, tmdb_id: int) -> WorkTitles:
    """Return the titles of a movie by Radarr's TMDB id; empty when TMDB no longer has it."""
    return _titles(client, f"movie/{tmdb_id}", ())


def series_titles(client: TmdbClient, tvdb_id: int) -> WorkTitles:
    """Return the titles of the series that TMDB links to Sonarr's TVDB id; empty unless exactly one is linked."""
    found = client.get(_BY_ID, f"find/{tvdb_id}", {"external_source": "tvdb_id"})
    if found is None or len(found.tv_results) != 1:
        return WorkTitles()
    series = found.tv_results[0]
    return _titles(client, f"tv/{series.id}", series.origin_country)


def _titles(client: TmdbClient, path: str, countries: tuple[str, ...]) -> WorkTitles:
    alternatives = client.get(_ALTERNATIVES, f"{path}/alternative_titles") or _Alternatives()
    translations = client.get(_TRANSLATIONS, f"{path}/translations") or _Translations()
    titles = [
        WorldTitle((row.data.title or row.data.name or "").strip(), row.iso_639_1 or "", row.iso_3166_1 or "")
        for row in translations.translations
        if row.data is not None
    ]
    titles += [
        WorldTitle((row.title or "").strip(), "", row.iso_3166_1 or "")
        for row in (*alternatives.titles, *alternatives.results)
    ]
    return WorkTitles(tuple(dict.fromkeys(title for title in titles if title.text)), countries)


def search_movies(client: TmdbClient, term: str) -> tuple[Namesake, ...]:
    """Search movies by title.

    The results compete with the wanted movie for an entry; no result is used as the movie itself.
    """
    found = client.get(_RESULTS, "search/movie", {"query": term}) or _Results()
    return tuple(
        Namesake(
            movie.title or "", _year(movie.release_date), _other(movie.original_title, movie.title), tmdb_id=movie.id
        )
        for movie in found.results
        if movie.title
    )


def search_series(client: TmdbClient, term: str) -> tuple[Namesake, ...]:
    """Search series with exactly this title and a TVDB id.

    Without that id, Sonarr's own series would compete with itself.
    """
    found = client.get(_RESULTS, "search/tv", {"query": term}) or _Results()
    key = title_key(term)
    same = [row for row in found.results if key in map(title_key, filter(None, (row.name, row.original_name)))]
    return tuple(_resolved(client, same[:_MOST_RESOLVED]))


def _resolved(client: TmdbClient, found: Iterable[_Found]) -> Iterable[Namesake]:
    for series in found:
        ids = client.get(_EXTERNAL_IDS, f"tv/{series.id}/external_ids")
        if series.name and ids is not None and ids.tvdb_id:
            others = _other(series.original_name, series.name)
            yield Namesake(series.name, _year(series.first_air_date), others, tvdb_id=ids.tvdb_id)


def _other(original: str | None, title: str | None) -> tuple[str, ...]:
    return (original,) if original and original != title else ()


def _year(date: str | None) -> int:
    return int(date[:4]) if date and date[:4].isdecimal() else 0
