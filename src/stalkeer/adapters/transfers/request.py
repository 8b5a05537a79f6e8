"""Define the request for a transfer, the interface it reports to, and its outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from stalkeer.adapters.net.inward import IsInside, is_inside
from stalkeer.adapters.net.tls import Tls
from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.downloads.resume import HeldPart, Validators

__all__ = [
    "FailureKind",
    "TransferFailed",
    "Fetched",
    "TransferLimits",
    "Outcome",
    "Pace",
    "PartJudge",
    "PartProblem",
    "StartJudge",
    "StopReason",
    "Stopped",
    "Tls",
    "TransferRequest",
    "Validators",
    "TransferWatcher",
]


@dataclass(frozen=True)
class TransferLimits:
    """Hold the time limits of a transfer. The whole transfer has no limit: a movie may take a day."""

    connect_s: float = 15.0
    headers_s: float = 30.0  # the whole head, including interim answers
    silence_s: float = 60.0  # reconnect after this time without a byte
    no_progress_s: float = 600.0  # `downloads.timeout`: this time without a byte, over all reconnects, ends the attempt
    reconnect_gap_s: float = 0.0  # pause before each further connection to the account
    # the first sync comes early, so that an unfit file is noticed by its first bytes
    first_sync_bytes: int = 4 * 1024 * 1024
    sync_bytes: int = 64 * 1024 * 1024
    sync_s: float = 10.0


class StartJudge(Protocol):
    """Judge a file by its first bytes, before any of them is written."""

    def needs_more(self, start: bytes) -> bool:
        """Tell whether more bytes than `start` are needed, if there are more."""
        ...

    def refusal(self, start: bytes) -> str | None:
        """Return the reason against a file that begins with `start`, or None."""
        ...


class AnyStart:
    """Accept every file."""

    def needs_more(self, start: bytes) -> bool:
        return False

    def refusal(self, start: bytes) -> str | None:
        return None


class PartJudge(Protocol):
    """Judge the segments of a film in their order. Make a new instance for every film."""

    def problem_of_header(self, payload: bytes) -> str | None:
        """Return what is wrong with an initialisation section, or None."""
        ...

    def problem_of_part(self, payload: bytes, seconds: float | None, *, is_restart: bool) -> PartProblem | None:
        """Return what is wrong with the next part, or None.

        A part with a problem is not kept. `seconds` is its time in the playlist. `is_restart` means that its clock need
        not continue that of the part before.
        """
        ...

    def problem_of_whole(self, movie: Path, seconds: float) -> str | None:
        """Return why the joined file lacks parts, which together play `seconds`; None where it may be complete."""
        ...


class PartProblem(Protocol):
    """Describe the fault of a part."""

    @property
    def reason(self) -> str: ...

    @property
    def is_before(self) -> bool:
        """Tell whether the part before this one is the bad one."""
        ...


class AnyPart:
    """Accept every part."""

    def problem_of_header(self, payload: bytes) -> str | None:
        return None

    def problem_of_part(self, payload: bytes, seconds: float | None, *, is_restart: bool) -> PartProblem | None:
        return None

    def problem_of_whole(self, movie: Path, seconds: float) -> str | None:
        return None


KeepExtra = Callable[[str, bytes], bool]  # gets suffix and text of an extra file; returns False where it is none


def _keep_no_extra(_suffix: str, _text: bytes) -> bool:
    return False


@dataclass(frozen=True)
class TransferRequest:
    """Describe a transfer of `url` into `part`, whose first `durable_offset` bytes are known to be on disk.

    `url`, `headers` and `proxy` may contain credentials and stay out of repr and messages. `total`, `validators` and
    `learned` come from the last call of `Watcher.durable`. The part file is created where it is missing; bytes beyond
    `durable_offset` are not trusted and fetched again.
    """

    url: str = field(repr=False)
    part: Path
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    durable_offset: int = 0
    total: int | None = None
    validators: Validators = Validators()
    learned: Mapping[str, bool] = field(default_factory=dict)  # see `Held.learned`
    proxy: str | None = field(default=None, repr=False)  # see `net.bulk.Route`
    tls: Tls = Tls()
    https_only: bool = False
    # the source's address as the user typed it; where it is outside, nothing inside the user's network is requested. It
    # is empty where `url` comes from a file of the user
    listed_by: str = field(default="", repr=False)
    is_inside: IsInside = is_inside
    min_free: int = 0  # bytes of the disk that must stay free with the complete file
    most_reserved: int | None = None  # bytes to reserve ahead for an unconfirmed size
    most_bytes: int | None = None  # the largest size of a file whose body has no length
    run: int = 0  # number of the download's run, for the record beside the part file; 0 keeps no record
    has_sidecar: bool = False  # look for FILE.sha256 and similar files, where no header has a checksum
    extras: tuple[str, ...] = ()  # suffixes of extra files to look for, such as FILE.srt
    keep_extra: KeepExtra = _keep_no_extra
    limits: TransferLimits = TransferLimits()
    judge: StartJudge = field(default_factory=AnyStart)
    parts: Callable[[], PartJudge] = AnyPart

    @property
    def held(self) -> HeldPart:
        """Return the facts about the bytes on disk."""
        return HeldPart.of(self.durable_offset, self.total, self.validators, self.learned)


class StopReason(StrEnum):
    """Define the reasons for which a transfer's owner halts it."""

    PAUSE = "pause"
    CANCEL = "cancel"
    YIELD = "yield"  # a viewer needs the connection
    SLOW = "slow"  # it is too slow, and another download waits for its slot
    SHUTDOWN = "shutdown"
    UNFIT = "unfit"  # its first bytes show that the file does not fit
    LOST = "lost"  # this worker no longer owns the row, or may have lost it


