"""/sabnzbd/api as Radarr, Sonarr, phones and dashboards use it; one program for all of these tests."""

import shutil
from pathlib import Path

import pytest

from stalkeer.core.security.scopes import Scope
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.faces.bridge.sabnzbd_changes import CHANGES
from stalkeer.faces.bridge.sabnzbd_lists import READS
from stalkeer.model import DownloadState, Drive
from stalkeer.store.db.database import open_database, sqlite_url
from stalkeer.store.library.instances import FolderPair, InstanceOptions
from stalkeer.store.offers.offers import find_offer
from tests.doubles.completed_downloads import CompletedDownloads, PollFailed, RejectedRelease
from tests.doubles.house import open_house
from tests.doubles.native import clip, open_native

S = DownloadState
GONE = "provider.example:8080/…/5010.mkv: the server answered with status 404"


@pytest.fixture(scope="module")
def native(tmp_path_factory, empty_file):
    folder = tmp_path_factory.mktemp("sabnzbd")
    shutil.copy(empty_file, folder / "stalkeer.db")
    database = open_database(sqlite_url(folder / "stalkeer.db"))
    with open_house(folder, database) as house, open_native(house) as opened:
        yield opened
    database.close()


@pytest.fixture
def bridge(native):
    return native.key(Scope.BRIDGE, "radarr")


@pytest.fixture
def admin(native):
    return native.key(Scope.ADMIN)


@pytest.fixture
def reader(native):
    return native.key(Scope.READ)


def queue_of(native, key, **query):
    return {row["nzo_id"]: row for row in native.ask("queue", key, **query)["queue"]["slots"]}


def history_of(native, key, **query):
    return {row["nzo_id"]: row for row in native.ask("history", key, **query)["history"]["slots"]}


def set_up(native, nzo_id, **values):
    """Change the download of a grab."""
    native.house.change(native.row_of(nzo_id).download_id, **values)


# --- keys ----------------------------------------------------------------------------------------------------------


def test_the_version_and_the_way_to_log_in_need_no_key(native):
    assert native.ask("version") == {"version": "4.5.1"}
    assert native.ask("auth") == {"auth": "apikey"}


def test_a_wrong_key_and_no_key_are_told_in_the_words_that_both_programs_look_for(native):
    assert native.ask("get_config") == {"status": False, "error": "API Key Required"}
    assert native.ask("get_config", "ab" * 16) == {"status": False, "error": "API Key Incorrect"}


def test_the_test_button_is_content(native):
    assert native.radarr.test() == []


@pytest.mark.parametrize(
    ("category", "key", "problem"),
    [("nothing-of-ours", None, "Category does not exist"), ("stalkeer", None, "Category does not exist")]
    + [("movies", "cd" * 16, "API Key Incorrect")],
)
def test_the_test_button_says_what_is_wrong(native, bridge, category, key, problem):
    client = CompletedDownloads(native.house.radarr, native.send, key or bridge, category)

    assert client.test() == [problem]


def test_a_read_key_changes_nothing_whatever_the_method(native, reader):
    nzo_id = native.grab(native.offer())
    changing = [(mode, name) for mode, name in CHANGES]

    for mode, name in changing:
        for method in ("GET", "POST"):
            more = {"name": name, "value": nzo_id, "value2": "2"} if name else {"value": nzo_id}
            answer = native.ask(mode, reader, method, **more)
            assert answer["status"] is False, (mode, name)
            assert "scope read" in answer["error"]
    assert native.download(nzo_id).state is S.QUEUED
    assert nzo_id in queue_of(native, reader)


def test_a_bridge_key_changes_the_grabs_of_its_instance_and_nothing_else(native, bridge):
    for (mode, name), change in CHANGES.items():
        if not change.is_of_grabs:
            answer = native.ask(mode, bridge, name=name, value="5")
            assert answer["status"] is False, (mode, name)
            assert "scope bridge" in answer["error"]


@pytest.mark.parametrize("mode", sorted(READS))
def test_every_reading_mode_answers_every_scope(native, bridge, reader, admin, mode):
    for key in (bridge, reader, admin):
        answer = native.ask(mode, key)
        assert answer.get("status") is not False, answer


@pytest.mark.parametrize("mode", ["", "rss_now", "queue&name=rename", "no such"])
def test_an_unknown_mode_is_an_error_in_words(native, admin, mode):
    mode, _, name = mode.partition("&name=")
    answer = native.ask(mode, admin, **({"name": name} if name else {}))

    assert answer["status"] is False
    assert answer["error"]


