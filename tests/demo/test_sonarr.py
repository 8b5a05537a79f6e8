"""The demo's Sonarr does what the real one's source says, also where a client would rather have it otherwise."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stalkeer.demo.media import EPISODE_45, read_clip

RELEASE = "Some.Series.S01E01.1080p.WEB-DL.x264-STALKEER"


def stage(folder: Path, release: str = RELEASE) -> Path:
    file = folder / "staging" / release / f"{release}.mkv"
    file.parent.mkdir(parents=True)
    file.write_bytes(read_clip(EPISODE_45.name))
    return file


@pytest.fixture
def series(sonarr):
    return sonarr.add_series("Some Series", 2019, runtime_min=45)


@pytest.fixture
def episode(sonarr, series):
    return sonarr.add_episode(series, 1, 1)


def test_missing_has_specials_but_nothing_that_still_runs(sonarr, ask_sonarr, series, episode):
    special = sonarr.add_episode(series, 0, 1)
    now = datetime.now(UTC)
    sonarr.add_episode(series, 1, 2, air_date_utc=now - timedelta(minutes=10))
    sonarr.add_episode(series, 1, 3, air_date_utc=now + timedelta(days=10))

    page = ask_sonarr.get("wanted/missing?sortDirection=ascending&sortKey=episodes.airDateUtc")

    assert [record["id"] for record in page["records"]] == [episode.id, special.id]


def test_an_episode_of_an_unmonitored_series_counts_as_unmonitored(sonarr, ask_sonarr, series, episode):
    series.monitored = False

    assert ask_sonarr.get("wanted/missing?monitored=true")["totalRecords"] == 0
    assert ask_sonarr.get("wanted/missing?monitored=false")["totalRecords"] == 1


def test_the_series_comes_only_when_asked_for(ask_sonarr, episode):
    assert "series" not in ask_sonarr.get("wanted/missing")["records"][0]
    assert ask_sonarr.get("wanted/missing?includeSeries=true")["records"][0]["series"]["title"] == "Some Series"


def test_no_direction_is_descending(sonarr, ask_sonarr, series, episode):
    newer = sonarr.add_episode(series, 1, 2, air_date_utc=datetime(2023, 1, 1, tzinfo=UTC))

    assert [row["id"] for row in ask_sonarr.get("wanted/missing")["records"]] == [newer.id, episode.id]


@pytest.mark.parametrize("path", ["episode", "episodefile", "episode?seasonNumber=1"])
def test_a_list_without_an_id_is_a_bad_request(ask_sonarr, path):
    status, error = ask_sonarr("GET", f"/api/v3/{path}")

    assert status == 400 and "must be provided" in error["message"]


def test_putting_an_episode_reads_monitored_alone_and_its_absence_as_no(ask_sonarr, episode):
    status, _ = ask_sonarr("PUT", f"/api/v3/episode/{episode.id}", {"title": "Renamed"})

    assert (status, episode.monitored, episode.title) == (202, False, "Part 1")


def test_a_partial_put_of_a_series_wipes_its_tags(ask_sonarr, series):
    series.monitored, series.tags = False, [2]

    ask_sonarr("PUT", f"/api/v3/series/{series.id}", {"path": str(series.path), "qualityProfileId": 1})

    assert (series.monitored, series.tags) == (True, [])


def test_monitoring_episodes_together(sonarr, ask_sonarr, series, episode):
    other = sonarr.add_episode(series, 1, 2)

    status, _ = ask_sonarr("PUT", "/api/v3/episode/monitor", {"episodeIds": [episode.id], "monitored": False})

    assert (status, episode.monitored, other.monitored) == (202, False, True)


@pytest.mark.parametrize(
    ("title", "numbers"),
    [
        ("Some.Series.S01E01.1080p.WEB-DL-STALKEER", [1]),
        ("Some.Series.S01E01E02.1080p.WEB-DL-STALKEER", [1, 2]),
        ("Some.Series.S01E01-E03.1080p.WEB-DL-STALKEER", [1, 2, 3]),
        ("Some.Series.2019.S01E02.720p.WEB-DL-STALKEER", [2]),
        ("Some.Series.1x03.720p.WEB-DL-STALKEER", [3]),
        ("Other.Series.S01E01.720p.WEB-DL-STALKEER", []),
        ("Some.Series.S01E09.720p.WEB-DL-STALKEER", []),
    ],
)
def test_parse_maps_a_release_to_episodes(sonarr, ask_sonarr, series, title, numbers):
    for number in (1, 2, 3):
        sonarr.add_episode(series, 1, number)

    found = ask_sonarr.get(f"parse?title={title}")

    assert [row["episodeNumber"] for row in found["episodes"]] == numbers


def test_daily_and_anime_numbers_are_mapped_too(sonarr, ask_sonarr):
    daily = sonarr.add_series("Some Talk", 2024, kind="daily")
    shown = sonarr.add_episode(daily, 2024, 7, air_date_utc=datetime(2024, 5, 2, 22, tzinfo=UTC))
    anime = sonarr.add_series("Some Anime", 2022, kind="anime")
    thirteenth = sonarr.add_episode(anime, 2, 1, absolute=13)

    assert ask_sonarr.get("parse?title=Some.Talk.2024.05.02.720p.WEB-DL-X")["episodes"][0]["id"] == shown.id
    assert ask_sonarr.get("parse?title=Some.Anime.-.013.720p.WEB-DL-X")["episodes"][0]["id"] == thirteenth.id


def test_beside_a_series_id_the_folder_is_ignored(ask_sonarr, series, episode, tmp_path):
    file = stage(tmp_path)

    assert ask_sonarr.get(f"manualimport?folder={file.parent}&seriesId={series.id}") == []


def test_judging_needs_quality_and_languages(ask_sonarr, series, episode, tmp_path):
    file = stage(tmp_path)
    row = {"path": str(file), "seriesId": series.id, "episodeIds": [episode.id]}

    assert ask_sonarr("POST", "/api/v3/manualimport", [row]).status == 500


def test_manual_import_takes_one_file_for_two_episodes(sonarr, ask_sonarr, series, episode, tmp_path):
    second = sonarr.add_episode(series, 1, 2)
    file = stage(tmp_path, "Some.Series.S01E01E02.1080p.WEB-DL.x264-STALKEER")
    (item,) = ask_sonarr.get(f"manualimport?folder={file.parent}&filterExistingFiles=false")
    row = {"path": str(file), "seriesId": series.id, "episodeIds": [episode.id, second.id]}
    row |= {"quality": item["quality"], "languages": item["languages"], "releaseType": "multiEpisode"}

    ask_sonarr.run("ManualImport", importMode="move", files=[row])

    (imported,) = ask_sonarr.get(f"episodefile?seriesId={series.id}")
    assert Path(imported["path"]).parent.name == "Season 1" and imported["releaseType"] == "multiEpisode"
    assert ask_sonarr.get("wanted/missing")["totalRecords"] == 0
    assert [row["episodeId"] for row in sonarr.history] == [episode.id, second.id]


def test_an_unknown_series_ends_the_batch_and_unknown_episodes_import_nothing(ask_sonarr, series, episode, tmp_path):
    file = stage(tmp_path)

    unknown = ask_sonarr.run("ManualImport", files=[{"path": str(file), "seriesId": 9, "episodeIds": [1]}])
    nothing = ask_sonarr.run("ManualImport", files=[{"path": str(file), "seriesId": 1, "episodeIds": [99]}])

    assert unknown["status"] == "failed"
    assert (nothing["status"], nothing["result"], episode.file) == ("completed", "successful", None)


def test_a_rescan_reads_the_episode_from_the_name(sonarr, ask_sonarr, series, episode):
    folder = series.path / "Season 1"
    folder.mkdir(parents=True)
    (folder / "Some Series - S01E01 - Part 1.mkv").write_bytes(read_clip(EPISODE_45.name))

    ask_sonarr.run("RescanSeries", seriesId=series.id)

    assert episode.file is not None


def test_unknown_fields_of_a_command_are_refused_when_strict(ask_sonarr):
    reply = ask_sonarr("POST", "/api/v3/command", {"name": "ManualImport", "files": [{"path": "/x", "movieId": 1}]})

    assert reply.status == 400
