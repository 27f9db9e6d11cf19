"""Publish checks: every problem at once, each a code, a place and a sentence (domain 9.4)."""

import contextlib
import copy
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.models import GroupMember, Provider
from journeys import checks, services
from journeys.document import DocumentError, load, parse
from profiles import eventtypes
from profiles.models import EventType
from segments.models import List
from tests.journeys.documents import MAIL, action, email, journey, link, live, past

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 3, 16, 0, 30, tzinfo=UTC)  # Tuesday 17:00:30 in Paris

pytestmark = pytest.mark.django_db


def findings(document):
    return checks.findings(parse(document), now=NOW, tz=PARIS)


def codes(document):
    return [(found.code, found.level, found.node, found.field) for found in findings(document)]


def test_nothing_is_wrong_with_a_plain_journey():
    assert findings(journey()) == []
    assert findings(journey(entry=past({"once": "now"}))) == []


WEEKLY = {"every": 1, "unit": "week", "weekdays": ["tue"], "start": "now"}


def varied(type, options, **more):
    """An e-mail node with variants, each of which can be sent where it does not say otherwise."""
    variants = {"type": type, "options": [{"content": MAIL} | option for option in options]} | more
    return email(1, config={"content": MAIL if type == "property" else {}, "variants": variants})


def paths(shares, **more):
    """An IntelliNODE."""
    return {"id": 1, "kind": "intellinode", "config": {"paths": shares, "goals": [{"event": "Charged"}]} | more}


def changed(*updates):
    """A profile update."""
    return {"id": 1, "kind": "profile_update", "config": {"updates": list(updates)}}


