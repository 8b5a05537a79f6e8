"""Send a request to a media server. Its token goes in a header, never in an address, and no redirect is followed."""

from __future__ import annotations

from dataclasses import dataclass, field

from stalkeer.adapters.net.api import Api, Query, proxy_of_environment
from stalkeer.adapters.net.deadlines import Deadlines
from stalkeer.adapters.net.failures import NetworkFailure
from stalkeer.adapters.net.tls import Tls, context_of
from stalkeer.errors import MediaServerError

PLEX, JELLYFIN, EMBY = "plex", "jellyfin", "emby"
NAMES = {PLEX: "Plex", JELLYFIN: "Jellyfin", EMBY: "Emby"}


@dataclass(frozen=True)
class MediaServer:
    """Describe a Plex, Jellyfin or Emby server. `kind` is plex, jellyfin or emby."""

    kind: str
    url: str
    token: str = field(repr=False)

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    @property
    def has_sections(self) -> bool:
        """Return whether a request about a folder must name the library that contains it."""
        return self.kind == PLEX


@dataclass(frozen=True)
class LibraryRequest:
    """Describe a request. `what` completes the words "Plex answered 500"."""

    method: str
    path: str
    what: str
    query: Query = field(default_factory=dict)
    body: object = None


def ask(server: MediaServer, question: LibraryRequest, deadlines: Deadlines) -> bytes:
    """Return the body of a successful answer. Raises MediaServerError."""
    headers = {"Accept": "application/json", "User-Agent": "Stalkeer", **_login(server)}
    try:
        tls = context_of(Tls()) if server.url.lower().startswith("https:") else None
        api = Api(headers, deadlines, tls=tls, proxy=proxy_of_environment(server.url))
    except NetworkFailure as failure:
        raise MediaServerError(f"The address of {server.name} cannot be used: {failure.words}.") from None
    try:
        answer = api.ask(question.method, f"{server.url}{question.path}", question.query, question.body)
    except NetworkFailure as failure:
        raise MediaServerError(f"{server.name} did not answer: {failure.words}. Check its address.") from None
    finally:
        api.close()
    if answer.status in (401, 403):
        raise MediaServerError(f"{server.name} refused the token. Check `media_server.token`.")
    if not answer.is_success:
        raise MediaServerError(f"{server.name} answered {answer.status} {question.what}. Check its address.")
    return answer.content


def _login(server: MediaServer) -> dict[str, str]:
    """Return the fields with the token. Jellyfin is to drop the names that it shares with Emby."""
    if server.kind == PLEX:
        return {"X-Plex-Token": server.token}
    if server.kind == EMBY:
        return {"X-Emby-Token": server.token}
    return {"X-Emby-Token": server.token, "Authorization": f'MediaBrowser Token="{server.token}"'}
