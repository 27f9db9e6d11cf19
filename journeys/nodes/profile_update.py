"""User profile update: write properties of the person who arrives (domain 6).

One connector, Updated, taken whether the update worked or not. Values may hold Liquid with `Event.`; one that renders
to nothing or fails leaves the property as it is. The next node sees the new values.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from channels import render
from config.lib.errors import Problem
from journeys.nodes.base import Config, Kind
from profiles import fields, people, properties, records
from profiles.codes import Refused
from profiles.people import Person

if TYPE_CHECKING:
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode

LONGEST_LIQUID = 512


class Update(Config):
    property: str = ""
    op: Literal["set", "increment", "decrement", "add", "remove"] = "set"
    value: Any = None
    single: bool = False


class ProfileUpdateConfig(Config):
    updates: list[Update] = []


class ProfileUpdate(Kind[ProfileUpdateConfig]):
    name = "profile_update"
    label = "User profile update"
    hint = "Set, count up or down, or collect in a list."
    role = "controller"
    Config = ProfileUpdateConfig
    vias = ("updated",)
    needs_profile = True

    def problems(self, config: ProfileUpdateConfig, number: int | None) -> Iterator[Problem]:
        if not config.updates:
            yield Problem("K19", "error", number, "updates", "Choose at least one property to update.")
        seen: set[str] = set()
        for index, update in enumerate(config.updates):
            place = f"updates[{index}]"
            name = fields.canonical(update.property)
            if not update.property:
                yield Problem("K19", "error", number, f"{place}.property", "Name the property to update.")
            elif (problem := records.property_problem(update.property)) is not None:
                yield Problem("K19", "error", number, f"{place}.property", problem)
            elif name in seen:
                yield Problem(
                    "K19",
                    "error",
                    number,
                    f"{place}.property",
                    f"“{update.property}” is updated twice; keep one of them.",
                )
            elif name in people.IDENTIFYING:
                yield Problem(
                    "K19",
                    "error",
                    number,
                    f"{place}.property",
                    f"“{update.property}” identifies people and cannot be updated here.",
                )
            seen.add(name)
            if update.value is None or update.value == "":
                yield Problem("K19", "error", number, f"{place}.value", "Give the value.")
            elif isinstance(update.value, str) and render.has_liquid(update.value):
                if len(update.value) > LONGEST_LIQUID:
                    length = len(update.value)
                    message = f"A value with Liquid has at most {LONGEST_LIQUID} characters; this one has {length}."
                    yield Problem("K19", "error", number, f"{place}.value", message)
                if others := render.names(update.value) - {"Event"}:
                    message = f"A value here can use Event only, not {', '.join(sorted(others))}."
                    yield Problem("K19", "error", number, f"{place}.value", message)
                for message in render.check(update.value):
                    yield Problem("K12", "error", number, f"{place}.value", message)
            elif problem := _mismatch(name, update):
                yield Problem("K19", "error", number, f"{place}.value", problem)

    def uses_event(self, config: ProfileUpdateConfig) -> bool:
        return any(isinstance(update.value, str) and render.uses_event(update.value) for update in config.updates)

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        person = walk.people.get(stay.profile_id)
        failed = person is None  # deleted meanwhile
        if person is not None:
            event = walk.event_context(stay)
            before = {name: person.properties.get(name) for name in walk.told}
            kept = [it.property for it in node.config.updates if not _apply(person, it, event)]
            walk.tell(stay.profile_id, before, at)
            failed = bool(kept)
            walk.unchanged = {name: person.properties.get(fields.canonical(name)) for name in kept}
            walk.changed_people.add(stay.profile_id)
        walk.count(stay, node.number, "update_failed" if failed else "updated", at)
        walk.take(stay, node, "updated", at, heard)
        walk.unchanged = {}


def _mismatch(name: str, update: Update) -> str | None:
    """Why a value does not fit its operation or its property, as a sentence; None if it does."""
    if isinstance(update.value, dict):
        return "The value is a mapping; give a text, a number, true or false, or a list."
    if update.op in ("increment", "decrement") and properties.number(update.value) is None:
        return f"“{update.value}” is not a number to {update.op} by."
    if not fields.is_system(name):
        return None
    if update.op != "set":
        return f"{name} is a system property, which can only be set."
    try:
        fields.read(name, update.value)
    except Refused as refused:
        return refused.message
    return None


def _apply(person: Person, update: Update, event: dict[str, Any]) -> bool:
    """Make one update. False if it could not be made: Liquid that fails or is empty leaves the property as it is."""
    value = update.value
    if isinstance(value, str) and render.has_liquid(value):
        try:
            value = render.value(value, {"Event": event})
        except render.RenderError:
            return False
        if isinstance(value, dict) or (isinstance(value, list) and not all(isinstance(it, str) for it in value)):
            return False  # which no property of a profile holds
        value = value.strip() if isinstance(value, str) else value
    return value not in (None, "", []) and person.apply(update.property, update.op, value, single=update.single)
