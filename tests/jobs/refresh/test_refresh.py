"""Refreshing a source: what is listed becomes visible at once and whole, or not at all."""

from __future__ import annotations

import gzip
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.event import listen

from stalkeer.core.catalogue.access import fill
from stalkeer.core.catalogue.content import NewTitle
from stalkeer.core.catalogue.filters import Field, Filter, Mode
from stalkeer.core.catalogue.snapshot import Snapshot, new_array
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.refresh.archive import PRIORITY
from stalkeer.jobs.refresh.generation import drop_other_snapshots, write_snapshot
from stalkeer.jobs.refresh.refresh import (
    RefreshContext,
    RefreshOutcome,
    SourceReport,
    clear_interrupted,
    refresh_sources,
)
from stalkeer.jobs.refresh.start import RefreshOptions
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.settings.sections.jobs import CatalogueSettings
from stalkeer.store.catalogue.entries import EntrySearch, browse_entries, search_entries
from stalkeer.store.catalogue.generations import Generation, add_entries, mark_gone, stage_changes
from stalkeer.store.catalogue.titles import TitleBook
from stalkeer.store.db.bulk import writing
from stalkeer.store.db.database import Database
from stalkeer.store.db.tables import (
    catalogue_changes,
    catalogue_snapshots,
    entries,
    entry_updates,
    title_keys,
    title_words,
    titles,
)
from stalkeer.store.journal.events import list_events
from stalkeer.store.sources.archives import list_archives
from stalkeer.store.sources.description import Credentials, NewSource, SourceOptions
from stalkeer.store.sources.filters import add_filter
from stalkeer.store.sources.rows import SourceRow
from stalkeer.store.sources.sources import add_source, change_source, get_access, get_source
from tests.doubles.clock import FakeClock

PANEL = "http://tv.example:8080"


@dataclass
class Bench:
    """One source, `main`, that is a file of the test's own."""

    tools: RefreshContext
    file: Path
    options: dict[str, object] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.tools.database

    def refresh(self, text: str | bytes | None = None, **how: bool) -> SourceReport:
        if text is not None:
            self.file.write_bytes(text.encode() if isinstance(text, str) else text)
        report = refresh_sources(self.tools, QuietRun(), "main", RefreshOptions(**how))
        return report.sources[0]

    def row(self) -> SourceRow:
        with self.database.connect() as connection:
            return get_source(connection, "main")

    def visible(self) -> dict[str, str]:
        """Key -> name of what the catalogue shows."""
        generation = self.row().generation
        query = select(entries.c.key, entries.c.name).where(
            entries.c.added_gen <= generation,
            (entries.c.gone_gen.is_(None)) | (entries.c.gone_gen > generation),
        )
        with self.database.connect() as connection:
            return {row.key: row.name for row in connection.execute(query.order_by(entries.c.id))}

    def ids(self) -> dict[str, int]:
        with self.database.connect() as connection:
            return {row.key: row.id for row in connection.execute(select(entries.c.key, entries.c.id))}

    def count(self, table: object) -> int:
        with self.database.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]

    def events(self) -> list[str]:
        with self.database.connect() as connection:
            return [row.event.kind for row in list_events(connection)]


@pytest.fixture
def make(tmp_path: Path, clock: FakeClock) -> Callable[[Database], Bench]:
    def build(database: Database) -> Bench:
        settings = Settings(data_dir=tmp_path, catalogue=CatalogueSettings(archives=2))
        tools = RefreshContext(database, SecretBox(Fernet.generate_key()), lambda: settings, tmp_path, clock)
        file = tmp_path / "list.m3u"
        with database.begin() as connection:
            add_source(connection, NewSource("main", "m3u", Credentials(path=str(file))), tools.secrets, clock())
        return Bench(tools, file)

    return build


@pytest.fixture
def bench(database: Database, make: Callable[[Database], Bench]) -> Bench:
    return make(database)


