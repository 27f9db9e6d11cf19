"""A picture of a journey, drawn on the server: nodes in columns by their distance from the entry, links between them.

Drafts are drawn as far as they make sense: nodes that nothing leads to stand dashed in a column of their own, links to
nowhere are left out.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from journeys.document import Document, Link, Sleep
from journeys.graph import ENTRY
from journeys.nodes import KINDS
from journeys.nodes.base import Kind

WIDTH, HEIGHT = 178, 56  # pixels of a node
ACROSS, DOWN = 118, 30  # pixels between columns, and between rows
MARGIN = 14
LETTERS = 22  # of a name that fit
BACK, SWING = 26, 50  # pixels that a link back swings out below, and to the side


class Box(NamedTuple):
    """A node as drawn. role: entry, segment, engagement, controller; broken: nothing leads to it."""

    number: int
    role: str
    kind: str
    name: str
    x: int
    y: int
    broken: bool


def draw(document: Document, inside: Mapping[int, int] | None = None) -> SafeString:
    """SVG. inside: how many people are at each node; None draws no numbers."""
    boxes = _place(document)
    links = [link for link in document.links if link.source in boxes and link.to in boxes]
    width = max(box.x for box in boxes.values()) + WIDTH + MARGIN
    height = max(box.y for box in boxes.values()) + HEIGHT + MARGIN
    if any(_backwards(boxes, link) for link in links):
        height += BACK
        width += SWING
    drawn = format_html_join("", "{}", ((_link(boxes, links, link),) for link in links))
    nodes = format_html_join("", "{}", ((_box(box, (inside or {}).get(box.number, 0)),) for box in boxes.values()))
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img"'
        ' aria-label="Picture of the journey; the table of nodes says the same">{2}{3}</svg>',
        width,
        height,
        drawn,
        nodes,
    )


def spell(span: timedelta) -> str:
    """A duration in short: 20 min, 36 h, 7 d."""
    seconds = span.total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _sleep(sleep: Sleep) -> str:
    """A delay in a few words: 20 min, at 09:00, +2 d at 09:00; a star when only some days or hours will do."""
    words = []
    if sleep.after is not None:
        words.append(spell(sleep.after))
    if sleep.days:
        words.append(f"+{sleep.days} d")
    if sleep.clock is not None:
        words.append(f"at {sleep.clock}")
    return " ".join(words) + ("*" if sleep.only is not None or sleep.best_time is not None else "")


def _place(document: Document) -> dict[int, Box]:
    """Where each node stands, by number."""
    follows: dict[int, list[int]] = defaultdict(list)
    for link in document.links:
        follows[link.source].append(link.to)
    nodes = {node.id: node for node in document.nodes}
    column = {ENTRY: 0}
    ahead = [ENTRY]
    for number in ahead:  # grows while it is walked
        for target in follows[number]:
            if target in nodes and target not in column:
                column[target] = column[number] + 1
                ahead.append(target)
    last = max(column.values())
    lost = [number for number in nodes if number not in column]
    rows: dict[int, int] = defaultdict(int)
    entry = document.entry.segment
    boxes = {}
    for number in [*ahead, *lost]:
        where = column.get(number, last + 1)
        if number == ENTRY:
            role, kind, name = "entry", "Entry", _name(KINDS[entry.kind], entry, entry.name) if entry else "not set yet"
        else:
            node = nodes[number]
            its = KINDS[node.kind]
            role, kind, name = its.role, f"{number} · {its.label}", _name(its, node.config, node.name)
        x, y = MARGIN + where * (WIDTH + ACROSS), MARGIN + rows[where] * (HEIGHT + DOWN)
        rows[where] += 1
        boxes[number] = Box(number, role, kind, name, x, y, number in lost)
    return boxes


def _name(kind: Kind, config: Any, name: str) -> str:
    """What tells a node from others: its name, else the events it listens to, else its kind."""
    return name or ", ".join(sorted(kind.event_names(config))) or kind.label


def _box(box: Box, inside: int) -> SafeString:
    name = box.name if len(box.name) <= LETTERS else box.name[: LETTERS - 1] + "…"
    people = (
        format_html(
            '<text class="inside" x="{}" y="{}" text-anchor="end">{}</text>', box.x + WIDTH - 10, box.y + 21, inside
        )
        if inside
        else ""
    )
    return format_html(
        '<g class="node {} {}"><title>{}: {}{}</title><rect class="box" x="{}" y="{}" width="{}" height="{}" rx="8"/>'
        '<text x="{}" y="{}">{}</text><text class="name" x="{}" y="{}">{}</text>{}</g>',
        box.role,
        "broken" if box.broken else "",
        box.kind,
        box.name,
        f", {inside} inside" if inside else "",
        box.x,
        box.y,
        WIDTH,
        HEIGHT,
        box.x + 12,
        box.y + 21,
        box.kind,
        box.x + 12,
        box.y + 41,
        name,
        people,
    )


def _backwards(boxes: Mapping[int, Box], link: Link) -> bool:
    return boxes[link.to].x <= boxes[link.source].x


def _link(boxes: Mapping[int, Box], links: list[Link], link: Link) -> SafeString:
    """A curve from the right of the source to the left of the target, or below both when it leads back."""
    source, target = boxes[link.source], boxes[link.to]
    siblings = [other for other in links if other.source == link.source]
    leaves = source.y + HEIGHT * (siblings.index(link) + 1) // (len(siblings) + 1)
    enters = target.y + HEIGHT // 2
    left, right = target.x - 1, source.x + WIDTH
    label = link.via.replace("_", " ")
    if link.sleep:
        label = f"{label} · {_sleep(link.sleep)}"
    if _backwards(boxes, link):
        low = max(source.y, target.y) + HEIGHT + BACK
        path = (
            f"M{right},{leaves} C{right + SWING},{leaves} {right + SWING},{low} {right - WIDTH // 2},{low}"
            f" L{left + WIDTH // 2},{low} C{left - SWING},{low} {left - SWING},{enters} {left - 7},{enters}"
        )
        x, y = (left + right) // 2, low - 5
    else:
        bend = ACROSS // 2
        path = f"M{right},{leaves} C{right + bend},{leaves} {left - bend},{enters} {left - 7},{enters}"
        x, y = right + ACROSS // 2, leaves + (enters - leaves) * ACROSS // (2 * (left - right)) - 6
    head = f"M{left},{enters} l-9,-4.5 l0,9 z"
    return format_html(
        '<g class="link"><path d="{}"/><path class="head" d="{}"/>'
        '<text x="{}" y="{}" text-anchor="middle">{}</text></g>',
        path,
        head,
        x,
        y,
        label,
    )