FORK = [link("entry", "yes", 1), link(1, "path_1", 2), link(1, "path_2", 3)]
LEAVES = [{"id": n, "kind": "force_exit"} for n in (2, 3)]
SPLIT = {"id": 1, "kind": "split"}
SPLIT_LINKS = [link("entry", "yes", 1), link(1, "path_1", 2), link(1, "others", 3)]
LOOP = [link("entry", "yes", 1), link(1, "sent", 2), link(2, "sent", 1)]
MIDDLE = {"id": 1, "kind": "past_behaviour", "config": {"rule": {"did": {"event": "Charged"}}}}
WAITS = [link("entry", "yes", 1), link(1, "yes", 2), link(1, "node_timeout", 2)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(journey(name=" "), ("K01", None, "name"), id="no name"),
        pytest.param(journey(name="x" * 101), ("K01", None, "name"), id="name too long"),
        pytest.param(journey(description="x" * 121), ("K01", None, "description"), id="description too long"),
        pytest.param(
            journey(entry=live() | {"timeline": None}), ("K02", None, "entry.timeline"), id="no schedule"
        ),
        pytest.param(
            journey(entry=live({"once": "now"})), ("K02", None, "entry.timeline"), id="schedule of the other criteria"
        ),
        pytest.param(
            journey(entry=live({"start": "2026-03-03T16:59"})), ("K02", None, "entry.timeline.start"), id="past start"
        ),
        pytest.param(
            journey(entry=past({"once": "2026-03-03T16:59"})), ("K02", None, "entry.timeline.once"), id="past run"
        ),
        pytest.param(
            journey(entry=live({"start": "now", "end": "2026-03-03T17:00"})),
            ("K02", None, "entry.timeline.end"),
            id="ends before it starts",
        ),
        pytest.param(
            journey(entry=live({"start": "0001-01-01T00:00"})), ("K02", None, "entry.timeline"), id="year out of reach"
        ),
        pytest.param(
            journey(entry=past({"dates": [], "start": "now"})), ("K02", None, "entry.timeline.dates"), id="no dates"
        ),
        pytest.param(
            journey(entry=past({"dates": ["2026-03-04", "2026-03-02"]})),
            ("K02", None, "entry.timeline.dates[1]"),
            id="past date",
        ),
        pytest.param(
            journey(entry=past(WEEKLY | {"weekdays": []})), ("K02", None, "entry.timeline.weekdays"), id="no weekday"
        ),
        pytest.param(
            journey(entry=past({"every": 1, "unit": "month"})), ("K02", None, "entry.timeline.day"), id="no month day"
        ),
        pytest.param(journey(entry=live(segment=None)), ("K03", None, "entry.segment"), id="no entry segment"),
        pytest.param(
            journey(entry=past({"once": "now"}, segment=live()["segment"])),
            ("K03", None, "entry.segment"),
            id="entry kind of the other criteria",
        ),
        pytest.param(journey(links=[], nodes=[]), ("K04", None, "entry"), id="nothing follows the entry"),
        pytest.param(
            journey(nodes=[action(1)]), ("K04", None, "entry"), id="no message or controller is reached"
        ),
        pytest.param(
            journey(nodes=[email(1, config={"content": MAIL, "groups": [f"group {n}" for n in range(51)]})]),
            ("K29", 1, "config.groups"),
            id="too many subscription groups",
        ),
        pytest.param(
            journey(nodes=[email(1, config={"content": MAIL, "conversion": {"event": " "}})]),
            ("K05", 1, "config.conversion.event"),
            id="a conversion without an event",
        ),
        pytest.param(
            journey(nodes=[email(1, config={"content": MAIL, "conversion": {"event": "Charged", "window": "PT30S"}})]),
            ("K29", 1, "config.conversion.window"),
            id="a conversion that counts for half a minute",
        ),
        pytest.param(
            journey(nodes=[varied("split", [{"percent": 50}, {"percent": 40}])]),
            ("K29", 1, "config.variants.options"),
            id="variants whose shares are not 100 %",
        ),
        pytest.param(
            journey(nodes=[varied("ab", [{}])]), ("K29", 1, "config.variants.options"), id="a test of one variant"
        ),
        pytest.param(
            journey(nodes=[varied("ab", [{}, {"content": MAIL | {"subject": ""}}])]),
            ("K12", 1, "config.variants.options[1].content.subject"),
            id="a variant without a subject",
        ),
        pytest.param(
            journey(nodes=[varied("ab", [{"name": "x"}, {"name": "x"}])]),
            ("K05", 1, "config.variants.options[1].name"),
            id="two variants of one name",
        ),
        pytest.param(
            journey(nodes=[varied("ab", [{}, {}], test={"sends": 1})]),
            ("K29", 1, "config.variants.test.sends"),
            id="a test of one message",
        ),
        pytest.param(
            journey(nodes=[varied("property", [{"values": ["gold"]}])]),
            ("K05", 1, "config.variants.property"),
            id="variants by no property",
        ),
        pytest.param(
            journey(nodes=[varied("property", [{"values": ["a"]}, {"values": ["A"]}], property="plan")]),
            ("K05", 1, "config.variants.options[1].values"),
            id="a value that two variants are for",
        ),
        pytest.param(
            journey(links=[link("entry", "yes", 1), link(1, "sent", 9)]), ("K05", 1, "links[1]"), id="unknown target"
        ),
        pytest.param(
            journey(links=[link("entry", "yes", 1), link(9, "sent", 1)]), ("K05", None, "links[1]"), id="unknown source"
        ),
        pytest.param(
            journey(nodes=[email(1), email(2)], links=[link("entry", "yes", 1), link(1, "opened", 2)]),
            ("K05", 1, "links[1]"),
            id="unknown connector",
        ),
        pytest.param(
            journey(links=[link("entry", "yes", 1), link("entry", "node_timeout", 1)]),
            ("K05", None, "links[1]"),
            id="the entry has no node timeout",
        ),
        pytest.param(
            journey(links=[link("entry", "yes", 1), link("entry", "yes", 1)]), ("K05", None, "links[1]"), id="twice"
        ),
        pytest.param(journey(nodes=[email(1), email(1)]), ("K05", 1, "id"), id="one number for two nodes"),
        pytest.param(
            journey(links=[{"from": "entry", "via": "yes", "to": 1, "sleep": {"days": 1}}]),
            ("K05", 1, "links[0].sleep"),
            id="sleep of days without a clock time",
        ),
        pytest.param(
            journey(dnd={"windows": [], "then": "hold"}), ("K02", None, "dnd.windows"), id="quiet hours without any"
        ),
        pytest.param(
            journey(entry=live(cap={"total": 0, "per_day": None})), ("K29", None, "entry.cap.total"), id="entry cap"
        ),
        pytest.param(
            journey(nodes=[paths([{"percent": 100}]), LEAVES[0]], links=FORK[:2]),
            ("K17", 1, "config.paths"),
            id="one path",
        ),
        pytest.param(
            journey(nodes=[paths([{"percent": 60}, {"percent": 30}]), *LEAVES], links=FORK),
            ("K17", 1, "config.paths"),
            id="shares that are not 100 %",
        ),
        pytest.param(
            journey(nodes=[paths([{"percent": 50}, {"percent": 50}], goals=[]), *LEAVES], links=FORK),
            ("K17", 1, "config.goals"),
            id="an experiment without a goal",
        ),
        pytest.param(
            journey(nodes=[paths([{"percent": 50}, {"percent": 50}]), LEAVES[0]], links=FORK[:2]),
            ("K17", 1, "path_2"),
            id="a path that leads nowhere",
        ),
        pytest.param(
            journey(nodes=[changed({"property": "a", "value": 1}, {"property": "a", "value": 2})]),
            ("K19", 1, "config.updates[1].property"),
            id="a property twice",
        ),
        pytest.param(
            journey(nodes=[changed({"property": "Gender", "value": "F"}, {"property": "gender", "value": "F"})]),
            ("K19", 1, "config.updates[1].property"),
            id="a system property in two spellings",
        ),
        pytest.param(journey(nodes=[changed()]), ("K19", 1, "config.updates"), id="no property"),
        pytest.param(
            journey(nodes=[changed({"property": "Email", "value": "a@example.com"})]),
            ("K19", 1, "config.updates[0].property"),
            id="what identifies people",
        ),
        pytest.param(
            journey(nodes=[changed({"property": "a$b", "value": 1})]),
            ("K19", 1, "config.updates[0].property"),
            id="a name that no property can have",
        ),
        pytest.param(
            journey(nodes=[changed({"property": "n", "op": "increment", "value": "many"})]),
            ("K19", 1, "config.updates[0].value"),
            id="no number to count by",
        ),
        pytest.param(
            journey(nodes=[changed({"property": "MSG-email", "value": "perhaps"})]),
            ("K19", 1, "config.updates[0].value"),
            id="a flag that is neither true nor false",
        ),
        pytest.param(
            journey(nodes=[changed({"property": "a", "value": "{{ Profile.x }}"})]),
            ("K19", 1, "config.updates[0].value"),
            id="Liquid of more than the event",
        ),
        pytest.param(
            journey(nodes=[SPLIT | {"config": {"paths": [{"rule": {"segment": "gone"}}]}}, *LEAVES], links=SPLIT_LINKS),
            ("K07", 1, "config"),
            id="a split that asks for a segment that is gone",
        ),
        pytest.param(
            journey(
                nodes=[
                    email(1),
                    {"id": 2, "kind": "action", "config": {"events": [{"event": f"e{n}"} for n in range(11)]}},
                ],
                links=[link("entry", "yes", 1), link(1, "sent", 2)],
            ),
            ("K29", 2, "config.events"),
            id="eleven events",
        ),
        pytest.param(
            journey(links=[{"from": "entry", "via": "yes", "to": 1, "sleep": {"days": 10**11, "clock": "20:00"}}]),
            ("K29", 1, "links[0].sleep.days"),
            id="a sleep without end",
        ),
        pytest.param(
            journey(
                entry=past({"every": 10**18, "unit": "day"}),
                dnd={"windows": [{"days": ["mon"], "from": "21:00", "to": "09:00"}]},
                links=[{"from": "entry", "via": "yes", "to": 1, "sleep": {"days": 0, "clock": "12:00"}}],
            ),
            ("K29", None, "entry.timeline.every"),
            id="a recurrence without end",
        ),
        pytest.param(
            journey(nodes=[changed({"property": "a", "value": "{{ Event.x | default: 'y' }}" + "x" * 500})]),
            ("K19", 1, "config.updates[0].value"),
            id="Liquid of over 512 characters",
        ),
        pytest.param(
            journey(nodes=[{"id": 1, "kind": "webhook", "config": {"content": {"url": "https://example.com/"}}}]),
            ("K20", 1, "config.provider"),
            id="a channel with providers and no default",
        ),
        pytest.param(
            journey(entry=live() | {"segment": {"kind": "journey_trigger", "journey": 404, "node": 1, "via": "sent"}}),
            ("K07", None, "entry.segment.journey"),
            id="triggered by a journey that is not there",
        ),
        pytest.param(journey(control={"custom": "a"}), ("K22", None, "control.custom"), id="custom control group"),
        pytest.param(
            journey(control={"journey_percent": 100}), ("K22", None, "control.journey_percent"), id="control group"
        ),
        pytest.param(journey(nodes=[email(1), email(7)]), ("K06", 7, ""), id="a node that is not reached"),
        pytest.param(
            journey(entry=live(segment={"kind": "action", "events": []})),
            ("K07", None, "entry.segment.events"),
            id="empty entry query",
        ),
        pytest.param(
            journey(entry=past({"once": "now"}, segment={"kind": "custom_list", "list": "gone"})),
            ("K07", None, "entry.segment"),
            id="a list that is gone",
        ),
        pytest.param(
            journey(entry=live(segment=live()["segment"] | {"filters": {"list": "gone"}})),
            ("K07", None, "entry.segment"),
            id="a list that is gone, in a filter",
        ),
        pytest.param(
            journey(
                nodes=[email(1), {"id": 2, "kind": "custom_list", "config": {"list": "members"}}],
                links=[link("entry", "yes", 1), link(1, "sent", 2)],
            ),
            ("K08", 2, ""),
            id="entry-only kind in the flow",
        ),
        pytest.param(
            journey(goals=[{"kind": "custom_list", "list": "members"}]), ("K08", None, "goals[0]"), id="list as goal"
        ),
        pytest.param(
            journey(goals=[{"kind": "action", "events": [{"event": "Charged"}]}] * 4),
            ("K09", None, "goals"),
            id="four goals",
        ),
        pytest.param(journey(goals=[{"kind": "action"}]), ("K09", None, "goals[0]"), id="goal not set up"),
        pytest.param(
            journey(nodes=[email(1, config={"content": MAIL, "provider": "gone"})]),
            ("K11", 1, "config.provider"),
            id="unknown provider",
        ),
        pytest.param(
            journey(nodes=[email(1, config={"content": MAIL, "provider": "retired"})]),
            ("K11", 1, "config.provider"),
            id="archived provider",
        ),
        pytest.param(
            journey(nodes=[email(1, config={"content": MAIL | {"subject": ""}})]),
            ("K12", 1, "config.content.subject"),
            id="no subject",
        ),
        pytest.param(
            journey(nodes=[email(1, config={"content": MAIL | {"subject": "Hi {{ Profile.Name"}})]),
            ("K12", 1, "config.content.subject"),
            id="broken Liquid",
        ),
        pytest.param(
            journey(
                entry=past({"once": "now"}),
                nodes=[email(1, config={"content": MAIL | {"text": "{{ Event.amount | default: 'none' }}"}})],
            ),
            ("K12", 1, "config"),
            id="Event without an event",
        ),
        pytest.param(
            journey(
                entry=live(segment={"kind": "date_time", "property": "birthday", "of": "profile"}),
                nodes=[email(1, config={"content": MAIL | {"text": "{{ Event.amount | default: 'none' }}"}})],
            ),
            ("K12", 1, "config"),
            id="Event of a profile's date",
        ),
        pytest.param(
            journey(nodes=[email(1), email(2)], links=[link("entry", "yes", 1), link("entry", "yes", 2)]),
            ("K14", None, "yes"),
            id="fan-out to messages",
        ),
        pytest.param(
            journey(
                nodes=[email(1), email(2), email(3)],
                links=[link("entry", "yes", 1), link(1, "sent", 2), link(1, "clicked", 3)],
            ),
            ("K15", 1, "sent"),
            id="Sent beside Clicked",
        ),
        pytest.param(journey(nodes=[email(1), email(2)], links=LOOP), ("K16", 1, ""), id="a loop without a wait"),
        pytest.param(
            journey(links=[link("entry", "yes", 1), link(1, "failed", 1)]), ("K16", 1, ""), id="a node after itself"
        ),
        pytest.param(
            journey(
                nodes=[{"id": 1, "kind": "profile_update", "config": {"updates": []}}],
            ),
            ("K19", 1, "config.updates"),
            id="an update of nothing",
        ),
        pytest.param(
            journey(
                nodes=[{"id": 1, "kind": "force_exit"}, email(2)],
                links=[link("entry", "yes", 1), link(1, "sent", 2)],
            ),
            ("K20", 1, "links[1]"),
            id="a way on from force exit",
        ),
        pytest.param(
            journey(nodes=[email(1), action(2, window="PT30S")], links=[link("entry", "yes", 1), *[
                link(1, "sent", 2), link(2, "node_timeout", 1)]]),
            ("K29", 2, "window"),
            id="window too short",
        ),
        pytest.param(journey(links=[link("entry", "yes", 1, "P366D")]), ("K29", 1, "links[0].sleep.after"), id="sleep"),
        pytest.param(journey(links=[link("entry", "yes", 1, "-PT1H")]), ("K29", 1, "links[0].sleep.after"), id="back"),
        pytest.param(journey(timeout="PT59M"), ("K29", None, "timeout"), id="journey timeout too short"),
        pytest.param(
            journey(entry=past(WEEKLY | {"every": 13})), ("K29", None, "entry.timeline.every"), id="every 13 weeks"
        ),
        pytest.param(
            journey(entry=past({"every": 1, "unit": "month", "day": 32})), ("K29", None, "entry.timeline.day"), id="32"
        ),
        pytest.param(
            journey(nodes=[email(n) for n in range(1, 202)]), ("K29", None, "nodes"), id="more than 200 nodes"
        ),
    ],
)  # fmt: skip
def test_each_error_is_found_at_its_place(document, expected):
    List.objects.create(name="members", created_at=NOW, updated_at=NOW)
    Provider.objects.create(name="used", channel="email", kind="sandbox", is_default=True)
    Provider.objects.create(name="retired", channel="email", kind="sandbox", archived_at=NOW)
    Provider.objects.create(name="hook", channel="webhook", kind="http")
    code, node, field = expected
    assert codes(document) == [(code, "error", node, field)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            journey(
                nodes=[email(1), email(2)],
                links=[link("entry", "yes", 1), link(1, "sent", 2)],
            )
            | {"nodes": [email(1, window="PT1H"), email(2)]},
            ("K13", 1, "window"),
            id="a window without node timeout",
        ),
        pytest.param(
            journey(nodes=[{"id": 1, "kind": "force_exit", "window": "PT1H"}]),
            ("K13", 1, "window"),
            id="a window where there is none",
        ),
        pytest.param(
            journey(
                timeout=None,
                nodes=[email(1), action(2), email(3)],
                links=[link("entry", "yes", 1), link(1, "sent", 2), link(2, "yes", 3)],
            ),
            ("K23", 2, ""),
            id="an action that may never come",
        ),
        pytest.param(
            journey(timeout=None, nodes=[email(1), email(2)], links=[link("entry", "yes", 1), link(1, "clicked", 2)]),
            ("K23", 1, ""),
            id="a click that may never come",
        ),
        pytest.param(
            journey(timeout=None, goals=[{"kind": "action", "events": [{"event": "Charged"}]}]),
            ("K24", None, "timeout"),
            id="goals without journey timeout",
        ),
        pytest.param(
            journey(nodes=[MIDDLE | {"window": "PT23H"}, email(2)], links=WAITS),
            ("K25", 1, "window"),
            id="past behaviour within a day",
        ),
        pytest.param(
            journey(nodes=[email(1, config={"content": MAIL | {"text": "Hi {{ Profile.Name }}"}})]),
            ("K27", 1, "config.content.text"),
            id="an output without default",
        ),
        pytest.param(
            journey(
                nodes=[email(1, config={"content": MAIL | {"text": "{{ Event.item | default: 'it' }}"}})],
                links=[link("entry", "yes", 1, "P1D")],
            ),
            ("K27", 1, "config"),
            id="Event after a day",
        ),
        pytest.param(
            journey(
                nodes=[email(1), email(2, config={"content": MAIL | {"text": "{{ Event.item | default: 'it' }}"}})],
                links=[
                    link("entry", "yes", 1) | {"sleep": {"days": 1, "clock": "20:00"}},
                    link(1, "sent", 2),
                ],
            ),
            ("K27", 2, "config"),
            id="Event some nodes after a day",
        ),
    ],
)
def test_each_warning_is_found_at_its_place(document, expected):
    code, node, field = expected
    assert codes(document) == [(code, "warning", node, field)]


