"""Page, API and command line give the same counts and the same rows, over a database that has every state."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from stalkeer.app import build_security
from stalkeer.core.downloads.states import Action
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr
from stalkeer.faces.cli.main import run_command_line
from stalkeer.jobs.downloads.queue import plan_queue, queue_match
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching import decisions
from stalkeer.jobs.matching.decisions import DecisionNote, UserDecision, decide_match, shift_numbers
from stalkeer.jobs.matching.match import Matching, match_wanted
from stalkeer.jobs.matching.rules import Offset
from stalkeer.jobs.refresh.refresh import refresh_sources
from stalkeer.jobs.refresh.start import RefreshOptions
from stalkeer.jobs.wanted.scan import Scanner, scan_missing
from stalkeer.model import DownloadId, DownloadState, WantedId
from stalkeer.runtime import App
from stalkeer.store.db.database import Database, open_database, sqlite_url
from stalkeer.store.downloads import run_writes
from stalkeer.store.downloads.actions import act
from stalkeer.store.downloads.admission import admit
from stalkeer.store.downloads.claims import claim
from stalkeer.store.downloads.run_writes import Ownership, RunProblem
from stalkeer.store.library.instances import remove_instance
from stalkeer.store.matching.blocklist import BarredEntry, block_entry
from stalkeer.store.matching.matches import MatchFilter, MatchRow, find_wanted_ids, list_matches
from stalkeer.store.sources.credentials import read_credentials
from stalkeer.store.sources.description import Credentials, NewSource
from stalkeer.store.sources.sources import add_source, change_source, get_source, remove_source
from tests.doubles.app import make_app
from tests.doubles.clock import FakeClock
from tests.doubles.instances import know
from tests.doubles.server import make_server

FILMS = (
    "Amber Road", "Birch Lane", "Cedar Hill", "Dogwood Park", "Elm Court", "Fir Harbour", "Ginkgo Bay",
    "Juniper Falls", "Nutmeg Isle", "Xenon Shore", "Yarrow Mill", "Zinnia Creek",
)  # fmt: skip
DOUBTFUL = ("Hazel Point", "Ivy Station")  # without a year on the list
NOTHING_FOUND = ("Maple Gate",)
OPEN = tuple(state for state in DownloadState if state.value not in ("completed", "failed", "cancelled"))
CATALOGUE_ROW = re.compile(r'href="/catalogue/(\d+)"')


@dataclass
class House:
    """The program over the filled database, with what its faces answer."""

    app: App
    client: TestClient

    def api(self, path: str, **query: object) -> list[dict[str, Any]]:
        """All records of a list, whose count must be how many there are."""
        answer = self.document(path, pageSize=200, **query)
        assert answer["nextCursor"] is None
        assert answer["totalRecords"] in (None, len(answer["records"]))
        return answer["records"]

    def document(self, path: str, **query: object) -> dict[str, Any]:
        asked = {"search" if name == "q" else name: value for name, value in query.items()}
        answer = self.client.get(f"/api/v1{path}", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, path: str, **query: object) -> str:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.text

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the figures of this name that carry these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = self.client.get("/metrics").text.splitlines()
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if re.match(rf"{name}[ {{]", line) and all(label in line for label in wanted)
        )

    def ids_in_queue(self) -> set[int]:
        """The items of downloads that are not over."""
        rows = self.api("/downloads", state=[state.value for state in OPEN])
        return {item["wantedId"] for row in rows for item in row["items"]}


def rows_of(page: str, what: str) -> list[int]:
    return [int(number) for number in re.findall(rf'<tr id="{what}-(\d+)"', page)]


def count_in(page: str, noun: str) -> int:
    """`12 items` at the foot of a list; no list is there where there is none."""
    found = re.search(rf"([\d,.]+)\s{noun}\b", re.sub(r"&nbsp;|\u202f|\u00a0", " ", page))
    return int(re.sub(r"\D", "", found[1])) if found else 0


def number_after(page: str, pattern: str) -> int:
    found = re.search(pattern + r"[^<]*?(\d+)", page, re.S)
    assert found is not None, pattern
    return int(found[1])


def tile(page: str, label: str) -> int:
    return number_after(page, rf'{label}</span>\s*<span\s+class="figure"[^>]*>')


def badge(page: str, name: str) -> int:
    """A count beside the menu."""
    return number_after(page, rf'data-count="{name}"[^>]*>')


# --- the filled database -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, empty_file: Path) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("same")
    shutil.copy(empty_file, folder / "stalkeer.db")
    database = open_database(sqlite_url(folder / "stalkeer.db"))
    app = make_app(folder / "data", database, FakeClock())
    with ExitStack() as stack:
        Builder(app, folder, stack).build()
        security = build_security(app)
        client = stack.enter_context(
            TestClient(make_server(app, security), headers={"X-Api-Key": security.keys.ensure()})
        )
        yield House(app, client)
    database.close()


@dataclass
class Builder:
    """Makes every state through the jobs that make it, and the store's functions for a worker's part."""

    app: App
    folder: Path
    stack: ExitStack

    def build(self) -> None:
        self.add_libraries()
        self.add_sources()
        scan_missing(self.scanner, QuietRun())
        self.decide()
        self.queue_downloads()
        self.change_the_world()

    @property
    def database(self) -> Database:
        return self.app.database

    @property
    def matching(self) -> Matching:
        return self.app.matching

    @property
    def scanner(self) -> Scanner:
        return Scanner(self.database, self.app.arrs, self.app.settings, lambda _, run: match_wanted(self.matching, run))

    def add_libraries(self) -> None:
        """Two Radarrs and two Sonarrs, and a Radarr that is to be removed."""
        self.radarr = self.open(Radarr, "radarr")
        for title in FILMS + DOUBTFUL + NOTHING_FOUND:
            self.radarr.add_movie(title, 2001, is_available=title != "Nutmeg Isle")
        self.radarr.add_movie("Kapok Ridge", 2001)  # on a source that is to be disabled
        self.radarr.add_movie("Larch Valley", 2001)  # its entry is to vanish
        self.radarr.add_movie("Lilac Valley", 2001)  # likewise, and it is in doubt
        self.passing = self.radarr.add_movie("Pine Delta", 2001)  # is to be deleted
        self.radarr.add_file(self.radarr.add_movie("Olive Coast", 2001), quality=1)  # below its cutoff
        second = self.open(Radarr, "radarr-4k")
        for number, title in enumerate(("Quince Meadow", "Rowan Street", "Maple Door")):
            second.add_movie(title, 2001, tmdb_id=200_000 + number)
        shared = next(movie for movie in self.radarr.movies.values() if movie.title == "Ginkgo Bay")
        second.add_movie(shared.title, 2001, tmdb_id=shared.tmdb_id)
        old = self.open(Radarr, "old")
        for number, title in enumerate(("Sorrel Field", "Tamarind Way")):
            old.add_movie(title, 2001, tmdb_id=300_000 + number)
        for server in (self.radarr, second, old):  # any of them may be asked for namesakes
            for number, title in enumerate((*DOUBTFUL, "Lilac Valley", "Rowan Street")):
                server.add_namesake(title, 1950, tmdb_id=500_000 + number)
        for slug, series, count in (("sonarr", "Umber Nights", 4), ("sonarr-anime", "Violet Hours", 2)):
            sonarr = self.open(Sonarr, slug)
            known = sonarr.add_series(series, 2001, tvdb_id=400_000 + count)
            for number in range(1, count + 1):
                sonarr.add_episode(known, 1, number)

    def open(self, program: Callable[..., Any], slug: str) -> Any:
        server = self.stack.enter_context(program(self.folder / slug, strict=True))
        know(self.app.arrs, server, slug)
        return server

    def add_sources(self) -> None:
        films = [f"{title} (2001)" for title in (*FILMS, "Larch Valley", "Pine Delta", "Olive Coast", "Quince Meadow")]
        films += ["FR - Ginkgo Bay (2001)", *DOUBTFUL, "Lilac Valley", "Rowan Street", "Sorrel Field (2001)"]
        films += ["Tamarind Way", "An Unknown Film (1999)"]
        episodes = [f"Umber Nights S01E0{number}" for number in (1, 2)] + ["Violet Hours S02E01"]
        self.list_entries("main", films, episodes)
        self.list_entries("off", ["Kapok Ridge (2001)", "DE - Amber Road (2001)"], [])
        self.list_entries("dropped", ["ES - Birch Lane (2001)"], [])
        for slug, path in self.files.items():
            new = NewSource(slug, "m3u", Credentials(path=str(path)))
            with self.database.begin() as connection:
                add_source(connection, new, self.app.secrets, self.app.clock())
        refresh_sources(self.app.refresher, QuietRun())

    @property
    def files(self) -> dict[str, Path]:
        return {slug: self.folder / f"{slug}.m3u" for slug in ("main", "off", "dropped")}

    def list_entries(self, slug: str, films: list[str], episodes: list[str]) -> None:
        lines = ["#EXTM3U"]
        for kind, names in (("movie", films), ("series", episodes)):
            for name in names:
                key = re.sub(r"\W+", "-", name)
                lines += [f'#EXTINF:-1 group-title="VOD",{name}', f"http://tv.example/{kind}/u/p/{key}.mkv"]
        self.files[slug].write_text("\n".join(lines) + "\n", encoding="utf-8")

    def match_of(self, title: str) -> MatchRow:
        with self.database.connect() as connection:
            found = list_matches(connection, MatchFilter(text=title))
        assert found, f"nothing matches {title}"
        return found[0]

    def decide(self) -> None:
        """A rule of each kind."""
        matching = self.matching
        rejected, pinned = self.match_of("Juniper Falls"), self.match_of("Xenon Shore")
        decide_match(matching, rejected.id, UserDecision.REJECT, DecisionNote("a namesake"))
        decide_match(matching, pinned.id, UserDecision.CONFIRM, DecisionNote("seen"))
        shift_numbers(matching, self.wanted("Violet Hours"), Offset(season=-1), DecisionNote("counted on"))
        decisions.block_entry(matching, self.match_of("Yarrow Mill").entry_id, DecisionNote("a trailer"))

    def wanted(self, title: str) -> WantedId:
        with self.database.connect() as connection:
            return find_wanted_ids(connection, title)[0]

    def queue_downloads(self) -> None:
        """A download in each state, one of a doubtful match, and one blocked for good."""
        ends: dict[str, Callable[..., object]] = {
            "Amber Road": lambda *_: None,  # stays under way
            "Cedar Hill": lambda c, owner, now: run_writes.block(c, owner, RunProblem("refused", "no upgrade"), now),
            "Dogwood Park": lambda c, owner, now: run_writes.give_up(c, owner, RunProblem("gone", "answered 404"), now),
            "Elm Court": self.complete,
        }
        for title in ("Birch Lane", "Fir Harbour", "Ivy Station", "Umber Nights S01E01", *ends):
            self.queue(title)
        now = self.app.clock()
        with self.database.begin() as connection:
            act(connection, self.downloads["Birch Lane"], Action.PAUSE, now)
        cancelled = self.queue("Zinnia Creek")
        with self.database.begin() as connection:
            act(connection, cancelled, Action.CANCEL, now)
        for title, end in ends.items():
            with self.database.begin() as connection:
                (order,) = admit(connection, [self.downloads[title]], now)
                owner = Ownership(self.downloads[title], order.run, "worker")
                assert claim(connection, owner, now) is not None
                end(connection, owner, now)
        wrong = self.match_of("Dogwood Park")
        with self.database.connect() as connection:
            source = get_source(connection, wrong.source)
        barred = BarredEntry(source.id, wrong.entry_key, f"{wrong.label}: {wrong.entry_name}", [wrong.wanted_id])
        with self.database.begin() as connection:
            block_entry(connection, barred, "the file is broken", now)

    def queue(self, title: str) -> DownloadId:
        name = title.partition(" S0")[0]
        made = queue_match(self.database, self.app.clock, self.match_of(name).id)
        self.downloads[title] = made
        return made

    @property
    def downloads(self) -> dict[str, DownloadId]:
        return self.__dict__.setdefault("_downloads", {})

    @staticmethod
    def complete(connection: Any, owner: Ownership, now: Any) -> None:
        for state in (DownloadState.FETCHED, DownloadState.PLACED, DownloadState.IMPORTING):
            assert run_writes.advance(connection, owner, state, now)
        assert run_writes.complete(connection, owner, "/data/movies/elm.mkv", now)

    def change_the_world(self) -> None:
        """Entries and an item leave, a source is disabled, another and an instance are removed."""
        del self.radarr.movies[self.passing.id]
        kept = self.without("Larch Valley", "Lilac Valley")
        self.files["main"].write_text(kept, encoding="utf-8")
        refresh_sources(self.app.refresher, QuietRun(), "main", RefreshOptions(accept=True))
        scan_missing(self.scanner, QuietRun())
        now = self.app.clock()
        with self.database.begin() as connection:
            remove_instance(connection, "old", now)
            row = get_source(connection, "off")
            off = NewSource("off", row.kind, read_credentials(row, self.app.secrets), row.options)
            change_source(connection, row, replace(off, enabled=False), self.app.secrets)
            remove_source(connection, get_source(connection, "dropped"), self.app.secrets, now)

    def without(self, *titles: str) -> str:
        """The main list less these films."""
        lines = self.files["main"].read_text(encoding="utf-8").splitlines()
        out = {number for number, line in enumerate(lines) if any(title in line for title in titles)}
        out |= {number + 1 for number in out}
        return "\n".join(line for number, line in enumerate(lines) if number not in out) + "\n"


@pytest.fixture
def stalkeer(house: House, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`stalkeer("match", "list")`: the JSON document of a command."""

    def run(*arguments: str) -> Any:
        capsys.readouterr()
        run_command_line([*arguments, "--json"], build=lambda _run: house.app, serve=lambda _app: None)
        return json.loads(capsys.readouterr().out)

    return run


