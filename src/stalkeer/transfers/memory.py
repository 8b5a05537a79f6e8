"""Give memory back to the system. glibc keeps what threads freed in pools of their own, which grow over days."""

from __future__ import annotations

import ctypes

_libc = ctypes.CDLL(None)


def give_back() -> None:
    """Costs milliseconds; does nothing where the C library has no such call (musl keeps no pools)."""
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
