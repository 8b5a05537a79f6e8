"""Serve /media-server: test Plex, Jellyfin or Emby, and list the folders to report to it."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field, SecretStr, StrictBool

from stalkeer.errors import MediaServerError
from stalkeer.faces.api.deps import CurrentApp
from stalkeer.faces.http.models import ApiModel
from stalkeer.faces.http.paging import PageOf, PageParams, page_of_all
from stalkeer.faces.http.problems import problem_answers
from stalkeer.jobs.media.trying import MediaServerTest, try_media_server, try_saved, waiting_folders, with_changes
from stalkeer.jobs.system.settings_change import is_masked
from stalkeer.settings.sections.connections import MediaServerType

router = APIRouter(prefix="/media-server", tags=["media server"])
MOST_FOLDERS = 1000


class MediaServerToTest(ApiModel):
    """Describe what to test. A value that is left out, or null, is that of the settings."""

    type: MediaServerType | None = None
    url: str | None = Field(None, max_length=2000, examples=["http://jellyfin:8096"])
    token: SecretStr | None = Field(None, max_length=500, description="Needed for another address.")
    path_mappings: list[str] | None = Field(None, max_length=100, examples=[["/data/vod=/media"]])
    path: str = Field("", max_length=4096, description="A file or folder of Stalkeer.", examples=["/data/vod/complete"])


AS_SAVED = MediaServerToTest()


class MediaServerLibrary(ApiModel):
    name: str
    folders: list[str]


class MediaServerTested(ApiModel):
    ok: StrictBool
    error: str | None = Field(description="The reason why it does not answer, or would not look at the path.")
    libraries: list[MediaServerLibrary]
    folder: str = Field(description="The folder of the path, as the media server sees it.")
    chosen: list[str] = Field(description="The libraries that would look for new files in the folder.")

    @classmethod
    def of(cls, tested: MediaServerTest) -> MediaServerTested:
        libraries = [
            MediaServerLibrary(name=library.name, folders=list(library.folders)) for library in tested.libraries
        ]
        return cls(
            ok=not tested.problem,
            error=tested.problem or None,
            libraries=libraries,
            folder=tested.folder,
            chosen=[library.name for library in tested.chosen],
        )


class MediaServerFolder(ApiModel):
    folder: str
    files: int = Field(description="New files that were not reported yet.")
    queued_at: datetime
    not_before: datetime = Field(description="The next attempt.")
    attempts: int
    error: str | None


@router.post("/test", responses=problem_answers(404))
def try_media_server_settings(app: CurrentApp, given: MediaServerToTest = AS_SAVED) -> MediaServerTested:
    """Test the media server, also before it is saved, and show which libraries would look at a path."""
    changes = {name: getattr(given, name) for name in given.model_fields_set - {"path"}}
    if given.token is not None and is_masked(given.token):
        changes.pop("token")
    try:
        if any(value is not None for value in changes.values()):
            return MediaServerTested.of(try_media_server(with_changes(app.settings.media_server, changes), given.path))
        return MediaServerTested.of(try_saved(app.media, given.path))
    except MediaServerError as error:
        return MediaServerTested(ok=False, error=str(error), libraries=[], folder="", chosen=[])


@router.get("/folders")
def list_media_server_folders(app: CurrentApp, page: PageParams) -> PageOf[MediaServerFolder]:
    """List the folders with new files to report to the media server, the oldest first, at most 1,000."""
    folders, _count = waiting_folders(app.media, MOST_FOLDERS)
    return page_of_all([MediaServerFolder.model_validate(vars(folder)) for folder in folders], page)
