"""An instance that drives itself: it grabs, we fetch, it imports, and says so. One program for all of these tests."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from stalkeer.core.downloads.sabnzbd import LOCAL_FAULT
from stalkeer.core.security.scopes import Scope
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.jobs.library.webhooks import receive_event
from stalkeer.jobs.native.watch import GrabWatch
from stalkeer.model import DownloadState, Drive, EventKind
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.downloads.rows import ItemState
from stalkeer.store.journal.events import EventFilter, list_events
from stalkeer.store.library.instances import get_instance
from tests.doubles.clock import FakeClock
from tests.doubles.completed_downloads import RejectedRelease
from tests.doubles.house import digest, eventually, now, open_house
from tests.doubles.native import clip, open_native

S = DownloadState
GIVEN = {"import.mode": "manual", "downloads.verify_downloads": True, "downloads.retry_attempts": 1}


@pytest.fixture(scope="module")
def native(tmp_path_factory, empty_file):
    folder = tmp_path_factory.mktemp("native")
    shutil.copy(empty_file, folder / "stalkeer.db")
    database = open_database(sqlite_url(folder / "stalkeer.db"))
    with open_house(folder, database, GIVEN) as house, open_native(house) as opened:
        engine = house.engine()
        engine.launch()
        yield opened
        engine.stop()
    database.close()


def polled(native, condition, by=None, what=""):
    """Poll as the instance does, until `condition` holds."""

    def look():
        (by or native.radarr).poll()
        return condition()

    eventually(look, what, timeout_s=30)


def link_of(native, nzo_id, slug="radarr"):
    release = native.row_of(nzo_id).release
    return native.house.app.settings.directories.movies / slug / "movies" / release / f"{release}.mkv"


def file_of(native, offered):
    return native.house.radarr.movies[offered.movie_id].file


def masters(native):
    return list((native.house.app.settings.directories.movies / "stalkeer-files").rglob("*.mkv"))


def ready(native, offered):
    """Grab it, and wait until its file is there for the instance."""
    nzo_id = native.grab(offered)
    eventually(lambda: native.row_of(nzo_id).storage, "the file is ready")
    return nzo_id


def test_a_grab_is_fetched_imported_by_the_instance_and_confirmed(native):
    body = clip(1001)
    offered = native.offer(bodies=[body])

    nzo_id = native.grab(offered)
    polled(native, lambda: file_of(native, offered))

    done = native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
    file = file_of(native, offered)
    assert file.path.read_bytes() == body
    assert file.scene_name == offered.release
    assert done.outcome.final_path == str(file.path)
    assert [(item.state, item.imported_file_id) for item in done.items] == [(ItemState.IMPORTED, file.id)]
    eventually(lambda: not native.row_of(nzo_id).storage, "the link is forgotten")
    assert not link_of(native, nzo_id).parent.exists()
    eventually(lambda: not masters(native), "our own file is gone")
    imports = [row for row in native.house.radarr.history if row["eventType"] == "downloadFolderImported"]
    assert [row["movieId"] for row in imports].count(offered.movie_id) == 1, "imported once, and by the instance"
    assert not any("files" in command.body for command in native.house.radarr.commands.all())


def test_two_instances_get_the_file_of_one_download(native, tmp_path):
    body = clip(1002)
    first = native.offer("Two Homes", [body])
    with Radarr(tmp_path) as other:
        second = native.second_radarr(other, "radarr-two")
        instance = native.house.instance("radarr-two")
        movie = other.add_movie("Two Homes", 2020, runtime_min=90)
        wanted = (movie.id, native.house.film("Two Homes", instance, arr_id=movie.id, runtime_min=90))
        again = native.offer("Two Homes", [], instance=instance, wanted=wanted, entries=first.entries)
        sent = len(native.house.provider.requests)

        native.ask("pause", native.key(Scope.ADMIN))
        one, two = native.grab(first), second.grab(again.release, again.nzb, movie.id)
        native.ask("resume", native.key(Scope.ADMIN))
        polled(native, lambda: file_of(native, first))
        polled(native, lambda: movie.file, second)

        native.house.await_state(native.download(one).id, S.COMPLETED)
        assert native.download(one).id == native.download(two).id
        assert digest(movie.file.path.read_bytes()) == digest(file_of(native, first).path.read_bytes()) == digest(body)
        assert sum(request.sent for request in native.house.provider.requests[sent:]) < 2 * len(body)


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "gone"])
def test_a_file_that_is_fetched_already_is_given_to_another_instance_where_it_still_exists(native, tmp_path, is_there):
    body = clip(1040 + is_there)
    title = f"Late {is_there}"
    first = native.offer(title, [body])
    with Radarr(tmp_path) as other:
        slug = title.lower().replace(" ", "-")
        second = native.second_radarr(other, slug)
        instance = native.house.instance(slug)
        movie = other.add_movie(title, 2020, runtime_min=90)
        wanted = (movie.id, native.house.film(title, instance, arr_id=movie.id, runtime_min=90))
        again = native.offer(title, [], instance=instance, wanted=wanted, entries=first.entries)
        one = ready(native, first)
        if not is_there:
            Path(native.download(one).outcome.placed_path).unlink()
        sent = len(native.house.provider.requests)

        two = second.grab(again.release, again.nzb, movie.id)
        polled(native, lambda: movie.file, second)

        is_shared = native.download(one).id == native.download(two).id
        fetched = sum(request.sent for request in native.house.provider.requests[sent:])
        assert (is_shared, fetched > 0) == (is_there, not is_there)
        assert movie.file.path.read_bytes() == body
        polled(native, lambda: file_of(native, first))
        native.house.await_state(native.download(one).id, S.COMPLETED)
        native.house.await_state(native.download(two).id, S.COMPLETED)
        eventually(lambda: not masters(native), "our own file is gone")


def test_a_release_that_was_removed_and_grabbed_again_is_imported_and_its_file_left_alone(native, tmp_path):
    """The download went on for another instance meanwhile, so both grabs are of the same file."""
    body = clip(1031)
    first = native.offer("Grabbed Again", [body])
    with Radarr(tmp_path) as other:
        second = native.second_radarr(other, "radarr-again")
        instance = native.house.instance("radarr-again")
        movie = other.add_movie("Grabbed Again", 2020, runtime_min=90)
        wanted = (movie.id, native.house.film("Grabbed Again", instance, arr_id=movie.id, runtime_min=90))
        offered = native.offer("Grabbed Again", [], instance=instance, wanted=wanted, entries=first.entries)
        admin = native.key(Scope.ADMIN)

        native.ask("pause", admin)
        native.grab(first)
        old = second.grab(offered.release, offered.nzb, movie.id)
        second.remove(old)
        again = second.grab(offered.release, offered.nzb, movie.id)
        native.ask("resume", admin)
        eventually(lambda: native.row_of(again).storage, "the file is ready")
        for minutes in (1, 2):
            clock = FakeClock(now() + timedelta(minutes=minutes))
            GrabWatch(native.house.database, native.house.app.arrs, clock).look()

        assert native.row_of(old).storage == "", "nobody is given a file for a grab that was removed"
        assert link_of(native, again, "radarr-again").is_file()
        polled(native, lambda: movie.file, second)
        polled(native, lambda: file_of(native, first))
        assert movie.file.path.read_bytes() == body
        native.house.await_state(native.download(again).id, S.COMPLETED)


def test_a_file_that_is_gone_failed_with_our_reason_is_blocklisted_and_searched_again(native):
    offered = native.offer(bodies=[None])

    native.grab(offered)
    polled(native, lambda: offered.movie_id in native.radarr.searched)

    blocked = [row for row in native.house.radarr.blocklist if row["sourceTitle"] == offered.release]
    assert len(blocked) == 1
    assert "(404)" in blocked[0]["message"], "the kind of trouble"
    assert "127.0.0.1" not in blocked[0]["message"], "and nothing of the provider"
    with pytest.raises(RejectedRelease):
        native.grab(offered)


def test_the_next_file_of_the_same_release_is_taken_and_none_of_another(native):
    right = clip(1003)
    wanted = native.movie("Variants")
    native.offer("Other", [clip(1004)], wanted=wanted, lines=720)
    offered = native.offer("Variants", [None, right], wanted=wanted)

    nzo_id = native.grab(offered)
    polled(native, lambda: file_of(native, offered))

    assert native.download(nzo_id).identity.variants_tried == (offered.entries[0],)
    assert file_of(native, offered).path.read_bytes() == right


def test_a_release_without_a_sound_file_fails_although_another_release_has_one(native):
    wanted = native.movie("No Sound File")
    native.offer("Other", [clip(1005)], wanted=wanted, lines=720)
    offered = native.offer("No Sound File", [None], wanted=wanted)

    native.grab(offered)
    polled(native, lambda: offered.movie_id in native.radarr.searched)

    assert file_of(native, offered) is None


def test_a_folder_of_ours_that_cannot_be_used_is_a_warning_and_blocklists_nothing(native):
    offered = native.offer()
    obstacle = link_of_release(native, offered.release).parent
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("a file in the way")

    nzo_id = native.grab(offered)
    polled(native, lambda: native.radarr.tracked[nzo_id].status == "warning")

    assert native.radarr.tracked[nzo_id].messages == [LOCAL_FAULT]
    assert offered.movie_id not in native.radarr.searched
    obstacle.unlink()
    native.house.change(native.download(nzo_id).id, not_before=now())  # the minute until the next try is over
    polled(native, lambda: file_of(native, offered), what="it goes on once the folder is free")


def link_of_release(native, release):
    return native.house.app.settings.directories.movies / "radarr" / "movies" / release / f"{release}.mkv"


def test_trouble_of_the_instance_is_shown_in_its_words_and_goes_when_it_clears(native):
    offered = native.offer()
    native.house.radarr.media_management["minimumFreeSpaceWhenImporting"] = 10**9

    nzo_id = native.grab(offered)
    polled(native, lambda: native.download(nzo_id).state is S.BLOCKED)

    assert native.download(nzo_id).outcome.error == "Not enough free space"
    assert link_of(native, nzo_id).is_file(), "nothing is taken away while the instance is in trouble"
    native.house.radarr.media_management["minimumFreeSpaceWhenImporting"] = 0
    polled(native, lambda: file_of(native, offered))
    done = native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
    assert done.outcome.error is None


def test_a_file_that_waits_for_its_instance_takes_no_turn_from_another(native):
    waiting = ready(native, native.offer())
    eventually(lambda: not native.download(waiting).queue.is_owned)
    run = native.download(waiting).queue.run

    other = native.offer()
    ready(native, other)

    row = native.download(waiting)
    assert (row.state, row.queue.is_owned, row.queue.run) == (S.IMPORTING, False, run)
    polled(native, lambda: file_of(native, other))


def test_a_cancellation_here_blocks_the_release_there_and_searches_for_no_other(native):
    offered = native.offer()
    nzo_id = ready(native, offered)
    native.radarr.poll_without_import()
    admin = native.key(Scope.ADMIN)

    native.ask("queue", admin, name="delete", value=nzo_id)
    eventually(lambda: native.row_of(nzo_id).removed)

    assert nzo_id not in [row["downloadId"] for row in native.house.radarr.queue]
    assert [row["sourceTitle"] for row in native.house.radarr.blocklist].count(offered.release) == 1
    assert offered.movie_id not in native.radarr.searched
    eventually(lambda: not link_of(native, nzo_id).parent.exists(), "the link is gone")
    assert file_of(native, offered) is None


def test_a_cancellation_there_cancels_here_also_while_the_file_waits(native):
    offered = native.offer()
    nzo_id = ready(native, offered)
    native.radarr.poll_without_import()

    native.radarr.remove(nzo_id)

    native.house.await_state(native.download(nzo_id).id, S.CANCELLED)
    eventually(lambda: not link_of(native, nzo_id).parent.exists(), "the link is gone")
    eventually(lambda: not masters(native), "our own file is gone")


def test_an_ignored_download_of_the_instance_is_cancelled_here(native):
    offered = native.offer()
    nzo_id = ready(native, offered)
    native.radarr.poll_without_import()

    native.radarr.remove(nzo_id, from_client=False)

    native.house.await_state(native.download(nzo_id).id, S.CANCELLED)


def test_a_history_delete_that_comes_before_the_confirmation_loses_nothing(native):
    """The instance deletes as soon as it has imported; our link goes only once it has said that it has the file."""
    offered = native.offer()
    nzo_id = ready(native, offered)
    polled(native, lambda: file_of(native, offered))

    assert native.row_of(nzo_id).removed
    native.house.await_state(native.download(nzo_id).id, S.COMPLETED)


def test_an_instance_that_keeps_its_history_confirms_the_import_all_the_same(native, monkeypatch):
    offered = native.offer()
    monkeypatch.setattr(native.radarr, "removes_completed", False)  # the house is shared
    nzo_id = native.grab(offered)

    polled(native, lambda: file_of(native, offered))

    native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
    assert not native.row_of(nzo_id).removed


def test_items_of_both_owners_are_served_by_one_download(native, tmp_path):
    """One instance drives itself, another is driven by us: the same file, fetched once, imported once by each way."""
    body = clip(1006)
    first = native.offer("Both Owners", [body])
    with Radarr(tmp_path) as other:
        native.second_radarr(other, "radarr-ours")
        instance = native.house.instance("radarr-ours")
        movie = other.add_movie("Both Owners", 2020, runtime_min=90)
        theirs = native.house.film("Both Owners", instance, arr_id=movie.id, runtime_min=90)
        native.house.match(theirs, first.entries[0])
        nzo_id = native.grab(first)
        native.house.join(native.download(nzo_id).id, theirs, instance, movie.id)

        polled(native, lambda: file_of(native, first))
        eventually(lambda: movie.file)

        row = native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
        assert [item.hand_over for item in row.items] == [Drive.NATIVE, Drive.OURS]
        assert movie.file.path.read_bytes() == file_of(native, first).path.read_bytes() == body


def test_an_engine_that_only_waits_for_instances_is_idle(native):
    nzo_id = ready(native, native.offer())

    eventually(lambda: native.download(nzo_id).state is S.IMPORTING and not native.download(nzo_id).queue.is_owned)

    assert Path(native.row_of(nzo_id).storage).is_file()


def test_the_user_has_a_file_imported_against_the_words_of_its_instance(native):
    offered = native.offer()
    native.house.radarr.media_management["minimumFreeSpaceWhenImporting"] = 10**9
    nzo_id = native.grab(offered)
    polled(native, lambda: native.download(nzo_id).state is S.BLOCKED)
    admin = {"X-Api-Key": native.key(Scope.ADMIN)}
    shown = native.client.get(f"/api/v1/downloads/{native.download(nzo_id).id}", headers=admin).json()
    native.house.radarr.media_management["minimumFreeSpaceWhenImporting"] = 0

    native.client.post(f"/api/v1/downloads/{native.download(nzo_id).id}/accept", headers=admin)
    eventually(lambda: file_of(native, offered))

    native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
    native.radarr.poll()
    assert shown["items"][0]["handOver"] == "native"
    assert shown["items"][0]["refusal"] == "Not enough free space"
    assert [(one["downloadId"], one["status"]) for one in shown["grabs"]] == [(nzo_id, "Completed")]
    assert nzo_id not in native.radarr.tracked, "what we import ourselves is shown to the instance no more"
    imports = [row for row in native.house.radarr.history if row["eventType"] == "downloadFolderImported"]
    assert [row["movieId"] for row in imports].count(offered.movie_id) == 1


def test_a_file_that_its_instance_never_asks_for_is_imported_by_us(native):
    """Its download client was removed there while the file was on its way: nobody would own the download."""
    offered = native.offer()
    nzo_id = ready(native, offered)
    native.forget(nzo_id)
    clock = FakeClock(now() + timedelta(hours=9))
    watch = GrabWatch(native.house.database, native.house.app.arrs, clock)

    watch.look()
    assert [item.hand_over for item in native.download(nzo_id).items] == [Drive.NATIVE], "it may have been away so long"
    clock.advance(2 * 3600 + 60)
    watch.look()
    eventually(lambda: file_of(native, offered))

    native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
    assert [item.hand_over for item in native.download(nzo_id).items] == [Drive.OURS]


def test_a_cancelled_grab_that_its_instance_does_not_know_leaves_the_list_after_a_second_look(native):
    """It was gone there before the first poll, or the instance was restarted."""
    admin, bridge = native.key(Scope.ADMIN), native.key(Scope.BRIDGE, "radarr")
    native.ask("pause", admin)
    offered = native.offer()
    nzo_id = native.grab(offered)
    native.forget(nzo_id)

    native.ask("queue", admin, name="delete", value=nzo_id)
    native.ask("resume", admin)
    native.house.await_state(native.download(nzo_id).id, S.CANCELLED)
    eventually(lambda: native.row_of(nzo_id).removed, timeout_s=10)

    assert native.ask("queue", bridge, nzo_ids=nzo_id)["queue"]["slots"] == []
    assert native.grab(offered), "and may be grabbed again"


def told(native, event, nzo_id, offered, **more):
    """An event of Radarr's webhook."""
    body = {"eventType": event, "movie": {"id": offered.movie_id, "title": "Film"}, "downloadId": nzo_id, **more}
    with native.house.database.connect() as connection:
        row = get_instance(connection, "radarr")
    return receive_event(native.house.app.arrs, row, json.dumps(body).encode())


