"""Providers and campaigns: what is saved, sealed, refused."""

import json

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from pytest_django.fixtures import Settings

from channels import outbox, secrets, services, tasks
from channels.errors import ChannelError
from channels.models import Campaign, Provider
from channels.outbox import dispatch
from channels.transports import transport_of
from config.lib import sql
from tests.channels.conftest import NOON, MailServer, World

pytestmark = pytest.mark.django_db
SMTP = {"host": "mail.example", "security": "tls", "username": "ada", "from": "shop@example.com"}


def saved(**given: object) -> Provider:
    return services.save_provider(**({"name": "Mail", "channel": "email", "kind": "smtp", "config": SMTP} | given))  # type: ignore[arg-type]


def test_a_password_is_sealed_and_never_in_the_row() -> None:
    provider = saved(password="s3cret")
    [(row,)] = sql.rows("SELECT row_to_json(p)::text FROM channels_provider AS p")
    assert "s3cret" not in row
    assert secrets.decrypt(Provider.objects.get().secrets) == {"password": "s3cret"}
    assert provider.config == SMTP | {"port": 0}


def test_a_password_is_kept_unless_another_is_given() -> None:
    provider = saved(password="s3cret")
    saved(provider_id=provider.pk, name="Renamed")
    assert secrets.decrypt(Provider.objects.get().secrets) == {"password": "s3cret"}
    saved(provider_id=provider.pk, password="")
    assert secrets.decrypt(Provider.objects.get().secrets) == {}


def test_a_new_key_reads_what_the_old_one_sealed(settings: Settings) -> None:
    sealed = secrets.encrypt({"password": "s3cret"})
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    assert secrets.decrypt(sealed) == {"password": "s3cret"}


def test_a_lost_key_makes_messages_wait_and_says_why(world: World, settings: Settings) -> None:
    saved(password="s3cret", is_default=True)
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    world.queue(world.campaign(), world.person("ada"))
    dispatch(now=NOON, batch=10)
    [(_who, status, reason)] = world.messages()
    assert status == "queued"
    assert str(reason).startswith("The provider's credentials cannot be decrypted")


def test_a_new_default_takes_the_place_of_the_old() -> None:
    saved(is_default=True)
    saved(name="Other", is_default=True)
    assert list(Provider.objects.filter(is_default=True).values_list("name", flat=True)) == ["Other"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "http"}, "kind"),
        ({"kind": "carrier pigeon"}, "kind"),
        ({"config": {}}, "config"),
        ({"config": SMTP | {"port": 70000}}, "config"),
        ({"config": SMTP | {"password": "in the clear"}}, "config"),
        ({"config": SMTP | {"from": "nobody"}}, "config"),
        ({"name": "Taken"}, "name"),
    ],
)
def test_an_unusable_provider_is_refused_and_nothing_is_saved(given: dict[str, object], code: str) -> None:
    saved(name="Taken")
    with pytest.raises(ChannelError) as caught:
        saved(**given)
    assert caught.value.code == code
    assert Provider.objects.count() == 1


def test_a_test_message_is_sent_or_says_why_not(mail_server: MailServer) -> None:
    provider = mail_server.provider()
    services.send_test(provider=provider, to="ada@example.com", now=NOON)
    [(_to, mail)] = mail_server.mails
    assert mail["From"] == "default@example.com"
    provider.refresh_from_db()
    assert provider.verified_at == NOON
    mail_server.refuse = {"bob@example.com": "550 No"}
    with pytest.raises(ChannelError, match="was not accepted: refused: 550 No"):
        services.send_test(provider=provider, to="bob@example.com", now=NOON)


def test_what_was_tried_out_is_the_provider_as_it_was_set_up(world: World) -> None:
    assert not saved().verified
    provider = saved(name="Other")
    services.note_verified(provider_id=provider.pk, now=NOON)
    assert saved(provider_id=provider.pk, name="Renamed").verified
    assert not saved(provider_id=provider.pk, name="Renamed", config=SMTP | {"port": 26}).verified
    services.note_verified(provider_id=provider.pk, now=NOON)
    assert not saved(provider_id=provider.pk, name="Renamed", config=SMTP | {"port": 26}, password="new").verified


def test_an_edit_is_checked_and_raises_the_revision(world: World) -> None:
    campaign = world.campaign()
    with pytest.raises(ChannelError, match="subject: The e-mail has no subject"):
        services.edit_campaign(campaign_id=campaign.pk, given={"html": "x"})
    with pytest.raises(ChannelError, match="nonsense"):
        services.edit_campaign(campaign_id=campaign.pk, given={"nonsense": 1})
    assert Campaign.objects.get().revision == 1
    services.edit_campaign(campaign_id=campaign.pk, given={"subject": "New", "text": "x"})
    assert (Campaign.objects.get().revision, Campaign.objects.get().content["subject"]) == (2, "New")


def test_no_provider_is_the_sandbox() -> None:
    assert transport_of(None, None, None).records
    assert transport_of("sandbox", {}, None).records
    assert not transport_of("smtp", SMTP, None).records


def test_the_task_sends_until_nothing_is_due(world: World, settings: Settings) -> None:
    settings.DISPATCH_BATCH = 64
    ada = world.person("ada")
    for _round in range(3):
        world.queue(world.campaign(), ada)
    tasks.dispatch()
    assert world.messages() == [("ada", "sent", None)] * 3
    assert outbox.dispatch(now=NOON, batch=1) == 0


def test_the_hot_tables_can_be_taken_away_and_made_again(committed: None) -> None:
    call_command("migrate", "channels", "0001", verbosity=0)
    assert "channels_message" not in connection.introspection.table_names()
    call_command("migrate", "channels", verbosity=0)
    assert "channels_message" in connection.introspection.table_names()


def test_sandbox_content_is_json(world: World) -> None:
    world.queue(world.campaign("webhook", url="https://x.example", body="“ü” {{ Profile.name }}"), world.person("ada"))
    dispatch(now=NOON, batch=10)
    [(content,)] = sql.rows("SELECT content FROM channels_sandboxed")
    assert json.loads(content) == {"method": "POST", "url": "https://x.example", "headers": {}, "body": "“ü” Ada"}
