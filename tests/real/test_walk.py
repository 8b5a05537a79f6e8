"""What is on the demo's playlist, through the real Radarr and Sonarr: scan, download, import, confirm, and what else
happens to a library. Twice in a row, each time from the beginning. The tests of a round build on each other."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from stalkeer.demo.media import MOVIE_90, read_clip
from stalkeer.model import InstanceKind
from tests.doubles.arr_requests import Sent, unlisted
from tests.real.programs import reason_to_skip
from tests.real.world import Stage, eventually, kill, open_stage

MISSING = reason_to_skip()
pytestmark = [pytest.mark.skipif(MISSING is not None, reason=str(MISSING)), pytest.mark.timeout(900)]
FILMS, FILES = 14, 15
OVERLAP = 128 * 1024  # bytes that are read again, to see that an interrupted file is still the same


@pytest.fixture(scope="module", params=["first round", "second round"])
def stage(request, tmp_path_factory):
    with open_stage(tmp_path_factory.mktemp("real") / "stage") as opened:
        yield opened


def movie_of(stage: Stage, title: str) -> dict:
    return next(row for row in stage.radarr.want("GET", "movie") if row["title"] == title)


def files_of(stage: Stage) -> int:
    return sum(series["statistics"]["episodeFileCount"] for series in stage.sonarr.want("GET", "series"))


def lose(stage: Stage, title: str) -> dict:
    """Delete a movie's file in Radarr, as its user would."""
    movie = movie_of(stage, title)
    stage.radarr.want("DELETE", f"moviefile/{movie['movieFile']['id']}")
    return movie


def fetch(stage: Stage, **settings: str) -> list[dict]:
    """Scan Radarr, download what it misses, and return the new downloads."""
    known = {row["id"] for row in stage.downloads()}
    stage.stalkeer("scan", "missing", "--instance", "radarr", **settings)
    stage.stalkeer("download", "start", **settings)
    new = [row for row in stage.downloads() if row["id"] not in known]
    assert [(row["state"], row["error"]) for row in new if row["state"] != "completed"] == []
    return new


def test_everything_on_the_playlist_is_imported_and_confirmed(stage: Stage):
    tested = stage.stalkeer("arr", "test")
    refreshed = stage.stalkeer("source", "refresh")
    report = stage.stalkeer("scan", "missing")
    stage.stalkeer("download", "start")

    assert tested and refreshed
    errors = [instance["error"] for instance in report["instances"]]
    assert errors == [None, None]
    for instance in report["instances"]:
        found = instance["confirmed"] + instance["review"] + instance["nothing"] + sum(instance["skipped"].values())
        assert instance["wanted"] == found
    rows = stage.downloads()
    assert [(row["title"], row["error"]) for row in rows if row["state"] != "completed"] == []
    assert all(item["importedFileId"] for row in rows for item in row["items"])
    assert sum(movie["hasFile"] for movie in stage.radarr.want("GET", "movie")) == FILMS
    assert len([row for row in rows if row["kind"] == "episode"]) == FILES
    twice = [row["title"] for row in rows if row["bytesFetched"] > row["size"] + row["interruptions"] * OVERLAP]
    assert twice == []


def test_a_second_run_fetches_nothing(stage: Stage):
    before = stage.fetched()

    stage.stalkeer("scan", "missing")
    stage.stalkeer("download", "start")

    assert stage.fetched() == before


def test_a_deleted_file_is_fetched_again(stage: Stage):
    lose(stage, "The Salt Orchard")

    (row,) = fetch(stage)

    assert Path(row["path"]).is_file() and movie_of(stage, "The Salt Orchard")["hasFile"]


def test_a_changed_title_changes_the_name_and_fetches_nothing_new(stage: Stage):
    movie = movie_of(stage, "Umbra Station")
    stage.meta.movies[movie["tmdbId"]] |= {"Title": "Umbra Station Nine"}
    stage.radarr.run("RefreshMovie", movieIds=[movie["id"]])
    eventually(lambda: any(m["title"] == "Umbra Station Nine" for m in stage.radarr.want("GET", "movie")), "refreshed")

    assert fetch(stage) == []


def test_another_naming_format_is_the_instances_own_matter(stage: Stage):
    stage.radarr.change(
        "config/naming", renameMovies=True, standardMovieFormat="{Movie.Title}.{Release.Year}.{Quality.Full}.NAMED"
    )
    lose(stage, "1908")

    (row,) = fetch(stage)

    assert Path(row["path"]).name.startswith("1908.2020.") and "NAMED" in row["path"]


def test_library_mode_names_the_file_as_the_instance_does(stage: Stage):
    lose(stage, "Riverlight")

    (row,) = fetch(stage, IMPORT__MODE="library")

    assert Path(row["path"]).name.startswith("Riverlight.2024.") and "NAMED" in row["path"]
    assert movie_of(stage, "Riverlight")["movieFile"]["path"] == row["path"]


def test_mode_none_keeps_the_file_in_our_folder_once(stage: Stage):
    lose(stage, "Vesna")

    (row,) = fetch(stage, IMPORT__MODE="none")

    assert Path(row["path"]).is_relative_to(stage.folder / "vod/complete/movies")
    assert fetch(stage) == [], "it is not fetched a second time"
    assert not movie_of(stage, "Vesna")["hasFile"]


