"""Hold the objects of a running program: built once by `app`, passed to every command, route and page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from stalkeer.errors import Conflict
from stalkeer.jobs.refresh.start import JobStarter
from stalkeer.logs import get_logger, set_level
from stalkeer.model import JobName
from stalkeer.secrets import KEY_FILE, SecretBox
from stalkeer.settings import Settings
from stalkeer.settings.change import check_changes, secret_keys
from stalkeer.settings.folders import check_changed_folders
from stalkeer.settings.live import LiveSettings
from stalkeer.settings.shared import shared_document
from stalkeer.store.db.database import Database
from stalkeer.store.db.locks import ServeLock
from stalkeer.store.journal.runs import queue_run
from stalkeer.store.library.instances import known_root_folders
from stalkeer.store.system.health import Finding
from stalkeer.store.system.settings import (
    publish_settings,
    published_version,
    read_published,
    read_settings,
    write_settings,
)

if TYPE_CHECKING:
    from stalkeer.adapters.tmdb.client import TmdbPace
    from stalkeer.jobs.catalogue.logos import LogoCache
    from stalkeer.jobs.catalogue.picture_folder import PictureFolder
    from stalkeer.jobs.downloads.context import DownloadQueue
    from stalkeer.jobs.health.check import HealthReport
    from stalkeer.jobs.journal.reporting import Run
    from stalkeer.jobs.library.artwork import ArtworkCache
    from stalkeer.jobs.library.clients import Arrs
    from stalkeer.jobs.matching.library_cache import LibraryCache, Matching
    from stalkeer.jobs.media.refresh import MediaContext
    from stalkeer.jobs.notify.sending import NotifyTools
    from stalkeer.jobs.refresh.refresh import RefreshContext
    from stalkeer.jobs.requests.from_catalogue import CatalogueContext
    from stalkeer.jobs.system.backup import BackupPlace
    from stalkeer.jobs.system.cleanup import CleanupPlace
    from stalkeer.jobs.system.support_bundle import BundleSubject
    from stalkeer.jobs.wanted.scan import Scanner

log = get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Paths:
    """Locate the paths within the data folder."""

    data_dir: Path

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def archives(self) -> Path:
        return self.data_dir / "archives"

    @property
    def backups(self) -> Path:
        return self.data_dir / "backups"

    @property
    def artwork(self) -> Path:
        return self.data_dir / "cache" / "artwork"

    @property
    def engine_database(self) -> Path:
        return self.data_dir / "engine.db"


class RunningEngine(JobStarter, Protocol):
    """Describe the engine as commands and routes use it."""

    def wake(self) -> None:
        """Check the queue at once."""
        ...

    def note_reported_import(self, nzo_id: str) -> None:
        """Ask an instance soon about a grab whose import it has reported without the path of the file."""
        ...


class SettingsRole(Enum):
    """Define the role of a process for the settings that all processes of a database share."""

    PUBLISHES = "publishes"  # merges the settings from file, environment and UI for all processes
    FOLLOWS = "follows"
    KEEPS = "keeps"  # merges the settings for itself only


@dataclass
class SharedSettings:
    """Hold the role of this process for the shared settings.

    It changes when `serve` gets the right key after a wrong one.
    """

    role: SettingsRole = SettingsRole.PUBLISHES
    is_key_right: bool = True  # False with a wrong secret key: the configuration is not applied, and no job starts
    lock: ServeLock | None = None  # of `serve` on PostgreSQL
    problems: tuple[Finding, ...] = ()  # damaged files; with any, the program only reports them

    @property
    def may_work(self) -> bool:
        """Return whether this process starts jobs and applies the configuration."""
        return self.is_key_right and not self.problems


ValueT = TypeVar("ValueT")


class Once(Generic[ValueT]):
    """Make a value at its first use, by a single thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: ValueT | None = None

    def get(self, make: Callable[[], ValueT]) -> ValueT:
        with self._lock:
            if self._made is None:
                self._made = make()
            return self._made


@dataclass(frozen=True)
class Clients:
    """Hold the clients and the cache that engine, faces and jobs of a process share. `replace(app, ...)` keeps them."""

    arrs: Once[Arrs] = field(default_factory=Once)
    refresher: Once[RefreshContext] = field(default_factory=Once)
    tmdb_pace: Once[TmdbPace] = field(default_factory=Once)
    library_cache: Once[LibraryCache] = field(default_factory=Once)
    artwork: Once[ArtworkCache] = field(default_factory=Once)
    logos: Once[LogoCache] = field(default_factory=Once)
    pictures: Once[PictureFolder] = field(default_factory=Once)


