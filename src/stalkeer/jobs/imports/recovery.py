"""Complete failed imports whose instance has the file: each scan asks again.

Nothing is handed over here, and a download that a worker has claimed again is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stalkeer.adapters.arr.outcomes import Imported
from stalkeer.adapters.files.removal import remove_if_empty
from stalkeer.errors import ArrError, NotFound
from stalkeer.jobs.imports.handover import HandOvers, HandOverStep, StagedFile, Taking, open_hand_over, shelves_of
from stalkeer.jobs.library.clients import Arrs
from stalkeer.model import InstanceId
from stalkeer.settings import Settings
from stalkeer.store.db.database import Database
from stalkeer.store.downloads.leftovers import complete_recovered, list_stranded, note_recovered
from stalkeer.store.downloads.rows import DownloadRow, ItemRow, ItemState

MOST_AT_ONCE = 100  # downloads in a scan: each takes up to three requests to its instance


def import_recovery(database: Database, arrs: Arrs, settings: Settings) -> Callable[[], int]:
    """Return the recovery function for a scan."""
    return lambda: recover_imports(HandOvers(database, arrs, settings))


def recover_imports(handovers: HandOvers) -> int:
    """Complete the blocked and failed downloads whose instances have the file. Return their number."""
    with handovers.database.connect() as connection:
        stranded = list_stranded(connection, MOST_AT_ONCE)
    silent: set[InstanceId] = set()
    return sum(_recover(handovers, row, silent) for row in stranded)


def _recover(handovers: HandOvers, row: DownloadRow, silent: set[InstanceId]) -> bool:
    """Recover a download.

    Return True once all its items are imported. Instances that cannot be reached now are added to `silent`.
    """
    final_path: str | None = None
    for instance_id, items in _open_items(row).items():
        found = None if instance_id in silent else _find(handovers, row, items, silent)
        if found is None:
            continue
        with handovers.database.begin() as connection:
            if not note_recovered(connection, row.id, items, found.file_id, handovers.arrs.clock()):
                return False
        final_path = found.path
    if final_path is None:
        return False
    with handovers.database.begin() as connection:
        is_complete = complete_recovered(connection, row.id, final_path, handovers.arrs.clock())
    if is_complete and row.outcome.placed_path:
        remove_if_empty(Path(row.outcome.placed_path).parent)
    return is_complete


def _open_items(row: DownloadRow) -> dict[InstanceId, list[ItemRow]]:
    found: dict[InstanceId, list[ItemRow]] = {}
    for item in row.items:
        if item.state is not ItemState.IMPORTED:
            found.setdefault(item.instance_id, []).append(item)
    return found


def _find(handovers: HandOvers, row: DownloadRow, items: list[ItemRow], silent: set[InstanceId]) -> Imported | None:
    instance_id = items[0].instance_id
    shelf = shelves_of(row.outcome.facts).get(instance_id)
    file = shelf or Path(row.outcome.placed_path or "")
    size = file.stat().st_size if file.is_file() else row.transfer.total or 0
    taking = Taking.FROM_STAGING if shelf is None else Taking.IN_PLACE
    wanted_ids = tuple(item.wanted_id for item in items)
    try:
        step = HandOverStep(instance_id, wanted_ids, StagedFile(file, size), taking=taking)
        with open_hand_over(handovers, step) as hand_over:
            return hand_over.find(step)
    except ArrError:
        silent.add(instance_id)  # the scan itself reports why
    except NotFound:
        pass  # the item has left the library
    return None
