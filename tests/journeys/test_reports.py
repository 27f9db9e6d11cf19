"""Reports: what became of journeys as a file, made in the background, kept for seven days (domain 10.2)."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings

from channels import groups, outbox, saved
from channels import services as channels
from channels.models import Campaign, Message
from config.lib import lanes, sql
from config.lib.alone import alone
from config.models import Notice
from journeys import services
from journeys.errors import JourneyError
from journeys.models import Report, ReportSchedule, Status, Version
from journeys.reports import asking, making, nodewise, people, schedules, summary
from tests.channels.conftest import World
from tests.journeys import counting
from tests.journeys.documents import action, email, journey, link
from tests.staff import person, signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MONDAY = NOON.date()
BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
PAGE, API = "/admin/journeys/report/", "/api/journeys/reports/"
DAY = timedelta(days=1)

VARIANTS = {
    "type": "split",
    "options": [
        {"name": name, "percent": 50, "content": {"subject": f"Hi {name}", "text": "Hello"}} for name in ("A", "B")
    ],
}


@pytest.fixture(autouse=True)
def files(settings: LazySettings, tmp_path: Path) -> Path:
    """Where files go."""
    settings.REPORTS_ROOT = tmp_path / "reports"
    return tmp_path / "reports"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def live(db: None) -> Callable[..., Version]:
    """Make a journey that is live: an e-mail in two variants, then a wait; one goal."""

    def live(name: str = "Cart") -> Version:
        made = services.create_journey(
            document=journey(
                name=name,
                labels=["vip", "spring"],
                goals=[{"kind": "action", "name": "Bought", "events": [{"event": "Charged"}]}],
                nodes=[
                    email(
                        1,
                        name="Offer",
                        config={
                            "content": {"subject": "=cmd()", "text": "x"},
                            "variants": VARIANTS,
                            "conversion": {"event": "Charged", "window": "P2D", "revenue": "amount"},
                        },
                    ),
                    action(2, "Visited"),
                ],
                links=[link("entry", "yes", 1), link(1, "sent", 2), link(1, "failed", 2)],
            ),
            by=person("cora"),
            now=NOON,
        )
        return services.publish(version_id=made.pk, by=person("apo"), now=NOON)

    return live


def tally(version: Version, node: int, metric: str, value: int, day: date = MONDAY) -> None:
    counting.tally(version, node, metric, value, day)


def ask(*versions: Version, by: str = "mia", **changes: Any) -> Report:
    given = {"name": "March", "form": "summary", "journey_ids": [it.journey_id for it in versions]} | changes
    return asking.ask(**given, by=person(by), now=NOON)


def made(report: Report, now: datetime = NOON) -> list[dict[str, str]]:
    """The rows of a report, once it is made."""
    making.make_waiting(clock=lambda: now, zone=UTC_ZONE)
    return list(csv.DictReader(io.StringIO(report.path.read_text())))


# What is in it ----------------------------------------------------------------------------------------------------


def test_a_summary_has_a_row_a_version(live: Callable[..., Version]) -> None:
    cart = live()
    for node, metric, value in [
        (0, "qualified", 1200),
        (0, "entered", 1000),
        (0, "held_out", 200),
        (0, "held_goal_1", 20),
        (0, "held_goal_1:system", 15),
        (0, "held_goal_1:journey", 8),
        (1, "exited:goal_1", 70),
        (2, "exited_before:goal_1", 30),
        (2, "exited:journey_timeout", 5),
        (2, "exited:completed", 4),
        (2, "exited:version_exit", 3),
        (1, "exited:force_exit", 2),
    ]:
        tally(cart, node, metric, value)
    [row] = made(ask(cart))
    assert list(row) == list(summary.COLUMNS)
    assert row == {name: row[name] for name in row} | {
        "Start": "2026-03-02 12:00", "End": "", "Journey name": "Cart", "Journey ID": str(cart.journey_id),
        "Labels": "vip|spring", "Version": "1", "Version name": "Cart", "Entry type": "Live", "Re-entry allowed": "no",
        "Status": "Live", "Created by": "cora", "Created on": "2026-03-02 12:00", "Published by": "apo", "Nodes": "2",
        "Qualified": "1200", "Entered": "1000", "Goal met": "100", "Goal 1 name": "Bought",
        "Goal 1 conversions": "100", "Goal 1 control conversions": "20", "Goal 2 name": "", "Journey timeout": "5",
        "Force exits": "2", "Version exit": "3", "Completed": "4", "Control total": "200",
        "System control conversions": "15", "Journey control conversions": "8", "Custom control conversions": "0",
    }  # fmt: skip
    assert row["URL"].endswith(f"/admin/journeys/journey/{cart.journey_id}/canvas/?version=1")


def test_a_node_wise_report_has_a_row_a_node_and_one_a_variant(live: Callable[..., Version]) -> None:
    cart = live()
    for node, metric, value in [
        (1, "arrived", 90), (1, "left:sent", 60), (1, "left:failed", 10), (1, "exited:goal_1", 4), (1, "sent", 80),
        (1, "viewed", 30), (1, "clicked", 9), (1, "converted", 5), (1, "influenced", 2), (1, "revenue_cents", 12345),
        (1, "variant:A:sent", 45), (1, "variant:B:sent", 35), (1, "variant:B:revenue_cents", 345),
        (2, "arrived", 70), (2, "left:yes", 6), (2, "left:node_timeout", 1), (2, "exited:journey_timeout", 3),
    ]:  # fmt: skip
        tally(cart, node, metric, value)
    offer, a, b, wait = made(ask(cart, form="nodes"))
    assert list(offer) == list(nodewise.COLUMNS)
    assert (offer["Node type"], offer["Previous node"], offer["Connector from previous"]) == (
        "engagement",
        "entry",
        "yes",
    )
    assert (offer["Moved forward"], offer["Goal 1"], offer["Sent"], offer["Viewed"], offer["Clicked"]) == (
        "70", "4", "80", "30", "9",
    )  # fmt: skip
    assert (offer["Variant"], offer["Conversion event"], offer["Conversion time"]) == ("A|B", "Charged", "2 d")
    assert (offer["Unique converted"], offer["Influenced conversions"], offer["Revenue"]) == ("5", "2", "123.45")
    assert (offer["Global limits applied"], offer["Provider"]) == ("yes", "default")
    assert [(row["Variant"], row["Sent"], row["Title or message"], row["Moved forward"]) for row in (a, b)] == [
        ("A", "45", "Hi A", ""),
        ("B", "35", "Hi B", ""),
    ]
    assert b["Revenue"] == "3.45"
    assert (wait["Previous node"], wait["Connector from previous"]) == ("1|1", "sent|failed")
    assert (wait["Via Yes"], wait["Via Node timeout"], wait["Journey timeout"], wait["Sent"]) == ("6", "1", "3", "")


def test_a_message_and_each_of_its_variants_name_the_template_that_they_send(db: None) -> None:
    for name in ("Hello", "Bye"):
        content = {"subject": f"{name}!", "text": "x"}
        saved.create_template(name=name, channel="email", given=content, by=None, now=NOON)
    own = {"subject": "Own", "text": "x"}
    options = [{"template": "Bye", "values": ["gold"]}, {"content": own, "values": ["none"]}]
    config = {"template": "Hello", "variants": {"type": "property", "property": "plan", "options": options}}
    version = services.create_journey(document=journey(nodes=[email(1, config=config)]), by=None, now=NOON)
    services.publish(version_id=version.pk, by=None, now=NOON)
    assert [(row["Template"], row["Title or message"]) for row in made(ask(version, form="nodes"))] == [
        ("Hello", "Hello!"),
        ("Bye", "Bye!"),
        ("ad hoc", "Own"),
    ]


@pytest.mark.parametrize("named", [True, False])
def test_where_a_group_sends_the_providers_that_took_the_messages_are_told(
    db: None, world: World, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "LANES_A_STEP", 1)
    boxes = [
        channels.save_provider(name=name, channel="email", kind="sandbox", config={}) for name in ("Two", "One", "Idle")
    ]
    groups.save_group(name="Both", channel="email", members=[it.pk for it in boxes], is_default=not named)
    nodes = [email(1, config={"content": {"subject": "a", "text": "b"}, "provider": "Both" if named else None})]
    draft = services.create_journey(document=journey(nodes=nodes), by=None, now=NOON)
    version = services.publish(version_id=draft.pk, by=None, now=NOON)
    report = ask(version, form="nodes")
    assert [row["Provider"] for row in made(report)] == ["Both" if named else "default"]
    campaign = Campaign.objects.get().pk
    place = version.journey_id, version.pk, 1, 1
    for enrollment, name in enumerate(("ada", "bob", "cleo"), 1):
        who = world.person(name)
        outbox.queue([(lanes.of(who), NOON, who, campaign, enrollment, *place, "email", NOON, None)])
    outbox.dispatch(now=NOON, batch=10)
    took = {"ada": boxes[0], "bob": boxes[1], "cleo": boxes[0]}
    for name, box in took.items():
        Message.objects.filter(profile_id=world.people[name]).update(provider=box)
    assert [row["Provider"] for row in made(ask(version, form="nodes"))] == ["One|Two"]
    Message.objects.filter(profile_id=world.people["bob"]).update(sent_as="sms")
    assert [row["Provider"] for row in made(ask(version, form="nodes"))] == ["Two"]


def test_where_no_group_sends_the_provider_is_what_the_node_says(db: None, world: World) -> None:
    channels.save_provider(name="One", channel="email", kind="sandbox", config={}, is_default=True)
    draft = services.create_journey(document=journey(), by=None, now=NOON)
    version = services.publish(version_id=draft.pk, by=None, now=NOON)
    who = world.person("ada")
    place = version.journey_id, version.pk, 1, 1
    outbox.queue([(lanes.of(who), NOON, who, Campaign.objects.get().pk, 1, *place, "email", NOON, None)])
    outbox.dispatch(now=NOON, batch=10)
    assert [(row["Provider"], row["Unique sent"]) for row in made(ask(version, form="nodes"))] == [("default", "1")]


def test_nothing_in_a_report_runs_in_a_spreadsheet(live: Callable[..., Version]) -> None:
    cart = live("=HYPERLINK(1)")
    rows = made(ask(cart, form="nodes"))
    assert {row["Journey name"] for row in rows} == {"'=HYPERLINK(1)"}
    assert rows[0]["Title or message"] == "'=cmd()"


def test_only_the_period_and_the_chosen_versions_count(live: Callable[..., Version]) -> None:
    cart, other = live(), live("Other")
    tally(cart, 0, "entered", 5, date(2026, 2, 28))
    tally(cart, 0, "entered", 7, date(2026, 3, 1))
    report = ask(cart, other, first=date(2026, 3, 1), last=date(2026, 3, 1), version_ids=[cart.pk])
    assert [(row["Journey name"], row["Entered"]) for row in made(report)] == [("Cart", "7")]


def test_a_version_takes_the_same_few_statements_however_much_was_counted(
    live: Callable[..., Version],
) -> None:
    cart = Version.objects.select_related("journey", "created_by", "published_by").get(pk=live().pk)
    with sql.counting() as few:
        list(summary.rows(cart, *_asked(cart), None))
        list(nodewise.rows(cart, *_asked(cart), {}))
    for day in range(50):
        tally(cart, 1, "sent", 1, NOON.date() + timedelta(days=day))
    with sql.counting() as many:
        list(summary.rows(cart, *_asked(cart), None))
        list(nodewise.rows(cart, *_asked(cart), {}))
    assert int(few) == int(many) <= 3


def _asked(version: Version) -> tuple[Any, Any, Any]:
    from journeys.document import parse
    from journeys.stats.period import ALWAYS

    return parse(version.document), ALWAYS, UTC_ZONE


# How it is made ---------------------------------------------------------------------------------------------------


def test_it_is_made_once_told_of_and_gone_after_seven_days(live: Callable[..., Version], files: Path) -> None:
    report = ask(live(), by="mia")
    assert report.state == "waiting"
    made(report)
    report.refresh_from_db()
    assert (report.state, report.done, report.total, report.rows) == ("ready", 1, 1, 1)
    assert report.expires_at == NOON + 7 * DAY
    notice = Notice.objects.get()
    assert (notice.user, notice.subject, notice.link) == (person("mia"), "The report “March” is ready", PAGE)
    assert making.make_waiting(clock=lambda: NOON, zone=UTC_ZONE) == 0
    assert making.expire(now=NOON + 7 * DAY - timedelta(seconds=1)) == 0
    assert making.expire(now=NOON + 7 * DAY) == 1
    assert list(files.iterdir()) == []
    assert Report.objects.get().state == "expired"
    making.expire(now=NOON + 31 * DAY)
    assert not Report.objects.exists()


def test_one_that_was_left_half_made_is_begun_anew(live: Callable[..., Version]) -> None:
    report = ask(live(), live("Other"))
    Report.objects.update(state="making", done=1, total=2)
    report.path.parent.mkdir(parents=True)
    report.path.with_suffix(".part").write_text("half a row")
    assert len(made(report)) == 2
    assert [path.suffix for path in report.path.parent.iterdir()] == [".csv"]


def test_while_it_is_made_its_page_says_how_far_it_is(
    live: Callable[..., Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = ask(live(), live("Other"))
    seen, rows = [], summary.rows

    def looking(*given: Any) -> Any:
        seen.append(signed_in("mia").get(PAGE).content.decode())
        return rows(*given)

    monkeypatch.setattr(summary, "rows", looking)
    made(report)
    assert ["0 of 2 versions" in seen[0], "1 of 2 versions" in seen[1]] == [True, True]
    assert 'value="0.500"' in seen[1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_make_one_report_twice(live: Callable[..., Version]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    ask(live())

    def elsewhere() -> int:
        try:
            return making.make_waiting(clock=lambda: NOON, zone=UTC_ZONE)
        finally:
            connection.close()

    with alone("journeys.reports") as ours, ThreadPoolExecutor(1) as pool:
        assert ours
        assert pool.submit(elsewhere).result() == 0
    assert Report.objects.get().state == "waiting"


def test_one_that_fails_says_so(live: Callable[..., Version], monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    report = ask(live())

    def fail(*_: Any) -> Any:
        raise ValueError("broken")

    monkeypatch.setattr(summary, "rows", fail)
    making.make_waiting(clock=lambda: NOON, zone=UTC_ZONE)
    report.refresh_from_db()
    assert (report.state, report.error) == ("failed", "Something went wrong on our side; ask for it again.")
    assert Notice.objects.get().subject == "The report “March” is not made"
    assert list(report.path.parent.iterdir()) == []


def test_whoever_lost_the_right_to_see_journeys_gets_none(live: Callable[..., Version]) -> None:
    report = ask(live())
    person("mia").groups.clear()
    making.make_waiting(clock=lambda: NOON, zone=UTC_ZONE)
    report.refresh_from_db()
    assert report.state == "failed"
    assert not report.path.exists()


def test_one_that_is_deleted_while_it_is_made_leaves_nothing(
    live: Callable[..., Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = ask(live())
    rows = summary.rows

    def deleting(*given: Any) -> Any:
        Report.objects.all().delete()
        return rows(*given)

    monkeypatch.setattr(summary, "rows", deleting)
    assert making.make_waiting(clock=lambda: NOON, zone=UTC_ZONE) == 1
    assert not report.path.exists()
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Give the report a name of 1 to 100 characters."),
        ({"form": "pie"}, "A report is one of summary, nodes, not “pie”."),
        ({"journey_ids": []}, "A report holds 1 to 100 journeys, not 0."),
        ({"journey_ids": list(range(1, 102))}, "A report holds 1 to 100 journeys, not 101."),
        ({"journey_ids": [999_999]}, "One of these journeys does not exist."),
        ({"version_ids": [999_999]}, "Choose published versions of the report's journeys"),
        ({"first": date(2026, 3, 2), "last": date(2026, 3, 1)}, "choose a later one"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_a_sentence(
    live: Callable[..., Version], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(JourneyError, match=sentence):
        ask(live(), **changes)
    assert not Report.objects.exists()


# Again and again --------------------------------------------------------------------------------------------------


def plan(version: Version, every: str = "day", **changes: Any) -> ReportSchedule:
    given = {"name": "Daily", "form": "summary", "journey_ids": [version.journey_id], "hour": 8, "now": NOON}
    return asking.plan(**given | changes, every=every, by=person("mia"), zone=BERLIN)  # type: ignore[arg-type]


def test_a_daily_report_comes_once_a_day_at_its_hour_about_the_day_before(live: Callable[..., Version]) -> None:
    schedule = plan(live())
    assert schedule.next_at == datetime(2026, 3, 3, 7, tzinfo=UTC)
    assert schedules.ask_due(now=schedule.next_at - timedelta(seconds=1), zone=BERLIN) == 0
    assert schedules.ask_due(now=schedule.next_at, zone=BERLIN) == 1
    assert schedules.ask_due(now=schedule.next_at, zone=BERLIN) == 0
    report = Report.objects.get()
    assert (report.first, report.last, report.schedule) == (date(2026, 3, 2), date(2026, 3, 2), schedule)
    assert ReportSchedule.objects.get().next_at == datetime(2026, 3, 4, 7, tzinfo=UTC)


def test_days_that_nobody_looked_are_not_made_up_for(live: Callable[..., Version]) -> None:
    plan(live())
    assert schedules.ask_due(now=NOON + 5 * DAY, zone=BERLIN) == 1
    assert Report.objects.get().last == date(2026, 3, 6)


def test_a_weekly_report_comes_on_its_weekday_also_when_clocks_change(live: Callable[..., Version]) -> None:
    schedule = plan(live(), "week", weekday=6)  # Sunday 29 March 2026: clocks go forward
    for expected in ("2026-03-08T07", "2026-03-15T07", "2026-03-22T07", "2026-03-29T06"):
        schedule.refresh_from_db()
        assert schedule.next_at == datetime.fromisoformat(f"{expected}:00+00:00")
        schedules.ask_due(now=schedule.next_at, zone=BERLIN)
    latest = Report.objects.latest("pk")
    assert (latest.first, latest.last) == (date(2026, 3, 22), date(2026, 3, 28))


def test_a_schedule_rests_while_nothing_is_live(live: Callable[..., Version]) -> None:
    cart = live()
    schedule = plan(cart)
    services.pause(version_id=cart.pk, by=None, now=NOON)
    assert schedules.ask_due(now=schedule.next_at, zone=BERLIN) == 0
    with pytest.raises(JourneyError, match="none of these is live"):
        plan(cart)
    assert Version.objects.get(pk=cart.pk).status == Status.PAUSED


# Pages and API ----------------------------------------------------------------------------------------------------


def test_mia_asks_from_the_list_follows_and_downloads(live: Callable[..., Version]) -> None:
    cart = live()
    mia = signed_in("mia")
    chosen = {"action": "report_journeys", "_selected_action": [cart.journey_id]}
    address = mia.post("/admin/journeys/journey/", chosen)["Location"]
    assert address == f"{PAGE}add/?journey={cart.journey_id}"
    page = mia.get(address).content.decode()
    assert "Report on 1 journey" in page
    wish = {"journey": [cart.journey_id], "name": "My März", "form": "nodes", "versions": "all", "first": "2026-03-01"}
    assert mia.post(f"{PAGE}add/", wish)["Location"] == PAGE
    report = Report.objects.get()
    assert (report.form, report.first, report.last) == ("nodes", date(2026, 3, 1), None)
    assert mia.get(f"{PAGE}{report.pk}/download/").status_code == 404
    assert "data-busy" in mia.get(PAGE).content.decode()
    made(report, datetime.now(UTC))
    answer = mia.get(f"{PAGE}{report.pk}/download/")
    assert answer["Content-Disposition"] == f'attachment; filename="my-marz-{report.pk}.csv"'
    assert answer.getvalue().startswith(b"Start,End,Journey name")
    assert "data-busy" not in mia.get(PAGE).content.decode()


@pytest.mark.parametrize("who", ["mia", "apo", "cora", "adam"])
def test_a_report_is_its_owners_alone(live: Callable[..., Version], who: str) -> None:
    owner = "cora" if who == "mia" else "mia"
    cart = live()
    report = ask(cart, by=owner)
    made(report, datetime.now(UTC))
    client = signed_in(who)
    assert "March" not in client.get(PAGE).content.decode()
    assert client.get(f"{PAGE}{report.pk}/download/").status_code == 404
    assert client.get(f"{API}{report.pk}/").status_code == 404
    assert client.get(f"{API}{report.pk}/file/").status_code == 404
    client.post(f"{PAGE}{report.pk}/remove/")
    assert client.delete(f"{API}{report.pk}/").status_code == 404
    assert report.path.exists()
    answer = signed_in(owner).get(f"{API}{report.pk}/file/")
    assert answer.status_code == 200
    answer.close()


def test_whoever_may_not_see_journeys_sees_no_reports(live: Callable[..., Version]) -> None:
    cart = live()
    nobody = signed_in("nora")
    for address in (PAGE, f"{PAGE}add/", f"{PAGE}1/download/"):
        assert nobody.get(address).status_code == 403, address
    assert nobody.post(f"{PAGE}add/", {"journey": [cart.journey_id], "name": "x", "form": "summary"}).status_code == 403
    assert nobody.get(API).status_code == 403
    assert nobody.post(API, {"name": "x", "journeys": [cart.journey_id]}, "application/json").status_code == 403
    assert not Report.objects.exists()


def test_a_report_is_gone_after_its_days_even_before_its_file_is(live: Callable[..., Version]) -> None:
    report = ask(live())
    made(report, datetime.now(UTC) - 8 * DAY)
    assert report.path.exists()
    assert signed_in("mia").get(f"{PAGE}{report.pk}/download/").status_code == 404


def test_over_the_api_a_report_is_asked_for_fetched_and_deleted(live: Callable[..., Version], files: Path) -> None:
    cart = live()
    mia = signed_in("mia")
    answer = mia.post(API, {"name": "March", "journeys": [cart.journey_id]}, "application/json")
    assert (answer.status_code, answer.json()["state"], answer.json()["form"]) == (202, "waiting", "summary")
    report = Report.objects.get()
    made(report, datetime.now(UTC))
    assert mia.get(API).json()["reports"][0]["state"] == "ready"
    assert mia.get(f"{API}{report.pk}/").json()["rows"] == 1
    assert mia.get(f"{API}{report.pk}/file/").getvalue().count(b"\n") == 2
    assert mia.delete(f"{API}{report.pk}/").status_code == 204
    assert list(files.iterdir()) == []
    wish = {"name": "Weekly", "journeys": [cart.journey_id], "every": "week", "hour": 6, "weekday": 4}
    planned = mia.post(API, wish, "application/json")
    assert (planned.status_code, planned.json()["every"]) == (201, "week")
    assert len(mia.get(API).json()["schedules"]) == 1
    assert mia.delete(f"/api/journeys/report-schedules/{planned.json()['id']}/").status_code == 204
    assert not ReportSchedule.objects.exists()


def test_what_is_wrong_is_said_and_what_was_typed_stays(live: Callable[..., Version]) -> None:
    cart = live()
    wish = {"journey": [cart.journey_id], "name": "Mine", "form": "summary", "first": "soon"}
    page = signed_in("mia").post(f"{PAGE}add/", wish).content.decode()
    assert "“soon” is no day; write one like 2026-03-31." in page
    assert 'value="Mine"' in page
    assert signed_in("mia").post(API, {"name": "x", "journeys": []}, "application/json").json()["code"] == "report"
