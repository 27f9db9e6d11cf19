"""Which journeys send through a provider, for `channels.usage`, which asks when one is archived (domain 5.3)."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from channels.models import Campaign
from channels.usage import Use
from journeys import services
from journeys.models import Node, Status, Version

_SENDS = (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED)


def sending(provider_id: int) -> Iterator[Use]:
    """The versions that send through a provider which a node of theirs names, or still may."""
    for version in _versions(provider_id).select_related("journey"):
        name = f"{version.journey.name}, version {version.number}"
        yield Use(version.journey_id, name, version.status, "admin:journeys_journey_change")


def stop_sending(provider_id: int, *, by: User | None, now: datetime) -> None:
    """Stop them for good, inside the caller's transaction. Raises JourneyError where somebody may not or cannot."""
    for version_id in list(_versions(provider_id).values_list("pk", flat=True)):
        services.stop(version_id=version_id, by=by, now=now)


def _versions(provider_id: int) -> QuerySet[Version]:
    sends = Q(status__in=_SENDS) | Q(archived_from__in=_SENDS)
    campaigns = Campaign.objects.filter(Q(provider_id=provider_id) | Q(fallback_provider_id=provider_id)).values("pk")
    nodes = Node.objects.filter(campaign_id__in=campaigns).values("version_id")
    return Version.objects.filter(sends, pk__in=nodes).order_by("journey", "number")
