"""What Sojourn sent in the demo: mails as files under `.sojourn/mailbox`, the newest MOST of them.

A mail's id is its file's name, the nanoseconds since 1970 at which it came; so ids sort by time. Opening, clicking and
unsubscribing call the addresses in the mail, as a mail program does.
"""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import httpx

from config import embedded

MOST = 500  # mails kept
SECONDS = 10  # for a call


class Link(NamedTuple):
    """A link in a mail: where it leads and what it says."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. html, text, unsubscribe: empty if it has none. pixels: the addresses of its images."""

    id: str
    at: datetime
    to: str
    sender: str
    subject: str
    html: str
    text: str
    links: list[Link]
    pixels: list[str]
    unsubscribe: str


def folder() -> Path:
    """Where the mails lie; made when missing."""
    place = embedded.home() / "mailbox"
    place.mkdir(parents=True, exist_ok=True)
    return place


def store(mail: bytes, at: int) -> str:
    """Keep a mail that came at this time (ns since 1970); return its id. Two of one time are told apart."""
    place = folder()
    while (place / f"{at}.eml").exists():
        at += 1
    fresh = place / f"{at}.new"
    fresh.write_bytes(mail)
    fresh.rename(place / f"{at}.eml")
    return str(at)


def ids() -> list[str]:
    """All mails, the newest first."""
    return sorted((path.stem for path in folder().glob("*.eml")), key=int, reverse=True)


def trim() -> None:
    """Forget the oldest mails beyond MOST."""
    for old in ids()[MOST:]:
        (folder() / f"{old}.eml").unlink(missing_ok=True)


def read(mail_id: str) -> Mail | None:
    """A mail; None if it is not there (any more)."""
    if not mail_id.isdigit():
        return None
    try:
        raw = (folder() / f"{mail_id}.eml").read_bytes()
    except FileNotFoundError:
        return None
    message = email.message_from_bytes(raw, policy=email.policy.default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    page = html.get_content() if html else ""
    found = _Links()
    found.feed(page)
    return Mail(
        id=mail_id,
        at=datetime.fromtimestamp(int(mail_id) / 1e9, UTC),
        to=str(message["To"] or ""),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or "(no subject)"),
        html=page,
        text=text.get_content() if text else "",
        links=[Link(link.url, " ".join(link.label.split())) for link in found.links],
        pixels=found.images,
        unsubscribe=str(message["List-Unsubscribe"] or "").strip("<> "),
    )


def newest(*, to: str = "", most: int = MOST) -> list[Mail]:
    """The newest mails, those to an address if one is given (a part of it will do)."""
    found: list[Mail] = []
    for mail_id in ids():
        mail = read(mail_id)
        if mail is not None and to.lower() in mail.to.lower():
            found.append(mail)
            if len(found) == most:
                break
    return found


def view(mail: Mail) -> None:
    """Load the mail's images, which tells Sojourn that it was opened. Raises httpx.HTTPError."""
    for address in mail.pixels:
        httpx.get(address, timeout=SECONDS).raise_for_status()


def click(mail: Mail, number: int = 0) -> str:
    """Follow one of the mail's links up to where Sojourn leads on to; return that address. Raises httpx.HTTPError."""
    reply = httpx.get(mail.links[number].url, timeout=SECONDS, follow_redirects=False)
    if reply.status_code >= 400:
        reply.raise_for_status()
    return reply.headers.get("Location", mail.links[number].url)


def unsubscribe(mail: Mail) -> None:
    """One click in the mail program (RFC 8058). Raises httpx.HTTPError."""
    httpx.post(mail.unsubscribe, data={"List-Unsubscribe": "One-Click"}, timeout=SECONDS).raise_for_status()


class _Links(HTMLParser):
    """Collects the links and images of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.images: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and (href := given.get("href")):
            self.links.append(Link(href, ""))
            self._inside = True
        elif tag == "img" and (source := given.get("src")):
            self.images.append(source)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self.links:
            last = self.links[-1]
            self.links[-1] = Link(last.url, f"{last.label}{data}")
