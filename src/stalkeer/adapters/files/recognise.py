"""Recognise a file by its first bytes: a video container, or something mistaken for one."""

from __future__ import annotations

from stalkeer.adapters.files import asf, avi, flv, matroska, mp4, mpegps, mpegts, ogg, realmedia
from stalkeer.adapters.files.facts import Broken

START = 64 * 1024  # bytes that suffice
SNIFF = 4096  # bytes that suffice for every container but a transport stream with something in front of it
RECOGNISERS = (
    ("matroska", matroska.is_matroska),
    ("mp4", mp4.is_mp4),
    ("avi", avi.is_avi),
    ("mpegps", mpegps.is_mpegps),
    ("flv", flv.is_flv),
    ("asf", asf.is_asf),
    ("ogg", ogg.is_ogg),
    ("realmedia", realmedia.is_realmedia),
)
TRACKS = {
    "matroska": matroska.has_video_track,
    "mp4": mp4.has_video_track,
    "asf": asf.has_video_track,
    "ogg": ogg.has_video_track,
}
SOUND = "sound without a picture"
UNKNOWN = "data of no known form"
SCRAMBLED = "data that look encrypted"
# what, its first bytes, and where they stand
OTHERS = (
    ("a JPEG picture", b"\xff\xd8\xff", 0),
    ("a PNG picture", b"\x89PNG\r\n", 0),
    ("a GIF picture", b"GIF8", 0),
    ("a TIFF picture", b"II*\0", 0),
    ("a TIFF picture", b"MM\0*", 0),
    ("a BMP picture", b"\0\0\0\0", 6),  # with "BM" in front, see `_named`
    ("a WebP picture", b"WEBP", 8),
    ("a picture", b"ftypheic", 4),
    ("a picture", b"ftypheix", 4),
    ("a picture", b"ftypmif1", 4),
    ("a picture", b"ftypavif", 4),
    ("a picture", b"ftypcrx ", 4),
    ("a picture", b"jP  \r\n", 4),
    ("a ZIP archive", b"PK\x03\x04", 0),
    ("a ZIP archive", b"PK\x05\x06", 0),
    ("a ZIP archive", b"PK\x07\x08", 0),
    ("a RAR archive", b"Rar!\x1a\x07", 0),
    ("a 7z archive", b"7z\xbc\xaf\x27\x1c", 0),
    ("a tar archive", b"ustar", 257),
    ("an ACE archive", b"**ACE**", 7),
    ("an ARJ archive", b"\x60\xea", 0),
    ("a cabinet archive", b"MSCF", 0),
    ("a package", b"!<arch>", 0),
    ("gzip data", b"\x1f\x8b", 0),
    ("bzip2 data", b"BZh", 0),
    ("xz data", b"\xfd7zXZ\0", 0),
    ("zstd data", b"\x28\xb5\x2f\xfd", 0),
    ("lz4 data", b"\x04\x22\x4d\x18", 0),
    ("an encrypted file", b"Salted__", 0),
    ("an encrypted file", b"LUKS\xba\xbe", 0),
    ("an encrypted file", b"age-encryption.org/", 0),
    ("a disc image", b"CD001", 32769),
    ("a Windows program", b"MZ", 0),
    ("a program", b"\x7fELF", 0),
    ("a program", b"\xca\xfe\xba\xbe", 0),
    ("a program", b"\xcf\xfa\xed\xfe", 0),
    ("a PDF document", b"%PDF", 0),
    ("an Office document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0),
    ("a database", b"SQLite format 3\0", 0),
    ("a torrent", b"d8:announce", 0),
    ("an MP3 file", b"ID3", 0),
    ("an MP3 file", b"\xff\xfb", 0),
    ("an AAC file", b"\xff\xf1", 0),
    ("a FLAC file", b"fLaC", 0),
    ("a WAV file", b"WAVE", 8),
    ("an AIFF file", b"AIF", 8),
    ("a web page", b"<", 0),
)
TEXT_START = 512
EVENLY = 4096  # bytes that suffice to tell encrypted data from a container's head


def kind_of(start: bytes) -> str | None:
    """Return the container that begins with `start`; None when it is none that holds video.

    `start` are the first `START` bytes, or the whole file. A transport stream may have something in front of it.
    """
    if not is_text(start):  # the letters of a text could pass for the name of an MP4 box
        kind = next((kind for kind, recognises in RECOGNISERS if recognises(start)), None)
        if kind is not None:
            return kind
    return "mpegts" if mpegts.is_mpegts(start) else None


def lacks_picture(kind: str, start: bytes) -> bool:
    """Tell whether a container's beginning names its tracks and no video among them."""
    find = TRACKS.get(kind)
    try:
        return find is not None and find(start) is False
    except Broken:  # it goes on beyond `start`
        return False


def needs_more(start: bytes) -> bool:
    """Tell whether more bytes than `start` are needed to recognise the file or to refuse it."""
    return len(start) < START and (len(start) < SNIFF or kind_of(start) is None)


def is_text(start: bytes) -> bool:
    """Tell whether bytes are text. Containers have control bytes within their first half kilobyte; text has none."""
    return not any(byte < 9 or 13 < byte < 32 for byte in start[:TEXT_START])


def describe(start: bytes) -> str:
    """Describe the contents in a few words. Quotes no bytes, because a page may contain an account's login."""
    if start and not start.strip(b"\0"):
        return "a file that begins with zeros only"
    text = _as_text(start)
    visible = text.lstrip().encode() if text is not None else start
    named = _named(visible)
    if named is not None:
        return named
    if text is not None:
        return "text"
    return SCRAMBLED if _is_even(start) else UNKNOWN


def _named(start: bytes) -> str | None:
    for words, signature, at in OTHERS:
        if start[at : at + len(signature)] == signature and (words != "a BMP picture" or start[:2] == b"BM"):
            return words
    return None


def _is_even(start: bytes) -> bool:
    """Tell whether all bytes are equally frequent, as in encrypted data. No container begins like that."""
    sample = start[:EVENLY]
    if len(sample) < EVENLY:
        return False
    expected = EVENLY / 256
    spread = sum((sample.count(value) - expected) ** 2 for value in range(256)) / expected
    return spread < 340  # chi-square of 255 degrees of freedom: 0.03 % of random data lie above


def _as_text(start: bytes) -> str | None:
    """Return the beginning as text in UTF-8 or UTF-16, with or without a byte order mark; None when it is no text."""
    even = start[: len(start) // 2 * 2]
    for mark, encoding, zeros in ((b"\xff\xfe", "utf-16-le", even[1:64:2]), (b"\xfe\xff", "utf-16-be", even[:64:2])):
        is_wide = start.startswith(mark) or (bool(zeros) and not any(zeros))
        if is_wide and any(start):
            return even.removeprefix(mark).decode(encoding, "replace")
    return start.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace") if is_text(start) else None
