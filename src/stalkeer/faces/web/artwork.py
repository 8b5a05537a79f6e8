"""Serve posters and backdrops. Browsers contact no other server than this one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from stalkeer.adapters.arr.artwork import PictureSize, media_type_of
from stalkeer.faces.web.frame import app_of
from stalkeer.model import LibraryId

router = APIRouter(include_in_schema=False)
KEPT = "private, max-age=604800"  # the address changes with the picture
ABSENT = "private, max-age=600"
# one transparent pixel, so that the initials of the title behind the picture show
TRANSPARENT = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@router.get("/artwork/{library_id}/{picture}")
def get_artwork(request: Request, library_id: int, picture: PictureSize) -> Response:
    """Send a picture of a movie or series. Where there is none now, send a transparent one over the initials."""
    found = app_of(request).artwork.find(LibraryId(library_id), picture)
    if found is None:
        return Response(TRANSPARENT, media_type="image/gif", headers={"Cache-Control": ABSENT})
    headers = {"Cache-Control": KEPT, "ETag": f'"{found.name}"', "X-Content-Type-Options": "nosniff"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=media_type_of(found.content), headers=headers)
