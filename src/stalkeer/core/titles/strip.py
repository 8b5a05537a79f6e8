"""Read the title region of a name: remove the provider's words at both ends, and split a repeated title."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stalkeer.core.titles.ages import is_age, without_age_at_end
from stalkeer.core.titles.columns import read_row
from stalkeer.core.titles.editions import is_edition, without_edition
from stalkeer.core.titles.endings import BARE_YEAR, DIGIT, GLUED_END, GROUP_YEAR, PHRASES_BY_END, SCENE
from stalkeer.core.titles.halves import dashed_halves, halves_of, said_once, scripts_of
from stalkeer.core.titles.normalise import fold_words, swap_article
from stalkeer.core.titles.penalties import DOUBTFUL, HARDLY, LIKELY, NEARLY_SURE, OF_A_HALF, RARE, SECOND, UNLIKELY
from stalkeer.core.titles.plain import read_plain
from stalkeer.core.titles.prefixes import find_starts
from stalkeer.core.titles.tags import LANGUAGE_FIELDS, sure_tags, tag_of, tag_set, tags_in
from stalkeer.core.titles.title_text import TRIM, TitleReading, TitleText, has_name, is_title, year_of
from stalkeer.core.titles.vocabulary import COUNTRIES, RELEASE_WORDS, SURE_RELEASE_WORDS, TAGS, Tag


@dataclass(slots=True)
class _Peeled:
    """Collect the readings without suffixes, and the tags of the suffixes."""

    texts: list[TitleText] = field(default_factory=list)
    pending: list[TitleText] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    tags: list[Tag] = field(default_factory=list)
    country: str | None = None
    is_scene: bool = False  # a release name, cut at its quality: words in capitals before that are tags
    is_series: bool = False
    has_bracketed_year: bool = False

    def also(self, text: str, penalty: float, year: int | None) -> None:
        """Add a further reading, whose suffixes are removed later."""
        if text not in self.seen and len(self.seen) < _MOST_READINGS:
            self.seen.add(text)
            self.pending.append(TitleText(text, penalty, year))


_MOST_READINGS = 12
_SIGNATURE = re.compile(r"(.*[^\W\d_]{2}.*?)((?: [A-Z\u00c0-\u00de]{4,}){1,3})")
_OPENING = ("(", "[", "{")  # `Title (`: the marker was in the bracket
_BRACKET_YEAR = re.compile(
    r"[\[({]\s*(?:[^\[\](){}\d]{0,24}\s)?((?:18|19|20)\d\d)(?:\s*[-/]\s*(?:(?:19|20)\d\d)?)?"
    r"(\s[^\[\](){}]{1,12})?\s*[\])}]"
)
_END_YEAR = re.compile(r"(?:\s*[-|,.]\s*|\s+)((?:18|19|20)\d\d)$")
_WHOLE = re.compile(r"[\s\-]+(?:the )?complete(?: (?:tv )?(?:series|collection|seasons?|saga|movies))?\s*$", re.I)
_YEAR_BEHIND = re.compile(r"[\s(\[/]((?:19|20)\d\d)(?=[\s)\]]|$)")
_END_BRACKET = re.compile(r"\s*[\[({]([^\[\](){}]*)[\])}]$")
_ORDINAL = re.compile(r"\s\d{1,3}(?:st|nd|rd|th)$")
_TRAILING_ARTICLE = re.compile(r"\s+(?:the|le|la|el|il|der|die|das)$", re.I)
_CHECKSUM = re.compile(r"(?=[A-F]*\d)[0-9A-F]{8}")
_ID = re.compile(r"(?:tm|im|tv)db(?:id)?[-=: ]?(?:tt)?\d{2,9}|tt\d{6,9}", re.I)
_RATING = re.compile(r"(?:imdb|tmdb)?\W*\d[.,]\d(?:/10)?|(?:imdb|tmdb)\W*\d", re.I)
_WORDED_FIELDS = ("language", "subtitles", "dubbed", "edition")  # tags whose words also end titles
_SHOWS_COUNTRIES = frozenset(("US", "UK", "AU", "NZ"))  # countries behind titles that several shows have
_DANGLING = frozenset("in of the and a an on at to for with from en de la le el du des und im auf".split())  # noqa: SIM905
_LONGEST_CODE = 3  # letters of a language code
_LATIN_WORDS = re.compile(r"[\u0020-\u024f]*[A-Za-z\u00c0-\u024f]{3}[\u0020-\u024f]*$")


def read_title(text: str, *, is_series: bool) -> TitleReading:
    """Return all readings of a title region. It must not contain a season/episode marker."""
    plain = read_plain(text)
    if plain is not None:
        return TitleReading([plain[0]], plain[0].year, plain[1])
    text = said_once(text.strip())
    starts, tags = find_starts(text, is_series=is_series)
    peeled = _Peeled(tags=tags, is_series=is_series)
    row = read_row(text)
    if row is not None:
        peeled.tags += row.tags
        starts = [start._replace(penalty=start.penalty + SECOND) for start in starts]
        peeled.also(row.title, 0.0, row.year)
        if row.year is not None and len(row.title) == len("1917") and row.title.isdecimal():
            peeled.also(str(row.year), SECOND, year_of(row.title))  # 2019 | 1917
    for start in starts:
        peeled.also(start.text, start.penalty, start.year)
    while peeled.pending:
        _peel(peeled.pending.pop(0), peeled)
    texts = sorted(peeled.texts, key=lambda reading: reading.penalty)
    year = next((reading.year for reading in texts if reading.year is not None), None)
    return TitleReading(_expand(texts, peeled), year, tag_set(peeled.tags, peeled.country))


def _peel(reading: TitleText, peeled: _Peeled) -> None:
    """Remove all suffixes of providers from a reading."""
    text, penalty, year = reading
    scene, behind = SCENE.search(text, 1), None
    if scene is not None:
        peeled.tags += sure_tags(text[scene.start() :])
        behind = _YEAR_BEHIND.search(text, scene.start())
        text = _WHOLE.sub("", _without_open_bracket(text[: scene.start()]))
        peeled.is_scene = True
    while True:
        text = text.strip(TRIM)
        while text[-1:] in _OPENING:
            text = text[:-1].rstrip(TRIM)
        shorter = _take_end(TitleText(text, penalty, year), peeled)
        if shorter is None:
            break
        text, year = shorter
    if year is None and ("(" in text or "[" in text or "{" in text):
        text, year = _take_inner_year(text, penalty, peeled)
        if year is not None and text[-1:] in (")", "]"):
            shorter = _take_end_bracket(TitleText(text, penalty, year), peeled)
            text = text if shorter is None else shorter[0]
    if year is None:
        text, year = _take_bare_year(text, penalty, peeled)
    if year is None and behind is not None:
        year = year_of(behind[1])
    _keep(TitleText(text.strip(TRIM), penalty, year), peeled)


def _keep(reading: TitleText, peeled: _Peeled) -> None:
    """Add a reading without suffixes, and the same reading without its edition."""
    text, penalty, year = reading
    standard = without_edition(text)
    if standard is not None:
        peeled.also(standard, penalty, year)
        penalty += NEARLY_SURE
    else:
        unsigned = _without_signature(text)
        if unsigned is not None:
            peeled.also(unsigned, penalty + RARE, year)
    if has_name(text) or not peeled.texts:
        peeled.texts.append(TitleText(swap_article(text), penalty, year))


def _without_signature(text: str) -> str | None:
    """Return a title without a star or a label in capitals at its end: `12 monkeys BRAD PITT`, `Brave PIXAR`."""
    found = _SIGNATURE.fullmatch(text)
    return None if found is None or found[1].isupper() else found[1]


def _without_open_bracket(text: str) -> str:
    """Remove a bracket whose other end was cut off: `Title [Dual`, `Title (BD`."""
    for opening, closing in ("[]", "()", "{}"):
        at = text.rfind(opening)
        if at > text.rfind(closing) and has_name(text[:at]):
            text = text[:at]
    return text


def _take_bare_year(text: str, penalty: float, peeled: _Peeled) -> tuple[str, int | None]:
    """Return the title before a bare year, and the year: `Title 2011 FRENCH Custom`.

    The words behind the year are no title in a release name, and where they are all known words.
    """
    for found in BARE_YEAR.finditer(text) if DIGIT.search(text) else ():
        said, before = year_of(found[1]), text[: found.start()].strip(TRIM)
        if said is None or not has_name(before):
            continue
        words = [word.partition("-")[0] for word in text[found.end() :].lower().replace("web-dl", "webdl").split()]
        words = [word for word in words if has_name(word)]
        after = [tag_of(word) for word in words]
        is_told = all(tag is not None or word in RELEASE_WORDS for tag, word in zip(after, words, strict=True))
        if peeled.is_scene or is_told:
            peeled.texts.append(TitleText(text, penalty + SECOND, None))
            peeled.tags += [tag for tag in after if tag is not None]
            return before, said
        if len(found[2]) > 2 and tag_of(found[2].lower()) is not None:
            peeled.also(before, penalty + SECOND, said)
    return text, None


def _take_end(reading: TitleText, peeled: _Peeled) -> tuple[str, int | None] | None:
    """Remove one more suffix. Return the rest of the text and the year, or None where there is no suffix."""
    text, penalty, year = reading
    if not text:
        return None
    if text[-1] in ")]}":
        return _take_end_bracket(reading, peeled)
    ageless = without_age_at_end(text)
    if ageless is not None and has_name(ageless):
        return ageless, year
    if text[-4:].isdecimal():
        found = _END_YEAR.search(text)
        ended = year_of(found[1]) if found is not None else None
        if found is not None and ended is not None and year in (None, ended) and has_name(text[: found.start()]):
            if not text[found.start() : found.start(1)].strip():
                peeled.texts.append(TitleText(text, penalty + NEARLY_SURE, year))  # or the number belongs to the title
            return text[: found.start()], ended
    made_by = GROUP_YEAR.search(text)
    if made_by is not None and year is None and has_name(text[: made_by.start()]):
        peeled.texts.append(TitleText(text, penalty + SECOND, None))
        return text[: made_by.start()], year_of(made_by[1])
    shorter = _take_end_tag(reading, peeled)
    return None if shorter is None else (shorter, year)


def _says_nothing(inner: str, before: str) -> bool:
    """Return whether a bracket can be dropped: an age rating, edition, rating, id, checksum or the title again.

    Such a bracket has neither year nor tag nor another title.
    """
    # the year in (2018 Remaster) is not that of the film
    if is_age(inner) or (is_edition(inner) and tags_in(inner) is None):
        return True
    if any(pattern.fullmatch(inner) for pattern in (_RATING, _CHECKSUM, _ID)):
        return True
    return not inner.isdecimal() and fold_words(inner) == fold_words(before)


def _take_inner_year(text: str, penalty: float, peeled: _Peeled) -> tuple[str, int | None]:
    """Cut a text at the year of `Title (2019) something`. The words behind it are rarely part of the title."""
    last = None
    for last in _BRACKET_YEAR.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    year = year_of(last[1]) if last is not None else None
    if last is None or year is None or not has_name(text[: last.start()]):
        return text, None
    before, after = text[: last.start()].strip(TRIM), text[last.end() :].strip(TRIM)
    peeled.texts.append(TitleText(f"{before} {after}", penalty + DOUBTFUL, year))
    peeled.tags += sure_tags(after)
    return before, year


def _take_end_bracket(reading: TitleText, peeled: _Peeled) -> tuple[str, int | None] | None:
    """Remove the last bracket where it has a year, a country or tags."""
    text, penalty, year = reading
    ended = _END_BRACKET.search(text)
    if ended is None or not has_name(text[: ended.start()]):
        return None
    before, inner = text[: ended.start()], ended[1].strip()
    if _says_nothing(inner, before):
        return before, year
    dated = _BRACKET_YEAR.fullmatch(f"({inner})")
    said = year_of(dated[1]) if dated is not None else None
    if said is not None:
        if year not in (None, said):
            return None
        peeled.tags += sure_tags(inner)
        peeled.has_bracketed_year = True
        return before, said
    country = COUNTRIES.get(inner.lower()) if inner.isupper() else None
    tags = [] if country is not None else tags_in(inner)
    if tags is not None:
        is_word = len(tags) == 1 and (tags[0].field == "language" or not tags[0].sure) and len(inner) > _LONGEST_CODE
        if peeled.is_series and is_word:
            # Title (Telugu) may also be the name of a show
            peeled.texts.append(TitleText(text, penalty + SECOND, year))
        peeled.country = peeled.country or country
        peeled.tags += tags
        return before, year
    if peeled.is_scene and not any(c.isdigit() for c in inner):
        # another title of the release; in square brackets, its group
        peeled.texts.append(TitleText(text, penalty + SECOND, year))
        if text[-1] != "]":
            peeled.also(inner, penalty + UNLIKELY, year)
        return before, year
    # a number in brackets may distinguish a sequel from its film
    peeled.also(before, penalty + (HARDLY if any(c.isdigit() for c in inner) else DOUBTFUL), year)
    peeled.also(inner, penalty + RARE, year)
    return None


def _take_end_tag(reading: TitleText, peeled: _Peeled) -> str | None:
    """Remove the last word where it can only be a tag."""
    text, penalty, year = reading
    head, _, word = text.rpartition(" ")
    folded = word.lower()
    shorter = _take_glued(word, peeled)
    if shorter is not None or (_ID.fullmatch(folded) and has_name(head)):
        return f"{head} {shorter or ''}".strip()
    tag = tag_of(folded)
    if tag is None and folded not in PHRASES_BY_END and not (peeled.is_scene and _is_of_release(folded)):
        return None
    head = head.strip(TRIM)
    if not is_title(head):
        return None
    before, _, previous = head.rpartition(" ")
    for first, joined in PHRASES_BY_END.get(folded, ()):
        if previous.lower() == first and is_title(before):
            peeled.tags.append(TAGS[joined])
            shorter = _ORDINAL.sub("", before)  # Title 25th Anniversary Edition
            return _TRAILING_ARTICLE.sub("", shorter) or before  # Title The Director's Cut
    if peeled.is_scene and _ends_title_of_release(word, tag, head, peeled):
        if not _follows_year(head):
            peeled.texts.append(
                TitleText(text, penalty + LIKELY, year)
            )  # such a small penalty that a film of that title is equally likely
        peeled.tags += [tag] if tag is not None else []
        return head
    if peeled.is_series and word in _SHOWS_COUNTRIES and not head.isupper():
        # Title US S01E02: the show of that country, or a show with US in its title
        peeled.texts.append(TitleText(text, penalty + NEARLY_SURE, year))
        peeled.country = peeled.country or COUNTRIES[folded]
        return head
    if folded == "3d" and year is not None and not peeled.is_scene:
        peeled.also(head, penalty + SECOND, year)  # before the year, it belongs to the title: Piranha 3D (2010)
        return None
    return None if tag is None else _take_provider_tag(reading, tag, peeled)


def _take_glued(word: str, peeled: _Peeled) -> str | None:
    """Return a word without the language joined to it, as in `Title-ita`, or None for any other word."""
    glued = GLUED_END.fullmatch(word) if "-" in word else None
    if glued is None:
        return None
    peeled.tags.append(TAGS[glued[2]])
    return glued[1]


def _take_provider_tag(reading: TitleText, tag: Tag, peeled: _Peeled) -> str | None:
    text, penalty, year = reading
    head, _, word = text.rpartition(" ")
    head = head.strip(TRIM)
    before, _, previous = head.rpartition(" ")
    neighbour = TAGS.get(previous.lower().strip("()[]-"))
    if neighbour is not None and tag.field == "language" and neighbour.field in ("subtitles", "dubbed") and before:
        peeled.tags += [neighbour, tag._replace(field=neighbour.field)]
        return before
    if _is_sure_at_end(tag, neighbour, previous, before):
        if previous.lower() in _DANGLING and before:  # Some War in HD
            peeled.also(head, penalty + SECOND, year)
            return None
        if not tag.sure:
            _keep_word_behind_year(reading, peeled)
        peeled.tags.append(tag)
        return head
    if word.isupper() or (len(word) > 3 and tag.field in _WORDED_FIELDS):
        peeled.also(head, penalty + (DOUBTFUL if word.isupper() else RARE), year)
    return None


def _keep_word_behind_year(reading: TitleText, peeled: _Peeled) -> None:
    """Keep `Title 3D` as a reading of `Title (2010) 3D`."""
    text, penalty, _ = reading
    found = _BRACKET_YEAR.search(text)
    if found is not None and has_name(text[: found.start()]):
        whole = f"{text[: found.start()].rstrip()} {text[found.end() :].lstrip()}"
        peeled.texts.append(TitleText(whole, penalty + SECOND, year_of(found[1])))


def _is_of_release(folded: str) -> bool:
    return folded in RELEASE_WORDS or ("+" in folded and all(tag_of(part) for part in folded.split("+")))


def _ends_title_of_release(word: str, tag: Tag | None, head: str, peeled: _Peeled) -> bool:
    """Return whether the last word before the quality of a release is a tag.

    It is one in capitals (`LiMiTED`) behind a title without capitals, and where it is the full name of a language.
    `head` is the text before the word.
    """
    if tag is not None and tag.sure and tag.field not in LANGUAGE_FIELDS:
        return True
    is_of_release = _is_of_release(word.lower())
    if word.lower() in SURE_RELEASE_WORDS or (is_of_release and DIGIT.search(word)):
        return True
    if word.replace("i", "I").isupper() and (is_of_release or not head.isupper()):
        return True
    if tag is not None and tag.field == "language" and len(word) > _LONGEST_CODE:
        # English releases are not marked, so the word belongs to the title: Johnny English
        return tag.value != "en" and not peeled.has_bracketed_year
    return is_of_release and word.islower() and head.islower()


def _follows_year(head: str) -> bool:
    """Return whether a text ends in a year that only tags follow."""
    words = head.split()
    while words and tag_of(words[-1].lower()) is not None and not words[-1].isdecimal():
        words.pop()
    bare = words[-1].strip("()[]-") if len(words) > 1 else ""
    return len(bare) == len("1999") and bare.isdecimal() and year_of(bare) is not None


def _is_sure_at_end(tag: Tag, neighbour: Tag | None, previous: str, before: str) -> bool:
    """Return whether a tag at the end cannot be part of the title.

    That is so for quality words, and for languages behind a year or a quality word.
    """
    if tag.sure and tag.field not in LANGUAGE_FIELDS:
        return True
    if neighbour is not None and neighbour.sure and neighbour.field not in LANGUAGE_FIELDS:
        return True
    return bool(before) and _follows_year(f"{before} {previous}")


def _expand(texts: list[TitleText], peeled: _Peeled) -> list[TitleText]:
    """Add the halves of names with two titles: `A / B`, `A aka B`, two scripts."""
    result: list[TitleText] = []
    for text, penalty, year in texts:
        halves, is_twice = halves_of(text)
        if not text.isascii():
            halves += scripts_of(text)
        known = None
        if halves and is_twice:
            known = halves[0]
        elif peeled.is_scene:  # releases have the title in their language first, then the international title
            known = next((half for half in halves if _LATIN_WORDS.match(half)), None)
        if known is not None:
            result += [TitleText(known, penalty, year), TitleText(text, penalty + SECOND, year)]
        else:
            result.append(TitleText(text, penalty, year))
        if known is None:
            result += [TitleText(half, penalty + OF_A_HALF, year) for half in dashed_halves(text)]
        cost = NEARLY_SURE if is_twice else DOUBTFUL
        result += [TitleText(half, penalty + cost, year) for half in halves if half != known]
    return sorted(result, key=lambda reading: reading.penalty)
