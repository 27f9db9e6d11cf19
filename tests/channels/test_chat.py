"""Messages on WhatsApp and RCS: what may be written, and what is handed to whoever sends them (domain 5.1)."""

from typing import Any

import pytest

from channels import content
from channels.compose import compile_content
from channels.outbox import dispatch
from channels.preview import preview
from channels.render import RenderError
from channels.tracking import Linker
from tests.channels.conftest import NOON, World

ORDER = {
    "text": "Hi {{1}}, your order {{2}} is on its way. Yours, {{1}}",
    "registration": {"id": "order_sent", "language": "en_US"},
}
BUTTONS = [{"text": "Yes", "payload": "yes"}]


def composed(channel: str, objects: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    return compile_content(channel, given).compose({"Profile": {"Name": "Ann"}, **(objects or {})}, b"", Linker())


def problems(channel: str, **given: Any) -> list[tuple[str, str]]:
    return list(content.problems(content.MODELS[channel].model_validate(given)))


def test_words_of_ones_own_go_out_as_they_are_and_nothing_besides() -> None:
    assert composed("whatsapp", text="Hi {{ Profile.Name }}") == {"text": "Hi Ann"}
    assert composed("rcs", text="Hi {{ Profile.Name }}") == {"text": "Hi Ann"}


def test_media_and_what_can_be_tapped_go_along_rendered() -> None:
    media = {"type": "document", "url": "https://shop.example/{{ Profile.Name }}.pdf"}
    shown = media | {"url": "https://shop.example/Ann.pdf"}
    told = composed("whatsapp", text="Hi", media=media, quick_replies=BUTTONS)
    assert told == {"text": "Hi", "media": shown, "quick_replies": BUTTONS}
    taps = [{"text": "Look", "link": "https://shop.example/{{ Profile.Name }}", "payload": ""}]
    told = composed("rcs", text="", media=media, suggestions=taps)
    assert told == {"text": "", "media": shown, "suggestions": [taps[0] | {"link": "https://shop.example/Ann"}]}


def test_of_a_registered_template_both_the_words_and_its_id_with_the_variables_are_handed_over() -> None:
    told = composed("whatsapp", **ORDER, variables=["{{ Profile.Name }}", "X1"])
    assert told == {
        "text": "Hi Ann, your order X1 is on its way. Yours, Ann",
        "template": {"id": "order_sent", "language": "en_US", "variables": ["Ann", "X1"]},
    }


def test_what_stands_in_a_placeholder_is_not_looked_through_for_more() -> None:
    told = composed("whatsapp", {"Profile": {"Name": "{{2}}"}}, **ORDER, variables=["{{ Profile.Name }}", "X1"])
    assert told["text"] == "Hi {{2}}, your order X1 is on its way. Yours, {{2}}"


@pytest.mark.django_db
def test_the_sandbox_keeps_what_was_handed_over(world: World) -> None:
    campaign = world.campaign(
        "whatsapp", **ORDER, variables=["{{ Profile.name }}", "{{ Event.order | default: 'X1' }}"]
    )
    world.queue(campaign, world.person("ada", phone="+491234567", properties={"MSG-whatsapp": True}))
    dispatch(now=NOON, batch=10)
    [kept] = world.sandboxed().values()
    assert kept["text"] == "Hi Ada, your order X1 is on its way. Yours, Ada"
    assert kept["template"] == {"id": "order_sent", "language": "en_US", "variables": ["Ada", "X1"]}


def test_a_payload_that_grew_too_long_with_its_values_fails_the_message_alone() -> None:
    long = {"Profile": {"Name": "n" * 129}}
    replies = [{"text": "Yes", "payload": "{{ Profile.Name }}"}]
    with pytest.raises(RenderError, match="payload is longer than 128"):
        composed("whatsapp", long, text="Hi", quick_replies=replies)
    assert composed("whatsapp", text="Hi", quick_replies=replies)["quick_replies"][0]["payload"] == "Ann"


def test_a_preview_shows_the_template_filled_in() -> None:
    given = ORDER | {"variables": ["{{ Profile.Name | default: 'you' }}", "X1"]}
    told = preview(channel="whatsapp", content=given, person=None, event={}, now=NOON)
    assert told["text"] == "Hi you, your order X1 is on its way. Yours, you"


@pytest.mark.parametrize(
    ("channel", "given", "place"),
    [
        ("whatsapp", {"text": " "}, "text"),
        ("whatsapp", {"text": "Hi", "media": {"url": "ftp://x"}}, "media.url"),
        ("whatsapp", {"text": "Hi", "media": {"type": "video"}}, "media.url"),
        (
            "whatsapp",
            {"text": "Hi", "quick_replies": [{"text": "Yes", "payload": "x" * 129}]},
            "quick_replies[0].payload",
        ),
        ("whatsapp", {"text": "Hi", "quick_replies": [{"text": "", "payload": "x"}]}, "quick_replies[0].text"),
        ("whatsapp", {"text": "Hi", "quick_replies": BUTTONS * 4}, "quick_replies"),
        ("whatsapp", ORDER | {"quick_replies": BUTTONS * 11}, "quick_replies"),
        ("whatsapp", ORDER | {"text": "Hi {{1}} and {{3}}"}, "text"),
        ("whatsapp", ORDER | {"text": "Hi {{1}}, {{ Profile.Name }}"}, "text"),
        ("whatsapp", {"text": "Hi {{ nothing | nofilter }}"}, "text"),
        ("rcs", {}, "text"),
        ("rcs", {"text": "Hi", "suggestions": BUTTONS * 12}, "suggestions"),
        ("rcs", {"text": "Hi", "suggestions": [{"text": "Go", "link": "javascript:x"}]}, "suggestions[0].link"),
    ],
)
def test_what_cannot_be_sent_is_told_at_its_place(channel: str, given: dict[str, Any], place: str) -> None:
    assert [it for it, _ in problems(channel, **given)] == [place]


@pytest.mark.parametrize(
    ("channel", "given"),
    [
        ("whatsapp", {"text": "Hi {{ Profile.Name | default: 'you' }}"}),
        ("whatsapp", ORDER),
        ("whatsapp", ORDER | {"quick_replies": [{"text": "Yes", "payload": "x" * 128}] * 10}),
        ("whatsapp", {"text": "Hi", "media": {"url": "{{ Profile.picture }}"}}),
        ("rcs", {"media": {"url": "https://shop.example/a.png"}}),
    ],
)
def test_what_can_be_sent_has_no_problems(channel: str, given: dict[str, Any]) -> None:
    assert problems(channel, **given) == []
