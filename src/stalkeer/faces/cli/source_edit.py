"""`stalkeer source edit`: say something else of a source; what is not said stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import typer

from stalkeer.faces.cli.output import context_app, emit
from stalkeer.faces.cli.source_terms import connections_of, document_of, headers_of, size_of

if TYPE_CHECKING:
    from stalkeer.store.sources.sources import Credentials, NewSource, SourceRow


@dataclass(frozen=True)
class Login:
    """Where a source is now and how to be let in, as far as it was given."""

    address: str | None
    username: str | None
    password: str | None
    proxy: str | None
    headers: dict[str, str] | None
    as_playlist: bool

    def over(self, kept: Credentials) -> Credentials:
        return replace(
            kept,
            username=kept.username if self.username is None else self.username,
            password=kept.password if self.password is None else self.password,
            proxy=kept.proxy if self.proxy is None else self.proxy,
            headers=kept.headers if self.headers is None else self.headers,
        )


def edit(
    context: typer.Context,
    name: str = typer.Argument(metavar="NAME", help="The source's name."),
    address: str | None = typer.Option(None, "--address", help="Its file, address or server now."),
    username: str | None = typer.Option(None, "--username", "-u", help="The account's user."),
    password: str | None = typer.Option(None, "--password", "-p", help="Asked for where only a user is given."),
    as_playlist: bool = typer.Option(False, "--as-playlist", help="Keep a get.php address as the playlist it returns."),
    user_agent: str | None = typer.Option(None, "--user-agent", help="User-Agent for this source."),
    proxy: str | None = typer.Option(None, "--proxy", help="http://, https://, socks5:// or socks5h:// proxy."),
    header: list[str] = typer.Option([], "--header", metavar="NAME:VALUE", help="In place of all its further headers."),
    priority: int | None = typer.Option(None, "--priority", help="Between the same variants, the higher wins."),
    max_connections: str | None = typer.Option(
        None, "--max-connections", help="Connections at once; 0 for any number, `account` for what the account says."
    ),
    bandwidth: str | None = typer.Option(None, "--bandwidth", metavar="SIZE", help="Such as 5MB; 0 for no limit."),
    refresh_at: str | None = typer.Option(None, "--refresh", metavar="CRON", help="Its own refresh times."),
    adult: bool | None = typer.Option(None, "--adult/--no-adult", help="Keep groups that call themselves adult."),
    enabled: bool | None = typer.Option(None, "--enable/--disable", help="Whether it is refreshed and used."),
) -> None:
    """Change a source. What is not given stays, and another host or login changes no entry's identity.

    Examples: stalkeer source edit tv --address http://new.example:8080 | stalkeer source edit tv -u me --priority 5
    """
    from stalkeer.errors import Conflict
    from stalkeer.store.sources.sources import CONFIG, change_source, get_source, kept_credentials

    parts = context_app(context)
    with parts.database.connect() as connection:
        row = get_source(connection, name)
    if row.origin == CONFIG:
        raise Conflict(f"{name} comes from the configuration file; change it there, under `playlists`")
    if username and password is None:
        password = typer.prompt("Password", hide_input=True, err=True)
    login = Login(address, username, password, proxy, headers_of(header) if header else None, as_playlist)
    options = replace(
        row.options,
        user_agent=row.options.user_agent if user_agent is None else user_agent,
        refresh=row.options.refresh if refresh_at is None else refresh_at,
        adult=row.options.adult if adult is None else adult,
    )
    new = replace(
        _described(row, login, kept_credentials(row, parts.secrets)),
        options=options,
        priority=row.priority if priority is None else priority,
        enabled=row.enabled if enabled is None else enabled,
        max_connections=row.max_connections if max_connections is None else connections_of(max_connections),
        bandwidth_limit=row.bandwidth_limit if bandwidth is None else size_of(bandwidth, "--bandwidth"),
    )
    with parts.database.begin() as connection:
        changed = change_source(connection, row, new, parts.secrets)
    said = f"Changed {name}."
    if login.address is not None or login.username or login.password:
        said += f" Try it: stalkeer source test {name}"
    emit(context, document_of(changed), lambda console: console.print(said, markup=False, highlight=False))


def _described(row: SourceRow, login: Login, kept: Credentials) -> NewSource:
    from stalkeer.jobs.sources.describe import describe_source
    from stalkeer.store.sources.sources import M3U, NewSource

    credentials = login.over(kept)
    if login.address is None:
        return NewSource(row.slug, row.kind, credentials)
    stays_playlist = row.kind == M3U and not login.username
    if stays_playlist and not login.address.lower().startswith(("http://", "https://")):
        credentials = replace(credentials, username="", password="")  # a file needs no login
    bare = replace(credentials, path="", url="")
    as_playlist = login.as_playlist or (stays_playlist and bool(credentials.username))
    return describe_source(row.slug, login.address, bare, row.options, as_playlist=as_playlist)