# --- what is listed ------------------------------------------------------------------------------------------------


def test_our_own_downloads_are_never_shown_to_an_instance(native, bridge, admin):
    """It would import them by their category and title, a second time."""
    waiting = native.house.download("Own Waiting", b"x")
    done = native.house.download("Own Done", b"x")
    native.house.change(done, state="completed", release="Own.Done.2020.WEB-DL-STALKEER", placed_path="/vod/own.mkv")

    assert not any("Own" in str(row) for row in queue_of(native, bridge).values())
    assert not any("Own" in str(row) for row in history_of(native, bridge).values())
    assert queue_of(native, admin)[f"stalkeer_{waiting}"]["cat"] == "stalkeer"
    assert history_of(native, admin)[f"stalkeer_{done}"]["category"] == "stalkeer"


def test_no_instance_sees_the_grabs_of_another(native, bridge, tmp_path):
    nzo_id = native.grab(native.offer())
    with Radarr(tmp_path) as other:
        second = native.second_radarr(other, "radarr-4k")

        second.poll()

        assert nzo_id not in queue_of(native, second.key)
        assert second.ask("queue", name="delete", value=nzo_id) == {"status": True, "nzo_ids": []}
    assert nzo_id in queue_of(native, bridge)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"state": "queued"}, "Queued"),
        ({"state": "downloading", "total": 1000, "offset": 500, "speed": 0.0}, "Downloading"),
        ({"state": "downloading", "total": None, "offset": 500}, "Downloading"),
        ({"state": "downloading", "total": 10, "offset": 500, "speed": 1e-9}, "Downloading"),
        ({"state": "fetched"}, "Verifying"),
        ({"state": "placed"}, "Moving"),
        ({"state": "importing"}, "Moving"),
        ({"state": "paused", "priority": -1}, "Paused"),
        ({"state": "blocked", "error_code": "unproven", "error": "is it whole?"}, "Paused"),
    ],
)
def test_a_poll_understands_a_grab_in_every_state_and_sees_it_in_its_category(native, bridge, values, status):
    nzo_id = native.grab(native.offer())
    set_up(native, nzo_id, **values)

    native.radarr.poll()

    row = queue_of(native, bridge)[nzo_id]
    assert (row["status"], row["cat"]) == (status, "movies")
    assert nzo_id in native.radarr.tracked
    set_up(native, nzo_id, state="queued", error_code=None)


def test_a_grab_stands_in_the_category_as_it_was_sent(native, bridge):
    """An item whose category differs by one letter is invisible to its instance."""
    for category in ("Movies HD", "movies", "", "Ünï"):
        client = CompletedDownloads(native.house.radarr, native.send, bridge, category)
        nzo_id = native.grab(native.offer(), client)
        assert queue_of(native, bridge)[nzo_id]["cat"] == category
        client.poll()
        assert nzo_id in client.tracked


def test_a_grab_in_the_category_of_our_own_downloads_is_refused(native, bridge):
    client = CompletedDownloads(native.house.radarr, native.send, bridge, "Stalkeer")

    with pytest.raises(RejectedRelease):
        native.grab(native.offer(), client)


def test_the_queue_is_searched_and_paged(native, admin, bridge):
    mine = [native.grab(native.offer(f"Paged Film {letter}")) for letter in "ABC"]
    native.grab(native.offer("Another Thing"))

    found = native.ask("queue", admin, search="paged.film", start=1, limit=1)["queue"]

    assert [row["nzo_id"] for row in found["slots"]] == [mine[1]]
    assert (found["slots"][0]["index"], found["noofslots"]) == (1, 3)
    assert set(queue_of(native, bridge, nzo_ids=f"{mine[0]},{mine[2]}")) == {mine[0], mine[2]}
    assert queue_of(native, bridge, category="tv") == {}


