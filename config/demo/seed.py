"""What the demo starts with: a login, providers, people with a past, a list, three live journeys and a draft.

Every part is made once and then left to whoever plays with it; only the mail provider and the shop's pages are told
anew at each start where they are, since ports may have changed. A start that was killed half-way is made up for by the
next.
"""

import random
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User

from channels.models import Channel, Provider
from channels.services import note_verified, save_provider
from config.demo import keys, people
from config.demo.keys import Keys
from journeys import document, services
from journeys.models import Journey
from profiles import partitions
from profiles.accept import accept
from profiles.models import Credential
from profiles.selectors import find_profile
from profiles.services import change_site, issue_credential, passcode_hash
from segments.models import List, Segment
from segments.rules import parse
from segments.saved import create_segment
from segments.services import set_members

PEOPLE = 2000
CHUNK = 50  # people uploaded at once, with their past: well below the 1000 records of a call
PAST_DAYS = 120
LIST, LIST_MEMBERS = "Trail fair visitors", 150
LOGIN = "admin"
SEGMENT = "Hikers to win back"
SEGMENT_RULE = {
    "all": [
        {"did": {"event": "Charged", "within": {"last": 120, "unit": "day"}}},
        {"did_not": {"event": "Charged", "within": {"last": 30, "unit": "day"}}},
        {"any": [{"reachable": "email"}, {"list": LIST}]},
    ]
}
MAILBOX, CRM = "Demo mailbox", "Demo CRM (sandbox)"
PAGES = "Demo shop, its pages"  # the credential with the public key
JOURNEYS = {"abandoned_cart": True, "welcome": True, "trail_shoes": True, "win_back": False}  # document → live

DOCUMENTS = Path(__file__).with_name("documents")

Say = Callable[[str], None]


def seed(*, now: datetime, sink_port: int, shop: str, say: Say = lambda _: None, number: int = PEOPLE) -> None:
    """Make what is missing. shop: the address of the shop's pages; number: of people; say: hears of what takes long."""
    admin = _login()
    _providers(sink_port, now=now)
    _pages(shop)
    _people(number, now=now, shop=shop, say=say)
    _list(admin, number, now=now)
    _segment(admin, now=now)
    for stem, live in JOURNEYS.items():
        _journey(read_document(stem), live=live, by=admin, now=now, say=say)


def _segment(by: User, *, now: datetime) -> None:
    if not Segment.objects.filter(name=SEGMENT).exists():
        create_segment(name=SEGMENT, kind="past", rule=parse(SEGMENT_RULE), by=by, now=now)


def read_document(stem: str) -> dict[str, Any]:
    """A journey document of the demo, its mails in their frame."""
    journey: dict[str, Any] = document.load((DOCUMENTS / f"{stem}.yaml").read_text())
    frame = (DOCUMENTS / "frame.html").read_text()
    for node in journey["nodes"]:
        if node["kind"] == "email":
            content = node["config"]["content"]
            content["html"] = frame.replace("CONTENT", content["html"].strip())
    return journey


def _login() -> User:
    """The administrator and the shop's credential; new ones where the database or the file has lost them."""
    known = keys.load()
    password, project_id, passcode = known.password, known.project_id, known.passcode
    if not Credential.objects.filter(passcode_hash=passcode_hash(passcode), revoked_at=None).exists():
        credential, passcode = issue_credential(name="Demo shop")
        project_id = credential.project_id
    admin = User.objects.filter(username=LOGIN).first()
    if admin is None:
        password = f"demo-{secrets.token_hex(3)}"
        admin = User.objects.create_superuser(LOGIN, f"{LOGIN}@example.com", password)
    keys.keep(Keys(password, project_id, passcode))
    return admin


def _pages(shop: str) -> None:
    """The public key of the shop's pages, good for where the shop is now."""
    parts = urlsplit(shop)
    here = f"{parts.scheme}://{parts.netloc}"
    origins = list(dict.fromkeys((here, here.replace("//127.0.0.1:", "//localhost:"))))
    credential = Credential.objects.filter(name=PAGES, revoked_at=None).first()
    if credential is None:
        issue_credential(name=PAGES, scopes=[Credential.Scope.PAGES], origins=origins)
    else:
        change_site(credential_id=credential.pk, origins=origins, page_events=credential.page_events)


