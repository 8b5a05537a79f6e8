"""A database that looks lived in: two instances, two sources, matches of every kind, a queue in every state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import sin

from sqlalchemy import Connection, Table, insert

from stalkeer.core.titles import title_key
from stalkeer.secrets import SecretBox
from stalkeer.store.db import tables
from stalkeer.store.db.database import Database

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GB = 1_000_000_000

FILMS = (
    ("The Lighthouse Keeper's Daughter", 2019, 118),
    ("Cold Harbour", 2021, 104),
    ("Sand and Silence", 2023, 131),
    ("A Winter in Trieste", 2017, 96),
    ("Nine Doors Down", 2020, 109),
    ("The Cartographer", 2022, 142),
    ("Ma vie en orange", 2015, 88),
    ("Paper Moons", 2024, 115),
    ("Der stille Fluss", 2018, 101),
    ("Iron Orchard", 2016, 124),
    ("Low Tide", 2025, 99),
    ("The Glass Republic", 2013, 137),
)
DECISIONS = ("confirm",) * 8 + ("review", "review", "review", "rejected")
OVERVIEW = (
    "A keeper of a lighthouse has not spoken to the village for eleven years. Then her daughter comes back, with a "
    "suitcase that is not hers and a week until the light is switched off for good."
)
SERIES = (("Harbour Lights", 2020, 4), ("The Long Corridor", 2022, 3), ("Northern Line", 2018, 3))


def add(connection: Connection, table: Table, **values: object) -> int:
    key = connection.execute(insert(table).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


KEY = "0123456789abcdef"
NOWHERE = {"radarr": "http://127.0.0.1:9/radarr", "sonarr": "http://127.0.0.1:9/sonarr"}  # nobody answers there


def fill(database: Database, secrets: SecretBox, now: datetime = NOW, addresses: Mapping[str, str] = NOWHERE) -> None:
    """Write the sample as of `now`."""
    with database.begin() as connection:
        sources = add_sources(connection, secrets, now)
        instances = add_instances(connection, secrets, now, addresses)
        films = add_films(connection, instances["radarr"], now)
        episodes = add_series(connection, instances["sonarr"], now)
        entries = add_entries(connection, sources["main"], now)
        add_matches(connection, films, entries, now)
        add_queue(connection, sources["main"], instances, films, episodes, entries, now)
        add_events(connection, now)


def add_sources(connection: Connection, secrets: SecretBox, now: datetime) -> dict[str, int]:
    secret = secrets.encrypt('{"url": "http://provider.example:8080", "username": "user", "password": "pass"}')
    shared = {"credentials": secret, "options": {}, "created_at": now, "origin": "ui", "generation": 3}
    main = add(
        connection,
        tables.sources,
        **shared,
        slug="main",
        kind="xtream",
        priority=10,
        counts={"kinds": {"film": 48_211, "episode": 190_332, "series": 6_120, "live": 9_830}},
        last_refresh_at=now - timedelta(hours=2),
        last_success_at=now - timedelta(hours=2),
        account_status="active",
        account_expires_at=now + timedelta(days=43),
        account_active=1,
        account_max=2,
        account_checked_at=now,
    )
    backup = add(
        connection,
        tables.sources,
        **shared,
        slug="backup",
        kind="m3u",
        counts={"kinds": {"film": 4_112, "episode": 20_300}},
        last_refresh_at=now - timedelta(hours=3),
        last_success_at=now - timedelta(days=2),
        last_error="http://mirror.example/list.m3u answered 403: check the login of this source.",
        failures=4,
    )
    return {"main": main, "backup": backup}


def add_instances(
    connection: Connection, secrets: SecretBox, now: datetime, addresses: Mapping[str, str]
) -> dict[str, int]:
    found = {}
    for kind in ("radarr", "sonarr"):
        found[kind] = add(
            connection,
            tables.instances,
            slug=kind,
            kind=kind,
            origin="ui",
            is_default=True,
            url=addresses[kind],
            api_key=secrets.encrypt(KEY),
            version="6.0.3" if kind == "radarr" else "4.0.19",
            last_sync_at=now - timedelta(minutes=30),
            last_success_at=now - timedelta(minutes=30),
            profiles=[],
            root_folders=[],
            created_at=now,
        )
    return found


def add_films(connection: Connection, instance: int, now: datetime) -> list[int]:
    wanted = []
    for number, (title, year, runtime) in enumerate(FILMS):
        library = add(
            connection,
            tables.library,
            instance_id=instance,
            kind="movie",
            arr_id=number + 1,
            title=title,
            year=year,
            runtime_min=runtime,
            tmdb_id=90_000 + number,
            quality_profile_id=4,
            has_file=number in (10, 11),
            path=f"/data/media/movies/{title} ({year})",
            poster=f"poster-{number}.jpg" if number != 4 else None,
            backdrop=f"backdrop-{number}.jpg",
            overview=OVERVIEW,
            slug=str(90_000 + number),
            synced_at=now,
        )
        wanted.append(
            add(
                connection,
                tables.wanted,
                instance_id=instance,
                library_id=library,
                kind="movie",
                arr_id=number + 1,
                reason="cutoff" if number in (10, 11) else "missing",
                title=title,
                runtime_min=runtime,
                air_date=(now - timedelta(days=number * 40)).date().isoformat(),
                air_date_utc=now + timedelta(days=4 - number * 2),
                skip="It is not released yet; Radarr counts it as available from 2026-12-04." if number == 9 else None,
                first_seen=now - timedelta(days=number),
            )
        )
    return wanted


def add_series(connection: Connection, instance: int, now: datetime) -> list[int]:
    wanted = []
    for number, (title, year, count) in enumerate(SERIES):
        library = add(
            connection,
            tables.library,
            instance_id=instance,
            kind="series",
            arr_id=number + 1,
            title=title,
            year=year,
            runtime_min=48,
            tvdb_id=70_000 + number,
            series_type="standard",
            quality_profile_id=4,
            path=f"/data/media/tv/{title}",
            poster=f"series-{number}.jpg",
            backdrop=f"series-backdrop-{number}.jpg",
            overview=OVERVIEW,
            slug=title.lower().replace(" ", "-"),
            synced_at=now,
        )
        wanted += [
            add(
                connection,
                tables.wanted,
                instance_id=instance,
                library_id=library,
                kind="episode",
                arr_id=number * 10 + episode,
                reason="missing",
                title=f"Part {episode}",
                season=1,
                episode=episode,
                runtime_min=48,
                air_date_utc=now + timedelta(days=episode * 3 - number * 4),
                first_seen=now,
            )
            for episode in range(1, count + 1)
        ]
    return wanted


def add_entries(connection: Connection, source: int, now: datetime) -> list[int]:
    entries = []
    for number, (title, year, runtime) in enumerate(FILMS):
        text = title.lower()
        title_id = add(connection, tables.titles, kind="film", text=text, parser_version=1)
        connection.execute(insert(tables.title_keys).values(key=title_key(title), title_id=title_id, penalty=0.0))
        is_open = DECISIONS[number] == "review"
        for lines in (1080, 2160) if number % 3 == 0 else (1080,):
            entries.append(
                add(
                    connection,
                    tables.entries,
                    source_id=source,
                    key=f"movie:{number}:{lines}",
                    title_id=title_id,
                    kind="film",
                    kind_reason="account",
                    # a year that is one off and no length: nothing but a person can settle it
                    name=f"EN| {title} ({year + is_open}) {'4K' if lines == 2160 else 'FHD'}",
                    url="{base}/movie/{username}/{password}/" + f"{number}.mkv",
                    group_title="VOD | FILMS EN",
                    year=year + is_open,
                    resolution=lines,
                    languages="en",
                    size=int(runtime * 60 * (900_000 if lines == 1080 else 2_400_000)),
                    duration_s=None if is_open else runtime * 60,
                    first_seen=now - timedelta(days=number),
                    added_gen=1,
                )
            )
    return entries


EVIDENCE = {
    "rule": None,
    "findings": [
        {"name": "title", "weight": 0.9, "text": "the name is the title"},
        {"name": "year", "weight": 0.03, "text": "the year is one off"},
    ],
    "reason": "the score is below 95 %",
}


def add_matches(connection: Connection, films: list[int], entries: list[int], now: datetime) -> None:
    at = 0
    for number, wanted in enumerate(films):
        variants = 2 if number % 3 == 0 else 1
        for entry in entries[at : at + variants]:
            decision = DECISIONS[number]
            connection.execute(
                insert(tables.matches).values(
                    wanted_id=wanted,
                    entry_id=entry,
                    score={"confirm": 0.985, "review": 0.87 - number / 200, "rejected": 0.81}[decision],
                    decision=decision,
                    decided_by="rule" if decision == "rejected" else "auto",
                    evidence=EVIDENCE,
                    matched_at=now,
                )
            )
        at += variants


QUEUE = (
    ("downloading", 2.1, 0.44),
    ("downloading", 6.4, 0.12),
    ("importing", 3.0, 1.0),
    ("queued", 1.9, 0.0),
    ("queued", 4.4, 0.31),
    ("paused", 2.2, 0.6),
    ("blocked", 2.7, 1.0),
    ("failed", 1.2, 0.02),
    ("completed", 3.3, 1.0),
    ("cancelled", 1.1, 0.4),
)
ERRORS = {
    "blocked": "Radarr refused the file: not an upgrade for the existing movie file. Import anyway or cancel it.",
    "failed": "http://provider.example/movie/…/7.mkv answered 404: the file is gone.",
    "queued": "The provider closed the connection; the next attempt is in 2 min.",
}


def add_queue(
    connection: Connection,
    source: int,
    instances: dict[str, int],
    films: list[int],
    episodes: list[int],
    entries: list[int],
    now: datetime,
) -> None:
    for number, (state, gigabytes, share) in enumerate(QUEUE):
        total = int(gigabytes * GB)
        title, year, _ = FILMS[number]
        is_over = state in ("completed", "cancelled", "failed")
        download = add(
            connection,
            tables.downloads,
            entry_id=entries[number],
            source_id=source,
            entry_key=f"movie:{number}:1080",
            name=f"EN| {title} ({year}) FHD",
            title=f"{title} ({year})",
            kind="movie",
            state=state,
            run=1,
            rank=float(number),
            host="provider.example",
            offset=int(total * share),
            durable_offset=int(total * share),
            total=total,
            speed=8_400_000.0 if state == "downloading" else None,
            error=ERRORS.get(state) if share else None,
            created_at=now - timedelta(hours=number),
            started_at=now - timedelta(minutes=40) if share else None,
            finished_at=now - timedelta(hours=3) if is_over else None,
            updated_at=now,
            interruptions=number % 3,
            resumes=number % 3,
            bytes_resumed=(number % 3) * GB // 2,
            bytes_fetched=int(total * share),
        )
        connection.execute(
            insert(tables.download_items).values(
                download_id=download,
                wanted_id=films[number],
                instance_id=instances["radarr"],
                arr_id=number + 1,
                state="imported" if state == "completed" else "waiting",
                active=not is_over,
            )
        )
    for minute in range(170):
        at = now - timedelta(seconds=10 * minute)
        waves = 2_600_000 * sin(minute / 11) + 900_000 * sin(minute / 2.3)
        rate = int(14_000_000 + waves - (8_000_000 if 60 < minute < 75 else 0))
        connection.execute(
            insert(tables.rate_samples).values(at=at, source_id=source, download_id=1, bytes=rate * 10, seconds=10.0)
        )


def add_events(connection: Connection, now: datetime) -> None:
    told = (
        ("download.started", "info", "Cold Harbour (2021) began to download from main"),
        ("import.confirmed", "info", "Radarr has imported Der stille Fluss (2018)"),
        ("source.failed", "warning", "backup could not be read: the provider answered 403"),
        ("download.failed", "error", "Paper Moons (2024) failed: the file is gone from the provider"),
        ("match.confirmed", "info", "The Cartographer (2022) was found on main, sure"),
        ("source.refreshed", "info", "main was read: 312 new, 14 gone"),
    )
    for number, (kind, level, text) in enumerate(told):
        connection.execute(
            insert(tables.events).values(at=now - timedelta(minutes=7 * number), kind=kind, level=level, message=text)
        )
    connection.execute(
        insert(tables.health).values(
            check="source",
            subject="backup",
            level="error",
            message="The source backup has not been read for 2 days: the provider answers 403.",
            fix="Open the source and test its login; ask the provider whether the account is still valid.",
            since=now - timedelta(days=2),
            checked_at=now,
        )
    )
    for number, (job, state) in enumerate((("refresh", "done"), ("scan", "done"), ("match", "running"))):
        connection.execute(
            insert(tables.runs).values(
                job=job,
                subject="main" if job == "refresh" else None,
                state=state,
                progress={"done": 420, "total": 1000, "message": "Comparing titles"},
                started_at=now - timedelta(minutes=20 - number),
                finished_at=now - timedelta(minutes=18 - number) if state == "done" else None,
            )
        )
