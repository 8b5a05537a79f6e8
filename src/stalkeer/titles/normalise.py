"""Titles to keys: two spellings of one title give one key, two titles give two. No I/O, no guesses."""

# ruff: noqa: E501, SIM905 - word lists read best as lines of words

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

_WORD = re.compile(r"[a-z0-9]+")
_SPOKEN: dict[int, str | None] = {
    ord("&"): " and ",
    ord("@"): "a",
    ord("\u20ac"): "e",
    ord("\u00bd"): " 1 2 ",
    ord("$"): "s",
}
_SPOKEN |= dict.fromkeys(map(ord, "\u2019\u2018\u00b4\u02bc"))
_IN_SPOKEN = re.compile("[" + "".join(map(chr, _SPOKEN)) + "]")
_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
_ROMANS = "ii iii iv vi vii viii ix xi xii xiii xiv xv xvi xvii xviii xix xx".split()
_ROMAN_VALUES = (2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
_SAME = (
    {word: str(n) for n, word in enumerate(_NUMBERS)}
    | {roman: str(n) for roman, n in zip(_ROMANS, _ROMAN_VALUES, strict=True)}
    | {"versus": "vs", "volume": "vol", "pt": "part", "mister": "mr", "doctor": "dr"}
)
_LONE_ROMANS = {"i": "1", "v": "5", "x": "10"}  # only as the last of several words: a fifth part, but V alone
ARTICLES = frozenset(
    "the a an le la les l un une el los las lo il i gli der die das ein eine de het een o os as um uma den det".split()
)
_TRAILING_ARTICLE = re.compile(r"^(?P<title>.+), (?P<article>the|a|an|le|la|les|l'|el|los|las|der|die|das|il)$", re.I)


def title_words(text: str) -> tuple[str, ...]:
    """The words of a title as keys count them: ASCII, lower case, `II` and `two` as `2`, `&` as `and`."""
    if _IN_SPOKEN.search(text):
        text = text.translate(_SPOKEN)
    if not text.isascii():
        text = anyascii(text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text))
    text = text.lower()
    words = _WORD.findall(text.replace("'", "").replace("`", ""))
    last = len(words) - 1
    if last > 0:
        same = _SAME.get
        words = [_first(words[0]), *(same(word, word) for word in words[1:])]
        words[last] = _LONE_ROMANS.get(words[last], words[last])
    return tuple(words)


def _first(word: str) -> str:
    return word if word in _ROMANS else _SAME.get(word, word)


def title_key(text: str) -> str:
    """The key under which a title is looked up. Never empty for a text that has anything but spaces."""
    return "".join(title_words(text)) or "".join(text.casefold().split())


def swap_article(text: str) -> str:
    """`Matrix, The` is `The Matrix`."""
    if ", " not in text:
        return text
    found = _TRAILING_ARTICLE.match(text)
    if found is None:
        return text
    article = found["article"]
    return f"{article}{'' if article.endswith(chr(39)) else ' '}{found['title']}"


def base_key(text: str, key: str) -> str:
    """The key without a leading article that is a word of its own; `key` where there is none or nothing else."""
    first, _, rest = text.partition(" ")
    article = first.lower() if first.isascii() else anyascii(first).lower()
    if article in ARTICLES and rest:
        return title_key(rest)
    if article[:2] in ("l'", "l\u2019") and len(article) > 2:
        return key.removeprefix("l")
    return key
