"""Bring a fetched file into the library: verify, place, hand over, confirm.

Each step is stored before the next. A kill at any instruction loses nothing: the target is stored before the file moves
there, the instance is asked for the file before it is handed over, and the id of its command is stored while it runs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from stalkeer.adapters.arr.outcomes import (
    ArrImportMode,
    HandOverFailed,
    HandOverOutcome,
    Imported,
    ImportRefused,
    Pending,
)
from stalkeer.adapters.files.extras import place_extras, remove_extras
from stalkeer.adapters.files.placement import Modes, duplicate, place
from stalkeer.adapters.files.removal import remove_if_empty, remove_part, remove_staged
from stalkeer.adapters.transfers.request import StopReason
from stalkeer.core.downloads.failures import HOOK, PLACEMENT, FailureKind
from stalkeer.core.downloads.retry import GiveUp, decide_retry
from stalkeer.core.downloads.states import FINISHING_STATES, Intent
from stalkeer.core.naming.destination import Destination
from stalkeer.errors import ArrError, NotFound, PlacementError, PlacementRefused
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.downloads.outcomes import Settling
from stalkeer.jobs.imports.handover import (
    SHELVES,
    HandOver,
    HandOvers,
    HandOverStep,
    PlacementPlan,
    StagedFile,
    Taking,
    open_hand_over,
    plan_kept,
    plan_placement,
    shelves_of,
)
from stalkeer.jobs.imports.pictures import CODE as PICTURE
from stalkeer.jobs.imports.pictures import judge_file
from stalkeer.jobs.imports.placement import MASTERS, check_own_folder, native_link, native_master
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
from stalkeer.model import DownloadState, Drive, InstanceId
from stalkeer.settings.sections.transfers import ImportMode
from stalkeer.store.downloads import run_writes as owned
from stalkeer.store.downloads.claims import claim
from stalkeer.store.downloads.downloads import is_imported_copy
from stalkeer.store.downloads.native_items import offer_file
from stalkeer.store.downloads.rows import NOT_A_VIDEO, REFUSALS, UNPROVEN, DownloadRow, ItemRow, ItemState, is_resting
from stalkeer.store.downloads.run_writes import ItemStanding, Ownership, RunProblem
from stalkeer.store.journal.events import record_event
from stalkeer.store.library.instances import get_instance_by_id
from stalkeer.store.offers.grabs import GrabRow, list_live_grabs

log = logging.getLogger(__name__)

LONGEST_WAIT_HERE_S = 15.0  # an import that takes longer is checked later, so that another one can go first
WAITS_HERE = 20
CHECKED = "is_checked_by_hook"  # a key in a download's facts


@dataclass
class Guard:
    """Hold a finishing run, which can be halted between its steps and while it waits."""

    owner: Ownership
    is_stale: Callable[[], bool] = lambda: False
    _halted: StopReason | None = None
    _is_committed: bool = False
    _event: threading.Event = field(default_factory=threading.Event)

    def halt(self, reason: StopReason) -> None:
        if reason is StopReason.CANCEL and self._is_committed:
            return
        self._halted = self._halted or reason
        self._event.set()

    def commit(self) -> None:
        """Record that the instance has begun to import, so that a cancel comes too late from now on."""
        self._is_committed = True

    def stopping(self) -> StopReason | None:
        return StopReason.LOST if self._halted is None and self.is_stale() else self._halted

    def wait(self, seconds: float) -> StopReason | None:
        self._event.wait(seconds)
        return self.stopping()


def carry_out(tools: DownloadContext, guard: Guard) -> None:
    """Finish the download of `guard.owner` as far as possible now.

    Do nothing where this worker no longer owns the run.
    """
    with tools.database.begin() as connection:
        row = claim(connection, guard.owner, tools.clock())
    if row is None or row.state not in FINISHING_STATES:
        return
    run = _Finish(tools, guard, row)
    if any(item.command_id is not None for item in row.items):
        guard.commit()
    elif row.queue.intent == Intent.CANCEL:
        run.settling.let_go(DownloadState.CANCELLED)
        return
    if row.state is DownloadState.FETCHED and not run.verify_and_place():
        return
    run.import_all()


class _Halted(Exception):  # noqa: N818 - not an error
    pass


class _Finish:
    def __init__(self, tools: DownloadContext, guard: Guard, row: DownloadRow) -> None:
        self.tools = tools
        self.guard = guard
        self.row = row
        self.settling = Settling(tools, guard.owner, row)
        self.handovers = HandOvers(tools.database, tools.arrs, tools.settings())

    # --- verify and place

    def verify_and_place(self) -> bool:
        """Return True once the file is at its staging place."""
        part = Path(self.row.transfer.part_path or "")
        if self.row.outcome.placed_path and Path(self.row.outcome.placed_path).exists() and not part.is_file():
            placed = Path(self.row.outcome.placed_path)
            place_extras(part, placed, extras_of(self.row.outcome.facts))
            remove_part(part)
            return self._note_placed(placed)  # a crash happened between the move and its record
        if not part.is_file():
            problem = RunProblem("part_gone", f"{part} is gone: somebody removed it")
            if self.row.identity.is_watched_file:
                self.settling.fail(problem)
            else:
                self.settling.start_over(problem)
            return False
        verdict = verify(self.tools.database, self.tools.settings().downloads, self.row, part)
        if not isinstance(verdict, Sound):
            self._not_taken(part, verdict)
            return False
        return self._keep_fitting_items(part) and self._place(part, verdict)

    def _not_taken(self, part: Path, verdict: Unfinished | Refusal) -> None:
        """Act on a file that failed its checks: fetch it again, move it to the quarantine, or let the user decide."""
        settling = self.settling
        if self.row.identity.is_watched_file and not isinstance(verdict, Unproven):
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
            settling.block(RunProblem(UNPROVEN, verdict.reason), "download.unproven")
        else:
            settling.quarantine(part, RunProblem(FailureKind.WRONG_FILE.value, verdict.reason))

    def _keep_fitting_items(self, part: Path) -> bool:
        """Release the items whose profile does not allow the resolution. Return False where no item is left."""
        misfit = judge_file(self.tools.database, self.row, part)
        if misfit is None:
            return True
        if misfit.is_for_all:
            self.settling.try_another(RunProblem(PICTURE, misfit.reason))
            return False
        self.settling.release_items(misfit.wanted_ids, misfit.reason)
        kept = tuple(item for item in self.row.items if item.wanted_id not in misfit.wanted_ids)
        self.row = replace(self.row, items=kept)
        return True

    def _place(self, part: Path, sound: Sound) -> bool:
        with self.tools.database.begin() as connection:
            if not owned.note_facts(connection, self.guard.owner, sound.facts):
                return False
        try:
            planned = self._plan(sound)
            shelves = {str(instance_id): str(path) for instance_id, path in planned.shelves.items()}
            facts = {**sound.facts, SHELVES: shelves, CHECKED: False}
            self.row = replace(self.row, outcome=replace(self.row.outcome, facts=facts))
            with self.tools.database.begin() as connection:
                owned.note_facts(connection, self.guard.owner, facts)
                if not owned.note_target(connection, self.guard.owner, planned.release, str(planned.target)):
                    return False
            check_own_folder(self.tools.settings(), planned.target, self._modes().folder)
            place(part, planned.target, self._modes(), self._keep_going, self._is_spent)
            place_extras(part, planned.target, extras_of(self.row.outcome.facts))
            remove_part(part)  # the files that the transfer kept beside it
        except _Halted:
            self._come_back()
            return False
        except NotFound as error:
            self.settling.fail(RunProblem("unwanted", str(error)))
            return False
        except PlacementError as error:
            self._not_placed(error)
            return False
        except ArrError as error:  # a file in the library needs the instance's naming and folder
            self.settling.wait(RunProblem("instance", str(error)), self.row.queue.failures, 60.0)
            return False
        return self._note_placed(planned.target)

    def _plan(self, sound: Sound) -> PlacementPlan:
        """Return the place for the items that Stalkeer hands over; without any, the place for links only."""
        identity, traits = self.row.identity, traits_of(self.tools.database, self.row, sound)
        if identity.destination is not None:
            destination = Destination.of_document(identity.destination)
            return plan_kept(self.tools.settings().directories, destination, sound.extension, traits)
        wanted_ids = [item.wanted_id for item in self.row.items if item.hand_over is Drive.OURS and item.is_open]
        if wanted_ids:
            again = self.row.id if identity.replaces else None
            return plan_placement(self.handovers, wanted_ids, sound.extension, traits, again)
        grabs = self._grabs()
        if not grabs:
            raise NotFound("No instance waits for this file any more; cancel it.")
        master = native_master(self.tools.settings().directories, grabs[0], sound.extension)
        return PlacementPlan(master, grabs[0].release)

    def _grabs(self) -> list[GrabRow]:
        """Return the grabs of this download that wait for its file."""
        waiting = {
            (item.instance_id, item.wanted_id)
            for item in self.row.items
            if item.hand_over is Drive.NATIVE and item.state is ItemState.WAITING
        }
        with self.tools.database.connect() as connection:
            found = list_live_grabs(connection, self.row.id)
        return [grab for grab in found if any((grab.instance_id, item.wanted_id) in waiting for item in grab.items)]

    def _not_placed(self, error: PlacementError) -> None:
        """Try again every minute for a temporary error, and for a file that an instance waits for.

        Otherwise the user decides. A waiting instance shows the error as a warning of its own, so users would not look
        for a button here.
        """
        problem = RunProblem(PLACEMENT, str(error))
        if isinstance(error, PlacementRefused) and not self.row.handing.by_instance:
            self.settling.block(problem, "placement.refused")
        else:
            self.settling.wait(problem, self.row.queue.failures, 60.0)

    def _is_spent(self, target: Path) -> bool:
        """Tell whether the file at `target` may be replaced: it is an imported copy, or it is downloaded again."""
        directories = self.tools.settings().directories
        if not any(target.is_relative_to(folder) for folder in (directories.movies, directories.tvshows)):
            return False
        if self.row.identity.replaces:
            return True
        with self.tools.database.connect() as connection:
            return is_imported_copy(connection, str(target), target.stat().st_size)

    def _keep_going(self, _size: int) -> None:
        """Raise _Halted in a copy when the run must stop.

        A copy to another disk takes minutes; a stopped copy starts over later.
        """
        if self.guard.stopping() is not None:
            raise _Halted

    def _modes(self) -> Modes:
        wished = self.tools.settings().directories
        return Modes(*(int(mode, 8) if mode else None for mode in (wished.file_mode, wished.folder_mode)))

    def _note_placed(self, target: Path) -> bool:
        with self.tools.database.begin() as connection:
            is_ours = owned.note_placed(connection, self.guard.owner, self.tools.clock())
        self.row = replace(
            self.row,
            state=DownloadState.PLACED,
            transfer=replace(self.row.transfer, part_path=None),
            outcome=replace(self.row.outcome, placed_path=str(target)),
        )
        return is_ours

    # --- import

    def import_all(self) -> None:
        assert self.row.outcome.placed_path is not None, "a placed download knows where"
        file = Path(self.row.outcome.placed_path)
        if not self._is_let_through(file):
            return
        is_kept = self.tools.settings().import_.mode is ImportMode.NONE or self.row.identity.destination is not None
        natives = [item for item in self.row.items if item.hand_over is Drive.NATIVE]
        if is_kept and not natives:
            self.settling.complete(str(file), "is finished; nothing imports it")
            return
        with self.tools.database.begin() as connection:
            if not owned.advance(connection, self.guard.owner, DownloadState.IMPORTING, self.tools.clock()):
                return
        if not self._link(file):
            return
        final_path = self.row.outcome.final_path
        groups = [] if is_kept else self._groups()
        shelves = shelves_of(self.row.outcome.facts)
        for index, (instance_id, items) in enumerate(groups):
            # instances that import by themselves may need another link of our file
            mode = None if index == len(groups) - 1 and not natives else ArrImportMode.COPY
            shelf = shelves.get(instance_id)
            if shelf is not None and not self._put_on_shelf(file, shelf):
                return
            taking = Taking.FROM_STAGING if shelf is None else Taking.IN_PLACE
            outcome = self._import(self._step(instance_id, items, shelf or file, mode, taking), items)
            if outcome is None:
                return
            if isinstance(outcome, Imported):
                final_path = outcome.path
        self._conclude(final_path)

    def _is_let_through(self, file: Path) -> bool:
        """Let the user's script check the file once, before any instance sees it. Return False where the run has ended.

        An import that has begun is not checked: its instance may have the file already.
        """
        facts = self.row.outcome.facts or {}
        if facts.get(CHECKED) or any(item.command_id is not None for item in self.row.items):
            return True
        check = self.tools.hooks.check_import(self.row, file, lambda: self.guard.stopping() is not None)
        if check.is_stopped:
            self._come_back()
            return False
        if check.refusal:
            self.settling.block(RunProblem(HOOK, check.refusal), "hook.blocked")
            return False
        if not check.is_checked:
            return True
        checked = {**facts, CHECKED: True}
        self.row = replace(self.row, outcome=replace(self.row.outcome, facts=checked))
        with self.tools.database.begin() as connection:
            return owned.note_facts(connection, self.guard.owner, checked)

    def _link(self, file: Path) -> bool:
        """Link the file into the folder of each instance that grabbed it. Return False where the run has ended."""
        for grab in self._grabs():
            if self.guard.stopping() is not None:
                self._come_back()
                return False
            with self.tools.database.connect() as connection:
                instance = get_instance_by_id(connection, grab.instance_id)
            try:
                link = self._put_link(
                    file, native_link(self.tools.settings().directories, instance.slug, grab, file.suffix)
                )
            except _Halted:
                self._come_back()
                return False
            except PlacementError as error:
                self._not_placed(error)
                return False
            with self.tools.database.begin() as connection:
                size, now = link.stat().st_size, self.tools.clock()
                if not offer_file(connection, self.guard.owner, grab, link, size, now):
                    return False
        self._look_again()
        return True

    def _put_link(self, file: Path, link: Path) -> Path:
        if not file.is_file():
            raise PlacementRefused(f"{file} is gone: somebody removed it. Cancel the download, then search again")
        modes = self._modes()
        check_own_folder(self.tools.settings(), link, modes.folder)
        placed = duplicate(file, link, modes, self._keep_going)
        for suffix in extras_of(self.row.outcome.facts):
            if file.with_suffix(suffix).is_file():
                duplicate(file.with_suffix(suffix), link.with_suffix(suffix), modes)
        return placed

    def _look_again(self) -> None:
        """Read the items as they are now."""
        with self.tools.database.connect() as connection:
            self.row = replace(self.row, items=owned.items_of(connection, self.guard.owner))

    def _groups(self) -> list[tuple[InstanceId, list[ItemRow]]]:
        """Return the items that are not imported yet, by instance. An instance that moves the file comes last."""
        found: dict[InstanceId, list[ItemRow]] = {}
        for item in self.row.items:
            if item.is_open and item.hand_over is Drive.OURS:
                found.setdefault(item.instance_id, []).append(item)
        shelves = shelves_of(self.row.outcome.facts)
        return sorted(found.items(), key=lambda group: group[0] not in shelves)

    def _put_on_shelf(self, file: Path, shelf: Path) -> bool:
        """Put the file into several libraries, by hard link if possible. Return False if the run has ended for now."""
        if shelf == file or not file.exists():
            return True
        try:
            duplicate(file, shelf, self._modes(), self._keep_going)
        except _Halted:
            self._come_back()
        except PlacementError as error:
            self._not_placed(error)
        else:
            return True
        return False

    def _step(
        self, instance_id: InstanceId, items: list[ItemRow], file: Path, mode: ArrImportMode | None, taking: Taking
    ) -> HandOverStep:
        accepted = frozenset(str(word) for word in _words(self.row.outcome.facts, "accepted"))
        size = file.stat().st_size if file.exists() else self.row.transfer.total or 0
        wanted_ids = tuple(item.wanted_id for item in items)
        staged = StagedFile(file, size)
        replaces = self.row.identity.replaces
        return HandOverStep(instance_id, wanted_ids, staged, items[0].command_id, mode, accepted, replaces, taking)

    def _import(self, step: HandOverStep, items: list[ItemRow]) -> Imported | ImportRefused | None:
        """Import until the instance has or rejects the file. Return None where the run has ended for now."""
        try:
            with open_hand_over(self.handovers, step) as hand_over:
                outcome = self._poll(hand_over, step, items)
        except ArrError as error:
            self._try_again(RunProblem("instance", str(error)), is_patient=True)
            return None
        except NotFound as error:
            return self._unwanted(items, str(error))
        if isinstance(outcome, Pending):
            self._come_back()
            return None
        return None if outcome is None else self._ended(outcome, items)

    def _unwanted(self, items: list[ItemRow], reason: str) -> ImportRefused | None:
        """Fail the download, unless an instance with the native drive still wants the file: then only these items are
        released.
        """
        if not any(item.hand_over is Drive.NATIVE and item.is_open for item in self.row.items):
            self.settling.fail(RunProblem("unwanted", reason))
            return None
        self.settling.release_items([item.wanted_id for item in items], reason)
        return ImportRefused((reason,))

    def _poll(self, hand_over: HandOver, step: HandOverStep, items: list[ItemRow]) -> HandOverOutcome | None:
        """Check until the import has ended.

        Return `Pending` where it takes longer than a run waits, and None where this worker no longer owns the download.
        """
        for _ in range(WAITS_HERE):
            outcome = hand_over.take(step)
            if not isinstance(outcome, Pending):
                return outcome
            self.guard.commit()
            if not self._note(items, ItemStanding(ItemState.IMPORTING, command_id=outcome.command_id)):
                return None
            step = replace(step, command_id=outcome.command_id)
            if outcome.ask_again_s > LONGEST_WAIT_HERE_S or self.guard.wait(outcome.ask_again_s) is not None:
                break
        return outcome

    def _ended(self, outcome: HandOverOutcome, items: list[ItemRow]) -> Imported | ImportRefused | None:
        if isinstance(outcome, Imported):
            self._note(items, ItemStanding(ItemState.IMPORTED, imported_file_id=outcome.file_id))
            return outcome
        if isinstance(outcome, ImportRefused):
            self._note(items, ItemStanding(ItemState.REFUSED, refusal=REFUSALS.join(outcome.reasons)))
            return outcome
        assert isinstance(outcome, HandOverFailed)
        # the command has ended, so the next step must not read it again
        self._note(items, ItemStanding(ItemState.WAITING))
        if outcome.is_transient:
            self._try_again(RunProblem("import", outcome.message), is_patient=False)
        else:
            self.settling.block(RunProblem("import", outcome.message), "import.failed")
        return None

    def _note(self, items: list[ItemRow], standing: ItemStanding) -> bool:
        with self.tools.database.begin() as connection:
            return all(owned.write_item(connection, self.guard.owner, item.id, standing) for item in items)

    def _come_back(self) -> None:
        """End the run of a long import, so that another one can go first, and check again later."""
        reason = self.guard.stopping()
        if reason is StopReason.LOST:
            return
        if reason is StopReason.CANCEL:
            self.settling.let_go(DownloadState.CANCELLED)
            return
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            state = self.row.state if self.row.state is DownloadState.FETCHED else DownloadState.IMPORTING
            later = None if reason is not None else now + timedelta(seconds=LONGEST_WAIT_HERE_S)
            owned.let_go(connection, self.guard.owner, state, now, not_before=later)

    def _try_again(self, problem: RunProblem, *, is_patient: bool) -> None:
        """Try again later.

        `is_patient`: the instance does not answer, so the attempt does not count as a failure of the file.
        """
        failures = self.row.queue.failures + 1
        tries = None if is_patient else self.tools.settings().downloads.retry_attempts or None
        decision = decide_retry(FailureKind.TRANSIENT, 1 if is_patient else failures, self.tools.dice(), tries=tries)
        if isinstance(decision, GiveUp):
            self.settling.block(problem, "import.failed")
        else:
            self.settling.wait(problem, failures, 60.0 if is_patient else decision.seconds)

    def _conclude(self, final_path: str | None) -> None:
        with self.tools.database.connect() as connection:
            items = owned.items_of(connection, self.guard.owner)
        refused = [item for item in items if item.state is ItemState.REFUSED]
        if refused:
            reasons = "; ".join(dict.fromkeys(item.refusal or "" for item in refused))
            self.settling.block(RunProblem("refused", reasons), "import.refused")
            return
        if is_resting(items):
            self._rest()
            return
        if any(item.hand_over is Drive.NATIVE and item.state is ItemState.WAITING for item in items):
            self._come_back()  # another instance has grabbed the file meanwhile
            return
        if self.row.outcome.placed_path:
            self._tidy(Path(self.row.outcome.placed_path))
        self.settling.complete(final_path, f"was imported as {final_path}")

    def _rest(self) -> None:
        """Leave the file to the instances, which import it by themselves. The run ends."""
        with self.tools.database.begin() as connection:
            now = self.tools.clock()
            state = owned.rest(connection, self.guard.owner, now)
            if state is DownloadState.CANCELLED:
                owned.drop_items(connection, self.row.id)
                record_event(connection, now, self.settling.event("download.cancelled", "was cancelled"))
        self.tools.wake()

    def _tidy(self, placed: Path) -> None:
        """Remove the remains at the staging place, and our own file where the instances imported links of it."""
        settings = self.tools.settings()
        folders, wishes = settings.directories, settings.import_
        is_ours = placed.is_relative_to(folders.movies) or placed.is_relative_to(folders.tvshows)
        is_shelf = placed in shelves_of(self.row.outcome.facts).values()
        is_linked = any(item.hand_over is Drive.NATIVE for item in self.row.items) and not is_shelf
        is_wished = wishes.copy_files or wishes.mode is ImportMode.NONE
        is_master = placed.parent.parent.name == MASTERS
        if is_master or (is_ours and is_linked and not is_wished):
            remove_staged(placed)
        if is_ours and not placed.exists():
            remove_extras(placed)
        remove_if_empty(placed.parent)


def extras_of(facts: object) -> tuple[str, ...]:
    """Return the suffixes of the extra files that were fetched with the file."""
    return tuple(str(suffix) for suffix in _words(facts, "extras"))


def _words(facts: object, name: str) -> tuple[object, ...]:
    found = facts.get(name) if isinstance(facts, dict) else None
    return tuple(found) if isinstance(found, list) else ()
