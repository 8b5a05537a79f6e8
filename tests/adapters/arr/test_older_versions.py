"""Older versions ignore parameters, leave fields out and answer 404; nothing of that is taken for a no."""

import pytest

from stalkeer.adapters.arr.events import ArrEventKind, read_event
from stalkeer.adapters.arr.handover import hand_over
from stalkeer.adapters.arr.library_import import take_in_place
from stalkeer.adapters.arr.naming import read_movie_naming, read_series_naming
from stalkeer.adapters.arr.outcomes import ArrImportMode, EpisodesTarget, Imported, MovieTarget, Pending
from stalkeer.adapters.arr.parse import formats_for_names
from stalkeer.adapters.arr.versions import EVENTS
from stalkeer.adapters.arr.webhook import WebhookTarget, register_webhook
from stalkeer.core.naming.episode import SeriesNaming
from stalkeer.core.naming.movie import MovieNaming
from stalkeer.demo.http import JsonServer, Response
from stalkeer.demo.movies import RADARR_EVENTS
from stalkeer.demo.series import SONARR_EVENTS
from stalkeer.errors import ArrRefused, ArrTooOld
from tests.adapters.arr.test_connect import reach
from tests.adapters.arr.test_hand_over import EPISODE, FILM, SAME_PATHS, finish, request_for, staged
from tests.doubles.arr_traps import leaves_out, no_such_route, on

SONARRS = ("4.0.0.748", "4.0.8.1874", "4.0.9.2421", "4.0.19.2979")


def episodes_of(sonarr, *numbers, **more):
    series = sonarr.add_series("Some Series", 2019, runtime_min=45, **more)
    episodes = [sonarr.add_episode(series, 1, number, absolute=number) for number in numbers]
    return episodes, EpisodesTarget(series.id, tuple(episode.id for episode in episodes))


# Sonarr before 4.0.9.2421 ignores `episode?includeEpisodeFile` and says only which file it is
@pytest.mark.parametrize("version", SONARRS)
@pytest.mark.parametrize(
    ("release", "numbers", "kind"),
    [
        ("Some.Series.S01E01.1080p.WEB-DL-STALKEER", (1,), "standard"),
        ("Some.Series.S01E01E02.1080p.WEB-DL-STALKEER", (1, 2), "standard"),
        ("Some.Series.S01E07.1080p.WEB-DL-STALKEER", (7,), "anime"),
    ],
)
def test_an_import_is_confirmed_by_the_file_that_the_episode_names(
    sonarr, sonarr_client, tmp_path, version, release, numbers, kind
):
    sonarr.reported_version = version
    episodes, target = episodes_of(sonarr, *numbers, kind=kind)
    file = staged(tmp_path / "staging", release, EPISODE)

    outcome = finish(sonarr, sonarr_client, request_for(target, file))

    assert outcome == Imported(episodes[0].file.id, str(episodes[0].file.path))
    assert sonarr.violations == []


@pytest.mark.parametrize("version", SONARRS)
def test_a_file_that_lies_in_the_library_is_confirmed_likewise(sonarr, sonarr_client, version):
    sonarr.reported_version = version
    episodes, target = episodes_of(sonarr, 1)
    file = sonarr.add_file(episodes, content=EPISODE.read_bytes())

    assert take_in_place(sonarr_client, request_for(target, file.path), SAME_PATHS) == Imported(file.id, str(file.path))


def test_episodes_that_have_different_files_have_none_in_common(sonarr, sonarr_client, tmp_path):
    episodes, target = episodes_of(sonarr, 1, 2)
    for episode in episodes:
        sonarr.add_file([episode], content=b"older")
    file = staged(tmp_path / "staging", "Some.Series.S01E01E02.1080p.WEB-DL-STALKEER", EPISODE)

    assert isinstance(hand_over(sonarr_client, request_for(target, file), SAME_PATHS), Pending)


