"""The table of what we use of Radarr and Sonarr: whole, true to the demo's servers, and attainable."""

import ast
import importlib
import pkgutil
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic.alias_generators import to_camel

import stalkeer.adapters.arr as adapter
from stalkeer.adapters.arr import adding, commands, confirm, folders, lookup, naming, parse, reading, tracking
from stalkeer.adapters.arr.answers import Resource
from stalkeer.adapters.arr.artwork import PictureSize, read_picture
from stalkeer.adapters.arr.calendar import read_calendar
from stalkeer.adapters.arr.connect import check_program
from stalkeer.adapters.arr.native import (
    NativeTarget,
    Release,
    find_indexer,
    push_release,
    register_client,
    register_indexer,
)
from stalkeer.adapters.arr.outcomes import EpisodesTarget, MovieTarget
from stalkeer.adapters.arr.providers import CLIENT, INDEXER, remove_ours
from stalkeer.adapters.arr.values import WantedReason
from stalkeer.adapters.arr.versions import EVENTS, FIELDS, OLDEST, USAGES, fallbacks, find_usage, numbers
from stalkeer.adapters.arr.webhook import WebhookTarget, register_webhook, remove_webhook, try_webhook
from stalkeer.demo.http import JsonServer, Response
from stalkeer.model import InstanceKind
from tests.adapters.arr.test_hand_over import EPISODE, FILM, finish, request_for, staged
from tests.doubles.arr_requests import Sent, unlisted

