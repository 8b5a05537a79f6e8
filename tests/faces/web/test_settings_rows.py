"""Hours and quotas: rows of a form, checked by the same schema as config.yml."""

from __future__ import annotations

import json
import re
from datetime import time
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from stalkeer.faces.web.settings_form import SECTIONS
from stalkeer.runtime import App

PAGE = "/settings/downloads"
HTMX = {"HX-Request": "true"}
HOURS, QUOTAS = f"{PAGE}/rows/hours", f"{PAGE}/rows/quotas"
NIGHT = {"0.day.sat": "1", "0.day.sun": "1", "0.start": "01:00", "0.end": "07:00", "0.limit": "20MB"}


def of(table: str, values: dict[str, str]) -> dict[str, str]:
    """The fields of a list on the page, as the browser sends them."""
    return {f"{table}.{name}": value for name, value in values.items()}


def wrong_fields(answer) -> dict[str, str]:
    """What the browser writes beside the fields."""
    assert answer.status_code == 422
    return json.loads(unquote(answer.headers["Stalkeer-Fields"]))


def test_hours_are_saved_and_shown_again(client: TestClient, app: App):
    client.post(PAGE, data=of("hours", {"rows": "1", **NIGHT}))

    (hours,) = app.settings.downloads.hours
    assert [day.value for day in hours.days] == ["sat", "sun"]
    assert (hours.start, hours.end, hours.limit, hours.pause) == (time(1), time(7), 20_000_000, False)
    shown = client.get(PAGE).text
    assert 'value="20MB"' in shown and 'value="01:00"' in shown


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(client: TestClient, app: App):
    second = {"1.day.mon": "1", "1.start": "8:00 pm", "1.limit": "fast"}

    wrong = wrong_fields(client.post(PAGE, headers=HTMX, data=of("hours", {"rows": "2", **NIGHT, **second})))

    assert set(wrong) == {"hours.1.start", "hours.1.end", "hours.1.limit"}
    assert wrong["hours.1.end"] == "Is required" and "not a size" in wrong["hours.1.limit"]
    assert app.settings.downloads.hours == ()


def test_hours_of_no_day_are_refused(client: TestClient, app: App):
    hours = {"rows": "1", "0.start": "01:00", "0.end": "07:00", "0.pause": "true"}

    assert wrong_fields(client.post(PAGE, headers=HTMX, data=of("hours", hours))) == {
        "hours.0.days": "Select at least one day."
    }
    assert app.settings.downloads.hours == ()


def test_a_row_is_added_and_removed_without_losing_typed_text(client: TestClient, app: App):
    more = client.post(f"{HOURS}/add", data=of("hours", {"rows": "1", **NIGHT})).text
    less = client.post(f"{HOURS}/without/0", data=of("hours", {"rows": "2", **NIGHT, "1.start": "22:00"})).text

    assert 'name="hours.1.start"' in more and 'value="20MB"' in more
    assert 'value="22:00"' in less and 'value="20MB"' not in less
    assert app.settings.downloads.hours == ()


def test_an_empty_row_is_no_row(client: TestClient, app: App):
    client.post(PAGE, data=of("hours", {"rows": "2", **NIGHT, "1.day.mon": "1"}))

    assert len(app.settings.downloads.hours) == 1


def test_quotas_are_saved_and_forgotten_again(client: TestClient, app: App):
    client.post(PAGE, data=of("quotas", {"rows": "1", "0.period": "week", "0.size": "300GB"}))
    (quota,) = app.settings.downloads.quotas
    client.post(f"{QUOTAS}/reset")

    assert (quota.period.value, quota.size, quota.source) == ("week", 300_000_000_000, "")
    assert app.settings.downloads.quotas == ()


@pytest.mark.parametrize("size", ["0", "much"])
def test_a_quota_of_nothing_is_refused_beside_its_field(client: TestClient, app: App, size: str):
    quotas = {"rows": "1", "0.period": "day", "0.size": size}

    assert set(wrong_fields(client.post(PAGE, headers=HTMX, data=of("quotas", quotas)))) == {"quotas.0.size"}
    assert app.settings.downloads.quotas == ()


def test_one_save_keeps_single_settings_and_lists_together_or_none_of_them(client: TestClient, app: App):
    lists = of("quotas", {"rows": "1", "0.period": "day", "0.size": "5GB"})

    wrong = wrong_fields(
        client.post(PAGE, headers=HTMX, data={**lists, "downloads.bandwidth_limit": "as fast as light"})
    )
    before = (app.settings.downloads.bandwidth_limit, app.settings.downloads.quotas)
    client.post(PAGE, data={**lists, "downloads.bandwidth_limit": "20MB", "downloads.verify_tls": "false"})

    assert set(wrong) == {"downloads.bandwidth_limit"} and before == (0, ())
    now = app.settings.downloads
    assert (now.bandwidth_limit, len(now.quotas), now.verify_tls) == (20_000_000, 1, False)


def test_a_changed_setting_is_marked_with_its_default_and_can_be_reset(client: TestClient):
    client.post(PAGE, data={"downloads.retry_attempts": "9"})

    page = client.get(PAGE).text

    at = page.index('id="f-downloads-retry_attempts"')
    field = page[page.rindex('<div class="field', 0, at) : page.index('<div class="field', at)]
    assert "changed" in field and "default 5" in field and "/settings/downloads/reset/downloads.retry_attempts" in field


def test_the_search_finds_every_setting_that_a_page_shows(client: TestClient):
    index = client.get("/settings").text
    pages = [client.get(f"/settings/{section.path}").text for section in SECTIONS]
    shown = [name for page in pages for name in re.findall(r'id="(f-[\w-]+)"', page)]

    assert len(shown) > 60 and {name.removesuffix("-help") for name in shown} == set(re.findall(r"#(f-[\w-]+)", index))
