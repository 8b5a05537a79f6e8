"""A login in an instance's address opens the proxy in front of it, and is a secret everywhere else."""

import base64

import pytest
import stamina
from sqlalchemy import select, update

from stalkeer.adapters.arr.connect import check_program
from stalkeer.demo.http import Response
from stalkeer.demo.radarr import Radarr
from stalkeer.errors import ArrError
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.library.instances import InstancePatch, Trial, add_instance, change_instance, try_instance
from stalkeer.jobs.wanted.sync import sync_wanted
from stalkeer.model import InstanceKind
from stalkeer.settings.sections.connections import ArrSettings
from stalkeer.settings.sections.jobs import WantedSettings
from stalkeer.store.db.tables import instances
from stalkeer.store.library.instances import NewInstance, get_instance, sync_config_instances
from tests.doubles.instances import clients


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=1, cap=True):
        yield


@pytest.fixture
def arrs(database, clock):
    return clients(database, clock)


@pytest.fixture
def guarded(tmp_path):
    """A Radarr behind a proxy that asks for a login; `expected` are the header fields that open it."""
    with Radarr(tmp_path / "movies", strict=True) as server:
        server.expected = set()

        def proxy(request):
            if request.headers.get("authorization") in server.expected:
                return None
            return Response(401, b"", {"WWW-Authenticate": "Basic"})

        server.hook = proxy
        yield server


def opens(server, user, password):
    server.expected = {"Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def with_login(url, login):
    return url.replace("http://", f"http://{login}@")


def new(server, password="opensesame"):
    return NewInstance("radarr", InstanceKind.RADARR, with_login(server.url, f"me:{password}"), server.api_key)


def everything_stored(database):
    with database.connect() as connection:
        return repr(connection.execute(select(instances)).all())


@pytest.mark.parametrize(
    ("written", "meant"), [("opensesame", "opensesame"), ("p%40ss%3Aword", "p@ss:word"), ("%C3%BCn", "ün")]
)
def test_a_login_opens_the_proxy_and_is_kept_encrypted(database, arrs, guarded, written, meant):
    opens(guarded, "me", meant)

    kept = add_instance(arrs, new(guarded, written))

    assert kept.row.url == guarded.url
    assert written not in everything_stored(database) and meant not in everything_stored(database)
    assert written not in repr(kept.row) and written not in repr(new(guarded, written))
    assert try_instance(arrs, "radarr").is_good
    guarded.add_movie("Some Film", 2020)
    assert sync_wanted(database, arrs, WantedSettings(), QuietRun()).instances[0].missing == 1


def test_no_message_shows_the_login(database, arrs, guarded):
    with pytest.raises(ArrError) as caught:
        add_instance(arrs, new(guarded, "wrongpass"))
    kept = add_instance(arrs, new(guarded, "wrongpass"), Trial.WISHED)

    tested = try_instance(arrs, "radarr")

    for text in (str(caught.value), str(kept.error), tested.error or "", everything_stored(database)):
        assert "wrongpass" not in text and "me:" not in text
    assert "login of its own" in str(caught.value)


def test_an_address_of_the_same_host_without_a_login_keeps_the_present_one(database, arrs, guarded):
    opens(guarded, "me", "opensesame")
    add_instance(arrs, new(guarded))

    change_instance(arrs, "radarr", InstancePatch(url=guarded.url))
    change_instance(arrs, "radarr", InstancePatch(api_key=guarded.api_key))

    assert try_instance(arrs, "radarr").is_good


def test_another_login_takes_the_place_of_the_present_one(database, arrs, guarded):
    opens(guarded, "me", "opensesame")
    add_instance(arrs, new(guarded))
    opens(guarded, "you", "swordfish-9")

    change_instance(arrs, "radarr", InstancePatch(url=with_login(guarded.url, "you:swordfish-9")))

    assert try_instance(arrs, "radarr").is_good


def test_the_login_never_goes_to_another_host(database, arrs, guarded, tmp_path):
    opens(guarded, "me", "opensesame")
    add_instance(arrs, new(guarded))
    with Radarr(tmp_path / "other", api_key=guarded.api_key) as other:
        change_instance(arrs, "radarr", InstancePatch(url=other.url))

        assert all("authorization" not in request.headers for request in other.requests)


def test_a_login_of_the_configuration_is_kept_encrypted_and_each_start_leaves_the_row_alone(
    database, arrs, guarded, clock
):
    opens(guarded, "me", "opensesame")
    entry = ArrSettings(url=with_login(guarded.url, "me:opensesame"), api_key=guarded.api_key)
    for _ in range(2):
        with database.begin() as connection:
            sync_config_instances(connection, {InstanceKind.RADARR: (entry,)}, arrs.secrets, clock())
        stored = everything_stored(database)

    with database.connect() as connection:
        row = get_instance(connection, "radarr")
    with arrs.client(row) as client:
        assert check_program(client).kind is InstanceKind.RADARR
    assert "opensesame" not in stored
    with database.begin() as connection:
        sync_config_instances(connection, {InstanceKind.RADARR: (entry,)}, arrs.secrets, clock())
        assert get_instance(connection, "radarr").login == row.login


def test_a_login_that_an_earlier_version_kept_in_the_clear_is_encrypted_at_the_next_start(
    database, arrs, guarded, clock
):
    opens(guarded, "me", "opensesame")
    add_instance(arrs, new(guarded))
    with database.begin() as connection:
        connection.execute(update(instances).values(url=with_login(guarded.url, "me:opensesame"), login=None))

    with database.begin() as connection:
        sync_config_instances(connection, {}, arrs.secrets, clock())

    assert "opensesame" not in everything_stored(database)
    assert try_instance(arrs, "radarr").is_good
