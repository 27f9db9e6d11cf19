"""manage.py import_list: a list from a file on the machine."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from profiles import identities
from segments.models import List, ListUpload

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    identities.resolve(["ann"], create=True, now=timezone.now())
    path = tmp_path / "march.csv"
    path.write_text("Type,Identity\ni,ann\ni,nobody\n")
    return path


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("import_list", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_file_becomes_a_list_and_stays_where_it_is(file: Path) -> None:
    errors = file.with_name("errors.csv")
    assert run(file, "--list", "March", "--errors", errors) == (
        "The file has 2 rows and leads to 1 person. On the list: 1 person (1 came, 0 went). Leading to nobody or"
        f" unreadable: 1 row; the page has them.\nThey are in {errors}.\n"
    )
    assert errors.read_text().splitlines()[1:] == ["3,i,nobody,No profile has this identity."]
    assert file.exists()
    assert (List.objects.get().state, List.objects.get().members) == ("ready", 1)
    run(file, "--list", "March", "--mode", "remove")
    assert List.objects.get().members == 0


def test_a_column_is_chosen(file: Path) -> None:
    file.write_text("Shop;Card\nBerlin;ann\n")
    assert "Columns left out: “Shop”." in run(file, "--list", "March", "--column", "card", "--type", "identity")
    assert List.objects.get().members == 1


def test_what_fails_is_said(file: Path) -> None:
    with pytest.raises(CommandError, match=r"^There is no list named “March”; create it first\.$"):
        run(file, "--list", "March", "--mode", "append")
    with pytest.raises(CommandError, match="is not a file"):
        run(file.with_name("april.csv"), "--list", "March")
    file.write_text("Kind,Who\ni,ann\n")
    with pytest.raises(CommandError, match="the header must be Type,Identity"):
        run(file, "--list", "March")
    assert (ListUpload.objects.get().state, file.exists()) == ("failed", True)