def test_an_event_of_the_instance_confirms_its_import_at_once(native):
    offered = native.offer()
    nzo_id = ready(native, offered)

    received = told(native, "Download", nzo_id, offered, movieFile={"id": 77, "path": "/films/Film/film.mkv"})

    assert (received.is_grab, received.unproven_import) == (True, "")
    done = native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
    assert done.outcome.final_path == "/films/Film/film.mkv"
    assert [item.imported_file_id for item in done.items] == [77]


def test_an_event_that_names_our_own_file_confirms_nothing(native):
    """Radarr 3 tells the path that it imported from; its history has the one that it made."""
    offered = native.offer()
    nzo_id = ready(native, offered)

    received = told(native, "Download", nzo_id, offered, movieFile={"id": 77, "path": native.row_of(nzo_id).storage})

    assert received.unproven_import == nzo_id
    assert [item.state for item in native.download(nzo_id).items] == [ItemState.IMPORTING]
    polled(native, lambda: file_of(native, offered))
    done = native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
    assert done.outcome.final_path == str(file_of(native, offered).path)


def blocked_by(native, nzo_id):
    """The reasons for which a download was shown as blocked."""
    chosen = EventFilter(kinds=(EventKind.IMPORT_BLOCKED,), download_id=native.download(nzo_id).id)
    with native.house.database.connect() as connection:
        return [row.event.message for row in list_events(connection, chosen)]


