"""Decide which happenings make messages for a target. A trouble makes one message, and another when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from stalkeer.core.notify.topics import Happening, Topic

OWN_CHECK = "notification"  # the check of the targets themselves


@dataclass(frozen=True)
class Wishes:
    """Hold the topics and instances that a target wants messages about. Without any, it wants all."""

    name: str
    since_event: int  # earlier events are not for this target
    topics: Set[Topic] = frozenset()
    instances: Set[str] = frozenset()

    def includes(self, happening: Happening) -> bool:
        if happening.event_id <= self.since_event or happening.trouble == f"{OWN_CHECK}:{self.name}":
            return False
        if self.instances and happening.instance and happening.instance not in self.instances:
            return False
        return not self.topics or happening.topic in self.topics


@dataclass(frozen=True)
class Intake:
    """Hold the happenings to add to those that wait for a target, and the waiting ones to drop, by their event."""

    added: tuple[Happening, ...]
    dropped: frozenset[int]


def take_in(wishes: Wishes, fresh: Iterable[Happening], waiting: Sequence[Happening], told: Set[str]) -> Intake:
    """Sort new happenings, the oldest first. `told` are the troubles with a message, but none of their end.

    A trouble that is over before its message makes no message, nor does an end that was taken back before its message.
    """
    held = {happening.event_id for happening in waiting}
    open_now = {happening.event_id: happening for happening in waiting}
    dropped: set[int] = set()

    def drop(trouble: str, *, is_over: bool) -> bool:
        same = [
            happening.event_id
            for happening in open_now.values()
            if happening.trouble == trouble and happening.is_over == is_over
        ]
        for event_id in same:
            del open_now[event_id]
        dropped.update(same)
        return bool(same)

    for happening in fresh:
        if happening.event_id in held:
            continue
        if happening.is_over:
            drop(happening.trouble, is_over=False)
            if happening.trouble in told and happening.event_id > wishes.since_event:
                open_now[happening.event_id] = happening
        elif wishes.includes(happening) and not (happening.trouble and drop(happening.trouble, is_over=True)):
            open_now[happening.event_id] = happening
    added = tuple(kept for event_id, kept in open_now.items() if event_id not in held)
    return Intake(added, frozenset(dropped & held))
