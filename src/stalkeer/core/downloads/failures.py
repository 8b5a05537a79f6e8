"""Define the kinds of failure that need different reactions."""

from __future__ import annotations

from enum import StrEnum

PLACEMENT = "placement"  # the error code of a complete file that cannot be placed
HOOK = "hook"  # the error code of a file that the user's script before the import refused


class FailureKind(StrEnum):
    """Define the kind of a failed attempt, which decides the reaction."""

    TRANSIENT = "transient"  # try again later, with back-off
    ACCOUNT = "account"  # check the account first: expired, refused, or all connections in use
    GONE = "gone"  # the server has no such file; panels also answer so for an expired account: check it first
    LOCAL_DISK_FULL = "local_disk_full"  # every download on that filesystem waits; nothing is lost
    LOCAL_PERMISSION = "local_permission"  # the folder is read-only, missing, unmounted or not writable
    LOCAL_LASTING = "local_lasting"  # the file system can never hold the file: the user decides
    # a notice, a page or an archive: usually a temporary state of the account, so try the same entry again
    NOT_A_VIDEO = "not_a_video"
    WRONG_FILE = "wrong_file"  # complete, but not the wanted file: try the next variant
    PROTECTED = "protected"  # encrypted or access controlled; never circumvented
    CHANGED = "changed"  # the server's file changes again and again
