"""The calendar: each release has the colour of what is true of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stalkeer.adapters.arr.calendar import Premiere
from stalkeer.faces.web.calendar import look_of
from stalkeer.model import WantedKind

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "days", "label"),
    [("air", -1, "Missing"), ("air", 1, "Unreleased"), ("digital", -3, "Missing"), ("cinema", -3, "Unreleased")],
)
def test_a_release_that_is_out_is_missing_though_no_scan_has_listed_it_yet(what: str, days: int, label: str):
    kind = WantedKind.EPISODE if what == "air" else WantedKind.MOVIE
    at = NOW + timedelta(days=days)
    premiere = Premiere(kind, 1, "Harbour Lights", "Part 1", None, None, at, what, has_file=False, monitored=True)

    assert look_of(premiere, None, NOW)[1] == label
