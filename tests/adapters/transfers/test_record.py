"""The record beside a part: whole and true, or none."""

import pytest

from stalkeer.adapters.transfers.record import BYTES, Kept, find_record, forget, keep, record_of
from stalkeer.adapters.transfers.request import FailureKind, Fetched, TransferFailed
from stalkeer.core.downloads.resume import HeldPart, Validators
from tests.adapters.transfers.conftest import SIZE
from tests.doubles import provider_faults as faults
from tests.doubles.provider_faults import on

HELD = HeldPart(1000, 5000, Validators(etag='"one"'), is_total_confirmed=True)
FETCHED = Fetched(1000, Validators(etag='"one"'), False, ".mkv", {"md5": "00"})
FAILED = TransferFailed(FailureKind.GONE, "example.com/…/7.mkv: gone", 60.0, 404)


@pytest.fixture
def part(tmp_path):
    path = tmp_path / "7.part"
    path.write_bytes(bytes(1000))
    return path


@pytest.mark.parametrize("outcome", [None, FETCHED, FAILED])
def test_a_record_is_read_as_it_was_written(part, outcome):
    keep(part, Kept(1, HeldPart()))
    keep(part, Kept(3, HELD, outcome))

    assert find_record(part) == Kept(3, HELD, outcome)
    assert record_of(part).stat().st_size == BYTES


def test_a_record_of_more_bytes_than_the_part_has_is_none(part):
    keep(part, Kept(3, HeldPart(1001)))

    assert find_record(part) is None


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\x00" * BYTES])
def test_a_damaged_record_is_none(part, damage):
    keep(part, Kept(3, HELD))
    record_of(part).write_bytes(damage)

    assert find_record(part) is None


def test_a_half_written_record_is_none(part):
    keep(part, Kept(3, HELD))
    written = record_of(part).read_bytes()
    record_of(part).write_bytes(written.replace(b"5000", b"6000"))

    assert find_record(part) is None


def test_a_record_that_is_forgotten_is_gone(part):
    keep(part, Kept(3, HELD))

    forget(part)

    assert find_record(part) is None and not record_of(part).exists()


def test_a_transfer_keeps_a_record_of_what_is_on_disk(desk):
    desk.provider.hook = on(faults.cut_after(150_000))

    desk.fetch(run=4)

    kept = find_record(desk.part)
    assert kept == Kept(4, desk.watching.durables[-1])
    assert (kept.held.offset, kept.held.total) == (150_000, SIZE)
