"""Files that turned out wrong are listed with their reason until somebody accepts or deletes them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stalkeer.core.naming.destination import Destination
from stalkeer.demo.media import EPISODE_24, MOVIE_90, media
from stalkeer.errors import Conflict, NotFound
from stalkeer.jobs.downloads.actions import Verb as V
from stalkeer.jobs.downloads.actions import accept_set_aside, act_on, delete_set_aside
from stalkeer.jobs.health.check import CHECKS
from stalkeer.jobs.health.facts import read_facts
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.system.cleanup import clean_up
from stalkeer.model import DownloadState as S
from stalkeer.store.downloads.downloads import NewDownload, create_download
from stalkeer.store.downloads.quarantine import list_set_aside, measure_set_aside
from tests.adapters.files.media import make_media
from tests.doubles.house import digest, now, open_house
from tests.doubles.provider_faults import on, without_length

GIVEN = {
    "import.mode": "manual",
    "downloads.verify_downloads": True,
    "downloads.retry_attempts": 1,
    "downloads.retry_delay": "0.05s",
}


@pytest.fixture
def house(tmp_path, database, request):
    with open_house(tmp_path, database, {**GIVEN, **getattr(request, "param", {})}) as opened:
        opened.radarr.library.mkdir(exist_ok=True)
        yield opened


@pytest.fixture
def short(house, running):
    """A download whose file was set aside because it plays 24 minutes."""
    body = media(EPISODE_24, 500_000, 1)
    download = house.download("Dune", body)
    running(house.engine())
    house.await_state(download, S.FAILED)
    return download, body.read(0, body.size)


def files(house):
    with house.database.connect() as connection:
        return list_set_aside(connection)


def test_a_file_that_is_set_aside_is_listed_with_its_title_and_reason(house, short):
    download, body = short

    (file,) = files(house)

    assert (file.title, file.name, file.download_id, file.size) == ("Dune", "Dune", download, len(body))
    assert "plays 24 min where 90 are expected" in file.reason
    assert digest(file.path.read_bytes()) == digest(body)


def test_an_accepted_file_is_imported_as_it_is(house, short):
    (file,) = files(house)

    download = accept_set_aside(house.app.download_queue, file.id)

    row = house.await_state(download, S.COMPLETED)
    movie = house.radarr.movies[row.items[0].arr_id]
    assert digest(Path(movie.file.path).read_bytes()) == digest(short[1])
    assert files(house) == [] and not file.path.exists()


def to_folder(house, name, body):
    """Queue an entry for the folder of finished movies, as `download to-folder` does."""
    source = house.source()
    destination = Destination("movie", name, 2021)
    new = NewDownload(
        entry_id=house.entry(source, f"/files/{name}.mkv", body, name),
        source_id=source,
        entry_key=f"/files/{name}.mkv",
        name=name,
        title=destination.label,
        kind=destination.kind,
        items=(),
        destination=destination.to_document(),
    )
    with house.database.begin() as connection:
        return create_download(connection, new, now())


def test_a_file_for_a_folder_that_was_set_aside_is_accepted_into_it(house, running):
    whole = media(MOVIE_90, 500_000, 1)
    body = whole.read(0, whole.size * 2 // 3)  # its end is missing
    download = to_folder(house, "Dune", body)
    running(house.engine())
    house.await_state(download, S.FAILED)
    (file,) = files(house)
    assert (file.title, file.items) == ("Dune (2021)", ())

    accepted = accept_set_aside(house.app.download_queue, file.id)

    row = house.await_state(accepted, S.COMPLETED)
    placed = Path(row.outcome.final_path or row.outcome.placed_path)
    assert placed.is_relative_to(house.app.settings.directories.movies / "Dune (2021)")
    assert digest(placed.read_bytes()) == digest(body)
    assert files(house) == []


def test_a_file_is_not_accepted_while_its_item_is_being_downloaded(house, short):
    (file,) = files(house)
    wanted_id = house.row(short[0]).items[0].wanted_id
    entry = house.entry(house.source(), "/files/other.mkv", None, "Dune 2")
    other = house.queue(entry, wanted_id, "Dune")

    with pytest.raises(Conflict, match="being downloaded already"):
        accept_set_aside(house.app.download_queue, file.id)

    act_on(house.app.download_queue, [other], V.CANCEL)
    assert len(files(house)) == 1 and file.path.exists()


def test_a_deleted_file_is_gone(house, short):
    (file,) = files(house)

    delete_set_aside(house.app.download_queue, file.id)

    assert files(house) == [] and not file.path.exists()
    with pytest.raises(NotFound):
        delete_set_aside(house.app.download_queue, file.id)


def test_a_move_into_the_quarantine_that_a_kill_prevented_is_made_good(house, short):
    (file,) = files(house)
    part = house.app.settings.directories.temp / f"{short[0]}-{file.entry_id}.part"
    file.path.replace(part)

    download = accept_set_aside(house.app.download_queue, file.id)

    house.await_state(download, S.COMPLETED)
    assert not part.exists()


def test_old_files_are_deleted_after_their_retention(house, short):
    (file,) = files(house)
    app = house.app

    clean_up(app.database, app.settings, app.cleanup_place, now() + timedelta(days=13), QuietRun())
    assert file.path.exists()
    report = clean_up(app.database, app.settings, app.cleanup_place, now() + timedelta(days=15), QuietRun())

    assert report.removed["quarantined files"] == 1
    assert files(house) == [] and not file.path.exists()


def test_health_reports_the_number_and_size_of_quarantined_files(house, short):
    app = house.app
    facts = read_facts(app.database, app.settings, now(), app.cleanup_place.backup, app.secrets)

    (finding,) = CHECKS["quarantine"](facts)

    assert finding.message == "1 file is in quarantine (0.5 MB): it turned out wrong"


def test_the_same_file_twice_is_kept_twice(house, short):
    act_on(house.app.download_queue, [short[0]], V.RETRY)

    house.await_state(short[0], S.QUEUED, S.DOWNLOADING, S.FETCHED, S.FAILED)
    house.await_state(short[0], S.FAILED)

    with house.database.connect() as connection:
        amount = measure_set_aside(connection)
    assert amount.count == len({file.path for file in files(house)}) >= 1


@pytest.mark.parametrize("house", [{"import.mode": "none"}], indirect=True)
@pytest.mark.parametrize("case", ["accept", "cancel"])
def test_a_film_that_cannot_be_checked_waits_for_the_user(tmp_path, house, running, case):
    whole = make_media(tmp_path / "film.ts", seconds=4).read_bytes()
    download = house.download("Dune", whole[:-100])  # an odd tail, and no runtime to compare
    house.change_wanted(house.row(download).items[0].wanted_id, runtime_min=None)
    running(house.engine())

    row = house.await_state(download, S.BLOCKED)
    assert row.outcome.error_code == "unproven"
    assert "it cannot be checked whether the file is complete" in row.outcome.error
    assert Path(row.transfer.part_path).read_bytes() == whole[:-100]

    verb = V.ACCEPT if case == "accept" else V.CANCEL
    act_on(house.app.download_queue, [download], verb)

    row = house.await_state(download, S.COMPLETED if case == "accept" else S.CANCELLED)
    if case == "accept":
        assert house.result(download) == digest(whole[:-100])


def test_a_film_without_length_or_runtime_waits_for_the_user(tmp_path, house, running):
    whole = make_media(tmp_path / "film.ts", seconds=4).read_bytes()
    download = house.download("Dune", whole)
    house.change_wanted(house.row(download).items[0].wanted_id, runtime_min=None)
    house.provider.hook = on(without_length)
    running(house.engine())

    row = house.await_state(download, S.BLOCKED, S.COMPLETED)

    assert row.outcome.error_code == "unproven", row


def test_a_film_whose_end_its_runtime_proves_needs_no_length(house, running):
    body = media(MOVIE_90, 600_000, 5)
    download = house.download("Dune", body)
    house.provider.hook = on(without_length)
    running(house.engine())

    house.await_state(download, S.COMPLETED)