def test_the_file_is_named_in_the_view_of_its_instance(native, bridge):
    house = native.house
    nzo_id = native.grab(native.offer())
    release = native.row_of(nzo_id).release
    link = house.app.settings.directories.movies / "radarr" / "movies" / release / f"{release}.mkv"
    native.house.change_item(native.row_of(nzo_id).download_id, state="importing")
    native.change_grab(nzo_id, state="completed", storage=str(link), bytes=5)
    options = InstanceOptions(path_mappings=(FolderPair(str(house.app.settings.directories.movies), "/films"),))
    house.change_instance("radarr", options)

    row = history_of(native, bridge)[nzo_id]
    folder = native.ask("get_config", bridge)["config"]["misc"]["complete_dir"]

    house.change_instance("radarr", InstanceOptions())
    assert row["storage"] == f"/films/radarr/movies/{release}/{release}.mkv"
    assert row["name"] == Path(row["storage"]).parent.name, "the folder is called like the release"
    assert folder == "/films/radarr"
    assert native.ask("queue", bridge, nzo_ids=nzo_id)["queue"]["slots"] == [], "it stands in one list only"


def test_the_folder_of_a_category_is_there_before_anything_is_grabbed(native):
    native.radarr.poll()

    assert Path(native.radarr.output_folder()).is_dir()


def test_what_was_imported_makes_room_in_the_sixty_rows_that_are_read(native, bridge):
    waiting = native.grab(native.offer())
    done = [native.grab(native.offer()) for _ in range(3)]
    for nzo_id in (waiting, *done):
        native.change_grab(nzo_id, state="completed", ended_at=native.house.app.clock())
    native.house.change_item(native.row_of(waiting).download_id, state="importing")
    for nzo_id in done:
        native.house.change_item(native.row_of(nzo_id).download_id, state="imported")

    order = [nzo_id for nzo_id in history_of(native, bridge) if nzo_id in (waiting, *done)]

    assert order[0] == waiting


# --- grabbing ------------------------------------------------------------------------------------------------------


def test_a_grab_becomes_a_download_that_the_instance_hands_over(native):
    offered = native.offer()

    nzo_id = native.grab(offered)

    row = native.download(nzo_id)
    assert row.state is S.QUEUED
    assert row.identity.entry_id == offered.entries[0]
    assert [item.hand_over for item in row.items] == [Drive.NATIVE]


@pytest.mark.parametrize(
    "nzb",
    [
        b"",
        b"<nzb><head/><file/></nzb>",
        b'<nzb><meta type="x-stalkeer">v1.guid.0123456789abcdef0123456789abcdef</meta></nzb>',
        b'<nzb><meta type="x-stalkeer">guid</meta></nzb>',
        b"\x00\xff" * 1000,
    ],
    ids=["nothing", "foreign", "forged", "unsigned", "noise"],
)
def test_a_foreign_nzb_is_refused(native, nzb):
    with pytest.raises(RejectedRelease):
        native.radarr.grab("Foreign.2020", nzb, 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda nzb: nzb[: len(nzb) // 2],
        lambda nzb: b"x" + nzb,
        lambda nzb: nzb + b"<more/>",
        lambda nzb: nzb.replace(b"nzb xmlns", b"rss xmlns").replace(b"</nzb>", b"</rss>"),
        lambda nzb: nzb[: nzb.index(b"<file ")] + b"</nzb>",
        lambda nzb: nzb.replace(b"<nzb ", b'<!DOCTYPE nzb [<!ENTITY a "b">]><nzb '),
        lambda nzb: nzb + b" " * 200_000,
    ],
    ids=["half", "before", "behind", "root", "no file", "entity", "huge"],
)
def test_an_nzb_of_ours_that_is_not_whole_is_refused(native, spoil):
    offered = native.offer()

    with pytest.raises(RejectedRelease):
        native.radarr.grab(offered.release, spoil(offered.nzb), offered.movie_id)

    assert native.grab(offered)


@pytest.mark.parametrize(("part", "is_taken"), [("name", True), ("nzbfile", True), ("avatar", False)])
def test_the_nzb_is_taken_from_the_part_of_the_form_that_is_meant_for_it(native, bridge, part, is_taken):
    answer = native.client.post(
        "/sabnzbd/api", params={"mode": "addfile", "apikey": bridge}, files={part: ("a.nzb", native.offer().nzb)}
    ).json()

    assert bool(answer["nzo_ids"]) is is_taken


def test_an_nzb_that_was_offered_to_another_instance_is_refused(native, tmp_path):
    offered = native.offer()
    with Radarr(tmp_path) as other:
        second = native.second_radarr(other, "radarr-kids")

        with pytest.raises(RejectedRelease):
            second.grab(offered.release, offered.nzb, 1)


def test_an_address_of_an_nzb_is_refused_with_the_reason(native, admin):
    answer = native.ask("addurl", admin, value="http://example.com/a.nzb")

    assert answer["status"] is False
    assert "NZB" in answer["error"]


