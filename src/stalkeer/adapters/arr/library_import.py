"""Hand over a file that is already in the library folder: let the instance scan the folder, then check for the file.

This is the last resort: the instance applies no rules, renames nothing and sends no notification of the file.
"""

from __future__ import annotations

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.commands import read_command, rescan_movie, rescan_series
from stalkeer.adapters.arr.confirm import files_of
from stalkeer.adapters.arr.handover import FIRST_LOOK_S, QUEUED_LOOK_S, RUNNING_LOOK_S
from stalkeer.adapters.arr.outcomes import (
    EpisodesTarget,
    HandOverFailed,
    HandOverOutcome,
    HandOverRequest,
    Imported,
    MovieTarget,
    Pending,
)
from stalkeer.adapters.arr.paths import PathMap, is_same_path
from stalkeer.adapters.arr.values import CommandState


def take_in_place(client: ArrClient, request: HandOverRequest, paths: PathMap) -> HandOverOutcome:
    """Take one step, like `hand_over`: look for the file, rescan the folder, look again."""
    path = paths.to_remote(request.file)
    found = find_in_place(client, request, path)
    if found is not None:
        return found
    if request.command_id is None:
        return Pending(_rescan(client, request.target).id, FIRST_LOOK_S)
    command = read_command(client, request.command_id)
    if command is not None and not command.has_ended:
        return Pending(command.id, QUEUED_LOOK_S if command.status == "queued" else RUNNING_LOOK_S)
    found = find_in_place(client, request, path)
    if found is not None:
        return found
    return HandOverFailed(
        f"{client.address.label} scanned the folder and did not import {path}. It must see the file under that path "
        "and recognise its name as this item; see its log.",
        is_transient=True,
    )


def _rescan(client: ArrClient, target: MovieTarget | EpisodesTarget) -> CommandState:
    if isinstance(target, MovieTarget):
        return rescan_movie(client, target.movie_id)
    return rescan_series(client, target.series_id)


def find_in_place(client: ArrClient, request: HandOverRequest, path: str) -> Imported | None:
    """Return the item's file if its path is `path`."""
    for file in files_of(client, request):
        if is_same_path(file.path, path):
            return Imported(file.id, file.path)
    return None