def test_copied_files_stay_at_their_staging_place(stage: Stage):
    lose(stage, "Copper Saints")

    (row,) = fetch(stage, IMPORT__COPY_FILES="true")

    assert movie_of(stage, "Copper Saints")["hasFile"]
    assert list((stage.folder / "vod/complete/movies").glob("Copper.Saints*/*")), row


def test_an_upgrade_puts_the_old_file_into_the_recycle_bin(stage: Stage):
    bin_folder = stage.folder / "bin"
    bin_folder.mkdir()
    stage.radarr.change("config/mediamanagement", recycleBin=str(bin_folder))
    profile = stage.radarr.want("GET", "qualityprofile/1")
    best = next(item for item in profile["items"] if item.get("quality", {}).get("name") == "Bluray-1080p")
    stage.radarr.change("qualityprofile/1", upgradeAllowed=True, cutoff=best["quality"]["id"])
    movie = lose(stage, "1908")
    shutil.rmtree(bin_folder)  # the file that was just deleted
    bin_folder.mkdir()
    folder = Path(movie["path"])
    folder.mkdir(exist_ok=True)
    (folder / "1908.2020.SDTV.x264-OLD.mkv").write_bytes(read_clip(MOVIE_90.name))
    stage.radarr.run("RescanMovie", movieId=movie["id"])
    eventually(lambda: movie_of(stage, "1908")["hasFile"], "the poor file is known")

    rows = fetch(stage, WANTED__CUTOFF="true")

    (row,) = (row for row in rows if row["title"].startswith("1908"))
    assert row["items"][0]["importedFileId"]
    assert "1908.2020.SDTV.x264-OLD.mkv" in [path.name for path in bin_folder.rglob("*.mkv")]


def test_a_version_without_scores_is_upgraded_by_quality_alone(stage: Stage):
    """Radarr 3.0.1 has custom formats, and cannot be asked for those of a release name."""
    stage.radarr.add_custom_format("Web", "WEB-DL", 100)
    best = next(
        item
        for item in stage.radarr.want("GET", "qualityprofile/1")["items"]
        if item.get("quality", {}).get("name") == "Remux-2160p"
    )
    stage.radarr.change("qualityprofile/1", upgradeAllowed=True, cutoff=best["quality"]["id"])

    fetch(stage, WANTED__CUTOFF="true")  # what is in a higher quality on the list

    assert fetch(stage, WANTED__CUTOFF="true") == []


def test_a_remote_path_mapping_leads_the_instance_to_the_file(stage: Stage):
    seen = stage.folder / "as-seen"
    seen.symlink_to(stage.folder / "vod/complete")
    local, remote = str(stage.folder / "vod/complete"), str(seen)
    stage.write_config(radarr=[{"local": local, "remote": remote}])
    lose(stage, "Glasshouse Road")

    (row,) = fetch(stage)

    stage.write_config()
    asked = [one for one in stage.recorders["radarr"].exchanges if one.method == "POST" and "command" in one.target]
    assert remote in (asked[-1].body or "")
    assert movie_of(stage, "Glasshouse Road")["hasFile"] and row["state"] == "completed"


@pytest.mark.parametrize("moment", ["before the command arrives", "while the command runs"])
def test_a_stop_in_the_middle_of_an_import_repeats_nothing(stage: Stage, moment: str):
    title = "Paper Comets & Co." if moment.startswith("before") else "The Cold Ferryman"
    lose(stage, title)
    stage.stalkeer("scan", "missing", "--instance", "radarr")
    reached = threading.Event()
    recorder = stage.recorders["radarr"]

    def watch(method: str, target: str, body: bytes | None) -> None:
        is_import = method == "POST" and target.endswith("/command") and b"ManualImport" in (body or b"")
        if is_import if moment.startswith("before") else "/command/" in target:
            reached.set()
            recorder.on_request = None

    recorder.on_request = watch
    process = stage.start("download", "start")
    assert reached.wait(120)
    kill(process)
    before = stage.fetched()

    stage.stalkeer("download", "start")

    row = max(stage.downloads(), key=lambda one: one["id"])
    assert (row["state"], movie_of(stage, title)["hasFile"]) == ("completed", True)
    assert stage.fetched() == before, "the file was there already"


def test_every_request_that_was_recorded_is_in_the_table(stage: Stage):
    wrong = {
        problem
        for name, recorder in stage.recorders.items()
        for one in recorder.exchanges
        for problem in unlisted(InstanceKind(name), Sent.recorded(one.method, one.target, one.body))
    }
    if folder := os.environ.get("STALKEER_REAL_RECORDINGS"):
        save(stage, Path(folder))

    assert wrong == set()


def save(stage: Stage, folder: Path) -> None:
    """Keep the recordings, for a comparison field by field."""
    import json

    folder.mkdir(parents=True, exist_ok=True)
    for name, recorder in stage.recorders.items():
        lines = (json.dumps(one.__dict__) for one in recorder.exchanges)
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
