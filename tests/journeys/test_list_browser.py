"""The list, reports and a message's details in a real browser: what only a browser can show."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from config import home
from config.lib import sql
from journeys import editor, services
from journeys.models import Journey, Report, Version
from journeys.reports import making
from tests.staff import PASSWORD, person

pytestmark = pytest.mark.browser
LIST = "/admin/journeys/journey/"


@pytest.fixture(autouse=True)
def clean(transactional_db: None, settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    """Django empties the tables that it manages; the counters are not among them."""
    settings.REPORTS_ROOT = tmp_path
    home.forget()
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journeys_tally")
    home.forget()


@pytest.fixture
def cora(page: Page, live_server: LiveServer) -> Page:
    """Cora, who creates journeys, signed in; nothing goes wrong in her browser's console."""
    person("cora")

    def hear(message: ConsoleMessage) -> None:
        assert message.type != "error", message.text

    page.on("console", hear)
    page.goto("/admin/")
    page.get_by_label("Username").fill("cora")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Journeys live")).to_be_visible()
    return page


def live() -> Version:
    version = services.create_journey(document=editor.read(editor.EXAMPLE), by=person("cora"), now=timezone.now())
    services.publish(version_id=version.pk, by=person("cora"), now=timezone.now())
    rows = [(0, "qualified", 1400), (0, "entered", 1234), (1, "sent", 900), (1, "viewed", 400), (1, "clicked", 120)]
    rows += [(1, "link:https://shop.example/cart", 90), (1, "link:https://shop.example/", 30)]
    rows += [(1, "reason:failed:hard bounce", 7), (1, "exited:goal_1", 60)]
    for node, metric, value in rows:
        sql.run(
            """INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
               VALUES (0, %(version)s, %(node)s, %(metric)s, %(day)s, %(value)s)""",
            {"version": version.pk, "node": node, "metric": metric, "day": timezone.now().date(), "value": value},
        )
    return version


def look(page: Page, name: str) -> None:
    """Keep a picture where SOJOURN_LOOK names a folder, light and dark, wide and on a tablet."""
    if folder := os.environ.get("SOJOURN_LOOK"):
        for theme in ("light", "dark"):
            page.evaluate("theme => document.documentElement.classList.toggle('dark', theme === 'dark')", theme)
            page.screenshot(path=f"{folder}/{name}-{theme}.png")
        page.evaluate("document.documentElement.classList.remove('dark')")


def test_journeys_are_labelled_filtered_by_it_and_the_filter_kept(cora: Page) -> None:
    live(), live()
    cora.goto(LIST)
    cora.locator("#action-toggle").check()
    cora.locator("select[name=action]").select_option("label_journeys")
    cora.get_by_role("button", name="Run").click()
    cora.get_by_label("Label", exact=True).fill("vip")
    look(cora, "labels")
    cora.get_by_role("button", name="Add label").click()
    expect(cora.locator(".sj-tag", has_text="vip")).to_have_count(2)
    assert [it.labels for it in Journey.objects.all()] == [["example", "vip"], ["example", "vip"]]
    cora.goto(f"{LIST}?label=vip")
    cora.get_by_label("Name of this filter").fill("VIPs")
    cora.get_by_role("button", name="Keep filter").click()
    expect(cora.get_by_role("link", name="VIPs")).to_be_visible()
    look(cora, "list")
    cora.get_by_role("link", name="Stopped", exact=True).click()
    expect(cora.get_by_text("No results found")).to_be_visible()
    cora.get_by_role("link", name="VIPs").click()
    expect(cora.locator(".sj-tag", has_text="vip")).to_have_count(2)
    cora.get_by_role("button", name="Forget “VIPs”").click()
    expect(cora.get_by_role("link", name="VIPs")).to_have_count(0)


def test_a_report_is_asked_for_and_its_page_renews_itself_until_it_is_there(cora: Page) -> None:
    live()
    cora.goto(LIST)
    cora.locator("#action-toggle").check()
    cora.locator("select[name=action]").select_option("report_journeys")
    cora.get_by_role("button", name="Run").click()
    cora.get_by_label("Name", exact=True).fill("March")
    look(cora, "report-new")
    cora.get_by_role("button", name="Make report").click()
    expect(cora.get_by_text("Waiting")).to_be_visible()
    look(cora, "reports-waiting")
    making.make_waiting(clock=timezone.now, zone=timezone.get_default_timezone())  # type: ignore[arg-type]
    download = cora.get_by_role("link", name="Download March")
    expect(download).to_be_visible(timeout=15_000)
    look(cora, "reports")
    with cora.expect_download() as found:
        download.click()
    assert found.value.suggested_filename == f"march-{Report.objects.get().pk}.csv"


def test_a_message_shows_its_funnel_links_and_errors(cora: Page) -> None:
    version = live()
    cora.goto(f"{LIST}{version.journey_id}/message/?version=1&node=1")
    expect(cora.get_by_role("cell", name="https://shop.example/cart")).to_be_visible()
    expect(cora.get_by_role("cell", name="hard bounce")).to_be_visible()
    look(cora, "message")
    cora.set_viewport_size({"width": 820, "height": 1100})
    assert cora.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    look(cora, "message-tablet")