def test_a_release_that_has_just_failed_is_refused(native):
    offered = native.offer()
    nzo_id = native.grab(offered)
    native.change_grab(nzo_id, state="failed", fail_message=GONE, ended_at=native.house.app.clock())
    set_up(native, nzo_id, state="failed")
    native.house.change_item(native.row_of(nzo_id).download_id, state="cancelled", active=False)

    with pytest.raises(RejectedRelease):
        native.grab(offered)
    files = {"name": ("a.nzb", offered.nzb)}
    key = native.key(Scope.BRIDGE, "radarr")
    refusal = native.client.post("/sabnzbd/api", params={"mode": "addfile", "apikey": key}, files=files).json()["error"]
    assert "provider.example" not in refusal
    assert "(404)" in refusal


def test_a_rejected_match_is_not_fetched_although_it_was_offered(native):
    offered = native.offer()
    native.house.change_match(offered.wanted_id, decision="rejected")

    with pytest.raises(RejectedRelease):
        native.grab(offered)


@pytest.mark.parametrize("state", ["queued", "paused", "downloading"])
def test_our_own_download_of_the_release_is_taken_over(native, state):
    offered = native.offer()
    ours = native.house.queue(offered.entries[0], offered.wanted_id, "Taken")
    native.house.change(ours, state=state)

    nzo_id = native.grab(offered)

    row = native.download(nzo_id)
    assert row.id == ours
    assert row.state == state
    assert [item.hand_over for item in row.items] == [Drive.NATIVE]
    native.house.change(ours, state="queued")


@pytest.mark.parametrize("state", ["queued", "paused"])
def test_our_own_download_of_another_release_makes_way(native, state):
    wanted = native.movie(f"Other Release {state}")
    old = native.offer("Old", wanted=wanted)
    ours = native.house.queue(old.entries[0], wanted[1], "Old")
    native.house.change(ours, state=state)
    new = native.offer("New", wanted=wanted)

    nzo_id = native.grab(new)

    assert native.house.state(ours) is S.CANCELLED
    assert native.download(nzo_id).identity.entry_id == new.entries[0]


@pytest.mark.parametrize(
    ("is_same", "state"),
    [(True, "fetched"), (True, "placed"), (True, "importing"), (True, "blocked"), (False, "downloading")]
    + [(False, "fetched"), (False, "importing"), (False, "blocked")],
)
def test_our_own_download_that_is_too_far_goes_on_and_the_grab_is_refused(native, is_same, state):
    wanted = native.movie(f"Too Far {is_same} {state}")
    offered = native.offer("Grabbed", wanted=wanted)
    other = offered if is_same else native.offer("Running", wanted=wanted)
    ours = native.house.queue(other.entries[0], wanted[1], "Running")
    native.house.change(ours, state=state)

    with pytest.raises(RejectedRelease):
        native.grab(offered)

    row = native.house.row(ours)
    assert row.state == state
    assert [item.hand_over for item in row.items] == [Drive.OURS]


def test_a_release_that_was_grabbed_does_not_make_way_for_another(native):
    wanted = native.movie("Grabbed Twice")
    first = native.grab(native.offer("First", wanted=wanted))

    with pytest.raises(RejectedRelease):
        native.grab(native.offer("Second", wanted=wanted))

    assert native.download(first).state is S.QUEUED


def test_two_instances_share_the_download_of_one_file(native, tmp_path):
    first = native.offer("Shared")
    one = native.grab(first)
    with Radarr(tmp_path) as other:
        second = native.second_radarr(other, "radarr-shared")
        instance = native.house.instance("radarr-shared")
        movie = other.add_movie("Shared", 2020)
        wanted = (movie.id, native.house.film("Shared", instance, arr_id=movie.id))
        again = native.offer("Shared", [], instance=instance, wanted=wanted, entries=first.entries)

        two = second.grab(again.release, again.nzb, movie.id)

        assert native.download(one).id == native.download(two).id
        assert second.ask("queue", name="delete", value=two)["nzo_ids"] == [two]
    assert native.download(one).state is S.QUEUED, "the first instance still wants it"
    assert [item.state for item in native.download(one).items] == ["waiting", "cancelled"]


