"""Run the ASGI application with uvicorn until SIGINT or SIGTERM."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from stalkeer.errors import ConfigurationError
from stalkeer.faces.http.connections import ConnectionLimits, Connections, bounded_protocol, limits_of_process
from stalkeer.log_floods import FloodLog, quieten_server_loggers
from stalkeer.logs import get_logger
from stalkeer.settings.sections.program import ServerSettings

GRACE_S = 3  # seconds for open requests when the server stops
log = get_logger(__name__)


class Server(uvicorn.Server):
    """Stop without raising the signal again, as uvicorn does: it would end the process before the engine is stopped."""

    _signal: signal.Signals | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def ask_to_stop(self, number: int, _frame: FrameType | None) -> None:
        """Note the signal, and nothing else: a log line waits for locks that the interrupted thread may hold."""
        self._signal = signal.Signals(number)
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._signal is not None:
            log.info("stopping", signal=self._signal.name)
        await super().shutdown(sockets)


def run(served: ASGIApp, settings: ServerSettings, beside: Callable[[Server], None] | None = None) -> None:
    """Listen and serve until a signal. `beside` may start a task that ends the server earlier."""
    with bind(settings) as listener:
        host, port = listener.getsockname()[:2]
        server = Server(server_config(served, limits_of_process()))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, server.ask_to_stop)
        if beside is not None:
            beside(server)
        shown = "localhost" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
        log.info("listening", url=f"http://{shown}:{port}{settings.url_base}/")
        server.run(sockets=[listener])


def server_config(served: ASGIApp, limits: ConnectionLimits) -> uvicorn.Config:
    """Configure uvicorn: limit connections, and write no log line for each malformed request."""
    flood = FloodLog(shown=1)

    def tell_refused(household: str) -> None:
        is_shown, hidden = flood.may_show("connections")
        if is_shown:
            log.warning("too many connections; new ones are refused", client=household, more=hidden, most=limits.most)

    quieten_server_loggers()
    return uvicorn.Config(
        served,
        http=bounded_protocol(Connections(limits, tell_refused)),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def bind(settings: ServerSettings) -> socket.socket:
    """Return the listening socket. Raises ConfigurationError with the setting to change."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise ConfigurationError(
            f"server.port: {settings.port} on {settings.host!r} cannot be listened on: {error.strerror}; "
            "accepted: a free port above 1023 and an address of this machine"
        ) from error
    # Connections inherit TCP_NODELAY from here, because asyncio sets it only on sockets created with the protocol
    # number. Without it, the second packet of an answer waits up to 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