@pytest.fixture
def any_bench(any_database: Database, make: Callable[[Database], Bench]) -> Bench:
    return make(any_database)


def film(number: int, name: str = "", login: str = "u1/p1", base: str = PANEL, group: str = "VOD") -> str:
    name = name or f"Film Number {number} (2001)"
    line = f'#EXTINF:-1 tvg-id="" tvg-name="{name}" tvg-logo="" group-title="{group}",{name}'
    return f"{line}\n{base}/movie/{login}/{number}.mkv\n"


def playlist(*items: str) -> str:
    return "#EXTM3U\n" + "".join(items)


FILMS = [film(n) for n in range(100)]


def test_a_playlist_becomes_a_catalogue_with_titles_and_keys(any_bench):
    report = any_bench.refresh(
        playlist(
            film(1, "EN - The Silver River (1999) [4K]"),
            f"#EXTINF:-1,Dark Harbour S02 E03\n{PANEL}/series/u1/p1/2.mp4\n",
            f"#EXTINF:-1,Dark Harbour S02 E04\n{PANEL}/series/u1/p1/3.mp4\n",
            f"#EXTINF:-1,News\n{PANEL}/live/u1/p1/4.ts\n",
        )
    )

    assert report.outcome is RefreshOutcome.REFRESHED
    assert (report.changes.added, dict(report.kinds)) == (4, {"film": 1, "episode": 2, "live": 1})
    with any_bench.database.connect() as connection:
        rows = {row["key"]: row for row in connection.execute(select(entries)).mappings()}
        named = {row.id: row.text for row in connection.execute(select(titles))}
        keys = {
            (key, named[number]) for key, number in connection.execute(select(title_keys.c.key, title_keys.c.title_id))
        }
    assert (rows["movie:1"]["year"], rows["movie:1"]["resolution"]) == (1999, 2160)
    assert (rows["series:3"]["season"], rows["series:3"]["episode"]) == (2, 4)
    assert rows["series:2"]["title_id"] == rows["series:3"]["title_id"]
    assert named[rows["live:4"]["title_id"]] == "News"  # to be found by people
    assert rows["movie:1"]["url"] == "{base}/movie/{username}/{password}/1.mkv"
    assert {text for _, text in keys} == set(named.values()) - {"News", "VOD"} == {"The Silver River", "Dark Harbour"}
    assert sum(rows[key]["first_seen"] == any_bench.tools.clock() for key in rows) == 4


def test_the_same_bytes_are_not_read_again(bench):
    bench.refresh(playlist(*FILMS))

    report = bench.refresh()

    assert (report.outcome, report.generation, report.entries) == (RefreshOutcome.UNCHANGED, 1, 100)


def test_only_what_changed_is_written(any_bench):
    any_bench.refresh(playlist(*FILMS))
    before = any_bench.ids()

    report = any_bench.refresh(playlist(*FILMS[:20], film(20, "Another Name (2001)"), *FILMS[22:], film(500)))

    changes = report.changes
    assert (changes.added, changes.changed, changes.removed, changes.returned) == (1, 1, 1, 0)
    assert any_bench.visible() == {
        **{f"movie:{n}": f"Film Number {n} (2001)" for n in (*range(20), *range(22, 100), 500)},
        "movie:20": "Another Name (2001)",
    }
    assert {key: number for key, number in any_bench.ids().items() if key in before} == before
    with any_bench.database.connect() as connection:
        listed = connection.execute(select(catalogue_changes.c.change, catalogue_changes.c.name)).all()
    assert sorted(listed) == [
        ("added", "Film Number 500 (2001)"),
        ("changed", "Another Name (2001)"),
        ("removed", "Film Number 21 (2001)"),
    ]
    assert any_bench.count(entry_updates) == 0


def test_another_order_changes_nothing(bench):
    bench.refresh(playlist(*FILMS))

    report = bench.refresh(playlist(*reversed(FILMS)))

    assert report.changes.touched == 0
    assert len(bench.visible()) == 100


