"""Group a playlist's groups by language, with adult groups apart, and make filters that leave groups out.

The language is guessed from the group's name. It only sorts groups; it never leaves any out by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stalkeer.core.catalogue.adult import is_adult
from stalkeer.core.catalogue.filters import LONGEST_PATTERN, Field, Filter, FilterSet, Mode
from stalkeer.core.titles.vocabulary import AMBIGUOUS, LANGUAGES
from stalkeer.errors import InvalidInput
from stalkeer.model import Entry

UNTOLD = ""
ADULT_GROUPS = "adult"
_SHORTEST_WORD = 4
_FIRST_CODE = re.compile(
    r"[\W\d_]*(?:(?:vod|srs|series|movies?|films?)[\W\d_]+)?([a-z]{2,5})(?![^\W\d_])\s*(?:([|:\-/\])}(❖➾])|(.*))",
    re.IGNORECASE,
)
_KIND_WORD = re.compile(
    r"(?<![^\W\d_])(?:vod|films?|movies?|cinema|series?|shows?|kids|uhd|fhd|hd|4k)(?![^\W\d_])", re.IGNORECASE
)
_FLAG = re.compile(r"[\U0001F1E6-\U0001F1FF]{2}")
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = (
    ("Arabic", "ar", re.compile(r"[\u0600-\u06ff]")),
    ("Greek", "el", re.compile(r"[\u0370-\u03ff]")),
    ("Hebrew", "he", re.compile(r"[\u0590-\u05ff]")),
    ("Hangul", "ko", re.compile(r"[\uac00-\ud7af]")),
    ("Cyrillic", "ru", re.compile(r"[\u0400-\u04ff]")),
)


class LanguagePlace(StrEnum):
    """Describe the place of the language in a name, with a pattern for such names ({} takes the alternatives)."""

    CODE = r"^\PL*(?:(?:vod|srs|series|movies?|films?)\PL+)?(?:{})(?:\PL|$)"
    FLAG = "(?:{})"
    WORD = r"(?:^|\PL)(?:{})(?:\PL|$)"
    SCRIPT = "{}"


@dataclass(frozen=True)
class Guess:
    """Hold a language (ISO 639-1), and the sign in the name that shows it."""

    language: str
    place: LanguagePlace
    sign: str

    @property
    def pattern(self) -> str:
        return self.place.format(self.sign)


@dataclass(frozen=True)
class Group:
    """Describe a group of a playlist with the number of its movies, episodes and series."""

    name: str
    size: int


@dataclass(frozen=True)
class LanguageGroup:
    """Hold the groups of a language; `UNTOLD` for unknown, `ADULT_GROUPS` for adult groups."""

    language: str
    groups: tuple[Group, ...]

    @property
    def size(self) -> int:
        return sum(group.size for group in self.groups)

    @property
    def label(self) -> str:
        return {UNTOLD: "Unknown language", ADULT_GROUPS: "Adult"}.get(self.language) or NAMES[self.language]


def guess_language(group: str) -> Guess | None:
    """Guess the language from a leading code, a flag, the name of a language or country, or the script.

    >>> guess_language("|FR| Films").language
    'fr'
    """
    found = _FIRST_CODE.match(group)
    if found is not None and found[1].lower() in LANGUAGES and (found[2] or _is_bare_code(found[1], found[3] or "")):
        code = found[1].lower()
        return Guess(LANGUAGES[code], LanguagePlace.CODE, code)
    if flag := _FLAG.search(group):
        country = "".join(chr(ord(letter) - 0x1F1E6 + ord("a")) for letter in flag[0])
        if country in LANGUAGES:
            return Guess(LANGUAGES[country], LanguagePlace.FLAG, flag[0])
    for word in _WORD.findall(group.lower()):
        if len(word) >= _SHORTEST_WORD and word in LANGUAGES:
            return Guess(LANGUAGES[word], LanguagePlace.WORD, word)
    scripts = (
        Guess(code, LanguagePlace.SCRIPT, rf"\p{{{name}}}") for name, code, letters in _SCRIPTS if letters.search(group)
    )
    return next(scripts, None)


def _is_bare_code(code: str, rest: str) -> bool:
    """Tell whether a leading code means a language: `UK Movies` and `FR`, but not `IL MIO AMICO` or `It Follows`."""
    return code.isupper() and code.lower() not in AMBIGUOUS and (not rest or _KIND_WORD.search(rest) is not None)


def group_by_language(groups: Iterable[Group]) -> list[LanguageGroup]:
    """Group by language, the largest first; groups without a language, then adult ones, come last."""
    by_language: defaultdict[str, list[Group]] = defaultdict(list)
    for group in groups:
        by_language[_language_of(group.name)].append(group)
    found = [
        LanguageGroup(language, tuple(sorted(held, key=lambda group: group.name.lower())))
        for language, held in by_language.items()
    ]
    return sorted(found, key=lambda of: (of.language == ADULT_GROUPS, of.language == UNTOLD, -of.size))


def _language_of(name: str) -> str:
    if is_adult(name):
        return ADULT_GROUPS
    guess = guess_language(name)
    return UNTOLD if guess is None else guess.language


def filters_for(offered: Sequence[str], kept: Collection[str]) -> list[Filter]:
    """Return filters that leave out the offered groups that are not kept, and no others.

    When no group of a language is kept, the filter matches the language's signs, so new groups stay out too. Without a
    kept adult group, the source's own setting leaves adult groups out, not a filter.
    """
    some_adult = any(is_adult(name) for name in kept)
    dropped = [name for name in offered if name not in kept and (some_adult or not is_adult(name))]
    held = [name for name in offered if name in kept]
    guesses = {name: guess_language(name) for name in offered}
    still_there = {guess.language for name in held if (guess := guesses[name]) is not None}
    signs = {guess for name in dropped if (guess := guesses[name]) is not None and guess.language not in still_there}
    safe = {guess for guess in signs if not _fits_any(guess.pattern, held)}
    alone = [re.escape(name) for name in dropped if guesses[name] not in safe]
    patterns = _joined(alone, "^(?:{})$")
    for language, place in sorted({(guess.language, guess.place) for guess in safe}):
        same = sorted(guess.sign for guess in safe if (guess.language, guess.place) == (language, place))
        patterns += _joined(same, place)
    return [Filter(Field.GROUP, Mode.EXCLUDE, pattern) for pattern in patterns]


@dataclass(frozen=True)
class GroupChoice:
    """Hold the user's choice among the groups of a new source. `adult` means that an adult group is kept."""

    filters: tuple[Filter, ...] = ()
    adult: bool = False


