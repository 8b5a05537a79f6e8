"""Edit a source: `stalkeer source edit`. Fields that are not given stay unchanged."""

from __future__ import annotations

import typer

from stalkeer.faces.cli.output import ask_password, context_app, emit
from stalkeer.faces.cli.source_terms import connections_of, cron_of, headers_of, size_of, use_of


def edit(
    context: typer.Context,
    name: str = typer.Argument(metavar="NAME", help="Name of the source."),
    address: str | None = typer.Option(None, "--address", help="New file, address or server."),
    username: str | None = typer.Option(None, "--username", "-u", help="Username of the account."),
    password: str | None = typer.Option(
        None, "--password", "-p", help="Password of the account; asked for if only a username is given."
    ),
    as_playlist: bool = typer.Option(False, "--as-playlist", help="Read a get.php address as a plain playlist."),
    user_agent: str | None = typer.Option(None, "--user-agent", help="User-Agent for this source."),
    proxy: str | None = typer.Option(None, "--proxy", help="http://, https://, socks5:// or socks5h:// proxy."),
    header: list[str] = typer.Option(
        [], "--header", metavar="NAME:VALUE", help="Replaces all additional request headers; repeatable."
    ),
    priority: int | None = typer.Option(None, "--priority", help="Of equal releases, the higher priority is used."),
    max_connections: str | None = typer.Option(
        None, "--max-connections", help="Maximum connections; 0 is unlimited, `account` uses the account's limit."
    ),
    bandwidth: str | None = typer.Option(
        None, "--bandwidth", metavar="SIZE", help="Speed limit per second, such as 5MB; 0 is unlimited."
    ),
    use: str | None = typer.Option(None, "--use", help="When downloads may use it: any, night, 01:00-07:00 or manual."),
    refresh_at: str | None = typer.Option(None, "--refresh", metavar="CRON", help="Refresh times of this source."),
    adult: bool | None = typer.Option(None, "--adult/--no-adult", help="Include groups that are labelled as adult."),
    enabled: bool | None = typer.Option(None, "--enable/--disable", help="Enable or disable the source."),
) -> None:
    """Edit a source. Options that are not given stay unchanged. Entries survive a new host or login.

    Examples: stalkeer source edit tv --address http://new.example:8080 | stalkeer source edit tv -u me --priority 5
    """
    from stalkeer.jobs.sources.describe import KEEP, SourcePatch
    from stalkeer.jobs.sources.edit import edit_source, editable_source
    from stalkeer.jobs.sources.view import source_document

    parts = context_app(context)
    if username and password is None:
        with parts.database.connect() as connection:
            editable_source(connection, name)  # fail before asking for the password
        password = ask_password("--password")
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
        use=KEEP if use is None else use_of(use),
    )
    changed = edit_source(parts.database, parts.secrets, name, patch)
    said = f"Changed {name}."
    if address is not None or username or password:
        said += f" Test it: stalkeer source test {name}"
    emit(context, source_document(changed), lambda console: console.print(said, markup=False, highlight=False))
