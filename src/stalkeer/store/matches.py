"""What matching reads and writes: works and wanted items, entries by the keys of their titles, and the matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from stalkeer.errors import NotFound
from stalkeer.matching.lookup import identity_of
from stalkeer.matching.pairs import Pair
from stalkeer.matching.works import WantedItem, Work, read_names
from stalkeer.model import Decision, EntryId, EntryKind, InstanceId, LibraryId, MatchId, SourceId, WantedId
from stalkeer.store.tables import (
    entries,
    instances,
    library,
    library_titles,
    lookup_cache,
    match_marks,
    matches,
    rules,
    sources,
    title_keys,
    titles,
    wanted,
)

T = TypeVar("T")
_CHUNK = 500
_INTS_AT_ONCE = 5_000
_MATCHED_KINDS = (EntryKind.FILM.value, EntryKind.EPISODE.value, EntryKind.OTHER.value)


class EntryRow(NamedTuple):
    """A visible entry as it lies in the catalogue."""

    id: EntryId
    name: str
    kind: str
    group: str
    year: int | None
    season: int | None
    episode: int | None
    episode_end: int | None
    air_date: str | None
    country: str | None
    tmdb_id: int | None
    logo: str | None
    duration_s: int | None
    source_id: SourceId
    source_slug: str
    key: str
    added_gen: int


@dataclass(frozen=True, slots=True)
class WantedWork:
    """A wanted item with what decides whether it must be matched again."""

    item: WantedItem
    instance_id: InstanceId
    library_id: LibraryId
    fingerprint: str
    matched_fingerprint: str | None


@dataclass(frozen=True, slots=True)
class SourceMark:
    """How far a source's catalogue has been matched."""

    source_id: SourceId
    generation: int
    matched: int
    version: str


# --- what is wanted ----------------------------------------------------------------------------------------------


def read_library_stamp(connection: Connection, up_to: int | None = None) -> tuple[object, ...]:
    """Equal as long as nothing that matching reads of the library, the instances, lookups and rules has changed.

    `up_to`: of the library rows up to this id alone.
    """
    mine = select(func.count(), func.max(library.c.id), func.max(library.c.synced_at))
    if up_to is not None:
        mine = mine.where(library.c.id <= up_to)
    enabled = select(instances.c.id).where(instances.c.enabled, instances.c.removed_at.is_(None))
    parts: list[object] = [tuple(connection.execute(mine).one())]
    parts.append(tuple(connection.scalars(enabled.order_by(instances.c.id))))
    parts.append(tuple(connection.execute(select(func.count(), func.max(lookup_cache.c.fetched_at))).one()))
    parts.append(tuple(connection.execute(select(func.count(), func.max(rules.c.id)).select_from(rules)).one()))
    return tuple(parts)


def read_wanted_states(connection: Connection) -> Sequence[tuple[int, str | None, str | None]]:
    """(id, fingerprint, what it was matched as) of everything wanted now."""
    query = select(wanted.c.id, wanted.c.fingerprint, wanted.c.matched_fingerprint).where(wanted.c.gone_at.is_(None))
    return [tuple(row) for row in connection.execute(query.order_by(wanted.c.id)).all()]


def read_works(connection: Connection, after: int = 0) -> dict[LibraryId, Work]:
    """The library of every instance, or its rows after an id: what is wanted, and its rivals."""
    named: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in connection.execute(
        select(library_titles.c.library_id, library_titles.c.title, library_titles.c.origin)
        .where(library_titles.c.library_id > after)
        .order_by(library_titles.c.id)
    ):
        named[row.library_id].append((row.title, row.origin))
    query = (
        select(library, instances.c.slug)
        .join(instances, instances.c.id == library.c.instance_id)
        .where(instances.c.enabled, instances.c.removed_at.is_(None), library.c.id > after)
    )
    return {LibraryId(row.id): _work(row, named.get(row.id, [])) for row in connection.execute(query)}


def _work(row: Row[Any], named: Sequence[tuple[str, str]]) -> Work:
    return Work(
        identity=identity_of(row.kind, row.tmdb_id, row.tvdb_id, f"{row.slug}:{row.arr_id}"),
        kind=row.kind,
        names=read_names([(row.title, "title"), *named]),
        years=tuple(year for year in (row.year, row.secondary_year) if year),
        tmdb_id=row.tmdb_id,
        poster=row.poster,
        runtime_min=row.runtime_min,
        series_type=row.series_type,
    )


