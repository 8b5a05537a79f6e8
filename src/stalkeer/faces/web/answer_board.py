"""Cache the answer of the setup wizard until matches, queue, sources or runs change."""

from __future__ import annotations

import threading

from fastapi import Request

from stalkeer.faces.web.frame import app_of
from stalkeer.jobs.downloads.forecast import Forecast, read_answer
from stalkeer.jobs.downloads.queue import QueueRules
from stalkeer.runtime import App
from stalkeer.store.db.database import Transaction
from stalkeer.store.system.dashboard import read_marks, wanted_counts

FEW = 500  # confirmed items that are counted fast enough for a page load


class AnswerBoard:
    """Hold the last answer and the state that it was computed from. Thousands of items take a second."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._state: tuple[str, ...] = ()
        self._answer: Forecast | None = None

    def read(self) -> Forecast:
        with self._lock, self._app.database.connect() as connection:
            state = self._state_of(connection)
            if self._answer is None or state != self._state:
                rules = QueueRules.of(self._app.settings)
                self._answer, self._state = read_answer(connection, self._app.clock(), rules), state
            return self._answer

    def read_at_once(self) -> Forecast | None:
        """Return the answer, or None where computing it would delay the page."""
        with self._app.database.connect() as connection:
            is_known = self._answer is not None and self._state_of(connection) == self._state
            return self.read() if is_known or wanted_counts(connection).found <= FEW else None

    def _state_of(self, connection: Transaction) -> tuple[str, ...]:
        marks = read_marks(connection)
        return marks.matches, marks.queue, marks.sources, marks.runs, repr(QueueRules.of(self._app.settings))


def answers_of(request: Request) -> AnswerBoard:
    board: AnswerBoard | None = getattr(request.app.state, "answer_board", None)
    if board is None:
        board = request.app.state.answer_board = AnswerBoard(app_of(request))
    return board