def shared(native, other, title):
    """A release that the house's Radarr grabbed, and the same file offered to another: (id, grab by the other)."""
    first = native.offer(title)
    slug = title.lower().replace(" ", "-")
    second = native.second_radarr(other, slug)
    instance = native.house.instance(slug)
    movie = other.add_movie(title, 2020)
    wanted = (movie.id, native.house.film(title, instance, arr_id=movie.id))
    again = native.offer(title, [], instance=instance, wanted=wanted, entries=first.entries)
    return native.grab(first), lambda: second.grab(again.release, again.nzb, movie.id)


@pytest.mark.parametrize("state", ["queued", "downloading"])
def test_a_grab_joins_no_download_that_is_being_cancelled(native, tmp_path, state):
    with Radarr(tmp_path) as other:
        one, grab = shared(native, other, f"Leaving {state}")
        set_up(native, one, state=state, intent="cancel", admitted_at=native.house.app.clock())

        two = grab()

    assert native.download(two).id != native.download(one).id
    assert [item.state for item in native.download(two).items] == ["waiting"]
    set_up(native, one, state="cancelled", intent=None, admitted_at=None)


@pytest.mark.parametrize("state", ["queued", "downloading"])
def test_our_own_download_that_is_being_cancelled_is_not_taken_over(native, state):
    offered = native.offer()
    ours = native.house.queue(offered.entries[0], offered.wanted_id, "Cancelled")
    native.house.change(ours, state=state, intent="cancel", admitted_at=native.house.app.clock())

    with pytest.raises(RejectedRelease):
        native.grab(offered)

    assert [item.hand_over for item in native.house.row(ours).items] == [Drive.OURS]
    native.house.change(ours, state="cancelled", intent=None, admitted_at=None)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_double_episode_is_grabbed_whole_whichever_download_had_the_other_half(native, tmp_path, is_first):
    """One half is on its way in the file of the release, the other in another file that makes way."""
    slug = f"sonarr-half-{is_first}".lower()
    with Sonarr(tmp_path) as sonarr:
        by = native.second_sonarr(sonarr, slug)
        series = sonarr.add_series(f"Two Halves {is_first}", 2019)
        episodes = [sonarr.add_episode(series, 1, number) for number in (1, 2)]
        offered = native.offer_episodes(slug, series, episodes, clip(1041))
        with native.house.database.connect() as connection:
            halves = find_offer(connection, offered.guid).wanted_ids
        other = native.house.entry(native.house.source(), f"/files/{slug}.mkv", None, "Half")
        native.house.match(halves[1], other)
        queued = [(offered.entries[0], halves[0]), (other, halves[1])]
        for entry, wanted in queued if is_first else reversed(queued):
            native.house.queue(entry, wanted, "Two Halves", instance=slug)

        nzo_id = by.grab(offered.release, offered.nzb, offered.movie_id)

    items = [item for item in native.download(nzo_id).items if item.is_open]
    assert sorted(item.wanted_id for item in items) == sorted(halves)
    assert {item.hand_over for item in items} == {Drive.NATIVE}


def test_priorities_and_a_pause_are_taken_over(native):
    high, paused = native.offer(), native.offer()

    one = native.radarr.grab(high.release, high.nzb, high.movie_id, priority=1)
    two = native.radarr.grab(paused.release, paused.nzb, paused.movie_id, priority=-2)

    assert native.download(one).queue.priority == 1
    assert native.download(two).state is S.PAUSED


# --- changes -------------------------------------------------------------------------------------------------------


def test_a_grab_that_its_instance_deletes_is_cancelled(native, bridge):
    nzo_id = native.grab(native.offer())

    assert native.ask("queue", bridge, name="delete", value=nzo_id, del_files=1)["status"] is True

    assert native.download(nzo_id).state is S.CANCELLED
    assert nzo_id not in queue_of(native, bridge)
    assert nzo_id not in history_of(native, bridge)


@pytest.mark.parametrize("code", ["local_disk_full", "local_permission", "placement"])
def test_a_release_with_a_fault_of_our_disks_is_cancelled_when_its_instance_removes_it(native, bridge, admin, code):
    """It stands in the history, as a warning, while its download waits for the disk."""
    nzo_id = native.grab(native.offer())
    set_up(native, nzo_id, error_code=code, error="the disk is full")
    assert history_of(native, bridge)[nzo_id]["status"] == "Failed"

    refused = native.ask("history", admin, name="delete", value=nzo_id)
    open_still = native.download(nzo_id).state
    native.ask("history", bridge, name="delete", value=nzo_id, del_files=1)

    assert refused["status"] is False
    assert (open_still, native.download(nzo_id).state) == (S.QUEUED, S.CANCELLED)
    assert nzo_id not in history_of(native, bridge)