def test_all_findings_come_at_once():
    wrong = journey(
        name="",
        entry=live({"start": "2020-01-01T00:00"}),
        nodes=[email(1, config={}), email(5)],
        links=[link("entry", "yes", 1), link(1, "seen", 1)],
    )
    assert {code for code, *_ in codes(wrong)} == {"K01", "K02", "K05", "K06", "K12", "K16"}


INACTION = {"event": {"event": "A"}, "then_not": {"event": "B"}}
ENDED = [{"id": n, "kind": "force_exit"} for n in range(2, 9)]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(journey(name="x" * 100, description="y" * 120), id="K01"),
        pytest.param(journey(entry=live({"start": "2026-03-03T17:00", "end": "2026-03-03T17:01"})), id="K02 a minute"),
        pytest.param(journey(entry=past({"dates": ["2026-03-03"], "start": "now"})), id="K02 today"),
        pytest.param(journey(goals=[{"kind": "action", "events": [{"event": "Charged"}]}] * 3), id="K09 three goals"),
        pytest.param(
            journey(
                nodes=[email(1), action(2, window="P1D"), action(3), email(4)],
                links=[link("entry", "yes", 1), link(1, "sent", 2), link(1, "sent", 3), link(2, "node_timeout", 4)],
            ),
            id="K14 one Node timeout of parallel segments",
        ),
        pytest.param(
            journey(
                nodes=[email(1), email(2), email(3)],
                links=[link("entry", "yes", 1), link(1, "clicked", 2), link(1, "node_timeout", 3)],
            ),
            id="K15 Node timeout beside Clicked",
        ),
        pytest.param(
            journey(
                nodes=[paths([{"percent": n} for n in (20, 20, 20, 10, 10, 10, 10)]), *ENDED],
                links=[link("entry", "yes", 1), *(link(1, f"path_{n}", n + 1) for n in range(1, 8))],
            ),
            id="K17 seven paths",
        ),
        pytest.param(
            journey(nodes=[paths([{"percent": 100}, {"percent": 0}]), *LEAVES], links=FORK),
            id="K17 0 % of two",
        ),
        pytest.param(
            journey(nodes=[changed({"property": "a", "value": "{{ Event.x | default: 'y' }}" + "x" * 484})]),
            id="K19 512 characters",
        ),
        pytest.param(journey(nodes=[changed({"property": "MSG-email", "value": "FALSE"})]), id="K19 a flag"),
        pytest.param(journey(control={"journey_percent": 2}), id="K22 2 %"),
        pytest.param(journey(control={"journey_percent": 99}), id="K22 99 %"),
        pytest.param(
            journey(
                timeout=None,
                nodes=[email(1), action(2, window="P1D"), email(3), email(4)],
                links=[link("entry", "yes", 1), link(1, "sent", 2), link(2, "yes", 3), link(2, "node_timeout", 4)],
            ),
            id="K23 Node timeout",
        ),
        pytest.param(journey(nodes=[MIDDLE | {"window": "P1D"}, email(2)], links=WAITS), id="K25 a day"),
        pytest.param(
            journey(
                nodes=[email(1, config={"content": MAIL | {"text": "{{ Event.item | default: 'it' }}"}})],
                links=[link("entry", "yes", 1, "PT23H59M59S")],
            ),
            id="K27 just under a day",
        ),
        pytest.param(journey(timeout="PT1H"), id="K29 shortest journey timeout"),
        pytest.param(journey(timeout="P365D"), id="K29 longest journey timeout"),
        pytest.param(journey(links=[link("entry", "yes", 1, "P365D")]), id="K29 longest sleep"),
        pytest.param(
            journey(
                nodes=[email(1), action(2, window="PT1M"), email(3)],
                links=[link("entry", "yes", 1), link(1, "sent", 2), link(2, "node_timeout", 3)],
            ),
            id="K29 shortest window",
        ),
        pytest.param(
            journey(
                nodes=[email(1), action(2, window="P365D"), email(3)],
                links=[link("entry", "yes", 1), link(1, "sent", 2), link(2, "node_timeout", 3)],
            ),
            id="K29 longest window",
        ),
        *(
            pytest.param(
                journey(
                    nodes=[{"id": 1, "kind": "inaction", "config": INACTION | {"within": within}}, email(2)],
                    links=[link("entry", "yes", 1), link(1, "yes", 2)],
                ),
                id=f"K29 inaction {within}",
            )
            for within in ("PT1S", "P30D")
        ),
        *(
            pytest.param(
                journey(nodes=[email(1, config={"content": MAIL, "limits": {"node": limit}})]), id=f"K29 {limit}"
            )
            for limit in ({"ever": 1}, {"ever": 250}, {"every": "PT5M"}, {"every": "P30D"})
        ),
        pytest.param(journey(entry=live(cap={"total": 1, "per_day": 1})), id="K29 cap of one"),
        *(
            pytest.param(
                journey(entry=past(WEEKLY | {"every": every, "unit": unit, "day": 31})), id=f"K29 {every} {unit}"
            )
            for every, unit in ((30, "day"), (12, "week"), (12, "month"))
        ),
    ],
)
def test_what_is_just_inside_its_bound_is_no_finding(document):
    assert findings(document) == []


