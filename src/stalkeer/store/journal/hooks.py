"""Note which hooks are set anywhere, and queue the scripts that follow the end of a download.

Only the names of hooks are stored, never a command line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select, update

from stalkeer.model import DownloadId, EventKind, HookName
from stalkeer.store.db.tables import hook_runs, hooks, workers

SERVE = "serve"  # the role of the single process that may be replaced on another host
_BY_NAME = {hook.value: hook for hook in HookName}
FOLLOWING = {EventKind.DOWNLOAD_COMPLETED: HookName.AFTER_IMPORT, EventKind.DOWNLOAD_FAILED: HookName.ON_FAILURE}


@dataclass(frozen=True)
class HookOwner:
    """Name a process, its machine and its role."""

    worker: str
    host: str
    role: str


@dataclass(frozen=True)
class HookRow:
    """Hold a hook that a process has in its configuration."""

    host: str
    role: str
    name: HookName
    noted_at: datetime


@dataclass(frozen=True)
class HookRun:
    """Hold a script that is due for a download."""

    id: int
    download_id: DownloadId
    hook: HookName


def note_hooks(connection: Connection, owner: HookOwner, names: Collection[HookName], now: datetime) -> None:
    """Replace the hooks of a process, and of ended processes in whose place it has started.

    Those are of the same machine and role. On SQLite, only one process works at a time; `serve` may move to another
    machine.
    """
    is_before = (
        (hooks.c.host == owner.host) & (hooks.c.role == owner.role) & hooks.c.worker.not_in(select(workers.c.id))
    )
    is_old_serve = (hooks.c.role == owner.role) & (hooks.c.role == SERVE)
    is_replaced = or_(hooks.c.worker == owner.worker, is_before, is_old_serve)
    connection.execute(delete(hooks) if connection.dialect.name == "sqlite" else delete(hooks).where(is_replaced))
    if names:
        rows = [{**vars(owner), "name": name.value, "noted_at": now} for name in sorted(names)]
        connection.execute(hooks.insert(), rows)
    _drop_runs_without_hook(connection)


def forget_hook(connection: Connection, name: HookName) -> int:
    """Forget a hook, which no process has any more, and its waiting runs. Return the number of its processes."""
    found = connection.execute(delete(hooks).where(hooks.c.name == name.value)).rowcount
    _drop_runs_without_hook(connection)
    return found


def _drop_runs_without_hook(connection: Connection) -> None:
    connection.execute(delete(hook_runs).where(hook_runs.c.hook.not_in(select(hooks.c.name))))


def list_hooks(connection: Connection) -> list[HookRow]:
    """List the hooks of every process, also of those that have ended."""
    rows = connection.execute(select(hooks).order_by(hooks.c.name, hooks.c.host, hooks.c.worker))
    return [HookRow(row.host, row.role, name, row.noted_at) for row in rows if (name := _read(row.name))]


def noted_hooks(connection: Connection) -> frozenset[HookName]:
    """Return the hooks that are set in any process."""
    names = connection.execute(select(hooks.c.name).distinct()).scalars()
    return frozenset(name for stored in names if (name := _read(stored)))


def queue_following(connection: Connection, ended: Iterable[tuple[EventKind, DownloadId | None]], at: datetime) -> None:
    """Queue the scripts that follow these events, given as (kind, download), where any process has them."""
    due = [(FOLLOWING[kind], download_id) for kind, download_id in ended if kind in FOLLOWING and download_id]
    noted = noted_hooks(connection) if due else frozenset()
    rows = [
        {"download_id": download_id, "hook": hook.value, "queued_at": at} for hook, download_id in due if hook in noted
    ]
    if rows:
        connection.execute(hook_runs.insert(), rows)


def count_runs(connection: Connection) -> dict[HookName, int]:
    """Count the scripts that wait or run, by hook."""
    query = select(hook_runs.c.hook, func.count()).group_by(hook_runs.c.hook)
    return {name: count for stored, count in connection.execute(query) if (name := _read(stored))}


def claim_run(connection: Connection, worker: str, names: Collection[HookName]) -> HookRun | None:
    """Claim the oldest due script that this worker has.

    A script whose worker died is due again; so is one of this worker, which runs one at a time.
    """
    is_free = or_(
        hook_runs.c.worker.is_(None), hook_runs.c.worker == worker, hook_runs.c.worker.not_in(select(workers.c.id))
    )
    due = hook_runs.c.hook.in_([name.value for name in names]) & is_free
    row = connection.execute(select(hook_runs).where(due).order_by(hook_runs.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    claiming = update(hook_runs).where(hook_runs.c.id == row.id, is_free).values(worker=worker)
    if connection.execute(claiming).rowcount == 0:
        return None  # another worker was faster
    return HookRun(row.id, DownloadId(row.download_id), HookName(row.hook))


def end_run(connection: Connection, run: HookRun, worker: str) -> bool:
    """Remove a script that has ended. Return False where another worker took it over."""
    own = (hook_runs.c.id == run.id) & (hook_runs.c.worker == worker)
    return connection.execute(delete(hook_runs).where(own)).rowcount == 1


def release_run(connection: Connection, run: HookRun, worker: str) -> None:
    """Return a script that was stopped: it runs again."""
    own = (hook_runs.c.id == run.id) & (hook_runs.c.worker == worker)
    connection.execute(update(hook_runs).where(own).values(worker=None))


def _read(stored: str) -> HookName | None:
    """Return the hook of a stored name; None for a name that only a newer release knows."""
    return _BY_NAME.get(stored)
