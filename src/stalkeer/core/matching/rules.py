"""Apply the decisions of the user to pairs. Rules outlive rebuilds, because they name things by lasting keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from stalkeer.core.matching.works import EntryFacts, WantedItem, Work
from stalkeer.core.titles import parse_title

RuleId = NewType("RuleId", int)
BETWEEN_PAIR = " <- "  # separates item and entry in the label of a rule


class RuleAction(StrEnum):
    """List the effects of rules."""

    PIN = "pin"  # this entry, or every entry of this title, is that item or work
    REJECT = "reject"  # this entry, or every entry of this title, is not that item or work
    OFFSET = "offset"  # the list numbers the seasons or episodes of this series differently
    BLOCK = "block"  # never use this entry for that item, or for any item where the rule names none


class RuleOrigin(StrEnum):
    """List the makers of rules."""

    USER = "user"
    VERIFY = "verify"  # the file of the entry was wrong or broken
    IMPORT = "import"  # the instance refused the file


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold a decision. A field that is None restricts nothing.

    Without season and episode, the rule is about the whole work. Without an entry key, it is about every entry of the
    title, and without a source, about all sources.
    """

    id: RuleId
    action: RuleAction
    kind: str | None = None  # movie | series
    tmdb_id: int | None = None
    tvdb_id: int | None = None
    season: int | None = None
    episode: int | None = None
    source_slug: str | None = None
    entry_key: str | None = None
    title_key: str | None = None
    season_offset: int = 0
    episode_offset: int = 0
    reason: str = ""
    label: str = ""
    # the name of the entry at the decision; None for a rule from before names were stored
    decided_name: str | None = None

    @property
    def item_label(self) -> str:
        """Return the item in the label of a rule about a pair: `Dune (2021)` of `Dune (2021) <- DUNE 2021 4K`."""
        return self.label.partition(BETWEEN_PAIR)[0]

    @property
    def work(self) -> str | None:
        """Return the identity of the work that the rule is about, or None for any work."""
        if self.kind == "movie":
            return f"movie:{self.tmdb_id}" if self.tmdb_id else None
        return f"series:{self.tvdb_id}" if self.tvdb_id else None

    @property
    def names_one_pair(self) -> bool:
        """Return whether the rule pins a single entry on a single item, whatever the name of the entry is."""
        is_one_item = self.kind == "movie" or self.episode is not None
        return self.action is RuleAction.PIN and self.entry_key is not None and is_one_item

    def is_about_item(self, item: WantedItem) -> bool:
        if self.work != item.work.identity:
            return False
        if self.season is None and self.episode is None:
            return True
        return (self.season, self.episode) == (item.season, item.episode)

    def bars(self, item: WantedItem, entry: EntryFacts) -> bool:
        """Return whether the rule blocks this entry for this item, or for all items."""
        return self.is_about_entry(entry) and (self.work is None or self.is_about_item(item))

    def is_asleep(self, entry: EntryFacts) -> bool:
        """Return whether the entry has another content than at the decision. Providers use ids again."""
        if self.decided_name is None or self.entry_key is None or self.decided_name == entry.name:
            return False
        return not is_same_content(self.decided_name, entry.name, entry.kind)

    def is_about_entry(self, entry: EntryFacts) -> bool:
        if self.source_slug is not None and self.source_slug != entry.source_slug:
            return False
        if self.entry_key is not None:
            return self.entry_key == entry.key
        if self.title_key is not None:
            return any(self.title_key == hypothesis.key for hypothesis in entry.title.hypotheses)
        return self.source_slug is not None


NO_RULES: tuple[Rule, ...] = ()


