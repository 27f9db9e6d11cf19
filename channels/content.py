"""What an author writes for each channel. Drafts may hold any of it; `problems` says what keeps it from being sent.

The models are the source of the canvas's forms (JSON Schema) and refuse unknown keys. Every text may hold Liquid.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from channels import render, shortlinks

MOST_COPIES = 20  # CC and BCC together, domain 5.1
MOST_BUTTONS = 3
MOST_REPLIES, MOST_REGISTERED_REPLIES = 3, 10  # quick replies on WhatsApp, by the message's own words and by a template
MOST_SUGGESTIONS = 11
LONGEST_PAYLOAD = 128  # characters, domain 5.1
LONGEST_DELAY = 3600  # seconds that a pop-up may wait on its page
_SCRIPTS = {"javascript", "data", "vbscript"}
_ADDRESS = re.compile(r"[^\s@<>\",;:()\\]+@[^\s@<>\",;:()\\.]+(\.[^\s@<>\",;:()\\.]+)*")
_PLACEHOLDER = re.compile(r"{{\s*([1-9]\d?)\s*}}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Set by the connection itself, or a way to send something else than what was checked.
_OWN_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}


class Content(BaseModel):
    """The base: unknown keys are errors, numbers are not texts."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, strict=True)


class EmailContent(Content):
    """An e-mail. html or text may be empty, not both."""

    subject: str = ""
    preheader: str = Field("", description="What mailboxes show beside the subject.")
    html: str = ""
    text: str = ""
    from_: str = Field("", alias="from", description="Sender: an address, or Name <address>. Empty: the provider's.")
    reply_to: str = ""
    cc: list[str] = []
    bcc: list[str] = []


class TextContent(Content):
    """What goes out as a text. Links in the text of a template that a provider knows stay as they are."""

    text: str = ""
    shorten_links: bool = Field(
        True, description="Links become short ones of ours, which tell of clicks; five at most, good for 7 days."
    )


class SmsContent(TextContent):
    """A text message."""

    template_id: str = Field(
        "", title="Template ID", description="What a registry of message templates (DLT) knows the text by, if it asks."
    )


class Media(Content):
    """What stands above the text. url: where whoever shows the message fetches it."""

    type: Literal["image", "video", "document"] = "image"
    url: str = ""


class QuickReply(Content):
    """An answer that people give by a tap. payload: what comes back when they do, up to 128 characters."""

    text: str = ""
    payload: str = ""


class Registration(Content):
    """What the provider knows a template by, and the language that it was handed in with: en, en_US, pt_BR."""

    id: str = Field("", description="The name or ID that the template was registered under.")
    language: str = Field("en", description="As registered, for example en, en_US or pt_BR.")


class WhatsAppContent(TextContent):
    """A message on WhatsApp: words of one's own, or a template that the provider knows. The text of the latter has
    placeholders {{1}}, {{2}} … instead of Liquid, and a node that uses it says in `variables` what stands in them.
    """

    media: Media | None = None
    quick_replies: list[QuickReply] = []
    registration: Registration | None = Field(None, json_schema_extra={"place": "template"})
    variables: list[str] = Field(
        [],
        description="What stands in the template's placeholders, in their order. They may hold Liquid.",
        json_schema_extra={"place": "node"},
    )


class Suggestion(Content):
    """Something to tap below a message: with a link it opens that, else it answers with the payload."""

    text: str = ""
    link: str = ""
    payload: str = ""


class RcsContent(TextContent):
    """A rich text message."""

    media: Media | None = None
    suggestions: list[Suggestion] = []


class Button(Content):
    """One button of a notification or a message on a device, and where it leads."""

    text: str = ""
    link: str = ""


class PushContent(Content):
    """A notification on a phone or in a browser. It is of no use any more after `ttl`, or at `expires`, a local time in
    the account timezone; neither: the push service keeps it as long as it does.
    """

    title: str = ""
    body: str = ""
    image: str = ""
    link: str = Field("", description="Where a tap leads.")
    buttons: list[Button] = []
    values: dict[str, str] = Field({}, description="Key-value pairs for the app.")
    ttl: timedelta | None = Field(None, strict=False)
    expires: datetime | None = Field(None, strict=False)


