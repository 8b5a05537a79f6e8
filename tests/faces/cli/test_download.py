"""`stalkeer download` over rows of a real database; what it fetches, tests/engine shows."""

import io
import json
from datetime import timedelta

import pytest

from tests.doubles.house import House


@pytest.fixture
def house(app):
    return House(app, provider=None, radarr=None)


def test_an_empty_queue_is_told_in_words_and_as_json(stalkeer):
    assert "no downloads" in stalkeer("download", "status").out
    assert stalkeer("download", "list", "--json").document == {"downloads": [], "total": 0}


def test_the_list_says_why_a_download_waits(stalkeer, house):
    house.download("Dune", None)
    house.change(house.download("Alien", None), error="the server closed the connection", failures=1)

    ended = stalkeer("download", "list", "--json")

    reasons = [one["waiting"]["reason"] for one in ended.document["downloads"]]
    assert reasons == ["next", "account"]
    assert "starts in a moment" in stalkeer("download", "list").out


@pytest.mark.parametrize("width", [40, 60, 80])
def test_why_a_download_waits_is_told_in_full_however_narrow_the_terminal(stalkeer, house, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    reason = "Writing failed: [Errno 30] Read-only file system: /data/vod/incomplete. Check that it can be written"
    paused = house.download("The Lord of the Rings: The Fellowship of the Ring", None)
    house.change(paused, state="paused", error=reason, total=4_000_000_000, speed=1e6)

    shown = stalkeer("download", "status").out

    assert " ".join(reason.split()) in " ".join(shown.split()), shown
    assert "Fellowship of the" in shown and max(map(len, shown.splitlines())) <= width


def test_until_when_a_download_waits_is_told_in_the_time_of_the_place(stalkeer, house, clock):
    until = clock() + timedelta(hours=2)
    house.change(house.download("Dune", None), not_before=until)

    shown = " ".join(stalkeer("download", "list").out.split())

    assert f"before the next attempt, until {until.astimezone():%Y-%m-%d %H:%M:%S}" in shown


def test_the_queue_is_paused_and_slowed_for_now_and_the_status_says_so(stalkeer, house):
    house.download("Dune", None)

    assert "paused until 20" in stalkeer("download", "pause-queue", "--for", "30m").out
    assert "Limited to 5.0 MB/s until you end it." in stalkeer("download", "speed-limit", "5MB").out
    shown, document = stalkeer("download", "status").out, stalkeer("download", "status", "--json").document

    assert "The queue is paused until" in shown and "Limited to 5.0 MB/s" in shown
    assert document["overrides"]["speedLimit"]["bytesPerSecond"] == 5_000_000
    assert document["waiting"][0]["waiting"]["reason"] == "paused"
    assert stalkeer("download", "resume-queue", "--json").document["pause"] is None
    assert stalkeer("download", "speed-limit", "off", "--json").document["speedLimit"] is None
    assert stalkeer("download", "speed-limit", "fast").code == 2


def test_pausing_and_resuming_all(stalkeer, house):
    downloads = [house.download(name, None) for name in ("Dune", "Alien")]

    assert stalkeer("download", "pause", "--all").code == 0
    assert [house.state(one) for one in downloads] == ["paused", "paused"]
    assert stalkeer("download", "resume", str(downloads[0])).code == 0
    assert [house.state(one) for one in downloads] == ["queued", "paused"]


def test_one_that_cannot_be_done_is_named_and_the_exit_code_says_partly(stalkeer, house):
    download = house.download("Dune", None)

    ended = stalkeer("download", "pause", str(download), "999", "--json")

    assert ended.code == 3
    assert [one["outcome"] for one in ended.document["results"]] == ["done", "refused"]


def test_the_story_of_a_download_joins_its_events_and_its_log(stalkeer, house, app):
    download = house.download("Dune", None)
    stalkeer("download", "pause", str(download))
    app.paths.logs.mkdir()
    line = {"event": "GET", "url": "http://h/movie/user12/pass34/1.mkv", "level": "warning"}
    at = {"timestamp": "2030-01-01T00:00:00Z"}
    lines = [line | at | {"download": download}, line | at | {"download": 99}, {"kind": "x", "download": download} | at]
    (app.paths.logs / "downloads.log").write_text("".join(json.dumps(one) + "\n" for one in lines) + '{"cut o')

    ended = stalkeer("download", "log", str(download), "--json")

    kinds = [entry["kind"] for entry in ended.document["log"]]
    assert (sorted(kinds[:-1]), kinds[-1]) == (["download.paused", "download.queued"], "log")
    assert "pass34" not in ended.out
    assert "was paused" in stalkeer("download", "log", str(download)).out
    assert stalkeer("download", "log", "99").code == 1


def test_a_cancelled_download_may_keep_its_part(stalkeer, house):
    download = house.download("Dune", None)

    assert stalkeer("download", "cancel", str(download), "--keep-partial").code == 0
    assert house.row(download).transfer.keep_partial


def test_cancelling_all_asks_first(stalkeer, house, monkeypatch):
    download = house.download("Dune", None)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    assert stalkeer("download", "cancel", "--all").code == 130
    assert house.state(download) == "queued"
    assert stalkeer("download", "cancel", "--all", "--yes").code == 0
    assert house.state(download) == "cancelled"


def test_priority_and_place_change_the_order(stalkeer, house):
    first, second, third = (house.download(name, None) for name in ("A", "B", "C"))

    stalkeer("download", "priority", "high", str(third))
    stalkeer("download", "move", str(second), "--before", str(first))

    ids = [one["id"] for one in stalkeer("download", "list", "--json").document["downloads"]]
    assert ids == [third, second, first]


def test_an_unknown_state_or_priority_is_a_usage_error(stalkeer, house):
    assert stalkeer("download", "list", "--state", "sleeping").code == 2
    assert stalkeer("download", "priority", "urgent", "1").code == 2


def test_a_dry_run_queues_nothing(stalkeer, house):
    wanted = house.film("Dune")
    house.match(wanted, house.entry(house.source(), "/files/dune.mkv", None, "Dune (2021)"))

    ended = stalkeer("download", "start", "--dry-run", "--json")

    assert [one["entry"] for one in ended.document["planned"]] == ["Dune (2021)"]
    assert stalkeer("download", "list", "--json").document["total"] == 0


def test_a_detached_start_queues_and_ends(stalkeer, house):
    wanted = house.film("Dune")
    house.match(wanted, house.entry(house.source(), "/files/dune.mkv", None, "Dune (2021)"))

    ended = stalkeer("download", "start", "--detach", "--json")

    assert ended.document["queued"] == 1
    assert stalkeer("download", "show", "1", "--json").document["state"] == "queued"


def test_one_download_is_shown_with_all_that_is_known_and_nothing_cut(stalkeer, house, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    facts = {"checksums": {"sha256": "a" * 64}, "audio_languages": ["fre", "eng"], "extension": None}
    download = house.download("Dune", None)
    house.change(download, facts=facts)

    shown = stalkeer("download", "show", str(download)).out

    assert "fre, eng" in shown and "None" not in shown and "…" not in shown
    assert shown.count("a") >= 64


def test_a_download_that_is_not_there_is_an_error(stalkeer):
    ended = stalkeer("download", "show", "7")

    assert ended.code == 1 and "no download 7" in ended.err


def test_a_job_is_handed_to_the_worker_and_can_be_cancelled(stalkeer):
    started = stalkeer("job", "start", "scan", "--json").document

    assert started["state"] == "queued"
    assert stalkeer("job", "list", "--open", "--json").document["runs"][0]["id"] == started["id"]
    assert stalkeer("job", "cancel", str(started["id"]), "--json").document["state"] == "cancelled"


def test_an_unknown_job_is_named(stalkeer):
    ended = stalkeer("job", "start", "dance")

    assert ended.code == 1 and "refresh" in ended.err


HOSTILE = "Dune\x1b[2J\x9b31m\u202e\x07"  # as a release before this one may have stored it


def test_a_title_in_the_database_steers_no_terminal(stalkeer, house):
    house.download(HOSTILE, None)

    for command in (["download", "list"], ["download", "status"], ["download", "list", "--json"]):
        shown = stalkeer(*command).out
        assert [sign for sign in ("\x1b", "\x9b", "\u202e", "\x07") if sign in shown] == []


def test_the_status_lists_the_last_ten_ended_downloads_with_their_results(stalkeer, house, clock):
    for number in range(12):
        ended = {"state": "completed", "final_path": f"/library/{number}.mkv"}
        if number == 11:
            ended = {"state": "failed", "error": "no variant is left"}
        at = clock() + timedelta(minutes=number)
        house.change(house.download(f"Film {number}", None), finished_at=at, **ended)

    document, shown = stalkeer("download", "status", "--json").document, stalkeer("download", "status").out

    assert [one["title"] for one in document["ended"]] == [f"Film {number}" for number in range(11, 1, -1)]
    assert "Film 11: failed, no variant is left" in " ".join(shown.split())
    assert "Film 10: completed, /library/10.mkv" in " ".join(shown.split())
