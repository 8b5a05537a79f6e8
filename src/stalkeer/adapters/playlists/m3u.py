"""Cut an M3U playlist into chunks that end where an entry ends, and chunks into blocks.

A block is an `#EXTINF` line with the lines that belong to it. Blocks are fingerprinted, compared and, if new, read (see
`m3u_entry`). Everything here works on whole chunks, because a Python step for each of a million lines would cost more
than all the rest.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from stalkeer.core.catalogue.stretches import EXTINF, SEPARATOR

CHUNK = 1 << 16  # bytes that fit into the processor's cache: with a megabyte, reading is half as fast
SAMPLE = 1 << 19
LOOKS = 8  # samples from the rest of a file, each of a chunk's size, because movies often come after all channels
LONGEST_BLOCK = 12 << 20
_BOM = b"\xef\xbb\xbf"
_TWICE_ENCODED_BOM = _BOM.decode("cp1252").encode()  # written by an editor that read the mark as letters
_DIRECTIVES = (b"#EXTVLCOPT", b"#KODIPROP", b"#EXTHTTP", b"#EXTGRP")
_IN_FRONT = re.compile(rb"\n[^#\r\n][^\n]*\n(?:#(?:EXTVLCOPT|KODIPROP|EXTHTTP|EXTGRP)[^\n]*\n)+#EXTINF:")


class ByteStream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Chunks:
    """Yield the text of a playlist in pieces; `oddities` counts deviations from the format.

    A chunk begins with `#EXTINF:`; a chunk of lines without any `#EXTINF` begins with a newline. `regroup` is set where
    lines such as #EXTVLCOPT come before their #EXTINF.
    """

    def __init__(self, stream: ByteStream, *, chunk: int = CHUNK) -> None:
        self._stream = stream
        self._chunk = chunk
        self._directives = b""
        self.regroup = False
        self.oddities: Counter[str] = Counter()
        self.bytes_read = 0
        self.sample = self._begin()

    def _begin(self) -> bytes:
        """Read the first half megabyte, from which the common parts of the list's URLs are learned."""
        sample = b""
        while len(sample) < SAMPLE and (raw := self._stream.read(SAMPLE)):
            sample += raw
        self.bytes_read = len(sample)
        sample = self._without_marks(sample)
        if sample and sample.lstrip()[:7].upper() != b"#EXTM3U":
            self.oddities["no-header"] += 1
        self.regroup = any(_IN_FRONT.search(text.replace(b"\r", b"")) for text in (sample, *self._looks()))
        return sample

    def _looks(self) -> Iterator[bytes]:
        """Yield pieces behind the sample, the end among them, if the playlist is a file."""
        stream = self._stream
        if not isinstance(stream, io.BufferedReader) or not isinstance(stream.raw, io.FileIO):
            return
        place, size = stream.tell(), os.fstat(stream.fileno()).st_size
        for step in range(1, LOOKS + 1):
            stream.seek(max(place, place + (size - place) * step // LOOKS - self._chunk))
            yield stream.read(self._chunk)
        stream.seek(place)

    def __iter__(self) -> Iterator[bytes]:
        for text in self._texts():
            if text.startswith(EXTINF):
                yield self.regrouped(text) if self.regroup else text
            else:
                yield from self._head(text)

    def _head(self, text: bytes) -> Iterator[bytes]:
        """Yield the text in front of the first #EXTINF of a chunk: the header, or URLs without #EXTINF."""
        if text.startswith(SEPARATOR):
            text = text[1:]
            head, rest = b"", text[len(EXTINF) :]
        else:
            head, separator, rest = text.partition(SEPARATOR)
            text = EXTINF + rest if separator else b""
        if any(name in head for name in _DIRECTIVES):
            self.regroup = True
        kept, self._directives = _cut_tail(b"\n" + head)
        if any(line.strip() and not line.startswith(b"#EXTM3U") for line in kept.split(b"\n")):
            yield kept
        if text:
            yield self.regrouped(text) if self.regroup else text

    def _texts(self) -> Iterator[bytes]:
        """Yield pieces that end where a block ends, with newlines made equal."""
        carry = b""
        for raw in self._raw():
            if b"\0" in raw:  # NUL is in no valid text, and PostgreSQL refuses it
                self.oddities["zero-byte"] += raw.count(b"\0")
                raw = raw.replace(b"\0", b"")
            text = self._without_marks(carry + raw)
            if b"\r" in text:
                text = self._without_returns(text)
            cut = text.rfind(SEPARATOR)
            if cut < 0 and len(text) > LONGEST_BLOCK:
                cut = self._cut_overlong(text)
            if cut <= 0:
                carry = text
                continue
            yield text[:cut]
            carry = text[cut + 1 :]
        carry = carry.replace(b"\r", b"\n").strip(b"\n")
        if carry.strip():
            yield carry

    def _raw(self) -> Iterator[bytes]:
        for start in range(0, len(self.sample), self._chunk):
            yield self.sample[start : start + self._chunk]
        while raw := self._stream.read(self._chunk):
            self.bytes_read += len(raw)
            yield raw

    def _without_marks(self, text: bytes) -> bytes:
        """Drop byte order marks, which a concatenated list may have before any line."""
        if text.isascii():
            return text
        for mark in (_BOM, _TWICE_ENCODED_BOM):
            if mark in text:
                self.oddities["bom"] += text.count(mark)
                text = text.replace(mark, b"")
        return text

    def _without_returns(self, text: bytes) -> bytes:
        self.oddities["crlf"] = 1
        held = b"\r" if text.endswith(b"\r") else b""  # its newline may be in the next piece
        return text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held

    def _cut_overlong(self, text: bytes) -> int:
        """Return where to cut text without any block: at the end of a line. An overlong line is dropped."""
        cut = text.rfind(b"\n")
        if cut <= 0:
            self.oddities["overlong-line"] += 1
            return len(text)
        return cut

    def regrouped(self, text: bytes) -> bytes:
        """Move lines such as #EXTVLCOPT behind a URL to the next block, to which they belong."""
        grouped: list[bytes] = []
        for block in blocks_of(text):
            if self._directives:
                first, _, rest = block.partition(b"\n")
                block = first + b"\n" + self._directives + rest
            block, self._directives = _cut_tail(block)
            grouped.append(block)
        return chunk_of(grouped)


def blocks_of(chunk: bytes) -> list[bytes]:
    """Return the blocks of a chunk, each without its `#EXTINF:`."""
    return chunk[len(EXTINF) :].split(SEPARATOR) if chunk.startswith(EXTINF) else [chunk]


def chunk_of(blocks: list[bytes]) -> bytes:
    """Return the chunk that has these blocks; they may come from several chunks."""
    return EXTINF + SEPARATOR.join(blocks)


def _cut_tail(block: bytes) -> tuple[bytes, bytes]:
    """Return the block up to its last URL, and the directive lines behind it."""
    if b"\n#" not in block:
        return block, b""
    lines = block.split(b"\n")
    last = len(lines)
    while last > 1 and (not lines[last - 1].strip() or lines[last - 1].startswith(b"#")):
        last -= 1
    is_headless = not lines[0]
    if last <= 1 and not is_headless:
        return block, b""  # without a URL, the lines belong to this entry
    tail = [line for line in lines[last:] if line.startswith(_DIRECTIVES)]
    return b"\n".join(lines[:last]), b"".join(line + b"\n" for line in tail)
