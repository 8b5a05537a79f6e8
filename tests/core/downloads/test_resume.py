"""Which bytes may be appended to which: the decisions, without a network."""

import pytest

from stalkeer.core.downloads.failures import FailureKind
from stalkeer.core.downloads.resume import (
    OVERLAP,
    Append,
    AskWhole,
    Complete,
    Head,
    HeldPart,
    ResumeRefused,
    Validators,
    Whole,
    plan_answer,
    range_headers,
)

START = 1_000_000
HELD = HeldPart(START, 5_000_000, Validators(etag='"one"'))
ASKED = START - OVERLAP
LATER = "Thu, 15 Jan 2026 12:01:00 GMT"
EARLIER = "Thu, 15 Jan 2026 12:00:00 GMT"


def test_nothing_held_asks_for_everything():
    assert range_headers(HeldPart()) == {}
    assert range_headers(HeldPart(OVERLAP)) == {}


@pytest.mark.parametrize(
    ("validators", "if_range"),
    [
        (Validators(etag='"one"', last_modified=EARLIER, date=LATER), '"one"'),
        (Validators(etag='W/"one"', last_modified=EARLIER, date=LATER), None),
        (Validators(last_modified=EARLIER, date=LATER), EARLIER),
        (Validators(last_modified=EARLIER, date=EARLIER), None),
        (Validators(last_modified=EARLIER), None),
        (Validators(last_modified="yesterday", date=LATER), None),
        (Validators(), None),
    ],
)
def test_only_strong_validators_stand_in_if_range(validators, if_range):
    assert range_headers(HeldPart(START, None, validators)).get("If-Range") == if_range


def test_a_fitting_part_is_appended_after_its_overlap_was_compared():
    head = Head(206, 5_000_000 - ASKED, f"bytes {ASKED}-4999999/5000000", validators=Validators(etag='"one"'))

    assert plan_answer(HELD, is_ranged=True, head=head) == Append(ASKED, 5_000_000, 5_000_000)


@pytest.mark.parametrize(
    "head",
    [
        Head(206, None, f"bytes {ASKED + 1}-4999999/5000000"),
        Head(206, 10, f"bytes {ASKED}-4999999/5000000"),
        Head(206, None, f"bytes {ASKED}-5000000/5000000"),
        Head(206, None, f"bytes {ASKED}-4999999/5000000", validators=Validators(etag='"two"')),
        Head(206, None, None),
        Head(206, None, "bytes */5000000"),
        Head(416, None, "bytes */5000000"),
        Head(416),
    ],
)
def test_an_unfitting_part_is_asked_for_as_a_whole_once(head):
    assert isinstance(plan_answer(HELD, is_ranged=True, head=head), AskWhole)
    assert isinstance(plan_answer(HeldPart(), is_ranged=False, head=head), ResumeRefused)


def test_an_unknown_total_in_a_part_is_taken_from_before():
    head = Head(206, None, f"bytes {ASKED}-4999999/*", validators=Validators(etag='"one"'))

    assert plan_answer(HELD, is_ranged=True, head=head) == Append(ASKED, 5_000_000, 5_000_000)


@pytest.mark.parametrize("value", [f"bytes */{START}", f"bytes 0-{START - 1}/{START}"])
def test_both_shapes_of_416_say_that_all_is_there(value):
    assert plan_answer(HeldPart(START), is_ranged=True, head=Head(416, None, value)) == Complete()
    assert isinstance(plan_answer(HELD, is_ranged=True, head=Head(416, None, value)), AskWhole)


def test_a_whole_file_is_compared_and_a_shorter_one_reported():
    assert plan_answer(HELD, is_ranged=False, head=Head(200, 6_000_000)) == Whole(6_000_000)
    shorter = plan_answer(HELD, is_ranged=False, head=Head(200, 500))
    assert isinstance(shorter, ResumeRefused) and shorter.kind is FailureKind.CHANGED


REST = 5_000_000 - ASKED


