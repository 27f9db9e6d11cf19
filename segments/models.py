"""Uploaded lists and saved segments."""

from django.conf import settings
from django.db import models

from config.lib.uploaded import Upload


class List(models.Model):
    """A custom list: identities uploaded as files. Its members are rows of segments_member.

    A file that fails leaves the members of the last good one in place: `state` is READY again, and `error` says why.
    """

    class State(models.TextChoices):
        UPLOADING = "uploading"
        PROCESSING = "processing"
        READY = "ready"
        FAILED = "failed"

    name = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=20, choices=State, default=State.UPLOADING)
    members = models.PositiveIntegerField(default=0, help_text="People on the list.")
    unknown = models.PositiveIntegerField(
        default=0, help_text="Rows of the last file that lead to no profile, duplicates left out."
    )
    error = models.TextField(blank=True, help_text="Why the last file failed; empty if it did not.")
    loaded_at = models.DateTimeField(
        null=True, blank=True, help_text="When the present members were put on it; empty if no file was good yet."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def usable(self) -> bool:
        """Whether a journey may be run on it: some file, perhaps not the last one, was good."""
        return self.loaded_at is not None


class ListUpload(Upload):
    """A file on its way to a list, and afterwards what became of it. Written by `segments.uploads` and
    `segments.importing`. Its file of errors holds the rows that lead to nobody or cannot be read: Line,Type,Identity,
    Reason.
    """

    class State(models.TextChoices):
        UPLOADING = "uploading"
        PROCESSING = "processing"
        READY = "ready"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Mode(models.TextChoices):
        CREATE = "create"
        REPLACE = "replace"
        APPEND = "append"
        REMOVE = "remove"

    class Step(models.TextChoices):
        """What processing is at."""

        READING = "reading", "Reading the file"
        FINDING = "finding", "Finding the people"
        CHANGING = "changing", "Changing the list"

    list = models.ForeignKey(List, on_delete=models.CASCADE, related_name="uploads")
    state = models.CharField(max_length=20, choices=State, default=State.UPLOADING)
    mode = models.CharField(max_length=20, choices=Mode, help_text="What it does to the members.")
    column = models.CharField(
        max_length=200, blank=True, help_text="The column with the identities; empty: the columns Type and Identity."
    )
    type = models.CharField(max_length=20, blank=True, help_text="What the column holds, as in segments.reading.TYPES.")
    file_name = models.CharField(max_length=255, blank=True, help_text="As whoever uploaded it calls it.")
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes; as announced, then as uploaded.")
    project_id = models.CharField(max_length=40, blank=True, help_text="Whose credential uploads it; empty: a user.")
    expires_at = models.DateTimeField(help_text="Until when it can be uploaded.")
    uploaded_at = models.DateTimeField(null=True, blank=True, help_text="When it was complete.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often a worker has begun with it.")
    started_at = models.DateTimeField(null=True, blank=True, help_text="When the last attempt began.")
    step = models.CharField(max_length=20, choices=Step, blank=True)
    step_at = models.DateTimeField(null=True, blank=True, help_text="When the step began.")
    bytes_done = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0, help_text="Rows read so far.")
    people = models.PositiveBigIntegerField(default=0, help_text="Different people in the file.")
    unknown = models.PositiveBigIntegerField(
        default=0, help_text="Rows that lead to nobody or cannot be read, duplicates left out."
    )
    added = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    remark = models.TextField(blank=True, help_text="What was left out of the file.")
    error = models.TextField(blank=True, help_text="Why it failed; empty if it did not.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["list"], condition=models.Q(state="processing"), name="one_upload_processed_a_list"
            )
        ]

    def __str__(self) -> str:
        return self.file_name or str(self.pk)

    @property
    def under_way(self) -> bool:
        return self.state in (self.State.UPLOADING, self.State.PROCESSING)


class Segment(models.Model):
    """A rule with a name, which rules and journeys ask for by it. Written by `segments.saved`, which refuses rings."""

    class Kind(models.TextChoices):
        PAST = "past", "Past behaviour"
        LIVE = "live", "Live"

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField(blank=True, max_length=1000, help_text="For colleagues: what it is for.")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.PAST)
    rule = models.JSONField(help_text="As in segments.rules; the saved segments in it stay names.")
    version = models.PositiveIntegerField(default=1, help_text="Grows with each change, so that two at once are seen.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        permissions = [("download_segment", "Can download the people of a segment")]

    def __str__(self) -> str:
        return self.name


class SegmentCount(models.Model):
    """How many people a segment had at an instant. Written by `segments.counts`."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="counts")
    at = models.DateTimeField(help_text="The instant at which the rule was asked: the account's midnight, or later.")
    count = models.PositiveBigIntegerField(null=True, blank=True, help_text="Empty: it could not be counted.")
    reachable = models.JSONField(default=dict, help_text="People who can be reached, by channel.")
    problem = models.TextField(blank=True, help_text="Why it could not be counted; empty if it could.")

    class Meta:
        db_table = "segments_count"
        constraints = [models.UniqueConstraint(fields=["segment", "at"], name="one_count_an_instant")]

    def __str__(self) -> str:
        return f"{self.segment}: {self.count}"
