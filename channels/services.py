"""Writes to providers and campaigns, one transaction each."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from channels import content, groups, secrets, usage, variants
from channels.base import Device, Outcome, Outgoing
from channels.errors import ChannelError
from channels.models import Campaign, CampaignLimit, Channel, Experiment, GroupMember, Provider
from channels.push.fcm import account_of
from channels.push.web import WebPush, private_key_of
from channels.transports import transport_of
from channels.variants import Variants
from channels.webhook import oauth

TEST_SECONDS = 20.0
TEST_KEY = "test"
SHORTEST_DWELL, LONGEST_DWELL = timedelta(minutes=15), timedelta(days=7)


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SandboxConfig(_Config):
    """Nothing to set."""


class SmtpConfig(_Config):
    """A mail server."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(0, ge=0, le=65535, description="0: the usual one for `security`.")
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    from_: str = Field("", alias="from", description="Sender of e-mails that name none.")


class HttpConfig(_Config):
    """How a webhook's receiver knows us. What the choice does not need is left out."""

    auth: Literal["none", "basic", "oauth2"] = "none"
    username: str = Field("", max_length=1000, description="Of basic authentication.")
    token_url: str = Field("", max_length=2000, description="Where an OAuth 2 client gets its access token.")
    client_id: str = Field("", max_length=1000)
    scope: str = Field("", max_length=2000, description="What the token is to allow; empty: what the server gives.")

    @model_validator(mode="before")
    @classmethod
    def _chosen(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        auth = oauth.kind_of(given)
        needless = {name for names in HTTP_NEEDS.values() for name in names} - set(HTTP_NEEDS.get(auth, ()))
        return {name: value for name, value in given.items() if name not in needless} | {"auth": auth}


HTTP_NEEDS = {"basic": ("username",), "oauth2": ("token_url", "client_id", "scope")}


class FcmConfig(_Config):
    """A Firebase project, by its service account."""

    url: str = Field("", max_length=200, description="Empty: Google's; else a relay that speaks the same protocol.")


class VapidConfig(_Config):
    """Whom a push service may write to when something is wrong."""

    subject: str = Field("", max_length=200, pattern=r"^(mailto:.+@.+|https://.+)$")


CONFIGS: dict[str, type[_Config]] = {
    Provider.Kind.SANDBOX: SandboxConfig,
    Provider.Kind.SMTP: SmtpConfig,
    Provider.Kind.HTTP: HttpConfig,
    Provider.Kind.FCM: FcmConfig,
    Provider.Kind.VAPID: VapidConfig,
}
CHANNELS: dict[str, set[str]] = {
    Provider.Kind.SANDBOX: set(Channel.values),
    Provider.Kind.SMTP: {Channel.EMAIL},
    Provider.Kind.HTTP: {Channel.WEBHOOK},
    Provider.Kind.FCM: {Channel.PUSH},
    Provider.Kind.VAPID: {Channel.WEB_PUSH},
}
# What reads a secret that is more than a password, and raises ChannelError if it is none.
_SECRETS: dict[str, Callable[[str], object]] = {
    Provider.Kind.FCM: account_of,
    Provider.Kind.VAPID: private_key_of,
}


def save_provider(
    *,
    provider_id: int | None = None,
    name: str,
    channel: str,
    kind: str,
    config: Mapping[str, Any],
    password: str | None = None,
    is_default: bool = False,
) -> Provider:
    """Create a provider, or change one. password: or a client's secret; None keeps the stored one, "" forgets it. A
    new default takes the place of the old.

    Raises ChannelError when the kind does not serve the channel, the configuration is not usable, or the name is taken.
    """
    if channel not in CHANNELS.get(kind, ()):
        raise ChannelError(f"A provider of the kind “{kind}” cannot send on the channel “{channel}”.", code="kind")
    try:
        checked = CONFIGS[kind].model_validate(dict(config))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ChannelError(f"The provider's setting “{place}”: {first['msg']}.", code="config") from None
    if isinstance(checked, SmtpConfig) and checked.from_ and not content.address(checked.from_):
        raise ChannelError(f"“{checked.from_}” is not an e-mail address.", code="config")
    if isinstance(checked, HttpConfig):
        _check_http(checked)
    if password and kind in _SECRETS:
        _SECRETS[kind](password)
    with transaction.atomic():
        provider = Provider.objects.select_for_update().get(pk=provider_id) if provider_id else Provider()
        others = Provider.objects.exclude(pk=provider_id) if provider_id else Provider.objects.all()
        if others.filter(name=name).exists():
            raise ChannelError(f"There is a provider named “{name}” already.", code="name")
        if provider.pk and provider.channel != channel and (inside := groups.of_provider(provider.pk)):
            named = ", ".join(f"“{group.name}”" for group in inside)
            raise ChannelError(
                f"“{name}” is in {named}; take it out there before it changes its channel.", code="group"
            )
        if is_default:
            others.filter(channel=channel, is_default=True).update(is_default=False)
        before = provider.channel, provider.kind, provider.config, provider.secrets
        was_client = provider.config.get("auth") == "oauth2"  # whose secret is no password
        provider.name, provider.channel, provider.kind, provider.is_default = name, channel, kind, is_default
        provider.config = checked.model_dump(by_alias=True)
        if isinstance(checked, HttpConfig) and checked.auth == "oauth2":
            provider.secrets = _client_secret(provider.secrets, password)
        elif password is not None or was_client:
            provider.secrets = secrets.encrypt({"password": password}) if password else None
        if before != (provider.channel, provider.kind, provider.config, provider.secrets):
            provider.verified_at = None  # what was tried out is another connection
        provider.save()
    return provider


def _check_http(config: HttpConfig) -> None:
    if config.auth == "basic" and not config.username:
        raise ChannelError("Basic authentication needs a username.", code="username")
    if config.auth == "oauth2":
        oauth.check(config.model_dump())


def _client_secret(stored: bytes | memoryview | None, given: str | None) -> bytes | memoryview | None:
    """What is stored of a client's secret. It has a name of its own: no password is ever shown to a token endpoint."""
    if given:
        return secrets.encrypt({"client_secret": given})
    if given == "" or "client_secret" not in secrets.decrypt(stored):
        raise ChannelError("The client secret is missing.", code="client_secret")
    return stored


def web_push_key() -> str | None:
    """With which pages subscribe to web push: the public key of the default provider. None without one."""
    default = Provider.objects.filter(channel=Channel.WEB_PUSH, is_default=True)
    named = Provider.objects.filter(pk__in=default) | Provider.objects.filter(memberships__group__in=default)
    provider = named.filter(kind=Provider.Kind.VAPID).order_by("memberships__position").first()
    transport = transport_of(provider.kind, provider.config, provider.secrets) if provider else None
    return transport.public if isinstance(transport, WebPush) else None


def archive_provider(*, provider_id: int, at: datetime | None, by: User | None = None) -> Provider:
    """Take a provider or a group out of use, or with `at` None bring it back. Journeys that name it are stopped (domain
    5.3). It drops out of its groups; the journeys of those that it was the last one of are stopped too.

    Raises ChannelError for a channel's default, which nodes that name no provider rely on, and for the last one of a
    group that is a default; SojournError where `by` may not stop what sends through it.
    """
    with transaction.atomic():
        provider = Provider.objects.select_for_update().get(pk=provider_id)
        if at is not None and provider.is_default:
            raise ChannelError(f"“{provider.name}” is the default; make another one the default first.", code="default")
        if at is not None:
            usage.stop_sending(provider_id, by=by, now=at)
            for group in groups.emptied_by(provider_id):
                if group.is_default:
                    message = f"“{provider.name}” is the last one of “{group.name}”, the default; add another first."
                    raise ChannelError(message, code="default")
                usage.stop_sending(group.pk, by=by, now=at)
            GroupMember.objects.filter(provider=provider_id).delete()
        provider.archived_at = at
        provider.save(update_fields=["archived_at", "updated_at"])
    return provider


def label_campaigns(*, campaign_ids: Collection[int], labels: Sequence[str]) -> None:
    """Let the events of these campaigns' messages tell these labels from now on."""
    Campaign.objects.filter(pk__in=campaign_ids).update(labels=[*labels])


def stop_campaigns(*, campaign_ids: Collection[int]) -> None:
    """Let nothing more be sent of these campaigns, whatever is queued for whenever. What is being sent goes out."""
    Campaign.objects.filter(pk__in=campaign_ids).update(stopped=True)


def save_limit(*, channel: str, most: int | None, days: int | None, dwell: timedelta | None) -> None:
    """Set what one person gets on a channel at most: `most` messages in `days` days, `dwell` apart. None: no such
    limit. It applies to whatever is sent from now on. Raises ChannelError.
    """
    check_limit(channel, most, days, dwell)
    CampaignLimit.objects.update_or_create(channel=channel, defaults={"most": most, "days": days, "dwell": dwell})


def check_limit(channel: str, most: int | None, days: int | None, dwell: timedelta | None) -> None:
    """Raise ChannelError for a limit that cannot be kept."""
    if channel not in Channel.values:
        known = ", ".join(Channel.values)
        raise ChannelError(f"There is no channel “{channel}”; choose one of {known}.", code="channel")
    if (most is None) != (days is None) or any(n is not None and n < 1 for n in (most, days)):
        raise ChannelError("A cap is a number of messages in a number of days, both 1 or more.", code="most")
    if dwell is not None and not SHORTEST_DWELL <= dwell <= LONGEST_DWELL:
        raise ChannelError("The gap between two messages is 15 minutes to 7 days.", code="dwell")


def note_verified(*, provider_id: int, now: datetime) -> None:
    """Know of a provider that it sends as it is set up, so that journeys may be published with it (K11)."""
    Provider.objects.filter(pk=provider_id).update(verified_at=now)


def send_test(*, provider: Provider, to: str, now: datetime) -> None:
    """Send a test message now, outside the outbox: an e-mail to an address, a webhook to a URL, a push to a token, a
    web push to a subscription as browsers print it: {"endpoint", "keys": {"p256dh", "auth"}}. A provider that takes it
    is verified.

    Raises ChannelError with the provider's reason when it is not accepted.
    """
    texts: dict[str, dict[str, Any]] = {
        Channel.EMAIL: {
            "subject": "Test of your provider",
            "text": f"“{provider.name}” can send e-mail for Sojourn.\n",
        },
        Channel.WEBHOOK: {
            "method": "POST",
            "url": to,
            "headers": {},
            "body": {"test": True, "provider": provider.name},
        },
    }
    if provider.channel in (Channel.PUSH, Channel.WEB_PUSH):
        shown = content.PushContent(title="Test of your provider", body=f"“{provider.name}” can send notifications.")
        sent = shown.model_dump() | {"message": TEST_KEY}
        message = Outgoing(TEST_KEY, None, sent, (_test_device(provider.channel, to),))
    else:
        message = Outgoing(TEST_KEY, to, texts.get(provider.channel, {"text": "Test"}))
    transport = transport_of(provider.kind, provider.config, provider.secrets)
    [result] = transport.send([message], seconds=TEST_SECONDS)
    if result.outcome is not Outcome.SENT:
        raise ChannelError(f"The test message was not accepted: {result.reason}.", code="not_sent")
    note_verified(provider_id=provider.pk, now=now)


def _test_device(channel: str, to: str) -> Device:
    if channel == Channel.PUSH:
        return Device(0, "fcm", to, None)
    try:
        subscription = json.loads(to)
        return Device(0, "web", str(subscription["endpoint"]), dict(subscription["keys"]))
    except (ValueError, KeyError, TypeError):
        message = 'Paste the browser\'s subscription: {"endpoint": "https://…", "keys": {"p256dh": "…", "auth": "…"}}.'
        raise ChannelError(message, code="to") from None


def edit_campaign(
    *,
    campaign_id: int,
    given: Mapping[str, Any],
    provider_id: int | None = None,
    fallback: Mapping[str, Any] | None = None,
    fallback_provider_id: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> Campaign:
    """Replace what a node sends, and through what; messages sent from then on are the new ones (domain 2.5).

    fallback: the SMS for those whom RCS does not reach, as Campaign has it, and its provider.
    options: the message's variants as in the journey document. An A/B test whose variants are others now begins anew.
    Raises ChannelError, and changes nothing, when the content cannot be sent.
    """
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        try:
            model = content.MODELS[campaign.channel].model_validate(dict(given))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ChannelError(f"{place}: {first['msg']}.", code="content") from None
        read = _read_variants(campaign.channel, options) if options else None
        if read is None or not read.everybody():
            for place, sentence in content.problems(model):
                raise ChannelError(f"{place}: {sentence}", code="content")
        after = read.model_dump(mode="json", by_alias=True) if read else None
        if _tested(campaign.variants) != _tested(after):
            Experiment.objects.filter(campaign=campaign).delete()
        campaign.variants = after
        campaign.content = model.model_dump(mode="json", by_alias=True)
        campaign.provider_id = provider_id
        campaign.fallback, campaign.fallback_provider_id = dict(fallback) if fallback else None, fallback_provider_id
        campaign.revision += 1
        campaign.save(update_fields=["content", "variants", "provider", "fallback", "fallback_provider", "revision"])
    return campaign


def _read_variants(channel: str, given: Mapping[str, Any]) -> Variants[Any]:
    """Variants that can be sent. Raises ChannelError."""
    try:
        read = variants.read_variants(channel, dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ChannelError(f"{place}: {first['msg']}.", code="content") from None
    for wrong in variants.problems(channel, read):
        raise ChannelError(f"{wrong.place}: {wrong.message}", code="content")
    return read


def _tested(given: Mapping[str, Any] | None) -> Any:
    """What makes one A/B test another: who competes, and for what; None where nothing is tested."""
    if not given or given["type"] != "ab":
        return None
    return [option["name"] for option in given["options"]], given["test"]
