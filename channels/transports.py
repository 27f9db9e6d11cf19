"""Which transport a provider's kind is."""

from collections.abc import Callable, Mapping
from typing import Any

from channels import secrets
from channels.base import Transport
from channels.email.transport import Smtp
from channels.errors import ChannelError
from channels.push.fcm import Fcm
from channels.push.web import WebPush
from channels.sandbox import Broken, Sandbox
from channels.webhook.transport import Http


def transport_of(kind: str | None, config: Mapping[str, Any] | None, sealed: bytes | memoryview | None) -> Transport:
    """The transport of a provider as its row has it. No provider is the sandbox, which needs no row.

    Credentials that cannot be read make a transport on which every message waits for its next attempt.
    """
    if kind is None or kind == "sandbox":
        return Sandbox()
    try:
        settings = {**(config or {}), **secrets.decrypt(sealed)}
        return _KINDS[kind](settings)
    except ChannelError as error:
        return Broken(error.message)


_KINDS: dict[str, Callable[[dict[str, Any]], Transport]] = {
    "smtp": Smtp.from_settings,
    "http": Http.from_settings,
    "fcm": Fcm.from_settings,
    "vapid": WebPush.from_settings,
}