class RuleBook:
    """Index all rules by the work or the entry that they are about."""

    def __init__(self, rules: Iterable[Rule] = NO_RULES) -> None:
        self._by_work: dict[str, list[Rule]] = defaultdict(list)
        self._blocks: list[Rule] = []
        for rule in rules:
            if rule.action is RuleAction.BLOCK:
                self._blocks.append(rule)
            elif rule.work is not None:
                self._by_work[rule.work].append(rule)
        self.is_empty = not (self._by_work or self._blocks)
        self._pinned = {work for work, own in self._by_work.items() if any(r.action is RuleAction.PIN for r in own)}
        self._block_keys = {rule.entry_key for rule in self._blocks}
        self._has_title_blocks = any(rule.entry_key is None for rule in self._blocks)

    def block_of(self, item: WantedItem, entry: EntryFacts) -> Rule | None:
        """Return the rule that forbids to use the entry for the item."""
        if not self._blocks or (entry.key not in self._block_keys and not self._has_title_blocks):
            return None
        return next((rule for rule in self._blocks if rule.bars(item, entry) and not rule.is_asleep(entry)), None)

    def offset_of(self, work: Work, entry: EntryFacts) -> Rule | None:
        """Return the offset rule for the list of the entry. The most specific rule counts."""
        found = [r for r in self._of(work) if r.action is RuleAction.OFFSET and _is_about(r, entry)]
        found = [rule for rule in found if rule.season is None or rule.season == entry.title.season]
        return max(found, key=_particularity, default=None)

    def verdict_on(self, item: WantedItem, entry: EntryFacts) -> Rule | None:
        """Return the pin or rejection for this pair: the most specific rule, and of equal ones the newest."""
        found = [
            rule
            for rule in self._of(item.work)
            if rule.action in (RuleAction.PIN, RuleAction.REJECT)
            and rule.is_about_item(item)
            and rule.is_about_entry(entry)
            and not rule.is_asleep(entry)
        ]
        return max(found, key=_particularity, default=None)

    def sleeping_on(self, item: WantedItem, entry: EntryFacts) -> Rule | None:
        """Return a decision on this pair from a time when the entry had another content."""
        found = [rule for rule in self._of(item.work) if rule.is_about_item(item) and rule.is_about_entry(entry)]
        found += [rule for rule in self._blocks if rule.bars(item, entry)]
        return next((rule for rule in found if rule.is_asleep(entry)), None)

    def speaks_of(self, work: Work, entry: EntryFacts) -> bool:
        """Return whether a pin for this work names the entry or its title."""
        return any(rule.action is RuleAction.PIN and rule.is_about_entry(entry) for rule in self._of(work))

    def pinned_entries(self, works: Iterable[str]) -> dict[str, set[str]]:
        """Map each source to the keys of the entries that pins for these works name."""
        found: dict[str, set[str]] = defaultdict(set)
        for work in works:
            for rule in self._by_work.get(work, ()):
                if rule.action is RuleAction.PIN and rule.entry_key is not None and rule.source_slug is not None:
                    found[rule.source_slug].add(rule.entry_key)
        return dict(found)

    def pinned_titles(self, works: Iterable[str]) -> set[str]:
        """Return the title keys that pins for these works name."""
        rules = (rule for work in works for rule in self._by_work.get(work, ()))
        return {rule.title_key for rule in rules if rule.action is RuleAction.PIN and rule.title_key is not None}

    def pinned_works(self) -> set[str]:
        """Return the identities of works with a pin."""
        return self._pinned

    def _of(self, work: Work) -> list[Rule]:
        return self._by_work.get(work.identity, [])


def is_same_content(name: str, other: str, kind: str) -> bool:
    """Return whether two names of an entry mean the same film or episode, regardless of other words."""
    told = None if kind == "other" else kind
    own, others = parse_title(name, told), parse_title(other, told)
    keys = {hypothesis.key for hypothesis in own.hypotheses}
    if keys.isdisjoint(hypothesis.key for hypothesis in others.hypotheses):
        return False
    if own.year is not None and others.year is not None and abs(own.year - others.year) > 1:
        return False
    numbers = [(title.season, title.episodes, title.absolute, title.air_date) for title in (own, others)]
    return numbers[0] == numbers[1]


def _is_about(rule: Rule, entry: EntryFacts) -> bool:
    """Return whether an offset rule is about an entry.

    A rule without source, entry and title is about every entry of the series.
    """
    if rule.source_slug is None and rule.entry_key is None and rule.title_key is None:
        return True
    return rule.is_about_entry(entry)


def _particularity(rule: Rule) -> tuple[bool, bool, bool, bool, int]:
    return (
        rule.entry_key is not None,
        rule.episode is not None,
        rule.season is not None,
        rule.source_slug is not None,
        rule.id,
    )
