"""Hours and quotas: rows of a form, checked by the same schema as config.yml."""

from __future__ import annotations

from datetime import time

import pytest
from starlette.testclient import TestClient

from stalkeer.runtime import App

HOURS, QUOTAS = "/settings/downloads/rows/hours", "/settings/downloads/rows/quotas"
NIGHT = {"0.day.sat": "1", "0.day.sun": "1", "0.start": "01:00", "0.end": "07:00", "0.limit": "20MB"}


def test_hours_are_saved_and_shown_again(client: TestClient, app: App):
    said = client.post(HOURS, data={"rows": "1", **NIGHT})

    (hours,) = app.settings.downloads.hours
    assert [day.value for day in hours.days] == ["sat", "sun"]
    assert (hours.start, hours.end, hours.limit, hours.pause) == (time(1), time(7), 20_000_000, False)
    assert 'value="20MB"' in said.text and 'value="01:00"' in client.get("/settings/downloads").text


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(client: TestClient, app: App):
    said = client.post(HOURS, data={"rows": "2", **NIGHT, "1.day.mon": "1", "1.start": "8:00 pm", "1.limit": "fast"})

    assert 'value="fast"' in said.text and 'id="hours-1-limit-error"' in said.text
    assert 'id="hours-1-start-error"' in said.text and 'id="hours-1-end-error"' in said.text
    assert 'id="hours-0-limit-error"' not in said.text
    assert app.settings.downloads.hours == ()


def test_hours_of_no_day_are_refused(client: TestClient, app: App):
    said = client.post(HOURS, data={"rows": "1", "0.start": "01:00", "0.end": "07:00", "0.pause": "true"})

    assert "Select at least one day" in said.text
    assert app.settings.downloads.hours == ()


def test_a_row_is_added_and_taken_away_without_losing_what_is_typed(client: TestClient, app: App):
    more = client.post(f"{HOURS}/add", data={"rows": "1", **NIGHT}).text
    less = client.post(f"{HOURS}/without/0", data={"rows": "2", **NIGHT, "1.start": "22:00"}).text

    assert 'name="1.start"' in more and 'value="20MB"' in more
    assert 'value="22:00"' in less and 'value="20MB"' not in less
    assert app.settings.downloads.hours == ()


def test_an_empty_row_is_no_row(client: TestClient, app: App):
    client.post(HOURS, data={"rows": "2", **NIGHT, "1.day.mon": "1"})

    assert len(app.settings.downloads.hours) == 1


def test_quotas_are_saved_and_forgotten_again(client: TestClient, app: App):
    client.post(QUOTAS, data={"rows": "1", "0.period": "week", "0.size": "300GB"})
    (quota,) = app.settings.downloads.quotas
    client.post(f"{QUOTAS}/reset")

    assert (quota.period.value, quota.size, quota.source) == ("week", 300_000_000_000, "")
    assert app.settings.downloads.quotas == ()


@pytest.mark.parametrize("size", ["0", "much"])
def test_a_quota_of_nothing_is_refused_beside_its_field(client: TestClient, app: App, size: str):
    said = client.post(QUOTAS, data={"rows": "1", "0.period": "day", "0.size": size})

    assert 'id="quotas-0-size-error"' in said.text
    assert app.settings.downloads.quotas == ()