def test_an_event_of_the_instance_shows_its_trouble_at_once(native):
    offered = native.offer()
    nzo_id = ready(native, offered)
    eventually(lambda: not native.download(nzo_id).queue.is_owned)
    words = [{"title": offered.release, "messages": ["Movie title mismatch"]}]

    told(native, "ManualInteractionRequired", nzo_id, offered, downloadStatusMessages=words)

    # the next look at the queue of the instance may clear it at any moment
    assert any("Movie title mismatch" in one for one in blocked_by(native, nzo_id))
    polled(native, lambda: file_of(native, offered))
    native.house.await_state(native.download(nzo_id).id, S.COMPLETED)


def test_its_own_grab_is_not_held_back_as_a_download_of_another_client(native):
    offered = native.offer()
    nzo_id = native.grab(offered)

    told(native, "Grab", nzo_id, offered)

    assert native.house.skip_of(offered.wanted_id) is None
    told(native, "Grab", "SABnzbd_nzo_of_another_client", offered)
    assert native.house.skip_of(offered.wanted_id) is not None


def test_an_import_of_another_file_leaves_the_grab_to_its_instance(native):
    offered = native.offer()
    nzo_id = native.grab(offered)
    native.house.change(native.download(nzo_id).id, not_before=now().replace(year=2100), state="queued")

    told(native, "Download", "torrent", offered, movieFile={"id": 5, "path": "/films/other.mkv"})

    assert native.download(nzo_id).state is not S.CANCELLED


def test_sonarr_imports_a_double_episode_of_one_grab(native, tmp_path):
    body = clip(1007)
    with Sonarr(tmp_path) as sonarr:
        series = sonarr.add_series("Some Series", 2019, runtime_min=45)
        episodes = [sonarr.add_episode(series, 1, number) for number in (1, 2)]
        client = native.second_sonarr(sonarr, "sonarr", category="tv")
        offered = native.offer_episodes("sonarr", series, episodes, body)

        nzo_id = client.grab(offered.release, offered.nzb, episodes[0].id)
        polled(native, lambda: episodes[0].file, client)

        row = native.house.await_state(native.download(nzo_id).id, S.COMPLETED)
        assert episodes[0].file is episodes[1].file
        assert episodes[0].file.path.read_bytes() == body
        assert [item.state for item in row.items] == [ItemState.IMPORTED] * 2
        assert native.row_of(nzo_id).category == "tv"
        folder = native.house.app.settings.directories.tvshows / "sonarr" / "tv"
        eventually(lambda: not list(folder.iterdir()))
