"""An engine that only notes what it is asked to start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class NotingEngine:
    started: list[tuple[str, str | None, Mapping[str, object] | None]] = field(default_factory=list)

    def start(self, job: str, subject: str | None = None, options: Mapping[str, object] | None = None) -> int:
        self.started.append((job, subject, options))
        return len(self.started)
