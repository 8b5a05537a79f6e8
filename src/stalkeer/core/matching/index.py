"""Find the works with a title: by key, by key without article, and by keys that differ by a slip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from stalkeer.core.matching.compare import Agreement, Slips, allowed_slips, slips_between
from stalkeer.core.matching.works import EntryFacts, Name, Work
from stalkeer.core.titles import ParsedTitle
from stalkeer.core.titles.normalise import ARTICLES, base_key
from stalkeer.core.titles.parse import Hypothesis
from stalkeer.core.titles.penalties import DOUBTFUL

_MIRROR = "<"  # a character that no key contains
_NONE: list[str] = []
_NOBODY: list[tuple[Work, Name]] = []
ARTICLE_LENGTHS = sorted({len(article) for article in ARTICLES})
_FIRST_OF_ARTICLES = frozenset(article[0] for article in ARTICLES)


class Hit(NamedTuple):
    """Hold a work, and the name of it that agrees with a reading of the entry's title."""

    work: Work
    name: Name
    hypothesis: Hypothesis
    agreement: Agreement
    slips: Slips | None = None


class NameIndex:
    """Index the names of works. Build it once for many titles. An unrelated work changes no answer for others."""

    def __init__(self, works: Iterable[Work] = ()) -> None:
        self._by_base: dict[str, list[tuple[Work, Name]]] = defaultdict(list)
        self._keys: set[str] = set()
        self._by_id: dict[tuple[str, str, int | str | None], Work] = {}
        self._by_end: dict[str, list[str]] | None = None  # a beginning, or an end with `_END`, -> bases
        for work in works:
            self.add(work)

    def add(self, work: Work) -> None:
        self._by_id[work.kind, "tmdb", work.tmdb_id] = work
        self._by_id[work.kind, "imdb", work.imdb_id] = work
        self._by_id[work.kind, "poster", work.poster] = work
        for name in work.names:
            if name.base not in self._by_base and self._by_end is not None:
                self._add_ends(name.base, self._by_end)
            self._by_base[name.base].append((work, name))
            self._keys.add(name.key)

    def knows_ids(self, tmdb_id: int | None, poster: str | None) -> bool:
        """Return whether the TMDB id or picture of a film belongs to one of the works."""
        return bool(tmdb_id and ("movie", "tmdb", tmdb_id) in self._by_id) or bool(
            poster and ("movie", "poster", poster) in self._by_id
        )

    def bearers(self, base: str) -> list[Work]:
        """Return the works with a name of this base."""
        return [work for work, _ in self._by_base.get(base, ())]

    def identified(self, entry: EntryFacts, kind: str) -> list[Work]:
        """Return the works with the ids or picture of the entry. The ids of an episode are not those of its series."""
        if kind != "movie":
            return []
        keys = [("tmdb", entry.tmdb_id), ("imdb", entry.imdb_id), ("poster", entry.poster)]
        found = (self._by_id.get((kind, name, value)) for name, value in keys if value)
        return [work for work in found if work is not None]

    def could_match(self, key: str) -> bool:
        """Return quickly whether a title of this key may have a hit, before its name is read."""
        if key in self._keys or key in self._by_base or self._has_neighbour(key):
            return True
        if key[:1] not in _FIRST_OF_ARTICLES:
            return False
        rests = (key[length:] for length in ARTICLE_LENGTHS if key[:length] in ARTICLES)
        return any(rest in self._by_base or self._has_neighbour(rest) for rest in rests)

    def find(self, title: ParsedTitle, *, kind: str) -> list[Hit]:
        """Find the hits of all readings. Slips are searched for only where no reading agrees exactly."""
        hits: list[Hit] = []
        likely: list[tuple[str, Hypothesis]] = []
        for hypothesis in title.hypotheses:
            base = base_key(hypothesis.text, hypothesis.key)
            named = self._by_base.get(base, _NOBODY)
            if base != hypothesis.key:  # an apparent article may be initials
                named = named + self._by_base.get(hypothesis.key, _NOBODY)
            same = self._same(named, hypothesis, kind) if named else []
            hits += same
            if not same and hypothesis.penalty <= DOUBTFUL:
                likely.append((base, hypothesis))
        if hits:
            return hits
        near = (self._near(base, hypothesis, kind) for base, hypothesis in likely if self._has_neighbour(base))
        return [hit for found in near for hit in found]

    @staticmethod
    def _same(named: list[tuple[Work, Name]], hypothesis: Hypothesis, kind: str) -> list[Hit]:
        key = hypothesis.key
        return [
            Hit(work, name, hypothesis, Agreement.SAME if name.key == key else Agreement.ARTICLE)
            for work, name in named
            if work.kind == kind
        ]

    def _near(self, base: str, hypothesis: Hypothesis, kind: str) -> Iterator[Hit]:
        for neighbour in self._neighbours(base):
            for work, name in self._by_base[neighbour]:
                slips = slips_between(hypothesis.text, name.text) if work.kind == kind else None
                if slips is not None:
                    yield Hit(work, name, hypothesis, Agreement.SLIP, slips)

    def _has_neighbour(self, base: str) -> bool:
        # a loop without the generator below, because every new title of a refresh is checked
        length = len(base)
        limit = allowed_slips(base)
        if not limit:
            return False
        get = (self._by_end if self._by_end is not None else self._build_ends()).get
        for width in _near_widths(length):
            for neighbour in get(base[:width], _NONE) + get(base[-width:] + _MIRROR, _NONE):
                if abs(len(neighbour) - length) <= limit and OSA.distance(base, neighbour, score_cutoff=limit) <= limit:
                    return True
        return False

    def _neighbours(self, base: str) -> Iterator[str]:
        """Yield the bases within the allowed slips that share their beginning or end with this base."""
        length = len(base)
        limit = allowed_slips(base)
        if not limit:
            return
        ends = self._by_end if self._by_end is not None else self._build_ends()
        seen: set[str] = set()
        for width in _near_widths(length):
            for end in (base[:width], base[-width:] + _MIRROR):
                for neighbour in ends.get(end, ()):
                    if neighbour not in seen and abs(len(neighbour) - length) <= limit:
                        seen.add(neighbour)
                        if OSA.distance(base, neighbour, score_cutoff=limit) <= limit:
                            yield neighbour

    def _build_ends(self) -> dict[str, list[str]]:
        ends: dict[str, list[str]] = {}
        for base in self._by_base:
            self._add_ends(base, ends)
        self._by_end = ends
        return ends

    @staticmethod
    def _add_ends(base: str, ends: dict[str, list[str]]) -> None:
        if not allowed_slips(base):
            return
        width = end_width(len(base))
        ends.setdefault(base[:width], []).append(base)
        ends.setdefault(base[-width:] + _MIRROR, []).append(base)


@cache
def end_width(length: int) -> int:
    """Return the length of the beginning or end that two bases share when they differ by the allowed slips.

    Slips cannot change all parts of this length.
    """
    return max(3, length // (allowed_slips("x" * length) + 1))


@cache
def _near_widths(length: int) -> tuple[int, ...]:
    """Return the widths at which the ends of neighbouring bases are indexed."""
    limit = allowed_slips("x" * length)
    return tuple(sorted({end_width(near) for near in range(length - limit, length + limit + 1)}))
