"""Choices are shown in words, and a form asks only for what the other answers leave open."""

from __future__ import annotations

import re
from enum import Enum

import pytest
from playwright.sync_api import expect
from sqlalchemy import update
from starlette.testclient import TestClient

from stalkeer.runtime import App
from stalkeer.settings.choices import CHOICES, choices_of
from stalkeer.settings.keys import all_keys
from stalkeer.store.db import tables
from stalkeer.store.sources.sources import get_source
from tests.faces.web.sample import fill

ENUMS = {key.field.annotation for key in all_keys() if isinstance(key.field.annotation, type)}


def test_every_value_that_a_setting_can_be_chosen_from_has_words():
    enums = {kind for kind in ENUMS if issubclass(kind, Enum)}

    assert {
        kind.__name__ for kind in enums if set(choices_of(kind).values()) & {member.value for member in kind}
    } == set()
    assert enums <= set(CHOICES)


@pytest.mark.parametrize(
    ("page", "code", "words"),
    [
        ("media", "library", "Library folder"),
        ("security", "external", "Trusted reverse proxy"),
        ("general", "warning", "Warnings and errors"),
        ("media-server", "none", "No media server"),
        ("general", "json", "JSON"),
    ],
)
def test_a_choice_shows_words_and_its_help_names_them(client: TestClient, page: str, code: str, words: str):
    text = re.sub(r"\s+", " ", client.get(f"/settings/{page}").text)

    assert re.search(rf'<option value="{code}"[^>]*>{words}</option>', text)
    if page in ("media", "security"):
        assert f"“{words}”: " in text


def test_the_wizard_asks_when_a_connection_may_be_used_only_where_there_is_one(client: TestClient, app: App):
    fill(app.database, app.secrets, app.clock())
    two = client.get("/setup/limits").text
    with app.database.begin() as connection:
        main = tables.sources.c.slug == "main"
        connection.execute(update(tables.sources).where(main).values(account_max=1))

    one = client.get("/setup/limits").text
    answer = {"use.main": "hours", "use_from.main": "02:00", "use_until.main": "06:30"}
    client.post("/setup/limits", data={"bandwidth": "", "concurrent": "2", "drive": "auto", **answer})

    assert "When may downloads use" not in two and "When may downloads use" not in client.get("/setup/source").text
    assert "main allows one connection" in one and 'name="use.main"' in one and 'name="use.backup"' not in one
    with app.database.connect() as connection:
        options = get_source(connection, "main").options
    assert (options.use, options.use_from, options.use_until) == ("hours", "02:00", "06:30")
    assert "allows one connection" not in client.get("/setup/limits").text


@pytest.mark.browser
def test_the_hours_are_asked_only_where_hours_are_chosen(open_page, sample_site: str):
    page = open_page(sample_site).go("/sources/main")
    start = page.get_by_label("From", exact=True)

    expect(start).to_be_hidden()
    page.get_by_label("When may downloads use").select_option(label="At night, or at certain hours")
    expect(start).to_be_visible()
    page.get_by_label("When may downloads use").select_option(label="Only when I start a download")
    expect(start).to_be_hidden()
