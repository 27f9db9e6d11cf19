"""E-mail against a real SMTP server that refuses, hangs up and says goodbye as told."""

import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Outcome, Outgoing
from channels.email import mime
from channels.email.transport import Smtp
from channels.outbox import dispatch
from tests.channels.conftest import NOON, MailServer, World

DATE = "Mon, 02 Mar 2026 12:00:00 -0000"


def smtp(server: MailServer, **settings: Any) -> Smtp:
    return Smtp(host="127.0.0.1", port=server.port, security="none", sender="shop@example.com", **settings)


def mail(to: str = "ada@example.com", key: str = "k1", **content: Any) -> Outgoing:
    return Outgoing(key, to, {"subject": "Hello", "text": "Hi\n"} | content)


def outcomes(results: list[Any]) -> list[str]:
    return [result.outcome.value for result in results]


@pytest.mark.parametrize("pipelining", [False, True])
def test_a_batch_goes_over_one_connection(mail_server: MailServer, pipelining: bool) -> None:
    mail_server.pipelining = pipelining
    names = [f"p{n}@example.com" for n in range(20)]
    assert outcomes(smtp(mail_server).send([mail(name) for name in names], seconds=9)) == ["sent"] * 20
    assert mail_server.received() == names
    assert mail_server.connections == 1


@pytest.mark.parametrize("pipelining", [False, True])
def test_a_refusal_is_one_persons_for_good_or_for_now(mail_server: MailServer, pipelining: bool) -> None:
    mail_server.pipelining = pipelining
    mail_server.refuse = {"bob@example.com": "550 No such user", "cleo@example.com": "451 Try later"}
    people = ["ada@example.com", "bob@example.com", "cleo@example.com", "dan@example.com"]
    results = smtp(mail_server).send([mail(person) for person in people], seconds=9)
    assert outcomes(results) == ["sent", "failed", "retry", "sent"]
    assert (results[1].reason, results[2].reason) == ("refused: 550 No such user", "refused: 451 Try later")
    assert mail_server.received() == ["ada@example.com", "dan@example.com"]
    assert mail_server.connections == 1


@pytest.mark.parametrize("pipelining", [False, True])
def test_copies_go_along_and_a_refused_copy_stops_nobody(mail_server: MailServer, pipelining: bool) -> None:
    mail_server.pipelining = pipelining
    mail_server.refuse = {"gone@example.com": "550 No such user"}
    message = mail(cc=["Boss <boss@example.com>", "gone@example.com"], bcc=["log@example.com"])
    assert outcomes(smtp(mail_server).send([message, mail("bob@example.com")], seconds=9)) == ["sent", "sent"]
    assert mail_server.received() == ["ada@example.com", "boss@example.com", "log@example.com", "bob@example.com"]
    [(_to, first), *_rest] = mail_server.mails
    assert first["Cc"] == "Boss <boss@example.com>, gone@example.com"
    assert "log@example.com" not in first.as_string()


def test_a_server_that_hangs_up_between_messages_gets_a_new_connection(mail_server: MailServer) -> None:
    mail_server.hang_up_after = 2
    results = smtp(mail_server).send([mail(f"p{n}@example.com") for n in range(6)], seconds=9)
    assert outcomes(results) == ["sent", "sent", "retry", "sent", "sent", "retry"]
    assert mail_server.connections == 2


def test_a_server_that_serves_nobody_is_not_asked_again(mail_server: MailServer) -> None:
    mail_server.hang_up_after = 0
    results = smtp(mail_server).send([mail(f"p{n}@example.com") for n in range(6)], seconds=9)
    assert outcomes(results) == ["retry"] * 6
    assert mail_server.connections == 1


def test_a_dead_server_makes_everything_wait() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        transport = Smtp(host="127.0.0.1", port=port, security="none", sender="shop@example.com")
        results = transport.send([mail(), mail()], seconds=9)
    assert outcomes(results) == ["retry", "retry"]
    assert results[0].reason is not None
    assert results[0].reason.startswith(f"no connection to 127.0.0.1:{port}: ")