class WebhookContent(Content):
    """One HTTP request. A body that is an object or a list goes out as JSON, its texts rendered one by one, so that no
    value can break out of its place; a text goes out as it is.
    """

    method: Literal["POST", "GET", "PUT", "DELETE"] = "POST"
    url: str = ""
    headers: dict[str, str] = {}
    body: dict[str, Any] | list[Any] | str = ""


class DisplayContent(Content):
    """What an app or a page shows: HTML of one's own, or a title and a body that it lays out itself."""

    html: str = ""
    title: str = ""
    body: str = ""
    image: str = ""
    link: str = ""
    buttons: list[Button] = []
    values: dict[str, str] = Field({}, description="Key-value pairs for the app or the page.")


class InAppContent(DisplayContent):
    """priority: 1 to 10; of several that wait, the one with the highest is shown first."""

    priority: int = 5


class Trigger(Content):
    """What the page waits for before it shows: nothing, seconds, idle seconds, a scrolled percentage, or that the
    visitor is about to leave.
    """

    when: Literal["now", "after", "idle", "scroll", "leaving"] = "now"
    seconds: int | None = None
    percent: int | None = None


class PopupContent(DisplayContent):
    """priority: 1 to 100, the highest first."""

    priority: int = 50
    trigger: Trigger = Trigger()


class ExitIntentContent(DisplayContent):
    """Shown when the visitor is about to leave. priority: 1 to 100, the highest first."""

    priority: int = 50


class NativeContent(DisplayContent):
    """place: what the page calls the spot that the message fills. priority: 1 to 100, the highest first."""

    place: str = ""
    priority: int = 50


class InboxContent(DisplayContent):
    """ttl: 1 to 60 days, or null: the message stays in the inbox."""

    ttl: timedelta | None = Field(timedelta(days=2), strict=False)


MODELS: dict[str, type[Content]] = {
    "email": EmailContent,
    "sms": SmsContent,
    "push": PushContent,
    "web_push": PushContent,
    "whatsapp": WhatsAppContent,
    "rcs": RcsContent,
    "webhook": WebhookContent,
    "app_inbox": InboxContent,
    "in_app": InAppContent,
    "web_popup": PopupContent,
    "exit_intent": ExitIntentContent,
    "web_native": NativeContent,
}


# Parts of a content that a node fills in even where it uses a saved template; a template has none of them.
NODES_OWN = frozenset({"variables"})


def placeholders(text: str) -> list[int]:
    """The numbers of the placeholders in a registered template's text, each once, in their order."""
    return sorted({int(number) for number in _PLACEHOLDER.findall(text)})


def in_placeholders(text: str, values: Sequence[str]) -> str:
    """A registered template's text with values in its placeholders; one without a value stays empty."""
    return _PLACEHOLDER.sub(lambda found: "".join(values[int(found[1]) - 1 : int(found[1])]), text)


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
    yield from _short(content)


def _short(content: TextContent) -> Iterator[tuple[str, str]]:
    links = shortlinks.count(render.always(content.text)) if content.shorten_links else 0
    if links > shortlinks.MOST:
        message = f"There are {links} links; at most {shortlinks.MOST} can be made short."
        yield "text", f"{message} Take some out, or do not shorten links."


def _whatsapp(content: WhatsAppContent) -> Iterator[tuple[str, str]]:
    if not content.text.strip():
        yield "text", "The message is empty."
    yield from _media(content.media)
    most = MOST_REGISTERED_REPLIES if content.registration else MOST_REPLIES
    if len(content.quick_replies) > most:
        yield "quick_replies", f"There are {len(content.quick_replies)} quick replies; at most {most} are possible."
    for index, reply in enumerate(content.quick_replies):
        yield from _tapped(f"quick_replies[{index}]", reply)
    yield from _registered(content) if content.registration else _short(content)


def _registered(content: WhatsAppContent) -> Iterator[tuple[str, str]]:
    found = placeholders(content.text)
    if found != list(range(1, len(found) + 1)):
        named = ", ".join(f"{{{{{number}}}}}" for number in found)
        yield "text", f"The placeholders are {named}; number them from {{{{1}}}} on, without a gap."
    if render.has_liquid(_PLACEHOLDER.sub("", content.text)):
        message = "The text of a registered template has placeholders such as {{1}} and no Liquid; nodes fill them in."
        yield "text", message


