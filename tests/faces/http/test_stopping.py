"""A signal stops the program whatever it interrupts."""

from __future__ import annotations

import signal
import threading

import uvicorn

from stalkeer.faces.http.server import Server
from stalkeer.secrets import _known_lock


def test_a_signal_is_taken_while_a_line_of_the_log_is_searched_for_secrets():
    server = Server(uvicorn.Config(lambda *_: None))

    with _known_lock:  # held by the interrupted thread, which goes on only after the handler
        handler = threading.Thread(target=server.ask_to_stop, args=(signal.SIGTERM, None), daemon=True)
        handler.start()
        handler.join(5)
        is_stuck = handler.is_alive()

    assert not is_stuck
    assert server.should_exit
