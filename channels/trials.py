"""The end of an A/B test: the variant whose messages most people clicked, or viewed, wins (domain 5.3)."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from channels.models import Experiment
from channels.variants import read_variants
from config.lib import lanes, sql
from profiles import eventtypes

SQL = sql.load(Path(__file__).with_suffix(".sql"))

DECIDING = {"clicks": eventtypes.CLICKED, "views": eventtypes.VIEWED}


class Decision(NamedTuple):
    """The winner of a campaign's test, and how many messages of each variant were clicked or viewed."""

    winner: str
    counts: dict[str, int]


def decide(campaign_id: int, *, now: datetime) -> Decision | None:
    """Choose the winner of a test that is due, by what happened up to the instant that was set for it; of equals the
    first. None if nothing is due, or another worker is at it.

    The variants were given in turn, so that equal numbers of each went out.
    """
    with transaction.atomic():
        locked = Experiment.objects.select_for_update(of=("self",), skip_locked=True).select_related("campaign")
        test = locked.filter(campaign=campaign_id, winner="", decides_at__lte=now).first()
        if test is None:
            return None
        variants = read_variants(test.campaign.channel, test.campaign.variants)
        deciding = DECIDING[variants.test.winner_by]
        found = eventtypes.find([deciding])
        params = {
            "lanes": lanes.ALL,
            "type": found[deciding].id if deciding in found else None,
            "since": test.began_at,
            "until": test.decides_at,
            "campaign": campaign_id,
        }
        seen = dict(sql.rows(SQL["opened"], params))
        counts = {name: seen.get(name, 0) for name in variants.named()}
        test.winner = max(counts, key=lambda name: counts[name])
        test.save(update_fields=["winner"])
    return Decision(test.winner, counts)
