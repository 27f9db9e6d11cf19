"""What an author writes for each channel. Drafts may hold any of it; `problems` says what keeps it from being sent.

The models are the source of the canvas's forms (JSON Schema) and refuse unknown keys. Every text may hold Liquid.
"""

import re
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from channels import render

MOST_COPIES = 20  # CC and BCC together, domain 5.1
_ADDRESS = re.compile(r"[^\s@<>\",;:()\\]+@[^\s@<>\",;:()\\.]+(\.[^\s@<>\",;:()\\.]+)*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Set by the connection itself, or a way to send something else than what was checked.
_OWN_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}


class Content(BaseModel):
    """The base: unknown keys are errors, numbers are not texts."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, strict=True)


class EmailContent(Content):
    """An e-mail. html or text may be empty, not both."""

    from_: str = Field("", alias="from", description="Sender: an address, or Name <address>. Empty: the provider's.")
    reply_to: str = ""
    subject: str = ""
    preheader: str = Field("", description="What mailboxes show beside the subject.")
    html: str = ""
    text: str = ""
    cc: list[str] = []
    bcc: list[str] = []


class SmsContent(Content):
    """A text message, for SMS, WhatsApp and RCS too until they get forms of their own."""

    text: str = ""


class PushContent(Content):
    """A notification on a phone or in a browser."""

    title: str = ""
    body: str = ""
    image: str = ""
    link: str = Field("", description="Where a tap leads.")
    values: dict[str, str] = Field({}, description="Key-value pairs for the app.")


class WebhookContent(Content):
    """One HTTP request. A body that is an object or a list goes out as JSON, its texts rendered one by one, so that no
    value can break out of its place; a text goes out as it is.
    """

    method: Literal["POST", "GET", "PUT", "DELETE"] = "POST"
    url: str = ""
    headers: dict[str, str] = {}
    body: dict[str, Any] | list[Any] | str = ""


class HtmlContent(Content):
    """A pop-up, banner or inbox card."""

    html: str = ""


MODELS: dict[str, type[Content]] = {
    "email": EmailContent,
    "sms": SmsContent,
    "push": PushContent,
    "web_push": PushContent,
    "whatsapp": SmsContent,
    "rcs": SmsContent,
    "webhook": WebhookContent,
    "app_inbox": HtmlContent,
    "in_app": HtmlContent,
    "web_popup": HtmlContent,
    "exit_intent": HtmlContent,
    "web_native": HtmlContent,
}


def address(text: str) -> str | None:
    """The bare address in `address` or `Name <address>`; None if there is none, or if it could not be one line of a
    header.
    """
    if any(character in text for character in "\r\n\0"):
        return None
    bare = parseaddr(text)[1]
    return bare if _ADDRESS.fullmatch(bare) else None


def texts(content: Content) -> Iterator[tuple[str, str]]:
    """Every text of the content with its place: ("subject", "Hello"), ("headers.X-Key", "…")."""
    yield from _texts("", content.model_dump(by_alias=True))


def _texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(f"{place}.{key}" if place else key, item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(f"{place}[{index}]", item)


def templates(content: Content) -> list[str]:
    """Every text that is rendered with the person's values."""
    return [text for _place, text in texts(content) if render.has_liquid(text)]


def problems(content: Content) -> Iterator[tuple[str, str]]:
    """Yield (place, sentence) for whatever keeps the content from being sent."""
    check = _CHECKS.get(type(content))
    if check:
        yield from check(content)
    for place, text in texts(content):
        for sentence in render.check(text) if render.has_liquid(text) else ():
            yield place, sentence


def _email(content: EmailContent) -> Iterator[tuple[str, str]]:
    if not content.subject.strip():
        yield "subject", "The e-mail has no subject."
    if not content.html.strip() and not content.text.strip():
        yield "html", "The e-mail is empty; write its HTML, its text or both."
    for place, value in (("from", content.from_), ("reply_to", content.reply_to)):
        if value and not address(value):
            yield place, f"“{value}” is not an e-mail address; write name@example.com or Name <name@example.com>."
    for place, values in (("cc", content.cc), ("bcc", content.bcc)):
        for index, value in enumerate(values):
            if not address(value):
                yield f"{place}[{index}]", f"“{value}” is not an e-mail address."
    if len(content.cc) + len(content.bcc) > MOST_COPIES:
        yield "cc", f"There are {len(content.cc) + len(content.bcc)} copies; at most {MOST_COPIES} are possible."


def _sms(content: SmsContent) -> Iterator[tuple[str, str]]:
    if not content.text.strip():
        yield "text", "The message is empty."


def _push(content: PushContent) -> Iterator[tuple[str, str]]:
    if not content.title.strip() and not content.body.strip():
        yield "title", "The notification is empty; write a title, a body or both."


def _html(content: HtmlContent) -> Iterator[tuple[str, str]]:
    if not content.html.strip():
        yield "html", "The message is empty."


def _webhook(content: WebhookContent) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(content.url)
        plausible = parts.scheme in ("http", "https") and bool(parts.netloc)
    except ValueError:
        plausible = False
    if not plausible and not content.url.lstrip().startswith("{"):
        yield "url", "The webhook needs a URL that begins with http:// or https://."
    for name, value in content.headers.items():
        if not _HEADER_NAME.fullmatch(name):
            yield f"headers.{name}", f"“{name}” cannot be the name of a header."
        elif name.lower() in _OWN_HEADERS:
            yield f"headers.{name}", f"The header {name} is set by the connection itself."
        elif "\n" in value or "\r" in value:
            yield f"headers.{name}", f"The header {name} must be one line."


_CHECKS: dict[type[Content], Any] = {
    EmailContent: _email,
    SmsContent: _sms,
    PushContent: _push,
    HtmlContent: _html,
    WebhookContent: _webhook,
}