# --- the answers -------------------------------------------------------------------------------------------------


def test_the_house_has_every_state(house: House):
    missing = house.api("/missing")

    assert {row["found"] for row in missing} == {"confirmed", "review", "nothing"}
    assert {row["reason"] for row in missing} == {"missing", "cutoff"}
    assert any(row["skip"] for row in missing)
    assert {row["instance"] for row in missing} == {"radarr", "radarr-4k", "sonarr", "sonarr-anime"}
    assert {row["state"] for row in house.api("/downloads")} == {
        "queued", "downloading", "paused", "blocked", "failed", "completed", "cancelled",
    }  # fmt: skip
    assert {rule["action"] for rule in house.api("/rules")} == {"pin", "reject", "offset", "block"}
    assert {row["decision"] for row in house.api("/matches")} == {"confirm", "review", "rejected"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"kind": "movie"},
        {"kind": "episode"},
        {"instance": "radarr"},
        {"instance": "sonarr-anime"},
        {"instance": "old"},
        {"q": "part 2"},
        {"q": "valley"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("reason", "path"), [("missing", "/wanted"), ("cutoff", "/wanted/cutoff")])
def test_what_is_wanted_is_the_same_list_on_the_page_and_in_the_api(house: House, reason, path, query):
    page = house.page(path, **query)
    listed = house.api("/missing", reason=reason, **query)

    assert rows_of(page, "wanted") == [row["id"] for row in listed]
    assert count_in(page, "items?") == len(listed)


