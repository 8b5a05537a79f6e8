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
    """The time limits of a transfer. There is no limit on the whole: a movie may take a day."""

    connect_s: float = 15.0
    headers_s: float = 30.0  # the whole head, interim answers before it included
    silence_s: float = 60.0  # a read without a byte for so long: reconnect
    no_progress_s: float = 600.0  # `downloads.timeout`: so long without a byte over all reconnects ends the attempt
    reconnect_gap_s: float = 0.0  # before each further connection to the account, whatever its reason
    first_sync_bytes: int = 4 * 1024 * 1024  # soon enough to see by the head of the file that it is not wanted
    sync_bytes: int = 64 * 1024 * 1024
    sync_s: float = 10.0


class StartJudge(Protocol):
    """Judges a file by its first bytes, before any of them is written."""

    def needs_more(self, start: bytes) -> bool:
        """Tell whether more bytes than `start` are needed, if there are more."""
        ...

    def refusal(self, start: bytes) -> str | None:
        """Say what begins with `start` where it is not wanted; None where it is."""
        ...


class AnyStart:
    """Takes every file."""

    def needs_more(self, start: bytes) -> bool:
        return False

    def refusal(self, start: bytes) -> str | None:
        return None


class PartJudge(Protocol):
    """Judges the parts of a film that comes in segments, in their order. Made anew for every film."""

    def problem_of_header(self, payload: bytes) -> str | None:
        """Say what is wrong with an initialisation section; None where nothing is."""
        ...

    def problem_of_part(self, payload: bytes, seconds: float | None, *, is_restart: bool) -> PartProblem | None:
        """Say what is wrong with the next part; None where nothing is. A part that has a problem does not count.

        `seconds`: the playlist's word. `is_restart`: the clock need not continue the part before.
        """
        ...

    def problem_of_whole(self, movie: Path, seconds: float) -> str | None:
        """Say why the file that was joined is not all of the parts, which play `seconds`; None where it may be."""
        ...


class PartProblem(Protocol):
    """Describe the fault of a part."""

    @property
    def reason(self) -> str: ...

    @property
    def is_before(self) -> bool:
        """It shows in this part, but the part before it is the bad one."""
        ...


class AnyPart:
    """Takes every part."""

    def problem_of_header(self, payload: bytes) -> str | None:
        return None

    def problem_of_part(self, payload: bytes, seconds: float | None, *, is_restart: bool) -> PartProblem | None:
        return None

    def problem_of_whole(self, movie: Path, seconds: float) -> str | None:
        return None


KeepExtra = Callable[[str, bytes], bool]  # suffix and text of an extra; False where it is none


def _keep_no_extra(_suffix: str, _text: bytes) -> bool:
    return False


@dataclass(frozen=True)
class TransferRequest:
    """Fetch `url` into `part`, whose first `durable_offset` bytes are known to be on disk.

    `url`, `headers` and `proxy` may carry credentials and stay out of repr and messages. `total`, `validators` and
    `learned` are what `Watcher.durable` was last told. The part file is created where it is missing; bytes beyond
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
    # the source's own address as the user typed it: where it lies outside, nothing inside the user's network is asked;
    # empty where a file of the user's own names `url`
    listed_by: str = field(default="", repr=False)
    is_inside: IsInside = is_inside
    min_free: int = 0  # bytes of the disk that must stay free once the file is there
    most_reserved: int | None = None  # bytes to reserve ahead for a size that nothing has confirmed
    most_bytes: int | None = None  # that the film may have, for a body without a length
    run: int = 0  # of the download, for the record beside the part; 0: none is kept
    has_sidecar: bool = False  # look for FILE.sha256 and the like beside the file, where no header tells a checksum
    extras: tuple[str, ...] = ()  # look for FILE.srt and the like beside the file: their suffixes
    keep_extra: KeepExtra = _keep_no_extra
    limits: TransferLimits = TransferLimits()
    judge: StartJudge = field(default_factory=AnyStart)
    parts: Callable[[], PartJudge] = AnyPart

    @property
    def held(self) -> HeldPart:
        """Return what is known of the bytes on disk."""
        return HeldPart.of(self.durable_offset, self.total, self.validators, self.learned)


class StopReason(StrEnum):
    """The reason for which its owner halts a transfer."""

    PAUSE = "pause"
    CANCEL = "cancel"
    YIELD = "yield"  # someone watches: the connection is theirs
    SLOW = "slow"  # it hardly moves, and another download waits for its slot
    SHUTDOWN = "shutdown"
    UNFIT = "unfit"  # its head shows that the file is not wanted
    LOST = "lost"  # the row is not ours any more, or we were away too long to be sure


@dataclass(frozen=True)
class Fetched:
    """All bytes are on disk and synced.

    Where the server told no length (`is_length_known` false), only the container can tell whether that was all: if the
    walk says it is cut short, call `transfer` again with the same offset.
    """

    size: int
    validators: Validators
    is_length_known: bool = True
    extension: str | None = None  # ".mkv" where the transfer itself decided it (HLS); None: the entry's own
    checksums: Mapping[str, str] = field(
        default_factory=dict
    )  # from the answer's headers: {"sha-256": hex, "md5": hex}
    extras: tuple[str, ...] = ()  # the suffixes of the request that were kept


@dataclass(frozen=True)
class Stopped:
    """Halted as its owner wished; `durable` has been told how far it got."""

    reason: StopReason


@dataclass(frozen=True)
class TransferFailed:
    """The attempt is over. What arrived is kept and `durable` has been told.

    `status` is the HTTP status where there was one. `is_cut`: the connection ended in the middle of the body without a
    reason given, as panels do to the oldest of too many connections: ask the account before reconnecting.
    """

    kind: FailureKind
    message: str  # what was tried, on what, what to do; without secrets
    retry_after_s: float | None = None
    status: int | None = None
    is_cut: bool = False


Outcome = Fetched | Stopped | TransferFailed


class TransferWatcher(Protocol):
    """Receive the reports of a transfer, in its thread. All but `interrupted` must return at once."""

    def opened(self, shutdown: Callable[[], None]) -> None:
        """Note an open connection. `shutdown`, called from any thread, frees a blocked read in milliseconds.

        To halt: first let `stopping` answer with a reason, then call the latest `shutdown`.
        """
        ...

    def stopping(self) -> StopReason | None:
        """Return the reason to stop. Asked before every read, every write and every 0.2 s of waiting."""
        ...

    def received(self, size: int) -> None:
        """Count `size` more bytes from the wire: for speed and liveness, not for resuming."""
        ...

    def durable(self, held: HeldPart) -> None:
        """Note that what is `held` is on disk (fdatasync returned). It may shrink where the server's file changed."""
        ...

    def interrupted(self, failure: TransferFailed) -> float | None:
        """Decide on a lost or silent connection: seconds to wait before the next one; None ends the attempt.

        `durable` was told of everything that came before.
        """
        ...


class Pace(Protocol):
    """Limit the bandwidth of a transfer; see `transfers.pace`."""

    @property
    def quantum(self) -> int:
        """The most bytes to read before asking again."""
        ...

    def take(self, size: int) -> float:
        """Account for `size` bytes that were read. Return the seconds to pause before the next read."""
        ...
