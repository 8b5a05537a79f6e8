"""The demo's Radarr does what the real one's source says, also where a client would rather have it otherwise."""

from pathlib import Path

import pytest

from stalkeer.demo.arr_files import Mount
from stalkeer.demo.media import MOVIE_90, read_clip
from stalkeer.demo.radarr import Radarr

RELEASE = "Some.Film.2020.1080p.WEB-DL.x264-STALKEER"


def stage(folder: Path, release: str = RELEASE, content: bytes | None = None) -> Path:
    file = folder / "staging" / release / f"{release}.mkv"
    file.parent.mkdir(parents=True)
    file.write_bytes(read_clip(MOVIE_90.name) if content is None else content)
    return file


@pytest.fixture
def film(radarr):
    return radarr.add_movie("Some Film", 2020, runtime_min=90)


def test_a_wrong_key_is_401_without_a_body(ask_radarr):
    assert ask_radarr("GET", "/api/v3/system/status", headers={"X-Api-Key": "wrong"}) == (401, b"")


def test_ping_needs_no_key(ask_radarr):
    assert ask_radarr("GET", "/ping", headers={}) == (200, {"status": "OK"})


def test_status_names_the_program(ask_radarr):
    assert ask_radarr.get("system/status")["appName"] == "Radarr"


def test_with_a_base_path_other_paths_are_sent_on(tmp_path):
    with Radarr(tmp_path, url_base="/radarr") as server:
        from urllib.request import urlopen

        with urlopen(f"http://127.0.0.1:{server.port}/ping", timeout=5) as answer:
            assert answer.url == f"{server.url}/ping"


def test_missing_lists_whole_monitored_films_without_a_file(radarr, ask_radarr, film):
    radarr.add_movie("Unwatched", 2019, monitored=False)
    radarr.add_movie("No Year", 0)
    owned = radarr.add_movie("Owned", 2018)
    radarr.add_file(owned)
    later = radarr.add_movie("Later", 2027, is_available=False)

    page = ask_radarr.get("wanted/missing?pageSize=50&sortKey=movieMetadata.sortTitle&sortDirection=ascending")

    assert [record["id"] for record in page["records"]] == [later.id, film.id]  # availability is not asked
    assert page["records"][1]["title"] == "Some Film" and page["totalRecords"] == 2


def test_no_direction_is_descending_and_an_unknown_key_is_ignored(radarr, ask_radarr):
    for title in ("Alpha", "Beta"):
        radarr.add_movie(title, 2020)

    radarr.strict = False
    page = ask_radarr.get("wanted/missing?sortKey=whatever")

    assert len(radarr.violations) == 1
    assert [record["title"] for record in page["records"]] == ["Beta", "Alpha"]
    assert (page["sortKey"], page["sortDirection"]) == ("movieMetadata.sortTitle", "descending")


def test_a_page_has_ten_records_unless_asked_otherwise(radarr, ask_radarr):
    for number in range(12):
        radarr.add_movie(f"Film {number}", 2020)

    assert len(ask_radarr.get("wanted/missing")["records"]) == 10
    assert len(ask_radarr.get("wanted/missing?page=2")["records"]) == 2
    assert len(ask_radarr.get("wanted/missing?pageSize=5000")["records"]) == 12


def test_cutoff_lists_what_is_owned_below_the_cutoff(radarr, ask_radarr, film):
    radarr.add_file(film, quality=4)
    radarr.add_file(radarr.add_movie("Good Enough", 2020), quality=7)

    assert [record["id"] for record in ask_radarr.get("wanted/cutoff")["records"]] == [film.id]


def test_a_partial_put_monitors_again_and_wipes_the_tags(radarr, ask_radarr, film):
    film.monitored, film.tags = False, [3]

    status, _ = ask_radarr("PUT", f"/api/v3/movie/{film.id}", {"path": str(film.path), "qualityProfileId": 1})

    assert (status, film.monitored, film.tags) == (202, True, [])


def test_the_editor_changes_only_what_it_is_told(radarr, ask_radarr, film):
    film.tags = [3]

    status, _ = ask_radarr("PUT", "/api/v3/movie/editor", {"movieIds": [film.id], "monitored": False})

    assert (status, film.monitored, film.tags) == (202, False, [3])


def test_validation_errors_are_an_array_and_other_errors_an_object(ask_radarr, film):
    status, errors = ask_radarr("PUT", f"/api/v3/movie/{film.id}", {"id": film.id})
    assert status == 400 and errors[0]["propertyName"] == "Path"

    status, error = ask_radarr("GET", "/api/v3/movie/99")
    assert status == 404 and "99" in error["message"]


