"""The pages of numbers in a real browser: the table of messages under the hand, and versions side by side."""

import csv
import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from journeys import services, versions
from journeys.models import Version
from tests.journeys import counting
from tests.journeys.documents import email, journey, link

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SMS = {"kind": "sms", "config": {"content": {"text": "Your basket waits."}}}


def published(messages: int) -> Version:
    """So many e-mails one behind the other, and an SMS at the end."""
    last = messages + 1
    made = services.create_journey(
        document=journey(
            nodes=[
                *(email(number, name=f"Mail {number}") for number in range(1, last)),
                {"id": last, "name": "=Text", **SMS},
            ],
            links=[link("entry", "yes", 1), *(link(number, "sent", number + 1) for number in range(1, last))],
        ),
        by=None,
        now=timezone.now(),
    )
    return services.publish(version_id=made.pk, by=None, now=timezone.now())


def names(page: Page) -> list[str]:
    """Those of the messages in the table, in order."""
    return page.locator(".sj-table tbody tr td:nth-child(2)").all_inner_texts()


@pytest.fixture
def table(cora: Page) -> Callable[[], None]:
    """Twelve messages on the page of engagement stats: the higher a node's number, the fewer were sent."""
    version = published(11)

    def look() -> None:
        cora.goto(f"/admin/journeys/journey/{version.journey_id}/numbers/engagement/?version=1")
        expect(cora.locator(".sj-table tbody tr")).not_to_have_count(0)

    for number in range(1, 13):
        counting.tally(version, number, "sent", 100 - number, timezone.localdate(), 0)
    counting.tally(version, 3, "viewed", 40, timezone.localdate(), 0)
    look()
    return look


def test_messages_are_found_by_name_number_and_channel(cora: Page, table: Callable[[], None]) -> None:
    expect(cora.locator(".sj-table tbody tr")).to_have_count(12)
    cora.get_by_label("Search").fill("mail 1")
    expect(cora.locator(".sj-table tbody tr")).to_have_count(3)
    assert names(cora) == ["Mail 1", "Mail 10", "Mail 11"]
    cora.get_by_label("Search").fill("7")
    expect(cora.locator(".sj-table tbody tr")).to_have_count(1)
    assert names(cora) == ["Mail 7"]
    cora.get_by_label("Search").fill("")
    cora.get_by_label("Channel", exact=True).and_(cora.locator("select")).select_option("sms")
    expect(cora.locator(".sj-table tbody tr")).to_have_count(1)
    assert names(cora) == ["=Text"]
    cora.get_by_label("Search").fill("nothing")
    expect(cora.get_by_text("No message fits.")).to_be_visible()


def test_messages_are_sorted_by_any_column_and_shown_a_page_at_a_time(cora: Page, table: Callable[[], None]) -> None:
    cora.get_by_label("Rows a page").select_option("10")
    expect(cora.locator(".sj-table tbody tr")).to_have_count(10)
    cora.get_by_role("button", name="2", exact=True).click()
    expect(cora.locator(".sj-table tbody tr")).to_have_count(2)
    assert names(cora) == ["Mail 11", "=Text"]
    cora.get_by_role("button", name="1", exact=True).click()
    cora.get_by_role("button", name="Sent").click()
    assert names(cora)[0] == "=Text"
    cora.get_by_role("button", name="Sent").click()
    assert names(cora)[:2] == ["Mail 1", "Mail 2"]
    expect(cora.locator("th", has_text="Sent")).to_have_attribute("aria-sort", "descending")


def test_the_chosen_columns_and_their_order_are_kept(cora: Page, table: Callable[[], None]) -> None:
    heads = cora.locator(".sj-table thead th")
    cora.locator(".nb-columns summary").click()
    for column in ("Campaign", "Channel", "Engagement", "Rate", "Delivered", "Clicked", "Failed", "Unreachable"):
        cora.get_by_label(column, exact=True).and_(cora.locator("[type=checkbox]")).uncheck()
    cora.get_by_label("Converted", exact=True).and_(cora.locator("[type=checkbox]")).uncheck()
    cora.get_by_label("Opened: further left").click()
    before = heads.all_inner_texts()
    assert [re.sub(r"\s*[↓↑]", "", it) for it in before] == ["", "Name", "Node", "Sent", "Opened", "Viewed"]
    table()
    assert heads.all_inner_texts() == before


def test_the_chosen_rows_are_downloaded_and_nothing_in_them_is_calculated(
    cora: Page, table: Callable[[], None]
) -> None:
    cora.get_by_label("Select Mail 3").check()
    cora.get_by_label("Select =Text").check()
    with cora.expect_download() as download:
        cora.get_by_role("button", name="CSV of 2 selected").click()
    with download.value.path().open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Name"], row["Sent"], row["Viewed"]) for row in rows] == [
        ("Mail 3", "97", "40"),
        ("'=Text", "88", "0"),
    ]


def test_versions_stand_side_by_side_and_each_can_be_left_out(cora: Page) -> None:
    first = published(1)
    draft = versions.draft(version_id=first.pk, by=None, now=timezone.now())
    second = services.publish(version_id=draft.pk, by=None, now=timezone.now(), previous="restrict")
    for version, entered, met in ((first, 200, 20), (second, 50, 10)):
        counting.tally(version, 0, "qualified", entered, timezone.localdate(), 0)
        counting.tally(version, 0, "entered", entered, timezone.localdate(), 0)
        counting.tally(version, 0, "exited:completed", met, timezone.localdate(), 0)
    cora.goto(f"/admin/journeys/journey/{first.journey_id}/numbers/journey/?version=2")
    beside = cora.locator("section", has_text="Versions side by side")
    entered = beside.get_by_role("row", name="Entered")
    expect(entered.get_by_role("cell")).to_have_text(["Entered", "50", "200"])
    expect(beside.get_by_role("row", name="Completed").get_by_role("cell")).to_have_text(["Completed", "10", "20"])
    beside.get_by_label("1", exact=True).uncheck()
    expect(entered.get_by_role("cell")).to_have_text(["Entered", "50"])
