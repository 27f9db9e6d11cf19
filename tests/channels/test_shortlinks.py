"""Links of text messages: short, ours, followed for a week, and leading to nothing that we have not written."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from channels import departures, shortlinks, tasks, tracking
from channels.content import SmsContent, problems
from channels.outbox import dispatch
from channels.preview import preview
from channels.sandbox import Broken
from config.lib import sql
from config.lib.lanes import of
from tests.channels.conftest import NOON, World

pytestmark = pytest.mark.django_db

PHONE = "+919800000001"
SHOP = "https://shop.example/spring?a=1&b=2"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SHORT = re.compile(r"http://127\.0\.0\.1:8000(/s/([\w-]+))")


def sent(world: World, text: str, *, channel: str = "sms", properties: Any = None, **content: Any) -> dict[str, Any]:
    """What Ada gets at noon."""
    given = {"MSG-whatsapp": True} | (properties or {})
    world.queue(world.campaign(channel, text=text, **content), world.person("ada", phone=PHONE, properties=given))
    assert dispatch(now=NOON, batch=10) == 1
    sql.run("DELETE FROM profiles_inbox")
    return world.sandboxed()[PHONE]


def links(message: dict[str, Any]) -> list[str]:
    """The paths of the short links in a text."""
    return [match[0] for match in SHORT.findall(message["text"])]


def heard(world: World) -> list[tuple[str, str, str | None]]:
    return [(who, name, properties.get("url")) for who, name, properties in world.events()]


def test_a_link_becomes_a_short_one_of_ours(world: World) -> None:
    message = sent(world, f"Hi {{{{ Profile.name }}}}, look: {SHOP}.")
    assert message.keys() == {"text"}
    assert SHORT.sub("LINK", message["text"]) == "Hi Ada, look: LINK."


def test_it_is_as_short_as_a_signed_one_can_be(world: World) -> None:
    [link] = links(sent(world, SHOP))
    assert len(link) == len("/s/") + 16
    largest = tracking.Linker().short(tracking.reference(63, 2**39 - 1, 2**16 - 1), 7, SHOP)
    assert len(largest) == len("http://127.0.0.1:8000/s/") + 16
    assert tracking.read_short(largest.rpartition("/")[2]) == tracking.ShortRef(63, 2**39 - 1, 7)


def test_a_click_is_recorded_like_an_e_mails_and_leads_on(client: Client, world: World) -> None:
    [link] = links(sent(world, SHOP))
    with time_machine.travel(NOON + DAY, tick=False):
        response = client.get(link)
    assert (response.status_code, response["Location"]) == (302, SHOP)
    assert "no-store" in response["Cache-Control"]
    [(who, name, properties)] = world.events()
    assert (who, name) == ("ada", "Notification Clicked")
    told = ("channel", "journey", "version", "node", "visit", "url")
    assert [properties[key] for key in told] == ["sms", 7, 8, 3, 1, SHOP]


def test_each_link_leads_to_its_own_target(client: Client, world: World) -> None:
    text = "A https://a.example/{{ Profile.plan }}\nB https://b.example C https://a.example/x"
    found = links(sent(world, text, properties={"plan": "gold"}))
    assert len(set(found)) == 3
    with time_machine.travel(NOON, tick=False):
        assert [client.get(link)["Location"] for link in found] == [
            "https://a.example/gold", "https://b.example", "https://a.example/x",
        ]  # fmt: skip


def test_a_link_is_good_for_seven_days_from_sending_and_not_a_second_more(client: Client, world: World) -> None:
    [link] = links(sent(world, SHOP))
    with time_machine.travel(NOON + 7 * DAY - SECOND, tick=False):
        assert client.get(link).status_code == 302
    sql.run("DELETE FROM profiles_inbox")
    with time_machine.travel(NOON + 7 * DAY, tick=False):
        answer = client.get(link)
    assert answer.status_code == 410
    assert "This link has expired" in answer.content.decode()
    assert heard(world) == []


def test_a_message_that_is_tried_again_has_its_week_from_then(world: World) -> None:
    world.queue(world.campaign("sms", text=SHOP), world.person("ada", phone=PHONE))
    dispatch(now=NOON, batch=10, transports={"sms": Broken("down")})
    dispatch(now=NOON + DAY, batch=10)
    [link] = links(world.sandboxed()[PHONE])
    ref = tracking.read_short(link.rpartition("/")[2])
    assert ref
    assert shortlinks.follow(ref, now=NOON + 8 * DAY - SECOND)
    assert shortlinks.follow(ref, now=NOON + 8 * DAY) is None


def test_a_changed_link_leads_nowhere(client: Client, world: World) -> None:
    [link] = links(sent(world, SHOP))
    token = link.removeprefix("/s/")
    with time_machine.travel(NOON, tick=False):
        for place in range(len(token)):
            changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            assert client.get(f"/s/{changed}").status_code == 404
    assert heard(world) == []


@pytest.mark.parametrize("path", ["/s/x", "/s/ü", "/s/%00", "/s/" + "A" * 16, "/s/" + "A" * 5000])
def test_nonsense_leads_nowhere(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_longer_link_of_ours_is_no_short_one(client: Client, world: World) -> None:
    sent(world, SHOP)
    [(lane, id)] = sql.rows("SELECT lane, id FROM channels_message")
    ref = tracking.reference(lane, id, (NOON.date() - tracking.DAY_ZERO).days)
    assert client.get(f"/s/{tracking.Linker().device(ref)}").status_code == 404


def test_a_link_that_is_signed_but_not_written_down_leads_nowhere(client: Client) -> None:
    made = tracking.Linker().short(tracking.reference(1, 2, 3), 0, "https://evil.example/")
    assert client.get(made.removeprefix("http://127.0.0.1:8000")).status_code == 410


def test_a_machine_that_only_looks_records_nothing(client: Client, world: World) -> None:
    [link] = links(sent(world, SHOP))
    with time_machine.travel(NOON, tick=False):
        assert client.head(link).status_code == 302
        assert client.post(link).status_code == 405
    assert heard(world) == []


def test_five_links_become_short_and_those_that_values_bring_beyond_stay(world: World) -> None:
    more = " ".join(f"https://shop.example/{n}" for n in range(7))
    message = sent(world, "{{ Profile.links }}", properties={"links": more})
    assert SHORT.sub("LINK", message["text"]).split() == ["LINK"] * 5 + more.split()[5:]


def test_links_stay_as_they_are_where_the_author_wants_them_so(world: World) -> None:
    message = sent(world, SHOP, shorten_links=False, template_id="1107{{ Profile.plan }}", properties={"plan": "7"})
    assert message == {"text": SHOP, "template_id": "11077"}
    assert sql.rows("SELECT * FROM channels_shortlink") == []


@pytest.mark.parametrize("channel", ["rcs", "whatsapp"])
def test_texts_of_other_channels_have_short_links_too(channel: str, world: World) -> None:
    assert len(links(sent(world, SHOP, channel=channel))) == 1


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("See https://a.example/x, or (https://b.example/y).", "See LINK, or (LINK)."),
        ("https://a.example/wiki/Go_(game)", "LINK"),
        ("“https://a.example”", "“LINK”"),
        ("<https://a.example/?q=1&r=2#top>", "<LINK>"),
        ("HTTPS://A.EXAMPLE/ü!", "LINK!"),
        ("*https://a.example*", "*LINK*"),
        ("www.a.example and a.example/x", "www.a.example and a.example/x"),
        ("https://", "https://"),
        ("https://[nonsense", "https://[nonsense"),
        ("https:///path", "https:///path"),
        ("https://a.example/" + "x" * 2000, "https://a.example/" + "x" * 2000),
        ("http://127.0.0.1:8000/t/u/abc", "http://127.0.0.1:8000/t/u/abc"),
    ],
)
def test_what_is_a_link_and_where_it_ends(text: str, shortened: str) -> None:
    assert SHORT.sub("LINK", shortlinks.shorten(text, tracking.reference(1, 2, 3), tracking.Linker())) == shortened


def test_a_text_full_of_half_links_costs_no_more_than_its_length() -> None:
    assert shortlinks.count("https://" * 25_000) < 25_000
    assert shortlinks.count("https://" + ")" * 200_000) <= 1


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (" ".join(["https://a.example"] * 5), []),
        (" ".join(["https://a.example"] * 6), ["text"]),
        (" ".join(["https://{{ Profile.host }}/x"] * 6), ["text"]),
        ("{% if Profile.x %}" + "https://a.example " * 6 + "{% endif %}", []),  # not everybody gets them
        ("{{ Profile.x | default: 'https://a.example https://a.example' }} " * 4, []),
    ],
)
def test_a_sixth_link_that_everybody_gets_is_a_problem(text: str, wrong: list[str]) -> None:
    assert [place for place, _sentence in problems(SmsContent(text=text))] == wrong
    assert list(problems(SmsContent(text=text, shorten_links=False))) == []


def test_targets_are_written_in_one_statement_however_many_messages_there_are(
    world: World, django_assert_num_queries: Any
) -> None:
    targets = [tracking.Target(tracking.ShortRef(n % 64, n, k), 2000, SHOP) for n in range(1, 100) for k in range(5)]
    with django_assert_num_queries(1):
        assert shortlinks.keep(targets, now=NOON) == 495
    with django_assert_num_queries(0):
        assert shortlinks.keep([], now=NOON) == 0


def test_expired_links_are_cleared_away_and_no_others(world: World) -> None:
    sent(world, f"{SHOP} {SHOP}")
    assert shortlinks.forget_expired(now=NOON + 7 * DAY - SECOND) == 0
    assert shortlinks.forget_expired(now=NOON + 7 * DAY, batch=1) == 2
    sent_again = sql.rows("SELECT count(*) FROM channels_shortlink")
    assert sent_again == [(0,)]


def test_beat_clears_them_away(world: World) -> None:
    sent(world, SHOP)
    with time_machine.travel(NOON + 7 * DAY, tick=False):
        tasks.forget()
    assert sql.rows("SELECT * FROM channels_shortlink") == []


def test_they_are_found_by_an_index(world: World) -> None:
    """With as many rows as make it worth while."""
    sql.run(
        """INSERT INTO channels_shortlink (lane, message_id, number, day, url, expires_at)
           SELECT n % 64, n, 0, '2026-03-02', 'https://a.example', %(noon)s + n * interval '1 second'
             FROM generate_series(1, 20000) AS n""".replace("n % 64", "n %% 64"),
        {"noon": NOON},
    )
    sql.run("ANALYZE channels_shortlink")

    def plan(name: str, **params: Any) -> str:
        return "\n".join(line for (line,) in sql.rows(f"EXPLAIN {shortlinks.SQL[name]}", params))

    assert "channels_shortlink_expires" in plan("forget", now=NOON + timedelta(seconds=9), batch=100)
    assert "channels_shortlink_pkey" in plan("follow", lane=1, id=1, number=0, now=NOON)


def test_where_the_links_of_a_deleted_person_led_is_forgotten(world: World) -> None:
    sent(world, SHOP)
    world.queue(world.campaign("sms", text=SHOP), world.person("bob", phone="+919800000002"))
    dispatch(now=NOON, batch=10)
    departures.erase([world.people["ada"]], now=NOON)
    assert sql.rows("SELECT lane FROM channels_shortlink") == [(of(world.people["bob"]),)]


def test_a_message_that_does_not_go_out_has_no_links(world: World) -> None:
    world.queue(world.campaign("sms", text=SHOP), world.person("ada", phone=PHONE, properties={"MSG-sms": False}))
    dispatch(now=NOON, batch=10)
    assert world.messages() == [("ada", "unreachable", "opted out")]
    assert sql.rows("SELECT * FROM channels_shortlink") == []


def test_a_preview_shows_a_link_as_long_as_it_will_be_and_writes_none(world: World) -> None:
    shown = preview(channel="sms", content={"text": f"Look: {SHOP}"}, person=None, event={}, now=NOON)["text"]
    assert shown == "Look: http://127.0.0.1:8000/s/xxxxxxxxxxxxxxxx"
    assert len(shown) == len(sent(world, f"Look: {SHOP}")["text"])
    assert sql.rows("SELECT count(*) FROM channels_shortlink") == [(1,)]


def test_links_outlive_a_change_of_the_key(client: Client, world: World, settings: Any) -> None:
    [link] = links(sent(world, SHOP))
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    with time_machine.travel(NOON, tick=False):
        assert client.get(link).status_code == 404
        settings.SECRET_KEY_FALLBACKS = [old]
        assert client.get(link).status_code == 302
