"""Upgrades from the list of the instance to its library: only what is better by its profile, and refused only once."""

from contextlib import contextmanager

import pytest
from sqlalchemy import select

from stalkeer.demo.media import EPISODE_45, MOVIE_90, media
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.downloads.actions import Verb, act_on
from stalkeer.jobs.downloads.choosing import hindrance_of
from stalkeer.jobs.downloads.queue import queue_confirmed
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.model import DownloadState, WantedId
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import wanted
from tests.doubles.house import digest, now, open_house
from tests.doubles.instances import know

S = DownloadState
SIZE = 400_000
UPGRADES = WantedSettings(cutoff=True)
HDTV_720, WEBDL_720, WEBDL_1080 = 4, 5, 3
OLD = media(MOVIE_90, SIZE, 1)


def bytes_of(body):
    return body.read(0, body.size)


class Library:
    """An item with a file in a Radarr or Sonarr, and the entries of a playlist for it."""

    def __init__(self, house, server, held):
        self.house, self.server = house, server
        self.is_movie = server.program == "Radarr"
        self.bodies = {}
        self.layout = MOVIE_90 if self.is_movie else EPISODE_45
        if self.is_movie:
            self.item = server.add_movie("Dune", 2021, runtime_min=90)
            server.add_file(self.item, held, bytes_of(OLD))
        else:
            self.item = server.add_episode(server.add_series("Dune", 2021, runtime_min=45), 1, 2)
            server.add_file([self.item], held, bytes_of(OLD))

    @property
    def file(self):
        return self.item.file.path.read_bytes()

    def list(self, resolution, seed):
        body = media(self.layout, SIZE, seed)
        name = f"Dune {resolution}p {seed}"
        kind = "film" if self.is_movie else "episode"
        self.bodies[resolution] = bytes_of(body)
        entry = self.house.entry(self.house.source(), f"/files/{seed}.mkv", body, name, resolution, kind)
        self.house.match(self.wanted(), entry)
        return entry

    def sync(self, wishes=UPGRADES):
        sync_wanted(self.house.database, self.house.app.arrs, wishes, QuietRun())

    def wanted(self):
        with self.house.database.connect() as connection:
            query = select(wanted.c.id).where(wanted.c.gone_at.is_(None))
            return WantedId(connection.execute(query).scalar_one())

    def queue(self):
        return queue_confirmed(self.house.database, now)


@contextmanager
def open_library(tmp_path, database, program, held=HDTV_720):
    given = {"import.mode": "manual", "downloads.verify_downloads": True, "downloads.retry_attempts": 1}
    server_of = {"Radarr": Radarr, "Sonarr": Sonarr}[program]
    with open_house(tmp_path, database, given) as house, server_of(tmp_path / program) as server:
        server.library.mkdir(exist_ok=True)
        know(house.app.arrs, server)
        yield Library(house, server, held)


programs = pytest.mark.parametrize("program", ["Radarr", "Sonarr"])


@programs
def test_a_better_variant_replaces_the_file_and_a_worse_one_is_left_alone(tmp_path, database, running, program):
    with open_library(tmp_path, database, program) as library:
        library.sync()
        library.list(480, 2)
        library.list(1080, 3)

        (download,) = library.queue().queued
        running(library.house.engine())
        library.house.await_state(download, S.COMPLETED)

        assert digest(library.file) == digest(library.bodies[1080])
        assert library.item.file.quality["quality"]["id"] == WEBDL_1080
        library.sync()
        assert library.queue().queued == ()


@programs
def test_nothing_is_fetched_that_is_no_upgrade(tmp_path, database, program):
    with open_library(tmp_path, database, program, WEBDL_720) as library:
        library.sync()
        library.list(720, 2)
        library.list(480, 3)

        assert library.queue().queued == ()
        with library.house.database.connect() as connection:
            assert hindrance_of(connection, library.wanted()) == "No match is better than the present file."


@programs
@pytest.mark.parametrize("why", ["not wished", "upgrades off", "cutoff met"])
def test_an_item_is_left_alone_where_its_instance_or_the_user_wants_no_upgrade(tmp_path, database, program, why):
    with open_library(tmp_path, database, program) as library:
        library.sync()
        library.list(1080, 2)
        if why == "upgrades off":
            library.server.profiles[0]["upgradeAllowed"] = False
        elif why == "cutoff met":
            library.item.file.quality["quality"]["id"] = WEBDL_1080
            library.item.file.quality["quality"]["resolution"] = 1080
        library.sync(WantedSettings() if why == "not wished" else UPGRADES)

        assert library.queue().queued == ()


@programs
def test_an_upgrade_that_the_instance_refuses_is_not_fetched_again(tmp_path, database, running, program):
    with open_library(tmp_path, database, program) as library:
        library.sync()
        library.list(1080, 2)
        (download,) = library.queue().queued
        # meanwhile, the instance got a better file by itself, which is below a higher cutoff
        library.item.file.quality["quality"] |= {"id": 7, "name": "Bluray-1080p", "resolution": 1080}
        running(library.house.engine())

        row = library.house.await_state(download, S.BLOCKED)
        assert "Not an upgrade for existing" in row.outcome.error
        assert digest(library.file) == digest(bytes_of(OLD))
        library.sync()
        assert library.queue().queued == ()

        act_on(library.house.app.download_queue, [download], Verb.CANCEL)
        library.house.await_state(download, S.CANCELLED)
        library.sync()
        assert library.queue().queued == ()
