"""Check what Stalkeer connects to, by what the last requests recorded: instances, sources, accounts, targets of
notifications, and the media server.
"""

from __future__ import annotations

from collections.abc import Iterator

from stalkeer.core.notify.intake import OWN_CHECK
from stalkeer.jobs.health.facts import EXPIRY_WARNING, MEDIA_PATIENCE, TIMES_IN_A_ROW, Facts
from stalkeer.jobs.media.refresh import server_of
from stalkeer.jobs.system.first_run import is_alone
from stalkeer.model import AccountStatus
from stalkeer.settings.folders import playlist_problems
from stalkeer.store.sources.description import UI
from stalkeer.store.system.health import ERROR, INFO, WARNING, Finding


def check_instances(facts: Facts) -> Iterator[Finding]:
    for row in facts.instances:
        if row.failures == 0:
            continue
        level = ERROR if row.failures >= TIMES_IN_A_ROW else WARNING
        times = f" ({row.failures} times in a row)" if row.failures > 1 else ""
        fix = f"Check that it runs and that address and API key are right: stalkeer arr test {row.slug}"
        yield Finding("instance", row.slug, level, f"{row.label}: {row.last_error}{times}", fix)


def check_alone(facts: Facts) -> Iterator[Finding]:
    """Report as information that the user chose to have no instance."""
    if is_alone(facts.settings, has_instance=bool(facts.instances)):
        message = "No Radarr or Sonarr is connected, as you chose: nothing is searched automatically"
        yield Finding("alone", "instances", INFO, message, "Download from the catalogue, or connect one in Settings")


def check_sources(facts: Facts) -> Iterator[Finding]:
    for row in facts.sources:
        if row.failures:
            level = ERROR if row.failures >= TIMES_IN_A_ROW else WARNING
            times = f" ({row.failures} times in a row)" if row.failures > 1 else ""
            fix = f"Check its address and account, then: stalkeer source refresh {row.slug}"
            yield Finding("source", row.slug, level, f"Source {row.slug}: {row.last_error}{times}", fix)


def check_playlists(facts: Facts) -> Iterator[Finding]:
    for problem in playlist_problems(facts.settings):
        yield Finding("playlist", problem.key, ERROR, str(problem), problem.fix)


def check_playlist_names(facts: Facts) -> Iterator[Finding]:
    """Report playlists of config.yml with the name of a source that was added in the pages and takes precedence."""
    added = {row.slug for row in facts.sources if row.origin == UI and not row.options.taken_over}
    for playlist in facts.settings.playlists:
        if playlist.name in added:
            message = (
                f"The playlist {playlist.name} of config.yml is not used: a source that was added on the page has its "
                "name"
            )
            fix = "Give the playlist another name in config.yml, or remove the source, and start Stalkeer again"
            yield Finding("playlist name", playlist.name, ERROR, message, fix)


def check_guards(facts: Facts) -> Iterator[Finding]:
    for row in facts.sources:
        if row.guard:
            message = f"Source {row.slug} has a much smaller list, which is on hold; the catalogue stays as it was"
            fix = f"Look at the new list; if it is right: stalkeer source refresh {row.slug} --accept"
            yield Finding("guard", row.slug, WARNING, message, fix)


def check_accounts(facts: Facts) -> Iterator[Finding]:
    for row in facts.sources:
        if row.account_status and row.account_status.lower() not in ("active", "unknown"):
            message = f"The account of {row.slug} is {row.account_status}" + (
                f": {row.account_message}" if row.account_message else ""
            )
            is_refused = row.account_status == AccountStatus.REFUSED
            fix = "Check its username and password" if is_refused else "Ask the provider, or disable the source"
            yield Finding("account", row.slug, ERROR, message, fix)
        elif row.account_expires_at is not None and row.account_expires_at - facts.now <= EXPIRY_WARNING:
            day = row.account_expires_at.date().isoformat()
            is_over = row.account_expires_at <= facts.now
            message = f"The account of {row.slug} {'expired' if is_over else 'expires'} on {day}"
            yield Finding("account", row.slug, ERROR if is_over else WARNING, message, "Renew it with the provider")


def check_targets(facts: Facts) -> Iterator[Finding]:
    for row in facts.targets:
        if row.failures >= TIMES_IN_A_ROW:
            message = f"Notifications do not reach {row.name}: {row.last_error} ({row.failures} times in a row)"
            fix = f"Check it, then: stalkeer notify test {row.name}; its messages are kept for a week"
            yield Finding(OWN_CHECK, row.name, WARNING, message, fix)


def check_titles(facts: Facts) -> Iterator[Finding]:
    """Report that the last match could not reach TMDB. Without a TMDB key there is nothing to report."""
    if facts.titles_error and facts.settings.tmdb.api_key.get_secret_value():
        message = f"TMDB could not be asked for further titles: {facts.titles_error}"
        fix = "Matching continues without them. Check the key with: stalkeer match tmdb"
        yield Finding("titles", "tmdb", WARNING, message, fix)


def check_media_server(facts: Facts) -> Iterator[Finding]:
    """Report that the media server has not taken a folder for a while."""
    folder = facts.media
    if folder is not None and facts.now - folder.queued_at >= MEDIA_PATIENCE:
        name = server_of(facts.settings.media_server).name
        message = f"{name} did not accept the report of new files: {folder.error}"
        fix = f'Check it with: stalkeer media test "{folder.folder}"; reports are kept for a week'
        yield Finding("media_server", name, WARNING, message, fix)
