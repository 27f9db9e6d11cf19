"""Publish checks of push and of what shows on devices: each error at its place (domain 5.1, 5.4, 5.5, 9.4, 12)."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from journeys import checks
from journeys.document import DocumentError, parse
from tests.journeys.documents import journey, link

NOW = datetime(2026, 3, 3, 16, tzinfo=UTC)

pytestmark = pytest.mark.django_db

HTML = {"html": "<p>Hi</p>"}
NOTE = {"title": "Hi", "body": "Look"}
KINDS = {
    "push": NOTE, "web_push": NOTE, "in_app": HTML, "web_popup": HTML, "exit_intent": HTML, "web_native": HTML,
    "app_inbox": NOTE,
}  # fmt: skip


CLICKED = [link(1, "clicked", 2)]


def found(
    kind: str,
    config: dict[str, Any],
    *,
    links: list[Any] = CLICKED,
    sleep: str | None = None,
    timeout: str | None = "P30D",
) -> list[tuple[str, str, str]]:
    """(code, level, field) of what is wrong with a journey of this node, number 1, and an exit, number 2."""
    nodes = [{"id": 1, "kind": kind, "config": config}, {"id": 2, "kind": "force_exit"}]
    drawn = [link("entry", "yes", 1, sleep), *links]
    document = parse(journey(nodes=nodes if links else nodes[:1], links=drawn, timeout=timeout))
    problems = checks.findings(document, now=NOW, tz=ZoneInfo("Europe/Paris"))
    assert all(problem.message.endswith(".") for problem in problems)
    return [(it.code, it.level, it.field) for it in problems]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_wrong_with_a_plain_node(kind: str) -> None:
    assert found(kind, {"content": KINDS[kind]}) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_message_is_refused(kind: str) -> None:
    field = "config.content.title" if kind.endswith("push") else "config.content.html"
    assert found(kind, {}) == [("K05", "error", "config"), ("K12", "error", field)]


@pytest.mark.parametrize(
    ("kind", "content", "code", "field"),
    [
        ("push", NOTE | {"ttl": "P29D"}, "K29", "content.ttl"),
        ("push", NOTE | {"ttl": "PT0S"}, "K29", "content.ttl"),
        ("push", NOTE | {"ttl": "PT1H", "expires": "2026-03-04T10:00"}, "K12", "content.ttl"),
        ("push", NOTE | {"link": " JavaScript:alert(1)"}, "K12", "content.link"),
        ("web_push", NOTE | {"buttons": [{"text": "", "link": "https://a.example"}]}, "K12", "content.buttons[0].text"),
        ("web_push", NOTE | {"buttons": [{"text": "a", "link": "data:x"}]}, "K12", "content.buttons[0].link"),
        ("push", NOTE | {"buttons": [{"text": "a"}] * 4}, "K12", "content.buttons"),
        ("in_app", HTML | {"priority": 0}, "K29", "content.priority"),
        ("in_app", HTML | {"priority": 11}, "K29", "content.priority"),
        ("web_popup", HTML | {"priority": 101}, "K29", "content.priority"),
        ("web_popup", HTML | {"trigger": {"when": "after"}}, "K12", "content.trigger.seconds"),
        ("web_popup", HTML | {"trigger": {"when": "scroll", "percent": 101}}, "K12", "content.trigger.percent"),
        ("app_inbox", NOTE | {"ttl": "PT23H"}, "K29", "content.ttl"),
        ("app_inbox", NOTE | {"ttl": "P61D"}, "K29", "content.ttl"),
        ("in_app", {"html": "{{ Event.item | default: 'it' }}"}, "K12", "content.html"),
        ("web_popup", {"html": "{{ Event.item | default: 'it' }}"}, "K12", "content.html"),
        ("app_inbox", {"title": "{{ Event.item | default: 'it' }}"}, "K12", "content.title"),
        ("in_app", {"html": "{{ Profile.Name"}, "K12", "content.html"),
    ],
)
def test_what_cannot_be_shown_is_refused_at_its_place(
    kind: str, content: dict[str, Any], code: str, field: str
) -> None:
    assert found(kind, {"content": content}) == [(code, "error", f"config.{field}")]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("push", NOTE | {"expires": "2026-03-04T10:00", "values": {"a": "1"}, "link": "shop://cart"}),
        ("push", {"title": "{{ Event.item | default: 'it' }}"}),
        ("in_app", HTML | {"priority": 10}),
        ("web_popup", HTML | {"priority": 100, "trigger": {"when": "idle", "seconds": 30}}),
        ("app_inbox", NOTE | {"ttl": None}),
        ("web_native", {"html": "{{ Event.item | default: 'it' }}", "place": "banner"}),
    ],
)
def test_what_can_be_shown_is_not(kind: str, content: dict[str, Any]) -> None:
    assert found(kind, {"content": content}) == []


@pytest.mark.parametrize(
    ("kind", "frequency", "expected"),
    [
        ("in_app", {"windows": [{"days": [], "from": "09:00", "to": "18:00"}]}, ("K05", "frequency.windows[0].days")),
        ("in_app", {"times": {"n": 0, "per": "day"}}, ("K29", "frequency.times")),
        ("web_popup", {"times": {"every_nth": 251}}, ("K29", "frequency.times")),
        ("exit_intent", {"times": {"exactly_nth": 0}}, ("K29", "frequency.times")),
        ("app_inbox", {"times": "once_ever"}, ("K05", "frequency")),
        ("push", {"times": "once_ever"}, ("K05", "frequency")),
    ],
)
def test_a_frequency_that_cannot_be_kept_is_refused(
    kind: str, frequency: dict[str, Any], expected: tuple[str, str]
) -> None:
    config = {"content": KINDS[kind], "frequency": frequency}
    code, field = expected
    assert found(kind, config) == [(code, "error", f"config.{field}")]


@pytest.mark.parametrize("frequency", [{"times": "sometimes"}, {"windows": [{"from": "9", "to": "25:00"}]}, {"x": 1}])
def test_a_frequency_that_cannot_be_read_is_none(frequency: dict[str, Any]) -> None:
    with pytest.raises(DocumentError):
        found("in_app", {"content": HTML, "frequency": frequency})


@pytest.mark.parametrize("kind", ["in_app", "web_popup", "exit_intent", "web_native"])
def test_nothing_is_slept_before_what_shows_on_a_device(kind: str) -> None:
    assert found(kind, {"content": HTML}, sleep="PT1H") == [("K05", "error", "links[0].sleep")]


@pytest.mark.parametrize("kind", ["push", "app_inbox"])
def test_a_sleep_before_what_is_sent_is_fine(kind: str) -> None:
    assert found(kind, {"content": NOTE}, sleep="PT1H") == []


@pytest.mark.parametrize(
    ("kind", "via"),
    [
        ("in_app", "sent"),
        ("in_app", "unreachable"),
        ("in_app", "failed"),
        ("web_native", "sent"),
        ("web_popup", "unreachable"),
        ("app_inbox", "failed"),
        ("push", "delivered"),
        ("web_push", "delivered"),
    ],
)
def test_a_connector_that_a_channel_does_not_have_is_refused(kind: str, via: str) -> None:
    assert ("K05", "error", "links[1]") in found(kind, {"content": KINDS[kind]}, links=[link(1, via, 2)])


@pytest.mark.parametrize("kind", ["in_app", "web_popup", "exit_intent", "web_native", "app_inbox"])
def test_node_timeout_may_always_be_drawn_even_beside_sent(kind: str) -> None:
    via = "viewed" if kind in ("in_app", "web_native") else "sent"
    links = [link(1, via, 2), link(1, "node_timeout", 2)]
    assert found(kind, {"content": KINDS[kind]}, links=links) == []


@pytest.mark.parametrize(
    ("kind", "frequency", "links", "warned"),
    [
        ("in_app", None, [], True),  # the last node: over when it is viewed
        ("in_app", None, [link(1, "node_timeout", 2)], False),
        ("web_popup", None, [], False),  # over when it is sent
        ("web_popup", {"times": "once_ever"}, [], True),
        ("web_popup", {"times": "once_ever"}, [link(1, "sent", 2)], True),
        ("web_popup", {"times": "once_ever"}, [link(1, "sent", 2), link(1, "node_timeout", 2)], False),
    ],
)
def test_who_might_wait_for_ever_is_said(
    kind: str, frequency: dict[str, Any] | None, links: list[Any], warned: bool
) -> None:
    config = {"content": HTML, "frequency": frequency}
    assert found(kind, config, links=links, timeout=None) == ([("K23", "warning", "")] if warned else [])
