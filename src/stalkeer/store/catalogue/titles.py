"""Store the distinct names of all catalogues, the keys for matching and the words for the search."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from stalkeer.core.catalogue.content import NewTitle
from stalkeer.core.catalogue.search import index_words
from stalkeer.store.db.bulk import Row, copy_rows, execute_many, fetch_among, highest_id, insert_rows, reserve_ids

KEYS_AT_ONCE = 4_000  # a transaction with this many keys holds the write lock for some hundredths of a second
# keys that are sorted before they are written, so that each page of their indexes is written once for many keys
_KEPT = 40_000
_RESERVED = 20_000  # ids that are reserved at once for waiting titles
_TITLE = ("id", "kind", "text", "parser_version", "added_gen")
_KEY = ("key", "title_id", "penalty", "mirror")
_WORD = ("word", "title_id")
GROUP = "group"  # the kind of a title that is a group of entries: it has words for the search, and no keys


class TitleBook:
    """Hold the titles that a refresh has met so far, with their ids. The database is asked only for other titles.

    Keys are collected here. `write_some` writes them sorted, before the entries become visible. A key that is lost with
    a killed refresh is written by the next refresh that meets its title.

    On SQLite, titles are collected in the same way where `is_first` says that a source has no entries yet: its rows are
    invisible until the end, and are removed if the titles are lost. Unsorted, each title would change another page of
    the index.
    """

    def __init__(self, parser_version: int, *, is_first: bool = False) -> None:
        self._parser_version = parser_version
        self._ids: dict[str, dict[str, int]] = {}
        self._readings: set[int] = set()  # titles whose keys differ from the key of their text
        self._unread: dict[str, set[str]] = {}  # texts that were met only with such keys
        self._highest: int | None = 0  # highest id in the table while the book has all its titles; else None
        self._keys: list[tuple[str, int, float]] = []
        self._is_first = is_first
        self._sorted: list[tuple[str, int, float]] = []  # sorted keys that are being written, the next at the end
        self._words: list[tuple[str, int]] = []
        self._sorted_words: list[tuple[str, int]] = []
        self._free: list[int] = []  # reserved ids, the next at the end
        self._waiting: list[Row] = []

    def ids_of(self, connection: Connection, titles: Sequence[NewTitle | None], generation: int) -> list[int | None]:
        """Return the ids of these titles, made where they are new. Call in a transaction that writes."""
        unknown = self._unknown(titles)
        if unknown:
            self._find(connection, list(unknown))
            self._make(connection, [name for name in unknown if name[1] not in self._ids[name[0]]], generation)
            for (kind, text), readings in unknown.items():
                title_id = self._ids[kind][text]
                self._keys += {(key, title_id, penalty) for title in readings for key, penalty in title.keys}
                self._words += [(word, title_id) for word in index_words(text)]
        ids = self._ids
        return [None if title is None else ids[title[0]][title[1]] for title in titles]

    def _unknown(self, titles: Sequence[NewTitle | None]) -> dict[tuple[str, str], list[NewTitle]]:
        """Return the titles that are not in the book yet, or other readings of them, by kind and text."""
        unknown: dict[tuple[str, str], list[NewTitle]] = {}
        ids, unread = self._ids, self._unread
        last = None
        for title in titles:
            if title is last or title is None:
                continue
            last = title
            kind, text, keys = title
            if kind not in ids:
                ids[kind], unread[kind] = {}, set()
            if text in ids[kind] and len(keys) == 1 and not keys[0][1] and text not in unread[kind]:
                continue  # the same check as `_is_known`, without the cost of a call
            if not self._is_known(title):
                unknown.setdefault((kind, text), []).append(title)
        return unknown

    def _is_known(self, title: NewTitle) -> bool:
        kind, text, _ = title
        ids, unread = self._ids[kind], self._unread[kind]
        if title.is_plain:
            if text in unread:
                unread.discard(text)
                return False
            return text in ids
        if text not in ids:
            unread.add(text)
        reading = hash(title)
        is_known = reading in self._readings
        self._readings.add(reading)
        return is_known

    def _find(self, connection: Connection, names: Sequence[tuple[str, str]]) -> None:
        """Look for titles that are in the table but not in the book."""
        if self._highest is not None and highest_id(connection, "titles") == self._highest:
            return
        self._highest = None
        stale: list[int] = []
        for kind in {kind for kind, _ in names}:
            texts = [text for of, text in names if of == kind and text not in self._ids[kind]]
            query = f"SELECT id, text, parser_version FROM titles WHERE kind = '{kind}'"  # noqa: S608 - an EntryKind
            for title_id, text, parser_version in fetch_among(connection, query, "text", texts):
                self._ids[kind][text] = title_id
                if parser_version != self._parser_version:
                    stale.append(title_id)
        if stale:
            mark = "?" if connection.dialect.name == "sqlite" else "%s"
            ids = [(title_id,) for title_id in stale]
            execute_many(connection, f"DELETE FROM title_keys WHERE title_id = {mark}", ids)  # noqa: S608
            version = f"UPDATE titles SET parser_version = {self._parser_version} WHERE id = {mark}"  # noqa: S608
            execute_many(connection, version, ids)

    def _make(self, connection: Connection, names: Sequence[tuple[str, str]], generation: int) -> None:
        if not names:
            return
        waits = self._is_first and connection.dialect.name == "sqlite"
        if waits and len(self._free) < len(names):
            names = self._reserve(connection, names, generation)
        fresh = [self._free.pop() for _ in names] if waits else reserve_ids(connection, "titles", len(names))
        rows = self._rows(fresh, names, generation)
        if waits:
            self._waiting += rows
        else:
            insert_rows(connection, "titles", _TITLE, rows)
            if fresh and self._highest is not None:
                self._highest = fresh[-1]

    def _reserve(
        self, connection: Connection, names: Sequence[tuple[str, str]], generation: int
    ) -> Sequence[tuple[str, str]]:
        """Reserve ids for many titles by writing one of them with the last id. Return the others."""
        start = highest_id(connection, "titles") + 1
        end = start + max(_RESERVED, len(names))
        insert_rows(connection, "titles", _TITLE, self._rows([end], names[:1], generation))
        self._free[:0] = range(end - 1, start - 1, -1)
        if self._highest is not None:
            self._highest = end
        return names[1:]

    def _rows(self, ids: Sequence[int], names: Sequence[tuple[str, str]], generation: int) -> list[Row]:
        rows: list[Row] = []
        for number, (kind, text) in zip(ids, names, strict=True):
            self._ids[kind][text] = number
            rows.append((number, kind, text, self._parser_version, generation))
        return rows

    @property
    def is_full(self) -> bool:
        """Return whether enough keys wait to be written, or some keys of the last batch are left."""
        return len(self._keys) + len(self._words) // 2 >= _KEPT or bool(self._sorted or self._sorted_words)

    @property
    def has_unwritten(self) -> bool:
        return bool(self._keys or self._sorted or self._words or self._sorted_words or self._waiting)

    def write_some(self, connection: Connection) -> None:
        """Write the titles that wait, or some of the keys or words.

        Call it from time to time instead of repeatedly until none is left, because other writers could not start
        between two transactions.
        """
        if not (self._sorted or self._sorted_words):
            waiting = bool(self._waiting)
            if waiting:
                self._write_titles(connection)
            self._sorted, self._keys = sorted(self._keys, reverse=True), []
            self._sorted_words, self._words = sorted(self._words, reverse=True), []
            if waiting:
                return
        if self._sorted:
            self._write_keys(connection)
        else:
            self._write_words(connection)

    def _write_titles(self, connection: Connection) -> None:
        rows, self._waiting = sorted(self._waiting, key=lambda row: row[1:3]), []
        columns = ", ".join(_TITLE)
        statement = f"INSERT OR IGNORE INTO titles ({columns}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608
        if execute_many(connection, statement, rows) < len(rows):
            self._take_over(connection, rows)

    def _take_over(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Take over the ids of titles that another refresh has written in the meantime."""
        moved: dict[int, int] = {}
        for kind in {row[1] for row in rows}:
            ours = {row[2]: row[0] for row in rows if row[1] == kind}
            query = f"SELECT id, text FROM titles WHERE kind = '{kind}'"  # noqa: S608 - an EntryKind
            for theirs, text in fetch_among(connection, query, "text", list(ours)):
                if theirs != ours[text]:
                    moved[ours[text]] = self._ids[kind][text] = theirs
        move = "UPDATE entries SET title_id = ? WHERE title_id = ?"
        execute_many(connection, move, [(theirs, ours) for ours, theirs in moved.items()])
        # no sorted key belongs to these titles: sorted keys are of titles that were written before
        self._keys = [(key, moved.get(title_id, title_id), penalty) for key, title_id, penalty in self._keys]
        self._words = [(word, moved.get(title_id, title_id)) for word, title_id in self._words]

    def _write_keys(self, connection: Connection) -> None:
        part = self._sorted[-KEYS_AT_ONCE:]
        del self._sorted[-KEYS_AT_ONCE:]
        rows: list[Row] = [(key, title_id, penalty, key[::-1]) for key, title_id, penalty in part]
        rows.reverse()
        _add_new(connection, "title_keys", _KEY, rows)

    def _write_words(self, connection: Connection) -> None:
        part = self._sorted_words[-KEYS_AT_ONCE:]
        del self._sorted_words[-KEYS_AT_ONCE:]
        _add_new(connection, "title_words", _WORD, part[::-1])


def _add_new(connection: Connection, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert the rows that are not there yet."""
    columns = ", ".join(names)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        execute_many(connection, f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608
        return
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS new_{table} (LIKE {table}) ON COMMIT DELETE ROWS")
    copy_rows(connection, f"new_{table}", names, rows)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new_{table} ON CONFLICT DO NOTHING"  # noqa: S608
    )
