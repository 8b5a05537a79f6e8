"""Match entries with wanted items: the title decides the work, season and episode decide the item."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from stalkeer.core.matching import weights
from stalkeer.core.matching.compare import Agreement
from stalkeer.core.matching.decide import Thresholds, Verdict, judge
from stalkeer.core.matching.evidence import Evidence
from stalkeer.core.matching.index import Hit, NameIndex
from stalkeer.core.matching.numbering import Offsets
from stalkeer.core.matching.offsets import OffsetProposal
from stalkeer.core.matching.rules import Rule, RuleAction, RuleBook, RuleId
from stalkeer.core.matching.runtime import weigh_episode_runtime
from stalkeer.core.matching.works import EntryFacts, WantedItem, Work
from stalkeer.core.titles import title_key
from stalkeer.core.titles.habits import NO_HABITS, Habits
from stalkeer.core.titles.ids import imdb_id_in, tmdb_id_in
from stalkeer.core.titles.parse import Hypothesis
from stalkeer.core.titles.repair import repair
from stalkeer.model import Decision


class Pair(NamedTuple):
    """Hold a wanted item, and an entry that may be this item."""

    wanted: WantedItem
    entry: EntryFacts
    score: float
    decision: Decision
    evidence: tuple[Evidence, ...]
    reason: str
    rule_id: RuleId | None = None  # the rule of the user that decided it
    needs_namesakes: bool = False  # confirmed if a lookup finds no other work of this title


class _Slot(NamedTuple):
    """Hold an item, and how exactly the numbers of the entry name it."""

    item: WantedItem
    evidence: Evidence | None
    barrier: str | None = None


class Matcher:
    """Match entries with wanted items among all known works.

    `works` are the library and the results of lookups. Works of wanted items are added where they are missing.
    """

    def __init__(
        self,
        wanted: Iterable[WantedItem],
        works: Iterable[Work] = (),
        thresholds: Thresholds | None = None,
        rules: RuleBook | None = None,
        habits: Mapping[str, Habits] | None = None,
        offsets: Offsets | None = None,
    ) -> None:
        self._thresholds = thresholds or Thresholds()
        self.rules = rules or RuleBook()
        self._habits = habits or {}  # habits of the lists, by the slugs of their sources
        self._offsets = {} if offsets is None else offsets  # offsets that lists seem to need, by series and source
        self._movies: dict[str, list[WantedItem]] = defaultdict(list)
        self._episodes: dict[str, _Episodes] = defaultdict(_Episodes)
        self.items: dict[int, WantedItem] = {}
        self.works: dict[str, Work] = {}
        self.index = NameIndex()
        items = list(wanted)
        for work in (*(item.work for item in items), *works):
            self.add_work(work)
        for item in items:
            self.add_item(item)

    def add_work(self, work: Work) -> None:
        """Add a work. A known work stays as it is."""
        if work.identity not in self.works:
            self.works[work.identity] = work
            self.index.add(work)

    def add_item(self, item: WantedItem) -> None:
        """Add a wanted item of a known work."""
        self.items[item.id] = item
        if item.work.kind == "movie":
            self._movies[item.work.identity].append(item)
        else:
            self._episodes[item.work.identity].add(item)

    def match(self, entry: EntryFacts) -> list[Pair]:
        """Return all pairs of an entry that are stored: confirmed, for review, or rejected by the user."""
        return [pair for pair in self.consider(entry) if pair.decision is not Decision.NOTHING]

    def consider(self, entry: EntryFacts) -> Iterator[Pair]:
        """Yield all pairs of an entry with their reasons, also those that are not stored."""
        habits = self._habits.get(entry.source_slug, NO_HABITS)
        entry = _with_what_its_name_says(entry, habits)
        kind = _kind_of_item(entry)
        if kind is None:
            return
        hits = self._hits(entry, kind)
        has_pins = bool(self.rules.pinned_works())
        if not hits and not has_pins:
            return
        wanted = self._movies if kind == "movie" else self._episodes
        is_known = any(hit.work.identity in wanted for hit in hits)
        verdicts = judge(hits, entry, self._thresholds, habits) if is_known else []
        if has_pins:
            verdicts += self._pinned(entry, verdicts, wanted)
        seen: set[int] = set()
        for verdict in verdicts:
            for slot in self._slots(verdict.work, entry):
                seen.add(slot.item.id)
                yield self._decide(verdict, slot, entry)
        if has_pins:
            yield from self._pinned_items(entry, seen)

    def _slots(self, work: Work, entry: EntryFacts) -> list[_Slot]:
        """Return the wanted items of a work with the numbers of the entry. A film has an item for each instance."""
        if work.kind == "movie":
            return [_Slot(item, None) for item in self._movies.get(work.identity, ())]
        if work.identity not in self._episodes:
            return []
        own, rule = self._episodes[work.identity], self.rules.offset_of(work, entry)
        slots = list(own.find(_shifted(entry, rule)))
        proposed = None if rule is not None else self._proposed(work, entry)
        if proposed is not None:
            slots = own.with_proposed(slots, entry, proposed)
        return _rivals_apart(slots, max(1, len(entry.title.episodes)))

    def _proposed(self, work: Work, entry: EntryFacts) -> OffsetProposal | None:
        """Return the offset that the list of the entry seems to need in the season of the entry."""
        proposals = self._offsets.get((work.identity, entry.source_slug), ())
        season = 1 if entry.title.season is None else entry.title.season
        return next((proposal for proposal in proposals if proposal.only_season == season), None)

    def _hits(self, entry: EntryFacts, kind: str) -> list[Hit]:
        """Return the works found by title, and those found only by TMDB id or picture."""
        hits = self.index.find(entry.title, kind=kind)
        if entry.tmdb_id or entry.imdb_id or entry.poster:
            named = {hit.work.identity for hit in hits}
            hits += [
                Hit(work, work.names[0], entry.title.hypotheses[0], Agreement.NONE)
                for work in self.index.identified(entry, kind)
                if work.identity not in named
            ]
        return hits

    def _pinned_items(self, entry: EntryFacts, seen: set[int]) -> Iterator[Pair]:
        """Return the items that the user chose for this entry although its name has another number, or none."""
        for identity in self.rules.pinned_works():
            work = self.works.get(identity)
            if work is None or not self.rules.speaks_of(work, entry):
                continue
            own = self._movies.get(identity, []) + (
                self._episodes[identity].items if identity in self._episodes else []
            )
            for item in own:
                rule = None
                if item.id not in seen:
                    rule = self.rules.verdict_on(item, entry) or self.rules.sleeping_on(item, entry)
                if rule is not None and rule.names_one_pair:
                    yield self._decide(Verdict(work, 0.0, Decision.NOTHING, (), ""), _Slot(item, None), entry)

    def _pinned(self, entry: EntryFacts, verdicts: Iterable[Verdict], wanted: Collection[str]) -> list[Verdict]:
        """Return the works that the user chose for this entry although its name names others."""
        named = {verdict.work.identity for verdict in verdicts}
        return [
            Verdict(self.works[identity], 0.0, Decision.NOTHING, (), "the name is another one")
            for identity in self.rules.pinned_works()
            if identity in wanted and identity not in named and self.rules.speaks_of(self.works[identity], entry)
        ]

    def _decide(self, verdict: Verdict, slot: _Slot, entry: EntryFacts) -> Pair:
        """Decide on a pair: by its work, then by its numbers and runtime, then by the user's rules."""
        judged = _judge_numbers(verdict, slot, entry)
        if self.rules.is_empty:
            return judged
        rule = self.rules.block_of(slot.item, entry) or self.rules.verdict_on(slot.item, entry)
        if rule is not None:
            return _by_rule(judged, rule)
        asleep = self.rules.sleeping_on(slot.item, entry)
        return judged if asleep is None else _by_sleeping_rule(judged, asleep, self._thresholds)


