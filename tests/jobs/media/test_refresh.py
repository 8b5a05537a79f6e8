"""When a media server is told of new files, and what becomes of a folder that it does not take."""

from datetime import timedelta
from pathlib import Path

import pytest

from stalkeer.jobs.media.refresh import MediaContext, note_new_file, tell_media_server
from stalkeer.settings.sections.connections import MediaServerSettings
from stalkeer.store.media.folders import claim_folder, list_folders
from tests.doubles.media_servers import KINDS, PLEX, TOKEN, media_server

FILM = Path("/media/films/Alien (1979)/Alien (1979).mkv")
SEASON = [Path(f"/media/series/Lost/Season 01/Lost - S01E{number:02d}.mkv") for number in range(1, 25)]


class House:
    """A database with finished files, and a media server."""

    def __init__(self, database, clock, server, **more):
        self.database, self.clock, self.server = database, clock, server
        given = {"type": server.kind, "url": server.url, "token": TOKEN, "refresh": True, **more}
        self.settings = MediaServerSettings.model_validate(given)
        self.context = MediaContext(database, lambda: self.settings, clock)

    def finish(self, *files):
        with self.database.begin() as connection:
            for file in files:
                note_new_file(connection, self.settings, file, self.clock())

    def look(self, after_s=0.0):
        self.clock.advance(after_s)
        while tell_media_server(self.context):
            pass

    def waiting(self):
        with self.database.connect() as connection:
            return list_folders(connection)


@pytest.fixture(params=KINDS)
def server(request):
    with media_server(request.param) as double:
        yield double


@pytest.fixture
def plex():
    with media_server(PLEX) as double:
        yield double


def test_a_server_is_told_of_the_folder_of_a_new_file(any_database, clock, server):
    house = House(any_database, clock, server)

    house.finish(FILM)
    house.look()

    assert server.told == [str(FILM.parent)]
    assert house.waiting() == []


def test_the_files_of_a_season_are_told_once_and_no_folder_twice_a_minute(any_database, clock, server):
    house = House(any_database, clock, server)

    for file in SEASON:
        house.finish(file)
        house.look(after_s=4)

    assert len(server.told) == 2  # at once, and after a minute; 24 files took 96 seconds
    house.look(after_s=60)
    assert server.told == [str(SEASON[0].parent)] * 3
    house.look(after_s=600)
    assert len(server.told) == 3


def test_a_path_mapping_translates_the_folder(database, clock, server):
    server.libraries = {"Films": ("/films",)}
    house = House(database, clock, server, path_mappings=["/media=/other", "/media/films = /films"])

    house.finish(FILM)
    house.look()

    assert server.told == ["/films/Alien (1979)"]


def test_every_section_of_plex_that_contains_the_folder_is_told_and_no_other(database, clock, plex):
    plex.libraries = {"Films": ("/media/films",), "Filmstrips": ("/media/films2",), "All": ("/media",)}

    house = House(database, clock, plex)
    house.finish(FILM)
    house.look()

    assert plex.refreshed == ["Films", "All"]


def test_a_folder_of_no_library_is_tried_again_and_its_error_says_what_to_do(database, clock, server):
    house = House(database, clock, server)

    house.finish(Path("/elsewhere/Alien/Alien.mkv"), FILM)
    house.look()

    assert server.told == [str(FILM.parent)]
    [waiting] = house.waiting()
    assert "contains /elsewhere/Alien. Add its folder" in waiting.error
    server.libraries = {"Films": ("/elsewhere",)}
    house.look(after_s=30)
    assert server.told[-1] == "/elsewhere/Alien"


def test_a_server_that_is_down_for_an_hour_is_asked_seldom_and_told_of_everything_then(any_database, clock, server):
    house = House(any_database, clock, server)
    folders = [Path(f"/media/films/Film {number}/Film.mkv") for number in range(50)]
    house.finish(*folders)
    server.status = 503

    for _ in range(3600 // 5):
        house.look(after_s=5)

    assert server.asked < 12
    server.status = 0
    house.look(after_s=600)
    assert sorted(server.told) == sorted(str(file.parent) for file in folders)
    assert house.waiting() == []


def test_a_folder_that_another_process_has_taken_is_not_told(any_database, clock, server):
    house = House(any_database, clock, server)
    house.finish(FILM)
    [folder] = house.waiting()

    with any_database.begin() as connection:
        assert claim_folder(connection, folder, clock() + timedelta(minutes=2))
        assert not claim_folder(connection, folder, clock() + timedelta(minutes=2))
    house.look()

    assert server.told == []
    house.look(after_s=120)  # that process was killed
    assert server.told == [str(FILM.parent)]


def test_a_file_that_comes_while_the_server_is_told_is_told_too(database, clock, plex):
    house = House(database, clock, plex)
    house.finish(FILM)
    tell = plex._refresh_section

    def tell_late(number, path):
        house.finish(FILM)
        return tell(number, path)

    plex._refresh_section = tell_late
    house.look()
    plex._refresh_section = tell
    house.look(after_s=60)

    assert plex.told == [str(FILM.parent)] * 2


@pytest.mark.parametrize("off", [{"refresh": False}, {"type": "none"}])
def test_no_folder_is_stored_or_reported_without_the_setting_refresh(database, clock, plex, off):
    house = House(database, clock, plex, **off)

    house.finish(FILM)
    house.look()

    assert (plex.asked, house.waiting()) == (0, [])


def test_what_is_not_taken_for_a_week_is_given_up(database, clock, plex):
    house = House(database, clock, plex)
    house.finish(Path("/elsewhere/Alien/Alien.mkv"))

    for _ in range(8 * 24):
        house.look(after_s=3600)

    assert house.waiting() == []
