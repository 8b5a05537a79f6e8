"""Read very many names: what the episodes of one series share is read once."""

from __future__ import annotations

from typing import TypeVar

from stalkeer.titles.episode import Mark
from stalkeer.titles.parse import Head, ParsedTitle, assemble, head_from_outside, read_head, split_name
from stalkeer.titles.tags import NO_TAGS, TagSet, read_tags

K = TypeVar("K")
V = TypeVar("V")

_KEPT = 50_000  # heads and tails remembered; a playlist lists a series' episodes near one another


class TitleReader:
    """`read` answers as `parse_title` does, faster where names repeat. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, str | None, bool], Head] = {}
        self._tails: dict[str, TagSet] = {"": NO_TAGS}

    def read(self, name: str, kind: str | None = None, group: str = "") -> ParsedTitle:
        text, mark = split_name(name, kind)
        if mark is None:
            return assemble(name, read_head(text, kind, is_episode=False), None, NO_TAGS)
        return self._read_episode(name, text, mark, kind, group)

    def _read_episode(self, name: str, text: str, mark: Mark, kind: str | None, group: str) -> ParsedTitle:
        before, after = text[: mark.start], text[mark.end :].strip()
        key = (before, kind, True)
        head = self._heads.get(key)
        if head is None:
            head = read_head(before, kind, is_episode=True)
            self._heads = _bounded(self._heads)
            self._heads[key] = head
        if not head.hypotheses:
            head = head_from_outside(after, group) or head
        tail = self._tails.get(after)
        if tail is None:
            tail = read_tags(after)
            self._tails = _bounded(self._tails)
            self._tails[after] = tail
        return assemble(name, head, mark, tail)


def _bounded(kept: dict[K, V]) -> dict[K, V]:
    return kept if len(kept) < _KEPT else {}
