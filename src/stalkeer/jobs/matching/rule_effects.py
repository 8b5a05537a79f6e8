"""Save and remove rules: match the concerned items again, and report every pair that changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from stalkeer.core.matching.pairs import Matcher, Pair
from stalkeer.core.matching.rules import Rule, RuleAction, RuleId, RuleOrigin
from stalkeer.core.matching.works import EntryFacts, WantedItem
from stalkeer.core.titles import TitleReader
from stalkeer.jobs.journal.reporting import QuietRun, Run
from stalkeer.jobs.matching.candidates import candidate_entries, to_facts
from stalkeer.jobs.matching.library_cache import MatchContext, Matching, use_context
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.jobs.matching.namesakes import ask_namesakes, works_to_ask
from stalkeer.jobs.matching.rules import check_rule
from stalkeer.model import Decision, WantedId
from stalkeer.store.db.database import Transaction
from stalkeer.store.matching.entries import EntryRow, entries_of_keys, entries_of_titles, titles_with_keys
from stalkeer.store.matching.rules import add_rule, get_rule, remove_rule


@dataclass(frozen=True)
class RuleEffect:
    """Hold the decision about a pair before and after a rule."""

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
    """Hold a rule and every pair that it changes. `rule_id` is None for a preview and for a removed rule."""

    rule: Rule
    rule_id: RuleId | None
    changes: tuple[RuleEffect, ...]

    def to_document(self) -> dict[str, object]:
        return {"ruleId": self.rule_id, "changes": [change.to_document() for change in self.changes]}


@dataclass(frozen=True)
class _Effect:
    """Hold the effect of some rules. `items` must be matched again."""

    changes: tuple[tuple[RuleEffect, WantedItem, EntryFacts], ...]
    items: frozenset[WantedId]

    def of(self, rule: Rule, rules: Sequence[Rule]) -> tuple[RuleEffect, ...]:
        """Return the changes by one of the rules."""
        return tuple(change for change, item, entry in self.changes if len(rules) == 1 or _is_about(rule, item, entry))


def preview_rule(matching: Matching, rule: Rule) -> RuleOutcome:
    """Return the changes that a rule would make, and save nothing. Raises InvalidInput as `keep_rules` does."""
    check_rule(rule)
    with use_context(matching) as context:
        effect = _effect_of(matching, context, [rule], [*context.rules, rule])
    return RuleOutcome(rule, None, effect.of(rule, [rule]))


def keep_rules(matching: Matching, rules: Sequence[Rule], origin: RuleOrigin, run: Run) -> list[RuleOutcome]:
    """Save all the rules, then match the concerned items once.

    Raises InvalidInput for an incomplete rule, and then saves none.
    """
    for rule in rules:
        check_rule(rule)
    with use_context(matching) as context:
        effect = _effect_of(matching, context, rules, [*context.rules, *rules])
    with matching.database.begin() as connection:
        kept = [add_rule(connection, rule, origin, matching.clock()) for rule in rules]
    _match_again(matching, effect, run)
    return [RuleOutcome(rule, kept[n], effect.of(rule, rules)) for n, rule in enumerate(rules)]


def withdraw_rules(matching: Matching, rule_ids: Collection[RuleId], run: Run) -> list[RuleOutcome]:
    """Remove rules, then match the concerned items once. Raises NotFound for an unknown rule, and then removes none."""
    with matching.database.connect() as connection:
        rules = [get_rule(connection, rule_id).rule for rule_id in rule_ids]
    with use_context(matching) as context:
        effect = _effect_of(matching, context, rules, [rule for rule in context.rules if rule.id not in rule_ids])
    with matching.database.begin() as connection:
        for rule_id in rule_ids:
            remove_rule(connection, rule_id)
    _match_again(matching, effect, run)
    return [RuleOutcome(rule, None, effect.of(rule, rules)) for rule in rules]


def _match_again(matching: Matching, effect: _Effect, run: Run) -> None:
    if effect.items:
        match_wanted(matching, run, only=effect.items)
        matching.decided()


def _effect_of(matching: Matching, context: MatchContext, about: Sequence[Rule], rules: list[Rule]) -> _Effect:
    """Compare the present decisions with those under `rules`, for every entry that the rules in `about` may concern."""
    before = context.matcher()
    with matching.database.connect() as connection:
        entries = list(_affected_entries(connection, before, about))
    context.learn_offsets(entries, {rule.work for rule in about if rule.work is not None})
    after = _with_namesakes(matching, context.with_rules(rules), entries).matcher()
    changes: list[tuple[RuleEffect, WantedItem, EntryFacts]] = []
    for entry in entries:
        old = {pair.wanted.id: pair for pair in before.consider(entry)}
        new = {pair.wanted.id: pair for pair in after.consider(entry)}
        for item_id in sorted((old.keys() | new.keys()) & context.matched.keys()):
            changes += _changes(entry, old.get(item_id), new.get(item_id))
    works = {rule.work for rule in about}
    items = {WantedId(row.item.id) for row in context.wanted if row.item.work.identity in works}
    return _Effect(tuple(changes), frozenset(items | {change.wanted_id for change, _, _ in changes}))


def _with_namesakes(matching: Matching, context: MatchContext, entries: Sequence[EntryFacts]) -> MatchContext:
    """Look up the namesakes that matching with these rules needs, because they may change its decisions."""
    matcher = context.matcher()
    pairs = [pair for entry in entries for pair in matcher.consider(entry)]
    open_works = works_to_ask(pairs, context.namesakes)
    if not open_works or matching.lookup is None:
        return context
    found, _ = ask_namesakes(matching.database, matching.lookup, open_works, matching.clock(), QuietRun())
    return context.with_namesakes(context.namesakes.with_more(found))


def _changes(entry: EntryFacts, old: Pair | None, new: Pair | None) -> list[tuple[RuleEffect, WantedItem, EntryFacts]]:
    was = old.decision if old is not None else Decision.NOTHING
    is_now = new.decision if new is not None else Decision.NOTHING
    pair = new or old
    if was is is_now or pair is None:
        return []
    change = RuleEffect(WantedId(pair.wanted.id), pair.wanted.label, entry.id, entry.name, was, is_now)
    return [(change, pair.wanted, entry)]


def _is_about(rule: Rule, item: WantedItem, entry: EntryFacts) -> bool:
    if rule.work is not None and rule.work != item.work.identity:
        return False
    return rule.action is RuleAction.OFFSET or rule.is_about_entry(entry)


def _affected_entries(connection: Transaction, matcher: Matcher, rules: Sequence[Rule]) -> Iterable[EntryFacts]:
    reader = TitleReader()
    works = {rule.work for rule in rules}
    items = {item.id for item in matcher.items.values() if item.work.identity in works}
    rows: dict[int, EntryRow] = {row.id: row for row in candidate_entries(connection, matcher, items)} if items else {}
    for slug, keys in _entry_keys(rules).items():
        rows |= {row.id: row for row in entries_of_keys(connection, slug, keys)}
    title_keys = {rule.title_key for rule in rules if rule.entry_key is None and rule.title_key is not None}
    if title_keys:
        titles = titles_with_keys(connection, title_keys)
        rows |= {row.id: row for row in entries_of_titles(connection, titles)}
    return (to_facts(row, reader) for row in rows.values())


def _entry_keys(rules: Iterable[Rule]) -> dict[str, set[str]]:
    """Return the keys of the entries that the rules name, by source."""
    found: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        if rule.entry_key is not None and rule.source_slug is not None:
            found[rule.source_slug].add(rule.entry_key)
    return found
