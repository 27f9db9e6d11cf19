"""Profiles as django-import-export sees them: what a small file would do, and what an export holds.

What a file would do is found out by doing it, with the code that will do it, in a transaction that is rolled back;
import-export compares people before and after and shows the difference.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import datetime, tzinfo
from typing import Any, BinaryIO, NamedTuple

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from import_export import resources
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import Result

from config.lib import lanes
from profiles import accept, fields, identities
from profiles.codes import Refused
from profiles.files import importing
from profiles.files.mapping import Plan
from profiles.files.uploads import File
from profiles.models import Profile
from profiles.records import Update

SYSTEM = ("Identity", "Object ID", "Name", "Email", "Phone", "Timezone")  # columns of their own, in this order
LINE = "Line"


class PropertyField(Field):
    """One property of a profile as text: lists with |, as a file that is imported again has them."""

    def __init__(self, name: str) -> None:
        super().__init__(column_name=name)
        self._stored = fields.SYSTEM_FIELDS.get(name)

    def export(self, instance: Profile, **kwargs: Any) -> str:
        value = getattr(instance, self._stored) if self._stored else instance.properties.get(self.column_name)
        return as_text(value)


class ProfileResource(resources.Resource):
    """Some properties of people. names: system properties by their canonical names, and custom ones."""

    class Meta:
        use_transactions = False  # whoever calls has one
        instance_loader_class = BaseInstanceLoader
        import_id_fields: tuple[str, ...] = ()
        report_skipped = True

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__()
        self.fields = {name: PropertyField(name) for name in names}
        self._states: dict[str, tuple[Profile | None, Profile | None, str]] = {}  # by line: before, after, refusal

    def expect(self, states: dict[str, tuple[Profile | None, Profile | None, str]]) -> None:
        """What import_data is to compare, by line."""
        self._states = states

    def get_import_fields(self) -> list[Field]:
        return list(self.fields.values())

    def get_export_fields(self, selected_fields: Any = None) -> list[Field]:
        return list(self.fields.values())

    def get_user_visible_fields(self) -> list[Field]:
        return list(self.fields.values())

    def get_instance(self, instance_loader: Any, row: dict[str, str]) -> Profile | None:
        return deepcopy(self._states[row[LINE]][0])

    def init_instance(self, row: Any = None) -> Profile:
        return Profile()

    def import_instance(self, instance: Profile, row: dict[str, str], **kwargs: Any) -> None:
        _before, after, refusal = self._states[row[LINE]]
        if refusal:
            raise ValidationError(refusal)
        if after is not None:
            instance.__dict__.update(after.__dict__)

    def skip_row(self, instance: Profile, original: Profile, row: Any, import_validation_errors: Any = None) -> bool:
        """Whether the row changes nothing."""
        return not import_validation_errors and _state(instance) == _state(original)

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def save_instance(self, instance: Profile, is_create: bool, row: Any, **kwargs: Any) -> None:
        """It is saved already."""


class Preview(NamedTuple):
    """What a file would do. result: row by row; refused: (line, who, why)."""

    result: Result
    refused: list[tuple[int, str, str]]


def preview(source: BinaryIO, plan: Plan, *, zone: tzinfo, now: datetime) -> Preview:
    """What a file would do; nothing is changed. Raises CsvError or MappingError."""
    names = dict.fromkeys(["Identity" if plan.kind == "identity" else "Object ID"])
    names |= dict.fromkeys(fields.canonical(column.property) for column in plan.columns)
    read = list(importing.read(File(source), plan, zone=zone, now=now))
    updates = [(line, it) for line, it, _who in read if isinstance(it, Update)]
    refusals = {line: it.message for line, it, _who in read if isinstance(it, Refused)}
    keys = {update.key for _line, update in updates}
    with transaction.atomic():
        before = _profiles(identities.find(keys))
        done = accept.change(updates, now=now)
        refusals |= {line: refused.message for line, refused in done.refused}
        after = _profiles(identities.find(keys))
        transaction.set_rollback(True)
    of_line = {line: update.key for line, update in updates}
    states = {
        str(line): (before.get(of_line.get(line)), after.get(of_line.get(line)), refusals.get(line, ""))
        for line, _it, _who in read
    }
    resource = ProfileResource(names)
    resource.expect(states)
    rows = tablib.Dataset(*((str(line), who) for line, _it, who in read), headers=[LINE, plan.who])
    refused = [(line, who, refusals[line]) for line, _it, who in read if line in refusals]
    return Preview(resource.import_data(rows, dry_run=True), refused)


def as_text(value: Any) -> str:
    """A value as a cell of a file that can be imported again."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(map(as_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _profiles(found: dict[Any, int]) -> dict[Any, Profile]:
    """The profiles of keys, by key."""
    ids = set(found.values())
    lanes_of = {lanes.of(each) for each in ids}
    people = {each.pk: each for each in Profile.objects.filter(lane__in=lanes_of, pk__in=ids)} if ids else {}
    return {key: people[profile_id] for key, profile_id in found.items()}


def _state(profile: Profile) -> Sequence[Any]:
    columns = [getattr(profile, column) for column in fields.SYSTEM_FIELDS.values()]
    return [profile.pk, *columns, profile.properties]
