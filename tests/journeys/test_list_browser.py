"""The list, reports and a message's details in a real browser: what only a browser can show."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from config import home
from journeys import editor, services
from journeys.models import Journey, Report, Version
from journeys.reports import making
from tests.journeys import counting
from tests.journeys.documents import email, journey, link
from tests.staff import person

pytestmark = pytest.mark.browser
LIST = "/admin/journeys/journey/"


@pytest.fixture(autouse=True)
def clean(transactional_db: None, settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    """Django empties the tables that it manages; the counters are not among them."""
    settings.REPORTS_ROOT = tmp_path
    home.forget()
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journeys_tally, journeys_total")
    home.forget()


def live() -> Version:
    version = services.create_journey(document=editor.read(editor.EXAMPLE), by=person("cora"), now=timezone.now())
    services.publish(version_id=version.pk, by=person("cora"), now=timezone.now())
    rows = [(0, "qualified", 1400), (0, "entered", 1234), (1, "sent", 900), (1, "viewed", 400), (1, "clicked", 120)]
    rows += [(1, "link:https://shop.example/cart", 90), (1, "link:https://shop.example/", 30)]
    rows += [(1, "reason:failed:hard bounce", 7), (1, "exited:goal_1", 60)]
    for node, metric, value in rows:
        counting.tally(version, node, metric, value, timezone.now().date())
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


SPLIT = {
    "id": 1,
    "kind": "intellinode",
    "config": {
        "mode": "manual",
        "paths": [{"name": "Short", "percent": 50}, {"name": "Long", "percent": 50}],
        "goals": [{"event": "Charged"}],
    },
}


def test_the_pages_of_numbers_show_paths_goals_and_the_control_group(cora: Page) -> None:
    goals = [{"kind": "action", "name": name, "events": [{"event": name}]} for name in ("Bought", "Called")]
    document = journey(
        goals=goals,
        nodes=[SPLIT, email(2, name="=Short"), email(3, name="Long")],
        links=[link("entry", "yes", 1), link(1, "path_1", 2), link(1, "path_2", 3)],
    )
    version = services.create_journey(document=document, by=person("cora"), now=timezone.now())
    services.publish(version_id=version.pk, by=person("cora"), now=timezone.now())
    today = timezone.now().date()
    for back, (short, long) in enumerate([(60, 40), (50, 50), (40, 80), (45, 60)]):
        day = today - timedelta(days=back)
        for node, metric, value in [
            (0, "qualified", short + long + 10), (0, "entered", short + long), (0, "held_out", 10),
            (0, "held_out:system", 10), (0, "held_goal_1", 1), (0, f"again:{today - timedelta(days=9)}", 7),
            (1, "arrived", short + long), (1, "left:path_1", short), (1, "left:path_2", long),
            (1, "path_1:goal_1", short // 5), (1, "path_2:goal_1", long // 3),
            (2, "arrived", short), (2, "sent", short), (2, "viewed", short // 2), (2, "clicked", short // 4),
            (2, "decided", short), (2, "exited:goal_1", short // 6), (2, "goal_1", short // 8),
            (3, "arrived", long), (3, "sent", long), (3, "viewed", long // 2), (3, "clicked", long // 3),
            (3, "decided", long), (3, "exited:goal_2", long // 9), (3, "exited:journey_timeout", 3),
        ]:  # fmt: skip
            counting.tally(version, node, metric, value, day)
    page = f"/admin/journeys/journey/{version.journey_id}"

    cora.goto(f"{page}/numbers/nodes/?version=1")
    cora.locator(".react-flow__node", has_text="IntelliNODE").first.click()
    panel = cora.get_by_label("Numbers of node 1")
    expect(panel.get_by_text("Distribution over time")).to_be_visible()
    expect(panel.locator(".sj-chart canvas")).to_have_count(2)
    panel.get_by_role("checkbox", name="Long").uncheck()
    panel.get_by_label("By").select_option("month")
    look(cora, "paths")

    cora.goto(f"{page}/numbers/engagement/?version=1")
    expect(cora.get_by_role("button", name="CSV of all")).to_be_visible()
    cora.get_by_role("checkbox", name="Select =Short").check()
    cora.get_by_text("Columns", exact=True).click()
    cora.get_by_role("checkbox", name="Goal 1").check()
    cora.get_by_role("button", name="Goal 1: further left").click()
    cora.get_by_text("Columns", exact=True).click()
    look(cora, "engagement")
    with cora.expect_download() as saved:
        cora.get_by_role("button", name="CSV of 1 selected").click()
    heading, *rows = saved.value.path().read_text().splitlines()
    assert heading.endswith('"Unreachable","Goal 1","Converted"')
    assert len(rows) == 1
    assert rows[0].startswith('"\'=Short","2"')

    cora.goto(f"{page}/numbers/journey/?version=1")
    expect(cora.get_by_text("397 different people")).to_be_visible()
    expect(cora.get_by_role("row", name="Any goal")).to_be_visible()
    look(cora, "journey")
    cora.goto(LIST)
    look(cora, "list-numbers")
