"""Choose the catalogue entries to compare with wanted items, by the keys of their titles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from stalkeer.core.matching.compare import allowed_slips
from stalkeer.core.matching.index import NameIndex, end_width
from stalkeer.core.matching.pairs import Matcher
from stalkeer.core.matching.works import EntryFacts, Work
from stalkeer.core.titles import ParsedTitle, TitleReader
from stalkeer.core.titles.normalise import ARTICLES
from stalkeer.model import NumbersFrom
from stalkeer.store.db.database import Transaction
from stalkeer.store.matching.entries import (
    EntryRow,
    FreshEntry,
    KeySpan,
    entries_by_id,
    entries_of_keys,
    entries_of_titles,
    entries_with_tmdb,
    keys_in_spans,
    readings_of_titles,
    stream_title_keys,
    titles_with_keys,
)

_FEW = 40  # works: up to this number, a look-up of each is cheaper than reading every title
_SHORTEST_POSTER = 15  # letters from which a file name identifies a poster; `poster.jpg` identifies none


def candidate_entries(connection: Transaction, matcher: Matcher, wanted_ids: Collection[int]) -> Iterator[EntryRow]:
    """Yield entries with a title reading that may mean one of these items' works, and entries that the user pinned to
    them.
    """
    items = [matcher.items[wanted_id] for wanted_id in wanted_ids if wanted_id in matcher.items]
    works = {item.work.identity: matcher.works[item.work.identity] for item in items}
    if len(works) <= _FEW:
        title_ids = _titles_of_few(connection, list(works.values()))
    else:
        index = NameIndex(works.values())
        title_ids = {title_id for key, title_id in stream_title_keys(connection) if index.could_match(key)}
    title_ids |= titles_with_keys(connection, matcher.rules.pinned_titles(works))
    seen: set[int] = set()
    for row in entries_of_titles(connection, title_ids):
        seen.add(row.id)
        yield row
    tmdb_ids = {work.tmdb_id for work in works.values() if work.kind == "movie" and work.tmdb_id is not None}
    for row in entries_with_tmdb(connection, tmdb_ids):
        if row.id not in seen:
            seen.add(row.id)
            yield row
    for slug, keys in matcher.rules.pinned_entries(works).items():
        yield from (row for row in entries_of_keys(connection, slug, keys) if row.id not in seen)


def worth_reading(connection: Transaction, matcher: Matcher, came: Sequence[FreshEntry]) -> Iterator[EntryRow]:
    """Yield the fresh entries whose title, TMDB id or poster may belong to a work, and those named by a rule."""
    pinned = matcher.rules.pinned_works()
    own_keys = matcher.rules.pinned_titles(pinned)
    could_match = matcher.index.could_match
    readings = readings_of_titles(connection, {entry.title_id for entry in came})
    titles = {title_id for title_id, key in readings if key in own_keys or could_match(key)}
    knows_ids = matcher.index.knows_ids
    chosen = {
        entry.id
        for entry in came
        if entry.title_id in titles or ((entry.tmdb_id or entry.logo) and knows_ids(entry.tmdb_id, _poster(entry.logo)))
    }
    yield from entries_by_id(connection, chosen)
    rest = {entry.id for entry in came} - chosen
    for slug, keys in matcher.rules.pinned_entries(pinned).items():
        yield from (row for row in entries_of_keys(connection, slug, keys) if row.id in rest)


def _titles_of_few(connection: Transaction, works: list[Work]) -> set[int]:
    index = NameIndex(works)
    exact: set[str] = set()
    spans: set[KeySpan] = set()
    for name in (name for work in works for name in work.names):
        exact |= {name.key, name.base, *(article + name.base for article in ARTICLES)}
        spans |= set(_spans(name.base))
    near = {title_id for key, title_id in keys_in_spans(connection, spans) if index.could_match(key)}
    return titles_with_keys(connection, exact) | near


def _spans(base: str) -> Iterator[KeySpan]:
    """Return the spans of the keys that differ from a base by allowed typing errors, with or without an article."""
    limit = allowed_slips(base)
    if not limit:
        return
    longest_article = max(map(len, ARTICLES))
    for length in range(len(base) - limit, len(base) + limit + 1):
        width = end_width(length)
        yield KeySpan(base[-width:][::-1], length, length + longest_article, is_mirror=True)
    width = min(end_width(len(base) - limit), end_width(len(base)))
    for article in ("", *sorted(ARTICLES)):
        shortest = len(article) + len(base) - limit
        yield KeySpan(article + base[:width], shortest, shortest + 2 * limit)


def to_facts(row: EntryRow, reader: TitleReader) -> EntryFacts:
    """Return an entry with its parsed name.

    Season and episode from the account have precedence over those of the name.
    """
    title = reader.read(row.name, row.kind if row.kind != "other" else None, row.group)
    dispute = _SPLIT if row.kind_reason == NumbersFrom.SPLIT.value else None
    if (
        row.episode is not None
        and row.season is not None
        and (title.season, title.episodes[:1]) != (row.season, (row.episode,))
    ):
        dispute = _dispute(title, row)
        episodes = tuple(range(row.episode, (row.episode_end or row.episode) + 1))
        title = title._replace(season=row.season, episodes=episodes, absolute=None, air_date=None)
    return EntryFacts(
        id=row.id,
        name=row.name,
        kind=row.kind,
        title=title,
        # None where the year comes from the name, because readings of the name may differ on it
        year=row.year if row.year != title.year else None,
        tmdb_id=row.tmdb_id,
        poster=_poster(row.logo),
        duration_s=row.duration_s,
        source_slug=row.source_slug,
        key=row.key,
        dispute=dispute,
        is_outvoted=row.kind_reason == NumbersFrom.MAJORITY.value,
    )


_SPLIT = "the account says one season of it, and its list another"


def _dispute(title: ParsedTitle, row: EntryRow) -> str | None:
    """Return how the account's numbers contradict those of the name; None where the name has none."""
    if title.season is None or not title.episodes:
        return None
    return f"the account says S{row.season:02}E{row.episode:02}, the name S{title.season:02}E{title.episodes[0]:02}"


def _poster(logo: str | None) -> str | None:
    """Return the file name in a picture's address, where it is long enough to be unique."""
    if not logo:
        return None
    name = logo.partition("?")[0].rpartition("/")[2]
    return name if len(name) >= _SHORTEST_POSTER else None