@pytest.mark.parametrize("kind", ["email", "action", "profile_update", "split", "intellinode", "page_count"])
def test_a_node_that_nobody_set_up_is_said_to_be_so(kind):
    document = journey(nodes=[{"id": 1, "kind": kind}])
    assert ("K05", "error", 1, "config") in codes(document)


def test_a_sentence_names_the_node_as_its_author_does():
    named = journey(nodes=[email(1), email(7, name="Last call")])
    assert [found.message for found in findings(named)] == [
        "“Last call” (node 7) is not reached from the entry; draw a link to it or remove it."
    ]
    unnamed = journey(nodes=[email(1, config={"content": {"text": "x"}})])
    assert [found.message for found in findings(unnamed)] == ["Node 1 (Email): The e-mail has no subject."]


def test_a_start_in_the_running_minute_is_not_past():
    assert findings(journey(entry=live({"start": "2026-03-03T17:00"}))) == []


def test_duplicate_dates_count_once_and_sixty_are_the_most():
    days = [f"2026-{month:02}-{day:02}" for month in (4, 5, 6) for day in range(1, 22)]
    assert findings(journey(entry=past({"dates": days[:60] + days[:60]}))) == []
    assert codes(journey(entry=past({"dates": days[:61]}))) == [("K29", "error", None, "entry.timeline.dates")]