def _providers(sink_port: int, *, now: datetime) -> None:
    mail = Provider.objects.filter(name=MAILBOX).first()
    saved = save_provider(
        provider_id=mail.pk if mail else None,
        name=MAILBOX,
        channel=Channel.EMAIL,
        kind=Provider.Kind.SMTP,
        config={
            "host": "127.0.0.1",
            "port": sink_port,
            "security": "none",
            "from": "Fernweh Outdoor <hello@fernweh.example.com>",
        },
        is_default=mail.is_default if mail else not _has_default(Channel.EMAIL),
    )
    note_verified(provider_id=saved.pk, now=now)
    if not Provider.objects.filter(name=CRM).exists():
        save_provider(
            name=CRM,
            channel=Channel.WEBHOOK,
            kind=Provider.Kind.SANDBOX,
            config={},
            is_default=not _has_default(Channel.WEBHOOK),
        )


def _has_default(channel: str) -> bool:
    return Provider.objects.filter(channel=channel, is_default=True).exists()


def _people(number: int, *, now: datetime, shop: str, say: Say) -> None:
    """Upload the people with their past, chunk by chunk; a chunk is there as a whole or not at all."""
    said = False
    for first in range(1, number + 1, CHUNK):
        if find_profile(identity=people.person(first).identity):
            continue
        if not said:
            say(f"Inviting {number:,} people, with {PAST_DAYS} days of their past …")
            said = True
            # Before the events, so that the workers need not move them later.
            partitions.cover("profiles_event", now - timedelta(days=PAST_DAYS + 1), now)
        records = []
        for customer in map(people.person, range(first, min(first + CHUNK, number + 1))):
            records.append(customer.profile())
            records += _past(customer, now=now, shop=shop)
        report = accept(records, now=now)
        if report.refusals:
            raise RuntimeError(f"The demo's own records were refused: {report.unprocessed[0]}")


def _past(customer: people.Person, *, now: datetime, shop: str) -> Iterator[dict[str, Any]]:
    """What somebody did in the shop before the demo began. It moves nobody: all of it is over an hour old."""
    draw = random.Random(f"past {customer.number}")
    for visit in range(draw.choice((0, 1, 1, 2, 3))):
        age = timedelta(hours=1, days=draw.uniform(0, PAST_DAYS))
        product = draw.choice(list(people.PRODUCTS.values()))
        names = ["Product Viewed", "Added to Cart", "Charged"][: draw.choice((1, 1, 2, 3, 3))]
        for step, name in enumerate(names):
            yield {
                "type": "event",
                "identity": customer.identity,
                "evtName": name,
                "evtData": _charge(product) if name == "Charged" else people.bought(product, shop),
                "ts": int((now - age).timestamp()) + 60 * step,
                "eventId": f"past-{visit}-{step}",
            }


def _charge(product: people.Product) -> dict[str, Any]:
    return {"amount": product.price, "product": product.name, "category": product.category}


def _list(admin: User, number: int, *, now: datetime) -> None:
    if not List.objects.filter(name=LIST).exists():
        chosen = random.Random(LIST).sample(range(1, number + 1), min(LIST_MEMBERS, number))
        set_members(name=LIST, identities=[people.person(each).identity for each in chosen], by=admin, now=now)


def _journey(given: dict[str, Any], *, live: bool, by: User, now: datetime, say: Say) -> None:
    """Make a journey, and publish it, unless there is one of its name."""
    if Journey.objects.filter(name=given["name"]).exists():
        return
    say(f"{'Publishing' if live else 'Drafting'} the journey “{given['name']}” …")
    draft = services.create_journey(document=given, by=by, now=now)
    if live:
        services.publish(version_id=draft.pk, by=by, now=now)
