"""Define the tables of downloads and of the native drive: the queue, its figures, offers, grabs."""

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
    false,
    text,
)

from stalkeer.store.db.tables.program import Id, UtcDateTime, id_column, metadata

downloads = Table(
    "downloads",
    metadata,
    id_column(),
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

# the order in which the queue is listed
Index("ix_downloads_priority_rank_id", downloads.c.priority.desc(), downloads.c.rank, downloads.c.id)

download_items = Table(
    "download_items",
    metadata,
    id_column(),
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
    id_column(),
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
    id_column(),
    Column("offer_id", Id, ForeignKey("offers.id", ondelete="CASCADE"), nullable=False),
    Column("wanted_id", Id, nullable=False),  # no foreign key, like entry_key: a re-imported catalogue keeps it
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("entry_key", Text, nullable=False),
    UniqueConstraint("offer_id", "wanted_id", "source_id", "entry_key"),
    Index("ix_offer_entries_wanted_id", "wanted_id"),
    Index("ix_offer_entries_source_id", "source_id"),
)

# The custom format score that an instance gave the release name of an entry, for an item with a file.
release_scores = Table(
    "release_scores",
    metadata,
    Column("wanted_id", Id, ForeignKey("wanted.id", ondelete="CASCADE"), primary_key=True),
    Column("source_id", Id, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("entry_key", Text, primary_key=True),
    Column("release", Text, nullable=False),
    Column("profile", Text, nullable=False),  # core.matching.upgrades.profile_mark: other scores give another text
    Column("score", Integer),  # NULL: the instance does not say
    Column("asked_at", UtcDateTime, nullable=False),
    Index("ix_release_scores_source_id", "source_id"),
)

# The custom format score of the file that an item has.
file_scores = Table(
    "file_scores",
    metadata,
    Column("wanted_id", Id, ForeignKey("wanted.id", ondelete="CASCADE"), primary_key=True),
    Column("file_id", BigInteger, nullable=False),  # the instance's id of the file
    Column("profile", Text, nullable=False),
    Column("score", Integer),
    Column("asked_at", UtcDateTime, nullable=False),
)

# A release that an instance grabbed, under the id that the download client gave it.
grabs = Table(
    "grabs",
    metadata,
    id_column(),
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
    id_column(),
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
    Column("folders", JSON),  # key, path, mark and problem of each folder of the settings, as this worker sees it
    Column("hooks", JSON),  # names of the hooks whose script it can run
)

# The hooks that a process has in its own configuration, by name only. A process that has ended is remembered, because
# no file may pass unchecked meanwhile.
hooks = Table(
    "hooks",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
)

# Scripts to run after a download has ended. The row is deleted once the script has ended.
hook_runs = Table(
    "hook_runs",
    metadata,
    id_column(),
    Column("download_id", Id, ForeignKey("downloads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("hook", Text, nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("worker", Text),
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
    id_column(),
    Column("download_id", Id, nullable=False),  # no foreign key: the download may be gone before its file
    Column("entry_id", Id, nullable=False),
    Column("source_id", Id, ForeignKey("sources.id"), nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("items", JSON, nullable=False),  # [wanted id, instance id, id at the instance] of each
    Column("destination", JSON),  # for a download without items: the parts of the file name
    Column("replaces", Boolean, nullable=False, default=False, server_default=false()),  # downloaded again on purpose
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_aside_at", UtcDateTime, nullable=False),
    Index("ix_quarantine_set_aside_at", "set_aside_at"),
)

# A video in a watch folder. The unique path keeps two looks from taking it twice.
watch_files = Table(
    "watch_files",
    metadata,
    id_column(),
    Column("path", Text, nullable=False, unique=True),
    Column("folder", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("inode", Text, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),  # the first look that found it with this size and time
    Column("state", Text, nullable=False),  # core.downloads.watch.WatchState
    Column("reason", Text, nullable=False, default=""),
    Column("duration_s", Float),  # playing time, once the file is verified
    Column("candidates", JSON),  # wanted items that it may be: id, label and reason of each
    Column("chosen", JSON),  # ids of the wanted items that the user chose for it
    Column("download_id", Id),  # no foreign key: the row outlives its download
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_watch_files_state_id", "state", "id"),
)
