"""Webhooks of the demo's programs are tried at saving and told of imports."""

from __future__ import annotations

from stalkeer.demo.http import ApiRequest, JsonServer, Response


class Listener(JsonServer):
    status = 200

    def answer(self, request: ApiRequest) -> Response:
        return Response(self.status)


def webhook(url: str, **switches: bool) -> dict:
    fields = [{"name": "url", "value": url}, {"name": "method", "value": 1}]
    row = {"name": "Stalkeer", "implementation": "Webhook", "configContract": "WebhookSettings", "fields": fields}
    return row | switches


def test_saving_sends_a_test_event_first(radarr, ask_radarr):
    with Listener() as listener:
        url = f"http://127.0.0.1:{listener.port}/hook"

        status, saved = ask_radarr("POST", "/api/v3/notification", webhook(url, onDownload=True))

        assert (status, saved["id"]) == (201, 1)
        assert listener.requests[0].json()["eventType"] == "Test"


def test_any_error_of_the_listener_refuses_the_saving(radarr, ask_radarr):
    with Listener() as listener:
        listener.status = 404

        status, errors = ask_radarr("POST", "/api/v3/notification", webhook(f"http://127.0.0.1:{listener.port}/hook"))

    assert status == 400 and errors[0]["propertyName"] == "Url" and radarr.notifications == []


def test_an_import_is_told_to_those_who_want_it(radarr, ask_radarr, tmp_path):
    film = radarr.add_movie("Some Film", 2020)
    (tmp_path / "some.mkv").write_bytes(b"x")
    with Listener() as listener:
        ask_radarr("POST", "/api/v3/notification", webhook(f"http://127.0.0.1:{listener.port}/", onDownload=True))

        ask_radarr.run("ManualImport", files=[{"path": str(tmp_path / "some.mkv"), "movieId": film.id}])

        event = listener.requests[-1].json()
    assert (event["eventType"], event["movie"]["id"], event["isUpgrade"]) == ("Download", film.id, False)


def test_a_connection_can_be_removed(radarr, ask_radarr):
    with Listener() as listener:
        ask_radarr("POST", "/api/v3/notification", webhook(f"http://127.0.0.1:{listener.port}/"))

    assert ask_radarr("DELETE", "/api/v3/notification/1").status == 200
    assert ask_radarr.get("notification") == []
