"""The winners of A/B tests of messages: chosen by the clock, noted with the version (domain 5.3, 13)."""

from datetime import datetime

from django.db import transaction

from channels import trials
from journeys.guard import record
from journeys.models import Node


def choose(campaign_id: int, now: datetime) -> bool:
    """Choose the winner of a campaign's test and note it; False if that was not due, or another worker is at it."""
    with transaction.atomic():
        decided = trials.decide(campaign_id, now=now)
        if decided is None:
            return False
        node = Node.objects.select_related("version").filter(campaign_id=campaign_id).first()
        if node is not None:
            changes = {f"nodes[{node.number}].config.variants.winner": [decided.counts, decided.winner]}
            record(node.version, "winner", None, now, changes=changes)
    return True
