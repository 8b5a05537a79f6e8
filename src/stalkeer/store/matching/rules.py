"""Store the user's decisions about matches. They use identifiers that outlive every rebuild."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from stalkeer.core.matching.rules import Rule, RuleAction, RuleId, RuleOrigin
from stalkeer.errors import NotFound
from stalkeer.store.db.tables import rules


@dataclass(frozen=True)
class RuleRow:
    """Hold a stored rule, with its author and time."""

    rule: Rule
    origin: RuleOrigin
    created_at: datetime


def read_rules(connection: Connection) -> list[Rule]:
    return [row.rule for row in list_rules(connection)]


def list_rules(
    connection: Connection, *, limit: int | None = None, offset: int = 0, before: int | None = None
) -> list[RuleRow]:
    """List the rules, the newest first. `before` is the last id seen."""
    query = select(rules).order_by(rules.c.id.desc()).offset(offset)
    if before is not None:
        query = query.where(rules.c.id < before)
    return [_row(row) for row in connection.execute(query if limit is None else query.limit(limit))]


def count_rules(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(rules)) or 0


def get_rule(connection: Connection, rule_id: RuleId) -> RuleRow:
    row = connection.execute(select(rules).where(rules.c.id == rule_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no rule {rule_id}; `stalkeer match rules` lists them.")
    return _row(row)


def add_rule(connection: Connection, rule: Rule, origin: RuleOrigin, now: datetime) -> RuleId:
    """Store a rule. It replaces a rule about the same pair."""
    connection.execute(delete(rules).where(*_same(rule)))
    values = _values(rule) | {"origin": origin.value, "created_at": now}
    return RuleId(connection.execute(insert(rules).values(values).returning(rules.c.id)).scalar_one())


def remove_rule(connection: Connection, rule_id: RuleId) -> None:
    connection.execute(delete(rules).where(rules.c.id == rule_id))


_ABOUT = ("kind", "tmdb_id", "tvdb_id", "season", "episode", "source_slug", "entry_key", "title_key")


def _same(rule: Rule) -> list[Any]:
    """Return the conditions of the rule to replace: a pin replaces a rejection of the same pair."""
    answers = (RuleAction.PIN, RuleAction.REJECT)
    actions = answers if rule.action in answers else (rule.action,)
    clauses: list[Any] = [rules.c.action.in_([action.value for action in actions])]
    for name in _ABOUT:
        value = getattr(rule, name)
        clauses.append(rules.c[name].is_(None) if value is None else rules.c[name] == value)
    return clauses


def _values(rule: Rule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in _ABOUT} | {
        "action": rule.action.value,
        "season_offset": rule.season_offset,
        "episode_offset": rule.episode_offset,
        "reason": rule.reason,
        "label": rule.label,
        "decided_name": rule.decided_name,
    }


def _row(row: Row[Any]) -> RuleRow:
    rule = Rule(
        id=RuleId(row.id),
        action=RuleAction(row.action),
        kind=row.kind,
        tmdb_id=row.tmdb_id,
        tvdb_id=row.tvdb_id,
        season=row.season,
        episode=row.episode,
        source_slug=row.source_slug,
        entry_key=row.entry_key,
        title_key=row.title_key,
        season_offset=row.season_offset or 0,
        episode_offset=row.episode_offset or 0,
        reason=row.reason,
        label=row.label,
        decided_name=row.decided_name,
    )
    return RuleRow(rule, RuleOrigin(row.origin), row.created_at)