@pytest.mark.parametrize(
    ("length", "content_range", "expected"),
    [
        (5_000_000, None, Whole(5_000_000, is_proven=False)),
        (5_000_000, "bytes 0-4999999/5000000", Whole(5_000_000, is_proven=False)),
        (None, "bytes 0-4999999/*", Whole(5_000_000, is_proven=False)),
        (None, None, Whole(None, is_proven=False)),
        (REST, f"bytes {ASKED}-4999999/5000000", Append(ASKED, 5_000_000, 5_000_000)),
        (None, f"bytes {ASKED}-4999999/*", Append(ASKED, 5_000_000, 5_000_000)),
    ],
)
def test_a_200_to_a_range_is_the_range_or_the_whole_file_as_its_content_range_says(length, content_range, expected):
    head = Head(200, length, content_range, validators=HELD.validators)

    assert plan_answer(HELD, is_ranged=True, head=head) == expected


@pytest.mark.parametrize(
    ("length", "content_range"),
    [
        (REST, None),  # the range, without saying so
        (6_000_000, None),
        (500, None),
        (REST, "bytes 0-4999999/5000000"),
        (None, "bytes 7-4999999/5000000"),
        (1000, "bytes 0-999/5000000"),
    ],
)
def test_a_200_to_a_range_that_fits_nothing_is_asked_for_as_a_whole(length, content_range):
    head = Head(200, length, content_range, validators=HELD.validators)

    assert isinstance(plan_answer(HELD, is_ranged=True, head=head), AskWhole)


DATED = Validators(last_modified=EARLIER, date=LATER)


@pytest.mark.parametrize(
    ("held", "answered", "is_moved"),
    [
        (Validators('"one"'), Validators('"one"'), False),
        (Validators('"one"'), Validators('"two"'), True),
        (Validators('W/"one"'), Validators('W/"two"'), True),
        (Validators('"one"'), Validators(), True),
        (DATED, DATED, False),
        (DATED, Validators(last_modified=LATER, date=LATER), True),
        (DATED, Validators(), True),
        (Validators('"one"', EARLIER), Validators('"one"', LATER), True),
        (Validators('"one"', EARLIER), Validators('"one"'), False),  # RFC 9110, 15.3.7
        (Validators(), Validators('"new"', LATER), False),
    ],
)
def test_any_validator_that_moved_makes_another_file(held, answered, is_moved):
    head = Head(206, None, f"bytes {ASKED}-4999999/5000000", validators=answered)

    plan = plan_answer(HeldPart(START, 5_000_000, held), is_ranged=True, head=head)

    assert isinstance(plan, AskWhole) is is_moved


def test_a_multipart_answer_is_no_range():
    kind = Validators(content_type="multipart/byteranges; boundary=x")
    head = Head(206, None, f"bytes {ASKED}-4999999/5000000", validators=kind)

    assert isinstance(plan_answer(HeldPart(START, 5_000_000), is_ranged=True, head=head), AskWhole)


def test_a_total_is_a_claim_until_a_second_answer_confirms_it():
    head = Head(206, None, f"bytes {ASKED}-5000000/5000001")

    claimed = plan_answer(HeldPart(START, 5_000_000), is_ranged=True, head=head)
    confirmed = plan_answer(HeldPart(START, 5_000_000, is_total_confirmed=True), is_ranged=True, head=head)

    assert claimed == Append(ASKED, 5_000_001, 5_000_001)
    assert isinstance(confirmed, AskWhole)


def test_more_bytes_than_any_file_system_holds_are_no_claim_at_all():
    head = Head(206, None, f"bytes {ASKED}-4999999/{10**18}")

    assert plan_answer(HeldPart(START), is_ranged=True, head=head) == Append(ASKED, 5_000_000, None)


def test_validators_survive_being_stored():
    validators = Validators(etag='"x"', date=LATER)

    assert Validators.from_document(validators.to_document()) == validators
    assert Validators.from_document(None) == Validators()
