"""Explain a match: every candidate of a wanted item, its evidence, and the rule that decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stalkeer.core.matching.compare import likeness
from stalkeer.core.matching.pairs import Matcher, Pair
from stalkeer.core.matching.works import EntryFacts, WantedItem
from stalkeer.core.titles import TitleReader
from stalkeer.jobs.matching.candidates import candidate_entries, to_facts
from stalkeer.jobs.matching.library_cache import Matching, use_context
from stalkeer.model import Decision, WantedId
from stalkeer.store.db.database import Transaction
from stalkeer.store.matching.entries import KeySpan, count_titles, entries_of_titles, keys_in_spans

_MOST_OTHERS = 10
_NEAREST_LETTERS = 4
_LEAST_LIKENESS = 0.65  # below it, two titles share at most a word
_MOST_TITLES = 200


@dataclass(frozen=True)
class Explanation:
    """Hold the result of matching an item.

    `others` are entries with its title, or a similar title, that are something else.
    """

    item: WantedItem
    pairs: tuple[Pair, ...]
    others: tuple[tuple[EntryFacts, str], ...]
    summary: str

    def to_document(self) -> dict[str, object]:
        return {
            "wantedId": self.item.id,
            "item": self.item.label,
            "names": [name.text for name in self.item.work.names],
            "years": list(self.item.work.years),
            "summary": self.summary,
            "candidates": [_pair_document(pair) for pair in self.pairs],
            "others": [{"entryId": entry.id, "name": entry.name, "reason": reason} for entry, reason in self.others],
        }


def _pair_document(pair: Pair) -> dict[str, object]:
    return {
        "entryId": pair.entry.id,
        "name": pair.entry.name,
        "source": pair.entry.source_slug,
        "score": pair.score,
        "decision": pair.decision.value,
        "decidedBy": "auto" if pair.rule_id is None else f"rule {pair.rule_id}",
        "reason": pair.reason,
        "evidence": [{"name": f.name, "weight": f.weight, "text": f.text} for f in pair.evidence],
    }


def explain_match(matching: Matching, wanted_id: WantedId) -> Explanation:
    """Match the item again without saving anything. Raises NotFound where it is not wanted."""
    with use_context(matching) as context, matching.database.connect() as connection:
        item = context.find(wanted_id)
        reader = TitleReader()
        entries = [to_facts(row, reader) for row in candidate_entries(connection, context.matcher(), {item.id})]
        context.learn_offsets(entries, {item.work.identity})
        return _explain(connection, item, context.matcher(), entries)


def _explain(connection: Transaction, item: WantedItem, matcher: Matcher, entries: list[EntryFacts]) -> Explanation:
    pairs: list[Pair] = []
    others: list[tuple[EntryFacts, str]] = []
    for facts in entries:
        own = [pair for pair in matcher.consider(facts) if pair.wanted.id == item.id]
        pairs += own
        if not own:
            others.append((facts, _why_other(item, facts)))
    if not pairs and not others:
        others = _nearest(connection, item, TitleReader())
    summary = _summary(pairs, others, count_titles(connection))
    pairs.sort(key=lambda pair: (pair.decision is not Decision.CONFIRM, -pair.score))
    return Explanation(item, tuple(pairs), tuple(others[:_MOST_OTHERS]), summary)


def _why_other(item: WantedItem, entry: EntryFacts) -> str:
    title = entry.title
    if item.season is None:
        return "it is an episode, not a movie" if title.episodes else "its name is another one"
    if title.season is None and not title.episodes and title.absolute is None and title.air_date is None:
        return "its name has no season and episode"
    said = title.air_date or _numbers(title.season, title.episodes or (title.absolute or 0,))
    return f"its name says {said}"


def _numbers(season: int | None, episodes: Iterable[int]) -> str:
    shown = "".join(f"E{episode:02}" for episode in episodes)
    return f"S{season:02}{shown}" if season is not None else shown


def _nearest(connection: Transaction, item: WantedItem, reader: TitleReader) -> list[tuple[EntryFacts, str]]:
    """Return entries with a title similar to one of the item's names, most similar first, for the user to check."""
    names = [name.base for name in item.work.names if len(name.base) >= _NEAREST_LETTERS]
    spans = {KeySpan(name[:_NEAREST_LETTERS], 1, len(name) + 12) for name in names}
    alike: dict[int, float] = {}
    for key, title_id in keys_in_spans(connection, spans):
        alike[title_id] = max(alike.get(title_id, 0.0), *(likeness(key, name) for name in names))
    nearest = sorted((title_id for title_id, share in alike.items() if share >= _LEAST_LIKENESS), key=alike.__getitem__)
    found: list[tuple[EntryFacts, str]] = []
    for row in entries_of_titles(connection, nearest[: -_MOST_TITLES - 1 : -1]):
        facts = to_facts(row, reader)
        if bool(facts.title.episodes) is (item.season is not None):
            found.append((facts, "its title only begins alike"))
    return found


def _summary(pairs: list[Pair], others: list[tuple[EntryFacts, str]], titles: int) -> str:
    for decision, text in (
        (Decision.CONFIRM, "It was found: {} of {} candidates are sure."),
        (Decision.REVIEW, "It may be there: {} of {} candidates need your review."),
    ):
        count = sum(pair.decision is decision for pair in pairs)
        if count:
            return text.format(count, len(pairs))
    if pairs:
        return f"No candidate is good enough: {pairs[0].reason}."
    if not titles:
        return "The catalogue is empty: refresh a source first."
    if others and others[0][1].startswith("its name says"):
        return "Its title is there, but not this episode."
    return "No entry has one of its titles."
