"""From the fetched file to the library: wrong files, refusals, instances that are away, disks that are full."""

import random
import resource
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from stalkeer.core.downloads.states import Action
from stalkeer.core.downloads.waiting import Reason
from stalkeer.demo.media import EPISODE_24, MOVIE_90, media
from stalkeer.demo.radarr import Radarr
from stalkeer.jobs.downloads.actions import Verb, act_on
from stalkeer.jobs.downloads.admission import explain_waiting
from stalkeer.jobs.downloads.queue import queue_confirmed
from stalkeer.jobs.library.instances import set_languages
from stalkeer.jobs.requests.from_catalogue import download_to_folder
from stalkeer.model import DownloadState
from stalkeer.store.downloads.actions import accept_refusal, act
from stalkeer.store.journal.events import EventFilter, list_events
from stalkeer.store.library.instances import list_instances
from stalkeer.store.matching.blocklist import list_blocks
from stalkeer.store.system.health import unplaced_files
from tests.adapters.files.media import make_media
from tests.doubles import provider_faults
from tests.doubles.arr_traps import Held, broken, on
from tests.doubles.disks import mounted_disk
from tests.doubles.house import content, digest, eventually, now, open_house

S = DownloadState
SIZE = 600_000
IMPORTING = {
    "import.mode": "manual",
    "downloads.verify_downloads": True,
    "downloads.retry_delay": "0.05s",
    "downloads.retry_attempts": 2,
}


@pytest.fixture
def house(tmp_path, database, request):
    """In the import mode or with the settings that a test names, else the usual ones."""
    param = getattr(request, "param", "manual")
    given = param if isinstance(param, dict) else {"import.mode": param}
    with open_house(tmp_path, database, {**IMPORTING, **given}) as opened:
        opened.radarr.library.mkdir(exist_ok=True)
        yield opened


def film(seed):
    return media(MOVIE_90, SIZE, seed)


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
    assert not Path(row.outcome.placed_path).parent.exists(), "nothing is left at the staging place"
    assert row.outcome.facts["duration_s"] == pytest.approx(5400, rel=0.01)
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
    assert row.identity.entry_id == better
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(4)))
    (kept,) = (house.app.settings.directories.temp / "quarantine").iterdir()
    assert digest(kept.read_bytes()) == digest(body)
    with house.database.connect() as connection:
        (block,) = list_blocks(connection)
    assert reason in block.reason


@pytest.mark.parametrize("house", ["manual", "library", "none"], indirect=True)
@pytest.mark.parametrize("title", ["Con Air", "Aux yeux des vivants", "Nul homme", "Com1 und die anderen", "Nul"])
def test_a_title_that_begins_like_a_device_ends_in_the_library_too(house, running, title):
    download = house.download(title, film(13))

    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    file = Path(row.outcome.final_path) if house.app.settings.import_.mode == "none" else library_file(house, row)
    assert digest(file.read_bytes()) == digest(bytes_of(film(13)))


@pytest.mark.parametrize("house", ["manual", "library", "none"], indirect=True)
def test_a_long_title_of_letters_of_several_bytes_ends_in_the_library(house, running):
    download = house.download("Ночь " * 27 + "конец", film(14))
    movie = house.radarr.movies[house.row(download).items[0].arr_id]
    movie.path = house.radarr.library / "aux" / "Ночь\u200e (2020)"  # the user's own folders may be called anything
    movie.path.mkdir(parents=True)

    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    file = Path(row.outcome.final_path) if house.app.settings.import_.mode == "none" else library_file(house, row)
    assert digest(file.read_bytes()) == digest(bytes_of(film(14)))


@pytest.mark.parametrize("house", ["library"], indirect=True)
def test_a_library_that_cannot_be_looked_at_is_waited_for_and_named(house, running):
    download = house.download("Dune", film(20))
    movie = house.radarr.movies[house.row(download).items[0].arr_id]
    movie.path = house.radarr.library / ("x" * 256) / "Dune"

    running(house.engine())

    eventually(lambda: house.row(download).outcome.error)
    assert "does not see the library folder" in house.row(download).outcome.error


def test_a_file_that_cannot_be_placed_waits_for_the_user_and_is_not_fetched_again(house, running):
    download = house.download("Dune", film(15))
    in_the_way = house.app.settings.directories.movies / "Dune.2020.1080p.WEB-DL-STALKEER"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_bytes(b"the user's")
    running(house.engine())

    row = house.await_state(download, S.BLOCKED)
    assert row.outcome.error_code == "placement" and "a part of the path is a file; move it away" in row.outcome.error
    assert "placement.refused" in events_of(house, download)

    in_the_way.unlink()
    with house.database.begin() as connection:
        act(connection, download, Action.RETRY, now())
    row = house.await_state(download, S.COMPLETED)
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(15)))
    assert len([request for request in house.provider.requests if request.key == row.identity.entry_key]) == 1