def test_an_episode_that_does_not_say_whether_it_has_a_file_is_not_taken_for_one_without(
    sonarr, sonarr_client, tmp_path
):
    _, target = episodes_of(sonarr, 1)
    file = staged(tmp_path / "staging", "Some.Series.S01E01.1080p.WEB-DL-STALKEER", EPISODE)
    sonarr.hook = on("/api/v3/episode", leaves_out(frozenset({"hasFile", "episodeFileId"}), sonarr.answer))

    with pytest.raises(ArrRefused, match="does not say whether"):
        finish(sonarr, sonarr_client, request_for(target, file))


@pytest.mark.parametrize("version", ["3.0.1.4259", "4.0.3.5879", "6.1.1.10360"])
def test_the_history_is_asked_for_imports_in_the_way_that_every_version_takes(radarr, radarr_client, tmp_path, version):
    radarr.reported_version = version
    film = radarr.add_movie("Some Film", 2020, runtime_min=90)
    radarr.add_file(film, quality=1, content=b"an older file")
    file = staged(tmp_path / "staging", "Some.Film.2020.1080p.WEB-DL-STALKEER", FILM)

    outcome = finish(radarr, radarr_client, request_for(MovieTarget(film.id), file, mode=ArrImportMode.COPY))

    assert outcome == Imported(film.file.id, str(film.file.path)) and file.exists()


@pytest.mark.parametrize("program", ["radarr", "sonarr"])
def test_without_a_page_of_naming_settings_the_defaults_of_the_program_count(program, request):
    server, client = request.getfixturevalue(program), request.getfixturevalue(f"{program}_client")
    server.hook = on("/api/v3/config/naming", no_such_route)

    if program == "radarr":
        assert read_movie_naming(client) == MovieNaming()
    else:
        assert read_series_naming(client) == SeriesNaming()


def test_without_a_list_of_custom_formats_none_goes_into_a_name(radarr, radarr_client):
    radarr.add_custom_format("Scope", "WEB-DL")
    radarr.add_movie("Some Film", 2020)
    radarr.hook = on("/api/v3/customformat", no_such_route)

    assert formats_for_names(radarr_client, "Some.Film.2020.1080p.WEB-DL-STALKEER") == ()


# appName came with Radarr 4.0.3.5879
@pytest.mark.parametrize("version", ["3.0.1.4259", "4.0.2.5836"])
def test_a_radarr_that_does_not_name_itself_yet_is_called_too_old_with_what_is_needed(radarr, version):
    radarr.reported_version = version

    with pytest.raises(ArrTooOld, match=f"{version} is too old; 4.0.3 or newer is needed"):
        reach(radarr)


def test_the_first_radarr_that_names_itself_is_taken(radarr):
    radarr.reported_version = "4.0.3.5879"

    assert reach(radarr).status.version == "4.0.3.5879"


@pytest.mark.parametrize(
    ("program", "version", "lacks"),
    [
        ("radarr", "4.0.3.5879", {"onMovieAdded", "onHealthRestored", "onManualInteractionRequired"}),
        ("radarr", "4.4.0.6882", {"onHealthRestored", "onManualInteractionRequired"}),
        ("radarr", "6.1.1.10360", set()),
        ("sonarr", "4.0.0.741", set()),
    ],
)
def test_a_webhook_takes_the_events_that_the_version_offers(request, program, version, lacks):
    server, client = request.getfixturevalue(program), request.getfixturevalue(f"{program}_client")
    server.reported_version = version
    with JsonServer() as catcher:
        catcher.hook = lambda _request: Response(200)
        register_webhook(client, WebhookTarget(f"http://127.0.0.1:{catcher.port}/", "user", "secret"))
        if program == "radarr":
            film = server.add_movie("Some Film", 2020)
            server.notifier.tell("onDownload", "Download", {"movie": {"id": film.id, "title": film.title}})

    (row,) = server.notifications
    switches = {name for name, is_on in row.items() if name in EVENTS and is_on}
    offered = set(RADARR_EVENTS if program == "radarr" else SONARR_EVENTS) & set(EVENTS)
    assert offered - switches == lacks
    assert [read_event(caught.body).kind for caught in catcher.requests][0] is ArrEventKind.TEST
    if program == "radarr":
        assert read_event(catcher.requests[-1].body).kind is ArrEventKind.IMPORTED
