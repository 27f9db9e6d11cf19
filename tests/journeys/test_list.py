"""The journey list: found again by filters, labels and names of one's own (domain 2.6)."""

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.lib import sql
from journeys import folding, labels, services
from journeys.errors import JourneyError
from journeys.models import Journey, SavedFilter, Transition, Version
from tests.journeys import counting
from tests.journeys.documents import email, journey, link
from tests.journeys.test_admin import LIST, rows, said
from tests.staff import person, signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def draft(db: None) -> Callable[..., Version]:
    """Make a draft."""

    def draft(name: str = "Cart", *, at: datetime = NOON, by: str | None = None, **changes: Any) -> Version:
        document = journey(name=name, **changes)
        return services.create_journey(document=document, by=person(by) if by else None, now=at)

    return draft


def shown(query: str, who: str = "mia") -> list[str]:
    """The journeys that the list shows, in order of their names."""
    return sorted(rows(signed_in(who).get(f"{LIST}?{query}").content.decode()))


SPLIT = {
    "kind": "intellinode",
    "id": 2,
    "config": {"paths": [{"name": "A", "percent": 50}, {"name": "B", "percent": 50}], "mode": "manual"},
}


def test_the_filter_panel_asks_for_creator_label_intellinode_and_days(draft: Callable[..., Version]) -> None:
    draft("Plain", by="cora")
    draft("Labelled", labels=["spring", "vip"], by="adam")
    draft("Split", nodes=[email(1), SPLIT], links=[link("entry", "yes", 1), link(1, "sent", 2)])
    draft("Later", at=NOON + timedelta(days=1))
    assert shown(f"creator={person('cora').pk}") == ["Plain"]
    assert shown("label=vip") == ["Labelled"]
    assert shown("intellinode=yes") == ["Split"]
    assert shown("intellinode=no") == ["Labelled", "Later", "Plain"]
    assert shown("created_at_from=2026-03-03") == ["Later"]
    assert shown("created_at_to=2026-03-02") == ["Labelled", "Plain", "Split"]
    assert shown("created_at_from=2026-03-02&created_at_to=2026-03-02&label=spring") == ["Labelled"]
    assert len(shown("created_at_from=tomorrow&creator=x&label=none")) == 0


def test_quick_filters_keep_the_others_and_archived_journeys_have_a_switch(draft: Callable[..., Version]) -> None:
    draft("Cart", labels=["vip"])
    old = draft("Old", labels=["vip"])
    services.archive(journey_id=old.journey_id, by=None, now=NOON)
    page = html.unescape(signed_in("mia").get(f"{LIST}?label=vip").content.decode())
    assert rows(page) == ["Cart"]
    for label, state in [("Draft", "draft"), ("Complete", "completed"), ("Paused", "paused")]:
        assert re.search(rf'href="\?label=vip&state={state}">{label}<', page), label
    assert 'role="switch" aria-checked="false" href="?label=vip&state=archived"' in page
    page = html.unescape(signed_in("mia").get(f"{LIST}?label=vip&state=archived").content.decode())
    assert rows(page) == ["Old"]
    assert 'role="switch" aria-checked="true" href="?label=vip"' in page


GOAL = {"kind": "action", "name": "Bought", "events": [{"event": "Bought"}]}