@pytest.mark.parametrize("status", ["found", "review", "nothing", "downloading", "skipped"])
def test_where_an_item_stands_is_the_same_on_the_page_and_in_the_api(house: House, status):
    in_queue = house.ids_in_queue()
    page = house.page("/wanted", status=status)

    def status_of(row: dict[str, Any]) -> str:
        if row["id"] in in_queue:
            return "downloading"
        return "skipped" if row["skip"] else {"confirmed": "found"}.get(row["found"], row["found"])

    expected = [row["id"] for row in house.api("/missing", reason="missing") if status_of(row) == status]
    assert rows_of(page, "wanted") == expected != []
    assert count_in(page, "items?") == len(expected)


@pytest.mark.parametrize("found", ["confirmed", "review", "nothing"])
@pytest.mark.parametrize("skipped", [True, False])
def test_the_filters_of_the_api_choose_by_what_its_rows_say(house: House, found, skipped):
    chosen = house.api("/missing", found=found, skipped=skipped)
    expected = [row for row in house.api("/missing") if row["found"] == found and bool(row["skip"]) == skipped]

    assert chosen == expected


def test_a_scan_on_the_command_line_counts_what_the_api_lists(house: House, stalkeer):
    report = stalkeer("scan", "missing", "--dry-run")

    for instance in report["instances"]:
        listed = house.api("/missing", instance=instance["instance"])
        free = [row["found"] for row in listed if not row["skip"]]
        assert instance["wanted"] == len(listed)
        assert {found: free.count(found) for found in ("confirmed", "review", "nothing")} == {
            found: instance[found] for found in ("confirmed", "review", "nothing")
        }
    assert {instance["instance"] for instance in report["instances"]} == {
        row["instance"] for row in house.api("/missing")
    }


