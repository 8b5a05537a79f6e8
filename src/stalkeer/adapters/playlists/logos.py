"""Fetch the pictures that playlists and accounts name for their entries. They are on any server of the world."""

from __future__ import annotations

from dataclasses import dataclass, field

from stalkeer.adapters.net.addresses import whole_number
from stalkeer.adapters.net.bulk import BulkAnswer, Question, Route, ask
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.adapters.net.failures import NetworkFailure
from stalkeer.adapters.net.inward import IsInside, is_inside
from stalkeer.adapters.net.pictures import media_type_of
from stalkeer.adapters.net.tls import Tls
from stalkeer.errors import SourceUnreachable

LARGEST = 2_000_000  # bytes
DEADLINES = Deadlines(connect_s=4.0, head_s=8.0, silence_s=8.0, whole_s=12.0)
NO_ADDRESS = "-"  # of a playlist file: its pictures must not be inside the user's network


@dataclass(frozen=True)
class LogoRequest:
    """Name a picture. `listed_by` is the source's address as the user typed it; empty for a file.

    The server gets no header of the source, because the picture may be on a stranger's server.
    """

    url: str = field(repr=False)
    listed_by: str = field(default="", repr=False)
    user_agent: str = ""
    proxy: str | None = field(default=None, repr=False)
    tls: Tls = Tls()
    https_only: bool = False
    is_inside: IsInside = is_inside


def read_logo(request: LogoRequest) -> bytes | None:
    """Return the picture; None where the server has none, or where the answer is large or no picture.

    Raises SourceUnreachable where the server must not be asked or does not answer.
    """
    question = Question(
        url=request.url,
        fields={"User-Agent": request.user_agent, "Accept": "image/webp,image/png,image/jpeg,image/gif"},
        route=Route(request.proxy or None, request.tls),
        deadlines=DEADLINES,
        https_only=request.https_only,
        listed_by=request.listed_by or NO_ADDRESS,
        is_inside=request.is_inside,
    )
    try:
        answer = ask(question)
    except NetworkFailure as failure:
        raise SourceUnreachable(f"A picture of the playlist could not be fetched: {failure.words}") from failure
    try:
        content = _body(answer)
    except NetworkFailure as failure:
        raise SourceUnreachable(f"A picture of the playlist was cut off: {failure.words}") from failure
    finally:
        answer.close()
    return content if media_type_of(content) else None


def _body(answer: BulkAnswer) -> bytes:
    """Return the whole body, or nothing where it is not wanted."""
    length = whole_number(answer.fields.get("Content-Length"))
    if answer.status != 200 or (length is not None and length > LARGEST):
        return b""
    content = answer.read(LARGEST + 1)
    return b"" if len(content) > LARGEST else content
