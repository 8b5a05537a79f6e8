import pytest

from stalkeer.adapters.arr.client import Address
from stalkeer.adapters.arr.connect import connect, tidy_url
from stalkeer.adapters.arr.gate import RequestGate
from stalkeer.demo.http import Response
from stalkeer.demo.radarr import Radarr
from stalkeer.errors import ArrRefused, ArrTooOld, ArrUnauthorised, ArrUnreachable, ArrWrongProgram, ConfigurationError
from stalkeer.model import InstanceKind
from tests.doubles import arr_traps as traps


@pytest.fixture
def based(tmp_path):
    """A Radarr behind the base path /radarr, as with a reverse proxy."""
    with Radarr(tmp_path / "based", url_base="/radarr") as server:
        yield server


def reach(server, url=None, key=None, kind=InstanceKind.RADARR, **more):
    return connect(Address(kind, "hd", url or server.url, key or server.api_key, **more), RequestGate("hd", 0))


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("http://radarr:7878", "http://radarr:7878"),
        ("http://radarr:7878/", "http://radarr:7878"),
        ("  radarr:7878/base/ ", "http://radarr:7878/base"),
        ("HTTPS://radarr/api/v3/", "https://radarr"),
        ("http://radarr:7878/base/api", "http://radarr:7878/base"),
        ("http://radarr:7878/?x=1#y", "http://radarr:7878"),
    ],
)
def test_what_people_copy_along_is_cut_off(given, tidy):
    assert tidy_url(given)[0] == tidy


def test_a_right_address_is_taken_as_it_is(radarr):
    found = reach(radarr)

    assert (found.url, found.notes, found.status.version) == (radarr.url, (), radarr.version)


def test_a_missing_base_path_is_told_by_the_instance_itself(based):
    found = reach(based, based.url.removesuffix("/radarr"))

    assert found.url == based.url
    assert "redirected there" in found.notes[0]


def test_a_page_of_the_ui_is_cut_back_to_the_address(radarr):
    found = reach(radarr, f"{radarr.url}/settings/general")

    assert found.url == radarr.url
    assert "/settings/general" in found.notes[0]


def test_a_page_of_the_ui_below_a_base_path_is_cut_back_to_the_base(based):
    assert reach(based, f"{based.url}/movie/some-film").url == based.url


def test_radarr_and_sonarr_are_distinguished(sonarr):
    with pytest.raises(ArrWrongProgram, match=r"is Sonarr, not Radarr.*under `sonarr`"):
        reach(sonarr)


def test_a_wrong_key_is_told_apart(radarr):
    with pytest.raises(ArrUnauthorised, match="API key was not accepted"):
        reach(radarr, key="wrong")


def test_a_login_of_a_proxy_is_told_apart_from_a_wrong_key(radarr):
    radarr.hook = lambda request: Response(401, b"", {"WWW-Authenticate": "Basic"})

    with pytest.raises(ArrUnauthorised, match="proxy in front"):
        reach(radarr)


def test_a_login_page_is_told_apart(radarr):
    radarr.hook = traps.login_page

    with pytest.raises(ArrWrongProgram, match="login page"):
        reach(radarr)


def test_a_login_page_on_another_host_never_gets_the_key(radarr):
    radarr.hook = lambda request: Response(302, headers={"Location": "http://auth.example/login"})

    with pytest.raises(ArrWrongProgram, match=r"http://auth\.example/login"):
        reach(radarr)


def test_nobody_there_is_told_apart(tmp_path):
    with Radarr(tmp_path / "gone") as gone:
        pass

    with pytest.raises(ArrUnreachable, match="connection was refused"):
        reach(gone)


def test_an_unknown_host_is_told_apart(radarr):
    with pytest.raises(ArrUnreachable, match="host name is unknown"):
        reach(radarr, "http://radarr.invalid:7878")


def test_https_to_a_port_that_speaks_http_is_told_apart(radarr):
    with pytest.raises(ArrUnreachable, match="http, not https"):
        reach(radarr, radarr.url.replace("http:", "https:"))


def test_an_unreadable_authority_file_is_a_matter_of_configuration(radarr, tmp_path):
    with pytest.raises(ConfigurationError, match="must be a PEM file"):
        reach(radarr, radarr.url.replace("http:", "https:"), ca_file=tmp_path / "none.pem")


@pytest.mark.parametrize("version", ["3.2.2.5080", "0.2.0.1504", "4.0.2-develop"])
def test_a_version_that_is_too_old_is_told_apart(radarr, version):
    radarr.reported_version = version

    with pytest.raises(ArrTooOld, match="is too old"):
        reach(radarr)


@pytest.mark.parametrize("version", ["10.0.0.1", "v6", "develop", "6.2-nightly", ""])
def test_a_version_that_proves_nothing_is_not_held_against_an_instance_that_answers(radarr, version):
    radarr.hook = lambda request: Response(200, {"appName": "Radarr", "version": version})

    assert reach(radarr).status.version == version


@pytest.mark.parametrize("name", ["Whisparr", "Readarr", "Radarr Plus"])
def test_a_fork_is_told_by_the_name_that_it_gives(radarr, name):
    radarr.hook = lambda request: Response(200, {"appName": name, "version": "3.0.0.1"})

    with pytest.raises(ArrWrongProgram, match=f"says that it is {name} 3.0.0.1. Stalkeer works with Radarr and Sonarr"):
        reach(radarr)


def test_a_program_without_a_name_is_not_called_too_old_when_its_version_is_new_enough(radarr):
    radarr.hook = lambda request: Response(200, {"version": "5.1.0.1"})

    with pytest.raises(ArrWrongProgram, match=r"does not say that it is Radarr \(version 5.1.0.1\)"):
        reach(radarr)


def test_what_a_program_says_of_itself_is_shown_in_one_line(radarr):
    radarr.hook = lambda request: Response(200, {"appName": "\x1b[2JEvil\nName" + "x" * 500, "version": "1"})

    with pytest.raises(ArrWrongProgram) as caught:
        reach(radarr)

    assert "\x1b" not in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_a_sonarr_of_the_first_api_is_told_apart(sonarr):
    sonarr.hook = lambda request: (
        Response(200, {"version": "2.0.0.5344"}) if request.path == "/api/system/status" else Response(404)
    )

    with pytest.raises(ArrTooOld):
        reach(sonarr, kind=InstanceKind.SONARR)


def test_some_other_program_is_told_apart(radarr):
    radarr.hook = lambda request: Response(404, {"message": "NotFound"})

    with pytest.raises(ArrWrongProgram, match="has no v3 API"):
        reach(radarr)


@pytest.mark.parametrize("url", ["ftp://radarr", "http://[::1", "http://radarr:port"])
def test_an_address_that_is_none_is_a_matter_of_configuration(radarr, url):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        reach(radarr, url)


def test_no_error_shows_the_key(radarr):
    radarr.hook = traps.broken(400, "no")

    with pytest.raises(ArrRefused) as caught:
        reach(radarr)

    assert radarr.api_key not in str(caught.value)


def test_the_key_travels_in_the_header_only(radarr):
    reach(radarr)

    assert all(radarr.api_key not in str(request.query) for request in radarr.requests)
    assert {request.headers["x-api-key"] for request in radarr.requests} == {radarr.api_key}
