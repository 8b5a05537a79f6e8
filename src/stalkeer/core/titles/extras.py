"""Find words that make a name something else than its title: trailer, soundtrack, second part, single episode."""

# ruff: noqa: E501, SIM905 - word lists read best as lines of words

from __future__ import annotations

import re

from stalkeer.core.titles.languages import phrases, single, words_of
from stalkeer.core.titles.marks import EPISODE_WORDS, SEASON_WORDS, any_of
from stalkeer.core.titles.normalise import fold, title_key

# words for trailers, promos and recaps of a film or an episode; folded by `fold`
_ANNOUNCEMENTS = words_of(lambda words: words.announcement) | frozenset(
    "promocja trejler traileris rueckblick resume-episode teaser-trailer промо предпремьера".split()
)
# words for things made around a film; in the title of an episode they mean nothing special
_AROUND = """featurette featurettes makingof making-of bts bloopers outtakes soundtrack soundtracks ost album albums score саундтрек
    parody parodie parodia parodi spoof пародия reaction reactions reaccion reacao reaktion reakcja reakcje réaction реакция review reviews
    recenzja recension kritik критика обзор рецензия explained interview interviews entrevista entrevistas intervista wywiad rozhovor
    интервью clip clips videoclip videoclipe klip teledysk sample samples bonus extras kulisy backstage coulisses commentary kommentar audiokommentar
    karaoke podcast gameplay walkthrough fanfilm fanfic fanedit highlights konzert concert concierto concerto koncert musica musik muzyka muziek
    soundtrackalbum bandaoriginal lyrics musicvideo livestream pressekonferenz premiere-event bastidores مراجعة مقابلة كواليس قصير музыка музика konsert mst3k rifftrax xxx q&a"""
_AROUND_PHRASES = """making of|behind the scenes|deleted scene|deleted scenes|gag reel|b roll|music video|video game|fan film|fan edit|honest trailer
    |bande originale|banda sonora|trilha sonora|colonna sonora|sciezka dzwiekowa|film muzigi|kamera arkasi|zza kulis|za kulisami|tras las camaras
    |detras de camaras|detras de escena|dietro le quinte|hinter den kulissen|achter de schermen|за кадром|review of|live concert|how it was made
    |como se hizo|wie es entstand|le making of|scenes coupees|escenas eliminadas|geloschte szenen|filmkritik|film review|video essay"""
_PARTS = words_of(lambda words: words.part) | frozenset(
    """book cd disc disco disk disku disque dvd film puntata puntate rozdzial volym side диск фильм ч""".split()
)
_NUMBER_WORDS = """one two three four five six seven eight nine ten un une deux trois quatre cinq eins zwei drei vier fünf dos tres cuatro cinco uno due tre
    quattro cinque dois duas jeden dwa trzy een twee drie iki üç второй вторая второе третий первая الاولى الأولى الثانية الثالثة الرابعة الخامسة السادسة الاول الأول الثاني الثالث الرابع الخامس first second third fourth fifth zweiter premiere
    deuxieme troisieme segunda segundo tercera tercero terza terzo seconda secondo druga drugi drugo trzecia trzeci dritter dritte zweite
    vierter vierte tweede derde anden andet tredje andra annen toinen kolmas druhy druha druhe treti prva prvi prvy treca treci masodik
    harmadik elso doua doilea treia ikinci ucuncu birinci deftero δευτερο δευτερος τριτο πρωτο втора трета перша друга третя другий antra antras
    otra otras teine kolmas dyte kedua pertama دوم اول سوم שני שנייה שלישי"""


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in text.split())


def _phrases(text: str) -> list[str]:
    return [fold(phrase) for phrase in text.replace("\n", " ").split("|") if phrase.strip()]


def _any_word(words: frozenset[str], phrases: list[str]) -> str:
    spoken = [re.escape(word) for word in words] + [re.escape(phrase).replace(r"\ ", r"[\s\-]") for phrase in phrases]
    return "|".join(sorted(spoken, key=lambda word: (-len(word), word)))


_ANNOUNCES = _any_word(
    frozenset(map(fold, single(_ANNOUNCEMENTS))) | _words("sneak-peek"), sorted(map(fold, phrases(_ANNOUNCEMENTS)))
)
_ALL_EXTRAS = f"{_ANNOUNCES}|{_any_word(_words(_AROUND), _phrases(_AROUND_PHRASES))}"
_EXTRA = re.compile(rf"(?<!\w)(?:{_ALL_EXTRAS})(?!\w)|预告|預告|予告|예고")
_ANNOUNCES_AT_END = re.compile(rf"(?<!\w)(?:{_ANNOUNCES})\s*[#№]?\d*\W*$")
_ANNOUNCES_IN_BRACKETS = re.compile(rf"[\[({{][^\[\](){{}}]*(?<!\w)(?:{_ANNOUNCES})(?!\w)[^\[\](){{}}]*[\])}}]")
_LEAST_OF_WORD = 3
_ALL_COUNTED = frozenset(map(fold, EPISODE_WORDS | SEASON_WORDS | single(_PARTS)))
# e, ep, cz: these count only before digits
_SHORT = frozenset(word for word in _ALL_COUNTED if len(word) < _LEAST_OF_WORD)
_COUNTED = any_of(_ALL_COUNTED - _SHORT)
_FIGURES = r"(?:\d{1,3}|[ivx]{1,4})"
_NUMBER = rf"(?:{_FIGURES}|{any_of(_words(_NUMBER_WORDS))})"
_PART = re.compile(
    rf"(?<!\w)(?:(?:{_COUNTED})\s*[.:#\-]*\s*{_NUMBER}|{_NUMBER}\s*(?:[.ªº]|nd|rd|th|st|eme|ere|e|a|й|я|-[яй])?\s*(?:{_COUNTED})"
    rf"|(?:{any_of(_SHORT)})\s*[.:#\-]*\s*{_FIGURES}"
    r"|ج\s*\d{1,2}|(?<![.,])\d{1,2}\s*(?:of|/|sur|de|von|из)\s*\d{1,2}|s\d{1,2}\s?e\d{1,3}|\d{1,2}x\d{1,3})(?!\w)"
    r"|第\s?[\d一二三四五六七八九十]{1,3}\s?[部集季話话回章]|[上下][部集巻卷](?!\w)|\d{1,2}\s?[부화](?!\w)"
)


def find_extra(folded: str) -> str | None:
    """Return the word in a folded text for something made around a film, as a trailer or soundtrack, or None."""
    found = _EXTRA.search(folded)
    return found[0] if found is not None else None


def find_announcement(folded: str) -> str | None:
    """Return the word for a trailer, promo, recap or preview behind the number of an episode.

    Only a word at the very end or in brackets counts. Anywhere else it belongs to the title of the episode.
    """
    found = _ANNOUNCES_AT_END.search(folded) or _ANNOUNCES_IN_BRACKETS.search(folded)
    return found[0].strip(" []()") if found is not None else None


def find_part(folded: str) -> str | None:
    """Return the words of a folded text that count a part, volume, disc, season or episode, or None."""
    found = _PART.search(folded)
    return found[0] if found is not None else None


def part_key(words: str) -> str:
    """Return the same key for all ways to write a part: `Volume II` and `vol. 2`."""
    return title_key(f"a {words}")[1:]


__all__ = ["find_announcement", "find_extra", "find_part", "fold", "part_key"]