def test_series_are_grouped_alike_in_the_api_and_on_the_command_line(house: House, stalkeer):
    report = stalkeer("scan", "missing", "--dry-run")
    numbers = ("title", "missing", "confirmed", "review", "skipped")

    listed = [tuple(row[name] for name in numbers) for row in house.api("/missing/series")]

    assert sorted(listed) == sorted(
        tuple(row[name] for name in numbers) for instance in report["instances"] for row in instance["series"]
    )


def test_the_review_walks_over_the_items_that_every_count_counts(house: House):
    in_queue = house.ids_in_queue()
    expected = {row["id"] for row in house.api("/missing", found="review") if row["id"] not in in_queue}
    seen: list[int] = []
    page = house.page("/matches")
    while (shown := number_after(page, r'href="/matches\?after=')) not in seen:
        seen.append(shown)
        assert count_in(page, "items? to review") == len(expected)
        page = house.page("/matches", after=shown)

    assert set(seen) == expected != set()
    dashboard = house.page("/")
    assert badge(dashboard, "review") == tile(dashboard, "To review") == len(expected)
    assert tile(house.page("/setup/answer"), "To review") == len(expected)


@pytest.mark.parametrize("decision", ["confirm", "review", "rejected"])
def test_matches_are_the_same_in_the_api_on_the_command_line_and_in_the_metrics(house: House, stalkeer, decision):
    listed = [row["id"] for row in house.api("/matches", decision=decision)]

    assert [row["id"] for row in stalkeer("match", "list", "--decision", decision)["matches"]] == listed != []
    assert house.metric("stalkeer_matches", decision=decision) == len(listed)


