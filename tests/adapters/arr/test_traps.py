"""Each documented trap of Radarr and Sonarr is set here, and our client walks past it.

The comment above a test names the part of the programs it was read from; take the guard out of the client and the test
fails.
"""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stalkeer.adapters.arr.client import Address, ArrClient
from stalkeer.adapters.arr.commands import issue_command, read_command
from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.adapters.arr.handover import hand_over
from stalkeer.adapters.arr.library_import import take_in_place
from stalkeer.adapters.arr.outcomes import (
    HandOverFailed,
    HandOverRequest,
    Imported,
    ImportRefused,
    MovieTarget,
    Pending,
)
from stalkeer.adapters.arr.paths import PathMap
from stalkeer.adapters.arr.radarr import read_movies, set_movies_monitored, tag_movies, wanted_movies
from stalkeer.adapters.arr.sonarr import set_episodes_monitored, wanted_episodes
from stalkeer.adapters.arr.values import WantedReason
from stalkeer.demo.media import MOVIE_90, read_clip
from stalkeer.errors import ArrRefused, ArrUnauthorised, ArrUnreachable, ArrWrongProgram
from stalkeer.model import InstanceKind
from tests.doubles import arr_traps as traps

RELEASE = "Some.Film.2020.1080p.WEB-DL.x264-STALKEER"


@pytest.fixture
def film(radarr):
    return radarr.add_movie("Some Film", 2020, runtime_min=90)


@pytest.fixture
def staged(tmp_path) -> Path:
    file = tmp_path / "staging" / RELEASE / f"{RELEASE}.mkv"
    file.parent.mkdir(parents=True)
    file.write_bytes(read_clip(MOVIE_90.name))
    return file


def request_for(film, file) -> HandOverRequest:
    return HandOverRequest(MovieTarget(film.id), file, file.stem, file.stat().st_size)


def finish(radarr, client, request):
    """Step by step to the end, waiting for each command in between."""
    outcome = hand_over(client, request, PathMap())
    while isinstance(outcome, Pending):
        command = radarr.commands.get(outcome.command_id)
        assert command is None or command.done.wait(10)
        request = replace(request, command_id=outcome.command_id)
        outcome = hand_over(client, request, PathMap())
    return outcome


def titles_of(paged) -> list[str]:
    return [record.title for page in paged.pages() for record in page]


# --- reading


# Radarr.Http/PagingResource: SortDirection ?? Descending
def test_the_direction_is_always_said_because_its_absence_is_descending(radarr, radarr_client):
    for title in ("Beta", "Alpha"):
        radarr.add_movie(title, 2020)

    assert titles_of(wanted_movies(radarr_client, WantedReason.MISSING, monitored=True)) == ["Alpha", "Beta"]


def test_the_direction_is_said_to_sonarr_too(sonarr, sonarr_client):
    series = sonarr.add_series("Some Series", 2019)
    for number in (2, 1):
        sonarr.add_episode(series, 1, number, air_date_utc=datetime(2020, 1, number, tzinfo=UTC))

    found = titles_of(wanted_episodes(sonarr_client, WantedReason.MISSING, monitored=True))

    assert found == ["Part 1", "Part 2"]


# Datastore/BasicRepository: pages are LIMIT and OFFSET over a table that changes
def test_nothing_is_missed_when_the_list_shifts_while_it_is_read(radarr, radarr_client):
    for number in range(9):
        radarr.add_movie(f"Film {number}", 2020)
    radarr.hook = traps.on("/wanted/missing", traps.list_shifts(2, lambda: radarr.add_file(radarr.movies[1])))
    paged = wanted_movies(radarr_client, WantedReason.MISSING, monitored=True)
    paged.page_size = 3

    found = titles_of(paged)

    assert set(found) >= {f"Film {number}" for number in range(1, 9)}
    assert len(found) == len(set(found))


def test_an_item_that_appears_while_the_list_is_read_is_not_taken_twice(radarr, radarr_client):
    for number in range(1, 7):
        radarr.add_movie(f"Film {number}", 2020)
    radarr.hook = traps.on("/wanted/missing", traps.list_shifts(2, lambda: radarr.add_movie("Film 0", 2020)))
    paged = wanted_movies(radarr_client, WantedReason.MISSING, monitored=True)
    paged.page_size = 3

    found = titles_of(paged)

    assert sorted(found) == [f"Film {number}" for number in range(1, 7)]
    assert not paged.is_complete  # it was not seen, so nothing may be concluded from absence


def test_a_total_that_counts_rows_nobody_gets_ends_the_reading_all_the_same(radarr, radarr_client, film):
    radarr.hook = traps.on("/wanted/missing", traps.lying_total(2, radarr.answer))
    paged = wanted_movies(radarr_client, WantedReason.MISSING, monitored=True)

    assert titles_of(paged) == ["Some Film"] and not paged.is_complete


# Sonarr Episodes/EpisodeService: the missing list carries no series unless asked
def test_missing_episodes_come_with_what_names_their_series(sonarr, sonarr_client):
    series = sonarr.add_series("Some Series", 2019)
    sonarr.add_episode(series, 1, 1)

    (page,) = wanted_episodes(sonarr_client, WantedReason.MISSING, monitored=True).pages()

    assert page[0].series_id == series.id


