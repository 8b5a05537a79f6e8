"""Find problems with folders, imports and health: `stalkeer doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from stalkeer.faces.cli.output import ExitCode, context_app, emit, fail_with, invocation

if TYPE_CHECKING:
    from stalkeer.jobs.library.doctor import FolderCheck
    from stalkeer.runtime import App
    from stalkeer.store.system.health import HealthRow

app = typer.Typer(invoke_without_command=True)


@app.callback()
def doctor(context: typer.Context) -> None:
    """Find problems and how to fix them.

    Without a command, check everything and print what to paste into an issue: versions, changed settings, folders with
    their file systems, clock, instances, accounts as of their last refresh, findings. No secret is in it, and no
    provider is asked. The exit code is 1 if there is an error, 4 if the database does not answer, 5 if the
    configuration cannot be used.

    Example: stalkeer doctor
    """
    if context.invoked_subcommand != "paths":  # this check asks the instances, so it needs their keys
        invocation(context).role = "doctor"
    if context.invoked_subcommand is None:
        _show_case(context)


def _show_case(context: typer.Context) -> None:
    from stalkeer.errors import ConfigurationError, StoreError, StoreUnavailable
    from stalkeer.jobs.system.support_bundle import describe_case

    try:
        parts = context_app(context)
        if parts.shared.is_key_right:
            parts.check_health()
        case = describe_case(parts.bundle_subject, parts.clock())
    except (ConfigurationError, StoreError) as error:
        is_away, is_setting = isinstance(error, StoreUnavailable), isinstance(error, ConfigurationError)
        code = ExitCode.UNREACHABLE if is_away else ExitCode.CONFIGURATION if is_setting else ExitCode.ERROR
        _show_findings(context, [_obstacle(error)], code)
        return
    emit(context, case.to_document(), lambda console: console.print(case.to_text(), markup=False, soft_wrap=True))
    if case.errors:
        fail_with(ExitCode.ERROR)


@app.command()
def paths(
    context: typer.Context,
    instance: str | None = typer.Option(None, "--instance", "-i", metavar="NAME", help="Only this Radarr or Sonarr."),
) -> None:
    """Test with a small file whether every instance sees each folder. The exit code is 1 if one does not.

    Example: stalkeer doctor paths
    """
    from stalkeer.jobs.health.instances import look_through_instances
    from stalkeer.jobs.journal.reporting import QuietRun
    from stalkeer.settings.folders import make_own_folders

    parts = context_app(context)
    make_own_folders(parts.live.loaded)
    report = look_through_instances(parts.arrs, parts.settings.directories, QuietRun(), instance)

    def render(console: Console) -> None:
        for check in report.checks:
            _render(console, check)
        if not report.checks:
            console.print("No instances. Add one: stalkeer arr add")

    emit(context, report.to_document(), render)
    if not report.is_good:
        fail_with(ExitCode.ERROR)


@app.command()
def health(context: typer.Context) -> None:
    """Run all health checks and show each issue with its fix. The exit code is 1 if there is an error.

    It is 4 if the database does not answer, and 5 if the configuration cannot be used.

    Example: stalkeer doctor health
    """
    from stalkeer.errors import ConfigurationError, StoreError, StoreUnavailable

    code = ExitCode.ERROR
    try:
        found = _findings(context_app(context))
    except (ConfigurationError, StoreError) as error:
        found = [_obstacle(error)]
        is_away, is_setting = isinstance(error, StoreUnavailable), isinstance(error, ConfigurationError)
        code = ExitCode.UNREACHABLE if is_away else ExitCode.CONFIGURATION if is_setting else ExitCode.ERROR
    _show_findings(context, found, code)


def _findings(parts: App) -> Sequence[HealthRow]:
    from stalkeer.store.system.health import list_findings

    if not parts.shared.is_key_right:
        return [_wrong_key(parts)]
    parts.check_health()
    with parts.database.connect() as connection:
        return list_findings(connection)


def _obstacle(error: Exception) -> HealthRow:
    """Return what keeps the checks from running, as a finding."""
    from datetime import UTC, datetime

    from stalkeer.secrets import mask_text
    from stalkeer.store.system.health import ERROR, Finding, HealthRow

    now = datetime.now(UTC)
    fix = (
        "Fix the problem in the message. Until then, `stalkeer serve` shows it on its page, and no other check can run"
    )
    return HealthRow(Finding("start", "stalkeer", ERROR, mask_text(str(error)), fix), now, now)


def _show_findings(context: typer.Context, found: Sequence[HealthRow], code: ExitCode) -> None:
    from stalkeer.store.system.health import ERROR

    def render(console: Console) -> None:
        for row in found:
            _render_finding(console, row)
        if not found:
            console.print("No issues found.")

    findings = [{**vars(row.finding), "since": row.since, "checkedAt": row.checked_at} for row in found]
    is_well = all(row.finding.level != ERROR for row in found)
    emit(context, {"ok": is_well, "findings": findings}, render)
    if not is_well:
        fail_with(code)


@app.command("adopt-key")
def adopt_key(context: typer.Context) -> None:
    """Use the current secret.key with a database whose own key is lost.

    Enter the credentials that `doctor health` names again afterwards. config.yml is applied at the next start.

    Example: stalkeer doctor adopt-key
    """
    from stalkeer.engine.presence import has_worker
    from stalkeer.errors import Conflict

    parts = context_app(context)
    was_right = parts.shared.is_key_right
    if not was_right:
        if has_worker(parts.database, parts.paths.data_dir, parts.clock()):
            raise Conflict(
                "Another Stalkeer uses this database with another key; copy its secret.key, or stop it first"
            )
        parts.adopt_key()
    text = "The current key already fits the database." if was_right else "The current key is now used."
    emit(context, {"adopted": not was_right}, lambda console: console.print(text))


@app.command()
def bundle(
    context: typer.Context,
    output: Path = typer.Option(Path("stalkeer-support.zip"), "--output", "-o", help="The zip file to write."),
) -> None:
    """Write a zip file for support: versions, masked settings, health, recent events and runs, logs.

    No password, key, address or user name of a source is in it; look into it before you send it on.

    Example: stalkeer doctor bundle --output stalkeer-support.zip
    """
    from stalkeer.errors import InvalidInput
    from stalkeer.jobs.system.support_bundle import make_bundle

    parts = context_app(context)
    packed = make_bundle(parts.bundle_subject, parts.clock())
    try:
        output.write_bytes(packed)
    except OSError as error:
        raise InvalidInput(f"{output} cannot be written: {error.strerror}; name another with --output") from error
    document = {"path": output.resolve(), "size": len(packed)}
    emit(context, document, lambda console: console.print(f"{output} ({len(packed) / 1e3:.0f} kB)", soft_wrap=True))


def _wrong_key(parts: App) -> HealthRow:
    """Check the health with a key that does not fit the database, without changing stored findings."""
    from stalkeer.jobs.health.program import key_finding
    from stalkeer.store.system.credentials import unreadable_credentials
    from stalkeer.store.system.health import HealthRow

    with parts.database.connect() as connection:
        unreadable = unreadable_credentials(connection, parts.secrets)
    now = parts.clock()
    return HealthRow(key_finding(unreadable, parts.key_file, is_key_right=False), now, now)


def _render_finding(console: Console, row: HealthRow) -> None:
    finding = row.finding
    style = "red" if finding.level == "error" else "yellow"
    console.print(f"{finding.level}: {finding.message}", style=style, markup=False, soft_wrap=True)
    console.print(f"  Do: {finding.fix} (since {row.since:%Y-%m-%d %H:%M} UTC)", markup=False, soft_wrap=True)


def _render(console: Console, check: FolderCheck) -> None:
    seen = f"seen as {check.remote}" if check.remote else "not seen"
    style = "green" if check.is_good else "red"
    console.print(f"{check.instance}: {check.folder}: {seen}", style=style, markup=False)
    for root in check.roots:
        free = f", {root.free_bytes / 1e9:.1f} GB free" if root.free_bytes is not None else ""
        console.print(f"  into {root.path}: {root.move.value}{free}", markup=False)
    for problem in (*check.problems, *(problem for root in check.roots for problem in root.problems)):
        console.print(f"  Problem: {problem}", style="red", markup=False, soft_wrap=True)
    for advice in check.advice:
        console.print(f"  Do: {advice}", style="yellow", markup=False, soft_wrap=True)
