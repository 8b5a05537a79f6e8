"""Ask a catalogue for other works of a title. The port; the answers of Radarr and Sonarr come from an adapter."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import NamedTuple, Protocol

from stalkeer.core.matching.works import Work, read_names, spelling_of


class Namesake(NamedTuple):
    """A film or series as a catalogue lists it. Years and ids of 0 are unknown."""

    title: str
    year: int = 0
    alternates: tuple[str, ...] = ()
    tmdb_id: int = 0
    tvdb_id: int = 0


class WorldTitle(NamedTuple):
    """A title somewhere in the world: ISO 639-1 language and ISO 3166-1 country, empty where nobody says."""

    text: str
    language: str = ""
    country: str = ""


class WorkTitles(NamedTuple):
    """The titles that a catalogue has for one film or series, and the countries that it comes from."""

    titles: tuple[WorldTitle, ...] = ()
    countries: tuple[str, ...] = ()


class TitleSource(Protocol):
    """A catalogue that knows works by id."""

    def titles_of(self, work: Work) -> WorkTitles:
        """Return the titles of a work; none for an unknown one. Raises StalkeerError where it cannot be asked."""
        ...


def titles_in(found: WorkTitles, languages: Collection[str]) -> tuple[str, ...]:
    """Return the titles in these languages (`fr`, `pt-BR`), or all where none is named. A title that says its country
    alone is in the languages that are translated for that country."""
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
    """Return the work with these titles behind its own."""
    known = set(map(spelling_of, work.names))
    more = read_names((text, "tmdb") for text in titles_in(found, languages))
    fresh = tuple(name for name in more if spelling_of(name) not in known)
    return replace(work, names=work.names + fresh, countries=found.countries)


class Lookup(Protocol):
    """A catalogue that can be searched by title."""

    def search(self, kind: str, term: str) -> tuple[Namesake, ...]:
        """Return all that the catalogue finds for `term` among `movie` or `series`, near misses included.

        Raises StalkeerError where it cannot be asked now.
        """
        ...


def identity_of(kind: str, tmdb_id: int | None, tvdb_id: int | None, fallback: str) -> str:
    """Return what makes two listings one work: the id that its kind goes by."""
    own = tmdb_id if kind == "movie" else tvdb_id
    return f"{kind}:{own}" if own else f"{kind}:{fallback}"


def works_of(kind: str, namesakes: Iterable[Namesake]) -> list[Work]:
    """Return namesakes as works to be rivals. One without an id goes by its title and year."""
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
