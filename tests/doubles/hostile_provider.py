"""A provider that sends everything but the film: each behaviour with what a download of it has to end in.

A film that cannot come must never be completed; one that comes at last must be exactly the film.
"""

from __future__ import annotations

import gzip
import json
import random
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stalkeer.demo.content import Memory
from stalkeer.demo.exchange import Exchange, MediaAnswer
from stalkeer.demo.media import EPISODE_24, MOVIE_90, MOVIE_105, Clip, media, read_clip
from tests.doubles.provider_faults import Hook, on

SIZE = 400_000
Body = Callable[[bytes], bytes]  # of the film: what is sent in its place


@dataclass(frozen=True)
class Hostile:
    """One behaviour. `times`: for so many requests, then the film comes; None: for ever.

    With `has_length` false the end of the connection is the end of the body, and ranges are not known.
    """

    kind: str
    body: Body
    times: int | None = None
    content_type: str = "video/x-matroska"
    headers: Mapping[str, str] | None = None
    clip: Clip | None = MOVIE_90  # None: a transport stream
    has_length: bool = True

    @property
    def comes(self) -> bool:
        return self.times is not None

    def film(self, seed: int) -> bytes:
        if self.clip is None:
            return transport_film(90, SIZE, seed)
        made = media(self.clip, SIZE, seed)
        return made.read(0, made.size)

    def hook(self, film: bytes, key: str) -> Hook:
        sent = self.body(film)

        def behave(exchange: Exchange) -> None:
            fields = {"Content-Type": self.content_type, **(self.headers or {})}
            exchange.deliver(MediaAnswer(200, fields, Memory(sent), length=None if self.has_length else -1))
            if not self.has_length:
                exchange.close()

        return on(behave, key=key, first=self.times)


def always(payload: bytes) -> Body:
    return lambda _film: payload


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


