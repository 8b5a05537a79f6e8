"""Who may come in: login, its refusals, logout, and where a stranger is led."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.conftest import PASSWORD, USER, Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_stranger_logs_in_and_comes_to_the_page_asked_for(guarded_site: str, open_page: Callable[..., Tab]):
    tab = open_page(guarded_site)
    tab.page.goto(f"{guarded_site}/activity/history")
    assert tab.serious_findings() == []

    log_in(tab.page)

    expect(tab.page).to_have_url(f"{guarded_site}/activity/history")
    expect(tab.page.get_by_role("heading", name="Activity")).to_be_visible()


def test_a_wrong_password_is_reported_and_nothing_is_lost(guarded_site: str, open_page: Callable[..., Tab]):
    tab = open_page(guarded_site)
    tab.page.goto(f"{guarded_site}/login")

    log_in(tab.page, "not the password")

    expect(tab.page.get_by_role("alert")).to_contain_text("wrong")
    expect(tab.page.get_by_label("Username")).to_have_value(USER)


def test_logout_ends_the_session(guarded_site: str, open_page: Callable[..., Tab]):
    tab = open_page(guarded_site)
    tab.page.goto(guarded_site)
    log_in(tab.page)
    cookies = tab.page.context.cookies()

    tab.page.get_by_label("Account", exact=True).click()
    tab.page.get_by_role("button", name="Log out").click()

    expect(tab.page).to_have_url(f"{guarded_site}/login")
    tab.page.context.add_cookies(cookies)  # the old session is dead on the server too
    tab.page.goto(guarded_site)
    expect(tab.page.get_by_role("button", name="Log in")).to_be_visible()


def test_the_login_never_leads_to_another_site(guarded_site: str, open_page: Callable[..., Tab]):
    tab = open_page(guarded_site)
    tab.page.goto(f"{guarded_site}/login?next=//evil.example/")

    log_in(tab.page)

    expect(tab.page).to_have_url(f"{guarded_site}/")
