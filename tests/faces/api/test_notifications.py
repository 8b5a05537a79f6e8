"""Targets of notifications over the API: added, tried, changed, removed, and never shown with their address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.notify import Receiver
from tests.doubles.notify import receiver as open_receiver

PATH = "/api/v1/notifications"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as double:
        yield double


@pytest.fixture
def target(receiver):
    return {"name": "phone", "kind": "webhook", "url": f"{receiver.url}/hooks/4711-token", "secret": "sign-with-4711"}


def test_a_target_is_added_and_changed_and_its_address_is_never_shown(client, target):
    added = client.post(PATH, json=target | {"topics": ["failed"]})
    assert added.status_code == 201
    assert added.json()["topics"] == ["failed"]

    changed = client.patch(f"{PATH}/phone", json={"enabled": False, "quietHours": "22:00-7:00"})

    assert (changed.json()["enabled"], changed.json()["quietHours"]) == (False, "22:00-07:00")
    shown = client.get(PATH).text + client.get(f"{PATH}/phone").text + added.text
    assert "4711" not in shown
    assert client.delete(f"{PATH}/phone").status_code == 204
    assert client.get(PATH).json()["records"] == []
    assert client.get(f"{PATH}/phone").status_code == 404


def test_a_target_is_tried_before_it_is_added_and_while_it_is_off(client, target, receiver):
    assert client.post(f"{PATH}/test", json=target).json() == {"ok": True, "error": None}
    client.post(PATH, json=target | {"enabled": False})
    assert client.post(f"{PATH}/phone/test").json()["ok"]
    assert len(receiver.taken) == 2

    receiver.status = 401
    said = client.post(f"{PATH}/phone/test").json()

    assert not said["ok"]
    assert "refuses the sender" in said["error"]
    assert "4711" not in said["error"]


def test_messages_are_listed(client, app, target):
    client.post(PATH, json=target)

    assert client.get(f"{PATH}/messages").json()["records"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x"},
        {"name": "messages"},
        {"quietHours": "late"},
        {"textTemplate": "{password}"},
        {"kind": "pager"},
    ],
    ids=["address", "name", "hours", "text", "kind"],
)
def test_what_cannot_be_a_target_is_refused(client, target, wrong):
    assert client.post(PATH, json=target | wrong).status_code == 422
