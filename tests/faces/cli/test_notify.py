"""Targets of notifications on the command line."""

from __future__ import annotations

import pytest

from tests.doubles.notify import receiver as open_receiver


@pytest.fixture
def receiver():
    with open_receiver() as double:
        yield double


def test_a_target_is_tried_added_changed_listed_and_removed(stalkeer, receiver):
    url = f"{receiver.url}/hooks/4711-token"
    assert stalkeer("notify", "try", "webhook", url).code == 0
    added = stalkeer("notify", "add", "phone", "webhook", url, "--event", "failed", "--secret", "sign-with-4711")
    assert added.code == 0
    changed = stalkeer("notify", "change", "phone", "--all-events", "--off", "--quiet-hours", "22:00-07:00", "--json")
    assert (changed.document["events"], changed.document["enabled"]) == ([], False)
    assert stalkeer("notify", "test", "phone").code == 0
    assert len(receiver.taken) == 2

    listed = stalkeer("notify", "list")
    assert "phone: off" in listed.out
    assert "4711" not in listed.out + added.out + changed.out
    assert "No messages yet" in stalkeer("notify", "messages").out
    assert stalkeer("notify", "remove", "phone").code == 0
    assert stalkeer("notify", "list", "--json").document == {"targets": []}


def test_a_test_that_does_not_arrive_fails_with_its_reason(stalkeer, receiver):
    receiver.status = 500

    ended = stalkeer("notify", "try", "apprise_api", receiver.url)

    assert ended.code == 1
    assert "500" in ended.err


def test_contradictory_choices_are_refused(stalkeer):
    ended = stalkeer("notify", "change", "phone", "--all-events", "--event", "failed")

    assert ended.code != 0
    assert "not both" in ended.err
