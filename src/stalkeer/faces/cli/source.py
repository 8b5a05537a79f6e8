"""Manage playlists and accounts: `stalkeer source`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli import source_edit, source_filter
from stalkeer.faces.cli.output import ExitCode, ask_password, context_app, emit, fail_with, shown_progress
from stalkeer.faces.cli.source_terms import cron_of, headers_of, size_of, use_of

if TYPE_CHECKING:
    from stalkeer.jobs.refresh.probe import ProbeReport
    from stalkeer.jobs.refresh.refresh import RefreshReport, SourceReport
    from stalkeer.store.downloads.statistics import Scorecard
    from stalkeer.store.sources.rows import SourceRow

app = typer.Typer(no_args_is_help=True, help="Add, test and refresh playlists and accounts.")

app.add_typer(source_filter.app, name="filter")

Name = typer.Argument(metavar="NAME", help="Name of the source.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the sources with their entries, last refresh and account.

    Example: stalkeer source list
    """
    from stalkeer.jobs.sources.view import source_document
    from stalkeer.store.sources.sources import list_sources

    parts = context_app(context)
    with parts.database.connect() as connection:
        rows = list_sources(connection)

    def render(console: Console) -> None:
        if not rows:
            console.print("No sources. Add one: stalkeer source add NAME ADDRESS-OR-FILE", markup=False)
            return
        table = Table("Name", "Type", "Entries", "Movies", "Episodes", "Last refresh", "Account", "Status")
        for row in rows:
            table.add_row(*_cells(row))
        console.print(table)

    emit(context, {"sources": [source_document(row) for row in rows]}, render)


@app.command()
def scores(
    context: typer.Context,
    days: float = typer.Option(30.0, "--days", min=0.01, max=366, help="Number of days to include."),
) -> None:
    """Show the success rate, rejected files, volume and median speed by hour of each source.

    Example: stalkeer source scores --days 7
    """
    from datetime import timedelta

    from stalkeer.store.downloads.statistics import scorecards

    parts = context_app(context)
    with parts.database.connect() as connection:
        cards = scorecards(connection, parts.clock() - timedelta(days=days))
    emit(context, {"sources": [_score(card) for card in cards]}, lambda console: _render_scores(console, cards))


@app.command()
def add(
    context: typer.Context,
    name: str = typer.Argument(metavar="NAME", help="Name of your choice: lower-case letters, digits, - and _."),
    address: str = typer.Argument(metavar="ADDRESS", help="File or address of a playlist, or server of an account."),
    username: str = typer.Option("", "--username", "-u", help="Username of the account; makes it an Xtream account."),
    password: str = typer.Option("", "--password", "-p", help="Password of the account; asked for if missing."),
    as_playlist: bool = typer.Option(False, "--as-playlist", help="Read a get.php address as a plain playlist."),
    user_agent: str = typer.Option("", "--user-agent", help="User-Agent for this source."),
    proxy: str = typer.Option("", "--proxy", help="http://, https://, socks5:// or socks5h:// proxy."),
    header: list[str] = typer.Option(
        [], "--header", metavar="NAME:VALUE", help="Additional request header; repeatable."
    ),
    priority: int = typer.Option(0, "--priority", help="Of equal releases, the higher priority is used."),
    max_connections: int | None = typer.Option(None, "--max-connections", min=0, help="Maximum connections."),
    bandwidth: str = typer.Option("", "--bandwidth", metavar="SIZE", help="Speed limit per second, such as 5MB."),
    use: str = typer.Option("", "--use", help="When downloads may use it: any, night, 01:00-07:00 or manual."),
    refresh_at: str = typer.Option("", "--refresh", metavar="CRON", help="Refresh times of this source."),
    adult: bool = typer.Option(False, "--adult", help="Include groups that are labelled as adult."),
) -> None:
    """Add a playlist or an account. It is not refreshed yet: see `source test` and `source refresh`.

    Examples: stalkeer source add mine /data/list.m3u | stalkeer source add tv http://tv.example:8080 -u me -p secret
    """
    from stalkeer.jobs.sources.describe import KEEP, SourcePatch, build_source
    from stalkeer.jobs.sources.edit import create_source
    from stalkeer.jobs.sources.view import source_document
    from stalkeer.model import SourceKind

    parts = context_app(context)
    if username and not password:
        password = ask_password("--password")
    fields = SourcePatch(
        address=address,
        as_playlist=as_playlist,
        username=username,
        password=password,
        headers=headers_of(header),
        proxy=proxy,
        user_agent=user_agent,
        refresh=cron_of(refresh_at),
        adult=adult,
        priority=priority,
        max_connections=max_connections,
        bandwidth_limit=size_of(bandwidth, "--bandwidth"),
        use=use_of(use) if use else KEEP,
    )
    row = create_source(parts.database, parts.secrets, build_source(name, fields), parts.clock())
    said = f"Added {row.slug}. Refresh it: stalkeer source refresh {row.slug}"
    if row.kind is SourceKind.XTREAM and not username:
        said += (
            "\nThe address belongs to an account, which has more details than its playlist, so the account is read. "
            "Use --as-playlist to read it as a plain playlist"
        )
    emit(
        context,
        source_document(row),
        lambda console: console.print(said, markup=False, highlight=False, soft_wrap=True),
    )


