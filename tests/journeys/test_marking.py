"""People are marked as test in the back office, by whoever creates journeys; the list shows them."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry

from profiles import identities, testers
from profiles.accept import accept
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def known(name: str) -> int:
    accept([{"type": "profile", "identity": name, "profileData": {"Name": name.title()}}], now=NOON)
    return identities.resolve([name], create=False, now=NOON)[name]


@pytest.fixture
def ann() -> int:
    return known("ann")


def pages(number: int) -> tuple[str, str]:
    return f"/admin/profiles/profile/{number}/change/", f"/admin/profiles/profile/{number}/test/"


def test_a_creator_marks_a_person_and_takes_the_mark_away_and_both_are_noted(ann: int) -> None:
    cora = signed_in("cora")
    page, mark = pages(ann)
    assert "Mark as test" in cora.get(page).content.decode()
    said = cora.post(mark, {"test": "1"}, follow=True).content.decode()
    assert "Marked as test: messages" in said
    assert "No longer a test person" in said
    assert testers.is_marked(ann)
    cora.post(mark, {"test": "1"})  # twice is once
    assert "No longer marked as test." in cora.post(mark, {}, follow=True).content.decode()
    assert not testers.is_marked(ann)
    noted = LogEntry.objects.order_by("pk").values_list("user__username", "object_repr", "change_message")
    assert list(noted) == [
        ("cora", f"Profile {ann}", "Marked as test"),
        ("cora", f"Profile {ann}", "No longer marked as test."),
    ]


@pytest.mark.parametrize("who", ["mia", "apo"])
def test_whoever_creates_no_journeys_may_not(ann: int, who: str) -> None:
    client = signed_in(who)
    page, mark = pages(ann)
    assert "Mark as test" not in client.get(page).content.decode()
    assert client.post(mark, {"test": "1"}).status_code == 403
    assert not testers.is_marked(ann)


def test_looking_marks_nobody_and_a_stranger_is_not_found(ann: int) -> None:
    cora = signed_in("cora")
    assert cora.get(pages(ann)[1]).status_code == 405
    assert cora.post(pages(10**9)[1], {"test": "1"}).status_code == 404
    assert not testers.is_marked(ann)


def test_one_too_many_is_said_so(ann: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testers, "MOST", 1)
    testers.mark(known("bob"), by=None, now=NOON)
    said = signed_in("cora").post(pages(ann)[1], {"test": "1"}, follow=True).content.decode()
    assert "1 people are marked as test, which is the most" in said
    assert not testers.is_marked(ann)


def test_the_list_shows_who_is_marked_and_can_be_cut_down_to_them(ann: int) -> None:
    known("bob")
    mia = signed_in("mia")
    assert "Nobody is. Find a person" in mia.get("/admin/profiles/profile/?test=1").content.decode()
    testers.mark(ann, by=None, now=NOON)
    shown = mia.get("/admin/profiles/profile/")
    assert [it.name for it in shown.context["people"]] == ["Bob", "Ann"]
    assert shown.content.decode().count('<span class="sj-label">test</span>') == 1
    assert [it.name for it in mia.get("/admin/profiles/profile/?test=1").context["people"]] == ["Ann"]
