"""An Xtream panel with every quirk at once, each as it was met in the wild (panels, and clients' issue lists)."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

FILMS = [
    {
        "num": 1,
        "name": "Tom &amp; Jerry",
        "title": "ignored",
        "year": "1992",
        "stream_type": "movie",
        "stream_id": "1",
        "stream_icon": "http://i.example/1.jpg",
        "rating": "7.1",
        "added": "1600000000",
        "category_id": "5",
        "container_extension": "MKV",
        "tmdb": "101",
        "direct_source": "http://evil.example/{password}",
    },
    {"stream_id": 2, "name": None, "category_id": None, "container_extension": None, "added": "", "year": "n/a"},
    {"stream_id": 3.0, "name": "Line\nbreak", "category_ids": [5], "stream_icon": ["x"], "tmdb_id": 0},
    {"stream_id": 4, "name": "Four", "category_id": 5, "container_extension": "../../etc"},
    {"name": "no id"},
    None,
    [],
    "text",
]
SERIES = {
    "0": {
        "series_id": "9",
        "name": "Dark Harbour",
        "category_id": "7",
        "last_modified": "1700000000",
        "backdrop_path": "x",
    },
    "1": {"series_id": 10, "title": "Only a title", "backdrop_path": [], "year": None},
    "2": {"name": "no id"},
}
CHANNELS = [{"stream_id": 30, "name": "News", "category_id": "2"}]


class HostilePanel:
    """Listens from `with` to its end, under any base path.

    `answers` holds the raw body for each action, `statuses` the status where it is not 200.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.statuses: dict[str, int] = {}
        self.answers: dict[str, bytes] = {
            "": json.dumps({"user_info": {"auth": "1", "status": "Active", "max_connections": "1"}}).encode(),
            "get_vod_categories": b'[{"category_id":5,"category_name":"Films &amp; more"},null]',
            "get_vod_streams": json.dumps(FILMS).replace("\\n", "\n").encode(),
            "get_series_categories": b"",
            "get_series": json.dumps(SERIES).encode(),
            "get_live_categories": b"<html>gone</html>",
            "get_live_streams": json.dumps(CHANNELS).encode(),
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        panel = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                panel.asked.append(self.path)
                action = parse_qs(urlsplit(self.path).query).get("action", [""])[0]
                body = panel.answers.get(action, b"[]")
                self.send_response(panel.statuses.get(action, 200))
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
