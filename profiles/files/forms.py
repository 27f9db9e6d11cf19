"""The form that maps the columns of a file: one line a column, posted as c0-property, c0-type and so on."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms

from profiles.files.mapping import OPERATORS, TYPES, WHO, Column, Plan
from profiles.files.uploads import LARGEST

DATE_FORMATS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d.%m.%Y %H:%M")  # suggested; empty: ISO 8601


class FileForm(forms.Form):
    """A file to be mapped."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"class": "sj-input", "accept": ".csv,.tsv,.txt,text/csv"}),
        help_text="UTF-8, with a first line that names the columns; commas, semicolons or tabs. "
        f"At most {LARGEST // 2**30} GB.",
    )


class Line(NamedTuple):
    """One column as the form shows it. plan: what is chosen for it; None: it is left out."""

    place: int
    column: str
    sample: list[str]
    plan: Column | None


def lines(plan: Plan, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Line]:
    """What the form shows of a file."""
    chosen = {column.column: column for column in plan.columns}
    return [
        Line(place, name, [cells[place][:60] for cells in rows[:3] if place < len(cells)], chosen.get(name))
        for place, name in enumerate(header)
        if name and name != plan.who
    ]


def plan_of(posted: Mapping[str, Any], header: Sequence[str]) -> Plan:
    """The mapping that was posted; whether it fits is for `mapping.check` to say."""
    columns = []
    for place, name in enumerate(header):
        given = {key: posted.get(f"c{place}-{key}", "") for key in ("property", "type", "op", "format", "separator")}
        if given["property"].strip():
            given = {key: value if key == "separator" else value.strip() for key, value in given.items()}
            columns.append(Column(name, **given))
    return Plan(posted.get("who", ""), posted.get("kind", ""), tuple(columns))


CHOICES = {"types": TYPES, "operators": OPERATORS, "who": WHO, "formats": DATE_FORMATS}
