"""What authors may write for each channel, and what is said about the rest."""

from typing import Any

import pytest
from pydantic import ValidationError

from channels import content
from channels.models import Channel

EMAIL = {"from": "Shop <a@b.example>", "subject": "Hi", "html": "<p>x</p>"}
HOOK = {"url": "https://x.example/hook"}


def problems(channel: str, given: dict[str, Any]) -> list[tuple[str, str]]:
    return list(content.problems(content.MODELS[channel].model_validate(given)))


def test_every_channel_has_content_and_a_schema() -> None:
    assert set(content.MODELS) == set(Channel.values)
    for model in content.MODELS.values():
        assert model.model_json_schema()["additionalProperties"] is False
    assert "from" in content.EmailContent.model_json_schema()["properties"]


@pytest.mark.parametrize(
    ("channel", "given"),
    [
        ("email", EMAIL),
        ("email", {"subject": "Hi", "text": "x"}),
        ("webhook", HOOK),
        ("webhook", {"url": "{{ Profile.hook }}", "body": {"a": ["{{ Event.x }}"]}, "headers": {"X-A": "1"}}),
        ("sms", {"text": "Hi"}),
        ("push", {"title": "Hi"}),
        ("in_app", {"html": "<p>"}),
    ],
)
def test_sound_content_has_no_problems(channel: str, given: dict[str, Any]) -> None:
    assert problems(channel, given) == []


@pytest.mark.parametrize(
    ("channel", "given", "place"),
    [
        ("email", EMAIL | {"subject": " "}, "subject"),
        ("email", {"subject": "Hi"}, "html"),
        ("email", EMAIL | {"from": "nobody"}, "from"),
        ("email", EMAIL | {"from": "a@b.example\nBcc: c@d.example"}, "from"),
        ("email", EMAIL | {"reply_to": "x@"}, "reply_to"),
        ("email", EMAIL | {"cc": ["a@b.example", "?"]}, "cc[1]"),
        ("email", EMAIL | {"bcc": [f"a{n}@b.example" for n in range(21)]}, "cc"),
        ("email", EMAIL | {"html": "{{ x | }"}, "html"),
        ("webhook", {}, "url"),
        ("webhook", {"url": "ftp://x.example"}, "url"),
        ("webhook", {"url": "https://[x"}, "url"),
        ("webhook", HOOK | {"headers": {"a b": "1"}}, "headers.a b"),
        ("webhook", HOOK | {"headers": {"Host": "x"}}, "headers.Host"),
        ("webhook", HOOK | {"headers": {"X": "1\r\nY: 2"}}, "headers.X"),
        ("webhook", HOOK | {"body": {"a": [{"b": "{% if %}"}]}}, "body.a[0].b"),
        ("sms", {}, "text"),
        ("push", {}, "title"),
        ("web_popup", {}, "html"),
    ],
)
def test_problems_name_their_place(channel: str, given: dict[str, Any], place: str) -> None:
    [(found, sentence)] = problems(channel, given)
    assert found == place
    assert sentence.endswith(".")


@pytest.mark.parametrize("given", [{"subjct": "Hi"}, {"subject": 3}, {"cc": "a@b.example"}])
def test_what_is_no_content_is_refused_at_once(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        content.EmailContent.model_validate(given)


def test_only_templates_are_rendered_for_publishing() -> None:
    given = content.EmailContent.model_validate(EMAIL | {"text": "Hi {{ Event.x }}"})
    assert content.templates(given) == ["Hi {{ Event.x }}"]
