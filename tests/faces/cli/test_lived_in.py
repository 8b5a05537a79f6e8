"""What the lists and stories of the command line tell over a house that is lived in."""

from __future__ import annotations

import pytest

from tests.faces.web.sample import fill


@pytest.fixture(autouse=True)
def house(app, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    fill(app.database, app.secrets, app.clock())


def test_jobs_are_listed_with_what_they_are_at(stalkeer):
    shown = stalkeer("job", "list")

    assert shown.code == 0
    assert [line.split()[:2] for line in shown.out.splitlines()[1:]] == [
        ["3", "match"],
        ["2", "scan"],
        ["1", "refresh"],
    ]
    assert "Comparing titles" in shown.out


def test_open_jobs_alone_can_be_listed(stalkeer):
    assert [run["id"] for run in stalkeer("job", "list", "--open", "--json").document["runs"]] == [3]


def test_a_job_is_shown_whole(stalkeer):
    shown = stalkeer("job", "show", "1").out

    assert "refresh" in shown
    assert "main" in shown
    assert stalkeer("job", "show", "1", "--json").document["state"] == "done"


def test_a_running_job_is_asked_to_stop(stalkeer):
    ended = stalkeer("job", "cancel", "3")

    assert (ended.code, ended.out.strip()) == (0, "Run 3 of match will stop.")


def test_the_queue_says_what_each_download_is_at_and_why_it_waits_or_failed(stalkeer):
    shown = stalkeer("download", "list").out

    assert "8.4 MB/s" in shown
    assert "waits for" in shown
    assert "Radarr refused the file: not an upgrade" in shown
    assert "answered 404: the file is gone" in shown


def test_a_state_alone_can_be_listed(stalkeer):
    downloads = stalkeer("download", "list", "--state", "paused", "--json").document["downloads"]

    assert [one["state"] for one in downloads] == ["paused"]


def test_the_status_sums_the_queue_up_and_tells_that_nobody_works(stalkeer):
    shown = stalkeer("download", "status")

    assert "2 downloading" in shown.out
    assert "2 queued" in shown.out
    assert "No worker is running" in shown.out + shown.err


def test_a_failed_download_is_shown_with_its_figures(stalkeer):
    shown = stalkeer("download", "show", "8").out

    assert "Paper Moons (2024)" in shown
    assert "failed" in shown


def test_actions_on_many_name_each(stalkeer):
    ended = stalkeer("download", "retry", "--all", "--json")

    assert ended.code == 0
    assert {one["outcome"] for one in ended.document["results"]} == {"done"}


def test_a_download_is_put_first(stalkeer):
    assert stalkeer("download", "now", "5").out.strip() == "5: done"
    assert stalkeer("download", "move", "4", "--top").code == 0


def test_matches_are_listed_with_their_reason(stalkeer):
    shown = stalkeer("match", "list", "--decision", "review").out

    assert "Iron Orchard (2017) 4K" in shown
    assert "the score is below 95 %" in shown
    assert "Cold Harbour" not in shown


def test_an_item_is_explained_with_the_weights_of_its_evidence(stalkeer):
    shown = stalkeer("match", "explain", "9").out

    assert "is one off 2018" in shown
    assert "because" in shown


def test_sources_are_listed_with_what_they_hold_and_who_failed(stalkeer):
    shown = stalkeer("source", "list").out

    assert "48,211" in shown
    assert "active 1/2" in shown
    assert "failed" in shown


def test_instances_are_listed_without_their_keys(stalkeer):
    shown = stalkeer("arr", "list").out

    assert "6.0.3" in shown
    assert "0123456789abcdef" not in shown


def test_the_doctor_names_the_source_that_failed_and_what_to_do(stalkeer):
    shown = stalkeer("doctor", "health").out

    assert "answered 403" in shown
    assert "stalkeer source refresh backup" in shown


def test_backups_are_listed_in_words(stalkeer):
    assert "no backup" in stalkeer("backup", "--list").out.lower()
