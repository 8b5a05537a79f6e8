"""A library, a wanted list and a catalogue written straight into the database, for tests of what lies behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select, update

from stalkeer.core.catalogue.search import index_words
from stalkeer.core.titles import PARSER_VERSION, parse_title, title_key
from stalkeer.store.db.database import Database
from stalkeer.store.db.tables import (
    entries,
    instances,
    library,
    library_titles,
    sources,
    title_keys,
    title_words,
    titles,
    wanted,
)


@dataclass
class Catalogue:
    """Writes rows as the jobs before matching leave them."""

    database: Database
    clock: Callable[[], datetime]
    _instances: dict[str, int] = field(default_factory=dict)
    _sources: dict[str, int] = field(default_factory=dict)
    _next_arr_id: int = 1

    def film(self, title: str, year: int, *, is_wanted: bool = True, alternates: tuple[str, ...] = (), **more) -> int:
        """A film in the library; its wanted id, or its library id where it is owned."""
        values = {"kind": "movie", "title": title, "year": year, **more}
        library_id, arr_id = self._library("radarr", values, alternates)
        if not is_wanted:
            return library_id
        return self._wanted("radarr", {"library_id": library_id, "kind": "movie", "arr_id": arr_id, "title": title})

    def series(self, title: str, year: int | None = None, alternates: tuple[str, ...] = (), **more) -> int:
        return self._library("sonarr", {"kind": "series", "title": title, "year": year, **more}, alternates)[0]

    def episode(self, series_id: int, season: int, number: int, **more) -> int:
        """A wanted episode; its wanted id."""
        self._next_arr_id += 1
        values = {"library_id": series_id, "kind": "episode", "arr_id": self._next_arr_id, "title": "Episode"}
        return self._wanted("sonarr", values | {"season": season, "episode": number} | more)

    def list_entries(self, *names: str, kind: str = "film", source: str = "tv", **more) -> list[int]:
        """A refresh after which the source lists these as well."""
        with self.database.begin() as connection:
            source_id = self._source(connection, source)
            generation = connection.scalar(select(sources.c.generation).where(sources.c.id == source_id)) + 1
            ids = [self._entry(connection, source_id, generation, name, kind, more) for name in names]
            connection.execute(update(sources).where(sources.c.id == source_id).values(generation=generation))
        return ids

    def drop_entry(self, entry_id: int) -> None:
        """A refresh after which the entry is gone."""
        with self.database.begin() as connection:
            source_id = connection.scalar(select(entries.c.source_id).where(entries.c.id == entry_id))
            generation = connection.scalar(select(sources.c.generation).where(sources.c.id == source_id)) + 1
            connection.execute(update(entries).where(entries.c.id == entry_id).values(gone_gen=generation))
            connection.execute(update(sources).where(sources.c.id == source_id).values(generation=generation))

    def _entry(self, connection, source_id: int, generation: int, name: str, kind: str, more) -> int:
        parsed = parse_title(name, kind)
        title_id = connection.scalar(
            select(titles.c.id).where(titles.c.kind == kind, titles.c.text == parsed.series_name)
        )
        if title_id is None:
            values = {"kind": kind, "text": parsed.series_name, "parser_version": PARSER_VERSION, "added_gen": 1}
            title_id = connection.execute(insert(titles).values(values)).inserted_primary_key[0]
            for hypothesis in parsed.hypotheses:
                key = {"key": hypothesis.key, "mirror": hypothesis.key[::-1], "penalty": hypothesis.penalty}
                connection.execute(insert(title_keys).values(title_id=title_id, **key))
            for word in index_words(parsed.series_name):
                connection.execute(insert(title_words).values(title_id=title_id, word=word))
        key = hashlib.sha1(f"{name}{more}".encode()).hexdigest()
        values = {
            "source_id": source_id,
            "key": key,
            "title_id": title_id,
            "kind": kind,
            "name": name,
            "url": f"{{base}}/{kind}/{key}.mkv",
            "year": parsed.year,
            "season": parsed.season,
            "episode": parsed.episodes[0] if parsed.episodes else None,
            "added_gen": generation,
            "first_seen": self.clock(),
        }
        return connection.execute(insert(entries).values(values | more)).inserted_primary_key[0]

    def _source(self, connection, slug: str) -> int:
        if slug not in self._sources:
            values = {"slug": slug, "kind": "m3u", "origin": "config", "credentials": "{}", "created_at": self.clock()}
            self._sources[slug] = connection.execute(insert(sources).values(values)).inserted_primary_key[0]
        return self._sources[slug]

    def _instance(self, connection, kind: str) -> int:
        if kind not in self._instances:
            values = {"slug": kind, "kind": kind, "origin": "config", "url": "http://127.0.0.1", "api_key": "x"}
            row = connection.execute(insert(instances).values(values | {"created_at": self.clock()}))
            self._instances[kind] = row.inserted_primary_key[0]
        return self._instances[kind]

    def _library(self, kind: str, values, alternates) -> tuple[int, int]:
        self._next_arr_id += 1
        own_id = "tmdb_id" if values["kind"] == "movie" else "tvdb_id"
        values = {own_id: 1000 + self._next_arr_id, "arr_id": self._next_arr_id, "synced_at": self.clock()} | values
        with self.database.begin() as connection:
            values["instance_id"] = self._instance(connection, kind)
            library_id = connection.execute(insert(library).values(values)).inserted_primary_key[0]
            listed = [(values["title"], "title"), *((title, "alternate") for title in alternates)]
            for title, origin in listed:
                row = {"library_id": library_id, "title": title, "key": title_key(title), "origin": origin}
                connection.execute(insert(library_titles).values(row))
        return library_id, self._next_arr_id

    def _wanted(self, kind: str, values) -> int:
        with self.database.begin() as connection:
            row = {"instance_id": self._instance(connection, kind), "reason": "missing", "first_seen": self.clock()}
            row["fingerprint"] = hashlib.sha1(repr(values).encode()).hexdigest()
            return connection.execute(insert(wanted).values(row | values)).inserted_primary_key[0]
