"""Find entries for the words of a search.

Titles and groups have an index of words; the names of only a few entries are read. Each step is limited, so that a
common word costs no more than a rare one. A search that fits very many entries shows the best of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select, true, union_all

from stalkeer.core.catalogue.search import SearchText, Word, end_of, index_words, read_search, read_words
from stalkeer.core.titles import title_key
from stalkeer.core.titles.normalise import fold_words
from stalkeer.model import EntryKind
from stalkeer.store.catalogue.titles import GROUP
from stalkeer.store.catalogue.visible import IS_LISTED
from stalkeer.store.db.tables import entries, sources, title_keys, title_words, titles

MOST_TITLES = 300  # titles that fit; those that begin with the words come first
COMMON = 3_000  # titles with a word from which it counts as common: the rarer words of the search select the titles
MOST_OF_WORD = 30_000  # titles of a word that are read
MOST_CHECKED = 1_000  # titles whose text is searched for the common words
MOST_WITH_ALL = MOST_TITLES + 100  # titles and groups that are read where all have all words
MOST_PARTIAL = 300  # titles that lack some of the words; the names of their entries must have these
MOST_NAMES = 2_000  # entries whose names are read
MOST_GROUPS = 20
MOST_OF_GROUPS = 600  # entries of groups that are read
_SHORTEST_INNER = 3  # letters from which a search also looks within words


def fitting(connection: Connection, text: str) -> ColumnElement[bool]:
    """Return the condition for entries that fit the words: by their title, name, group, source, year and numbers."""
    search = read_search(text)
    newest = _Newest(connection)
    found = _Finder(connection, search, newest).find()
    if found is None and search.has_number:
        search = read_words(text)
        found = _Finder(connection, search, newest).find()
    if found is None and len(search.words) <= 1:
        found = _within_words(connection, text)
    return false() if found is None else found


class _Look(NamedTuple):
    """Hold an entry whose name is read."""

    id: int
    name: str
    group: str | None
    source: str
    year: int | None
    season: int | None
    episode: int | None
    last_episode: int | None

    def has_numbers(self, search: SearchText) -> bool:
        if search.season is None:
            return True
        if self.season != search.season:
            return False
        if search.episode is None:
            return True
        if self.episode is None or self.last_episode is None:
            return False
        return self.episode <= search.episode <= self.last_episode

    def has_words(self, words: Iterable[Word]) -> bool:
        own = fold_words(f"{self.name} {self.group or ''} {self.source}")
        return all(word.begins_any(own) or word.year == self.year is not None for word in words)


class _Newest:
    """Read the newest entries of each kind, once for all readings of a search."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._looks: list[_Look] | None = None

    def looks(self) -> list[_Look]:
        if self._looks is None:
            most = MOST_NAMES // len(EntryKind)
            each = (_newest(self._connection, entries.c.kind, kind.value, most) for kind in EntryKind)
            self._looks = [look for looks in each for look in looks]
        return self._looks


@dataclass
class _Chosen:
    """Hold the titles and groups that have the words of a search, or some of them."""

    whole: list[int] = field(default_factory=list)
    without_year: list[int] = field(default_factory=list)  # all words but the year
    partial: list[int] = field(default_factory=list)  # titles with some of the words, those with most of them first
    groups: list[str] = field(default_factory=list)
    partial_groups: list[str] = field(default_factory=list)