def recurring(every, unit, **more):
    """An entry that recurs."""
    return {"entry": past({"every": every, "unit": unit, "start": "now"} | more)}


@pytest.mark.parametrize(
    ("setup", "code"),
    [
        (recurring(0, "day"), "K29"),
        (recurring(1, "day"), None),
        (recurring(30, "day"), None),
        (recurring(31, "day"), "K29"),
        (recurring(0, "week", weekdays=["mon"]), "K29"),
        (recurring(12, "week", weekdays=["mon", "sun"]), None),
        (recurring(13, "week", weekdays=["mon"]), "K29"),
        (recurring(12, "month", day=31), None),
        (recurring(13, "month", day=1), "K29"),
        (recurring(1, "month", day=0), "K29"),
        (recurring(1, "month", day=32), "K29"),
        ({"entry": past({"dates": ["2026-03-03"], "start": "now"})}, None),  # today
        ({"entry": past({"dates": ["2026-03-02"], "start": "now"})}, "K02"),
        ({"entry": live({"start": "2026-03-04T10:00", "end": "2026-03-04T10:00"})}, "K02"),
        ({"entry": live({"start": "2026-03-04T10:00", "end": "2026-03-04T10:01"})}, None),
        ({"timeout": "PT59M59S"}, "K29"),
        ({"timeout": "PT1H"}, None),
        ({"timeout": "P365D"}, None),
        ({"timeout": "P365DT1S"}, "K29"),
        ({"control": {"journey_percent": 0}}, None),
        ({"control": {"journey_percent": 1}}, "K22"),
        ({"control": {"journey_percent": 2}}, None),
        ({"control": {"journey_percent": 99}}, None),
        ({"control": {"journey_percent": 100}}, "K22"),
        ({"entry": live(cap={"total": 1, "per_day": 1})}, None),
        ({"entry": live(cap={"total": None, "per_day": 0})}, "K29"),
        ({"name": "x" * 100, "description": "x" * 120}, None),
        ({"name": "x" * 101}, "K01"),
        ({"description": "x" * 121}, "K01"),
        ({"name": " "}, "K01"),
    ],
    ids=str,
)
def test_setup_ends_at_its_bounds(setup, code):
    assert [found.code for found in findings(journey(**setup))] == ([code] if code else [])


def test_a_long_time_is_told_to_the_second():
    (found,) = findings(journey(timeout="P365DT1S"))
    assert found.message == "The journey timeout is 31,536,001 seconds; choose 1 hour to 365 days."


ENTRIES = {  # kind → whether it may be the entry by an event, and at a specific time (domain 3.2)
    "action": (True, False),
    "inaction": (True, False),
    "date_time": (True, False),
    "page_visit": (True, False),
    "referrer": (True, False),
    "page_count": (True, False),
    "journey_trigger": (True, True),
    "past_behaviour": (False, True),
    "custom_list": (False, True),
}


@pytest.mark.parametrize("criteria", ["live", "past"])
@pytest.mark.parametrize("kind", ENTRIES)
def test_the_criteria_choose_the_entry_segments(kind, criteria):
    entry = (live() if criteria == "live" else past({"once": "now"})) | {"segment": {"kind": kind}}
    refused = [found.code for found in findings(journey(entry=entry)) if found.code == "K03"]
    assert refused == ([] if ENTRIES[kind][criteria == "past"] else ["K03"])


