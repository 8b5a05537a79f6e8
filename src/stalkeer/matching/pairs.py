"""Match entries with wanted items: titles decide the work, season and episode decide the item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stalkeer.matching.decide import Thresholds, Verdict, judge
from stalkeer.matching.evidence import Evidence
from stalkeer.matching.index import NameIndex
from stalkeer.matching.works import EntryFacts, WantedItem, Work
from stalkeer.model import Decision


@dataclass(frozen=True, slots=True)
class Pair:
    """A wanted item and an entry that may be it."""

    wanted: WantedItem
    entry: EntryFacts
    score: float
    decision: Decision
    evidence: tuple[Evidence, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class _Slot:
    """An item, and how directly the entry's numbers named it."""

    item: WantedItem
    evidence: Evidence
    barrier: str | None = None


class Matcher:
    """Wanted items among all works known. `works` are the library and what lookups named; wanted items' works are
    among them or are added."""

    def __init__(
        self, wanted: Iterable[WantedItem], works: Iterable[Work] = (), thresholds: Thresholds | None = None
    ) -> None:
        self._thresholds = thresholds or Thresholds()
        self._films: dict[str, list[WantedItem]] = defaultdict(list)
        self._episodes: dict[str, _Episodes] = defaultdict(_Episodes)
        known: dict[str, Work] = {}
        for item in wanted:
            known.setdefault(item.work.identity, item.work)
            if item.work.kind == "movie":
                self._films[item.work.identity].append(item)
            else:
                self._episodes[item.work.identity].add(item)
        for work in works:
            known.setdefault(work.identity, work)
        self.index = NameIndex(known.values())

    def match(self, entry: EntryFacts) -> list[Pair]:
        """All pairs of an entry that are worth telling: confirmed or for review."""
        return [pair for pair in self.consider(entry) if pair.decision in (Decision.CONFIRM, Decision.REVIEW)]

    def consider(self, entry: EntryFacts) -> Iterator[Pair]:
        """All pairs of an entry, with the reason also where it is not offered."""
        title = entry.title
        if title.is_junk or not title.hypotheses or entry.kind in ("live", "series"):
            return
        is_episode = bool(title.episodes) or title.absolute is not None or title.air_date is not None
        kind = "series" if is_episode else "movie"
        hits = self.index.find(title, kind=kind)
        wanted = self._episodes if is_episode else self._films
        if not any(hit.work.identity in wanted for hit in hits):
            return
        for verdict in judge(hits, entry, self._thresholds):
            if verdict.work.identity not in wanted:
                continue
            if is_episode:
                yield from self._episode_pairs(verdict, entry)
            else:
                for item in self._films[verdict.work.identity]:
                    yield Pair(item, entry, verdict.score, verdict.decision, verdict.evidence, verdict.reason)

    def _episode_pairs(self, verdict: Verdict, entry: EntryFacts) -> Iterator[Pair]:
        for slot in self._episodes[verdict.work.identity].find(entry):
            score = round(min(1.0, max(0.0, verdict.score + slot.evidence.weight)), 4)
            decision, reason = verdict.decision, verdict.reason
            if decision is Decision.CONFIRM and slot.barrier is not None:
                decision, reason = Decision.REVIEW, slot.barrier
            yield Pair(slot.item, entry, score, decision, (*verdict.evidence, slot.evidence), reason)


class _Episodes:
    """The wanted episodes of one series, by everything that may number them."""

    def __init__(self) -> None:
        self._by_number: dict[tuple[int, int], list[WantedItem]] = defaultdict(list)
        self._by_scene: dict[tuple[int, int], list[WantedItem]] = defaultdict(list)
        self._by_absolute: dict[int, list[WantedItem]] = defaultdict(list)
        self._by_date: dict[str, list[WantedItem]] = defaultdict(list)

    def add(self, item: WantedItem) -> None:
        if item.season is not None and item.episode is not None:
            self._by_number[item.season, item.episode].append(item)
        if item.scene_season is not None and item.scene_episode is not None:
            self._by_scene[item.scene_season, item.scene_episode].append(item)
        for absolute in {item.absolute, item.scene_absolute}:
            if absolute is not None:
                self._by_absolute[absolute].append(item)
        if item.air_date:
            self._by_date[item.air_date].append(item)

    def find(self, entry: EntryFacts) -> Iterator[_Slot]:
        title = entry.title
        if title.air_date:
            for item in self._by_date.get(title.air_date, ()):
                yield _Slot(item, Evidence("air date", 0.0, f"the date {title.air_date} agrees"))
            return
        if title.season is None:
            yield from self._without_season(title.episodes or ((title.absolute,) if title.absolute is not None else ()))
            return
        for episode in title.episodes:
            yield from self._numbered(title.season, episode)

    def _numbered(self, season: int, episode: int) -> Iterator[_Slot]:
        shown = f"S{season:02}E{episode:02}"
        for item in self._by_number.get((season, episode), ()):
            barrier = None
            if item.scene_season is not None and (item.scene_season, item.scene_episode) != (season, episode):
                barrier = f"{shown} may be counted as the scene counts, which would be another episode"
            yield _Slot(item, Evidence("episode", 0.0, f"{shown} agrees"), barrier)
        for item in self._by_scene.get((season, episode), ()):
            if (item.season, item.episode) != (season, episode):
                reason = f"{shown} is its number only as the scene counts"
                yield _Slot(item, Evidence("scene number", -0.03, reason), reason)
        if season == 1:
            for item in self._by_absolute.get(episode, ()):
                if item.season != 1 and item.work.series_type == "anime":
                    reason = f"{shown} is its number only if the list counts through all seasons"
                    yield _Slot(item, Evidence("absolute number", -0.06, reason), reason)

    def _without_season(self, numbers: Iterable[int]) -> Iterator[_Slot]:
        for number in numbers:
            for item in self._by_absolute.get(number, ()):
                barrier = (
                    None if item.work.series_type == "anime" else "an episode number without a season is no proof here"
                )
                yield _Slot(item, Evidence("absolute number", 0.0, f"number {number} agrees"), barrier)
            for item in self._by_number.get((1, number), ()):
                if item.absolute != number or item.work.series_type != "anime":
                    reason = "the name says no season; the first is only likely"
                    yield _Slot(item, Evidence("episode", -0.04, f"number {number} agrees"), reason)
