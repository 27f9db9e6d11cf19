"""Provider groups: what one provider cannot send, the next one of the group does (domain 5.3)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from channels import groups, services, ways
from channels.base import SENT, UNTRIED, Outcome, Outgoing, Result
from channels.errors import ChannelError
from channels.models import Campaign, GroupMember, Message, Provider, ProviderGroup
from channels.outbox import dispatch, sending
from channels.sandbox import Sandbox
from config.lib import sql
from tests.channels.conftest import NOON, World
from tests.staff import signed_in

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DOWN = Result(Outcome.RETRY, "no answer")


class Told:
    """A provider that answers as it is told, and remembers the keys that it was given."""

    records = False

    def __init__(self, *results: Result, backoff: tuple[timedelta, ...] = ()) -> None:
        self.results, self.backoff, self.keys = list(results), backoff, list[str]()

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        self.keys += [outgoing.key for outgoing in batch]
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        return [result] * len(batch)


def box(name: str, channel: str = "email") -> Provider:
    return services.save_provider(name=name, channel=channel, kind="sandbox", config={})


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What stands for a provider, by the host in its settings."""
    given: dict[str, object] = {}
    real = ways.transport_of
    monkeypatch.setattr(
        ways,
        "transport_of",
        lambda kind, config, sealed: given.get((config or {}).get("host", "")) or real(kind, config, sealed),
    )
    return given


def server(name: str) -> Provider:
    return services.save_provider(name=name, channel="email", kind="smtp", config={"host": name})


def sends_by(world: World, *members: Provider) -> Campaign:
    group = groups.save_group(name="Both", channel="email", members=[it.pk for it in members])
    return world.campaign(provider=Provider.objects.get(pk=group.pk))


def taken() -> list[tuple[str, str | None, str | None, int]]:
    """(status, reason, who took it or failed it last, attempts) of each message."""
    found = Message.objects.order_by("pk").values_list("status", "reason", "provider__name", "attempts")
    return list(found)


def test_what_the_first_cannot_send_the_second_does_at_once_with_the_same_key(
    world: World, stand_in: dict[str, object]
) -> None:
    first, second = Told(DOWN, backoff=(MINUTE,)), Told(SENT)
    stand_in.update(one=first, two=second)
    world.queue(sends_by(world, server("one"), server("two")), world.person("ada"))
    dispatch(now=NOON, batch=10)
    assert taken() == [("sent", None, "two", 1)]
    assert first.keys == second.keys
    assert len(first.keys) == 1
    assert [event for _who, event, _properties in world.events()] == ["Notification Sent"]


def test_what_is_refused_for_good_is_given_to_nobody_else(world: World, stand_in: dict[str, object]) -> None:
    second = Told(SENT)
    stand_in.update(one=Told(Result(Outcome.FAILED, "550 No such user")), two=second)
    world.queue(sends_by(world, server("one"), server("two")), world.person("ada"))
    dispatch(now=NOON, batch=10)
    assert taken() == [("failed", "550 No such user", "one", 1)]
    assert second.keys == []


def test_a_round_in_which_nobody_took_it_is_one_attempt_and_waits_as_the_last_one_says(
    world: World, stand_in: dict[str, object]
) -> None:
    first, second = Told(DOWN, backoff=(MINUTE,) * 5), Told(DOWN, backoff=(10 * MINUTE,))
    stand_in.update(one=first, two=second)
    world.queue(sends_by(world, server("one"), server("two")), world.person("ada"))
    dispatch(now=NOON, batch=10)
    assert taken() == [("queued", "no answer", None, 1)]
    assert dispatch(now=NOON + 10 * MINUTE - timedelta(seconds=1), batch=10) == 0
    dispatch(now=NOON + 10 * MINUTE, batch=10)
    assert taken() == [("failed", "no answer", "two", 2)]
    assert (len(first.keys), len(second.keys)) == (2, 2)


def test_a_turn_that_the_batch_has_no_time_for_is_kept_for_the_next_batch(
    world: World, stand_in: dict[str, object]
) -> None:
    first, second = Told(DOWN), Told(UNTRIED, SENT)
    stand_in.update(one=first, two=second)
    world.queue(sends_by(world, server("one"), server("two")), world.person("ada"))
    dispatch(now=NOON, batch=10)
    assert taken() == [("queued", "no answer", "one", 0)]
    dispatch(now=NOON, batch=10)
    assert taken() == [("sent", None, "two", 1)]
    assert len(first.keys) == 1


