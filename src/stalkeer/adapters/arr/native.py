"""Add Stalkeer to an instance as indexer and download client, and push releases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.providers import CLIENT, INDEXER, NAME, find_ours, read_template, save_ours
from stalkeer.model import InstanceKind

_MOVIE_CATEGORIES, _SERIES_CATEGORIES, _ANIME_CATEGORIES = (2000, 2030, 2040, 2045), (5000, 5030, 5040, 5045), (5070,)
_DEFAULT_PRIORITY = -100


class PushedResource(Resource):
    title: str = ""
    approved: bool = False
    rejections: tuple[str, ...] = ()


_PUSHED = TypeAdapter(Rows[PushedResource])
_PUSHED_ONE = TypeAdapter(PushedResource)


@dataclass(frozen=True)
class NativeTarget:
    """Hold our address as the instance reaches it, the API key for it, and the category of its downloads."""

    url: str
    category: str
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class Release:
    """Describe a release to push. `download_url` leads to its NZB."""

    title: str
    download_url: str
    published: datetime
    size: int
    tmdb_id: int | None = None
    tvdb_id: int | None = None


@dataclass(frozen=True)
class PushOutcome:
    """Hold the instance's decision about a pushed release, in its own words."""

    is_approved: bool
    rejections: tuple[str, ...]


@dataclass(frozen=True)
class OurIndexer:
    """Describe our indexer in the instance, and our address as it was written there."""

    id: int
    base_url: str


def find_indexer(client: ArrClient) -> OurIndexer | None:
    found = find_ours(client, INDEXER)
    if found is None:
        return None
    address = next((str(field.value or "") for field in found.fields if field.name == "baseUrl"), "")
    return OurIndexer(found.id, address)


def register_client(client: ArrClient, target: NativeTarget) -> int:
    """Create or repair our download client; return its id.

    Raises ArrRefused with the message of the instance's test.
    """
    parts = urlsplit(target.url)
    is_https = parts.scheme == "https"
    values: dict[str, object] = {
        "host": parts.hostname or "",
        "port": parts.port or (443 if is_https else 80),
        "useSsl": is_https,
        "urlBase": f"{parts.path.rstrip('/')}/sabnzbd",
        "apiKey": target.api_key,
        "username": "",
        "password": "",
        "movieCategory": target.category,
        "tvCategory": target.category,
    }
    values |= dict.fromkeys(
        ("recentMoviePriority", "olderMoviePriority", "recentTvPriority", "olderTvPriority"), _DEFAULT_PRIORITY
    )
    switches = {"enable": True, "removeCompletedDownloads": True, "removeFailedDownloads": True}
    return save_ours(client, CLIENT, read_template(client, CLIENT), values, switches)


def register_indexer(client: ArrClient, target: NativeTarget, client_id: int) -> int:
    """Create or repair our indexer, bound to our download client; return its id.

    Without the binding, our releases would go to another client, and those of other indexers to us.
    """
    is_radarr = client.address.kind is InstanceKind.RADARR
    values: dict[str, object] = {
        "baseUrl": f"{target.url.rstrip('/')}/newznab",
        "apiPath": "/api",
        "apiKey": target.api_key,
        "categories": list(_MOVIE_CATEGORIES if is_radarr else _SERIES_CATEGORIES),
        "animeCategories": list(_ANIME_CATEGORIES),
        "additionalParameters": "",
    }
    switches: dict[str, object] = dict.fromkeys(("enableRss", "enableAutomaticSearch", "enableInteractiveSearch"), True)
    switches |= {"downloadClientId": client_id}
    return save_ours(client, INDEXER, read_template(client, INDEXER), values, switches)


def push_release(client: ArrClient, release: Release, indexer_id: int) -> PushOutcome:
    """Offer the instance a release outside its feed. Raises ArrRefused where it cannot read the title."""
    body: dict[str, object] = {
        "title": release.title,
        "downloadUrl": release.download_url,
        "protocol": "usenet",
        "publishDate": f"{release.published:%Y-%m-%dT%H:%M:%SZ}",
        "indexerId": indexer_id,
        "indexer": NAME,
        "size": release.size,
    }
    ids = {"tmdbId": release.tmdb_id, "tvdbId": release.tvdb_id}
    own = "tmdbId" if client.address.kind is InstanceKind.RADARR else "tvdbId"
    if ids[own]:
        body[own] = ids[own]
    pushed = _read_pushed(client.post(TypeAdapter(Any), "release/push", body))
    rejections = tuple(dict.fromkeys(reason for decision in pushed for reason in decision.rejections))
    return PushOutcome(any(decision.approved for decision in pushed), rejections)


def _read_pushed(answer: object) -> tuple[PushedResource, ...]:
    """Read a list of decisions; older versions answer with a single decision."""
    if isinstance(answer, list):
        return tuple(_PUSHED.validate_python(answer))
    return (_PUSHED_ONE.validate_python(answer),)
