"""Open a URL for a transfer. Every resume starts again from the original URL.

The target of a redirect is used only once, because panels put a token into it that is valid for a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from stalkeer.adapters.net.addresses import shown, whole_number
from stalkeer.adapters.net.bulk import BulkAnswer, Question, Route, ask
from stalkeer.adapters.net.codings import is_compressed
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.adapters.net.failures import NetworkFailure
from stalkeer.adapters.transfers.request import TransferFailed, TransferRequest
from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.downloads.resume import Head, Validators, credible
from stalkeer.core.downloads.retry import parse_retry_after


class Lost(Exception):  # noqa: N818 - reported as Failed, never shown as an exception
    """Report a lost connection, without any other error."""

    def __init__(self, failure: TransferFailed) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Hopeless(Exception):  # noqa: N818
    """Report a failure that would happen again at once."""

    def __init__(self, failure: TransferFailed) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True)
class Opened:
    """Hold an answer that is no redirect, with an unread body."""

    answer: BulkAnswer
    head: Head
    subject: str
    retry_after_s: float | None

    @property
    def url(self) -> str:
        """Return the address of the answer, after redirects. It is a secret."""
        return self.answer.url

    def close(self) -> None:
        self.answer.close()


@dataclass(frozen=True)
class Halts:
    """Control a request: `check` raises when it must stop, `opened` receives a function that halts it."""

    check: Callable[[], None]
    opened: Callable[[Callable[[], None]], None]


def open_url(url: str, fields: Mapping[str, str], request: TransferRequest, halts: Halts) -> Opened:
    """Request `url` for the transfer `request`. Raises Lost, Hopeless, or the error of `check`."""
    limits = request.limits
    question = Question(
        url=url,
        fields=fields,
        route=Route(request.proxy, request.tls),
        deadlines=Deadlines(limits.connect_s, limits.headers_s, limits.silence_s),
        https_only=request.https_only,
        listed_by=request.listed_by,
        is_inside=request.is_inside,
        check=halts.check,
        opened=halts.opened,
    )
    try:
        answer = ask(question)
    except NetworkFailure as failure:
        failed = TransferFailed(FailureKind.TRANSIENT, f"{shown(url)}: {failure.words}")
        raise (Hopeless(failed) if failure.is_lasting else Lost(failed)) from failure
    retry_after = parse_retry_after(answer.fields.get("Retry-After"), datetime.now(UTC))
    return Opened(answer, head_of(answer), shown(url), retry_after)


def head_of(answer: BulkAnswer) -> Head:
    fields = answer.fields
    validators = Validators(
        fields.get("ETag"), fields.get("Last-Modified"), fields.get("Date"), fields.get("Content-Type")
    )
    length = None if answer.is_chunked else credible(whole_number(fields.get("Content-Length")))
    status = 200 if answer.status == 203 else answer.status  # RFC 9110, 15.3.4: a 200 that a proxy has changed
    return Head(status, length, fields.get("Content-Range"), fields.get("Content-Encoding"), validators)


def refuse_compressed(opened: Opened, first: bytes) -> None:
    """Raise Hopeless where the body, which begins with `first`, really is compressed. A label alone proves nothing."""
    if is_compressed(opened.head.encoding, first):
        words = f"the server compresses the file ({opened.head.encoding}) though asked not to"
        raise Hopeless(TransferFailed(FailureKind.TRANSIENT, f"{opened.subject}: {words}", status=opened.head.status))
