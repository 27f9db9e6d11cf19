"""Wake-ups: on commit, together, none lost, and harmless when the broker is away."""

import itertools
import os
import threading
import time
from unittest import mock

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from config.lib import wake


@pytest.fixture
def sent(settings, monkeypatch):
    """What was sent, as (task name, monotonic second)."""
    settings.WAKE_ENABLED = True
    calls: list[tuple[str, float]] = []
    app = mock.Mock()
    app.send_task.side_effect = lambda name, **_: calls.append((name, time.monotonic()))
    monkeypatch.setattr(wake, "current_app", app)
    wake._bell.cache_clear()
    yield calls
    wake._bell.cache_clear()


def _soon(condition) -> bool:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


@pytest.mark.django_db(transaction=True)
def test_it_is_sent_on_commit_and_not_before(sent) -> None:
    with transaction.atomic():
        wake.wake("journeys.pump")
        time.sleep(0.03)
        assert sent == []
    assert _soon(lambda: [name for name, _ in sent] == ["journeys.pump"])


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_wakes_nobody(sent) -> None:
    with transaction.atomic():
        wake.wake("journeys.pump")
        transaction.set_rollback(True)
    time.sleep(0.03)
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_a_burst_is_sent_together_with_one_after_its_last(sent) -> None:
    for _ in range(200):
        wake.wake("journeys.pump")
        last = time.monotonic()
        time.sleep(0.0005)
    assert _soon(lambda: bool(sent) and sent[-1][1] >= last)
    gaps = [later - earlier for (_, earlier), (_, later) in itertools.pairwise(sent)]
    assert all(gap >= wake.PAUSE_SECONDS * 0.9 for gap in gaps)


@pytest.mark.django_db(transaction=True)
def test_many_threads_lose_no_wake_up(sent) -> None:
    threads = [threading.Thread(target=lambda: wake._bell("channels.dispatch").ring()) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = time.monotonic()
    wake._bell("channels.dispatch").ring()
    assert _soon(lambda: bool(sent) and sent[-1][1] >= last)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_is_told_once_and_breaks_nothing(sent, caplog) -> None:
    wake.current_app.send_task.side_effect = OperationalError("connection refused")
    for _ in range(3):
        wake.wake("journeys.pump")
        time.sleep(0.03)
    assert [record.getMessage() for record in caplog.records] == [
        "Cannot wake journeys.pump: connection refused. The workers find the work within a second."
    ]


def test_it_can_be_switched_off(sent, settings) -> None:
    settings.WAKE_ENABLED = False
    wake.wake("journeys.pump")
    assert sent == []


def test_a_forked_worker_rings_bells_of_its_own(sent) -> None:
    wake._bell("journeys.pump")
    child = os.fork()
    if not child:
        os._exit(wake._bell.cache_info().currsize)  # the parent's bell has no thread here
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert wake._bell.cache_info().currsize == 1
