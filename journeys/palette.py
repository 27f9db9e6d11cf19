"""What the canvas is told of the node kinds, so that it draws and configures all of them without knowing any."""

from typing import Any

from journeys.nodes import KINDS
from journeys.nodes.base import Kind

GROUPS = {"segment": "Segments", "engagement": "Engagements", "controller": "Controllers"}


def palette() -> list[dict[str, Any]]:
    """Every kind, in the order of the palette: its name, label, hint, role and group; where it may
    stand (`entry`: under which criteria; `middle`; `goal`; `beside` others behind an intermediate node); its
    connectors; whether it has a qualifying window; and the JSON Schema of its configuration, which the form comes from.
    """
    return [_kind(kind) for kind in KINDS.values()]


def _kind(kind: Kind[Any]) -> dict[str, Any]:
    return {
        "name": kind.name,
        "label": kind.label,
        "hint": kind.hint,
        "role": kind.role,
        "group": GROUPS[kind.role],
        "entry": list(kind.entry),
        "middle": kind.middle,
        "goal": kind.goal,
        "beside": kind.beside,
        "has_window": kind.has_window,
        "vias": list(kind.vias),
        "schema": _schema(kind),
    }


def _schema(kind: Kind[Any]) -> dict[str, Any]:
    """The JSON Schema of a kind's configuration, without the parts that only its relatives have."""
    schema = kind.Config.model_json_schema(by_alias=True)
    parts = {name: part for name, part in schema.get("properties", {}).items() if name not in kind.unfit()}
    return schema | {"properties": parts}
