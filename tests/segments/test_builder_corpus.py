"""The rules that the builder is tested with (segments/builder/tree.test.ts) are rules, of every kind that there is."""

import json
from pathlib import Path
from typing import Any, get_args

from django.conf import settings

from segments.behaviour import Did, Within
from segments.parts import Op
from segments.rules import Rule, leaves, parse

CORPUS = [parse(rule) for rule in json.loads(Path(settings.BASE_DIR, "segments/builder/corpus.json").read_text())]


def keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return value.keys() | set().union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def test_a_new_part_of_the_rule_language_must_be_in_the_corpus():
    used = set().union(*(keys(rule.model_dump(mode="json", exclude_unset=True)) for rule in CORPUS))
    fields = {"not" if name == "not_" else name for name in Rule.model_fields}
    assert fields <= used
    assert set(Did.model_fields) <= used
    assert set(Within.model_fields) <= used


def test_every_operator_is_in_the_corpus():
    asked = [leaf.body for rule in CORPUS for leaf in leaves(rule)]
    conditions = [it for body in asked for it in [body, *getattr(body, "where", ())]]
    assert {getattr(it, "op", "") for it in conditions} >= set(get_args(Op))