def test_a_file_whose_disk_is_away_waits_and_says_so_until_it_is_back(house, running, tmp_path):
    movies = house.app.settings.directories.movies
    running(house.engine())
    house.await_state(house.download("Alien", film(16)), S.COMPLETED)
    movies.rename(tmp_path / "unplugged")
    movies.mkdir()  # the mount point

    download = house.download("Dune", film(17))
    eventually(lambda: house.row(download).outcome.error)
    row = house.row(download)
    assert row.state is S.FETCHED and "its disk is probably not mounted" in row.outcome.error and row.queue.not_before
    assert list(movies.iterdir()) == []

    movies.rmdir()
    (tmp_path / "unplugged").rename(movies)
    house.change(download, not_before=None)
    row = house.await_state(download, S.COMPLETED)
    assert row.outcome.error is None


@pytest.mark.parametrize("house", [{"import.copy_files": True}], indirect=True)
def test_the_copy_that_an_import_left_behind_makes_room_for_the_next_file(house, running):
    running(house.engine())
    first = house.download("Dune", film(23))
    before = house.await_state(first, S.COMPLETED)
    left = Path(before.outcome.placed_path)
    assert left.is_file()

    better = media(MOVIE_90, SIZE + 50_000, 24)
    entry = house.entry(house.source(), "/files/better.mkv", better, "Dune")
    wanted_id = before.items[0].wanted_id
    house.forget_import(wanted_id)
    house.match(wanted_id, entry)
    again = house.queue(entry, wanted_id, "Dune")

    row = house.await_state(again, S.COMPLETED, S.BLOCKED)
    assert row.state is S.COMPLETED, row.outcome.error
    assert digest(left.read_bytes()) == digest(bytes_of(better))


