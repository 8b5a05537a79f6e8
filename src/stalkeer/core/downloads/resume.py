"""Decide whether received bytes may be appended to a partial file, from the request and the server's answer.

Bytes of two versions of a file must never be mixed. Validators, the total size, and the last 64 KiB on disk, which are
fetched again and compared, must all agree. Any difference means to read the file from its start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

from stalkeer.core.downloads.failures import FailureKind

OVERLAP = 64 * 1024
MOST_BYTES = 1 << 44  # 16 TiB, the largest file of common file systems; a larger size from a server is ignored
LAST_MODIFIED_AGE = timedelta(seconds=60)  # RFC 9110, 8.8.2.2: a newer value is a weak validator


@dataclass(frozen=True)
class Validators:
    """Hold the header fields that distinguish versions of a file, as the server sent them."""

    etag: str | None = None
    last_modified: str | None = None
    date: str | None = None  # date of the answer with these fields
    content_type: str | None = None

    def to_document(self) -> dict[str, str]:
        """Return the form that is stored in `downloads.validators`."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_document(cls, document: Mapping[str, str] | None) -> Validators:
        known = document or {}
        return cls(known.get("etag"), known.get("last_modified"), known.get("date"), known.get("content_type"))

    def moved(self, answered: Validators) -> str | None:
        """Return the name of a field that shows another version of the file, because it changed or is gone.

        A new field proves nothing. A 206 with the same ETag may leave Last-Modified out (RFC 9110, 15.3.7). Some
        servers send a different ETag in each answer; see `common`.
        """
        if self.etag is not None and answered.etag != self.etag:
            return "ETag"
        is_left_out = self.etag is not None and answered.last_modified is None
        if self.last_modified is not None and answered.last_modified != self.last_modified and not is_left_out:
            return "Last-Modified"
        return None

    def common(self, answered: Validators) -> Validators:
        """Return the fields that are the same in both: once the bytes proved to be equal, a changed field no longer
        distinguishes versions.
        """
        is_left_out = self.etag is not None and self.etag == answered.etag and answered.last_modified is None
        is_dated = self.last_modified == answered.last_modified or is_left_out
        return Validators(
            self.etag if self.etag == answered.etag else None,
            self.last_modified if is_dated else None,
            self.date if is_dated else answered.date,
            answered.content_type,
        )

    @property
    def strong(self) -> str | None:
        """Return a validator for If-Range: a strong ETag, or a Last-Modified that is old enough."""
        if self.etag:
            return self.etag if self.etag.startswith('"') else None
        return self.last_modified if _is_settled(self.last_modified, self.date) else None


@dataclass(frozen=True)
class HeldPart:
    """Hold the part of a file on disk: its first `offset` bytes, and the facts about the file and its server.

    `total` is unconfirmed until a second answer or the bytes confirm it. `asks_whole` means that the last answer to a
    Range request did not fit, so that the next request has no range.
    """

    offset: int = 0
    total: int | None = None
    validators: Validators = Validators()
    is_total_confirmed: bool = False
    asks_whole: bool = False

    @classmethod
    def of(cls, offset: int, total: int | None, validators: Validators, learned: Mapping[str, bool] | None) -> HeldPart:
        known = learned or {}
        is_confirmed, asks_whole = (bool(known.get(name)) for name in ("is_total_confirmed", "asks_whole"))
        return cls(offset, total, validators, is_total_confirmed=is_confirmed, asks_whole=asks_whole)

    @property
    def asked_from(self) -> int:
        """Return the start of the next request: some bytes before the end, to verify that it is the same file."""
        return max(0, self.offset - OVERLAP)

    @property
    def learned(self) -> dict[str, bool]:
        """Return the form that is stored in `downloads.learned`, with only the true facts."""
        known = {"is_total_confirmed": self.is_total_confirmed, "asks_whole": self.asks_whole}
        return {name: True for name, is_so in known.items() if is_so}


@dataclass(frozen=True)
class Head:
    """Hold the status and the relevant header fields of an answer."""

    status: int
    length: int | None = None  # Content-Length
    content_range: str | None = None
    encoding: str | None = None  # Content-Encoding, which the first bytes must confirm
    validators: Validators = Validators()

    @property
    def is_endless(self) -> bool:
        """Tell whether the range has no total: `bytes 5-9/*`."""
        return (self.content_range or "").rstrip().endswith("/*")


@dataclass(frozen=True)
class Append:
    """Append the body to the partial file, from byte `start` up to `stop` of a file of `total` bytes.

    Bytes that are on disk already are compared, not written.
    """

    start: int
    stop: int
    total: int | None


@dataclass(frozen=True)
class Whole:
    """Read the body as the whole file. The bytes on disk are compared with it.

    `is_proven` is False where a range was requested: a body that does not begin like the file may then be the range.
    """

    total: int | None
    is_proven: bool = True


@dataclass(frozen=True)
class AskWhole:
    """Request the whole file, because the answer does not fit the bytes on disk."""

    reason: str


@dataclass(frozen=True)
class Complete:
    """Report that the whole file is on disk already."""


@dataclass(frozen=True)
class ResumeRefused:
    kind: FailureKind
    reason: str


Plan = Append | Whole | AskWhole | Complete | ResumeRefused


def range_headers(held: HeldPart) -> dict[str, str]:
    """Return the request headers for the rest of a file; none without bytes on disk."""
    if held.asked_from == 0:
        return {}
    headers = {"Range": f"bytes={held.asked_from}-"}
    if held.validators.strong is not None:
        headers["If-Range"] = held.validators.strong
    return headers


