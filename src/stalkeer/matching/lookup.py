"""Ask a catalogue who else bears a title. The port; Radarr's and Sonarr's answers come from an adapter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from stalkeer.matching.works import Work, read_names


class Namesake(NamedTuple):
    """A film or series as a catalogue lists it. Years and ids of 0 are unknown."""

    title: str
    year: int = 0
    alternates: tuple[str, ...] = ()
    tmdb_id: int = 0
    tvdb_id: int = 0


class Lookup(Protocol):
    """A catalogue that can be searched by title."""

    def search(self, kind: str, term: str) -> tuple[Namesake, ...]:
        """All that the catalogue finds for `term` among `movie` or `series`, near misses included.

        Raises StalkeerError where it cannot be asked now.
        """
        ...


def identity_of(kind: str, tmdb_id: int | None, tvdb_id: int | None, fallback: str) -> str:
    """What makes two listings one work: the id that its kind goes by."""
    own = tmdb_id if kind == "movie" else tvdb_id
    return f"{kind}:{own}" if own else f"{kind}:{fallback}"


def works_of(kind: str, namesakes: Iterable[Namesake]) -> list[Work]:
    """Namesakes as works to be rivals. One without an id goes by its title and year."""
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
