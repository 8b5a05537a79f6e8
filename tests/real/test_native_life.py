"""What happens to a library whose real Radarr and Sonarr drive themselves: new releases, failures, upgrades, restarts.

The tests build on each other: the first one sets the drive up.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from stalkeer.demo.content import Content, Memory
from stalkeer.demo.exchange import Exchange
from stalkeer.demo.filler import Line, playlist_text
from stalkeer.demo.media import MOVIE_90, Clip, media
from stalkeer.demo.scenario import MEGABYTE, Cast, ScenarioMovie, Show
from tests.real.programs import Program, free_port, reason_to_skip
from tests.real.world import Stage, eventually, is_up, kill, open_stage

MISSING = reason_to_skip()
pytestmark = [pytest.mark.skipif(MISSING is not None, reason=str(MISSING)), pytest.mark.timeout(1200)]
NATIVE = {"RADARR__DRIVE": "native", "SONARR__DRIVE": "native"}
MANY = 50
CAST = Cast(
    movies=(
        ScenarioMovie("Feather Bridge", 2018, MOVIE_90),
        ScenarioMovie("Broken Lantern", 2019, MOVIE_90, ("Broken Lantern (2019) 1080p", "Broken Lantern (2019) 720p")),
        ScenarioMovie("Only Lantern", 2016, MOVIE_90, ("Only Lantern (2016) 1080p",)),
        ScenarioMovie("Rising Stairs", 2017, MOVIE_90, ("Rising Stairs (2017) 720p",)),
        ScenarioMovie("Wide River", 2020, MOVIE_90, ("Wide River (2020) 1080p",)),
        ScenarioMovie("Narrow River", 2021, MOVIE_90, ("Narrow River (2021) 1080p",)),
        ScenarioMovie("Stopped Clock", 2015, MOVIE_90, ("Stopped Clock (2015) 1080p",)),
        ScenarioMovie("Stopped Watch", 2014, MOVIE_90, ("Stopped Watch (2014) 1080p",)),
        ScenarioMovie("Recalled Ferry", 2013, MOVIE_90, ("Recalled Ferry (2013) 1080p",)),
        ScenarioMovie("Recalled Train", 2011, MOVIE_90, ("Recalled Train (2011) 1080p",)),
        *(ScenarioMovie(f"Crowd {n:02} Gathering", 2022, MOVIE_90, (f"Crowd {n:02} Gathering (2022) 1080p",))
          for n in range(1, MANY + 1)),
    ),
    shows=(
        Show("Eight Doors", 2019, Clip("episode-45.mkv", 45, 1080), "Eight Doors S{season:02} E{episode:02} 1080p",
             tuple((1, number) for number in range(1, 10)), absent=frozenset({(1, 9)})),
    ),
    size=MEGABYTE,
)  # fmt: skip


@dataclass
class Life:
    """Both programs and Stalkeer, which is running. `spoiled` are files that the provider does not have any more."""

    stage: Stage
    port: int
    lines: list[Line]
    spoiled: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self) -> None:
        self.starts += 1
        environment = self.stage._environment({**NATIVE, "SERVER__PORT": str(self.port)})
        with (self.stage.folder / f"serve-{self.starts}.log").open("wb") as log:
            self.process = subprocess.Popen(self.stage._command("serve"), env=environment, stdout=log, stderr=log)
        eventually(lambda: is_up(self.port), "serve is up", 300)

    def kill(self) -> None:
        assert self.process is not None
        kill(self.process)

    def let_feeds(self, *, on: bool) -> None:
        """Let both programs read the feed. Their first reading grabs whatever is wanted."""
        for program in (self.stage.radarr, self.stage.sonarr):
            (indexer,) = program.want("GET", "indexer")
            program.want("PUT", f"indexer/{indexer['id']}", indexer | {"enableRss": on})

    def publish(self, name: str, clip: Clip = MOVIE_90, size: int = MEGABYTE) -> str:
        """Put a file on the list. Return its key."""
        number = 9000 + len(self.lines)
        key = f"/movie/{number}.mkv"
        self.stage.provider.add(key, media(clip, size + number, number))
        self.lines.append(Line(name, key, "MOVIES"))
        self.show()
        return key

    def enlarge(self, name: str, size: int) -> str:
        """Make the file of a line larger."""
        key = self.key_of(name)
        self.stage.provider.add(key, media(MOVIE_90, size, len(self.lines)))
        return key

    def key_of(self, name: str) -> str:
        return next(line.key for line in self.lines if line.name == name)

    def show(self) -> None:
        provider = self.stage.provider
        provider.playlist = playlist_text(self.lines, lambda key: provider.media_url(key, self.stage.world.account))

    def answer(self, exchange: Exchange) -> bool:
        key = exchange.request.key
        if key in self.spoiled:
            exchange.deliver(type(exchange.answer)(404, {"Content-Type": "text/html"}, _GONE))
            return True
        if key in self.slow and exchange.answer.status in (200, 206):
            exchange.rate = 300_000
        return False

    def read_list(self) -> None:
        """Refresh and scan by command. What follows is the matter of the running program."""
        self.stage.stalkeer("source", "refresh", **NATIVE)
        self.stage.stalkeer("scan", "missing", **NATIVE)
        scanned = max(run["finishedAt"] for run in self.runs() if run["job"] == "scan" and run["finishedAt"])
        eventually(
            lambda: any(r["job"] == "offers" and (r["finishedAt"] or "") >= scanned for r in self.runs()),
            "what follows a scan by command is done",
        )

    def runs(self) -> list[dict]:
        found = self.stage.stalkeer("job", "list", **NATIVE)
        return found if isinstance(found, list) else found["runs"]


_GONE: Content = Memory(b"<html>404 Not Found</html>")


@pytest.fixture(scope="module")
def life(tmp_path_factory) -> Iterator[Life]:
    with open_stage(tmp_path_factory.mktemp("real") / "stage", CAST) as stage:
        opened = Life(stage, free_port(), [line for line in stage.world.lines if line.key in stage.provider.files])
        stage.provider.hook = opened.answer
        stage.radarr.change("qualityprofile/1", language={"id": -1, "name": "Any"}, upgradeAllowed=True)
        stage.radarr.change(
            "qualityprofile/1", cutoff=best_of(stage.radarr)
        )  # else 720p meets it: no upgrade is served
        stage.sonarr.change("qualityprofile/1", upgradeAllowed=True)
        listed, opened.lines = opened.lines, []
        opened.show()
        opened.serve()
        try:
            for program in ("radarr", "sonarr"):
                stage.stalkeer("arr", "connect", program, "--native", "--url", opened.address, **NATIVE)
            opened.let_feeds(on=False)
            opened.lines = listed
            opened.show()
            opened.read_list()
            yield opened
        finally:
            opened.kill()


def best_of(program: Program) -> int:
    """Return the number of the best quality that the profile allows, or of its group."""
    best = next(one for one in reversed(program.want("GET", "qualityprofile/1")["items"]) if one["allowed"])
    return best.get("id") or best["quality"]["id"]


def movie_of(life: Life, title: str) -> dict:
    return next(row for row in life.stage.radarr.want("GET", "movie") if row["title"] == title)


def search(life: Life, *titles: str) -> None:
    ids = [movie_of(life, title)["id"] for title in titles]
    life.stage.radarr.run("MoviesSearch", movieIds=ids, within_s=600)


def events_of(program: Program, number: int) -> list[tuple[str, str]]:
    """Return the events of a movie or episode, the oldest first."""
    name = "movieId" if program.pin.name == "Radarr" else "episodeId"
    rows = [row for row in program.history() if row[name] == number]
    return [(row["eventType"], row["sourceTitle"]) for row in reversed(rows)]


def kinds_of(program: Program, number: int) -> list[str]:
    return [kind for kind, _ in events_of(program, number)]


def timed(what: str, condition: Callable[[], object], within_s: float = 240.0) -> float:
    began = time.monotonic()
    eventually(condition, what, within_s)
    taken = time.monotonic() - began
    say(f"{what}: {taken:.1f} s")
    return taken


def say(text: str) -> None:
    """Show a time or a history. `-s` lets it through."""
    sys.stdout.write(f"\n{text}\n")


GRABBED_ONCE = Counter({"grabbed": 1, "downloadFolderImported": 1})


def has_file(life: Life, title: str) -> bool:
    return bool(movie_of(life, title)["hasFile"])


def test_what_is_added_and_searched_is_imported_within_a_minute_and_a_half(life: Life):
    movie = life.stage.world.radarr.add_movie("Stopwatch Alley", 2012, runtime_min=90, imdb_id="tt9777001")
    life.publish("Stopwatch Alley (2012) 1080p")
    life.stage.stalkeer("source", "refresh", **NATIVE)
    began = time.monotonic()

    life.stage.add_movie(movie, is_searched=True)
    eventually(lambda: any(one["title"] == movie.title for one in life.stage.radarr.want("GET", "movie")), "added")
    number = movie_of(life, movie.title)["id"]
    eventually(lambda: "grabbed" in kinds_of(life.stage.radarr, number), "grabbed")
    grabbed = time.monotonic() - began
    eventually(lambda: has_file(life, movie.title), "imported")
    imported = time.monotonic() - began

    say(f"added to grabbed: {grabbed:.1f} s, to imported: {imported:.1f} s")
    eventually(lambda: life.stage.radarr.want("GET", "queue")["records"] == [], "left the queue")
    row = next(one for one in life.stage.downloads() if movie.title in one["title"])
    timed("... to confirmed", lambda: download(life, row["id"])["state"] == "completed")
    assert Counter(kinds_of(life.stage.radarr, number)) == GRABBED_ONCE
    assert imported < 90


def episodes(life: Life) -> list[dict]:
    (series,) = life.stage.sonarr.want("GET", "series")
    return life.stage.sonarr.want("GET", f"episode?seriesId={series['id']}")


def test_a_search_for_a_season_brings_each_episode_once(life: Life):
    (series,) = life.stage.sonarr.want("GET", "series")

    life.stage.sonarr.run("SeasonSearch", seriesId=series["id"], seasonNumber=1)

    timed("season imported", lambda: all(e["hasFile"] for e in episodes(life) if e["episodeNumber"] < 9))
    for episode in (one for one in episodes(life) if one["episodeNumber"] < 9):
        assert Counter(kinds_of(life.stage.sonarr, episode["id"])) == GRABBED_ONCE, episode["episodeNumber"]


def test_a_release_that_fails_is_blocklisted_and_the_next_one_is_grabbed(life: Life):
    titles = ("Broken Lantern", "Only Lantern")
    life.spoiled |= {life.key_of("Broken Lantern (2019) 1080p"), life.key_of("Only Lantern (2016) 1080p")}
    numbers = [movie_of(life, title)["id"] for title in titles]

    search(life, *titles)

    try:
        timed("the second release was imported", lambda: has_file(life, titles[0]), 600)
        timed("the only one has failed", lambda: "downloadFailed" in kinds_of(life.stage.radarr, numbers[1]), 300)
    finally:
        told = [events_of(life.stage.radarr, number) for number in numbers]
        say(str(told))
    kinds = Counter(kind for kind, _ in told[0])
    assert kinds["downloadFolderImported"] == 1
    assert len({title for kind, title in told[0] if kind == "downloadFailed"}) == 1
    assert "720p" in told[0][-1][1]
    search(life, titles[1])
    time.sleep(20)
    assert not has_file(life, titles[1])
    assert Counter(kinds_of(life.stage.radarr, numbers[1]))["grabbed"] <= 2, "it is blocklisted"
    eventually(lambda: life.stage.radarr.want("GET", "queue")["records"] == [], "nothing of it is left in the queue")


def test_a_better_release_replaces_the_file(life: Life):
    number = movie_of(life, "Rising Stairs")["id"]
    search(life, "Rising Stairs")
    timed("the first file was imported", lambda: has_file(life, "Rising Stairs"))
    first = movie_of(life, "Rising Stairs")["movieFile"]
    life.publish("Rising Stairs (2017) 2160p")
    life.read_list()

    search(life, "Rising Stairs")

    def file() -> dict:
        return movie_of(life, "Rising Stairs").get("movieFile") or first

    try:
        timed("the better file was imported", lambda: file()["id"] != first["id"])
    finally:
        say(f"{first['quality']['quality']['name']} {events_of(life.stage.radarr, number)}")
    kinds = Counter(kinds_of(life.stage.radarr, number))
    assert kinds == Counter({"grabbed": 2, "downloadFolderImported": 2, "movieFileDeleted": 1})


def test_a_release_of_the_same_quality_replaces_the_file_for_its_custom_formats_alone(life: Life):
    life.stage.radarr.add_custom_format("French", "FRENCH", 100)
    movie = life.stage.world.radarr.add_movie("Format Valley", 2011, runtime_min=90, imdb_id="tt9777002")
    life.publish("Format Valley (2011) 1080p")
    life.read_list()
    life.stage.add_movie(movie, is_searched=True)
    timed("the first file was imported", lambda: any_file(life, movie.title))
    number = movie_of(life, movie.title)["id"]
    first = movie_of(life, movie.title)["movieFile"]["id"]
    life.publish("Format Valley (2011) 1080p VOSTFR")
    life.publish("FR| Format Valley (2011) 1080p")
    life.read_list()

    search(life, movie.title)

    timed("the file with the higher score was imported", lambda: file_of(life, movie.title) not in (None, first))
    say(str(events_of(life.stage.radarr, number)))
    search(life, movie.title)
    time.sleep(20)
    kinds = Counter(kinds_of(life.stage.radarr, number))
    assert kinds == Counter({"grabbed": 2, "downloadFolderImported": 2, "movieFileDeleted": 1}), "once, and no more"


def any_file(life: Life, title: str) -> bool:
    return file_of(life, title) is not None


def file_of(life: Life, title: str) -> int | None:
    """Return the number of a movie's file; None without a movie or a file."""
    rows = [row for row in life.stage.radarr.want("GET", "movie") if row["title"] == title]
    return next((row["movieFile"]["id"] for row in rows if row["hasFile"] and row.get("movieFile")), None)


