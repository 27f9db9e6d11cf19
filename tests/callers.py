"""Who calls what, for the walk over all endpoints (test_access): the callers, the things that addresses name, and the
bodies with which a call would do what it is for.
"""

import copy
import io
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.contrib.auth.models import Group, Permission, User
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_celery_beat import models as beat

from channels import groups as provider_groups
from channels import outbox, shortlinks, tracking
from channels import saved as templates
from channels import services as channels
from channels.models import CampaignLimit, Message
from config.lib import lanes
from journeys import editor, groups, services
from journeys.models import Rehearsal, Report, ReportSchedule, SavedFilter, Transition, Version
from profiles import eventtypes, identities, sites, testers
from profiles import services as profiles
from profiles.accept import accept
from profiles.files import uploads as profile_uploads
from profiles.models import Credential, EventType
from segments import partner, saved
from segments import services as lists
from segments import uploads as list_uploads
from segments.models import ListUpload
from segments.rules import parse
from tests.journeys import documents
from tests.staff import ROLES, person

Json = dict[str, Any]

JSON = "application/json"
FORM = "multipart/form-data"
GOLD = {"profile": {"property": "plan", "op": "=", "value": "gold"}}
FILE = b"Type,Identity\r\ni,ann\r\n"
PEOPLE = b"identity,plan\r\nann,gold\r\n"
DAY = timedelta(days=1)
EVERYTHING = [scope.value for scope in Credential.Scope]
SHOP = "https://shop.example"
VISITOR = "6f0cf9a4-6f6b-4d1c-8a4e-0f7c9a0d3f11"

# Users of the back office. Who is not named in staff.ROLES has a right here that no role has, or lacks one that it has.
USERS = ("nobody", "outside", "idle", "mia", "apo", "cora", "nora", "adam", "ada")
# Pages of a site, and the origin that each says it has.
PAGES: dict[str, str | None] = {
    "nokey": SHOP, "withdrawn": SHOP, "elsewhere": "https://shop.example.org", "unknown": None, "page": SHOP,
}  # fmt: skip


def user(name: str) -> User:
    """Mia, Apo, Cora and Adam have their roles and Ada is a superuser. Idle is staff without a role. Nora is a Creator
    who may not write e-mail. Outside has the rights of Admin, and is no staff.
    """
    known = User.objects.filter(username=name).exists()
    made = person(name)
    if known or name in ROLES:
        return made
    if name == "outside":
        made.is_staff = False
        made.save()
        made.groups.add(Group.objects.get(name="Admin"))
    if name == "nora":
        role = Group.objects.create(name="Creator without e-mail")
        role.permissions.set(
            Permission.objects.filter(group__name="Creator").exclude(codename="write_email").distinct()
        )
        made.groups.add(role)
    return made


def texts(email: bool = False, split: bool = False, **changes: Any) -> Json:
    """A document that can be published. Its message is a text; or a mail; or it has paths to choose from."""
    if split:
        config = {"mode": "automated", "paths": [{}, {}], "goals": [{"event": "Charged"}]}
        node = {"id": 1, "kind": "intellinode", "config": config}
        links = [documents.link(*it) for it in (("entry", "yes", 1), (1, "path_1", 2), (1, "path_2", 3))]
        return documents.journey(nodes=[node, _sms(2), _sms(3)], links=links, **changes)
    return documents.journey(nodes=[documents.email(1) if email else _sms(1)], **changes)


def _sms(number: int) -> Json:
    return {"id": number, "kind": "sms", "config": {"content": {"text": "Your basket waits."}}}


