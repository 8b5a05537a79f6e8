"""Read the form of a source, and turn it into a patch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from stalkeer.core.catalogue.access import login_in_url
from stalkeer.errors import InvalidInput
from stalkeer.jobs.sources.describe import KEEP, SourcePatch, read_use
from stalkeer.settings.units import parse_size
from stalkeer.store.sources.description import XTREAM, Credentials
from stalkeer.store.sources.rows import SourceRow


@dataclass(frozen=True)
class SourceForm:
    """Hold the form fields as text. The page never contains a stored password."""

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
    use: str = ""  # any | hours | manual
    use_from: str = ""
    use_until: str = ""
    as_playlist: bool = False  # read a `get.php` address as a plain playlist

    @property
    def names_account(self) -> bool:
        """Return whether the playlist address contains the login of an account."""
        return self.how == "url" and login_in_url(self.url) is not None


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
        adult=text("adult") == "1",
        use=text("use"),
        use_from=text("use_from"),
        use_until=text("use_until"),
        as_playlist="as_playlist" in form,
    )
    if not filled.slug:
        filled = replace(filled, slug=suggested_slug(filled))
    return replace(filled, how=filled.how or "url", priority=filled.priority or "0")


def suggested_slug(form: SourceForm) -> str:
    """Suggest a name: `provider` for http://tv.provider.example/..., `list` for /data/list.m3u."""
    if form.path:
        name = form.path.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    else:
        host = urlsplit(form.url if "://" in form.url else f"http://{form.url}").hostname or "source"
        parts = [part for part in host.split(".") if part not in ("www", "tv", "iptv")]
        name = host if host.replace(".", "").isdigit() else parts[-2] if len(parts) > 1 else parts[0]
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "source"


def fields_of(form: SourceForm) -> SourcePatch:
    """Read the form of a new source. Raises InvalidInput with the field that is wrong."""
    check_login(form, is_known=bool(form.username))
    is_account = form.how == "account"
    return SourcePatch(
        address=address_of(form),
        as_playlist=form.as_playlist,
        username=form.username if is_account else KEEP,
        password=form.password if is_account else KEEP,
        user_agent=form.user_agent,
        refresh=form.refresh,
        adult=form.adult,
        priority=whole("priority", form.priority) or 0,
        max_connections=whole("maximum connections", form.max_connections),
        bandwidth_limit=limit_of(form.bandwidth_limit),
        use=read_use(form.use, form.use_from, form.use_until) if form.use else KEEP,
    )


def address_of(form: SourceForm) -> str:
    """Return the typed path or address; an address without a scheme is a host. Raises InvalidInput for none."""
    if form.how == "file":
        if not form.path:
            raise wrong("path", "Enter the path of the playlist file.")
        return form.path
    if not form.url:
        raise wrong("url", f"Enter the {'server' if form.how == 'account' else 'playlist'}'s address.")
    return form.url if "://" in form.url else f"http://{form.url}"


def check_login(form: SourceForm, *, is_known: bool) -> None:
    """Raise InvalidInput for an account without a username, which would be read as a playlist."""
    if form.how == "account" and not is_known and login_in_url(form.url) is None:
        missing = {name for name in ("url", "username", "password") if not getattr(form, name)}
        fields = {name: f"Enter the {'server address' if name == 'url' else name}." for name in missing}
        raise InvalidInput("Enter the server's address, the username and the password of the account.", fields=fields)


def patch_of(given: Mapping[str, str], row: SourceRow, path: str) -> SourcePatch:
    """Return the changes of the form to `row`, whose file is `path`. Fields that are not sent stay unchanged.

    An empty address, username or password keeps the stored value, because the page never shows it.
    """
    form = read_source_form({"how": how_of(row, path), **given, "slug": row.slug})
    is_same_kind = form.how == how_of(row, path)
    check_login(form, is_known=bool(form.username) or row.kind == XTREAM)
    keeps_address = is_same_kind and not (form.path if form.how == "file" else form.url)
    patch = SourcePatch(
        address=KEEP if keeps_address else address_of(form),
        as_playlist=form.as_playlist,
        user_agent=form.user_agent if "user_agent" in given else KEEP,
        refresh=form.refresh if "refresh" in given else KEEP,
        adult=form.adult if "adult" in given else KEEP,
        priority=whole("priority", form.priority) or 0 if "priority" in given else KEEP,
        max_connections=whole("maximum connections", form.max_connections) if "max_connections" in given else KEEP,
        bandwidth_limit=limit_of(form.bandwidth_limit) if "bandwidth_limit" in given else KEEP,
        use=read_use(form.use, form.use_from, form.use_until) if form.use else KEEP,
    )
    if form.how == "account":
        return replace(patch, username=form.username or KEEP, password=form.password or KEEP)
    return patch if is_same_kind or row.kind != XTREAM else replace(patch, username="", password="")


def how_of(row: SourceRow, path: str) -> str:
    return "account" if row.kind == XTREAM else "file" if path else "url"


def wrong(field: str, words: str) -> InvalidInput:
    """Return the error of one field."""
    return InvalidInput(words, fields={field: words})


def whole(label: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        words = f"{label.capitalize()}: {text!r} is not a whole number."
        raise wrong(label.replace("maximum ", "max_"), words) from None


def limit_of(text: str) -> int | None:
    try:
        return parse_size(text) or None if text else None
    except ValueError as error:
        raise wrong("bandwidth_limit", f"Speed limit: {text!r} {error}.") from error


def use_of(row: SourceRow) -> SourceForm:
    """Fill the part of the form that says when downloads may use the account."""
    times = row.options.use_times
    return SourceForm(
        slug=row.slug, use=row.options.use, use_from=f"{times.start:%H:%M}", use_until=f"{times.end:%H:%M}"
    )


def form_of(row: SourceRow, credentials: Credentials) -> SourceForm:
    """Fill the form of a stored source. An address that contains a login is a secret and is left out."""
    return replace(
        use_of(row),
        how=how_of(row, credentials.path),
        url=credentials.url if row.kind == XTREAM else "",
        path=credentials.path,
        user_agent=row.options.user_agent,
        priority=str(row.priority),
        max_connections="" if row.max_connections is None else str(row.max_connections),
        bandwidth_limit="" if row.bandwidth_limit is None else str(row.bandwidth_limit),
        refresh=row.options.refresh,
        adult=row.options.adult,
    )
