"""Bring a fetched file into the library: verify, place, hand over, confirm.

Each step is stored before the next. A kill at any instruction loses nothing: the target is stored before the file moves
there, the instance is asked for the file before it is handed over, and the id of its command is stored while it runs.
"""

from __future__ import annotations

from stalkeer.core.downloads.states import FINISHING_STATES, Intent
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.downloads.finish_run import FinishRun, Guard
from stalkeer.jobs.downloads.import_file import import_all
from stalkeer.jobs.downloads.place_file import verify_and_place
from stalkeer.model import DownloadState
from stalkeer.store.downloads.claims import claim


def carry_out(tools: DownloadContext, guard: Guard) -> None:
    """Finish the download of `guard.owner` as far as possible now.

    Do nothing where this worker no longer owns the run.
    """
    with tools.database.begin() as connection:
        row = claim(connection, guard.owner, tools.clock())
    if row is None or row.state not in FINISHING_STATES:
        return
    run = FinishRun(tools, guard, row)
    if any(item.command_id is not None for item in row.items):
        guard.commit()
    elif row.queue.intent == Intent.CANCEL:
        run.settling.let_go(DownloadState.CANCELLED)
        return
    if row.state is DownloadState.FETCHED and not verify_and_place(run):
        return
    import_all(run)
