"""The distinct names of all catalogues, and the keys under which matching looks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from stalkeer.store.bulk import Row, copy_rows, execute_many, fetch_among, highest_id, insert_rows, reserve_ids

KEYS_AT_ONCE = 5_000  # a transaction with so many keys holds the write lock for some hundredths of a second
_KEPT = 20_000  # keys written in their order: each page of their indexes is then written once for many of them
_TITLE = ("id", "kind", "text", "parser_version", "added_gen")
_KEY = ("key", "title_id", "penalty", "mirror")


class NewTitle(NamedTuple):
    kind: str
    text: str
    keys: tuple[tuple[str, float], ...]  # (key, penalty)

    @property
    def is_plain(self) -> bool:
        """Whether its text alone tells its keys."""
        return len(self.keys) == 1 and not self.keys[0][1]


class TitleBook:
    """The titles that a refresh met so far, with their ids; the database is asked only for others.

    Keys wait in the book, for `write_keys` to write very many in their order: before the entries become visible.
    One that is lost with a killed refresh is written by the next one that meets its title.
    """

    def __init__(self, parser_version: int) -> None:
        self._parser_version = parser_version
        self._ids: dict[str, dict[str, int]] = {}
        self._readings: set[int] = set()  # titles with other keys than the one which their text tells
        self._unread: dict[str, set[str]] = {}  # texts of which only such readings were met
        self._highest: int | None = 0  # id in the table while the book has every title in it; None: it has not
        self._keys: list[tuple[str, int, float]] = []

    def ids_of(self, connection: Connection, titles: Sequence[NewTitle | None], generation: int) -> list[int | None]:
        """The ids of these titles, made where they are new. Call in a transaction that writes."""
        unknown = self._unknown(titles)
        if unknown:
            self._find(connection, list(unknown))
            self._make(connection, [name for name in unknown if name[1] not in self._ids[name[0]]], generation)
            for (kind, text), readings in unknown.items():
                title_id = self._ids[kind][text]
                self._keys += {(key, title_id, penalty) for title in readings for key, penalty in title.keys}
        ids = self._ids
        return [None if title is None else ids[title.kind][title.text] for title in titles]

    def _unknown(self, titles: Sequence[NewTitle | None]) -> dict[tuple[str, str], list[NewTitle]]:
        """What is not in the book yet, by kind and text: titles, or other readings of them."""
        unknown: dict[tuple[str, str], list[NewTitle]] = {}
        last = None
        for title in titles:
            if title is last or title is None:
                continue
            last = title
            kind, text, _ = title
            if kind not in self._ids:
                self._ids[kind], self._unread[kind] = {}, set()
            if self._is_known(title):
                continue
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
        """Look for titles that the table may have although the book has not."""
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
        fresh = reserve_ids(connection, "titles", len(names))
        rows = [
            (number, kind, text, self._parser_version, generation)
            for number, (kind, text) in zip(fresh, names, strict=True)
        ]
        insert_rows(connection, "titles", _TITLE, rows)
        for number, (kind, text) in zip(fresh, names, strict=True):
            self._ids[kind][text] = number
        if fresh and self._highest is not None:
            self._highest = fresh[-1]

    @property
    def is_full(self) -> bool:
        """Whether so many keys wait that they are worth writing."""
        return len(self._keys) >= _KEPT

    @property
    def has_keys(self) -> bool:
        return bool(self._keys)

    def write_keys(self, connection: Connection) -> None:
        """Write some of the keys that wait; call until there are none."""
        self._keys.sort(reverse=True)  # the next ones are taken from the end
        rows: list[Row] = [(key, title_id, penalty, key[::-1]) for key, title_id, penalty in self._keys[-KEYS_AT_ONCE:]]
        del self._keys[-KEYS_AT_ONCE:]
        rows.reverse()
        columns = ", ".join(_KEY)
        if connection.dialect.name == "sqlite":
            statement = f"INSERT OR IGNORE INTO title_keys ({columns}) VALUES (?, ?, ?, ?)"  # noqa: S608
            execute_many(connection, statement, rows)
            return
        connection.exec_driver_sql(
            "CREATE TEMPORARY TABLE IF NOT EXISTS new_title_keys (LIKE title_keys) ON COMMIT DELETE ROWS"
        )
        copy_rows(connection, "new_title_keys", _KEY, rows)
        connection.exec_driver_sql(
            f"INSERT INTO title_keys ({columns}) SELECT {columns} FROM new_title_keys ON CONFLICT DO NOTHING"  # noqa: S608
        )
