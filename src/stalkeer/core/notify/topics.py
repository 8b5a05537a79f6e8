"""Define the events that a target of notifications may choose, and read them from the recorded events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from stalkeer.core.downloads.outward import outward_reason, without_addresses
from stalkeer.core.security.plain_text import clean_line
from stalkeer.model import EventKind


class Topic(StrEnum):
    IMPORTED = "imported"
    DECISION = "decision"
    FAILED = "failed"
    REPEATED = "repeated"
    SOURCE = "source"
    DISK = "disk"
    INSTANCE = "instance"
    HEALTH = "health"
    UPGRADED = "upgraded"


TOPIC_TEXTS: Mapping[Topic, str] = {
    Topic.IMPORTED: "Imported",
    Topic.DECISION: "Needs your decision",
    Topic.FAILED: "Failed for good",
    Topic.REPEATED: "Failed three times in a row: a source, an instance or an item",
    Topic.SOURCE: "Trouble with a source or an account",
    Topic.DISK: "A disk is nearly full",
    Topic.INSTANCE: "Radarr or Sonarr cannot be reached",
    Topic.HEALTH: "Any other health check",
    Topic.UPGRADED: "Stalkeer was upgraded",
}

DECISIONS = frozenset(
    {
        EventKind.DOWNLOAD_REFUSED,
        EventKind.DOWNLOAD_UNPROVEN,
        EventKind.HOOK_BLOCKED,
        EventKind.PLACEMENT_REFUSED,
        EventKind.IMPORT_FAILED,
        EventKind.IMPORT_REFUSED,
    }
)
REVIEW = EventKind.MATCH_REVIEW  # of one item, or of many at once
ATTENTION = EventKind.INSTANCE_ATTENTION  # an instance asks for the user itself
WATCHED: Mapping[str, Topic] = {EventKind.WATCH_REVIEW: Topic.DECISION, EventKind.WATCH_FAILED: Topic.FAILED}
# what follows the name of the file in the messages of these events
WATCHED_WORDS: Mapping[str, str] = {
    EventKind.WATCH_REVIEW: " needs your decision: ",
    EventKind.WATCH_FAILED: " cannot be imported: ",
}
FOUND, WORSE, OVER = EventKind.HEALTH_FOUND, EventKind.HEALTH_WORSE, EventKind.HEALTH_OVER
CHECKS: Mapping[str, Topic] = {
    "source": Topic.SOURCE,
    "account": Topic.SOURCE,
    "guard": Topic.SOURCE,
    "disk": Topic.DISK,
    "instance": Topic.INSTANCE,
    "item": Topic.REPEATED,
}
COUNTED = frozenset({"source", "instance"})  # at the level of an error, they failed at least three times in a row
NO_TROUBLE = "info"  # the level of a finding that the user chose
UPGRADED = EventKind.SYSTEM_UPGRADED
LONGEST_TITLE = 120
LONGEST_REASON = 300
_TITLE_END = re.compile(r" (?:failed|needs your decision|was imported|is finished)\b")
_EPISODE = re.compile(r"^(?P<series>.+?) (?P<code>S(?P<season>\d{2,4})E\d.*)$")


@dataclass(frozen=True)
class RecordedEvent:
    """Hold a recorded event, with the names of its subjects. `title` is of its download, else of its wanted item.

    `library` identifies the movie or series, and `work` is its name; both are empty without a wanted item.
    """

    id: int
    at: datetime
    kind: str
    level: str
    message: str
    code: str | None = None
    title: str = ""
    library: str = ""
    work: str = ""
    season: int | None = None
    instance: str = ""
    check: str = ""
    subject: str = ""
    fix: str = ""
    items: int = 1  # wanted items that the event is about


@dataclass(frozen=True)
class Happening:
    """Describe a happening for a message.

    Happenings of one `group` make one message. `heading` names their movie, season or trouble; `label` is the episode,
    empty for a movie. `trouble` identifies a trouble, which makes one message, and another when it is over.
    """

    event_id: int
    at: datetime
    topic: Topic
    group: str
    heading: str
    label: str = ""
    words: str = ""
    instance: str = ""
    trouble: str = ""
    is_over: bool = False
    count: int = 1  # items that it stands for


def read_event(event: RecordedEvent) -> Happening | None:
    """Return the happening of a recorded event, or None for an event that makes no message."""
    if event.kind in (FOUND, WORSE, OVER):
        return None if event.level == NO_TROUBLE and event.kind != OVER else _of_health(event)
    if event.kind == UPGRADED:
        return Happening(event.id, event.at, Topic.UPGRADED, UPGRADED, capped(event.message, LONGEST_REASON))
    if event.kind == EventKind.DOWNLOAD_COMPLETED:
        return _of_item(event, Topic.IMPORTED, "")
    if event.kind == EventKind.DOWNLOAD_FAILED:
        return _of_item(event, Topic.FAILED, outward_reason(event.code, _after_title(event, "failed: ")))
    if event.kind == ATTENTION:
        words = capped(without_addresses(event.message), LONGEST_REASON)
        return Happening(event.id, event.at, Topic.DECISION, words, words, instance=event.instance)
    if event.kind == REVIEW:
        label = capped(event.title, LONGEST_TITLE) or f"{event.items} wanted items"
        return Happening(
            event.id,
            event.at,
            Topic.DECISION,
            REVIEW,
            "Matches to review",
            label,
            "",
            event.instance,
            count=event.items,
        )
    if event.kind in WATCHED:  # names a file of the user, and no address of a provider
        file, _, reason = event.message.partition(WATCHED_WORDS[event.kind])
        heading = capped(file, LONGEST_REASON)
        return Happening(
            event.id, event.at, WATCHED[event.kind], heading, heading, words=capped(reason, LONGEST_REASON)
        )
    if event.kind in DECISIONS:
        reason = _after_title(event, "needs your decision: ")
        return _of_item(event, Topic.DECISION, outward_reason(event.code, reason))
    return None


def capped(text: str, most: int) -> str:
    """Return foreign text as a single harmless line of at most `most` characters."""
    line = " ".join(clean_line(text).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def season_heading(series: str, season: int) -> str:
    name = capped(series, LONGEST_TITLE)
    return f"{name}, season {season}" if season else f"{name}, specials"


def _of_item(event: RecordedEvent, topic: Topic, words: str) -> Happening:
    title = capped(event.title or _TITLE_END.split(without_addresses(event.message))[0], LONGEST_TITLE)
    found = _EPISODE.match(title)
    words = capped(words, LONGEST_REASON)
    made = Happening(event.id, event.at, topic, f"{event.library}|{title}", title, "", words, event.instance)
    if found is None and event.season is None:
        return made
    season = event.season if event.season is not None else int(found["season"]) if found else 0
    series = event.work or (found["series"] if found else title)
    label = found["code"] if found else title.removeprefix(series).strip() or title
    return Happening(
        event.id,
        event.at,
        topic,
        f"{event.library or series}|{season}",
        season_heading(series, season),
        label,
        words,
        event.instance,
    )


def _of_review(event: RecordedEvent) -> Happening:
    label = capped(event.title, LONGEST_TITLE) or f"{event.items} wanted items"
    heading = "Matches to review"
    made = Happening(event.id, event.at, Topic.DECISION, REVIEW, heading, label, instance=event.instance)
    return replace(made, count=event.items)


def _of_health(event: RecordedEvent) -> Happening:
    trouble = f"{event.check}:{event.subject}"
    is_over = event.kind == OVER
    topic = CHECKS.get(event.check, Topic.HEALTH)
    if event.check in COUNTED and event.level == "error":
        topic = Topic.REPEATED
    words = without_addresses(event.message.removeprefix("No longer: "))
    if event.check == "disk":  # its subject is a folder of the user
        words = event.message.removeprefix("No longer: ")
    instance = event.subject if event.check in ("instance", "mount", "instance-clock", "native_folder") else ""
    return Happening(
        event.id,
        event.at,
        topic,
        trouble,
        capped(words, LONGEST_REASON),
        "",
        "" if is_over else capped(without_addresses(event.fix), LONGEST_REASON),
        instance,
        trouble,
        is_over,
    )


def _after_title(event: RecordedEvent, words: str) -> str:
    """Return the part of a message that follows its title and these words."""
    return event.message.partition(f" {words}")[2] or event.message
