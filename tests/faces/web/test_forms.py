"""An error of a form stands beside its field, and what a form offers to mend is mended by one press."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.faces.web.conftest import Tab

pytestmark = [pytest.mark.browser]


def test_a_missing_folder_of_the_wizard_is_created_by_a_button_beside_its_field(
    own_site: str, open_page: Callable[..., Tab], tmp_path: Path
):
    page = open_page(own_site).go("/setup/paths")
    folder = tmp_path / "vod" / "films"

    page.get_by_label("Finished movies").fill("films")
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator(".field-error")).to_contain_text("is relative")
    expect(page.get_by_role("button", name="Create it")).to_have_count(0)

    page.get_by_label("Finished movies").fill(str(folder))
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator(".field-error")).to_contain_text("does not exist")
    page.get_by_role("button", name="Create it").click()

    expect(page.locator(".field-error")).to_have_count(0)
    expect(page.get_by_label("Finished movies")).to_have_value(str(folder))
    assert folder.is_dir()


def test_a_wrong_address_of_an_instance_is_marked_and_the_mark_goes_when_it_is_right(
    sample_site: str, open_page: Callable[..., Tab]
):
    page = open_page(sample_site, width=360).go("/settings/instances/new")
    page.get_by_label("Address", exact=True).fill("ftp://nowhere")
    page.get_by_label("API key").fill("0f1e2d3c4b5a")
    page.get_by_text("Advanced").click()
    page.get_by_label("Path mappings").fill("only one")
    page.get_by_role("button", name="Save").click()

    expect(page.locator(".field-error")).to_contain_text("not a path mapping")
    expect(page.get_by_label("Path mappings")).to_have_attribute("aria-invalid", "true")

    page.get_by_label("Path mappings").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field-error")).to_contain_text("not a web address")
    expect(page.get_by_label("Address", exact=True)).to_be_focused()
    expect(page.get_by_label("Path mappings")).not_to_have_attribute("aria-invalid", "true")