@pytest.mark.parametrize("text", ["", "ginkgo", "valley", "FR -"])
@pytest.mark.parametrize(("tab", "decision"), [("confirmed", "confirm"), ("rejected", "rejected")])
def test_decided_matches_are_the_same_on_the_page_and_in_the_api(house: House, tab, decision, text):
    page = house.page(f"/matches/{tab}", q=text)
    listed = house.api("/matches", decision=decision, **({"q": text} if text else {}))

    assert sorted(rows_of(page, "match")) == sorted(row["id"] for row in listed)
    assert count_in(page, "match(?:es)?") == len(listed)


def test_the_candidates_of_an_item_are_its_matches_in_the_api(house: House):
    for row in house.api("/missing"):
        page = house.page(f"/wanted/{row['id']}")
        shown = {int(number) for number in re.findall(r'id="candidate-(\d+)"', page)}

        assert shown == {match["id"] for match in house.api("/matches", wantedId=row["id"])}


def test_a_vanished_entry_a_disabled_source_and_a_removed_instance_count_nowhere(house: House):
    by_name = {row["name"]: row["found"] for row in house.api("/missing")}

    assert (
        by_name["Larch Valley (2001)"] == by_name["Lilac Valley (2001)"] == by_name["Kapok Ridge (2001)"] == "nothing"
    )
    assert "Sorrel Field (2001)" not in by_name and "Pine Delta (2001)" not in by_name
    with house.app.database.connect() as connection:
        planned = {match.title for one in plan_queue(connection, house.app.clock()).planned for match in one.matches}
    assert planned <= {row["name"] for row in house.api("/missing", found="confirmed")}
    assert "Sorrel Field" not in house.page("/matches/confirmed")


CATALOGUES: list[dict[str, str]] = [
    {}, {"source": "main"}, {"source": "off"}, {"source": "dropped"}, {"kind": "movie"}, {"kind": "film"},
    {"kind": "episode"}, {"q": "valley"}, {"q": "ginkgo bay"}, {"q": "umber", "kind": "episode"},
]  # fmt: skip


