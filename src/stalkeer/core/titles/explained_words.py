"""Decide whether the text beside a title in a name is known vocabulary."""

# ruff: noqa: E501, SIM905 - word lists read best as lines of words

from __future__ import annotations

import re
from functools import lru_cache

from stalkeer.core.titles.ages import without_ages
from stalkeer.core.titles.editions import is_edition
from stalkeer.core.titles.languages import OWN_NAMES
from stalkeer.core.titles.marks import QUALITY
from stalkeer.core.titles.normalise import fold
from stalkeer.core.titles.tags import tag_of, tags_in
from stalkeer.core.titles.vocabulary import AMBIGUOUS, COUNTRIES, RELEASE_WORDS, TAGS

_RATING = re.compile(
    r"(?:(?:imdb|tmdb|rating|note|nota|puan)\W{0,3})?(?:\d|10)[.,]\d(?:\s?/\s?10)?|(?:imdb|tmdb)\W{0,3}\d{1,2}|\d(?:[.,]\d)?\s?/\s?10",
    re.I,
)
# words for a film, a series and the like; beside a title they add nothing
_NEUTRAL = frozenset(
    fold(word)
    for word in """film filme filmi filmy filmas movie movies cinema kino cine vod series serie serial dl full complet completo completa caly
    pelicula polski polskie polska pl lektor napisy dubbing wersja jezyk new nouveau nouveaute exclusive top kids hq hd fhd uhd
    фильм дубляж субтитры фильмы русский рус озвучка مترجم مدبلج فيلم مسلسل كامل حصري جودة عالية
    legendas dublagem audio latino subtitulos subtitulado sous titres untertitel ondertiteld sottotitoli sub ita subs plsub nlsub engsub frsub nlsubs gesproken teljes volledige izle tek parca
    film-complet filmcomplet""".split()
)
_NEUTRAL |= frozenset(map(fold, OWN_NAMES))
_SCENE = re.compile(rf"(?<!\w){QUALITY}(?!\w)", re.I)
_WORD = re.compile(r"[^\s|,;/\[\](){}]+")
# words that are known only before a title, where they name its category; `Live - ` and `Fast - ` may begin a title
_NEVER_BEFORE = frozenset(
    "live fast raw complete proper internal color custom backup l film movie cinema kino series serie top new kids".split()
)
# behind a title these words are known only in capitals; words for other things than films are never known
_SHOUTED_BEHIND = frozenset("dl fast raw kids new top color internal proper custom backup extra exclusive".split())
_NEVER_BEHIND = frozenset("live complete series serie serial".split())
_ID = re.compile(r"(?:imdb|tvdb)(?:id)?[-=: ]?(?:tt)?\d{3,9}|tt\d{6,9}", re.I)
# platforms, channels and studios whose names also begin titles of their works
_BRANDS = frozenset("bbc itv hbo discovery nickelodeon rtl sky star disney".split())
_PART_NUMBERS = frozenset("ii iii iv v vi vii viii ix x xi xii".split())
_RELEASE_JOINT = re.compile(r"[\s.\-]+")
_EDGES = " -.:~*#'\"!"


@lru_cache(maxsize=5_000)
def is_vocabulary(text: str) -> bool:
    """Return whether a text beside a title names only quality, languages, countries, a rating or an edition."""
    bare = without_ages(text).strip(_EDGES)
    if not any(map(str.isalnum, bare)):
        return True
    return tags_in(bare) is not None or _RATING.fullmatch(bare) is not None or _are_known(bare) or is_edition(bare)


def is_vocabulary_before(text: str) -> bool:
    """Return whether a text before a title is known and begins no title of a film or series."""
    if text.lower() in _NEVER_BEFORE:
        return False
    codes = codes_in(text)
    if codes and all(map(is_code, codes)):
        return True
    return is_vocabulary(text)


def is_brand(text: str) -> bool:
    """Return whether a text names a platform, channel or studio, or is another known word that also begins titles."""
    folded = text.lower()
    tag = TAGS.get(folded)
    if tag is None or tag.field in ("language", "region", "resolution", "subtitles", "dubbed"):
        return False
    return folded in AMBIGUOUS or folded in _BRANDS or tag.field not in ("platform", "hdr", "codec")


def is_vocabulary_behind(piece: str, rest: str) -> bool:
    """Return whether a part of the text behind a title is known.

    In a release name, the words of releases are known too, and so is the group at the end.
    """
    quality = _SCENE.search(rest)
    if quality is not None and rest.find(piece) >= 0:
        start = quality.start() - rest.find(piece)
        before, behind = (piece[:start], piece[start:]) if start > 0 else ("", piece)
        return (is_vocabulary(before) or _are_of_release(before)) and (is_vocabulary(behind) or _has_group(behind))
    return is_vocabulary(piece) and not any(_is_doubtful_behind(word) for word in piece.split())


def _is_doubtful_behind(word: str) -> bool:
    word = word.strip(_EDGES + "()[]{}")
    folded = word.lower()
    return folded in _NEVER_BEHIND or folded in _PART_NUMBERS or (folded in _SHOUTED_BEHIND and not word.isupper())


def says_quality(text: str) -> bool:
    """Return whether a text names the quality of a release."""
    return _SCENE.search(text) is not None


def codes_in(text: str) -> list[str]:
    """Return the codes of a text that joins several with hyphens, as `4K-XYZ` and `EN-TOP`. Return none of other texts."""
    halves = text.lower().split("-")
    return halves if len(halves) > 1 and " " not in text and text == text.upper() else []


def is_code(code: str) -> bool:
    """Return whether a single code among several is known. The text behind `4K-` may also be the first word of a title."""
    return code in TAGS


def _are_known(text: str) -> bool:
    return all(_is_known(word) for word in _WORD.findall(text) if any(map(str.isalnum, word)))


def _is_known(word: str) -> bool:
    bare = word.strip(_EDGES)
    folded = fold(bare)
    if (
        folded in _NEUTRAL
        or _ID.fullmatch(bare)
        or tag_of(folded) is not None
        or tags_in(word) is not None
        or _RATING.fullmatch(bare)
    ):
        return True
    return bare.isupper() and folded in COUNTRIES


def _are_of_release(text: str) -> bool:
    """Return whether all words are words of release names."""
    return not _strangers(text)


def _has_group(text: str) -> bool:
    """Return whether a text begins with the quality of a release and has one unknown word, which is the group."""
    return len([word for word in _strangers(_SCENE.sub(" ", text)) if not any(map(str.isdigit, word))]) <= 1


def _strangers(text: str) -> list[str]:
    """Return the unknown words of a release name."""
    words = [word for word in _RELEASE_JOINT.split(text.lower()) if any(map(str.isalnum, word))]
    return [word for word in words if not (word in RELEASE_WORDS or _is_known(word))]
