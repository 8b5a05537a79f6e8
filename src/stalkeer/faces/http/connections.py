"""Limit the number of connections, and the time for a request's head, for reading an answer and for the rest of a
refused body. uvicorn waits without limit for the rest of a head and for a client that does not read.

With such connections, a stranger could use up the file descriptors of the process.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from stalkeer.core.security.addresses import household_of, parse_address
from stalkeer.faces.http.doorstep import is_known

MOST_CONNECTIONS = 500
PART_OF_FILES = 4  # connections take at most a quarter of the files that the process may have open
MOST_FILES = 65_536


class Slowness(Enum):
    """List the kinds of slowness. Each has a timer, which ends the connection."""

    HEAD = "head"
    READING = "reading"
    UNWANTED_BODY = "unwanted body"


@dataclass(frozen=True)
class ConnectionLimits:
    """Hold the time limits in seconds and the numbers of connections.

    An address or IPv6 network gets at most half of them.
    """

    head_s: float = 10.0
    read_s: float = 30.0  # for reading the answer
    unwanted_body_s: float = 60.0  # for the rest of a refused body: some clients read the answer only after sending it
    most: int = MOST_CONNECTIONS

    def allowed_s(self, slowness: Slowness) -> float:
        times = {
            Slowness.HEAD: self.head_s,
            Slowness.READING: self.read_s,
            Slowness.UNWANTED_BODY: self.unwanted_body_s,
        }
        return times[slowness]

    @property
    def most_of_household(self) -> int:
        return max(1, self.most // 2)


def limits_of_process() -> ConnectionLimits:
    """Raise the limit of open files as far as the system allows, and reserve a part of it for connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return ConnectionLimits(most=max(8, min(MOST_CONNECTIONS, soft // PART_OF_FILES)))


@dataclass
class Connections:
    """Hold the open connections, oldest first."""

    limits: ConnectionLimits
    on_refused: Callable[[str], None] = lambda household: None
    _open: dict[BoundedProtocol, str] = field(default_factory=dict)  # with their addresses or IPv6 networks

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: BoundedProtocol, household: str) -> bool:
        """Count a new connection. Where there are too many, close the oldest connection without a request in work."""
        of_household = [other for other, name in self._open.items() if name == household]
        if len(of_household) >= self.limits.most_of_household:
            is_room = self._end_one(of_household)
        else:
            is_room = len(self._open) < self.limits.most or self._end_one(list(self._open))
        if is_room:
            self._open[connection] = household
        else:
            self.on_refused(household)
        return is_room

    def forget(self, connection: BoundedProtocol) -> None:
        self._open.pop(connection, None)

    def _end_one(self, among: list[BoundedProtocol]) -> bool:
        """Close the oldest connection at rest.

        Where every connection has a request in work, close the oldest one of a stranger.
        """
        ended = next((connection for connection in among if connection.is_at_rest), None) or next(
            (connection for connection in among if connection.is_strangers), None
        )
        if ended is None:
            return False
        self._open.pop(ended)
        ended.transport.abort()
        return True


class BoundedProtocol(H11Protocol):
    """Limit a connection by timers.

    A timer closes it without an answer, because a client that is slow on purpose reads none.
    """

    opened: ClassVar[Connections]

    @property
    def is_at_rest(self) -> bool:
        """Tell whether the connection can be closed without harm: no request is in work, it waits for a stranger's
        body, or its client does not read.
        """
        is_working = self.cycle is not None and not self.cycle.response_complete
        return not is_working or Slowness.READING in self._timers or self._brings_strangers_body

    @property
    def is_strangers(self) -> bool:
        return not is_known(self.scope.get("state", {}))

    @property
    def _brings_strangers_body(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY and self.is_strangers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        self._timers: dict[Slowness, asyncio.TimerHandle] = {}
        super().connection_made(transport)
        if not self.opened.admit(self, household_of(parse_address(self.client[0] if self.client else None))):
            transport.abort()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.opened.forget(self)
        for slowness in Slowness:
            self._stop(slowness)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._await_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self._begin(Slowness.UNWANTED_BODY)
        self._await_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._begin(Slowness.READING)

    def resume_writing(self) -> None:
        self._stop(Slowness.READING)
        super().resume_writing()

    def _await_head(self) -> None:
        """Run the timer for the head once a head has begun.

        Between two requests, uvicorn's keep-alive time-out applies.
        """
        if self.conn.their_state is not h11.IDLE:
            self._stop(Slowness.HEAD)
            return
        self._stop(Slowness.UNWANTED_BODY)
        if self.timeout_keep_alive_task is None:
            self._begin(Slowness.HEAD)

    def _begin(self, slowness: Slowness) -> None:
        if slowness not in self._timers:
            allowed_s = self.opened.limits.allowed_s(slowness)
            self._timers[slowness] = self.loop.call_later(allowed_s, self.transport.abort)

    def _stop(self, slowness: Slowness) -> None:
        timer = self._timers.pop(slowness, None)
        if timer is not None:
            timer.cancel()


def bounded_protocol(opened: Connections) -> type[BoundedProtocol]:
    """Return the protocol class of a server."""

    class Protocol(BoundedProtocol):
        pass

    Protocol.opened = opened
    return Protocol
