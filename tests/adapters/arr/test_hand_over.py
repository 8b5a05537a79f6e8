import json
import threading
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from stalkeer.adapters.arr.handover import hand_over
from stalkeer.adapters.arr.outcomes import (
    ArrImportMode,
    EpisodesTarget,
    HandOverFailed,
    HandOverRequest,
    Imported,
    ImportRefused,
    MovieTarget,
    Pending,
)
from stalkeer.adapters.arr.paths import PathMap, PathPair
from stalkeer.demo.arr_files import Mount
from stalkeer.demo.http import Response

CLIPS = Path(__file__).parents[3] / "src/stalkeer/demo/clips"
FILM = CLIPS / "film-90.mkv"
EPISODE = CLIPS / "episode-45.mkv"
SAME_PATHS = PathMap()


def staged(folder: Path, release: str, clip: Path) -> Path:
    file = folder / release / f"{release}{clip.suffix}"
    file.parent.mkdir(parents=True)
    file.write_bytes(clip.read_bytes())
    return file


def request_for(target, file, **more) -> HandOverRequest:
    return HandOverRequest(target, file, file.stem, file.stat().st_size, **more)


def finish(server, client, request, paths=SAME_PATHS):
    """Step until it is no longer pending, waiting for each command to end."""
    outcome = hand_over(client, request, paths)
    while isinstance(outcome, Pending):
        assert server.commands.get(outcome.command_id).done.wait(10)
        request = replace(request, command_id=outcome.command_id)
        outcome = hand_over(client, request, paths)
    return outcome


@pytest.fixture
def film(radarr):
    return radarr.add_movie("Some Film", 2020, runtime_min=90)


def test_a_film_is_imported_and_confirmed_by_its_file(radarr, radarr_client, film, tmp_path):
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)

    outcome = finish(radarr, radarr_client, request_for(MovieTarget(film.id), file))

    assert outcome == Imported(film.file.id, str(film.file.path))
    assert film.file.path.read_bytes() == FILM.read_bytes()
    assert not file.exists()
    assert radarr.violations == []


def test_a_multi_episode_file_is_imported_for_all_its_episodes(sonarr, sonarr_client, tmp_path):
    series = sonarr.add_series("Some Series", 2019, runtime_min=45)
    episodes = [sonarr.add_episode(series, 1, number) for number in (1, 2)]
    file = staged(tmp_path / "staging", "Some.Series.S01E01E02.1080p.WEB-DL-STALKEER", EPISODE)
    target = EpisodesTarget(series.id, tuple(episode.id for episode in episodes))

    outcome = finish(sonarr, sonarr_client, request_for(target, file))

    assert isinstance(outcome, Imported)
    assert {episode.file.id for episode in episodes} == {outcome.file_id}
    assert sonarr.violations == []


def test_the_instances_own_rules_are_asked_and_honoured(radarr, radarr_client, film, tmp_path):
    film.runtime_min = 90
    short = CLIPS / "episode-24.mkv"
    radarr.add_file(film, quality=7, content=FILM.read_bytes())
    file = staged(tmp_path / "staging", "Some.Film.2020.480p.WEB-DL-STALKEER", short)

    outcome = finish(radarr, radarr_client, request_for(MovieTarget(film.id), file))

    assert isinstance(outcome, ImportRefused)
    assert "Not an upgrade" in outcome.reasons[0]
    assert file.exists()


def test_a_refusal_that_the_user_overruled_no_longer_holds(radarr, radarr_client, film, tmp_path):
    radarr.add_file(film, quality=7, content=b"better")
    file = staged(tmp_path / "staging", "Some.Film.2020.480p.WEB-DL-STALKEER", FILM)
    refused = finish(radarr, radarr_client, request_for(MovieTarget(film.id), file))

    request = request_for(MovieTarget(film.id), file, accepted=frozenset(refused.reasons))

    assert isinstance(finish(radarr, radarr_client, request), Imported)


def test_a_second_step_after_a_crash_finds_the_file_and_imports_nothing_twice(radarr, radarr_client, film, tmp_path):
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)
    request = request_for(MovieTarget(film.id), file)
    first = finish(radarr, radarr_client, request)

    assert hand_over(radarr_client, request, SAME_PATHS) == first
    assert len(radarr.commands.all()) == 1


def test_a_command_whose_id_was_lost_is_found_again(radarr, radarr_client, film, tmp_path):
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)
    request = request_for(MovieTarget(film.id), file)
    hold = threading.Event()
    radarr.commands.before = lambda _command: hold.wait(10)

    first = hand_over(radarr_client, request, SAME_PATHS)
    again = hand_over(radarr_client, request, SAME_PATHS)
    hold.set()

    assert isinstance(first, Pending)
    assert again == Pending(first.command_id, again.ask_again_s)
    issued = [request for request in radarr.requests if (request.method, request.path) == ("POST", "/api/v3/command")]
    assert len(issued) == 1


def test_a_command_that_the_instance_has_forgotten_is_settled_by_the_file(radarr, radarr_client, film, tmp_path):
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)
    request = request_for(MovieTarget(film.id), file)
    pending = hand_over(radarr_client, request, SAME_PATHS)
    assert radarr.commands.get(pending.command_id).done.wait(10)
    radarr.commands.forget(pending.command_id)

    outcome = hand_over(radarr_client, replace(request, command_id=pending.command_id), SAME_PATHS)

    assert isinstance(outcome, Imported)


