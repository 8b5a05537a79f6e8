"""The states of data in which pages are looked at, from nothing at all to names that want to break out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import insert, update

from stalkeer.app import Start, build_app
from stalkeer.core.titles import title_key
from stalkeer.runtime import App
from stalkeer.store.db import tables
from stalkeer.store.db.bulk import insert_rows, reserve_ids, writing
from tests.faces.web.conftest import build_sample
from tests.faces.web.long_lists import build_long_lists
from tests.faces.web.sample import NOWHERE

QUEUE_ROWS, ENTRIES = 1_007, 200_000
CHUNK = 10_000
HOSTILE = (
    "A" * 240,
    '<script>alert("1")</script> & "quotes" \' <b>',
    "\u202emoc.elpmaxe//:ptth \u2066hidden\u2069 right to left",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u0334\u0319\u0324 a\u0301l\u0308g\u0327o\u0328 \U0001f3ac\U0001f3ac",
    "شاهد فيلم طويل جدا بدون مسافات كثيرة 2019",
    "电影名称没有空格也很长很长很长很长很长很长很长很长很长很长很长很长",
    "https://provider.example/" + "path/" * 40 + "end",
    "{{ 7 * 7 }} ${x} %s %(a)s \\u0000 \\n",
)

Build = Callable[[Path, Mapping[str, str]], App]


def build_empty(folder: Path, _addresses: Mapping[str, str] = NOWHERE) -> App:
    """The program as it starts for the first time, open for everybody on this machine."""
    return build_app(Start(environ={"STALKEER__DATA_DIR": str(folder), "STALKEER__SECURITY__MODE": "local"}))


def build_long_queue(folder: Path, addresses: Mapping[str, str] = NOWHERE) -> App:
    app = build_sample(folder, addresses)
    now = app.clock()
    shared = {
        "entry_id": 1, "source_id": 1, "kind": "movie", "total": 4_000_000_000, "offset": 0,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    rows = [
        {
            **shared, "state": "queued", "entry_key": f"k{n}", "name": f"EN| Row {n} FHD", "title": f"Row {n} (2020)",
            "rank": 100.0 + n,
        }
        for n in range(QUEUE_ROWS)
    ]  # fmt: skip
    with app.database.begin() as connection:
        connection.execute(insert(tables.downloads), rows)
    return app


def build_large_catalogue(folder: Path, addresses: Mapping[str, str] = NOWHERE, count: int = ENTRIES) -> App:
    app = build_sample(folder, addresses)
    first_seen = app.clock().replace(tzinfo=None).isoformat(" ")
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        with writing(app.database) as connection:
            titles = list(zip(reserve_ids(connection, "titles", len(numbers)), numbers, strict=True))
            rows = [(title, "film", f"work {n}", 1, 0) for title, n in titles]
            insert_rows(connection, "titles", ("id", "kind", "text", "parser_version", "added_gen"), rows)
            shared = {
                "source_id": 1,
                "kind": "film",
                "kind_reason": "account",
                "added_gen": 1,
                "first_seen": first_seen,
                "protected": False,
            }
            entries = [
                {
                    **shared, "title_id": title, "key": f"bulk:{n}", "name": f"EN| Work {n} (2021) FHD",
                    "url": f"{{base}}/movie/{n}.mkv", "group_title": f"VOD | GROUP {n % 300}", "year": 2021,
                }
                for title, n in titles
            ]  # fmt: skip
            insert_rows(connection, "entries", tuple(entries[0]), [tuple(entry.values()) for entry in entries])
    with app.database.begin() as connection:
        main = update(tables.sources).where(tables.sources.c.id == 1)
        connection.execute(main.values(counts={"kinds": {"film": count}}))
    return app


def build_hostile(folder: Path, addresses: Mapping[str, str] = NOWHERE) -> App:
    """The sample with names, groups, errors and events that are long, foreign, or look like code."""
    app = build_sample(folder, addresses)
    with app.database.begin() as connection:
        for number, text in enumerate(HOSTILE):
            for table, column in (
                (tables.library, tables.library.c.title),
                (tables.wanted, tables.wanted.c.title),
                (tables.entries, tables.entries.c.name),
                (tables.entries, tables.entries.c.group_title),
                (tables.downloads, tables.downloads.c.title),
                (tables.downloads, tables.downloads.c.name),
                (tables.downloads, tables.downloads.c.error),
                (tables.events, tables.events.c.message),
            ):
                chosen = table.c.id % len(HOSTILE) == number
                connection.execute(update(table).where(chosen).values({column: text}))
            key = insert(tables.title_keys).values(key=title_key(text) or f"none{number}", title_id=1, penalty=0.5)
            connection.execute(key)
        connection.execute(update(tables.sources).values(last_error=HOSTILE[6]))
        connection.execute(update(tables.instances).values(last_error=HOSTILE[0], version=HOSTILE[1]))
        connection.execute(update(tables.health).values(message=HOSTILE[6], fix=HOSTILE[0]))
    return app


STATES: Mapping[str, Build] = {
    "empty": build_empty,
    "sample": build_sample,
    "queue": build_long_queue,
    "catalogue": build_large_catalogue,
    "hostile": build_hostile,
    "lists": build_long_lists,
}
# Pages of one thing that an empty program does not have.
NEEDS_DATA = ("why-not", "download", "entry", "source", "series", "native")
