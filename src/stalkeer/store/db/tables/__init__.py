"""Define the schema. Times are UTC, states are text without ENUM or CHECK, because a newer release must read old rows.

A rebuild may change the ids of rebuilt rows (entries, titles, library, wanted, matches). Therefore `rules` use stable
identifiers: source slug + entry key, title key, TMDB/TVDB id + season + episode.

Other rooms import the tables from here.
"""

from __future__ import annotations

from stalkeer.store.db.tables.catalogue import (
    account_cache,
    archives,
    catalogue_changes,
    catalogue_snapshots,
    entries,
    entry_updates,
    filters,
    sources,
    title_keys,
    title_words,
    titles,
)
from stalkeer.store.db.tables.downloads import (
    download_items,
    downloads,
    grabs,
    measured_pictures,
    offer_entries,
    offers,
    overrides,
    quarantine,
    rate_samples,
    workers,
)
from stalkeer.store.db.tables.library import (
    blocked_releases,
    instances,
    library,
    library_titles,
    lookup_cache,
    match_marks,
    matches,
    rules,
    wanted,
)
from stalkeer.store.db.tables.program import (
    Id,
    UtcDateTime,
    api_keys,
    events,
    health,
    metadata,
    published_settings,
    runs,
    sessions,
    settings,
    users,
)

__all__ = [
    "Id",
    "UtcDateTime",
    "account_cache",
    "api_keys",
    "archives",
    "blocked_releases",
    "catalogue_changes",
    "catalogue_snapshots",
    "download_items",
    "downloads",
    "entries",
    "entry_updates",
    "events",
    "filters",
    "grabs",
    "health",
    "instances",
    "library",
    "library_titles",
    "lookup_cache",
    "match_marks",
    "matches",
    "measured_pictures",
    "metadata",
    "offer_entries",
    "offers",
    "overrides",
    "published_settings",
    "quarantine",
    "rate_samples",
    "rules",
    "runs",
    "sessions",
    "settings",
    "sources",
    "title_keys",
    "title_words",
    "titles",
    "users",
    "wanted",
    "workers",
]
