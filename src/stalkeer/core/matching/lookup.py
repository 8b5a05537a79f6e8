"""Search catalogues for other works of a title. Adapters implement it with Radarr, Sonarr and TMDB."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import NamedTuple, Protocol

from stalkeer.core.matching.works import Work, read_names, spelling_of


class Namesake(NamedTuple):
    """Hold a film or series from a catalogue. Unknown years and ids are 0."""

    title: str
    year: int = 0
    alternates: tuple[str, ...] = ()
    tmdb_id: int = 0
    tvdb_id: int = 0


class WorldTitle(NamedTuple):
    """Hold a title with its ISO 639-1 language and ISO 3166-1 country, which are empty where unknown."""

    text: str
    language: str = ""
    country: str = ""


class WorkTitles(NamedTuple):
    """Hold the titles that a catalogue has for a film or series, and its countries of origin."""

    titles: tuple[WorldTitle, ...] = ()
    countries: tuple[str, ...] = ()


class TitleSource(Protocol):
    """Return the titles of works by their ids."""

    def titles_of(self, work: Work) -> WorkTitles:
        """Return the titles of a work, or none for an unknown work. Raises StalkeerError where it cannot be asked."""
        ...


def titles_in(found: WorkTitles, languages: Collection[str]) -> tuple[str, ...]:
    """Return the titles in these languages (`fr`, `pt-BR`), or all titles without languages.

    A title with only a country counts for the languages that are translated for that country.
    """
    if not languages:
        return tuple(dict.fromkeys(title.text for title in found.titles))
    plain = {code.lower() for code in languages if "-" not in code}
    regional = {tuple(code.split("-", 1)) for code in languages if "-" in code}
    countries = {code.upper() for code in plain} | {country for _, country in regional}
    countries |= {title.country for title in found.titles if title.language in plain}
    chosen = (
        title.text
        for title in found.titles
        if title.language in plain
        or (title.language, title.country) in regional
        or (not title.language and title.country in countries)
    )
    return tuple(dict.fromkeys(chosen))


def with_titles(work: Work, found: WorkTitles, languages: Collection[str]) -> Work:
    """Return the work with these titles added at the end."""
    known = set(map(spelling_of, work.names))
    more = read_names((text, "tmdb") for text in titles_in(found, languages))
    fresh = tuple(name for name in more if spelling_of(name) not in known)
    return replace(work, names=work.names + fresh, countries=found.countries)


class Lookup(Protocol):
    """Search a catalogue by title."""

    def search(self, kind: str, term: str) -> tuple[Namesake, ...]:
        """Return all results of the catalogue for `term` among `movie` or `series`, also similar titles.

        Raises StalkeerError where it cannot be asked now.
        """
        ...


def identity_of(kind: str, tmdb_id: int | None, tvdb_id: int | None, fallback: str) -> str:
    """Return the identity of a work: the id that is usual for its kind."""
    own = tmdb_id if kind == "movie" else tvdb_id
    return f"{kind}:{own}" if own else f"{kind}:{fallback}"


def works_of(kind: str, namesakes: Iterable[Namesake]) -> list[Work]:
    """Return namesakes as works that compete for an entry. A work without an id is identified by title and year."""
    works: list[Work] = []
    for namesake in namesakes:
        names = read_names([(namesake.title, "title"), *((text, "alternate") for text in namesake.alternates)])
        if not names:
            continue
        identity = identity_of(kind, namesake.tmdb_id, namesake.tvdb_id, f"?{names[0].key}:{namesake.year}")
        years = (namesake.year,) if namesake.year else ()
        tmdb_id = namesake.tmdb_id or None
        works.append(Work(identity, kind, names, years, tmdb_id=tmdb_id, is_namesake_only=True))
    return works
