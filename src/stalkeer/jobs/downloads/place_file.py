"""Verify a fetched file, and place it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from stalkeer.adapters.files.extras import place_extras
from stalkeer.adapters.files.placement import place
from stalkeer.adapters.files.removal import remove_part
from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.naming.destination import Destination
from stalkeer.errors import ArrError, NotFound, PlacementError
from stalkeer.jobs.downloads.finish_run import CopyHalted, FinishRun, extras_of
from stalkeer.jobs.imports.handover import SHELVES, PlacementPlan, plan_kept, plan_placement
from stalkeer.jobs.imports.pictures import CODE as PICTURE
from stalkeer.jobs.imports.pictures import judge_file
from stalkeer.jobs.imports.placement import check_own_folder, native_master
from stalkeer.jobs.imports.verify import (
    Damaged,
    NotVideo,
    Refusal,
    Sound,
    TooShort,
    Unfinished,
    Unproven,
    traits_of,
    verify,
)
from stalkeer.model import DownloadState, Drive, EventKind
from stalkeer.store.downloads import run_writes as owned
from stalkeer.store.downloads.downloads import is_imported_copy
from stalkeer.store.downloads.rows import NOT_A_VIDEO, UNPROVEN
from stalkeer.store.downloads.run_writes import RunProblem

CHECKED = "is_checked_by_hook"  # a key in a download's facts


def verify_and_place(run: FinishRun) -> bool:
    """Return True once the file is at its staging place."""
    part = Path(run.row.transfer.part_path or "")
    if run.row.outcome.placed_path and Path(run.row.outcome.placed_path).exists() and not part.is_file():
        placed = Path(run.row.outcome.placed_path)
        place_extras(part, placed, extras_of(run.row.outcome.facts))
        remove_part(part)
        return _note_placed(run, placed)  # a crash happened between the move and its record
    if not part.is_file():
        problem = RunProblem("part_gone", f"{part} is gone: somebody removed it")
        if run.row.identity.is_watched_file:
            run.settling.fail(problem)
        else:
            run.settling.start_over(problem)
        return False
    verdict = verify(run.tools.database, run.tools.settings().downloads, run.row, part)
    if not isinstance(verdict, Sound):
        _not_taken(run, part, verdict)
        return False
    return _keep_fitting_items(run, part) and _place(run, part, verdict)


def _not_taken(run: FinishRun, part: Path, verdict: Unfinished | Refusal) -> None:
    """Act on a file that failed its checks: fetch it again, move it to the quarantine, or let the user decide."""
    settling = run.settling
    if run.row.identity.is_watched_file and not isinstance(verdict, Unproven):
        settling.fail(RunProblem(FailureKind.WRONG_FILE.value, verdict.reason))  # there is nothing to fetch again
    elif isinstance(verdict, NotVideo | TooShort | Damaged):
        code = NOT_A_VIDEO if isinstance(verdict, NotVideo) else FailureKind.WRONG_FILE.value
        problem = RunProblem(code, verdict.reason)
        again = settling.once_more(problem)
        if again is not None:
            settling.fetch_anew(again)
        elif isinstance(verdict, NotVideo):
            settling.refuse_bytes(problem)
        else:
            settling.quarantine(part, problem)
    elif isinstance(verdict, Unfinished):
        settling.fetch_on(RunProblem(FailureKind.TRANSIENT.value, verdict.reason))
    elif isinstance(verdict, Unproven):
        settling.block(RunProblem(UNPROVEN, verdict.reason), EventKind.DOWNLOAD_UNPROVEN)
    else:
        settling.quarantine(part, RunProblem(FailureKind.WRONG_FILE.value, verdict.reason))


def _keep_fitting_items(run: FinishRun, part: Path) -> bool:
    """Release the items whose profile does not allow the resolution. Return False where no item is left."""
    misfit = judge_file(run.tools.database, run.row, part)
    if misfit is None:
        return True
    if misfit.is_for_all:
        run.settling.try_another(RunProblem(PICTURE, misfit.reason))
        return False
    run.settling.release_items(misfit.wanted_ids, misfit.reason)
    kept = tuple(item for item in run.row.items if item.wanted_id not in misfit.wanted_ids)
    run.row = replace(run.row, items=kept)
    return True


def _place(run: FinishRun, part: Path, sound: Sound) -> bool:
    with run.tools.database.begin() as connection:
        if not owned.note_facts(connection, run.guard.owner, sound.facts):
            return False
    try:
        planned = _plan(run, sound)
        shelves = {str(instance_id): str(path) for instance_id, path in planned.shelves.items()}
        facts = {**sound.facts, SHELVES: shelves, CHECKED: False}
        run.row = replace(run.row, outcome=replace(run.row.outcome, facts=facts))
        with run.tools.database.begin() as connection:
            owned.note_facts(connection, run.guard.owner, facts)
            if not owned.note_target(connection, run.guard.owner, planned.release, str(planned.target)):
                return False
        check_own_folder(run.tools.settings(), planned.target, run.modes().folder)
        place(part, planned.target, run.modes(), run.keep_going, partial(_is_spent, run))
        place_extras(part, planned.target, extras_of(run.row.outcome.facts))
        remove_part(part)  # the files that the transfer kept beside it
    except CopyHalted:
        run.come_back()
        return False
    except NotFound as error:
        run.settling.fail(RunProblem("unwanted", str(error)))
        return False
    except PlacementError as error:
        run.not_placed(error)
        return False
    except ArrError as error:  # a file in the library needs the instance's naming and folder
        run.settling.wait(RunProblem("instance", str(error)), run.row.queue.failures, 60.0)
        return False
    return _note_placed(run, planned.target)


def _plan(run: FinishRun, sound: Sound) -> PlacementPlan:
    """Return the place for the items that Stalkeer hands over; without any, the place for links only."""
    identity, traits = run.row.identity, traits_of(run.tools.database, run.row, sound)
    if identity.destination is not None:
        destination = Destination.of_document(identity.destination)
        return plan_kept(run.tools.settings().directories, destination, sound.extension, traits)
    wanted_ids = [item.wanted_id for item in run.row.items if item.hand_over is Drive.OURS and item.is_open]
    if wanted_ids:
        again = run.row.id if identity.replaces else None
        return plan_placement(run.handovers, wanted_ids, sound.extension, traits, again)
    grabs = run.grabs()
    if not grabs:
        raise NotFound("No instance waits for this file any more; cancel it.")
    master = native_master(run.tools.settings().directories, grabs[0], sound.extension)
    return PlacementPlan(master, grabs[0].release)


def _is_spent(run: FinishRun, target: Path) -> bool:
    """Tell whether the file at `target` may be replaced: it is an imported copy, or it is downloaded again."""
    directories = run.tools.settings().directories
    if not any(target.is_relative_to(folder) for folder in (directories.movies, directories.tvshows)):
        return False
    if run.row.identity.replaces:
        return True
    with run.tools.database.connect() as connection:
        return is_imported_copy(connection, str(target), target.stat().st_size)


def _note_placed(run: FinishRun, target: Path) -> bool:
    with run.tools.database.begin() as connection:
        is_ours = owned.note_placed(connection, run.guard.owner, run.tools.clock())
    run.row = replace(
        run.row,
        state=DownloadState.PLACED,
        transfer=replace(run.row.transfer, part_path=None),
        outcome=replace(run.row.outcome, placed_path=str(target)),
    )
    return is_ours
