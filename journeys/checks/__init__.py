"""The publish checks: everything that keeps a document from going live, all at once (domain 9.4).

A node kind checks its own configuration (`Kind.problems`); the modules here check the setup, the flow between the
nodes, and what the document names elsewhere; journeys.delivery checks when it may send.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from config.lib.errors import Problem
from journeys import delivery, templated
from journeys.checks import links, nodes, personal, references, setup, splits, ways
from journeys.checks.flow import Flow
from journeys.checks.words import error
from journeys.document import Document

MOST_NODES = 200


def findings(document: Document, *, now: datetime, tz: ZoneInfo, journey_id: int | None = None) -> list[Problem]:
    """All problems of the document if it were published at `now`. Local times are in `tz`. journey_id: the journey
    that it is of, None where that is not known.
    """
    document = templated.fill(document)
    flow = Flow(document)
    found = [
        *setup.findings(document, now, tz),
        *delivery.findings(document, label=flow.label, now=now, tz=tz),
        *delivery.throttles(document, label=flow.label),
        *nodes.findings(document, flow),
        *references.findings(document),
        *references.of_journey(document, journey_id),
    ]
    if len(document.nodes) > MOST_NODES:
        message = f"A journey has at most {MOST_NODES} nodes; this one has {len(document.nodes)}. Split it into two."
        return [*found, error("K29", message, field="nodes")]  # the flow is looked at once it has a size to draw
    found += [*links.findings(flow), *ways.findings(flow), *personal.findings(flow)]
    return [*templated.placed(found, document), *splits.findings(flow)]
