"""Notices: who started something hears how it ended, behind the bell and by mail."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail

from config.lib import notices
from config.models import Notice
from config.tasks import notices as task
from tests.staff import person, signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cora(settings: Any) -> int:
    """A creator with an address, where mail is set up. Returns her id."""
    settings.EMAIL_HOST = "mail.example.com"
    user = person("cora")
    user.email = "cora@example.com"
    user.save()
    return user.pk


def tell(user_id: int | None, **given: Any) -> Notice | None:
    return notices.notify(
        user_id=user_id, subject="“March” is ready", body="2 people.", link="/admin/x/", now=NOON, **given
    )


def test_a_notice_is_counted_at_the_bell_until_its_page_was_seen(cora: int) -> None:
    tell(cora)
    client = signed_in("cora")
    assert 'aria-label="Notices, 1 new"' in client.get("/admin/").content.decode()
    page = client.get("/admin/notices/").content.decode()
    assert "“March” is ready" in page
    assert 'href="/admin/x/"' in page
    assert ">new<" in page
    assert 'aria-label="Notices"' in client.get("/admin/").content.decode()
    assert ">new<" not in client.get("/admin/notices/").content.decode()


def test_nobody_sees_anothers_notices(cora: int) -> None:
    tell(cora)
    assert "March" not in signed_in("mia").get("/admin/notices/").content.decode()
    assert notices.unread(cora) == 1


def test_what_nobody_started_leaves_no_notice(cora: int) -> None:
    assert tell(None) is None
    assert not Notice.objects.exists()


def test_a_notice_is_mailed_once_with_its_whole_address(cora: int, settings: Any) -> None:
    settings.PUBLIC_URL = "https://sojourn.example.com"
    tell(cora)
    assert (notices.mail_waiting(now=NOON), notices.mail_waiting(now=NOON)) == (1, 0)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["cora@example.com"], "“March” is ready")
    assert message.body == "2 people.\n\nhttps://sojourn.example.com/admin/x/"


def test_without_a_mail_server_a_notice_is_only_shown(cora: int, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    tell(cora)
    assert notices.mail_waiting(now=NOON) == 0
    assert notices.unread(cora) == 1


def test_a_mail_server_that_is_down_is_tried_again_for_a_day(cora: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(cora)
    with monkeypatch.context() as patched:
        patched.setattr(notices, "send_mail", lambda *_: (_ for _ in ()).throw(SMTPServerDisconnected("gone")))
        assert notices.mail_waiting(now=NOON) == 0
    assert notices.mail_waiting(now=NOON + timedelta(days=1)) == 0
    assert notices.mail_waiting(now=NOON + timedelta(hours=23)) == 1


def test_a_subject_is_one_short_line(cora: int) -> None:
    notice = notices.notify(user_id=cora, subject="a\r\nBcc: eve@example.com " + "x" * 300, now=NOON)
    assert notice is not None
    assert notice.subject.startswith("a Bcc: eve@example.com xxx")
    assert len(notice.subject) == 200


@pytest.mark.parametrize("link", ["https://evil.example.com", "//evil.example.com", "/\\evil.example.com", "admin/"])
def test_a_link_leads_nowhere_else(cora: int, link: str) -> None:
    with pytest.raises(ValueError, match="is a path such as"):
        notices.notify(user_id=cora, subject="x", link=link, now=NOON)


def test_old_notices_go(cora: int) -> None:
    tell(cora)
    task()  # by the real clock: NOON is long past
    assert not Notice.objects.exists()
    assert mail.outbox == []
