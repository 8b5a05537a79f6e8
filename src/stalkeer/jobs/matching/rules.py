"""The user decides: a rule is kept, what it changes is matched again, and can be seen before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stalkeer.core.matching.pairs import Matcher, Pair
from stalkeer.core.matching.rules import Rule, RuleAction, RuleId
from stalkeer.core.matching.works import EntryFacts, WantedItem
from stalkeer.core.titles import TitleReader
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.jobs.journal.reporting import Run
from stalkeer.jobs.matching.candidates import candidate_entries, to_facts
from stalkeer.jobs.matching.match import Known, Matching, match_wanted, read_known
from stalkeer.model import Decision, MatchId, WantedId
from stalkeer.store.db.database import Transaction
from stalkeer.store.matching.entries import entries_by_id, entries_of_keys, entries_of_titles, titles_with_keys
from stalkeer.store.matching.matches import get_match
from stalkeer.store.matching.rules import add_rule, get_rule, remove_rule
from stalkeer.store.matching.works import read_wanted_works, read_works

NEW = RuleId(0)


@dataclass(frozen=True)
class Change:
    """What a rule does to one pair."""

    wanted_id: WantedId
    item: str
    entry_id: int
    entry: str
    before: Decision
    after: Decision

    def to_document(self) -> dict[str, object]:
        return {
            "wantedId": self.wanted_id,
            "item": self.item,
            "entryId": self.entry_id,
            "entry": self.entry,
            "before": self.before.value,
            "after": self.after.value,
        }


@dataclass(frozen=True)
class RuleOutcome:
    """The rule as it was kept (None: only looked at, or removed) and every pair that it changes."""

    rule_id: RuleId | None
    changes: tuple[Change, ...]

    def to_document(self) -> dict[str, object]:
        return {"ruleId": self.rule_id, "changes": [change.to_document() for change in self.changes]}


@dataclass(frozen=True)
class Offset:
    """How far a list's numbers lie from Sonarr's; `only_season`: where the list says this season."""

    season: int = 0
    episode: int = 0
    only_season: int | None = None


def rule_of_match(matching: Matching, match_id: MatchId, action: RuleAction, reason: str, *, whole_title: bool) -> Rule:
    """A rule about exactly this pair, or about every entry of that title."""
    with matching.database.connect() as connection:
        row = get_match(connection, match_id)
    rule = rule_of_pair(matching, row.wanted_id, row.entry_id, action, reason)
    return _widen(rule, _entry(matching, row.entry_id)) if whole_title else rule


def rule_of_pair(matching: Matching, wanted_id: WantedId, entry_id: int, action: RuleAction, reason: str) -> Rule:
    """That this entry is, or is not, this item: whether matching thinks so or not."""
    item, entry = _item(matching, wanted_id), _entry(matching, entry_id)
    about = replace(_about(item), action=action, reason=reason, label=f"{item.label} <- {entry.name}")
    return replace(about, season=item.season, episode=item.episode, source_slug=entry.source_slug, entry_key=entry.key)


def rule_of_entry(matching: Matching, entry_id: int, reason: str) -> Rule:
    """That this entry is never used."""
    entry = _entry(matching, entry_id)
    return Rule(
        NEW, RuleAction.BLOCK, source_slug=entry.source_slug, entry_key=entry.key, reason=reason, label=entry.name
    )


def rule_of_series(matching: Matching, wanted_id: WantedId, shift: Offset, source: str | None, reason: str) -> Rule:
    """That lists, or those of one source, number a series otherwise."""
    item = _item(matching, wanted_id)
    if item.season is None:
        raise InvalidInput(f"{item.label} is a film; only a series has seasons to shift")
    return replace(
        _about(item),
        action=RuleAction.OFFSET,
        season=shift.only_season,
        source_slug=source,
        season_offset=shift.season,
        episode_offset=shift.episode,
        reason=reason,
        label=f"{item.work.title}: season {shift.season:+}, episode {shift.episode:+}",
    )


def _about(item: WantedItem) -> Rule:
    kind, _, number = item.work.identity.partition(":")
    if not number.isdecimal():
        raise InvalidInput(f"{item.label} has no {'TMDB' if kind == 'movie' else 'TVDB'} id that a rule could name")
    is_movie = kind == "movie"
    return Rule(
        NEW,
        RuleAction.PIN,
        kind=kind,
        tmdb_id=int(number) if is_movie else None,
        tvdb_id=None if is_movie else int(number),
    )


def _item(matching: Matching, wanted_id: WantedId) -> WantedItem:
    with matching.database.connect() as connection:
        wanted = read_wanted_works(connection, read_works(connection))
    item = next((row.item for row in wanted if row.item.id == wanted_id), None)
    if item is None:
        raise NotFound(f"Nothing with id {wanted_id} is wanted now; `stalkeer scan missing` reads what is.")
    return item


def _entry(matching: Matching, entry_id: int) -> EntryFacts:
    with matching.database.connect() as connection:
        rows = entries_by_id(connection, [entry_id])
    if not rows:
        raise NotFound(
            f"There is no film or episode {entry_id} in the catalogue now; `stalkeer match explain` names them."
        )
    return to_facts(rows[0], TitleReader())


def _widen(rule: Rule, facts: EntryFacts) -> Rule:
    """The same decision about every entry of that title, on every source, and about the whole series."""
    if not facts.title.hypotheses:
        raise InvalidInput(f"{facts.name!r} has no title that a rule could name")
    key = facts.title.hypotheses[0].key
    return replace(rule, season=None, episode=None, source_slug=None, entry_key=None, title_key=key)


def preview_rule(matching: Matching, rule: Rule) -> tuple[Change, ...]:
    """Every pair whose decision the rule would change."""
    known = read_known(matching)
    return _changes(matching, known, [rule], [*known.rules, rule])


def apply_rule(matching: Matching, rule: Rule, origin: str, run: Run) -> RuleOutcome:
    """Keep the rule and match again what it is about."""
    _check(rule)
    known = read_known(matching)
    changes = _changes(matching, known, [rule], [*known.rules, rule])
    with matching.database.begin() as connection:
        rule_id = add_rule(connection, rule, origin, matching.clock())
    _match_affected(matching, known, rule, changes, run)
    return RuleOutcome(rule_id, changes)


def withdraw_rule(matching: Matching, rule_id: RuleId, run: Run) -> RuleOutcome:
    """Forget a rule and match again what it was about."""
    with matching.database.connect() as connection:
        rule = get_rule(connection, rule_id).rule
    known = read_known(matching)
    changes = _changes(matching, known, [rule], [other for other in known.rules if other.id != rule_id])
    with matching.database.begin() as connection:
        remove_rule(connection, rule_id)
    _match_affected(matching, known, rule, changes, run)
    return RuleOutcome(None, changes)


def _check(rule: Rule) -> None:
    if rule.action is not RuleAction.BLOCK and rule.work is None:
        raise InvalidInput("A rule of this kind must name a film by TMDB id or a series by TVDB id")
    if rule.action is not RuleAction.OFFSET and rule.entry_key is None and rule.title_key is None:
        raise InvalidInput("A rule must name an entry by source and key, or a title")
    if rule.action is RuleAction.OFFSET and not (rule.season_offset or rule.episode_offset):
        raise InvalidInput("An offset rule must shift the season or the episode")


def _match_affected(matching: Matching, known: Known, rule: Rule, changes: Iterable[Change], run: Run) -> None:
    items = {change.wanted_id for change in changes}
    items |= {WantedId(row.item.id) for row in known.wanted if row.item.work.identity == rule.work}
    if items:
        match_wanted(matching, run, only=items)


def _changes(matching: Matching, known: Known, about: list[Rule], rules: list[Rule]) -> tuple[Change, ...]:
    before = known.matcher()
    after = known.with_rules(rules).matcher()
    changes: list[Change] = []
    with matching.database.connect() as connection:
        for entry in _affected_entries(connection, before, about):
            old = {pair.wanted.id: pair for pair in before.consider(entry)}
            new = {pair.wanted.id: pair for pair in after.consider(entry)}
            for item_id in sorted(old.keys() | new.keys()):
                changes += _change(entry, old.get(item_id), new.get(item_id))
    return tuple(changes)


def _change(entry: EntryFacts, old: Pair | None, new: Pair | None) -> list[Change]:
    was = old.decision if old is not None else Decision.NOTHING
    is_now = new.decision if new is not None else Decision.NOTHING
    pair = new or old
    if was is is_now or pair is None:
        return []
    return [Change(WantedId(pair.wanted.id), pair.wanted.label, entry.id, entry.name, was, is_now)]


def _affected_entries(connection: Transaction, matcher: Matcher, rules: Iterable[Rule]) -> list[EntryFacts]:
    reader = TitleReader()
    found: dict[int, EntryFacts] = {}
    for rule in rules:
        items = {item.id for item in matcher.items.values() if item.work.identity == rule.work}
        rows = list(candidate_entries(connection, matcher, items)) if items else []
        if rule.entry_key is not None and rule.source_slug is not None:
            rows += entries_of_keys(connection, rule.source_slug, [rule.entry_key])
        elif rule.title_key is not None:
            rows += entries_of_titles(connection, titles_with_keys(connection, [rule.title_key]))
        for row in rows:
            if row.id not in found:
                found[row.id] = to_facts(row, reader)
    return list(found.values())
