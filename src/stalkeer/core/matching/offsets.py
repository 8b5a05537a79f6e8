"""Propose the offset of a list that numbers a series differently: absolute, or by cours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

Number = tuple[int, int]  # season and episode
_Shift = tuple[int, int, int]  # added to season and episode, in a season of the list
LEAST_HITS = 2  # episodes that an offset must find to be proposed, unless fewer are wanted


@dataclass(frozen=True)
class WantedNumber:
    """Hold the numbers of a wanted episode. `absolute` counts through all seasons."""

    season: int
    episode: int
    absolute: int | None = None


@dataclass(frozen=True)
class OffsetProposal:
    """Hold numbers to add to those of a season of the list. `hits` is the number of wanted episodes found with it."""

    season: int
    episode: int
    only_season: int
    hits: int
    why: str
    source: str | None = None  # a season of the list; None for all

    def of_source(self, slug: str) -> OffsetProposal:
        return replace(self, source=slug)

    def to_document(self) -> dict[str, object]:
        return {
            "season": self.season,
            "episode": self.episode,
            "onlySeason": self.only_season,
            "hits": self.hits,
            "why": self.why,
            "source": self.source,
        }


def propose_offsets(wanted: Collection[WantedNumber], listed: Collection[Number]) -> tuple[OffsetProposal, ...]:
    """Return the offset of each season of the list where it finds more wanted episodes than no offset.

    A list by cours begins each of them with episode 1. The absolute number of an episode is then its number plus the
    number of episodes in earlier seasons of the list. Once a season needs an offset, an offset that finds just as much
    as the plain numbers is also proposed for other seasons, because plain numbers prove nothing any more.
    """
    by_absolute = {
        wanted_number.absolute: wanted_number for wanted_number in wanted if wanted_number.absolute is not None
    }
    own = {(wanted_number.season, wanted_number.episode) for wanted_number in wanted}
    before = _episodes_before(listed)
    found: Counter[_Shift] = Counter()
    for season, number in listed:
        item = by_absolute.get(before[season] + number)
        if item is not None and (item.season, item.episode) != (season, number):
            found[item.season - season, item.episode - number, season] += 1
    direct = Counter(season for season, number in listed if (season, number) in own)
    least = min(LEAST_HITS, len(wanted))
    best: dict[int, tuple[int, _Shift]] = {}
    for shift, hits in found.items():
        if hits >= max(least, direct[shift[2]]) and (hits, shift) > best.get(shift[2], (0, shift)):
            best[shift[2]] = (hits, shift)
    if all(hits == direct[season] for season, (hits, _) in best.items()):
        return ()
    return tuple(OffsetProposal(*shift, hits, _why(shift, hits)) for _, (hits, shift) in sorted(best.items()))


def _episodes_before(listed: Collection[Number]) -> dict[int, int]:
    """Return for each season the number of episodes in earlier seasons. Specials do not count."""
    lengths: dict[int, int] = {}
    for season, number in listed:
        lengths[season] = max(number, lengths.get(season, number))
    before: dict[int, int] = {}
    total = 0
    for season in sorted(lengths):
        before[season] = total
        total += lengths[season] if season > 0 else 0
    return before


def _why(shift: _Shift, hits: int) -> str:
    season, episode, only = shift
    counts = "by cours" if episode > 0 else "through all seasons"
    return (
        f"the list seems to count {counts}: its season {only} with season {season:+} and episode {episode:+} finds "
        f"{hits} missing {'episode' if hits == 1 else 'episodes'}"
    )