# --- answers


# Authentication/ApiKeyAuthenticationHandler
def test_a_wrong_key_is_told_apart_though_the_answer_is_empty(radarr, radarr_client):
    radarr.hook = traps.unauthorised

    with pytest.raises(ArrUnauthorised):
        issue_command(radarr_client, "RescanMovie", movieId=1)


# ErrorManagement/RadarrErrorPipeline: validation errors are an array
def test_validation_errors_are_shown_in_the_programs_own_words(radarr, radarr_client):
    radarr.hook = traps.refused_with_list("Path", "'Path' must not be empty.")

    with pytest.raises(ArrRefused, match="'Path' must not be empty"):
        set_movies_monitored(radarr_client, [1], monitored=False)


def test_an_inner_error_is_shown_in_the_programs_own_words(radarr, radarr_client):
    radarr.hook = traps.broken(message="database is locked")

    with pytest.raises((ArrRefused, ArrUnreachable), match="database is locked"):
        list(read_movies(radarr_client))


def test_a_login_page_in_front_is_not_taken_for_an_empty_library(radarr, radarr_client):
    radarr.hook = traps.login_page

    with pytest.raises(ArrWrongProgram):
        list(read_movies(radarr_client))


@pytest.mark.parametrize("trouble", [traps.bad_gateway, traps.hung_up, traps.too_many(1)])
def test_a_moments_trouble_is_tried_again(radarr, radarr_client, film, trouble):
    radarr.hook = traps.on("/wanted/missing", trouble, times=2)

    assert titles_of(wanted_movies(radarr_client, WantedReason.MISSING, monitored=True)) == ["Some Film"]


def test_a_command_is_not_issued_twice_when_its_answer_was_lost(radarr, radarr_client, film):
    def lose_the_answer(request):
        radarr.answer(request)
        return traps.hung_up(request)

    radarr.hook = traps.on("/command", lose_the_answer, method="POST", times=1)

    with pytest.raises(ArrUnreachable):
        issue_command(radarr_client, "RescanMovie", movieId=film.id)

    assert len(radarr.commands.all()) == 1


# Http/HttpClient: a request may take up to 100 s inside
def test_a_slow_answer_is_waited_for(radarr, clock, film):
    slow = traps.Slow()
    radarr.hook = traps.on("/movie", slow)
    address = Address(InstanceKind.RADARR, "radarr", radarr.url, radarr.api_key)
    with ArrClient(address, RequestGate("test", monotonic=clock.monotonic, sleep=clock.sleep)) as client:
        found = []
        reader = threading.Thread(target=lambda: found.extend(read_movies(client)))
        reader.start()
        assert slow.asked.wait(10)
        slow.go_on.set()
        reader.join(10)

    assert [movie.title for movie in found] == ["Some Film"] and address.read_timeout_s > 100


# --- writing


# Radarr Movies/MovieResource: its constructor monitors again and empties the tags
def test_unmonitoring_a_film_leaves_its_tags_alone(radarr, radarr_client, film):
    film.tags = [4]

    set_movies_monitored(radarr_client, [film.id], monitored=False)

    assert (film.monitored, film.tags) == (False, [4])
    assert all(request.method != "PUT" or request.path.endswith("/editor") for request in radarr.requests)


def test_tagging_a_film_keeps_the_tags_it_has_and_does_not_monitor_it_again(radarr, radarr_client, film):
    film.monitored, film.tags = False, [4]

    tag_movies(radarr_client, [film.id], [7])

    assert (film.monitored, film.tags) == (False, [4, 7])


# Sonarr Episodes/EpisodeController: reads `monitored` alone
def test_unmonitoring_episodes_touches_no_others(sonarr, sonarr_client):
    series = sonarr.add_series("Some Series", 2019)
    one, other = sonarr.add_episode(series, 1, 1), sonarr.add_episode(series, 1, 2)

    set_episodes_monitored(sonarr_client, [one.id], monitored=False)

    assert (one.monitored, other.monitored) == (False, True)


# --- hand-over


# ManualImport/ManualImportController: beside movieId the folder is not looked at
def test_the_preview_asks_for_the_folder_alone(radarr, radarr_client, film, staged):
    assert isinstance(finish(radarr, radarr_client, request_for(film, staged)), Imported)

    previews = [r for r in radarr.requests if r.path.endswith("/manualimport") and r.method == "GET"]
    assert previews and all("movieId" not in request.query for request in previews)


# MediaFiles/MovieImport/Manual/ManualImportService: what goes wrong is logged, the command completes
def test_a_command_that_completed_without_importing_is_no_import(radarr, radarr_client, film, staged):
    radarr.commands.replace(traps.quiet_failure())

    outcome = finish(radarr, radarr_client, request_for(film, staged))

    assert isinstance(outcome, HandOverFailed) and staged.exists()