NOTICES: dict[str, bytes] = {
    "a page": b"<!doctype html><html><body>Sign in</body></html>",
    "a part of a page": b"   <div>All slots are in use</div>",
    "a page in UTF-16": "<html><body>Kein Zugang</body></html>".encode("utf-16"),
    "a page in UTF-16 without its mark": "<div>Kein Zugang</div>".encode("utf-16-be"),
    "a page packed without saying so": gzip.compress(b"<html>no</html>" * 100),
    "a PHP warning": b"<br />\n<b>Warning</b>: fopen(/vod/1.mkv) in <b>/var/www/vod.php</b> on line <b>9</b>",
    "a bare PHP warning": b"\nWarning: fopen(/vod/1.mkv): failed to open stream in /var/www/vod.php on line 9\n",
    "JSON": json.dumps({"user_info": {"auth": 0, "status": "Expired"}}).encode(),
    "an empty list": b"[]",
    "a zero": b"0",
    "nothing": b"",
    "a sentence": b"Your account has expired.",
    "a sentence with the names of boxes": b"Free moov and mdat trial of ftyp." * 40,
    "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nHello.\n" * 200,
    "XML": b'<?xml version="1.0"?><MPD></MPD>',
    "a torrent": b"d8:announce35:http://tracker.example.com/announcee" + noise(5000),
}
FORMS: dict[str, bytes] = {
    "a JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + noise(SIZE),
    "a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + noise(SIZE),
    "a GIF": b"GIF89a\1\0\1\0" + noise(3000),
    "a WebP": b"RIFF\x24\x10\0\0WEBPVP8 " + noise(3000),
    "a HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + noise(SIZE),
    "a ZIP": b"PK\x03\x04\x14\0\0\0\x08\0" + noise(SIZE),
    "an encrypted ZIP": b"PK\x03\x04\x14\0\1\0\x08\0" + noise(SIZE),
    "a RAR": b"Rar!\x1a\x07\1\0" + noise(SIZE),
    "an old RAR": b"Rar!\x1a\x07\0\xce\x99\x73\x80\0\x0d" + noise(SIZE),
    "a 7z": b"7z\xbc\xaf\x27\x1c\0\4" + noise(SIZE),
    "a gzip": gzip.compress(noise(SIZE)),
    "a tar": b"film.mkv".ljust(257, b"\0") + b"ustar\x0000" + noise(SIZE),
    "a program": b"MZ\x90\0\3\0\0\0\4\0" + noise(SIZE),
    "a program for Linux": b"\x7fELF\2\1\1\0" + noise(SIZE),
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + noise(SIZE),
    "an MP3": b"ID3\4\0\0\0\0\0\0" + noise(SIZE),
    "a WAV": b"RIFF\x24\x10\0\0WAVEfmt " + noise(SIZE),
    "a FLAC": b"fLaC\0\0\0\x22" + noise(SIZE),
    "an OpenSSL file": b"Salted__" + noise(SIZE),
    "noise": noise(SIZE),
    "zeros": bytes(SIZE),
    "half zeros, half noise": bytes(SIZE // 2) + noise(SIZE // 2),
    "a database": b"SQLite format 3\0" + noise(SIZE),
}


def cut(share: float) -> Body:
    return lambda film: film[: int(len(film) * share)]


def without_start(film: bytes) -> bytes:
    """A slice from the middle, said to be all."""
    return film[len(film) // 3 :]


def with_start_of(payload: bytes) -> Body:
    return lambda film: payload + film


def with_page_at_end(film: bytes) -> bytes:
    """A film whose server died in the middle and said so into the body."""
    return film[: len(film) // 2] + b"<html>500 Internal Server Error</html>" * 100


def clip(which: Clip) -> bytes:
    made = media(which, len(read_clip(which.name)) + 20_000, 7)
    return made.read(0, made.size)


def retimed(seconds: float) -> bytes:
    """The smallest film of a playing time: a notice of some seconds, whole in every way."""
    from tests.doubles.house import content

    whole = content(50_000, 3)
    at = whole.index(bytes.fromhex("2ad7b1")) + 7
    duration = b"\x44\x89\x84" + struct.pack(">f", seconds * 1000)
    info = whole.index(bytes.fromhex("1549a966")) + 4
    body = whole[:info] + bytes([whole[info] + len(duration)]) + whole[info + 1 : at] + duration + whole[at:]
    segment = body.index(bytes.fromhex("1853806701")) + 5
    size = int.from_bytes(body[segment : segment + 7]) + len(duration)
    return body[:segment] + size.to_bytes(7) + body[segment + 7 :]


def transport_film(minutes: int, size: int, seed: int) -> bytes:
    """A transport stream of one picture stream, whose clock runs so many minutes."""
    dice = random.Random(seed)
    count = size // 188
    tables = [_packet(0, _section(0, b"\0\1\xe1\0"), starts=True), _packet(256, _section(2, MAP), starts=True)]
    films = []
    for number in range(count - len(tables)):
        clock = minutes * 60 * 90_000 * number // (count - len(tables) - 1)
        field = bytes([7, 0x10]) + (clock << 15 | 0x7E00).to_bytes(6)
        films.append(b"\x47" + (0x4000 | 257).to_bytes(2) + bytes([0x30 | number & 15]) + field + dice.randbytes(176))
    return b"".join(tables + films)


MAP = b"\xe1\x01\xf0\0" + b"\x1b\xe1\x01\xf0\0"  # clock and H.264 picture in packets 257


def _section(table: int, body: bytes) -> bytes:
    return bytes([0, table]) + (0xB000 | len(body) + 9).to_bytes(2) + b"\0\1\xc1\0\0" + body + bytes(4)


def _packet(number: int, payload: bytes, *, starts: bool) -> bytes:
    return b"\x47" + (0x4000 * starts | number).to_bytes(2) + b"\x10" + payload.ljust(184, b"\xff")


CUTS = (0.05, 0.3, 0.5, 0.85, 0.99)
BEHAVIOURS: dict[str, Hostile] = {
    **{f"always {name}": Hostile("notice", always(body)) for name, body in NOTICES.items()},
    **{f"always {name}": Hostile("form", always(body)) for name, body in FORMS.items()},
    **{f"{name} twice, then the film": Hostile("mood", always(body), 2) for name, body in NOTICES.items()},
    **{f"{name} once, then the film": Hostile("mood", always(body), 1) for name, body in FORMS.items()},
    "a clip of 30 s twice, then the film": Hostile("mood", always(retimed(30)), 2),
    "an episode twice, then the film": Hostile("mood", always(clip(EPISODE_24)), 2),
    "always a clip of 30 s": Hostile("short", always(retimed(30))),
    "always an episode": Hostile("short", always(clip(EPISODE_24))),
    **{f"cut at {share:.0%}, the length too": Hostile("cut", cut(share)) for share in CUTS},
    **{f"an MP4 cut at {share:.0%}, the length too": Hostile("cut", cut(share), clip=MOVIE_105) for share in CUTS},
    "a slice from the middle": Hostile("cut", without_start),
    "a slice from the middle of an MP4": Hostile("cut", without_start, clip=MOVIE_105),
    "a page at its end": Hostile("cut", with_page_at_end),
    "a blank line in front": Hostile("cut", with_start_of(b"\n")),
    "a PHP warning in front": Hostile("cut", with_start_of(NOTICES["a bare PHP warning"])),
    **{
        f"a stream cut at {share:.0%}, without length": Hostile("stream", cut(share), clip=None, has_length=False)
        for share in (0.05, 0.3, 0.5, 0.85)
    },
    "a stream cut at 30%, the length too": Hostile("stream", cut(0.3), clip=None),
    "a stream cut at half, without length, then whole": Hostile("stream", cut(0.5), 1, clip=None, has_length=False),
    "a whole stream without length": Hostile("stream", lambda film: film, 9, clip=None, has_length=False),
    "a stream of slips": Hostile("cut", lambda film: film[:90_000] + film[90_100:200_000] + film[200_100:], clip=None),
    "the film as a page": Hostile("labels", lambda film: film, 1, "text/html"),
    "the film as JSON": Hostile("labels", lambda film: film, 1, "application/json"),
    "the film as a picture": Hostile("labels", lambda film: film, 1, "image/jpeg"),
    "the film as an attachment of another name": Hostile(
        "labels", lambda film: film, 1, headers={"Content-Disposition": 'attachment; filename="x.zip"'}
    ),
}
KINDS = tuple(dict.fromkeys(one.kind for one in BEHAVIOURS.values()))


def first_of(kind: str) -> str:
    return next(name for name, one in BEHAVIOURS.items() if one.kind == kind)


def hook_of(hooks: Mapping[str, Hook]) -> Hook:
    """One hook for many files, by key."""

    def hook(exchange: Exchange) -> bool | None:
        own = hooks.get(exchange.request.key or "")
        return own(exchange) if own is not None else False

    return hook
