"""How far an upload is: the same answer for the back office, the API and the command, from its row alone."""

from datetime import datetime
from typing import Any

from segments.models import ListUpload

State, Step = ListUpload.State, ListUpload.Step

# What part of the time each step takes, measured with a million rows (tests/bench/lists.py): where it begins and ends.
SPANS = {Step.READING: (0.0, 0.35), Step.FINDING: (0.35, 0.75), Step.CHANGING: (0.75, 1.0)}


def progress(upload: ListUpload, *, received: int, now: datetime) -> dict[str, Any]:
    """For JSON. received: bytes that are there. fraction: of the processing, 0 to 1. rate: rows a second, while the
    file is read. seconds_left: null while nothing can be said.
    """
    elapsed = (now - upload.started_at).total_seconds() if upload.started_at else 0.0
    fraction = _fraction(upload, now)
    return {
        "id": str(upload.pk),
        "list": upload.list.name,
        "mode": upload.mode,
        "state": upload.state,
        "step": upload.get_step_display() if upload.step else "",
        "received": received,
        "size": upload.size,
        "fraction": round(fraction, 4),
        "rows": upload.rows,
        "rate": round(upload.rows / elapsed) if upload.step == Step.READING and elapsed > 0 else None,
        "seconds_left": round(elapsed * (1 - fraction) / fraction) if 0 < fraction < 1 and elapsed >= 1 else None,
        "people": upload.people,
        "unknown": upload.unknown,
        "added": upload.added,
        "removed": upload.removed,
        "remark": upload.remark,
        "error": upload.error,
        "expires_at": upload.expires_at,
    }


def _fraction(upload: ListUpload, now: datetime) -> float:
    if upload.state == State.READY:
        return 1.0
    if not upload.step or upload.started_at is None or upload.step_at is None:
        return 0.0
    begins, ends = SPANS[Step(upload.step)]
    if upload.step == Step.READING:
        return ends * upload.bytes_done / upload.size if upload.size else 0.0
    # A step is one statement that tells nothing; it takes as long as those before it let expect.
    before, inside = (upload.step_at - upload.started_at).total_seconds(), (now - upload.step_at).total_seconds()
    expected = before * (ends - begins) / begins
    return begins + (ends - begins) * min(inside / expected if expected > 0 else 0.0, 0.95)
