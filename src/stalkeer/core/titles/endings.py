"""Recognise what releases and providers append to a title."""

from __future__ import annotations

import re

from stalkeer.core.titles.marks import QUALITY
from stalkeer.core.titles.vocabulary import PHRASES

BARE_YEAR = re.compile(r"[\s\-]((?:19|20)\d\d)(?=[\s\-]+([^\s\-]+))")
DIGIT = re.compile(r"\d")
SCENE = re.compile(rf"[\s.(\[-]{QUALITY}(?![\w])", re.I)
# the words of SCENE without digit and hyphen: a text without those can contain only these
SCENE_WORDS = frozenset(
    """webdl webrip webmux bluray bdrip brrip bdmux brmux bdremux hdtv hdrip dvdrip dvdscr dvdmux dvddivx dvdivx hdcam
    camrip hdts hdtc telesync tvrip tvriphd pdtv dvdr hddvd vhsrip xvid hevc flac vorbis""".split()  # noqa: SIM905
)
GROUP_YEAR = re.compile(r"\s((?:19|20)\d\d)-(?=\w*[A-Za-z])\w{2,12}$")  # Title 2008-GROUP
GLUED_END = re.compile(r"(.*\w)-(eng|esp|spa|fra|fre|ger|deu|ita|por|pol|rus|tur)")  # Title-ita
AKA_WORD = re.compile(r"\ba\.?k\.?a\b", re.I)


def _phrases_by_end() -> dict[str, list[tuple[str, str]]]:
    """Return the phrases by their last word, each as its first words and its tag."""
    found: dict[str, list[tuple[str, str]]] = {}
    for phrase, word in PHRASES:
        first, _, last = phrase.rpartition(" ")
        found.setdefault(last, []).append((first, word))
    return found


PHRASES_BY_END = _phrases_by_end()


def is_signed(title: str) -> bool:
    """Return whether only the end of a title is in capitals: it may be the name of a star or a label."""
    return title[-4:].isupper() and not title.isupper()
