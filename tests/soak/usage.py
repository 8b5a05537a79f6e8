"""Memory, threads and open files of a process over a long run."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean

import psutil


@dataclass
class Usage:
    """What a process holds, sampled."""

    memory: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def sample(self, process: psutil.Process) -> None:
        self.memory.append(process.memory_info().rss)
        self.threads.append(process.num_threads())
        self.files.append(process.num_fds())

    def growth(self, name: str) -> float:
        """From the second quarter of the run to its last. Threads and files come and go with connections: what counts
        is how few there are at the quietest moment.
        """
        samples = getattr(self, name)
        quarter = max(1, len(samples) // 4)
        typical = fmean if name == "memory" else min
        return typical(samples[-quarter:]) / typical(samples[quarter : 2 * quarter]) - 1

    def course(self, name: str) -> str:
        """Nine looks at the run."""
        samples = getattr(self, name)
        return " ".join(f"{samples[(len(samples) - 1) * eighth // 8]:,}" for eighth in range(9))
