"""A port for a server that is started later."""

from __future__ import annotations

import random
import socket

# below the ports that the system gives to outgoing connections: one of those would take it before the server starts
LOWEST, HIGHEST = 15_000, 32_000
_random = random.SystemRandom()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    while True:
        port = _random.randrange(LOWEST, HIGHEST)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
