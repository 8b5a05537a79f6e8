"""A provider that sends everything but the film: no wrong file is ever completed, and every download ends."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from stalkeer.model import DownloadState as S
from stalkeer.store.db.tables import rules
from tests.doubles.hostile_provider import BEHAVIOURS, KINDS, SIZE, first_of, hook_of
from tests.doubles.house import digest, open_house

ATTEMPTS = 3
GIVEN = {
    "downloads.verify_downloads": True,
    "downloads.retry_attempts": ATTEMPTS,
    "downloads.retry_delay": "0.05s",
    "downloads.concurrent_limit": 4,
    "downloads.timeout": "5s",
}
ENDS = (S.COMPLETED, S.FAILED, S.BLOCKED)


@pytest.fixture
def house(tmp_path, database):
    with open_house(tmp_path, database, GIVEN) as opened:
        yield opened


def drive(house, running, names):
    """Download a film by each behaviour, all at once. Returns the rows and the films by name."""
    source = house.source(max_connections=8)
    films, downloads, hooks = {}, {}, {}
    for number, name in enumerate(names):
        films[name] = BEHAVIOURS[name].film(100 + number)
        downloads[name] = house.download(f"Film {number}", films[name], source)
        key = house.row(downloads[name]).identity.entry_key
        hooks[key] = BEHAVIOURS[name].hook(films[name], key)
    house.provider.hook = hook_of(hooks)
    running(house.engine())
    return {name: house.await_state(downloads[name], *ENDS, timeout_s=240) for name in names}, films


def check(house, rows, films):
    completed = {name for name, row in rows.items() if row.state is S.COMPLETED}
    wrong = [name for name in completed if house.result(rows[name].id) != digest(films[name])]
    assert wrong == [], "wrong files were completed"
    assert {name for name in rows if BEHAVIOURS[name].comes} == completed
    unnamed = [name for name, row in rows.items() if name not in completed and not row.outcome.error]
    assert unnamed == [], "each that did not come says why"
    for name, row in rows.items():
        assert row.transfer.bytes_fetched <= ATTEMPTS * SIZE * 1.2 + 100_000, (name, row.transfer.bytes_fetched)


@pytest.mark.parametrize("kind", KINDS)
def test_no_wrong_file_is_completed_whatever_is_sent(house, running, kind):
    rows, films = drive(house, running, [first_of(kind)])

    check(house, rows, films)


def test_moods_put_nothing_on_the_blocklist(house, running):
    names = [name for name, one in BEHAVIOURS.items() if one.kind == "mood"][::8]
    rows, films = drive(house, running, names)

    check(house, rows, films)
    with house.database.connect() as connection:
        assert connection.execute(select(func.count()).select_from(rules)).scalar_one() == 0


@pytest.mark.soak
def test_no_wrong_file_is_completed_by_any_behaviour(house, running):
    rows, films = drive(house, running, list(BEHAVIOURS))

    check(house, rows, films)