def choose_groups(offered: Sequence[str], kept: Collection[str]) -> GroupChoice:
    """Return the filters that leave out the groups that were offered and not kept.

    Raises InvalidInput when groups were offered and none is kept.
    """
    if offered and not kept:
        raise InvalidInput("No group is ticked, so nothing would be kept. Tick at least one group.")
    return GroupChoice(tuple(filters_for(offered, kept)), any(is_adult(name) for name in kept))


def group_filter(group: str) -> Filter:
    """Return the filter that leaves out only this group."""
    return Filter(Field.GROUP, Mode.EXCLUDE, f"^{re.escape(group)}$")


def _fits_any(pattern: str, names: Iterable[str]) -> bool:
    only = FilterSet((Filter(Field.GROUP, Mode.EXCLUDE, pattern),), keep_adult=True)
    nothing = Entry(key="", kind="", name="", url="")
    return any(only.left_out(nothing._replace(group=name)) is not None for name in names)


def _joined(parts: Iterable[str], frame: str) -> list[str]:
    """Join the parts into as few patterns as their maximum length allows."""
    lines: list[str] = []
    for part in parts:
        grown = f"{lines[-1]}|{part}" if lines else part
        if lines and len(frame.format(grown)) <= LONGEST_PATTERN:
            lines[-1] = grown
        else:
            lines.append(part)
    return [frame.format(line) for line in lines]


NAMES: Mapping[str, str] = {
    "af": "Afrikaans", "am": "Armenian or Amharic", "ar": "Arabic", "az": "Azerbaijani", "bg": "Bulgarian",
    "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "gu": "Gujarati",
    "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kn": "Kannada", "ko": "Korean", "ku": "Kurdish",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi", "ms": "Malay",
    "nl": "Dutch", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "so": "Somali", "sq": "Albanian", "sr": "Serbo-Croatian",
    "sv": "Swedish", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Filipino", "tr": "Turkish", "uk": "Ukrainian",
    "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