@contextmanager
def files_end_at(size):
    """As on a file system whose files end there (FAT: 4 GiB): the system answers EFBIG in both cases."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_the_incomplete_folder_can_never_hold_waits_for_the_user_with_a_way_out(house, running):
    running(house.engine())

    with files_end_at(20_000_000):
        download = house.download("Dune", media(MOVIE_90, 25_000_000, 25))
        row = house.await_state(download, S.BLOCKED)

    assert row.outcome.error_code == "placement"
    assert "cannot hold a file of that size; set directories.temp to another, then retry" in row.outcome.error
    with house.database.connect() as connection:
        (unplaced,) = unplaced_files(connection)
    assert unplaced.is_blocked


NO_VIDEOS = {
    "a sentence": (b"Your account has expired, please renew it.", "text"),
    "a sentence with a box's name": (b"The free trial of your account is over." * 20, "text"),
    "a PHP warning": (b"\nWarning: fopen(/vod/1.mkv): failed to open stream in /var/www/vod.php on line 9\n", "text"),
    "HTML in UTF-16": ("<html><body>Sign in</body></html>".encode("utf-16"), "a web page"),
    "HTML in UTF-16 without its mark": ("<div>No access</div>".encode("utf-16-be"), "a web page"),
    "a JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + content(30_000), "a JPEG picture"),
    "a ZIP": (b"PK\x03\x04\x14\0\0\0\x08\0" + content(30_000), "a ZIP archive"),
    "noise": (random.Random(5).randbytes(SIZE), "data that look encrypted"),
}


def asked(house, key):
    return len([request for request in house.provider.requests if request.key == key])


@pytest.mark.parametrize("house", ["manual", "library"], indirect=True)
@pytest.mark.parametrize(("body", "form"), NO_VIDEOS.values(), ids=NO_VIDEOS)
def test_what_is_not_a_video_is_not_placed_and_waits_for_the_user(house, running, body, form):
    download = house.download("Dune", body)

    running(house.engine())

    row = house.await_state(download, S.BLOCKED)
    assert row.outcome.error_code == "not_a_video"
    assert f"the server sent {form} instead of a video" in row.outcome.error
    assert asked(house, row.identity.entry_key) == 2
    folders = (house.app.settings.directories.movies, house.radarr.library)
    assert [path for folder in folders for path in folder.rglob("*") if path.is_file()] == []
    with house.database.connect() as connection:
        assert list_blocks(connection) == []


def test_the_next_variant_is_taken_once_the_attempts_with_what_is_no_video_are_used_up(house, running):
    download = house.download("Dune", content(SIZE)[40:])
    better = add_variant(house, download, film(18))
    first = house.row(download).identity.entry_key

    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    assert row.identity.entry_id == better and asked(house, first) == 2
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(18)))
    with house.database.connect() as connection:
        assert list_blocks(connection) == []


def test_what_is_not_a_video_is_not_fetched_beyond_its_first_pages(house, running):
    large = b"\x89PNG\r\n\x1a\n" + content(8_000_000)
    download = house.download("Dune", large)

    running(house.engine())

    row = house.await_state(download, S.BLOCKED)
    assert 0 < row.transfer.bytes_fetched <= 2 * (1 << 18)
    assert not Path(row.transfer.part_path).exists() or Path(row.transfer.part_path).stat().st_size == 0


def test_what_was_not_a_video_is_fetched_from_its_first_byte_on_a_retry(house, running):
    download = house.download("Dune", film(19))
    house.provider.hook = provider_faults.on(provider_faults.body(b"Come back later."), first=2)
    running(house.engine())
    house.await_state(download, S.BLOCKED)

    with house.database.begin() as connection:
        act(connection, download, Action.RETRY, now())

    row = house.await_state(download, S.COMPLETED)
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(19)))


@pytest.mark.parametrize("house", [{"downloads.retry_attempts": 3}], indirect=True)
@pytest.mark.parametrize(
    "clip",
    [bytes_of(media(EPISODE_24, 2_000_000, 3)), b"\x89PNG\r\n\x1a\n" + bytes(100_000), b"All slots are in use."],
    ids=["a clip", "a picture", "a sentence"],
)
def test_a_panel_that_sends_a_notice_twice_is_asked_a_third_time_and_the_entry_keeps_its_name(house, running, clip):
    download = house.download("Dune", film(21))
    add_variant(house, download, film(22))
    entry = house.row(download).identity.entry_id
    house.provider.hook = provider_faults.on(provider_faults.body(clip), first=2)

    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    assert row.identity.entry_id == entry
    assert digest(library_file(house, row).read_bytes()) == digest(bytes_of(film(21)))
    with house.database.connect() as connection:
        assert list_blocks(connection) == []
    assert not (house.app.settings.directories.temp / "quarantine").exists()


@pytest.mark.parametrize(("spoken", "wished"), [("bul", "bg"), ("wel", "Welsh"), ("baq", "eus")])
def test_a_file_in_a_wished_language_is_taken_whatever_its_code(tmp_path, database, running, spoken, wished):
    given = {
        **IMPORTING,
        "import.mode": "none",
        "downloads.audio_languages": [wished],
        "downloads.duration_tolerance": 0,
    }
    body = make_media(tmp_path / "film.mkv", seconds=2, languages=(spoken,)).read_bytes()
    with open_house(tmp_path, database, given) as house:
        download = house.download("Dune", body)
        running(house.engine())

        row = house.await_state(download, S.COMPLETED)
        assert house.result(download) == digest(body) and row.outcome.facts["audio_languages"] == [spoken]


def test_the_files_own_tracks_decide_on_a_required_language_of_its_instance(tmp_path, database, running):
    given = {**IMPORTING, "import.mode": "none", "downloads.duration_tolerance": 0}
    bodies = [
        make_media(tmp_path / f"{code}.mkv", seconds=2, languages=(code,)).read_bytes() for code in ("ger", "fre")
    ]
    with open_house(tmp_path, database, given) as house:
        download = house.download("Dune", bodies[0])
        french = add_variant(house, download, bodies[1], "Dune FR")
        with database.connect() as connection:
            slug = list_instances(connection)[0].slug
        set_languages(house.app.arrs, slug, ("fr:require", "en"))
        running(house.engine())

        row = house.await_state(download, S.COMPLETED)

        assert row.identity.entry_id == french
        with database.connect() as connection:
            story = " ".join(one.event.message for one in list_events(connection, EventFilter(download_id=download)))
        assert "where fr is required" in story


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
    eventually(lambda: house.row(download).state is S.IMPORTING and house.row(download).outcome.error)

    house.radarr.hook = None
    with house.database.begin() as connection:
        act(connection, download, Action.RETRY, now())
    house.change(download, not_before=None)

    house.await_state(download, S.COMPLETED)


@pytest.mark.parametrize("house", ["manual", "library"], indirect=True)
@pytest.mark.parametrize("imports", [True, False])
def test_subtitles_beside_the_file_go_along_where_the_instance_imports_extra_files(house, running, imports):
    house.radarr.media_management |= {"importExtraFiles": imports, "extraFileExtensions": "srt, nfo"}
    download = house.download("Dune", film(8))
    house.provider.add("/files/Dune.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "text/plain")

    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    assert library_file(house, row).with_suffix(".srt").exists() is imports
    assert list(house.app.settings.directories.movies.rglob("*.srt")) == []
    assert list(house.app.settings.directories.temp.rglob("*.srt")) == []


@pytest.mark.parametrize("house", ["library"], indirect=True)
def test_an_instance_that_is_broken_while_a_file_is_named_for_its_library_is_asked_again(house, running):
    download = house.download("Dune", film(7))
    house.radarr.hook = on("/api/v3/config/naming", broken())
    running(house.engine())
    eventually(lambda: house.row(download).state is S.FETCHED and house.row(download).outcome.error)
    assert "config/naming: it answered 500" in house.row(download).outcome.error

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
        house.match(wanted, house.row(first).identity.entry_id)
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
        asked = [
            request for request in house.provider.requests if request.key == house.row(download).identity.entry_key
        ]
        assert len(asked) == 1
        assert list(house.app.settings.directories.movies.rglob("*.mkv")) == []


def test_a_full_disk_makes_downloads_wait_and_they_go_on_when_there_is_room(tmp_path, database, running):
    with ExitStack() as stack:
        disk = stack.enter_context(mounted_disk(tmp_path / "small", 6_000_000))
        (disk / "incomplete").mkdir()
        house = stack.enter_context(open_house(tmp_path, database, {"directories.temp": str(disk / "incomplete")}))
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(4_500_000))
        body = content(3_000_000)
        download = house.download("Dune", body)
        house.change(download, total=1_000_000)  # what it was taken to need
        running(house.engine())
        eventually(lambda: house.row(download).outcome.error_code == "local_disk_full", "the disk fills up")
        assert house.row(download).queue.failures == 0

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
    eventually(lambda: house.row(download).state is S.IMPORTING and house.row(download).outcome.error)
    staged = Path(house.row(download).outcome.placed_path)
    assert staged.exists()

    with house.database.begin() as connection:
        act(connection, download, Action.CANCEL, now())
    house.change(download, not_before=None)

    house.await_state(download, S.CANCELLED)
    eventually(lambda: not staged.parent.exists())


def test_a_later_wish_of_another_instance_joins_a_download_that_is_under_way(house, tmp_path):
    download = house.download("Dune", film(12))
    wanted = house.film("Dune", house.instance("radarr-4k"), 1, 90)
    house.match(wanted, house.row(download).identity.entry_id)

    report = queue_confirmed(house.database, now)

    assert report.queued == (download,)
    assert len(house.row(download).items) == 2


def test_while_an_import_takes_its_time_its_items_are_not_read_again(house, running):
    download = house.download("Dune", film(13))
    house.radarr.commands.before = held = Held()
    reads = []
    event.listen(house.database.readers, "before_cursor_execute", lambda *given: reads.append(given[2]))
    running(house.engine())
    eventually(lambda: asked_for_command(house) >= 1)

    reads.clear()
    eventually(lambda: asked_for_command(house) >= 3)

    assert [text for text in reads if "series_type" in text] == []
    held.go_on.set()
    house.await_state(download, S.COMPLETED)


def asked_for_command(house):
    return sum(one.method == "GET" and one.path.startswith("/api/v3/command/") for one in house.radarr.requests)


@pytest.mark.parametrize("house", ["manual", "library", "none"], indirect=True)
def test_what_is_downloaded_again_replaces_the_file_that_the_library_has(house, running):
    download = house.download("Dune", film(1))
    running(house.engine())
    first = house.await_state(download, S.COMPLETED)
    house.provider.add(first.identity.entry_key, film(2))

    (result,) = act_on(house.app.download_queue, [download], Verb.AGAIN)

    row = house.await_state(result.made, S.COMPLETED)
    is_kept = house.app.settings.import_.mode == "none"
    file = Path(row.outcome.final_path) if is_kept else library_file(house, row)
    assert digest(file.read_bytes()) == digest(bytes_of(film(2)))
    assert is_kept or row.items[0].imported_file_id != first.items[0].imported_file_id


def test_a_removed_download_that_failed_leaves_nothing_behind(house):
    download = house.download("Dune", None)
    part = house.app.settings.directories.temp / f"{download}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half of it")
    house.change(download, state="failed", part_path=str(part), durable_offset=10, finished_at=now())

    act_on(house.app.download_queue, [download], Verb.REMOVE)

    assert not part.exists() and house.row(download).transfer.part_path is None


@pytest.mark.parametrize("house", ["manual"], indirect=True)
def test_an_entry_that_nothing_wants_ends_in_the_folder_of_movies_whatever_the_import_mode(house, running):
    entry = house.entry(house.source(), "/files/dune.mkv", film(1), "Dune")

    (download,) = download_to_folder(house.app.catalogue, entry)
    running(house.engine())

    row = house.await_state(download, S.COMPLETED)
    file = Path(row.outcome.final_path)
    assert file.is_relative_to(house.app.settings.directories.movies) and file.parent.name == "Dune"
    assert digest(file.read_bytes()) == digest(bytes_of(film(1)))