def test_an_entry_that_comes_back_is_the_same_entry(any_bench):
    any_bench.refresh(playlist(*FILMS))
    before = any_bench.ids()["movie:50"]
    any_bench.refresh(playlist(*FILMS[:50], *FILMS[51:]))
    assert "movie:50" not in any_bench.visible()

    report = any_bench.refresh(playlist(*FILMS))

    assert (report.changes.returned, report.changes.added) == (1, 0)
    assert any_bench.ids()["movie:50"] == before
    assert "movie:50" in any_bench.visible()


@pytest.mark.parametrize(
    ("login", "base"),
    [("u1/new", PANEL), ("other/new", PANEL), ("u1/p1", "https://b.example"), ("x/y", "http://c.example/p")],
)
def test_another_login_or_host_changes_no_entry_and_fills_the_new_address(bench, login, base):
    bench.refresh(playlist(*FILMS))
    before = bench.ids()

    report = bench.refresh(playlist(*(film(n, login=login, base=base) for n in range(100))))

    assert report.changes.touched == 0
    assert bench.ids() == before
    with bench.database.connect() as connection:
        access = get_access(connection, bench.row().id, bench.tools.secrets)
        template = connection.execute(select(entries.c.url).where(entries.c.key == "movie:7")).scalar_one()
    assert fill(template, access) == f"{base}/movie/{login}/7.mkv"
    assert bench.refresh(playlist(*(film(n, login=login, base=base) for n in range(99)))).changes.removed == 1


def test_of_duplicates_the_first_is_kept_and_the_others_are_counted(any_bench):
    text = playlist(*FILMS, film(5, "Film Number 5 again"), film(6), film(5, "and again"))

    report = any_bench.refresh(text)

    assert (report.changes.added, report.changes.duplicates) == (100, 3)
    assert any_bench.visible()["movie:5"] == "Film Number 5 (2001)"
    assert any_bench.refresh(text + film(200)).changes.changed == 0
    assert any_bench.visible()["movie:5"] == "Film Number 5 (2001)"


def test_an_entry_stays_while_one_of_its_duplicates_does(bench):
    bench.refresh(playlist(*FILMS, film(5, "Film Number 5 again")))

    report = bench.refresh(playlist(*FILMS[:5], *FILMS[6:], film(5, "Film Number 5 again")))

    assert report.changes.removed == 0
    assert "movie:5" in bench.visible()


@pytest.mark.parametrize("kept", [0, 10, 78])
def test_a_list_that_lost_too_much_is_not_believed(any_bench, kept):
    any_bench.refresh(playlist(*FILMS))

    report = any_bench.refresh(playlist(*FILMS[:kept], film(900)) if kept else "#EXTM3U\n")

    assert report.outcome is RefreshOutcome.REFUSED
    assert len(any_bench.visible()) == 100
    assert any_bench.count(entries) == 100
    row = any_bench.row()
    assert row.guard and row.guard["before"] == 100 and row.failures == 1
    assert "source.guard" in any_bench.events()


def test_a_shrunk_list_can_be_accepted(bench):
    bench.refresh(playlist(*FILMS))
    bench.refresh(playlist(*FILMS[:10]))

    report = bench.refresh(accept=True)

    assert (report.outcome, report.changes.removed) == (RefreshOutcome.REFRESHED, 90)
    assert len(bench.visible()) == 10
    assert bench.row().guard is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "empty"),
        (b"   \r\n", "empty"),
        (b"<!DOCTYPE html><html><head><title>Error 503</title>", "web page (Error 503)"),
        (b'{"user_info":{"auth":0}}', "JSON"),
        (b"\x00\x01\x02" * 500, "encrypted or binary"),
        (b"PK\x03\x04....", "archive"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nseg.ts\n", "HLS"),
        (b"blocked", "not known"),
        (gzip.compress(b"#EXTM3U\n#EXTINF:-1,A\nhttp://h.example/a.mkv\n", mtime=0)[:-9], "gzip"),
    ],
    ids=["empty", "blank", "web page", "JSON", "binary", "archive", "HLS", "plain text", "half a gzip"],
)
def test_what_is_no_playlist_leaves_the_catalogue_as_it_was(bench, answer, said):
    bench.refresh(playlist(*FILMS))

    report = bench.refresh(answer, accept=True)

    assert report.outcome is RefreshOutcome.FAILED
    assert said in report.message
    assert len(bench.visible()) == 100
    assert bench.row().last_error == report.message


