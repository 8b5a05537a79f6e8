"""Read the parameters of a search in every form that Radarr, Sonarr and Prowlarr send."""

from __future__ import annotations

from collections.abc import Mapping

from stalkeer.core.downloads.search_terms import ItemNumbers, read_numbers
from stalkeer.errors import InvalidInput
from stalkeer.jobs.native.indexer import LARGEST_PAGE, FeedQuery, Pictures
from stalkeer.model import InstanceKind
from stalkeer.store.library.finding import ForeignIds

MISSING_PARAMETER, INCORRECT_PARAMETER, NO_SUCH_FUNCTION = 200, 201, 202
LARGEST_OFFSET = 10_000_000
_ROOT = {InstanceKind.RADARR: 2000, InstanceKind.SONARR: 5000}
_FUNCTION = {InstanceKind.RADARR: "movie", InstanceKind.SONARR: "tvsearch"}
# pictures by the number added to the root category; 10 is WEB-DL for series, 70 anime
_PICTURES = {0: Pictures.ALL, 30: Pictures.SD, 40: Pictures.HD, 45: Pictures.UHD}
_IDS = ("tmdbid", "tvdbid", "imdbid")
_ALL_OF_SERIES = frozenset({10, 70})


class BadRequest(InvalidInput):
    """Report an invalid parameter."""


def read_query(given: Mapping[str, str], kind: InstanceKind) -> FeedQuery | None:
    """Return the search of an instance; None for the categories or functions of the other program."""
    if given.get("t", "") not in ("search", _FUNCTION[kind]):
        return None
    pictures = read_categories(given.get("cat", ""), kind)
    if not pictures:
        return None
    limit = _number(given, "limit")
    query = FeedQuery(
        ids=ForeignIds(
            tmdb=_number(given, "tmdbid"), tvdb=_number(given, "tvdbid"), imdb=_imdb(given.get("imdbid", ""))
        ),
        term=given.get("q", "").strip(),
        numbers=_numbers(given),
        pictures=pictures,
        limit=LARGEST_PAGE if limit is None else min(limit, LARGEST_PAGE),
        offset=_number(given, "offset", LARGEST_OFFSET) or 0,
    )
    # an id without a number asks for an item, not for the feed of everything
    return None if query.is_feed and any(name in given for name in _IDS) else query


def read_categories(text: str, kind: InstanceKind) -> frozenset[Pictures]:
    """Return the pictures of the categories: all without categories, none where only foreign categories are given."""
    if not text.strip():
        return frozenset({Pictures.ALL})
    numbers = [int(number) for number in text.split(",") if number.strip().isascii() and number.strip().isdecimal()]
    root, found = _ROOT[kind], set()
    for number in numbers:
        further = number - root
        if further in _PICTURES:
            found.add(_PICTURES[further])
        elif kind is InstanceKind.SONARR and further in _ALL_OF_SERIES:
            found.add(Pictures.ALL)
    return frozenset(found)


def _numbers(given: Mapping[str, str]) -> ItemNumbers:
    season, episode = given.get("season", "").strip(), given.get("ep", "").strip()
    if len(season) > 6 or len(episode) > 8:
        raise BadRequest("Incorrect parameter: season, ep")
    try:
        return read_numbers(season or None, episode or None)
    except ValueError:
        raise BadRequest("Incorrect parameter: season, ep") from None


def _number(given: Mapping[str, str], name: str, most: int = 2**62) -> int | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or int(text[:20]) > most:
        raise BadRequest(f"Incorrect parameter: {name}")
    return int(text)


def _imdb(text: str) -> str | None:
    digits = text.strip().lower().removeprefix("tt")
    if not digits:
        return None
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 12:
        raise BadRequest("Incorrect parameter: imdbid")
    return digits
