"""Videos that other programs put into a watch folder are taken when they are finished, whole and wanted."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stalkeer.core.downloads.watch import WatchState as W
from stalkeer.demo.media import EPISODE_24, MOVIE_90, media
from stalkeer.engine.build import build_engine
from stalkeer.errors import Conflict, NotFound
from stalkeer.jobs.downloads.actions import Verb, act_on
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.jobs.matching.library_cache import Matching
from stalkeer.jobs.watch.actions import choose_item, retry_file
from stalkeer.jobs.watch.folder import WatchContext, look_at_watch_folders, part_of
from stalkeer.model import DownloadState as S
from stalkeer.store.downloads.downloads import list_downloads
from stalkeer.store.journal.events import list_events
from stalkeer.store.system.retention import delete_some_old, old_downloads
from stalkeer.store.watch.watch_files import list_watch_files
from tests.doubles.house import House, digest, eventually, now, open_house

SIZE = 400_000
GIVEN = {"import.mode": "manual", "downloads.verify_downloads": True, "watch.settle": "60s"}


class NoNamesakes:
    """A catalogue of movies and series in which nobody else has the title."""

    def search(self, kind: str, title: str) -> tuple:
        return ()


@dataclass
class Watched:
    """A house with a watch folder, whose looks are made by the test at times of its own."""

    house: House
    folder: Path
    later: timedelta = timedelta(0)
    is_stopping: bool = False

    def clock(self) -> datetime:
        return now() + self.later

    @property
    def context(self) -> WatchContext:
        app = self.house.app
        queue = DownloadQueue(app.database, self.clock, lambda: app.settings)
        matching = Matching(app.database, app.settings.matching, self.clock, lookup=NoNamesakes())
        return WatchContext(queue, app.secrets, lambda: matching, lambda: self.is_stopping)

    def look(self, after_s: float = 61.0) -> bool:
        self.later += timedelta(seconds=after_s)
        return look_at_watch_folders(self.context)

    def look_twice(self) -> bool:
        self.look()
        return self.look()

    def put(self, name: str, body: object = None) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        film = media(MOVIE_90, SIZE, 1)
        path.write_bytes(film.read(0, film.size) if body is None else body)
        return path

    def want(self, title: str, runtime_min: int = 90) -> int:
        """Let Radarr miss a movie of 2020."""
        movie = self.house.radarr.add_movie(title, 2020, runtime_min=runtime_min)
        return self.house.film(title, arr_id=movie.id, runtime_min=runtime_min)

    def files(self) -> list:
        with self.house.database.connect() as connection:
            return list_watch_files(connection)

    def the_file(self):
        (file,) = self.files()
        return file

    def downloads(self) -> list:
        with self.house.database.connect() as connection:
            return list_downloads(connection)


@pytest.fixture
def watched(tmp_path, any_database, request):
    folder = tmp_path / "watch"
    folder.mkdir()
    given = {**GIVEN, "watch.folders": [str(folder)], **getattr(request, "param", {})}
    with open_house(tmp_path, any_database, given) as house:
        house.radarr.library.mkdir(exist_ok=True)
        for name in ("movies", "tvshows", "temp"):
            getattr(house.app.settings.directories, name).mkdir(parents=True, exist_ok=True)
        yield Watched(house, folder)


def test_a_finished_film_is_imported_and_leaves_the_watch_folder(watched, running):
    watched.want("Dune")
    path = watched.put("Dune.2020.1080p.WEB-DL.x264-GRP.mkv")
    before = digest(path.read_bytes())
    assert not watched.look(), "a file that is seen for the first time may still be written"

    assert watched.look()

    (download,) = watched.downloads()
    running(watched.house.engine())
    row = watched.house.await_state(download.id, S.COMPLETED)
    movie = watched.house.radarr.movies[row.items[0].arr_id]
    assert digest(Path(movie.file.path).read_bytes()) == before
    assert "1080p" in row.outcome.release
    assert path.exists(), "it stays until the import is confirmed and seen"
    watched.look()
    assert not path.exists()
    assert watched.the_file().state is W.IMPORTED


@pytest.mark.parametrize("watched", [{"watch.keep": True}], indirect=True)
def test_a_kept_file_is_not_imported_twice_although_the_instance_changes_its_time(watched, running):
    watched.want("Dune")
    path = watched.put("Dune.2020.mkv")
    watched.look_twice()
    (download,) = watched.downloads()
    running(watched.house.engine())
    watched.house.await_state(download.id, S.COMPLETED)
    os.utime(path, (1, 1))

    watched.look_twice()
    watched.look_twice()

    assert path.exists()
    assert watched.the_file().state is W.IMPORTED
    assert len(watched.downloads()) == 1


def test_a_file_that_changes_between_two_looks_waits(watched):
    watched.want("Dune")
    path = watched.put("Dune.2020.mkv")
    for size in (1, 2, 3):
        watched.look()
        with path.open("ab") as file:
            file.write(bytes(size))

    assert not watched.look()
    assert watched.the_file().state is W.NEW
    assert watched.downloads() == []


@pytest.mark.parametrize(
    "name", ["Dune.2020.mkv.part", "Dune.2020.mkv.!qB", "Dune.2020.tmp", "Dune.mkv.crdownload", ".Dune.2020.mkv"]
)
def test_unfinished_and_hidden_files_are_ignored(watched, name):
    watched.want("Dune")
    watched.put(name)

    assert not watched.look_twice()
    assert watched.files() == []


def test_a_half_written_file_is_not_taken_and_keeps_its_reason_until_it_is_whole(watched):
    watched.want("Dune")
    film = media(MOVIE_90, SIZE, 1)
    whole = film.read(0, film.size)
    path = watched.put("Dune.2020.mkv", whole[: SIZE // 2])

    assert not watched.look_twice()

    assert watched.the_file().state is W.FAILED
    assert "cut short" in watched.the_file().reason
    updated_at = watched.the_file().updated_at
    watched.look_twice()
    assert watched.the_file().updated_at == updated_at, "it is not tried again"
    path.write_bytes(whole)
    watched.look()
    assert watched.look()


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("Dune.2020.mkv", b"<html>no film</html>" * 100, "not a video"),
        ("Dune.2020.mkv", b"", "empty file"),
        ("Dune.2020.mkv", media(EPISODE_24, SIZE, 3).read(0, SIZE), "plays 24 min"),
    ],
    ids=["a page", "empty", "another film"],
)
def test_what_is_no_whole_video_of_the_item_stays_with_its_reason(watched, name, body, reason):
    watched.want("Dune")
    path = watched.put(name, body)

    assert not watched.look_twice()

    assert watched.the_file().state is W.FAILED
    assert reason in watched.the_file().reason
    assert path.read_bytes() == body
    with watched.house.database.connect() as connection:
        kinds = [row.event.kind for row in list_events(connection)]
    assert kinds.count("watch.failed") == 1


def test_a_release_folder_with_one_video_is_matched_by_the_name_of_the_folder(watched):
    watched.want("Dune")
    watched.put("Dune.2020.1080p.BluRay-GRP/abc-dn1080.mkv")
    watched.put("Dune.2020.1080p.BluRay-GRP/Sample/abc-dn1080-sample.mkv", media(EPISODE_24, 60_000, 2).read(0, 60_000))

    assert watched.look_twice()

    (download,) = watched.downloads()
    assert download.identity.title == "Dune (2020)"
    assert len(watched.files()) == 1, "the sample is left out"


def test_a_release_folder_waits_for_its_unfinished_files(watched):
    watched.want("Dune")
    watched.put("Dune.2020-GRP/Dune.2020.mkv")
    rest = watched.put("Dune.2020-GRP/Dune.2020.nfo.!qB", b"")

    assert not watched.look_twice()
    assert ".!qB" in watched.the_file().reason

    rest.unlink()
    assert watched.look()


def test_episodes_of_a_season_folder_are_matched_each_by_its_own_name(watched):
    instance = watched.house.instance()
    first, second, third = watched.house.episodes("Severance", 7, [(1, 1, 1), (2, 1, 2), (3, 1, 3)], instance)
    body = media(MOVIE_90, SIZE, 4).read(0, SIZE)
    watched.put("Severance.S01.1080p/Severance.S01E01E02.1080p.mkv", body)
    watched.put("Severance.S01.1080p/Severance.S01E04.1080p.mkv", body)

    assert watched.look_twice()

    (download,) = watched.downloads()
    assert {item.wanted_id for item in download.items} == {first, second}
    assert third not in {item.wanted_id for item in download.items}
    states = {Path(file.found.path).name: file.state for file in watched.files()}
    assert states["Severance.S01E04.1080p.mkv"] is W.REVIEW


def test_symbolic_links_are_not_followed(watched, tmp_path):
    watched.want("Dune")
    outside = tmp_path / "outside"
    outside.mkdir()
    film = media(MOVIE_90, SIZE, 1)
    (outside / "Dune.2020.mkv").write_bytes(film.read(0, film.size))
    (watched.folder / "Dune.2020.mkv").symlink_to(outside / "Dune.2020.mkv")
    (watched.folder / "linked").symlink_to(outside)

    assert not watched.look_twice()
    assert watched.files() == []


def test_a_file_of_no_wanted_item_waits_for_the_user_or_for_a_later_scan(watched):
    watched.put("Dune.2020.mkv")
    watched.look_twice()
    assert (watched.the_file().state, watched.the_file().reason) == (W.REVIEW, "no wanted item has its name")

    watched.want("Dune")

    assert watched.look()


def test_the_user_chooses_the_item_of_a_file_without_a_name(watched, running):
    wanted_id = watched.want("Dune", runtime_min=200)
    watched.put("movie.mkv")
    watched.look_twice()
    file = watched.the_file()
    assert file.state is W.REVIEW

    choose_item(watched.context.queue, file.id, [wanted_id])
    assert watched.look(1)

    (download,) = watched.downloads()
    assert download.identity.title == "Dune (2020)"
    with pytest.raises(Conflict, match="is being imported"):
        choose_item(watched.context.queue, file.id, [wanted_id])
    running(watched.house.engine())
    watched.house.await_state(download.id, S.COMPLETED)


def test_a_choice_of_an_unknown_item_or_file_is_refused(watched):
    watched.put("movie.mkv")
    watched.look_twice()

    with pytest.raises(NotFound, match="wanted item 99"):
        choose_item(watched.context.queue, watched.the_file().id, [99])
    with pytest.raises(NotFound, match="no file 99"):
        choose_item(watched.context.queue, 99, [1])


def test_a_file_whose_item_is_being_downloaded_waits(watched):
    wanted_id = watched.want("Dune")
    entry = watched.house.entry(watched.house.source(), "/files/dune.mkv", b"x", "Dune")
    other = watched.house.queue(entry, wanted_id, "Dune")
    path = watched.put("Dune.2020.mkv")

    assert not watched.look_twice()
    assert "being downloaded already" in watched.the_file().reason
    assert not list(watched.house.app.settings.directories.temp.glob("*.part"))

    act_on(watched.context.queue, [other], Verb.CANCEL)
    assert watched.look()
    assert path.exists()


def test_a_kill_between_the_copy_and_its_record_loses_nothing(watched):
    watched.want("Dune")
    watched.put("Dune.2020.mkv")
    watched.look()
    part = part_of(watched.context, watched.the_file())
    part.write_bytes(b"half a copy of an earlier process")

    assert watched.look()

    assert part.stat().st_size == SIZE
    assert len(watched.downloads()) == 1


def test_a_cancelled_download_leaves_the_file_which_is_taken_again_only_on_request(watched):
    watched.want("Dune")
    path = watched.put("Dune.2020.mkv")
    watched.look_twice()
    (download,) = watched.downloads()

    act_on(watched.context.queue, [download.id], Verb.CANCEL)
    watched.look_twice()

    assert (watched.the_file().state, watched.the_file().reason) == (W.FAILED, "its download was cancelled")
    assert path.stat().st_size == SIZE
    (refused,) = act_on(watched.context.queue, [download.id], Verb.RETRY)
    assert "watch folder" in refused.reason
    retry_file(watched.context.queue, watched.the_file().id)
    watched.look()
    assert len(watched.downloads()) == 2


@pytest.mark.parametrize("order", ["list", "retention"])
def test_a_finished_download_that_leaves_the_list_before_the_next_look_is_shown_as_imported(watched, running, order):
    watched.want("Dune")
    path = watched.put("Dune.2020.mkv")
    watched.look_twice()
    (download,) = watched.downloads()
    running(watched.house.engine())
    watched.house.await_state(download.id, S.COMPLETED)

    act_on(watched.context.queue, [download.id], Verb.REMOVE)
    if order == "retention":
        with watched.house.database.begin() as connection:
            assert delete_some_old(connection, old_downloads(now() + timedelta(days=1))) == 0
    watched.look()

    assert (watched.the_file().state, watched.the_file().reason) == (W.IMPORTED, "")
    assert not path.exists()
    with watched.house.database.begin() as connection:
        assert delete_some_old(connection, old_downloads(now() + timedelta(days=1))) == 1


def test_a_part_that_somebody_removed_fails_the_download_and_keeps_the_file(watched, running):
    watched.want("Dune")
    path = watched.put("Dune.2020.mkv")
    watched.look_twice()
    (download,) = watched.downloads()
    part_of(watched.context, watched.the_file()).unlink()

    running(watched.house.engine())

    watched.house.await_state(download.id, S.FAILED)
    watched.look()
    assert watched.the_file().state is W.FAILED
    assert "somebody removed it" in watched.the_file().reason
    assert path.exists()


def test_a_folder_that_is_away_forgets_nothing_and_is_named(watched):
    watched.put("Dune.2020.mkv")
    watched.look_twice()
    moved = watched.folder.rename(watched.folder.with_name("away"))

    watched.look_twice()

    assert watched.the_file().state is W.REVIEW
    findings = watched.house.app.check_health().findings
    (message,) = [one.message for one in findings if one.check == "watch"]
    assert str(watched.folder) in message
    assert "does not exist" in message
    moved.rename(watched.folder)
    assert not [one for one in watched.house.app.check_health().findings if one.check == "watch"]


def test_a_file_that_was_taken_away_is_forgotten(watched):
    path = watched.put("Dune.2020.mkv")
    watched.look_twice()

    path.unlink()
    watched.look()

    assert watched.files() == []


@pytest.mark.parametrize("place", ["inside", "around"])
def test_a_watch_folder_that_overlaps_a_download_folder_is_not_used(tmp_path, database, place):
    data = tmp_path / "data" / "vod"
    folder = data / "incomplete" / "watch" if place == "inside" else data
    folder.mkdir(parents=True, exist_ok=True)
    with open_house(tmp_path, database, {**GIVEN, "watch.folders": [str(folder)]}) as house:
        watched = Watched(house, folder)
        watched.put("Dune.2020.mkv")

        assert not watched.look_twice()

        assert watched.files() == []
        (message,) = [one.message for one in house.app.check_health().findings if one.check == "watch"]
        assert "overlaps" in message


def test_a_file_for_two_instances_is_taken_once_for_both(watched):
    watched.want("Dune")
    other = watched.house.instance("radarr-4k")
    watched.house.film("Dune", other, arr_id=1)
    watched.put("Dune.2020.mkv")

    assert watched.look_twice()

    (download,) = watched.downloads()
    assert len(download.items) == 2


def test_a_running_engine_takes_files_by_itself(watched):
    """The program as it is wired, until the file is imported."""
    watched.want("Dune")
    watched.put("Dune.2020.mkv")
    app = replace(watched.house.app, clock=watched.clock)
    engine = build_engine(app)
    engine.launch()
    try:
        for _ in range(2):
            watched.later += timedelta(seconds=61)
            engine.wake()
            eventually(watched.files)
        eventually(lambda: watched.downloads() and watched.downloads()[0].state is S.COMPLETED)
    finally:
        engine.stop()
