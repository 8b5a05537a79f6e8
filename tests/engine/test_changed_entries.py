"""A queued download is matched again where its entry is called otherwise: before its first byte and each resume."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from stalkeer.core.titles import PARSER_VERSION, parse_title
from stalkeer.model import DownloadState
from stalkeer.store.db.tables import entries, library, library_titles, matches, title_keys, titles
from tests.doubles.house import content, digest, eventually


def rename(house, download, name):
    """As a refresh leaves an entry that its playlist calls otherwise now."""
    row, parsed = house.row(download), parse_title(name, "film")
    with house.database.begin() as connection:
        values = {"kind": "film", "text": name, "parser_version": PARSER_VERSION, "added_gen": 1}
        title_id = connection.execute(titles.insert().values(values)).inserted_primary_key[0]
        for reading in parsed.hypotheses:
            key = {"key": reading.key, "mirror": reading.key[::-1], "penalty": reading.penalty}
            connection.execute(title_keys.insert().values(title_id=title_id, **key))
        of_this = entries.c.id == row.identity.entry_id
        connection.execute(update(entries).where(of_this).values(name=name, title_id=title_id, year=parsed.year))


def decision_of(house, download):
    with house.database.connect() as connection:
        query = select(matches.c.decision).where(matches.c.entry_id == house.row(download).identity.entry_id)
        return connection.scalar(query)


def requests_for(house, name):
    return [request for request in house.provider.requests if request.key == f"/files/{name}.mkv"]


def test_an_entry_that_became_another_film_is_not_fetched_and_goes_back_to_review(house, running):
    download = house.download("Dune 2020", content(300_000))
    rename(house, download, "Barbie (2023)")

    running(house.engine())
    row = house.await_state(download, DownloadState.FAILED)

    assert row.outcome.error_code == "entry_changed"
    assert "Dune 2020" in row.outcome.error and "Barbie (2023)" in row.outcome.error
    assert decision_of(house, download) == "review"
    assert requests_for(house, "Dune 2020") == []


def test_the_next_variant_follows_where_there_is_one(house, running):
    download = house.download("Dune 2020", content(300_000))
    other = house.entry(house.source(), "/files/other.mkv", content(300_000, 2), "Dune 2020 4K")
    house.match(house.row(download).items[0].wanted_id, other, 0.9)
    rename(house, download, "Barbie (2023)")

    running(house.engine())
    row = house.await_state(download, DownloadState.COMPLETED)

    assert row.identity.entry_id == other and house.result(download) == digest(content(300_000, 2))


def test_an_entry_that_changes_in_the_middle_is_not_resumed(house, running):
    download = house.download("Dune 2020", content(3_000_000))
    house.provider.rate = 1_000_000
    running(house.engine())
    eventually(lambda: house.row(download).transfer.offset > 200_000)

    house.change(download, intent="pause")
    house.await_state(download, DownloadState.PAUSED)
    rename(house, download, "Barbie (2023)")
    before = len(requests_for(house, "Dune 2020"))
    house.change(download, state="queued")

    row = house.await_state(download, DownloadState.FAILED)
    assert row.outcome.error_code == "entry_changed"
    assert len(requests_for(house, "Dune 2020")) == before


@pytest.mark.parametrize("name", ["FR - Dune (2020) 4K", "Der Wüstenplanet (2020)"], ids=["decorated", "an alternate"])
def test_another_name_of_the_same_film_is_fetched(house, running, name):
    download = house.download("Dune 2020", content(300_000))
    with house.database.begin() as connection:
        connection.execute(update(library).values(title="Dune"))
        library_id = connection.scalar(select(library.c.id))
        for text, key, origin in (("Dune", "dune", "title"), ("Der Wüstenplanet", "der wustenplanet", "alternate")):
            row = {"library_id": library_id, "title": text, "key": key, "origin": origin}
            connection.execute(library_titles.insert().values(row))
    rename(house, download, name)

    running(house.engine())

    house.await_state(download, DownloadState.COMPLETED)
    assert house.result(download) == digest(content(300_000))