@pytest.mark.parametrize(
    ("nodes", "links"),
    [
        pytest.param([email(1), email(2)], [link(1, "sent", 2), link(2, "sent", 1, "PT1M")], id="a sleep"),
        pytest.param([email(1), action(2)], [link(1, "sent", 2), link(2, "yes", 1)], id="a segment node"),
        pytest.param([email(1), email(2)], [link(1, "clicked", 2), link(2, "sent", 1)], id="a phantom node"),
    ],
)
def test_a_loop_with_a_wait_is_allowed(nodes, links):
    assert findings(journey(nodes=nodes, links=[link("entry", "yes", 1), *links])) == []


NIGHTLY = {"windows": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "21:00", "to": "09:00"}]}
WEEKEND = {"windows": [{"days": ["fri"], "from": "21:00", "to": "00:00"},
                       {"days": ["sat", "sun"], "from": "00:00", "to": "00:00"},
                       {"days": ["mon"], "from": "00:00", "to": "09:00"}]}  # fmt: skip


def at_clock(clock, days=0, **sleep):
    return [link("entry", "yes", 1) | {"sleep": {"days": days, "clock": clock, **sleep}}]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"dnd": NIGHTLY}, [], id="no fixed send time"),
        pytest.param({"dnd": NIGHTLY, "links": at_clock("20:00")}, [], id="outside"),
        pytest.param({"dnd": NIGHTLY, "links": at_clock("21:00")}, [("K10", "error")], id="inside every day"),
        pytest.param({"dnd": WEEKEND, "links": at_clock("10:00")}, [("K10", "warning")], id="inside on some days"),
        pytest.param(
            {"dnd": WEEKEND, "links": at_clock("10:00", only={"weekdays": ["sat", "sun"]})},
            [("K10", "error")],
            id="inside on all days chosen",
        ),
        pytest.param(
            {"dnd": NIGHTLY, "links": at_clock("22:00", only={"from": "10:00", "to": "18:00"})},
            [],
            id="outside, where the sleep's own range moves it to",
        ),
        pytest.param(  # runs close a Tuesday at midnight, so messages go out on Wednesdays; Paris is at Tuesday 17:00
            {"dnd": WEEKEND, "entry": past(WEEKLY), "links": at_clock("10:00")}, [], id="outside at every run"
        ),
        pytest.param(
            {"dnd": WEEKEND, "entry": past({"once": "now"}), "links": at_clock("10:00", days=4)},
            [("K10", "error")],
            id="inside at the only run",
        ),
        pytest.param(
            {
                "dnd": WEEKEND,
                "entry": past({"once": "now"}),
                "links": at_clock("10:00", days=4),
                "timezone": {"use": "user"},
            },
            [("K10", "warning")],
            id="a run that is not on one date for everyone",
        ),
    ],
)
def test_a_send_time_in_quiet_hours_is_said_to_be_so(changes, expected):
    found = findings(journey(**changes))
    assert [(problem.code, problem.level) for problem in found] == expected
    assert all((problem.node, problem.field) == (1, "links[0].sleep.clock") for problem in found)


@pytest.mark.parametrize(
    ("limit", "place"),
    [
        ({"ever": 1}, None), ({"ever": 250}, None), ({"ever": 0}, "ever"), ({"ever": 251}, "ever"),
        ({"every": "PT5M"}, None), ({"every": "P30D"}, None), ({"every": "PT4M59S"}, "every"),
        ({"every": "P31D"}, "every"),
    ],
)  # fmt: skip
def test_node_limits_have_a_range(limit, place):
    found = codes(journey(nodes=[email(1, config={"content": MAIL, "limits": {"node": limit}})]))
    assert found == ([("K29", "error", 1, f"config.limits.node.{place}")] if place else [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"entry": past({"once": "now"})}, [], id="kept"),
        pytest.param({"links": [link("entry", "yes", 1, "PT1M")]}, [], id="kept after a sleep"),
        pytest.param({}, ["K26"], id="behind an action"),
        pytest.param({"entry": past({"once": "now"}), "timezone": {"use": "user"}}, ["K26"], id="by everyone's clock"),
    ],
)
def test_a_throttle_that_is_left_aside_is_said_to_be_so(changes, expected):
    nodes = [email(1, config={"content": MAIL, "throttle": 500})]
    assert [found.code for found in findings(journey(nodes=nodes, **changes))] == expected


def test_a_throttle_has_a_range():
    nodes = [email(1, config={"content": MAIL, "throttle": 0})]
    assert ("K29", "error", 1, "config.throttle") in codes(journey(nodes=nodes))


def test_quiet_hours_need_days_and_must_leave_some_time():
    days = NIGHTLY["windows"][0]["days"]
    assert codes(journey(dnd={"windows": [{"days": [], "from": "21:00", "to": "09:00"}]})) == [
        ("K02", "error", None, "dnd.windows[0].days")
    ]
    assert codes(journey(dnd={"windows": [{"days": days, "from": "00:00", "to": "00:00"}]})) == [
        ("K10", "error", None, "dnd.windows")
    ]


def test_every_loop_is_reported_once():
    two = journey(
        nodes=[email(n) for n in (1, 2, 3, 4)],
        links=[link("entry", "yes", 1), link(1, "sent", 2), link(2, "sent", 1), link(2, "failed", 3),
               link(3, "sent", 4), link(4, "sent", 3)],
    )  # fmt: skip
    found = findings(two)
    assert [problem.code for problem in found] == ["K16", "K16"]
    assert sorted(problem.node for problem in found) == [1, 3]


def test_two_node_timeouts_of_parallel_segment_nodes_clash():
    parallel = journey(
        nodes=[email(1), action(2), action(3, "Viewed")],
        links=[link("entry", "yes", 1), link(1, "sent", 2), link(1, "sent", 3),
               link(2, "node_timeout", 1), link(3, "node_timeout", 1)],
    )  # fmt: skip
    assert codes(parallel) == [("K14", "error", 1, "sent")]


def test_a_later_action_gives_messages_an_event_after_a_past_entry():
    text = {"content": MAIL | {"text": "{{ Event.amount | default: 'none' }}"}}
    nodes = [action(1), email(2, config=text), email(3, config=text)]
    links = [link("entry", "yes", 1), link(1, "yes", 2), link(1, "node_timeout", 3)]
    assert codes(journey(entry=past({"once": "now"}), nodes=nodes, links=links)) == [("K12", "error", 3, "config")]


