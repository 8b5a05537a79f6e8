"""Apply the user's decisions about matches and rules, for every face.

Each decision is saved as a rule. Because the user waits for the answer, only an offset, which finds new pairs, asks
online catalogues. Other pairs that need a lookup stay for review until the next run of matching.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stalkeer.core.matching.rules import Rule, RuleAction, RuleId, RuleOrigin
from stalkeer.errors import NotFound, StalkeerError
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.library_cache import Matching
from stalkeer.jobs.matching.rule_effects import RuleOutcome, keep_rules, preview_rule, withdraw_rules
from stalkeer.jobs.matching.rules import (
    DecisionScope,
    Offset,
    check_rule,
    propose_series_offset,
    rule_of_entry,
    rule_of_match,
    rule_of_pair,
    rule_of_series,
)
from stalkeer.model import MatchId, WantedId
from stalkeer.store.matching.matches import get_match
from stalkeer.store.matching.rules import get_rule, list_rules


class UserDecision(StrEnum):
    """Define the user's decision on a match."""

    CONFIRM = "confirm"
    REJECT = "reject"


class Effect(StrEnum):
    """Choose whether to save a decision or only to preview its changes."""

    KEEP = "keep"
    PREVIEW = "preview"


@dataclass(frozen=True)
class DecisionNote:
    """Hold a note for the decision, and whether to save the decision."""

    reason: str = ""
    effect: Effect = Effect.KEEP


@dataclass(frozen=True)
class Decided:
    """Hold the result for one of several matches: an outcome or an error."""

    match_id: MatchId
    outcome: RuleOutcome | None = None
    error: StalkeerError | None = None


KEEP = DecisionNote()
_ACTIONS = {UserDecision.CONFIRM: RuleAction.PIN, UserDecision.REJECT: RuleAction.REJECT}


def decide_match(
    matching: Matching,
    match_id: MatchId,
    verdict: UserDecision,
    wish: DecisionNote = KEEP,
    scope: DecisionScope = DecisionScope.ENTRY,
) -> RuleOutcome:
    """Confirm or reject a match, or every entry of its title. Raises NotFound where there is no such match."""
    return _carry_out(matching, rule_of_match(matching, match_id, _ACTIONS[verdict], wish.reason, scope), wish)


def decide_matches(matching: Matching, match_ids: Sequence[MatchId], verdict: UserDecision) -> list[Decided]:
    """Confirm or reject several matches. An error for one of them does not stop the others."""
    rules: dict[MatchId, Rule] = {}
    errors: dict[MatchId, StalkeerError] = {}
    for match_id in dict.fromkeys(match_ids):
        try:
            rule = rule_of_match(matching, match_id, _ACTIONS[verdict])
            check_rule(rule)
        except StalkeerError as error:
            errors[match_id] = error
        else:
            rules[match_id] = rule
    kept = keep_rules(matching.offline(), list(rules.values()), RuleOrigin.USER, QuietRun()) if rules else []
    outcomes = dict(zip(rules, kept, strict=True))
    return [Decided(match_id, outcomes.get(match_id), errors.get(match_id)) for match_id in dict.fromkeys(match_ids)]


def take_entry(matching: Matching, wanted_id: WantedId, entry_id: int, wish: DecisionNote = KEEP) -> RuleOutcome:
    """Match any entry of the catalogue with a wanted item. Raises NotFound where either is unknown."""
    return _carry_out(matching, rule_of_pair(matching, wanted_id, entry_id, RuleAction.PIN, wish.reason), wish)


def take_other_entry(matching: Matching, match_id: MatchId, entry_id: int, wish: DecisionNote = KEEP) -> RuleOutcome:
    """Match another entry with the item of a match. Raises NotFound where either is unknown."""
    with matching.database.connect() as connection:
        wanted_id = get_match(connection, match_id).wanted_id
    return take_entry(matching, wanted_id, entry_id, wish)


def block_entry(matching: Matching, entry_id: int, wish: DecisionNote = KEEP) -> RuleOutcome:
    """Block an entry, so that it is never downloaded. Raises NotFound where it is unknown."""
    return _carry_out(matching, rule_of_entry(matching, entry_id, wish.reason), wish)


def shift_numbers(matching: Matching, wanted_id: WantedId, shift: Offset, wish: DecisionNote = KEEP) -> RuleOutcome:
    """Add an offset to a list's season and episode numbers of a series. Raises InvalidInput for a movie."""
    return _carry_out(matching, rule_of_series(matching, wanted_id, shift, wish.reason), wish)


def accept_proposed_offset(matching: Matching, wanted_id: WantedId, wish: DecisionNote = KEEP) -> RuleOutcome:
    """Read the lists with the offset that they suggest for an episode's series. Raises NotFound without one."""
    found = propose_series_offset(matching, wanted_id)
    if found is None:
        raise NotFound("The lists suggest no offset for this series now.")
    return shift_numbers(
        matching, wanted_id, Offset(found.season, found.episode, found.only_season, found.source), wish
    )


def forget_rule(matching: Matching, rule_id: RuleId) -> RuleOutcome:
    """Remove a rule and match its items again. Raises NotFound where there is no such rule."""
    return withdraw_rules(matching.offline(), [rule_id], QuietRun())[0]


def unblock_entry(matching: Matching, rule_id: RuleId) -> RuleOutcome:
    """Remove an entry from the blocklist. Raises NotFound for a rule that blocks nothing."""
    try:
        with matching.database.connect() as connection:
            is_block = get_rule(connection, rule_id).rule.action is RuleAction.BLOCK
    except NotFound:
        is_block = False
    if not is_block:
        raise NotFound(f"There is no blocklist entry {rule_id}.")
    return forget_rule(matching, rule_id)


def clear_blocklist(matching: Matching) -> list[RuleOutcome]:
    """Clear the blocklist."""
    with matching.database.connect() as connection:
        blocks = [row.rule.id for row in list_rules(connection) if row.rule.action is RuleAction.BLOCK]
    return withdraw_rules(matching.offline(), blocks, QuietRun()) if blocks else []


def _carry_out(matching: Matching, rule: Rule, wish: DecisionNote) -> RuleOutcome:
    if wish.effect is Effect.PREVIEW:
        return preview_rule(matching, rule)
    asking = matching if rule.action is RuleAction.OFFSET else matching.offline()
    return keep_rules(asking, [rule], RuleOrigin.USER, QuietRun())[0]
