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
LAST_MODIFIED_AGE = timedelta(seconds=60)  # RFC 9110, 8.8.2.2: a newer value is a weak validator


@dataclass(frozen=True)
class Validators:
    """The header fields that distinguish versions of a file, as the server sent them."""

    etag: str | None = None
    last_modified: str | None = None
    date: str | None = None  # of the answer that carried them
    content_type: str | None = None

    def to_document(self) -> dict[str, str]:
        """Return the form that is stored in `downloads.validators`."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_document(cls, document: Mapping[str, str] | None) -> Validators:
        known = document or {}
        return cls(known.get("etag"), known.get("last_modified"), known.get("date"), known.get("content_type"))

    @property
    def strong(self) -> str | None:
        """Return a validator for If-Range: a strong ETag, or a Last-Modified that is old enough."""
        if self.etag:
            return self.etag if self.etag.startswith('"') else None
        return self.last_modified if _is_settled(self.last_modified, self.date) else None


@dataclass(frozen=True)
class Held:
    """The part of a file on disk: its first `offset` bytes, and the validators that came with them."""

    offset: int = 0
    total: int | None = None
    validators: Validators = Validators()

    @property
    def asked_from(self) -> int:
        """The start of the next request: some bytes before the end, to verify that it is the same file."""
        return max(0, self.offset - OVERLAP)


@dataclass(frozen=True)
class Head:
    """The status and the relevant header fields of an answer."""

    status: int
    length: int | None = None  # Content-Length
    content_range: str | None = None
    encoding: str | None = None  # Content-Encoding: a claim that the first bytes prove or not
    validators: Validators = Validators()


@dataclass(frozen=True)
class Append:
    """The body continues the partial file: from byte `start` of a file of `total` bytes up to `stop`.

    Bytes that are on disk already are compared, not written.
    """

    start: int
    stop: int
    total: int | None


@dataclass(frozen=True)
class Whole:
    """The body is the whole file. The bytes on disk are compared with it."""

    total: int | None


@dataclass(frozen=True)
class AskAgain:
    """The answer does not fit the bytes on disk. Request the whole file."""

    reason: str


@dataclass(frozen=True)
class Complete:
    """The whole file is on disk already."""


@dataclass(frozen=True)
class Refused:
    kind: FailureKind
    reason: str


Plan = Append | Whole | AskAgain | Complete | Refused


def range_headers(held: Held) -> dict[str, str]:
    """Return the request headers for the rest of a file; none without bytes on disk."""
    if held.asked_from == 0:
        return {}
    headers = {"Range": f"bytes={held.asked_from}-"}
    if held.validators.strong is not None:
        headers["If-Range"] = held.validators.strong
    return headers


def plan_answer(held: Held, *, is_ranged: bool, head: Head) -> Plan:
    """What to do with an answer. `is_ranged`: the request carried `range_headers(held)`."""
    if head.status == 200:
        return _plan_whole(held, head.length)
    if head.status == 206:
        return _plan_part(held, head, is_ranged=is_ranged)
    if head.status == 416:
        return _plan_unsatisfiable(held, head, is_ranged=is_ranged)
    return Refused(kind_of_status(head.status), f"the server answered with status {head.status}")


def kind_of_status(status: int) -> FailureKind:
    """Return the kind of failure. Panels answer any 4xx for expired, full or wrong accounts; only their API knows."""
    if status in (404, 410):
        return FailureKind.GONE
    if status in (407, 408, 421, 425, 429):
        return FailureKind.TRANSIENT
    return FailureKind.ACCOUNT if 400 <= status < 500 else FailureKind.TRANSIENT


def _plan_whole(held: Held, length: int | None) -> Plan:
    if length is not None and length < held.offset:
        return Refused(
            FailureKind.CHANGED,
            f"the server now sends a file of {length} bytes where {held.offset} had come already: "
            "it replaced the file, or sends a notice instead",
        )
    return Whole(length)


def _plan_part(held: Held, head: Head, *, is_ranged: bool) -> Plan:
    found = re.fullmatch(r"\s*bytes\s+(\d{1,19})-(\d{1,19})/(\d{1,19}|\*)\s*", head.content_range or "", re.IGNORECASE)
    if found is None:
        return _again("a part without a usable Content-Range", is_ranged=is_ranged)
    start, stop = int(found[1]), int(found[2]) + 1
    total = None if found[3] == "*" else int(found[3])
    asked = held.asked_from if is_ranged else 0
    problem = _problem_of_part(held, head, (start, stop, total), asked)
    if problem is not None:
        return _again(problem, is_ranged=is_ranged)
    return Append(start, stop, total if total is not None else held.total)


def _problem_of_part(held: Held, head: Head, span: tuple[int, int, int | None], asked: int) -> str | None:
    start, stop, total = span
    if start != asked:
        return f"a part from byte {start} where byte {asked} was asked for"
    if stop <= start or (total is not None and stop > total):
        return f"an impossible part: {head.content_range}"
    if head.length is not None and head.length != stop - start:
        return f"a part of {stop - start} bytes with a length of {head.length}"
    if held.total is not None and total is not None and total != held.total:
        return f"a file of {total} bytes where it had {held.total} before"
    mine, theirs = held.validators.etag, head.validators.etag
    if mine and theirs and mine != theirs:
        return "a file with another ETag than before"
    return None


def _plan_unsatisfiable(held: Held, head: Head, *, is_ranged: bool) -> Plan:
    # RFC 9110 says `*/SIZE`; panels say `bytes 0-END/SIZE`
    found = re.search(r"/(\d{1,19})\s*$", head.content_range or "")
    if found is not None and int(found[1]) == held.offset > 0 and held.total in (None, held.offset):
        return Complete()
    return _again("that there is nothing after the bytes on disk", is_ranged=is_ranged)


def _again(problem: str, *, is_ranged: bool) -> Plan:
    if is_ranged:
        return AskAgain(f"the server answered with {problem}")
    return Refused(FailureKind.TRANSIENT, f"asked for the whole file, the server answered with {problem}")


def _is_settled(last_modified: str | None, date: str | None) -> bool:
    if not last_modified or not date:
        return False
    try:
        return parsedate_to_datetime(date) - parsedate_to_datetime(last_modified) >= LAST_MODIFIED_AGE
    except (TypeError, ValueError):
        return False
