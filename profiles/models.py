"""People, what they did, and how they are found.

The hot tables (Profile, Identity, Inbox, Event, Device, EventKey, Suppression) are made by migrations/sql/hot.sql; the
models mirror them for the admin and for reading. Sets are written by the named statements beside the services, never
row by row from here.
"""

from django.conf import settings
from django.db import models

from config.lib.uploaded import Upload


class Profile(models.Model):
    """One person. `properties` holds all that has no column of its own, system flags such as MSG-email included."""

    id = models.BigAutoField(primary_key=True)
    lane = models.SmallIntegerField()
    identity = models.TextField(null=True, blank=True, help_text="The project's own key; empty while anonymous.")
    object_id = models.TextField(null=True, blank=True)
    name = models.TextField(null=True, blank=True)
    email = models.TextField(null=True, blank=True)
    phone = models.TextField(null=True, blank=True)
    timezone = models.TextField(null=True, blank=True, help_text="IANA name; empty: the account's.")
    properties = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "profiles_profile"

    def __str__(self) -> str:
        return self.name or self.identity or self.email or self.object_id or f"Profile {self.pk}"


class Event(models.Model):
    """One thing a person did, routed and kept. Append-only; partitioned by month of `at`."""

    id = models.BigIntegerField(primary_key=True)
    lane = models.SmallIntegerField()
    profile_id = models.BigIntegerField()
    type_id = models.IntegerField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.TextField()
    properties = models.JSONField()

    class Meta:
        managed = False
        db_table = "profiles_event"

    def __str__(self) -> str:
        return f"Event {self.pk}"


class EventType(models.Model):
    """An event name, registered on first sight. Names compare by `key`: lower case, no spaces."""

    name = models.CharField(max_length=120)
    key = models.CharField(max_length=120, unique=True)
    system = models.BooleanField(default=False, help_text="Reserved: only Sojourn records it.")
    discarded = models.BooleanField(default=False, help_text="Uploads of this event are refused with code 528.")
    first_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ToldProperty(models.Model):
    """A profile property whose changes become system events (profiles.changes)."""

    name = models.CharField(max_length=120, unique=True)

    def __str__(self) -> str:
        return self.name


class Tester(models.Model):
    """A person who gets test sends (domain 5.3): a colleague, mostly. Written by profiles.testers."""

    profile_id = models.BigIntegerField(unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = [("mark_test", "Can mark people as test")]

    def __str__(self) -> str:
        return f"Profile {self.profile_id}"


class Credential(models.Model):
    """A project ID and passcode with which a partner calls the API. The passcode is kept only as a hash.

    One for pages has a public key too, which stands in the pages of a site for everybody to read (profiles.sites).
    """

    class Scope(models.TextChoices):
        UPLOAD = "upload", "Upload events and profiles"
        READ = "read", "Read profiles"
        DELETE = "delete", "Delete and merge profiles"
        DEVICE = "device", "Act for apps and pages: their events, and what they show"
        LISTS = "lists", "Upload custom lists"
        PAGES = "pages", "Let pages of a site act for their visitor, by a public key"

    name = models.CharField(max_length=100, help_text="Who uses it: the partner or system.")
    project_id = models.CharField(max_length=40, db_index=True)
    passcode_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256, hexadecimal.")
    scopes = models.JSONField(default=list)
    public_key = models.CharField(
        max_length=40, null=True, unique=True, editable=False, help_text="Null: not for pages."
    )
    origins = models.JSONField(default=list, help_text="Sites whose pages may use the public key: https://example.com.")
    page_events = models.JSONField(default=list, help_text="What pages may record beside what every page does.")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class EventImport(models.Model):
    """How far `import_events` has come with one file under one set of options. Advanced with the rows it stands for."""

    key = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the file and of the options that shape its rows."
    )
    name = models.CharField(max_length=255, help_text="The file's name when it was first imported.")
    offset = models.BigIntegerField(default=0, help_text="Bytes of the file that are done.")
    line = models.BigIntegerField(default=0, help_text="Lines of the file that are done.")
    imported = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    errors_size = models.BigIntegerField(
        default=0, help_text="Bytes of the file of errors that belong to the lines done."
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class ProfileUpload(Upload):
    """A file of profiles, from its upload to what became of it. Written by `profiles.files`. Its file of errors has the
    columns Line,Identity,Code,Error.
    """

    class State(models.TextChoices):
        UPLOADING = "uploading", "Uploading"
        MAPPING = "mapping", "Start mapping"
        PROCESSING = "processing", "Processing"
        COMPLETED = "completed", "Completed"
        REJECTED = "rejected", "Rejected"

    class Step(models.TextChoices):
        READING = "reading", "Reading the file"
        CHANGING = "changing", "Changing profiles"

    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField(help_text="Bytes.")
    mapping = models.JSONField(null=True, help_text="As in profiles.files.mapping.Plan; null until it is chosen.")
    state = models.CharField(max_length=20, choices=State, default=State.MAPPING)
    step = models.CharField(max_length=20, choices=Step, blank=True, help_text="While processing; else empty.")
    bytes_done = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0, help_text="Read so far, refused ones included.")
    staged = models.BigIntegerField(default=0, help_text="Rows that wait to be applied, when all are read.")
    applied = models.BigIntegerField(default=0, help_text="Of those, how many are done.")
    line = models.BigIntegerField(default=0, help_text="Of the last row that was applied.")
    created = models.BigIntegerField(default=0, help_text="New profiles.")
    changed = models.BigIntegerField(default=0, help_text="Others that are not as they were, once a batch of rows.")
    refused = models.BigIntegerField(default=0, help_text="Rows in the file of errors.")
    errors_size = models.BigIntegerField(default=0, help_text="Bytes of the file of errors that belong to rows done.")
    error = models.TextField(blank=True, help_text="Why the file was rejected; empty if it was not.")
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(null=True, blank=True, help_text="When it was confirmed.")
    started_at = models.DateTimeField(null=True, blank=True, help_text="When the present step began.")

    class Meta:
        verbose_name, verbose_name_plural = "file of people", "files of people"
        permissions = [("export_profile", "Can export profiles")]
        indexes = [models.Index(fields=["state", "queued_at"], name="profiles_upload_waiting")]

    def __str__(self) -> str:
        return self.file_name
