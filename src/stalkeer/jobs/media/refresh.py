"""Tell the media server of folders with new files, each at most once a minute. A file that an instance imports is
announced by the instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stalkeer.adapters.arr.paths import PathMap, PathPair, is_below
from stalkeer.adapters.media.libraries import MediaLibrary, read_libraries, refresh_folder
from stalkeer.adapters.media.server import MediaServer
from stalkeer.core.notify.retry import KEPT_FOR, delay_after
from stalkeer.errors import MediaServerError
from stalkeer.logs import get_logger
from stalkeer.secrets import mask_text
from stalkeer.settings.sections.connections import MediaServerSettings
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.media.folders import (
    MediaFolder,
    claim_folder,
    forget_folders,
    list_folders,
    note_file,
    note_told,
    put_off,
    put_off_all,
)

ONCE_IN = timedelta(minutes=1)  # for a folder
CLAIMED_FOR = timedelta(minutes=2)  # a process that was killed is missed after this
LONGEST_WAIT = timedelta(minutes=10)  # between two attempts
MOST_AT_ONCE = 20
log = get_logger(__name__)


@dataclass(frozen=True)
class MediaContext:
    """Hold the parts for telling the media server."""

    database: Database
    settings: Callable[[], MediaServerSettings]
    clock: Callable[[], datetime]


def note_new_file(connection: Transaction, settings: MediaServerSettings, file: Path, now: datetime) -> None:
    """Report a file that no instance reports to the media server, where the user wants that."""
    if settings.is_told:
        note_file(connection, str(file.parent), now)


def tell_media_server(context: MediaContext) -> bool:
    """Tell the media server of the folders that are due. Return whether more of them may be."""
    settings, now = context.settings(), context.clock()
    if not settings.is_told:
        return False
    with context.database.connect() as connection:
        due = list_folders(connection, due_at=now, limit=MOST_AT_ONCE)
    if not due:
        return False
    with context.database.begin() as connection:
        lost = forget_folders(connection, now, now - KEPT_FOR)
        claimed = [folder for folder in due if claim_folder(connection, folder, now + CLAIMED_FOR)]
    if lost:
        log.warning("folders were given up that the media server did not take for a week", count=lost)
    if claimed:
        _tell(context, server_of(settings), claimed)
    return len(due) == MOST_AT_ONCE


def _tell(context: MediaContext, server: MediaServer, folders: Sequence[MediaFolder]) -> None:
    paths = path_map(context.settings())
    open_folders = list(folders)
    try:
        libraries = read_libraries(server)
        for folder in folders:
            problem = _tell_folder(server, libraries, paths.to_remote(Path(folder.folder)))
            open_folders.remove(folder)
            now = context.clock()
            with context.database.begin() as connection:
                if problem:
                    put_off(connection, [folder.folder], problem, now + _wait(folder.attempts + 1))
                    log.warning(
                        "a folder could not be reported to the media server", folder=folder.folder, error=problem
                    )
                else:
                    note_told(connection, folder, now, now + ONCE_IN)
                    log.info("new files were reported to the media server", folder=folder.folder, files=folder.files)
    except MediaServerError as error:
        words, now = mask_text(str(error)), context.clock()
        until = now + _wait(max(folder.attempts for folder in open_folders) + 1)
        with context.database.begin() as connection:
            put_off(connection, [folder.folder for folder in open_folders], words, until)
            put_off_all(connection, words, until)
        log.warning("new files could not be reported to the media server", error=words, folders=len(open_folders))


def _wait(attempts: int) -> timedelta:
    return min(delay_after(attempts), LONGEST_WAIT)


def _tell_folder(server: MediaServer, libraries: Sequence[MediaLibrary], path: str) -> str:
    """Tell the server of a folder in each library that contains it. Return why it could not be; empty for success."""
    found = libraries_with(libraries, path)
    if not found:
        return no_library(server, path)
    for library in found if server.has_sections else found[:1]:  # the others find the library by the path
        refresh_folder(server, library, path)
    return ""


def no_library(server: MediaServer, path: str) -> str:
    return (
        f"No library of {server.name} contains {path}. Add its folder to a library there, or set "
        "`media_server.path_mappings`."
    )


def libraries_with(libraries: Iterable[MediaLibrary], path: str) -> tuple[MediaLibrary, ...]:
    """Return the libraries that contain a path, as the media server sees it."""
    return tuple(library for library in libraries if any(is_below(path, folder) for folder in library.folders))


def server_of(settings: MediaServerSettings) -> MediaServer:
    return MediaServer(settings.type.value, settings.url.rstrip("/"), settings.token.get_secret_value())


def path_map(settings: MediaServerSettings) -> PathMap:
    pairs = (mapping.partition("=") for mapping in settings.path_mappings)
    return PathMap(PathPair(local, remote) for local, _, remote in pairs)
