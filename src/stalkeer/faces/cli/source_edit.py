"""`stalkeer source edit`: change a source; a field that is not named stays as it is."""

from __future__ import annotations

import typer

from stalkeer.faces.cli.output import context_app, emit
from stalkeer.faces.cli.source_terms import connections_of, cron_of, headers_of, size_of


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
    from stalkeer.jobs.sources.describe import KEEP, SourcePatch
    from stalkeer.jobs.sources.edit import edit_source, editable_source
    from stalkeer.jobs.sources.view import source_document

    parts = context_app(context)
    if username and password is None:
        with parts.database.connect() as connection:
            editable_source(connection, name)  # before the question
        password = typer.prompt("Password", hide_input=True, err=True)
    patch = SourcePatch(
        address=KEEP if address is None else address,
        as_playlist=as_playlist,
        username=KEEP if username is None else username,
        password=KEEP if password is None else password,
        headers=headers_of(header) if header else KEEP,
        proxy=KEEP if proxy is None else proxy,
        user_agent=KEEP if user_agent is None else user_agent,
        refresh=KEEP if refresh_at is None else cron_of(refresh_at),
        adult=KEEP if adult is None else adult,
        priority=KEEP if priority is None else priority,
        enabled=KEEP if enabled is None else enabled,
        max_connections=KEEP if max_connections is None else connections_of(max_connections),
        bandwidth_limit=KEEP if bandwidth is None else size_of(bandwidth, "--bandwidth"),
    )
    changed = edit_source(parts.database, parts.secrets, name, patch)
    said = f"Changed {name}."
    if address is not None or username or password:
        said += f" Try it: stalkeer source test {name}"
    emit(context, source_document(changed), lambda console: console.print(said, markup=False, highlight=False))
