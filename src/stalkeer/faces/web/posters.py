"""Serve posters. They are fetched from Radarr and Sonarr once, so that browsers contact no other server."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from stalkeer.errors import ArrError, NotFound
from stalkeer.faces.web.frame import app_of
from stalkeer.model import WantedId
from stalkeer.private_files import make_private_folder, write_private
from stalkeer.runtime import App
from stalkeer.store.library.instances import get_instance
from stalkeer.store.library.posters import PosterPlace, poster_place

router = APIRouter(include_in_schema=False)
A_DAY_S = 86_400
LARGEST = 1_000_000
JPEG, PNG = b"\xff\xd8", b"\x89PNG"


@router.get("/posters/{wanted_id}")
def get_poster(request: Request, wanted_id: int) -> Response:
    """Send the poster, or 404. The page then shows the initials of the title."""
    app = app_of(request)
    with app.database.connect() as connection:
        place = poster_place(connection, WantedId(wanted_id))
    path = None if place is None else kept_poster(app, place)
    if path is None:
        return Response(status_code=404, headers={"Cache-Control": "private, max-age=600"})
    with path.open("rb") as file:
        kind = "image/png" if file.read(len(PNG)) == PNG else "image/jpeg"
    return FileResponse(path, media_type=kind, headers={"Cache-Control": f"private, max-age={A_DAY_S}"})


def kept_poster(app: App, place: PosterPlace) -> Path | None:
    """Return the cached poster, fetched from the instance if needed. Return None where there is no poster."""
    path = app.paths.data_dir / "cache" / "posters" / f"{place.instance}-{place.arr_id}.jpg"
    if path.is_file():
        return path
    content = fetch_poster(app, place)
    if content is None:
        return None
    make_private_folder(path.parent)
    draft = path.with_suffix(f".{id(content)}")
    write_private(draft, content)
    draft.replace(path)
    return path


def fetch_poster(app: App, place: PosterPlace) -> bytes | None:
    try:
        with app.database.connect() as connection:
            row = get_instance(connection, place.instance)
        with app.arrs.client(row) as client:
            answer = client.look(f"{row.url}/api/v3/mediacover/{place.arr_id}/poster-250.jpg")
    except (ArrError, NotFound):
        return None
    is_picture = answer.is_success and len(answer.content) <= LARGEST and answer.content.startswith((JPEG, PNG))
    return answer.content if is_picture else None
