"""Web push: to the browser's own push service, encrypted for the browser alone (RFC 8030, 8188, 8291), signed with the
sender's key (VAPID, RFC 8292).
"""

import base64
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import http_ece
import httpx
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from channels import http
from channels.base import Outcome, Outgoing, Result
from channels.errors import ChannelError
from channels.push import devices
from channels.push.devices import Delivery

SIGNED_SECONDS = 12 * 3600  # how long a signature is good; 24 hours at most
LONGEST_TTL = 28 * 24 * 3600  # seconds, as long as services keep a notification
LONGEST_PAYLOAD = 3993  # bytes, so that the encrypted body stays within the 4096 that every service takes
GONE = (404, 410)
# Where the browsers' push services are, by the platform as tokens name it.
SERVICES = {
    "chrome": (".fcm.googleapis.com", ".android.googleapis.com"),
    "firefox": (".push.services.mozilla.com",),
    "edge": (".notify.windows.com",),
    "safari": (".push.apple.com",),
}


def private_key_of(text: str) -> ec.EllipticCurvePrivateKey:
    """A VAPID private key: PEM, or its 32 bytes in URL-safe base64, as generators print them. Raises ChannelError."""
    try:
        if "BEGIN" in text:
            key = load_pem_private_key(text.encode(), None)
        else:
            key = ec.derive_private_key(int.from_bytes(_bytes(text.strip()), "big"), ec.SECP256R1())
    except (ValueError, TypeError) as error:
        raise ChannelError(f"The VAPID private key cannot be read: {error}.", code="secrets") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ChannelError("The VAPID private key is one on the curve P-256.", code="secrets")
    return key


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """The key as pages subscribe with it (applicationServerKey)."""
    return _text(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def platform_of(endpoint: str) -> str | None:
    """Whose push service a browser's subscription is at; None for an address of anybody else."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or port not in (None, 443) or parts.username is not None:
        return None
    return next((name for name, ends in SERVICES.items() if f".{host}".endswith(ends)), None)


class WebPush:
    """Sends with one VAPID key."""

    records = False
    backoff = devices.BACKOFF

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, *, subject: str, timeout: float = devices.TIMEOUT_SECONDS
    ) -> None:
        """subject: whom a push service may write to, mailto:… or https://…."""
        self.key, self.subject, self.timeout = key, subject, timeout
        self.public = public_key(key)

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "WebPush":
        """From a provider's config and secrets: subject, password (the private key). Raises ChannelError."""
        return cls(private_key_of(settings.get("password", "")), subject=settings.get("subject", ""))

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        """Send to each browser of each message, side by side."""
        signatures: dict[str, str] = {}  # by push service
        with http.client(timeout=self.timeout) as client:
            return devices.send(
                batch,
                lambda delivery: self._send_one(client, delivery, signatures),
                seconds=seconds,
                timeout=self.timeout,
                name="web-push",
            )

    def _send_one(self, client: httpx.Client, delivery: Delivery, signatures: dict[str, str]) -> Result:
        now = time.time()
        content, endpoint = delivery.outgoing.content, delivery.device.token
        payload = msgspec.json.encode(_payload(delivery.outgoing))
        if len(payload) > LONGEST_PAYLOAD:
            return Result(
                Outcome.FAILED, f"the notification has {len(payload)} bytes; at most {LONGEST_PAYLOAD} are possible"
            )
        left = devices.seconds_left(content, now)
        try:
            headers = {
                "TTL": str(LONGEST_TTL if left is None else left),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "Authorization": self._authorization(endpoint, signatures, now),
            }
            body = _encrypted(payload, delivery.device.keys or {})
            request = client.build_request("POST", endpoint, headers=headers, content=body)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, http_ece.ECEException, ValueError, KeyError) as error:
            return http.impossible(error)
        reply = http.ask(client, request, timeout=self.timeout)
        if isinstance(reply, Result):
            return reply
        status, _body = reply
        return devices.gone(delivery.device) if status in GONE else devices.sent_or(status)

    def _authorization(self, endpoint: str, signatures: dict[str, str], now: float) -> str:
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        if audience not in signatures:
            claims = {"aud": audience, "exp": int(now) + SIGNED_SECONDS, "sub": self.subject}
            signatures[audience] = jwt.encode(claims, self.key, algorithm="ES256")
        return f"vapid t={signatures[audience]}, k={self.public}"


def _payload(outgoing: Outgoing) -> dict[str, Any]:
    """What the page's service worker gets; `message` is the key that acks name."""
    names = ("title", "body", "image", "link", "buttons", "values", "message")
    return {name: outgoing.content[name] for name in names if outgoing.content[name]}


def _encrypted(payload: bytes, keys: dict[str, str]) -> bytes:
    body: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),  # of this message alone
        dh=_bytes(keys["p256dh"]),
        auth_secret=_bytes(keys["auth"]),
        version="aes128gcm",
    )
    return body


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
