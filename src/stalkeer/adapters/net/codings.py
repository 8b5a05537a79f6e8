"""Compare a `Content-Encoding` label with the first bytes of the body. The bytes decide.

Servers label plain bytes as compressed and send compressed ones without a label. Lists are unpacked by their first
bytes. A media file is refused only where it really is compressed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from stalkeer.adapters.net.failures import Cause, NetworkFailure

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
MOST_LAYERS = 3  # gzip within gzip happens; a decompression bomb has more layers
PIECE = 1 << 18
_GZIP = frozenset({"gzip", "x-gzip"})
_DEFLATE = frozenset({"deflate", "x-deflate", "zlib"})
# codings without recognisable first bytes
_SILENT = frozenset({"br", "compress", "x-compress", "dcb", "dcz", "bzip2", "x-bzip2", "xz", "lzma"})


def _labels(encoding: str | None) -> set[str]:
    return {label.strip().casefold() for label in (encoding or "").split(",")}


def is_compressed(encoding: str | None, first: bytes) -> bool:
    """Return whether a body that begins with `first` is compressed as its label says. Labels of no compression never
    count.
    """
    labels = _labels(encoding)
    if labels & _GZIP:
        return first.startswith(GZIP_MAGIC)
    if labels & _DEFLATE:
        return _is_zlib(first)
    if "zstd" in labels:
        return first.startswith(ZSTD_MAGIC)
    return bool(labels & _SILENT) and not _is_plain(first)


def start_of(first: bytes) -> bytes:
    """Return the unpacked beginning of a body that begins with `first`; `first` itself where it is not compressed."""
    if not first.startswith(GZIP_MAGIC) and not _is_zlib(first):
        return first
    try:
        return zlib.decompressobj(wbits=47).decompress(first, len(first)) or first
    except zlib.error:
        return first


def unpacked(pieces: Iterator[bytes], encoding: str | None) -> Iterator[bytes]:
    """Unpack a list layer by layer, whatever its label.

    Raises zlib.error for damaged data, and NetworkFailure for a coding that is not supported.
    """
    may_be_deflated = bool(_labels(encoding) & _DEFLATE)
    for _layer in range(MOST_LAYERS):
        first, pieces = _peeked(pieces)
        if first.startswith(GZIP_MAGIC):
            pieces = _members(pieces)
        elif may_be_deflated and first and not _is_plain(first):
            pieces, may_be_deflated = _inflated(pieces, -15 if not _is_zlib(first) else 15), False
        else:
            if is_compressed(encoding, first):
                words = f"the answer is compressed ({(encoding or '')[:40]}) in a way that was not asked for"
                raise NetworkFailure(Cause.CODING, words, was_sent=True)
            return pieces
    first, pieces = _peeked(pieces)
    if first.startswith(GZIP_MAGIC):
        raise NetworkFailure(Cause.CODING, f"the answer is packed more than {MOST_LAYERS} times", was_sent=True)
    return pieces


def _is_zlib(first: bytes) -> bool:
    """Tell whether the bytes are a zlib header (RFC 1950): deflate, a window of at most 32 KiB, and a checksum over
    both bytes.
    """
    return len(first) >= 2 and first[0] & 0x0F == 8 and first[0] >> 4 <= 7 and (first[0] << 8 | first[1]) % 31 == 0


def _is_plain(first: bytes) -> bool:
    """Tell whether the bytes are not compressed: text, as in lists and JSON, or the beginning of a media file."""
    text = first[:64]
    if not any(byte < 9 or 13 < byte < 32 or byte == 127 for byte in text):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            return error.reason == "unexpected end of data"
        return True
    return first[4:8] == b"ftyp" or first.startswith((b"\x1a\x45\xdf\xa3", b"RIFF", b"\x47"))


def _peeked(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes, at least two if possible, and all pieces from the first on."""
    first = b""
    while len(first) < 64:
        piece = next(pieces, None)
        if piece is None:
            break
        first += piece

    def again() -> Iterator[bytes]:
        if first:
            yield first
        yield from pieces

    return first, again()


def _members(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip; several members follow one another, and what follows the last one is padding."""
    unpacker = zlib.decompressobj(wbits=31)
    pending = next(pieces, b"")
    while True:
        while pending:
            yield from _some(unpacker.decompress(pending, PIECE))
            pending = unpacker.unconsumed_tail
            if unpacker.eof:
                pending = unpacker.unused_data
                if len(pending) < 2:  # the next member may begin with the next piece
                    pending += next(pieces, b"")
                pending = pending.lstrip(b"\0")
                if not pending.startswith(GZIP_MAGIC):
                    return
                unpacker = zlib.decompressobj(wbits=31)
        more = next(pieces, None)
        if more is None:
            break
        pending = more
    _check_whole(is_whole=unpacker.eof)


def _inflated(pieces: Iterator[bytes], wbits: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=wbits)
    for piece in pieces:
        pending = piece
        while pending and not unpacker.eof:
            yield from _some(unpacker.decompress(pending, PIECE))
            pending = unpacker.unconsumed_tail
    _check_whole(is_whole=unpacker.eof)


def _some(piece: bytes) -> Iterator[bytes]:
    if piece:
        yield piece


def _check_whole(*, is_whole: bool) -> None:
    if not is_whole:
        raise zlib.error("the packed data ends too early")
