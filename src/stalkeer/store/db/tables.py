"""Define the schema. Times are UTC, states are text without ENUM or CHECK, because a newer release must read old rows.

A rebuild may change the ids of rebuilt rows (entries, titles, library, wanted, matches). Therefore `rules` use stable
identifiers: source slug + entry key, title key, TMDB/TVDB id + season + episode.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Store an aware UTC datetime on both databases. SQLite itself would return a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite gives AUTOINCREMENT-free row ids only to INTEGER PRIMARY KEY
Id = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[Any]:
    return Column("id", Id, primary_key=True, autoincrement=True)


# --- sources and the catalogue -----------------------------------------------------------------------------------

sources = Table(
    "sources",
    metadata,
    _id(),
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
    Column("failures", Integer, nullable=False, default=0),  # in a row
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
    Column("watched", Integer),  # viewers that a media server told of
    Column("watched_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)

titles = Table(
    "titles",
    metadata,
    _id(),
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
    _id(),
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
    _id(),
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
    _id(),
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
    _id(),
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

# --- Radarr and Sonarr -------------------------------------------------------------------------------------------

instances = Table(
    "instances",
    metadata,
    _id(),
    Column("slug", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # radarr | sonarr
    Column("origin", Text, nullable=False),  # config | ui
    Column("enabled", Boolean, nullable=False, default=True),
    Column("removed_at", UtcDateTime),
    Column("is_default", Boolean, nullable=False, default=False),
    Column("url", Text, nullable=False),
    Column("api_key", Text, nullable=False),  # encrypted
    Column("login", Text),  # encrypted: user:password of the address, for a proxy in front
    Column("options", JSON, nullable=False, default=dict),  # quality_profile_id, path mappings, tags, ca_file, ...
    Column("webhook_secret", Text),  # encrypted
    Column("version", Text),
    Column("last_sync_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("last_error", Text),
    Column("failures", Integer, nullable=False, default=0),
    Column("api_calls", BigInteger, nullable=False, default=0),
    Column("profiles", JSON),  # quality profiles as last read
    Column("root_folders", JSON),
    Column("created_at", UtcDateTime, nullable=False),
)

library = Table(
    "library",
    metadata,
    _id(),
    Column("instance_id", Id, ForeignKey("instances.id"), nullable=False),
    Column("kind", Text, nullable=False),  # movie | series
    Column("arr_id", BigInteger, nullable=False),  # movieId or seriesId
    Column("title", Text, nullable=False),
    Column("year", Integer),
    Column("secondary_year", Integer),
    Column("runtime_min", Integer),
    Column("tmdb_id", BigInteger),
    Column("tvdb_id", BigInteger),
    Column("imdb_id", Text),
    Column("series_type", Text),  # standard | daily | anime
    Column("original_language", Text),
    Column("quality_profile_id", Integer),
    Column("monitored", Boolean, nullable=False, default=True),
    Column("has_file", Boolean, nullable=False, default=False),
    Column("path", Text),
    Column("poster", Text),  # file name of the remote poster
    Column("backdrop", Text),  # file name of the remote backdrop
    Column("overview", Text),
    Column("slug", Text),  # last part of the address of its page in the instance
    Column("tags", JSON),
    Column("fingerprint", Text),  # digest of the data that matching reads; if unchanged, no new match is needed
    Column("synced_at", UtcDateTime, nullable=False),
    UniqueConstraint("instance_id", "kind", "arr_id"),
    Index("ix_library_tmdb_id", "tmdb_id"),
    Index("ix_library_tvdb_id", "tvdb_id"),
)

library_titles = Table(
    "library_titles",
    metadata,
    _id(),
    Column("library_id", Id, ForeignKey("library.id", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("key", Text, nullable=False),  # titles.normalise.title_key
    Column("origin", Text, nullable=False),  # title | original | alternate | tmdb
    Column("season", Integer),  # Sonarr's alternate titles of a single season
    Index("ix_library_titles_key", "key"),
    Index("ix_library_titles_library_id", "library_id"),
)

wanted = Table(
    "wanted",
    metadata,
    _id(),
    Column("instance_id", Id, ForeignKey("instances.id"), nullable=False),
    Column("library_id", Id, ForeignKey("library.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),  # movie | episode
    Column("arr_id", BigInteger, nullable=False),  # movieId or episodeId
    Column("reason", Text, nullable=False),  # missing | cutoff
    Column("title", Text, nullable=False),  # of the movie or the episode
    Column("season", Integer),
    Column("episode", Integer),
    Column("absolute", Integer),
    Column("scene_season", Integer),
    Column("scene_episode", Integer),
    Column("scene_absolute", Integer),
    Column("air_date", Text),
    Column("air_date_utc", UtcDateTime),
    Column("runtime_min", Integer),
    Column("monitored", Boolean, nullable=False, default=True),
    Column("available", Boolean, nullable=False, default=True),
    Column("current_quality", JSON),  # the present quality of a cutoff item
    Column("skip", Text),  # the rule that skips the item, in words; None: none
    Column("owned_by", Text),  # slug of another instance that has a file of it
    Column("fingerprint", Text),
    Column(
        "matched_fingerprint", Text
    ),  # equal to `fingerprint` + catalogue generation when nothing is to be re-matched
    Column("last_searched_at", UtcDateTime),  # last search by the instance itself, on our request
    Column("first_seen", UtcDateTime, nullable=False),
    Column("gone_at", UtcDateTime),  # no longer wanted
    UniqueConstraint("instance_id", "kind", "arr_id"),
    Index("ix_wanted_library_id", "library_id"),
)

blocked_releases = Table(
    "blocked_releases",
    metadata,
    _id(),
    Column("instance_id", Id, ForeignKey("instances.id"), nullable=False),
    Column("arr_id", BigInteger, nullable=False),  # movieId or episodeId
    Column("release", Text, nullable=False),
    Column("reason", Text, nullable=False),  # in the instance's own words; may be empty
    Column("source_id", Id),  # the entry that we once handed over under this name
    Column("entry_key", Text),
    Index("ix_blocked_releases_instance_id", "instance_id", "arr_id"),
)

# --- matching ----------------------------------------------------------------------------------------------------

matches = Table(
    "matches",
    metadata,
    _id(),
    Column("wanted_id", Id, ForeignKey("wanted.id", ondelete="CASCADE"), nullable=False),
    Column("entry_id", Id, ForeignKey("entries.id", ondelete="CASCADE"), nullable=False),
    Column("score", Float, nullable=False),
    Column("decision", Text, nullable=False),  # confirm | review | rejected
    Column("decided_by", Text, nullable=False),  # auto | rule
    Column("evidence", JSON, nullable=False),  # named evidence with weights, and the reason for the decision
    Column("matched_at", UtcDateTime, nullable=False),
    UniqueConstraint("wanted_id", "entry_id"),
    Index("ix_matches_entry_id", "entry_id"),
    Index("ix_matches_decision_score", "decision", "score"),
    # the matches of an item, and whether their entries are still there
    Index("ix_matches_wanted_id_decision_score_entry_id", "wanted_id", "decision", "score", "entry_id"),
    Index("ix_matches_score_id", "score", "id"),
)

rules = Table(
    "rules",
    metadata,
    _id(),
    Column("action", Text, nullable=False),  # pin | reject | offset | block
    Column("kind", Text),  # movie | episode | series
    Column("tmdb_id", BigInteger),
    Column("tvdb_id", BigInteger),
    Column("season", Integer),
    Column("episode", Integer),
    Column("source_slug", Text),
    Column("entry_key", Text),
    Column("title_key", Text),
    Column("season_offset", Integer),
    Column("episode_offset", Integer),
    Column("reason", Text, nullable=False),
    Column("origin", Text, nullable=False),  # user | verify | import
    Column("label", Text, nullable=False, default=""),  # its subject, in words for users
    # name of the entry when the rule was made; the rule does not apply while the entry's id has another name
    Column("decided_name", Text),
    Column("created_at", UtcDateTime, nullable=False),
)

match_marks = Table(
    "match_marks",
    metadata,
    Column("source_id", Id, ForeignKey("sources.id"), primary_key=True),
    Column("generation", Integer, nullable=False),  # all entries up to this generation have been matched
    Column("version", Text, nullable=False),  # version of the matching rules used
)

lookup_cache = Table(
    "lookup_cache",
    metadata,
    Column("origin", Text, primary_key=True),  # radarr | sonarr | tmdb
    Column("term", Text, primary_key=True),
    Column("payload", JSON, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
)

# --- downloads ---------------------------------------------------------------------------------------------------

downloads = Table(
    "downloads",
    metadata,
    _id(),
    Column("entry_id", Id, nullable=False),  # the chosen variant; no foreign key: history outlives the catalogue
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("name", Text, nullable=False),  # the entry's name when it was chosen
    Column("title", Text, nullable=False),  # for users: "Dune (2021)", "Severance S01E02"
    Column("kind", Text, nullable=False, default="movie"),  # movie | episode: decides the directory
    Column("state", Text, nullable=False),
    Column("intent", Text),  # pause | cancel | restart, until its owner lets go
    # number of the last run, which only grows: the writes of earlier runs are refused
    Column("run", Integer, nullable=False, default=0),
    Column("failures", Integer, nullable=False, default=0),  # failures in a row; progress resets them
    Column("worker", Text),
    Column("claimed_at", UtcDateTime),
    Column("admitted_at", UtcDateTime),  # set while a workflow of this run is under way, in any state
    Column("connection_closed_at", UtcDateTime),  # the provider may notice the end some seconds later
    # source of the last connection; the variant, and with it the source, may have changed since
    Column("closed_source_id", Id),
    Column("not_before", UtcDateTime),
    Column("priority", Integer, nullable=False, default=0),  # force 2, high 1, normal 0, low -1
    Column("rank", Float, nullable=False, default=0.0),  # manual order within a priority, low first
    Column("host", Text),  # host of the source's address, for the limit per host
    Column("bandwidth_limit", BigInteger),
    Column("durable_offset", BigInteger, nullable=False, default=0),  # bytes that are safely on the disk (fdatasync)
    Column("offset", BigInteger, nullable=False, default=0),  # bytes received, for progress only
    Column("total", BigInteger),
    Column("validators", JSON),  # etag, last_modified, date, content type
    # facts learned from answers: whether the total is confirmed, whether to request the whole file
    Column("learned", JSON),
    # durable bytes at the last progress
    Column("high_water", BigInteger, nullable=False, default=0, server_default="0"),
    Column("part_path", Text),
    Column("release", Text),  # the release name in the staging folder
    Column("placed_path", Text),
    Column("final_path", Text),  # the instance's path of the file
    Column("speed", Float),  # bytes/s, last heartbeat
    Column("bytes_resumed", BigInteger, nullable=False, default=0),  # bytes not downloaded again after interruptions
    Column("bytes_fetched", BigInteger, nullable=False, default=0),
    Column("interruptions", Integer, nullable=False, default=0),
    Column("resumes", Integer, nullable=False, default=0),
    Column("error_code", Text),
    Column("error", Text),
    Column("facts", JSON),  # facts of the container: duration, tracks, languages
    Column("variants_tried", JSON),  # entry ids that failed for this item
    Column("keep_partial", Boolean, nullable=False, default=False),
    Column("removed_at", UtcDateTime),  # the user took the ended download off the list
    Column("replaces", Boolean, nullable=False, default=False, server_default=false()),  # the user downloaded it again
    Column("destination", JSON),  # for a download without wanted items: title, year and episode for the file name
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_downloads_state_priority_rank", "state", "priority", "rank"),
    Index("ix_downloads_state_removed_at", "state", "removed_at"),  # every page counts the listed downloads
    Index("ix_downloads_source_id_state", "source_id", "state"),
    Index("ix_downloads_created_at", "created_at"),
    Index("ix_downloads_connection_closed_at", "connection_closed_at"),  # read at every heartbeat
)

download_items = Table(
    "download_items",
    metadata,
    _id(),
    Column("download_id", Id, ForeignKey("downloads.id", ondelete="CASCADE"), nullable=False),
    Column("wanted_id", Id, nullable=False),
    Column("instance_id", Id, nullable=False),
    Column("arr_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting | importing | imported | refused | cancelled
    Column(
        "active", Boolean, nullable=False, default=True
    ),  # False once the state is final, so that the item may be downloaded again
    Column("command_id", BigInteger),
    Column("imported_file_id", BigInteger),
    Column("refusal", Text),
    Column("hand_over", Text, nullable=False, default="ours", server_default="ours"),  # model.Drive
    Index("ix_download_items_download_id", "download_id"),
    Index("ix_download_items_wanted_id", "wanted_id"),
    Index(
        "uq_download_items_wanted_active",
        "wanted_id",
        unique=True,
        sqlite_where=text("active = 1"),
        postgresql_where=text("active"),
    ),
)

# A release that the indexer offered to an instance. Rows never change, so that the instance's blocklist keeps working.
offers = Table(
    "offers",
    metadata,
    _id(),
    Column("instance_id", Id, ForeignKey("instances.id"), nullable=False),
    Column("kind", Text, nullable=False),  # movie | episode
    Column("release", Text, nullable=False),
    # the items by TMDB or TVDB id, which stays when their ids in the instance change
    Column("item_key", Text, nullable=False),
    Column("guid", Text, nullable=False, unique=True),
    Column("pub_date", UtcDateTime),  # None: never offered, because the instance parses the release as another item
    Column("refusal", Text),  # the reason
    Column("checked_at", UtcDateTime, nullable=False),
    UniqueConstraint("instance_id", "pub_date"),
    Index("ix_offers_instance_id_release", "instance_id", "release"),
)

# The playlist entries that are the file of an offer, each with the item that it was matched with.
offer_entries = Table(
    "offer_entries",
    metadata,
    _id(),
    Column("offer_id", Id, ForeignKey("offers.id", ondelete="CASCADE"), nullable=False),
    Column("wanted_id", Id, nullable=False),  # no foreign key, like entry_key: a re-imported catalogue keeps it
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("entry_key", Text, nullable=False),
    UniqueConstraint("offer_id", "wanted_id", "source_id", "entry_key"),
    Index("ix_offer_entries_wanted_id", "wanted_id"),
    Index("ix_offer_entries_source_id", "source_id"),
)

# A release that an instance grabbed, under the id that the download client gave it.
grabs = Table(
    "grabs",
    metadata,
    _id(),
    Column("nzo_id", Text, nullable=False, unique=True),
    Column("instance_id", Id, ForeignKey("instances.id"), nullable=False),
    Column("offer_guid", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("kind", Text, nullable=False),  # movie | episode
    Column("items", JSON, nullable=False),  # [wanted id, id at the instance] of each
    Column("category", Text, nullable=False),
    Column("priority", Integer, nullable=False, default=0),
    Column("download_id", Id),  # no foreign key: the grab outlives its download
    Column("state", Text, nullable=False),  # model.GrabState
    Column("fail_message", Text, nullable=False, default=""),
    Column("storage", Text, nullable=False, default=""),  # the file in our view of paths; empty once it is gone
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("removed", Boolean, nullable=False, default=False),  # the instance deleted it from queue or history
    Index("ix_grabs_instance_id_state", "instance_id", "state"),
    Index("ix_grabs_download_id", "download_id"),
    Index("ix_grabs_offer_guid", "offer_guid"),
)

rate_samples = Table(
    "rate_samples",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("source_id", Id),
    Column("download_id", Id),
    Column("bytes", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
)

# A pause of the queue and a temporary speed limit; a row for each kind.
overrides = Table(
    "overrides",
    metadata,
    Column("kind", Text, primary_key=True),  # pause | speed
    Column("rate", BigInteger),  # bytes/s; 0 is unlimited
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),  # NULL: until the user ends it
)

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("role", Text, nullable=False),  # serve | worker | cli
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
    Column("version", Text, nullable=False),
)

# The measured resolution of a file when its entry's name is wrong, so that an unfit file is not downloaded again.
measured_pictures = Table(
    "measured_pictures",
    metadata,
    Column("source_id", Id, ForeignKey("sources.id"), primary_key=True),
    Column("entry_key", Text, primary_key=True),
    Column("name", Text, nullable=False),  # the entry's name; a renamed entry may have another file
    Column("resolution", Integer, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    Column("download_id", Id, nullable=False),  # no foreign key: the download may be gone before its file
    Column("entry_id", Id, nullable=False),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("items", JSON, nullable=False),  # [wanted id, instance id, id at the instance] of each
    Column("destination", JSON),  # of a download without items
    Column("replaces", Boolean, nullable=False, default=False, server_default=false()),  # downloaded again on purpose
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_aside_at", UtcDateTime, nullable=False),
    Index("ix_quarantine_set_aside_at", "set_aside_at"),
)

# --- history ----------------------------------------------------------------------------------------------------

events = Table(
    "events",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("kind", Text, nullable=False),  # download.started, import.confirmed, source.guard, ...
    Column("level", Text, nullable=False),  # info | warning | error
    Column("message", Text, nullable=False),
    Column("download_id", Id, index=True),
    Column("wanted_id", Id, index=True),
    Column("source_id", Id),
    Column("instance_id", Id),
    Column("data", JSON),
)

runs = Table(
    "runs",
    metadata,
    _id(),
    Column("job", Text, nullable=False),  # refresh | scan | match | download | cleanup | backup | ...
    Column("subject", Text),  # a source or instance slug
    Column("state", Text, nullable=False),  # queued | running | done | partly | failed | cancelled
    Column("options", JSON),
    Column("progress", JSON),  # done, total, message
    Column("report", JSON),
    Column("error", Text),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("worker", Text),
    Column("crashes", Integer, nullable=False, default=0, server_default="0"),  # how often its worker was lost
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("heartbeat", UtcDateTime),
    Column("finished_at", UtcDateTime),
)

health = Table(
    "health",
    metadata,
    Column("check", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("level", Text, nullable=False),  # warning | error
    Column("message", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("checked_at", UtcDateTime, nullable=False),
)

# --- the program itself ------------------------------------------------------------------------------------------

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSON, nullable=False),  # encrypted text where `secret`
    Column("secret", Boolean, nullable=False, default=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

published_settings = Table(
    "published_settings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # a single row
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),  # encrypted
    Column("published_at", UtcDateTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("address", Text),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False),  # encrypted: `api-key show` must be able to print it
    Column("created_at", UtcDateTime, nullable=False),
    Column("scope", Text, nullable=False, server_default="admin"),  # core.security.scopes.Scope
    Column("instance", Text),  # the instance that a bridge key belongs to
    Column("last_used_at", UtcDateTime),
)
