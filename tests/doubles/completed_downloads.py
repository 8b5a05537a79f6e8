"""The download-client side of a Radarr or a Sonarr, as strict as both programs read SABnzbd's API.

What it demands stands in the notes on their clients: the words of `status`, `timeleft` as a time, keys that must be
there, a category that must be equal. A poll that meets anything else throws as a whole. It imports from `storage` by
moving the file, marks what failed, deletes from history, blocklists and searches again.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request as OutgoingRequest
from urllib.request import urlopen

from stalkeer.demo import imports
from stalkeer.demo.arr import ArrServer, QueueRemoval
from stalkeer.demo.arr_answers import moment
from stalkeer.demo.arr_files import video_files
from stalkeer.demo.radarr import Radarr
from stalkeer.demo.sonarr import Sonarr

STATUSES = frozenset(
    [
        *("Grabbing", "Queued", "Paused", "Checking", "Downloading", "QuickCheck", "Verifying", "Repairing"),
        *("Fetching", "Extracting", "Moving", "Running", "Completed", "Failed", "Deleted", "Propagating"),
    ]
)
PRIORITIES = frozenset({"Default", "Paused", "Low", "Normal", "High", "Force"})
WARNING = "Unpacking failed, write error or disk is full?"
HISTORY_LIMIT = 60
BOUNDARY = "-----------------------------8df4f0f4a6e9d7c"

# (method, path with query, body, content type) -> (status, body)
Send = Callable[[str, str, bytes, str], tuple[int, bytes]]


class PollFailed(Exception):  # noqa: N818 - what the program notes as a failure of its client
    """The whole poll threw: a client failure is recorded, and everything vanishes from the queue for now."""


class RejectedRelease(Exception):  # noqa: N818
    """The client did not take the release."""


@dataclass
class Tracked:
    """A download as the program follows it."""

    nzo_id: str
    title: str
    item_id: int | None = None  # of the movie or the first episode; None: not grabbed by the program
    state: str = "downloading"
    status: str = "ok"
    messages: list[str] = field(default_factory=list)
    fail_message: str = ""
    asked_user: bool = False
    row_id: int = 0


@dataclass
class CompletedDownloads:
    """Drives `arr`'s queue, history and blocklist from what the client at `send` answers."""

    arr: ArrServer
    send: Send
    key: str
    category: str
    tracked: dict[str, Tracked] = field(default_factory=dict)
    searched: list[int] = field(default_factory=list)  # items that were searched again
    removes_completed: bool = True
    removes_failed: bool = True
    _rows: int = 0

    def __post_init__(self) -> None:
        self.arr.queue_removed = self._removed_by_user

    # --- requests

    def ask(self, mode: str, **query: object) -> dict[str, Any]:
        """Ask as both programs do; raises PollFailed where they would throw."""
        status, body = self.send("GET", self._path(mode, query), b"", "")
        return self._read(mode, status, body)

    def _path(self, mode: str, query: Mapping[str, object]) -> str:
        return f"/sabnzbd/api?{urlencode({'mode': mode, **query, 'apikey': self.key, 'output': 'json'})}"

    def _read(self, mode: str, status: int, body: bytes) -> dict[str, Any]:
        if status >= 400:
            raise PollFailed(f"{mode}: unable to connect to SABnzbd, HTTP {status}")
        try:
            document = json.loads(body)
        except ValueError as error:
            raise PollFailed(f"{mode}: no JSON") from error
        if document.get("status") is False:
            raise PollFailed(f"{mode}: error response received from SABnzbd: {document.get('error')}")
        return document

    def test(self) -> list[str]:
        """What the Test button says; nothing where all is well."""
        version = self.ask("version").get("version", "")
        found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+|x)", version)
        if found is None or (int(found[1]), int(found[2])) < (0, 7):
            return [f"Unknown version: {version}"]
        try:
            config = self._config()
        except PollFailed as error:
            if "API Key Incorrect" in str(error):
                return ["API Key Incorrect"]
            return ["API Key Required"] if "API Key Required" in str(error) else [str(error)]
        misc, problems = config["misc"], []
        if misc["pre_check"]:
            problems.append("Disable 'Check before download' option in SABnzbd")
        if self.category not in [one["name"] for one in config["categories"]]:
            problems.append("Category does not exist")
        for kind in ("tv", "movie"):
            if misc[f"enable_{kind}_sorting"] and self.category in misc[f"{kind}_categories"]:
                problems.append("Disable sorting")
        return problems

    def _config(self) -> dict[str, Any]:
        config = self.ask("get_config")["config"]
        for category in config["categories"]:
            assert isinstance(category["dir"], str), "TrimEnd of null throws"
            assert not category["dir"].endswith("*")
            assert isinstance(category["priority"], int)
        assert isinstance(config["misc"]["history_retention_number"], int)
        assert isinstance(config["misc"]["complete_dir"], str)
        assert isinstance(config["sorters"], list)
        assert isinstance(config["servers"], list)
        return config

    def output_folder(self) -> str:
        """The folder that the health check looks for."""
        config = self._config()
        folder = next(one["dir"] for one in config["categories"] if one["name"] == self.category)
        return str(PurePosixPath(config["misc"]["complete_dir"]) / folder)

    # --- grabbing

    def grab(self, title: str, nzb: bytes, item_id: int, priority: int = -100) -> str:
        """Hand an NZB over for an item. Raises RejectedRelease for `nzo_ids: []`."""
        part = f'Content-Disposition: form-data; name="name"; filename="{title}.nzb"'
        head = f"--{BOUNDARY}\r\n{part}\r\nContent-Type: application/x-nzb\r\n\r\n"
        body = head.encode() + nzb + f"\r\n--{BOUNDARY}--\r\n".encode()
        path = self._path("addfile", {"cat": self.category, "priority": priority})
        status, answer = self.send("POST", path, body, f"multipart/form-data; boundary={BOUNDARY}")
        ids = self._read("addfile", status, answer).get("nzo_ids") or []
        if not ids:
            raise RejectedRelease(title)
        nzo_id = str(ids[0])
        assert nzo_id not in self.tracked, "history rows key on the id: it must be new for ever"
        tracked = Tracked(nzo_id, title, item_id)
        self.tracked[nzo_id] = tracked
        self._note("grabbed", tracked, {"downloadClient": "Stalkeer"})
        self._show(tracked)
        self.arr.notifier.tell("onGrab", "Grab", self._named(tracked)) if isinstance(self.arr, Radarr) else None
        return nzo_id

    # --- polling

    def poll(self) -> None:
        """One refresh of the monitored downloads: queue, history, then what follows."""
        queue = [row for row in self._queue() if row["cat"] == self.category]
        history = [row for row in self._history() if row["category"] == self.category]
        ended = {row["nzo_id"] for row in history}
        queue = [row for row in queue if row["nzo_id"] not in ended]  # it ended between the two requests
        seen = {row["nzo_id"] for row in queue} | ended
        assert len(seen) == len(queue) + len(history), "an item stands twice in one list"
        for nzo_id in set(self.tracked) - seen:
            self._forget(nzo_id)
        for row in queue:
            self._follow_queue(row)
        for row in history:
            self._follow_history(row)

    def poll_without_import(self) -> None:
        """A refresh that is cut off before the imports: the program knows of what is ready."""
        for row in self._history():
            if row["category"] == self.category and row["status"] == "Completed":
                tracked = self._track(row["nzo_id"], row["name"])
                tracked.state = "importPending"
                self._show(tracked, "completed")

    def _queue(self) -> list[dict[str, Any]]:
        answer = self.ask("queue", start=0, limit=0)["queue"]
        if not isinstance(answer["paused"], bool):
            raise PollFailed("paused")
        return [self._checked_queue(row) for row in answer["slots"]]

    def _checked_queue(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            assert row["status"] in STATUSES, row["status"]
            assert row["status"] != "Completed", "completed, and still in the queue without a path"
            assert row["priority"] in PRIORITIES, row["priority"]
            assert re.fullmatch(r"(\d+:){2,3}\d+", row["timeleft"]), row["timeleft"]
            assert isinstance(row["index"], int)
            assert isinstance(row["filename"], str)
            assert isinstance(row["cat"], str)
            assert isinstance(row["nzo_id"], str)
            assert 0 <= int(row["percentage"]) <= 100
            assert float(row["mb"]) >= float(row["mbleft"]) >= 0
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            raise PollFailed(f"queue: {error!r} in {row}") from error
        return row

    def _history(self) -> list[dict[str, Any]]:
        answer = self.ask("history", start=0, limit=HISTORY_LIMIT, category=self.category)["history"]
        assert len(answer["slots"]) <= HISTORY_LIMIT
        return [self._checked_history(row) for row in answer["slots"]]

    def _checked_history(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            assert row["status"] in STATUSES, row["status"]
            for name in ("bytes", "download_time"):
                assert type(row[name]) is int, name
            for name in ("fail_message", "category", "nzb_name", "storage", "nzo_id", "name"):
                assert isinstance(row[name], str), name
        except (AssertionError, KeyError) as error:
            raise PollFailed(f"history: {error!r} in {row}") from error
        return row

    def _follow_queue(self, row: Mapping[str, Any]) -> None:
        tracked = self._track(row["nzo_id"], row["filename"])
        if row["filename"].startswith("ENCRYPTED /"):
            self._fail(tracked, "Encrypted download detected")
            return
        tracked.state, tracked.status, tracked.messages = "downloading", "ok", []
        words = {"Paused": "paused", "Queued": "queued", "Grabbing": "queued", "Propagating": "queued"}
        self._show(tracked, words.get(row["status"], "downloading"))

    def _follow_history(self, row: Mapping[str, Any]) -> None:
        tracked = self._track(row["nzo_id"], row["name"])
        if row["status"] == "Completed":
            if tracked.state not in ("imported", "ignored"):
                self._complete(tracked, row)
        elif row["status"] == "Failed" and row["fail_message"] == WARNING:
            tracked.state, tracked.status, tracked.messages = "downloading", "warning", [WARNING]
            self._show(tracked, "warning")
        elif row["status"] == "Failed":
            self._fail(tracked, row["fail_message"])

    def _track(self, nzo_id: str, title: str) -> Tracked:
        """A download that nobody grabbed is followed too, by its category: it is imported where its title parses."""
        return self.tracked.setdefault(nzo_id, Tracked(nzo_id, title))

    # --- completed

    def _complete(self, tracked: Tracked, row: Mapping[str, Any]) -> None:
        output = self._output(row)
        if output is None or not output.exists():
            self._block(tracked, f"No files found are eligible for import in {row['storage']}")
            return
        files = [output] if output.is_file() else video_files(output)
        problems = [self._import(path, output, tracked) for path in files]
        told = [problem for problem in problems if problem]
        if told or not files:
            self._block(tracked, *(told or [f"No files found are eligible for import in {row['storage']}"]))
            return
        tracked.state, tracked.status, tracked.messages = "imported", "ok", []
        self._show(tracked, "completed")
        if self.removes_completed:
            shutil.rmtree(output, ignore_errors=True) if output.is_dir() else output.unlink(missing_ok=True)
            self.ask("history", name="delete", del_files=1, archive=1, value=tracked.nzo_id)
            self._forget(tracked.nzo_id)

    def _output(self, row: Mapping[str, Any]) -> Path | None:
        """The highest folder that is called like the release, else the path itself."""
        if not row["storage"]:
            return None
        path = PurePosixPath(row["storage"])
        named = [one for one in path.parents if one.name == row["name"]]
        return self.arr.real(str(named[-1] if named else path))

    def _import(self, path: Path, folder: Path, tracked: Tracked) -> str | None:
        """Import one file; its problem where it is not taken."""
        candidate = imports.look_at(path, folder, self.arr.program)
        more = {"downloadId": tracked.nzo_id, "importMode": "move"}
        if isinstance(self.arr, Radarr):
            movie = self.arr.identify((folder.name, *candidate.names))
            found = self.arr._rejections(candidate, movie, candidate.quality.id)
            if not found and movie is not None:
                with self.arr.lock:
                    self.arr._import(path, movie, "move", more)
        else:
            assert isinstance(self.arr, Sonarr)
            series, episodes, _ = self.arr.identify(path.stem)
            found = self.arr._imports._rejections(candidate, series, episodes, candidate.quality.id)
            if not found and series is not None:
                with self.arr.lock:
                    self.arr._imports.take_in(path, series, episodes, more)
        return "; ".join(str(one["reason"]) for one in found) or None

    def _block(self, tracked: Tracked, *messages: str) -> None:
        tracked.state, tracked.status, tracked.messages = "importBlocked", "warning", list(messages)
        self._show(tracked, "completed")
        if not tracked.asked_user and isinstance(self.arr, Radarr):
            tracked.asked_user = True
            told = [{"title": tracked.title, "messages": list(messages)}]
            body = self._named(tracked) | {"downloadStatusMessages": told}
            self.arr.notifier.tell("onManualInteractionRequired", "ManualInteractionRequired", body)

    # --- failed

    def _fail(self, tracked: Tracked, reason: str) -> None:
        if tracked.item_id is None:
            tracked.status, tracked.messages = "warning", ["Download wasn't grabbed by us and not in a category"]
            self._show(tracked, "failed")
            return
        if tracked.state != "failed":
            tracked.state, tracked.fail_message = "failed", reason
            self._note("downloadFailed", tracked, {"message": reason})
            self._blocklist(tracked, reason)
            self.searched.append(tracked.item_id)
        if self.removes_failed:
            self.ask("history", name="delete", del_files=1, archive=0, value=tracked.nzo_id)
            self._forget(tracked.nzo_id)

    def _blocklist(self, tracked: Tracked, reason: str) -> None:
        row = {"id": len(self.arr.blocklist) + 1, "sourceTitle": tracked.title, "date": moment(), "message": reason}
        self.arr.blocklist.append(row | self._ids(tracked))

    # --- the program's own lists

    def _removed_by_user(self, row: dict[str, Any], wish: QueueRemoval) -> None:
        tracked = self.tracked.pop(str(row.get("downloadId")), None)
        if tracked is None:
            return
        if wish.blocklist:
            self._blocklist(tracked, "Manually marked as failed")
            self._note("downloadFailed", tracked, {"message": "Manually marked as failed"})
        else:
            self._note("downloadIgnored", tracked, {"message": "Manually ignored"})
        if wish.from_client:
            path = "queue" if tracked.state == "downloading" else "history"
            more = {} if path == "queue" else {"archive": 1}
            self.ask(path, name="delete", del_files=1, value=tracked.nzo_id, **more)

    def remove(self, nzo_id: str, *, from_client: bool = True, blocklist: bool = False) -> None:
        """A user removes it from the program's queue."""
        row = next(one for one in self.arr.queue if one.get("downloadId") == nzo_id)
        self.arr.queue.remove(row)
        self._removed_by_user(row, QueueRemoval(from_client, blocklist))

    def _forget(self, nzo_id: str) -> None:
        self.tracked.pop(nzo_id, None)
        self.arr.queue[:] = [row for row in self.arr.queue if row.get("downloadId") != nzo_id]

    def _show(self, tracked: Tracked, status: str = "queued") -> None:
        with self.arr.lock:
            if not tracked.row_id:
                self._rows += 1
                tracked.row_id = self._rows
            row = {
                "id": tracked.row_id,
                "downloadId": tracked.nzo_id,
                "title": tracked.title,
                "status": status,
                "trackedDownloadStatus": tracked.status,
                "trackedDownloadState": tracked.state,
                "statusMessages": [{"title": tracked.title, "messages": tracked.messages}] if tracked.messages else [],
                "downloadClient": "Stalkeer",
                "protocol": "usenet",
            }
            others = [one for one in self.arr.queue if one.get("downloadId") != tracked.nzo_id]
            self.arr.queue[:] = [*others, row | self._ids(tracked)]

    def _note(self, event: str, tracked: Tracked, details: Mapping[str, str]) -> None:
        with self.arr.lock:
            ids = {"downloadId": tracked.nzo_id} | self._ids(tracked)
            self.arr.note_history(event, tracked.title, data=dict(details), quality={}, **ids)

    def _ids(self, tracked: Tracked) -> dict[str, Any]:
        if tracked.item_id is None:
            return {}
        if isinstance(self.arr, Radarr):
            return {"movieId": tracked.item_id}
        assert isinstance(self.arr, Sonarr)
        series = next(e.series_id for e in self.arr.episodes() if e.id == tracked.item_id)
        return {"episodeId": tracked.item_id, "seriesId": series}

    def _named(self, tracked: Tracked) -> dict[str, Any]:
        return {"movie": {"id": tracked.item_id, "title": tracked.title}, "downloadId": tracked.nzo_id}


def over_http(client: Mapping[str, Any]) -> tuple[Send, str, str]:
    """How a saved download client is reached: the way to it, its key and its category."""
    values = {one["name"]: one.get("value") for one in client["fields"]}
    scheme = "https" if values.get("useSsl") else "http"
    base = str(values.get("urlBase") or "").strip("/")
    url = f"{scheme}://{values['host']}:{values['port']}/{base}".rstrip("/")

    def send(method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        # both programs put `/api` behind the URL base
        address = url + path.removeprefix("/sabnzbd")
        request = OutgoingRequest(address, body or None, {"Content-Type": kind} if kind else {}, method=method)
        try:
            with urlopen(request, timeout=100) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    return send, str(values["apiKey"]), str(values.get("movieCategory") or values.get("tvCategory") or "")
