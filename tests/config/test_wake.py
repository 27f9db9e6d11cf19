"""Wake-ups: on commit, together, none lost, and harmless when the broker is away."""

import itertools
import os
import threading
import time
from collections.abc import Callable

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from config.lib import wake


class Broker:
    """Stands in for Celery's application. sent: (task name, monotonic second)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, float]] = []
        self.down = False
        self._told = threading.Condition()

    def send_task(self, name: str, **_: object) -> None:
        with self._told:
            self.sent.append((name, time.monotonic()))
            self._told.notify_all()
        if self.down:
            raise OperationalError("connection refused")

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Whether it comes to hold, by what is sent."""
        with self._told:
            return self._told.wait_for(condition, timeout=5)


@pytest.fixture
def broker(settings, monkeypatch):
    settings.WAKE_ENABLED = True
    broker = Broker()
    monkeypatch.setattr(wake, "current_app", broker)
    wake._bell.cache_clear()
    yield broker
    wake._bell.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_it_is_sent_on_commit_and_not_before(broker) -> None:
    with transaction.atomic():
        wake.wake("journeys.pump")
        assert wake._bell.cache_info().currsize == 0  # nobody is there yet who could send it
    assert broker.wait_for(lambda: [name for name, _ in broker.sent] == ["journeys.pump"])


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_wakes_nobody(broker) -> None:
    with transaction.atomic():
        wake.wake("journeys.pump")
        transaction.set_rollback(True)
    assert wake._bell.cache_info().currsize == 0
    assert broker.sent == []


@pytest.mark.django_db(transaction=True)
def test_a_burst_is_sent_together_with_one_after_its_last(broker) -> None:
    for _ in range(2000):
        wake.wake("journeys.pump")
        last = time.monotonic()
    assert broker.wait_for(lambda: bool(broker.sent) and broker.sent[-1][1] >= last)
    assert len(broker.sent) < 200
    gaps = [later - earlier for (_, earlier), (_, later) in itertools.pairwise(broker.sent)]
    assert all(gap >= wake.PAUSE_SECONDS * 0.9 for gap in gaps)


@pytest.mark.django_db(transaction=True)
def test_many_threads_lose_no_wake_up(broker) -> None:
    threads = [threading.Thread(target=lambda: wake._bell("channels.dispatch").ring()) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = time.monotonic()
    wake._bell("channels.dispatch").ring()
    assert broker.wait_for(lambda: bool(broker.sent) and broker.sent[-1][1] >= last)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_is_told_once_and_breaks_nothing(broker, caplog) -> None:
    broker.down = True
    for times in (1, 2, 3):
        wake.wake("journeys.pump")
        assert broker.wait_for(lambda times=times: len(broker.sent) == times)
    assert [record.getMessage() for record in caplog.records] == [
        "Cannot wake journeys.pump: connection refused. The workers find the work within a second."
    ]


def test_it_can_be_switched_off(broker, settings) -> None:
    settings.WAKE_ENABLED = False
    wake.wake("journeys.pump")
    assert broker.sent == []


def test_a_forked_worker_rings_bells_of_its_own(broker) -> None:
    wake._bell("journeys.pump")
    child = os.fork()
    if not child:
        os._exit(wake._bell.cache_info().currsize)  # the parent's bell has no thread here
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert wake._bell.cache_info().currsize == 1
