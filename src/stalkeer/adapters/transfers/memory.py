"""Keep memory from growing over days: glibc gives each thread a pool of its own and returns little of what is freed."""

from __future__ import annotations

import ctypes

_libc = ctypes.CDLL(None)
_M_ARENA_MAX = -8
POOLS = 2  # Python's own lock lets one thread allocate at a time: more pools only scatter what is in use


def share_pools() -> None:
    """Let all threads share a few pools. Where the C library has no such call (musl) there are none."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_ARENA_MAX, POOLS)


def give_back() -> None:
    """Return what is free to the system. Costs milliseconds."""
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
