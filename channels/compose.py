"""From a campaign and a person to the message that goes out: one composer a channel, compiled once a campaign."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from liquid.exceptions import LiquidError

from channels import content, render, shortlinks
from channels.render import Objects, RenderError, Template
from channels.tracking import Linker

SUBJECT_LENGTH = 998  # characters; a header line cannot be longer (RFC 5322)


class Composer(Protocol):
    """Renders one campaign for one person after the other."""

    def compose(self, objects: Objects, ref: bytes, linker: Linker) -> dict[str, Any]:
        """The rendered content. Raises RenderError."""
        ...


def _one_line(text: str) -> str:
    """As a header may hold it: no line ends, no control characters."""
    if text.isprintable():  # the usual case; false for every control character
        return text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class Email:
    """Subject, HTML with tracked links and open pixel, plain text as written. Its links stay as they are: people read
    them.
    """

    def __init__(self, given: content.EmailContent) -> None:
        self._subject = Template(given.subject)
        self._html = Template(_with_preheader(given.html, given.preheader), html=True) if given.html.strip() else None
        self._text = Template(given.text) if given.text.strip() else None
        self._fixed = {
            name: value
            for name, value in (
                ("from", given.from_),
                ("reply_to", given.reply_to),
                ("cc", given.cc),
                ("bcc", given.bcc),
            )
            if value
        }

    def compose(self, objects: Objects, ref: bytes, linker: Linker) -> dict[str, Any]:
        """{"subject", "html"?, "text"?, "from"?, "reply_to"?, "cc"?, "bcc"?, "unsubscribe": URL}"""
        unsubscribe = linker.unsubscribe(ref)
        objects["Campaign"]["unsubscribeUrl"] = unsubscribe
        message = {
            **self._fixed,
            "subject": _one_line(self._subject.render(objects))[:SUBJECT_LENGTH],
            "unsubscribe": unsubscribe,
        }
        if self._html:
            message["html"] = linker.track(self._html.render(objects), ref)
        if self._text:
            message["text"] = self._text.render(objects)
        return message


def _with_preheader(html: str, preheader: str) -> str:
    """The preheader as the page's first words, for mailboxes to show and readers not to see."""
    if not preheader.strip():
        return html
    hidden = f'<div style="display:none;max-height:0;overflow:hidden">{preheader}</div>'
    start = html.lower().find("<body")
    end = html.find(">", start) + 1 if start >= 0 else 0
    return html[:end] + hidden + html[end:]


class Webhook:
    """Method, address, headers and body. Values keep to their place: those in a JSON body cannot leave their text,
    those in a header cannot begin another.
    """

    def __init__(self, given: content.WebhookContent) -> None:
        self._method = given.method
        self._url = Template(given.url)
        self._headers = {name: Template(value) for name, value in given.headers.items()}
        self._body = _compile(given.body)

    def compose(self, objects: Objects, ref: bytes, linker: Linker) -> dict[str, Any]:
        """{"method", "url", "headers", "body": JSON or text}"""
        return {
            "method": self._method,
            "url": self._url.render(objects).strip(),
            "headers": {name: _one_line(template.render(objects)) for name, template in self._headers.items()},
            "body": self._body(objects),
        }


class Text:
    """A text message. Its links are made short unless its author wants them as they are."""

    def __init__(self, given: content.SmsContent) -> None:
        self._text = Template(given.text)
        self._template_id = Template(given.template_id) if given.template_id.strip() else None
        self._short = given.shorten_links

    def compose(self, objects: Objects, ref: bytes, linker: Linker) -> dict[str, Any]:
        """{"text", "template_id"?}"""
        text = self._text.render(objects)
        message = {"text": shortlinks.shorten(text, ref, linker) if self._short else text}
        if self._template_id:
            message["template_id"] = self._template_id.render(objects).strip()
        return message


