from dataclasses import replace

import pytest
import stamina
from sqlalchemy import func, insert, select

from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.scan import Scanner, rehearse_scan, scan_missing
from stalkeer.settings import load_settings
from stalkeer.store.db.tables import entries, library, matches, sources, wanted
from tests.doubles.arr_traps import broken, on
from tests.doubles.instances import clients, know


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture
def radarr(tmp_path):
    with Radarr(tmp_path / "movies", strict=True) as server:
        yield server


def scanner(database, clock, tmp_path, match=lambda database, run: None):
    settings = load_settings(None, {}, {"data_dir": str(tmp_path / "data")}, {}).settings
    return Scanner(database, clients(database, clock), settings, match)


def number_of(database, table):
    with database.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def confirm_first(clock):
    """A matcher that confirms the first wanted item with one entry."""

    def match(database, run):
        now = clock()
        with database.begin() as connection:
            source = connection.execute(
                insert(sources)
                .values(slug="main", kind="m3u", origin="config", credentials="", created_at=now, generation=1)
                .returning(sources.c.id)
            ).scalar_one()
            entry = connection.execute(
                insert(entries)
                .values(source_id=source, key="1", kind="film", name="A", url="u", added_gen=1, first_seen=now)
                .returning(entries.c.id)
            ).scalar_one()
            item = connection.execute(select(func.min(wanted.c.id))).scalar_one()
            values = {"score": 1.0, "decision": "confirm", "decided_by": "auto", "evidence": {}, "matched_at": now}
            connection.execute(insert(matches).values(wanted_id=item, entry_id=entry, **values))

    return match


def test_the_report_counts_what_was_found_and_what_was_not(database, clock, tmp_path, radarr):
    parts = scanner(database, clock, tmp_path, confirm_first(clock))
    know(parts.arrs, radarr)
    for number in range(3):
        radarr.add_movie(f"Film {number}", 2020)
    radarr.add_movie("Future", 2030, is_available=False)

    report = scan_missing(parts, QuietRun())

    document = report.to_document()
    assert (document["wanted"], document["confirmed"], document["review"], document["nothing"]) == (4, 1, 0, 2)
    assert document["instances"][0]["skipped"] == {"not available yet": 1}


@pytest.mark.parametrize("what", ["/system/status", "/wanted/missing", "/movie", "/queue"])
def test_the_counts_agree_when_an_instance_or_a_list_fails(database, clock, tmp_path, radarr, what):
    parts = scanner(database, clock, tmp_path, confirm_first(clock))
    know(parts.arrs, radarr)
    for number in range(3):
        radarr.add_movie(f"Film {number}", 2020)
    radarr.add_movie("Future", 2030, is_available=False)
    scan_missing(parts, QuietRun())
    radarr.hook = on(what, broken())

    report = scan_missing(replace(parts, match=lambda database, run: None), QuietRun())

    (document,) = report.to_document()["instances"]
    assert bool(document["error"]) is (what != "/queue")
    found = document["confirmed"] + document["review"] + document["nothing"] + sum(document["skipped"].values())
    assert (document["wanted"], found) == (4, 4)


def test_a_skipped_episode_of_a_series_counts_as_skipped_only(database, clock, tmp_path):
    parts = scanner(database, clock, tmp_path, confirm_first(clock))
    with Sonarr(tmp_path / "tv", strict=True) as sonarr:
        know(parts.arrs, sonarr)
        sonarr.add_file([sonarr.add_episode(sonarr.add_series("Some Series", 2019), 1, 1)], quality=1)

        (document,) = scan_missing(parts, QuietRun()).to_document()["instances"]

    (series,) = document["series"]
    assert (document["wanted"], document["confirmed"], sum(document["skipped"].values())) == (1, 0, 1)
    assert (series["missing"], series["confirmed"], series["skipped"]) == (1, 0, 1)


def test_a_rehearsal_finds_the_same_and_keeps_nothing(database, clock, tmp_path, radarr):
    parts = scanner(database, clock, tmp_path, confirm_first(clock))
    know(parts.arrs, radarr)
    radarr.add_movie("Some Film", 2020)

    report = rehearse_scan(parts, QuietRun())

    assert report.is_dry_run
    assert report.to_document()["confirmed"] == 1
    assert (number_of(database, wanted), number_of(database, library), number_of(database, entries)) == (0, 0, 0)


def test_a_rehearsal_in_postgresql_is_undone(any_database, clock, tmp_path, radarr):
    parts = scanner(any_database, clock, tmp_path, confirm_first(clock))
    know(parts.arrs, radarr)
    radarr.add_movie("Some Film", 2020)

    report = rehearse_scan(parts, QuietRun())

    assert report.to_document()["confirmed"] == 1
    assert number_of(any_database, wanted) == 0


def test_a_scan_in_which_no_instance_answered_has_failed(database, clock, tmp_path):
    parts = scanner(database, clock, tmp_path)
    with Radarr(tmp_path / "gone") as gone:
        know(parts.arrs, gone)

    report = scan_missing(parts, QuietRun())

    assert report.has_failed
    assert "refused" in report.instances[0].sync.error


def test_missing_episodes_are_told_by_series_too(database, clock, tmp_path):
    parts = scanner(database, clock, tmp_path)
    with Sonarr(tmp_path / "tv", strict=True) as sonarr:
        know(parts.arrs, sonarr)
        series = sonarr.add_series("Some Series", 2019)
        for season, number in ((1, 1), (1, 2), (3, 1)):
            sonarr.add_episode(series, season, number)

        report = scan_missing(parts, QuietRun())

    (row,) = report.to_document()["instances"][0]["series"]
    assert (row["title"], row["missing"], row["seasons"]) == ("Some Series", 3, [1, 3])
