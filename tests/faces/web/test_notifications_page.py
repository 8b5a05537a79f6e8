"""Settings > Notifications: what is typed can be tried before it is kept, and its address is never shown again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from stalkeer.core.notify.topics import Topic
from stalkeer.jobs.notify import targets
from stalkeer.runtime import App
from tests.doubles.notify import Receiver
from tests.doubles.notify import receiver as open_receiver

PAGE = "/settings/notifications"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as double:
        yield double


@pytest.fixture
def form(receiver: Receiver) -> dict[str, str]:
    return {"kind": "webhook", "name": "my phone", "url": f"{receiver.url}/hooks/4711-token", "enabled": "1"}


def test_a_target_is_tried_before_it_is_saved(client: TestClient, app: App, receiver: Receiver, form):
    said = client.post(f"{PAGE}/test", data=form)

    assert "The test message was sent" in said.text
    assert receiver.titles == ["Stalkeer: a test"]
    assert targets.list_targets(app.notifier) == []


def test_a_failed_test_says_what_to_do(client: TestClient, receiver: Receiver, form):
    receiver.status = 404

    said = client.post(f"{PAGE}/test", data=form)

    assert "there is nothing at its path" in said.text
    assert "4711" not in said.text


def test_a_target_is_added_shown_changed_tried_and_removed(client: TestClient, app: App, receiver: Receiver, form):
    client.post(PAGE, data=form | {"topic.failed": "1", "topic.disk": "1"})
    shown = client.get(f"{PAGE}/my%20phone").text + client.get(PAGE).text
    assert "4711" not in shown
    assert targets.get_target(app.notifier, "my phone").row.options.topics == (Topic.FAILED, Topic.DISK)

    changed = {"name": "my phone", "known": "1", "url": "", "quiet_hours": "22:00-07:00"}
    client.post(f"{PAGE}/my%20phone", data=changed)
    view = targets.get_target(app.notifier, "my phone")
    assert (str(view.row.options.quiet_hours), view.row.options.enabled) == ("22:00-07:00", False)

    client.post(f"{PAGE}/test", data=changed)
    client.post(f"{PAGE}/my%20phone/test")
    assert len(receiver.taken) == 2
    client.post(f"{PAGE}/my%20phone/switch", data={"enabled": "1"})
    assert targets.get_target(app.notifier, "my phone").row.options.enabled
    client.post(f"{PAGE}/my%20phone/remove")
    assert targets.list_targets(app.notifier) == []


def test_an_error_is_shown_at_its_field(client: TestClient, form):
    said = client.post(PAGE, data=form | {"quiet_hours": "late"}, headers={"HX-Request": "true"})

    assert said.status_code == 422
    assert "quiet_hours" in said.headers["Stalkeer-Fields"]


def test_messages_are_listed_with_hostile_titles_as_text(client: TestClient, app: App, form):
    client.post(PAGE, data=form)
    tools = app.notifier
    from stalkeer.core.notify.wording import Message, Tone
    from stalkeer.store.notify.outbox import write_delivery

    with app.database.begin() as connection:
        row = targets.get_target(tools, "my phone").row
        message = Message("<script>alert(1)</script>: imported", "<img src=x>", Tone.SUCCESS, ())
        write_delivery(connection, row.id, message, (), tools.clock())

    shown = client.get(PAGE).text

    assert "&lt;script&gt;" in shown
    assert "<img src=x>" not in shown
