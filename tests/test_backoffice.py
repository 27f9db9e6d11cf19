"""The back office in a real browser: what only a browser can show."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from config import home
from config.lib import sql
from journeys import editor, services
from journeys.models import Version
from tests.staff import PASSWORD, person

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def clean(transactional_db: None) -> Iterator[None]:
    """Django empties the tables that it manages; the counters are not among them."""
    home.forget()
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journeys_tally, journeys_total")
    home.forget()


def live() -> Version:
    """A journey that is live, with people inside."""
    version = services.create_journey(document=editor.read(editor.EXAMPLE), by=None, now=timezone.now())
    services.publish(version_id=version.pk, by=None, now=timezone.now())
    enter(version, 1234)
    return version


def enter(version: Version, people: int) -> None:
    """Count people who entered today."""
    sql.run(
        """INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
           VALUES (0, %(version)s, 0, 'entered', %(day)s, %(people)s)
           ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = excluded.value""",
        {"version": version.pk, "day": timezone.now().date(), "people": people},
    )


def test_a_journey_is_drawn_up_checked_and_published_on_its_page(cora: Page) -> None:
    cora.goto("/admin/journeys/journey/add/?text")
    text = cora.get_by_label("Document")
    expect(text).to_have_value(editor.EXAMPLE)
    text.fill(editor.EXAMPLE.replace("to: 1,", "to: 7,").replace("name: Abandoned cart", "name: Basket"))
    cora.get_by_role("button", name="Check").click()
    expect(cora.get_by_text("Not ready yet")).to_be_visible()
    expect(cora.get_by_text("Not saved yet")).to_be_visible()

    cora.get_by_role("button", name="leads to node 7").click()
    line = next(number for number, each in enumerate(editor.EXAMPLE.splitlines(), 1) if "from: entry" in each)
    selected = text.evaluate("it => it.value.slice(it.selectionStart, it.selectionEnd)")
    assert selected.strip().startswith("- {from: entry")
    expect(cora.locator(".sj-editor .lines .error").filter(has_text=str(line))).to_be_visible()

    text.fill(editor.EXAMPLE)
    cora.get_by_role("button", name="Save draft").click()
    expect(cora.get_by_text("Saved the draft of “Abandoned cart”.")).to_be_visible()
    cora.get_by_role("button", name="Save and publish").click()
    expect(cora.get_by_text("“Abandoned cart” is published.")).to_be_visible()
    assert Version.objects.get().status == "live"


def test_a_text_that_cannot_be_read_stays_and_its_line_is_marked(cora: Page) -> None:
    cora.goto("/admin/journeys/journey/add/?text")
    cora.get_by_label("Document").fill("name: A\nnodes: [\n")
    cora.get_by_role("button", name="Save draft").click()
    expect(cora.get_by_label("Document")).to_have_value("name: A\nnodes: [\n")
    expect(cora.locator(".sj-editor .lines .error")).to_have_count(1)
    assert not Version.objects.exists()


def test_a_journey_is_paused_and_then_stopped_after_a_question(cora: Page) -> None:
    version = live()
    cora.goto(f"/admin/journeys/journey/{version.journey_id}/change/")
    cora.get_by_role("button", name="Pause").click()
    expect(cora.get_by_text("Paused: “Abandoned cart”.")).to_be_visible()
    cora.get_by_role("link", name="Stop …").click()
    expect(cora.get_by_text("1,234 people are inside.")).to_be_visible()
    cora.get_by_role("link", name="No, leave it").click()
    assert Version.objects.get().status == "paused"
    cora.get_by_role("link", name="Stop …").click()
    cora.get_by_role("button", name="Yes, stop for good").click()
    expect(cora.get_by_text("Stopped: “Abandoned cart”.")).to_be_visible()
    assert Version.objects.get().status == "stopped"


def test_several_journeys_are_paused_from_the_list(cora: Page) -> None:
    live(), live()
    cora.goto("/admin/journeys/journey/")
    cora.locator("#action-toggle").check()
    cora.locator("select[name=action]").select_option("pause_journeys")
    cora.get_by_role("button", name="Run").click()
    cora.get_by_role("button", name="Yes, pause").click()
    expect(cora.get_by_text("Paused: “Abandoned cart” and “Abandoned cart”.")).to_be_visible()
    assert set(Version.objects.values_list("status", flat=True)) == {"paused"}


def test_a_row_of_the_list_has_its_own_actions(cora: Page) -> None:
    version = live()
    cora.goto("/admin/journeys/journey/")
    cora.get_by_text("more_horiz").first.click()
    cora.locator(f"a[href$='/{version.journey_id}/pause/']").click()
    cora.get_by_role("button", name="Yes, pause").click()
    expect(cora.get_by_text("Paused: “Abandoned cart”.")).to_be_visible()
    assert Version.objects.get(pk=version.pk).status == "paused"


def test_the_figures_renew_themselves(cora: Page) -> None:
    version = live()
    home.forget()
    cora.goto("/admin/")
    inside = cora.locator("[data-figure=inside]")
    expect(inside).to_have_text("1,234")
    enter(version, 2000)
    home.forget()
    expect(inside).to_have_text("2,000", timeout=10_000)
    expect(cora.get_by_role("row").filter(has_text="Abandoned cart")).to_contain_text("2,000")


def test_the_form_of_a_webhooks_provider_asks_for_what_its_authentication_needs(
    page: Page, live_server: LiveServer
) -> None:
    person("adam")
    page.goto("/admin/channels/provider/add/")
    page.get_by_label("Username").fill("adam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    shown = {
        "none": set(),
        "basic": {"username", "password"},
        "oauth2": {"token_url", "client_id", "client_secret", "scope"},
    }
    expect(page.locator("[name=auth]")).to_be_hidden()
    page.locator("[name=name]").fill("Hooks")
    page.locator("[name=channel]").select_option("webhook")
    page.locator("[name=kind]").select_option("http")
    for choice, fields in shown.items():
        page.locator("[name=auth]").select_option(choice)
        for name in set().union(*shown.values()):
            expect(page.locator(f"[name={name}]")).to_be_visible(visible=name in fields)
    page.locator("[name=token_url]").fill("https://login.example.com/token")
    page.locator("[name=client_secret]").fill("s3cret!")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("The client ID is missing.")).to_be_visible()
    page.locator("[name=client_id]").fill("shop")
    page.locator("[name=client_secret]").fill("s3cret!")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("A client secret is stored.")).to_be_visible()
    expect(page.locator("[name=auth]")).to_have_value("oauth2")
    expect(page.locator("[name=client_id]")).to_have_value("shop")
    expect(page.locator("[name=client_secret]")).to_have_value("")
    expect(page.locator("[name=password]")).to_be_hidden()


def test_the_form_of_a_provider_asks_for_what_its_kind_needs(page: Page, live_server: LiveServer) -> None:
    person("adam")
    page.goto("/admin/channels/provider/add/")
    page.get_by_label("Username").fill("adam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("[name=host]")).to_be_hidden()
    page.locator("[name=name]").fill("Mail")
    page.locator("[name=kind]").select_option("smtp")
    expect(page.locator("[name=password]")).to_be_visible()
    page.locator("[name=host]").fill("127.0.0.1")
    page.locator("[name=port]").fill("1")
    page.locator("[name=password]").fill("s3cret!")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("A password is stored.")).to_be_visible()
    expect(page.locator("[name=password]")).to_have_value("")
    page.get_by_role("link", name="Test send").click()
    page.get_by_label("Address").fill("ann@example.com")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("was not accepted")
