"""Serve static files under a name with a content hash, so that browsers can cache them for a year."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from stalkeer.errors import NotFound

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
}
A_YEAR_S = 31_536_000

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Asset:
    """Hold a static file ready to be sent. `name` contains a hash of the content."""

    name: str
    media_type: str
    content: bytes
    compressed: bytes | None


@cache
def assets() -> dict[str, Asset]:
    """Return every static file by its path. The files are read once."""
    return {
        str(path.relative_to(STATIC)): read_asset(path)
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in MEDIA_TYPES and path.name != "VENDOR.json"
    }


@cache
def by_hashed_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in assets().values()}


def read_asset(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    compressed = None if path.suffix == ".png" else gzip.compress(content, mtime=0)
    return Asset(f"{path.stem}-{digest}{path.suffix}", MEDIA_TYPES[path.suffix], content, compressed)


def asset_path(path: str) -> str:
    """Return the URL of the static file `path`, relative to the URL base."""
    return f"/static/{assets()[path].name}"


@router.get("/static/{name}")
def get_asset(name: str, request: Request) -> Response:
    """Send a static file by its hashed name."""
    asset = by_hashed_name().get(name)
    if asset is None:
        raise NotFound(f"There is no file {name!r} in this version; reload the page.")
    headers = {
        "Cache-Control": f"public, max-age={A_YEAR_S}, immutable",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if asset.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, media_type=asset.media_type, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)
