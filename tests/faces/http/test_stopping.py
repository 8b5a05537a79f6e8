"""A signal stops the program whatever it interrupts."""

from __future__ import annotations

import signal
import threading
from io import StringIO

import uvicorn

from stalkeer.faces.http.server import Server
from stalkeer.secrets import _known_lock, register_secret
from tests.e2e.program import logs_to


def test_a_signal_is_taken_while_a_line_of_the_log_is_searched_for_secrets():
    server = Server(uvicorn.Config(lambda *_: None))
    register_secret("a-key-that-was-read-just-now")

    with logs_to(StringIO(), "info"), _known_lock:  # the interrupted thread has the lock, and waits for the handler
        handler = threading.Thread(target=server.ask_to_stop, args=(signal.SIGTERM, None), daemon=True)
        handler.start()
        handler.join(5)
        is_stuck = handler.is_alive()

    assert not is_stuck
    assert server.should_exit
