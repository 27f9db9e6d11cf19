"""Profile and token records: operators in the order given, system properties, addresses that find people."""

from datetime import timedelta

import pytest

from config.lib import sql
from tests.profiles.conftest import NOON, codes, event, profile, token


def identity_rows():
    return sql.rows(
        """SELECT kind, value, person.identity FROM profiles_identity AS known
             JOIN profiles_profile AS person ON person.lane = known.lane AND person.id = known.profile_id
            WHERE kind <> 'identity' ORDER BY kind, value"""
    )


def devices():
    return sql.rows(
        """SELECT person.identity, device.channel, device.platform, device.token, device.keys
             FROM profiles_device AS device
             JOIN profiles_profile AS person ON person.lane = device.lane AND person.id = device.profile_id
            ORDER BY device.token"""
    )


def test_operators_are_applied_in_the_order_of_the_records(upload, people):
    report = upload(
        profile(visits=1, tags=["a"]),
        profile(visits={"$incr": 2.5}, tags={"$add": ["b", "c"]}, seen="$D_0"),
        event("ann"),
        profile(visits={"$decr": 10}, tags={"$remove": "a"}),
        profile(tags={"$set": ["x", "y"]}, visits={"$incr": 0.5}, seen={"$delete": 1}),
    )
    assert report.status == "success"
    assert people() == {"ann": {"visits": -6, "tags": ["x", "y"]}}


def test_people_are_changed_side_by_side(upload, people):
    upload(profile("ann", n=1), profile("bob", n=2), profile("ann", n={"$incr": 10}), profile("bob", n={"$incr": 20}))
    assert people() == {"ann": {"n": 11}, "bob": {"n": 22}}


def test_a_text_that_says_true_stays_a_text(upload, people):
    upload(profile(a="true", b=True, c=1), profile(c=True))
    assert people() == {"ann": {"a": "true", "b": True, "c": True}}


def test_a_refused_record_changes_nothing_and_the_next_one_counts(upload, people):
    upload(profile(plan="gold", visits="many"))
    report = upload(profile(plan="silver", visits={"$incr": 1}), profile(city="Oslo"))
    assert codes(report) == [512]
    assert people() == {"ann": {"plan": "gold", "visits": "many", "city": "Oslo"}}


def test_a_null_says_nothing(upload, people):
    upload(profile(plan="gold", Name="Ann"))
    assert upload(profile(plan=None, Name=None)).status == "success"
    assert people() == {"ann": {"plan": "gold", "name": "Ann"}}


def test_system_properties_are_known_in_any_case_and_normalised(upload, people):
    upload(
        profile(
            NAME="Ann ",
            eMail=" Ann@Example.COM",
            PHONE="+49 (151) 234-567",
            tz="Europe/Paris",
            gender="female",
            dob="1990-05-17",
            employed="Yes",
            education="graduate",
            married=False,
            age="36",
            **{"msg-EMAIL": False},
        )
    )
    assert people() == {
        "ann": {
            "name": "Ann",
            "email": "ann@example.com",
            "phone": "+49151234567",
            "timezone": "Europe/Paris",
            "Gender": "F",
            "DOB": "1990-05-17T00:00:00Z",
            "Employed": "Y",
            "Education": "Graduate",
            "Married": "N",
            "Age": 36,
            "MSG-email": False,
        }
    }


def test_system_properties_can_be_deleted(upload, people):
    upload(profile(Name="Ann", Email="ann@example.com", Gender="f"))
    upload(profile(name={"$delete": 1}, email={"$delete": 1}, gender={"$delete": 1}))
    assert people() == {"ann": {}}
    assert identity_rows() == []


def test_the_first_profile_with_an_address_is_found_by_it_and_others_may_share_it(upload, people, inbox):
    upload(profile("ann", Email="both@example.com"), profile("bob", Email="Both@example.com", Phone="+4915112345"))
    assert [columns["email"] for columns in people().values()] == ["both@example.com"] * 2
    assert identity_rows() == [("email", "both@example.com", "ann"), ("phone", "+4915112345", "bob")]
    upload(event("BOTH@example.com"), event("+49 151 12345"))
    assert [who for who, _name, _properties in inbox()] == ["ann", "bob"]


