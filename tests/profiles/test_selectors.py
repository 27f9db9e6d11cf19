"""Reads for pages: who somebody is, and what they did."""

from datetime import timedelta

from config.lib import sql
from profiles import selectors
from tests.profiles.conftest import NOON, event, profile

EPOCH = int(NOON.timestamp())


def test_a_profile_is_found_by_identity_address_or_object_id(upload):
    upload(profile("ann", Email="ann@example.com", Phone="+4915112345"), event("bob"))
    upload({"type": "event", "objectId": "device-1", "evtName": "Charged"})
    for value in ("ann", "ANN@example.com", "+49 151 12345"):
        assert selectors.find_profile(identity=value).identity == "ann"
    assert selectors.find_profile(object_id="device-1").object_id == "device-1"
    for nobody in ({"identity": "device-1"}, {"object_id": "ann"}, {"identity": "a\x00"}, {}):
        assert selectors.find_profile(**nobody) is None


def test_a_timeline_shows_the_latest_events_routed_or_not(upload):
    upload(*[event("ann", evtData={"n": n}, ts=EPOCH - 60 * n) for n in range(5)], event("bob"))
    sql.run(
        """WITH moved AS (DELETE FROM profiles_inbox WHERE properties->>'n' IN ('0', '2', '4') RETURNING *)
           INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
           SELECT lane, id, profile_id, type_id, at, received_at, source, properties FROM moved"""
    )
    ann = selectors.find_profile(identity="ann").pk
    found = selectors.timeline(ann, before=NOON + timedelta(seconds=1), limit=4)
    assert [(each.properties["n"], each.routed, each.name) for each in found] == [
        (0, True, "Charged"),
        (1, False, "Charged"),
        (2, True, "Charged"),
        (3, False, "Charged"),
    ]
    assert [each.properties["n"] for each in selectors.timeline(ann, before=found[-1].at)] == [4]


def test_people_are_called_by_the_best_name_there_is(upload):
    upload(profile("ann", Name="Ann"), event("bob"), {"type": "event", "objectId": "d-1", "evtName": "Charged"})
    upload({"type": "event", "FBID": "1000", "evtName": "Charged"})
    ids = [each for (each,) in sql.rows("SELECT id FROM profiles_profile ORDER BY id")]
    assert selectors.names([*ids, 10**9]) == dict(zip(ids, ["Ann", "bob", "d-1", f"Profile {ids[-1]}"], strict=True))
