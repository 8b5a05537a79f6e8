"""Compute the points of speed graphs from samples, each of which covers some seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Steps:
    """Divide time into `count` equal spans from `start`, in seconds since 1970."""

    start: float
    length_s: float
    count: int


@dataclass(frozen=True)
class SampleSpan:
    """Hold the bytes that arrived in the `seconds` before `end`, in seconds since 1970."""

    end: float
    seconds: float
    bytes: int


def spread_samples(samples: Iterable[SampleSpan], steps: Steps) -> list[float]:
    """Return the bytes of each step. A sample is shared by the steps that its seconds lie in."""
    sums = [0.0] * steps.count
    for sample in samples:
        first = (sample.end - sample.seconds - steps.start) / steps.length_s
        last = (sample.end - steps.start) / steps.length_s
        if last <= first:  # without seconds: all bytes at its end
            _add(sums, int(last), float(sample.bytes))
            continue
        per_step = sample.bytes / (last - first)
        for step in range(max(0, int(first)), min(steps.count - 1, int(last)) + 1):
            _add(sums, step, per_step * (min(last, step + 1) - max(first, step)))
    return sums


def _add(sums: list[float], step: int, share: float) -> None:
    if 0 <= step < len(sums) and share > 0:
        sums[step] += share
