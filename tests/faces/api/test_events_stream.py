"""/events: every event with its id, resumable; progress while something runs."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime

import pytest
import uvicorn

from stalkeer.model import EventKind
from stalkeer.store.journal.events import Event, record_event


def read_events(text: str) -> list[dict]:
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append({"id": fields.get("id"), "kind": fields["event"], **json.loads(fields["data"])})
    return found


@pytest.fixture
def happen(app):
    def write(*messages):
        with app.database.begin() as connection:
            for message in messages:
                record_event(
                    connection, datetime.now(UTC), Event(EventKind.SOURCE_REFRESHED, message, data={"added": 1})
                )

    return write


def test_events_after_a_number_come_in_order_with_their_ids(client, happen):
    happen("one", "two", "three")

    answer = client.get("/api/v1/events", params={"after": 1})

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [(event["id"], event["message"]) for event in read_events(answer.text)] == [(2, "two"), (3, "three")]


def test_a_browser_goes_on_where_it_broke_off(client, happen):
    happen("one", "two")

    answer = client.get("/api/v1/events", headers={"Last-Event-ID": "1"})

    assert [event["message"] for event in read_events(answer.text)] == ["two"]


def test_without_a_number_the_stream_begins_now(client, happen):
    happen("one")

    assert read_events(client.get("/api/v1/events").text) == []


@pytest.mark.parametrize("rubbish", ["x", "-1", "1e9", "9" * 30])
def test_rubbish_for_a_number_is_no_number(client, happen, rubbish):
    happen("one")

    assert client.get("/api/v1/events", headers={"Last-Event-ID": rubbish}).status_code == 200


def test_an_event_is_heard_while_listening(server, keys, happen):
    """A real server and a real socket: the stream stays open, and what happens meanwhile arrives."""
    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(server, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with socket.create_connection(listener.getsockname(), timeout=20) as connection:
            key = keys.ensure()
            headers = f"Host: h\r\nAccept: text/event-stream\r\nX-Api-Key: {key}"
            connection.sendall(f"GET /api/v1/events HTTP/1.1\r\n{headers}\r\n\r\n".encode())
            seen = b""
            while b"retry: 2000" not in seen:
                seen += connection.recv(65536)
            happen("heard")
            while b"heard" not in seen:
                seen += connection.recv(65536)
    finally:
        running.should_exit = True
        thread.join(timeout=20)

    assert not thread.is_alive()