def test_an_action_after_a_long_sleep_brings_an_event_of_its_own():
    text = {"content": MAIL | {"text": "{{ Event.item | default: 'it' }}"}}
    nodes = [action(1), email(2, config=text), email(3, config=text)]
    links = [link("entry", "yes", 1, "P2D"), link(1, "yes", 2), link(1, "node_timeout", 3)]
    assert codes(journey(nodes=nodes, links=links)) == [("K27", "warning", 3, "config")]


def test_inaction_and_a_date_may_be_goals():
    pair = {"event": {"event": "Added To Cart"}, "then_not": {"event": "Charged"}, "within": "PT1H"}
    date = {"kind": "date_time", "property": "renewal", "of": "profile"}
    assert findings(journey(goals=[{"kind": "inaction", **pair}, date])) == []


def test_a_past_entry_has_no_only_with_a_base_segment():
    links = [link("entry", "yes", 1), link("entry", "no", 1)]
    (found,) = findings(journey(entry=past({"once": "now"}), links=links))
    assert (found.code, found.field) == ("K05", "links[1]")
    assert "base segment" in found.message
    did = {"did": {"event": "Charged", "within": {"last": 30, "unit": "day"}}}
    List.objects.create(name="Gold", created_at=NOW, updated_at=NOW)
    both = {"kind": "past_behaviour", "rule": {"all": [{"list": "Gold"}, did]}}
    assert findings(journey(entry=past({"once": "now"}, segment=both), links=links)) == []


def test_a_control_group_outside_its_range_is_said_to_be_so():
    found = codes(journey(control={"journey_percent": 1}))
    assert ("K22", "error", None, "control.journey_percent") in found


WORDS = st.sampled_from(["entry", "sent", "yes", "node_timeout", "now", "2026-03-04", "{{", "PT1H", "-P1D", ""])
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.text(max_size=3), st.just([]), st.just({})
)