def test_a_gzipped_file_is_a_playlist(bench):
    assert bench.refresh(gzip.compress(playlist(*FILMS).encode())).changes.added == 100


def test_a_missing_file_is_named(bench):
    report = bench.refresh()

    assert report.outcome is RefreshOutcome.FAILED
    assert str(bench.file) in report.message


def test_filters_decide_what_is_kept_and_a_changed_filter_takes_effect_without_new_bytes(any_bench):
    bench = any_bench
    text = playlist(*FILMS, film(200, group="XXX"), film(201, group="Sports"), film(202, "Trailer"))
    assert len(bench.refresh(text).kinds) == 1
    assert len(bench.visible()) == 102  # adult groups are off from the start

    with bench.database.begin() as connection:
        add_filter(connection, Filter(Field.GROUP, Mode.EXCLUDE, "^sports$"), None, bench.tools.clock())
        add_filter(connection, Filter(Field.NAME, Mode.EXCLUDE, "trailer"), bench.row().id, bench.tools.clock())
    report = bench.refresh()

    assert report.changes.left_out == {"adult": 1, "exclude group ^sports$": 1, "exclude name trailer": 1}
    assert (report.changes.removed, len(bench.visible())) == (2, 100)
    assert bench.refresh().outcome is RefreshOutcome.UNCHANGED


def test_a_filter_that_drops_nearly_everything_is_no_shrink(bench):
    bench.refresh(playlist(*FILMS))
    with bench.database.begin() as connection:
        add_filter(connection, Filter(Field.NAME, Mode.INCLUDE, "Number 7 "), None, bench.tools.clock())

    assert bench.refresh().outcome is RefreshOutcome.REFRESHED
    assert len(bench.visible()) == 1


def test_a_cancelled_refresh_leaves_nothing_behind(bench):
    bench.refresh(playlist(*FILMS))
    bench.file.write_text(playlist(*FILMS, *(film(n) for n in range(1000, 1200))))

    class Impatient(QuietRun):
        def progress(self, done: int, total: int | None = None, message: str = "") -> None:
            self.cancelled = "read" in message

        def is_cancelled(self) -> bool:
            return self.cancelled

    report = refresh_sources(bench.tools, Impatient(), "main").sources[0]

    assert report.outcome in (RefreshOutcome.CANCELLED, RefreshOutcome.REFRESHED)
    assert len(bench.visible()) in (100, 300)


@pytest.mark.parametrize(
    "look",
    [
        lambda c: browse_entries(c, EntrySearch(), limit=3),
        lambda c: search_entries(c, EntrySearch(), after=98, limit=3),
    ],
    ids=["newest first", "oldest first"],
)
def test_a_page_of_the_catalogue_does_not_walk_over_what_a_refresh_is_adding(bench, look):
    bench.refresh(playlist(*FILMS))
    content = (None, "film", "url", "Half", "{base}/x.mkv", *(None,) * 14, False, None)
    with writing(bench.database) as connection:
        unfinished = Generation(bench.row().id, 2, bench.tools.clock())
        add_entries(connection, unfinished, [(f"movie:{number}", content) for number in range(1_000, 6_000)])
    steps = []

    with bench.database.connect() as connection:
        connection.connection.driver_connection.set_progress_handler(lambda: steps.append(1), 100)
        found = look(connection)
        connection.connection.driver_connection.set_progress_handler(None, 0)

    assert found
    assert all(entry.name != "Half" for entry in found)
    assert len(steps) < 20


