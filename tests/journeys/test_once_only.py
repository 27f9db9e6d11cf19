"""Workers that are killed at any moment while 20,000 people travel: nobody is lost, and each message comes once."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from config.lib import sql
from journeys import selectors, services
from tests import killing
from tests.journeys import crowd, worker
from tests.journeys.documents import action, email, journey, link

PEOPLE, WORKERS, KILLS = 20_000, 2, 4  # kills in each of three stretches
SEED = 20260302
HOUR = timedelta(hours=1)
STATEMENTS = 40  # at most, between two kills

# In order: a change of the profile, an e-mail, an hour's sleep, an hour to buy. For who does a webhook is called, who
# does not gets another e-mail. The goal is met by nobody, but everyone is asked.
DOCUMENT = journey(
    goals=[{"kind": "action", "events": [{"event": "Refunded"}]}],
    nodes=[
        {"id": 1, "kind": "profile_update", "config": {"updates": [{"property": "n", "op": "increment", "value": 1}]}},
        email(2),
        action(3, "Charged", window="PT1H"),
        {"id": 4, "kind": "webhook", "config": {"content": {"method": "POST", "url": "https://example.com/bought"}}},
        email(5),
        {"id": 6, "kind": "force_exit"},
        {"id": 7, "kind": "force_exit"},
    ],
    links=[
        link("entry", "yes", 1),
        link(1, "updated", 2),
        link(2, "sent", 3, after="PT1H"),
        link(3, "yes", 4),
        link(3, "node_timeout", 5),
        link(4, "sent", 6),
        link(5, "sent", 7),
    ],
)


class Stretch:
    """Workers on a clock that is `ahead`, killed now and then, until a condition holds."""

    def __init__(self, chance: random.Random, *, ahead: timedelta) -> None:
        self._chance = chance
        self._database = str(connection.settings_dict["NAME"])
        self._ahead = ahead
        self.killed = 0

    def until(self, done: Callable[[], bool]) -> None:
        workers = [self._start() for _ in range(WORKERS)]
        left = self._statements()
        try:
            while True:
                told = killing.listen(workers)
                assert all(told.values()), "a worker gave up"
                left -= sum(words.count(killing.STATEMENT) for words in told.values())
                if self.killed < KILLS and left <= 0:
                    place = self._chance.randrange(WORKERS)
                    workers[place].kill()
                    workers[place] = self._start()
                    self.killed += 1
                    left = self._statements()
                elif any(killing.IDLE in words for words in told.values()) and done():
                    return
        finally:
            for each in workers:
                each.kill()

    def _start(self):
        return worker.start(self._database, ahead=self._ahead)

    def _statements(self) -> int:
        """When to strike next: after this many statements, wherever in a transaction the last of them is."""
        return self._chance.randrange(1, STATEMENTS)


def phases() -> dict[tuple[str, int], int]:
    """How many are where; nothing while something is still under way."""
    busy = "SELECT EXISTS (SELECT FROM profiles_inbox), EXISTS (SELECT FROM channels_message WHERE status = 'queued')"
    if sql.rows(busy) != [(False, False)]:
        return {}
    found = sql.rows("SELECT phase, node, count(*) FROM journeys_enrollment GROUP BY 1, 2")
    return {(phase, node): count for phase, node, count in found}


@pytest.mark.slow
@pytest.mark.usefixtures("committed")
def test_killed_workers_lose_nobody_and_repeat_nothing():
    chance = random.Random(SEED)
    everyone = crowd.people(PEOPLE)
    buyers = everyone[::2]
    now = timezone.now()
    version = services.create_journey(document=DOCUMENT, by=None, now=now)
    services.publish(version_id=version.pk, by=None, now=now)

    crowd.happen(everyone, "Added To Cart", at=timezone.now())
    entering = Stretch(chance, ahead=timedelta())
    entering.until(lambda: phases() == {("asleep", 3): PEOPLE})

    waking = Stretch(chance, ahead=1.1 * HOUR)
    waking.until(lambda: phases() == {("waiting", 3): PEOPLE})

    crowd.happen(buyers, "Charged", at=timezone.now() + 1.2 * HOUR)
    leaving = Stretch(chance, ahead=4 * HOUR)
    leaving.until(lambda: sum(count for (phase, _), count in phases().items() if phase == "exited") == PEOPLE)

    assert [stretch.killed for stretch in (entering, waking, leaving)] == [KILLS] * 3
    assert phases() == {("exited", 6): len(buyers), ("exited", 7): PEOPLE - len(buyers)}
    assert selectors.conservation(version.pk) == []
    assert selectors.version_numbers(version.pk).exited == {"force_exit": PEOPLE}
    assert sql.rows("SELECT properties->>'n', count(*) FROM profiles_profile GROUP BY 1") == [("1", PEOPLE)]
    once = {2: PEOPLE, 4: len(buyers), 5: PEOPLE - len(buyers)}
    messages = sql.rows(
        """SELECT m.node, m.status, count(*), count(DISTINCT m.profile_id), count(s.message_id)
             FROM channels_message AS m LEFT JOIN channels_sandboxed AS s ON s.lane = m.lane AND s.message_id = m.id
            GROUP BY 1, 2 ORDER BY 1"""
    )
    assert messages == [(node, "sent", number, number, number) for node, number in once.items()]
    assert sql.rows("SELECT count(*) FROM channels_sandboxed") == [(sum(once.values()),)]
    history = sql.rows(
        """SELECT kind.name, count(*), count(DISTINCT (e.lane, e.id)) FROM profiles_event AS e
             JOIN profiles_eventtype AS kind ON kind.id = e.type_id GROUP BY 1 ORDER BY 1"""
    )
    happened = {"Added To Cart": PEOPLE, "Charged": len(buyers), "Notification Sent": sum(once.values())}
    assert history == [(name, number, number) for name, number in happened.items()]
