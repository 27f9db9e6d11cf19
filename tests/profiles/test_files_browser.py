"""A file of people, in a real browser: uploaded, mapped, previewed, imported."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from profiles.accept import accept
from profiles.files import importing
from profiles.models import ProfileUpload
from tests.profiles.conftest import profile
from tests.staff import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILE = "customer id;plan;visits;tags\nann;gold;2;a|b\nbob;basic;1;\nnull;x;1;\n"


@pytest.fixture
def adam(page: Page, live_server: LiveServer) -> Page:
    """Adam, who may import and export, signed in."""
    return sign_in(page, "adam")


def test_adam_imports_a_file_and_sees_first_what_it_would_do(adam, settings, tmp_path):
    settings.UPLOADS_ROOT = tmp_path
    accept([profile("ann", plan="basic", visits=3)], now=timezone.now())
    adam.goto("/admin/profiles/profile/")
    adam.get_by_role("link", name="Import a file").click()
    adam.get_by_label("CSV file").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    adam.get_by_role("button", name="Upload", exact=True).click()
    expect(adam.get_by_label("Property of tags")).to_have_value("tags")
    adam.get_by_label("Operation of visits").select_option("$incr")
    adam.get_by_role("button", name="See what it would do").click()
    expect(adam.get_by_text("“null” stands for no identity at all.")).to_be_visible()
    expect(adam.locator(".sj-diff tbody tr")).to_have_count(2)
    adam.get_by_role("button", name="Import", exact=True).click()
    expect(adam.get_by_text("Waiting for a worker")).to_be_visible()
    assert importing.import_next(clock=timezone.now)
    expect(adam.get_by_text("Completed")).to_be_visible()  # the page renews itself
    expect(adam.get_by_role("link", name="Download them")).to_be_visible()


def test_adam_drops_a_file_that_is_sent_in_pieces_and_goes_on_where_the_server_says(adam, settings, tmp_path):
    settings.UPLOADS_ROOT = tmp_path
    adam.goto("/admin/profiles/profileupload/add/")
    adam.evaluate(
        """() => {
            const carried = new DataTransfer();
            const rows = Array.from({ length: 300000 }, (_, number) => `customer-${number}\\n`).join("");
            carried.items.add(new File(["identity\\n" + rows], "dropped.csv", { type: "text/csv" }));
            const drop = new DragEvent("drop", { dataTransfer: carried, bubbles: true });
            document.querySelector("[data-file-form]").dispatchEvent(drop);
        }"""
    )
    offsets: list[str] = []

    def twice_sent(route, request):
        if request.method == "PATCH":
            offsets.append(request.headers["upload-offset"])
            if len(offsets) == 2:
                return route.fulfill(status=409, json={"message": "Another piece is written.", "offset": 2097152})
        return route.continue_()

    adam.route("**/profileupload/uploads/**", twice_sent)
    adam.get_by_role("button", name="Upload", exact=True).click()
    expect(adam.get_by_text("Who is it?")).to_be_visible()
    assert offsets == ["0", "2097152", "2097152", "4194304"]
    upload = ProfileUpload.objects.get()
    assert (upload.state, upload.file_name) == ("mapping", "dropped.csv")
    assert upload.source_path.stat().st_size == upload.size
