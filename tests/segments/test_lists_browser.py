"""A list is uploaded in a real browser: looked at, sent, followed, and told how it went."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from profiles import identities
from segments import importing
from segments.models import List, ListUpload
from tests.segments.uploading import csv, upload
from tests.staff import person, sign_in

pytestmark = pytest.mark.browser

ADD = "/admin/segments/list/add/"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any, transactional_db: None) -> Path:
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    identities.resolve(["ann", "bob"], create=True, now=timezone.now())
    return tmp_path


def write(folder: Path, content: str) -> Path:
    path = folder / "pos export.csv"
    path.write_text(content, encoding="utf-8")
    return path


def test_a_list_with_errors_is_looked_at_uploaded_followed_and_told(cora: Page, files: Path) -> None:
    path = write(files, "Shop;Card;E-Mail\nBerlin;ann;ann@example.com\nBonn;bob;\nKöln;=1+1;\nUlm\n")
    cora.goto(ADD)
    cora.get_by_label("Name").fill("March")
    cora.get_by_label("CSV file").set_input_files(path)
    expect(cora.get_by_role("cell", name="Köln")).to_be_visible()
    expect(cora.get_by_label("Column with the identities")).to_have_value("E-Mail")
    assert not List.objects.exists()  # looking stores nothing

    cora.get_by_label("Column with the identities").select_option("Card")
    cora.get_by_label("What it holds").select_option("identity")
    expect(cora.locator("td.chosen")).to_have_text(["ann", "bob", "=1+1"])
    expect(cora.get_by_text("Columns left out: “Shop”, “E-Mail”.")).to_be_visible()
    cora.get_by_role("button", name="Upload").click()

    expect(cora.get_by_role("heading", name="Reading the file")).to_be_visible()
    cora.reload()
    expect(cora.get_by_text("waiting for a worker")).to_be_visible()
    assert importing.import_next(clock=timezone.now)
    expect(cora.get_by_role("link", name="2 rows")).to_be_visible()  # the page has renewed itself
    expect(cora.locator(".sj-label.ready").first).to_be_visible()
    expect(cora.get_by_label("Notices, 1 new")).to_be_visible()
    with cora.expect_download() as download:
        cora.get_by_role("link", name="2 rows").click()
    assert download.value.path().read_text(encoding="utf-8").splitlines() == [
        "Line,Type,Identity,Reason",
        "4,identity,'=1+1,No profile has this identity.",
        "5,,Ulm,The row has 1 cell; the header has 3.",
    ]
    cora.get_by_label("Notices, 1 new").click()
    expect(cora.get_by_role("link", name="“March” is ready")).to_be_visible()


def test_a_file_that_is_no_csv_is_refused_before_anything_is_sent(cora: Page, files: Path) -> None:
    path = files / "book.csv"
    path.write_bytes(b"PK\x03\x04 [Content_Types].xml xl/workbook.xml")
    cora.goto(ADD)
    cora.get_by_label("Name").fill("March")
    cora.get_by_label("CSV file").set_input_files(path)
    expect(cora.get_by_role("alert")).to_contain_text("The file is an Excel workbook (.xlsx), not CSV.")
    expect(cora.get_by_role("button", name="Upload")).to_be_disabled()
    cora.get_by_label("CSV file").set_input_files(write(files, "Type,Identity\ni,ann\n"))
    expect(cora.get_by_role("button", name="Upload")).to_be_enabled()
    assert not ListUpload.objects.exists()


def test_a_file_is_dropped_on_the_page(cora: Page) -> None:
    cora.goto(ADD)
    cora.evaluate(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File(["Type,Identity\\ni,ann\\n"], "dropped.csv", { type: "text/csv" }));
            const drop = new DragEvent("drop", { dataTransfer: carried, bubbles: true });
            document.querySelector("[data-list-form]").dispatchEvent(drop);
        }"""
    )
    expect(cora.get_by_role("cell", name="ann")).to_be_visible()
    expect(cora.get_by_label("Column with the identities")).to_have_value("")


def test_the_reading_of_a_file_is_cancelled(cora: Page) -> None:
    waiting = upload(csv("i,ann"), by=person("cora"))
    cora.goto(f"/admin/segments/list/{waiting.list_id}/change/")
    cora.get_by_role("button", name="Cancel").click()
    expect(cora.get_by_text("It was cancelled.").first).to_be_visible()
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"


def test_a_refusal_of_the_server_is_shown_and_the_form_stays(
    browser: Browser, live_server: LiveServer, files: Path
) -> None:
    upload(csv("i,ann"), name="March")
    context = browser.new_context(base_url=live_server.url)  # its console names the refusal, which is meant here
    context.set_default_timeout(10_000)
    page = sign_in(context.new_page(), "cora")
    page.goto(ADD)
    page.get_by_label("Name").fill("March")
    page.get_by_label("CSV file").set_input_files(write(files, "Type,Identity\ni,ann\n"))
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_have_text("There is a list named “March” already.")
    expect(page.get_by_label("Name")).to_have_value("March")
    context.close()
