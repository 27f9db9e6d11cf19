"""Random journeys for property-based tests: of every node kind, with the connectors that publishing asks for."""

from typing import Any

from hypothesis import strategies as st

from tests.journeys.documents import MAIL, Json, link

EVENTS = ("Start", "Charged", "Viewed", "Added")
WINDOWS = ("PT30M", "PT5H", "P2D")
SLEEPS: tuple[Json | None, ...] = (None, None, {"after": "PT40M"}, {"days": 1, "clock": "09:00"})
DID: Json = {"did": {"event": "Charged", "within": {"last": 2, "unit": "day"}}}
GOLD: Json = {"profile": {"property": "plan", "op": "=", "value": "gold"}}

event = st.sampled_from(EVENTS)
filters = st.sampled_from([None, DID, GOLD])


def action() -> st.SearchStrategy[Json]:
    return st.builds(lambda name, rule: {"events": [{"event": name}], "filters": rule}, event, filters)


def inaction() -> st.SearchStrategy[Json]:
    within = st.sampled_from(["PT1M", "PT3H", "P1D"])
    return st.builds(
        lambda a, b, time: {"event": {"event": a}, "then_not": {"event": b}, "within": time}, event, event, within
    )


def date_time() -> st.SearchStrategy[Json]:
    of = st.sampled_from(["profile", "event:Added"])
    return st.builds(
        lambda of, offset: {"property": "day", "of": of, "offset": offset}, of, st.sampled_from(["-PT2H", "P1D"])
    )


SEGMENTS: dict[str, st.SearchStrategy[Json]] = {
    "action": action(),
    "inaction": inaction(),
    "date_time": date_time(),
    "past_behaviour": st.sampled_from([{"rule": DID}, {"rule": {"not": GOLD}}]),
    "page_visit": st.just({"urls": [{"op": "contains", "value": "cart"}]}),
    "page_count": st.just({"count": 2}),
    "referrer": st.just({"utm": {"source": "ads"}}),
}
ACTS: dict[str, Json] = {
    "email": {"content": MAIL},
    "sms": {"content": {"text": "Hello"}},
    "webhook": {"content": {"method": "POST", "url": "https://example.com/hook"}},
    "profile_update": {
        "updates": [
            {"property": "n", "op": "increment", "value": 1},
            {"property": "day", "op": "set", "value": "2026-03-05T10:00:00Z"},
        ]
    },
    "split": {"paths": [{"name": "Gold", "rule": GOLD}, {"name": "Buyers", "rule": DID}]},
    "intellinode": {
        "paths": [{"name": "A", "percent": 50}, {"name": "B", "percent": 50}],
        "goals": [{"event": "Charged"}],
    },
}
VIAS = {
    "email": ("sent", "failed", "unreachable", "clicked"),
    "sms": ("sent", "failed", "unreachable"),
    "webhook": ("sent", "failed"),
    "profile_update": ("updated",),
    "split": ("path_1", "path_2", "others"),
    "intellinode": ("path_1", "path_2"),
}


@st.composite
def documents(draw: st.DrawFn) -> Json:
    """A journey that can be published: a chain of nodes in which some connectors go back or to the end."""
    length = draw(st.integers(2, 6))
    nodes: list[Json] = []
    links: list[Json] = []
    kinds = [draw(st.sampled_from([*SEGMENTS, *ACTS])) for _ in range(length)]
    ends = length  # force exits of their own come after the chain
    for number, kind in enumerate(kinds, start=1):
        config = draw(SEGMENTS[kind]) if kind in SEGMENTS else ACTS[kind]
        node: Json = {"id": number, "kind": kind, "config": config}
        vias = _drawn(draw, kind)
        if "node_timeout" in vias:
            node["window"] = draw(st.sampled_from(WINDOWS))
        nodes.append(node)
        for place, via in enumerate(vias):
            if place == 0:
                target = number + 1  # the chain goes on
            elif kind in SEGMENTS and draw(st.booleans()):
                target = draw(st.integers(1, length))
            else:
                ends += 1
                target = ends + 1
                nodes.append({"id": target, "kind": "force_exit"})
            links.append(
                link(number, via, target) | ({"sleep": sleep} if (sleep := draw(st.sampled_from(SLEEPS))) else {})
            )
    nodes.append({"id": length + 1, "kind": "force_exit"})
    links.append(link("entry", "yes", 1))
    if kinds[0] in SEGMENTS and len(kinds) > 1 and kinds[1] in SEGMENTS and not _timeouts(links, 1, 2):
        links.append(link("entry", "yes", 2))
    goals = draw(st.lists(st.sampled_from(list(SEGMENTS)).flatmap(_body), max_size=2))
    return {
        "name": "Random",
        "entry": {
            "criteria": "live",
            "segment": draw(st.sampled_from(["action", "inaction", "date_time", "page_visit"]).flatmap(_body)),
            "timeline": {"start": "now", "end": None},
            "re_entry": draw(st.booleans()),
        },
        "timeout": draw(st.sampled_from([None, "PT7H", "P2D"])),
        "goals": goals,
        "nodes": nodes,
        "links": links,
    }


def _body(kind: str) -> st.SearchStrategy[Json]:
    return SEGMENTS[kind].map(lambda config: {"kind": kind, **config})


def _drawn(draw: st.DrawFn, kind: str) -> list[str]:
    if kind in ("split", "intellinode"):
        return list(VIAS[kind])
    if kind in SEGMENTS:
        return ["yes", *draw(st.lists(st.sampled_from(["no", "node_timeout"]), unique=True))]
    if kind == "email" and draw(st.booleans()):
        return ["clicked", "node_timeout"]
    others = [via for via in VIAS[kind][1:] if via != "clicked"]
    return [VIAS[kind][0], *(draw(st.lists(st.sampled_from(others), unique=True)) if others else [])]


def _timeouts(links: list[Json], *numbers: int) -> bool:
    """Whether more than one of the nodes has a Node timeout."""
    return sum(it["from"] in numbers and it["via"] == "node_timeout" for it in links) > 1


def happening() -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """An event with properties that some node may look at."""
    plain = st.tuples(event, st.just({}))
    dated = st.tuples(st.just("Added"), st.sampled_from([{"day": "2026-03-04T12:00:00Z"}, {"day": "2026-03-01"}]))
    page = st.tuples(st.just("Page Visited"), st.sampled_from([{"url": "/cart"}, {"url": "/", "utm_source": "ads"}]))
    return st.one_of(plain, dated, page)
