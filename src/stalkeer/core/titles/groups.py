"""Read the name of a list's group: `|FR| FILMS 4K UHD`, `ANIME (VOSTFR)`, `VOD | FR - DRAMA`.

Groups are named for people, and also after single films and series. So only a part of the name counts that has nothing
but known words, and parts that contradict each other are ignored.
"""

from __future__ import annotations

import re
from functools import lru_cache

from stalkeer.core.titles.normalise import fold
from stalkeer.core.titles.repair import repair
from stalkeer.core.titles.tags import NO_TAGS, TagSet, tag_of, tag_set
from stalkeer.core.titles.vocabulary import LANGUAGES, Tag

_PARTS = re.compile(r"[|()\[\]{}:;]+|(?<!\w)-|-(?!\w)|-(?=[A-Z])|\s/\s|/(?=[A-Z])")
_WORD = re.compile(r"[^\s/&,+]+\+?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST_CODE = 4
# words in groups besides languages and qualities
_GENERIC = frozenset(
    """film films filme filmes filmi filmski filmovi filmy filmler movie movies cinema cine kino vod srs series serie series tv shows show
    dizi diziler pelicula peliculas anime animes animation action drama drame comedy comedie comedia thriller horror kids enfants kinder
    family familia documentary documentaire doku latest new nouveautes novedades best top all the of and a et und y de hd fhd uhd 4k vip premium
    netflix amazon prime disney apple hbo max collection collections box office oscar imdb hits selection general classic classics old replay""".split()  # noqa: E501, SIM905
)


@lru_cache(maxsize=5_000)
def tags_of_group(group: str) -> TagSet:
    """Return the quality and language that the name of a group states. Contradicting parts give no tags."""
    found = [tag for part in _PARTS.split(repair(group)) for tag in _tags_of_part(part)]
    if not found:
        return NO_TAGS
    spoken = {tag.value for tag in found if tag.field == "language"}
    if len(spoken) > 1:
        found = [tag for tag in found if tag.field != "language"]
    return tag_set(found)


def _tags_of_part(part: str) -> list[Tag]:
    """Return the tags of a part whose words are all known. Return none of any other part."""
    tags: list[Tag] = []
    for word in _WORD.findall(part):
        tag = _tag_of_word(word)
        if tag is not None:
            tags.append(tag)
        elif not (fold(word) in _GENERIC or _YEAR.fullmatch(word)):
            return []
    return tags


def _tag_of_word(word: str) -> Tag | None:
    """Return the tag of a word. A code counts only in capitals."""
    folded = fold(word)
    if len(word) <= _LONGEST_CODE and word.isascii() and not word.isupper():
        return None
    if folded in LANGUAGES:
        return Tag("language", LANGUAGES[folded], sure=True)
    tag = tag_of(folded)
    return tag if tag is not None and tag.field in ("resolution", "source", "hdr", "subtitles", "dubbed") else None
