"""Random journeys for property-based tests: of every node kind, with the connectors that publishing asks for."""

from typing import Any

from hypothesis import strategies as st

from journeys.nodes import KINDS
from tests.journeys.documents import MAIL, Json, link

EVENTS = ("Start", "Charged", "Viewed", "Added")
LIST = "VIPs"
WINDOWS = ("PT30M", "PT5H", "P2D")
SLEEPS: tuple[Json | None, ...] = (
    None,
    None,
    {"after": "PT40M"},
    {"days": 1, "clock": "09:00"},
    {"after": "PT10M", "only": {"weekdays": ["tue", "sat"], "from": "10:00", "to": "12:00"}},
)
DID: Json = {"did": {"event": "Charged", "within": {"last": 2, "unit": "day"}}}
GOLD: Json = {"profile": {"property": "plan", "op": "=", "value": "gold"}}
VIP: Json = {"list": LIST}

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
    "past_behaviour": st.sampled_from([{"rule": DID}, {"rule": {"not": GOLD}}, {"rule": {"all": [VIP, DID]}}]),
    "page_visit": st.just({"urls": [{"op": "contains", "value": "cart"}]}),
    "page_count": st.just({"count": 2}),
    "referrer": st.just({"utm": {"source": "ads"}}),
}
HTML: Json = {"html": "<p>Hello</p>"}
NOTE: Json = {"title": "Hello", "body": "Your basket waits."}
TEXT: Json = {"text": "Hello"}
CONTENT: dict[str, Json] = {
    "email": MAIL,
    "sms": TEXT,
    "whatsapp": TEXT,
    "rcs": TEXT,
    "push": NOTE,
    "web_push": NOTE,
    "webhook": {"method": "POST", "url": "https://example.com/hook"},
    "app_inbox": NOTE,
    "in_app": HTML,
    "web_popup": HTML,
    "exit_intent": HTML,
    "web_native": HTML,
}
# What a message's node may be told besides its content; the first two for any, the others where they make sense.
LIMITS: list[Json] = [
    {},
    {"limits": {"node": {"ever": 1}}},
    {"limits": {"node": {"every": "PT1H"}}},
    {"conversion": {"event": "Charged", "window": "PT6H"}},
]
FREQUENCIES: list[Json] = [
    {"frequency": {"windows": [{"days": ["tue", "wed"], "from": "09:00", "to": "18:00"}]}},
    {"frequency": {"times": "once_per_day"}},
]
VARIANTS: Json = {
    "variants": {
        "type": "ab",
        "options": [{"content": MAIL}, {"content": MAIL}],
        "test": {"sends": 2, "winner_by": "clicks", "wait": "PT10M"},
    }
}
CONTROLLERS: dict[str, Json] = {
    "profile_update": {
        "updates": [
            {"property": "n", "op": "increment", "value": 1},
            {"property": "day", "op": "set", "value": "2026-03-05T10:00:00Z"},
            {"property": "tags", "op": "add", "value": "a,b"},
            {"property": "plan", "op": "remove", "value": "silver"},
        ]
    },
    "split": {"paths": [{"name": "Gold", "rule": GOLD}, {"name": "Buyers", "rule": DID}]},
    "intellinode": {
        "paths": [{"name": "A", "percent": 50}, {"name": "B", "percent": 50}],
        "goals": [{"event": "Charged"}],
    },
}
VIAS = {
    "profile_update": ("updated",),
    "split": ("path_1", "path_2", "others"),
    "intellinode": ("path_1", "path_2"),
}
LATER = ("viewed", "clicked", "delivered", "node_timeout")
ON_DEVICE = ("app_inbox", "in_app", "web_popup", "exit_intent", "web_native")
SHOWN = ON_DEVICE[1:]  # before which nobody sleeps
LIVE = ("action", "inaction", "date_time", "page_visit")
DND: list[Json | None] = [
    None,
    {"windows": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "21:00", "to": "08:00"}]},
    {"windows": [{"days": ["mon", "wed"], "from": "14:00", "to": "15:00"}], "then": "drop"},
]


