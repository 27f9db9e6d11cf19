"""Provider groups: up to ten providers of one channel, tried in order (domain 5.3, decision 41)."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count

from channels.errors import ChannelError
from channels.models import GroupMember, Provider, ProviderGroup
from channels.ways import GROUP

MOST = 10


def save_group(
    *, group_id: int | None = None, name: str, channel: str, members: Sequence[int], is_default: bool = False
) -> ProviderGroup:
    """Create a group, or change one. members: ids of providers in the order in which they are tried. A new default
    takes the place of the old.

    Raises ChannelError when the name is taken, and for members that are too few, too many, named twice, archived, of
    another channel, or groups.
    """
    if not 1 <= len(members) <= MOST:
        raise ChannelError(f"A group has 1 to {MOST} providers; this one has {len(members)}.", code="members")
    if len(set(members)) < len(members):
        raise ChannelError("A provider can be in a group only once.", code="members")
    with transaction.atomic():
        group = ProviderGroup.objects.select_for_update().get(pk=group_id, kind=GROUP) if group_id else ProviderGroup()
        others = Provider.objects.exclude(pk=group_id) if group_id else Provider.objects.all()
        if others.filter(name=name).exists():
            raise ChannelError(f"There is a provider or group named “{name}” already.", code="name")
        if group_id and group.channel != channel:
            raise ChannelError("A group keeps its channel; make another one for another channel.", code="channel")
        # Locked, so that none of them is archived meanwhile.
        found = {it.pk: it for it in Provider.objects.select_for_update().filter(pk__in=members).order_by("pk")}
        for member in members:
            _refuse(found.get(member), channel)
        if is_default:
            others.filter(channel=channel, is_default=True).update(is_default=False)
        group.name, group.channel, group.kind, group.is_default = name, channel, GROUP, is_default
        group.save()
        GroupMember.objects.filter(group=group.pk).delete()
        GroupMember.objects.bulk_create(
            GroupMember(group_id=group.pk, provider_id=member, position=position)
            for position, member in enumerate(members, start=1)
        )
    return group


def _refuse(member: Provider | None, channel: str) -> None:
    """Raise ChannelError for what cannot be in a group of a channel."""
    if member is None:
        raise ChannelError("One of the providers is gone; choose again.", code="members")
    if member.kind == GROUP:
        raise ChannelError(f"“{member.name}” is a group itself; choose single providers.", code="members")
    if member.channel != channel:
        message = f"“{member.name}” sends {member.get_channel_display()}; choose providers of the group's channel."
        raise ChannelError(message, code="members")
    if member.archived_at is not None:
        raise ChannelError(f"“{member.name}” is archived; bring it back or choose another.", code="members")


def members(group_id: int) -> list[Provider]:
    """The providers of a group, in the order in which they are tried."""
    return list(Provider.objects.filter(memberships__group=group_id).order_by("memberships__position"))


def of_provider(provider_id: int) -> list[ProviderGroup]:
    """The groups that a provider is in, by name."""
    return list(ProviderGroup.objects.filter(members__provider=provider_id).order_by("name"))


def emptied_by(provider_id: int) -> list[ProviderGroup]:
    """The groups whose last provider it is."""
    inside = ProviderGroup.objects.filter(members__provider=provider_id).values("pk")
    return list(ProviderGroup.objects.filter(pk__in=inside).annotate(n=Count("members")).filter(n=1).order_by("name"))
