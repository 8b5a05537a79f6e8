"""Test a media server: whether it answers, which libraries it has, and which of them contain a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import SecretStr, ValidationError

from stalkeer.adapters.media.libraries import MediaLibrary, read_libraries
from stalkeer.core.downloads.watch import is_video
from stalkeer.errors import InvalidInput, NotFound
from stalkeer.jobs.media.refresh import MediaContext, libraries_with, no_library, path_map, server_of
from stalkeer.secrets import register_secret
from stalkeer.settings.explain import explain_fields
from stalkeer.settings.sections.connections import MediaServerSettings, MediaServerType
from stalkeer.store.media.folders import MediaFolder, count_waiting, list_folders, make_due


@dataclass(frozen=True)
class MediaServerTest:
    """Hold the answer of a media server. `folder` is the one that it would look at; empty without a path."""

    server: str
    libraries: tuple[MediaLibrary, ...]
    folder: str = ""
    chosen: tuple[MediaLibrary, ...] = ()
    problem: str = ""

    @property
    def words(self) -> str:
        """Return the result in a sentence."""
        if self.problem:
            return self.problem
        names = ", ".join(library.name for library in self.chosen)
        if names:
            return f"{self.server} would look for new files in {self.folder}, for the library {names}."
        count = len(self.libraries)
        return f"{self.server} answers and has {count} {'library' if count == 1 else 'libraries'}."


def with_changes(settings: MediaServerSettings, changes: Mapping[str, object]) -> MediaServerSettings:
    """Return the settings with new values that are not saved. Raises InvalidInput.

    A stored token is never sent to a new address.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if not _plain(given.get("token")) and settings.token.get_secret_value():
        is_elsewhere = str(given.get("url", settings.url)).rstrip("/") != settings.url.rstrip("/")
        if is_elsewhere or given.get("type", settings.type) != settings.type:
            words = "Enter the token, too: the address or the type is another one"
            raise InvalidInput(words, fields={"media_server.token": words})
        given.pop("token", None)
    tree = {name: getattr(settings, name) for name in type(settings).model_fields} | given
    try:
        return MediaServerSettings.model_validate(tree)
    except ValidationError as error:
        fields = {f"media_server.{name}": words for name, words in explain_fields(error, given).items()}
        words = "; ".join(fields.values()) or error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"The media server cannot be tested: {words}", fields=fields) from None


def _plain(token: object) -> str:
    return token.get_secret_value() if isinstance(token, SecretStr) else str(token or "")


def try_media_server(settings: MediaServerSettings, path: str = "") -> MediaServerTest:
    """Ask the media server for its libraries, and find those that contain a path of ours. Nothing is changed there.

    Raises NotFound without a media server, InvalidInput for a path that is not absolute, and MediaServerError.
    """
    if settings.type is MediaServerType.NONE:
        raise NotFound("No media server is set; set `media_server.type`, `url` and `token`.")
    if path and not PurePosixPath(path).is_absolute():
        raise InvalidInput(f"{path!r} is no absolute path", fields={"path": "Enter an absolute path"})
    server = server_of(settings)
    register_secret(server.token)  # it may be no stored one
    libraries = read_libraries(server)
    if not path:
        return MediaServerTest(server.name, libraries)
    folder = Path(path).parent if is_video(path) else Path(path)
    remote = path_map(settings).to_remote(folder)
    chosen = libraries_with(libraries, remote)
    problem = "" if chosen else no_library(server, remote)
    return MediaServerTest(server.name, libraries, remote, chosen, problem)


def try_saved(context: MediaContext, path: str = "") -> MediaServerTest:
    """Test the media server of the settings. If it answers, the folders that wait for it are tried at once."""
    tested = try_media_server(context.settings(), path)
    with context.database.begin() as connection:
        make_due(connection, context.clock())
    return tested


def waiting_folders(context: MediaContext, limit: int) -> tuple[list[MediaFolder], int]:
    """Return the folders to report to the media server, the oldest first, and their number."""
    with context.database.connect() as connection:
        return list_folders(connection, limit=limit), count_waiting(connection)
