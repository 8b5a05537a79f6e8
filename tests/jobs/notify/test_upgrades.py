"""The history notes that another version runs, and targets are told of it once."""

from __future__ import annotations

from stalkeer.jobs.journal.upgrades import note_started_version
from stalkeer.jobs.notify import targets
from stalkeer.jobs.notify.targets import TargetDraft, TargetKind


def test_an_upgrade_is_told_once_and_a_restart_or_a_first_start_is_none(told_anywhere, receiver):
    targets.add_target(told_anywhere.tools, TargetDraft("phone", TargetKind.WEBHOOK, receiver.url))
    for version in ("1.0.0", "1.0.0", "1.1.0", "1.1.0"):
        note_started_version(told_anywhere.database, version, told_anywhere.clock())
        told_anywhere.look(after_minutes=10)
    told_anywhere.look(after_minutes=10)

    assert receiver.titles == ["Stalkeer 1.1.0 runs now; before, it was 1.0.0"]
    assert note_started_version(told_anywhere.database, "1.0.0", told_anywhere.clock()) == "1.1.0"