def _kind_of_item(entry: EntryFacts) -> str | None:
    """Return the kind of work that an entry can be, or None where it cannot be matched.

    Live channels, entries of whole series or seasons, and episodes without a number cannot be matched.
    """
    title = entry.title
    if not title.hypotheses or entry.kind in ("live", "series"):
        return None
    if title.episodes or title.absolute is not None or title.air_date is not None:
        return "series"
    return None if entry.kind == "episode" or title.season is not None else "movie"


# --- the rules of a pair, in their order ---------------------------------------------------------------------------


def _judge_numbers(verdict: Verdict, slot: _Slot, entry: EntryFacts) -> Pair:
    """Add the evidence of number and runtime to the judgement of an episode's series. Films have none of it."""
    evidence, score, barrier = verdict.evidence, verdict.score, slot.barrier
    if slot.item.work.kind == "series":
        runtime, runtime_barrier = weigh_episode_runtime(slot.item, entry)
        own = tuple([finding for finding in (slot.evidence, runtime) if finding is not None])
        evidence += own
        score += sum([finding.weight for finding in own])
        barrier = barrier or entry.dispute or runtime_barrier
        score = min(score, weights.MOST_IF_OUTVOTED) if entry.is_outvoted else score
    decision, reason = _barred(verdict, barrier, entry)
    is_open = verdict.needs_namesakes and barrier is None and decision is Decision.REVIEW
    return Pair(slot.item, entry, _unit(score), decision, evidence, reason, needs_namesakes=is_open)