def _rcs(content: RcsContent) -> Iterator[tuple[str, str]]:
    if not content.text.strip() and content.media is None:
        yield "text", "The message is empty."
    yield from _short(content)
    yield from _media(content.media)
    if len(content.suggestions) > MOST_SUGGESTIONS:
        message = f"There are {len(content.suggestions)} suggestions; at most {MOST_SUGGESTIONS} are possible."
        yield "suggestions", message
    for index, suggestion in enumerate(content.suggestions):
        yield from _tapped(f"suggestions[{index}]", suggestion)
        if suggestion.link.strip().partition(":")[0].lower() in _SCRIPTS:
            message = f"“{suggestion.link}” would run something on the device; link to a page or into the app."
            yield f"suggestions[{index}].link", message


def _media(media: Media | None) -> Iterator[tuple[str, str]]:
    if media is not None and not _is_web_address(media.url):
        yield "media.url", f"The {media.type} needs a URL that begins with http:// or https://."


def _tapped(place: str, given: QuickReply | Suggestion) -> Iterator[tuple[str, str]]:
    if not given.text.strip():
        yield f"{place}.text", "There is nothing to tap; give it a text."
    if len(given.payload) > LONGEST_PAYLOAD:
        message = f"The payload has {len(given.payload)} characters; at most {LONGEST_PAYLOAD} are possible."
        yield f"{place}.payload", message


def _is_web_address(url: str) -> bool:
    """Whether it may be fetched from the web: as it stands, or once its Liquid is rendered."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (parts.scheme in ("http", "https") and bool(parts.netloc)) or url.lstrip().startswith("{")


def _push(content: PushContent) -> Iterator[tuple[str, str]]:
    if not content.title.strip() and not content.body.strip():
        yield "title", "The notification is empty; write a title, a body or both."
    yield from _linked(content)
    if content.ttl is not None and content.expires is not None:
        yield "ttl", "The notification has both a time to live and an expiry; keep one of them."


def _display(content: DisplayContent) -> Iterator[tuple[str, str]]:
    if not any(text.strip() for text in (content.html, content.title, content.body)):
        yield "html", "The message is empty; write its HTML, or a title or a body."
    yield from _linked(content)
    if isinstance(content, PopupContent):
        yield from _trigger(content.trigger)


def _linked(content: PushContent | DisplayContent) -> Iterator[tuple[str, str]]:
    """Deep links may begin with anything that an app understands, but run nothing."""
    if len(content.buttons) > MOST_BUTTONS:
        yield "buttons", f"There are {len(content.buttons)} buttons; at most {MOST_BUTTONS} are possible."
    for index, button in enumerate(content.buttons):
        if not button.text.strip():
            yield f"buttons[{index}].text", "The button has no text."
    links = [("link", content.link), *((f"buttons[{n}].link", it.link) for n, it in enumerate(content.buttons))]
    for place, link in links:
        if link.strip().partition(":")[0].lower() in _SCRIPTS:
            yield place, f"“{link}” would run something on the device; link to a page or into the app."


def _trigger(trigger: Trigger) -> Iterator[tuple[str, str]]:
    if trigger.when in ("after", "idle") and not 0 < (trigger.seconds or 0) <= LONGEST_DELAY:
        yield "trigger.seconds", f"Say after how many seconds the pop-up shows, 1 to {LONGEST_DELAY}."
    if trigger.when == "scroll" and not 0 < (trigger.percent or 0) <= 100:
        yield "trigger.percent", "Say at how many per cent of the page the pop-up shows, 1 to 100."


def _webhook(content: WebhookContent) -> Iterator[tuple[str, str]]:
    if not _is_web_address(content.url):
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
    WhatsAppContent: _whatsapp,
    RcsContent: _rcs,
    PushContent: _push,
    InAppContent: _display,
    PopupContent: _display,
    ExitIntentContent: _display,
    NativeContent: _display,
    InboxContent: _display,
    WebhookContent: _webhook,
}
