"""Saved segments: what they mean inside rules, and what may be saved."""

from contextlib import closing

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError

from config.lib import sql
from segments import rules, saved, services
from segments.errors import ListError, RuleError, SegmentError
from segments.models import List, Segment
from tests.segments.cast import NOON, Someone, matching, rule, store

pytestmark = pytest.mark.django_db

ADA, BOB, CLEO = 101, 102, 103
GOLD = {"profile": {"property": "plan", "op": "=", "value": "gold"}}


def save(name: str, **body) -> Segment:
    return saved.create_segment(name=name, kind="past", rule=rule(**body), now=NOON)


@pytest.fixture
def cast(db):
    store([Someone(ADA, {}, {"plan": "gold"}), Someone(BOB, {}, {"plan": "silver"}), Someone(CLEO)], [])


def test_a_segment_inside_a_segment_is_as_if_it_were_written_there(cast):
    save("Gold", **GOLD)
    save("Others", not_={"segment": "Gold"})
    assert matching(rule(segment="Others")) == {BOB, CLEO}
    asked = rule(all=[{"segment": "Others"}, {"profile": {"property": "plan", "op": "exists"}}])
    assert matching(asked) == {BOB}
    (whole,) = saved.expand(asked)
    assert whole.model_dump(mode="json") == {"all": [{"not": GOLD}, {"profile": {"property": "plan", "op": "exists"}}]}


def test_a_change_reaches_all_that_use_it(cast):
    gold = save("Gold", **GOLD)
    save("Others", not_={"segment": "Gold"})
    saved.change_segment(segment_id=gold.pk, rule=rule(not_=GOLD), now=NOON)
    assert matching(rule(segment="Others")) == {ADA}


def test_a_rule_without_segments_costs_no_statement_and_stays_the_same():
    asked = rule(**GOLD)
    with sql.counting() as count:
        assert saved.expand(asked)[0] is asked
    assert int(count) == 0


def test_each_level_of_segments_costs_one_statement():
    for name in "abc":
        save(name, **GOLD)
    save("outer", any=[{"segment": name} for name in "abc"])
    with sql.counting() as count:
        one, two = saved.expand(rule(segment="outer"), rule(not_={"segment": "a"}))
    assert int(count) == 2
    assert len([*rules.leaves(one)]) == 3
    assert two == rule(not_=GOLD)


def test_a_segment_that_is_gone_is_an_error_and_not_a_quiet_nobody():
    with pytest.raises(RuleError, match="There is no saved segment named “Gold”") as gone:
        matching(rule(not_={"segment": "Gold"}))
    assert gone.value.code == "segment_gone"
    with pytest.raises(RuleError, match="There is no saved segment named “Gold”"):
        save("Others", not_={"segment": "Gold"})
    assert not Segment.objects.exists()


def test_a_ring_is_refused_and_named():
    with pytest.raises(RuleError, match="A segment cannot contain itself: “a” → “a”") as ring:
        save("a", not_={"segment": "a"})
    assert ring.value.code == "segment_cycle"
    first = save("a", **GOLD)
    save("b", not_={"segment": "a"})
    save("c", any=[GOLD, {"segment": "b"}])
    with pytest.raises(RuleError, match="A segment cannot contain itself: “a” → “c” → “b” → “a”"):
        saved.change_segment(segment_id=first.pk, rule=rule(any=[{"segment": "c"}, GOLD]), now=NOON)
    assert Segment.objects.get(name="a").rule == GOLD


def test_the_same_segment_twice_is_no_ring(cast):
    save("Gold", **GOLD)
    assert matching(rule(any=[{"segment": "Gold"}, {"not": {"segment": "Gold"}}])) == {ADA, BOB, CLEO}


def test_what_segments_grow_to_is_bounded_for_those_that_use_them_too():
    small = save("small", **GOLD)
    save("large", any=[{"segment": "small"}] * 50)
    with pytest.raises(RuleError, match="“large” asks more than 200 questions with the saved segments in it"):
        saved.change_segment(segment_id=small.pk, rule=rule(any=[GOLD] * 5), now=NOON)
    saved.change_segment(segment_id=small.pk, rule=rule(any=[GOLD] * 4), now=NOON)
    save("1", **GOLD)
    for number in range(2, 11):
        save(str(number), not_={"segment": str(number - 1)})
    with pytest.raises(RuleError, match="At most 10 saved segments may be inside one another"):
        save("11", not_={"segment": "10"})


