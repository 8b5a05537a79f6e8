"""Keep memory from growing over days: glibc gives each thread a separate memory pool and returns little of it."""

from __future__ import annotations

import ctypes

_libc = ctypes.CDLL(None)
_M_ARENA_MAX = -8
POOLS = 2  # Python's lock lets a single thread allocate at a time, so that more pools only scatter the memory


def share_pools() -> None:
    """Let all threads share a few pools. Do nothing where the C library has no such call (musl)."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_ARENA_MAX, POOLS)


def give_back() -> None:
    """Return free memory to the system, which takes milliseconds."""
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
