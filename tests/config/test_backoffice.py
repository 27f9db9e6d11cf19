"""The back office as a whole: who may open what, the roles, and that every page stands up."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from channels.models import Campaign, Provider
from config import access, home
from config.lib import lanes, sql
from journeys import editor, services
from profiles.models import Credential, EventType
from profiles.services import issue_credential
from segments.models import List, Segment
from segments.rules import parse
from segments.saved import create_segment
from tests.staff import person, signed_in

FORMS = re.compile(r"<(path|int|str|slug)?:?(\w+)>")
NOBODYS = "00000000-0000-0000-0000-000000000000"  # an upload that there is not
# Django's own, which answer without a model, or are asked by scripts with parameters.
APART = {"login", "logout", "jsi18n", "autocomplete", "view_on_site", "password_change", "password_change_done"}


@pytest.fixture(autouse=True)
def fresh_figures() -> None:
    home.forget()


@pytest.fixture
def world(db: None) -> dict[str, int]:
    """One of everything: model label → id."""
    now = timezone.now()
    ada = person("ada")
    version = services.create_journey(document=editor.read(editor.EXAMPLE), by=ada, now=now)
    services.publish(version_id=version.pk, by=ada, now=now)
    credential, _passcode = issue_credential(name="Shop")
    [(profile,)] = sql.rows(
        """INSERT INTO profiles_profile (lane, id, identity, created_at, updated_at)
           SELECT id %% 64, id, 'ann', %(now)s, %(now)s FROM nextval('profiles_profile_id_seq') AS id RETURNING id""",
        {"now": now},
    )
    [(message,)] = sql.rows(
        """INSERT INTO channels_message (lane, queued_at, profile_id, campaign_id, enrollment_id, journey_id,
                                         version_id, node, visit, channel, status)
           VALUES (%(lane)s, %(now)s, %(profile)s, %(campaign)s, 1, %(journey)s, %(version)s, 1, 1, 'email', 'queued')
           RETURNING id""",
        {
            "lane": lanes.of(profile),
            "now": now,
            "profile": profile,
            "campaign": Campaign.objects.get().pk,
            "journey": version.journey_id,
            "version": version.pk,
        },
    )
    return {
        "journeys.journey": version.journey_id,
        "profiles.credential": credential.pk,
        "profiles.profile": profile,
        "profiles.eventtype": EventType.objects.first().pk,  # type: ignore[union-attr]
        "channels.message": message,
        "channels.provider": Provider.objects.create(name="Mail", channel="email", kind="sandbox").pk,
        "segments.list": List.objects.create(name="March", created_at=now, updated_at=now).pk,
        "segments.segment": create_segment(
            name="Gold", kind="past", rule=parse({"did": {"event": "Charged"}}), by=ada, now=now
        ).pk,
        "auth.user": ada.pk,
        "auth.group": Group.objects.get(name="Member").pk,
    }


def pages(world: dict[str, int]) -> list[str]:
    """The address of every view of the back office, about the things of the world."""
    models = {f"{model._meta.app_label}/{model._meta.model_name}/": model for model in admin.site._registry}
    found = ["/admin/figures/"]
    for prefix, pattern in _patterns(admin.site.get_urls(), ""):
        if pattern.name in APART:
            continue
        model = next((model for start, model in models.items() if prefix.startswith(start)), None)
        number = world.get(model._meta.label_lower, 1) if model else 1
        address = re.sub(FORMS, str(number), prefix.replace("<uuid:upload_id>", NOBODYS))
        if not any(mark in address for mark in "()[]^$\\"):
            found.append(f"/admin/{address}")
    assert len(found) > 60
    return found


def _patterns(patterns: Any, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern), pattern


def test_nobody_sees_anything_without_signing_in(world: dict[str, int], client: Client) -> None:
    for page in pages(world):
        for answer in (client.get(page), client.post(page)):
            assert answer.status_code == 302, page
            assert answer["Location"].startswith("/admin/login/"), page


def test_every_page_stands_up_for_a_superuser(world: dict[str, int]) -> None:
    client = signed_in("ada")
    # 403: what is only posted. 404: what this world has none of. 405: another method.
    answers = {page: client.get(page).status_code for page in pages(world)}
    assert {page: code for page, code in answers.items() if code not in (200, 302, 403, 404, 405)} == {}
    assert sum(code == 200 for code in answers.values()) > 35


def test_a_member_looks_at_what_is_for_members_and_changes_nothing(world: dict[str, int]) -> None:
    client = signed_in("mia")
    allowed = (
        "journeys/journey/",
        "journeys/controlgroup/",
        "journeys/exempt/",
        "journeys/report/",
        "journeys/transition/",
        "profiles/profile/",
        "profiles/eventtype/",
        "segments/",
        "channels/",
    )
    before = _rows()
    for page in pages(world):
        answer = client.get(page)
        assert answer.status_code in (200, 302, 403, 404, 405), page
        if answer.status_code == 200 and page.count("/") > 3 and "figures" not in page:
            assert page.removeprefix("/admin/").startswith(allowed) or page == "/admin/search/", page
        assert client.post(page, {"text": "name: x", "wish": "save", "confirmed": "1"}).status_code < 500, page
    assert _rows() == before


def _rows() -> list[Any]:
    """What a member might have changed."""
    return [
        list(model._default_manager.order_by("pk").values())
        for model in (Provider, Credential, EventType, List, Segment, User, Group)
    ] + [sql.rows("SELECT id, status, document FROM journeys_version ORDER BY id")]


def test_a_user_without_a_role_is_told_so(db: None) -> None:
    client = signed_in("ned")
    assert "Ask an administrator for a role" in client.get("/admin/").content.decode()
    assert client.get("/admin/figures/").status_code == 403
    assert client.get("/admin/journeys/journey/").status_code == 403


@pytest.mark.parametrize("role", access.ROLES)
def test_every_permission_of_a_role_exists(db: None, role: str) -> None:
    group = Group.objects.get(name=role)
    held = {f"{label}.{name}" for label, name in group.permissions.values_list("content_type__app_label", "codename")}
    assert held == set(access.ROLES[role])


def test_roles_are_brought_in_line_again(db: None) -> None:
    from django.apps import apps

    group = Group.objects.get(name="Member")
    group.permissions.set(Permission.objects.filter(codename="stop_version"))
    Group.objects.filter(name="Admin").delete()
    access.create_roles(apps.get_app_config("journeys"))
    assert set(group.permissions.values_list("codename", flat=True)) == {name.split(".")[1] for name in access.MEMBER}
    assert Group.objects.get(name="Admin").permissions.count() == len(access.ADMIN)


def test_an_administrator_cannot_become_a_superuser_or_touch_one(db: None) -> None:
    adam, ada = person("adam"), person("ada")
    client = signed_in("adam")
    answer = client.post(
        f"/admin/auth/user/{adam.pk}/change/",
        {"username": "adam", "is_active": "on", "is_superuser": "on", "groups": [adam.groups.get().pk]},
    )
    assert answer.status_code == 302
    adam.refresh_from_db()
    assert not adam.is_superuser
    assert client.post(f"/admin/auth/user/{ada.pk}/change/", {"username": "gone"}).status_code == 403
    password = {"password1": "new pass word", "password2": "new pass word"}
    assert client.post(f"/admin/auth/user/{ada.pk}/password/", password).status_code == 403
    ada.refresh_from_db()
    assert ada.username == "ada"


def test_who_is_added_may_sign_in_to_the_back_office(db: None) -> None:
    client = signed_in("adam")
    fields = {"username": "new", "password1": "new pass word", "password2": "new pass word", "usable_password": "true"}
    group = Group.objects.get(name="Member")
    assert client.post("/admin/auth/user/add/", fields | {"groups": [group.pk]}).status_code == 302
    new = User.objects.get(username="new")
    assert (new.is_staff, new.is_superuser, list(new.groups.all())) == (True, False, [group])


def test_actions_need_the_token_of_their_form(world: dict[str, int]) -> None:
    client = signed_in("ada", enforce_csrf_checks=True)
    number = world["journeys.journey"]
    for page in (
        f"/admin/journeys/journey/{number}/stop/",
        f"/admin/journeys/journey/{number}/delete-draft/",
        f"/admin/profiles/credential/{world['profiles.credential']}/revoke/",
        f"/admin/channels/provider/{world['channels.provider']}/archive/",
        f"/admin/channels/provider/{world['channels.provider']}/test/",
        f"/admin/segments/list/{world['segments.list']}/remove/",
    ):
        assert client.post(page).status_code == 403, page


def test_times_are_shown_on_the_accounts_clock(world: dict[str, int], settings: Any) -> None:
    settings.ACCOUNT_TIMEZONE = "Asia/Kolkata"
    sql.run("UPDATE channels_message SET queued_at = '2026-03-02T20:00Z'")
    page = signed_in("ada").get("/admin/channels/message/?since=2026-03-03&until=2026-03-03").content.decode()
    assert "2026-03-03 01:30:00" in page
