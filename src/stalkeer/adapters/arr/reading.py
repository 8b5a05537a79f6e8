"""Read the lists that Radarr and Sonarr share: paged lists, profiles, folders, tags, queue, settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from stalkeer.adapters.arr.answers import Resource, Rows
from stalkeer.adapters.arr.client import ArrClient, Query
from stalkeer.adapters.arr.resources import LanguageResource, QualityResource, as_utc
from stalkeer.adapters.arr.values import (
    BlockedRelease,
    MediaManagement,
    ProfileQuality,
    QualityProfile,
    QueueRow,
    RemotePathMapping,
    RootFolder,
    SizeBounds,
)
from stalkeer.errors import ArrFaulted, ArrNotFound, ArrRefused

T = TypeVar("T")
PAGE_SIZE = 500
# parts of the names of health checks about folders
FOLDER_CHECKS = ("RootFolder", "Mount", "RecyclingBin", "RemotePathMapping")
EXTRA_PAGES = 20  # how often a page is read again when the list shrinks


class PageResource(Resource, Generic[T]):
    total_records: int = 0
    records: Rows[T] = ()


@dataclass
class PagedList(Generic[T]):
    """Read all records of a paged list, each id once, even if the list changes meanwhile.

    When records leave the list, later ones move to earlier pages. So when the total shrinks, the previous page is read
    again. `is_complete` says at the end whether every record was seen. Only then has an unseen id really left the list.
    `sort_keys` are names of one sort key, newest first. An instance that fails on the first is asked with the next.
    """

    client: ArrClient
    path: str
    query: Query
    adapter: TypeAdapter[PageResource[T]]
    page_size: int = PAGE_SIZE
    sort_keys: tuple[str, ...] = ()
    is_complete: bool = field(default=False, init=False)
    total: int = field(default=0, init=False)

    def pages(self) -> Iterator[list[T]]:
        seen: set[int] = set()
        page, steps_back = 1, 0
        previous_total: int | None = None
        while True:
            answer = self._page(page)
            self.total = answer.total_records
            fresh = [record for record in answer.records if _record_id(record) not in seen]
            seen.update(_record_id(record) for record in fresh)
            if fresh:
                yield fresh
            shrank = previous_total is not None and self.total < previous_total
            previous_total = self.total
            if shrank and page > 1 and steps_back < EXTRA_PAGES:
                steps_back += 1
                page -= 1
                continue
            if not answer.records or page * self.page_size >= self.total:
                break
            page += 1
        self.is_complete = len(seen) >= self.total

    def _page(self, number: int) -> PageResource[T]:
        query: Query = {**self.query, "page": number, "pageSize": self.page_size}
        for position, key in enumerate(self.sort_keys[:-1]):
            try:
                answer = self.client.get(self.adapter, self.path, {**query, "sortKey": key})
            except (ArrFaulted, ArrRefused) as error:
                if isinstance(error, ArrNotFound):
                    raise
                continue
            self.sort_keys = self.sort_keys[position : position + 1]
            return answer
        if self.sort_keys:
            query = {**query, "sortKey": self.sort_keys[-1]}
        return self.client.get(self.adapter, self.path, query)


def _record_id(record: object) -> int:
    number = getattr(record, "id", None)
    assert isinstance(number, int)
    return number


# --- queue and blocklist -----------------------------------------------------------------------------------------


class QueueResource(Resource):
    id: int
    movie_id: int | None = None
    episode_id: int | None = None
    title: str = ""
    status: str = ""
    tracked_download_state: str = ""
    download_client: str = ""


class BlocklistResource(Resource):
    id: int
    movie_id: int | None = None
    episode_ids: tuple[int, ...] = ()
    source_title: str = ""
    date: datetime | None = None
    message: str = ""


_QUEUE = TypeAdapter(PageResource[QueueResource])
_BLOCKLIST = TypeAdapter(PageResource[BlocklistResource])


def read_queue(client: ArrClient) -> tuple[QueueRow, ...]:
    """Return the instance's queue. Rows without an item are left out."""
    paged = PagedList(client, "queue", {"sortKey": "timeleft", "sortDirection": "ascending"}, _QUEUE)
    return tuple(
        QueueRow(
            arr_id=arr_id,
            title=row.title,
            status=row.status,
            state=row.tracked_download_state,
            download_client=row.download_client,
        )
        for page in paged.pages()
        for row in page
        if (arr_id := row.movie_id or row.episode_id)
    )


def read_blocklist(client: ArrClient) -> tuple[BlockedRelease, ...]:
    paged = PagedList(client, "blocklist", {"sortKey": "date", "sortDirection": "descending"}, _BLOCKLIST)
    return tuple(
        BlockedRelease(
            arr_ids=(row.movie_id,) if row.movie_id else row.episode_ids,
            title=row.source_title,
            blocked_at=as_utc(row.date),
            reason=row.message,
        )
        for page in paged.pages()
        for row in page
    )


# --- quality -----------------------------------------------------------------------------------------------------


class ProfileItemResource(Resource):
    id: int = 0
    name: str = ""
    allowed: bool = False
    quality: QualityResource | None = None
    items: tuple[ProfileItemResource, ...] = ()


class ProfileFormatResource(Resource):
    format: int = 0
    score: int = 0


class ProfileResource(Resource):
    id: int
    name: str = ""
    upgrade_allowed: bool = False
    cutoff: int = 0
    language: LanguageResource | None = None
    items: tuple[ProfileItemResource, ...] = ()
    format_items: tuple[ProfileFormatResource, ...] = ()
    min_format_score: int = 0
    cutoff_format_score: int = 0
    min_upgrade_format_score: int = 1


