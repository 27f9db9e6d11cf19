"""Under load: the same event posted side by side enters a person once, and a send whose claim fails is tried again."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from channels import outbox
from channels.base import SENT, Outgoing, Result
from channels.sandbox import Sandbox
from config.lib import sql
from journeys import selectors, services
from journeys.engine import account
from journeys.engine.pump import pump
from profiles.services import issue_credential
from tests.journeys import crowd
from tests.journeys.documents import action, email, journey, link

CONNECTIONS, PEOPLE, CALL = 12, 300, 25
SENDERS = 4

DOCUMENT = journey(
    nodes=[email(1), action(2, "Charged"), {"id": 3, "kind": "force_exit"}],
    links=[link("entry", "yes", 1), link(1, "sent", 2), link(2, "yes", 3)],
)

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def version() -> int:
    now = timezone.now()
    made = services.create_journey(document=DOCUMENT, by=None, now=now)
    return services.publish(version_id=made.pk, by=None, now=now).pk


def side_by_side(number: int, work: Callable[[int], None]) -> None:
    """Run `work(n)` in threads that start together, each with a database connection of its own."""
    together = threading.Barrier(number)

    def run(n: int) -> None:
        try:
            together.wait(30)
            work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(run, range(number)))


def move_everyone() -> None:
    """What workers do, until nothing is left."""
    while pump(account=account.current(), clock=timezone.now, size=200) or outbox.dispatch(
        now=timezone.now(), batch=200
    ):
        pass


@contextmanager
def posting(url: str, passcode: tuple[str, str]) -> Iterator[Callable[[list[str]], None]]:
    """A function that posts an event of each identity, all over one connection."""
    project, word = passcode
    headers = {"X-Sojourn-Project": project, "X-Sojourn-Passcode": word}
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=60)) as http:

        def post(identities: list[str]) -> None:
            records = [{"type": "event", "identity": each, "evtName": "Added To Cart"} for each in identities]
            http.request("POST", "/1/upload", json.dumps({"d": records}), headers)
            reply = json.loads(http.getresponse().read())
            assert reply["status"] == "success", reply

        yield post


def test_identical_events_from_many_connections_enter_a_person_once(version, live_server):
    """The people are unknown, so that they too are made at the same time; workers move them meanwhile."""
    people = [f"visitor-{n}" for n in range(PEOPLE)]
    credential, word = issue_credential(name="test")

    def work(n: int) -> None:
        if n < CONNECTIONS:
            with posting(live_server.url, (credential.project_id, word)) as post:
                for first in range(0, PEOPLE, CALL):
                    post(people[first : first + CALL])
        else:
            for _ in range(20):
                move_everyone()

    side_by_side(CONNECTIONS + 2, work)
    move_everyone()
    assert sql.rows("SELECT count(*) FROM profiles_profile") == [(PEOPLE,)]
    assert sql.rows("SELECT count(*), count(DISTINCT profile_id) FROM journeys_enrollment") == [(PEOPLE, PEOPLE)]
    steps = "SELECT what, count(*) FROM journeys_step WHERE what IN ('entered', 'refused') GROUP BY 1 ORDER BY 1"
    assert sql.rows(steps) == [
        ("entered", PEOPLE),
        ("refused", (CONNECTIONS - 1) * PEOPLE),
    ]
    assert sql.rows("SELECT count(*), count(DISTINCT enrollment_id) FROM channels_message") == [(PEOPLE, PEOPLE)]
    assert selectors.conservation(version) == []


# Sends that fail -----------------------------------------------------------------------------------------------------


class Counting:
    """A way out that cannot be taken back, and counts."""

    records = False
    backoff = ()

    def __init__(self) -> None:
        self.sent: Counter[str | None] = Counter()

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        self.sent.update(outgoing.key for outgoing in batch)
        return [SENT] * len(batch)


@pytest.fixture
def failing(committed: None) -> Iterator[None]:
    """Every 97th message that is taken from the queue breaks its transaction, as a deadlock would. Sequences are not
    rolled back, so the next try gets further.
    """
    sql.run("CREATE SEQUENCE test_faults")
    sql.run(
        """CREATE FUNCTION test_fail() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
               IF nextval('test_faults') %% 97 = 0 THEN
                   RAISE EXCEPTION 'made up' USING ERRCODE = 'deadlock_detected';
               END IF;
               RETURN new;
           END $$""",
        {},
    )
    sql.run(
        """CREATE TRIGGER test_fail BEFORE UPDATE ON channels_message FOR EACH ROW
           WHEN (old.status = 'queued') EXECUTE FUNCTION test_fail()"""
    )
    yield
    sql.run("DROP TRIGGER test_fail ON channels_message; DROP FUNCTION test_fail; DROP SEQUENCE test_faults")


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("way_out", [Sandbox, Counting])
def test_a_send_whose_claim_fails_is_tried_again(version, way_out):
    """Four dispatchers at once; a claim that fails has sent nothing, so nobody gets a message twice either."""
    people = crowd.people(1000)
    crowd.happen(people, "Added To Cart", at=timezone.now())
    pump(account=account.current(), clock=timezone.now)
    transport = way_out()
    failed = Counter()

    def work(n: int) -> None:
        while True:
            try:
                if not outbox.dispatch(now=timezone.now(), batch=64, transports={"email": transport}):
                    break
            except OperationalError as error:
                if "made up" not in str(error):
                    raise
                failed[n] += 1

    side_by_side(SENDERS, work)
    while sql.rows("SELECT EXISTS (SELECT FROM channels_message WHERE status = 'queued')") == [(True,)]:
        work(0)  # those that another held while its claim failed
    assert failed.total() >= 5
    assert sql.rows("SELECT status, count(*), count(DISTINCT profile_id) FROM channels_message GROUP BY 1") == [
        ("sent", 1000, 1000)
    ]
    if isinstance(transport, Counting):
        assert set(transport.sent.values()) == {1}
        assert len(transport.sent) == 1000
    pump(account=account.current(), clock=timezone.now)
    assert selectors.version_numbers(version).nodes[1].sent == 1000
    assert selectors.conservation(version) == []
