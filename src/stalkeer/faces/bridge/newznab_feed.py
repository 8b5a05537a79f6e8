"""Write the documents of the indexer: capabilities, feed, errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from stalkeer.core.naming.languages import language_code, language_name
from stalkeer.core.naming.offers import audio_of
from stalkeer.jobs.native.indexer import LARGEST_PAGE
from stalkeer.model import WantedKind
from stalkeer.store.offers.offerable import LiveOffer

PLACEHOLDER = "placeholder"
PLACEHOLDER_TITLE = "Stalkeer placeholder"  # a title that neither program can parse as an item
PLACEHOLDER_DATE = datetime(2020, 1, 1, tzinfo=UTC)  # older than every release
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = "http://www.newznab.com/DTD/2010/feeds/attributes/"
_NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CATEGORIES = (
    (2000, "Movies", ((2030, "SD"), (2040, "HD"), (2045, "UHD"))),
    (5000, "TV", ((5030, "SD"), (5040, "HD"), (5045, "UHD"), (5070, "Anime"))),
)


@dataclass(frozen=True)
class Feed:
    """Hold a page of the feed. With `placeholder_category`, the page ends with a harmless item of that category.

    The test of both programs needs an item even from an empty indexer. And both warn that a sync missed releases unless
    they meet an item that is as old as the newest of their last sync, which may have left the feed.
    """

    offers: Sequence[LiveOffer]
    total: int
    offset: int
    placeholder_category: int | None = None


def caps_document() -> str:
    categories = "".join(
        f'<category id="{number}" name="{name}">'
        + "".join(f'<subcat id="{sub}" name="{subname}"/>' for sub, subname in subs)
        + "</category>"
        for number, name, subs in _CATEGORIES
    )
    return (
        f'{_HEAD}<caps><server title="Stalkeer"/><limits max="{LARGEST_PAGE}" default="{LARGEST_PAGE}"/><searching>'
        '<search available="yes" supportedParams="q" searchEngine="raw"/>'
        '<tv-search available="yes" supportedParams="q,tvdbid,imdbid,tmdbid,season,ep" searchEngine="raw"/>'
        '<movie-search available="yes" supportedParams="q,imdbid,tmdbid" searchEngine="raw"/>'
        f"</searching><categories>{categories}</categories></caps>\n"
    )


def error_document(code: int, description: str) -> str:
    return f'{_HEAD}<error code="{code}" description={_quoted(description)}/>\n'


def feed_document(feed: Feed, address: str, link: Callable[[str], str]) -> str:
    items = [_offer_item(offer, link(offer.guid)) for offer in feed.offers]
    if feed.placeholder_category is not None:
        items.append(_placeholder_item(link(PLACEHOLDER), feed.placeholder_category))
    return (
        f'{_HEAD}<rss version="2.0" xmlns:newznab="{_SPACE}"><channel><title>Stalkeer</title>'
        f"<description>Releases of your playlists</description><link>{_text(address)}</link>"
        f'<newznab:response offset="{feed.offset}" total="{feed.total}"/>{"".join(items)}</channel></rss>\n'
    )


def categories_of(offer: LiveOffer) -> list[int]:
    """Return the categories of a release, the general one first.

    A UHD release is also in HD, because Sonarr asks only for HD.
    """
    root = 2000 if offer.kind is WantedKind.MOVIE else 5000
    resolution = offer.resolution or 0
    found = [root]
    if resolution >= 2160:
        found.append(root + 45)
    if resolution >= 720 or not resolution:
        found.append(root + 40)
    if resolution < 720:
        found.append(root + 30)
    return [*found, 5070] if offer.series_type == "anime" else found


def _offer_item(offer: LiveOffer, link: str) -> str:
    size = offer.size or 0
    attributes: list[tuple[str, object]] = [("category", category) for category in categories_of(offer)]
    attributes.append(("size", size))
    if offer.kind is WantedKind.MOVIE:
        attributes.append(("tmdbid", offer.tmdb_id))
    else:
        attributes += [("tvdbid", offer.tvdb_id), ("season", offer.season)]
        attributes += [("episode", episode) for episode in offer.episodes]
    attributes.append(("imdb", (offer.imdb_id or "").lower().removeprefix("tt")))  # Radarr reads only digits
    spoken = dict.fromkeys(language_name(language_code(code)) for code in audio_of(offer.languages))
    attributes += [("language", name) for name in spoken]
    return _item(offer.release, offer.guid, link, offer.pub_date, size, attributes)


def _placeholder_item(link: str, category: int) -> str:
    attributes: list[tuple[str, object]] = [("category", category), ("size", 1024)]
    return _item(PLACEHOLDER_TITLE, f"stalkeer-{PLACEHOLDER}", link, PLACEHOLDER_DATE, 1024, attributes)


def _item(title: str, guid: str, link: str, date: datetime, size: int, attributes: Sequence[tuple[str, object]]) -> str:
    attrs = "".join(
        f'<newznab:attr name="{name}" value={_quoted(value) if isinstance(value, str) else _of_number(value)}/>'
        for name, value in attributes
        if value not in (None, "")
    )
    return (
        f'<item><title>{_text(title)}</title><guid isPermaLink="false">{_text(guid)}</guid><link>{_text(link)}</link>'
        f"<pubDate>{format_datetime(date.astimezone(UTC))}</pubDate>"
        f'<enclosure url={_quoted(link)} length="{size}" type="application/x-nzb"/>{attrs}</item>'
    )


def _of_number(value: object) -> str:
    """Write a number, which needs no escapes. A page has hundreds."""
    return f'"{value}"'


def _text(text: str) -> str:
    return escape(_NOT_IN_XML.sub("", text))


def _quoted(text: str) -> str:
    return quoteattr(_NOT_IN_XML.sub("", text))