app.command()(source_edit.edit)


@app.command()
def refresh(
    context: typer.Context,
    name: str | None = typer.Argument(None, metavar="[NAME]", help="Only this source; default: all enabled sources."),
    accept: bool = typer.Option(False, "--accept", help="Accept a list that is on hold because it is much smaller."),
    anew: bool = typer.Option(False, "--anew", help="Read everything again, even without changes."),
) -> None:
    """Read sources again and update the catalogue.

    Example: stalkeer source refresh mine --accept
    """
    from stalkeer.jobs.journal.reporting import record_run
    from stalkeer.jobs.refresh.refresh import refresh_sources
    from stalkeer.jobs.refresh.start import REFRESH, RefreshOptions

    parts = context_app(context)
    options = RefreshOptions(accept=accept, anew=anew)
    tools = parts.refresher
    with shown_progress(context) as shown:
        report = record_run(
            parts.database,
            parts.clock,
            REFRESH,
            name,
            lambda run: refresh_sources(tools, shown(run), name, options),
        )
    emit(context, report.to_document(), lambda console: _render_refresh(console, report))
    _end_refresh(report)


@app.command("test")
def try_source(
    context: typer.Context,
    name: str = typer.Argument(metavar="NAME|ADDRESS", help="Name of a source, or an address or file to test."),
    username: str = typer.Option("", "--username", "-u", help="Username of the account, with an address."),
    password: str = typer.Option("", "--password", "-p", help="Password of the account; asked for if missing."),
    as_playlist: bool = typer.Option(False, "--as-playlist", help="Test a get.php address as a plain playlist."),
    user_agent: str = typer.Option("", "--user-agent", help="User-Agent, with an address."),
    proxy: str = typer.Option("", "--proxy", help="http://, https://, socks5:// or socks5h:// proxy, with an address."),
    header: list[str] = typer.Option(
        [], "--header", metavar="NAME:VALUE", help="Additional request header; repeatable."
    ),
) -> None:
    """Test a source without saving anything: show its account, its counts and how names are recognized.

    Examples: stalkeer source test tv | stalkeer source test http://tv.example:8080 -u me
    """
    from stalkeer.jobs.refresh.probe import probe_source, probe_stored_source
    from stalkeer.jobs.sources.describe import SourcePatch, build_source
    from stalkeer.settings.types import SLUG

    parts = context_app(context)
    if username and not password:
        password = ask_password("--password")
    if SLUG.fullmatch(name) and not username:
        report = probe_stored_source(parts.refresher, name)
    else:
        fields = SourcePatch(
            address=name,
            as_playlist=as_playlist,
            username=username,
            password=password,
            headers=headers_of(header),
            proxy=proxy,
            user_agent=user_agent,
        )
        report = probe_source(parts.refresher, build_source("test", fields))
    emit(context, report.to_document(), lambda console: _render_probe(console, report))
    if not report.is_usable:
        fail_with(ExitCode.UNREACHABLE if report.is_unreachable else ExitCode.ERROR)