def test_an_entry_that_comes_again_far_behind_is_counted_once(bench):
    report = bench.refresh(playlist(*(film(number) for number in range(1, 2_600)), film(7)))

    assert (report.entries, report.changes.duplicates) == (2_599, 1)


def test_every_reading_of_a_title_has_its_keys_whichever_came_first(any_bench):
    database = any_bench.database
    doubtful = NewTitle("film", "Dune", (("dune", 0.0), ("dune2", 0.5)))
    plain = NewTitle("film", "Dune", (("duneplain", 0.0),))
    book = TitleBook(1)

    with writing(database) as connection:
        first, again = (book.ids_of(connection, [title], 1) for title in (doubtful, plain))
        book.write_some(connection)

    assert first == again
    with database.connect() as connection:
        assert set(connection.scalars(select(title_keys.c.key))) == {"dune", "dune2", "duneplain"}


def test_two_first_refreshes_that_meet_the_same_titles_share_them(bench):
    database, generation = bench.database, Generation(bench.row().id, 1, bench.tools.clock())
    names = ["Alien", "Dune", "Heat", "Up"]
    films = [NewTitle("film", name, ((name.lower(), 0.0),)) for name in names]
    one, other = (TitleBook(1, is_first=True) for _ in range(2))

    with writing(database) as connection:
        ids = one.ids_of(connection, films, 1)
        content = ("film", "url", "Film", "{base}/x.mkv", *("",) * 7)
        add_entries(
            connection, generation, [(f"movie:{name}", (i, *content)) for i, name in zip(ids, names, strict=True)]
        )
    for book, met in ((other, films[1:]), (one, [])):
        with writing(database) as connection:
            book.ids_of(connection, met, 1)
        while book.has_unwritten:
            with writing(database) as connection:
                book.write_some(connection)

    with database.connect() as connection:
        assert sorted(connection.scalars(select(titles.c.text))) == names
        told = select(entries.c.key, titles.c.text).join(titles, titles.c.id == entries.c.title_id)
        assert set(connection.execute(told).all()) == {(f"movie:{name}", name) for name in names}
        keyed = select(title_keys.c.key, titles.c.text).join(titles, titles.c.id == title_keys.c.title_id)
        assert set(connection.execute(keyed).all()) == {(name.lower(), name) for name in names}
    with writing(database) as connection:
        assert one.ids_of(connection, films, 1) == TitleBook(1).ids_of(connection, films, 1)


def test_keys_that_were_lost_with_a_killed_refresh_are_written_by_the_next(any_bench):
    title = NewTitle("film", "Dune", (("dune", 0.0),))
    with writing(any_bench.database) as connection:
        TitleBook(1).ids_of(connection, [title, None], 1)
    book = TitleBook(1)

    with writing(any_bench.database) as connection:
        book.ids_of(connection, [title], 2)
        while book.has_unwritten:
            book.write_some(connection)

    assert (any_bench.count(titles), any_bench.count(title_keys), any_bench.count(title_words)) == (1, 1, 1)


def test_leftovers_of_a_killed_refresh_are_cleared(any_bench):
    bench = any_bench
    bench.refresh(playlist(*FILMS))
    row, ids = bench.row(), bench.ids()
    unfinished = Generation(row.id, 2, bench.tools.clock())
    content = (None, "film", "url", "Half", "{base}/x.mkv", *(None,) * 14, False, None)
    with writing(bench.database) as connection:
        add_entries(connection, unfinished, [("movie:9999", content)])
        mark_gone(connection, unfinished, [ids["movie:1"]])
        stage_changes(connection, unfinished, {ids["movie:2"]: content})
    assert len(bench.visible()) == 100

    clear_interrupted(bench.tools)

    assert bench.count(entries) == 100
    assert bench.count(entry_updates) == 0
    assert bench.refresh(playlist(*FILMS, film(9999))).changes.added == 1


