"""What an instance will not have: its blocklist and its size limits, as they keep an entry from being fetched."""

import pytest
from sqlalchemy import insert, select, update

from stalkeer.demo.radarr import Radarr
from stalkeer.jobs.downloads.choosing import hindrance_of, rank
from stalkeer.jobs.downloads.queue import plan_queue, queue_confirmed
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.wanted.scan import Scanner, scan_missing
from stalkeer.model import DownloadState
from stalkeer.settings import load_settings
from stalkeer.store.db.tables import download_items, downloads, entries, matches, sources, wanted
from stalkeer.store.downloads.variants import confirmed_matches
from stalkeer.store.library.instances import list_instances
from tests.doubles.instances import clients, know

RELEASE = "Some.Film.2020.1080p.WEB-DL-STALKEER"
GB = 2**30


@pytest.fixture
def radarr(tmp_path):
    with Radarr(tmp_path / "movies", strict=True) as server:
        server.add_movie("Some Film", 2020, runtime_min=100)
        yield server


@pytest.fixture
def scanner(database, clock, tmp_path, radarr):
    settings = load_settings(None, {}, {"data_dir": str(tmp_path / "data")}, {}).settings
    parts = Scanner(database, clients(database, clock), settings, lambda where, run: None)
    know(parts.arrs, radarr)
    scan_missing(parts, QuietRun())
    return parts


def find(database, clock, *names: str, size: int | None = None) -> None:
    """Entries of one source, each surely the film."""
    now = clock()
    with database.begin() as connection:
        source = {"slug": "main", "kind": "m3u", "origin": "config", "credentials": "", "generation": 1}
        source_id = connection.execute(
            insert(sources).values(**source, created_at=now).returning(sources.c.id)
        ).scalar_one()
        (item,) = connection.execute(select(wanted.c.id)).scalars()
        for name in names:
            entry = {"kind": "film", "url": "u", "added_gen": 1, "resolution": 1080, "size": size}
            values = {"source_id": source_id, "key": name, "name": name, "first_seen": now, **entry}
            entry_id = connection.execute(insert(entries).values(**values).returning(entries.c.id)).scalar_one()
            decided = {"score": 1.0, "decision": "confirm", "decided_by": "auto", "evidence": [], "matched_at": now}
            connection.execute(insert(matches).values(wanted_id=item, entry_id=entry_id, **decided))


def fetch_once(database, clock) -> str:
    """The best entry was fetched and handed over under `RELEASE`, and is wanted again. Its name."""
    (download_id,) = queue_confirmed(database, clock).queued
    with database.begin() as connection:
        row = connection.execute(
            update(downloads)
            .where(downloads.c.id == download_id)
            .values(release=RELEASE, state=DownloadState.COMPLETED.value)
            .returning(downloads.c.name)
        ).one()
        connection.execute(update(download_items).values(active=False, imported_file_id=1))
    return row.name


def block(radarr, title: str, reason: str = "Failed by hand") -> None:
    row = {"id": 1, "movieId": 1, "sourceTitle": title, "date": "2026-01-01T00:00:00Z", "message": reason}
    radarr.blocklist.append(row)


def plan(database, clock):
    with database.connect() as connection:
        return plan_queue(connection, clock())


def test_what_we_handed_over_and_the_instance_blocked_is_not_fetched_again_but_another_variant_is(
    database, clock, radarr, scanner
):
    find(database, clock, "first", "second")
    fetched = fetch_once(database, clock)
    block(radarr, RELEASE)

    report = scan_missing(scanner, QuietRun())

    (planned,) = plan(database, clock).planned
    assert {fetched, planned.first.entry_name} == {"first", "second"}
    assert report.instances[0].skipped == {}


def test_an_item_whose_only_variant_is_blocked_is_reported_as_held_back_and_why(database, clock, radarr, scanner):
    find(database, clock, "only")
    fetch_once(database, clock)
    block(radarr, RELEASE)

    report = scan_missing(scanner, QuietRun())

    assert report.to_document()["instances"][0]["skipped"] == {"found, but on the instance's blocklist": 1}
    (refusal,) = plan(database, clock).refused
    assert f"Radarr has it on its blocklist ({RELEASE}: Failed by hand)" in refusal.reasons


def test_an_entry_that_is_called_like_a_blocked_release_is_that_release(database, clock, radarr, scanner):
    find(database, clock, "Some Film 2020 1080p WEB-DL FLUX")
    block(radarr, "Some.Film.2020.1080p.WEB-DL-FLUX")

    scan_missing(scanner, QuietRun())

    assert len(plan(database, clock).refused) == 1


def test_a_release_that_left_the_blocklist_may_be_fetched_again(database, clock, radarr, scanner):
    find(database, clock, "only")
    fetch_once(database, clock)
    block(radarr, RELEASE)
    scan_missing(scanner, QuietRun())
    radarr.blocklist.clear()

    scan_missing(scanner, QuietRun())

    assert len(plan(database, clock).planned) == 1


def test_a_block_outlives_our_memory_of_the_download(database, clock, radarr, scanner):
    find(database, clock, "only")
    fetch_once(database, clock)
    block(radarr, RELEASE)
    scan_missing(scanner, QuietRun())
    with database.begin() as connection:
        connection.execute(download_items.delete())
        connection.execute(downloads.delete())

    scan_missing(scanner, QuietRun())

    assert len(plan(database, clock).refused) == 1


def test_what_the_instance_blocked_of_other_films_is_not_kept(database, clock, radarr, scanner):
    find(database, clock, "only")
    radarr.blocklist.append({"id": 1, "movieId": 77, "sourceTitle": "only", "date": "2026-01-01T00:00:00Z"})

    scan_missing(scanner, QuietRun())

    assert len(plan(database, clock).planned) == 1


def test_a_file_larger_than_the_instances_quality_definition_allows_is_refused_with_the_reason(
    database, clock, scanner
):
    find(database, clock, "huge", size=40 * GB)

    (refusal,) = plan(database, clock).refused

    assert "40.0 GB is larger than Radarr allows for WEBDL-1080p of 100 min (9.8 GB)" in refusal.reasons


def test_why_an_item_is_not_fetched_is_told_of_the_item_itself(database, clock, radarr, scanner):
    find(database, clock, "huge", size=40 * GB)
    with database.begin() as connection:
        (item,) = connection.execute(select(wanted.c.id)).scalars()
        too_large = hindrance_of(connection, item)
        connection.execute(update(wanted).values(skip="not monitored"))
        held_back = hindrance_of(connection, item)

    assert "No match is acceptable" in too_large and "larger than Radarr allows" in too_large
    assert held_back == "It is skipped: not monitored."


@pytest.mark.parametrize("source", ["hdtv", "webdl", "webrip"])
def test_a_source_that_the_profile_knows_by_another_word_is_allowed(database, clock, scanner, source):
    find(database, clock, "entry")
    with database.begin() as connection:
        connection.execute(update(entries).values(quality=f'{{"source": "{source}"}}'))
        found = confirmed_matches(connection)
        (instance,) = list_instances(connection)

    assert rank(found, instance)[0].allowed
