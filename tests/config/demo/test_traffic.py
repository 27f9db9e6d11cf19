"""The demo's visitors: what they upload is accepted, and nothing is lost while Sojourn does not answer."""

import json
import random
from typing import Any

import httpx
import pytest

from config.demo import mailbox
from config.demo.traffic import Visitors
from profiles.accept import accept
from tests.config.demo.conftest import NOON, SHOP, keep

pytestmark = pytest.mark.usefixtures("home")


class Front:
    """Sojourn, as the visitors see it: keeps the uploads while `up`."""

    def __init__(self) -> None:
        self.up = True
        self.records: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.up:
            return httpx.Response(503)
        self.records += json.loads(request.content)["d"]
        return httpx.Response(200)


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.fixture
def visitors(front: Front) -> Visitors:
    client = httpx.Client(base_url="https://sojourn.example.com", transport=httpx.MockTransport(front))
    return Visitors(client, SHOP, random.Random(1))


def test_ten_minutes_of_visitors_are_accepted_as_they_are(db: None, front: Front, visitors: Visitors) -> None:
    for second in range(600):
        visitors.visit(second)
        visitors.due(second)
        visitors.post()
    names = {record.get("evtName") for record in front.records}
    assert names == {None, "Signed Up", "Product Viewed", "Added to Cart", "Charged"}
    for record in front.records:
        record.pop("ts", None)  # of the real clock, which is far after noon
    for first in range(0, len(front.records), 1000):
        assert accept(front.records[first : first + 1000], now=NOON).refusals == []


def test_what_cannot_be_uploaded_is_uploaded_later(front: Front, visitors: Visitors) -> None:
    visitors.visit(0)
    waiting = list(visitors.records)
    front.up = False
    with pytest.raises(httpx.HTTPStatusError):
        visitors.post()
    front.up = True
    visitors.post()
    assert front.records == waiting
    assert visitors.records == []


def test_mails_are_opened_and_clicked_later_and_each_is_seen_once(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []
    monkeypatch.setattr(mailbox, "view", lambda mail: seen.append(("view", mail.id)))
    monkeypatch.setattr(mailbox, "click", lambda mail: seen.append(("click", mail.id)))
    monkeypatch.setattr(mailbox, "unsubscribe", lambda mail: seen.append(("unsubscribe", mail.id)))
    ids = {keep("ann@example.com", "Hello", at) for at in range(1, 101)}
    visitors.read_mails(0)
    visitors.due(3)
    assert seen == []
    visitors.due(60)
    visitors.read_mails(60)
    visitors.due(120)
    opened, clicked = ([mail for what, mail in seen if what == wanted] for wanted in ("view", "click"))
    assert 40 < len(opened) < 70
    assert 20 < len(clicked) < 50
    assert len(set(opened)) == len(opened)
    assert set(opened + clicked) <= ids


def test_mails_of_an_earlier_demo_are_left_alone(home: Any) -> None:
    keep("ann@example.com", "Old", 5)
    visitors = Visitors(httpx.Client(), SHOP, random.Random(1))
    visitors.read_mails(0)
    assert visitors._agenda == []