@pytest.mark.parametrize("mode", ["queue", "history"])
def test_a_deletion_of_something_unknown_is_no_error(native, bridge, mode):
    assert native.ask(mode, bridge, name="delete", value="SABnzbd_nzo_gone", del_files=1)["status"] is True


def test_a_grab_that_was_cancelled_here_stays_listed_until_its_instance_is_told(native, bridge, admin):
    """Were it gone at once, the instance would neither block the release nor know why."""
    nzo_id = native.grab(native.offer())

    native.ask("queue", admin, name="delete", value=nzo_id)
    native.radarr.poll()

    assert native.download(nzo_id).state is S.CANCELLED
    assert queue_of(native, bridge)[nzo_id]["status"] == "Paused"


def test_a_release_whose_cancellation_is_not_told_yet_is_not_taken_again(native, bridge, admin):
    """Two slots of one name would stand in the queue."""
    offered = native.offer()
    nzo_id = native.grab(offered)
    native.ask("queue", admin, name="delete", value=nzo_id)

    with pytest.raises(RejectedRelease):
        native.grab(offered)

    native.ask("queue", bridge, name="delete", value=nzo_id)
    assert native.grab(offered)


def test_a_retry_is_refused_with_the_reason(native, admin, bridge):
    nzo_id = native.grab(native.offer())
    native.ask("queue", admin, name="delete", value=nzo_id)

    answer = native.client.post(f"/api/v1/downloads/{native.download(nzo_id).id}/retry", headers={"X-Api-Key": admin})

    assert answer.status_code == 409
    assert "forgotten" in answer.json()["detail"]
    assert native.ask("retry", bridge, value=nzo_id)["status"] is False


def test_a_file_that_is_imported_against_the_words_of_its_instance_leaves_its_lists_though_grabbed_twice(
    native, bridge, admin
):
    """A first grab of the same file, which was removed, owns nothing."""
    offered = native.offer()
    old = native.grab(offered)
    native.ask("queue", bridge, name="delete", value=old)
    nzo_id = native.grab(offered)
    download_id = native.row_of(nzo_id).download_id
    native.change_grab(old, download_id=download_id)
    native.change_grab(nzo_id, state="completed", ended_at=native.house.app.clock())
    native.house.change_item(download_id, state="importing", refusal="Not enough free space")
    set_up(native, nzo_id, state="blocked", error_code="import_blocked")

    answer = native.client.post(f"/api/v1/downloads/{download_id}/accept", headers={"X-Api-Key": admin})

    assert answer.status_code == 200, answer.text
    assert [item.hand_over for item in native.download(nzo_id).items] == [Drive.OURS]
    assert nzo_id not in history_of(native, bridge)


def test_a_phone_pauses_resumes_and_moves_single_downloads(native, admin):
    nzo_id, other = native.grab(native.offer()), native.grab(native.offer())

    native.ask("queue", admin, name="pause", value=nzo_id)
    assert queue_of(native, admin)[nzo_id]["status"] == "Paused"
    native.ask("queue", admin, name="resume", value=nzo_id)
    assert queue_of(native, admin)[nzo_id]["status"] == "Queued"
    native.ask("queue", admin, name="priority", value=nzo_id, value2="2")
    assert queue_of(native, admin)[nzo_id]["priority"] == "Force"
    native.ask("queue", admin, name="priority", value=nzo_id, value2="0")
    native.ask("switch", admin, value=other, value2=nzo_id)
    order = [row for row in queue_of(native, admin) if row in (nzo_id, other)]
    ranks = [native.download(one).queue.rank for one in order]
    assert native.download(other).queue.rank < native.download(nzo_id).queue.rank, ranks


def test_the_default_priority_is_normal_and_the_priority_of_a_pause_pauses(native, admin):
    nzo_id = native.grab(native.offer())
    native.ask("queue", admin, name="priority", value=nzo_id, value2="1")

    native.ask("queue", admin, name="priority", value=nzo_id, value2="-100")
    assert queue_of(native, admin)[nzo_id]["priority"] == "Normal"
    native.ask("queue", admin, name="priority", value=nzo_id, value2="-2")
    assert queue_of(native, admin)[nzo_id]["status"] == "Paused"


