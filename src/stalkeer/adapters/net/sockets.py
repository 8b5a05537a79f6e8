"""Make connections that can be halted at any moment: during the look-up of a name, while connecting, and afterwards."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import python_socks
from python_socks.sync import Proxy as SocksProxy

from stalkeer.adapters.net.failures import Cause, NetworkFailure, failure_of
from stalkeer.adapters.net.inward import Resolve, literal, look_up

# time limit of the first of several addresses, so that an unreachable address does not use up the whole time
FIRST_ADDRESS_S = 5.0
SLICE_S = 0.1  # seconds that a halt may wait during a look-up or while a connection is made
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)
SOCKS = {
    "socks4": (python_socks.ProxyType.SOCKS4, False),
    "socks4a": (python_socks.ProxyType.SOCKS4, True),
    "socks5": (python_socks.ProxyType.SOCKS5, False),
    "socks5h": (python_socks.ProxyType.SOCKS5, True),
}


class Grip:
    """Hold a connection's socket by a separate file descriptor, which survives TLS wrapping and garbage collection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self.is_shut = False

    def take(self, connecting: socket.socket) -> None:
        """Hold `connecting` instead of the last socket. Raises OSError after a halt."""
        self.release()
        with self._lock:
            self._held = socket.socket(fileno=socket.dup(connecting.fileno()))
        self.check()

    def check(self) -> None:
        if self.is_shut:
            raise ConnectionAbortedError(errno.ECONNABORTED, "halted")

    def shutdown(self) -> None:
        """Shut the socket down, which frees a blocked thread. It may be called from any thread, any number of times."""
        self.is_shut = True
        with self._lock:
            if self._held is not None:
                with contextlib.suppress(OSError):
                    self._held.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            held.close()


def addresses_of(host: str, patience_s: float, grip: Grip, resolve: Resolve = look_up) -> Sequence[str]:
    """Return the addresses of a host.

    Raises NetworkFailure where it has none. A halt does not wait for the name server.
    """
    written = literal(host) if resolve is look_up else None
    if written is not None:
        return [written]
    found: list[Sequence[str]] = []
    is_done = threading.Event()

    def ask() -> None:
        try:
            found.append(resolve(host))
        finally:
            is_done.set()

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    end = time.monotonic() + patience_s
    while not is_done.wait(SLICE_S):
        grip.check()
        if time.monotonic() > end:
            raise NetworkFailure(Cause.UNKNOWN_HOST, "its host name was not looked up in time")
    if not found or not found[0]:
        raise NetworkFailure(Cause.UNKNOWN_HOST, "its host name is unknown")
    return found[0]


def dial(addresses: Sequence[str], port: int, patience_s: float, grip: Grip) -> socket.socket:
    """Connect to the first of these IP addresses that answers, within `patience_s` in all."""
    failure: OSError = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    end = time.monotonic() + patience_s
    for position, address in enumerate(addresses):
        left_s = max(0.1, end - time.monotonic())
        others = len(addresses) - position - 1
        try:
            made = _connect(address, port, left_s if not others else min(FIRST_ADDRESS_S, left_s / (others + 1)), grip)
        except OSError as error:
            grip.check()
            failure = error
        else:
            made.settimeout(patience_s)
            return made
    raise failure


def _connect(address: str, port: int, patience_s: float, grip: Grip) -> socket.socket:
    family, kind, protocol, _, place = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )[0]
    connecting = socket.socket(family, kind, protocol)
    try:
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connecting.settimeout(0)
        grip.take(connecting)
        error = connecting.connect_ex(place)
        if error not in _UNDER_WAY:
            raise OSError(error, os.strerror(error))
        _wait_until_writable(connecting, patience_s, grip)
        error = connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
    except BaseException:
        connecting.close()
        raise
    return connecting


def _wait_until_writable(connecting: socket.socket, patience_s: float, grip: Grip) -> None:
    poll = select.poll()
    poll.register(connecting, select.POLLOUT)
    end = time.monotonic() + patience_s
    while not poll.poll(SLICE_S * 1000):
        grip.check()
        if time.monotonic() > end:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
    grip.check()


class _FirstLeg(SocksProxy):
    """Connect to a SOCKS proxy over a connection that can be halted."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        super().__init__(proxy_type=python_socks.ProxyType.SOCKS5, host="", port=0)
        self._connect = connect

    def connect(self, dest_host: str, dest_port: int, timeout: float | None = None, **kwargs: Any) -> socket.socket:
        return self._connect()


@dataclass(frozen=True)
class SocksServer:
    """Describe a SOCKS proxy. `resolves` means that it looks names up itself."""

    scheme: str
    host: str
    port: int
    username: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @property
    def resolves(self) -> bool:
        return SOCKS[self.scheme][1]


def dial_socks(proxy: SocksServer, target: tuple[str, int], patience_s: float, grip: Grip) -> socket.socket:
    """Connect to `target`, an IP address or a name that the proxy looks up, through a SOCKS proxy."""

    def connect() -> socket.socket:
        return through_proxy(lambda: dial(addresses_of(proxy.host, patience_s, grip), proxy.port, patience_s, grip))

    made = SocksProxy(
        proxy_type=SOCKS[proxy.scheme][0],
        host=proxy.host,
        port=proxy.port,
        username=proxy.username,
        password=proxy.password,
        rdns=True,  # names that must be resolved here already are
        forward=_FirstLeg(connect),
    )
    return made.connect(*target, timeout=patience_s)


def through_proxy(connect: Callable[[], socket.socket]) -> socket.socket:
    """Connect to a proxy. A failure is reported as the proxy's."""
    try:
        return connect()
    except (OSError, NetworkFailure) as error:
        raise NetworkFailure(Cause.PROXY, f"the proxy: {failure_of(error, was_sent=False).words}") from error
