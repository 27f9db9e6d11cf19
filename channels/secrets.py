"""Providers' credentials at rest: JSON under Fernet. The first of FIELD_ENCRYPTION_KEYS encrypts, each of them
decrypts.
"""

from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from channels.errors import ChannelError


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


def encrypt(secrets: dict[str, str]) -> bytes:
    """Seal a provider's secrets for its column."""
    return _box().encrypt(msgspec.json.encode(secrets))


def decrypt(sealed: bytes | memoryview | None) -> dict[str, Any]:
    """Open them again; nothing sealed is no secrets. Raises ChannelError when no key fits."""
    if not sealed:
        return {}
    try:
        return msgspec.json.decode(_box().decrypt(bytes(sealed)))
    except InvalidToken:
        raise ChannelError(
            "The provider's credentials cannot be decrypted with FIELD_ENCRYPTION_KEYS; enter them again.",
            code="secrets",
        ) from None
