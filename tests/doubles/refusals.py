"""System calls that the kernel refuses, as network and FUSE file systems do: a filter (seccomp) in a child process."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import traceback
from collections.abc import Callable, Sequence

import pytest

CALLS = {  # x86-64
    "sendfile": (40,),
    "chmod": (90, 91, 268, 452),
    "fsync": (74,),
    "fdatasync": (75,),
    "flock": (73,),
    "link": (86, 265),
    "fallocate": (285,),
}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000


def run_refused(calls: Sequence[str], code: int, action: Callable[[], None]) -> None:
    """Run `action` in a child process in which these calls fail with `code`. Its failure fails the test."""
    if platform.machine() != "x86_64":
        pytest.skip("the numbers of system calls are those of x86-64")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _refuse([number for call in calls for number in CALLS[call]], code)
            action()
            status = 0
        except BaseException:  # noqa: BLE001 - told by the exit status
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, f"failed where {', '.join(calls)} are refused: see above"


def _refuse(numbers: Sequence[int], code: int) -> None:
    steps = [(LOAD, 0, 0, 0)]
    for at, number in enumerate(numbers):
        steps.append((EQUAL, len(numbers) - at, 0, number))
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE | code)]
    packed = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HL", len(steps), ctypes.addressof(packed))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    if libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.create_string_buffer(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this kernel takes no filter")
