"""The pictures of the README, taken of a running demo: `python -m tests.pictures [ADDRESS]`.

Logs in with the password that the demo has kept, so it runs on the demo's machine, with the same SOJOURN_HOME.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page

from config.demo import keys
from tests import browser as browsers

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = {"width": 1440, "height": 860}


def main() -> None:
    """Take them all. Raises playwright's TimeoutError when a page is not as expected."""
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with browsers.launched() as browser:
        page = browser.new_page(base_url=address, viewport=SIZE)
        page.goto("/admin/")
        page.get_by_label("Username").fill("admin")
        page.get_by_label("Password").fill(keys.load().password)
        page.get_by_role("button", name="Log in").click()
        page.get_by_text("Journeys live", exact=True).wait_for(timeout=8000)
        take(page, "home")
        page.goto("/admin/journeys/journey/")
        take(page, "list")
        page.get_by_role("link", name="Abandoned cart").first.click()
        page.locator(".cv-box").first.wait_for()
        take(page, "canvas")
        page.get_by_role("link", name="Node stats").click()
        page.locator(".cv-inside").first.wait_for()
        take(page, "numbers")
        page.goto("/admin/segments/segment/")
        page.get_by_role("link", name="Hikers to win back").first.click()
        page.locator(".rb-figure[data-count]").wait_for()
        take(page, "segment")
        page.goto("/admin/segments/list/add/")
        take(page, "import")
        page.goto("/demo/mailbox/")
        page.locator("tbody a").first.click()
        page.frame_locator("iframe").get_by_role("heading").wait_for()
        take(page, "mail")


def take(page: Page, name: str) -> None:
    """One picture, once nothing loads any more."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/pictures/{name}.png")


if __name__ == "__main__":
    main()