def _barred(verdict: Verdict, barrier: str | None, entry: EntryFacts) -> tuple[Decision, str]:
    """Return the decision on an item whose work has a barrier: review, or none for an extra."""
    if entry.title.is_junk and verdict.decision is not Decision.NOTHING:
        return Decision.NOTHING, "the name says that it is a trailer or another extra"
    if verdict.decision is Decision.CONFIRM and barrier is not None:
        return Decision.REVIEW, barrier
    return verdict.decision, verdict.reason


def _by_rule(pair: Pair, rule: Rule) -> Pair:
    """Return the decision of the user's rule."""
    is_pin = rule.action is RuleAction.PIN
    decision, score = (Decision.CONFIRM, 1.0) if is_pin else (Decision.REJECTED, pair.score)
    return pair._replace(
        score=score, decision=decision, reason=_rule_text(rule), rule_id=rule.id, needs_namesakes=False
    )


def _by_sleeping_rule(pair: Pair, rule: Rule, thresholds: Thresholds) -> Pair:
    """Offer a pair for review where the user decided on it while the entry had another content."""
    return pair._replace(
        score=_unit(max(pair.score, thresholds.review)),
        decision=Decision.REVIEW,
        reason=_sleep_text(rule, pair.entry),
        needs_namesakes=False,
    )


_ID_IN_NAME = re.compile(r"tt\d{7}|tmdb", re.I)


def _with_what_its_name_says(entry: EntryFacts, habits: Habits) -> EntryFacts:
    """Return the entry with the id in its name, and with the reading by the columns of its list."""
    if entry.kind == "episode" or not (habits.layouts or _ID_IN_NAME.search(entry.name)):
        return entry
    if entry.tmdb_id is None:
        said = tmdb_id_in(entry.name)
        entry = entry if said is None else entry._replace(tmdb_id=said)
    imdb_id = imdb_id_in(entry.name)
    if imdb_id is not None:
        entry = entry._replace(imdb_id=imdb_id)
    columns = habits.columns_of(repair(entry.name)) if "|" in entry.name else None
    if columns is None:
        return entry
    read = Hypothesis(columns.title, title_key(columns.title), 0.0, columns.year)
    others = tuple([other for other in entry.title.hypotheses if (other.key, other.year) != (read.key, read.year)])
    return entry._replace(title=entry.title._replace(hypotheses=(read, *others)))


def _unit(score: float) -> float:
    return round(min(1.0, max(0.0, score)), 4)


def _rivals_apart(slots: Iterable[_Slot], most: int) -> list[_Slot]:
    """Return the slots, with a barrier where more items claim the entry than it can contain.

    A film or episode that two instances want counts once.
    """
    slots = list(slots)
    things = {(slot.item.season, slot.item.episode) for slot in slots if slot.barrier is None}
    if len(things) <= most:
        return slots
    reason = f"{len(things)} episodes match this single entry"
    return [slot if slot.barrier is not None else slot._replace(barrier=reason) for slot in slots]


def _rule_text(rule: Rule) -> str:
    said = {RuleAction.PIN: "you said that it is this", RuleAction.BLOCK: "it is blocked"}
    text = said.get(rule.action, "you said that it is not this")
    return f"{text}: {rule.reason}" if rule.reason else text


def _sleep_text(rule: Rule, entry: EntryFacts) -> str:
    return f"you decided on {rule.decided_name!r}; its list now has {entry.name!r} under the same id"


