"""Run the command queue of the demo's Radarr and Sonarr: one command at a time, with its state by id."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class CommandAction:
    """Define the action of a command name.

    `run` returns `successful` or `unsuccessful`; an exception fails the command.
    """

    name: str
    run: Callable[[Command], str]
    fields: tuple[str, ...] = ()
    priority: str = "normal"


@dataclass
class Command:
    id: int
    job: CommandAction
    body: Mapping[str, Any]
    queued: datetime
    status: str = "queued"
    result: str = "unknown"
    message: str | None = None
    exception: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def resource(self) -> dict[str, Any]:
        """Return the command as the API shows it, with its arguments in `body`."""
        duration = self.ended - self.started if self.started and self.ended else None
        extra = {"sendUpdatesToClient": True, "updateScheduledTask": True, "requiresDiskAccess": True}
        return {
            "id": self.id,
            "name": self.job.name,
            "commandName": "".join(f" {c}" if c.isupper() else c for c in self.job.name).strip(),
            "message": self.message,
            "body": dict(self.body) | extra | {"trigger": "manual"},
            "priority": self.job.priority,
            "status": self.status,
            "result": self.result,
            "queued": _text(self.queued),
            "started": _text(self.started),
            "ended": _text(self.ended),
            "duration": None if duration is None else f"00:00:{duration.total_seconds():010.7f}",
            "exception": self.exception,
            "trigger": "manual",
            "stateChangeTime": _text(self.ended or self.started or self.queued),
            "sendUpdatesToClient": True,
            "updateScheduledTask": True,
        }


class CommandQueue:
    """Run commands in order on a single thread. `before` is called just before each command starts."""

    def __init__(self, jobs: Mapping[str, CommandAction]) -> None:
        self.before: Callable[[Command], None] | None = None
        self._jobs = {name.casefold(): job for name, job in jobs.items()}
        self.last_id = 0  # set before the first command, so that no number is given twice after a restart
        self._commands: dict[int, Command] = {}
        self._waiting: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def find(self, name: str) -> CommandAction | None:
        return self._jobs.get(name.casefold())

    def replace(self, job: CommandAction) -> None:
        """Replace the action of a command name."""
        self._jobs[job.name.casefold()] = job

    def start(self, job: CommandAction, body: Mapping[str, Any]) -> Command:
        """Queue a command. Return the waiting or running command with the same name and arguments instead, if any."""
        with self._lock:
            for command in self._commands.values():
                if command.job is job and command.body == body and command.status in ("queued", "started"):
                    return command
            self.last_id += 1
            command = Command(self.last_id, job, body, datetime.now(UTC))
            self._commands[command.id] = command
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="demo-commands", daemon=True)
                self._thread.start()
        self._waiting.put(command)
        return command

    def get(self, identity: int) -> Command | None:
        return self._commands.get(identity)

    def all(self) -> list[Command]:
        return list(self._commands.values())

    def forget(self, identity: int) -> None:
        """Forget ended commands, as the programs do after some minutes. Reading one then answers 404."""
        del self._commands[identity]

    def close(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=10)
            self._thread = None

    def _work(self) -> None:
        while (command := self._waiting.get()) is not None:
            if self.before is not None:
                self.before(command)
            command.status, command.started = "started", datetime.now(UTC)
            try:
                result = command.job.run(command)
            except Exception as error:  # noqa: BLE001 - the programs put whatever went wrong into the command
                status, result, command.exception, command.message = "failed", "unknown", repr(error), str(error)
            else:
                status, command.message = "completed", "Completed"
            command.ended, command.result = datetime.now(UTC), result
            command.status = status
            command.done.set()


def _text(when: datetime | None) -> str | None:
    return None if when is None else when.strftime("%Y-%m-%dT%H:%M:%SZ")