@app.command()
def changes(
    context: typer.Context,
    name: str = Name,
    generation: int | None = typer.Option(None, "--generation", help="Only changes of this generation."),
    limit: int = typer.Option(100, "--limit", min=1, max=10_000, help="Maximum number of results."),
) -> None:
    """List the entries that refreshes added, changed, removed and returned, newest first.

    Example: stalkeer source changes tv --limit 20
    """
    from stalkeer.store.catalogue.entries import list_changes
    from stalkeer.store.sources.sources import get_source

    parts = context_app(context)
    with parts.database.connect() as connection:
        row = get_source(connection, name)
        found = [change for _, change in list_changes(connection, row.id, generation, limit=limit)]
    documents = [
        {"generation": c.generation, "change": c.change, "entryId": int(c.entry_id), "name": c.name} for c in found
    ]

    def render(console: Console) -> None:
        if not found:
            console.print("No changes since the first refresh.")
        for change in found:
            line = f"{change.generation:>6}  {change.change:<9} {change.name}"
            console.print(line, markup=False, highlight=False)

    emit(context, {"changes": documents}, render)


@app.command()
def archives(context: typer.Context, name: str = Name) -> None:
    """List the stored copies of the last playlists, newest first. They are compressed and contain no login.

    Example: stalkeer source archives tv
    """
    from stalkeer.store.sources.archives import list_archives
    from stalkeer.store.sources.sources import get_source

    parts = context_app(context)
    with parts.database.connect() as connection:
        found = list_archives(connection, get_source(connection, name).id)
    documents = [
        {"generation": copy.generation, "createdAt": copy.created_at, "size": copy.size, "path": copy.path}
        for copy in found
    ]

    def render(console: Console) -> None:
        if not found:
            console.print("No copies. The source was not refreshed yet, or catalogue.archives is 0.", markup=False)
        for copy in found:
            line = f"{copy.generation:>6}  {copy.created_at:%Y-%m-%d %H:%M}  {copy.size:>12,} bytes  {copy.path}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    emit(context, {"archives": documents}, render)


@app.command("take-over")
def take_over(context: typer.Context, name: str = typer.Argument(help="Name of the source.")) -> None:
    """Let a source of config.yml be edited by pages and commands. The file is not changed.

    Example: stalkeer source take-over main
    """
    from stalkeer.jobs.sources.edit import take_over_source
    from stalkeer.jobs.sources.view import source_document

    parts = context_app(context)
    row = take_over_source(parts.database, name, parts.live.loaded)
    emit(context, source_document(row), lambda console: console.print(f"{name} is edited here now.", markup=False))


@app.command()
def remove(context: typer.Context, name: str = Name) -> None:
    """Remove a source. Its entries and history are kept for when it is added again.

    Example: stalkeer source remove mine
    """
    from stalkeer.jobs.sources.edit import delete_source

    parts = context_app(context)
    words = delete_source(parts.database, parts.secrets, name, parts.clock(), parts.settings)
    emit(context, {"removed": name}, lambda console: console.print(words, markup=False))


def _score(card: Scorecard) -> dict[str, object]:
    return {
        "source": card.slug,
        "completed": card.completed,
        "failed": card.failed,
        "refusals": card.refusals,
        "successRate": card.success_rate,
        "bytesFetched": card.bytes_fetched,
        "medianSpeed": card.median_speed,
        "speedByHour": {str(hour): speed for hour, speed in card.speed_by_hour.items()},
    }


def _render_scores(console: Console, cards: list[Scorecard]) -> None:
    """Print the scores. The speeds by hour share a column; hours are in UTC, as in the API."""
    table = Table("Source", "Imported", "Failed", "Success", "Rejected", "Downloaded", "Speed", "MB/s by hour (UTC)")
    for card in cards:
        success = "-" if card.success_rate is None else f"{card.success_rate:.0%}"
        speed = "-" if card.median_speed is None else f"{card.median_speed / 1e6:.1f} MB/s"
        hours = ", ".join(f"{hour:02}: {speed / 1e6:.1f}" for hour, speed in card.speed_by_hour.items())
        counts = (str(card.completed), str(card.failed), success, str(card.refusals))
        table.add_row(card.slug, *counts, f"{card.bytes_fetched / 1e9:,.2f} GB", speed, hours)
    console.print(table)


