"""What is sent (Campaign), through what (Provider), and every message from intent to outcome (Message).

Message and Sandboxed are hot tables made by migrations/sql/hot.sql; the models mirror them for the admin.
"""

from django.conf import settings
from django.db import models


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    SMS = "sms", "SMS"
    PUSH = "push", "Push"
    WEB_PUSH = "web_push", "Web push"
    WHATSAPP = "whatsapp", "WhatsApp"
    RCS = "rcs", "RCS"
    WEBHOOK = "webhook", "Webhook"
    APP_INBOX = "app_inbox", "App inbox"
    IN_APP = "in_app", "In-app"
    WEB_POPUP = "web_popup", "Web pop-up"
    EXIT_INTENT = "exit_intent", "Exit intent"
    WEB_NATIVE = "web_native", "Web native display"


class Provider(models.Model):
    """A way out for one channel. `secrets` are encrypted at rest and never shown again."""

    class Kind(models.TextChoices):
        SANDBOX = "sandbox", "Sandbox (records instead of sending)"
        SMTP = "smtp", "SMTP"
        HTTP = "http", "HTTP (webhooks)"
        FCM = "fcm", "Firebase Cloud Messaging (push)"
        VAPID = "vapid", "Browsers' push services (web push)"
        GROUP = "group", "Group of providers"

    name = models.CharField(max_length=100, unique=True)
    channel = models.CharField(max_length=20, choices=Channel)
    kind = models.CharField(max_length=20, choices=Kind)
    config = models.JSONField(default=dict, blank=True, help_text="Host, port and the like; no secrets.")
    secrets = models.BinaryField(null=True, blank=True, editable=False, help_text="Encrypted JSON.")
    is_default = models.BooleanField(default=False, help_text="Used by nodes that name no provider.")
    verified_at = models.DateTimeField(
        null=True, blank=True, help_text="When it sent a test message as it is set up now; empty: not yet."
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(is_default=True), name="one_default_provider_a_channel"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def verified(self) -> bool:
        """Whether it is known to send as it is set up: by a test message. A sandbox and a group need none."""
        return self.verified_at is not None or self.kind in (self.Kind.SANDBOX, self.Kind.GROUP)


class Template(models.Model):
    """Content under a name, for any number of nodes (domain 5.3). Written by channels.saved; archived rather than
    deleted: journeys refer to it by its name.
    """

    class Approval(models.TextChoices):
        PENDING = "pending", "Waiting for approval"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    name = models.CharField(max_length=100)
    channel = models.CharField(max_length=20, choices=Channel)
    content = models.JSONField(help_text="As in the journey document, by channel.")
    approval = models.CharField(
        max_length=20, choices=Approval, blank=True, help_text="By WhatsApp; empty on channels that need none."
    )
    revision = models.PositiveIntegerField(default=1, help_text="Raised by every change of the name or the content.")
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="one_template_a_channel_and_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def needs_approval(self) -> bool:
        """Whether it may be sent only once the provider has approved it."""
        return self.channel == Channel.WHATSAPP


class ProviderGroup(Provider):
    """Providers of one channel in order: what one cannot send the next one does. A provider itself, of the kind
    `group`, so that nodes name it like any other and it may be a channel's default.
    """

    class Meta:
        proxy = True


class GroupMember(models.Model):
    """A provider's place in a group."""

    group = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="members")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="memberships")
    position = models.PositiveSmallIntegerField(help_text="The lowest is tried first.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["group", "provider"], name="once_in_a_group"),
            models.UniqueConstraint(fields=["group", "position"], name="one_provider_a_position"),
            models.CheckConstraint(condition=models.Q(position__gte=1, position__lte=10), name="ten_in_a_group"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} in {self.group}"


class Campaign(models.Model):
    """What one engagement node of one version sends. An edit of the What section replaces `content` and raises
    `revision`.
    """

    channel = models.CharField(max_length=20, choices=Channel)
    provider = models.ForeignKey(
        Provider, null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: the default."
    )
    content = models.JSONField(help_text="As in the journey document, by channel.")
    variants = models.JSONField(
        null=True, help_text="The message's variants, as in the journey document; empty: one for all."
    )
    fallback = models.JSONField(
        null=True, help_text='The SMS for those whom RCS does not reach: {"text"}; empty: none.'
    )
    fallback_provider = models.ForeignKey(
        Provider, null=True, on_delete=models.PROTECT, related_name="+", help_text="For that SMS. Empty: the default."
    )
    context = models.JSONField(help_text='Liquid objects of the node: {"Journey": {id, name, version}, "Node": {id}}.')
    labels = models.JSONField(default=list, help_text="Those of the journey; the events of its messages tell them.")
    policy = models.JSONField(default=dict, help_text="Whether and when it may be sent: see channels.policy.")
    stopped = models.BooleanField(default=False, help_text="Nothing is sent any more, queued messages included.")
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        permissions = [(f"write_{channel}", f"Can write {label} messages") for channel, label in Channel.choices]

    def __str__(self) -> str:
        return f"Campaign {self.pk}"


class CampaignLimit(models.Model):
    """What one person gets on one channel at most, from all journeys together (domain 5.5). A node may be excepted."""

    channel = models.CharField(max_length=20, choices=Channel, unique=True)
    most = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Messages a person in `days` days; empty: any number."
    )
    days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The days that `most` counts; they roll.")
    dwell = models.DurationField(
        null=True, blank=True, help_text="The gap between two messages, 15 minutes to 7 days; empty: none."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most=None, days=None) | models.Q(most__gte=1, days__gte=1), name="most_with_days"
            )
        ]

    def __str__(self) -> str:
        return f"Limit on {self.get_channel_display()}"