@pytest.mark.parametrize("query", CATALOGUES, ids=str)
def test_the_catalogue_is_the_same_on_the_page_and_in_the_api(house: House, query):
    page = house.page("/catalogue", **query)
    listed = house.api("/entries", **query)

    shown = [int(number) for number in CATALOGUE_ROW.findall(page)]
    assert sorted(shown) == sorted(row["id"] for row in listed)
    assert len(shown) == len(set(shown)) < 60  # one page


def test_entries_are_counted_alike_by_page_api_command_line_and_metrics(house: House, stalkeer):
    total = house.document("/entries")["totalRecords"]

    assert len(house.api("/entries")) == total
    assert count_in(house.page("/catalogue"), "entries") == total
    assert sum(source["entries"] for source in stalkeer("source", "list")["sources"]) == total
    assert house.metric("stalkeer_source_entries") == total


SHOWS = {
    "": ("queued", "downloading", "fetched", "placed", "importing", "paused", "blocked"),
    "active": ("downloading", "fetched", "placed", "importing"),
    "waiting": ("queued",),
    "paused": ("paused",),
    "trouble": ("blocked", "failed"),
    "done": ("completed", "cancelled"),
}


@pytest.mark.parametrize("show", SHOWS)
def test_the_queue_is_the_same_on_the_page_in_the_api_and_on_the_command_line(house: House, stalkeer, show):
    states = SHOWS[show]
    page = house.page("/activity", show=show)
    listed = [row["id"] for row in house.api("/downloads", state=states)]
    said = stalkeer("download", "list", *(word for state in states for word in ("--state", state)))

    assert sorted(rows_of(page, "download")) == sorted(listed) != []
    assert ([row["id"] for row in said["downloads"]], said["total"]) == (listed, len(listed))
    chip = number_after(page, r'aria-current="true">[^<]*<span class="numbers"[^>]*>')
    assert chip == len(listed)


def test_downloads_are_counted_by_state_alike(house: House, stalkeer):
    counts = {state: count for state, count in house.document("/downloads/stats")["counts"].items() if count}

    assert stalkeer("download", "status")["counts"] == counts
    for state, count in counts.items():
        assert len(house.api("/downloads", state=state)) == count
        assert house.metric("stalkeer_downloads", state=state) == count
    page = house.page("/")
    assert badge(page, "queue") == len(house.api("/downloads", state=list(SHOWS[""])))


def test_the_blocklist_is_the_same_on_the_page_in_the_api_and_among_the_rules(house: House, stalkeer):
    page = house.page("/activity/blocklist")
    listed = [row["id"] for row in house.api("/blocklist")]

    assert [int(number) for number in re.findall(r"/activity/blocklist/(\d+)/remove", page)] == listed != []
    assert count_in(page, "entries") == len(listed)
    rules = stalkeer("match", "rules")["rules"]
    assert [rule["id"] for rule in rules if rule["action"] == "block"] == listed
    assert [rule["id"] for rule in rules] == [rule["id"] for rule in house.api("/rules")]


def test_the_dashboard_counts_what_the_lists_list(house: House):
    page = house.page("/")

    assert tile(page, "Movies") == len(house.api("/missing", kind="movie", reason="missing"))
    assert tile(page, "Episodes") == len(house.api("/missing", kind="episode", reason="missing"))
    assert tile(page, "Cutoff Unmet") == len(house.api("/missing", reason="cutoff"))
    assert tile(page, "Found") == len(house.api("/missing", found="confirmed"))
    for kind in ("movie", "episode"):
        assert house.metric("stalkeer_wanted", kind=kind) == len(house.api("/missing", kind=kind))


def test_the_answer_of_the_first_run_adds_up_to_what_is_missing(house: House):
    page = house.page("/setup/answer")

    assert number_after(page, "You are missing <em>") == len(house.api("/missing"))
    assert tile(page, "Confirmed") == len(plan(house))


def plan(house: House) -> list[object]:
    with house.app.database.connect() as connection:
        return [match for one in plan_queue(connection, house.app.clock()).planned for match in one.matches]
