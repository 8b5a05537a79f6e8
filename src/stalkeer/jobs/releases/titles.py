"""Compose the release names of matched entries. The instance itself proves each name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from stalkeer.core.naming.offers import (
    EntryReading,
    Numbers,
    OfferedEpisodes,
    OfferedMovie,
    episodes_key,
    episodes_of_file,
    movie_key,
    offer_titles,
    offer_traits,
)
from stalkeer.model import LibraryId, WantedKind
from stalkeer.store.offers.offerable import OfferableMatch
from stalkeer.store.offers.offers import OfferedEntry

NO_TITLE = "no character of its title is allowed in a release name"
UNCLEAR = "its list counts the episodes in another way than the instance"


@dataclass(frozen=True)
class MatchedFile:
    """Hold the matches of an entry that form a release: a movie, or the wanted episodes of the file."""

    matches: tuple[OfferableMatch, ...]
    item_key: str
    titles: tuple[str, ...]
    episodes: int  # number of episodes in the file
    refusal: str = ""

    @property
    def first(self) -> OfferableMatch:
        return self.matches[0]

    @property
    def entries(self) -> frozenset[OfferedEntry]:
        return frozenset(OfferedEntry(match.wanted_id, match.source_id, match.entry_key) for match in self.matches)


def files_of(matches: Sequence[OfferableMatch], further: Callable[[LibraryId], Sequence[str]]) -> Iterator[MatchedFile]:
    """Yield the files of these matches, in their order. Episodes of a season that share an entry are one file."""
    groups: dict[tuple[object, ...], list[OfferableMatch]] = {}
    for match in matches:
        is_double = (match.last_episode or 0) > (match.first_episode or 0)
        alone = None if is_double and match.kind is WantedKind.EPISODE else match.wanted_id
        groups.setdefault((match.source_id, match.entry_key, match.library_id, match.season, alone), []).append(match)
    for group in groups.values():
        others = further(group[0].library_id)
        yield _movie(group[0], others) if group[0].kind is WantedKind.MOVIE else _episodes(group, others)


def _movie(match: OfferableMatch, others: Sequence[str]) -> MatchedFile:
    key = movie_key(match.tmdb_id, match.imdb_id, match.library_arr_id)
    movie = OfferedMovie(match.title, match.year, match.secondary_year, tuple(others))
    titles = offer_titles(movie, offer_traits(_reading(match), match.original_language))
    return MatchedFile((match,), key, titles, 0, "" if titles else NO_TITLE)


def _episodes(matches: Sequence[OfferableMatch], others: Sequence[str]) -> MatchedFile:
    first = matches[0]
    wanted = sorted({match.episode or 0 for match in matches})
    held = episodes_of_file(wanted, first.first_episode, first.last_episode)
    season = first.season or 0
    own = Numbers(season, held or tuple(wanted), first.absolute if len(wanted) == 1 else None)
    scene = None
    if len(matches) == 1 and held == (first.episode,) and first.scene_season is not None and first.scene_episode:
        scene = Numbers(first.scene_season, (first.scene_episode,), first.scene_absolute)
    item = OfferedEpisodes(
        series=first.title,
        numbers=own,
        scene=scene,
        air_date=first.air_date,
        series_type=first.series_type or "standard",
        year=first.year,
        other_titles=tuple(others),
    )
    titles = offer_titles(item, offer_traits(_reading(first), first.original_language))
    refusal = UNCLEAR if held is None else "" if titles else NO_TITLE
    return MatchedFile(
        tuple(matches), episodes_key(first.tvdb_id, first.library_arr_id, own), titles, len(own.episodes), refusal
    )


def _reading(match: OfferableMatch) -> EntryReading:
    return EntryReading(match.entry_name, match.resolution, match.source_word, match.languages)
