import pytest
from pydantic import TypeAdapter

from stalkeer.adapters.arr.commands import issue_command
from stalkeer.adapters.arr.reading import read_tags
from stalkeer.demo.http import Response
from stalkeer.errors import ArrRefused, ArrUnreachable, ArrWrongProgram
from tests.doubles import arr_traps as traps

ANYTHING = TypeAdapter(object)


def paths(server):
    return [(request.method, request.path.removeprefix("/api/v3/")) for request in server.requests]


@pytest.mark.parametrize("trouble", [traps.hung_up, traps.bad_gateway, traps.broken(500), traps.too_many(1)])
def test_a_question_is_asked_again_after_a_moments_trouble(radarr, radarr_client, trouble):
    radarr.hook = traps.on("/tag", trouble, times=2)

    assert read_tags(radarr_client) == {}
    assert len(radarr.requests) == 3


def test_a_question_is_not_asked_for_ever(radarr, radarr_client):
    radarr.hook = traps.on("/tag", traps.bad_gateway)

    with pytest.raises(ArrUnreachable, match="it answered 502"):
        read_tags(radarr_client)
    assert len(radarr.requests) == 4


def test_a_refusal_is_not_asked_again(radarr, radarr_client):
    radarr.hook = traps.on("/tag", traps.refused_with_list("Label", "must not be empty"))

    with pytest.raises(ArrRefused, match="Label: must not be empty"):
        read_tags(radarr_client)
    assert len(radarr.requests) == 1


@pytest.mark.parametrize(("status", "asked"), [(503, 2), (429, 2), (500, 1), (502, 1), (504, 1)])
def test_a_command_is_sent_again_only_where_it_surely_was_not_taken(radarr, radarr_client, status, asked):
    radarr.hook = traps.on("/command", traps.broken(status), method="POST", times=1)

    if asked == 1:
        with pytest.raises(ArrUnreachable):
            issue_command(radarr_client, "RefreshMonitoredDownloads")
    else:
        issue_command(radarr_client, "RefreshMonitoredDownloads")
    assert paths(radarr) == [("POST", "command")] * asked


def test_a_command_whose_answer_was_lost_is_not_sent_again(radarr, radarr_client):
    radarr.hook = traps.on("/command", traps.hung_up, method="POST", times=1)

    with pytest.raises(ArrUnreachable, match="connection broke"):
        issue_command(radarr_client, "RefreshMonitoredDownloads")
    assert len(radarr.requests) == 1


def test_a_down_instance_is_left_alone_for_a_while(radarr, radarr_client, clock):
    radarr.hook = traps.bad_gateway
    for _ in range(3):
        with pytest.raises(ArrUnreachable):
            read_tags(radarr_client)
    asked = len(radarr.requests)

    with pytest.raises(ArrUnreachable, match="it is asked again in"):
        read_tags(radarr_client)
    assert len(radarr.requests) == asked

    radarr.hook = None
    clock.advance(15)
    assert read_tags(radarr_client) == {}


def test_an_inner_error_of_the_instance_does_not_count_as_being_down(radarr, radarr_client):
    radarr.hook = traps.on("/tag", traps.broken(500))
    for _ in range(5):
        with pytest.raises(ArrUnreachable, match="database is locked"):
            read_tags(radarr_client)


def test_a_redirect_is_not_followed_with_the_key(radarr, radarr_client):
    radarr.hook = lambda request: Response(307, headers={"Location": "http://elsewhere.example/api/v3/tag?apikey=x"})

    with pytest.raises(ArrWrongProgram, match=r"the answer is a redirect to http://elsewhere\.example/api/v3/tag\."):
        read_tags(radarr_client)


def test_flags_and_lists_are_written_as_the_programs_read_them(radarr, radarr_client):
    radarr_client.get(ANYTHING, "moviefile", {"movieFileIds": [1, 2]})
    radarr_client.get(ANYTHING, "movie", {"excludeLocalCovers": True})

    assert radarr.requests[0].repeated["movieFileIds"] == ("1", "2")
    assert radarr.requests[1].query["excludeLocalCovers"] == "true"
    assert radarr.violations == []
