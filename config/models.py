"""Notices: what happened to work that somebody started and did not wait for. Written by `config.lib.notices`."""

from django.conf import settings
from django.db import models


class Notice(models.Model):
    """One piece of news for one user, shown behind the bell of the back office and mailed, if mail is set up."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=500, blank=True, help_text="A path of the back office; empty: nothing to open.")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True, help_text="When the user saw it; empty: not yet.")
    mail_to = models.EmailField(blank=True, help_text="The address; empty: it is not mailed.")
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="config_notice_newest"),
            models.Index(
                fields=["id"],
                condition=models.Q(mailed_at=None) & ~models.Q(mail_to=""),
                name="config_notice_unmailed",
            ),
        ]

    def __str__(self) -> str:
        return self.subject
