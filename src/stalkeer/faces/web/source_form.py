"""The form of a source: what a user types, read into what the store keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from stalkeer.core.catalogue.access import login_in_url
from stalkeer.errors import InvalidInput
from stalkeer.settings.units import parse_size
from stalkeer.store.sources.sources import M3U, XTREAM, Credentials, NewSource, SourceOptions, SourceRow

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class SourceForm:
    """The fields as text; a password is never put back into the page."""

    slug: str = ""
    how: str = "url"  # url | account | file
    url: str = ""
    username: str = ""
    password: str = ""
    path: str = ""
    user_agent: str = ""
    priority: str = "0"
    max_connections: str = ""
    bandwidth_limit: str = ""
    refresh: str = ""
    adult: bool = False
    as_account: bool = False  # read the account that a playlist's address names, instead of the playlist

    @property
    def is_account_address(self) -> bool:
        return self.how == "url" and self.as_account and login_in_url(self.url) is not None


def read_source_form(form: Mapping[str, str]) -> SourceForm:
    def text(name: str) -> str:
        return form.get(name, "").strip()

    filled = SourceForm(
        slug=text("slug"),
        how=text("how"),
        url=text("url"),
        username=text("username"),
        password=text("password"),
        path=text("path"),
        user_agent=text("user_agent"),
        priority=text("priority"),
        max_connections=text("max_connections"),
        bandwidth_limit=text("bandwidth_limit"),
        refresh=text("refresh"),
        adult="adult" in form,
        as_account="as_account" in form,
    )
    if not filled.slug:
        filled = replace(filled, slug=suggested_slug(filled))
    return replace(filled, how=filled.how or "url", priority=filled.priority or "0")


def suggested_slug(form: SourceForm) -> str:
    """`provider` for http://tv.provider.example/..., `list` for /data/list.m3u."""
    if form.path:
        name = form.path.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    else:
        host = urlsplit(form.url if "://" in form.url else f"http://{form.url}").hostname or "source"
        parts = [part for part in host.split(".") if part not in ("www", "tv", "iptv")]
        name = host if host.replace(".", "").isdigit() else parts[-2] if len(parts) > 1 else parts[0]
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "source"


def new_source_of(form: SourceForm, present: Credentials | None = None) -> NewSource:
    """Raises InvalidInput with the field that is wrong. An empty password keeps the `present` one."""
    if not SLUG.fullmatch(form.slug):
        raise InvalidInput("The name may have lower-case letters, digits, - and _, at most 64 of them.")
    return NewSource(
        slug=form.slug,
        kind=XTREAM if form.how == "account" or form.is_account_address else M3U,
        credentials=credentials_of(form, present),
        options=SourceOptions(user_agent=form.user_agent, refresh=form.refresh, adult=form.adult),
        priority=whole("priority", form.priority) or 0,
        max_connections=whole("connections at once", form.max_connections),
        bandwidth_limit=limit_of(form.bandwidth_limit),
    )


def credentials_of(form: SourceForm, present: Credentials | None) -> Credentials:
    if form.how == "file":
        return Credentials(path=form.path)
    if form.how == "url" and not form.is_account_address:
        return Credentials(url=form.url or (present.url if present else ""))
    login = login_in_url(form.url)
    if login is not None:
        base, username, password = login
        return Credentials(url=base, username=username, password=password)
    url = form.url if "://" in form.url or not form.url else f"http://{form.url}"
    kept = present or Credentials()
    return replace(
        kept,
        path="",
        url=(url or kept.url).rstrip("/"),
        username=form.username or kept.username,
        password=form.password or kept.password,
    )


def whole(label: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise InvalidInput(f"{label.capitalize()}: {text!r} is not a whole number.") from None


def limit_of(text: str) -> int | None:
    try:
        return parse_size(text) or None if text else None
    except ValueError as error:
        raise InvalidInput(f"Speed limit: {text!r} {error}.") from error


def form_of(row: SourceRow, credentials: Credentials) -> SourceForm:
    """What is stored, for changing it. An address with a login in it is a secret and stays out."""
    is_account = row.kind == XTREAM
    return SourceForm(
        slug=row.slug,
        how="account" if is_account else "file" if credentials.path else "url",
        url=credentials.url if is_account else "",
        path=credentials.path,
        user_agent=row.options.user_agent,
        priority=str(row.priority),
        max_connections="" if row.max_connections is None else str(row.max_connections),
        bandwidth_limit="" if row.bandwidth_limit is None else str(row.bandwidth_limit),
        refresh=row.options.refresh,
        adult=row.options.adult,
    )