@st.composite
def documents(draw: st.DrawFn, only: tuple[str, ...] = ()) -> Json:
    """A journey that can be published: a chain of nodes in which some connectors go back or to the end. `only`: the
    kinds of entry to choose from.
    """
    length = draw(st.integers(2, 6))
    nodes: list[Json] = []
    links: list[Json] = []
    kinds = [draw(st.sampled_from([*SEGMENTS, *CONTENT, *CONTROLLERS])) for _ in range(length)]
    ends = length  # force exits of their own come after the chain
    for number, kind in enumerate(kinds, start=1):
        node: Json = {"id": number, "kind": kind, "config": draw(_config(kind))}
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
            shown = target <= length and kinds[target - 1] in SHOWN
            sleep = None if shown else draw(st.sampled_from(SLEEPS))
            links.append(link(number, via, target) | ({"sleep": sleep} if sleep else {}))
    if draw(st.booleans()) or kinds[-1] not in CONTENT:
        nodes.append({"id": length + 1, "kind": "force_exit"})
    else:
        links = [it for it in links if it["to"] != length + 1]  # the chain ends with the message
    links.append(link("entry", "yes", 1))
    if kinds[0] in SEGMENTS and kinds[1] in SEGMENTS and not _timeouts(links, 1, 2):
        links.append(link("entry", "yes", 2))
    entry = draw(st.sampled_from(only or (*LIVE, *LIVE, "past_behaviour", "custom_list")))
    if entry in LIVE and draw(st.booleans()):
        ends += 1
        nodes.append({"id": ends + 1, "kind": "force_exit"})
        links.append(link("entry", "no", ends + 1))
    return {
        "name": "Random",
        "entry": draw(_entry(entry)),
        "dnd": draw(st.sampled_from(DND)),
        "timezone": draw(st.sampled_from([{}, {"use": "user"}, {"use": "user", "late": "next_day"}])),
        "control": {"journey_percent": draw(st.sampled_from([0, 0, 40]))},
        "timeout": draw(st.sampled_from([None, "PT7H", "P2D"])),
        "goals": draw(st.lists(st.sampled_from(list(SEGMENTS)).flatmap(_body), max_size=2)),
        "nodes": nodes,
        "links": links,
    }


@st.composite
def _entry(draw: st.DrawFn, kind: str) -> Json:
    cap = draw(st.sampled_from([{}, {}, {"total": 2}, {"per_day": 1}]))
    entry: Json = {"re_entry": draw(st.booleans()), "cap": cap}
    if kind in LIVE:
        end = draw(st.sampled_from([None, None, "2026-03-04T10:00:00"]))
        return entry | {"criteria": "live", "segment": draw(_body(kind)), "timeline": {"start": "now", "end": end}}
    timeline: Json = draw(
        st.sampled_from(
            [
                {"once": "now"},
                {"every": 1, "unit": "day", "start": "now", "end": None},
                {"dates": ["2026-03-03", "2026-03-05"], "start": "now", "end": None, "run_at": "day_start"},
            ]
        )
    )
    segment: Json = {"kind": "custom_list", "list": LIST} if kind == "custom_list" else draw(_body(kind))
    return entry | {"criteria": "past", "segment": segment, "timeline": timeline}


def _config(kind: str) -> st.SearchStrategy[Json]:
    if kind in SEGMENTS:
        return SEGMENTS[kind]
    if kind in CONTROLLERS:
        automated = CONTROLLERS[kind] | {"mode": "automated"}
        return st.sampled_from([CONTROLLERS[kind], automated] if kind == "intellinode" else [CONTROLLERS[kind]])
    more = [*LIMITS, *(FREQUENCIES if kind in SHOWN else []), *([VARIANTS] if kind == "email" else [])]
    return st.sampled_from(more).map(lambda it: {"content": {} if "variants" in it else CONTENT[kind]} | it)


def _body(kind: str) -> st.SearchStrategy[Json]:
    return SEGMENTS[kind].map(lambda config: {"kind": kind, **config})


def _drawn(draw: st.DrawFn, kind: str) -> list[str]:
    if kind in ("split", "intellinode"):
        return list(VIAS[kind])
    if kind == "profile_update":
        return list(VIAS[kind])
    if kind in SEGMENTS:
        return ["yes", *draw(st.lists(st.sampled_from(["no", "node_timeout"]), unique=True))]
    own = KINDS[kind].vias
    later = [via for via in LATER if via in own]
    once = [via for via in ("failed", "unreachable") if via in own]
    if "sent" in own and (draw(st.booleans()) or not later):
        return ["sent", *(draw(st.lists(st.sampled_from(once), unique=True)) if once else [])]
    waited = draw(st.lists(st.sampled_from(later), unique=True, min_size=1))
    return [*waited, *(draw(st.lists(st.sampled_from(once), unique=True)) if once else [])]


def _timeouts(links: list[Json], *numbers: int) -> bool:
    """Whether more than one of the nodes has a Node timeout."""
    return sum(it["from"] in numbers and it["via"] == "node_timeout" for it in links) > 1


def happening() -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """An event with properties that some node may look at."""
    plain = st.tuples(event, st.just({}))
    dated = st.tuples(st.just("Added"), st.sampled_from([{"day": "2026-03-04T12:00:00Z"}, {"day": "2026-03-01"}]))
    page = st.tuples(st.just("Page Visited"), st.sampled_from([{"url": "/cart"}, {"url": "/", "utm_source": "ads"}]))
    return st.one_of(plain, dated, page)