VERBS = {"get": "GET", "get_or_none": "GET", "stream": "GET", "post": "POST", "put": "PUT", "delete": "DELETE"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def paths_in_the_code():
    """Method and path of every request in the adapter's source; `{}` stands for a value."""
    for module in Path(adapter.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr in VERBS:
                if getattr(node.func.value, "id", None) == "client":
                    yield VERBS[node.func.attr], _path_of(node.args)
            elif getattr(node.func, "id", None) == "PagedList":
                yield "GET", _path_of(node.args)


def _path_of(arguments):
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
        if isinstance(argument, ast.JoinedStr):
            return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in argument.values)
    return None


def test_every_request_in_the_code_has_a_row():
    known = [(usage.endpoint.split(" ")[0], usage.endpoint.split(" ", 1)[1]) for usage in USAGES]
    missing = [
        (method, path)
        for method, path in paths_in_the_code()
        if path is not None  # a name: its values are in the walks below
        and not any(
            method == m and re.fullmatch(re.escape(path).replace(r"\{\}", r"[\w{}]+"), p) is not None for m, p in known
        )
    ]

    assert missing == []
    assert len(list(paths_in_the_code())) > 30


def everything_common(client):
    check_program(client)
    reading.read_profiles(client)
    reading.read_size_bounds(client)
    reading.read_root_folders(client)
    reading.read_folder_troubles(client)
    reading.tag_id(client, "new")
    reading.read_media_management(client)
    reading.read_queue(client)
    reading.read_blocklist(client)
    folders.find_folder(client, Path("/no/such"), "probe")
    lookup.search_catalogue(client, "some")
    read_calendar(client, NOW, NOW)
    tracking.read_tracked(client)
    tracking.read_download_history(client, "SABnzbd_nzo_1")
    tracking.remove_tracked(client, 99)
    tracking.look_at_client(client)
    with JsonServer() as catcher:
        catcher.hook = lambda _request: Response(200)
        target = WebhookTarget(f"http://127.0.0.1:{catcher.port}/", "user", "secret")
        register_webhook(client, target)
        register_webhook(client, target)
        assert try_webhook(client)
    remove_webhook(client)


def everything_native(server, client):
    """Indexer and client are tested when they are saved; here something else answers for us."""
    server.native.tries = False
    target = NativeTarget("http://stalkeer:7825", "stalkeer-x", "0f1e2d3c4b5a6978")
    for _ in ("made", "repaired"):
        register_indexer(client, target, register_client(client, target))
    indexer = find_indexer(client)
    title = "Some.Film.2020.1080p.WEB-DL-STALKEER" if server.program == "Radarr" else "Some.Series.S01E01.WEB-DL-X"
    server.native.rejections = ["not wanted"]
    release = Release(title, "http://stalkeer:7825/x", NOW, 0, tmdb_id=7, tvdb_id=7)
    assert push_release(client, release, indexer.id).rejections == ("not wanted",)
    assert remove_ours(client, INDEXER)
    assert remove_ours(client, CLIENT)


def test_every_request_to_radarr_is_in_the_table_and_the_table_has_no_other(radarr, radarr_client, tmp_path):
    module = importlib.import_module("stalkeer.adapters.arr.radarr")
    film = radarr.add_movie("Some Film", 2020)
    radarr.add_custom_format("Scope", "WEB-DL")
    everything_common(radarr_client)
    radarr.add_namesake("Other Film", 2021, tmdb_id=990_001)
    (other,) = adding.look_up(radarr_client, "tmdb:990001")
    adding.add_movie(radarr_client, other, adding.Shelf(radarr.root_folder, 1))
    everything_native(radarr, radarr_client)
    list(module.read_movies(radarr_client))
    for reason in WantedReason:
        list(module.wanted_movies(radarr_client, reason, monitored=True).pages())
    module.read_movie(radarr_client, film.id)
    assert module.find_movie(radarr_client, 99, film.tmdb_id).id == film.id
    module.update_movie(radarr_client, film.id, module.MovieChange(monitored=True, add_tags=(1,)))
    naming.read_movie_naming(radarr_client)
    parse.formats_for_names(radarr_client, "Some.Film.2020.1080p.WEB-DL-STALKEER")
    commands.search_movies(radarr_client, [film.id])
    commands.refresh_movies(radarr_client, [film.id])
    commands.rescan_movie(radarr_client, film.id)
    request = request_for(MovieTarget(film.id), staged(tmp_path / "s", "Some.Film.2020.1080p.WEB-DL-X", FILM))
    finish(radarr, radarr_client, request)
    confirm.find_imported(radarr_client, replace(request, file=tmp_path / "gone", size=1), "/nowhere")
    for picture in PictureSize:
        assert read_picture(radarr_client, 1, picture)

    check(InstanceKind.RADARR, radarr.requests)


def test_every_request_to_sonarr_is_in_the_table_and_the_table_has_no_other(sonarr, sonarr_client, tmp_path):
    module = importlib.import_module("stalkeer.adapters.arr.sonarr")
    series = sonarr.add_series("Some Series", 2019, runtime_min=45)
    episode = sonarr.add_episode(series, 1, 1)
    sonarr.add_custom_format("Scope", "WEB-DL")
    everything_common(sonarr_client)
    sonarr.add_namesake("Other Series", 2021, tvdb_id=990_002)
    (other,) = adding.look_up(sonarr_client, "tvdb:990002")
    adding.add_series(sonarr_client, other, adding.Shelf(sonarr.root_folder, 1))
    everything_native(sonarr, sonarr_client)
    list(module.read_series_list(sonarr_client))
    for reason in WantedReason:
        list(module.wanted_episodes(sonarr_client, reason, monitored=True).pages())
    module.read_series(sonarr_client, series.id)
    assert module.find_series(sonarr_client, 99, series.tvdb_id).id == series.id
    module.read_episodes(sonarr_client, series.id)
    module.read_episode_files(sonarr_client, series.id)
    module.set_episodes_monitored(sonarr_client, [episode.id], monitored=True)
    module.tag_series(sonarr_client, [series.id], [1])
    naming.read_series_naming(sonarr_client)
    parse.formats_for_names(sonarr_client, "Some.Series.S01E01.1080p.WEB-DL-STALKEER")
    commands.search_episodes(sonarr_client, [episode.id])
    commands.refresh_series(sonarr_client, [series.id])
    commands.rescan_series(sonarr_client, series.id)
    target = EpisodesTarget(series.id, (episode.id,))
    request = request_for(target, staged(tmp_path / "s", "Some.Series.S01E01.1080p.WEB-DL-X", EPISODE))
    finish(sonarr, sonarr_client, request)
    confirm.find_imported(sonarr_client, replace(request, file=tmp_path / "gone", size=1), "/nowhere")
    for picture in PictureSize:
        assert read_picture(sonarr_client, 1, picture)

    check(InstanceKind.SONARR, sonarr.requests)


def check(kind, requests):
    sent = [Sent.to_double(request) for request in requests]
    own = [usage for usage in USAGES if kind in usage.programs]
    idle = [usage.endpoint for usage in own if not any(usage.matches(kind, one.method, one.path) for one in sent)]
    unused = [
        f"{usage.endpoint}?{name}"
        for usage in own
        for name in usage.query
        if not any(usage.matches(kind, one.method, one.path) and name in one.query for one in sent)
    ]

    assert [problem for one in sent for problem in unlisted(kind, one)] == []
    assert (idle, unused) == ([], [])


def test_every_field_that_we_read_is_in_the_table_and_no_other():
    for module in pkgutil.iter_modules(adapter.__path__):
        importlib.import_module(f"{adapter.__name__}.{module.name}")
    read = {}
    for resource in _resources(Resource):
        own = {to_camel(name) for name in resource.model_fields if name in resource.__annotations__}
        if "[" not in resource.__name__ and resource.__module__.startswith(adapter.__name__):
            read.setdefault(resource.__name__.removesuffix("Resource"), set()).update(own)
    read["File"].discard("sourcePath")  # a webhook's file; the event's own field has the row

    assert {name: sorted(fields) for name, fields in read.items()} == {n: sorted(f) for n, f in FIELDS.items()}


def _resources(parent):
    for child in parent.__subclasses__():
        yield child
        yield from _resources(child)


def test_everything_that_the_oldest_supported_versions_lack_has_a_way_round_it():
    lacking = list(fallbacks())

    assert [fallback.name for fallback in lacking if not fallback.newer.without] == []
    assert len(lacking) > 15


@pytest.mark.parametrize("kind", InstanceKind)
def test_the_demos_servers_have_each_request_and_parameter_since_the_version_in_the_table(kind, radarr, sonarr):
    server = radarr if kind is InstanceKind.RADARR else sonarr
    wrong = []
    for route in server._routes:
        path = re.sub(r"\{\w+\}", "1", route.path.partition("/api/v3/")[2])
        usage = find_usage(kind, route.method, path)
        if usage is None:
            continue
        if route.since != usage.since.of(kind):
            wrong.append((usage.endpoint, route.since))
        newer = {name: since.of(kind) for name, since in usage.query.items() if name != "sortKey" and since.of(kind)}
        wrong += [(usage.endpoint, name) for name in newer if route.newer.get(name) != newer[name]]

    assert wrong == []


@pytest.mark.parametrize("kind", InstanceKind)
def test_the_demos_servers_have_each_field_and_event_since_the_version_in_the_table(kind, radarr, sonarr):
    server = radarr if kind is InstanceKind.RADARR else sonarr
    newer = {name: v for fields in FIELDS.values() for name, since in fields.items() if (v := since.of(kind))}
    newer |= {name: v for name, since in EVENTS.items() if (v := since.of(kind))}
    body_only = {"sourcePath", "downloadStatusMessages"}  # of events, which the demo does not send with them
    missing = {
        name: version
        for name, version in newer.items()
        if name not in body_only and version not in {versions.get(name) for versions in server.field_versions.values()}
    }

    assert {name: version for name, version in missing.items() if name != "appName"} == {}


@pytest.mark.parametrize(
    ("text", "read"), [("5.6.0.8846", (5, 6, 0, 8846)), ("6.0-develop", (6, 0)), ("v6", ()), ("", ()), ("x.1", ())]
)
def test_only_the_leading_numbers_of_a_version_count(text, read):
    assert numbers(text) == read


def test_the_oldest_versions_are_those_of_the_documents():
    text = Path("docs/radarr-sonarr.md").read_text(encoding="utf-8")

    assert f"Radarr {OLDEST[InstanceKind.RADARR]} or newer and Sonarr {OLDEST[InstanceKind.SONARR]} or newer" in text
