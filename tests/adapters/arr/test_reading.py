import pytest
from pydantic import TypeAdapter

from stalkeer.adapters.arr.naming import read_movie_naming, read_series_naming
from stalkeer.adapters.arr.reading import (
    read_blocklist,
    read_media_management,
    read_profiles,
    read_queue,
    read_remote_path_mappings,
    read_root_folders,
    read_size_bounds,
    tag_id,
)
from stalkeer.adapters.arr.values import RemotePathMapping
from stalkeer.core.naming.clean import Colon
from stalkeer.errors import ArrRefused


def test_the_members_of_a_group_are_equals_and_the_cutoff_may_be_a_group(radarr, radarr_client):
    (profile,) = read_profiles(radarr_client)

    by_name = {one.quality.name: one for one in profile.qualities}
    assert by_name["WEBDL-1080p"].rank == by_name["WEBRip-1080p"].rank == profile.cutoff_rank
    assert by_name["WEBDL-720p"].rank < by_name["WEBDL-1080p"].rank < by_name["Bluray-1080p"].rank
    assert by_name["WEBDL-1080p"].allowed
    assert not by_name["WEBDL-2160p"].allowed


def test_each_quality_of_a_profile_has_the_sizes_of_its_definition_and_0_bounds_nothing(radarr, radarr_client):
    (profile,) = read_profiles(radarr_client, read_size_bounds(radarr_client))

    sizes = next(one.sizes for one in profile.qualities if one.quality.name == "WEBDL-1080p")
    assert (sizes.least, sizes.most, sizes.preferred) == (None, 100.0, 95.0)


def test_the_whole_queue_is_read_and_rows_of_nothing_known_are_left_out(radarr, radarr_client):
    radarr.queue += [{"id": n, "movieId": n, "title": f"T{n}", "status": "downloading"} for n in range(1, 1203)]
    radarr.queue.append({"id": 5000, "title": "unknown", "status": "downloading"})

    rows = read_queue(radarr_client)

    assert len(rows) == len({row.arr_id for row in rows}) == 1202
    assert len(radarr.requests) == 3
    assert radarr.violations == []


def test_an_episodes_queue_row_names_the_episode(sonarr, sonarr_client):
    sonarr.queue.append(
        {"id": 1, "seriesId": 7, "episodeId": 70, "title": "T", "trackedDownloadState": "importBlocked"}
    )

    (row,) = read_queue(sonarr_client)

    assert (row.arr_id, row.state) == (70, "importBlocked")


def test_blocked_releases_are_read(radarr, radarr_client):
    row = {"id": 1, "movieId": 4, "sourceTitle": "A.Release", "date": "2026-01-01T00:00:00Z", "message": "failed"}
    radarr.blocklist.append(row)

    (blocked,) = read_blocklist(radarr_client)

    assert (blocked.arr_ids, blocked.title, blocked.reason) == ((4,), "A.Release", "failed")


def test_settings_of_the_instance_are_read(radarr, radarr_client):
    radarr.media_management |= {"copyUsingHardlinks": True, "minimumFreeSpaceWhenImporting": 250}
    radarr.remote_path_mappings.append({"id": 1, "host": "sab", "remotePath": "/x/", "localPath": "/y/"})

    media = read_media_management(radarr_client)

    assert (media.uses_hard_links, media.minimum_free_mb) == (True, 250)
    assert read_remote_path_mappings(radarr_client) == (RemotePathMapping("sab", "/x/", "/y/"),)
    assert [folder.path for folder in read_root_folders(radarr_client)] == [radarr.root_folder]


# Organizer/NamingConfigResource: Radarr writes the colon's treatment as a word, Sonarr as a number
@pytest.mark.parametrize("said", ["spaceDash", 2])
def test_what_becomes_of_a_colon_is_read_as_a_word_and_as_a_number(radarr, radarr_client, sonarr, sonarr_client, said):
    radarr.naming["colonReplacementFormat"] = sonarr.naming["colonReplacementFormat"] = said

    assert read_movie_naming(radarr_client).characters.colon is Colon.SPACE_DASH
    assert read_series_naming(sonarr_client).characters.colon is Colon.SPACE_DASH


# Datastore paging: a key that is not known is silently another one
@pytest.mark.parametrize("path", ["wanted/missing", "wanted/cutoff", "queue", "blocklist"])
def test_a_sort_key_that_the_programs_do_not_know_does_not_pass_unseen(radarr, radarr_client, path):
    with pytest.raises(ArrRefused, match="sortKey"):
        radarr_client.get(TypeAdapter(dict), path, {"sortKey": "title"})


def test_a_tag_is_made_once(radarr, radarr_client):
    first = tag_id(radarr_client, "From-VOD")

    assert tag_id(radarr_client, "from-vod") == first
    assert radarr.tags == [{"id": first, "label": "from-vod"}]