class World:
    """What there is to call about, as far as a call needs it. Things that belong to somebody are the caller's own, or
    with `another's` somebody else's.
    """

    # What is there once for each caller.
    OWNED = (
        "owner", "partner", "filter_id", "report_id", "schedule_id", "rehearsal_id", "upload", "upload_id",
        "a_profiles_profileupload", "key",
    )  # fmt: skip

    def __init__(self, who: str, about: set[str]) -> None:
        self.who, self.about, self.now = who, about, timezone.now()

    def of(self, who: str) -> "World":
        """The same world, for another caller."""
        other = copy.copy(self)
        other.who = who
        for name in self.OWNED:
            other.__dict__.pop(name, None)
        return other

    # ---- who calls

    def client(self) -> tuple[Client, Json]:
        """A client as the caller, and its headers."""
        client = Client()
        if self.who in USERS:
            if self.who != "nobody":
                client.force_login(user(self.who))
            return client, {}
        if self.who in PAGES:
            if self.who == "nokey":
                client.force_login(user("ada"))
            return client, {"Origin": PAGES[self.who]} if PAGES[self.who] else {}
        if self.who == "session":  # a signed-in superuser has no business at the doors of partners
            client.force_login(user("ada"))
            return client, {}
        return client, self.partner

    @cached_property
    def partner(self) -> Json:
        """The headers of a caller with a credential."""
        scopes = EVERYTHING if self.who in ("nothing", "wrong", "revoked", "foreign") else [self.who]
        project = "OTHER-PROJECT" if self.who == "foreign" else "OUR-PROJECT"
        credential, passcode = profiles.issue_credential(name=self.who, scopes=scopes, project_id=project)
        if self.who == "revoked":
            profiles.revoke_credential(credential_id=credential.pk, now=self.now)
        if self.who == "nothing":
            return {}
        return {"X-Sojourn-Project": project, "X-Sojourn-Passcode": "guess" if self.who == "wrong" else passcode}

    @cached_property
    def browsers(self) -> int:
        key = ec.generate_private_key(ec.SECP256R1())
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        config = {"subject": "mailto:it@shop.example"}
        return channels.save_provider(
            name="Browsers", channel="web_push", kind="vapid", config=config, is_default=True, password=secret
        ).pk

    @cached_property
    def key(self) -> str:
        """The public key that the caller's page has."""
        assert self.browsers
        if self.who == "nokey":
            return "pk_guess"
        site = profiles.issue_credential(name="Site", scopes=["pages"], origins=[SHOP])[0]
        if self.who == "withdrawn":
            profiles.revoke_credential(credential_id=site.pk, now=self.now)
        return str(site.public_key)

    @cached_property
    def owner(self) -> User:
        """Whose things they are: the caller's own, where there can be such; else Ada's, or Bea's if Ada calls."""
        mine = self.who in USERS and self.who not in ("nobody", "outside", "idle") and "another's" not in self.about
        return user(self.who if mine else "bea" if self.who == "ada" else "ada")

    # ---- what addresses name

    def filled(self, path: str) -> str:
        """An address for a route as the table writes it."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            for word in self.about:
                if word.startswith(f"{name}="):
                    return word.partition("=")[2]
            if name == "object_id":
                model = path.split("admin/")[1].split("/<")[0].replace("/", "_")
                return str(getattr(self, f"a_{model}"))
            if name == "upload_id" and path.startswith("admin/profiles/"):
                return str(self.a_profiles_profileupload)
            if name == "id":
                return str(self.a_auth_user)
            if name == "token":
                return self.token(path)
            return str(getattr(self, name))

        return re.sub(r"<(\w+)>", value, path)

    number, node, tab, form, app_label, url, content_type_id = 1, 1, "nodes", "yaml", "journeys", "nothing", 1
    a_r = 1  # of a type of content, in admin/r/

    @cached_property
    def version(self) -> Version:
        """A draft, unless it is to be live, paused, stopped or archived."""
        made = services.create_journey(
            document=texts("email" in self.about, "split" in self.about), by=None, now=self.now
        )
        if {"live", "paused", "stopped", "archived"} & self.about:
            services.publish(version_id=made.pk, by=None, now=self.now)
        if "paused" in self.about:
            services.pause(version_id=made.pk, by=None, now=self.now)
        if {"stopped", "archived"} & self.about:
            services.stop(version_id=made.pk, by=None, now=self.now)
        if "archived" in self.about:
            services.archive(journey_id=made.journey_id, by=None, now=self.now)
        return Version.objects.get(pk=made.pk)

    @cached_property
    def journey_id(self) -> int:
        return self.version.journey_id

    @cached_property
    def a_journeys_journey(self) -> int:
        return self.journey_id

    @cached_property
    def profile_id(self) -> int:
        data = {"Name": "Ann", "Phone": "+919800000001", "plan": "gold"}
        record = {"type": "profile", "identity": "ann", "profileData": data}
        accept([record], now=self.now)
        return identities.resolve(["ann"], create=False, now=self.now)["ann"]

    @cached_property
    def a_profiles_profile(self) -> int:
        return self.profile_id

    @cached_property
    def a_auth_user(self) -> int:
        """A member; with `superuser`, one of those."""
        return user("ada" if "superuser" in self.about else "mia").pk

    @cached_property
    def a_auth_group(self) -> int:
        return Group.objects.get(name="Member").pk

    @cached_property
    def a_django_celery_beat_periodictask(self) -> int:
        every = beat.IntervalSchedule.objects.get(pk=self.a_django_celery_beat_intervalschedule)
        return beat.PeriodicTask.objects.create(name="tick", task="journeys.tick", interval=every).pk

    @cached_property
    def a_django_celery_beat_intervalschedule(self) -> int:
        return beat.IntervalSchedule.objects.create(every=7, period="seconds").pk

    @cached_property
    def a_django_celery_beat_crontabschedule(self) -> int:
        return beat.CrontabSchedule.objects.create(minute="7").pk

    @cached_property
    def a_profiles_eventtype(self) -> int:
        return eventtypes.ids(["Charged"], now=self.now)["Charged"]

    @cached_property
    def credential_id(self) -> int:
        scope = "pages" if "site" in self.about else "upload"
        return profiles.issue_credential(name="Shop", scopes=[scope])[0].pk

    @cached_property
    def a_profiles_credential(self) -> int:
        return self.credential_id

    @cached_property
    def segment_id(self) -> int:
        return saved.create_segment(name="Gold", kind="past", rule=parse(GOLD), now=self.now).pk

    @cached_property
    def a_segments_segment(self) -> int:
        return self.segment_id

    @cached_property
    def list_id(self) -> int:
        return lists.create_list(name="March", now=self.now).pk

    @cached_property
    def a_segments_list(self) -> int:
        return self.list_id

    @cached_property
    def provider_id(self) -> int:
        return channels.save_provider(name="Box", channel="sms", kind="sandbox", config={}).pk

    @cached_property
    def a_channels_provider(self) -> int:
        return self.provider_id

    @cached_property
    def template_id(self) -> int:
        """A text, or with `email` a mail, with `whatsapp` that; with `used`, a live journey sends what it was."""
        channel = "email" if "email" in self.about else "whatsapp" if "whatsapp" in self.about else "sms"
        made = templates.create_template(name="Hello", channel=channel, given=_content(self), by=None, now=self.now)
        if "used" in self.about:
            node = {"id": 1, "kind": channel, "config": {"template": "Hello"}}
            version = services.create_journey(document=documents.journey(nodes=[node]), by=None, now=self.now)
            services.publish(version_id=version.pk, by=None, now=self.now)
            self.use = version.pk
            newer = _content(self) | {"text": "Newer"}
            templates.change_template(template_id=made.pk, name="Hello", given=newer, seen=None, by=None, now=self.now)
        return made.pk

    use = 0  # a version that sends the template

    @cached_property
    def a_channels_template(self) -> int:
        return self.template_id

    @cached_property
    def group_id(self) -> int:
        return provider_groups.save_group(name="Boxes", channel="sms", members=[self.provider_id]).pk

    @cached_property
    def a_channels_providergroup(self) -> int:
        return self.group_id

    @cached_property
    def a_channels_campaignlimit(self) -> int:
        return CampaignLimit.objects.create(channel="sms", most=5, days=7).pk

    @cached_property
    def a_channels_message(self) -> int:
        """A message that was sent."""
        self.about.add("live")
        campaign = self.version.nodes.get(number=1).campaign_id
        place = (self.version.journey_id, self.version.pk, 1, 1)
        lane = lanes.of(self.profile_id)
        outbox.queue([(lane, self.now, self.profile_id, campaign, 1, *place, "sms", self.now, None)])
        channels.save_provider(name="First box", channel="sms", kind="sandbox", config={}, is_default=True)
        outbox.dispatch(now=self.now, batch=1)
        return Message.objects.filter(status="sent").latest("id").pk

    @cached_property
    def a_journeys_controlgroup(self) -> int:
        return groups.save(name="Tenth", percent=5, now=self.now).pk

    @cached_property
    def a_journeys_exempt(self) -> int:
        assert self.profile_id
        return groups.exempt(identity="ann", by=None, now=self.now).pk

    @cached_property
    def a_journeys_transition(self) -> int:
        self.about.add("live")
        return Transition.objects.filter(version=self.version).latest("id").pk

    @cached_property
    def filter_id(self) -> int:
        return SavedFilter.objects.get_or_create(user=self.owner, name="Live ones", query="state=live")[0].pk

    @cached_property
    def report_id(self) -> int:
        made = Report.objects.create(
            name="Week",
            form="summary",
            journey_ids=[],
            created_by=self.owner,
            created_at=self.now,
            state="ready",
            expires_at=self.now + DAY,
        )
        made.path.parent.mkdir(exist_ok=True)
        made.path.write_text("journey\r\n")
        return made.pk

    @cached_property
    def schedule_id(self) -> int:
        asked = {"name": "Week", "form": "summary", "journey_ids": [], "created_by": self.owner}
        return ReportSchedule.objects.create(**asked, created_at=self.now, every="day", hour=8, next_at=self.now).pk

    @cached_property
    def rehearsal_id(self) -> int:
        day = self.now.date()
        return Rehearsal.objects.create(document={}, first=day, last=day, by=self.owner, created_at=self.now).pk

    @cached_property
    def upload(self) -> ListUpload:
        """A file of a list: begun, and with `sent`, there; of a partner of ours, where partners call."""
        ours = {} if self.who in USERS else {"project_id": "OUR-PROJECT"}
        owner = self.owner if self.who in USERS else None
        made = list_uploads.begin(name="April", mode="create", by=owner, now=self.now, **ours)
        if "sent" in self.about:
            list_uploads.write(made, io.BytesIO(FILE), at=0, now=self.now)
        made.errors_path.parent.mkdir(parents=True, exist_ok=True)
        made.errors_path.write_text("Line,Type,Identity,Reason\r\n")
        return made

    @cached_property
    def upload_id(self) -> uuid.UUID:
        return self.upload.pk

    @cached_property
    def a_profiles_profileupload(self) -> uuid.UUID:
        """A file of people: there to be mapped; or begun, sent or mapped."""
        if {"begun", "sent"} & self.about:
            made = profile_uploads.begin(name="people.csv", size=len(PEOPLE), by=self.owner, now=self.now)
            if "sent" in self.about:
                profile_uploads.write(made, io.BytesIO(PEOPLE), at=0)
            return made.pk
        size = len(PEOPLE)
        made = profile_uploads.store(io.BytesIO(PEOPLE), name="people.csv", size=size, by=self.owner, now=self.now)
        if "mapped" in self.about:
            _, rows = profile_uploads.look(made)
            plan = profile_uploads.mapping.guess(["identity", "plan"], rows)
            profile_uploads.choose(made.pk, plan, header=["identity", "plan"])
        made.refused = 1
        made.save(update_fields=["refused"])
        made.errors_path.write_text("line\r\n")
        return made.pk

    target = tracking._text(b"https://shop.example/")

    def token(self, path: str) -> str:
        """What a link is signed with."""
        if path.startswith("1/"):
            return signing.dumps(str(self.upload.pk), salt=partner.SALT)
        message = Message.objects.get(pk=self.a_channels_message)
        day = (message.queued_at.date() - tracking.DAY_ZERO).days
        if path.startswith("s/"):
            linker = tracking.Linker()
            link = linker.short(tracking.reference(message.lane, message.pk, day), 0, "https://shop.example/")
            shortlinks.keep(linker.targets, now=self.now)
            return link.rpartition("/")[2]
        purpose = {"o": tracking.OPEN, "c": tracking.CLICK, "u": tracking.UNSUBSCRIBE}[path.split("/")[1]]
        ref = tracking.reference(message.lane, message.pk, day)
        target = b"https://shop.example/" if purpose == tracking.CLICK else b""
        return tracking.Linker()._token(purpose, ref, target)

    # ---- bodies

    def body(self, method: str, path: str) -> tuple[Any, str]:
        """What is sent, and its type."""
        make = BODIES.get(f"{method} {path}")
        if make is None:
            return ({}, FORM) if path.startswith("admin/") else ("", JSON)
        given = make(self)
        if isinstance(given, bytes):
            return given, "application/octet-stream"
        return (given, FORM) if path.startswith("admin/") and path not in CALLS else (json.dumps(given), JSON)

    @cached_property
    def action(self) -> str:
        return next((word.partition("=")[2] for word in self.about if word.startswith("action=")), "")

    def list_post(self, key: Any) -> Json:
        """An action on one row of a list; or none."""
        if not self.action:
            return {}
        more = {"labels": "spring"} if self.action == "label_journeys" else {}
        more |= {"post": "yes"} if self.action == "delete_selected" else {"confirmed": "1"}
        return {"action": self.action, "_selected_action": [str(key)], "index": "0", **more}


CALLS = {"admin/segments/list/uploads/", "admin/profiles/profileupload/uploads/"}  # JSON among the pages

_DOCUMENT = "api/journeys/<journey_id>/versions/<number>/"


def _document(world: World) -> Json:
    email = "email" in world.about
    changes = {"description": "New"} if "live" in world.about else {}
    document = copy.deepcopy(texts(email, **(changes or {"name": "Other"})))
    if "edit" in world.about:
        document["nodes"][0]["config"]["content"]["text"] = "Your basket still waits."
    return {"document": document}


def _saved(world: World) -> Json:
    return _document(world) | {"seen": editor.digest(world.version.document)}


def _text(world: World) -> Json:
    given = {
        "text": editor.write(_document(world)["document"]),
        "wish": "publish" if "publish" in world.about else "save",
    }
    return given | {"seen": editor.digest(world.version.document)} if "new" not in world.about else given


def _user(world: World) -> Json:
    groups = {"groups": [str(Group.objects.get(name="Creator").pk)]}
    made = User.objects.get(pk=world.a_auth_user)
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    return {"username": made.username, "is_active": "on", "first_name": "New", **groups, **dates}


def _provider(world: World) -> Json:
    return {"name": "New", "channel": "sms", "kind": "sandbox", "port": ""}


def _content(world: World) -> Json:
    return {"subject": "Hello", "text": "Hello"} if "email" in world.about else {"text": "Hello"}


def _template(world: World) -> Json:
    return {"name": "Hi", "content": _content(world), "channel": "email" if "email" in world.about else "sms"}


def _group(world: World) -> Json:
    return {"name": "New", "channel": "sms", "place_1": str(world.provider_id)}


def _report(world: World) -> Json:
    world.about.add("live")
    return {"name": "Week", "form": "summary", "journeys": [world.journey_id]}


def _switch(world: World) -> Json:
    """The list of event types with one of them switched."""
    key = world.a_profiles_eventtype
    order = list(EventType.objects.order_by("system", "name", "-pk").values_list("pk", flat=True))
    rows: Json = {"form-TOTAL_FORMS": len(order), "form-INITIAL_FORMS": len(order), "_save": "Save"}
    for place, pk in enumerate(order):
        rows[f"form-{place}-id"] = pk
        if pk == key:
            rows[f"form-{place}-discarded"] = "on"
    return rows


def _record(name: str = "ann") -> Json:
    return {"type": "event", "identity": name, "evtName": "Charged", "evtData": {}}


def _merge(world: World) -> Json:
    accept([_record("bob")], now=world.now)
    assert world.profile_id
    return {"profile": {"identity": "bob"}, "into": {"identity": "ann"}}


def _ask(world: World) -> Json:
    assert world.profile_id
    return {"identity": "ann"}


def _ack(world: World) -> Json:
    message = Message.objects.get(pk=world.a_channels_message)
    day = (message.queued_at.date() - tracking.DAY_ZERO).days
    key = tracking.Linker().device(tracking.reference(message.lane, message.pk, day))
    return {"acks": [{"message": key, "outcome": "viewed"}]}


def _identity(world: World) -> Json:
    secret = sites.signing_secret("pk_guess" if "unsigned" in world.about else world.key)
    return {"objectId": VISITOR, "identity": "ann", "signature": sites.signature(secret, "ann")}


def _browser(world: World) -> Json:
    keys = {"p256dh": "BPub", "auth": "auth"}
    return {"objectId": VISITOR, "subscription": {"endpoint": "https://fcm.googleapis.com/fcm/send/abc", "keys": keys}}


def _test(world: World) -> Json:
    """A test to Ann, who is marked."""
    testers.mark(world.profile_id, by=None, now=world.now)
    message = (
        {"kind": "email", "content": documents.MAIL}
        if "email" in world.about
        else {"kind": "sms", "content": {"text": "Hi"}}
    )
    return {"node": 1, "people": [world.profile_id], **message}


def _days(world: World) -> Json:
    day = world.now.date().isoformat()
    return {"document": texts(), "first": day, "last": day}


BODIES: dict[str, Callable[[World], Any]] = {
    # Django's and unfold's own
    "POST admin/login/": lambda it: {"username": it.owner.username, "password": "correct horse"},
    "POST admin/password_change/": lambda it: {
        "old_password": "correct horse", "new_password1": "battery staple 1", "new_password2": "battery staple 1",
    },
    # config
    "POST admin/auth/user/": lambda it: it.list_post(it.a_auth_user),
    "POST admin/auth/user/add/": lambda it: {
        "username": "new", "usable_password": "true", "password1": "battery staple 1", "password2": "battery staple 1",
    },
    "POST admin/auth/user/<object_id>/change/": _user,
    "POST admin/auth/user/<id>/password/": lambda it: {
        "usable_password": "true", "password1": "battery staple 1", "password2": "battery staple 1",
    },
    "POST admin/auth/user/<object_id>/delete/": lambda it: {"post": "yes"},
    "POST admin/auth/group/": lambda it: it.list_post(it.a_auth_group),
    "POST admin/auth/group/add/": lambda it: {"name": "New"},
    "POST admin/auth/group/<object_id>/change/": lambda it: {"name": "New"},
    "POST admin/auth/group/<object_id>/delete/": lambda it: {"post": "yes"},
    # profiles
    "POST admin/profiles/profileupload/uploads/": lambda it: {"file_name": "a.csv", "size": 10},
    "PATCH admin/profiles/profileupload/uploads/<upload_id>/": lambda it: PEOPLE,
    "POST admin/profiles/profileupload/export/": lambda it: {"names": ["plan"]} if it.profile_id else {},
    "POST admin/profiles/profileupload/add/": lambda it: {"file": SimpleUploadedFile("people.csv", PEOPLE)},
    "POST admin/profiles/profileupload/<object_id>/change/": lambda it: {
        "who": "identity", "kind": "identity", "c1-property": "plan", "c1-type": "string", "c1-op": "$set",
        "c1-separator": ",",
    },
    "POST admin/profiles/profile/<profile_id>/test/": lambda it: {"test": "1"},
    "POST admin/profiles/eventtype/": _switch,
    "POST admin/profiles/eventtype/<object_id>/change/": lambda it: {"discarded": "on"},
    "POST admin/profiles/credential/add/": lambda it: {"name": "New", "scopes": ["upload"]},
    "POST admin/profiles/credential/<object_id>/change/": lambda it: {"origins": SHOP, "page_events": ""},
    # segments
    "POST admin/segments/segment/<object_id>/delete/": lambda it: {"post": "yes"},
    "POST admin/segments/list/preview/": lambda it: FILE,
    "POST admin/segments/list/uploads/": lambda it: {
        "name": "March" if it.about & {"append"} and it.list_id else "May", "file_name": "a.csv", "size": 10,
        "mode": "append" if "append" in it.about else "create",
    },
    "PATCH admin/segments/list/uploads/<upload_id>/": lambda it: FILE,
    "POST admin/segments/list/add/": lambda it: {"name": "May", "file": SimpleUploadedFile("may.csv", FILE)},
    "POST admin/segments/list/<object_id>/change/": lambda it: {
        "mode": "append", "file": SimpleUploadedFile("may.csv", FILE),
    },
    # channels
    "POST admin/channels/provider/add/": _provider,
    "POST admin/channels/provider/<object_id>/change/": _provider,
    "POST admin/channels/providergroup/add/": _group,
    "POST admin/channels/providergroup/<object_id>/change/": _group,
    "POST admin/channels/provider/<provider_id>/test/": lambda it: {"to": "+919800000001"},
    "POST admin/channels/template/<template_id>/archive/": lambda it: {"confirmed": "1"},
    "POST admin/channels/template/<template_id>/duplicate/": lambda it: {"name": "Copy"},
    "POST admin/channels/template/<template_id>/approval/": lambda it: {"approval": "rejected"},
    "POST admin/channels/template/<template_id>/apply/": lambda it: {"use": str(it.use)},
    "POST admin/channels/campaignlimit/": lambda it: it.list_post(it.a_channels_campaignlimit),
    "POST admin/channels/campaignlimit/add/": lambda it: {"channel": "sms", "most": "3", "days": "7"},
    "POST admin/channels/campaignlimit/<object_id>/change/": lambda it: {"channel": "sms", "most": "3", "days": "7"},
    "POST admin/channels/campaignlimit/<object_id>/delete/": lambda it: {"post": "yes"},
    # journeys
    "POST admin/journeys/controlgroup/add/": lambda it: {"name": "New", "percent": "3"},
    "POST admin/journeys/controlgroup/<object_id>/change/": lambda it: {"name": "Tenth", "percent": "3"},
    "POST admin/journeys/controlgroup/<object_id>/delete/": lambda it: {"post": "yes"},
    "POST admin/journeys/exempt/": lambda it: it.list_post(it.a_journeys_exempt),
    "POST admin/journeys/exempt/add/": lambda it: {"identity": "ann"} if it.profile_id else {},
    "POST admin/journeys/exempt/<object_id>/delete/": lambda it: {"post": "yes"},
    "POST admin/journeys/journey/": lambda it: it.list_post(it.journey_id),
    "POST admin/journeys/journey/add/": _text,
    "POST admin/journeys/journey/<object_id>/change/": _text,
    "POST admin/journeys/journey/<object_id>/label/": lambda it: {"labels": "spring"},
    "POST admin/journeys/journey/filters/save/": lambda it: {"name": "Live ones", "query": "state=live"},
    "POST admin/journeys/report/add/": lambda it: {
        "journey": _report(it)["journeys"], "name": "Week", "form": "summary",
    },
    # the API
    "POST api/segments/": lambda it: {"name": "New", "rule": GOLD},
    "PUT api/segments/<segment_id>/": lambda it: {"name": "Gold", "rule": GOLD, "version": 1, "description": "New"},
    "POST api/segments/count/": lambda it: {"rule": GOLD},
    "POST api/segments/check/": lambda it: {"rule": GOLD},
    "POST api/segments/samples/": lambda it: {"rule": GOLD},
    "POST api/segments/cancel/": lambda it: {"token": "a"},
    "POST api/templates/": _template,
    "PUT api/templates/<template_id>/": lambda it: _template(it) | {"revision": 1},
    "POST api/journeys/": _document,
    "POST api/journeys/check/": _document,
    "POST api/journeys/import/": lambda it: {"text": editor.EXAMPLE},
    "POST api/journeys/preview/": lambda it: {"kind": "sms", "content": {"text": "Hi"}} | (
        {"profile": f"#{it.profile_id}"} if "person" in it.about else {}
    ),
    "POST api/journeys/reports/": _report,
    "POST api/journeys/rehearsals/": _days,
    f"PUT {_DOCUMENT}": _saved,
    f"POST {_DOCUMENT}outlook/": _document,
    f"POST {_DOCUMENT}tests/": _test,
    f"POST {_DOCUMENT}nodes/<node>/shares/": lambda it: {"path": 1},
    # partners
    "POST 1/upload": lambda it: {"d": [_record()]},
    "POST 1/subscription": lambda it: {"kind": "email", "address": "ann@example.com", "subscribed": False},
    "POST 1/merge": _merge,
    "POST 1/messages": _ask,
    "POST 1/messages/ack": _ack,
    "POST 1/web/<key>/events": lambda it: {"objectId": VISITOR, "events": [{"evtName": "Page Visited"}]},
    "POST 1/web/<key>/messages": lambda it: {"objectId": VISITOR},
    "POST 1/web/<key>/messages/ack": _ack,
    "POST 1/web/<key>/identity": _identity,
    "POST 1/web/<key>/push": _browser,
    "POST 1/lists/uploads": lambda it: {"list": "May", "mode": "create"},
    "PUT 1/lists/files/<token>": lambda it: FILE,
    "PATCH 1/lists/files/<token>": lambda it: FILE,
}  # fmt: skip

QUERIES = {
    "admin/search/": lambda it: "?s=user",
    "admin/journeys/journey/": lambda it: "?state=archived" if "archived" in it.about else "",
    "api/segments/names/": lambda it: "?kind=event",
    "api/segments/<segment_id>/explain/": lambda it: f"?profile={it.profile_id}",
    "api/journeys/<journey_id>/why/": lambda it: f"?profile={it.profile_id}",
    "admin/profiles/profile/": lambda it: f"?q={'ann' if it.profile_id else ''}",
    "admin/segments/segment/<segment_id>/explain/": lambda it: f"?profile={it.profile_id}",
    "admin/journeys/journey/<object_id>/message/": lambda it: "?node=1",
    "1/upload": lambda it: "?source=device" if "device" in it.about else "",
    "1/profile": lambda it: f"?identity={'ann' if it.profile_id else ''}",
}  # what a query adds to an address
