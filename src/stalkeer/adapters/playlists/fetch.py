"""Fetch a playlist into a file: streamed, unpacked, hashed, bounded; nothing at all where it has not changed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import urllib3
import xxhash
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, LocationParseError, ProtocolError, TimeoutError
from urllib3.util import Retry, Timeout, make_headers

from stalkeer.adapters.net.public_address import Resolve, leads_inside, look_up
from stalkeer.errors import NotAPlaylist, SourceRefused, SourceUnreachable

PIECE = 1 << 18
GZIP_MAGIC = b"\x1f\x8b"
DEFAULT_USER_AGENT = "Stalkeer/0.1"
MAX_SIZE = 2_000_000_000
TIMEOUT_S = 60.0
MAX_REDIRECTS = 5
LOGIN_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True)
class PlaylistRequest:
    """Where a playlist is and how to ask for it. `etag` and `last_modified` are those of the copy already known."""

    url: str = field(repr=False)
    what: str = "The playlist"
    user_agent: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    timeout_s: float = TIMEOUT_S
    max_size: int = MAX_SIZE
    etag: str | None = None
    last_modified: str | None = None
    https_only: bool = False
    resolve: Resolve = look_up

    @property
    def subject(self) -> str:
        """How messages name it: without path and query, which hold the login."""
        if not self.url:
            return self.what
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return f"{self.what} at an address that is none"
        return f"{self.what} at {parts.scheme}://{parts.netloc.rpartition('@')[2]}"


@dataclass(frozen=True)
class PlaylistFile:
    """A playlist on disk, unpacked. `digest` is over all its bytes."""

    path: Path
    size: int
    digest: str
    etag: str | None = None
    last_modified: str | None = None


class NotModified:
    """The server says that the known copy is still right."""


NOT_MODIFIED = NotModified()
Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all; may raise to stop


def _no_progress(_done: int, _total: int | None) -> None:
    return None


def fetch_playlist(
    request: PlaylistRequest, target: Path, progress: Progress = _no_progress
) -> PlaylistFile | NotModified:
    """Download to `target`. Raises SourceUnreachable, SourceRefused, or NotAPlaylist for one that is too large."""
    try:
        response = _open(request)
    except (HTTPError, LocationParseError, ValueError) as error:
        raise SourceUnreachable(f"{request.subject} could not be fetched: {_reason(error)}") from error
    try:
        if response.status == 304:
            return NOT_MODIFIED
        _check_status(response.status, request)
        total = _length(response.headers.get("Content-Length"))
        if total is not None and total > request.max_size:
            raise _too_large(request.subject, request.max_size)
        pieces = _watched(response.stream(PIECE, decode_content=False), total, progress)
        size, digest = _store(_unpacked(pieces), target, request)
        return PlaylistFile(target, size, digest, response.headers.get("ETag"), response.headers.get("Last-Modified"))
    except HTTPError as error:
        raise SourceUnreachable(
            f"{request.subject} was cut off: {_reason(error)}. The catalogue stays as it was"
        ) from error
    finally:
        response.close()


def _open(request: PlaylistRequest) -> BaseHTTPResponse:
    """The answer that is no redirect. A login goes to no other host than the one it is for."""
    url, basic = _split_login(request.url)
    headers = _headers(request, basic)
    manager = _manager(request)
    for _hop in range(MAX_REDIRECTS + 1):
        if request.https_only and urlsplit(url).scheme != "https":
            raise SourceRefused(f"{request.subject} is not https, and downloads.https_only allows nothing else")
        response = manager.request(
            "GET",
            url,
            headers=headers,
            preload_content=False,
            decode_content=False,
            redirect=False,
            timeout=Timeout(connect=min(request.timeout_s, 20.0), read=request.timeout_s),
            retries=Retry(total=1, connect=1, read=0, status=0, other=0),
        )
        target = response.get_redirect_location()
        if not target:
            return response
        response.close()
        before, url = url, urljoin(url, target)
        _check_redirect(request, before, url)
        if urlsplit(before).netloc != urlsplit(url).netloc:
            headers = {name: value for name, value in headers.items() if name.lower() not in LOGIN_HEADERS}
    raise SourceUnreachable(f"{request.subject} redirects more than {MAX_REDIRECTS} times; check its address")


def _check_redirect(request: PlaylistRequest, before: str, after: str) -> None:
    parts = urlsplit(after)
    if parts.scheme not in ("http", "https"):
        raise SourceRefused(f"{request.subject} leads to {parts.scheme}://, only http and https are used")
    # what a proxy reaches is not this network
    if not request.proxy and leads_inside(before, after, request.resolve):
        raise SourceRefused(
            f"{request.subject} leads to {parts.hostname}, inside your own network, and is not followed there; if that "
            "is meant, enter the address there as the source's own"
        )


def open_local(path: Path, target: Path, max_size: int = MAX_SIZE) -> PlaylistFile:
    """A playlist file of the user's own; unpacked to `target` where it is gzipped, else read where it lies."""
    subject = f"The playlist file {path}"
    request = PlaylistRequest(url="", what=subject, max_size=max_size)
    try:
        with path.open("rb") as file:
            if file.read(2) == GZIP_MAGIC:
                file.seek(0)
                size, digest = _store(_unpacked(iter(lambda: file.read(PIECE), b"")), target, request)
                return PlaylistFile(target, size, digest)
            file.seek(0)
            hasher = xxhash.xxh3_128()
            size = 0
            while piece := file.read(1 << 20):
                size += len(piece)
                hasher.update(piece)
    except OSError as error:
        raise SourceUnreachable(
            f"{subject} cannot be read: {error.strerror}. Check its path and permissions"
        ) from error
    except zlib.error as error:
        raise NotAPlaylist(f"{subject} is a damaged gzip file. The catalogue stays as it was") from error
    if size > max_size:
        raise _too_large(subject, max_size)
    return PlaylistFile(path, size, hasher.hexdigest())


