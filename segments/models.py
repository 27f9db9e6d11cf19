"""Uploaded lists and saved segments."""

from django.conf import settings
from django.db import models


class List(models.Model):
    """A custom list: identities uploaded as a file. Its members are rows of segments_member.

    A file that fails leaves the members of the last good one in place: `state` is READY again, and `error` says why.
    """

    class State(models.TextChoices):
        UPLOADING = "uploading"
        PROCESSING = "processing"
        READY = "ready"
        FAILED = "failed"

    class Mode(models.TextChoices):
        REPLACE = "replace"
        APPEND = "append"
        REMOVE = "remove"

    name = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=20, choices=State, default=State.UPLOADING)
    members = models.PositiveIntegerField(default=0, help_text="People on the list.")
    unknown = models.PositiveIntegerField(
        default=0, help_text="Rows of the last file that lead to no profile, duplicates left out."
    )
    error = models.TextField(blank=True, help_text="Why the last file failed; empty if it did not.")
    source = models.FileField(upload_to="lists/", blank=True, help_text="The file that waits to be read; else empty.")
    mode = models.CharField(
        max_length=20, choices=Mode, default=Mode.REPLACE, help_text="What the last file does to the members."
    )
    unknown_rows = models.FileField(
        upload_to="lists/", blank=True, help_text="CSV: Line,Type,Identity,Reason of the unknown rows of the last file."
    )
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


class Segment(models.Model):
    """A rule with a name, which rules and journeys ask for by it. Written by `segments.saved`, which refuses rings."""

    class Kind(models.TextChoices):
        PAST = "past", "Past behaviour"
        LIVE = "live", "Live"

    name = models.CharField(max_length=100, unique=True)
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
