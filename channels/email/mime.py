"""A rendered e-mail as the bytes that go over the wire.

Written out by hand: the standard library's generator takes 400 µs a message, this 25, and it is all a dispatcher does
besides waiting. What is left to the library is what is hard: encoded words. A test reads every message back with the
library's parser.
"""

import binascii
import functools
import hashlib
from email.header import Header
from email.utils import formataddr, parseaddr
from typing import NamedTuple

from channels.base import Outgoing
from channels.content import address

LINE_LENGTH = 990  # characters; RFC 5321 takes 998 and the line end


class Mail(NamedTuple):
    """sender, recipients: of the envelope, the first recipient being the person. data: CRLF lines, dots doubled,
    without the final dot.
    """

    sender: str
    recipients: list[str]
    data: bytes


class Unsendable(Exception):
    """This message cannot become an e-mail; the text says why."""


def build(outgoing: Outgoing, *, sender: str, date: str) -> Mail:
    """The mail of one message. sender: used when the content names none; date: as the header Date has it.

    Raises Unsendable.
    """
    content = outgoing.content
    from_header, from_address = _mailbox(content.get("from") or sender)
    _to_header, to_address = _mailbox(outgoing.address or "")
    copies = [_mailbox(copy) for copy in content.get("cc", ())]
    blind = [_mailbox(copy)[1] for copy in content.get("bcc", ())]
    lines = [
        f"From: {from_header}",
        f"To: {to_address}",
        f"Subject: {_encoded(content['subject'])}",
        f"Date: {date}",
        f"Message-ID: <{outgoing.key}@{from_address.rpartition('@')[2]}>",
        "MIME-Version: 1.0",
    ]
    if content.get("reply_to"):
        lines.append(f"Reply-To: {_mailbox(content['reply_to'])[0]}")
    if copies:
        lines.append("Cc: " + ",\r\n ".join(header for header, _address in copies))
    if content.get("unsubscribe"):
        lines.append(f"List-Unsubscribe: <{content['unsubscribe']}>")
        lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")  # RFC 8058
    parts = [
        _part(subtype, content[name]) for subtype, name in (("plain", "text"), ("html", "html")) if content.get(name)
    ]
    if len(parts) == 1:
        body = parts[0]
    else:
        # A digest of the parts cannot stand in one of them.
        boundary = f"=_{hashlib.blake2b(b''.join(parts), digest_size=12).hexdigest()}"
        lines.append(f'Content-Type: multipart/alternative; boundary="{boundary}"')
        mark = f"\r\n--{boundary}".encode()
        body = b"\r\n" + mark + b"\r\n" + (mark + b"\r\n").join(parts) + mark + b"--\r\n"
    head = "\r\n".join(lines).encode("ascii")
    # A part brings its own headers; a multipart body begins with the blank line.
    data = head + (b"\r\n" if len(parts) == 1 else b"") + body
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    return Mail(
        from_address, [to_address, *(copy for _header, copy in copies), *blind], data.replace(b"\r\n.", b"\r\n..")
    )


def _part(subtype: str, text: str) -> bytes:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Plain ASCII in lines that every server takes goes as it is: less to encode, to send and to read.
    if text.isascii() and max(map(len, text.split("\n"))) <= LINE_LENGTH:
        encoding, data = "7bit", text.encode()
    else:
        encoding, data = "quoted-printable", binascii.b2a_qp(text.encode(), istext=True)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + data.replace(b"\n", b"\r\n")


def _encoded(text: str) -> str:
    """A text for a header: folded, and as encoded words where it is not plain ASCII."""
    if text.isascii() and len(text) < 60 and "=?" not in text:
        return text
    return Header(text, "utf-8" if not text.isascii() or "=?" in text else "us-ascii", header_name="Subject").encode(
        linesep="\r\n"
    )


@functools.lru_cache(maxsize=1000)
def _mailbox(text: str) -> tuple[str, str]:
    """(as the header has it, the bare address) of `address` or `Name <address>`. Raises Unsendable.

    Cached for the senders; the people's addresses pass through.
    """
    bare = address(text)
    if not bare:
        raise Unsendable(f"“{text}” is not an e-mail address" if text else "there is no sender address")
    local, _at, domain = bare.rpartition("@")
    try:
        bare = f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise Unsendable(f"“{bare}” cannot be written in ASCII, which this mail server needs") from None
    return formataddr((parseaddr(text)[0], bare), "utf-8"), bare
