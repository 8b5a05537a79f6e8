"""Hand a finished file over to its instance, step by step. A crash between steps neither loses nor repeats anything.

A step first checks whether the instance has the file, then how an earlier command is doing, and only then issues a
command. The command names the item by id. The instance's own rules are checked first, because the command skips them.
"""

from __future__ import annotations

import re

from stalkeer.adapters.arr.client import ArrClient
from stalkeer.adapters.arr.commands import find_import_of, issue_command, read_command
from stalkeer.adapters.arr.confirm import find_imported
from stalkeer.adapters.arr.manual_import import (
    ImportPreview,
    ImportRejection,
    import_arguments,
    judge_file,
    preview_file,
    sees_file,
)
from stalkeer.adapters.arr.outcomes import HandOverFailed, HandOverOutcome, HandOverRequest, ImportRefused, Pending
from stalkeer.adapters.arr.paths import PathMap
from stalkeer.adapters.arr.values import CommandState

FIRST_LOOK_S = 0.4  # seconds after which a move within a disk is finished
QUEUED_LOOK_S = 10.0  # a queued command may wait for minutes, because commands that use the disk run one at a time
RUNNING_LOOK_S = 2.0
SPACE = "free space"
# rejections because of the item's present file: not an upgrade, already imported, same size
_ABOUT_PRESENT_FILE = re.compile("upgrade|already imported|existing file|same file ?size", re.IGNORECASE)


def hand_over(client: ArrClient, request: HandOverRequest, paths: PathMap) -> HandOverOutcome:
    """Take one step. Store the command id of a `Pending` and pass it to the next step; drop it after any other outcome.

    Raises ArrError when the instance cannot be reached. The same step may then be repeated.
    """
    path = paths.to_remote(request.file)
    if request.command_id is not None:
        return _follow(client, request, path, request.command_id)
    imported = find_imported(client, request, path)
    if imported is not None:
        return imported
    under_way = find_import_of(client, path)
    if under_way is not None:
        return Pending(under_way.id, FIRST_LOOK_S)
    preview = preview_file(client, path)
    if preview is None:
        return _why_unseen(client, request, path)
    return _issue(client, request, preview)


def _follow(client: ArrClient, request: HandOverRequest, path: str, command_id: int) -> HandOverOutcome:
    """Check an earlier command. A completed command proves nothing; the file in the instance does."""
    state = read_command(client, command_id)
    if state is not None and not state.has_ended:
        return Pending(command_id, QUEUED_LOOK_S if state.status == "queued" else RUNNING_LOOK_S)
    imported = find_imported(client, request, path)
    if imported is not None:
        return imported
    return HandOverFailed(_why_not_imported(client, request, path, state), is_transient=True)


def _issue(client: ArrClient, request: HandOverRequest, preview: ImportPreview) -> HandOverOutcome:
    rejections = [r for r in judge_file(client, preview, request.target) if not _is_overruled(r, request)]
    passing = [r for r in rejections if _passes_by_itself(r)]
    if passing:
        return HandOverFailed(f"{client.address.label} does not import it now: {_words(passing)}", is_transient=True)
    if rejections:
        return ImportRefused(tuple(r.reason for r in rejections))
    arguments = import_arguments(preview, request.target)
    state = issue_command(client, "ManualImport", importMode=request.mode.value, files=[arguments])
    return Pending(state.id, FIRST_LOOK_S)


def _is_overruled(rejection: ImportRejection, request: HandOverRequest) -> bool:
    if rejection.reason in request.accepted:
        return True
    return request.replaces and _ABOUT_PRESENT_FILE.search(rejection.reason) is not None


def _passes_by_itself(rejection: ImportRejection) -> bool:
    return rejection.is_temporary or SPACE in rejection.reason.lower()


def _words(rejections: list[ImportRejection]) -> str:
    return "; ".join(r.reason for r in rejections)


def _why_unseen(client: ArrClient, request: HandOverRequest, path: str) -> HandOverFailed:
    if not request.file.exists():
        return HandOverFailed(
            f"{request.file} is gone, and {client.address.label} has no file from it.", is_transient=False
        )
    if sees_file(client, path):
        return HandOverFailed(
            f"{client.address.label} sees {path} but does not offer it for import: its name or extension is not "
            "accepted.",
            is_transient=False,
        )
    return HandOverFailed(
        f"{client.address.label} does not see {path}. It needs the same folder mounted, or a path mapping; "
        "`stalkeer doctor paths` proposes it.",
        is_transient=True,
    )


def _why_not_imported(client: ArrClient, request: HandOverRequest, path: str, state: CommandState | None) -> str:
    said = f" It said: {state.message}" if state and state.message and state.went_wrong else ""
    if not request.file.exists():
        return (
            f"{client.address.label} took {path} away and has no file of the item from it.{said} See its log and "
            "its recycle bin."
        )
    return (
        f"{client.address.label} ended the import of {path} without importing it.{said} Its log says why; permission "
        "and free space are the usual reasons."
    )