@dataclass(frozen=True)
class App:
    """Hold all objects that are built once. `engine` is None when no engine runs (a short command)."""

    live: LiveSettings
    database: Database
    secrets: SecretBox
    paths: Paths
    clock: Callable[[], datetime] = utc_now
    engine: RunningEngine | None = None
    config: Path | None = None  # the file from which the settings were read
    started_at: datetime = field(default_factory=utc_now)
    shared: SharedSettings = field(default_factory=SharedSettings)
    clients: Clients = field(default_factory=Clients, repr=False)

    @property
    def settings(self) -> Settings:
        return self.live.current

    @property
    def arrs(self) -> Arrs:
        """Return the clients of Radarr and Sonarr. Jobs share them, so all of them know when an instance is down."""
        from stalkeer.jobs.library.clients import Arrs

        return self.clients.arrs.get(lambda: Arrs(self.database, self.secrets, self.clock))

    @property
    def artwork(self) -> ArtworkCache:
        """Return the cache of the instances' posters and backdrops."""
        from stalkeer.jobs.library.artwork import ArtworkCache

        return self.clients.artwork.get(lambda: ArtworkCache(self.database, self.arrs, self.picture_folder))

    @property
    def logos(self) -> LogoCache:
        """Return the cache of the pictures that playlists name for their entries."""
        from stalkeer.jobs.catalogue.logos import LogoCache

        return self.clients.logos.get(
            lambda: LogoCache(self.database, self.secrets, lambda: self.settings, self.picture_folder)
        )

    @property
    def picture_folder(self) -> PictureFolder:
        from stalkeer.jobs.catalogue.picture_folder import PictureFolder

        return self.clients.pictures.get(
            lambda: PictureFolder(self.paths.artwork, lambda: self.settings.retention.pictures_size, self.clock)
        )

    @property
    def key_file(self) -> Path:
        """Return the path of the key of stored credentials."""
        return self.settings.secret_key_file or self.paths.data_dir / KEY_FILE

    @property
    def backup_place(self) -> BackupPlace:
        from stalkeer.jobs.system.backup import BackupPlace

        return BackupPlace(self.paths.data_dir, self.paths.backups, self.key_file, self.live.loaded.config)

    @property
    def cleanup_place(self) -> CleanupPlace:
        from stalkeer.jobs.system.cleanup import CleanupPlace

        return CleanupPlace(self.paths.logs, self.backup_place, self.paths.artwork)

    @property
    def bundle_subject(self) -> BundleSubject:
        """Return the data for a support bundle."""
        from stalkeer.jobs.system.support_bundle import BundleSubject

        return BundleSubject(
            self.database, self.secrets, self.live.loaded, self.paths.logs, self.key_file, self.started_at
        )

    @property
    def refresher(self) -> RefreshContext:
        """Return the refresher of sources."""
        from stalkeer.jobs.refresh.refresh import RefreshContext

        return self.clients.refresher.get(
            lambda: RefreshContext(self.database, self.secrets, lambda: self.settings, self.paths.data_dir, self.clock)
        )

    @property
    def download_queue(self) -> DownloadQueue:
        """Return the queue for the user's actions, which wake the engine of this process."""
        from stalkeer.jobs.downloads.context import DownloadQueue

        wake = self.engine.wake if self.engine is not None else lambda: None
        from stalkeer.jobs.native.push import push_match

        return DownloadQueue(
            self.database, self.clock, lambda: self.settings, wake, lambda match: push_match(self.arrs, match)
        )

    def change_settings(self, changes: Mapping[str, object]) -> None:
        """Store these values by dotted name and apply them at once. None deletes a stored value.

        Stores nothing when the settings are invalid or a folder is unusable (ConfigurationError), when a name cannot
        change here (InvalidInput), or when the environment or a flag fixes it (Conflict).
        """
        if self.shared.problems:
            raise Conflict(
                f"{self.shared.problems[0].message}: no setting changes before that. {self.shared.problems[0].fix}"
            )
        check_changes(changes, self.live.loaded)
        stored = self._stored_settings()
        wanted = {name: value for name, value in {**stored, **changes}.items() if value is not None}
        with self.database.connect() as connection:
            roots = known_root_folders(connection)
        check_changed_folders(self.settings, self.live.check(wanted), roots)
        with self.database.begin() as connection:
            write_settings(connection, self.secrets, changes, secret_keys(), self.clock())
        self._use(wanted)

    @property
    def matching(self) -> Matching:
        """Return the matching of entries and wanted items; it also queries the instances and TMDB."""
        return self.matching_over(self.database)

    def matching_over(self, database: Database) -> Matching:
        """Return the matching for `database`. Only this program's own database uses the cache of the process."""
        from stalkeer.jobs.matching.library_cache import LibraryCache, Matching
        from stalkeer.jobs.matching.lookups import open_catalogues

        is_ours = database is self.database
        arrs = self.arrs if is_ours else self.arrs.over(database)
        lookup, titles = open_catalogues(arrs, self.settings.tmdb, self.tmdb_pace)
        cache = self.clients.library_cache.get(LibraryCache) if is_ours else LibraryCache()
        settings = self.settings
        matching = Matching(database, settings.matching, self.clock, lookup, titles, settings.tmdb.language, cache)
        return replace(matching, decided=self.offer_soon) if is_ours else matching

    def offer_soon(self) -> None:
        """Let the engine prepare the offers of newly confirmed matches, where any instance has the native drive."""
        from stalkeer.jobs.native.offers import has_native_instances

        with self.database.connect() as connection:
            if not has_native_instances(connection):
                return
        if self.engine is not None:
            self.engine.start(JobName.OFFERS)
            return
        with self.database.begin() as connection:  # for a `serve` that runs beside this command
            queue_run(connection, self.clock(), JobName.OFFERS)

    @property
    def catalogue(self) -> CatalogueContext:
        """Return the parts that downloads from the catalogue use."""
        from stalkeer.jobs.requests.from_catalogue import CatalogueContext

        return CatalogueContext(self.download_queue, self.arrs, lambda: self.matching, self.refresher, self.settings)

    @property
    def scanner(self) -> Scanner:
        """Return the scanner of instances, with the jobs that follow a scan."""
        from stalkeer.jobs.health.instances import look_through_instances
        from stalkeer.jobs.imports.recovery import import_recovery
        from stalkeer.jobs.journal.reporting import QuietRun
        from stalkeer.jobs.matching.match import match_wanted
        from stalkeer.jobs.matching.search_upstream import hand_back
        from stalkeer.jobs.wanted.scan import Scanner

        database, arrs, settings = self.database, self.arrs, self.settings

        def match(where: Database, run: Run) -> object:
            return match_wanted(self.matching_over(where), run)

        return Scanner(
            database,
            arrs,
            settings,
            match,
            recover=import_recovery(database, arrs, settings),
            search_upstream=lambda: hand_back(database, arrs, settings.wanted).items,
            check_folders=lambda only: look_through_instances(arrs, settings.directories, QuietRun(), only),
        )

    @property
    def notifier(self) -> NotifyTools:
        """Return the parts that tell the targets of notifications."""
        from stalkeer.jobs.notify.sending import NotifyTools

        return NotifyTools(self.database, self.secrets, self.clock, lambda at: at.astimezone())

    @property
    def media(self) -> MediaContext:
        """Return the parts that tell the media server of new files."""
        from stalkeer.jobs.media.refresh import MediaContext

        return MediaContext(self.database, lambda: self.settings.media_server, self.clock)

    @property
    def tmdb_pace(self) -> TmdbPace:
        """Return the pace of requests to TMDB."""
        from stalkeer.adapters.tmdb.client import TmdbPace

        return self.clients.tmdb_pace.get(TmdbPace)

    def check_health(self) -> HealthReport:
        """Run every health check and store the findings."""
        from stalkeer.jobs.health.check import check_health

        return check_health(
            self.database, self.settings, self.clock(), self.backup_place, self.secrets, self.shared.problems
        )

    def reread_settings(self) -> None:
        """Apply settings that another process stored meanwhile."""
        if self.shared.role is SettingsRole.FOLLOWS:
            self._follow()
            return
        stored = self._stored_settings()
        if stored != self.live.stored:
            self._use(stored)

    def _follow(self) -> None:
        with self.database.connect() as connection:
            if published_version(connection) == self.live.version:
                return
            published = read_published(connection, self.secrets)
        if published is not None:
            self._use(published.document, published.version)
            log.info("the settings have changed", version=published.version)

    def _use(self, stored: Mapping[str, object], version: int | None = None) -> None:
        level = self.settings.logging.level
        self.live.reload(stored, version)
        if self.settings.logging.level != level:
            set_level(self.settings.logging.level)
        self.publish_settings()

    def publish_settings(self) -> None:
        """Publish these settings for the other processes of the database; see `settings.shared`."""
        if self.shared.role is SettingsRole.PUBLISHES:
            with self.database.begin() as connection:
                publish_settings(connection, self.secrets, shared_document(self.live.loaded), self.clock())

    def adopt_key(self) -> None:
        """Accept the present secret key as the database's, even if some credentials are unreadable with it."""
        self.shared.role, self.shared.is_key_right = SettingsRole.PUBLISHES, True
        self.publish_settings()

    def _stored_settings(self) -> dict[str, object]:
        with self.database.connect() as connection:
            return read_settings(connection, self.secrets)

    def close(self) -> None:
        if self.shared.lock is not None:
            self.shared.lock.release()
        self.database.close()
