"""Liquid: what authors may write, and what it can never do."""

import time
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from channels import render
from channels.render import RenderError, Template

OBJECTS: dict[str, Any] = {
    "Profile": {
        "name": "Ada <b>",
        "city": "Pune",
        "tags": ["a", "b"],
        "age": 36,
        "vip": True,
        "blank_": "",
        "none": None,
    },
    "Event": {"product name": "Shoe", "price": 12.5},
    "now": "2026-03-02 12:00:00",
    "today": "2026-03-02",
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{ Profile.city }}", "Hi Pune"),
        ('{{ Event["product name"] }}', "Shoe"),
        ("{{ Event.price }}", "12.5"),
        ("{{ Profile.vip }}", "true"),
        ("{{ Profile.missing }}|{{ Nobody.at.all }}|{{ Profile.city.more }}", "||"),
        ('{{ Profile.missing | default: "there" }}', "there"),
        ('{{ Profile.blank_ | default: "there" }}', "there"),
        ('{{ Profile.age | default: "?" }}', "36"),
        ("{% if Profile.age > 30 and Profile.vip %}yes{% else %}no{% endif %}", "yes"),
        ("{% unless Profile.vip %}no{% endunless %}", ""),
        ("{% case Profile.city %}{% when 'Pune' %}home{% else %}away{% endcase %}", "home"),
        ("{% for i in (1..5) limit:2 offset:1 %}{{ i }}{% endfor %}", "23"),
        ("{% for t in Profile.tags %}{% if t == 'b' %}{% break %}{% endif %}{{ t }}{% endfor %}", "a"),
        ("{% tablerow t in Profile.tags %}{{ t }}{% endtablerow %}", None),
        ("{% assign x = Profile.city | upcase %}{{ x }}", "PUNE"),
        ("{% comment %}x{% endcomment %}{% raw %}{{ y }}{% endraw %}", "{{ y }}"),
        ("{{ 'now' | date: '%Y' }}", "2026"),
        ("{{ '2026-03-02T10:00:00+00:00' | date }}", "2026-03-02 10:00:00"),
        ("{{ 1772445600 | date: '%H:%M' }}", "10:00"),
        ("{{ Profile.tags | join: '-' }} {{ 'a,b' | split: ',' | size }} {{ 3 | plus: 4 }}", "a-b 2 7"),
    ],
)
def test_authors_write_ordinary_liquid(source: str, text: str | None) -> None:
    rendered = Template(source).render(OBJECTS)
    assert rendered == text if text is not None else "<td" in rendered


@pytest.mark.parametrize(
    "tag", ["capture x", "include 'x'", "render 'x'", "increment x", "cycle 'a'", "liquid", "echo 1"]
)
def test_other_tags_are_refused_with_their_line(tag: str) -> None:
    [sentence] = render.check(f"one\n{{% {tag} %}}")
    assert sentence.startswith("Line 2 is not valid Liquid: unexpected tag")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("{% if %}", "Line 1"),
        ("a\nb\n{{ x | 1 }}", "Line 3"),
        ("\n{{ a | nope }}", "Line 2"),
        ("{% if a %}", "The text"),
        ("{{ a", "Line 1"),
    ],
)
def test_mistakes_are_named_with_their_place(source: str, line: str) -> None:
    [sentence] = render.check(source)
    assert sentence.startswith(f"{line} is not valid Liquid")


def test_sound_templates_have_no_problems() -> None:
    assert render.check("{% if a %}{{ b | default: 'c' }}{% abort %}{% endif %}") == []


def test_publishing_learns_what_a_template_reads() -> None:
    assert render.uses_event("{% if Event.price > 3 %}x{% endif %}")
    assert not render.uses_event("Event.price {{ Profile.Event }}")
    assert not render.uses_event("{{ Event.")
    source = "{% if x %}{{ Profile.a }}{% endif %}{{ Profile.b | default: 'c' }}{{ Journey.id }}"
    assert render.outputs_without_default(source) == ["Profile.a"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{% abort %}", "liquid abort"),
        ("{% if Profile.vip %}{% abort %}{% endif %}", "liquid abort"),
        ("{{ 1 | divided_by: 0 }}", "liquid replacement: divided_by: can't divide by 0"),
        ("{{ 1 | nope }}", "liquid replacement: unknown filter 'nope'"),
        ("{% for i in (1..99999) %}x{% endfor %}", "liquid replacement: loop iteration limit reached"),
        (f"{{% for i in (1..9999) %}}{'x' * 30}{{% endfor %}}", "liquid replacement: the text is longer than 200 kB"),
        (
            "{% assign a = 'xx' %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}",
            "local namespace limit",
        ),
        (
            f"{{% assign a = '{'x' * 5000}' %}}{{% assign b = a | replace: 'x', a %}}{{{{ b }}}}",
            "liquid replacement: the text is longer than 200 kB",
        ),
    ],
)
def test_a_failing_template_says_why(source: str, reason: str) -> None:
    with pytest.raises(RenderError) as caught:
        Template(source).render(OBJECTS)
    assert reason in caught.value.reason


