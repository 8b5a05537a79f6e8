"""What TMDB calls a film or series, found by id alone; and who bears a title, as rivals only."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, TypeAdapter

from stalkeer.adapters.tmdb.client import TmdbClient
from stalkeer.core.matching.lookup import Namesake, WorkTitles, WorldTitle
from stalkeer.core.titles import title_key

_MOST_RESOLVED = 5  # namesakes of a series whose TVDB id is asked for


class _Resource(BaseModel):
    """Foreign JSON at the border; a null counts as absent."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Alternative(_Resource):
    iso_3166_1: str | None = None
    title: str | None = None


class _Alternatives(_Resource):
    titles: tuple[_Alternative, ...] = ()  # of a film
    results: tuple[_Alternative, ...] = ()  # of a series


class _Translated(_Resource):
    title: str | None = None  # of a film
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
    """Raises TmdbError where TMDB does not take the key, or does not answer."""
    client.get(_SUCCESS, "authentication")


def movie_titles(client: TmdbClient, tmdb_id: int) -> WorkTitles:
    """The film of Radarr's own TMDB id; nothing where TMDB does not have it any more."""
    return _titles(client, f"movie/{tmdb_id}", ())


def series_titles(client: TmdbClient, tvdb_id: int) -> WorkTitles:
    """The series that TMDB links with Sonarr's TVDB id; nothing where it links none, or more than one."""
    found = client.get(_BY_ID, f"find/{tvdb_id}", {"external_source": "tvdb_id"})
    if found is None or len(found.tv_results) != 1:
        return WorkTitles()
    series = found.tv_results[0]
    return _titles(client, f"tv/{series.id}", series.origin_country)


def _titles(client: TmdbClient, path: str, countries: tuple[str, ...]) -> WorkTitles:
    alternatives = client.get(_ALTERNATIVES, f"{path}/alternative_titles") or _Alternatives()
    translations = client.get(_TRANSLATIONS, f"{path}/translations") or _Translations()
    titles = [
        WorldTitle((one.data.title or one.data.name or "").strip(), one.iso_639_1 or "", one.iso_3166_1 or "")
        for one in translations.translations
        if one.data is not None
    ]
    titles += [
        WorldTitle((one.title or "").strip(), "", one.iso_3166_1 or "")
        for one in (*alternatives.titles, *alternatives.results)
    ]
    return WorkTitles(tuple(dict.fromkeys(title for title in titles if title.text)), countries)


def search_movies(client: TmdbClient, term: str) -> tuple[Namesake, ...]:
    """All that TMDB finds for a film's title: each may be a rival, none is taken for the film itself."""
    found = client.get(_RESULTS, "search/movie", {"query": term}) or _Results()
    return tuple(
        Namesake(one.title or "", _year(one.release_date), _other(one.original_title, one.title), tmdb_id=one.id)
        for one in found.results
        if one.title
    )


def search_series(client: TmdbClient, term: str) -> tuple[Namesake, ...]:
    """The same for a series, of those that bear the title and have a TVDB id: without it Sonarr's own series would be
    its rival."""
    found = client.get(_RESULTS, "search/tv", {"query": term}) or _Results()
    key = title_key(term)
    bearers = [one for one in found.results if key in map(title_key, filter(None, (one.name, one.original_name)))]
    return tuple(_resolved(client, bearers[:_MOST_RESOLVED]))


def _resolved(client: TmdbClient, bearers: Iterable[_Found]) -> Iterable[Namesake]:
    for one in bearers:
        ids = client.get(_EXTERNAL_IDS, f"tv/{one.id}/external_ids")
        if one.name and ids is not None and ids.tvdb_id:
            others = _other(one.original_name, one.name)
            yield Namesake(one.name, _year(one.first_air_date), others, tvdb_id=ids.tvdb_id)


def _other(original: str | None, title: str | None) -> tuple[str, ...]:
    return (original,) if original and original != title else ()


def _year(date: str | None) -> int:
    return int(date[:4]) if date and date[:4].isdecimal() else 0
