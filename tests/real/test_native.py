"""The real Radarr and Sonarr drive themselves: they search Stalkeer, grab from it and import."""

from __future__ import annotations

import subprocess

import pytest

from tests.real.programs import Program, free_port, reason_to_skip
from tests.real.world import Stage, eventually, is_up, open_stage

MISSING = reason_to_skip()
pytestmark = [pytest.mark.skipif(MISSING is not None, reason=str(MISSING)), pytest.mark.timeout(900)]
NATIVE = {"RADARR__DRIVE": "native", "SONARR__DRIVE": "native"}
FILMS, EPISODES = 14, 16


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with open_stage(tmp_path_factory.mktemp("real") / "stage") as opened:
        yield opened


@pytest.fixture(scope="module")
def address(stage: Stage):
    """`serve` beside both programs, after a refresh and a scan."""
    stage.stalkeer("source", "refresh", **NATIVE)
    stage.stalkeer("scan", "missing", **NATIVE)
    port = free_port()
    with (stage.folder / "serve.log").open("wb") as log:
        environment = stage._environment({**NATIVE, "SERVER__PORT": str(port)})
        serve = subprocess.Popen(stage._command("serve"), env=environment, stdout=log, stderr=log)
        try:
            eventually(lambda: is_up(port), "serve is up", 300)
            yield f"http://127.0.0.1:{port}"
        finally:
            serve.terminate()
            serve.wait(30)


def test_both_programs_take_indexer_and_client_by_one_action(stage: Stage, address: str):
    for program in ("radarr", "sonarr"):
        made = stage.stalkeer("arr", "connect", program, "--native", "--url", address, **NATIVE)
        assert made["drive"] == "native"
        stage.stalkeer("arr", "connect", program, "--native", "--url", address, **NATIVE)

    for program in (stage.radarr, stage.sonarr):
        assert [row["name"] for row in program.want("GET", "indexer")] == ["Stalkeer"]
        assert [row["name"] for row in program.want("GET", "downloadclient")] == ["Stalkeer"]


def test_what_they_search_they_grab_and_import_by_themselves(stage: Stage, address: str):
    stage.radarr.change("qualityprofile/1", language={"id": -1, "name": "Any"})  # else it refuses what is in French
    stage.run_job("offers", **NATIVE)
    movies = [row["id"] for row in stage.radarr.want("GET", "movie")]
    stage.radarr.run("MoviesSearch", movieIds=movies)
    for series in stage.sonarr.want("GET", "series"):
        stage.sonarr.run("SeriesSearch", seriesId=series["id"])

    def imported() -> bool:
        for program in (stage.radarr, stage.sonarr):
            program.run("CheckForFinishedDownload")
        films = sum(row["hasFile"] for row in stage.radarr.want("GET", "movie"))
        episodes = sum(row["statistics"]["episodeFileCount"] for row in stage.sonarr.want("GET", "series"))
        return films == FILMS and episodes == EPISODES

    eventually(imported, "everything was imported", 400)
    for program in (stage.radarr, stage.sonarr):
        events = [(row["eventType"], row["sourceTitle"]) for row in history_of(program)]
        grabbed = {title for kind, title in events if kind == "grabbed"}
        taken = {title for kind, title in events if kind == "downloadFolderImported"}
        assert grabbed == taken
        assert not [kind for kind, _ in events if kind == "downloadFailed"]


def history_of(program: Program) -> list[dict]:
    return program.want("GET", "history?pageSize=200")["records"]
