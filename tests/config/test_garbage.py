"""The collector is set up where batches run."""

import gc
import subprocess
import sys

from config import garbage


def test_web_processes_look_seldom_and_not_at_what_was_loaded() -> None:
    code = (
        "import gc, config.wsgi; print(gc.get_threshold() == config.garbage.THRESHOLDS, gc.get_freeze_count() > 10_000)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_workers_are_settled_before_they_fork(monkeypatch) -> None:
    from celery import signals

    import config.celery  # noqa: F401 (connects)

    settled = []
    monkeypatch.setattr(garbage, "settle", lambda: settled.append(gc.get_count()))
    signals.worker_before_create_process.send(sender=None)
    assert len(settled) == 1
