"""Group commit: calls side by side share a transaction, and nothing else."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from profiles.accept import Report
from profiles.committer import Committer
from tests.profiles.conftest import NOON


class Recorder:
    """Stands in for accept_all: notes the groups, can be held up, and fails for what is called bad."""

    def __init__(self):
        self.groups = []
        self.started = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, batches, *, now):
        self.groups.append([batch[0] for batch in batches])
        self.started.set()
        assert self.go_on.wait(10)
        if any("bad" in batch for batch in batches):
            raise ValueError("bad")
        return [Report(len(batch)) for batch in batches]


@pytest.fixture
def recorder():
    return Recorder()


def crowd(recorder, batches):
    """One call is under way while the given ones arrive; returns their futures, in order, the first one's included."""
    committer = Committer(recorder)
    pool = ThreadPoolExecutor(len(batches) + 1)
    futures = [pool.submit(committer.accept, ["first"], now=NOON)]
    assert recorder.started.wait(10)
    for batch in batches:
        before = len(committer._waiting)
        futures.append(pool.submit(committer.accept, batch, now=NOON))
        while len(committer._waiting) == before:
            pass
    recorder.go_on.set()
    pool.shutdown()
    return futures


def test_calls_that_arrive_during_a_commit_are_accepted_together(recorder):
    futures = crowd(recorder, [["a"], ["b", "b"], ["c"]])
    assert recorder.groups == [["first"], ["a", "b", "c"]]
    assert [future.result().processed for future in futures] == [1, 1, 2, 1]


def test_a_call_that_breaks_the_transaction_fails_alone(recorder):
    _first, good, bad, other = crowd(recorder, [["a"], ["bad"], ["c"]])
    assert (good.result().processed, other.result().processed) == (1, 1)
    with pytest.raises(ValueError, match="bad"):
        bad.result()


def test_a_transaction_holds_no_more_than_some_thousand_records(recorder):
    crowd(recorder, [["a"] * 1000, ["b"] * 1000, ["c"] * 1000, ["d"] * 1000, ["e"]])
    assert recorder.groups == [["first"], ["a", "b", "c", "d"], ["e"]]


def test_after_a_failure_the_next_call_is_served(recorder):
    committer = Committer(recorder)
    recorder.go_on.set()
    with pytest.raises(ValueError, match="bad"):
        committer.accept(["bad"], now=NOON)
    assert committer.accept(["good"], now=NOON).processed == 1