def test_an_unknown_command_is_an_inner_error(ask_radarr):
    assert ask_radarr("POST", "/api/v3/command", {"name": "MakeCoffee"}).status == 500


def test_unknown_parameters_and_fields_are_refused_when_strict(radarr, ask_radarr, film):
    assert ask_radarr("GET", "/api/v3/wanted/missing?includeMovie=true").status == 400
    assert ask_radarr("PUT", "/api/v3/movie/editor", {"movieIds": [film.id], "monitord": True}).status == 400
    assert len(radarr.violations) == 2


def test_what_the_programs_ignore_is_only_noted_when_not_strict(radarr, ask_radarr):
    radarr.strict = False

    assert ask_radarr("GET", "/api/v3/wanted/missing?includeMovie=true").status == 200
    assert len(radarr.violations) == 1


def test_a_parameter_of_the_wrong_kind_is_refused(ask_radarr):
    assert ask_radarr("GET", "/api/v3/wanted/missing?pageSize=many").status == 400


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Blade.Of.Grass.2049.2017.1080p.WEB-DL.x264-STALKEER", "Blade of Grass 2049"),
        ("2012.2009.720p.WEB-DL-STALKEER", "2012"),
        ("Twins.1980.1080p.WEB-DL-STALKEER", None),  # two films of that title and year
        ("Twins.1999.1080p.WEB-DL-STALKEER", None),
        ("Un.Brin.d.Herbe.2017.1080p.WEB-DL-STALKEER", "Blade of Grass 2049"),  # by its other title
        ("No Year Here", None),
    ],
)
def test_parse_maps_a_release_to_a_film(radarr, ask_radarr, title, found):
    radarr.add_movie("Blade of Grass 2049", 2017, alternate_titles=("Un brin d'herbe",))
    radarr.add_movie("2012", 2009)
    radarr.add_movie("Twins", 1980)
    radarr.add_movie("Twins", 1980)

    assert ask_radarr.get(f"parse?title={title.replace(' ', '%20')}").get("movie", {}).get("title") == found


def test_the_preview_reads_names_and_measures_the_picture(ask_radarr, film, tmp_path):
    file = stage(tmp_path)

    (item,) = ask_radarr.get(f"manualimport?folder={file.parent}&filterExistingFiles=false")

    assert item["path"] == str(file) and item["movie"]["id"] == film.id
    assert item["quality"]["quality"]["name"] == "WEBDL-1080p" and item["rejections"] == []


def test_beside_a_movie_id_the_folder_is_ignored(radarr, ask_radarr, film, tmp_path):
    file = stage(tmp_path)

    assert ask_radarr.get(f"manualimport?folder={file.parent}&movieId={film.id}") == []


def test_an_unseen_folder_gives_an_empty_list(ask_radarr):
    assert ask_radarr.get("manualimport?folder=/nowhere&filterExistingFiles=false") == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no media at all", "Unable to determine if file is a sample"),
        (read_clip(MOVIE_90.name)[:-1000], "Unable to determine if file is a sample"),
    ],
)
def test_what_cannot_be_measured_is_rejected(ask_radarr, film, tmp_path, content, reason):
    file = stage(tmp_path, content=content)

    (item,) = ask_radarr.get(f"manualimport?folder={file.parent}&filterExistingFiles=false")

    assert [rejection["reason"] for rejection in item["rejections"]] == [reason]


def test_judging_with_our_ids_imports_nothing(radarr, ask_radarr, film, tmp_path):
    file = stage(tmp_path, release="Whatever.Else.1999.720p.WEB-DL-STALKEER")
    radarr.add_file(film, quality=7)

    status, (item,) = ask_radarr("POST", "/api/v3/manualimport", [{"path": str(file), "movieId": film.id}])

    assert status == 200 and file.exists()
    assert [r["reason"] for r in item["rejections"]] == [
        "Not an upgrade for existing movie file. Existing quality: Bluray-1080p. New Quality WEBDL-1080p."
    ]