def test_a_segment_that_others_use_is_not_deleted():
    gold = save("Gold", **GOLD)
    others = save("Others", not_={"segment": "Gold"})
    with pytest.raises(SegmentError, match="“Gold” is used by the segment “Others”; it cannot be deleted"):
        saved.delete_segment(segment_id=gold.pk)
    saved.delete_segment(segment_id=others.pk)
    saved.delete_segment(segment_id=gold.pk)
    assert not Segment.objects.exists()


def test_a_list_that_a_segment_asks_for_is_there_and_stays():
    with pytest.raises(RuleError, match="There is no custom list named “staff”"):
        save("Customers", not_={"list": "staff"})
    staff = services.create_list(name="staff", now=NOON)
    customers = save("Customers", not_={"list": "staff"})
    with pytest.raises(ListError, match="“staff” is used by the segment “Customers”; it cannot be deleted"):
        services.delete_list(list_id=staff.pk)
    saved.delete_segment(segment_id=customers.pk)
    services.delete_list(list_id=staff.pk)
    assert not List.objects.exists()


@pytest.mark.parametrize(("name", "message"), [("", "1 to 100"), ("x" * 101, "1 to 100"), (" Gold ", "already")])
def test_a_name_is_there_once(name, message):
    save("Gold", **GOLD)
    with pytest.raises(SegmentError, match=message) as refused:
        save(name, **GOLD)
    assert refused.value.code == "segment_name"


def test_a_live_segment_asks_for_something_that_people_do(cast):
    with pytest.raises(SegmentError, match="People come into a live segment by doing something") as refused:
        saved.create_segment(name="Gold", kind="live", rule=rule(any=[GOLD, {"did": {"event": "Start"}}]), now=NOON)
    assert refused.value.code == "segment_kind"
    live = saved.create_segment(name="Gold", kind="live", rule=rule(all=[GOLD, {"did": {"event": "Start"}}]), now=NOON)
    with pytest.raises(SegmentError, match="live segment"):
        saved.change_segment(segment_id=live.pk, rule=rule(**GOLD), now=NOON)
    saved.change_segment(segment_id=live.pk, rule=rule(**GOLD), kind="past", now=NOON)
    with pytest.raises(SegmentError, match="“both” is no kind of segment; it is past or live"):
        saved.change_segment(segment_id=live.pk, kind="both", now=NOON)
    assert Segment.objects.get().kind == "past"


def test_a_change_made_on_an_old_copy_is_refused():
    gold = save("Gold", **GOLD)
    saved.change_segment(segment_id=gold.pk, rule=rule(not_=GOLD), version=1, now=NOON)
    with pytest.raises(SegmentError, match="Somebody changed “Gold” meanwhile") as refused:
        saved.change_segment(segment_id=gold.pk, rule=rule(**GOLD), version=1, now=NOON)
    assert refused.value.code == "segment_changed"
    assert Segment.objects.get().rule == {"not": GOLD}


def test_a_segment_keeps_what_is_not_changed():
    gold = saved.create_segment(name="Gold", kind="past", description="Best.", rule=rule(**GOLD), now=NOON)
    changed = saved.change_segment(segment_id=gold.pk, name=" Golden ", now=NOON)
    assert (changed.name, changed.description, changed.rule, changed.version) == ("Golden", "Best.", GOLD, 2)
    with pytest.raises(SegmentError, match="There is no such segment"):
        saved.change_segment(segment_id=gold.pk + 1, name="x", now=NOON)


def test_a_segment_may_not_take_the_name_of_another():
    save("Gold", **GOLD)
    silver = save("Silver", not_=GOLD)
    with pytest.raises(SegmentError, match="There is a segment named “Gold” already"):
        saved.change_segment(segment_id=silver.pk, name="Gold", now=NOON)
    assert {*Segment.objects.values_list("name", flat=True)} == {"Gold", "Silver"}


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_wait_for_each_other():
    """Each alone would be right, both together a ring."""
    other = connection.copy()
    other.set_autocommit(False)
    with closing(other), transaction.atomic():
        save("a", **GOLD)
        with other.cursor() as cursor, pytest.raises(OperationalError, match="could not obtain lock"):
            cursor.execute("LOCK TABLE segments_segment IN SHARE ROW EXCLUSIVE MODE NOWAIT")
        transaction.set_rollback(True)
