"""Implement the modes of SABnzbd that only read: queue, history, configuration, and values for dashboards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from stalkeer.adapters.files.space import Volume, volume_of
from stalkeer.core.downloads.outward import without_addresses
from stalkeer.core.downloads.overrides import Overrides
from stalkeer.core.downloads.sabnzbd import VERSION, megabytes, readable_size, time_left
from stalkeer.faces.bridge.sabnzbd_request import SabRequest
from stalkeer.jobs.downloads.actions import queue_overrides
from stalkeer.jobs.native.client import Lists, read_lists
from stalkeer.jobs.native.folders import complete_dir, existing_folder, make_category_folder
from stalkeer.store.downloads.statistics import fetched_since, totals
from stalkeer.store.system.health import list_findings

GIGABYTE = 1024**3
USUAL_CATEGORIES = ("movies", "tv", "radarr", "sonarr")
WARNED = {"warning": "WARNING", "error": "ERROR"}


def show_queue(asked: SabRequest) -> dict[str, object]:
    lists = read_lists(asked.app.download_queue, asked.caller.instance)
    chosen = asked.filter
    fitting = chosen.pick(lists.queue)
    numbered = list(enumerate(fitting))[chosen.page]
    left = sum(slot.left for slot in fitting)
    size = sum(slot.size or 0 for slot in fitting)
    left_s = left / lists.speed if lists.speed else None
    totals_shown = {
        "noofslots": len(fitting),
        "noofslots_total": len(lists.queue),
        "start": chosen.start,
        "limit": chosen.limit,
        "mb": megabytes(size),
        "mbleft": megabytes(left),
        "size": readable_size(size),
        "sizeleft": readable_size(left),
        "timeleft": time_left(left_s),
        "eta": "unknown",
        "slots": [slot.to_document(index) for index, slot in numbered],
    }
    return {"queue": _state(asked, lists) | totals_shown}


def show_history(asked: SabRequest) -> dict[str, object]:
    if asked.caller.instance is not None and asked.value("category"):
        make_category_folder(asked.app.settings, asked.caller.instance, asked.value("category"))
    lists = read_lists(asked.app.download_queue, asked.caller.instance)
    chosen = asked.filter
    fitting = chosen.pick_history(lists.history)
    if asked.value("failed_only") == "1":
        fitting = [slot for slot in fitting if slot.fail_message]
    day, week, month, total = _fetched(asked)
    return {
        "history": {
            "paused": _overrides(asked).pause is not None,
            "noofslots": len(fitting),
            "ppslots": 0,
            "day_size": readable_size(day),
            "week_size": readable_size(week),
            "month_size": readable_size(month),
            "total_size": readable_size(total),
            "last_history_update": int(max((slot.ended.timestamp() for slot in lists.history), default=0)),
            "version": VERSION,
            "slots": [slot.to_document() for slot in fitting[chosen.page]],
        }
    }


def show_config(asked: SabRequest) -> dict[str, object]:
    """Answer the configuration that both programs test: no sorting, no automatic clearing of the history, and existing
    folders.
    """
    names = _categories(asked)
    categories: list[dict[str, object]] = [
        {"name": "*", "order": 0, "pp": "3", "script": "None", "dir": "", "newzbin": "", "priority": 0}
    ]
    for order, name in enumerate(names, start=1):
        folder = existing_folder(asked.app.settings, asked.caller.instance, name) if asked.caller.instance else ""
        row = {"name": name, "order": order, "pp": "", "script": "Default", "dir": folder, "newzbin": ""}
        categories.append({**row, "priority": -100})
    misc = {
        "complete_dir": _complete_dir(asked),
        "download_dir": "",
        "tv_categories": [],
        "enable_tv_sorting": False,
        "movie_categories": [],
        "enable_movie_sorting": False,
        "date_categories": [],
        "enable_date_sorting": False,
        "pre_check": False,
        "history_retention": "0",
        "history_retention_option": "all",
        "history_retention_number": 0,
        "bandwidth_max": "",
        "bandwidth_perc": "100",
    }
    return {"config": {"misc": misc, "categories": categories, "servers": [], "sorters": []}}


def show_status(asked: SabRequest) -> dict[str, object]:
    lists = read_lists(asked.app.download_queue, asked.caller.instance)
    running = asked.app.clock() - asked.app.started_at
    more: dict[str, object] = {
        "completedir": _complete_dir(asked),
        "downloaddir": "",
        "uptime": _uptime(running),
        "servers": [],
        "folders": [],
        "warnings": [],
        "loadavg": "",
        "localipv4": None,
        "publicipv4": None,
        "pid": 0,
        "noofslots": len(lists.queue),
        "slots": [],
    }
    return {"status": _state(asked, lists) | more}


def show_server_stats(asked: SabRequest) -> dict[str, object]:
    day, week, month, total = _fetched(asked)
    return {"day": day, "week": week, "month": month, "total": total, "servers": {}}


def show_categories(asked: SabRequest) -> dict[str, object]:
    return {"categories": ["*", *_categories(asked)]}


def show_scripts(_asked: SabRequest) -> dict[str, object]:
    return {"scripts": ["None"]}


def show_warnings(asked: SabRequest) -> dict[str, object]:
    """Return the findings of the health page; none for an instance."""
    if asked.caller.instance is not None:
        return {"warnings": []}
    with asked.app.database.connect() as connection:
        found = list_findings(connection)
    rows = [
        {
            "text": without_addresses(f"{warning.finding.message}. {warning.finding.fix}".strip(". ")),
            "type": WARNED.get(warning.finding.level, "INFO"),
            "time": int(warning.since.timestamp()),
            "origin": warning.finding.check,
        }
        for warning in found
    ]
    return {"warnings": rows}


# --- parts ---------------------------------------------------------------------------------------------------------


def _state(asked: SabRequest, lists: Lists) -> dict[str, object]:
    """Return the fields that queue and status share."""
    overrides, now = _overrides(asked), asked.app.clock()
    pause, limit = overrides.pause, overrides.speed
    rate = limit.rate if limit else asked.app.settings.downloads.bandwidth_limit
    is_busy = any(slot.status == "Downloading" for slot in lists.queue)
    status = "Paused" if pause else "Downloading" if is_busy else "Idle"
    pause_left = "0" if pause is None or pause.until is None else time_left((pause.until - now).total_seconds())
    return {
        "version": VERSION,
        "status": status,
        "paused": pause is not None,
        "paused_all": pause is not None,
        "pause_int": pause_left,
        "speed": readable_size(lists.speed).removesuffix("B").strip(),
        "kbpersec": f"{lists.speed / 1024:.2f}",
        "speedlimit": "100",
        "speedlimit_abs": str(rate or ""),
        "have_warnings": "0",
        "finishaction": None,
        "quota": "0 ",
        "have_quota": False,
        "left_quota": "0 ",
        "cache_art": "0",
        "cache_size": "0 B",
        **_disks(asked),
    }


def _disks(asked: SabRequest) -> dict[str, object]:
    directories = asked.app.settings.directories
    shown: dict[str, object] = {}
    for number, folder in ((1, directories.temp), (2, directories.movies)):
        volume = _volume(folder)
        shown[f"diskspace{number}"] = f"{volume.free / GIGABYTE:.2f}"
        shown[f"diskspacetotal{number}"] = f"{volume.size / GIGABYTE:.2f}"
        shown[f"diskspace{number}_norm"] = readable_size(volume.free)
    return shown


def _volume(folder: Path) -> Volume:
    try:
        return volume_of(folder)
    except OSError:  # the disk is missing, which the health page reports
        return Volume(0, 0, 0)


def _overrides(asked: SabRequest) -> Overrides:
    return queue_overrides(asked.app.download_queue)


def _fetched(asked: SabRequest) -> tuple[int, int, int, int]:
    """Return the bytes of the last day, week and month, and in total.

    They are left out for instances, which ask every minute and do not read them.
    """
    if asked.caller.instance is not None:
        return 0, 0, 0, 0
    now = asked.app.clock()
    with asked.app.database.connect() as connection:
        day, week, month = (fetched_since(connection, now - timedelta(days=days)) for days in (1, 7, 30))
        return day, week, month, totals(connection).bytes_fetched


def _categories(asked: SabRequest) -> list[str]:
    instance = asked.caller.instance
    own = () if instance is None else (instance.slug, f"stalkeer-{instance.slug}")
    return list(dict.fromkeys((*USUAL_CATEGORIES, *own)))


def _complete_dir(asked: SabRequest) -> str:
    if asked.caller.instance is not None:
        return complete_dir(asked.app.settings, asked.caller.instance)
    return str(asked.app.settings.directories.movies)


def _uptime(running: timedelta) -> str:
    hours = int(running.total_seconds()) // 3600
    return f"{hours // 24}d" if hours >= 24 else f"{hours}h"


READS: Mapping[str, Callable[[SabRequest], dict[str, object]]] = {
    "queue": show_queue,
    "history": show_history,
    "get_config": show_config,
    "fullstatus": show_status,
    "status": show_status,
    "server_stats": show_server_stats,
    "get_cats": show_categories,
    "get_scripts": show_scripts,
    "warnings": show_warnings,
}