def test_every_column_of_numbers_is_shown_and_sorted_for_the_days_that_are_asked_for(
    draft: Callable[..., Version],
) -> None:
    one, two, three = draft("One", goals=[GOAL]), draft("Two", goals=[GOAL]), draft("Three")
    march = [date(2026, 3, day) for day in (1, 2, 3)]
    for version, metric, value, day in [
        (one, "qualified", 20, 0), (one, "entered", 10, 0), (one, "exited:goal_1", 4, 0),
        (two, "qualified", 12, 1), (two, "entered", 12, 1), (two, "again:2026-02-01", 5, 1),
        (two, "exited:goal_2", 6, 1), (two, "met_again:2026-03-02", 5, 1), (two, "exited:journey_timeout", 2, 1),
        (three, "qualified", 9, 2), (three, "entered", 9, 2), (three, "exited:completed", 3, 2),
        (three, "exited:goal_1", 9, 2), (three, "exited:journey_timeout", 1, 2),
    ]:  # fmt: skip
        counting.tally(version, 0, metric, value, march[day])

    def sorted_by(column: int, period: str = "") -> list[tuple[str, str]]:
        page = signed_in("mia").get(f"{LIST}?o=-{column}{period}").context["cl"]
        show = {6: page.model_admin.goals, 7: page.model_admin.entered}
        show |= {8: page.model_admin.timed_out, 9: page.model_admin.rate}
        return [(it.name, show[column](it).replace("\xa0", " ")) for it in page.result_list]

    for _ in range(2):
        assert sorted_by(6) == [("Three", "9"), ("One", "4"), ("Two", "1")]
        assert sorted_by(7) == [("One", "10"), ("Three", "9"), ("Two", "7")]
        assert sorted_by(8) == [("Two", "2"), ("Three", "1"), ("One", "0")]
        assert sorted_by(9) == [("Two", "50.0 %"), ("Three", "33.3 %"), ("One", "20.0 %")]
        within = "&counted_from=2026-03-02&counted_to=2026-03-02"
        # Of Two, five had entered in February, before these days, so they are somebody new within them.
        assert sorted_by(7, within) == [("Two", "12"), ("Three", "0"), ("One", "0")]
        assert sorted_by(6, within)[0] == ("Two", "1")
        assert sorted_by(9, within) == [("Two", "50.0 %"), ("Three", "–"), ("One", "–")]
        assert [name for name, _ in sorted_by(8, "&counted_from=2026-03-03")] == ["Three", "Two", "One"]
        folding.fold(now=NOON, zone=ZoneInfo("UTC"))


def test_days_that_are_none_are_named_and_a_filter_keeps_those_that_numbers_count(
    draft: Callable[..., Version],
) -> None:
    draft("Cart")
    assert "“soon” is no day; write one like 2026-03-31." in said(signed_in("mia").get(f"{LIST}?counted_to=soon"))
    client = signed_in("mia")
    client.post(f"{LIST}filters/save/", {"name": "March", "query": "counted_from=2026-03-01"})
    assert SavedFilter.objects.get().query == "counted_from=2026-03-01"


def test_an_empty_list_says_what_a_journey_is_and_leads_creators_to_the_first(db: None) -> None:
    assert "Start from a template" in signed_in("cora").get(LIST).content.decode()
    page = signed_in("mia").get(LIST).content.decode()
    assert "No journeys yet." in page
    assert "Start from a template" not in page


# Filters kept by name ---------------------------------------------------------------------------------------------


def test_mia_keeps_a_filter_uses_it_and_forgets_it(draft: Callable[..., Version]) -> None:
    draft("Cart", labels=["vip"]), draft("Other")
    mia = signed_in("mia")
    answer = mia.post(f"{LIST}filters/save/", {"name": " My  VIPs ", "query": "label=vip&p=3&evil=//x"})
    assert answer["Location"] == f"{LIST}?label=vip"
    kept = SavedFilter.objects.get()
    assert (kept.name, kept.query, kept.user) == ("My VIPs", "label=vip", person("mia"))
    page = html.unescape(mia.get(LIST).content.decode())
    assert 'href="?label=vip">My VIPs<' in page
    mia.post(f"{LIST}filters/save/", {"name": "My VIPs", "query": "label=vip&state=draft"})
    assert SavedFilter.objects.get().query == "state=draft&label=vip"
    mia.post(f"{LIST}filters/{kept.pk}/forget/", {"query": ""})
    assert not SavedFilter.objects.exists()


def test_a_filter_is_its_owners_alone(draft: Callable[..., Version]) -> None:
    kept = SavedFilter.objects.create(user=person("cora"), name="Hers", query="state=live")
    mia = signed_in("mia")
    assert "Hers" not in mia.get(LIST).content.decode()
    mia.post(f"{LIST}filters/{kept.pk}/forget/")
    assert SavedFilter.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(("name", "query"), [("", "state=live"), ("x" * 61, "state=live"), ("Nothing", "p=2")])
def test_a_filter_needs_a_name_and_something_to_ask(db: None, name: str, query: str) -> None:
    answer = signed_in("mia").post(f"{LIST}filters/save/", {"name": name, "query": query})
    assert said(answer)[0].startswith("Choose a filter")
    assert not SavedFilter.objects.exists()


# Labels -----------------------------------------------------------------------------------------------------------