def test_a_template_that_runs_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "SECONDS", 0.1)
    source = "{% assign a = 'x' %}" + "{% for i in (1..9999) %}{% assign b = a | upcase %}{% endfor %}" * 100
    started = time.process_time()  # not of the clock, which runs on while others work
    with pytest.raises(RenderError, match="liquid timeout"):
        Template(source).render(OBJECTS)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "source",
    [
        "{{ Profile.__class__ }}",
        "{{ Profile.name.__class__.__mro__ }}",
        "{{ Profile['__class__'] }}",
        "{{ Profile.tags.append }}",
        "{{ Profile.items }}",
        "{{ __builtins__ }}",
        "{% for x in Profile.__dict__ %}{{ x }}{% endfor %}",
    ],
)
def test_nothing_of_python_is_reached(source: str) -> None:
    assert Template(source).render(OBJECTS) == ""


def test_personal_values_cannot_be_html_but_the_authors_text_is() -> None:
    source = '<i>{{ Profile.name }}</i>{{ Profile.x | default: "<br>" }}{{ Profile.name | upcase }}'
    assert Template(source, html=True).render(OBJECTS) == "<i>Ada &lt;b&gt;</i><br>ADA &lt;B&gt;"
    assert Template("{{ Profile.name }}").render(OBJECTS) == "Ada <b>"


@pytest.mark.parametrize("name", sorted(render._HTML.filters))
def test_no_filter_lets_html_through(name: str) -> None:
    arguments = {
        "date": ": '%Y'",
        "split": ": '|'",
        "append": ": 'x'",
        "prepend": ": 'x'",
        "join": ": 'x'",
        "default": ": 'x'",
    }
    for value in ("<script>", ["<script>"], "&lt;script&gt;"):
        try:
            text = Template(f"{{{{ Profile.x | {name}{arguments.get(name, '')} }}}}", html=True).render(
                {"Profile": {"x": value}}
            )
        except RenderError:
            continue
        assert "<script" not in text


@override_settings(ACCOUNT_TIMEZONE="Asia/Kolkata")
def test_moments_print_in_the_account_timezone() -> None:
    given = {"at": "2026-03-02T10:00:00Z", "day": "2026-03-02", "text": "2026-03-02T no date at all", "n": 5}
    assert render.printable(given) == {
        "at": "2026-03-02 15:30:00",
        "day": "2026-03-02",
        "text": "2026-03-02T no date at all",
        "n": 5,
    }


def test_no_text_holds_what_the_database_cannot() -> None:
    assert Template("a{{ '%00' | url_decode }}b").render(OBJECTS) == "ab"
    assert Template("{{ Profile.x }}").render({"Profile": {"x": "a\0b"}}) == "ab"


def test_a_short_text_renders_on_its_own() -> None:
    assert render.value("{{ Profile.city }}!", OBJECTS) == "Pune!"
    event = {"n": 5, "sure": False, "tags": ["a", "b"], "at": "2026-03-02T10:00:00Z"}
    for name, own in event.items():
        assert render.value(f"{{{{ Event.{name} }}}}", {"Event": event}) == own, "one output is the very value"
    assert render.value("{{ Event.sure | default: 'no' }}", {"Event": event}) == "no"
    assert render.value("{{ Event.n | default: 'no' }}", {"Event": event}) == 5
    assert render.value("on {{ Event.at }}", {"Event": event}) == "on 2026-03-02 10:00:00"
    assert render.value("{{ Event.none }}", {"Event": event}) == ""
    assert render.has_liquid("{{ x }}")
    assert not render.has_liquid("{ x }")
    with pytest.raises(RenderError, match="liquid replacement"):
        render.value("{% if %}", OBJECTS)


names = st.sampled_from(["a", "b", "a b", "now", "Profile", "x-y", "size", "first", "None", "__class__"])
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
json_values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)
literals = st.text(st.characters(exclude_characters="{}%'\"\\", exclude_categories=["Cs"]), max_size=10)


@st.composite
def outputs(draw: st.DrawFn) -> str:
    path = "".join(f"['{name}']" for name in draw(st.lists(names, max_size=3)))
    default = draw(st.none() | literals)
    return f"{{{{ Profile{path}" + (f" | default: '{default}'" if default is not None else "") + " }}"


@given(st.lists(literals | outputs(), max_size=6), st.dictionaries(names, json_values, max_size=4), st.booleans())
def test_the_short_way_renders_what_the_library_renders(parts: list[str], profile: dict[str, Any], html: bool) -> None:
    template = Template("".join(parts), html=html)
    objects = {"Profile": profile, "now": "2026-03-02 12:00:00"}
    assert template.render(objects) == template.render_by_library(objects).replace("\0", "")