@dataclass(frozen=True)
class Fetched:
    """Report that all bytes are on disk and synced.

    Where the server stated no length (`is_length_known` false), only the container shows whether the file is complete:
    if it is not, call `transfer` again with the same offset.
    """

    size: int
    validators: Validators
    is_length_known: bool = True
    extension: str | None = None  # ".mkv" where the transfer decided it (HLS); None keeps the entry's extension
    checksums: Mapping[str, str] = field(
        default_factory=dict
    )  # from the answer's headers: {"sha-256": hex, "md5": hex}
    extras: tuple[str, ...] = ()  # the suffixes of the request that were kept


@dataclass(frozen=True)
class Stopped:
    """Report that the owner halted the transfer. `durable` was called with its progress."""

    reason: StopReason


@dataclass(frozen=True)
class TransferFailed:
    """Report that the attempt failed.

    The received bytes are kept, and `durable` was called with them. `status` is the HTTP status, if any. `is_cut` means
    that the connection ended in the middle of the body without a reason. Panels do this to the oldest of too many
    connections, so ask the account before reconnecting.
    """

    kind: FailureKind
    message: str  # the attempt, its object and the remedy; without secrets
    retry_after_s: float | None = None
    status: int | None = None
    is_cut: bool = False


Outcome = Fetched | Stopped | TransferFailed


class TransferWatcher(Protocol):
    """Receive the reports of a transfer, in its thread. All but `interrupted` must return at once."""

    def opened(self, shutdown: Callable[[], None]) -> None:
        """Note an open connection.

        `shutdown` may be called from any thread and frees a blocked read in milliseconds. To halt, first let `stopping`
        return a reason, then call the latest `shutdown`.
        """
        ...

    def stopping(self) -> StopReason | None:
        """Return the reason to stop, or None.

        It is called before every read, every write and every 0.2 s of waiting.
        """
        ...

    def received(self, size: int) -> None:
        """Count `size` more received bytes, for speed and activity, not for resuming."""
        ...

    def durable(self, held: HeldPart) -> None:
        """Record that `held` is on disk (fdatasync returned). It may shrink where the server's file changed."""
        ...

    def interrupted(self, failure: TransferFailed) -> float | None:
        """Decide on a lost or silent connection: return the seconds to wait before the next one, or None to end the
        attempt.

        `durable` was called with everything received before.
        """
        ...


class Pace(Protocol):
    """Limit the bandwidth of a transfer; see `transfers.pace`."""

    @property
    def quantum(self) -> int:
        """Return the most bytes to read before the next call."""
        ...

    def take(self, size: int) -> float:
        """Account for `size` bytes that were read. Return the seconds to pause before the next read."""
        ...
