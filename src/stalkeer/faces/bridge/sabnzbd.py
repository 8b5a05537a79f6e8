"""Serve /sabnzbd/api: the download client for Radarr, Sonarr, phones and dashboards.

Errors are `{"status": false, "error": ...}` with HTTP 200, because both programs drop the message of any other status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from stalkeer.core.downloads.nzb import LARGEST_NZB
from stalkeer.core.downloads.sabnzbd import VERSION
from stalkeer.core.security.scopes import Scope
from stalkeer.errors import StalkeerError
from stalkeer.faces.bridge.access import BridgeCaller, BridgeRefused, app_of, find_bridge_caller
from stalkeer.faces.bridge.sabnzbd_changes import CHANGES, Change
from stalkeer.faces.bridge.sabnzbd_lists import READS
from stalkeer.faces.bridge.sabnzbd_request import SabRequest
from stalkeer.faces.http.storage import error_detail
from stalkeer.jobs.native.grabbing import GrabRefused
from stalkeer.jobs.system.rate_limits import TooManyRequests
from stalkeer.logs import get_logger
from stalkeer.secrets import mask_text

PATH = "/sabnzbd/api"
MOST_FIELDS = 50
LARGEST_FIELDS = 16_384  # bytes of a form without a file, which strangers may send
FILE_PARTS = ("name", "nzbfile")  # fields of the form with the NZB
Document: TypeAlias = dict[str, object]
log = get_logger(__name__)


async def answer_sabnzbd(request: Request) -> Response:
    """Answer a mode of SABnzbd's API."""
    values = await _read_fields(request)
    mode = values.get("mode", "")
    if mode == "version":
        return JSONResponse({"version": VERSION})
    if mode == "auth":
        return JSONResponse({"auth": "apikey"})
    try:
        caller = await run_in_threadpool(find_bridge_caller, request, values)
        asked = await _read(request, caller, values)  # only now, so that a stranger's file is not read
        return JSONResponse(await run_in_threadpool(_answer, asked))
    except TooManyRequests as error:
        return JSONResponse(_refusal(str(error)), 429, {"Retry-After": str(max(1, error.retry_after_s))})
    except BridgeRefused as error:
        return JSONResponse(_refusal(str(error)))
    except GrabRefused as error:
        log.info("a grab was refused", reason=str(error))
        return JSONResponse({**_refusal(str(error)), "status": True, "nzo_ids": []})
    except StalkeerError as error:
        return JSONResponse(_refusal(error_detail(request, error)))


def refuse(_status: int, detail: str) -> Response:
    """Answer a request that the gate refuses."""
    return JSONResponse(_refusal(detail))


def _refusal(words: str) -> Document:
    return {"status": False, "error": mask_text(words)}


async def _read_fields(request: Request) -> dict[str, str]:
    """Return the parameters of the address, then those of a short form without files, which may contain the key."""
    asked = dict(request.query_params)
    if not _is_short_form(request):
        return asked
    try:
        async with request.form(max_fields=MOST_FIELDS) as form:
            return _texts(form) | asked
    except HTTPException:  # too many fields: only the parameters of the address are used
        return asked


def _is_short_form(request: Request) -> bool:
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    length = request.headers.get("content-length", "")
    is_short = length.isdecimal() and int(length[:9]) <= LARGEST_FIELDS
    return request.method == "POST" and is_form and is_short


async def _read(request: Request, caller: BridgeCaller, fields: Mapping[str, str]) -> SabRequest:
    """Return the request with the fields and the NZB of a form with a file."""
    if request.method != "POST" or "multipart/form" not in request.headers.get("content-type", ""):
        return SabRequest(app_of(request), caller, fields)
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
            file = next((part for name in FILE_PARTS if isinstance(part := form.get(name), UploadFile)), None)
            nzb = None if file is None else await file.read(LARGEST_NZB)
            return SabRequest(app_of(request), caller, _texts(form) | dict(fields), nzb)
    except HTTPException as error:
        raise GrabRefused(f"The form cannot be read: {error.detail}") from error


def _texts(form: FormData) -> dict[str, str]:
    """Return the text fields, the first of each name."""
    found: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            found.setdefault(name, value)
    return found


def _answer(asked: SabRequest) -> Document:
    """Answer a mode. The scope of the key is checked by the effect of the mode, not by the method of the request."""
    change = _change_of(asked)
    if change is not None:
        _check_scope(asked.caller, change)
        return change.carry_out(asked)
    read = READS.get(asked.mode)
    if read is None:
        raise StalkeerError(f"not implemented: {asked.mode[:40]}" if asked.mode else "expects one parameter: mode")
    return read(asked)


def _change_of(asked: SabRequest) -> Change | None:
    """Return the change of a request, or None.

    Modes that list something change it with a `name`: `mode=queue&name=delete`.
    """
    name = asked.value("name")
    named = CHANGES.get((asked.mode, name))
    if named is not None:
        return named
    if name and asked.mode in ("queue", "history", "config", "warnings"):
        raise StalkeerError(f"not implemented: {asked.mode[:40]} {name[:40]}")
    return CHANGES.get((asked.mode, ""))


def _check_scope(caller: BridgeCaller, change: Change) -> None:
    if caller.scope is Scope.ADMIN or (caller.scope is Scope.BRIDGE and change.is_of_grabs):
        return
    allowed = "only changes its instance's own grabs" if caller.scope is Scope.BRIDGE else "changes nothing"
    raise StalkeerError(f"The API key {caller.name!r} has the scope {caller.scope}, which {allowed}")


routes: Sequence[BaseRoute] = (Route(PATH, answer_sabnzbd, methods=["GET", "POST"]),)
