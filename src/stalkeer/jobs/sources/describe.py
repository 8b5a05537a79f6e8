"""What a user typed to what a source is: a file, a playlist's address, or an account."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stalkeer.core.catalogue.access import login_in_url
from stalkeer.errors import InvalidInput
from stalkeer.settings.schema import SLUG
from stalkeer.store.sources.sources import M3U, XTREAM, Credentials, NewSource, SourceOptions, check_new_source


def describe_source(
    slug: str, address: str, credentials: Credentials, options: SourceOptions, *, as_playlist: bool = False
) -> NewSource:
    """A panel's `get.php` address becomes the account it belongs to, which tells more than its playlist does."""
    if not SLUG.fullmatch(slug):
        raise InvalidInput(f"{slug!r} is not a name for a source; use lower-case letters, digits, - and _, at most 64")
    address = address.strip()
    if not address.lower().startswith(("http://", "https://")):
        if credentials.username:
            address = f"http://{address}"
        elif "://" in address:
            raise InvalidInput(f"{address.partition('://')[0]}:// is not an address that playlists are fetched from")
        else:
            return NewSource(slug, M3U, replace(credentials, path=str(Path(address).expanduser().absolute())), options)
    login = None if as_playlist else login_in_url(address)
    if login is not None:
        url, username, password = login
        return NewSource(slug, XTREAM, replace(credentials, url=url, username=username, password=password), options)
    kind = XTREAM if credentials.username and not as_playlist else M3U
    new = NewSource(slug, kind, replace(credentials, url=address.rstrip("/") if kind == XTREAM else address), options)
    check_new_source(new)
    return new