class Throttle(models.Model):
    """The five minutes that a throttled campaign is filling. Written by the outbox, in the transaction that sends."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="+")
    begins = models.DateTimeField()
    used = models.PositiveIntegerField(help_text="Messages given a place in these five minutes.")

    def __str__(self) -> str:
        return f"Throttle of campaign {self.pk}"


class Experiment(models.Model):
    """The A/B test of a campaign: who got which variant, and the winner. Written by the outbox, in the transaction that
    sends.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="+")
    given = models.PositiveIntegerField(help_text="Messages given a variant while there was no winner.")
    began_at = models.DateTimeField(help_text="When the first of them was.")
    decides_at = models.DateTimeField(
        null=True, help_text="When the winner is chosen; empty before the test's last message."
    )
    winner = models.CharField(max_length=40, blank=True, help_text="What everybody gets from then on.")

    class Meta:
        indexes = [models.Index(fields=["decides_at"], name="experiment_undecided", condition=models.Q(winner=""))]

    def __str__(self) -> str:
        return f"Experiment of campaign {self.pk}"


class Message(models.Model):
    """One message: enrollment, node, visit. Written in sets by channels.outbox; read-only here."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        UNREACHABLE = "unreachable"
        DISCARDED = "discarded"
        CANCELLED = "cancelled"

    id = models.BigIntegerField(primary_key=True)
    lane = models.SmallIntegerField()
    queued_at = models.DateTimeField()
    profile_id = models.BigIntegerField()
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    enrollment_id = models.BigIntegerField()
    journey_id = models.IntegerField()
    version_id = models.IntegerField()
    node = models.SmallIntegerField()
    visit = models.IntegerField()
    channel = models.TextField(choices=Channel)
    status = models.TextField(choices=Status)
    reason = models.TextField(null=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField()
    event = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)
    address = models.TextField(null=True)
    variant = models.TextField(null=True)
    provider = models.ForeignKey(
        Provider, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    sent_as = models.TextField(null=True, choices=Channel)

    class Meta:
        managed = False
        db_table = "channels_message"

    def __str__(self) -> str:
        return f"Message {self.pk}"


class Sandboxed(models.Model):
    """What the sandbox provider recorded instead of sending."""

    message_id = models.BigIntegerField(primary_key=True)
    lane = models.SmallIntegerField()
    at = models.DateTimeField()
    address = models.TextField(null=True)
    content = models.JSONField()

    class Meta:
        managed = False
        db_table = "channels_sandboxed"

    def __str__(self) -> str:
        return f"Message {self.pk} in the sandbox"


class OnDevice(models.Model):
    """What waits on a person's device. Written in sets by ondevice.sql; read-only here."""

    message_id = models.BigIntegerField(primary_key=True)
    lane = models.SmallIntegerField()
    profile_id = models.BigIntegerField()
    channel = models.TextField()
    priority = models.SmallIntegerField()
    since = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    viewed_at = models.DateTimeField(null=True)
    content = models.JSONField()

    class Meta:
        managed = False
        db_table = "channels_ondevice"

    def __str__(self) -> str:
        return f"Message {self.pk} on a device"


class ShortLink(models.Model):
    """What a short link of a text message leads to. Written in sets by shortlinks.sql; read-only here."""

    message_id = models.BigIntegerField(primary_key=True)
    lane = models.SmallIntegerField()
    number = models.SmallIntegerField()
    day = models.DateField()
    url = models.TextField()
    expires_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "channels_shortlink"

    def __str__(self) -> str:
        return f"Link {self.number} of message {self.pk}"