class Plain:
    """Every text of the content, rendered; for the channels that need no more."""

    def __init__(self, given: content.Content) -> None:
        self._fields = _compile(given.model_dump(by_alias=True))
        # What is put into HTML is escaped; an app that lays out a title and a body shows them as they are.
        if isinstance(given, content.DisplayContent):
            self._html: Template | None = Template(given.html, html=True)
        else:
            self._html = None

    def compose(self, objects: Objects, ref: bytes, linker: Linker) -> dict[str, Any]:
        """The content's own fields."""
        fields: dict[str, Any] = self._fields(objects)
        return fields | {"html": self._html.render(objects)} if self._html else fields


class Notification(Plain):
    """A push or web push, with the key by which the app or the page tells that it was seen or tapped."""

    def compose(self, objects: Objects, ref: bytes, linker: Linker) -> dict[str, Any]:
        """The content's own fields, and {"message": key}."""
        return super().compose(objects, ref, linker) | {"message": linker.device(ref)}


class Chat:
    """A message on WhatsApp or RCS: its own words, or a registered template with what stands in its placeholders, which
    goes along for providers that send by template. What there is none of is left out.
    """

    def __init__(self, given: content.WhatsAppContent | content.RcsContent) -> None:
        self._registered = given.registration if isinstance(given, content.WhatsAppContent) else None
        self._text = given.text if self._registered else Template(given.text)
        self._short = given.shorten_links
        self._variables = [Template(it) for it in given.variables] if isinstance(given, content.WhatsAppContent) else []
        shown = given.model_dump(include={"media", "quick_replies", "suggestions"})
        self._fields = {name: _compile(it) for name, it in shown.items() if it}

    def compose(self, objects: Objects, ref: bytes, linker: Linker) -> dict[str, Any]:
        """{"text", "media"?, "quick_replies"?, "suggestions"?, "template"?: {"id", "language", "variables"}}"""
        fields = {name: field(objects) for name, field in self._fields.items()}
        for given in (*fields.get("quick_replies", ()), *fields.get("suggestions", ())):
            if len(given["payload"]) > content.LONGEST_PAYLOAD:
                raise RenderError(f"content: a payload is longer than {content.LONGEST_PAYLOAD} characters")
        if isinstance(self._text, Template):
            text = self._text.render(objects)
            return {"text": shortlinks.shorten(text, ref, linker) if self._short else text, **fields}
        assert self._registered is not None  # else the text is a template of ours
        values = [variable.render(objects) for variable in self._variables]
        template = {**self._registered.model_dump(), "variables": values}
        return {"text": content.in_placeholders(self._text, values), **fields, "template": template}


def _compile(value: Any) -> Callable[[Objects], Any]:
    """A function that makes the same JSON with its texts rendered."""
    if isinstance(value, str):
        return Template(value).render
    if isinstance(value, dict):
        fields = {key: _compile(item) for key, item in value.items()}
        return lambda objects: {key: field(objects) for key, field in fields.items()}
    if isinstance(value, list):
        items = [_compile(item) for item in value]
        return lambda objects: [item(objects) for item in items]
    return lambda objects: value


class Broken:
    """A campaign that cannot be compiled: each of its messages fails with the reason, the rest of the batch goes on."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def compose(self, objects: Objects, ref: bytes, linker: Linker) -> dict[str, Any]:
        """Raises RenderError."""
        raise RenderError(self._reason)


def compile_content(channel: str, given: Any) -> Composer:
    """The composer of a campaign's content. Content that is unusable makes a composer that says why."""
    try:
        model = content.MODELS[channel].model_validate(given)
        if isinstance(model, content.EmailContent):
            return Email(model)
        if isinstance(model, content.WebhookContent):
            return Webhook(model)
        if isinstance(model, content.SmsContent):
            return Text(model)
        if isinstance(model, content.PushContent):
            return Notification(model)
        if isinstance(model, content.WhatsAppContent | content.RcsContent):
            return Chat(model)
        return Plain(model)
    except LiquidError as error:
        return Broken(f"liquid replacement: {render.sentence(error)}")
    except ValueError as error:  # pydantic's ValidationError is one
        return Broken(f"content: {' '.join(str(error).split())}")


def clock_objects(now: datetime) -> Objects:
    """`now` and `today` as templates see them, in the account timezone."""
    local = render.local(now)
    return {"now": local.strftime(render.DATE_FORMAT), "today": local.strftime("%Y-%m-%d")}
