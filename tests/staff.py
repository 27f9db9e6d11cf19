"""Who works in the back office, for tests: one person a role, and the superuser Ada."""

from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Page, expect

ROLES = {"mia": "Member", "apo": "Approver", "cora": "Creator", "adam": "Admin"}
PASSWORD = "correct horse"


def person(name: str) -> User:
    """Ada is a superuser; Mia, Apo, Cora and Adam have their roles."""
    user = User.objects.filter(username=name).first()
    if user is None:
        user = User(username=name, is_staff=True, is_superuser=name == "ada")
        user.set_password(PASSWORD)
        user.save()
        if name in ROLES:
            user.groups.add(Group.objects.get(name=ROLES[name]))
    return user


def signed_in(name: str, **options: bool) -> Client:
    """A client as which somebody is signed in."""
    client = Client(**options)
    client.force_login(person(name))
    return client


def sign_in(page: Page, name: str) -> Page:
    """Let somebody sign in on a page, instead of whoever was."""
    person(name)
    page.context.clear_cookies()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Journeys live")).to_be_visible()
    return page