def places(value, path=()):
    """Every place in a document, outermost first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


RICH = journey(
    entry=past({"every": 1, "unit": "month", "day": 31, "start": "2026-03-04T10:00", "end": "2026-06-01T00:00"}),
    goals=[
        {"kind": "action", "events": [{"event": "Charged", "where": [{"property": "amount", "op": ">", "value": 1}]}]}
    ],
    nodes=[email(1, window="PT1H"), action(2, position=[1, 2]), {"id": 3, "kind": "force_exit"}],
    links=[link("entry", "yes", 1, "PT20M"), link(1, "clicked", 2), link(2, "node_timeout", 3)],
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(list(places(RICH))[1:]), ODD), min_size=1, max_size=3))
def test_whatever_is_odd_is_refused_with_a_place_or_checked_but_never_crashes(changes):
    document = copy.deepcopy(RICH)
    for path, odd in changes:
        here = document
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier change took the place away
            for key in path[:-1]:
                here = here[key]
            here[path[-1]] = odd
    try:
        found = checks.findings(parse(document), now=NOW, tz=PARIS)
    except DocumentError as error:
        found = error.problems
    assert all(problem.message.endswith(".") for problem in found)


def test_a_discarded_event_is_an_error_where_it_is_used():
    eventtypes.ids(["Charged"], now=NOW)
    EventType.objects.filter(name="Charged").update(discarded=True)
    used = journey(nodes=[action(1, "charged"), email(2)], links=[link("entry", "yes", 1), link(1, "yes", 2)])
    assert codes(used) == [("K07", "error", 1, "config")]


def test_two_hundred_nodes_are_checked_and_do_not_take_long():
    chain = [link(n, "sent", n + 1) for n in range(1, 200)]
    big = journey(
        nodes=[email(n) for n in range(1, 201)], links=[link("entry", "yes", 1), *chain, link(200, "sent", 1)]
    )
    assert [found.code for found in findings(big)] == ["K16"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (journey(nodes=[{"id": 1, "kind": "teleport"}]), "nodes[0]: unknown kind “teleport”"),
        (journey(nodes=[email(1, colour="red")]), "nodes[0].colour: unknown key"),
        (journey(timeout="thirty days"), "timeout: "),
        (journey(entry=live(segment={"kind": "email"})), "entry.segment: unknown kind “email”"),
        (journey(nodes="none"), "nodes: "),
        (["a list"], "the document: "),
        (None, "the document: "),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(document, message):
    with pytest.raises(DocumentError) as refused:
        parse(document)
    assert message in refused.value.message


def test_words_of_yaml_that_need_no_quotes_have_none():
    text = "{via: no, sleep: {clock: 20:00, days: 10}, within: {on: 2026-03-02}, vip: yes}"
    read = load(text)
    assert read == {"via": "no", "sleep": {"clock": "20:00", "days": 10}, "within": {"on": "2026-03-02"}, "vip": True}


def test_json_is_read_as_json():
    assert load('{\n\t"name": "\\ud83d\\ude00", "timeout": null\n}') == {"name": "😀", "timeout": None}


def test_a_journey_has_five_experiments_at_most():
    nodes = [paths([{"percent": 50}, {"percent": 50}]) | {"id": n} for n in range(1, 7)]
    ends = [{"id": n, "kind": "force_exit"} for n in range(11, 17)]
    links = [link("entry", "yes", 1), *(link(n, "path_1", n + 10) for n in range(1, 7))]
    links += [*(link(n, "path_2", n + 1) for n in range(1, 6)), link(6, "path_2", 16)]
    assert codes(journey(nodes=nodes + ends, links=links)) == [("K17", "error", 6, "")]


# Other journeys ---------------------------------------------------------------------------------------------------


def triggered(source, node=1):
    entry = live() | {"segment": {"kind": "journey_trigger", "journey": source, "node": node, "via": "sent"}}
    return parse(journey(name="Triggered", entry=entry))


def of(document, journey_id):
    found = checks.findings(document, now=NOW, tz=PARIS, journey_id=journey_id)
    return [(it.code, it.level, it.field) for it in found]


def test_a_source_that_is_not_published_stopped_or_the_journey_itself_is_a_warning():
    source = services.create_journey(document=journey(), by=None, now=NOW)
    assert of(triggered(source.journey_id), 0) == [("K28", "warning", "entry.segment.journey")]
    services.publish(version_id=source.pk, by=None, now=NOW)
    assert of(triggered(source.journey_id), 0) == []
    assert of(triggered(source.journey_id, node=7), 0) == [("K28", "warning", "entry.segment.node")]
    assert of(triggered(source.journey_id), source.journey_id) == [("K28", "warning", "entry.segment.journey")]
    services.stop(version_id=source.pk, by=None, now=NOW, wait=True)
    (found,) = checks.findings(triggered(source.journey_id), now=NOW, tz=PARIS, journey_id=0)
    assert found.message.startswith("“Abandoned cart”, which triggers this journey, is stopped")


def test_a_name_that_another_journey_has_is_a_warning_and_does_not_block():
    first = services.create_journey(document=journey(), by=None, now=NOW)
    second = services.create_journey(document=journey(name="ABANDONED cart"), by=None, now=NOW)
    assert of(parse(journey()), second.journey_id) == [("K01", "warning", "name")]
    assert services.publish(version_id=second.pk, by=None, now=NOW).status == "live"
    services.archive(journey_id=first.journey_id, by=None, now=NOW)
    assert of(parse(journey(name="Abandoned cart")), second.journey_id) == []


# Who sends: providers, groups, and the SMS instead of RCS.


def mailed(provider):
    """An e-mail that goes out through a provider or group."""
    return journey(nodes=[email(1, config={"content": MAIL, "provider": provider})])


def rich(provider):
    """RCS, with an SMS through a provider or group for those whom it does not reach."""
    config = {"content": {"text": "Rich"}, "fallback": {"text": "Plain", "provider": provider}}
    return journey(nodes=[{"id": 1, "kind": "rcs", "config": config}])


@pytest.fixture
def ways_out():
    """For e-mail and SMS each: a provider and a group of it, one of each that is archived, and an empty group."""
    for channel in ("email", "sms"):
        box = Provider.objects.create(name=f"{channel} box", channel=channel, kind="sandbox", is_default=True)
        Provider.objects.create(name=f"{channel} old", channel=channel, kind="sandbox", archived_at=NOW)
        group = Provider.objects.create(name=f"{channel} both", channel=channel, kind="group")
        past_one = Provider.objects.create(name=f"{channel} past", channel=channel, kind="group", archived_at=NOW)
        for it in (group, past_one):
            GroupMember.objects.create(group_id=it.pk, provider=box, position=1)
        Provider.objects.create(name=f"{channel} none", channel=channel, kind="group")


@pytest.mark.parametrize("document", [mailed("email both"), mailed("email box"), rich("sms both"), rich(None)])
@pytest.mark.usefixtures("ways_out")
def test_what_can_send_may_be_named(document):
    assert findings(document) == []


def test_a_provider_and_a_group_have_sent_a_test_message_before_they_are_published_with():
    box = Provider.objects.create(name="house", channel="email", kind="smtp", is_default=True)
    group = Provider.objects.create(name="both", channel="email", kind="group")
    GroupMember.objects.create(group_id=group.pk, provider=box, position=1)
    untested = "The provider “house” has sent no test message as it is set up; send one from its page, then publish."
    assert [(it.code, it.field, it.message) for name in ("house", None) for it in findings(mailed(name))] == [
        ("K11", "config.provider", untested)
    ] * 2
    [found] = findings(mailed("both"))
    assert (found.code, found.message.startswith("No provider of the group “both” has sent a test")) == ("K11", True)
    Provider.objects.filter(pk=box.pk).update(verified_at=NOW)
    assert not [it for name in ("house", None, "both") for it in findings(mailed(name))]


OF_SMS = rich, "config.fallback.provider"
OF_MAIL = mailed, "config.provider"


@pytest.mark.parametrize(
    ("place", "name", "message"),
    [
        (OF_MAIL, "gone", "There is no Email provider or group “gone”; choose one that exists, or the default."),
        (OF_MAIL, "email past", "The provider group “email past” is archived; choose another."),
        (
            OF_MAIL,
            "email none",
            "The provider group “email none” has no provider left; add one to it, or choose another.",
        ),
        (
            OF_MAIL,
            "sms both",
            "The provider group “sms both” sends SMS, not Email; choose one for Email, or the default.",
        ),
        (OF_MAIL, "sms box", "The provider “sms box” sends SMS, not Email; choose one for Email, or the default."),
        (OF_SMS, "gone", "There is no SMS provider or group “gone”; choose one that exists, or the default."),
        (OF_SMS, "sms old", "The provider “sms old” is archived; choose another."),
        (OF_SMS, "sms past", "The provider group “sms past” is archived; choose another."),
        (OF_SMS, "sms none", "The provider group “sms none” has no provider left; add one to it, or choose another."),
        (OF_SMS, "email box", "The provider “email box” sends Email, not SMS; choose one for SMS, or the default."),
        (
            OF_SMS,
            "email both",
            "The provider group “email both” sends Email, not SMS; choose one for SMS, or the default.",
        ),
    ],
)
@pytest.mark.usefixtures("ways_out")
def test_what_cannot_send_is_said_to_be_so(place, name, message):
    make, field = place
    assert [(it.code, it.level, it.node, it.field, it.message) for it in findings(make(name))] == [
        ("K11", "error", 1, field, message)
    ]


@pytest.mark.parametrize(("channel", "make", "field"), [("email", *OF_MAIL), ("sms", *OF_SMS)])
@pytest.mark.usefixtures("ways_out")
def test_a_default_group_without_a_provider_is_said_to_be_so(channel, make, field):
    Provider.objects.filter(channel=channel, is_default=True).update(is_default=False)
    Provider.objects.filter(name=f"{channel} none").update(is_default=True)
    message = f"The provider group “{channel} none” has no provider left; add one to it, or choose another."
    assert [(it.code, it.node, it.field, it.message) for it in findings(make(None))] == [("K11", 1, field, message)]


@pytest.mark.usefixtures("ways_out")
def test_an_sms_instead_needs_a_default_where_it_names_no_provider():
    Provider.objects.update(is_default=False)
    assert codes(rich(None)) == [("K20", "error", 1, "config.fallback.provider")]