@pytest.fixture
def mute_server() -> Iterator[int]:
    """Accepts connections and never says a word; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_silent_server_is_given_up_after_the_timeout(mute_server: int) -> None:
    transport = Smtp(host="127.0.0.1", port=mute_server, security="none", sender="shop@example.com", timeout=0.2)
    results = transport.send([mail()], seconds=9)
    assert outcomes(results) == ["retry"]
    assert "timed out" in str(results[0].reason)


def test_a_name_that_does_not_exist_makes_everything_wait() -> None:
    transport = Smtp(host="mail.invalid", port=25, security="none", sender="shop@example.com")
    assert outcomes(transport.send([mail()], seconds=9)) == ["retry"]


def test_a_server_without_tls_is_refused_when_tls_is_asked_for(mail_server: MailServer) -> None:
    transport = Smtp(host="127.0.0.1", port=mail_server.port, security="starttls", sender="shop@example.com")
    assert outcomes(transport.send([mail()], seconds=9)) == ["retry"]
    assert mail_server.received() == []


def test_a_login_that_is_refused_says_so(mail_server: MailServer) -> None:
    transport = smtp(mail_server, username="u", password="secret")
    [result] = transport.send([mail()], seconds=9)
    assert result.outcome is Outcome.RETRY
    assert "secret" not in str(result.reason)
    assert mail_server.received() == []


def test_what_the_time_does_not_suffice_for_stays_untried(mail_server: MailServer) -> None:
    assert outcomes(smtp(mail_server).send([mail(), mail()], seconds=-1)) == ["untried", "untried"]
    assert mail_server.connections == 0


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@example.com\r\nRCPT TO:<eve@example.com>", "a b@example.com", "<x>@y.z", "ä@example.com"],
)
def test_what_is_no_address_fails_before_the_server_hears_of_it(mail_server: MailServer, address: str) -> None:
    assert outcomes(smtp(mail_server).send([mail(address), mail()], seconds=9)) == ["failed", "sent"]
    assert mail_server.received() == ["ada@example.com"]


def test_a_person_gets_what_the_author_wrote(world: World, mail_server: MailServer, db: None) -> None:
    mail_server.provider()
    world.queue(world.campaign(preheader="Only for {{ Profile.name }}"), world.person("ada"))
    assert dispatch(now=NOON, batch=10) == 1
    assert world.messages() == [("ada", "sent", None)]
    [(to, received)] = mail_server.mails
    assert to == "ada@example.com"
    assert (received["From"], received["To"], received["Subject"]) == ("Shop <shop@example.com>", to, "Hello Ada")
    assert received["Message-ID"].endswith("@example.com>")
    assert received["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert received["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/t/u/")
    text, html = received.get_body(("plain",)), received.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content() == "Hi Ada"
    assert "Only for Ada</div>" in html.get_content()
    assert "https://shop.example" not in html.get_content()
    assert received.get_content_type() == "multipart/alternative"


def test_refusals_become_the_outcome_and_the_event(world: World, mail_server: MailServer, db: None) -> None:
    mail_server.provider()
    mail_server.refuse = {"bob@example.com": "550 No such user", "cleo@example.com": "451 Later"}
    world.queue(world.campaign(), *map(world.person, ["ada", "bob", "cleo"]))
    dispatch(now=NOON, batch=640)
    assert world.messages() == [
        ("ada", "sent", None),
        ("bob", "failed", "refused: 550 No such user"),
        ("cleo", "queued", "refused: 451 Later"),
    ]
    assert sorted((who, name) for who, name, _properties in world.events()) == [
        ("ada", "Notification Sent"),
        ("bob", "Notification Failed"),
    ]


def test_a_subject_cannot_become_another_header(world: World, mail_server: MailServer, db: None) -> None:
    mail_server.provider()
    evil = "x\r\nBcc: eve@example.com\r\n\r\n<b>body</b>\0"
    world.queue(
        world.campaign(subject="Hi {{ Profile.nick }}"),
        world.person("ada", properties={"nick": evil.replace("\0", "\x01")}),
    )
    dispatch(now=NOON, batch=10)
    [(_to, received)] = mail_server.mails
    assert received["Subject"] == "Hi x Bcc: eve@example.com <b>body</b>"
    assert received["Bcc"] is None
    assert mail_server.received() == ["ada@example.com"]


def parsed(built: mime.Mail) -> Any:
    # As a server reads it: dots single again.
    return message_from_bytes(built.data.replace(b"\r\n..", b"\r\n."), policy=policy.default)


lines = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120)
texts = st.lists(lines, max_size=5).map("\n".join)


@given(lines.filter(str.strip), texts.filter(str.strip), texts)
def test_every_mail_reads_back_as_it_was_written(subject: str, html: str, text: str) -> None:
    outgoing = Outgoing("k1", "ada@example.com", {"subject": subject, "html": html, "text": text})
    built = mime.build(outgoing, sender="Shöp <shop@example.com>", date=DATE)
    assert b"\n" not in built.data.replace(b"\r\n", b"")
    assert max(map(len, built.data.split(b"\r\n"))) <= 998
    assert not any(line.startswith(b".") and not line.startswith(b"..") for line in built.data.split(b"\r\n"))
    message = parsed(built)
    assert not message.defects
    assert " ".join(message["Subject"].split()) == " ".join(subject.split())
    assert str(message["From"].addresses[0].display_name) == "Shöp"
    part = message.get_body(("html",))
    assert part.get_content().replace("\r\n", "\n").rstrip("\n") == html.rstrip("\n")
    plain = message.get_body(("plain",))
    if text:
        assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    else:
        assert plain is None


def test_a_line_longer_than_servers_take_is_broken_and_mended() -> None:
    outgoing = Outgoing("k1", "ada@example.com", {"subject": "Hello", "html": "x" * 5000, "text": "y" * 990})
    built = mime.build(outgoing, sender="shop@example.com", date=DATE)
    assert max(map(len, built.data.split(b"\r\n"))) <= 998
    assert parsed(built).get_body(("html",)).get_content().strip() == "x" * 5000


def test_two_threads_may_send_at_once(mail_server: MailServer) -> None:
    threads = [
        threading.Thread(
            target=smtp(mail_server).send,
            args=([mail(f"t{t}-{n}@example.com") for n in range(20)],),
            kwargs={"seconds": 9},
        )
        for t in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(mail_server.received())) == 40