def test_changes_staged_before_a_kill_behind_the_switch_are_applied_at_the_next_start(any_bench):
    bench = any_bench
    bench.refresh(playlist(*FILMS))
    row, ids = bench.row(), bench.ids()
    content = (None, "film", "url", "New Name", "{base}/x.mkv", *(None,) * 14, False, None)
    with writing(bench.database) as connection:
        stage_changes(connection, Generation(row.id, row.generation, bench.tools.clock()), {ids["movie:2"]: content})

    clear_interrupted(bench.tools)

    assert bench.visible()["movie:2"] == "New Name"


def test_a_large_snapshot_is_written_and_dropped_a_part_at_a_time(bench):
    bench.refresh(playlist(*FILMS))
    first, second = (Generation(bench.row().id, number, bench.tools.clock()) for number in (7, 8))
    blocks = new_array(range(1, 250_001))
    said: list[str] = []
    listen(bench.database.engine, "before_cursor_execute", lambda *event: said.append(event[2].split()[0]))

    for generation in (first, second):
        write_snapshot(bench.database, generation, Snapshot(blocks[:], blocks[:]))
    drop_other_snapshots(bench.database, second.source_id, second.number)

    assert bench.count(catalogue_snapshots) == 3
    written = [word for word in said if word in ("BEGIN", "INSERT", "DELETE")]
    assert written.count("INSERT") == 6
    assert all("BEGIN" in pair for pair in pairwise(written))


def test_what_an_earlier_release_has_staged_is_applied(bench):
    bench.refresh(playlist(*FILMS))
    row, ids = bench.row(), bench.ids()
    content = [None, "film", "url", "New Name", "{base}/x.mkv", *(None,) * 14, False, None]
    values = {"source_id": row.id, "generation": row.generation, "fields": json.dumps(content)}
    with bench.database.begin() as connection:
        connection.execute(entry_updates.insert().values(entry_id=ids["movie:2"], **values))

    clear_interrupted(bench.tools)

    assert bench.visible()["movie:2"] == "New Name"
    assert bench.count(entry_updates) == 0


def test_of_a_known_entry_only_what_differs_is_staged(any_bench):
    any_bench.refresh(playlist(*FILMS))
    row, ids = any_bench.row(), any_bench.ids()
    old = ("", "film", "url", "Film", "{base}/x.mkv", *("",) * 7)
    new = (*old[:3], "New Name", *old[4:], *("",) * 4, 5400, "", "", False, "")
    with writing(any_bench.database) as connection:
        generation = Generation(row.id, row.generation, any_bench.tools.clock())
        stage_changes(connection, generation, {ids["movie:2"]: new}, {ids["movie:2"]: old})
        (staged,) = connection.scalars(select(entry_updates.c.fields))

    clear_interrupted(any_bench.tools)

    assert json.loads(staged) == {"name": "New Name", "duration_s": 5400}
    with any_bench.database.connect() as connection:
        found = connection.execute(select(entries).where(entries.c.key == "movie:2")).one()
    assert (found.name, found.duration_s, found.group_title) == ("New Name", 5400, "VOD")


def test_a_lost_snapshot_costs_time_and_nothing_else(bench):
    bench.refresh(playlist(*FILMS))
    with bench.database.begin() as connection:
        connection.execute(catalogue_snapshots.delete())

    report = bench.refresh(playlist(*FILMS[1:], film(700)))

    assert (report.changes.added, report.changes.removed, report.changes.changed) == (1, 1, 0)