def _manager(request: PlaylistRequest) -> urllib3.PoolManager:
    proxy = request.proxy
    if not proxy:
        return urllib3.PoolManager()
    if proxy.startswith("socks"):
        from urllib3.contrib.socks import SOCKSProxyManager

        return SOCKSProxyManager(proxy)
    address, basic = _split_login(proxy)
    return urllib3.ProxyManager(address, proxy_headers=make_headers(proxy_basic_auth=basic) if basic else None)


def _headers(request: PlaylistRequest, basic: str) -> dict[str, str]:
    headers = {"User-Agent": request.user_agent or DEFAULT_USER_AGENT, "Accept-Encoding": "gzip", "Accept": "*/*"}
    if basic:
        headers |= make_headers(basic_auth=basic)
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.last_modified:
        headers["If-Modified-Since"] = request.last_modified
    return headers | dict(request.headers)


def _split_login(url: str) -> tuple[str, str]:
    """The URL without `user:password@`, and that login."""
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host)), unquote(login)


def _check_status(status: int, request: PlaylistRequest) -> None:
    if status in (401, 403, 404, 410):
        raise SourceRefused(
            f"{request.subject} is refused with status {status}: the address or the login is wrong, the account is "
            "expired, or the provider does not like the User-Agent"
        )
    if status != 200:
        raise SourceUnreachable(
            f"{request.subject} answers with status {status}; it is tried again at the next refresh"
        )


def _watched(pieces: Iterable[bytes], total: int | None, progress: Progress) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        done += len(piece)
        progress(done, total)
        yield piece


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip by its first bytes, whatever the server calls it; several members follow one another."""
    first = next(pieces, b"")
    if not first.startswith(GZIP_MAGIC):
        yield first
        yield from pieces
        return
    unpacker = zlib.decompressobj(wbits=31)
    pending = first
    while True:
        while pending:
            yield unpacker.decompress(pending, PIECE)
            pending = unpacker.unconsumed_tail
            if unpacker.eof:
                pending = unpacker.unused_data.lstrip(b"\0")
                if not pending.startswith(GZIP_MAGIC):
                    return
                unpacker = zlib.decompressobj(wbits=31)
        more = next(pieces, None)
        if more is None:
            break
        pending = more
    if not unpacker.eof:
        raise zlib.error("the packed data ends too early")


def _store(pieces: Iterator[bytes], target: Path, request: PlaylistRequest) -> tuple[int, str]:
    hasher = xxhash.xxh3_128()
    size = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > request.max_size:
                    raise _too_large(request.subject, request.max_size)
                hasher.update(piece)
                file.write(piece)
    except zlib.error as error:
        raise SourceUnreachable(
            f"{request.subject} came incomplete, its gzip data is damaged: {error}. The catalogue stays as it was"
        ) from error
    return size, hasher.hexdigest()


def _too_large(subject: str, max_size: int) -> NotAPlaylist:
    return NotAPlaylist(
        f"{subject} is larger than {max_size // 1_000_000} MB, the limit for playlists; raise `catalogue.max_size` "
        "if it is really so large"
    )


def _length(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() else None


def _reason(error: Exception) -> str:
    """Why, without the URL that urllib3 puts into its messages: it holds the login."""
    cause: BaseException = error
    while isinstance(getattr(cause, "reason", None), BaseException):
        cause = cause.reason  # type: ignore[attr-defined]
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, ProtocolError):
        return "the connection broke"
    text = str(cause).rpartition(": ")[2]
    return text if "/" not in text and "@" not in text else type(cause).__name__
