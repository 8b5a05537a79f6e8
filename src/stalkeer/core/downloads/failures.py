"""Why a download did not go on: the few kinds that call for different reactions."""

from __future__ import annotations

from enum import StrEnum


class FailureKind(StrEnum):
    """What a failed attempt calls for."""

    TRANSIENT = "transient"  # try again later, with back-off
    ACCOUNT = "account"  # ask the account before anything else: expired, refused, or all its connections in use
    GONE = "gone"  # the server says there is no such file; panels also say so of an expired account: ask it first
    LOCAL_DISK_FULL = "local_disk_full"  # every download on that filesystem waits; nothing is lost
    LOCAL_PERMISSION = "local_permission"  # the folder is read-only, missing, unmounted or not ours
    WRONG_FILE = "wrong_file"  # whole, but not what was asked for: the next variant
    PROTECTED = "protected"  # encrypted or access controlled; never circumvented
    CHANGED = "changed"  # the server's file is another one than before, and changes again and again
