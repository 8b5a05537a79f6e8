"""Implement the modes of SABnzbd that change something. An instance may change only its own grabs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from stalkeer.core.downloads.sabnzbd import is_paused_on_arrival, read_priority, read_speed
from stalkeer.errors import Conflict, InvalidInput
from stalkeer.faces.bridge.sabnzbd_request import SabRequest
from stalkeer.jobs.downloads.actions import Verb, end_speed_limit, limit_speed, pause_queue, resume_queue
from stalkeer.jobs.native.client import read_lists
from stalkeer.jobs.native.grabbing import GrabRefused, GrabWish, take_grab


@dataclass(frozen=True)
class Change:
    """Describe a change.

    `is_of_grabs` allows it to bridge keys, because it changes only the grabs of their instance.
    """

    carry_out: Callable[[SabRequest], dict[str, object]]
    is_of_grabs: bool = False


DONE: Mapping[str, object] = {"status": True}


def add_file(asked: SabRequest) -> dict[str, object]:
    if asked.nzb is None:
        raise GrabRefused("The request holds no NZB file")
    sent = asked.value("priority")
    wish = GrabWish(asked.caller.instance, asked.value("cat"), read_priority(sent), is_paused_on_arrival(sent))
    return {"status": True, "nzo_ids": [take_grab(asked.app.download_queue, asked.app.secrets, asked.nzb, wish)]}


def refuse_address(_asked: SabRequest) -> dict[str, object]:
    raise Conflict("Stalkeer downloads nothing by an address of an NZB: download the item on its page, or in Radarr")


def refuse_retry(_asked: SabRequest) -> dict[str, object]:
    raise Conflict("A release that failed or was cancelled cannot be tried again: its instance has forgotten its id")


def refuse_power(_asked: SabRequest) -> dict[str, object]:
    raise Conflict("Stalkeer is not stopped or set up by this API; use its own page or command line")


def delete_queued(asked: SabRequest) -> dict[str, object]:
    queued, _ = _listed(asked)
    return {"status": True, "nzo_ids": asked.changer.delete_queued(_ids(asked, queued))}


def purge_queue(asked: SabRequest) -> dict[str, object]:
    lists = read_lists(asked.app.download_queue, asked.caller.instance)
    ids = [slot.nzo_id for slot in asked.filter.pick(lists.queue)]
    return {"status": True, "nzo_ids": asked.changer.delete_queued(ids)}


def delete_ended(asked: SabRequest) -> dict[str, object]:
    _, ended = _listed(asked)
    return {"status": True, "nzo_ids": asked.changer.delete_ended(_ids(asked, ended))}


def pause_some(asked: SabRequest) -> dict[str, object]:
    return {"status": True, "nzo_ids": asked.changer.act(asked.ids(), Verb.PAUSE)}


def resume_some(asked: SabRequest) -> dict[str, object]:
    return {"status": True, "nzo_ids": asked.changer.act(asked.ids(), Verb.RESUME)}


def change_priority(asked: SabRequest) -> dict[str, object]:
    return {"status": True, "position": -1, "nzo_ids": asked.changer.set_priority(asked.ids(), asked.value("value2"))}


def switch(asked: SabRequest) -> dict[str, object]:
    """Move a download before another one, or to a place in the queue."""
    queued, _ = _listed(asked)
    other = asked.value("value2")
    if other.isascii() and other.isdigit() and queued:
        other = queued[min(int(other[:9]), len(queued) - 1)]
    asked.changer.move(asked.value("value"), other)
    return {"result": {"priority": 0, "position": 0}, "status": True}


def pause_all(asked: SabRequest) -> dict[str, object]:
    pause_queue(asked.app.download_queue)
    return dict(DONE)


def resume_all(asked: SabRequest) -> dict[str, object]:
    resume_queue(asked.app.download_queue)
    return dict(DONE)


def pause_for(asked: SabRequest) -> dict[str, object]:
    """Pause for some minutes; 0 resumes."""
    minutes = asked.number("value")
    if minutes:
        pause_queue(asked.app.download_queue, timedelta(minutes=minutes))
    else:
        resume_queue(asked.app.download_queue)
    return dict(DONE)


def limit_bandwidth(asked: SabRequest) -> dict[str, object]:
    """Limit the speed temporarily: a share of `downloads.bandwidth_limit`, or a rate such as 4.5M. 0 or 100 ends the
    limit.
    """
    line = asked.app.settings.downloads.bandwidth_limit or 0
    rate = read_speed(asked.value("value"), line)
    if rate is None:
        raise InvalidInput(
            "This is no speed limit: send a rate such as 800K or 4.5M, or set downloads.bandwidth_limit, of which a "
            "number is a share"
        )
    if rate:
        limit_speed(asked.app.download_queue, rate)
    else:
        end_speed_limit(asked.app.download_queue)
    return dict(DONE)


def keep_warnings(_asked: SabRequest) -> dict[str, object]:
    raise Conflict("A warning goes by itself once its cause is mended; Stalkeer's health page says how")


def _listed(asked: SabRequest) -> tuple[list[str], list[str]]:
    lists = read_lists(asked.app.download_queue, asked.caller.instance)
    return [slot.nzo_id for slot in lists.queue], [slot.nzo_id for slot in lists.history]


def _ids(asked: SabRequest, listed: Sequence[str]) -> list[str]:
    return list(listed) if asked.value("value") == "all" else asked.ids()


CHANGES: Mapping[tuple[str, str], Change] = {
    ("addfile", ""): Change(add_file, is_of_grabs=True),
    ("addurl", ""): Change(refuse_address),
    ("addlocalfile", ""): Change(refuse_address),
    ("retry", ""): Change(refuse_retry, is_of_grabs=True),
    ("retry_all", ""): Change(refuse_retry),
    ("queue", "delete"): Change(delete_queued, is_of_grabs=True),
    ("queue", "purge"): Change(purge_queue),
    ("queue", "pause"): Change(pause_some, is_of_grabs=True),
    ("queue", "resume"): Change(resume_some, is_of_grabs=True),
    ("queue", "priority"): Change(change_priority, is_of_grabs=True),
    ("history", "delete"): Change(delete_ended, is_of_grabs=True),
    ("switch", ""): Change(switch),
    ("pause", ""): Change(pause_all),
    ("resume", ""): Change(resume_all),
    ("config", "set_pause"): Change(pause_for),
    ("config", "speedlimit"): Change(limit_bandwidth),
    ("speedlimit", ""): Change(limit_bandwidth),
    ("warnings", "clear"): Change(keep_warnings),
    ("shutdown", ""): Change(refuse_power),
    ("restart", ""): Change(refuse_power),
    ("set_config", ""): Change(refuse_power),
}
