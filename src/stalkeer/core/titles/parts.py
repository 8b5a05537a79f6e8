"""Write the part at the end of a title in other ways: `Part II`, `Part 2`, `II`, `2e partie`, `Zweiter Teil`."""

# ruff: noqa: SIM905 - word lists read best as lines of words

from __future__ import annotations

import re

from stalkeer.core.titles.languages import WORDS, single, words_of
from stalkeer.core.titles.marks import any_of
from stalkeer.core.titles.normalise import fold

# first, second, third... in the form that the language uses with its word for a part
_ORDINALS = {
    "en": "first second third fourth fifth",
    "fr": "premiere deuxieme troisieme quatrieme cinquieme",
    "es": "primera segunda tercera cuarta quinta",
    "pt": "primeira segunda terceira quarta quinta",
    "it": "prima seconda terza quarta quinta",
    "de": "erster zweiter dritter vierter funfter",
    "nl": "eerste tweede derde vierde vijfde",
    "pl": "pierwsza druga trzecia czwarta piata",
    "cs": "prvni druha treti ctvrta pata",
    "hu": "elso masodik harmadik negyedik otodik",
    "ru": "первая вторая третья четвертая пятая",
    "uk": "перша друга третя четверта пята",
    "tr": "birinci ikinci ucuncu dorduncu besinci",
    "da": "forste anden tredje fjerde femte",
    "sv": "forsta andra tredje fjarde femte",
    "no": "forste andre tredje fjerde femte",
    "fi": "ensimmainen toinen kolmas neljas viides",
    "ro": "intai doua treia patra cincea",
}
_CARDINALS = {
    "en": "one two three four five six seven eight nine ten",
    "fr": "un deux trois quatre cinq six sept huit neuf dix",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez",
    "pt": "um dois tres quatro cinco seis sete oito nove dez",
    "it": "uno due tre quattro cinque sei sette otto nove dieci",
    "de": "eins zwei drei vier funf sechs sieben acht neun zehn",
    "nl": "een twee drie vier vijf zes zeven acht negen tien",
    "tr": "bir iki uc dort bes alti yedi sekiz dokuz on",
}
_ROMANS = "i ii iii iv v vi vii viii ix x"
_VALUES = {
    word: number
    for line in (*_ORDINALS.values(), *_CARDINALS.values(), _ROMANS)
    for number, word in enumerate(line.split(), start=1)
}
_WORDS = frozenset(map(fold, single(words_of(lambda words: words.part)))) - {"act", "cap"}
_USUAL_WORDS = (
    "part",
    "partie",
    "parte",
    "teil",
    "deel",
    "czesc",
    "часть",
    "частина",
    "bolum",
)  # of words that stand before a number
_LANGUAGES = {word: [code for code in _ORDINALS if word in map(fold, WORDS[code].part)] for word in _WORDS}
_BEFORE = r"(?P<head>.*\w.*?)[\s,:;.\-(\[]+"
_PART_NUMBER = re.compile(rf"{_BEFORE}(?P<word>{any_of(_WORDS)})(?:\.?\s+|\.?(?=\d))(?P<number>\w+)[\s)\]]*")
_NUMBER_PART = re.compile(
    rf"{_BEFORE}(?P<number>\d{{1,2}}(?=\s?(?:[.ªº]|nd|rd|th|st|eme|ere|er|e|a)?\s)|[^\W\d_]+)"
    rf"(?:\s?[.ªº]|[a-z]{{1,3}})?\s(?P<word>{any_of(_WORDS)})[\s)\]]*"
)
# every text that fits one of the two patterns contains it
_PART_WORD = re.compile(rf"[\s,:;.\-(\[](?:{any_of(_WORDS)})")
_ENDINGS = ("", "e", "eme", "a")  # endings of digits before the word: `2. Teil`, `2e partie`, `2ème partie`, `2ª parte`
_MOST_PARTS = 20
_MOST_SEQUELS = 10


def other_forms(title: str) -> list[str]:
    """Return the other ways to write a title that ends in a part or a number. Return none of other titles."""
    if " " not in title:
        return []
    folded = fold(title)
    if _PART_WORD.search(folded) is None:
        return _forms_of_sequel(title)
    found = _PART_NUMBER.fullmatch(folded) or _NUMBER_PART.fullmatch(folded)
    number = None if found is None else _value(found["number"])
    if found is None or number is None:
        return _forms_of_sequel(title)
    head, word = found["head"], found["word"]
    head = title[: len(head)] if len(title) == len(folded) else head
    forms = [f"{head} {number}", f"{head} {word} {number}"]
    forms += [f"{head} {number}{ending} {word}" for ending in _ENDINGS]
    forms += [form for said in _said(word, number) for form in (f"{head} {said} {word}", f"{head} {word} {said}")]
    return list(dict.fromkeys(forms))


def _forms_of_sequel(title: str) -> list[str]:
    head, _, said = title.rpartition(" ")
    head = head.rstrip(" :-,")
    number = _value(said.lower()) if said.isdecimal() or said in _ROMANS.upper().split() else None
    is_sequel = number is not None and 1 < number < _MOST_SEQUELS and fold(head) not in _WORDS
    if not is_sequel or not head[-1:].isalpha():
        return []
    return [f"{head} {word} {number}" for word in _USUAL_WORDS]


def _value(said: str) -> int | None:
    if said.isdecimal():
        return int(said) if 0 < int(said) <= _MOST_PARTS else None
    return _VALUES.get(said)


def _said(word: str, number: int) -> list[str]:
    """Return the part in words, in each language that has this word for a part."""
    lines = [lines[code].split() for code in _LANGUAGES[word] for lines in (_ORDINALS, _CARDINALS) if code in lines]
    return [line[number - 1] for line in lines if number <= len(line)]
