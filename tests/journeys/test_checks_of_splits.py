"""What publishing says of conditional splits (domain 6, K18): each finding, and what is just inside its bound."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from journeys import checks, services
from journeys.checks import splits
from journeys.document import parse
from journeys.errors import PublishRefused
from tests.journeys.documents import Json, action, email, journey, link, past

NOW = datetime(2026, 3, 3, 16, tzinfo=UTC)
GOLD: Json = {"profile": {"property": "plan", "op": "=", "value": "gold"}}
LARGE: Json = {"event": {"property": "amount", "op": ">", "value": 100}}

pytestmark = pytest.mark.django_db


def split(number: int, *rules: Json | None) -> Json:
    """A split with a path for each rule; Gold where none is given."""
    paths = [{"name": f"P{place}", "rule": rule} for place, rule in enumerate(rules or (GOLD,))]
    return {"id": number, "kind": "split", "config": {"paths": paths}}


def ends(*numbers: int) -> list[Json]:
    return [{"id": number, "kind": "force_exit"} for number in numbers]


def found(document: Json) -> list[tuple[str, int | None, str]]:
    """(code, node, field) of the errors."""
    all_found = checks.findings(parse(document), now=NOW, tz=ZoneInfo("UTC"))
    return [(it.code, it.node, it.field) for it in all_found if it.level == "error"]


IN = link("entry", "yes", 1)
OUT = [link(1, "path_1", 2), link(1, "others", 3)]


def row(length: int) -> Json:
    """So many splits, one behind the other by Others."""
    nodes, links = [], [IN]
    for number in range(1, length + 1):
        nodes += [split(number), *ends(100 + number)]
        links += [link(number, "path_1", 100 + number), link(number, "others", number + 1)]
    return journey(nodes=[*nodes, *ends(length + 1)], links=links)


def many(paths: int) -> Json:
    """One split with so many paths, all of them drawn."""
    links = [link(1, f"path_{place}", 10 + place) for place in range(1, min(paths, 6) + 1)]
    nodes = [split(1, *[GOLD] * paths), *ends(*(it["to"] for it in links), 10)]
    return journey(nodes=nodes, links=[IN, *links, link(1, "others", 10)])


def behind(first: Json, via: str, rule: Json) -> Json:
    """A split that asks `rule` behind a node."""
    links = [IN, link(1, via, 2), link(2, "path_1", 3), link(2, "others", 4)]
    return journey(nodes=[first, split(2, rule), *ends(3, 4)], links=links)


PAST: Json = {"id": 1, "kind": "past_behaviour", "config": {"rule": {"did": {"event": "Charged"}}}}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(journey(nodes=[split(1), *ends(2, 3)], links=[IN, *OUT]), id="one path and Others"),
        pytest.param(many(6), id="six paths"),
        pytest.param(row(3), id="three in a row"),
        pytest.param(behind(action(1), "yes", LARGE), id="the property of an action's event"),
        pytest.param(
            journey(nodes=[split(1, LARGE), *ends(2, 3)], links=[IN, *OUT]), id="the property of the entry's event"
        ),
        pytest.param(behind(email(1), "sent", LARGE), id="the same past a message"),
        pytest.param(behind(PAST, "yes", GOLD), id="a property of the person behind past behaviour"),
        pytest.param(
            journey(
                nodes=[email(1), split(2), split(3), *ends(4, 5, 6, 7)],
                links=[IN, link(1, "clicked", 2), link(1, "viewed", 3), link(2, "path_1", 4), link(2, "others", 5),
                       link(3, "path_1", 6), link(3, "others", 7)],
            ),
            id="Viewed and Clicked of one message",
        ),
    ],
)  # fmt: skip
def test_a_split_that_is_as_it_should_be_is_no_finding(document: Json) -> None:
    assert found(document) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            journey(nodes=[split(1, None), *ends(2, 3)], links=[IN, *OUT]), (1, "config.paths[0].rule"), id="none"
        ),
        pytest.param(
            journey(nodes=[split(1) | {"config": {"paths": []}}, *ends(3)], links=[IN, OUT[1]]),
            (1, "config.paths"),
            id="no path",
        ),
        pytest.param(many(7), (1, "config.paths"), id="seven paths"),
        pytest.param(journey(nodes=[split(1), *ends(2)], links=[IN, OUT[0]]), (1, "others"), id="Others unlinked"),
        pytest.param(journey(nodes=[split(1), *ends(3)], links=[IN, OUT[1]]), (1, "path_1"), id="a path unlinked"),
        pytest.param(
            journey(nodes=[split(1), *ends(2)], links=[IN, OUT[0], link(1, "others", 2)]),
            (1, "others"),
            id="two paths to one node",
        ),
        pytest.param(behind(PAST, "yes", LARGE), (2, "config.paths[0].rule"), id="an event behind past behaviour"),
        pytest.param(
            journey(entry=past({"once": "now"}), nodes=[split(1, LARGE), *ends(2, 3)], links=[IN, *OUT]),
            (1, "config.paths[0].rule"),
            id="an event's property behind a past entry",
        ),
        pytest.param(
            journey(
                nodes=[split(1), *ends(2, 4, 5),
                       {"id": 3, "kind": "intellinode",
                        "config": {"paths": [{"percent": 50}, {"percent": 50}], "goals": [{"event": "Charged"}]}}],
                links=[IN, *OUT, link(3, "path_1", 4), link(3, "path_2", 5)],
            ),
            (1, "others"),
            id="Others into an experiment",
        ),
        pytest.param(
            journey(
                nodes=[email(1), split(2), split(3), *ends(4, 5, 6, 7)],
                links=[IN, link(1, "sent", 2), link(1, "viewed", 3), link(2, "path_1", 4), link(2, "others", 5),
                       link(3, "path_1", 6), link(3, "others", 7)],
            ),
            (1, "viewed"),
            id="Sent and Viewed of one message",
        ),
        pytest.param(row(4), (1, ""), id="four in a row"),
    ],
)  # fmt: skip
def test_each_thing_that_is_wrong_with_a_split_is_said(document: Json, expected: tuple[int, str]) -> None:
    assert ("K18", *expected) in found(document)


def test_two_splits_on_one_connector_are_refused() -> None:
    links = [IN, link(1, "sent", 2), link(1, "sent", 3), link(2, "path_1", 4), link(2, "others", 5)]
    links += [link(3, "path_1", 6), link(3, "others", 7)]
    document = journey(nodes=[email(1), split(2), split(3), *ends(4, 5, 6, 7)], links=links)
    assert ("K18", 1, "sent") in found(document)


def test_a_project_has_fifteen_splits_at_most() -> None:
    def publish(count: int, name: str) -> None:
        nodes, links = [email(1)], [IN]
        for number in range(2, 2 * count + 2, 2):  # a message between two of them
            end = 200 + number
            nodes += [split(number), *ends(end)]
            links += [link(number - 1, "sent", number), link(number, "path_1", end)]
            links.append(link(number, "others", number + 1))
            nodes.append(email(number + 1))
        document = journey(name=name, nodes=nodes, links=links)
        version = services.create_journey(document=document, by=None, now=NOW)
        services.publish(version_id=version.pk, by=None, now=NOW)

    publish(splits.IN_THE_PROJECT - 1, "Fourteen")
    with pytest.raises(PublishRefused) as refused:
        publish(2, "Two more")
    assert [(it.code, it.field) for it in refused.value.findings] == [("K18", "nodes")]
    publish(1, "The fifteenth")
