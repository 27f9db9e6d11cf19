"""A document as a graph that may have holes: its nodes and links, as far as they fit together."""

from collections import defaultdict
from collections.abc import Container

from journeys.document import Document, Link, NodeBase
from journeys.graph import ENTRY
from journeys.nodes import KINDS
from journeys.nodes.base import Kind

NODE_TIMEOUT = "node_timeout"


class Flow:
    """The nodes and links of a document, as far as they fit together."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.nodes: dict[int, NodeBase] = {node.id: node for node in document.nodes}
        self.outlets: dict[int, dict[str, list[Link]]] = defaultdict(lambda: defaultdict(list))
        for link in document.links:
            if link.to in self.nodes and (link.source == ENTRY or link.source in self.nodes):
                self.outlets[link.source][link.via].append(link)

    def label(self, number: int) -> str:
        """How the author knows the node."""
        if number == ENTRY:
            return "The entry"
        node = self.nodes[number]
        return f"“{node.name}” (node {number})" if node.name else f"Node {number} ({KINDS[node.kind].label})"

    def kind(self, number: int) -> Kind:
        return KINDS[self.nodes[number].kind]

    def drawn(self, number: int, *vias: str) -> bool:
        """Whether one of the connectors leads anywhere."""
        return any(self.outlets[number][via] for via in vias)

    def reached(self, start: set[int], stop: Container[tuple[int, str]] = ()) -> set[int]:
        """The nodes that links lead to from these, themselves included; not by the connectors (node, via) of `stop`."""
        seen, ahead = set(start), list(start)
        while ahead:
            here = ahead.pop()
            for via, links in list(self.outlets[here].items()):
                fresh = {link.to for link in links if (here, via) not in stop} - seen
                seen |= fresh
                ahead += fresh
        return seen