def read_wanted_works(
    connection: Connection, works: Mapping[LibraryId, Work], only: Collection[int] | None = None
) -> list[WantedWork]:
    """Everything that is wanted now, skipped or not: a rule may be lifted, and people look. `only`: of these ids."""
    query = select(wanted).where(wanted.c.gone_at.is_(None)).order_by(wanted.c.id)
    if only is not None:
        query = query.where(wanted.c.id.in_(sorted(only)))
    return [
        WantedWork(
            item=_item(row, works[LibraryId(row.library_id)]),
            instance_id=InstanceId(row.instance_id),
            library_id=LibraryId(row.library_id),
            fingerprint=row.fingerprint or "",
            matched_fingerprint=row.matched_fingerprint,
        )
        for row in connection.execute(query)
        if row.library_id in works
    ]


def _item(row: Row[Any], work: Work) -> WantedItem:
    return WantedItem(
        id=row.id,
        work=work,
        season=row.season,
        episode=row.episode,
        absolute=row.absolute,
        scene_season=row.scene_season,
        scene_episode=row.scene_episode,
        scene_absolute=row.scene_absolute,
        air_date=row.air_date,
        runtime_min=row.runtime_min,
    )


def note_matched(connection: Connection, prints: Mapping[int, str]) -> None:
    if prints:
        rows = [{"row_id": wanted_id, "print": text} for wanted_id, text in prints.items()]
        statement = update(wanted).where(wanted.c.id == bindparam("row_id"))
        connection.execute(statement.values(matched_fingerprint=bindparam("print")), rows)


def forget_matched(connection: Connection, wanted_ids: Collection[int]) -> None:
    """Have these items matched again at the next run."""
    for chunk in _chunks(sorted(wanted_ids)):
        connection.execute(update(wanted).where(wanted.c.id.in_(chunk)).values(matched_fingerprint=None))


# --- the catalogue -----------------------------------------------------------------------------------------------


def read_marks(connection: Connection) -> list[SourceMark]:
    query = (
        select(sources.c.id, sources.c.generation, match_marks.c.generation.label("matched"), match_marks.c.version)
        .outerjoin(match_marks, match_marks.c.source_id == sources.c.id)
        .where(sources.c.enabled, sources.c.removed_at.is_(None))
    )
    return [
        SourceMark(SourceId(row.id), row.generation, row.matched or 0, row.version or "")
        for row in connection.execute(query)
    ]


def note_marks(connection: Connection, marks: Iterable[SourceMark], version: str) -> None:
    for mark in marks:
        connection.execute(delete(match_marks).where(match_marks.c.source_id == mark.source_id))
        values = {"source_id": mark.source_id, "generation": mark.generation, "version": version}
        connection.execute(insert(match_marks).values(values))


def is_visible() -> ColumnElement[bool]:
    return and_(
        entries.c.added_gen + 0 <= sources.c.generation,  # + 0: SQLite would walk this column's index over all entries
        or_(entries.c.gone_gen.is_(None), entries.c.gone_gen > sources.c.generation),
        entries.c.kind.in_(_MATCHED_KINDS),
        sources.c.enabled,
        sources.c.removed_at.is_(None),
    )


def stream_title_keys(connection: Connection) -> Iterator[tuple[str, int]]:
    """Every key of every title, for a look at which may match."""
    query = select(title_keys.c.key, title_keys.c.title_id).execution_options(yield_per=5_000)
    for part in connection.execute(query).partitions():
        yield from part


def titles_with_keys(connection: Connection, keys: Collection[str]) -> set[int]:
    found: set[int] = set()
    for chunk in _chunks(sorted(keys)):
        found.update(connection.scalars(select(title_keys.c.title_id).where(title_keys.c.key.in_(chunk))))
    return found


class KeySpan(NamedTuple):
    """Keys that begin (or end, for a `mirror`) with a text and are about so long."""

    start: str
    shortest: int
    longest: int
    is_mirror: bool = False


def keys_in_spans(connection: Connection, spans: Iterable[KeySpan]) -> list[tuple[str, int]]:
    """(key, title) of all keys in these spans."""
    found: list[tuple[str, int]] = []
    query = select(title_keys.c.key, title_keys.c.title_id)
    for span in spans:
        column = title_keys.c.mirror if span.is_mirror else title_keys.c.key
        within = column.between(span.start, span.start + "\U0010fff0")
        length = func.length(title_keys.c.key).between(span.shortest, span.longest)
        found += [(key, title_id) for key, title_id in connection.execute(query.where(within, length)).all()]
    return found