def test_an_address_that_was_given_up_is_free_for_the_next(upload):
    upload(profile("ann", Email="one@example.com"))
    upload(profile("ann", Email="two@example.com"), profile("bob", Email="one@example.com"))
    assert identity_rows() == [("email", "one@example.com", "bob"), ("email", "two@example.com", "ann")]


def test_a_profile_holds_256_custom_properties_and_not_one_more(upload, people):
    upload(profile(**{f"p{n}": n for n in range(256)}, Name="Ann", Age=30))
    report = upload(profile(one="more"), profile(p0="other", gender="f"), profile(p1={"$delete": 1}, one="more"))
    assert codes(report) == [522]
    after = people()["ann"]
    assert (after["p0"], after["one"], "p1" in after) == ("other", "more", False)


def test_an_anonymous_profile_gets_an_identity(upload, people, inbox):
    anonymous = {"type": "profile", "objectId": "device-1", "profileData": {"Identity": "ann", "plan": "gold"}}
    assert upload(anonymous).status == "success"
    assert people() == {"ann": {"plan": "gold"}}
    upload(event("ann"), {"type": "event", "objectId": "device-1", "evtName": "Charged"})
    assert [who for who, _name, _properties in inbox()] == ["ann", "ann"]


def test_an_identity_is_neither_changed_nor_taken(upload, people):
    upload(profile("ann", n=1), profile("bob", n=1))
    report = upload(
        profile("ann", Identity="ann", n=2), profile("ann", Identity="anna", n=3), profile("bob", Identity="ann", n=4)
    )
    assert codes(report) == [555, 555]
    assert people() == {"ann": {"n": 2}, "bob": {"n": 1}}


def test_an_identity_of_a_refused_record_stays_free(upload, people):
    anonymous = {"type": "profile", "objectId": "device-1", "profileData": {"n": "text"}}
    upload(anonymous)
    refused = {"type": "profile", "objectId": "device-1", "profileData": {"Identity": "ann", "n": {"$incr": 1}}}
    assert codes(upload(refused)) == [512]
    upload(profile("ann", n=1))
    assert people() == {"device-1": {"n": "text"}, "ann": {"n": 1}}


def test_what_did_not_change_is_not_written(upload):
    upload(profile(plan="gold"))
    upload(profile(plan="gold"), now=NOON + timedelta(hours=1))
    assert sql.rows("SELECT updated_at FROM profiles_profile") == [(NOON,)]
    upload(profile(plan="silver"), now=NOON + timedelta(hours=2))
    assert sql.rows("SELECT updated_at FROM profiles_profile") == [(NOON + timedelta(hours=2),)]


def test_a_token_belongs_to_the_profile_that_sent_it_last(upload):
    keys = {"p256dh": "x", "auth": "y", "extra": "z"}
    upload(
        token("ann", id="t1", type="fcm"),
        token("ann", id="t2", type="chrome", keys=keys),
        token("bob", id="t3", type="apns"),
    )
    upload(token("bob", id="t1", type="FCM"), token("bob", id="t1", type="fcm"))
    assert devices() == [
        ("bob", "push", "fcm", "t1", None),
        ("ann", "web_push", "chrome", "t2", '{"auth": "y", "p256dh": "x"}'),
        ("bob", "push", "apns", "t3", None),
    ]


@pytest.mark.parametrize("field", ["FBID", "GPID", "objectId"])
def test_other_systems_keys_find_their_person_again(upload, field):
    upload({"type": "event", field: "1000", "evtName": "Charged"}, {"type": "event", field: "1000", "evtName": "Left"})
    assert sql.rows("SELECT count(*), count(DISTINCT profile_id) FROM profiles_inbox") == [(2, 1)]
