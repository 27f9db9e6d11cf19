"""Which transport a provider's kind is."""

from typing import Any

import msgspec

from channels import secrets
from channels.base import Outcome, Transport
from channels.email.transport import Smtp
from channels.errors import ChannelError
from channels.sandbox import Broken, Sandbox
from channels.webhook.transport import Http


def make_transport(kind: str | None, config: str | None, sealed: bytes | None) -> Transport:
    """The transport of a provider as its row has it: config as JSON text, secrets encrypted. No provider is the sandbox.

    Credentials that cannot be read make a transport on which every message waits for its next attempt.
    """
    if kind is None or kind == "sandbox":
        return Sandbox()
    try:
        settings: dict[str, Any] = msgspec.json.decode(config or "{}") | secrets.decrypt(sealed)
    except ChannelError as error:
        return Broken(error.message)
    return Smtp.from_settings(settings) if kind == "smtp" else Http.from_settings(settings)
