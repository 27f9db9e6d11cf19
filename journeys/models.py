"""Journeys, their versions, what a version is compiled to, and the people inside.

Journey, Version, Node, Link, Run and Transition are configuration: few rows, the ORM's. Enrollment, Step and Tally are
hot tables made by migrations/sql/hot.sql; the models mirror them for reading. The engine writes them in sets.
"""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import models
from django_fsm import RETURN_VALUE, FSMField, transition


class Journey(models.Model):
    """The entity that versions belong to. Its state is that of its latest version (domain 2.1)."""

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=120, blank=True)
    labels = models.JSONField(default=list, blank=True)
    flagged = models.TextField(
        blank=True, help_text="What the engine noticed and a person should look at; empty if nothing."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Status(models.TextChoices):
    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Scheduled"
    LIVE = "live", "Live"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    VERSIONED = "versioned", "Versioned"
    STOPPED = "stopped", "Stopped"
    ARCHIVED = "archived", "Archived"


class Version(models.Model):
    """One edition of a journey. A draft's document may hold problems; from publishing on it is frozen and compiled to
    nodes and links.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    status = FSMField(choices=Status, default=Status.DRAFT, protected=True)
    archived_from = models.CharField(
        max_length=50, blank=True, help_text="The state that an archived version came from, and returns to."
    )
    document = models.JSONField(help_text="The journey document, as saved.")
    start_at = models.DateTimeField(null=True, blank=True, help_text="When entry begins; set by publishing.")
    end_at = models.DateTimeField(null=True, blank=True, help_text="When entry ends; empty: never.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="When approval of the draft, as it is, was asked for; empty: it was not."
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When its entry was over: completed, versioned or stopped."
    )
    next_run_at = models.DateTimeField(
        null=True, blank=True, help_text="The next run of a past entry; empty: none left."
    )
    completes_at = models.DateTimeField(
        null=True, blank=True, help_text="When the system completes it; empty: never, or not known before the last run."
    )

    counts_for = models.DurationField(
        null=True,
        blank=True,
        help_text="How long after its entry is over conversions of its messages are counted; empty: not at all.",
    )

    class Meta:
        indexes = [
            # journeys.schedule looks for these every few seconds.
            models.Index(fields=["start_at"], name="version_starts", condition=models.Q(status="scheduled")),
            models.Index(
                fields=["next_run_at"], name="version_runs", condition=models.Q(status__in=["live", "paused"])
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["journey", "number"], name="one_version_a_number")]
        permissions = [
            ("publish_version", "Can publish a journey"),
            ("pause_version", "Can pause and resume a journey"),
            ("stop_version", "Can stop a journey"),
        ]

    def __str__(self) -> str:
        return f"{self.journey} v{self.number}"

    @transition(status, source=Status.DRAFT, target=Status.SCHEDULED)
    def schedule(self, *, start_at: datetime) -> None:
        """Published, to begin admitting at `start_at`."""
        self.start_at = start_at

    @transition(status, source=[Status.DRAFT, Status.SCHEDULED], target=Status.LIVE)
    def go_live(self, *, start_at: datetime) -> None:
        """Admits from `start_at` on (domain 2.2)."""
        self.start_at = start_at

    @transition(status, source=[Status.LIVE, Status.SCHEDULED], target=Status.PAUSED)
    def pause(self) -> None:
        """Stops admitting; people inside keep travelling (domain 2.2)."""

    @transition(status, source=Status.PAUSED, target=Status.LIVE)
    def resume(self) -> None:
        """Admits again. What qualified during the pause is lost."""

    @transition(status, source=Status.PAUSED, target=Status.SCHEDULED)
    def resume_schedule(self) -> None:
        """Paused before its start and resumed before it: waits for the start again."""

    @transition(status, source=[Status.LIVE, Status.PAUSED], target=Status.COMPLETED)
    def complete(self, *, now: datetime) -> None:
        """Entry is over; people inside keep travelling until they exit."""
        self.ended_at = now

    @transition(status, source=[Status.LIVE, Status.PAUSED], target=Status.VERSIONED)
    def restrict(self, *, now: datetime) -> None:
        """A newer version took over: nobody enters again; people inside keep travelling until they exit."""
        self.ended_at = now

    @transition(
        status,
        source=[Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED],
        target=Status.STOPPED,
    )
    def stop(self, *, now: datetime) -> None:
        """Nobody enters, moves or is sent anything again."""
        self.ended_at = now

    @transition(
        status,
        source=[Status.DRAFT, Status.PAUSED, Status.COMPLETED, Status.VERSIONED, Status.STOPPED],
        target=Status.ARCHIVED,
    )
    def archive(self) -> None:
        """Out of sight and read-only. People inside keep travelling if they did (domain 2.3)."""
        self.archived_from = self.status

    @transition(
        status,
        source=Status.ARCHIVED,
        target=RETURN_VALUE(Status.DRAFT, Status.PAUSED, Status.COMPLETED, Status.VERSIONED, Status.STOPPED),
    )
    def unarchive(self) -> str:
        """Back to the state it came from."""
        status, self.archived_from = self.archived_from, ""
        return status


class Node(models.Model):
    """A node of a published version. Number 0 is the entry."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="nodes")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=100, blank=True)
    config = models.JSONField()
    window = models.DurationField(null=True, help_text="Qualifying window; empty where the kind has none.")
    campaign_id = models.IntegerField(null=True, help_text="channels.Campaign of an engagement node.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="one_node_a_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.name or self.kind}"


class Link(models.Model):
    """From a connector of one node to another node."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="links")
    source = models.PositiveSmallIntegerField(help_text="Node number; 0 is the entry.")
    via = models.CharField(max_length=20)
    target = models.PositiveSmallIntegerField()
    sleep = models.JSONField(null=True, help_text="Sleep before the target, as in the document; empty: none.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "source", "via", "target"], name="one_link_a_connector_and_target"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.via} → {self.target}"


class Shares(models.Model):
    """How an automated IntelliNODE of a published version shares people out at the moment (domain 6)."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="shares")
    node = models.PositiveSmallIntegerField()
    percents = models.JSONField(help_text="One a path, to a hundredth of a per cent; they add up to 100.")
    winner = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The path, from 1, that all later arrivals take; empty: none."
    )
    weighed_at = models.DateTimeField(help_text="The last of the instants, five minutes apart, at which it was due.")
    seen = models.JSONField(default=list, help_text="Per path [users entered, unique converters] as last weighed.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "node"], name="one_shares_a_node")]

    def __str__(self) -> str:
        return f"Shares of node {self.node}"


class ShareChange(models.Model):
    """A change of an IntelliNODE's shares, by a person or by weighing. before, after: per cents, one a path."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="share_changes")
    node = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    why = models.CharField(max_length=20)
    before = models.JSONField()
    after = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.why}: {self.before} → {self.after}"


class ControlGroup(models.Model):
    """A control group of the project's own, which a journey may use beside the system's (domain 3.7)."""

    name = models.CharField(max_length=100, unique=True)
    percent = models.PositiveSmallIntegerField(help_text="How many of all profiles it holds out: 2 to 5 per cent.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Exempt(models.Model):
    """A profile that no control group holds out (domain 3.7)."""

    profile_id = models.BigIntegerField(unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "person never in control"
        verbose_name_plural = "people never in control"

    def __str__(self) -> str:
        return f"Profile {self.profile_id}"


class SavedFilter(models.Model):
    """What somebody often asks of the journey list, under a name of their own (domain 2.6)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.TextField(help_text="As behind the list's ?; filters, search and order only.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_filter_a_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ReportForm(models.TextChoices):
    SUMMARY = "summary", "Summary"
    NODES = "nodes", "Node-wise"


class ReportAsked(models.Model):
    """What a report is to be about (domain 10.2)."""

    name = models.CharField(max_length=100)
    form = models.CharField(max_length=10, choices=ReportForm, default=ReportForm.SUMMARY)
    journey_ids = models.JSONField(help_text="The journeys, at most 100.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class ReportSchedule(ReportAsked):
    """A report that is made again and again, about the live versions of its journeys: of the day before, or of the
    seven days before.
    """

    class Every(models.TextChoices):
        DAY = "day", "Every day"
        WEEK = "week", "Every week"

    every = models.CharField(max_length=4, choices=Every)
    hour = models.PositiveSmallIntegerField(help_text="On the account's clock, 0 to 23.")
    weekday = models.PositiveSmallIntegerField(default=0, help_text="Of a weekly one: 0 is Monday.")
    next_at = models.DateTimeField(db_index=True)


class Report(ReportAsked):
    """One report: asked for, made in the background by `journeys.reports.making`, kept for seven days. Its file lies in
    settings.REPORTS_ROOT under its id.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        MAKING = "making", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"

    version_ids = models.JSONField(default=list, help_text="The versions; empty: all that were published.")
    first = models.DateField(null=True, blank=True, help_text="The first day; empty: without that end.")
    last = models.DateField(null=True, blank=True, help_text="The last day, included; empty: without that end.")
    schedule = models.ForeignKey(ReportSchedule, null=True, on_delete=models.SET_NULL, related_name="reports")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="Versions that are written.")
    total = models.PositiveIntegerField(default=0, help_text="Versions in all; 0 until it is being made.")
    rows = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When its file goes.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], name="report_waits", condition=models.Q(state__in=["waiting", "making"])),
            models.Index(fields=["expires_at"], name="report_expires", condition=models.Q(state="ready")),
        ]

    @property
    def fraction(self) -> float:
        """How much of it is made, 0 to 1."""
        return self.done / self.total if self.total else 0.0

    @property
    def path(self) -> Path:
        """Where its file lies."""
        return Path(settings.REPORTS_ROOT) / f"{self.pk}.csv"


class Rehearsal(models.Model):
    """A draft played on stored history, by `journeys.rehearsal.background`, for whoever asked; kept for a day.

    result: as `journeys.rehearsal.stored.rehearse` returns it. Taking the row away stops what is under way.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        PLAYING = "playing", "Being played"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    document = models.JSONField()
    first = models.DateField()
    last = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.FloatField(default=0, help_text="How much is played, 0 to 1.")
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Rehearsal {self.pk} of {self.first} to {self.last}"


class Transition(models.Model):
    """The audit trail: who did what with a version and when, a move from one state to another or a change within one.

    It outlives what it tells of: a discarded draft, a journey, a person who was removed. So it keeps their names, and
    no constraint binds it to them.
    """

    version = models.ForeignKey(Version, on_delete=models.DO_NOTHING, db_constraint=False, related_name="transitions")
    journey = models.ForeignKey(Journey, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    name = models.CharField(max_length=100, blank=True, help_text="The journey's, then.")
    number = models.PositiveSmallIntegerField(help_text="The version's.")
    action = models.CharField(max_length=30)
    source = models.CharField(max_length=20)
    target = models.CharField(max_length=20)
    changes = models.JSONField(default=dict, blank=True, help_text="What an edit changed: place → [before, after].")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(max_length=150, blank=True, help_text="Their user name; empty for the system.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ("view",)
        verbose_name = "act"
        verbose_name_plural = "audit trail"

    def __str__(self) -> str:
        return f"{self.action}: {self.source} → {self.target}"


class Run(models.Model):
    """One evaluation of a past-behaviour or custom-list entry. Lanes done are remembered, so a killed run goes on where
    it was.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="runs")
    at = models.DateTimeField(help_text="The snapshot instant.")
    lanes_done = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True, blank=True)
    skipped = models.BooleanField(default=False, help_text="Missed by more than six hours, or due during a pause.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "at"], name="one_run_an_instant")]
        indexes = [models.Index(fields=["id"], name="run_unfinished", condition=models.Q(finished_at=None))]

    def __str__(self) -> str:
        return f"{self.version} at {self.at:%Y-%m-%d %H:%M}"


class Enrollment(models.Model):
    """One stay of one person in one version; at exactly one place. Columns are explained in migrations/sql/hot.sql."""

    class Phase(models.TextChoices):
        ASLEEP = "asleep"
        SENDING = "sending"
        WAITING = "waiting"
        EXITED = "exited"

    id = models.BigIntegerField(primary_key=True)
    lane = models.SmallIntegerField()
    profile_id = models.BigIntegerField()
    journey = models.ForeignKey(Journey, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    phase = models.TextField(choices=Phase)
    node = models.SmallIntegerField()
    visit = models.IntegerField()
    entered_at = models.DateTimeField()
    arrived_at = models.DateTimeField()
    outcome = models.TextField(null=True)
    closes_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    event = models.JSONField(null=True)
    exit_reason = models.TextField(null=True)
    exited_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "journeys_enrollment"

    def __str__(self) -> str:
        return f"Enrollment {self.pk}"


class Step(models.Model):
    """One move in the ledger. Append-only."""

    id = models.BigIntegerField(primary_key=True)
    lane = models.SmallIntegerField()
    profile_id = models.BigIntegerField()
    enrollment_id = models.BigIntegerField(null=True)
    journey = models.ForeignKey(Journey, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    at = models.DateTimeField()
    what = models.TextField()
    node = models.SmallIntegerField(null=True)
    via = models.TextField(null=True)
    outcome = models.TextField(null=True)
    reason = models.TextField(null=True)
    detail = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "journeys_step"

    def __str__(self) -> str:
        return " ".join(
            str(part) for part in (self.what, self.node, self.via or self.outcome, self.reason) if part is not None
        )
