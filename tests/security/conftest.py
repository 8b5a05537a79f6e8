"""The whole server on loopback, as `serve` runs it, with limits that a test reaches soon."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from stalkeer.app import build_security
from stalkeer.faces.http.connections import ConnectionLimits
from stalkeer.faces.http.gate import BodyPace, Gate
from stalkeer.faces.http.server import server_config
from stalkeer.runtime import App
from tests.doubles.server import make_server

Address = tuple[str, int]
Serve = Callable[..., Address]


@pytest.fixture
def gate(app: App) -> Gate:
    return make_server(app, build_security(app))


@pytest.fixture
def serve(gate: Gate) -> Iterator[Serve]:
    """`serve(limits, pace)` answers the address of a running server."""
    with ExitStack() as running:

        def begin(limits: ConnectionLimits | None = None, pace: BodyPace | None = None) -> Address:
            gate._pace = pace or BodyPace()
            return running.enter_context(running_server(gate, limits or ConnectionLimits()))

        yield begin


@contextmanager
def running_server(served: Gate, limits: ConnectionLimits) -> Iterator[Address]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = server_config(served, limits)
    config.lifespan = "off"
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)
    listener.close()
