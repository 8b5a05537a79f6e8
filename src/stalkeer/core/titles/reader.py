"""Read very many names: what the episodes of a series share, and the texts around titles, are read only once."""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple, TypeVar

from stalkeer.core.titles.episode import find_mark, may_go_on, says_episode
from stalkeer.core.titles.frames import NOT_YET, Frames, NotYet, Reading
from stalkeer.core.titles.marks import Mark
from stalkeer.core.titles.parse import NameHead, ParsedTitle, assemble, head_from_outside, is_junk, kind_of, read_head
from stalkeer.core.titles.repair import repair
from stalkeer.core.titles.tags import NO_TAGS, TagSet, read_tags

K = TypeVar("K")
V = TypeVar("V")

_KEPT = 50_000  # cached heads, marks and tails; a playlist lists the episodes of a series near one another
# the form of most episodes; no marker before this one can reach into it
PLAIN_EPISODE = r"(.*\S )[Ss](\d{1,4}) ?[Ee](\d{1,4})"
_plain_episode = re.compile(PLAIN_EPISODE, re.ASCII).fullmatch


class FramedTitle(NamedTuple):
    """Hold a name that is a title in a frame. `is_dated`: the year belongs to the name, not to the frame."""

    parsed: ParsedTitle
    is_dated: bool
    readings: tuple[Reading, ...]


class TitleReader:
    """Read names as `parse_title` does, faster where names repeat. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, str | None], NameHead] = {}
        self._marks: dict[str, Mark] = {}
        self._tails: dict[str, TagSet] = {"": NO_TAGS}
        self._series = Frames(partial(read_head, kind="episode", is_episode=True))
        self._unmarked: dict[str | None, Frames] = {}

    def read(self, name: str, kind: str | None = None, group: str = "") -> ParsedTitle:
        text = repair(name)
        kind = kind_of(name, kind)
        if text[-1:].isdecimal():
            plain = _plain_episode(text)
            if plain is not None and not (may_go_on(plain[1]) or says_episode(plain[1])):
                return self._read_plain_episode(name, text, plain, kind, group)
        if kind != "episode":
            framed = self._frames_of(kind).read(text)
            if framed is not None:
                junk = framed.is_extra if text == name else is_junk(name)
                return assemble(framed.head, None, NO_TAGS, is_junk=junk)
        mark = find_mark(text, kind)
        if mark is None:
            head = read_head(text, kind=kind, is_episode=False)
            return assemble(head, None, NO_TAGS, is_junk=is_junk(name))
        head = self._head(text[: mark.start], kind)
        after = text[mark.end :].strip()
        if not head.hypotheses:
            head = head_from_outside(after, group) or head
        return assemble(head, mark, self._tail(after), is_junk=is_junk(name))

    def series(self, before: str, kind: str | None) -> ParsedTitle | None:
        """Return the facts that all episodes of a series share, for names of `before` with a season and an episode.

        The names need no repair. Return None where they do not contain their title.
        """
        head = self._head(before, kind)
        return assemble(head, None, NO_TAGS, is_junk=False) if head.hypotheses else None

    def framed(self, name: str, kind: str | None) -> FramedTitle | None | NotYet:
        """Return the reading of a name by its frame alone; see `Frames.known`. The name needs no repair."""
        framed = self._frames_of(kind).known(name)
        if framed is None or framed is NOT_YET:
            return framed
        parsed = assemble(framed.head, None, NO_TAGS, is_junk=framed.is_extra)
        return FramedTitle(parsed, framed.is_dated, framed.readings)

    def framed_series(self, name: str) -> FramedTitle | None | NotYet:
        """Return the reading of a series' name by its frame alone. Call `series` first for each frame."""
        framed = self._series.known(name)
        if framed is None or framed is NOT_YET:
            return framed
        return FramedTitle(assemble(framed.head, None, NO_TAGS, is_junk=False), framed.is_dated, framed.readings)

    def _read_plain_episode(
        self, name: str, text: str, plain: re.Match[str], kind: str | None, group: str
    ) -> ParsedTitle:
        before, season, episode = plain.groups()
        said = text[len(before) :]
        head = self._head(before, kind)
        if not head.hypotheses:
            head = head_from_outside("", group) or head
        mark = self._marks.get(said)
        if mark is None:
            self._marks = _bounded(self._marks)
            mark = self._marks[said] = Mark(0, len(said), int(season), (int(episode),))
        return assemble(head, mark, NO_TAGS, is_junk=text is not name and is_junk(name))

    def _head(self, before: str, kind: str | None) -> NameHead:
        head = self._heads.get((before, kind))
        if head is None:
            framed = self._series.read(before.strip())
            head = read_head(before, kind=kind, is_episode=True) if framed is None else framed.head
            self._heads = _bounded(self._heads)
            self._heads[before, kind] = head
        return head

    def _tail(self, after: str) -> TagSet:
        tail = self._tails.get(after)
        if tail is None:
            self._tails = _bounded(self._tails)
            tail = self._tails[after] = read_tags(after)
        return tail

    def _frames_of(self, kind: str | None) -> Frames:
        frames = self._unmarked.get(kind)
        if frames is None:
            frames = self._unmarked[kind] = Frames(partial(_read_unmarked, kind=kind))
        return frames


def _read_unmarked(text: str, *, kind: str | None) -> NameHead | None:
    return None if find_mark(text, kind) is not None else read_head(text, kind=kind, is_episode=False)


def _bounded(kept: dict[K, V]) -> dict[K, V]:
    return kept if len(kept) < _KEPT else {}
