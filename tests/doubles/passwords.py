"""Hashes of passwords that cost little: a real one takes a quarter of a second, and the suite makes hundreds.

Only this process hashes so. What a test starts, `serve` and the command line, hashes as it does for users.
"""

from __future__ import annotations

from argon2 import PasswordHasher, profiles

REAL = profiles.RFC_9106_LOW_MEMORY
CHEAP = profiles.CHEAPEST


def hash_cheaply() -> None:
    """Change what argon2 takes where a program says nothing. Ask for it before the first password is hashed."""
    PasswordHasher.__init__.__defaults__ = (  # type: ignore[attr-defined]
        CHEAP.time_cost,
        CHEAP.memory_cost,
        CHEAP.parallelism,
        *PasswordHasher.__init__.__defaults__[3:],  # type: ignore[attr-defined]
    )


def hash_really(password: str) -> str:
    """Hash as the program does for its users."""
    return PasswordHasher.from_parameters(REAL).hash(password)