class _Finder:
    """Carry out a search. `find` returns None where nothing fits."""

    def __init__(self, connection: Connection, search: SearchText, newest: _Newest) -> None:
        self._connection = connection
        self._search = search
        self._newest = newest
        self._words = search.words
        self._year = next((word.year for word in reversed(search.words) if word.year is not None), None)

    def find(self) -> ColumnElement[bool] | None:
        if not self._words:
            return None
        chosen = self._choose()
        clauses: list[ColumnElement[bool]] = []
        whole = list(dict.fromkeys([*self._by_key(), *chosen.whole]))[:MOST_TITLES]
        if whole:
            clauses.append(entries.c.title_id.in_(whole))
        if chosen.without_year:
            of_year = or_(entries.c.year == self._year, entries.c.name.contains(str(self._year)))
            clauses.append(and_(entries.c.title_id.in_(chosen.without_year), of_year))
        named = self._named(chosen, is_enough=bool(clauses))
        if named:
            clauses.append(entries.c.id.in_(named))
        fits = and_(self._numbers(), or_(*clauses)) if clauses else None
        return fits if fits is not None and self._is_any(fits) else None

    # --- by the index of words

    def _choose(self) -> _Chosen:
        """Sort titles and groups by how many of the words they have."""
        sizes = {word: self._count(word) for word in self._words}
        known = [word for word in self._words if sizes[word]]
        rare = [word for word in known if sizes[word] <= COMMON]
        if not known:
            return _Chosen()
        if len(known) > 1 and not rare:
            found = self._with_all(known)
            if sum(kind != GROUP for kind, _, _ in found) >= MOST_TITLES:
                return self._sorted(found)  # no title that lacks one of the words is shown beside so many
        return self._sorted(self._counted(rare or known))

    def _count(self, word: Word) -> int:
        """Count the titles that have the word, no further than is needed."""
        some = _titles_with(word).limit(COMMON + 1).subquery()
        return self._connection.execute(select(func.count()).select_from(some)).scalar_one()

    def _with_all(self, words: Sequence[Word]) -> list[tuple[str, str, int]]:
        """List (kind, text, id) of titles with all these words: half the time of counting what each title has."""
        first, *others = (_titles_with(word).limit(MOST_OF_WORD).subquery() for word in words)
        best = (
            select(first.c.title_id)
            .where(*(first.c.title_id.in_(select(other.c.title_id)) for other in others))
            .distinct()
            .order_by(first.c.title_id)
            .limit(MOST_WITH_ALL)
            .subquery()
        )
        query = select(titles.c.kind, titles.c.text, titles.c.id).join(best, best.c.title_id == titles.c.id)
        return [(row.kind, row.text, row.id) for row in self._connection.execute(query.order_by(titles.c.id)).all()]

    def _counted(self, words: Sequence[Word]) -> list[tuple[str, str, int]]:
        """List (kind, text, id) of titles with these words, those with most of them first."""
        # every title appears once for each word, because counting distinct words would sort all rows
        each = (_titles_with(word).distinct().limit(MOST_OF_WORD).subquery() for word in words)
        having = union_all(*(select(title.c.title_id) for title in each)).subquery()
        count = func.count()
        best = (
            select(having.c.title_id, count.label("words"))
            .group_by(having.c.title_id)
            .order_by(count.desc(), having.c.title_id)
            .limit(MOST_CHECKED)
            .subquery()
        )
        query = (
            select(titles.c.kind, titles.c.text, titles.c.id)
            .join(best, best.c.title_id == titles.c.id)
            .order_by(best.c.words.desc(), titles.c.id)
        )
        return [(row.kind, row.text, row.id) for row in self._connection.execute(query).all()]

    def _sorted(self, found: Sequence[tuple[str, str, int]]) -> _Chosen:
        chosen = _Chosen()
        partial: list[tuple[int, int]] = []
        for kind, text, title_id in found:
            own = index_words(text)
            missing = [word for word in self._words if not word.begins_any(own)]
            if kind == GROUP:
                (chosen.partial_groups if missing else chosen.groups).append(text)
            elif not missing:
                chosen.whole.append(title_id)
            else:
                partial.append((len(missing), title_id))
                if len(missing) == 1 and missing[0].year == self._year is not None:
                    chosen.without_year.append(title_id)
        chosen.without_year = chosen.without_year[:MOST_TITLES]
        chosen.partial = [title_id for _, title_id in sorted(partial)[:MOST_PARTIAL]]
        return chosen

    def _by_key(self) -> list[int]:
        """Find titles that begin with the words written together: `spider man` finds Spiderman."""
        key = "".join(word.forms[-1] for word in self._words)
        query = select(title_keys.c.title_id).where(title_keys.c.key.between(key, end_of(key)))
        return list(self._connection.scalars(query.order_by(title_keys.c.key).limit(MOST_TITLES)))

    # --- by name

    def _named(self, chosen: _Chosen, *, is_enough: bool) -> list[int]:
        """Find entries that have in their name and group the words that their title lacks.

        Where neither a title nor a whole group fits, read the newest entries of groups that have some of the words, or
        the newest entries of all groups.
        """
        found = [look.id for look in self._of_groups(chosen.groups) if look.has_numbers(self._search)]
        if chosen.partial:
            found += self._fitting(_looks(self._connection, _of_titles(chosen.partial)))
        if found or is_enough:
            return found
        return self._fitting(self._of_groups(chosen.partial_groups)) or self._fitting(self._newest.looks())

    def _of_groups(self, groups: Sequence[str]) -> Iterator[_Look]:
        """Yield the newest entries of each group."""
        some = groups[:MOST_GROUPS]
        for group in some:
            yield from _newest(self._connection, entries.c.group_title, group, MOST_OF_GROUPS // len(some))

    def _fitting(self, looks: Iterable[_Look]) -> list[int]:
        return [look.id for look in looks if look.has_numbers(self._search) and look.has_words(self._words)]

    # --- by number

    def _numbers(self) -> ColumnElement[bool]:
        search = self._search
        if search.season is None:
            return true()
        if search.episode is None:
            return entries.c.season == search.season
        last = func.coalesce(entries.c.episode_end, entries.c.episode)
        return and_(entries.c.season == search.season, entries.c.episode <= search.episode, last >= search.episode)

    def _is_any(self, fits: ColumnElement[bool]) -> bool:
        # sort by an expression without an index: with one, PostgreSQL would scan all entries for the first match
        first = select(entries.c.id).where(fits).order_by(entries.c.id + 0).limit(1)
        return self._connection.execute(first).first() is not None


def _of_titles(title_ids: Sequence[int]) -> Select[tuple[int]]:
    return select(entries.c.id).where(entries.c.title_id.in_(title_ids)).limit(MOST_NAMES)


def _newest(connection: Connection, column: ColumnElement[str], value: str, most: int) -> list[_Look]:
    """Read the newest entries with this kind or group.

    The condition is a range of a single value, in the order of the index. With an equality, PostgreSQL would scan all
    entries by id until it has enough.
    """
    of_value = select(entries.c.id).where(column.between(value, value))
    return _looks(connection, of_value.order_by(column.desc(), entries.c.id.desc()).limit(most))


def _looks(connection: Connection, some: Select[tuple[int]]) -> list[_Look]:
    """Read the listed ones among these entries."""
    chosen = some.subquery()
    query = (
        select(
            entries.c.id,
            entries.c.name,
            entries.c.group_title,
            sources.c.slug,
            entries.c.year,
            entries.c.season,
            entries.c.episode,
            func.coalesce(entries.c.episode_end, entries.c.episode),
        )
        .join(chosen, chosen.c.id == entries.c.id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(IS_LISTED)
    )
    return [_Look(*row) for row in connection.execute(query).all()]


def _titles_with(word: Word) -> Select[tuple[int]]:
    ranges = [title_words.c.word.between(form, end_of(form)) for form in word.forms]
    return select(title_words.c.title_id).where(or_(*ranges))


def _within_words(connection: Connection, text: str) -> ColumnElement[bool]:
    """Select entries whose title has the text anywhere, even in the middle of a word."""
    key = title_key(text)
    if len(key) < _SHORTEST_INNER or not key.isascii():
        holds = select(titles.c.id).where(titles.c.text.icontains(text, autoescape=True))
    else:
        # a key contains no wildcard characters
        holds = select(title_keys.c.title_id).where(title_keys.c.key.contains(key))
    return entries.c.title_id.in_(list(connection.scalars(holds.limit(MOST_TITLES))))
