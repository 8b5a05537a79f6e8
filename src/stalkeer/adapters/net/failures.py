"""Name the kind of a network failure, and word it without an address or a secret."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from enum import StrEnum

import h11
import httpcore2
import httpx2
import python_socks
import urllib3.exceptions


class Cause(StrEnum):
    """Define the kinds of failure that users and retry rules distinguish."""

    ADDRESS = "address"  # the text cannot be read as an address, or is not http(s)
    NOT_HTTPS = "not_https"  # `https_only` forbids it
    INWARD = "inward"  # an address in the user's own network that the user did not name
    REDIRECTS = "redirects"
    UNKNOWN_HOST = "unknown_host"
    REFUSED = "refused"
    NO_ROUTE = "no_route"
    NO_CONNECTION = "no_connection"  # no connection in time
    CERTIFICATE = "certificate"
    TLS = "tls"
    PROXY = "proxy"
    TIMED_OUT = "timed_out"  # connected, but no answer in time
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    CLOSED = "closed"  # the connection ended before an answer began
    CUT = "cut"  # the connection ended in the middle of an answer
    NOT_HTTP = "not_http"
    CODING = "coding"  # compressed in an unsupported way
    BROKEN = "broken"  # anything else


FORBIDDEN = frozenset({Cause.ADDRESS, Cause.NOT_HTTPS, Cause.INWARD, Cause.REDIRECTS})
SPEAKS_HTTP = "it speaks http, not https"
_NO_ROUTE = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
)
_SOCKS_REPLIES = {3: "it has no route to the server", 4: "it cannot reach the server", 5: "the server refuses it"}


class NetworkFailure(Exception):  # noqa: N818 - each adapter turns it into an error of its own
    """Describe a failed request. `words` complete a sentence that names the server.

    `was_sent` is true where the server may have carried the request out.
    """

    def __init__(self, cause: Cause, words: str, *, was_sent: bool = False) -> None:
        super().__init__(words)
        self.cause = cause
        self.words = words
        self.was_sent = was_sent

    @property
    def is_lasting(self) -> bool:
        """Return whether the same request would fail in the same way at once."""
        return self.cause in FORBIDDEN or self.cause is Cause.CERTIFICATE


def failure_of(error: BaseException, *, was_sent: bool) -> NetworkFailure:
    """Translate an error of a socket, TLS or HTTP library. `was_sent` is false while the connection is being made."""
    root = root_of(error)
    if isinstance(root, NetworkFailure):
        return root
    for translate in (_of_tls, _of_connecting, _of_http):
        found = translate(root, was_sent=was_sent)
        if found is not None:
            cause, words = found
            return NetworkFailure(cause, words, was_sent=was_sent)
    reason = root.strerror if isinstance(root, OSError) else None
    return NetworkFailure(Cause.BROKEN, f"the connection broke ({reason or type(root).__name__})", was_sent=was_sent)


def root_of(error: BaseException) -> BaseException:
    """Return the error that the libraries wrapped, sometimes twice."""
    inner: object = error.__cause__ or getattr(error, "reason", None)
    if not isinstance(inner, BaseException) and error.args:
        inner = error.args[-1]
    return root_of(inner) if isinstance(inner, BaseException) and inner is not error else error


def _of_tls(error: BaseException, *, was_sent: bool) -> tuple[Cause, str] | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Cause.CERTIFICATE, f"its certificate is not trusted ({error.verify_message})"
    if not isinstance(error, ssl.SSLError):
        return None
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return Cause.TLS, SPEAKS_HTTP
    if was_sent:
        return Cause.CUT, "the connection was cut"
    return Cause.TLS, "the TLS connection failed"


def _of_connecting(error: BaseException, *, was_sent: bool) -> tuple[Cause, str] | None:
    if isinstance(error, python_socks.ProxyError):
        return Cause.PROXY, f"the proxy failed: {_SOCKS_REPLIES.get(error.error_code or 0, 'it refuses the request')}"
    if isinstance(error, OSError) and str(error).startswith("Tunnel connection failed"):
        status = str(error).removeprefix("Tunnel connection failed: ").partition(" ")[0]
        return Cause.PROXY, f"the proxy refuses the connection with status {status}"
    if isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError | httpcore2.TimeoutException):
        return (Cause.TIMED_OUT, "no answer in time") if was_sent else (Cause.NO_CONNECTION, "no connection in time")
    if isinstance(error, socket.gaierror | UnicodeError):
        return Cause.UNKNOWN_HOST, "its host name is unknown"
    if isinstance(error, ConnectionRefusedError):
        return Cause.REFUSED, "the server refuses connections"
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return Cause.NO_ROUTE, "there is no route to the server"
    return None


def _of_http(error: BaseException, *, was_sent: bool) -> tuple[Cause, str] | None:
    said = str(error)
    if isinstance(error, http.client.RemoteDisconnected) or "without sending a response" in said:
        return Cause.CLOSED, "the connection broke: the server closed it without an answer"
    if isinstance(error, http.client.IncompleteRead | urllib3.exceptions.IncompleteRead) or "complete message" in said:
        return Cause.CUT, "the connection ended in the middle of the answer"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return (Cause.CUT if was_sent else Cause.BROKEN), "the server reset the connection"
    if isinstance(
        error, http.client.HTTPException | h11.RemoteProtocolError | httpcore2.ProtocolError | httpx2.DecodingError
    ):
        return Cause.NOT_HTTP, "the answer is not HTTP"
    if isinstance(error, urllib3.exceptions.ProtocolError | urllib3.exceptions.HTTPError):
        return Cause.CUT, "the connection ended in the middle of the answer"
    return None