@pytest.mark.parametrize("where", ["form", "address"])
def test_parameters_are_read_from_a_form_too_as_sabnzbd_does(native, reader, where):
    form = {"mode": "queue", "output": "json", "limit": "1", "apikey": reader}
    address = {"apikey": form.pop("apikey")} if where == "address" else {}

    answer = native.client.post("/sabnzbd/api", params=address, data=form)
    strange = native.client.post("/sabnzbd/api", data={"mode": "queue", "apikey": "ab" * 16})

    assert answer.json()["queue"]["limit"] == 1
    crowd = native.client.post("/sabnzbd/api", data={f"a{number}": "x" for number in range(60)})

    assert strange.json() == {"status": False, "error": "API Key Incorrect"}
    assert crowd.json() == {"status": False, "error": "API Key Required"}


def test_a_phone_pauses_the_queue_for_some_minutes(native, admin):
    native.ask("config", admin, name="set_pause", value=30)
    paused = native.ask("queue", admin)["queue"]
    native.ask("resume", admin)
    resumed = native.ask("queue", admin)["queue"]

    assert (paused["paused"], paused["status"]) == (True, "Paused")
    assert paused["pause_int"].startswith("0:29") or paused["pause_int"].startswith("0:30")
    assert resumed["paused"] is False


def test_a_phone_limits_the_speed(native, admin):
    assert native.ask("config", admin, name="speedlimit", value="4.5M") == {"status": True}
    limited = native.ask("queue", admin)["queue"]["speedlimit_abs"]
    assert native.ask("config", admin, name="speedlimit", value="100") == {"status": True}

    assert limited == "4718592"
    assert native.ask("queue", admin)["queue"]["speedlimit_abs"] == ""
    assert native.ask("config", admin, name="speedlimit", value="fast")["status"] is False


def test_a_dashboard_finds_the_fields_that_it_reads(native, reader):
    found = native.ask("queue", reader)["queue"]

    assert float(found["kbpersec"]) >= 0
    assert isinstance(found["noofslots"], int)
    assert found["timeleft"].count(":") >= 2
    assert float(found["diskspace1"]) > 0


def test_a_poll_survives_a_grab_whose_download_is_gone(native, bridge):
    nzo_id = native.grab(native.offer())
    native.house.forget_download(native.row_of(nzo_id).download_id)

    assert history_of(native, bridge)[nzo_id]["status"] == "Failed"
    native.ask("history", bridge, name="delete", value=nzo_id, del_files=1, archive=0)
    assert nzo_id not in history_of(native, bridge)


def test_the_double_refuses_what_both_programs_would_throw_at(native, bridge):
    good = native.ask("queue", bridge)["queue"]["slots"][0]
    for change in ({"status": "Fetched"}, {"timeleft": None}, {"timeleft": ""}, {"mb": "many"}, {"priority": "5"}):
        with pytest.raises(PollFailed):
            native.radarr._checked_queue({**good, **change})
    with pytest.raises(PollFailed):
        native.radarr._checked_queue({key: value for key, value in good.items() if key != "cat"})


# As Radarr 3 and Sonarr 3 were seen to send them, with ids of ours: (query, the key that they read of the answer).
RECORDED = (
    ("mode=version&apikey={key}&output=json", "version"),
    ("mode=get_config&apikey={key}&output=json", "config"),
    ("mode=queue&start=0&limit=0&apikey={key}&output=json", "queue"),
    ("mode=history&start=0&limit=60&category=movies&apikey={key}&output=json", "history"),
    ("mode=history&name=delete&del_files=1&value={id}&apikey={key}&output=json", "status"),
    ("mode=queue&name=delete&del_files=1&value={id}&apikey={key}&output=json", "status"),
)


@pytest.mark.parametrize(("query", "name"), RECORDED)
def test_the_requests_that_both_programs_were_seen_to_send_are_answered(native, bridge, query, name):
    nzo_id = native.grab(native.offer())

    answer = native.client.get(f"/sabnzbd/api?{query.format(key=bridge, id=nzo_id)}")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()[name]


def test_a_strangers_nzb_is_not_read(native):
    answer = native.client.post(
        "/sabnzbd/api", params={"mode": "addfile", "apikey": "ef" * 16}, files={"name": ("a.nzb", b"x" * 50_000)}
    )

    assert answer.json() == {"status": False, "error": "API Key Incorrect"}
