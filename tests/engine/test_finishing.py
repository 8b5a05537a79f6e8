"""From the fetched file to the library: wrong files, refusals, instances that are away, disks that are full."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from stalkeer.core.downloads.states import Action
from stalkeer.core.downloads.waiting import Reason
from stalkeer.demo.media import EPISODE_24, FILM_90, media
from stalkeer.demo.radarr import Radarr
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.jobs.downloads.queue import queue_confirmed
from stalkeer.model import DownloadState
from stalkeer.store.downloads.downloads import accept_refusal, act
from stalkeer.store.journal.events import EventFilter, list_events
from stalkeer.store.matching.blocklist import list_blocks
from tests.doubles.arr_traps import Held, broken, on
from tests.doubles.disks import mounted_disk
from tests.doubles.house import content, digest, eventually, now, open_house

S = DownloadState
SIZE = 600_000
IMPORTING = {"import.mode": "manual", "downloads.verify_downloads": True}


@pytest.fixture
def house(tmp_path, database, request):
    """In the import mode that a test names, else the usual one."""
    with open_house(tmp_path, database, {**IMPORTING, "import.mode": getattr(request, "param", "manual")}) as opened:
        opened.radarr.library.mkdir(exist_ok=True)
        yield opened


def film(seed):
    return media(FILM_90, SIZE, seed)


def bytes_of(body):
    return body.read(0, body.size)


def library_file(house, row):
    return Path(house.radarr.movies[row.items[0].arr_id].file.path)


def add_variant(house, download, body, name="Dune 720p"):
    entry = house.entry(house.source(), f"/files/{name}.mkv", body, name)
    house.match(house.row(download).items[0].wanted_id, entry, 0.97)
    return entry


def events_of(house, download):
    with house.database.connect() as connection:
        return [row.event.kind for row in list_events(connection, EventFilter(download_id=download))]


def test_a_film_ends_in_the_library_of_its_instance(house, running):
    download = house.download("Dune", film(1))

    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(1)))
    assert row.items[0].imported_file_id is not None
    assert not Path(row.placed_path).parent.exists(), "nothing is left at the staging place"
    assert row.facts["duration_s"] == pytest.approx(5400, rel=0.01)
    assert events_of(house, download)[0] == "download.completed"


@pytest.mark.parametrize(
    ("body", "reason"),
    [(bytes_of(film(2))[: SIZE // 8], "broken"), (bytes_of(media(EPISODE_24, SIZE, 3)), "plays 24 min")],
    ids=["truncated", "another film"],
)
def test_a_wrong_file_is_put_aside_blocked_and_replaced_by_the_next_variant(house, running, body, reason):
    download = house.download("Dune", body)
    better = add_variant(house, download, film(4))

    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    assert row.entry_id == better
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(4)))
    (kept,) = (house.app.settings.directories.temp / "quarantine").iterdir()
    assert digest(kept.read_bytes()) == digest(body)
    with house.database.connect() as connection:
        (block,) = list_blocks(connection)
    assert reason in block.reason


def test_what_its_instance_refuses_waits_for_the_user_who_may_overrule_it(house, running):
    download = house.download("Dune", film(5))
    movie = house.radarr.movies[house.row(download).items[0].arr_id]
    house.radarr.add_file(movie, quality=7, content=bytes_of(film(6)))
    running(house.engine())

    row = house.await_state(download, S.BLOCKED)
    assert "upgrade" in row.items[0].refusal and "import.refused" in events_of(house, download)

    with house.database.begin() as connection:
        accept_refusal(connection, download, now())
    row = house.await_state(download, S.COMPLETED)
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(5)))


def test_an_instance_that_is_broken_for_a_while_gets_its_file_when_it_is_back(house, running):
    download = house.download("Dune", film(7))
    house.radarr.hook = on("/api/v3/manualimport", broken())
    running(house.engine())
    eventually(lambda: house.row(download).state is S.IMPORTING and house.row(download).error)

    house.radarr.hook = None
    with house.database.begin() as connection:
        act(connection, download, Action.RETRY, now())
    house.change(download, not_before=None)

    house.await_state(download, S.COMPLETED)


@pytest.mark.parametrize(
    ("house", "has_older_file"), [("manual", False), ("library", False), ("library", True)], indirect=["house"]
)
def test_one_film_for_two_instances_is_fetched_once(house, running, tmp_path, has_older_file):
    first = house.download("Dune", film(8))
    (tmp_path / "second-library").mkdir()
    with Radarr(tmp_path / "second-library") as second:
        movie = second.add_movie("Dune", 2020, runtime_min=90)
        house.radarr, own = second, house.radarr
        wanted = house.film("Dune", house.instance("radarr-4k"), movie.id, 90)
        house.radarr = own
        house.match(wanted, house.row(first).entry_id)
        if has_older_file:
            second.add_file(movie, quality=1, content=b"old")
            house.change_wanted(wanted, reason="cutoff")
        with house.database.begin() as connection:
            act(connection, first, Action.CANCEL, now())
        house.change(first, finished_at=None)
        house.forget_download(first)

        report = queue_confirmed(house.database, now)
        running(house.engine())

        (download,) = report.queued
        row = house.await_state(download, S.COMPLETED)
        assert len(row.items) == 2 and all(item.imported_file_id for item in row.items)
        for server in (house.radarr, second):
            (held,) = [one for one in server.movies.values() if one.file]
            assert digest(Path(held.file.path).read_bytes()) == digest(bytes_of(film(8)))
        asked = [request for request in house.provider.requests if request.key == house.row(download).entry_key]
        assert len(asked) == 1
        assert list(house.app.settings.directories.movies.rglob("*.mkv")) == []


def test_a_full_disk_makes_downloads_wait_and_they_go_on_when_there_is_room(tmp_path, database, running):
    with ExitStack() as stack:
        disk = stack.enter_context(mounted_disk(tmp_path / "small", 6_000_000))
        house = stack.enter_context(open_house(tmp_path, database, {"directories.temp": str(disk / "incomplete")}))
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(4_500_000))
        body = content(3_000_000)
        download = house.download("Dune", body)
        house.change(download, total=1_000_000)  # what it was taken to need
        running(house.engine())
        eventually(lambda: house.row(download).error_code == "local_disk_full", "the disk fills up")
        assert house.row(download).failures == 0

        ballast.unlink()
        house.change(download, not_before=None)

        house.await_state(download, S.COMPLETED)
        assert house.result(download) == digest(body)


def test_a_folder_that_is_not_there_any_more_bars_downloads_and_is_named(tmp_path, house, running):
    engine = house.engine()
    running(engine)
    engine.stop()
    temp = house.app.settings.directories.temp
    temp.rename(temp.with_name("elsewhere"))
    download = house.download("Dune", film(9))

    running(house.engine())

    found = explain_waiting(house.database, house.app.settings, now())[download]
    assert found.reason is Reason.FOLDER and str(temp) in found.text
    assert house.state(download) is S.QUEUED


def test_a_cancel_while_the_instance_takes_the_file_comes_too_late(house, running):
    download = house.download("Dune", film(10))
    house.radarr.commands.before = held = Held()
    running(house.engine())
    eventually(lambda: house.row(download).items[0].command_id is not None)

    with house.database.begin() as connection:
        act(connection, download, Action.CANCEL, now())
    held.go_on.set()

    row = house.await_state(download, S.COMPLETED)
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(10)))


def test_a_cancel_before_the_instance_was_asked_leaves_nothing(house, running):
    download = house.download("Dune", film(11))
    house.radarr.hook = on("/api/v3/manualimport", broken())
    running(house.engine())
    eventually(lambda: house.row(download).state is S.IMPORTING and house.row(download).error)
    staged = Path(house.row(download).placed_path)
    assert staged.exists()

    with house.database.begin() as connection:
        act(connection, download, Action.CANCEL, now())
    house.change(download, not_before=None)

    house.await_state(download, S.CANCELLED)
    eventually(lambda: not staged.parent.exists())


def test_a_later_wish_of_another_instance_joins_a_download_that_is_under_way(house, tmp_path):
    download = house.download("Dune", film(12))
    wanted = house.film("Dune", house.instance("radarr-4k"), 1, 90)
    house.match(wanted, house.row(download).entry_id)

    report = queue_confirmed(house.database, now)

    assert report.queued == (download,)
    assert len(house.row(download).items) == 2
