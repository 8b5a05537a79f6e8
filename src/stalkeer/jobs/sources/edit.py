"""Add, change, enable, disable and remove sources, for pages, API and command line.

A field that is not named stays as it is. A source of the configuration can only be changed there.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stalkeer.core.catalogue.groups import GroupChoice
from stalkeer.errors import Conflict
from stalkeer.jobs.sources.describe import SourcePatch, apply_patch, removal_words
from stalkeer.secrets import SecretBox
from stalkeer.settings import Settings
from stalkeer.settings.change import check_list_is_editable
from stalkeer.settings.load import LoadedSettings
from stalkeer.store.db.database import Database, Transaction
from stalkeer.store.sources.credentials import kept_credentials, read_credentials
from stalkeer.store.sources.description import CONFIG, Credentials, NewSource, configured_sources
from stalkeer.store.sources.filters import add_filter, give_back_filters, sync_config_filters, take_over_filters
from stalkeer.store.sources.rows import SourceRow
from stalkeer.store.sources.sources import (
    add_source,
    change_source,
    get_source,
    list_sources,
    remove_source,
    set_enabled,
    sync_config_sources,
    take_over,
)

EVERYTHING = GroupChoice()


def create_source(
    database: Database, secrets: SecretBox, new: NewSource, now: datetime, choice: GroupChoice = EVERYTHING
) -> SourceRow:
    """Store a source with the filters for the groups that the user chose.

    Nothing is fetched yet. Raises Conflict where the name is taken.
    """
    new = replace(new, options=replace(new.options, adult=new.options.adult or choice.adult))
    with database.begin() as connection:
        row = add_source(connection, new, secrets, now)
        for chosen in choice.filters:
            add_filter(connection, chosen, row.id, now)
    return row


def edit_source(database: Database, secrets: SecretBox, slug: str, patch: SourcePatch) -> SourceRow:
    """Apply the patch to the source of this name, in a transaction.

    Raises NotFound, Conflict for a source of the configuration, InvalidInput where the result is not usable, and
    SecretError where the stored login stays and cannot be decrypted.
    """
    with database.begin() as connection:
        row = editable_source(connection, slug)
        if patch.switch is not None:  # needs no login, so it works even with a login that cannot be decrypted
            return set_enabled(connection, row.id, patch.switch)
        # a login that cannot be decrypted may be replaced, but other changes must not delete it
        read = kept_credentials if patch.changes_credentials else read_credentials
        return change_source(connection, row, apply_patch(describe_row(row, read(row, secrets)), patch), secrets)


def take_over_source(database: Database, slug: str, loaded: LoadedSettings) -> SourceRow:
    """Let a source of config.yml be edited here. The file is not changed, and counts again once it is removed here.

    Raises NotFound, and Conflict where the environment describes it, which has precedence over the pages.
    """
    with database.begin() as connection:
        if get_source(connection, slug).origin == CONFIG:
            check_list_is_editable("playlists", loaded)
        row = take_over(connection, slug)
        take_over_filters(connection, row.id)
        return row


def delete_source(database: Database, secrets: SecretBox, slug: str, now: datetime, settings: Settings) -> str:
    """Remove a source. Its entries and history stay; its address and login are deleted.

    A source that was taken over is again as in config.yml. Return the result in words.
    """
    with database.begin() as connection:
        row = editable_source(connection, slug)
        if row.options.taken_over:
            give_back_filters(connection, row.id)
        remove_source(connection, row, secrets, now)
        if row.options.taken_over:
            sync_config_sources(connection, configured_sources(settings), secrets, now)
            sync_config_filters(connection, settings, now)
        return removal_words(slug, {present.slug for present in list_sources(connection)})


def editable_source(connection: Transaction, slug: str) -> SourceRow:
    """Return the source of this name. Raises NotFound, and Conflict where the configuration describes it."""
    row = get_source(connection, slug)
    if row.origin == CONFIG:
        raise Conflict(
            f"{slug} comes from the configuration file or the environment: change it there, under `playlists`, or take "
            "it over to edit it here"
        )
    return row


def describe_row(row: SourceRow, credentials: Credentials) -> NewSource:
    """Return the description of a stored source."""
    return NewSource(
        slug=row.slug,
        kind=row.kind,
        credentials=credentials,
        options=row.options,
        priority=row.priority,
        enabled=row.enabled,
        max_connections=row.max_connections,
        bandwidth_limit=row.bandwidth_limit,
    )
