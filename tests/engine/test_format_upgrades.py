"""Upgrades by custom formats: from the scores of the instance to its library, and no file fetched for nothing."""

import pytest
from sqlalchemy import update

from stalkeer.demo.arr_profiles import quality_profile
from stalkeer.jobs.downloads.choosing import hindrance_of
from stalkeer.jobs.releases.scores import read_missing_scores
from stalkeer.model import DownloadState
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import entries
from tests.doubles.house import digest
from tests.engine.test_upgrades import WEBDL_1080, open_library

S = DownloadState
HDTV_720, WEBDL_2160 = 4, 18
programs = pytest.mark.parametrize("program", ["Radarr", "Sonarr"])


class Scored:
    """A library whose instance scores releases, with a French entry of a resolution."""

    def __init__(self, library, resolution=1080, score=100, present=0, **limits):
        self.library, self.server = library, library.server
        profile = quality_profile(self.server.program, cutoff=WEBDL_2160, resolutions=(480, 720, 1080, 2160))
        self.server.profiles[:] = [profile | {"cutoffFormatScore": 1000} | limits]
        self.server.add_custom_format("French", "FRENCH", score=score)
        self.server.add_custom_format("Of the present file", "PRESENT", score=present)
        library.item.file.scene_name = "Dune.PRESENT.1080p"
        library.sync()
        entry = library.list(resolution, 2)
        with self.database.begin() as connection:
            connection.execute(update(entries).where(entries.c.id == entry).values(languages="fr"))

    @property
    def database(self):
        return self.library.house.database

    def ask(self, **more):
        return read_missing_scores(self.database, self.library.house.app.arrs, **more)

    @property
    def hindrance(self):
        with self.database.connect() as connection:
            return hindrance_of(connection, self.library.wanted())


@programs
def test_a_higher_score_replaces_a_file_of_the_same_quality_once(tmp_path, database, running, program):
    with open_library(tmp_path, database, program, WEBDL_1080) as library:
        scored = Scored(library)

        assert scored.ask() == 2
        report = library.queue()
        (download,) = report.queued
        running(library.house.engine())
        library.house.await_state(download, S.COMPLETED)

        assert report.planned[0].reasons[-1] == "its custom format score 100 is above 0 of the present file"
        assert digest(library.file) == digest(library.bodies[1080])
        library.sync()
        scored.ask()
        assert library.queue().queued == (), "the file has the score now"


@programs
@pytest.mark.parametrize(("score", "limits", "why"), [
    (50, {"present": 100}, "its custom format score 50 is not above 100 of the present file"),
    (100, {"present": 100}, "its custom format score 100 is not above 100 of the present file"),
    (-50, {"present": -100}, "its custom format score -50 is below the profile's minimum of 0"),
    (105, {"present": 100, "minUpgradeFormatScore": 10},
     "its custom format score 105 is above 100 of the present file by less than 10, which the profile requires"),
    (200, {"present": 100, "cutoffFormatScore": 100},
     "the custom format score 100 of the present file meets the profile's cutoff of 100; 200 is no gain"),
])  # fmt: skip
def test_nothing_is_fetched_that_the_scores_refuse(tmp_path, database, program, score, limits, why):
    with open_library(tmp_path, database, program, WEBDL_1080) as library:
        scored = Scored(library, score=score, **limits)
        scored.ask()

        report = library.queue()

        assert report.queued == ()
        assert report.refused[0].reasons[-1] == why
        assert scored.hindrance.endswith(f"{why}.")


def test_a_better_quality_is_taken_whatever_the_score_but_not_below_the_minimum(tmp_path, database):
    with open_library(tmp_path, database, "Radarr", HDTV_720) as library:
        scored = Scored(library, score=50, present=100)
        scored.ask()
        assert len(library.queue().planned) == 1


def test_a_better_quality_below_the_minimum_score_is_left_alone(tmp_path, database):
    with open_library(tmp_path, database, "Radarr", HDTV_720) as library:
        scored = Scored(library, score=-50)
        scored.ask()

        assert library.queue().queued == ()


def test_a_score_is_asked_for_once_and_again_after_a_week_or_another_profile(tmp_path, database):
    with open_library(tmp_path, database, "Radarr", WEBDL_1080) as library:
        scored = Scored(library)

        assert [scored.ask(), scored.ask()] == [2, 0]
        scored.server.profiles[0]["formatItems"][0]["score"] = 70
        library.sync()
        assert "not known yet" in scored.hindrance
        assert [scored.ask(), scored.ask()] == [2, 0]
        assert library.queue().planned[0].reasons[-1] == "its custom format score 70 is above 0 of the present file"


def test_no_more_scores_are_asked_for_in_one_go_than_allowed(tmp_path, database):
    with open_library(tmp_path, database, "Radarr", WEBDL_1080) as library:
        scored = Scored(library)

        assert scored.ask(most=1) == 1
        assert library.queue().queued == ()
        assert scored.ask(most=1) == 1
        assert len(library.queue().queued) == 1


@pytest.mark.parametrize("why", ["no scores in the profile", "nothing has a file", "upgrades are not wished"])
def test_an_instance_is_not_asked_where_scores_decide_nothing(tmp_path, database, why):
    with open_library(tmp_path, database, "Radarr", WEBDL_1080) as library:
        scored = Scored(library, score=0 if why.startswith("no scores") else 100)
        if why == "nothing has a file":
            library.item.file = None
            library.sync()
        elif why == "upgrades are not wished":
            library.sync(WantedSettings())

        assert scored.ask() == 0


@pytest.mark.parametrize("version", ["4.0.3.5879", "4.6.0.7000"])
def test_an_older_version_is_asked_once_and_decides_by_quality(tmp_path, database, version):
    with open_library(tmp_path, database, "Radarr", WEBDL_1080) as library:
        scored = Scored(library)
        scored.server.reported_version = version

        assert [scored.ask(), scored.ask()] == [2, 0]
        assert library.queue().queued == ()
        assert scored.hindrance == "No match is better than the present file."


def test_a_list_of_movies_does_not_say_what_score_a_file_has(tmp_path, database):
    """Radarr's list gives every file the score 0, whatever its custom formats."""
    with open_library(tmp_path, database, "Radarr", WEBDL_1080) as library:
        scored = Scored(library, score=50, present=100)
        scored.ask()

        assert library.queue().queued == ()