def test_nobody_is_asked_once_the_time_of_the_batch_is_over(
    world: World, stand_in: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    only = Told(SENT)
    stand_in.update(one=only)
    world.queue(sends_by(world, server("one")), world.person("ada"))
    with monkeypatch.context() as patch:
        patch.setattr(sending, "SENDING_SECONDS", 0.0)
        dispatch(now=NOON, batch=10)
    assert (only.keys, [row[0] for row in taken()]) == ([], ["queued"])


def test_the_sandbox_may_come_last_and_keeps_what_it_was_given(world: World, stand_in: dict[str, object]) -> None:
    stand_in.update(one=Told(DOWN))
    world.queue(sends_by(world, server("one"), box("Box")), world.person("ada"))
    dispatch(now=NOON, batch=10)
    assert taken() == [("sent", None, "Box", 1)]
    assert list(world.sandboxed()) == ["ada@example.com"]


def test_what_records_may_fail_over_to_what_sends(world: World, stand_in: dict[str, object]) -> None:
    stand_in.update(one=Sandbox(Outcome.RETRY), two=Told(SENT))
    world.queue(sends_by(world, server("one"), server("two")), world.person("ada"))
    dispatch(now=NOON, batch=10)
    assert taken() == [("sent", None, "two", 1)]
    assert world.sandboxed() == {}


def test_a_group_may_be_the_default(world: World) -> None:
    groups.save_group(name="Both", channel="email", members=[box("Box").pk], is_default=True)
    world.queue(world.campaign(), world.person("ada"))
    dispatch(now=NOON, batch=10)
    assert taken() == [("sent", None, "Box", 1)]


def test_a_group_without_a_provider_sends_nothing_and_says_so(world: World) -> None:
    world.queue(sends_by(world, box("Box")), world.person("ada"))
    GroupMember.objects.all().delete()
    dispatch(now=NOON, batch=10)
    [(status, reason, *_)] = taken()
    assert (status, reason) == ("queued", "the provider group “Both” has no provider; add one")
    assert world.sandboxed() == {}


def test_many_messages_take_as_many_statements_as_one(world: World, stand_in: dict[str, object]) -> None:
    stand_in.update(one=Told(DOWN), two=Told(SENT))
    campaign = sends_by(world, server("one"), server("two"))
    counts = []
    for many in (1, 30):
        world.queue(campaign, *(world.person(f"p{many}-{n}") for n in range(many)))
        with sql.counting() as count:
            dispatch(now=NOON, batch=640)
        counts.append(int(count))
    assert counts[1] <= counts[0]  # the first compiles the campaign too
    assert {row[0] for row in taken()} == {"sent"}


def test_members_stand_in_the_order_given_and_what_cannot_be_one_is_refused() -> None:
    one, two, sms = box("One"), box("Two"), box("Text", "sms")
    group = groups.save_group(name="Both", channel="email", members=[two.pk, one.pk])
    assert list(group.members.values_list("provider__name", flat=True)) == ["Two", "One"]
    services.archive_provider(provider_id=box("Old").pk, at=NOON)
    old = Provider.objects.get(name="Old")
    for members, said in [
        ([], "1 to 10 providers; this one has 0"),
        ([one.pk] * 11, "has 11"),
        ([one.pk, one.pk], "only once"),
        ([sms.pk], "“Text” sends SMS"),
        ([old.pk], "“Old” is archived"),
        ([group.pk], "“Both” is a group itself"),
    ]:
        with pytest.raises(ChannelError, match=said):
            groups.save_group(name="Other", channel="email", members=members)
    assert ProviderGroup.objects.filter(kind="group").count() == 1


def test_a_name_is_of_one_provider_or_group_only() -> None:
    one = box("One")
    with pytest.raises(ChannelError, match="named “One” already"):
        groups.save_group(name="One", channel="email", members=[one.pk])
    groups.save_group(name="Both", channel="email", members=[one.pk])
    with pytest.raises(ChannelError, match="named “Both” already"):
        box("Both")


def test_an_archived_provider_drops_out_of_its_groups_but_not_as_the_last_of_a_default() -> None:
    one, two = box("One"), box("Two")
    group = groups.save_group(name="Both", channel="email", members=[one.pk, two.pk], is_default=True)
    services.archive_provider(provider_id=one.pk, at=NOON)
    assert list(group.members.values_list("provider__name", flat=True)) == ["Two"]
    with pytest.raises(ChannelError, match="“Two” is the last one of “Both”, the default"):
        services.archive_provider(provider_id=two.pk, at=NOON)
    two.refresh_from_db()
    assert (two.archived_at, group.members.count()) == (None, 1)


def test_a_member_keeps_its_channel() -> None:
    one = box("One")
    groups.save_group(name="Both", channel="email", members=[one.pk])
    with pytest.raises(ChannelError, match="“One” is in “Both”"):
        services.save_provider(provider_id=one.pk, name="One", channel="sms", kind="sandbox", config={})


class TestSmsInsteadOfRcs:
    @pytest.fixture
    def campaign(self, world: World) -> Campaign:
        found = world.campaign("rcs", text="Rich")
        Campaign.objects.filter(pk=found.pk).update(fallback={"text": "Plain {{ Profile.name }}"})
        return found

    def sent(self) -> list[tuple[str, str | None, str | None]]:
        return list(Message.objects.order_by("pk").values_list("status", "reason", "sent_as"))

    def test_whom_rcs_does_not_reach_gets_an_sms_and_the_node_counts_it_as_sent(
        self, world: World, campaign: Campaign
    ) -> None:
        world.queue(campaign, world.person("ada", phone="+911", properties={"MSG-rcs": False}))
        dispatch(now=NOON, batch=10)
        assert self.sent() == [("sent", "as SMS: opted out", "sms")]
        assert world.sandboxed() == {"+911": {"text": "Plain Ada"}}
        [(_who, event, properties)] = world.events()
        assert (event, properties["channel"], properties["reason"]) == (
            "Notification Sent",
            "rcs",
            "as SMS: opted out",
        )

    def test_what_rcs_failed_after_its_retries_goes_as_an_sms_once(self, world: World, campaign: Campaign) -> None:
        world.queue(campaign, world.person("ada", phone="+911"))
        rcs, sms = Told(DOWN, backoff=(MINUTE,)), Told(SENT)
        transports = {"rcs": rcs, "sms": sms}
        dispatch(now=NOON, batch=10, transports=transports)
        assert self.sent() == [("queued", "no answer", None)]
        dispatch(now=NOON + MINUTE, batch=10, transports=transports)
        assert (self.sent(), sms.keys) == ([("queued", "as SMS: no answer", "sms")], [])
        dispatch(now=NOON + MINUTE, batch=10, transports=transports)
        assert self.sent() == [("sent", "as SMS: no answer", "sms")]
        assert (len(rcs.keys), len(sms.keys), len(world.events())) == (2, 1, 1)

    def test_who_takes_no_sms_either_stays_failed_or_unreachable(self, world: World, campaign: Campaign) -> None:
        world.queue(campaign, world.person("ada", phone="+911", properties={"MSG-sms": False}))
        world.queue(campaign, world.person("bob", phone="+912", properties={"MSG-sms": False, "MSG-rcs": False}))
        transports = {"rcs": Told(Result(Outcome.FAILED, "not on RCS")), "sms": Told(SENT)}
        while dispatch(now=NOON, batch=10, transports=transports):
            pass
        assert self.sent() == [
            ("failed", "not on RCS; no SMS instead: opted out", None),
            ("unreachable", "opted out", None),
        ]
        assert "instead of RCS" not in self.page()

    @pytest.mark.parametrize(
        ("sms", "said"),
        [
            ((SENT,), "<dt>Sent as</dt><dd>SMS, instead of RCS</dd>"),
            ((UNTRIED,), "<dt>Goes out as</dt><dd>SMS, instead of RCS</dd>"),
            ((Result(Outcome.FAILED, "no"),), "<dt>Was to go as</dt><dd>SMS, instead of RCS</dd>"),
        ],
    )
    def test_the_page_says_whether_the_sms_went_out(
        self, world: World, campaign: Campaign, sms: tuple[Result, ...], said: str
    ) -> None:
        world.queue(campaign, world.person("ada", phone="+911"))
        transports = {"rcs": Told(Result(Outcome.FAILED, "not on RCS")), "sms": Told(*sms)}
        for _ in range(2):
            dispatch(now=NOON, batch=10, transports=transports)
        assert said in self.page()

    def test_an_sms_that_was_tried_before_it_was_refused_is_still_told(self, world: World, campaign: Campaign) -> None:
        world.queue(campaign, world.person("ada", phone="+911"))
        rcs, sms = Told(Result(Outcome.FAILED, "not on RCS")), Told(DOWN, backoff=(MINUTE,))
        for _ in range(2):
            dispatch(now=NOON, batch=10, transports={"rcs": rcs, "sms": sms})
        assert self.sent() == [("queued", "no answer", "sms")]
        sql.run("""UPDATE profiles_profile SET properties = '{"MSG-sms": false}'""")
        dispatch(now=NOON + MINUTE, batch=10, transports={"rcs": rcs, "sms": sms})
        assert self.sent() == [("failed", "no answer; no SMS instead: opted out", "sms")]

    def page(self) -> str:
        """The first message's page."""
        first = Message.objects.order_by("pk").values_list("pk", flat=True)[0]
        return signed_in("adam").get(f"/admin/channels/message/{first}/change/").content.decode()

    def test_without_a_fallback_nothing_changes(self, world: World) -> None:
        world.queue(world.campaign("rcs", text="Rich"), world.person("ada", phone="+911"))
        dispatch(now=NOON, batch=10, transports={"rcs": Told(Result(Outcome.FAILED, "not on RCS")), "sms": Told(SENT)})
        assert self.sent() == [("failed", "not on RCS", None)]
