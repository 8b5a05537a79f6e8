"""An older Radarr or Sonarr: what it does not know yet it answers with 404, ignores or leaves out."""

import pytest

RADARR_BEFORE_ITS_LISTS = "5.5.3.8819"
SONARR_BEFORE_THE_FILE_BESIDE_ITS_EPISODE = "4.0.8.1874"


@pytest.mark.parametrize(
    ("version", "path", "status"),
    [
        (RADARR_BEFORE_ITS_LISTS, "wanted/missing", 404),
        (RADARR_BEFORE_ITS_LISTS, "wanted/cutoff", 404),
        ("5.6.0.8846", "wanted/missing", 200),
        ("3.2.2.5080", "blocklist", 404),
        ("4.0.0.5745", "blocklist", 200),
    ],
)
def test_a_list_is_not_there_before_its_first_version(radarr, ask_radarr, version, path, status):
    radarr.reported_version = version

    assert ask_radarr("GET", f"/api/v3/{path}").status == status


@pytest.mark.parametrize(
    ("version", "has_file_beside"), [(SONARR_BEFORE_THE_FILE_BESIDE_ITS_EPISODE, False), ("4.0.9.2421", True)]
)
def test_a_parameter_is_ignored_before_its_first_version(sonarr, ask_sonarr, version, has_file_beside):
    sonarr.reported_version = version
    episode = sonarr.add_episode(sonarr.add_series("Some Series", 2019), 1, 1)
    sonarr.add_file([episode])

    (row,) = ask_sonarr.get(f"episode?episodeIds={episode.id}&includeEpisodeFile=true")

    assert row["hasFile"] and row["episodeFileId"] == episode.file.id
    assert ("episodeFile" in row) is has_file_beside
    assert sonarr.violations == []


def test_a_radarr_of_the_third_version_does_not_say_what_program_it_is(radarr, ask_radarr):
    radarr.reported_version = "3.0.1.4259"

    assert "appName" not in ask_radarr.get("system/status")