def test_manual_import_moves_the_file_and_the_film_is_no_longer_missing(radarr, ask_radarr, film, tmp_path):
    file = stage(tmp_path)
    (item,) = ask_radarr.get(f"manualimport?folder={file.parent}&filterExistingFiles=false")
    row = {"path": str(file), "folderName": RELEASE, "movieId": film.id}
    row |= {"quality": item["quality"], "languages": item["languages"], "indexerFlags": 0}

    command = ask_radarr.run("ManualImport", importMode="move", files=[row])

    assert (command["status"], command["result"]) == ("completed", "successful")
    (imported,) = ask_radarr.get(f"moviefile?movieId={film.id}")
    assert Path(imported["path"]).read_bytes() == read_clip(MOVIE_90.name) and not file.exists()
    assert ask_radarr.get("wanted/missing")["totalRecords"] == 0
    (event,) = ask_radarr.get(f"history?movieIds={film.id}&eventType=3")["records"]
    assert event["data"]["droppedPath"] == str(file) and event["data"]["importedPath"] == imported["path"]


def test_manual_import_never_says_unsuccessful(radarr, ask_radarr, film, tmp_path):
    command = ask_radarr.run("ManualImport", importMode="move", files=[{"path": "/gone.mkv", "movieId": film.id}])

    assert (command["status"], command["result"], film.file) == ("completed", "successful", None)


def test_one_unknown_id_ends_the_whole_batch(radarr, ask_radarr, film, tmp_path):
    file = stage(tmp_path)
    rows = [{"path": str(file), "movieId": 99}, {"path": str(file), "movieId": film.id}]

    command = ask_radarr.run("ManualImport", importMode="move", files=rows)

    assert command["status"] == "failed" and "99" in command["message"]
    assert film.file is None and file.exists()


def test_copy_leaves_the_source_in_its_place(radarr, ask_radarr, film, tmp_path):
    file = stage(tmp_path)

    ask_radarr.run("ManualImport", importMode="copy", files=[{"path": str(file), "movieId": film.id}])

    assert file.exists() and film.file.path.samefile(file)


def test_a_scan_that_imports_nothing_has_completed_unsuccessfully(ask_radarr, film, tmp_path):
    command = ask_radarr.run("DownloadedMoviesScan", path=str(tmp_path / "nothing"))

    assert (command["status"], command["result"]) == ("completed", "unsuccessful")


def test_a_rescan_takes_on_what_lies_in_the_films_folder(radarr, ask_radarr, film):
    film.path.mkdir(parents=True)
    (film.path / "Some Film (2020) WEBDL-1080p.mkv").write_bytes(read_clip(MOVIE_90.name))

    ask_radarr.run("RescanMovie", movieId=film.id)

    assert film.file is not None and radarr.history == []


def test_a_command_is_forgotten_after_a_while(radarr, ask_radarr, film):
    command = ask_radarr.run("RescanMovie", movieId=film.id)
    radarr.commands.forget(command["id"])

    assert ask_radarr("GET", f"/api/v3/command/{command['id']}").status == 404


def test_a_repeated_command_is_not_queued_twice_while_it_waits(radarr, ask_radarr, film):
    import threading

    go = threading.Event()
    radarr.commands.before = lambda _command: go.wait(10)

    first = ask_radarr("POST", "/api/v3/command", {"name": "RescanMovie", "movieId": film.id}).body
    second = ask_radarr("POST", "/api/v3/command", {"name": "RescanMovie", "movieId": film.id}).body
    go.set()

    assert first["id"] == second["id"]


def test_a_container_sees_its_own_paths(tmp_path):
    (tmp_path / "data/movies").mkdir(parents=True)
    with Radarr(tmp_path / "data/movies", mounts=[Mount("/media", tmp_path / "data")]) as server:
        film = server.add_movie("Some Film", 2020)

        assert server.movie_resource(film)["path"] == "/media/movies/Some Film (2020)"
        assert server.real("/media/movies") == tmp_path / "data/movies"
        assert server.real(str(tmp_path)) is None


def test_what_is_not_there_is_called_a_folder(ask_radarr, tmp_path):
    (tmp_path / "file.mkv").write_bytes(b"x")

    assert ask_radarr.get(f"filesystem/type?path={tmp_path}/file.mkv") == {"type": "file"}
    assert ask_radarr.get("filesystem/type?path=/nowhere") == {"type": "folder"}


def test_a_look_up_knows_films_outside_the_library(radarr, ask_radarr, film):
    radarr.add_namesake("Some Film", 1974, tmdb_id=777)

    found = ask_radarr.get("movie/lookup?term=some%20film")

    assert [(row["year"], row.get("id")) for row in found] == [(2020, film.id), (1974, None)]


def test_empty_values_are_left_out(ask_radarr, film):
    row = ask_radarr.get(f"movie/{film.id}")

    assert "movieFile" not in row and "imdbId" not in row
