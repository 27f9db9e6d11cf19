"""The browser itself: that it starts, shows our pages with their static files, and reports what goes wrong on them."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_it_shows_the_login_page(page: Page) -> None:
    page.goto("/admin/")
    expect(page.get_by_label("Username")).to_be_visible()
    expect(page).to_have_title("Log in | Sojourn")


def test_a_wrong_password_is_refused_with_a_sentence(page: Page) -> None:
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
