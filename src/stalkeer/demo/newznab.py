"""Read an indexer as Radarr and Sonarr do: capabilities, feed, NZB.

It is strict where they are strict, and ignores what they ignore.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urljoin

ATTRIBUTES = "{http://www.newznab.com/DTD/2010/feeds/attributes/}attr"
NZB_TYPE = "application/x-nzb"
MAX_PAGES = 30
FORBIDDEN_TYPES = ("text/html", "text/xhtml")


class IndexerFailed(Exception):
    """Report a failure of the indexer in the words of the program."""


@dataclass(frozen=True)
class HttpAnswer:
    """Hold an answer over HTTP."""

    status: int
    content_type: str
    body: bytes


Fetch = Callable[[str], HttpAnswer]


@dataclass(frozen=True)
class FeedItem:
    """Hold an item of the feed. `attributes` maps each name to all its values."""

    title: str
    guid: str
    download_url: str
    published: datetime
    size: int
    attributes: dict[str, list[str]]

    @property
    def categories(self) -> set[int]:
        return {int(number) for number in self.attributes.get("category", ()) if number.isdecimal()}


@dataclass(frozen=True)
class Capabilities:
    page_size: int
    searches: dict[str, tuple[str, ...]]  # by element: the supported parameters
    categories: frozenset[int]


@dataclass(frozen=True)
class IndexerSettings:
    """Hold the settings of an indexer in the program."""

    base_url: str
    api_path: str
    api_key: str
    categories: tuple[int, ...]
    is_for_movies: bool

    def url(self, function: str, **more: str | int) -> str:
        query: dict[str, str | int] = {"t": function}
        if function != "caps":
            query |= {"cat": ",".join(map(str, self.categories)), "extended": 1}
        query |= {"apikey": self.api_key, **more}
        return f"{self.base_url.rstrip('/')}{self.api_path}?{urlencode(query, safe=',/')}"


def read_capabilities(fetch: Fetch, settings: IndexerSettings) -> Capabilities:
    root = _document(fetch(settings.url("caps")))
    if root.tag != "caps":
        raise IndexerFailed("Unexpected root element in the capabilities")
    limits = root.find("limits")
    most, usual = (int(limits.get(name, "100")) if limits is not None else 100 for name in ("max", "default"))
    found: dict[str, tuple[str, ...]] = {}
    for element in root.find("searching") or ():
        if element.get("available") == "yes":
            found[element.tag] = tuple((element.get("supportedParams") or "q").split(","))
    numbers = {int(category.get("id", "0")) for category in root.iter("category")}
    numbers |= {int(category.get("id", "0")) for category in root.iter("subcat")}
    return Capabilities(min(100, max(most, usual)), found, frozenset(numbers))


def read_page(fetch: Fetch, url: str) -> list[FeedItem]:
    """Return the items of one page. An item without an NZB is dropped; one without a date breaks the whole page."""
    root = _document(fetch(url))
    channel = root.find("channel")
    if root.tag != "rss" or channel is None:
        raise IndexerFailed("Unexpected root element in the feed")
    found = [_item(element, url) for element in channel.findall("item")]
    kept = {item.guid: item for item in reversed(found) if item is not None}
    return [item for item in found if item is not None and kept[item.guid] is item]


def read_all(fetch: Fetch, settings: IndexerSettings, function: str, **more: str | int) -> list[FeedItem]:
    """Walk the pages of a search, until one is shorter than a page."""
    found: list[FeedItem] = []
    for number in range(MAX_PAGES):
        page = read_page(fetch, settings.url(function, offset=number * 100, limit=100, **more))
        found += page
        if len(page) < 100:
            break
    return found


def try_indexer(fetch: Fetch, settings: IndexerSettings) -> None:
    """Do what the Test button does. Raises IndexerFailed."""
    offered = read_capabilities(fetch, settings)
    if settings.is_for_movies and not set(settings.categories) & offered.categories:
        raise IndexerFailed("None of the selected categories are supported by the indexer")
    name = "movie-search" if settings.is_for_movies else "tv-search"
    searches = (*offered.searches.get("search", ()), *offered.searches.get(name, ()))
    ids = ("imdbid", "tmdbid") if settings.is_for_movies else ("tvdbid", "rid")
    if "q" not in searches and not set(ids) & set(searches):
        raise IndexerFailed("The indexer supports no search that is needed")
    if not settings.is_for_movies and not {"season", "ep"} <= set(offered.searches.get(name, ())):
        raise IndexerFailed("The indexer cannot search by season and episode")
    first = settings.url("movie" if settings.is_for_movies else "tvsearch", offset=0, limit=offered.page_size)
    items = read_page(fetch, first)
    if not [item for item in items if not item.categories or item.categories & set(settings.categories)]:
        raise IndexerFailed("Query successful, but no results in the configured categories were returned")


def fetch_nzb(fetch: Fetch, item: FeedItem) -> bytes | None:
    """Return the NZB; None where the release is gone (404). Raises IndexerFailed for an invalid NZB."""
    answer = fetch(item.download_url)
    if answer.status == 404:
        return None
    root = _document(answer)
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    if root.tag.rpartition("}")[2] != "nzb" or not root.findall(f"{space}file"):
        raise IndexerFailed("Invalid NZB: no files")
    return answer.body


def clean_file_name(title: str) -> str:
    """Return the name under which an NZB is handed on."""
    return re.sub(r'[\\/<>?*:|"]', "", title)


def _document(answer: HttpAnswer) -> ET.Element:
    if answer.status == 429:
        raise IndexerFailed("API request limit reached")
    kind = answer.content_type.partition(";")[0].strip().lower()
    if answer.status >= 400 and "xml" not in kind:
        raise IndexerFailed(f"Indexer API call resulted in an unexpected status code [{answer.status}]")
    if kind in FORBIDDEN_TYPES:
        raise IndexerFailed("Indexer responded with html content")
    try:
        root = ET.fromstring(answer.body)  # noqa: S314 - the demo's own server
    except ET.ParseError as error:
        raise IndexerFailed(f"Unable to parse the answer: {error}") from error
    if root.tag == "error":
        code, words = int(root.get("code", "0")), root.get("description", "")
        raise IndexerFailed("Invalid API key" if 100 <= code <= 199 else words)
    if answer.status >= 400:
        raise IndexerFailed(f"Indexer API call resulted in an unexpected status code [{answer.status}]")
    return root


def _item(element: ET.Element, url: str) -> FeedItem | None:
    attributes: dict[str, list[str]] = {}
    for attribute in element.findall(ATTRIBUTES):
        attributes.setdefault(attribute.get("name", "").lower(), []).append(attribute.get("value", ""))
    enclosures = [enclosure for enclosure in element.findall("enclosure") if enclosure.get("type") == NZB_TYPE]
    title, date = element.findtext("title"), element.findtext("pubDate")
    if not title or not date:
        raise IndexerFailed("An item has no title or no date")
    if not enclosures or not enclosures[0].get("url"):
        return None
    size = int(next(iter(attributes.get("size", ())), enclosures[0].get("length") or "0"))
    published = parsedate_to_datetime(next(iter(attributes.get("usenetdate", ())), date)).astimezone(UTC)
    address = urljoin(url, enclosures[0].get("url"))
    return FeedItem(title, element.findtext("guid") or "", address, published, size, attributes)
