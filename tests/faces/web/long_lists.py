"""The sample with much in the lists that are empty at first: rules, blocklist, quarantine, watch folders, duplicates,
notifications and hook scripts, some of it failing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from stalkeer.core.notify.topics import Topic
from stalkeer.jobs.notify.targets import TargetDraft, add_target
from stalkeer.model import HookName
from stalkeer.runtime import App
from stalkeer.store.db import tables
from stalkeer.store.notify.targets import TargetKind
from tests.faces.web.conftest import build_sample
from tests.faces.web.sample import FILMS, KEY, NOWHERE, add

ROWS = 620
WATCHED = 130
REASON = "it plays 24 min where 118 min are expected"


def build_long_lists(folder: Path, addresses: Mapping[str, str] = NOWHERE) -> App:
    folder.mkdir(parents=True, exist_ok=True)
    app = build_sample(folder, addresses)
    now = app.clock()
    with app.database.begin() as connection:
        add_rules(connection, now)
        add_quarantine(connection, now)
        add_watched(connection, now)
        add_twice(connection, app, now)
    add_targets(app, now)
    app.change_settings({"watch.folders": str(folder)})
    return app


def add_rules(connection: Connection, now: datetime) -> None:
    actions = ("pin", "reject", "offset", "block", "block")
    rows = [
        {
            "action": actions[number % len(actions)],
            "kind": "movie",
            "tmdb_id": 90_000 + number,
            "source_slug": "main" if number % 3 else None,
            "entry_key": f"movie:{number}",
            "label": f"{FILMS[number % len(FILMS)][0]} ({1930 + number % 95})",
            "reason": REASON if number % 2 else "",
            "origin": "user",
            "created_at": now - timedelta(hours=number),
        }
        for number in range(ROWS)
    ]
    connection.execute(insert(tables.rules), rows)


def add_quarantine(connection: Connection, now: datetime) -> None:
    shared = {"download_id": 1, "entry_id": 1, "source_id": 1, "entry_key": "k", "kind": "movie", "items": []}
    rows = [
        {
            **shared,
            "name": f"EN| {FILMS[number % len(FILMS)][0]} FHD",
            "title": f"{FILMS[number % len(FILMS)][0]} ({1930 + number % 95})",
            "path": f"/data/vod/incomplete/quarantine/{number}-1-1.part",
            "size": 700_000_000 + number,
            "reason": REASON,
            "set_aside_at": now - timedelta(hours=number),
            "replaces": False,
        }
        for number in range(ROWS)
    ]
    connection.execute(insert(tables.quarantine), rows)


def add_watched(connection: Connection, now: datetime) -> None:
    states = ("new", "review", "taken", "imported", "failed")
    candidates = [[2, "Cold Harbour (2021)", "the year is one off"]]
    rows = [
        {
            "path": f"/data/watch/{FILMS[number % len(FILMS)][0]}.2019.1080p.WEB.x264-GRP{number}.mkv",
            "folder": "/data/watch",
            "size": 2_000_000_000 + number,
            "mtime_ns": 1,
            "inode": f"1:{number}",
            "seen_at": now,
            "state": states[number % len(states)],
            "reason": "no wanted item has its name" if states[number % len(states)] in ("review", "failed") else "",
            "candidates": candidates if number % 2 else None,
            "updated_at": now - timedelta(minutes=number),
        }
        for number in range(WATCHED)
    ]
    connection.execute(insert(tables.watch_files), rows)


def add_twice(connection: Connection, app: App, now: datetime) -> None:
    """Own some movies in a second Radarr, one under two ids, and list the streams of one panel by two accounts."""
    library, entries, sources = tables.library, tables.entries, tables.sources
    second = add(
        connection,
        tables.instances,
        slug="radarr-4k",
        kind="radarr",
        origin="ui",
        is_default=False,
        url=NOWHERE["radarr"],
        api_key=app.secrets.encrypt(KEY),
        version="6.0.3",
        last_error="http://radarr-4k:7878 could not be reached: it refuses the connection. Check its address.",
        profiles=[],
        root_folders=[],
        options={"drive": "native"},
        created_at=now,
    )
    connection.execute(update(library).where(library.c.kind == "movie").values(has_file=True))
    owned = connection.execute(select(library).where(library.c.kind == "movie")).mappings().all()
    for number, row in enumerate(owned):
        values = {name: value for name, value in row.items() if name != "id"}
        connection.execute(insert(library).values({**values, "instance_id": second, "arr_id": 500 + number}))
    panel = select(sources.c.credentials).where(sources.c.slug == "main").scalar_subquery()
    connection.execute(update(sources).where(sources.c.slug == "backup").values(credentials=panel, kind="xtream"))
    backup = connection.execute(select(sources.c.id).where(sources.c.slug == "backup")).scalar_one()
    for row in connection.execute(select(entries).where(entries.c.source_id != backup)).mappings().all():
        values = {name: value for name, value in row.items() if name != "id"}
        connection.execute(insert(entries).values({**values, "source_id": backup}))


def add_targets(app: App, now: datetime) -> None:
    for name, enabled in (("phone", True), ("family chat", True), ("home automation", False)):
        draft = TargetDraft(
            name=name,
            kind=TargetKind.WEBHOOK,
            url=f"http://127.0.0.1:9/{name.replace(' ', '-')}",
            enabled=enabled,
            topics=(Topic.FAILED, Topic.DISK) if name == "phone" else (),
            quiet_hours="22:00-07:00" if name == "phone" else "",
        )
        add_target(app.notifier, draft)
    targets, deliveries = tables.notify_targets, tables.notify_deliveries
    failing = targets.c.name == "family chat"
    with app.database.begin() as connection:
        connection.execute(update(targets).where(targets.c.name == "phone").values(last_success_at=now))
        error = "http://127.0.0.1:9 refuses the connection; check its address and that it runs"
        connection.execute(update(targets).where(failing).values(last_error=error, failures=4))
        number = connection.execute(select(targets.c.id).where(failing)).scalar_one()
        for state in ("sent", "failed", "waiting") * 4:
            message = {
                "title": "Stalkeer: imported",
                "text": "Cold Harbour (2021)\nLow Tide (2025)",
                "tone": "success",
                "happenings": [],
            }
            values = {"target_id": number, "state": state, "message": message, "created_at": now, "not_before": now}
            told = error if state == "failed" else None
            connection.execute(insert(deliveries).values(**values, error=told))
        for hook in (HookName.BEFORE_IMPORT, HookName.ON_FAILURE):
            connection.execute(
                insert(tables.hooks).values(worker="w", name=hook.value, host="nas", role="serve", noted_at=now)
            )
