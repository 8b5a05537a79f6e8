"""May these bytes be appended to those? Decides from what is held, what was asked and how the server answered.

The one rule: bytes of two versions of a file never meet. Validators, the total, and the last 64 KiB of what is held,
fetched again and compared, must all agree; whatever disagrees means to read the file from its start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

from stalkeer.core.downloads.failures import FailureKind

OVERLAP = 64 * 1024
LAST_MODIFIED_AGE = timedelta(seconds=60)  # RFC 9110, 8.8.2.2: younger than this against Date it is a weak validator


@dataclass(frozen=True)
class Validators:
    """What the server said that tells one version of a file from another, as it said it."""

    etag: str | None = None
    last_modified: str | None = None
    date: str | None = None  # of the answer that carried them
    content_type: str | None = None

    def to_document(self) -> dict[str, str]:
        """As kept in `downloads.validators`."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_document(cls, document: Mapping[str, str] | None) -> Validators:
        known = document or {}
        return cls(known.get("etag"), known.get("last_modified"), known.get("date"), known.get("content_type"))

    @property
    def strong(self) -> str | None:
        """What may stand in If-Range: a strong ETag, else a Last-Modified old enough to be one."""
        if self.etag:
            return self.etag if self.etag.startswith('"') else None
        return self.last_modified if _is_settled(self.last_modified, self.date) else None


@dataclass(frozen=True)
class Held:
    """What is on disk of a file: its first `offset` bytes, and what the server said when they came."""

    offset: int = 0
    total: int | None = None
    validators: Validators = Validators()

    @property
    def asked_from(self) -> int:
        """Where the next request starts: a little before the end of what is held, to see that it is the same file."""
        return max(0, self.offset - OVERLAP)


@dataclass(frozen=True)
class Head:
    """An answer's status and the header fields that decide."""

    status: int
    length: int | None = None  # Content-Length
    content_range: str | None = None
    encoding: str | None = None  # Content-Encoding: a claim that the first bytes prove or not
    validators: Validators = Validators()


@dataclass(frozen=True)
class Append:
    """The body continues what is held: it begins at byte `start` of a file of `total` bytes and ends before `stop`.

    Bytes before the end of what is held are compared, not written.
    """

    start: int
    stop: int
    total: int | None


@dataclass(frozen=True)
class Whole:
    """The body is the file from its first byte. What is held is compared with it as it comes."""

    total: int | None


@dataclass(frozen=True)
class AskAgain:
    """The answer does not fit what is held; ask for the whole file."""

    reason: str


@dataclass(frozen=True)
class Complete:
    """Everything is held already."""


@dataclass(frozen=True)
class Refused:
    kind: FailureKind
    reason: str


Plan = Append | Whole | AskAgain | Complete | Refused


def range_headers(held: Held) -> dict[str, str]:
    """The request headers that ask for the rest of a file; none where nothing is held."""
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
    """Panels answer an expired account, a wrong login and a full one with any 4xx; only its own API can tell."""
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
            "either it replaced the file or it sends a notice instead",
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
    return _again("that there is nothing after what had come already", is_ranged=is_ranged)


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
