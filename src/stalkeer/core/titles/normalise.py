"""Make keys of titles: two spellings of a title have the same key, two titles have different keys. No I/O, no guesses."""

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
_LONE_ROMANS = {"i": "1", "v": "5", "x": "10"}  # a number only as the last of several words: V alone is a title
CHANGING = frozenset([*_SAME, *_LONE_ROMANS])
ARTICLES = frozenset(
    "the a an le la les l un une el los las lo il i gli der die das ein eine de het een o os as um uma den det".split()
)
_DOTTED_ARTICLE = re.compile(r"(\w+)\.(\w{2}.*)")  # The.Title (2019), but L.A. Title
_TRAILING_ARTICLE = re.compile(r"^(?P<title>.+), (?P<article>the|a|an|le|la|les|l'|el|los|las|der|die|das|il)$", re.I)


def fold(text: str) -> str:
    """Return a text in lower case, with Latin letters without accents, and one space between words."""
    folded = unicodedata.normalize("NFD", text.casefold()).replace("ł", "l").replace("ı", "i").replace("ø", "o")
    bare = "".join([c for c in folded if not "\u0300" <= c <= "\u036f"])
    return " ".join(unicodedata.normalize("NFC", bare).split())


def title_words(text: str) -> tuple[str, ...]:
    """Return the words of a title as they are in its key: ASCII, lower case, `II` and `two` as `2`, `&` as `and`."""
    return tuple(_same_words(fold_words(text)))


def fold_words(text: str) -> list[str]:
    """Return the words of a text in ASCII and lower case, with `and` for `&`. Numbers stay as they are written."""
    if not text.isascii():
        if _IN_SPOKEN.search(text):
            text = text.translate(_SPOKEN)
        text = anyascii(text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text))
    elif "&" in text or "@" in text or "$" in text:
        text = text.translate(_SPOKEN)
    text = text.lower()
    if "'" in text or "`" in text:
        text = text.replace("'", "").replace("`", "")
    return _WORD.findall(text)


def key_of_words(words: list[str]) -> str:
    """Return the key of folded words."""
    return "".join(_same_words(words))


def _same_words(words: list[str]) -> list[str]:
    """Write numbers in words and Roman numbers as digits. A Roman number as the first word is a name: `VI`, `XX`."""
    if len(words) < 2 or CHANGING.isdisjoint(words):
        return words
    same = _SAME.get
    first = words[0] if words[0] in _ROMANS else same(words[0], words[0])
    words = [first, *(same(word, word) for word in words[1:])]
    words[-1] = _LONE_ROMANS.get(words[-1], words[-1])
    return words


def title_key(text: str) -> str:
    """Return the key by which a title is looked up. It is empty only for a text without other characters than spaces."""
    return key_of_words(fold_words(text)) or "".join(text.casefold().split())


def swap_article(text: str) -> str:
    """Move an article from the end to the front: `Matrix, The` is `The Matrix`."""
    if ", " not in text:
        return text
    found = _TRAILING_ARTICLE.match(text)
    if found is None:
        return text
    article = found["article"]
    return f"{article}{'' if article.endswith(chr(39)) else ' '}{found['title']}"


_INITIALS = re.compile(r"[A-Z]{2,3}(?=s? )s?")


def has_initials(text: str) -> bool:
    """Return whether a title begins with initials, not with an article: `LA Story`, `LAs Finest`."""
    found = _INITIALS.match(text)
    return found is not None and found[0].lower() in ARTICLES and not text.isupper()


def base_key(text: str, key: str) -> str:
    """Return the key without its leading article. Return `key` itself where it has none, or nothing else."""
    first, _, rest = text.partition(" ")
    if "." in first:
        dotted = _DOTTED_ARTICLE.match(text)
        first, rest = dotted.groups() if dotted is not None else (first, rest)
    article = first.lower() if first.isascii() else anyascii(first).lower()
    if article in ARTICLES and rest:
        return title_key(rest)
    if article[:2] in ("l'", "l\u2019") and len(article) > 2:
        return key.removeprefix("l")
    return key
