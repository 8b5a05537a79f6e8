"""Compose rules from the user's decisions, with identifiers that outlive every rebuild of catalogue and library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from stalkeer.core.matching.numbering import ListNumbering, best_of
from stalkeer.core.matching.offsets import OffsetProposal
from stalkeer.core.matching.rules import BETWEEN_PAIR, Rule, RuleAction, RuleId
from stalkeer.core.matching.works import EntryFacts, WantedItem
from stalkeer.core.titles import TitleReader
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.jobs.matching.candidates import candidate_entries, to_facts
from stalkeer.jobs.matching.library_cache import Matching, use_context
from stalkeer.model import MatchId, WantedId
from stalkeer.store.matching.entries import entries_by_id
from stalkeer.store.matching.matches import get_match

NEW = RuleId(2**63 - 1)  # the id of an unsaved rule, which counts as the newest rule


class DecisionScope(StrEnum):
    """Define the scope of a decision about a match."""

    ENTRY = "entry"  # this entry and this item
    TITLE = "title"  # every entry of that title, and the whole series


@dataclass(frozen=True)
class Offset:
    """Hold the numbers to add to those of a list.

    `only_season` limits the offset to a season of the list, `source` to a source.
    """

    season: int = 0
    episode: int = 0
    only_season: int | None = None
    source: str | None = None


def rule_of_match(
    matching: Matching,
    match_id: MatchId,
    action: RuleAction,
    reason: str = "",
    scope: DecisionScope = DecisionScope.ENTRY,
) -> Rule:
    """Return the rule that pins or rejects this pair, or every entry of that title."""
    with matching.database.connect() as connection:
        row = get_match(connection, match_id)
    rule = rule_of_pair(matching, row.wanted_id, row.entry_id, action, reason)
    return _widen(rule, _entry(matching, row.entry_id)) if scope is DecisionScope.TITLE else rule


def rule_of_pair(matching: Matching, wanted_id: WantedId, entry_id: int, action: RuleAction, reason: str = "") -> Rule:
    """Return the rule that pins or rejects this entry for this item, whether matching proposed the pair or not."""
    item, entry = _item(matching, wanted_id), _entry(matching, entry_id)
    about = replace(_about(item), action=action, reason=reason, label=f"{item.label}{BETWEEN_PAIR}{entry.name}")
    return replace(
        about,
        season=item.season,
        episode=item.episode,
        source_slug=entry.source_slug,
        entry_key=entry.key,
        decided_name=entry.name,
    )


def rule_of_entry(matching: Matching, entry_id: int, reason: str = "") -> Rule:
    """Return the rule that blocks an entry for every item."""
    entry = _entry(matching, entry_id)
    return Rule(
        NEW, RuleAction.BLOCK, source_slug=entry.source_slug, entry_key=entry.key, reason=reason, label=entry.name,
        decided_name=entry.name,
    )  # fmt: skip


def rule_of_series(matching: Matching, wanted_id: WantedId, shift: Offset, reason: str = "") -> Rule:
    """Return the rule that shifts the episode numbers of a series on all lists, or on the list of a source."""
    item = _item(matching, wanted_id)
    if item.season is None:
        raise InvalidInput(f"{item.label} is a movie; only a series has seasons to shift")
    return replace(
        _about(item),
        action=RuleAction.OFFSET,
        season=shift.only_season,
        source_slug=shift.source,
        season_offset=shift.season,
        episode_offset=shift.episode,
        reason=reason,
        label=f"{item.work.title}: {_shift_words(shift)}",
    )


def _shift_words(shift: Offset) -> str:
    season = "" if shift.only_season is None else f", in the list's season {shift.only_season}"
    source = f", on {shift.source}" if shift.source else ""
    return f"season {shift.season:+}, episode {shift.episode:+}{season}{source}"


def propose_series_offset(matching: Matching, wanted_id: WantedId) -> OffsetProposal | None:
    """Propose an offset for the series of a wanted episode, from the entries with its names."""
    with use_context(matching) as context:
        item = context.find(wanted_id)
        items = [row.item for row in context.wanted if row.item.work.identity == item.work.identity]
        matcher = context.matcher()
        with matching.database.connect() as connection:
            rows = list(candidate_entries(connection, matcher, [item.id for item in items]))
    numbering = ListNumbering(items, only_anime=False)
    reader = TitleReader()
    named = [facts for facts in (to_facts(row, reader) for row in rows) if numbering.note(facts)]
    return best_of(numbering.propose(), {facts.source_slug for facts in named})


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
    with use_context(matching) as context:
        return context.find(wanted_id)


def _entry(matching: Matching, entry_id: int) -> EntryFacts:
    with matching.database.connect() as connection:
        rows = entries_by_id(connection, [entry_id])
    if not rows:
        raise NotFound(
            f"There is no movie or episode {entry_id} in the catalogue now; `stalkeer match explain` names them."
        )
    return to_facts(rows[0], TitleReader())


def _widen(rule: Rule, facts: EntryFacts) -> Rule:
    """Extend a decision to every entry of that title on every source, and to the whole series."""
    if not facts.title.hypotheses:
        raise InvalidInput(f"{facts.name!r} has no title that a rule could name")
    key = facts.title.hypotheses[0].key
    return replace(rule, season=None, episode=None, source_slug=None, entry_key=None, title_key=key, decided_name=None)


def check_rule(rule: Rule) -> None:
    """Raise InvalidInput for an incomplete rule."""
    if rule.action is not RuleAction.BLOCK and rule.work is None:
        raise InvalidInput("A rule of this kind must name a movie by TMDB id or a series by TVDB id")
    if rule.action is not RuleAction.OFFSET and rule.entry_key is None and rule.title_key is None:
        raise InvalidInput("A rule must name an entry by source and key, or a title")
    if rule.action is RuleAction.OFFSET and not (rule.season_offset or rule.episode_offset):
        raise InvalidInput("An offset rule must shift the season or the episode")
