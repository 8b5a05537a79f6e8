"""From recorded events to what a receiver got: grouped, repeated until taken, never lost, each trouble once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from stalkeer.adapters.notify.http_targets import DELIVERY, SIGNATURE, TIMESTAMP, sign
from stalkeer.core.notify.topics import Topic
from stalkeer.errors import Conflict, InvalidInput, NotFound, NotifyError
from stalkeer.jobs.notify import targets
from stalkeer.jobs.notify.targets import TargetDraft, TargetKind, TargetPatch
from stalkeer.store.db.tables import events, notify_cursor, notify_deliveries, notify_targets
from stalkeer.store.journal.events import Level
from stalkeer.store.notify.event_reader import Cursor, read_events
from stalkeer.store.notify.outbox import DeliveryState


def hook(receiver, name="phone", **more):
    return TargetDraft(name, TargetKind.WEBHOOK, f"{receiver.url}/hooks/4711-token", **more)


def states(told):
    return [one.state for one in targets.list_messages(told.tools)]


def test_a_new_target_is_told_of_what_happens_from_now_on(told_anywhere, receiver):
    told_anywhere.film(1)
    targets.add_target(told_anywhere.tools, hook(receiver))
    told_anywhere.film(2)

    told_anywhere.look()
    assert receiver.taken == []
    told_anywhere.look(after_minutes=3)

    assert receiver.titles == ["Film 2 (2020): imported"]
    told_anywhere.over_minutes(60, every_s=600)
    assert len(receiver.taken) == 1


def test_a_hundred_imports_within_a_minute_are_one_message(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    for number in range(100):
        told.film(number)
        told.clock.advance(0.6)
        if number % 10 == 0:
            told.look()

    told.over_minutes(40)

    assert receiver.titles == ["100 imported"]
    assert len(receiver.documents[0]["items"]) == 100


def test_the_matches_to_review_of_a_scan_are_one_message_with_their_number(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    for number in range(12):
        told.record("match.review", "342 wanted items have matches to review", data={"items": 342 + number})
    told.record("match.review", "Dune (2021) has a match to review")

    told.over_minutes(5)

    assert receiver.titles == [f"Matches to review: {sum(range(342, 354)) + 1} to decide"]
    assert receiver.documents[0]["text"].startswith("Needs your decision: 342 wanted items")


def test_a_target_that_is_down_for_an_hour_gets_everything_and_is_not_stormed(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    receiver.status = 503
    for number in range(12):
        told.film(number)
        told.over_minutes(5)
    assert receiver.taken == []
    assert receiver.asked < 20
    [view] = targets.list_targets(told.tools)
    assert view.row.failures == receiver.asked
    assert "503" in view.row.last_error

    receiver.status = 200
    told.over_minutes(70)

    items = [item["name"] for document in receiver.documents for item in document["items"]]
    assert items == [f"Film {number} (2020)" for number in range(12)]
    assert set(states(told)) == {DeliveryState.SENT}
    assert targets.list_targets(told.tools)[0].row.failures == 0


def test_an_import_that_a_script_holds_back_is_told_as_a_decision(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    told.record("hook.blocked", "Dune (2021) needs your decision: before_import ended with 3", Level.WARNING)

    told.over_minutes(10)

    assert receiver.titles == ["Dune (2021): needs your decision"]


def test_a_kill_between_sending_and_noting_repeats_the_message_and_loses_none(told_anywhere, receiver):
    targets.add_target(told_anywhere.tools, hook(receiver))
    told_anywhere.film(1)
    told_anywhere.look()
    told_anywhere.look(after_minutes=3)
    with told_anywhere.database.begin() as connection:  # as if the process had ended before it noted the success
        connection.execute(notify_deliveries.update().values(state="waiting", ended_at=None))

    told_anywhere.look()
    assert len(receiver.taken) == 1  # claimed by the one that was killed
    told_anywhere.look(after_minutes=3)

    assert receiver.titles == ["Film 1 (2020): imported"] * 2
    assert receiver.header(DELIVERY) == receiver.documents[0]["id"]


def test_the_events_of_the_time_in_which_nothing_ran_are_one_summary(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    for number in range(20):
        told.film(number)
        told.clock.advance(1_800)

    told.look()

    assert receiver.titles == ["20 imported"]


def test_an_expired_account_makes_one_message_and_its_recovery_another(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    told.find()
    told.over_minutes(60)
    told.find(kind="health.over")
    told.over_minutes(60)

    assert receiver.titles == [
        "The account of main expired on 2026-01-14",
        "Over: The account of main expired on 2026-01-14",
    ]
    assert [document["tone"] for document in receiver.documents] == ["warning", "success"]
    assert receiver.documents[1]["items"][0]["isOver"]


def test_a_trouble_of_two_minutes_is_not_told(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    told.find(check="instance", subject="radarr")
    told.over_minutes(2)
    told.find(check="instance", subject="radarr", kind="health.over")
    told.over_minutes(30)

    assert receiver.asked == 0


def test_quiet_hours_hold_back_and_end_with_one_summary(told, receiver):
    targets.add_target(told.tools, hook(receiver, quiet_hours="11:00-14:00"))
    told.film(1)
    told.find()
    told.over_minutes(119)
    assert receiver.asked == 0

    told.over_minutes(2)

    assert receiver.titles == ["1 imported, 1 trouble"]


def test_each_target_gets_its_own_events(told, receiver):
    targets.add_target(told.tools, hook(receiver, "imports", topics=[Topic.IMPORTED]))
    targets.add_target(told.tools, hook(receiver, "troubles", topics=[Topic.SOURCE], title_template="Look: {title}"))
    told.film(1)
    told.find()

    told.look()
    told.look(after_minutes=4)

    assert sorted(receiver.titles) == ["Film 1 (2020): imported", "Look: The account of main expired on 2026-01-14"]


def test_a_message_that_a_target_refuses_does_not_hold_up_the_others(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    receiver.status = 422
    told.film(1)
    told.over_minutes(10)
    assert states(told) == [DeliveryState.FAILED]

    receiver.status = 200
    told.film(2)
    told.over_minutes(10)

    assert receiver.titles == ["Film 2 (2020): imported"]


def test_a_target_that_was_switched_off_is_not_told_later_what_it_missed(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    told.film(1)
    told.look()
    targets.change_target(told.tools, "phone", TargetPatch(enabled=False))
    told.film(2)
    told.look(after_minutes=60)
    targets.change_target(told.tools, "phone", TargetPatch(enabled=True))
    told.film(3)

    told.look()
    told.look(after_minutes=4)

    assert receiver.titles == ["Film 3 (2020): imported"]


def test_an_event_whose_transaction_ended_late_is_told_too(told_anywhere, receiver):
    """On PostgreSQL, a lower id may be committed after a higher one."""
    targets.add_target(told_anywhere.tools, hook(receiver))
    told_anywhere.film(1)
    told_anywhere.film(2)
    told_anywhere.film(3)
    with told_anywhere.database.begin() as connection:
        late = connection.execute(select(events).where(events.c.message.like("Film 2%"))).mappings().one()
        connection.execute(events.delete().where(events.c.id == late["id"]))
    told_anywhere.look()
    with told_anywhere.database.begin() as connection:
        connection.execute(events.insert().values(**late))

    told_anywhere.look()
    told_anywhere.look(after_minutes=4)

    assert sorted(receiver.titles) == [f"Film {number} (2020): imported" for number in (1, 2, 3)]
    told_anywhere.look(after_minutes=10)
    told_anywhere.film(4)
    told_anywhere.look()
    with told_anywhere.database.connect() as connection:
        assert connection.execute(select(notify_cursor.c.gaps)).scalar_one() == []


def test_the_cursor_never_jumps_over_more_events_than_it_reads(told):
    for number in range(3):
        told.film(number)

    with told.database.connect() as connection:
        found, cursor = read_events(connection, Cursor(0), told.clock())

    assert [event.id for event in found][-1] == cursor.event_id


def test_a_webhook_is_signed_and_dated(told, receiver):
    targets.add_target(told.tools, hook(receiver, secret="sign-with-4711"))

    targets.try_target(told.tools, "phone")

    [request] = receiver.taken
    stamp = receiver.header(TIMESTAMP)
    assert int(stamp) == int(told.clock().timestamp())
    assert receiver.header(SIGNATURE) == f"sha256={sign('sign-with-4711', stamp, request.body)}"
    assert receiver.header("Content-Type") == "application/json"


def test_a_target_is_tested_before_it_is_saved_and_while_it_is_off(told, receiver):
    targets.try_draft(told.tools, hook(receiver))
    targets.add_target(told.tools, hook(receiver, enabled=False))
    targets.try_target(told.tools, "phone")

    assert receiver.titles == ["Stalkeer: a test"] * 2
    assert targets.list_messages(told.tools) == []


def test_an_apprise_server_gets_the_message_for_its_configuration(told, receiver):
    targets.add_target(told.tools, TargetDraft("apprise", TargetKind.APPRISE_API, f"{receiver.url}/notify/home"))
    told.film(1)
    told.look()
    told.look(after_minutes=4)

    [request] = receiver.taken
    assert request.path == "/notify/home"
    assert request.json() == {"title": "", "body": "Film 1 (2020): imported", "type": "success", "format": "text"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its own parts
def test_apprise_sends_to_a_service_of_its_own(told, receiver):
    pytest.importorskip("apprise")
    address = receiver.url.replace("http://", "json://") + "/4711-token"
    targets.add_target(told.tools, TargetDraft("apprise", TargetKind.APPRISE, address))
    told.film(1)
    told.look()
    told.look(after_minutes=4)

    [request] = receiver.taken
    assert request.json()["message"] == "Film 1 (2020): imported"
    receiver.status = 500
    with pytest.raises(NotifyError, match="did not take"):
        targets.try_target(told.tools, "apprise")


def test_an_address_is_stored_encrypted_and_never_shown(told, receiver):
    targets.add_target(told.tools, hook(receiver, secret="sign-with-4711"))
    receiver.status = 401
    with pytest.raises(NotifyError, match="refuses the sender") as refused:
        targets.try_target(told.tools, "phone")
    told.film(1)
    told.look()
    told.look(after_minutes=4)

    [view] = targets.list_targets(told.tools)
    with told.database.connect() as connection:
        stored = str(connection.execute(select(notify_targets)).all())
    assert view.shown == f"{receiver.url}/…"
    for text in (stored, repr(view), str(refused.value), str(targets.list_messages(told.tools))):
        assert "4711" not in text


@pytest.mark.parametrize(
    ("status", "words"),
    [(302, "redirect"), (401, "token"), (404, "nothing at its path"), (413, "refuses the message"), (500, "500")],
)
def test_a_refusal_says_what_to_do(told, receiver, status, words):
    receiver.status, receiver.headers = status, {"Location": "http://127.0.0.1:9/"}

    with pytest.raises(NotifyError, match=words):
        targets.try_draft(told.tools, hook(receiver))


def test_what_cannot_be_a_target_is_refused_at_its_field(told, receiver):
    targets.add_target(told.tools, hook(receiver))
    wrong = {
        "url": [TargetDraft("a", TargetKind.WEBHOOK, "ftp://x"), TargetDraft("a", TargetKind.APPRISE_API, "")],
        "name": [hook(receiver, "../x"), hook(receiver, "")],
        "secret": [TargetDraft("a", TargetKind.APPRISE_API, receiver.url, "signed-4711")],
        "quiet_hours": [hook(receiver, "a", quiet_hours="late")],
        "text_template": [
            hook(receiver, "a", text_template="{password}"),
            hook(receiver, "a", text_template="x" * 2000),
        ],
    }
    for field, drafts in wrong.items():
        for draft in drafts:
            with pytest.raises(InvalidInput) as refused:
                targets.add_target(told.tools, draft)
            assert field in refused.value.fields
    with pytest.raises(NotFound):
        targets.add_target(told.tools, hook(receiver, "a", instances=["nowhere"]))
    with pytest.raises(Conflict):
        targets.add_target(told.tools, hook(receiver))


def test_a_target_that_is_removed_takes_its_messages_along(told_anywhere, receiver):
    targets.add_target(told_anywhere.tools, hook(receiver))
    receiver.status = 500
    told_anywhere.film(1)
    told_anywhere.look()
    told_anywhere.look(after_minutes=4)

    targets.remove_target(told_anywhere.tools, "phone")

    assert targets.list_targets(told_anywhere.tools) == []
    assert targets.list_messages(told_anywhere.tools) == []
    with pytest.raises(NotFound):
        targets.remove_target(told_anywhere.tools, "phone")
