"""Convert a playlist to UTF-8: by its byte order mark, the encoding that it states, or a guess over all lines that are
not UTF-8.

Lines that are valid UTF-8 stay as they are unless the list states another encoding and most of its lines agree.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from stalkeer.private_files import make_private_folder, open_private

PIECE = 1 << 20
MOST_GUESSED = 1 << 16  # bytes of names in another encoding that are enough for a guess
HEAD = 1 << 12
_UTF_8_MARK = codecs.BOM_UTF8
_MARKS = (  # the longer marks first, because UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_STATED = re.compile(
    rb"""^#EXTENC\s*:\s*"?([\w.:-]+)|^#EXTM3U[^\n]*?\b(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I | re.M
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_PART = re.compile(rb'[^\n",]*[\x80-\xff][^\n",]*')
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# the wider encodings that HTML's table uses for these labels
_WIDER = {"iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874", "gb2312": "gb18030"}
_WIDER |= {"gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}
_TEXT = re.compile(r"cp\d+|iso8859-\d+|koi8-[rut]|mac-\w+|gb18030|big5(hkscs)?|euc_jp|iso2022_(jp|kr)\w*|ptcp154")
_ALPHABETS = ["cp1251", "cp1253", "cp1255", "cp1256", "koi8_r", "cp866", "cp874", "iso8859_5"]
_WORD = re.compile(r"[A-Za-z\x80-\U0010ffff]+")
_PLAIN_LETTER = re.compile(r"[A-Za-z]")
_ENOUGH_RUNS = 16  # half of the words in an alphabet have an odd number of letters, which no pairs of bytes have
_MOST_ODD = 0.02  # share of characters that may be damaged in a reading that is right
# non-ASCII letters of languages with their code page; at a tie, the first wins
_LATIN = (
    ("cp1252", "àâçèéêëîïôùûüœæÿ«»"),  # French
    ("cp1252", "áéíñóúü¿¡ªº"),  # Spanish
    ("cp1252", "äöüßé"),  # German
    ("cp1252", "àáâãçéêíóôõú"),  # Portuguese
    ("cp1252", "àèéìòù"),  # Italian
    ("cp1252", "åäöøæé"),  # Nordic languages
    ("cp1254", "âçğıîöşüİ"),  # Turkish
    ("cp1250", "áčďéěíňóřšťúůýžľĺŕäô"),  # Czech, Slovak
    ("cp1250", "ąćęłńóśźż"),  # Polish
    ("cp1250", "áéíóöőúüű"),  # Hungarian
    ("cp1250", "ăâîşţ"),  # Romanian
    ("cp1250", "čćđšž"),  # Croatian, Serbian, Slovenian
    ("iso8859-2", "áčďéěíňóřšťúůýžľĺŕäô"),  # the same languages, written by programs that do not know Windows
    ("iso8859-2", "ąćęłńóśźż"),
    ("iso8859-2", "čćđšž"),
    ("cp1257", "ąčęėįšųūž"),  # Lithuanian
    ("cp1257", "āčēģīķļņšūž"),  # Latvian
    ("cp1257", "äöüõšž"),  # Estonian
)
_WESTERN = ("cp1252", "".join(letters for encoding, letters in _LATIN if encoding == "cp1252"))
_MIXED_SHARE = 0.9  # score of a list in several western languages, which is less certain


def readable_start(sample: bytes) -> bytes:
    """Return the first bytes of a list as UTF-8: UTF-16 and UTF-32 decoded, all others as they are."""
    wide = _wide_encoding(sample)
    if wide is None:
        return sample
    whole = len(sample) - len(sample) % 4
    return sample[:whole].decode(wide, "replace").encode("utf-8", "replace")


def as_utf8(path: Path, target: Path, content_type: str = "") -> tuple[Path, Counter[str]]:
    """Return the path of the list in UTF-8, and its oddities.

    The path is `path` for a list in UTF-8, else the converted `target`. `content_type` is the header of the answer.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        wide = _wide_encoding(head)
        stream.seek(0)
        if wide is not None:
            _recode_wide(stream, target, wide)
            return target, Counter({f"encoding-{wide}": 1})
        odd = _odd_lines(stream)
        if not odd.count:
            return path, Counter()
        stated = _stated_encoding(head, content_type)
        encoding = stated or guess_encoding(odd.sample)
        is_everywhere = stated is not None and odd.count > odd.others
        stream.seek(0)
        _recode_lines(stream, target, encoding, is_everywhere=is_everywhere)
    return target, Counter({f"encoding-{encoding}": odd.count})


def guess_encoding(text: bytes) -> str:
    """Guess the encoding of names that are not UTF-8.

    Non-ASCII letters are usually single in Latin languages, and side by side in other scripts.

    >>> guess_encoding("Die schöne Müllerin".encode("cp1252"))
    'cp1252'
    """
    runs = _HIGH_RUN.findall(text)
    together = sum(len(run) for run in runs if len(run) > 1)
    if together * 2 > sum(map(len, runs)):
        return _guess_script(text) or _guess_latin(text)
    return _guess_latin(text)


def _guess_script(text: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - it takes a moment, and few lists need it

    possible = [encoding for encoding, is_natural in _CHARACTERS.items() if _reads(text, encoding, is_natural)]
    if possible and len(_HIGH_RUN.findall(text)) >= _ENOUGH_RUNS:
        return possible[0]
    possible += [encoding for encoding in _ALPHABETS if _has_pure_words(text.decode(encoding, "replace"))]
    if not possible:
        return None
    found = from_bytes(
        text, cp_isolation=possible, threshold=0.5, language_threshold=0.05, enable_fallback=False
    ).best()
    return None if found is None else found.encoding


def _has_pure_words(text: str) -> bool:
    """Tell whether most words with foreign letters have no Latin ones, as in all languages with another alphabet."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    return sum(1 for word in words if _PLAIN_LETTER.search(word)) * 2 <= len(words)


def _reads(text: bytes, encoding: str, is_natural: Callable[[str], bool]) -> bool:
    read = [letter for letter in text.decode(encoding, "replace") if not letter.isascii()]
    return read.count("\ufffd") <= len(read) * _MOST_ODD and is_natural("".join(read))


def _is_japanese(letters: str) -> bool:
    """Tell whether kana, which all Japanese texts have, are among the characters, and few of them are half-width."""
    return _share(letters, "\u3041", "\u30ff") >= 0.05 and _share(letters, "\uff61", "\uff9f") <= 0.3


def _is_korean(letters: str) -> bool:
    return _share(letters, "\uac00", "\ud7a3") >= 0.85


def _is_simplified(letters: str) -> bool:
    """Tell whether most characters are frequent ones, which the first half of GB 2312 has."""
    return _share_of_lead(letters, "gb2312", 0xB0, 0xD7) >= 0.7


def _is_traditional(letters: str) -> bool:
    """Tell whether most characters are frequent ones, which the first half of Big5 has."""
    return _share_of_lead(letters, "big5", 0xA4, 0xC6) >= 0.7


def _share(letters: str, first: str, last: str) -> float:
    return sum(1 for letter in letters if first <= letter <= last) / max(1, len(letters))


def _share_of_lead(letters: str, encoding: str, first: int, last: int) -> float:
    leads = (letter.encode(encoding, "ignore")[:1] for letter in letters)
    return sum(1 for lead in leads if lead and first <= lead[0] <= last) / max(1, len(letters))


_CHARACTERS = {  # encodings of two bytes with a rule for each; Korean fulfils also the Chinese rules
    "cp932": _is_japanese,
    "euc_jp": _is_japanese,
    "cp949": _is_korean,
    "gb18030": _is_simplified,
    "big5": _is_traditional,
}


def _guess_latin(text: bytes) -> str:
    high = Counter(byte for byte in text if byte >= 0x80)

    def fits(language: tuple[str, str]) -> int:
        encoding, letters = language
        read = ((bytes((byte,)).decode(encoding, "ignore").lower(), count) for byte, count in high.items())
        return sum(count for letter, count in read if letter and letter in letters)

    best = max(_LATIN, key=fits)
    return best[0] if fits(best) >= fits(_WESTERN) * _MIXED_SHARE else _WESTERN[0]


@dataclass
class _OddLines:
    """Hold the lines that are not UTF-8. `others` counts lines that are UTF-8 and not ASCII."""

    count: int = 0
    others: int = 0
    parts: list[bytes] = field(default_factory=list)
    size: int = 0

    @property
    def sample(self) -> bytes:
        return b"\n".join(self.parts)

    def add(self, line: bytes) -> None:
        self.count += 1
        if self.size < MOST_GUESSED:
            found = _PART.findall(line)
            self.parts += found
            self.size += sum(map(len, found))


def _odd_lines(stream: BinaryIO) -> _OddLines:
    odd = _OddLines()
    for piece in _whole_lines(stream):
        if piece.isascii():
            continue
        if _is_utf8(piece):
            odd.others += piece.count(b"\n")
            continue
        for line in piece.split(b"\n"):
            if not _is_utf8(line):
                odd.add(line)
            elif not line.isascii():
                odd.others += 1
    return odd


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the stream in pieces that end with a line."""
    rest = b""
    while piece := stream.read(PIECE):
        cut = piece.rfind(b"\n") + 1
        if not cut:
            rest += piece
            continue
        yield rest + piece[:cut]
        rest = piece[cut:]
    if rest:
        yield rest


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _wide_encoding(head: bytes) -> str | None:
    """Recognise UTF-16 and UTF-32 by their marks, or by the zero bytes between plain letters."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    start = head[:64].ljust(64, b"\n")
    if start.count(b"\0") < 16 or start[:1] + start[1:2] == b"\0\0":
        return None
    if not any(start[0::2].replace(b"\n", b"")) or start[0:1] == b"\0":
        return "utf-16-be" if b"\0" not in start[1::2] else None
    return "utf-16-le" if b"\0" not in start[0::2] else None


def _stated_encoding(head: bytes, content_type: str) -> str | None:
    """Return the encoding that the list or its answer states, if it is one of text and not UTF-8."""
    in_list = _STATED.search(head)
    in_answer = _CHARSET.search(content_type)
    labels = [] if in_list is None else [(in_list[1] or in_list[2]).decode("ascii", "replace")]
    labels += [] if in_answer is None else [in_answer[1]]
    for label in labels:
        name = _python_name(label)
        if name is not None:
            return name
    return None


def _python_name(label: str) -> str | None:
    try:
        name = codecs.lookup(label.strip().replace("x-sjis", "shift_jis")).name
    except (LookupError, ValueError):
        return None
    name = _WIDER.get(name, name)
    return name if _TEXT.fullmatch(name) else None


def _recode_wide(stream: BinaryIO, target: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    make_private_folder(target.parent)
    with open_private(target) as written:
        while piece := stream.read(PIECE):
            written.write(decoder.decode(piece).encode("utf-8", "replace"))
        written.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))


def _recode_lines(stream: BinaryIO, target: Path, encoding: str, *, is_everywhere: bool) -> None:
    make_private_folder(target.parent)
    with open_private(target) as written:
        for piece in _whole_lines(stream):
            if piece.isascii() or (not is_everywhere and _is_utf8(piece)):
                written.write(piece)
                continue
            lines = [
                line if line.isascii() or (not is_everywhere and _is_utf8(line)) else _recoded(line, encoding)
                for line in piece.split(b"\n")
            ]
            written.write(b"\n".join(lines))


def _recoded(line: bytes, encoding: str) -> bytes:
    if line.startswith(_UTF_8_MARK):  # the mark of another list, in a concatenated list
        line = line[len(_UTF_8_MARK) :]
    return line.decode(encoding, "replace").encode()
