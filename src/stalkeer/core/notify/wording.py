"""Write the message about happenings, as plain text with few lines. Titles are foreign text and already harmless."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stalkeer.core.notify.topics import Happening, Topic, capped

MOST_NAMED = 10  # names in a row before "and 7 more"
LONGEST_HEAD = 200
LONGEST_TEXT = 1_800  # below the limit of Discord, the smallest of the usual ones
_CODE = re.compile(r"S\d+E(\d+)$")
_ORDER = (Topic.FAILED, Topic.DECISION, Topic.IMPORTED)


class Tone(StrEnum):
    """Define how serious a message is, in the words of Apprise."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Message:
    title: str
    text: str
    tone: Tone
    happenings: tuple[Happening, ...]

    @property
    def topics(self) -> tuple[Topic, ...]:
        return tuple(sorted({happening.topic for happening in self.happenings}, key=list(Topic).index))

    @property
    def instances(self) -> tuple[str, ...]:
        return tuple(sorted({happening.instance for happening in self.happenings if happening.instance}))


def write_message(happenings: Sequence[Happening]) -> Message:
    """Write a message about a group, or a summary of several groups.

    Of an item or a trouble that is in it several times, the last one counts.
    """
    last = tuple({(happening.group, happening.label): happening for happening in sorted(happenings, key=_age)}.values())
    groups: dict[str, list[Happening]] = {}
    for happening in last:
        groups.setdefault(happening.group, []).append(happening)
    title, lines = _group(last) if len(groups) == 1 else _summary(last)
    text = "\n".join(lines)
    text = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1].rstrip() + "…"
    return Message(capped(title, LONGEST_HEAD), text, _tone(last), last)


def _age(happening: Happening) -> tuple[object, int]:
    return happening.at, happening.event_id


def _tone(happenings: Iterable[Happening]) -> Tone:
    kinds = {(happening.topic, happening.is_over) for happening in happenings}
    if any(topic in (Topic.FAILED, Topic.REPEATED) and not is_over for topic, is_over in kinds):
        return Tone.FAILURE
    if any(topic not in (Topic.IMPORTED, Topic.UPGRADED) and not is_over for topic, is_over in kinds):
        return Tone.WARNING
    return Tone.INFO if (Topic.UPGRADED, False) in kinds else Tone.SUCCESS


def _group(group: Sequence[Happening]) -> tuple[str, list[str]]:
    first = group[0]
    if first.trouble or first.topic is Topic.UPGRADED:
        return (f"Over: {first.heading}" if first.is_over else first.heading), [first.words] if first.words else []
    if not first.label:
        return f"{first.heading}: {_WORDS[first.topic]}", [first.words] if first.words else []
    return f"{first.heading}: {_counted(group)}", [*_named(group)]


_WORDS = {Topic.FAILED: "failed", Topic.DECISION: "needs your decision", Topic.IMPORTED: "imported"}


def _counted(happenings: Iterable[Happening]) -> str:
    """Return `23 imported, 1 failed`."""
    counts: Counter[Topic] = Counter()
    for happening in happenings:
        counts[happening.topic] += happening.count
    words = {Topic.IMPORTED: "imported", Topic.FAILED: "failed", Topic.DECISION: "to decide"}
    return ", ".join(f"{counts[topic]} {word}" for topic, word in words.items() if counts[topic])


def _named(group: Sequence[Happening]) -> Iterable[str]:
    for topic in _ORDER:
        found = [happening for happening in group if happening.topic is topic]
        if not found:
            continue
        word = _WORDS[topic].capitalize()
        if topic is Topic.IMPORTED:
            yield f"{word}: {_episodes([happening.label for happening in found])}"
            continue
        for happening in found[:MOST_NAMED]:
            yield f"{word}: {happening.label} – {happening.words}" if happening.words else f"{word}: {happening.label}"
        if len(found) > MOST_NAMED:
            yield f"{word}: {_episodes([happening.label for happening in found[MOST_NAMED:]])}"


def _episodes(labels: Sequence[str]) -> str:
    """Return the episodes in few words.

    >>> _episodes(["S01E01", "S01E02", "S01E03", "S01E05", "S01E07-E08"])
    'E01–E03, E05, S01E07-E08'
    """
    numbers: set[int] = set()
    others: list[str] = []
    for label in labels:
        found = _CODE.fullmatch(label)
        if found:
            numbers.add(int(found[1]))
        else:
            others.append(label)
    stretches: list[list[int]] = []
    for number in sorted(numbers):
        if stretches and stretches[-1][-1] == number - 1:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    parts = [f"E{part[0]:02d}" if len(part) == 1 else f"E{part[0]:02d}–E{part[-1]:02d}" for part in stretches]
    return _listed([*parts, *others])


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _summary(happenings: Sequence[Happening]) -> tuple[str, list[str]]:
    troubles = [happening for happening in happenings if happening.trouble]
    files = [happening for happening in happenings if not happening.trouble and happening.topic is not Topic.UPGRADED]
    news = [happening for happening in happenings if happening.topic is Topic.UPGRADED]
    begun = [happening for happening in troubles if not happening.is_over]
    over = [happening for happening in troubles if happening.is_over]
    counts = [_counted(files)] if files else []
    counts += [_number(begun, "trouble")] if begun else []
    counts += [f"{_number(over, 'trouble')} over"] if over else []
    lines = [happening.heading for happening in news]
    for word, found in (("Trouble", begun), ("Over", over)):
        lines += [f"{word}: {happening.heading}" for happening in found[:MOST_NAMED]]
        lines += [f"{word}: {len(found) - MOST_NAMED} more"] if len(found) > MOST_NAMED else []
    for topic in (Topic.FAILED, Topic.DECISION):
        found = [happening for happening in files if happening.topic is topic]
        for happening in found[:MOST_NAMED]:
            name = f"{happening.heading} {happening.label}".strip()
            lines.append(f"{_WORDS[topic].capitalize()}: {name}" + (f" – {happening.words}" if happening.words else ""))
        lines += [f"{_WORDS[topic].capitalize()}: {len(found) - MOST_NAMED} more"] if len(found) > MOST_NAMED else []
    imported = Counter(happening.heading for happening in files if happening.topic is Topic.IMPORTED)
    if imported:
        names = [f"{name} ({count})" if count > 1 else name for name, count in imported.items()]
        lines.append(f"Imported: {_listed(names)}")
    return ", ".join(counts) or lines[0], lines


def _number(happenings: Sequence[Happening], word: str) -> str:
    return f"{len(happenings)} {word}{'' if len(happenings) == 1 else 's'}"