# DecisionEngine/RejectionType: a temporary objection, and want of space, pass by themselves; others are for the user
@pytest.mark.parametrize(
    ("reason", "kind", "waits"),
    [
        ("Locked file, try again later", "temporary", True),
        ("Not enough free space", "permanent", True),
        ("Sample", "permanent", False),
    ],
)
def test_what_passes_by_itself_is_tried_again_and_not_put_to_the_user(
    radarr, radarr_client, film, staged, reason, kind, waits
):
    radarr.hook = traps.on("/manualimport", traps.rejects(reason, kind, radarr.answer), method="POST")

    outcome = finish(radarr, radarr_client, request_for(film, staged))

    assert isinstance(outcome, HandOverFailed if waits else ImportRefused)
    assert not waits or (outcome.is_transient and reason in outcome.message)
    assert radarr.commands.all() == [] and staged.exists()


# MediaFiles/DownloadedMovieCommandService: `completed` is said of what took nothing in, too
def test_a_scan_that_completed_unsuccessfully_is_no_import(radarr, radarr_client, film):
    film.path.mkdir(parents=True)
    file = film.path / f"{RELEASE}.mkv"
    file.write_bytes(read_clip(MOVIE_90.name))
    radarr.commands.replace(traps.unsuccessful("RescanMovie"))
    request = request_for(film, file)

    pending = take_in_place(radarr_client, request, PathMap())
    assert isinstance(pending, Pending) and radarr.commands.get(pending.command_id).done.wait(10)
    outcome = take_in_place(radarr_client, replace(request, command_id=pending.command_id), PathMap())

    assert isinstance(outcome, HandOverFailed) and file.exists()


# MediaFiles/MediaFileExtensions: what is no video by its name is seen, and never offered
def test_a_file_that_is_seen_and_not_offered_is_told_apart_from_one_that_is_not_seen(
    radarr, radarr_client, film, staged
):
    odd = staged.rename(staged.with_suffix(".part"))

    outcome = finish(radarr, radarr_client, request_for(film, odd))

    assert isinstance(outcome, HandOverFailed) and not outcome.is_transient
    assert "does not offer it for import" in outcome.message


# Radarr Movies/MovieController: looking for each film's local covers is a walk over the disk
def test_the_whole_library_is_read_without_its_local_covers(radarr, radarr_client, film):
    assert len(list(read_movies(radarr_client))) == 1

    assert radarr.requests[-1].query == {"excludeLocalCovers": "true"}


# Radarr.Http/PagingResource: ten records a page unless asked otherwise
def test_the_size_of_a_page_is_always_said(radarr, radarr_client):
    for number in range(12):
        radarr.add_movie(f"Film {number}", 2020)

    assert len(titles_of(wanted_movies(radarr_client, WantedReason.MISSING, monitored=True))) == 12
    assert len(radarr.requests) == 1


def test_a_failed_command_is_told_in_its_own_words(radarr, radarr_client, film, staged):
    radarr.commands.replace(traps.failing("ManualImport", "Access to the path is denied."))

    outcome = finish(radarr, radarr_client, request_for(film, staged))

    assert isinstance(outcome, HandOverFailed) and "Access to the path is denied." in outcome.message


# Messaging/Commands/CommandQueue: disk commands run one at a time
def test_a_command_that_waits_in_the_queue_is_asked_again_later(radarr, radarr_client, film, staged):
    held = traps.Held()
    radarr.commands.before = held

    first = hand_over(radarr_client, request_for(film, staged), PathMap())
    assert isinstance(first, Pending)
    again = hand_over(radarr_client, replace(request_for(film, staged), command_id=first.command_id), PathMap())
    held.go_on.set()

    assert isinstance(again, Pending) and again.command_id == first.command_id


# Messaging/Commands/CommandQueueManager: ended commands are purged
def test_a_forgotten_command_with_its_file_there_is_an_import(radarr, radarr_client, film, staged):
    pending = hand_over(radarr_client, request_for(film, staged), PathMap())
    assert radarr.commands.get(pending.command_id).done.wait(10)
    radarr.commands.forget(pending.command_id)

    request = HandOverRequest(MovieTarget(film.id), staged, staged.stem, film.file.size, command_id=pending.command_id)

    assert read_command(radarr_client, pending.command_id) is None
    assert isinstance(hand_over(radarr_client, request, PathMap()), Imported)


# ManualImportService: GetMovie throws for one unknown id, and the rest of the batch is lost
def test_each_command_carries_one_file(radarr, radarr_client, film, staged):
    finish(radarr, radarr_client, request_for(film, staged))

    bodies = [r.json() for r in radarr.requests if r.method == "POST" and r.path.endswith("/command")]
    assert [len(body["files"]) for body in bodies] == [1]


# ManualImport runs no rule; POST /manualimport judges with our ids
def test_the_programs_own_rules_are_asked_before_the_command(radarr, radarr_client, film, staged):
    radarr.add_file(film, quality=7, content=read_clip(MOVIE_90.name))

    outcome = finish(radarr, radarr_client, request_for(film, staged))

    assert isinstance(outcome, ImportRefused) and "Not an upgrade" in outcome.reasons[0]
    assert radarr.commands.all() == [] and staged.exists()
