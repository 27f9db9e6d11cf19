"""A person is deleted in the back office: by Admin alone, after a page that says what goes; and how the page reads."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry

from config.lib import sql
from journeys import people
from profiles import departures, identities
from profiles.accept import accept
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> int:
    properties = {"Name": "Ann", "interests": ["running", "trail"], "vip": True}
    accept([{"type": "profile", "identity": "ann", "profileData": properties}], now=NOON)
    return identities.resolve(["ann"], create=False, now=NOON)["ann"]


def pages(number: int) -> tuple[str, str]:
    return f"/admin/profiles/profile/{number}/change/", f"/admin/profiles/profile/{number}/leave/"


def test_admin_is_asked_first_and_then_the_person_goes(ann):
    adam = signed_in("adam")
    page, leave = pages(ann)
    assert leave in adam.get(page).content.decode()
    assert "This cannot be taken back" in adam.get(leave).content.decode()
    assert identities.resolve(["ann"], create=False, now=NOON) == {"ann": ann}
    reply = adam.post(leave, follow=True)
    assert "The person is deleted" in reply.content.decode()
    assert identities.resolve(["ann"], create=False, now=NOON) == {}
    assert sql.rows("SELECT into_id FROM profiles_gone WHERE profile_id = %(id)s", {"id": ann}) == [(None,)]
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.user.username) == (f"Profile {ann}", "adam")


@pytest.mark.parametrize("who", ["mia", "apo", "cora"])
def test_nobody_else_may(ann, who):
    client = signed_in(who)
    page, leave = pages(ann)
    assert leave not in client.get(page).content.decode()
    assert client.get(leave).status_code == 403
    assert client.post(leave).status_code == 403
    assert identities.resolve(["ann"], create=False, now=NOON) == {"ann": ann}


def test_who_is_leaving_already_is_said_so_and_a_stranger_is_not_found(ann):
    adam = signed_in("adam")
    departures.delete(ann, now=NOON)
    reply = adam.post(pages(ann)[1], follow=True)
    assert "just being deleted or merged" in reply.content.decode()
    assert adam.post(pages(10**9)[1]).status_code == 404
    assert LogEntry.objects.count() == 0


def test_lists_and_booleans_are_shown_as_people_write_them(ann):
    content = signed_in("mia").get(pages(ann)[0]).content.decode()
    assert "<dd>running, trail</dd>" in content
    assert "<dd>true</dd>" in content
    assert people.shown({"items": [{"sku": "a", "n": 2}, {"sku": "b", "n": 1}]}) == {
        "items": "sku: a; n: 2, sku: b; n: 1"
    }