def test_a_completed_command_without_a_file_is_a_failure(radarr, radarr_client, film, tmp_path):
    """ManualImport never says unsuccessful: a file that it could not take is passed over in silence."""
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)
    radarr.commands.before = lambda _command: file.rename(tmp_path / "elsewhere.mkv")

    outcome = finish(radarr, radarr_client, request_for(MovieTarget(film.id), file))

    assert isinstance(outcome, HandOverFailed)
    assert radarr.commands.all()[0].result == "successful"


def test_an_older_file_of_the_item_is_not_taken_for_ours(radarr, radarr_client, film, tmp_path):
    radarr.add_file(film, quality=1, content=FILM.read_bytes())
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)

    outcome = hand_over(radarr_client, request_for(MovieTarget(film.id), file), SAME_PATHS)

    assert isinstance(outcome, Pending)


def test_two_episodes_with_a_file_each_do_not_have_our_one_file(sonarr, sonarr_client, tmp_path):
    series = sonarr.add_series("Some Series", 2019, runtime_min=45)
    episodes = [sonarr.add_episode(series, 1, number) for number in (1, 2)]
    for episode in episodes:
        sonarr.add_file([episode], quality=1, content=EPISODE.read_bytes())
    file = staged(tmp_path / "staging", "Some.Series.S01E01E02.1080p.WEB-DL-STALKEER", EPISODE)
    request = request_for(EpisodesTarget(series.id, tuple(episode.id for episode in episodes)), file)
    file.unlink()  # of the same size as theirs, and no longer where it was

    outcome = hand_over(sonarr_client, request, SAME_PATHS)

    assert isinstance(outcome, HandOverFailed) and "is gone" in outcome.message


def test_paths_are_translated_for_the_instance(tmp_path, radarr, radarr_client, film):
    radarr.mounts = (Mount("/movies", tmp_path / "movies"), Mount("/downloads", tmp_path / "staging"))
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)
    paths = PathMap([PathPair(str(tmp_path / "staging"), "/downloads")])

    outcome = finish(radarr, radarr_client, request_for(MovieTarget(film.id), file), paths)

    assert isinstance(outcome, Imported)
    assert outcome.path.startswith("/movies/")


def test_a_folder_that_the_instance_does_not_see_is_named(tmp_path, radarr, radarr_client, film):
    radarr.mounts = (Mount("/movies", tmp_path / "movies"),)
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)

    outcome = hand_over(radarr_client, request_for(MovieTarget(film.id), file), SAME_PATHS)

    assert isinstance(outcome, HandOverFailed)
    assert "does not see" in outcome.message
    assert str(file) in outcome.message


def test_copying_leaves_our_file_where_it_is(radarr, radarr_client, film, tmp_path):
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)

    outcome = finish(radarr, radarr_client, request_for(MovieTarget(film.id), file, mode=ArrImportMode.COPY))

    assert isinstance(outcome, Imported)
    assert file.exists()


# --- letters in two forms -------------------------------------------------------------------------------------------

NAMES = ["Ame\u0301lie.2001.1080p.WEB-DL-STALKEER", "Gåsmamman.2015-STALKEER", "ガメラ.1995.720p.WEB-DL-STALKEER"]


def other_form(text):
    composed = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFD", text) if composed == text else composed


def gives_back_the_other_form(server):
    """A share that gives names back in the other form of their letters, and finds them under both."""

    def turned(value):
        if isinstance(value, dict):
            names = ("path", "droppedPath", "importedPath", "relativePath")
            return {k: other_form(v) if k in names and isinstance(v, str) else turned(v) for k, v in value.items()}
        return [turned(part) for part in value] if isinstance(value, list) else value

    def hook(request):
        if request.path.endswith("/manualimport") and request.method == "POST":
            rows = [row | {"path": other_form(row["path"])} for row in request.json()]
            request = replace(request, body=json.dumps(rows).encode())
        response = server.answer(request)
        return Response(response.status, turned(response.body), response.headers)

    return hook


@pytest.mark.parametrize("release", NAMES)
def test_a_name_in_composed_and_in_decomposed_letters_is_the_same(radarr, radarr_client, film, tmp_path, release):
    file = staged(tmp_path / "staging", release, FILM)
    twin = file.parent.parent / other_form(release) / other_form(file.name)
    twin.parent.mkdir()
    twin.symlink_to(file)  # as a disk that finds a name under both forms
    radarr.hook = gives_back_the_other_form(radarr)
    request = request_for(MovieTarget(film.id), file, mode=ArrImportMode.COPY)

    outcome = finish(radarr, radarr_client, request)

    assert isinstance(outcome, Imported)
    assert film.file is not None


@pytest.mark.parametrize("name", ["Séries", "Film", "Übung/日本語が"])
def test_a_mapping_counts_in_both_forms_of_its_letters(name):
    for local, mapped in ((name, other_form(name)), (other_form(name), name)):
        paths = PathMap([PathPair(f"/data/{mapped}", f"/media/{mapped}")])

        assert paths.to_remote(Path(f"/data/{local}/a/é.mkv")) == f"/media/{mapped}/a/é.mkv"
        assert paths.to_local(f"/media/{local}/a/é.mkv") == Path(f"/data/{mapped}/a/é.mkv")
