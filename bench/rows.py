"""A measured figure, its goal, and whether it was met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`goal` in words; `is_met` None where a figure has none."""

    name: str
    value: float
    unit: str = ""
    goal: str = ""
    is_met: bool | None = None

    def __str__(self) -> str:
        verdict = "" if self.is_met is None else ("  ok" if self.is_met else "  MISSED")
        goal = f"   goal {self.goal}" if self.goal else ""
        return f"  {self.name:<58} {self.value:>10,.3f} {self.unit:<8}{goal}{verdict}"


def at_most(name: str, value: float, limit: float, unit: str = "") -> Row:
    return Row(name, value, unit, f"<= {limit:g}", value <= limit)


def at_least(name: str, value: float, limit: float, unit: str = "") -> Row:
    return Row(name, value, unit, f">= {limit:g}", value >= limit)
