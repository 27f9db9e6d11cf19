"""The sandbox: every channel's provider of last resort, which records instead of sending."""

from collections.abc import Sequence
from datetime import timedelta

from channels.base import SENT, Outcome, Outgoing, Result


class Sandbox:
    """Accepts everything, or lets everything end as it is told to, for rehearsals and tests."""

    records = True
    backoff: tuple[timedelta, ...] = ()

    def __init__(self, outcome: Outcome = Outcome.SENT, reason: str | None = None) -> None:
        self.result = SENT if outcome is Outcome.SENT else Result(outcome, reason or "the sandbox was told so")

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        """One result for all."""
        return [self.result] * len(batch)


class Broken:
    """Stands for a provider that cannot be used as it is set up: its messages wait for somebody to repair it, and fail
    in the end.
    """

    records = True
    backoff = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))

    def __init__(self, reason: str) -> None:
        self.result = Result(Outcome.RETRY, reason)

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        """One result for all."""
        return [self.result] * len(batch)
