"""Check the program itself: its workers, database, key, backups and sign-in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from stalkeer.jobs.downloads.admission import sight_of
from stalkeer.jobs.health.facts import BACKUP_AGE, MOST_SKEW, Facts
from stalkeer.model import HookName
from stalkeer.settings.sections.program import AuthMode
from stalkeer.store.downloads.workers import DEAD_AFTER
from stalkeer.store.system.health import ERROR, WARNING, Finding


def check_workers(facts: Facts) -> Iterator[Finding]:
    for row in facts.workers:
        if facts.now - row.heartbeat > DEAD_AFTER:
            message = f"Worker {row.id} on {row.host} was last heard of at {row.heartbeat:%Y-%m-%d %H:%M:%S} UTC"
            fix = "Start it again; its downloads go to another worker meanwhile"
            yield Finding("worker", row.id, WARNING, message, fix)
        elif trouble := sight_of(row).trouble:
            message = f"Worker {row.id} on {row.host} takes no downloads. {trouble}"
            fix = f"On {row.host}, mount the folders that the other machines see, under the same paths"
            yield Finding("worker", row.id, WARNING, message, fix)


def check_hooks(facts: Facts) -> Iterator[Finding]:
    """Report a script that is set, and that no running process can run."""
    for hook in facts.hooks:
        if not hook.is_set or hook.ready_on:
            continue
        where = ", ".join(hook.set_on)
        is_gate = hook.name is HookName.BEFORE_IMPORT
        waits = "no file is imported meanwhile" if is_gate else f"{hook.waiting} of its scripts wait"
        yield Finding(
            "hook",
            hook.name.value,
            ERROR if is_gate else WARNING,
            f"hooks.{hook.name.value} is set on {where}, but no running process can run its script: {waits}",
            f"Check that the script exists there, is executable, and that Stalkeer runs there. To go on without it: "
            f"stalkeer hook forget {hook.name.value}",
        )


def check_items(facts: Facts) -> Iterator[Finding]:
    for item in facts.failing:
        message = f"{item.title} failed {item.count} times in a row: {item.error}"
        fix = "Look at its candidates and choose another, or reject the match"
        yield Finding("item", item.title, WARNING, message, fix)


def check_clock(facts: Facts) -> Iterator[Finding]:
    if facts.skew > MOST_SKEW:
        message = f"The clocks of this machine and of the database differ by {facts.skew.total_seconds():.0f} s"
        yield Finding("clock", "database", WARNING, message, "Let both keep their time by NTP")


def check_database(facts: Facts) -> Iterator[Finding]:
    for path in facts.damaged:
        last = f"stalkeer restore {facts.backups[0].name}" if facts.backups else "there is no backup to restore"
        message = f"The database was damaged and set aside as {path.name}; Stalkeer started with an empty one"
        yield Finding("database", path.name, ERROR, message, f"Stop Stalkeer, then: {last}. Remove {path} afterwards")


def check_start(facts: Facts) -> Iterator[Finding]:
    yield from facts.start_problems


def check_credentials(facts: Facts) -> Iterator[Finding]:
    if facts.unreadable:
        yield key_finding(facts.unreadable, facts.key_file, is_key_right=facts.is_key_right)


def key_finding(unreadable: Sequence[str], key_file: Path, *, is_key_right: bool) -> Finding:
    """Report credentials that the secret key cannot decrypt.

    With a key of another database, no job starts until it is fixed.
    """
    what = f"cannot read the credentials of {', '.join(unreadable)}" if unreadable else "does not fit the database"
    message = f"The present secret key {what}"
    fix = f"Enter them again, or put the key of the restored backup at {key_file} and start Stalkeer again"
    if not is_key_right:
        message += "; until then, config.yml is not applied and no job starts"
        fix += ". If that key is lost: stalkeer doctor adopt-key"
    return Finding("credentials", "key", ERROR, message, fix)


def check_restore(facts: Facts) -> Iterator[Finding]:
    if facts.refused_restore is not None:
        message = "The backup that was to be restored at the start could not be; the database is as it was before"
        fix = f"See the reason in the log, restore another one, or remove {facts.refused_restore}"
        yield Finding("restore", facts.refused_restore.name, ERROR, message, fix)


def check_backups(facts: Facts) -> Iterator[Finding]:
    if facts.settings.schedule.backup and facts.backups and facts.now - facts.backups[0].made_at > BACKUP_AGE:
        message = f"The last backup is of {facts.backups[0].made_at:%Y-%m-%d}"
        yield Finding("backup", "schedule", WARNING, message, "See in the jobs why it fails: stalkeer backup")


def check_login(facts: Facts) -> Iterator[Finding]:
    security = facts.settings.security
    if security.mode is AuthMode.EXTERNAL and not security.trusted_proxies:
        message = "security.mode is external, but no proxy is trusted: nobody can sign in"
        yield Finding("login", "external", ERROR, message, "Set security.trusted_proxies to your proxy's address")
    if not {"0.0.0.0/0", "::/0"}.isdisjoint(security.trusted_proxies):
        message = "security.trusted_proxies names everybody: anybody can say where a request comes from"
        yield Finding("login", "proxies", ERROR, message, "Set security.trusted_proxies to your proxy's address alone")
