"""What instances tell of us becomes a finding with its fix, and goes when it is over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import stamina

from stalkeer.demo.arr_files import Mount
from stalkeer.demo.radarr import Radarr
from stalkeer.jobs.health.instances import look_through_instances
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.settings.sections.transfers import DirectorySettings
from stalkeer.store.journal.events import events_after
from stalkeer.store.system.health import list_findings
from tests.doubles.instances import clients, know


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def arrs(database, clock):
    clock.now = datetime.now(UTC)  # the demo servers tell the real time
    return clients(database, clock)


@pytest.fixture
def look(arrs, tmp_path):
    for name in ("library", "complete/movies", "complete/tv", "incomplete"):
        (tmp_path / name).mkdir(parents=True)
    folders = DirectorySettings(
        movies=tmp_path / "complete/movies", tvshows=tmp_path / "complete/tv", temp=tmp_path / "incomplete"
    )

    def run():
        look_through_instances(arrs, folders, QuietRun())
        with arrs.database.connect() as connection:
            return [row.finding for row in list_findings(connection)]

    return run


@pytest.fixture
def radarr(tmp_path, look):
    with Radarr(tmp_path / "library", strict=True) as server:
        yield server


def test_visible_folders_and_equal_clocks_give_no_finding(arrs, look, radarr):
    know(arrs, radarr)

    assert look() == []


def test_a_folder_that_an_instance_does_not_see_is_an_error_with_the_line_for_its_compose_file(arrs, look, radarr):
    radarr.mounts = (Mount("/movies", radarr.library),)
    know(arrs, radarr)

    [finding] = look()

    assert (finding.check, finding.subject, finding.level) == ("mount", "radarr", "error")
    assert "does not see" in finding.message
    assert "volumes" in finding.fix


def test_a_clock_that_goes_wrong_is_told_with_its_distance(arrs, look, radarr):
    know(arrs, radarr)
    radarr.clock_ahead_s = 300

    [finding] = look()

    assert (finding.check, finding.level) == ("instance-clock", "warning")
    assert "before ours" in finding.message


def test_what_is_over_goes_and_is_told(arrs, look, radarr):
    know(arrs, radarr)
    radarr.clock_ahead_s = 300
    look()

    radarr.clock_ahead_s = 0

    assert look() == []
    with arrs.database.connect() as connection:
        assert [row.event.kind for row in events_after(connection, 0, 10)] == ["health.found", "health.over"]


def test_what_was_found_stays_while_the_instance_cannot_be_asked(arrs, look, radarr):
    know(arrs, radarr)
    radarr.clock_ahead_s = 300
    before = look()

    radarr.close()

    assert look() == before