class DefinitionResource(Resource):
    quality: QualityResource = QualityResource()
    min_size: float | None = None
    max_size: float | None = None
    preferred_size: float | None = None


UNBOUNDED: Mapping[int, SizeBounds] = MappingProxyType({})
_PROFILES = TypeAdapter(Rows[ProfileResource])
_DEFINITIONS = TypeAdapter(Rows[DefinitionResource])


def read_profiles(client: ArrClient, bounds: Mapping[int, SizeBounds] = UNBOUNDED) -> tuple[QualityProfile, ...]:
    """Return the quality profiles. `bounds` are the accepted sizes by quality id."""
    return tuple(_profile(resource, bounds) for resource in client.get(_PROFILES, "qualityprofile"))


def _profile(resource: ProfileResource, bounds: Mapping[int, SizeBounds]) -> QualityProfile:
    qualities: list[ProfileQuality] = []
    cutoff_rank = 0
    for rank, item in enumerate(resource.items):
        members = item.items or (item,)
        # a group has an id of its own (1000 and up) and no quality; its members rank equally
        own_id = item.quality.id if item.quality and not item.items else item.id
        if own_id == resource.cutoff:
            cutoff_rank = rank
        qualities += [
            ProfileQuality(member.quality.to_value(), item.allowed, rank, bounds.get(member.quality.id, SizeBounds()))
            for member in members
            if member.quality
        ]
    language = resource.language.name if resource.language else None
    return QualityProfile(
        id=resource.id,
        name=resource.name,
        upgrade_allowed=resource.upgrade_allowed,
        cutoff_rank=cutoff_rank,
        language=language,
        qualities=tuple(qualities),
        format_scores=tuple(sorted((row.format, row.score) for row in resource.format_items if row.score)),
        min_format_score=resource.min_format_score,
        cutoff_format_score=resource.cutoff_format_score,
        min_upgrade_format_score=resource.min_upgrade_format_score,
    )


def read_size_bounds(client: ArrClient) -> dict[int, SizeBounds]:
    """Return the size limits of the quality definitions by quality id. A limit of 0 means no limit."""
    return {
        definition.quality.id: SizeBounds(
            definition.min_size or None, definition.max_size or None, definition.preferred_size or None
        )
        for definition in client.get(_DEFINITIONS, "qualitydefinition")
    }


# --- settings of the instance ------------------------------------------------------------------------------------


class RootFolderResource(Resource):
    id: int
    path: str = ""
    accessible: bool = False
    free_space: int | None = None


class TagResource(Resource):
    id: int
    label: str = ""


class MappingResource(Resource):
    host: str = ""
    remote_path: str = ""
    local_path: str = ""


class MediaManagementResource(Resource):
    copy_using_hardlinks: bool = False
    minimum_free_space_when_importing: int = 100
    skip_free_space_check_when_importing: bool = False
    set_permissions_linux: bool = False
    chmod_folder: str = ""
    import_extra_files: bool = False
    extra_file_extensions: str = ""
    episode_title_required: str = ""
    recycle_bin: str = ""


class HealthResource(Resource):
    source: str = ""
    message: str = ""


_HEALTH = TypeAdapter(Rows[HealthResource])
_ROOT_FOLDERS = TypeAdapter(tuple[RootFolderResource, ...])
_TAGS = TypeAdapter(Rows[TagResource])
_TAG = TypeAdapter(TagResource)
_MAPPINGS = TypeAdapter(Rows[MappingResource])
_MEDIA_MANAGEMENT = TypeAdapter(MediaManagementResource)


def read_root_folders(client: ArrClient) -> tuple[RootFolder, ...]:
    return tuple(RootFolder(f.id, f.path, f.accessible, f.free_space) for f in client.get(_ROOT_FOLDERS, "rootfolder"))


def read_folder_troubles(client: ArrClient) -> tuple[str, ...]:
    """Return the instance's own health messages about folders: not writable, read-only, missing."""
    found = client.get(_HEALTH, "health")
    return tuple(row.message for row in found if any(word in row.source for word in FOLDER_CHECKS))


def read_tags(client: ArrClient) -> dict[str, int]:
    """Return tag ids by label. Labels are lower case in both programs."""
    return {tag.label.lower(): tag.id for tag in client.get(_TAGS, "tag")}


def tag_id(client: ArrClient, label: str) -> int:
    """Return the id of the tag `label`. Create the tag if it does not exist."""
    known = read_tags(client).get(label.lower())
    if known is not None:
        return known
    return client.post(_TAG, "tag", {"label": label.lower()}).id


def read_remote_path_mappings(client: ArrClient) -> tuple[RemotePathMapping, ...]:
    return tuple(
        RemotePathMapping(m.host, m.remote_path, m.local_path) for m in client.get(_MAPPINGS, "remotepathmapping")
    )


def read_media_management(client: ArrClient) -> MediaManagement:
    answer = client.get(_MEDIA_MANAGEMENT, "config/mediamanagement")
    return MediaManagement(
        uses_hard_links=answer.copy_using_hardlinks,
        minimum_free_mb=answer.minimum_free_space_when_importing,
        skips_free_space_check=answer.skip_free_space_check_when_importing,
        sets_permissions=answer.set_permissions_linux,
        folder_mode=answer.chmod_folder,
        imports_extra_files=answer.import_extra_files,
        extra_file_extensions=answer.extra_file_extensions,
        episode_title_required=answer.episode_title_required,
        recycle_bin=answer.recycle_bin,
    )
