"""Apply the user's decisions on files of watch folders: choose an item, or try a file again."""

from __future__ import annotations

from collections.abc import Sequence

from stalkeer.adapters.files.watched import look_again
from stalkeer.core.downloads.watch import WatchState
from stalkeer.errors import Conflict, InvalidInput, NotFound
from stalkeer.jobs.downloads.context import DownloadQueue
from stalkeer.model import WantedId
from stalkeer.store.db.database import Transaction
from stalkeer.store.library.targets import lock_settled, read_targets
from stalkeer.store.watch.watch_files import WatchFile, choose_items, get_watch_file, note_found


def choose_item(queue: DownloadQueue, file_id: int, wanted_ids: Sequence[WantedId]) -> WatchFile:
    """Let the file be imported as these items, whatever its name and playing time say.

    Raises NotFound for an unknown file or item, InvalidInput without an item, and Conflict for a file that is being
    imported and for items that are no longer wanted.
    """
    if not wanted_ids:
        raise InvalidInput("Name at least one wanted item; `stalkeer scan missing` lists them.")
    with queue.database.begin() as connection:
        file = _get_open(connection, file_id)
        known = {target.wanted_id for target in read_targets(connection, wanted_ids)}
        unknown = next((wanted_id for wanted_id in wanted_ids if wanted_id not in known), None)
        if unknown is not None:
            raise NotFound(f"There is no wanted item {unknown}; `stalkeer scan missing` reads the wanted items.")
        settled = lock_settled(connection, wanted_ids)
        if settled:
            raise Conflict(next(iter(settled.values())).refusal(file.found.path))
        choose_items(connection, file, wanted_ids, queue.clock())
    queue.wake()
    return file


def retry_file(queue: DownloadQueue, file_id: int) -> WatchFile:
    """Let the next looks verify and match the file again. Raises NotFound, and Conflict while it is imported."""
    with queue.database.begin() as connection:
        file = _get_open(connection, file_id)
        found = look_again(file.found)
        if found is None:
            raise NotFound(f"{file.found.path} is gone; put it there again.")
        note_found(connection, found, queue.clock())
    queue.wake()
    return file


def _get_open(connection: Transaction, file_id: int) -> WatchFile:
    file = get_watch_file(connection, file_id)
    if file.state is WatchState.TAKEN:
        raise Conflict(f"{file.found.path} is being imported by download {file.download_id}; see `stalkeer download`.")
    if file.state is WatchState.IMPORTED:
        raise Conflict(f"{file.found.path} is imported already; put the file there again to import it again.")
    return file
