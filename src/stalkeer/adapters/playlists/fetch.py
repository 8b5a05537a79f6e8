"""Fetch a playlist into a file: streamed, unpacked, hashed and limited in size.

An unchanged playlist is not fetched.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from stalkeer.adapters.net.addresses import shown_origin, whole_number
from stalkeer.adapters.net.bulk import BulkAnswer, Question, Route, ask
from stalkeer.adapters.net.codings import GZIP_MAGIC, unpacked
from stalkeer.adapters.net.deadlines import HEAD_S, LISTS, Deadlines
from stalkeer.adapters.net.failures import FORBIDDEN, Cause, NetworkFailure
from stalkeer.adapters.net.inward import IsInside, Resolve, is_inside, look_up
from stalkeer.errors import NotAPlaylist, SourceFaulty, SourceRefused, SourceUnreachable
from stalkeer.private_files import make_private_folder, open_private

PIECE = 1 << 18
MAX_SIZE = 2_000_000_000
TIMEOUT_S = 60.0
CONNECT_S = 20.0


@dataclass(frozen=True)
class PlaylistRequest:
    """Describe the address and request of a playlist. `etag` and `last_modified` are those of the known copy."""

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
    deadlines: Deadlines | None = None  # None uses the limits of a long answer, by `timeout_s`
    resolve: Resolve = look_up
    is_inside: IsInside = is_inside

    @property
    def subject(self) -> str:
        """Name the playlist for messages, without path and query, which hold the login."""
        if not self.url:
            return self.what
        return f"{self.what} at {shown_origin(self.url) or 'an address that is none'}"


@dataclass(frozen=True)
class PlaylistFile:
    """Describe an unpacked playlist on disk. `digest` is over all its bytes; `url` is its address behind redirects."""

    path: Path
    size: int
    digest: str
    etag: str | None = None
    last_modified: str | None = None
    content_type: str = ""
    url: str = field(default="", repr=False)


class NotModified:
    """Report that the playlist has not changed since the known copy."""


NOT_MODIFIED = NotModified()
_NOTHING_THERE = "nothing is at this address; check it, and that the account has this list"
_REFUSALS = {
    401: "the username or the password is wrong",
    403: "the login is wrong, the account is expired or blocked, or the provider does not like the User-Agent",
    404: _NOTHING_THERE,
    405: _NOTHING_THERE,
    410: _NOTHING_THERE,
    501: _NOTHING_THERE,
}
_TOO_MANY = {
    429: "the provider gets too many requests",
    456: "the account has too many connections open",
    458: "the account has too many connections open",
    509: "the account has used up its bandwidth or connections",
}
Progress = Callable[[int, int | None], None]  # (bytes so far, total bytes); may raise to stop


def _no_progress(_done: int, _total: int | None) -> None:
    return None


def fetch_playlist(
    request: PlaylistRequest, target: Path, progress: Progress = _no_progress
) -> PlaylistFile | NotModified:
    """Download to `target`. Raises SourceUnreachable, SourceRefused, or NotAPlaylist for a list that is too large."""
    try:
        answer = ask(_question(request))
    except NetworkFailure as failure:
        error = SourceRefused if failure.cause in FORBIDDEN - {Cause.REDIRECTS} else SourceUnreachable
        raise error(f"{request.subject} could not be fetched: {failure.words}") from failure
    try:
        if answer.status == 304:
            return NOT_MODIFIED
        _check_status(answer.status, request)
        return _save(answer, target, request, progress)
    except NetworkFailure as failure:
        end = "is not taken" if failure.cause is Cause.CODING else "was cut off"
        words = f"{request.subject} {end}: {failure.words}. The catalogue stays as it was"
        raise SourceUnreachable(words) from failure
    finally:
        answer.close()


def long_answer(timeout_s: float) -> Deadlines:
    """Return the limits of a list: its head within 30 s, unless the user gives a slow server longer than a minute."""
    head_s = timeout_s if timeout_s > TIMEOUT_S else min(timeout_s, HEAD_S)
    return Deadlines(min(timeout_s, CONNECT_S), head_s, timeout_s, least=LISTS)


def _question(request: PlaylistRequest) -> Question:
    fields = {"User-Agent": request.user_agent, "Accept-Encoding": "gzip"}
    if request.etag:
        fields["If-None-Match"] = request.etag
    if request.last_modified:
        fields["If-Modified-Since"] = request.last_modified
    return Question(
        url=request.url,
        fields=fields | dict(request.headers),
        route=Route(request.proxy),
        deadlines=request.deadlines or long_answer(request.timeout_s),
        https_only=request.https_only,
        listed_by=request.url,
        resolve=request.resolve,
        is_inside=request.is_inside,
    )


def _save(answer: BulkAnswer, target: Path, request: PlaylistRequest, progress: Progress) -> PlaylistFile:
    total = whole_number(answer.fields.get("Content-Length"))
    if total is not None and total > request.max_size:
        raise _too_large(request.subject, request.max_size)
    encoding = answer.fields.get("Content-Encoding")
    pieces = unpacked(_watched(answer.pieces(), total, progress), encoding)
    size, digest = _store(pieces, target, request)
    fields = answer.fields
    return PlaylistFile(
        path=target,
        size=size,
        digest=digest,
        etag=fields.get("ETag"),
        last_modified=fields.get("Last-Modified"),
        content_type=fields.get("Content-Type", ""),
        url=answer.url,
    )


def open_local(path: Path, target: Path, max_size: int = MAX_SIZE) -> PlaylistFile:
    """Open a playlist file of the user, unpacked to `target` where it is gzipped."""
    subject = f"The playlist file {path}"
    request = PlaylistRequest(url="", what=subject, max_size=max_size)
    try:
        with path.open("rb") as file:
            if file.read(2) == GZIP_MAGIC:
                file.seek(0)
                size, digest = _store(unpacked(iter(lambda: file.read(PIECE), b""), None), target, request)
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
    except (zlib.error, NetworkFailure) as error:
        raise NotAPlaylist(f"{subject} is a damaged gzip file. The catalogue stays as it was") from error
    if size > max_size:
        raise _too_large(subject, max_size)
    return PlaylistFile(path, size, hasher.hexdigest())


def _check_status(status: int, request: PlaylistRequest) -> None:
    reason = _REFUSALS.get(status)
    if reason is not None:
        raise SourceRefused(f"{request.subject} is refused with status {status}: {reason}")
    if status in _TOO_MANY:
        raise SourceUnreachable(
            f"{request.subject} is refused with status {status}: {_TOO_MANY[status]}; it is tried again later"
        )
    if status != 200:
        raise SourceFaulty(f"{request.subject} answers with status {status}; it is tried again at the next refresh")


def _watched(pieces: Iterable[bytes], total: int | None, progress: Progress) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        done += len(piece)
        progress(done, total)
        yield piece


def _store(pieces: Iterator[bytes], target: Path, request: PlaylistRequest) -> tuple[int, str]:
    hasher = xxhash.xxh3_128()
    size = 0
    make_private_folder(target.parent)
    try:
        with open_private(target) as file:
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