def _cells(row: SourceRow) -> list[str]:
    from stalkeer.model import EntryKind

    kinds = row.kinds
    state = "list on hold" if row.guard else "failed" if row.last_error else "ok"
    if not row.enabled:
        state = "disabled"
    elif row.generation == 0 and not row.last_error:
        state = "never refreshed"
    account = row.account_status or "-"
    if row.account_max is not None:
        account += f" {row.account_active or 0}/{row.account_max}"
    when = f"{row.last_success_at:%Y-%m-%d %H:%M}" if row.last_success_at else "-"
    counts = (row.entries, kinds.get(EntryKind.MOVIE.value, 0), kinds.get(EntryKind.EPISODE.value, 0))
    return [row.slug, row.kind, *(f"{count:,}" for count in counts), when, account, state]


def _render_refresh(console: Console, report: RefreshReport) -> None:
    from stalkeer.jobs.refresh.refresh import RefreshOutcome

    if not report.sources:
        console.print("No sources are enabled. Add one: stalkeer source add NAME ADDRESS-OR-FILE", markup=False)
    for source in report.sources:
        console.print(_sentence(source), markup=False, highlight=False, soft_wrap=True)
        if source.outcome is RefreshOutcome.REFRESHED and source.message:
            console.print(f"  {source.message}", style="yellow", markup=False, highlight=False, soft_wrap=True)
        for kind, count in source.oddities.items():
            console.print(f"  {kind}: {count}", style="dim", markup=False)
        for reason, count in source.changes.left_out.items():
            console.print(f"  excluded by {reason}: {count}", style="dim", markup=False)


def _sentence(source: SourceReport) -> str:
    from stalkeer.jobs.refresh.refresh import RefreshOutcome
    from stalkeer.model import count_by_word

    changes = source.changes
    if source.outcome is RefreshOutcome.UNCHANGED:
        return f"{source.slug}: unchanged, {source.entries:,} entries ({source.seconds:.1f} s)"
    if source.outcome is not RefreshOutcome.REFRESHED:
        return f"{source.slug}: {source.outcome}. {source.message}"
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in count_by_word(source.kinds).items())
    return (
        f"{source.slug}: {source.entries:,} entries ({kinds}); {changes.added:,} added, {changes.changed:,} changed, "
        f"{changes.removed:,} removed, {changes.returned:,} returned, {changes.duplicates:,} duplicates "
        f"({source.seconds:.1f} s)"
    )


def _render_probe(console: Console, report: ProbeReport) -> None:
    from stalkeer.model import count_by_word

    def say(text: str, style: str | None = None) -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    say(report.problem or "The source works.", "red" if report.problem else "green")
    account = report.account
    if account is not None:
        until = f", until {account.expires_at:%Y-%m-%d}" if account.expires_at else ""
        most = account.maximum if account.maximum is not None else "any number"
        say(f"Account: {account.status}{until}; connections: {account.active or 0} of {most} in use")
        if account.message:
            say(f"Message of the provider: {account.message}")
    if report.kinds:
        say("Contains " + ", ".join(f"{count:,} {kind}" for kind, count in count_by_word(report.kinds).items()))
    for sample in report.samples:
        number = f" S{sample.season:02d}E{sample.episode:02d}" if sample.season is not None and sample.episode else ""
        say(f"  {sample.name}  ->  {sample.title}{number}{f' ({sample.year})' if sample.year else ''}", "dim")
    if report.is_account_address:
        say("The address belongs to an account. Without --as-playlist the account is read, which has more details.")


def _end_refresh(report: RefreshReport) -> None:
    """End with the exit code for a partial failure, or for an unreachable or failed source if all failed."""
    from stalkeer.jobs.refresh.refresh import RefreshOutcome

    failures = (RefreshOutcome.FAILED, RefreshOutcome.REFUSED, RefreshOutcome.BUSY)
    bad = [source for source in report.sources if source.outcome in failures]
    if any(source.outcome is RefreshOutcome.CANCELLED for source in report.sources):
        fail_with(ExitCode.INTERRUPTED)
    if not bad:
        return
    if len(bad) < len(report.sources):
        fail_with(ExitCode.PARTLY)
    fail_with(ExitCode.UNREACHABLE if all(source.is_unreachable for source in bad) else ExitCode.ERROR)
