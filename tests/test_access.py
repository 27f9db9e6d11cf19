"""Who may do what (domain 13): every endpoint, every method, every role, as endpoints.txt has it; and nothing that is
not in that table.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver

from config.lib import sql
from tests.callers import FORM, QUERIES, USERS, World, user

TABLE = Path(__file__).with_name("endpoints.txt")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = ("in", "401", "403", "404", "405")

pytestmark = pytest.mark.django_db


class Row(NamedTuple):
    """A line of the table. about: words that say which thing is meant; answers: caller → answer."""

    part: str
    method: str
    path: str
    about: frozenset[str]
    answers: dict[str, str]

    def __str__(self) -> str:
        return " ".join([self.method, self.path, *sorted(self.about)])


def _rows() -> Iterator[Row]:
    part, callers = "", []
    for line in TABLE.read_text().splitlines():
        if line.startswith("## "):
            part = line.removeprefix("## ")
        if not line.strip() or line.startswith("#"):
            continue
        call, cells = line.rsplit("|", 1)
        if not call.strip():
            callers = cells.split()
            continue
        (method, path), about = (part.split() for part in call.split("|"))
        answers = cells.split()
        assert len(answers) == len(callers), f"{line}: {len(answers)} answers for {len(callers)} callers"
        yield Row(part, method, path.removeprefix("/"), frozenset(about), dict(zip(callers, answers, strict=True)))


def _routes(patterns: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every route as the table writes it, and its view."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, before + str(pattern.pattern))
        else:
            assert isinstance(pattern, URLPattern)
            text = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^)]*\))*\)", r"<\1>", before + str(pattern.pattern))
            yield re.sub(r"<\w+:(\w+)>", r"<\1>", text).replace("^", "").replace("$", "").replace("\\", ""), pattern


ROWS = list(_rows())
ROUTES = dict(_routes(get_resolver().url_patterns))


@pytest.fixture(autouse=True)
def _place(settings: Any, tmp_path: Path) -> None:
    settings.UPLOADS_ROOT, settings.REPORTS_ROOT = tmp_path / "uploads", tmp_path / "reports"
    settings.SYSTEM_CONTROL_PERCENT = 5  # or there are no groups besides it


@pytest.fixture(autouse=True)
def _unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages show is for their own tests; drawing them would take most of the time here."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


def _written(place: Path) -> dict[str, Any]:
    """How many rows this transaction has written to each table, and the files; sessions apart."""
    counted = sql.rows(
        """SELECT relname::text, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
            WHERE relname <> 'django_session' AND n_tup_ins + n_tup_upd + n_tup_del > 0"""
    )
    files = {str(file): file.stat().st_size for file in place.rglob("*") if file.is_file()}
    return dict(counted) | files


def _answers(row: Row, place: Path, *, method: str = "", csrf: bool = False) -> dict[str, str]:
    """What each caller of a row gets: a status, “in” for the way to the login page; a star if anything was written.

    Nobody finds what another one did.
    """
    with transaction.atomic():
        world = World("ada", set(row.about))
        _address(world, row)  # makes what it names
        found = {who: _answer(row, world.of(who), place, method or row.method, csrf) for who in row.answers}
        transaction.set_rollback(True)
    return found


def _address(world: World, row: Row) -> str:
    return "/" + world.filled(row.path) + QUERIES.get(row.path, lambda _: "")(world)


def _answer(row: Row, world: World, place: Path, method: str, csrf: bool) -> str:
    files = {file: file.read_bytes() for file in place.rglob("*") if file.is_file()}
    with transaction.atomic():
        client, headers = world.client()
        client.handler.enforce_csrf_checks = csrf
        path = _address(world, row)
        body, kind = world.body(method, row.path)
        if kind == FORM:
            body, kind = encode_multipart(BOUNDARY, body), MULTIPART_CONTENT
        if method in ("PUT", "PATCH") and ("/uploads/" in row.path or "/files/" in row.path):
            headers = headers | {"Upload-Offset": "0"}
        before = _written(place)
        response = client.generic(method, path, body, kind, headers=headers)
        if response.streaming:  # a file is read to its end, and noted then
            b"".join(response)
        wrote = _written(place) != before
        transaction.set_rollback(True)
    for file in place.rglob("*"):
        if file.is_file() and file not in files:
            file.unlink()
    for file, content in files.items():
        file.write_bytes(content)
    answer = str(response.status_code)
    if answer == "302" and response["Location"].startswith("/admin/login/?next="):
        answer = "in"
    return answer + "*" * wrote


def test_the_table_names_every_route_and_no_other() -> None:
    assert set(ROUTES) - {row.path for row in ROWS} == set()
    assert {row.path for row in ROWS} - set(ROUTES) == set()


def test_the_table_names_every_action_on_chosen_rows() -> None:
    request = RequestFactory().get("/")
    request.user = user("ada")
    actions = {
        (f"admin/{model._meta.app_label}/{model._meta.model_name}/", name)
        for model, pages in admin.site._registry.items()
        for name in pages.get_actions(request)
    }
    named = {
        (row.path, word.removeprefix("action=")) for row in ROWS for word in row.about if word.startswith("action=")
    }
    assert actions == named


# Links in mails tell that they were followed; whoever takes a segment's people away is noted.
TELLING = ("t/o/<token>.gif", "t/c/<token>/<target>", "s/<token>", "admin/segments/segment/<segment_id>/download/")


def test_whoever_is_refused_and_whoever_only_looks_changes_nothing() -> None:
    wrong = [
        f"{row}: {who} {answer}"
        for row in ROWS
        for who, answer in row.answers.items()
        if answer.endswith("*") and (answer.rstrip("*") in REFUSED or (row.method == "GET" and row.path not in TELLING))
    ]
    assert wrong == []


@pytest.fixture
def cast(db: None) -> None:
    """Everybody is there already."""
    for name in USERS:
        if name != "nobody":
            user(name)


@pytest.mark.parametrize("part", list(dict.fromkeys(row.part for row in ROWS)))
def test_every_endpoint_answers_every_role_as_the_table_says(part: str, cast: None, tmp_path: Path) -> None:
    rows = [row for row in ROWS if row.part == part]
    wrong = []
    for row in rows:
        found = _answers(row, tmp_path)
        wrong += [
            f"{row}: {who} gets {found[who]}, not {said}" for who, said in row.answers.items() if found[who] != said
        ]
    # Nothing is hidden behind a method that the table does not have; and pages want their token.
    hidden = {
        f"{method} {path}": answer
        for path in {row.path for row in rows}
        for method in METHODS
        if method not in {row.method for row in ROWS if row.path == path}
        and not _is_harmless(method, answer := _by_all_means(path, method, tmp_path))
    }
    assert "\n".join(wrong) == ""
    assert hidden == {}


def _by_all_means(path: str, method: str, place: Path) -> str:
    """What an undeclared method gets, by whoever may do everything."""
    row = next(row for row in ROWS if row.path == path)
    strongest = next(who for who in ("ada", "foreign", "page") if who in row.answers)
    return _answers(row._replace(answers={strongest: ""}), place, method=method)[strongest]


def _is_harmless(method: str, answer: str) -> bool:
    """Refused; or, by a page that does not look at the method, shown."""
    return answer in REFUSED or (method not in ("GET", "POST") and not answer.endswith("*"))


@pytest.mark.parametrize("part", list(dict.fromkeys(row.part for row in ROWS if "ada" in row.answers)))
def test_no_page_or_call_of_a_session_is_made_without_its_token(part: str, cast: None, tmp_path: Path) -> None:
    """Whoever got through with it is refused without, and nothing is changed. Links in mails are signed instead."""
    found = {}
    for row in ROWS:
        able = [who for who, answer in row.answers.items() if answer not in REFUSED and who != "nobody"]
        if row.part == part and row.method != "GET" and able and not row.path.startswith(("t/", "s/")):
            who = able[-1]
            found[str(row)] = _answers(row._replace(answers={who: ""}), tmp_path, csrf=True)[who]
    assert {call: answer for call, answer in found.items() if answer != "403"} == {}
