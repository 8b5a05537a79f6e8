"""Hold back the engine of `serve` until the secret key fits the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stalkeer.errors import Conflict
from stalkeer.store.journal.runs import NO_OPTIONS, RunOptions

if TYPE_CHECKING:
    from stalkeer.engine.engine import Engine


WRONG_KEY = (
    "No job starts while the secret key does not fit the database: enter the credentials again, or put the right key "
    "back and start Stalkeer again. `stalkeer doctor health` lists what cannot be read"
)


class EngineGate:
    """Start jobs once the gate is open, and refuse them before."""

    def __init__(self, engine: Engine, refusal: str = WRONG_KEY) -> None:
        self._engine, self._refusal = engine, refusal
        self._is_open = False

    @property
    def is_open(self) -> bool:
        return self._is_open

    def open(self) -> None:
        """Open the gate and start the engine."""
        self._engine.launch()
        self._is_open = True

    def start(self, job: str, subject: str | None = None, options: RunOptions = NO_OPTIONS) -> int:
        """Queue a job and return its run id. Raises Conflict while the gate is closed."""
        if not self._is_open:
            raise Conflict(self._refusal)
        return self._engine.start(job, subject, options)

    def wake(self) -> None:
        """Let the engine look at the queue at once, where it works."""
        if self._is_open:
            self._engine.wake()

    def note_reported_import(self, nzo_id: str) -> None:
        """Ask an instance soon about the import of this grab, where the engine works."""
        if self._is_open:
            self._engine.note_reported_import(nzo_id)
