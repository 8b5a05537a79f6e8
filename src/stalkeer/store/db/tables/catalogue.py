"""Define the tables of sources and of the catalogue: accounts, filters, titles, entries, generations."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from stalkeer.store.db.tables.program import Id, UtcDateTime, id_column, metadata

sources = Table(
    "sources",
    metadata,
    id_column(),
    Column("slug", Text, nullable=False, unique=True),  # the name in config, CLI, URLs and rules
    Column("kind", Text, nullable=False),  # m3u | xtream
    Column("origin", Text, nullable=False),  # config | ui
    Column("enabled", Boolean, nullable=False, default=True),
    Column("removed_at", UtcDateTime),  # no longer configured: disabled, its rows stay
    Column("priority", Integer, nullable=False, default=0),  # higher wins
    Column("credentials", Text, nullable=False),  # encrypted JSON: path or url, username, password, headers, proxy
    Column("options", JSON, nullable=False, default=dict),  # user_agent, refresh cron, limits, guard, filters
    Column("max_connections", Integer),  # the user's override; None: the account's own limit
    Column("bandwidth_limit", BigInteger),  # bytes/s
    Column("generation", Integer, nullable=False, default=0),  # number of the visible generation
    Column("etag", Text),
    Column("last_modified", Text),
    Column("content_hash", Text),
    Column("last_refresh_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("last_error", Text),
    Column("failures", Integer, nullable=False, default=0),  # failed refreshes in a row
    # a refresh on hold because its list is much smaller, until the user accepts it or a later refresh succeeds
    Column("guard", JSON),
    Column("counts", JSON),  # entries by kind in the visible generation
    Column("account_status", Text),  # active | expired | banned | disabled | refused | unknown
    Column("account_expires_at", UtcDateTime),
    Column("account_active", Integer),
    Column("account_max", Integer),
    Column("account_viewers", Integer),  # connections of others at the last query
    Column("account_message", Text),
    Column("account_checked_at", UtcDateTime),
    Column("account_asked_at", UtcDateTime),  # by any worker; the frequency is limited over all workers
    Column("account_replied_at", UtcDateTime),  # end of that query, with or without an answer; null while it runs
    Column("account_cut_at", UtcDateTime),  # last query after a cut connection
    Column("busy_until", UtcDateTime),  # others use all of its connections until then
    Column("watched", Integer),  # viewers that a media server reported
    Column("watched_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)

titles = Table(
    "titles",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),  # film | episode | series | live | group
    Column("text", Text, nullable=False),  # the cleaned name; the episodes of a series share it
    Column("parser_version", Integer, nullable=False),
    Column("added_gen", Integer, nullable=False, default=0),
    UniqueConstraint("kind", "text"),
)

title_keys = Table(
    "title_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("title_id", Id, ForeignKey("titles.id", ondelete="CASCADE"), primary_key=True),
    Column("penalty", Float, nullable=False, default=0.0),
    Column("mirror", Text, nullable=False, default=""),  # the key read backwards: finds titles by their ends
    Index("ix_title_keys_title_id", "title_id"),
    Index("ix_title_keys_mirror", "mirror"),
)

# The words of the titles, for the search by the beginnings of words.
title_words = Table(
    "title_words",
    metadata,
    Column("word", Text, primary_key=True),
    Column("title_id", Id, ForeignKey("titles.id", ondelete="CASCADE"), primary_key=True),
    sqlite_with_rowid=False,
)

entries = Table(
    "entries",
    metadata,
    id_column(),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("title_id", Id, ForeignKey("titles.id")),
    Column("kind", Text, nullable=False),
    Column("kind_reason", Text),  # url | name | group | duration | account
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),  # template without credentials
    Column("group_title", Text),
    Column("logo", Text),
    Column("year", Integer),
    Column("season", Integer),
    Column("episode", Integer),
    Column("episode_end", Integer),  # the last of a multi-episode file
    Column("air_date", Text),  # ISO date of a daily episode
    Column("quality", Text),  # the reading of the name: resolution, source, codec, HDR, edition; JSON
    Column("resolution", Integer),  # lines: 480, 576, 720, 1080, 2160
    Column("languages", Text),  # comma separated codes, subtitles as "sub:fr"
    Column("country", Text),
    Column("size", BigInteger),
    Column("duration_s", Integer),
    Column("tmdb_id", BigInteger),
    Column("headers", Text),
    Column("protected", Boolean, nullable=False, default=False),  # encrypted HLS: shown, never downloaded
    Column("added", BigInteger),  # Unix seconds, by the account: when the entry was added, or the series last changed
    Column("series_key", Text),  # the series entry that this episode belongs to
    Column("added_gen", Integer, nullable=False),
    Column("changed_gen", Integer),  # the last generation that changed the entry's content
    Column("gone_gen", Integer),
    Column("first_seen", UtcDateTime, nullable=False),
    UniqueConstraint("source_id", "key"),
    Index("ix_entries_title_id_season_episode", "title_id", "season", "episode"),
    Index("ix_entries_source_id_added_gen", "source_id", "added_gen"),
    Index("ix_entries_kind_id", "kind", "id"),
    Index("ix_entries_group_title_id", "group_title", "id"),
    Index(
        "ix_entries_tmdb_id",
        "tmdb_id",
        sqlite_where=text("tmdb_id IS NOT NULL"),
        postgresql_where=text("tmdb_id IS NOT NULL"),
    ),
    Index(
        "ix_entries_source_id_series_key",
        "source_id",
        "series_key",
        sqlite_where=text("series_key IS NOT NULL"),
        postgresql_where=text("series_key IS NOT NULL"),
    ),
    Index(
        "ix_entries_source_id_gone_gen",
        "source_id",
        "gone_gen",
        sqlite_where=text("gone_gen IS NOT NULL"),
        postgresql_where=text("gone_gen IS NOT NULL"),
    ),
    Index(
        "ix_entries_source_id_changed_gen",
        "source_id",
        "changed_gen",
        sqlite_where=text("changed_gen IS NOT NULL"),
        postgresql_where=text("changed_gen IS NOT NULL"),
    ),
)

# The blocks of the visible generation: the fingerprint of each playlist block beside the id of its entry
# (0 for a block that was left out). Written with the switch to that generation, in parts.
catalogue_snapshots = Table(
    "catalogue_snapshots",
    metadata,
    Column("source_id", Id, ForeignKey("sources.id"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column(
        "blocks", Integer, nullable=False
    ),  # how many of all parts are blocks; behind them, a block's further entries
    Column("fingerprints", LargeBinary, nullable=False),  # 8 bytes each, this machine's order
    Column("entry_ids", LargeBinary, nullable=False),
    # with the first part: runs of blocks that are compared as one text, see `catalogue.stretches`
    Column("stretches", LargeBinary),
)

# Changes of entries that are already visible: staged before the switch to their generation, applied after it.
entry_updates = Table(
    "entry_updates",
    metadata,
    Column("entry_id", Id, primary_key=True),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("fields", Text, nullable=False),  # JSON: the changed columns with their new values, "" for NULL
)

filters = Table(
    "filters",
    metadata,
    id_column(),
    Column("source_id", Id, ForeignKey("sources.id")),  # None: every source
    Column("field", Text, nullable=False),  # group | name | path | host
    Column("mode", Text, nullable=False),  # include | exclude
    Column("pattern", Text, nullable=False),  # RE2 syntax
    Column("enabled", Boolean, nullable=False, default=True),
    Column("origin", Text, nullable=False),  # config | ui
    Column("created_at", UtcDateTime, nullable=False),
)

catalogue_changes = Table(
    "catalogue_changes",
    metadata,
    id_column(),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("change", Text, nullable=False),  # added | changed | removed | returned
    Column("entry_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    Index("ix_catalogue_changes_source_id_generation", "source_id", "generation"),
)

archives = Table(
    "archives",
    metadata,
    id_column(),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

account_cache = Table(
    "account_cache",
    metadata,
    Column("source_id", Id, ForeignKey("sources.id"), primary_key=True),
    Column("kind", Text, primary_key=True),  # series_info | vod_info
    Column("key", Text, primary_key=True),  # id of the series or movie in the account
    Column("payload", JSON, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
)