def plan_answer(held: HeldPart, *, is_ranged: bool, head: Head) -> Plan:
    """Decide on an answer. `is_ranged` means that the request had `range_headers(held)`."""
    if head.status == 200:
        return _plan_200(held, head, is_ranged=is_ranged)
    if head.status == 206:
        return _plan_part(held, head, _span_of(head), is_ranged=is_ranged)
    if head.status == 416:
        return _plan_unsatisfiable(held, head, is_ranged=is_ranged)
    return ResumeRefused(kind_of_status(head.status), f"the server answered with status {head.status}")


def kind_of_status(status: int) -> FailureKind:
    """Return the kind of failure.

    Panels answer any 4xx for expired, full or wrong accounts; only their API has the reason.
    """
    if status in (404, 410):
        return FailureKind.GONE
    if status in (407, 408, 421, 425, 429):
        return FailureKind.TRANSIENT
    return FailureKind.ACCOUNT if 400 <= status < 500 else FailureKind.TRANSIENT


@dataclass(frozen=True)
class _Span:
    """Hold a Content-Range: from byte `start` to before `stop`, of `total` bytes."""

    start: int
    stop: int
    total: int | None

    @property
    def is_whole(self) -> bool:
        return self.start == 0 and self.total in (None, self.stop)


def _span_of(head: Head) -> _Span | None:
    """Read the Content-Range; None without a usable one. A multipart body, with several ranges, has no usable one."""
    found = re.fullmatch(r"\s*bytes\s+(\d{1,19})-(\d{1,19})/(\d{1,19}|\*)\s*", head.content_range or "", re.IGNORECASE)
    if found is None or (head.validators.content_type or "").strip().casefold().startswith("multipart/"):
        return None
    total = None if found[3] == "*" else credible(int(found[3]))
    return _Span(int(found[1]), int(found[2]) + 1, total)


def _plan_200(held: HeldPart, head: Head, *, is_ranged: bool) -> Plan:
    """Tell a range from the whole file. Panels answer a Range request with 200 and either of them, with or without a
    Content-Range.

    Only a Content-Range, the length and the first bytes can tell them apart.
    """
    span = _span_of(head)
    if span is not None and not span.is_whole:
        return _plan_part(held, head, span, is_ranged=is_ranged)
    if is_ranged and span is not None and head.length not in (None, span.stop):
        return AskWhole(f"the server answered with {head.length} bytes that are said to be {span.stop}")
    size = head.length if head.length is not None or span is None else span.stop
    if is_ranged and size is not None and (size < held.offset or held.total not in (None, size)):
        return AskWhole(f"the server answered with {size} bytes, which are not the file that is held")
    if size is not None and size < held.offset:
        return ResumeRefused(
            FailureKind.CHANGED,
            f"the server now sends a file of {size} bytes where {held.offset} had come already: "
            "it replaced the file, or sends a notice instead",
        )
    return Whole(size, is_proven=not is_ranged)


def _plan_part(held: HeldPart, head: Head, span: _Span | None, *, is_ranged: bool) -> Plan:
    if span is None:
        return _again("a part without a usable Content-Range", is_ranged=is_ranged)
    problem = _problem_of_part(head, span, held.asked_from if is_ranged else 0)
    if problem is None and is_ranged:
        problem = _problem_of_version(held, head, span)
    if problem is not None:
        return _again(problem, is_ranged=is_ranged)
    return Append(span.start, span.stop, span.total if span.total is not None else held.total)


def _problem_of_part(head: Head, span: _Span, asked: int) -> str | None:
    if span.start != asked:
        return f"a part from byte {span.start} where byte {asked} was asked for"
    if span.stop <= span.start or (span.total is not None and span.stop > span.total):
        return f"an impossible part: {head.content_range}"
    if head.length is not None and head.length != span.stop - span.start:
        return f"a part of {span.stop - span.start} bytes with a length of {head.length}"
    return None


def _problem_of_version(held: HeldPart, head: Head, span: _Span) -> str | None:
    if held.is_total_confirmed and held.total is not None:
        size = span.total if span.total is not None else max(span.stop, held.total)
        if size != held.total:
            return f"a file of {size} bytes where it had {held.total} before"
    moved = held.validators.moved(head.validators)
    return f"a file with another {moved} than before" if moved else None


def _plan_unsatisfiable(held: HeldPart, head: Head, *, is_ranged: bool) -> Plan:
    # RFC 9110 says `*/SIZE`; panels say `bytes 0-END/SIZE`
    found = re.search(r"/(\d{1,19})\s*$", head.content_range or "")
    if found is not None and int(found[1]) == held.offset > 0 and held.total in (None, held.offset):
        return Complete()
    return _again("that there is nothing after the bytes on disk", is_ranged=is_ranged)


def _again(problem: str, *, is_ranged: bool) -> Plan:
    if is_ranged:
        return AskWhole(f"the server answered with {problem}")
    return ResumeRefused(FailureKind.TRANSIENT, f"asked for the whole file, the server answered with {problem}")


def credible(size: int | None) -> int | None:
    """Return the size if a file can have it, else None."""
    return size if size is not None and size <= MOST_BYTES else None


def _is_settled(last_modified: str | None, date: str | None) -> bool:
    if not last_modified or not date:
        return False
    try:
        return parsedate_to_datetime(date) - parsedate_to_datetime(last_modified) >= LAST_MODIFIED_AGE
    except (TypeError, ValueError):
        return False
