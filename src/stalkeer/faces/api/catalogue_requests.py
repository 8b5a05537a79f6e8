"""Serve the routes of /entries that download an entry no instance wants: to a folder, or through Radarr or Sonarr."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StrictInt

from stalkeer.core.downloads.states import Priority
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.api.downloads import DownloadView, view_downloads
from stalkeer.faces.http.ids import LARGEST_ID, RowId
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.problems import ItemProblem, item_problem, problem_answers
from stalkeer.jobs.requests.add_item import AddWish
from stalkeer.jobs.requests.from_catalogue import (
    CatalogueProposal,
    DownloadScope,
    add_and_download,
    download_to_folder,
    propose_for_entry,
    queued_ids,
)
from stalkeer.model import EntryId

router = APIRouter(prefix="/entries", tags=["entries"])

Slug = Annotated[str | None, Query(max_length=80, description="Name of the instance; default: the default instance.")]


class FoundView(ApiModel):
    title: str
    year: int | None
    number: int = Field(description="TMDB id of a movie, TVDB id of a series.")
    in_library: bool


class RootFolderView(ApiModel):
    path: str
    free_bytes: int | None


class ProfileChoice(ApiModel):
    id: int
    name: str


class TargetsView(ApiModel):
    """Describe the results of Radarr or Sonarr for the entry's title. The first folder and profile are the default."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "instance": "radarr",
                    "best": 438631,
                    "found": [{"title": "Dune", "year": 2021, "number": 438631, "inLibrary": False}],
                    "rootFolders": [{"path": "/data/movies", "freeBytes": 512_000_000_000}],
                    "profiles": [{"id": 4, "name": "HD-1080p"}],
                }
            ]
        }
    )

    instance: str
    best: int | None = Field(
        description="TMDB or TVDB id of the only certain result: the same id, or the same title and year."
    )
    found: list[FoundView]
    root_folders: list[RootFolderView]
    profiles: list[ProfileChoice]

    @classmethod
    def of(cls, found: CatalogueProposal) -> TargetsView:
        proposal = found.proposal
        return cls(
            instance=proposal.instance.slug,
            best=found.best,
            found=[
                FoundView(title=item.title, year=item.year, number=item.number, in_library=item.arr_id is not None)
                for item in proposal.found
            ],
            root_folders=[
                RootFolderView(path=folder.path, free_bytes=folder.free_bytes) for folder in proposal.folders
            ],
            profiles=[ProfileChoice(id=profile.id, name=profile.name) for profile in proposal.profiles],
        )


class FolderRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"scope": "season"}]})

    scope: DownloadScope = Field(
        DownloadScope.ENTRY, description="The entry alone, or all episodes of its season or series."
    )
    priority: Priority = Priority.NORMAL


THE_ENTRY = FolderRequest()


class AddRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"number": 438631, "scope": "entry"}]})

    number: StrictInt = Field(ge=1, le=LARGEST_ID, description="TMDB or TVDB id, from `targets`.")
    instance: str | None = Field(
        None, max_length=80, description="Name of the instance; default: the default instance."
    )
    root_folder: str | None = Field(None, max_length=4096, description="Without it, the instance's first.")
    profile_id: StrictInt | None = Field(None, ge=1, le=LARGEST_ID, description="Without it, the instance's first.")
    scope: DownloadScope = DownloadScope.ENTRY


class RequestedDownloads(ApiModel):
    downloads: list[DownloadView]
    problems: list[ItemProblem] = []


@router.get("/{entry_id}/targets", responses=problem_answers(404))
def list_targets(app: CurrentApp, entry_id: RowId, instance: Slug = None) -> TargetsView:
    """Look the entry up in Radarr or Sonarr, and list the root folders and quality profiles."""
    return TargetsView.of(propose_for_entry(app.catalogue, EntryId(entry_id), instance))


@router.post("/{entry_id}/download", status_code=201, responses=problem_answers(404, 409))
def download_entry_to_folder(app: CurrentApp, entry_id: RowId, wish: FolderRequest = THE_ENTRY) -> RequestedDownloads:
    """Download the entry to the folder of movies or series, named from its title. No instance is needed."""
    made = download_to_folder(app.catalogue, EntryId(entry_id), wish.scope, wish.priority)
    return RequestedDownloads(downloads=view_downloads(app, made))


@router.post("/{entry_id}/add", status_code=201, responses=problem_answers(404, 409))
def add_entry(app: CurrentApp, entry_id: RowId, wish: AddRequest) -> RequestedDownloads:
    """Add the movie or series to Radarr or Sonarr, pin the entry to it by a rule, and download it."""
    chosen = AddWish(wish.number, wish.root_folder, wish.profile_id)
    results = add_and_download(app.catalogue, EntryId(entry_id), chosen, wish.instance, wish.scope)
    return RequestedDownloads(
        downloads=view_downloads(app, queued_ids(results)),
        problems=[item_problem(result.error) for result in results if result.error is not None],
    )