def _shifted(entry: EntryFacts, rule: Rule | None) -> EntryFacts:
    """Return the entry with the numbers that an offset rule gives it."""
    title = entry.title
    if rule is None or (title.season is None and not title.episodes):
        return entry
    season = None if title.season is None else title.season + rule.season_offset
    episodes = tuple(episode + rule.episode_offset for episode in title.episodes)
    return entry._replace(title=title._replace(season=season, episodes=episodes))


_SLASHED_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/\d{4}\b")


def _is_ambiguous_date(name: str) -> bool:
    """Return whether a date means another day in America: 04/03/2025."""
    found = _SLASHED_DATE.search(name)
    return found is not None and found[1] != found[2] and max(int(found[1]), int(found[2])) <= 12


def _code(season: int, episode: int) -> str:
    return f"S{season:02}E{episode:02}"


class _Episodes:
    """Index the wanted episodes of a series by all their numbers and dates."""

    def __init__(self) -> None:
        self._by_number: dict[tuple[int, int], list[WantedItem]] = defaultdict(list)
        self._by_scene: dict[tuple[int, int], list[WantedItem]] = defaultdict(list)
        self._by_absolute: dict[int, list[WantedItem]] = defaultdict(list)
        self._by_date: dict[str, list[WantedItem]] = defaultdict(list)
        self.items: list[WantedItem] = []

    def add(self, item: WantedItem) -> None:
        self.items.append(item)
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
            barrier = "day and month may be the other way round" if _is_ambiguous_date(entry.name) else None
            for item in self._by_date.get(title.air_date, ()):
                yield _Slot(item, Evidence("air date", 0.0, f"the date {title.air_date} agrees"), barrier)
            return
        if title.season is None:
            yield from self._without_season(title.episodes or ((title.absolute,) if title.absolute is not None else ()))
            return
        for episode in title.episodes:
            yield from self._numbered(title.season, episode)

    def _numbered(self, season: int, episode: int) -> Iterator[_Slot]:
        shown = _code(season, episode)
        for item in self._by_number.get((season, episode), ()):
            barrier = "specials are numbered otherwise by everyone" if season == 0 else None
            if item.scene_season is not None and (item.scene_season, item.scene_episode) != (season, episode):
                barrier = f"{shown} may be counted as the scene counts, which would be another episode"
            yield _Slot(item, Evidence("episode", 0.0, f"{shown} agrees"), barrier)
        for item in self._by_scene.get((season, episode), ()):
            if (item.season, item.episode) != (season, episode):
                reason = f"{shown} is its number only as the scene counts"
                yield _Slot(item, Evidence("scene number", weights.SCENE_NUMBER, reason), reason)
        if season == 1:
            for item in self._by_absolute.get(episode, ()):
                if item.season != 1 and item.work.series_type == "anime":
                    reason = f"{shown} is its number only if the list counts through all seasons"
                    yield _Slot(item, Evidence("absolute number", weights.THROUGH_SEASONS, reason), reason)

    def with_proposed(self, slots: Iterable[_Slot], entry: EntryFacts, offset: OffsetProposal) -> list[_Slot]:
        """Add the items at the numbers with the offset, for review. The plain numbers prove nothing then."""
        shift = f"the offset season {offset.season:+}, episode {offset.episode:+}"
        found: list[_Slot] = []
        for episode in entry.title.episodes:
            said, numbers = (
                (offset.only_season, episode),
                (offset.only_season + offset.season, episode + offset.episode),
            )
            reason = f"{_code(*said)} is {_code(*numbers)} with the proposed offset: {offset.why}"
            evidence = Evidence("offset", weights.THROUGH_SEASONS, f"{_code(*numbers)} with {shift}")
            found += [_Slot(item, evidence, reason) for item in self._by_number.get(numbers, ())]
        shifted = {slot.item.id for slot in found}
        doubt = f"the list may number it otherwise: with {shift} it is another episode"
        others = [slot for slot in slots if slot.item.id not in shifted]
        return found + [slot if slot.barrier is not None else slot._replace(barrier=doubt) for slot in others]

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
                    yield _Slot(item, Evidence("episode", weights.ONLY_NUMBER, f"number {number} agrees"), reason)
