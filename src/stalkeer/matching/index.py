"""Find the works whose names agree with a title: by key, by key without article, and by neighbourhood of a slip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stalkeer.matching.compare import Agreement, Slips, allowed_slips, slips_between
from stalkeer.matching.works import Name, Work
from stalkeer.titles import ParsedTitle
from stalkeer.titles.normalise import base_key
from stalkeer.titles.parse import Hypothesis


class Hit(NamedTuple):
    """A work one of whose names agrees with one reading of an entry's title."""

    work: Work
    name: Name
    hypothesis: Hypothesis
    agreement: Agreement
    slips: Slips | None = None


class NameIndex:
    """Names of works. Built once for many titles; adding an unrelated work changes no answer for the others."""

    def __init__(self, works: Iterable[Work] = ()) -> None:
        self._by_base: dict[str, list[tuple[Work, Name]]] = defaultdict(list)
        self._by_part: dict[tuple[int, int, str], list[str]] | None = None
        for work in works:
            self.add(work)

    def add(self, work: Work) -> None:
        for name in work.names:
            self._by_base[name.base].append((work, name))
        self._by_part = None

    def __contains__(self, base: str) -> bool:
        return base in self._by_base

    def find(self, title: ParsedTitle, *, kind: str, with_slips: bool = True) -> list[Hit]:
        """The hits of all readings. Slips are looked for only where no reading agrees outright."""
        hits = [hit for hypothesis in title.hypotheses for hit in self._same(hypothesis, kind)]
        if not hits and with_slips:
            hits = [
                hit
                for hypothesis in title.hypotheses
                if hypothesis.penalty <= 0.03
                for hit in self._near(hypothesis, kind)
            ]
        return hits

    def _same(self, hypothesis: Hypothesis, kind: str) -> Iterator[Hit]:
        for work, name in self._by_base.get(base_key(hypothesis.text, hypothesis.key), ()):
            if work.kind == kind:
                yield Hit(work, name, hypothesis, Agreement.SAME if name.key == hypothesis.key else Agreement.ARTICLE)

    def _near(self, hypothesis: Hypothesis, kind: str) -> Iterator[Hit]:
        base = base_key(hypothesis.text, hypothesis.key)
        for neighbour in self._neighbours(base):
            for work, name in self._by_base[neighbour]:
                slips = slips_between(hypothesis.text, name.text) if work.kind == kind else None
                if slips is not None:
                    yield Hit(work, name, hypothesis, Agreement.SLIP, slips)

    def _neighbours(self, base: str) -> set[str]:
        limit = allowed_slips(base)
        if not limit:
            return set()
        parts = self._by_part if self._by_part is not None else self._build_parts()
        found: set[str] = set()
        for length in range(len(base) - limit, len(base) + limit + 1):
            for number, start, width in split(length):
                for at in _positions(number, start, len(base) - length):
                    found.update(parts.get((length, number, base[at : at + width]), ()))
        return found

    def _build_parts(self) -> dict[tuple[int, int, str], list[str]]:
        """Any key within the allowed slips of a name has at least one of the name's parts unbroken, near its place."""
        parts: dict[tuple[int, int, str], list[str]] = defaultdict(list)
        for base in self._by_base:
            if allowed_slips(base):
                for number, start, width in split(len(base)):
                    parts[len(base), number, base[start : start + width]].append(base)
        self._by_part = dict(parts)
        return self._by_part


def split(length: int) -> Iterator[tuple[int, int, int]]:
    """(number, start, width) of the parts that a key of this length is cut into: one more than the slips allowed."""
    count = allowed_slips("x" * length) + 1
    if count < 2:
        return
    width, rest = divmod(length, count)
    start = 0
    for number in range(count):
        wide = width + (1 if number >= count - rest else 0)
        yield number, start, wide
        start += wide


def _positions(number: int, start: int, shift: int) -> Iterable[int]:
    """Where a part may begin in a key that is `shift` letters longer, if the part itself is unbroken."""
    if number == 0:
        return (0,)
    at = {start, start - 1, start + 1} if shift == 0 else {start, start + shift, start + shift // 2}
    return sorted(position for position in at if position > 0)
