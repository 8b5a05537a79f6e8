"""Send messages to targets: collect new events, write a message once its group is complete, and send it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from stalkeer.core.notify.grouping import LONGEST, Rhythm, ready
from stalkeer.core.notify.intake import take_in
from stalkeer.core.notify.retry import delay_after, is_given_up
from stalkeer.core.notify.topics import read_event
from stalkeer.core.notify.wording import write_message
from stalkeer.errors import NotifyError, NotifyRefused, SecretError
from stalkeer.jobs.notify.sending import Envelope, NotifyTools, send
from stalkeer.logs import get_logger
from stalkeer.secrets import mask_text
from stalkeer.store.notify import outbox
from stalkeer.store.notify.event_reader import BATCH, read_cursor, read_events, start_of, write_cursor
from stalkeer.store.notify.outbox import Delivery, DeliveryState
from stalkeer.store.notify.targets import NotifyTargetRow, list_targets, note_result, read_address

CLAIMED_FOR = timedelta(minutes=2)  # a sender that was killed is missed after this
MOST_AT_ONCE = 5  # messages to one target in a row
log = get_logger(__name__)


def tell(tools: NotifyTools) -> bool:
    """Collect, write and send. Return True where more events are to be read at once."""
    with tools.database.connect() as connection:
        rows = [row for row in list_targets(connection) if row.options.enabled]
    if not rows:
        return False
    has_more = collect(tools, rows)
    for row in rows:
        write(tools, row)
        deliver(tools, row)
    return has_more


def collect(tools: NotifyTools, rows: Sequence[NotifyTargetRow]) -> bool:
    """Read the next events and let them wait for the targets that want them. Return whether there may be more."""
    now = tools.clock()
    with tools.database.connect() as connection:
        before = read_cursor(connection)
        start = start_of(before, min(row.since_event for row in rows))
        events, after = read_events(connection, start, now)
    if after == before:
        return False
    found = [happening for happening in map(read_event, events) if happening is not None]
    with tools.database.begin() as connection:
        if not write_cursor(connection, before, after):
            return False  # another process read them
        for row in rows if found else ():
            waiting = outbox.waiting_for(connection, row.id)
            intake = take_in(row.wishes, found, waiting, outbox.troubles_told(connection, row.id))
            outbox.drop_waiting(connection, row.id, intake.dropped)
            outbox.add_waiting(connection, row.id, intake.added)
    return len(events) >= BATCH


def write(tools: NotifyTools, row: NotifyTargetRow) -> int:
    """Write the messages that are due. Return their number."""
    now = tools.clock()
    with tools.database.connect() as connection:
        waiting = outbox.waiting_for(connection, row.id)
        if not waiting:
            return 0
        lately = outbox.count_since(connection, row.id, now - LONGEST)
    groups = ready(waiting, Rhythm(tools.local(now), row.options.quiet_hours, lately))
    if not groups:
        return 0
    with tools.database.begin() as connection:
        present = {happening.event_id for happening in outbox.waiting_for(connection, row.id)}
        for group in groups:
            events = {happening.event_id for happening in group}
            if events <= present:  # else another process wrote a message about them
                outbox.write_delivery(connection, row.id, write_message(group), events, now)
    return len(groups)


def deliver(tools: NotifyTools, row: NotifyTargetRow) -> int:
    """Send the messages to a target in their order, until it does not take one. Return the number that it took.

    Nothing is sent in its quiet hours.
    """
    count = 0
    while count < MOST_AT_ONCE and _deliver_next(tools, row):
        count += 1
    return count


def _deliver_next(tools: NotifyTools, row: NotifyTargetRow) -> bool:
    now = tools.clock()
    if Rhythm(tools.local(now), row.options.quiet_hours).is_quiet:
        return False
    with tools.database.connect() as connection:
        delivery = outbox.first_unsent(connection, row.id)
    if delivery is None or delivery.not_before > now:
        return False
    with tools.database.begin() as connection:
        if not outbox.claim_delivery(connection, delivery, now + CLAIMED_FOR):
            return False
    error = _attempt(tools, row, delivery)
    if error is None:
        with tools.database.begin() as connection:
            outbox.end_delivery(connection, delivery.id, DeliveryState.SENT, None, tools.clock())
            note_result(connection, row.id, None, tools.clock())
        return True
    return _note_failure(tools, row, delivery, error)


def _attempt(tools: NotifyTools, row: NotifyTargetRow, delivery: Delivery) -> NotifyError | SecretError | None:
    """Return the error of an attempt in vain."""
    envelope = Envelope(delivery.message, str(delivery.id), tools.local(delivery.created_at), tools.clock())
    try:
        send(row.kind, read_address(row, tools.secrets), row.options, envelope)
    except (NotifyError, SecretError) as error:
        return error
    return None


def _note_failure(tools: NotifyTools, row: NotifyTargetRow, delivery: Delivery, error: Exception) -> bool:
    """Put the message off, or give it up. Return True where the next one may be tried at once."""
    now, words = tools.clock(), mask_text(str(error))
    attempts = delivery.attempts + 1
    is_refused = isinstance(error, NotifyRefused)
    is_over = is_given_up(attempts, now - delivery.created_at, is_refused=is_refused)
    with tools.database.begin() as connection:
        note_result(connection, row.id, words, now)
        if is_over:
            outbox.end_delivery(connection, delivery.id, DeliveryState.FAILED, words, now)
        else:
            outbox.put_off(connection, delivery.id, words, now + delay_after(attempts))
    state = "given up" if is_over else "sent again later"
    log.warning("a notification was not taken", target=row.name, error=words, attempts=attempts, then=state)
    return is_over and is_refused
