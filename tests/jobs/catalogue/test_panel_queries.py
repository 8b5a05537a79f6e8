"""An account's lists as a source: refreshed, guarded, expanded on request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from stalkeer.demo.exchange import Exchange
from stalkeer.demo.panel import Channel, PanelMovie, PanelSeries, SeriesEpisode
from stalkeer.demo.provider import Provider
from stalkeer.jobs.catalogue.movie_extensions import find_address
from stalkeer.jobs.catalogue.panel_queries import ask_account, expand_series
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.refresh.refresh import RefreshContext, RefreshOutcome, SourceReport, refresh_sources
from stalkeer.jobs.refresh.start import RefreshOptions
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.settings.sections.jobs import CatalogueSettings
from stalkeer.store.db.database import Database
from stalkeer.store.db.tables import entries
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.rows import SourceRow
from stalkeer.store.sources.sources import add_source, change_source, get_source
from tests.doubles.clock import FakeClock


class House:
    def __init__(self, tools: RefreshContext, provider: Provider, clock: FakeClock) -> None:
        self.tools, self.provider, self.clock = tools, provider, clock

    def refresh(self, **how: bool) -> SourceReport:
        return refresh_sources(self.tools, QuietRun(), "tv", RefreshOptions(**how)).sources[0]

    def row(self) -> SourceRow:
        with self.tools.database.connect() as connection:
            return get_source(connection, "tv")

    def visible(self, kind: str) -> dict[str, int]:
        generation = self.row().generation
        query = select(entries.c.name, entries.c.id).where(
            entries.c.kind == kind,
            entries.c.added_gen <= generation,
            (entries.c.gone_gen.is_(None)) | (entries.c.gone_gen > generation),
        )
        with self.tools.database.connect() as connection:
            return {row.name: row.id for row in connection.execute(query)}

    def expand(self, *keys: str):
        return expand_series(self.tools, self.row().id, keys, QuietRun(), self.clock.sleep)

    def allow(self, per_minute: int) -> None:
        settings = Settings(data_dir=self.tools.data_dir, catalogue=CatalogueSettings(questions_per_minute=per_minute))
        self.tools = replace(self.tools, settings=lambda: settings)

    def addresses(self) -> dict[str, str]:
        with self.tools.database.connect() as connection:
            query = select(entries.c.key, entries.c.url).where(entries.c.kind == "film")
            return {row.key: row.url.rpartition("/")[2] for row in connection.execute(query)}

    def questions(self, action: str) -> int:
        return sum(f"action={action}" in request.target for request in self.provider.requests)


@pytest.fixture
def house(any_database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    settings = Settings(data_dir=tmp_path)
    with Provider() as provider:
        provider.account("ann", "s3cret", max_connections=2)
        provider.listing.movies = [PanelMovie(n, f"Film {n} (2001)", tmdb_id=n, duration_s=5400) for n in range(1, 21)]
        provider.listing.channels = [Channel(900, "News")]
        provider.listing.series = [
            PanelSeries(7, "Dark Harbour", tuple(SeriesEpisode(70 + n, 1, n, f"Part {n}") for n in range(1, 4))),
            PanelSeries(8, "Silver River", (SeriesEpisode(80, 0, 1, "Special"),)),
        ]
        tools = RefreshContext(any_database, SecretBox(Fernet.generate_key()), lambda: settings, tmp_path, clock)
        with any_database.begin() as connection:
            new = NewSource("tv", "xtream", Credentials(url=provider.url, username="ann", password="s3cret"))
            add_source(connection, new, tools.secrets, clock())
        yield House(tools, provider, clock)


def test_an_account_is_listed_without_asking_for_each_series(house):
    report = house.refresh()

    assert dict(report.kinds) == {"film": 20, "series": 2, "live": 1}
    assert house.questions("get_series_info") == 0
    row = house.row()
    assert (row.account_status, row.account_max) == ("active", 2)
    assert house.refresh().outcome is RefreshOutcome.UNCHANGED


def test_only_what_the_account_changed_is_written(house):
    house.refresh()
    films = house.provider.listing.movies
    house.provider.listing.movies = [
        replace(films[0], name="Other Name (2001)"),
        *films[2:],
        PanelMovie(99, "New (2020)"),
    ]

    changes = house.refresh().changes

    assert (changes.added, changes.changed, changes.removed) == (1, 1, 1)


def test_an_expired_account_keeps_its_catalogue(house):
    house.refresh()
    house.provider.accounts["ann"].status = "Expired"

    report = house.refresh()

    assert report.outcome is RefreshOutcome.FAILED
    assert "expired" in report.message
    assert len(house.visible("film")) == 20
    assert house.row().account_status == "expired"


def test_an_account_that_lists_nothing_at_night_keeps_its_catalogue(house):
    house.refresh()
    house.provider.listing.movies, house.provider.listing.series, house.provider.listing.channels = [], [], []

    assert house.refresh().outcome is RefreshOutcome.REFUSED
    assert len(house.visible("film")) == 20


def test_episodes_are_asked_for_once_and_seen_at_once(house):
    house.refresh()

    report = house.expand("show:7")

    assert (report.asked, report.entries) == (1, 3)
    episodes = house.visible("episode")
    assert len(episodes) == 3
    with house.tools.database.connect() as connection:
        query = select(entries.c.season, entries.c.episode, entries.c.url, entries.c.title_id)
        rows = connection.execute(query.where(entries.c.kind == "episode").order_by(entries.c.episode)).all()
    assert [(row.season, row.episode) for row in rows] == [(1, 1), (1, 2), (1, 3)]
    assert rows[0].url == "{base}/series/{username}/{password}/71.mkv"
    assert len({row.title_id for row in rows}) == 1
    assert house.expand("show:7").cached == 1
    assert house.questions("get_series_info") == 1
    assert house.row().counts["kinds"]["episode"] == 3


def test_episodes_survive_refreshes_and_go_with_their_series(house):
    house.refresh()
    house.expand("show:7", "show:8")
    before = house.visible("episode")
    house.provider.listing.movies.append(PanelMovie(99, "New (2020)"))
    house.refresh()
    assert house.visible("episode") == before

    house.provider.listing.series = house.provider.listing.series[1:]
    report = house.refresh()

    assert report.changes.removed == 4
    assert len(house.visible("episode")) == 1
    assert house.row().counts["kinds"]["episode"] == 1


def test_a_series_that_changed_is_asked_for_again(house):
    house.refresh()
    house.expand("show:7")
    before = house.visible("episode")
    series = house.provider.listing.series[0]
    later = (*series.episodes[1:], SeriesEpisode(79, 1, 4, "Part 4"))
    house.provider.listing.series[0] = replace(series, episodes=later, last_modified=1_800_000_000)
    house.refresh()

    assert house.expand("show:7").asked == 1

    now = house.visible("episode")
    assert len(now) == 3
    assert sum(before[name] == now[name] for name in set(before) & set(now)) == 2


def test_a_panel_is_asked_slowly_and_left_alone_when_it_fails(house):
    house.provider.listing.series = [PanelSeries(n, f"Series {n}", ()) for n in range(1, 11)]
    house.refresh()
    house.expand("show:1", "show:2", "show:3")
    assert len(house.clock.slept) == 2
    house.provider.hook = lambda exchange: "series_info" in exchange.request.target and (exchange.close() or True)

    report = house.expand(*(f"show:{n}" for n in range(4, 11)))

    assert (report.failed, report.postponed) == (3, 4)


# cmc0619/vod2strm #45, firestaerter3/Jellyfin-Xtream-Library #1, m3ue/m3u-editor #533: accounts are barred for more
@pytest.mark.parametrize("per_minute", [1, 5, 30])
def test_no_minute_has_more_questions_than_the_setting_allows_even_over_restarts(house, per_minute):
    house.provider.listing.series = [PanelSeries(n, f"Series {n}", ()) for n in range(1, 3 * per_minute + 2)]
    house.refresh()
    house.allow(per_minute)
    asked: list[datetime] = []

    def note(exchange: Exchange) -> None:
        if "series_info" in exchange.request.target:
            asked.append(house.clock())

    house.provider.hook = note
    keys = [f"show:{n}" for n in range(1, 3 * per_minute + 2)]

    for part in range(0, len(keys), 2):  # each call is another run, as after a restart
        assert house.expand(*keys[part : part + 2]).failed == 0

    assert len(asked) == len(keys)
    assert all(
        later - earlier >= timedelta(minutes=1) for earlier, later in zip(asked, asked[per_minute:], strict=False)
    )


def test_waiting_for_the_next_question_shows_its_progress_and_can_be_cancelled(house):
    house.provider.listing.series = [PanelSeries(n, f"Series {n}", ()) for n in range(1, 6)]
    house.refresh()
    house.allow(2)
    run = QuietRun()

    def cancel(seconds: float) -> None:
        house.clock.sleep(seconds)
        run.cancelled = len(house.clock.slept) > 10

    report = expand_series(house.tools, house.row().id, [f"show:{n}" for n in range(1, 6)], run, cancel)

    assert (report.asked, report.postponed) == (2, 3)
    assert run.shown == [(2, 5, "asking the account about single series, at most 2 a minute")]


def test_a_series_that_fails_is_not_asked_for_at_every_match(house):
    house.refresh()
    house.provider.hook = lambda exchange: "series_id=7" in exchange.request.target and (exchange.close() or True)

    def asked(after: timedelta = timedelta()) -> int:
        house.clock.advance(after.total_seconds())
        before = house.questions("get_series_info")
        house.expand("show:7", "show:8")
        return house.questions("get_series_info") - before

    assert asked() == 2
    assert asked() == asked(timedelta(minutes=50)) == 0
    assert asked(timedelta(minutes=11)) == 1  # the second failure: now it rests for six hours
    assert asked(timedelta(hours=5)) == 0
    assert asked(timedelta(hours=2)) == 1
    house.provider.listing.series = [
        replace(series, last_modified=1_900_000_000) for series in house.provider.listing.series
    ]
    house.refresh()
    assert asked() == 2  # the account says that they changed


@pytest.mark.parametrize("named", ["mkv", "MP4", "", "../x"])
def test_the_extension_that_a_list_lacks_is_asked_for_and_remembered(house, named):
    house.provider.listing.movies = [PanelMovie(1, "Film 1 (2001)", extension=""), PanelMovie(2, "Film 2 (2002)")]
    house.refresh()
    source_id = house.row().id
    assert house.addresses() == {"movie:1": "1.{extension}", "movie:2": "2.mkv"}
    house.provider.listing.movies[0] = PanelMovie(1, "Film 1 (2001)", extension=named)

    with house.tools.database.connect() as connection:
        [template] = connection.scalars(select(entries.c.url).where(entries.c.key == "movie:1"))
    address = find_address(house.tools, source_id, "movie:1", template)

    wanted = {"mkv": "1.mkv", "MP4": "1.mp4"}.get(named, "1")
    assert address.rpartition("/")[2] == house.addresses()["movie:1"] == wanted
    house.provider.listing.movies = [PanelMovie(1, "Film One (2001)", extension=""), PanelMovie(2, "Film 2 (2002)")]
    house.refresh(anew=True)
    assert house.addresses()["movie:1"] == wanted


def test_the_account_tells_its_connections(house):
    reply = ask_account(house.tools, house.row().id)

    assert reply is not None
    assert (reply.status, reply.maximum) == ("active", 2)


def test_another_password_changes_no_entry(house):
    house.refresh()
    before = house.visible("film")
    house.provider.account("ann", "other-pass", max_connections=2)
    with house.tools.database.begin() as connection:
        new = NewSource("tv", "xtream", Credentials(url=house.provider.url, username="ann", password="other-pass"))
        change_source(connection, house.row(), new, house.tools.secrets)

    assert house.refresh().changes.touched == 0
    assert house.visible("film") == before