def test_a_label_is_made_by_typing_and_archived_journeys_are_named_as_skipped(draft: Callable[..., Version]) -> None:
    cart, old = draft("Cart", labels=["spring"]), draft("Old")
    services.archive(journey_id=old.journey_id, by=None, now=NOON)
    cora = signed_in("cora")
    asked = {"action": "label_journeys", "_selected_action": [cart.journey_id]}
    page = cora.post(LIST, asked).content.decode()
    assert '<option value="spring">' in page
    answer = cora.post(LIST, asked | {"confirmed": "1", "labels": "VIP , win back,VIP"})
    assert said(answer) == ["Labelled “VIP”, “win back”: “Cart”."]
    assert Journey.objects.get(pk=cart.journey_id).labels == ["spring", "VIP", "win back"]
    assert Version.objects.get(pk=cart.pk).document["labels"] == ["spring", "VIP", "win back"]
    archived = asked | {"_selected_action": [old.journey_id], "confirmed": "1", "labels": "VIP"}
    answer = signed_in("cora").post(f"{LIST}?state=archived", archived)
    assert said(answer) == ["“Old” was not labelled: Unarchive the journey before you rename it; this one is archived."]
    assert Transition.objects.filter(action="rename").count() == 1
    assert labels.known() == ["VIP", "spring", "win back"]


def test_nothing_typed_and_labels_that_are_too_long_ask_again(draft: Callable[..., Version]) -> None:
    cart = draft()
    asked = {"action": "label_journeys", "_selected_action": [cart.journey_id], "confirmed": "1"}
    cora = signed_in("cora")
    assert "Type at least one label." in cora.post(LIST, asked | {"labels": " , "}).content.decode()
    assert "a label has at most 40 characters" in cora.post(LIST, asked | {"labels": "x" * 41}).content.decode()
    assert Journey.objects.get().labels == []


def test_a_journey_keeps_a_label_once_and_twenty_at_most(draft: Callable[..., Version]) -> None:
    cart = draft(labels=["VIP"])
    with pytest.raises(JourneyError, match="It has that label already"):
        labels.add(journey_id=cart.journey_id, labels=["vip"], by=None, now=NOON)
    many = [str(number) for number in range(20)]
    with pytest.raises(JourneyError, match="at most 20"):
        labels.add(journey_id=cart.journey_id, labels=many, by=None, now=NOON)
    assert labels.add(journey_id=cart.journey_id, labels=many[:19], by=None, now=NOON) == many[:19]


def test_on_its_page_a_journey_gets_a_label_and_loses_it(draft: Callable[..., Version]) -> None:
    cart = draft()
    cora, address = signed_in("cora"), f"{LIST}{cart.journey_id}/label/"
    cora.post(address, {"labels": "vip, new"})
    assert 'aria-label="Take off the label “vip”"' in cora.get(f"{LIST}{cart.journey_id}/change/").content.decode()
    cora.post(address, {"remove": "vip"})
    assert Journey.objects.get().labels == ["new"]


@pytest.mark.parametrize("who", ["mia", "apo"])
def test_whoever_may_not_edit_journeys_does_not_label_them(draft: Callable[..., Version], who: str) -> None:
    cart = draft()
    client = signed_in(who)
    assert client.post(f"{LIST}{cart.journey_id}/label/", {"labels": "vip"}).status_code == 403
    client.post(
        LIST, {"action": "label_journeys", "_selected_action": [cart.journey_id], "confirmed": "1", "labels": "vip"}
    )
    assert "Add a label" not in client.get(f"{LIST}{cart.journey_id}/change/").content.decode()
    assert Journey.objects.get().labels == []


# A thousand of them -----------------------------------------------------------------------------------------------


def test_a_page_takes_the_same_statements_for_a_thousand_journeys(draft: Callable[..., Version]) -> None:
    first = draft("First")
    client = signed_in("cora")
    client.get(LIST)
    with sql.counting() as few:
        client.get(f"{LIST}?o=-7")
    Journey.objects.bulk_create(Journey(name=f"Journey {number}", created_at=NOON) for number in range(999))
    Version.objects.bulk_create(
        Version(journey=it, number=1, document=first.document, created_at=NOON)
        for it in Journey.objects.exclude(pk=first.journey_id)
    )
    for order in ("-7", "9", "6", "1"):
        with sql.counting() as many:
            page = client.get(f"{LIST}?o={order}").content.decode()
        assert len(rows(page)) == 20
        assert int(many) == int(few)
    assert "1,000" in page or "1000" in page