def test_the_last_playlists_are_kept_without_the_login(bench, clock):
    for number in range(4):
        bench.refresh(playlist(*FILMS, film(1000 + number)))
        clock.advance(3600)

    with bench.database.connect() as connection:
        kept = list_archives(connection)
    assert [copy.generation for copy in kept] == [4, 3]
    text = gzip.decompress(Path(kept[0].path).read_bytes()).decode()
    assert "{base}/movie/{username}/{password}/1003.mkv" in text
    assert "u1/p1" not in text and "tv.example" not in text
    assert len(list((bench.tools.data_dir / "archives" / "main").iterdir())) == 2


def test_a_source_that_is_changed_keeps_its_entries(bench):
    bench.refresh(playlist(*FILMS))
    before = bench.ids()
    other = bench.file.with_name("moved.m3u")
    bench.file.rename(other)
    with bench.database.begin() as connection:
        new = NewSource("main", "m3u", Credentials(path=str(other)))
        change_source(connection, bench.row(), new, bench.tools.secrets)

    report = bench.refresh()

    assert report.changes.touched == 0
    assert bench.ids() == before


def test_one_source_that_fails_does_not_stop_the_others(bench, tmp_path):
    second = tmp_path / "second.m3u"
    second.write_text(playlist(*FILMS))
    with bench.database.begin() as connection:
        new = NewSource("second", "m3u", Credentials(path=str(second)), priority=-1)
        add_source(connection, new, bench.tools.secrets, bench.tools.clock())

    report = refresh_sources(bench.tools, QuietRun())

    assert [source.outcome for source in report.sources] == [RefreshOutcome.FAILED, RefreshOutcome.REFRESHED]
    assert report.is_partial


def test_the_schedule_of_all_leaves_out_a_source_with_times_of_its_own(bench):
    with bench.database.begin() as connection:
        new = NewSource("own", "m3u", Credentials(path="/list.m3u"), SourceOptions(refresh="1 1 * * *"))
        add_source(connection, new, bench.tools.secrets, bench.tools.clock())

    report = refresh_sources(bench.tools, QuietRun(), None, RefreshOptions(without_own_times=True))

    assert [source.slug for source in report.sources] == ["main"]


def test_a_source_whose_login_cannot_be_read_any_longer_does_not_stop_the_others(bench, tmp_path):
    second = tmp_path / "second.m3u"
    second.write_text(playlist(*FILMS))
    with bench.database.begin() as connection:
        new = NewSource("second", "m3u", Credentials(path=str(second)), priority=-1)
        add_source(connection, new, SecretBox(other := Fernet.generate_key()), bench.tools.clock())
    readable = replace(bench.tools, secrets=SecretBox(other))

    report = refresh_sources(readable, QuietRun())

    assert [source.outcome for source in report.sources] == [RefreshOutcome.FAILED, RefreshOutcome.REFRESHED]
    assert "secret key" in report.sources[0].message


def test_one_of_two_sources_with_the_same_film_shares_its_title(bench, tmp_path):
    second = tmp_path / "second.m3u"
    second.write_text(playlist(*FILMS))
    with bench.database.begin() as connection:
        new = NewSource("second", "m3u", Credentials(path=str(second)))
        add_source(connection, new, bench.tools.secrets, bench.tools.clock())
    bench.file.write_text(playlist(*FILMS))

    refresh_sources(bench.tools, QuietRun())

    assert bench.count(titles) == 101  # and their group
    assert bench.count(entries) == 200


def test_details_that_were_asked_for_survive_a_changed_line(bench):
    bench.refresh(playlist(*FILMS))
    with bench.database.begin() as connection:
        connection.execute(entries.update().where(entries.c.key == "movie:3").values(duration_s=6000, tmdb_id=77))

    bench.refresh(playlist(*FILMS[:3], film(3, group="Other"), *FILMS[4:]))

    with bench.database.connect() as connection:
        row = connection.execute(select(entries).where(entries.c.key == "movie:3")).mappings().one()
    assert (row["duration_s"], row["tmdb_id"], row["group_title"]) == (6000, 77, "Other")


