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

GRACE_S = 3  # open requests get this long at the end
log = get_logger(__name__)


class Server(uvicorn.Server):
    """uvicorn raises the signal again once it has stopped, which would end us before the engine is stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def ask_to_stop(self, number: int, _frame: FrameType | None) -> None:
        log.info("stopping", signal=signal.Signals(number).name)
        self.should_exit = True


def run(served: ASGIApp, settings: ServerSettings, beside: Callable[[Server], None] | None = None) -> None:
    """Listen and serve until a signal asks for the end. `beside` may start what asks for it earlier."""
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
    """Configure uvicorn: bounded connections, and no line of log for each broken request."""
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
    # Each connection has it from here: asyncio sets it only on sockets that were made with the protocol's number, and
    # without it the second packet of an answer waits for the client's acknowledgement, up to 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
