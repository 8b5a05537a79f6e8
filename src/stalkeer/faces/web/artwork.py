"""Serve posters and backdrops. Browsers contact no other server than this one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from stalkeer.adapters.arr.artwork import PictureSize
from stalkeer.adapters.net.pictures import media_type_of
from stalkeer.faces.web.frame import app_of
from stalkeer.jobs.catalogue.picture_folder import StoredPicture
from stalkeer.model import EntryId, LibraryId

router = APIRouter(include_in_schema=False)
KEPT = "private, max-age=604800"  # the address changes with the picture
ABSENT = "private, max-age=600"
# one transparent pixel, so that the initials of the title behind the picture show
TRANSPARENT = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@router.get("/artwork/entry/{entry_id}")
def get_logo(request: Request, entry_id: int) -> Response:
    """Send the picture that the playlist names for an entry, or a transparent one."""
    return send(request, app_of(request).logos.find(EntryId(entry_id)))


@router.get("/artwork/{library_id}/{picture}")
def get_artwork(request: Request, library_id: int, picture: PictureSize) -> Response:
    """Send a picture of a movie or series. Where there is none now, send a transparent one over the initials."""
    return send(request, app_of(request).artwork.find(LibraryId(library_id), picture))


def send(request: Request, found: StoredPicture | None) -> Response:
    if found is None:
        return Response(TRANSPARENT, media_type="image/gif", headers={"Cache-Control": ABSENT})
    headers = {"Cache-Control": KEPT, "ETag": f'"{found.name}"', "X-Content-Type-Options": "nosniff"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=media_type_of(found.content), headers=headers)
