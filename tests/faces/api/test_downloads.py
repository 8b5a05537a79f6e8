"""/downloads, /history, /jobs, /blocklist over rows of a real database."""

import pytest

from stalkeer.jobs.downloads.outcomes import sweep
from stalkeer.model import DownloadState
from stalkeer.store.downloads.downloads import get_download
from stalkeer.store.library.targets import mark_imported
from stalkeer.store.matching.blocklist import BarredEntry, block_entry
from tests.doubles.house import House, now


@pytest.fixture
def house(app):
    """Rows only: nothing is fetched here."""
    return House(app, provider=None, radarr=None)


def test_a_queued_download_tells_why_it_waits(client, house):
    download = house.download("Dune", None)

    answer = client.get(f"/api/v1/downloads/{download}").json()

    assert answer["state"] == "queued"
    assert answer["waiting"]["reason"] == "next"
    assert answer["title"] == "Dune"


def test_pages_by_cursor_follow_the_order_of_the_queue(client, house):
    downloads = [house.download(f"Film {n}", None) for n in range(5)]
    client.patch(f"/api/v1/downloads/{downloads[3]}", json={"priority": "high"})

    seen, cursor = [], None
    while True:
        answer = client.get("/api/v1/downloads", params={"pageSize": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [record["id"] for record in answer["records"]]
        cursor = answer["nextCursor"]
        if cursor is None:
            break

    assert seen == [downloads[3], downloads[0], downloads[1], downloads[2], downloads[4]]


def test_the_queue_is_paused_and_slowed_for_now_and_the_figures_say_so(client):
    paused = client.put("/api/v1/downloads/pause", json={"minutes": 30}).json()
    client.put("/api/v1/downloads/speed-limit", json={"bytesPerSecond": 2_000_000})
    told = client.get("/api/v1/downloads/stats").json()["overrides"]

    assert paused["pause"]["until"] is not None and told["pause"] == paused["pause"]
    assert told["speedLimit"]["bytesPerSecond"] == 2_000_000 and told["speedLimit"]["until"] is None
    client.delete("/api/v1/downloads/pause")
    client.delete("/api/v1/downloads/speed-limit")
    assert client.get("/api/v1/downloads/overrides").json() == {"pause": None, "speedLimit": None}


def test_pause_resume_and_cancel_change_the_state(client, house):
    download = house.download("Dune", None)

    paused = client.put(f"/api/v1/downloads/{download}/pause").json()["state"]
    resumed = client.put(f"/api/v1/downloads/{download}/resume").json()["state"]
    assert client.delete(f"/api/v1/downloads/{download}").status_code == 204
    cancelled = client.get(f"/api/v1/downloads/{download}").json()["state"]

    assert (paused, resumed, cancelled) == ("paused", "queued", "cancelled")


def test_a_cancelled_download_keeps_its_incomplete_file_on_request(client, house, tmp_path):
    kept, dropped = house.download("Dune", None), house.download("Alien", None)
    for download in (kept, dropped):
        part = tmp_path / f"{download}.part"
        part.write_bytes(b"half of it")
        house.change(download, state="paused", part_path=str(part), durable_offset=10)

    client.delete(f"/api/v1/downloads/{kept}", params={"keepPartial": True})
    client.delete(f"/api/v1/downloads/{dropped}")
    sweep(house.database)

    assert [path.name for path in tmp_path.glob("*.part")] == [f"{kept}.part"]
    assert client.post(f"/api/v1/downloads/{kept}/retry").json()["state"] == "queued"
    assert house.row(kept).transfer.durable_offset == 10


def test_a_download_tells_its_story(client, house):
    download = house.download("Dune", None)

    story = client.get(f"/api/v1/downloads/{download}/log").json()["records"]

    assert [line["kind"] for line in story] == ["download.queued"]
    assert client.get("/api/v1/downloads/999/log").status_code == 404


def test_patch_changes_the_priority_of_a_download(client, house):
    download = house.download("Dune", None)

    answer = client.patch(f"/api/v1/downloads/{download}", json={"priority": "high"})

    assert answer.json()["priority"] == "high"


def test_an_impossible_action_is_a_conflict_with_its_reason(client, house):
    download = house.download("Dune", None)
    house.change(download, state="completed")

    answer = client.delete(f"/api/v1/downloads/{download}")

    assert answer.status_code == 409
    assert "completed" in answer.json()["detail"]


def test_a_bulk_action_goes_on_after_one_that_is_refused(client, house):
    first, second = house.download("Dune", None), house.download("Alien", None)
    house.change(first, state="completed")

    answer = client.post("/api/v1/downloads/bulk", json={"action": "pause", "ids": [first, second, 999]}).json()

    assert [result["outcome"] for result in answer["results"]] == ["refused", "done", "refused"]


def test_all_means_all_that_can_be_paused(client, house):
    for name in ("Dune", "Alien"):
        house.download(name, None)

    client.post("/api/v1/downloads/bulk", json={"action": "pause", "all": True})

    assert client.get("/api/v1/downloads/stats").json()["counts"]["paused"] == 2


def test_a_moved_download_is_first(client, house):
    downloads = [house.download(f"Film {n}", None) for n in range(3)]

    client.post(f"/api/v1/downloads/{downloads[2]}/move", json={"to": "before", "other": downloads[0]})

    records = client.get("/api/v1/downloads").json()["records"]
    assert [record["id"] for record in records] == [downloads[2], downloads[0], downloads[1]]


def test_a_request_for_what_is_under_way_is_a_conflict(client, house):
    download = house.download("Dune", None)
    row = house.row(download)

    wish = {"entryId": row.identity.entry_id, "wantedId": row.items[0].wanted_id}
    answer = client.post("/api/v1/downloads", json={"items": [wish]})

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/items/0"


def test_a_request_for_what_was_imported_a_moment_ago_is_a_conflict(client, house):
    download = house.download("Dune", None)
    row = house.row(download)
    house.change(download, state="completed")
    house.change_item(download, state="imported", active=False)
    with house.database.begin() as connection:
        mark_imported(connection, [row.items[0].wanted_id], now())

    wish = {"entryId": row.identity.entry_id, "wantedId": row.items[0].wanted_id}
    answer = client.post("/api/v1/downloads", json={"items": [wish]})

    assert answer.status_code == 409
    assert "already in the library of Radarr" in answer.json()["errors"][0]["detail"]


def test_of_many_wishes_each_is_judged_by_itself(client, house):
    row = house.row(house.download("Dune", None))
    client.delete(f"/api/v1/downloads/{row.id}")
    fitting = {"entryId": row.identity.entry_id, "wantedId": row.items[0].wanted_id}

    answer = client.post("/api/v1/downloads", json={"items": [{"matchId": 999}, fitting, fitting]})

    assert answer.status_code == 201
    results = answer.json()["results"]
    assert [result["problem"] and result["problem"]["status"] for result in results] == [404, None, 409]
    assert results[1]["download"]["title"] == "Dune (2020)"


def test_where_no_wish_could_be_met_the_problem_names_each(client):
    answer = client.post("/api/v1/downloads", json={"items": [{"matchId": 998}, {"matchId": 999}]})

    assert answer.status_code == 404
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/items/0", "/items/1"]


@pytest.mark.parametrize("wish", [{}, {"matchId": 1, "entryId": 2, "wantedId": 3}, {"entryId": 2}])
def test_a_wish_names_a_match_or_a_pair(client, wish):
    answer = client.post("/api/v1/downloads", json={"items": [wish]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/items/0"


def test_a_refused_import_is_accepted_by_the_user(client, house):
    download = house.download("Dune", None)
    house.change(download, state="blocked", placed_path="/data/Dune.mkv")
    house.change_item(download, state="refused", refusal="Not an upgrade; Sample")

    answer = client.post(f"/api/v1/downloads/{download}/accept")

    assert answer.json()["state"] == "placed"
    assert house.row(download).outcome.facts["accepted"] == ["Not an upgrade", "Sample"]


def test_history_lists_events_by_kind(client, house):
    download = house.download("Dune", None)
    client.put(f"/api/v1/downloads/{download}/pause")

    kinds = [event["kind"] for event in client.get("/api/v1/history", params={"kind": "download"}).json()["records"]]

    assert kinds == ["download.paused", "download.queued"]


def test_history_takes_kinds_and_groups_together(client, house):
    download = house.download("Dune", None)
    client.put(f"/api/v1/downloads/{download}/pause")

    chosen = client.get("/api/v1/history", params={"kind": ["download.paused", "import"]}).json()

    assert [event["kind"] for event in chosen["records"]] == ["download.paused"]


@pytest.mark.parametrize("kind", ["download.exploded", "down", "false", "film"])
def test_history_refuses_a_kind_that_no_event_has_and_names_those_there_are(client, kind):
    answer = client.get("/api/v1/history", params={"kind": kind})

    assert answer.status_code == 400
    assert "'download.failed'" in answer.text
    assert "'instance'" in answer.text


def test_the_blocklist_is_listed_and_emptied(client, house):
    download = house.download("Dune", None)
    with house.database.begin() as connection:
        row = get_download(connection, download)
        barred = BarredEntry(
            row.identity.source_id, row.identity.entry_key, row.identity.title, [item.wanted_id for item in row.items]
        )
        block_entry(connection, barred, "wrong film", now())

    first = client.get("/api/v1/blocklist", params={"pageSize": 1}).json()
    record = first["records"][0]
    after = client.get("/api/v1/blocklist", params={"cursor": first["nextCursor"]}).json()
    gone = client.delete(f"/api/v1/blocklist/{record['id']}")

    assert record["reason"] == "wrong film"
    assert after["records"] == []
    assert gone.status_code == 204
    assert client.get("/api/v1/blocklist").json()["totalRecords"] == 0


def test_a_job_needs_an_engine(client):
    assert client.post("/api/v1/jobs", json={"job": "scan"}).status_code == 409


def test_schedules_tell_their_next_time(client):
    schedules = {one["job"]: one for one in client.get("/api/v1/schedules").json()["records"]}

    assert schedules["refresh"]["nextAt"] is not None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("downloads/0", 422),
        ("downloads/99999999999999999999", 422),
        ("jobs/-1", 422),
        ("history?downloadId=-99999999999999999999", 400),
        ("matches?wantedId=99999999999999999999", 400),
    ],
)
def test_an_id_no_database_could_hold_is_refused(client, path, status):
    assert client.get(f"/api/v1/{path}").status_code == status


def test_states_are_those_of_the_model(client):
    document = client.get("/openapi.json").json()

    assert document["components"]["schemas"]["DownloadState"]["enum"] == [state.value for state in DownloadState]