def test_a_kill_of_stalkeer_in_the_middle_of_a_transfer_loses_nothing(life: Life):
    key = life.enlarge("Wide River (2020) 1080p", 6 * MEGABYTE)
    life.slow.add(key)
    number = movie_of(life, "Wide River")["id"]
    search(life, "Wide River")
    eventually(lambda: received(life, key) > MEGABYTE, "some of it has come")

    life.kill()
    life.slow.clear()
    life.serve()

    timed("imported after the kill", lambda: has_file(life, "Wide River"))
    assert Counter(kinds_of(life.stage.radarr, number)) == GRABBED_ONCE
    row = next(one for one in life.stage.downloads() if "Wide River" in one["title"])
    eventually(lambda: download(life, row["id"])["state"] == "completed", "confirmed")
    assert download(life, row["id"])["bytesFetched"] < 7 * MEGABYTE


def grab_slowly(life: Life, title: str, line: str) -> dict:
    """Have the instance grab a file that takes long. Return our download, which has begun."""
    key = life.enlarge(line, 6 * MEGABYTE)
    life.slow.add(key)
    search(life, title)
    eventually(lambda: received(life, key) > MEGABYTE // 4, "some of it has come")
    eventually(lambda: queued_there(life, title), "the instance shows it in its queue")
    return next(one for one in life.stage.downloads() if title in one["title"])


def queued_there(life: Life, title: str) -> list[dict]:
    number = movie_of(life, title)["id"]
    return [row for row in life.stage.radarr.want("GET", "queue")["records"] if row.get("movieId") == number]


def test_a_cancel_here_takes_the_grab_out_of_the_queue_there(life: Life):
    mine = grab_slowly(life, "Recalled Ferry", "Recalled Ferry (2013) 1080p")

    life.stage.stalkeer("download", "cancel", str(mine["id"]), **NATIVE)

    timed("left the queue of Radarr", lambda: not queued_there(life, "Recalled Ferry"))
    eventually(lambda: download(life, mine["id"])["state"] == "cancelled", "cancelled here")
    assert not has_file(life, "Recalled Ferry")


def test_a_cancel_there_cancels_the_download_here(life: Life):
    mine = grab_slowly(life, "Recalled Train", "Recalled Train (2011) 1080p")
    (row,) = queued_there(life, "Recalled Train")

    life.stage.radarr.want("DELETE", f"queue/{row['id']}?removeFromClient=true")

    timed("cancelled here", lambda: download(life, mine["id"])["state"] == "cancelled")
    assert not queued_there(life, "Recalled Train")
    assert not has_file(life, "Recalled Train")


def received(life: Life, key: str) -> int:
    return sum(one.sent for one in life.stage.provider.requests if one.key == key)


def download(life: Life, number: int) -> dict:
    return next(one for one in life.stage.downloads() if one["id"] == number)


def test_a_kill_of_stalkeer_as_the_instance_imports_loses_nothing(life: Life):
    number = movie_of(life, "Narrow River")["id"]
    search(life, "Narrow River")
    eventually(lambda: folder_of(life, "Narrow.River"), "the file is given to Radarr", 120)

    life.kill()
    time.sleep(5)
    life.serve()

    timed("imported after the kill", lambda: has_file(life, "Narrow River"))
    row = next(one for one in life.stage.downloads() if "Narrow River" in one["title"])
    eventually(lambda: download(life, row["id"])["state"] == "completed", "confirmed")
    eventually(lambda: not folder_of(life, "Narrow.River"), "nothing is left")
    assert Counter(kinds_of(life.stage.radarr, number)) == GRABBED_ONCE


def folder_of(life: Life, release: str) -> list:
    return list((life.stage.folder / "vod/complete/movies").glob(f"radarr/stalkeer-radarr/{release}*/*.mkv"))


@pytest.mark.parametrize(("title", "year", "moment"), [
    ("Stopped Clock", 2015, "while it is fetched"),
    ("Stopped Watch", 2014, "once it is ready"),
])  # fmt: skip
def test_a_kill_of_the_instance_loses_nothing(life: Life, title: str, year: int, moment: str):
    name = f"{title} ({year}) 1080p"
    key = life.enlarge(name, 5 * MEGABYTE)
    life.slow.add(key)
    number = movie_of(life, title)["id"]
    search(life, title)
    if moment == "while it is fetched":
        eventually(lambda: received(life, key) > MEGABYTE, "some of it has come")
    else:
        life.slow.clear()
        eventually(lambda: folder_of(life, title.replace(" ", ".")), "ready", 120)

    life.stage.radarr.kill()
    life.slow.clear()
    time.sleep(10)
    life.stage.radarr.start()
    life.stage.radarr.await_up()

    timed(f"imported after the instance was killed {moment}", lambda: has_file(life, title), 400)
    row = next(one for one in life.stage.downloads() if title in one["title"])
    eventually(lambda: download(life, row["id"])["state"] == "completed", "confirmed")
    assert Counter(kinds_of(life.stage.radarr, number)) == GRABBED_ONCE


def test_fifty_movies_at_once_are_each_grabbed_and_imported_once(life: Life):
    titles = [f"Crowd {n:02} Gathering" for n in range(1, MANY + 1)]
    numbers = [movie_of(life, title)["id"] for title in titles]
    began = time.monotonic()
    search(life, *titles)
    say(f"searched {MANY} in {time.monotonic() - began:.0f} s")

    def imported() -> int:
        return sum(row["hasFile"] for row in life.stage.radarr.want("GET", "movie") if row["title"] in titles)

    timed(f"{MANY} imported", lambda: imported() == MANY, 600)
    history = Counter((row["movieId"], row["eventType"]) for row in life.stage.radarr.history())
    assert {number: (history[number, "grabbed"], history[number, "downloadFolderImported"]) for number in numbers} == (
        dict.fromkeys(numbers, (1, 1))
    )
    eventually(lambda: not life.stage.radarr.want("GET", "queue")["records"], "the queue is empty")
    rows = [one for one in life.stage.downloads() if "Crowd" in one["title"]]
    assert len(rows) == MANY
    eventually(lambda: all(download(life, one["id"])["state"] == "completed" for one in rows), "all are confirmed")


def begin_feeds(life: Life) -> None:
    """Let both programs read the feed, and remember the newest release that it has now."""
    life.let_feeds(on=True)
    for program in (life.stage.radarr, life.stage.sonarr):
        program.run("RssSync", within_s=900)


def add_and_search(life: Life, title: str, year: int) -> int:
    """Add a movie that no list has, as a user does who searches for it at once."""
    movie = life.stage.world.radarr.add_movie(title, year, runtime_min=90, imdb_id=f"tt97{year}{len(title):02}")
    life.stage.add_movie(movie, is_searched=True)
    eventually(lambda: any(one["title"] == title for one in life.stage.radarr.want("GET", "movie")), "added")
    number = movie_of(life, title)["id"]
    eventually(lambda: all(c["status"] not in ("queued", "started") for c in commands(life)), "searched", 300)
    assert kinds_of(life.stage.radarr, number) == [], "no list has it"
    return number


def commands(life: Life) -> list[dict]:
    return life.stage.radarr.want("GET", "command")


def assert_nothing_was_missed(life: Life) -> None:
    for program in (life.stage.radarr, life.stage.sonarr):
        assert not [line for line in program.log() if "didn't cover the period" in line]


def test_the_feed_brings_what_has_become_available(life: Life):
    begin_feeds(life)
    number = movie_of(life, "Feather Bridge")["id"]
    before = kinds_of(life.stage.radarr, number)
    life.publish("Feather Bridge (2018) 1080p")
    life.publish("Eight Doors S01 E09 1080p", Clip("episode-45.mkv", 45, 1080))
    life.read_list()

    for program in (life.stage.radarr, life.stage.sonarr):
        program.run("RssSync", within_s=900)

    assert before == []
    ninth = next(e for e in episodes(life) if e["episodeNumber"] == 9)
    timed("Radarr imported from its feed", lambda: has_file(life, "Feather Bridge"))
    timed("Sonarr imported from its feed", lambda: next(e for e in episodes(life) if e["id"] == ninth["id"])["hasFile"])
    assert Counter(kinds_of(life.stage.radarr, number)) == GRABBED_ONCE
    assert Counter(kinds_of(life.stage.sonarr, ninth["id"])) == GRABBED_ONCE
    assert_nothing_was_missed(life)


def test_what_becomes_available_after_it_was_added_is_imported_with_nobody_asking_for_it(life: Life):
    """Radarr reads its feeds every ten minutes at the earliest."""
    begin_feeds(life)
    life.stage.radarr.change("config/indexer", rssSyncInterval=10)
    number = add_and_search(life, "Patient Lighthouse", 2013)
    life.publish("Patient Lighthouse (2013) 1080p")
    began = time.monotonic()

    life.read_list()
    say(f"on the list to offered: {time.monotonic() - began:.1f} s")

    timed("... to grabbed, by the sync of Radarr itself", lambda: "grabbed" in kinds_of(life.stage.radarr, number), 720)
    timed("... to imported", lambda: has_file(life, "Patient Lighthouse"))
    say(f"on the list to imported: {time.monotonic() - began:.0f} s")
    assert Counter(kinds_of(life.stage.radarr, number)) == GRABBED_ONCE
    assert_nothing_was_missed(life)


@pytest.mark.parametrize(("title", "year", "who"), [
    ("Sleeping Harbour", 2010, "Stalkeer"),
    ("Waking Harbour Town", 2009, "Radarr"),
])  # fmt: skip
def test_a_restart_between_the_list_and_the_feed_loses_nothing(life: Life, title: str, year: int, who: str):
    begin_feeds(life)
    number = add_and_search(life, title, year)
    life.publish(f"{title} ({year}) 1080p")
    life.read_list()

    if who == "Stalkeer":
        life.kill()
        life.serve()
    else:
        life.stage.radarr.kill()
        life.stage.radarr.start()
        life.stage.radarr.await_up()
    life.stage.radarr.run("RssSync", within_s=900)

    timed(f"imported from the feed after {who} was killed and started", lambda: has_file(life, title))
    row = next(one for one in life.stage.downloads() if title in one["title"])
    eventually(lambda: download(life, row["id"])["state"] == "completed", "confirmed")
    assert Counter(kinds_of(life.stage.radarr, number)) == GRABBED_ONCE
