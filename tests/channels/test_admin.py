"""Messages and providers in the back office."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels import secrets, selectors
from channels.models import Campaign, CampaignLimit, Provider
from config.lib import lanes, sql
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIST = "/admin/channels/message/?since=2026-03-01&until=2026-03-03"
ADD = "/admin/channels/provider/add/"


@pytest.fixture
def campaign(db: None) -> Campaign:
    return Campaign.objects.create(
        channel="email",
        content={"subject": "Hello {{ Profile.name }}", "html": "<p>Hi</p>"},
        context={"Journey": {"id": 7, "name": "Win <b>back</b>", "version": 1}, "Node": {"id": 3}},
    )


def message(campaign: Campaign, **fields: Any) -> int:
    """A row of the outbox."""
    row = {"profile": 5, "node": 3, "status": "sent", "reason": None, "at": NOON, "channel": "email"} | fields
    [(number,)] = sql.rows(
        """INSERT INTO channels_message (lane, queued_at, profile_id, campaign_id, enrollment_id, journey_id,
                                         version_id, node, visit, channel, status, reason)
           SELECT %(lane)s, %(at)s, %(profile)s, %(campaign)s, nextval('journeys_enrollment_id_seq'), 7, 1, %(node)s, 1,
                  %(channel)s, %(status)s, %(reason)s
           RETURNING id""",
        row | {"lane": lanes.of(row["profile"]), "campaign": campaign.pk},
    )
    return number


def shown(page: str) -> list[int]:
    """The messages that a page links to, in order."""
    return [int(number) for number in re.findall(r"/admin/channels/message/(\d+)/change/", page)]


def test_messages_are_shown_newest_first_and_filtered(campaign: Campaign) -> None:
    sent = message(campaign)
    failed = message(campaign, profile=9, status="failed", reason="refused: 550 No such user")
    other = message(campaign, profile=70, channel="webhook", status="queued", node=4)
    message(campaign, at=NOON - timedelta(days=90))
    client = signed_in("mia")
    for query, found in [
        ("", [other, failed, sent]),
        ("&status=failed", [failed]),
        ("&reason=no+SUCH", [failed]),
        ("&channel=webhook", [other]),
        ("&journey=7&node=3", [failed, sent]),
        ("&journey=8", [other, failed, sent]),  # no such journey: not asked for
        ("&status=nonsense&node=x&before=-1", [other, failed, sent]),
    ]:
        assert shown(client.get(LIST + query).content.decode()) == found, query


def test_a_reason_is_searched_as_text_not_as_a_pattern(campaign: Campaign) -> None:
    message(campaign, status="failed", reason="50% off")
    client = signed_in("mia")
    assert len(shown(client.get(f"{LIST}&reason=50%25").content.decode())) == 1
    assert shown(client.get(f"{LIST}&reason=5_%25").content.decode()) == []


def test_messages_come_a_page_at_a_time(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [message(campaign, profile=profile) for profile in range(1, 8)][::-1]
    days = {"since": NOON - timedelta(days=1), "until": NOON + timedelta(days=1)}
    with sql.counting() as count:
        assert [row.id for row in selectors.latest(**days, limit=4)] == numbers[:4]
    assert int(count) == 1
    monkeypatch.setattr("channels.admin.messages.PAGE", 4)
    client = signed_in("mia")
    first = client.get(f"{LIST}&status=sent").content.decode()
    assert shown(first) == numbers[:4]
    [older] = re.findall(r'href="(\?[^"]*before=\d+)"', first)
    assert "status=sent" in older
    assert shown(client.get("/admin/channels/message/" + older.replace("&amp;", "&")).content.decode()) == numbers[4:]


def test_recorded_mail_is_shown_in_a_frame_that_may_do_nothing(campaign: Campaign) -> None:
    number = message(campaign)
    sql.run(
        """INSERT INTO channels_sandboxed (lane, message_id, at, address, content) VALUES
           (5, %(id)s, %(at)s, 'ann@example.com', %(content)s::jsonb)""",
        {
            "id": number,
            "at": NOON,
            "content": '{"subject": "Hello <i>Ann</i>", "text": "Hi",'
            ' "html": "<script>alert(1)</script><img src=\\"/t/o/x\\">"}',
        },
    )
    page = signed_in("mia").get(f"/admin/channels/message/{number}/change/").content.decode()
    [frame] = re.findall(r"<iframe[^>]*>", page)
    assert 'sandbox=""' in frame
    assert "default-src &#x27;none&#x27;" in frame
    assert "&lt;script&gt;alert(1)" in frame
    assert "<script>alert(1)" not in page
    assert "Hello &lt;i&gt;Ann&lt;/i&gt;" in page
    assert "Win &lt;b&gt;back&lt;/b&gt;" in page


def test_a_search_that_takes_too_long_is_given_up_with_a_sentence(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.admin.messages.PATIENCE", "20ms")
    monkeypatch.setitem(selectors.SQL, "latest", "SELECT count(*) FROM generate_series(1, 100000000)")
    page = signed_in("mia").get(LIST).content.decode()
    assert "took too long" in page
    assert "No message fits" not in page


def test_a_message_that_is_not_there_is_not_found(db: None) -> None:
    for number in ("1", "x", "9" * 30):
        assert signed_in("mia").get(f"/admin/channels/message/{number}/change/").status_code == 404


# Providers --------------------------------------------------------------------------------------------------------

SMTP = {
    "name": "Mail",
    "channel": "email",
    "kind": "smtp",
    "as_default": "on",
    "host": "smtp.example.com",
    "port": "2525",
    "security": "starttls",
    "from_": "Shop <shop@example.com>",
    "username": "shop",
    "password": "s3cret!",
}


def test_an_smtp_provider_is_set_up_by_a_form_and_its_password_never_comes_back(db: None) -> None:
    client = signed_in("adam")
    assert client.post(ADD, SMTP).status_code == 302
    provider = Provider.objects.get()
    assert provider.config == {
        "host": "smtp.example.com",
        "port": 2525,
        "security": "starttls",
        "username": "shop",
        "from": "Shop <shop@example.com>",
    }
    assert secrets.decrypt(provider.secrets) == {"password": "s3cret!"}
    address = f"/admin/channels/provider/{provider.pk}/change/"
    for name in ("adam", "mia"):
        page = signed_in(name).get(address).content.decode()
        assert "smtp.example.com" in page
        assert "s3cret!" not in page
        assert bytes(provider.secrets or b"").decode() not in page


def test_push_providers_are_set_up_by_the_same_form_and_a_key_that_is_none_is_refused(db: None) -> None:
    client = signed_in("adam")
    web = {"name": "Web", "channel": "web_push", "kind": "vapid", "subject": "mailto:ops@shop.example"}
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"
    for wrong, sentence in [
        (web | {"password": "x"}, "VAPID private key"),
        (web | {"password": key, "subject": "ops"}, "subject"),
        (web | {"kind": "fcm", "password": key}, "cannot send on the channel"),
        ({"name": "Phones", "channel": "push", "kind": "fcm", "password": "{}"}, "service account"),
    ]:
        assert sentence in client.post(ADD, wrong).content.decode()
    assert not Provider.objects.exists()
    assert client.post(ADD, web | {"password": key}).status_code == 302
    provider = Provider.objects.get()
    assert (provider.kind, provider.config) == ("vapid", {"subject": "mailto:ops@shop.example"})
    assert secrets.decrypt(provider.secrets) == {"password": key}


def test_an_empty_password_keeps_the_stored_one_and_the_switch_forgets_it(db: None) -> None:
    client = signed_in("adam")
    client.post(ADD, SMTP)
    address = f"/admin/channels/provider/{Provider.objects.get().pk}/change/"
    assert client.post(address, SMTP | {"password": "", "host": "other.example.com"}).status_code == 302
    provider = Provider.objects.get()
    assert provider.config["host"] == "other.example.com"
    assert secrets.decrypt(provider.secrets) == {"password": "s3cret!"}
    client.post(address, SMTP | {"password": "", "forget_password": "on"})
    assert secrets.decrypt(Provider.objects.get().secrets) == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "http"}, "cannot send on the channel"),
        ({"from_": "nobody"}, "is not an e-mail address"),
        ({"host": ""}, "host"),
        ({"port": "70000"}, "less than or equal to 65535"),
    ],
)
def test_what_the_service_refuses_is_said_in_the_form(db: None, changes: dict[str, str], sentence: str) -> None:
    answer = signed_in("adam").post(ADD, SMTP | changes)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert "s3cret!" not in answer.content.decode()
    assert not Provider.objects.exists()


def test_a_name_can_be_used_once(db: None) -> None:
    client = signed_in("adam")
    client.post(ADD, SMTP)
    assert client.post(ADD, SMTP).status_code == 200
    assert Provider.objects.count() == 1


def test_a_new_default_takes_the_place_of_the_old(db: None) -> None:
    client = signed_in("adam")
    client.post(ADD, SMTP)
    client.post(ADD, {"name": "Sand", "channel": "email", "kind": "sandbox", "as_default": "on"})
    assert list(Provider.objects.filter(is_default=True).values_list("name", flat=True)) == ["Sand"]


def test_a_test_send_shows_what_the_provider_answered(db: None) -> None:
    sand = Provider.objects.create(name="Sand", channel="email", kind="sandbox")
    dead = Provider.objects.create(
        name="Dead", channel="email", kind="smtp", config={"host": "127.0.0.1", "port": 1, "security": "none"}
    )
    client = signed_in("adam")
    to = {"to": "ann@example.com"}
    assert "recorded by the sandbox" in client.post(f"/admin/channels/provider/{sand.pk}/test/", to).content.decode()
    page = client.post(f"/admin/channels/provider/{dead.pk}/test/", to).content.decode()
    assert "The test message was not accepted" in page


def test_providers_are_archived_and_brought_back_but_not_the_default(db: None) -> None:
    client = signed_in("adam")
    client.post(ADD, SMTP)
    client.post(ADD, SMTP | {"name": "Second", "as_default": ""})
    first, second = Provider.objects.order_by("pk")
    for provider in (first, second):
        assert client.post(f"/admin/channels/provider/{provider.pk}/archive/").status_code == 302
    assert list(Provider.objects.filter(archived_at=None)) == [first]
    client.post(f"/admin/channels/provider/{second.pk}/archive/")
    assert not Provider.objects.exclude(archived_at=None).exists()


def test_only_administrators_change_and_test_providers(db: None) -> None:
    provider = Provider.objects.create(name="Sand", channel="email", kind="sandbox")
    for name in ("mia", "cora"):
        client = signed_in(name)
        for page in ("add/", f"{provider.pk}/change/", f"{provider.pk}/test/", f"{provider.pk}/archive/"):
            assert client.post(f"/admin/channels/provider/{page}", SMTP | {"to": "x"}).status_code == 403, page
    provider.refresh_from_db()
    assert (provider.name, provider.archived_at) == ("Sand", None)
    assert Provider.objects.count() == 1


def test_a_campaign_limit_is_set_changed_and_refused_when_it_cannot_be_kept(db: None) -> None:
    client = signed_in("ada")
    address = "/admin/channels/campaignlimit/add/"
    for wrong, sentence in [
        ({"most": "3"}, "A cap is a number of messages in a number of days"),
        ({"gap": "14"}, "15 minutes to 7 days"),
        ({"most": "0", "days": "1"}, "greater than or equal to 1"),
    ]:
        assert sentence in client.post(address, {"channel": "email"} | wrong).content.decode()
    assert not CampaignLimit.objects.exists()
    client.post(address, {"channel": "email", "most": "3", "days": "7", "gap": "60"})
    limit = CampaignLimit.objects.get()
    assert (limit.channel, limit.most, limit.days, limit.dwell) == ("email", 3, 7, timedelta(hours=1))
    address = f"/admin/channels/campaignlimit/{limit.pk}/change/"
    assert 'value="60"' in client.get(address).content.decode()
    client.post(address, {"channel": "email", "most": "3", "days": "7", "gap": ""})
    assert CampaignLimit.objects.get().dwell is None
    assert signed_in("mia").post(address, {"channel": "email", "most": "9", "days": "7"}).status_code == 403
