"""Define the demo's scenario: the wanted items, their names at the provider, and the expected results.

All titles are invented. The program never reads this; the demo compares the results with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from stalkeer.demo.content import Memory, sha256
from stalkeer.demo.exchange import Exchange, MediaAnswer
from stalkeer.demo.filler import Line, filler_lines, playlist_text
from stalkeer.demo.media import EPISODE_24, EPISODE_45, EPISODE_45_MP4, MOVIE_90, MOVIE_105, MOVIE_120, Clip, media
from stalkeer.demo.panel import PanelAccount
from stalkeer.demo.provider import Provider
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.series import Episode
from stalkeer.demo.sonarr import Sonarr
from stalkeer.demo.sonarr_library import LONG_AGO

MEGABYTE = 1024 * 1024
OVERVIEW = (
    "{title} is one of the titles that the demo makes up. Its picture, its files and this text are generated; nothing "
    "of it was filmed in {year} or in any other year."
)
POSTERS = "https://image.tmdb.org/t/p/w600_and_h900_bestv2"


class Expectation(StrEnum):
    """Describe the quality that a name on the playlist may have."""

    AVAILABLE = "available"  # it is sure enough: the item must be imported
    REVIEW = "review"  # it is not sure enough: the match is for review
    UNAVAILABLE = "unavailable"  # the playlist does not have the item


@dataclass(frozen=True)
class ScenarioMovie:
    """Describe a wanted movie with its names on the playlist. `bait` are other movies, which must not be used."""

    title: str
    year: int
    clip: Clip
    names: tuple[str, ...] = ()
    bait: tuple[str, ...] = ()
    expect: Expectation = Expectation.AVAILABLE
    alternates: tuple[str, ...] = ()
    poster: str | None = None
    namesake_year: int | None = None  # another movie of that title, which only a look-up finds


@dataclass(frozen=True)
class Show:
    """Describe a wanted series.

    `name` takes {season}, {episode}, {absolute} and {date}; `absent` episodes are not listed.
    """

    title: str
    year: int
    clip: Clip
    name: str
    episodes: tuple[tuple[int, int], ...]
    kind: str = "standard"
    alternates: tuple[str, ...] = ()
    absent: frozenset[tuple[int, int]] = frozenset()
    double: tuple[int, int] | None = None  # this episode and the next are one file
    first_absolute: int = 1
    group: str = "SERIES"


MOVIES = (
    ScenarioMovie("The Salt Orchard", 2021, MOVIE_105, ("EN - The Salt Orchard (2021)",)),
    ScenarioMovie("Umbra Station", 2016, MOVIE_90, ("Umbra Station (2016)",), bait=("Umbra Station (1974)",)),
    ScenarioMovie(
        "Iron Estuary 2",
        2019,
        MOVIE_120,
        ("|EN| Iron Estuary 2 (2019)",),
        bait=("|EN| Iron Estuary (2017)", "|EN| Iron Estuary 3 (2022)"),
    ),
    ScenarioMovie("Vesna", 2018, MOVIE_90, ("|FR| Printemps de Verre - 2018",), alternates=("Printemps de verre",)),
    ScenarioMovie("1908", 2020, MOVIE_105, ("1908 - 2020",)),
    ScenarioMovie("Lanterns of Kyōrin", 2015, MOVIE_90, ("LANTERNS OF KYORIN (2015) [VOSTFR]",)),
    ScenarioMovie("Copper Saints", 2010, MOVIE_120, ("|EN|VO| Copper Saints (2010)",)),
    ScenarioMovie(
        "Glasshouse Road",
        2022,
        MOVIE_105,
        ("Glasshouse Road (2022) 720p", "Glasshouse Road (2022) 1080p", "4K-NF - Glasshouse Road (2022) (US)"),
    ),
    ScenarioMovie("Riverlight", 2024, MOVIE_90, ("D+ - EN - Riverlight (2024) (US)",)),
    ScenarioMovie("Señor Mañana", 2009, MOVIE_105, ("Senor Manana [2009] MULTI",)),
    ScenarioMovie("The Cold Ferryman", 2013, MOVIE_120, ("The.Cold.Ferryman.2013.1080p.WEB-DL",)),
    ScenarioMovie("Paper Comets & Co.", 2014, MOVIE_90, ("Paper Comets and Co (2014)",), poster="/pcWq3Vd9n1.jpg"),
    ScenarioMovie("Twelve Bridges: A Winter Story", 2017, MOVIE_105, ("FR - Twelve Bridges - A Winter Story (2017)",)),
    ScenarioMovie(
        "The Reckoning Hour",
        2019,
        MOVIE_90,
        ("The Reckoning Hour",),
        expect=Expectation.REVIEW,
        namesake_year=2004,
    ),
    ScenarioMovie("Northern Static", 2023, MOVIE_90, bait=("Static Shore (2023)",), expect=Expectation.UNAVAILABLE),
    ScenarioMovie("Seven Tides", 2011, MOVIE_120, bait=("Seven Tides 2 (2014)",), expect=Expectation.UNAVAILABLE),
)
SHOWS = (
    Show(
        "Harbour of Ash",
        2020,
        EPISODE_45,
        "EN - Harbour of Ash S{season:02} E{episode:02}",
        tuple((1, number) for number in range(1, 9)),
        absent=frozenset({(1, 8)}),
        double=(1, 5),
    ),
    Show(
        "The Quiet Cartographers",
        2017,
        EPISODE_45_MP4,
        "The Quiet Cartographers - {season}x{episode:02}",
        tuple((2, number) for number in range(1, 7)),
    ),
    Show(
        "Kaze no Rensa",
        2022,
        EPISODE_24,
        "Chains of the Wind - {absolute:03} [1080p]",
        tuple((2, number) for number in range(1, 7)),
        kind="anime",
        alternates=("Chains of the Wind",),
        first_absolute=13,
        group="ANIME",
    ),
    Show(
        "The Late Ledger",
        2024,
        EPISODE_24,
        "The Late Ledger {date}",
        tuple((2026, number) for number in range(1, 4)),
        kind="daily",
        group="TALK SHOWS",
    ),
)
# on the playlist and in no library: a user adds them from the catalogue
FURTHER = (
    Show(
        "The Tin Meridian",
        2018,
        EPISODE_45,
        "EN - The Tin Meridian S{season:02} E{episode:02}",
        tuple((season, number) for season in (1, 2) for number in range(1, 5)),
    ),
    Show(
        "Inverno Azul",
        2021,
        EPISODE_24,
        "Inverno Azul - {absolute:02} [720p]",
        tuple((season, number) for season in (1, 2) for number in range(1, 4)),
        kind="anime",
        group="ANIME",
    ),
)
# the first transfer breaks; the second must come back later
FAULTY = ("Umbra Station (2016)", "The Quiet Cartographers - 2x03")


@dataclass(frozen=True)
class ExpectedItem:
    """Hold a wanted item with its id in Radarr or Sonarr, and the checksums of the right files."""

    program: str
    number: int
    label: str
    expect: Expectation
    checksums: frozenset[str]


@dataclass(frozen=True)
class DemoOutcome:
    """Hold the state of Radarr's and Sonarr's libraries after the demo."""

    imported: tuple[ExpectedItem, ...]
    mismatched: tuple[ExpectedItem, ...]
    left: tuple[ExpectedItem, ...]


@dataclass
class TwoFaults:
    """Play the demo's faults: a transfer breaks in the middle, another must come back later once."""

    cut: str  # the key of a file
    busy: str
    retry_after_s: int = 2
    seen: set[str] = field(default_factory=set)

    def __call__(self, exchange: Exchange) -> bool:
        key = exchange.request.key
        if not key or exchange.answer.status not in (200, 206) or key in self.seen:
            return False
        if key not in (self.cut, self.busy):
            return False
        self.seen.add(key)
        if key == self.cut:
            exchange.deliver(cut_after=(exchange.answer.stop - exchange.answer.start) * 3 // 5)
        else:
            exchange.deliver(MediaAnswer(503, {"Retry-After": str(self.retry_after_s)}, Memory(b"Service Unavailable")))
        return True


@dataclass
class World:
    """Hold the scenario in three filled servers."""

    radarr: Radarr
    sonarr: Sonarr
    provider: Provider
    account: PanelAccount
    wishes: list[ExpectedItem] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def expected(self, expectation: Expectation) -> list[ExpectedItem]:
        return [wish for wish in self.wishes if wish.expect is expectation]

    def imported(self) -> set[str]:
        """Return the items that have any file."""
        return {wish.label for wish in self.wishes if self._file_of(wish) is not None}

    def compare(self) -> DemoOutcome:
        """Compare every imported file with the provider's bytes for its item."""
        imported, mismatched, left = [], [], []
        for wish in self.wishes:
            path = self._file_of(wish)
            if path is None:
                left.append(wish)
                continue
            imported.append(wish)
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() not in wish.checksums:
                    mismatched.append(wish)
        return DemoOutcome(tuple(imported), tuple(mismatched), tuple(left))

    def _file_of(self, wish: ExpectedItem) -> Path | None:
        if wish.program == "radarr":
            movie = self.radarr.movies[wish.number].file
            return movie.path if movie else None
        episode = next(episode for episode in self.sonarr.episodes() if episode.id == wish.number)
        return episode.file.path if episode.file else None


@dataclass(frozen=True)
class Cast:
    """Select the items to play: all, or fewer in a test. `size` is the approximate file size; all sizes differ."""

    movies: tuple[ScenarioMovie, ...] = MOVIES
    shows: tuple[Show, ...] = SHOWS
    size: int = 4 * MEGABYTE
    further: tuple[Show, ...] = FURTHER


def build_world(radarr: Radarr, sonarr: Sonarr, provider: Provider, cast: Cast = Cast()) -> World:
    """Fill the servers."""
    world = World(radarr, sonarr, provider, provider.account("demo", "loopback", max_connections=4))
    shelf = _Shelf(world, cast.size)
    for movie in cast.movies:
        _add_movie(world, shelf, movie)
    for show in cast.shows:
        _add_show(world, shelf, show)
    for number, show in enumerate(cast.further, start=1):
        _offer_show(world, shelf, show, tvdb_id=390_000 + number)
    world.lines[:] = filler_lines(around=world.lines)
    provider.hook = TwoFaults(cut=shelf.key_of(FAULTY[0]), busy=shelf.key_of(FAULTY[1]))
    provider.playlist = playlist_text(world.lines, lambda key: provider.media_url(key, world.account))
    return world


@dataclass
class _Shelf:
    """Put files on the provider and their lines on the playlist."""

    world: World
    size: int
    last: int = 5000

    def add(self, name: str, clip: Clip, kind: str, group: str, poster: str | None = None) -> str:
        """Add a line and its file. Return the file's checksum."""
        self.last += 1
        content = media(clip, self.size + self.last * 7919 % (self.size // 4), self.last)
        key = f"/{kind}/{self.last}.{clip.extension}"
        self.world.provider.add(key, content, "video/mp4" if clip.extension == "mp4" else "video/x-matroska")
        self.world.lines.append(Line(name, key, group, f"{POSTERS}{poster}" if poster else ""))
        return sha256(content)

    def key_of(self, name: str) -> str:
        """Return the key of a name's file; empty when there is none."""
        return next((line.key for line in self.world.lines if line.name == name), "")


def _add_movie(world: World, shelf: _Shelf, movie: ScenarioMovie) -> None:
    poster = f"https://image.tmdb.org/t/p/original{movie.poster or f'/of-film-{len(world.wishes)}.jpg'}"
    added = world.radarr.add_movie(
        movie.title,
        movie.year,
        runtime_min=movie.clip.minutes,
        alternate_titles=movie.alternates,
        poster=poster,
        backdrop=f"https://image.tmdb.org/t/p/original/behind-film-{len(world.wishes)}.jpg",
        overview=OVERVIEW.format(title=movie.title, year=movie.year),
        imdb_id=f"tt{9_000_000 + len(world.wishes):07}",
    )
    if movie.namesake_year is not None:
        world.radarr.add_namesake(movie.title, movie.namesake_year, tmdb_id=990_000 + len(world.wishes))
    checksums = {shelf.add(name, movie.clip, "movie", "MOVIES", movie.poster) for name in movie.names}
    for name in movie.bait:
        shelf.add(name, movie.clip, "movie", "MOVIES")
        title, year = _title_and_year(name)
        number = 980_000 + len(world.radarr.namesakes)
        world.radarr.add_namesake(title, year, tmdb_id=number, runtime_min=movie.clip.minutes)
    label = f"{movie.title} ({movie.year})"
    world.wishes.append(ExpectedItem("radarr", added.id, label, movie.expect, frozenset(checksums)))


def _add_show(world: World, shelf: _Shelf, show: Show) -> None:
    series = world.sonarr.add_series(
        show.title,
        show.year,
        runtime_min=show.clip.minutes,
        kind=show.kind,
        alternate_titles=show.alternates,
        poster=f"https://artworks.thetvdb.com/banners/posters/of-series-{len(world.wishes)}.jpg",
        backdrop=f"https://artworks.thetvdb.com/banners/fanart/of-series-{len(world.wishes)}.jpg",
        overview=OVERVIEW.format(title=show.title, year=show.year),
    )
    first_day = datetime(2026, 1, 12, 22, 0, tzinfo=UTC)
    checksum = ""
    for place, (season, number) in enumerate(show.episodes):
        aired = first_day + timedelta(days=place) if show.kind == "daily" else datetime(show.year, 3, 1, tzinfo=UTC)
        absolute = show.first_absolute + place if show.kind == "anime" else None
        episode = world.sonarr.add_episode(series, season, number, air_date_utc=aired, absolute=absolute)
        day = aired.date().isoformat()
        name = show.name.format(season=season, episode=number, absolute=absolute or 0, date=day)
        label = f"{show.title} {day}" if show.kind == "daily" else f"{show.title} S{season:02}E{number:02}"
        if (season, number) in show.absent:
            world.wishes.append(ExpectedItem("sonarr", episode.id, label, Expectation.UNAVAILABLE, frozenset()))
            continue
        is_second_half = show.double == (season, number - 1)
        clip = show.clip
        if show.double == (season, number):
            name += f" E{number + 1:02}"
            clip = MOVIE_90
        if not is_second_half:
            checksum = shelf.add(name, clip, "series", show.group)
        world.wishes.append(ExpectedItem("sonarr", episode.id, label, Expectation.AVAILABLE, frozenset({checksum})))


def _offer_show(world: World, shelf: _Shelf, show: Show, tvdb_id: int) -> None:
    """List a series that Sonarr's look-up knows and its library does not have."""
    episodes = []
    for place, (season, number) in enumerate(show.episodes):
        absolute = show.first_absolute + place if show.kind == "anime" else None
        name = show.name.format(season=season, episode=number, absolute=absolute or 0)
        shelf.add(name, show.clip, "series", show.group)
        episodes.append(Episode(0, 0, season, number, f"Part {number}", LONG_AGO, absolute))
    more = {"kind": show.kind, "runtime_min": show.clip.minutes, "episodes": episodes}
    world.sonarr.add_namesake(show.title, show.year, tvdb_id=tvdb_id, **more)


def _title_and_year(name: str) -> tuple[str, int]:
    """Return the parts of a name such as `|EN| Iron Estuary (2017)`."""
    title, _, year = name.removeprefix("|EN| ").rpartition(" (")
    return title, int(year.removesuffix(")"))
