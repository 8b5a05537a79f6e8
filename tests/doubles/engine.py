"""Engines that carry nothing out: one notes what it is asked to start, one queues it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stalkeer.engine.build import build_table
from stalkeer.runtime import App
from stalkeer.store.journal.runs import NO_OPTIONS, RunOptions, queue_run


@dataclass
class NotingEngine:
    started: list[tuple[str, str | None, Mapping[str, object] | None]] = field(default_factory=list)
    woken: int = 0
    reported: list[str] = field(default_factory=list)

    def start(self, job: str, subject: str | None = None, options: RunOptions = NO_OPTIONS) -> int:
        self.started.append((job, subject, options))
        return len(self.started)

    def wake(self) -> None:
        self.woken += 1

    def note_reported_import(self, nzo_id: str) -> None:
        self.reported.append(nzo_id)


@dataclass(frozen=True)
class QueueingEngine:
    """What it starts is a run that waits, as after `stalkeer serve` was stopped at that instant."""

    app: App

    def start(self, job: str, subject: str | None = None, options: RunOptions = NO_OPTIONS) -> int:
        build_table(self.app).check(job)
        with self.app.database.begin() as connection:
            return queue_run(connection, self.app.clock(), job, subject, options)

    def wake(self) -> None:
        """Nothing looks at the queue."""

    def note_reported_import(self, nzo_id: str) -> None:
        """Nothing asks an instance."""
