"""The picture of a journey: every node in its column, every link drawn, nothing trusted."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from journeys import picture
from journeys.document import parse
from tests.journeys.documents import action, email, journey, link

SVG = "{http://www.w3.org/2000/svg}"


def columns(svg: str) -> dict[str, int]:
    """node title → its column."""
    found = re.findall(r"<title>([^<]*)</title><rect class=\"box\" x=\"(\d+)\"", svg)
    return {title: (int(x) - picture.MARGIN) // (picture.WIDTH + picture.ACROSS) for title, x in found}


def test_nodes_stand_in_columns_by_their_distance_from_the_entry() -> None:
    document = journey(
        nodes=[email(1, name="First"), action(2, name="Bought?"), email(3, name="Last")],
        links=[link("entry", "yes", 1), link(1, "clicked", 2), link(1, "node_timeout", 3), link(2, "yes", 3)],
    )
    assert columns(picture.draw(parse(document))) == {
        "Entry: Added To Cart": 0,
        "1 · Email: First": 1,
        "2 · Action: Bought?": 2,
        "3 · Email: Last": 2,
    }


def test_a_node_that_nothing_leads_to_stands_apart_and_links_to_nowhere_are_left_out() -> None:
    svg = picture.draw(parse(journey(links=[link("entry", "yes", 9)])))
    assert 'class="node engagement broken"' in svg
    assert 'class="link"' not in svg


def test_a_link_back_is_drawn_too() -> None:
    document = journey(
        nodes=[action(1), email(2)],
        links=[link("entry", "yes", 1), link(1, "yes", 2), link(2, "sent", 1, "P1D")],
    )
    svg = picture.draw(parse(document))
    assert svg.count('class="link"') == 3
    assert "sent · 1 d" in svg


def test_a_link_says_how_long_people_sleep_on_it() -> None:
    sleeps = [{"after": "PT20M"}, {"days": 2, "clock": "09:00"}, {"after": "PT1H", "only": {"weekdays": ["mon"]}}]
    nodes = [email(number) for number in (1, 2, 3)]
    links = [link(source, "sent" if source else "yes", source + 1) for source in (0, 1, 2)]
    links[0]["from"] = "entry"
    for drawn, sleep in zip(links, sleeps, strict=True):
        drawn["sleep"] = sleep
    svg = picture.draw(parse(journey(nodes=nodes, links=links)))
    for label in ("yes · 20 min<", "sent · +2 d at 09:00<", "sent · 1 h*<"):
        assert label in svg


def test_an_empty_draft_is_an_entry_by_itself() -> None:
    assert columns(picture.draw(parse({}))) == {"Entry: not set yet": 0}


def test_names_are_text_and_the_picture_is_well_formed() -> None:
    svg = picture.draw(parse(journey(nodes=[email(1, name="<script>alert(1)</script> & more")])), {1: 12})
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert not list(root.iter(f"{SVG}script"))
    assert [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "inside"] == ["12"]


@pytest.mark.parametrize(
    ("span", "spelt"),
    [
        (timedelta(minutes=20), "20 min"),
        (timedelta(hours=36), "36 h"),
        (timedelta(days=7), "7 d"),
        (timedelta(seconds=90), "90 s"),
    ],
)
def test_durations_are_short(span: timedelta, spelt: str) -> None:
    assert picture.spell(span) == spelt
