"""Define the tables of Radarr and Sonarr, and of matching: libraries, what is wanted, matches, rules."""

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
    Table,
    Text,
    UniqueConstraint,
    func,
)

from stalkeer.store.db.tables.program import Id, UtcDateTime, id_column, metadata

instances = Table(
    "instances",
    metadata,
    id_column(),
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
    id_column(),
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
    Column("size", BigInteger),  # bytes of its files
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

Index("ix_library_lower_title_id", func.lower(library.c.title), library.c.id)  # the wanted list is read along it

library_titles = Table(
    "library_titles",
    metadata,
    id_column(),
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
    id_column(),
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
    # the items of a work; counting items reads this index alone
    Index("ix_wanted_library_id_instance_id_kind_gone_at", "library_id", "instance_id", "kind", "gone_at"),
    Index("ix_wanted_first_seen_id", "first_seen", "id"),
)

blocked_releases = Table(
    "blocked_releases",
    metadata,
    id_column(),
    Column("instance_id", Id, ForeignKey("instances.id"), nullable=False),
    Column("arr_id", BigInteger, nullable=False),  # movieId or episodeId
    Column("release", Text, nullable=False),
    Column("reason", Text, nullable=False),  # in the instance's own words; may be empty
    Column("source_id", Id),  # the entry that we once handed over under this name
    Column("entry_key", Text),
    Index("ix_blocked_releases_instance_id", "instance_id", "arr_id"),
)

matches = Table(
    "matches",
    metadata,
    id_column(),
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
    id_column(),
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
