"""Keep a record beside a part file: the bytes on disk, and the outcome of the transfer.

The database has precedence. The record is used only for a run whose end could not be stored there: after a kill, or
while the database was unavailable or its disk full.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from stalkeer.adapters.transfers.request import FailureKind, Fetched, TransferFailed
from stalkeer.core.downloads.resume import HeldPart, Validators

SUFFIX = ".state"
BYTES = 4096  # fixed size, so that it can be overwritten in place even on a full disk


@dataclass(frozen=True)
class Kept:
    """Describe the part file after `run`.

    `outcome` is set where the end of the run could not be stored in the database.
    """

    run: int
    held: HeldPart
    outcome: Fetched | TransferFailed | None = None


def record_of(part: Path) -> Path:
    return part.with_name(part.name + SUFFIX)


def keep(part: Path, kept: Kept) -> None:
    """Write the record durably. An error of the disk does not stop the transfer."""
    text = json.dumps(_document(kept)).encode()
    line = b"%08x %s" % (zlib.crc32(text), text)
    with contextlib.suppress(OSError):
        descriptor = os.open(record_of(part), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, line.ljust(BYTES), 0)
            os.ftruncate(descriptor, max(BYTES, len(line)))
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)


def find_record(part: Path) -> Kept | None:
    """Read the record of a part file; None without a complete record, or where the file is shorter than recorded."""
    try:
        checksum, _, text = record_of(part).read_bytes().rstrip(b" ").partition(b" ")
        size = part.stat().st_size
        if int(checksum, 16) != zlib.crc32(text):
            return None
        kept = _read(json.loads(text))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if kept.held.offset <= size else None


def forget(part: Path) -> None:
    """Remove the record, because the database has everything."""
    with contextlib.suppress(OSError):
        record_of(part).unlink(missing_ok=True)


def _document(kept: Kept) -> dict[str, object]:
    held, outcome = kept.held, kept.outcome
    return {
        "run": kept.run,
        "offset": held.offset,
        "total": held.total,
        "validators": held.validators.to_document(),
        "learned": held.learned,
        "fetched": _fetched_document(outcome) if isinstance(outcome, Fetched) else None,
        "failed": asdict(outcome) if isinstance(outcome, TransferFailed) else None,
    }


def _fetched_document(fetched: Fetched) -> dict[str, object]:
    known = {"size": fetched.size, "validators": fetched.validators.to_document(), "extension": fetched.extension}
    return known | {"is_length_known": fetched.is_length_known, "checksums": dict(fetched.checksums)}


def _read(document: Mapping[str, object]) -> Kept:
    """Read the document. Raises KeyError, TypeError or ValueError for a document that `keep` did not write."""
    offset, total, run = document["offset"], document["total"], document["run"]
    validators, learned = document["validators"], document["learned"]
    if not isinstance(offset, int) or not isinstance(run, int) or not isinstance(total, int | None):
        raise TypeError(document)
    if not isinstance(validators, dict) or not isinstance(learned, dict):
        raise TypeError(document)
    held = HeldPart.of(offset, total, Validators.from_document(validators), learned)
    fetched, failed = document["fetched"], document["failed"]
    if isinstance(fetched, dict):
        return Kept(run, held, Fetched(**fetched | {"validators": Validators.from_document(fetched["validators"])}))
    if isinstance(failed, dict):
        return Kept(run, held, TransferFailed(**failed | {"kind": FailureKind(failed["kind"])}))
    return Kept(run, held)
