"""Who works in the back office, for tests: one person a role, and the superuser Ada."""

from django.contrib.auth.models import Group, User
from django.test import Client

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
