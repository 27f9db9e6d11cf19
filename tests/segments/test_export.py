"""The people of a segment as CSV: harmless, streamed, and noted."""

import csv
import io
import tracemalloc
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import RequestFactory

from config.lib import sql
from segments import export, saved
from segments.models import Segment
from tests.segments.cast import KOLKATA, NOON, Someone, rule, store
from tests.staff import person, signed_in

pytestmark = pytest.mark.django_db

BOUGHT = {"did": {"event": "Charged"}}


def save(**body: Any) -> Segment:
    return saved.create_segment(name="Buyers", kind="past", rule=rule(**(body or BOUGHT)), now=NOON)


def table(content: bytes) -> list[list[str]]:
    return [*csv.reader(io.StringIO(content.decode()))]


def test_chosen_properties_follow_the_addresses() -> None:
    bought = [("Charged", NOON, {})]
    store(
        [
            Someone(1, {"identity": "ann", "name": "Ann", "email": "ann@example.com", "timezone": "Asia/Kolkata"},
                    {"plan": "gold", "tags": ["a", "b"], "n": 3, "on": True}, bought),
            Someone(2, {"identity": "bob", "phone": "+4912345678"}, {"plan": "=2+2"}, bought),
            Someone(3, {"identity": "cleo"}),
        ],
        ["Charged"],
    )  # fmt: skip
    address = (
        f"/admin/segments/segment/{save().pk}/download/?property=plan,tags,email&property=n&property=on&property=tz"
    )
    answer = signed_in("cora").get(address)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="segment-buyers.csv"'
    header, *people = table(b"".join(answer.streaming_content))
    assert header == ["Identity", "Name", "Email", "Phone", "plan", "tags", "n", "on", "Timezone"]
    assert sorted(people) == [
        ["ann", "Ann", "ann@example.com", "", "gold", '["a","b"]', "3", "true", "Asia/Kolkata"],
        ["bob", "", "", "+4912345678", "'=2+2", "", "", "", ""],
    ]
    assert LogEntry.objects.get().get_change_message() == "Downloaded 2 people."


def test_a_download_that_breaks_off_is_noted_too() -> None:
    store([Someone(number, {}, {}, [("Charged", NOON, {})]) for number in range(50)], ["Charged"])
    segment = save()
    request = RequestFactory().get("/")
    request.user = person("cora")
    answer = admin.site.get_model_admin(Segment).download_view(request, segment.pk)
    content = iter(answer)
    for _line in range(11):  # the header and ten people
        next(content)
    request_finished.disconnect(close_old_connections)
    try:
        answer.close()  # as a server does when the browser is gone
    finally:
        request_finished.connect(close_old_connections)
    assert LogEntry.objects.get().get_change_message() == "A download broke off after 10."


@pytest.mark.parametrize(("name", "status"), [("mia", 403), ("apo", 403), ("cora", 200), ("adam", 200)])
def test_only_those_with_the_right_download_people(name: str, status: int) -> None:
    assert signed_in(name).get(f"/admin/segments/segment/{save().pk}/download/").status_code == status


def test_a_segment_that_cannot_be_asked_says_so_instead_of_an_empty_file() -> None:
    segment = save()
    Segment.objects.update(rule={"list": "gone"})
    answer = signed_in("cora").get(f"/admin/segments/segment/{segment.pk}/download/", follow=True)
    assert "There is no custom list named “gone”." in answer.content.decode()


def test_memory_stays_flat_however_many_people_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come in batches: the peak of 20,000 people is far below what they weigh together."""
    monkeypatch.setattr(export, "BATCH", 200)
    padding = "x" * 400
    store([Someone(number, {"identity": f"p{number}"}, {"note": padding}) for number in range(20_000)], [])
    tracemalloc.start()
    lines, size = 0, 0
    for line in export.rows(
        rule(profile={"property": "note", "op": "exists"}), export.columns(["note"]), now=NOON, tz=KOLKATA
    ):
        lines, size = lines + 1, size + len(line)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == 20_001
    assert size > 8_000_000
    assert peak < 2_000_000


def test_nothing_is_asked_before_the_first_line() -> None:
    with sql.counting() as seen:
        export.rows(rule(**BOUGHT), export.columns([]), now=NOON, tz=KOLKATA)
    assert int(seen) == 0