def entries_of_titles(connection: Connection, title_ids: Collection[int]) -> Iterator[EntryRow]:
    for chunk in _id_chunks(title_ids):
        yield from _entries(connection, _entry_query().where(_among(entries.c.title_id, chunk)))


def entries_with_tmdb(connection: Connection, tmdb_ids: Collection[int]) -> Iterator[EntryRow]:
    """Films of which the account says one of these ids."""
    for chunk in _chunks(sorted(tmdb_ids)):
        query = _entry_query().where(entries.c.tmdb_id.in_(chunk), entries.c.kind != EntryKind.EPISODE.value)
        yield from _entries(connection, query)


class FreshEntry(NamedTuple):
    """An entry that came or changed, with what tells whether it is worth reading."""

    id: int
    title_id: int
    tmdb_id: int | None
    logo: str | None


def entries_since(connection: Connection, source_id: SourceId, generation: int) -> Iterator[FreshEntry]:
    """Entries that came or changed after a generation: two looks, each with its own index."""
    columns = (entries.c.id, entries.c.title_id, entries.c.tmdb_id, entries.c.logo)
    query = (
        select(*columns)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(is_visible(), entries.c.source_id == source_id, entries.c.title_id.is_not(None))
    )
    came = query.where(entries.c.added_gen > generation)
    changed = query.where(entries.c.changed_gen > generation, entries.c.added_gen + 0 <= generation)
    for look in (came, changed):
        yield from map(FreshEntry._make, connection.execute(look).all())


def entries_of_keys(connection: Connection, slug: str, keys: Collection[str]) -> list[EntryRow]:
    return list(_entries(connection, _entry_query().where(sources.c.slug == slug, entries.c.key.in_(sorted(keys)))))


def entries_by_id(connection: Connection, entry_ids: Collection[int]) -> list[EntryRow]:
    found: list[EntryRow] = []
    for chunk in _id_chunks(entry_ids):
        found += _entries(connection, _entry_query().where(_among(entries.c.id, chunk)))
    return found