def test_a_shrink_may_be_allowed_for_one_source(bench):
    bench.refresh(playlist(*FILMS))
    with bench.database.begin() as connection:
        row = get_source(connection, "main")
        options = replace(row.options, max_shrink=1.0)
        change_source(
            connection, row, NewSource("main", "m3u", Credentials(path=str(bench.file)), options), bench.tools.secrets
        )

    assert bench.refresh(playlist(*FILMS[:3])).outcome is RefreshOutcome.REFRESHED


def test_a_copy_that_cannot_be_written_is_reported_and_the_catalogue_still_changes(bench):
    (bench.tools.data_dir / "archives").write_text("in the way")

    report = bench.refresh(playlist(*FILMS))

    assert report.outcome is RefreshOutcome.REFRESHED
    assert "no copy of the playlist could be written" in report.message
    assert len(bench.visible()) == 100


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no priority of a thread")
def test_the_copy_is_compressed_by_a_thread_that_stands_back_and_the_refresh_keeps_its_priority(bench, monkeypatch):
    before = os.getpriority(os.PRIO_PROCESS, 0)
    priorities: list[int] = []
    write = os.replace

    def watched(*names: object) -> None:  # the last thing that the thread does
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        write(*names)

    monkeypatch.setattr(os, "replace", watched)
    bench.refresh(playlist(*FILMS))

    assert priorities == [PRIORITY]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


class _OneList(BaseHTTPRequestHandler):
    """A provider whose entries come from elsewhere and carry no login; its pictures do."""

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        logo = "http://img.example/p.php?username=ann-login&password=s3cret-pass"
        lines = [f'#EXTINF:-1 tvg-logo="{logo}",Film {n} (2001)\nhttp://cdn.example/{n}.mkv\n' for n in range(5)]
        body = ("#EXTM3U\n" + "".join(lines)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        pass


def test_the_login_of_the_lists_own_address_is_neither_in_logos_nor_in_copies(bench):
    with ThreadingHTTPServer(("127.0.0.1", 0), _OneList) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/get.php?username=ann-login&password=s3cret-pass&type=m3u"
        with bench.database.begin() as connection:
            new = NewSource("main", "m3u", Credentials(url=url))
            change_source(connection, bench.row(), new, bench.tools.secrets)
        report = bench.refresh()
        server.shutdown()

    assert (report.outcome, report.oddities["login-in-logo"]) == (RefreshOutcome.REFRESHED, 5)
    with bench.database.connect() as connection:
        logos = set(connection.scalars(select(entries.c.logo)))
        (copy,) = list_archives(connection)
    assert logos == {"http://img.example/p.php?username={username}&password={password}"}
    assert b"s3cret-pass" not in gzip.decompress(Path(copy.path).read_bytes())


def test_a_partial_copy_of_a_killed_refresh_is_removed_by_the_next(bench):
    folder = bench.tools.data_dir / "archives" / "main"
    folder.mkdir(parents=True)
    (folder / "20260101T000000Z-1.m3u.part").write_bytes(b"half")

    bench.refresh(playlist(*FILMS))

    assert [path.suffix for path in folder.iterdir()] == [".gz"]


def test_the_habits_of_a_list_are_learnt_with_its_refresh_and_kept_by_the_next(any_bench):
    endings = ("dabor", "fenil", "gomat", "hurez", "jipol", "kavun", "lerat")
    names = [f"{first}{last}" for first in ("Ka", "Lo", "Mi", "Nu", "Pe", "Ri", "So", "Tu") for last in endings]
    films = [film(n, f"SCX - {name} (2001)") for n, name in enumerate(names)]

    any_bench.refresh(playlist(*films))
    first = any_bench.row().counts["habits"]
    any_bench.refresh(playlist(*films, film(999, "Another Film (2001)")))

    assert first["marks"] == ["scx"]
    assert any_bench.row().counts["habits"] == first
