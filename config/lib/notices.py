"""Notices: tell a user how something ended that they started: an import, a report.

    notify(user_id=upload.created_by_id, subject="“March” is ready", body="120 people are on the list.",
           link="/admin/segments/list/3/change/", now=now)

A notice belongs to the transaction that it is written in: it is seen, and mailed, if that commits. It waits behind the
bell of the back office; where mail is set up (EMAIL_HOST) and the user has an address, a worker mails it too.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from config.lib.wake import wake
from config.models import Notice

KEEP_TRYING = timedelta(days=1)  # to mail a notice; later it is only read in the back office
KEPT = timedelta(days=90)

logger = logging.getLogger(__name__)


def notify(*, user_id: int | None, subject: str, body: str = "", link: str = "", now: datetime) -> Notice | None:
    """Leave a notice for a user. user_id: None for what nobody started, which leaves none. link: a path of our own.

    Raises ValueError for a link that leads elsewhere.
    """
    if user_id is None:
        return None
    if link and (not link.startswith("/") or link.startswith(("//", "/\\"))):
        raise ValueError(f"The link of a notice is a path such as /admin/…, not {link!r}.")
    notice = Notice(user_id=user_id, subject=_one_line(subject), body=body, link=link, created_at=now)
    if settings.EMAIL_HOST:
        notice.mail_to = notice.user.email
    notice.save()
    if notice.mail_to:
        wake("config.notices")
    return notice


def unread(user_id: int) -> int:
    """How many notices a user has not seen."""
    return Notice.objects.filter(user_id=user_id, read_at=None).count()


def mail_waiting(*, now: datetime) -> int:
    """Mail the notices that wait for it; return how many went out. Stops at the first that the mail server refuses:
    the next call tries again. Overlapping calls share the work.
    """
    mailed = 0
    while True:
        with transaction.atomic():
            waiting = Notice.objects.select_for_update(skip_locked=True).filter(
                mailed_at=None, created_at__gt=now - KEEP_TRYING
            )
            notice = waiting.exclude(mail_to="").order_by("id").first()
            if notice is None:
                return mailed
            try:
                send_mail(notice.subject, _text(notice), None, [notice.mail_to])
            except (OSError, SMTPException) as error:
                logger.warning("Cannot mail notice %d: %s", notice.pk, error)
                return mailed
            Notice.objects.filter(pk=notice.pk).update(mailed_at=now)
            mailed += 1


def forget_old(*, now: datetime) -> int:
    """Delete notices older than KEPT; return how many."""
    return Notice.objects.filter(created_at__lt=now - KEPT).delete()[0]


def _one_line(text: str) -> str:
    """As a subject can be: no line breaks, at most 200 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 200 else f"{text[:199]}…"


def _text(notice: Notice) -> str:
    link = f"{settings.PUBLIC_URL}{notice.link}" if notice.link else ""
    return "\n\n".join(part for part in (notice.body, link) if part)
