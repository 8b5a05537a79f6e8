"""Serve /newznab/api: the indexer for Radarr, Sonarr and Prowlarr."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from stalkeer.core.downloads.nzb import ReleaseFile, write_nzb
from stalkeer.core.security.addresses import RequestOrigin, host_name
from stalkeer.errors import StalkeerError, StoreError
from stalkeer.faces.bridge.access import BridgeRefused, app_of, find_bridge_caller
from stalkeer.faces.bridge.newznab_feed import (
    PLACEHOLDER,
    PLACEHOLDER_DATE,
    PLACEHOLDER_TITLE,
    Feed,
    caps_document,
    error_document,
    feed_document,
)
from stalkeer.faces.bridge.newznab_query import (
    INCORRECT_PARAMETER,
    MISSING_PARAMETER,
    NO_SUCH_FUNCTION,
    BadRequest,
    read_query,
)
from stalkeer.faces.http.storage import error_detail
from stalkeer.jobs.native.indexer import FeedPage, Indexer
from stalkeer.jobs.native.offers import HELD_BACK
from stalkeer.jobs.native.tickets import guid_of, ticket_of
from stalkeer.jobs.system.rate_limits import TooManyRequests
from stalkeer.logs import get_logger
from stalkeer.secrets import mask_text
from stalkeer.store.library.instances import InstanceRow
from stalkeer.store.offers.offerable import find_live_offer

PATH = "/newznab/api"
XML, RSS, NZB = "application/xml", "application/rss+xml", "application/x-nzb"
WRONG_KEY, NOT_ALLOWED, NO_SUCH_ITEM, LIMIT_REACHED, UNKNOWN = 100, 102, 300, 500, 900
log = get_logger(__name__)


class _Refusal(Exception):
    """Hold an error of Newznab. Radarr and Sonarr drop the message of any other `status` than 200."""

    def __init__(self, code: int, description: str, status: int = 200) -> None:
        super().__init__(description)
        self.code, self.description, self.status = code, description, status

    def answer(self) -> Response:
        return _xml(error_document(self.code, mask_text(self.description)), status=self.status)


def refuse(status: int, detail: str) -> Response:
    """Answer a request that the gate refuses. Both programs drop the message of any other status than 200."""
    return _Refusal(NOT_ALLOWED if status == 403 else INCORRECT_PARAMETER, detail).answer()


def answer_newznab(request: Request) -> Response:
    """Answer a request of an indexer's client. Every error is a Newznab document."""
    try:
        function = request.query_params.get("t", "")
        answer = _FUNCTIONS.get(function)
        if answer is None:
            code = NO_SUCH_FUNCTION if function else MISSING_PARAMETER
            raise _Refusal(code, f"No such function: {function[:40]}" if function else "Missing parameter: t")
        return answer(request)
    except _Refusal as refusal:
        return refusal.answer()
    except BadRequest as error:
        return _Refusal(INCORRECT_PARAMETER, str(error)).answer()
    except BridgeRefused as error:
        return _Refusal(WRONG_KEY, f"Incorrect user credentials: {error}").answer()
    except TooManyRequests as error:
        answer_late = _Refusal(LIMIT_REACHED, "Request limit reached", 429).answer()
        answer_late.headers["Retry-After"] = str(max(1, error.retry_after_s))
        return answer_late
    except StoreError as error:
        return _Refusal(UNKNOWN, error_detail(request, error), 503).answer()
    except StalkeerError as error:
        return _Refusal(UNKNOWN, str(error)).answer()


def _caps(request: Request) -> Response:
    """Answer the capabilities. They are not secret, but a wrong key must not look valid."""
    find_bridge_caller(request)
    return _xml(caps_document())


def _search(request: Request) -> Response:
    row = _instance_of(request)
    query = read_query(request.query_params, row.kind)
    if query is None:  # categories or functions of the other program
        return _feed(request, FeedPage(), offset=0)
    page = _indexer(request).search(row, query)
    return _feed(
        request,
        page,
        offset=query.offset,
        placeholder_category=_asked_category(request) if page.has_last else None,
    )


def _get(request: Request) -> Response:
    """Answer the NZB of a release. The signed name is enough, because the file contains no secret."""
    app = app_of(request)
    ticket = request.query_params.get("id", "")
    guid = guid_of(app.secrets, ticket)
    if guid is None:
        raise _Refusal(NO_SUCH_ITEM, "No such item", 404)
    if guid == PLACEHOLDER:
        return _nzb(ReleaseFile(ticket, PLACEHOLDER_TITLE, 0, PLACEHOLDER_DATE))
    with app.database.connect() as connection:
        offer = find_live_offer(connection, guid, HELD_BACK)
    if offer is None:  # no longer on its playlist, or no longer confirmed
        raise _Refusal(NO_SUCH_ITEM, "No such item: it left its playlist", 404)
    return _nzb(ReleaseFile(ticket, offer.release, offer.size or 0, offer.pub_date))


_FUNCTIONS: Mapping[str, Callable[[Request], Response]] = {
    "caps": _caps,
    "search": _search,
    "movie": _search,
    "tvsearch": _search,
    "get": _get,
    "g": _get,
}
routes: Sequence[BaseRoute] = (Route(PATH, answer_newznab, methods=["GET"]),)


def _instance_of(request: Request) -> InstanceRow:
    caller = find_bridge_caller(request)
    if caller.instance is None:
        raise _Refusal(
            NOT_ALLOWED,
            f"Insufficient privileges: the key {caller.name!r} belongs to no instance; make one with the scope bridge",
        )
    return caller.instance


def _indexer(request: Request) -> Indexer:
    found: Indexer = request.app.state.indexer
    return found


def _feed(request: Request, page: FeedPage, *, offset: int, placeholder_category: int | None = None) -> Response:
    app = app_of(request)
    address = _own_address(request)

    def link(guid: str) -> str:
        return f"{address}{PATH}?t=get&id={ticket_of(app.secrets, guid)}"

    document = feed_document(Feed(page.offers, page.total, offset, placeholder_category), address, link)
    return _xml(document, media_type=RSS)


def _own_address(request: Request) -> str:
    """Return our address as the client reaches it: the setting, else the host of its request, but never a forwarded
    header of a stranger.
    """
    app = app_of(request)
    public = app.settings.server.public_url
    if public:
        return public.rstrip("/")
    origin: RequestOrigin = request.state.origin
    if not host_name(origin.host):
        raise BadRequest("The Host of the request is not a name or address of this server")
    return f"{origin.scheme}://{origin.host}{app.settings.server.url_base}"


def _asked_category(request: Request) -> int:
    """Return a category of the request, because the program's test accepts no other."""
    asked = request.query_params.get("cat", "").split(",")
    return next((int(number) for number in asked if number.isascii() and number.isdecimal() and len(number) < 7), 2000)


def _xml(document: str, *, status: int = 200, media_type: str = XML) -> Response:
    return Response(document, status, media_type=f"{media_type}; charset=utf-8")


def _nzb(release: ReleaseFile) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="release.nzb"'}
    return Response(write_nzb(release), media_type=NZB, headers=headers)