def series_entries(connection: Connection) -> Iterator[tuple[SourceId, str, int]]:
    """(source, entry key, title) of entries that stand for a series; the account lists its episodes on request."""
    query = (
        select(entries.c.source_id, entries.c.key, entries.c.title_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(
            entries.c.kind == EntryKind.SERIES.value,
            entries.c.title_id.is_not(None),
            entries.c.added_gen <= sources.c.generation,
            or_(entries.c.gone_gen.is_(None), entries.c.gone_gen > sources.c.generation),
            sources.c.enabled,
            sources.c.removed_at.is_(None),
        )
    )
    for row in connection.execute(query):
        yield SourceId(row.source_id), row.key, row.title_id


def keys_of_titles(connection: Connection, title_ids: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for chunk in _id_chunks(title_ids):
        query = select(title_keys.c.title_id, title_keys.c.key).where(_among(title_keys.c.title_id, chunk))
        for title_id, key in connection.execute(query.order_by(title_keys.c.penalty)).all():
            found[title_id].append(key)
    return found


def count_titles(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(titles)) or 0


def _entry_query() -> Select[Any]:
    return (
        select(
            entries.c.id, entries.c.name, entries.c.kind, entries.c.group_title, entries.c.year, entries.c.season,
            entries.c.episode, entries.c.episode_end, entries.c.air_date, entries.c.country, entries.c.tmdb_id,
            entries.c.logo, entries.c.duration_s, entries.c.source_id, sources.c.slug, entries.c.key,
            entries.c.added_gen,
        )
        .join(sources, sources.c.id == entries.c.source_id)
        .where(is_visible())
    )  # fmt: skip


def _entries(connection: Connection, query: Select[Any]) -> Iterator[EntryRow]:
    for part in connection.execute(query.execution_options(yield_per=2_000)).partitions():
        for row in part:
            yield EntryRow._make((*row[:3], row[3] or "", *row[4:]))


# --- matches -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """What a write changed. `confirmed`: items that had no confirmed entry before."""

    written: int = 0
    removed: int = 0
    confirmed: tuple[WantedId, ...] = ()

    def __add__(self, other: Saved) -> Saved:
        return Saved(self.written + other.written, self.removed + other.removed, self.confirmed + other.confirmed)


def save_pairs_of_items(
    connection: Connection, item_ids: Collection[int], pairs: Iterable[Pair], now: datetime
) -> Saved:
    """Make `pairs` all that is known of these items: write what differs, remove the rest."""
    saved = Saved()
    by_item: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_item[pair.wanted.id].append(pair)
    for chunk in _chunks(sorted(item_ids)):
        own = [pair for item_id in chunk for pair in by_item.get(item_id, ())]
        saved += _save(connection, matches.c.wanted_id.in_(chunk), own, now)
    return saved


def save_pairs_of_entries(
    connection: Connection,
    entry_ids: Collection[int],
    pairs: Iterable[Pair],
    now: datetime,
    except_items: Collection[int] = (),
) -> Saved:
    """The same for entries; what is known of `except_items` stays as it is."""
    saved = Saved()
    by_entry: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_entry[pair.entry.id].append(pair)
    for chunk in _id_chunks(entry_ids):
        own = [pair for entry_id in chunk for pair in by_entry.get(entry_id, ())]
        saved += _save(connection, _among(matches.c.entry_id, chunk), own, now, except_items)
    return saved


def _save(
    connection: Connection,
    which: ColumnElement[bool],
    pairs: Sequence[Pair],
    now: datetime,
    except_items: Collection[int] = (),
) -> Saved:
    query = select(
        matches.c.id, matches.c.wanted_id, matches.c.entry_id, matches.c.score, matches.c.decision, matches.c.evidence
    )
    rows = connection.execute(query.where(which))
    known = {(row.wanted_id, row.entry_id): row for row in rows if row.wanted_id not in except_items}
    fresh: dict[tuple[int, int], dict[str, Any]] = {}
    stale: list[dict[str, Any]] = []
    for pair in pairs:
        place = (pair.wanted.id, pair.entry.id)
        values = _values(pair)
        row = known.pop(place, None)
        if row is None:
            fresh[place] = values | {"wanted_id": place[0], "entry_id": place[1], "matched_at": now}
        elif (row.score, row.decision, row.evidence) != (values["score"], values["decision"], values["evidence"]):
            stale.append(values | {"row_id": row.id, "matched_at": now})
    confirmed = _newly_confirmed(connection, pairs)
    if known:
        for chunk in _chunks(sorted(row.id for row in known.values())):
            connection.execute(delete(matches).where(matches.c.id.in_(chunk)))
    if stale:
        connection.execute(update(matches).where(matches.c.id == bindparam("row_id")), stale)
    if fresh:
        connection.execute(insert(matches), list(fresh.values()))
    return Saved(len(fresh) + len(stale), len(known), confirmed)


def _newly_confirmed(connection: Connection, pairs: Sequence[Pair]) -> tuple[WantedId, ...]:
    """Items among `pairs` that become confirmed and had no confirmed entry so far."""
    items = {pair.wanted.id for pair in pairs if pair.decision is Decision.CONFIRM}
    for chunk in _chunks(sorted(items)):
        had = select(matches.c.wanted_id).where(
            matches.c.wanted_id.in_(chunk), matches.c.decision == Decision.CONFIRM.value
        )
        items -= set(connection.scalars(had.distinct()))
    return tuple(WantedId(item) for item in sorted(items))


def _values(pair: Pair) -> dict[str, Any]:
    findings = [{"name": f.name, "weight": f.weight, "text": f.text} for f in pair.evidence]
    return {
        "score": pair.score,
        "decision": pair.decision.value,
        "decided_by": "auto" if pair.rule_id is None else "rule",
        "evidence": {"findings": findings, "reason": pair.reason, "rule": pair.rule_id},
    }


def _among(column: Column[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """`column IN (ids)` with the numbers written out: binding thousands of them costs more than finding the rows."""
    numbers = ",".join(str(int(number)) for number in ids)
    return literal_column(f"{column.table.name}.{column.name} IN ({numbers or 'NULL'})", Boolean())


def _id_chunks(ids: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _INTS_AT_ONCE):
        yield ordered[start : start + _INTS_AT_ONCE]


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


# --- for people --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match as it is shown, with what rules name its two sides by."""

    id: MatchId
    wanted_id: WantedId
    entry_id: EntryId
    kind: str  # movie | series
    title: str
    year: int | None
    season: int | None
    episode: int | None
    instance: str
    tmdb_id: int | None
    tvdb_id: int | None
    entry_name: str
    entry_key: str
    source: str
    resolution: int | None
    languages: str
    size: int | None
    score: float
    decision: Decision
    decided_by: str
    evidence: Mapping[str, Any]
    matched_at: datetime

    @property
    def label(self) -> str:
        """`Dune (2021)`, `Severance S01E02`."""
        if self.season is None or self.episode is None:
            return f"{self.title} ({self.year})" if self.year else self.title
        return f"{self.title} S{self.season:02}E{self.episode:02}"


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """Which matches; every field that is set must fit."""

    decision: Decision | None = None
    kind: str | None = None
    wanted_id: WantedId | None = None
    instance: str | None = None
    source: str | None = None
    text: str | None = None


def list_matches(
    connection: Connection,
    chosen: MatchFilter,
    *,
    limit: int = 50,
    offset: int = 0,
    after: tuple[float, int] | None = None,
) -> list[MatchRow]:
    """The surest first, of equally sure ones the newest. `after`: score and id of the last row seen."""
    place = (matches.c.score, matches.c.id)
    query = _match_query().where(*_match_clauses(chosen)).order_by(*(column.desc() for column in place))
    if after is not None:
        query = query.where(tuple_(*place) < tuple_(*(literal(value) for value in after)))
    return [_match(row) for row in connection.execute(query.limit(limit).offset(offset))]


def count_matches(connection: Connection, chosen: MatchFilter, up_to: int | None = None) -> int:
    """With `up_to` it stops counting there: each one costs a look at its entry."""
    inner = _match_query().where(*_match_clauses(chosen)).with_only_columns(matches.c.id).limit(up_to).subquery()
    return connection.scalar(select(func.count()).select_from(inner)) or 0


def get_match(connection: Connection, match_id: MatchId) -> MatchRow:
    row = connection.execute(_match_query().where(matches.c.id == match_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no match {match_id}; `stalkeer match list` shows those that there are.")
    return _match(row)


def find_wanted_ids(connection: Connection, text: str) -> list[WantedId]:
    """Wanted items by id, or by part of their film's or series' title."""
    query = select(wanted.c.id).join(library, library.c.id == wanted.c.library_id).where(wanted.c.gone_at.is_(None))
    if text.isdecimal():
        query = query.where(wanted.c.id == int(text))
    else:
        query = query.where(library.c.title.icontains(text, autoescape=True))
    return [WantedId(row) for row in connection.scalars(query.order_by(wanted.c.id).limit(50))]


def wanted_of_entries(connection: Connection, entry_ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for chunk in _chunks(sorted(entry_ids)):
        found.update(connection.scalars(select(matches.c.wanted_id).where(matches.c.entry_id.in_(chunk))))
    return found


def _match_query() -> Select[Any]:
    return (
        select(
            matches.c.id, matches.c.wanted_id, matches.c.entry_id, library.c.kind, library.c.title, library.c.year,
            wanted.c.season, wanted.c.episode, instances.c.slug.label("instance"), library.c.tmdb_id, library.c.tvdb_id,
            entries.c.name.label("entry_name"), entries.c.key.label("entry_key"), sources.c.slug.label("source"),
            entries.c.resolution, entries.c.languages, entries.c.size, matches.c.score, matches.c.decision,
            matches.c.decided_by, matches.c.evidence, matches.c.matched_at,
        )
        .join(wanted, wanted.c.id == matches.c.wanted_id)
        .join(library, library.c.id == wanted.c.library_id)
        .join(instances, instances.c.id == wanted.c.instance_id)
        .join(entries, entries.c.id == matches.c.entry_id)
        .join(sources, sources.c.id == entries.c.source_id)
        .where(wanted.c.gone_at.is_(None), is_visible())
    )  # fmt: skip


def _match_clauses(chosen: MatchFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if chosen.decision is not None:
        clauses.append(matches.c.decision == chosen.decision.value)
    if chosen.kind is not None:
        clauses.append(library.c.kind == chosen.kind)
    if chosen.wanted_id is not None:
        clauses.append(matches.c.wanted_id == chosen.wanted_id)
    if chosen.instance is not None:
        clauses.append(instances.c.slug == chosen.instance)
    if chosen.source is not None:
        clauses.append(sources.c.slug == chosen.source)
    if chosen.text is not None:
        clauses.append(
            or_(
                library.c.title.icontains(chosen.text, autoescape=True),
                entries.c.name.icontains(chosen.text, autoescape=True),
            )
        )
    return clauses


def _match(row: Row[Any]) -> MatchRow:
    values = row._mapping
    known = {name: values[name] for name in MatchRow.__dataclass_fields__}
    return MatchRow(**known | {"decision": Decision(row.decision), "languages": row.languages or ""})
