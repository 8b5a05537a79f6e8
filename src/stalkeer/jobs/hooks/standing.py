"""Show which scripts are set, by name only, and where they can run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stalkeer.errors import Conflict, NotFound
from stalkeer.model import HookName
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.downloads.workers import WorkerRow, database_now, live_workers
from stalkeer.store.journal.hooks import HookRow, count_runs, forget_hook, list_hooks

DEAD_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class HookStanding:
    """Hold a hook: the machines that have it set, those that can run it now, and the downloads that wait for it.

    `waiting` counts scripts after the end of downloads.
    """

    name: HookName
    set_on: tuple[str, ...] = ()
    ready_on: tuple[str, ...] = ()
    waiting: int = 0
    last_noted: datetime | None = None

    @property
    def is_set(self) -> bool:
        return bool(self.set_on)

    def to_document(self) -> Mapping[str, object]:
        return {
            "name": self.name.value,
            "set": self.is_set,
            "setOn": list(self.set_on),
            "readyOn": list(self.ready_on),
            "waiting": self.waiting,
        }


def read_hooks(database: Database, now: datetime) -> tuple[HookStanding, ...]:
    """Return every hook, also those that are not set."""
    with database.connect() as connection:
        return hook_standings(connection, now)


def hook_standings(connection: Transaction, now: datetime) -> tuple[HookStanding, ...]:
    alive = live_workers(connection, database_now(connection, now), DEAD_AFTER)
    rows, waiting = list_hooks(connection), count_runs(connection)
    return tuple(_standing(hook, rows, alive, waiting.get(hook, 0)) for hook in HookName)


def _standing(hook: HookName, rows: Sequence[HookRow], alive: Sequence[WorkerRow], waiting: int) -> HookStanding:
    own = [row for row in rows if row.name is hook]
    ready = [worker.host for worker in alive if hook.value in worker.hooks]
    return HookStanding(
        hook,
        tuple(dict.fromkeys(row.host for row in own)),
        tuple(dict.fromkeys(ready)),
        waiting,
        max((row.noted_at for row in own), default=None),
    )


def forget(database: Database, name: str, now: datetime) -> HookName:
    """Forget a hook that no running process can run, so that downloads go on without it.

    Raises NotFound for a hook that is not set, and Conflict where a running process has it.
    """
    hook = hook_named(name)
    with database.begin() as connection:
        standing = next(known for known in hook_standings(connection, now) if known.name is hook)
        if not standing.is_set:
            raise NotFound(f"hooks.{hook.value} is not set anywhere.")
        if standing.ready_on:
            raise Conflict(
                f"hooks.{hook.value} is set on {', '.join(standing.ready_on)}: remove it from the configuration there."
            )
        forget_hook(connection, hook)
    return hook


def hook_named(name: str) -> HookName:
    """Return the hook with this name, with or without `hooks.`. Raises NotFound."""
    bare = name.removeprefix("hooks.").replace("-", "_")
    found = next((hook for hook in HookName if hook.value == bare), None)
    if found is None:
        raise NotFound(f"There is no hook {name!r}; accepted: {', '.join(hook.value for hook in HookName)}.")
    return found
